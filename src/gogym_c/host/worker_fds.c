/* Descriptors of worker processes and memory that is shared with them, which a child of fork must not keep.
 */
#define _GNU_SOURCE
#include "worker_internal.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif

/* A new process has its own at 0 to 5, and dup2 there must not close what is still to be copied. */
enum { FIRST = 6 };

/* Held while descriptors are made, so that none is in a child of fork without being in this list. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int *list;
static size_t used, room;

/* With the lock held: moves a descriptor up, and remembers it. */
static int keep(int fd) {
  if (fd < 0) return -1;
  if (fd < FIRST) {
    int low = fd;
    fd = fcntl(low, F_DUPFD_CLOEXEC, FIRST);
    int saved = errno;
    close(low);
    errno = saved;
    if (fd < 0) return -1;
  }
  if (used == room) {
    size_t more = room ? 2 * room : 64;
    int *larger = realloc(list, more * sizeof *list);
    if (!larger) {
      close(fd);
      errno = ENOMEM;
      return -1;
    }
    list = larger;
    room = more;
  }
  list[used++] = fd;
  return fd;
}

static int forget(int fd) {
  for (size_t i = used; i-- > 0;)
    if (list[i] == fd) {
      list[i] = list[--used];
      return 1;
    }
  return 0; /* closed in a child of fork, and another file's by now */
}

static int keep_both(int ends[2]) {
  int other = ends[1];
  ends[0] = keep(ends[0]);
  int saved = errno;
  ends[1] = keep(other);
  if (ends[0] >= 0 && ends[1] >= 0) return 0;
  if (ends[1] < 0) saved = errno;
  for (int i = 0; i < 2; i++) {
    if (ends[i] >= 0 && forget(ends[i])) close(ends[i]);
    ends[i] = -1;
  }
  errno = saved;
  return -1;
}

int gym__fd_memory(const char *name) {
  pthread_mutex_lock(&lock);
  int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
  /* Kernels before 6.3 do not know that memory need not be executable. */
  if (fd < 0 && errno == EINVAL) fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  fd = keep(fd);
  pthread_mutex_unlock(&lock);
  return fd;
}

int gym__fd_pair(int ends[2]) {
  ends[0] = ends[1] = -1;
  pthread_mutex_lock(&lock);
  int result = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ? keep_both(ends) : -1;
  pthread_mutex_unlock(&lock);
  return result;
}

int gym__fd_pipe(int ends[2]) {
  ends[0] = ends[1] = -1;
  pthread_mutex_lock(&lock);
  int result = pipe2(ends, O_CLOEXEC) == 0 ? keep_both(ends) : -1;
  pthread_mutex_unlock(&lock);
  /* Who reads it must not wait for one worker; who writes is a program that knows nothing of that. */
  if (result == 0) fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return result;
}

int gym__fd_event(void) {
  pthread_mutex_lock(&lock);
  int fd = keep(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  pthread_mutex_unlock(&lock);
  return fd;
}

int gym__fd_null(void) {
  pthread_mutex_lock(&lock);
  int fd = keep(open("/dev/null", O_RDWR | O_CLOEXEC));
  pthread_mutex_unlock(&lock);
  return fd;
}

int gym__fd_process(int pid) {
  pthread_mutex_lock(&lock);
  int fd = keep((int)syscall(SYS_pidfd_open, pid, 0));
  pthread_mutex_unlock(&lock);
  return fd;
}

void gym__fd_close(int *fd) {
  if (*fd < 0) return;
  pthread_mutex_lock(&lock);
  if (forget(*fd)) close(*fd);
  *fd = -1;
  pthread_mutex_unlock(&lock);
}

/* Mappings: few, and each is forgotten before it is unmapped. */
typedef struct mapping {
  void *address;
  size_t nbytes;
  struct mapping *next;
} mapping;

static mapping *mappings;

void *gym__fd_map(int fd, size_t nbytes) {
  mapping *kept = malloc(sizeof *kept);
  if (!kept) return NULL;
  pthread_mutex_lock(&lock);
  void *address = mmap(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address != MAP_FAILED) {
    *kept = (mapping){address, nbytes, mappings};
    mappings = kept;
  }
  pthread_mutex_unlock(&lock);
  if (address != MAP_FAILED) return address;
  free(kept);
  return NULL;
}

void gym__fd_unmap(void *address) {
  if (!address) return;
  pthread_mutex_lock(&lock);
  mapping **link = &mappings;
  while (*link && (*link)->address != address) link = &(*link)->next;
  mapping *found = *link;
  if (found) {
    *link = found->next;
    munmap(found->address, found->nbytes);
  }
  pthread_mutex_unlock(&lock);
  free(found);
}

void gym__fds_before_fork(void) { pthread_mutex_lock(&lock); }

void gym__fds_after_fork(void) { pthread_mutex_unlock(&lock); }

int gym__fds_in_child(void) {
  size_t closed = used;
  for (size_t i = 0; i < used; i++) close(list[i]);
  used = 0;
  /* Who still looks at the arrays sees zeros, and writes where nobody reads. */
  for (mapping *kept = mappings; kept; kept = kept->next)
    mmap(kept->address, kept->nbytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  pthread_mutex_unlock(&lock);
  return closed > 0;
}

#endif /* __linux__ */
