/* A copy of src/gogym_c/host/worker_memory.c, made by tools/copy_go_sources.py; edit that one. */
/* The memory that a host shares with its worker processes: it has no name in any file system, and is gone
 * with the last process that has it. */
#define _GNU_SOURCE
#include "worker_internal.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime.h"

static int fail_memory(gym_error *err, uint64_t nbytes) {
  int error_number = errno;
  return gym__fail(err, error_number == ENOMEM || error_number == ENOSPC ? GYM_ERR_MEMORY : GYM_ERR_WORKER,
                   "the system gives no %" PRIu64 " bytes of shared memory for worker processes: %s%s",
                   nbytes, strerror(error_number),
                   error_number == EMFILE ? ". Raise the limit of open files (ulimit -n)" : "");
}

/* More than there is at all is refused here: pages are taken when they are first written to, and what happens
 * to whoever asks for one too many is not an error but the end of some process. */
static int is_possible(uint64_t nbytes) {
  long pages = sysconf(_SC_PHYS_PAGES), page_nbytes = sysconf(_SC_PAGESIZE);
  return nbytes <= INT64_MAX / 2 &&
         (pages <= 0 || page_nbytes <= 0 || nbytes / (uint64_t)page_nbytes < (uint64_t)pages);
}

/* Gives a memfd its size, for good: if it could shrink, whoever has it could end the others by SIGBUS. */
static void *give_size(int fd, uint64_t nbytes) {
  if (!is_possible(nbytes)) {
    errno = ENOMEM;
    return NULL;
  }
  if (ftruncate(fd, (off_t)nbytes) != 0) return NULL;
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return NULL;
  return gym__fd_map(fd, nbytes);
}

int gym__memory_make(uint32_t worker_count, gym__memory *out, gym_error *err) {
  memset(out, 0, sizeof *out);
  out->control_fd = out->data_fd = -1;
  int status = gym__worker_check(err);
  if (status) return status;
  gym__prepare_process();
  out->slab_nbytes = gym__slab_nbytes(worker_count);
  out->control_fd = gym__fd_memory("gogym-control");
  out->data_fd = out->control_fd < 0 ? -1 : gym__fd_memory("gogym-data");
  out->slab = out->data_fd < 0 ? NULL : give_size(out->control_fd, out->slab_nbytes);
  if (!out->slab) {
    status = fail_memory(err, out->slab_nbytes);
    gym__memory_free(out);
    return status;
  }
  out->slab->magic = GYM__SLAB_MAGIC;
  out->slab->version = GYM__SLAB_VERSION;
  out->slab->worker_count = out->worker_count = worker_count;
  return GYM_OK;
}

int gym__memory_extend(gym__memory *memory, uint64_t nbytes, gym_error *err) {
  if (memory->data) return gym__fail(err, GYM_ERR_WORKER, "shared memory cannot be given a size twice");
  uint64_t size = nbytes ? nbytes : 1; /* there is no mapping of nothing */
  memory->data = give_size(memory->data_fd, size);
  if (!memory->data) return fail_memory(err, nbytes);
  memory->data_nbytes = size;
  return GYM_OK;
}

void gym__memory_free(gym__memory *memory) {
  gym__fd_unmap(memory->slab);
  gym__fd_unmap(memory->data);
  gym__fd_close(&memory->control_fd);
  gym__fd_close(&memory->data_fd);
  memset(memory, 0, sizeof *memory);
  memory->control_fd = memory->data_fd = -1;
}

#endif /* __linux__ */
