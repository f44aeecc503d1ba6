/* Running an interpreter for its answer, without disturbing the host. */
#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <crt_externs.h>
#define environ (*_NSGetEnviron()) /* a dylib has no environ of its own */
#else
extern char **environ;
#endif

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A pipe whose ends no child inherits, both above the standard streams: a host may have closed those, and
 * the child's dup2 must not land on the other pipe. */
static int open_pipe(int ends[2]) {
  int low[2];
#if defined(__APPLE__)
  if (pipe(low) != 0) return -1;
#else
  if (pipe2(low, O_CLOEXEC) != 0) return -1;
#endif
  ends[0] = fcntl(low[0], F_DUPFD_CLOEXEC, 3);
  ends[1] = fcntl(low[1], F_DUPFD_CLOEXEC, 3);
  close(low[0]);
  close(low[1]);
  if (ends[0] >= 0 && ends[1] >= 0) return 0;
  if (ends[0] >= 0) close(ends[0]);
  if (ends[1] >= 0) close(ends[1]);
  return -1;
}

/* The host's environment without what would make the interpreter another one than will be started. */
static char **child_environment(void) {
  size_t count = 0, kept = 0;
  while (environ && environ[count]) count++;
  char **copy = malloc((count + 1) * sizeof *copy);
  if (!copy) return NULL;
  for (size_t i = 0; i < count; i++) {
    if (strncmp(environ[i], "PYTHONHOME=", 11) == 0 || strncmp(environ[i], "PYTHONINSPECT=", 14) == 0)
      continue;
    copy[kept++] = environ[i];
  }
  copy[kept] = NULL;
  return copy;
}

static int spawn_child(pid_t *pid, char *const arguments[], int out, int error) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  char **environment = child_environment();
  if (!environment) return ENOMEM;
  sigemptyset(&none);
  sigfillset(&all);
  sigdelset(&all, SIGKILL);
  sigdelset(&all, SIGSTOP);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, error, 2);
  posix_spawnattr_init(&attributes);
  /* The child has the signals of a fresh program, whatever the host ignores or blocks, and a process group
   * of its own, so that a hanging wrapper script can be ended with all that it started. */
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP;
#if defined(__APPLE__)
  flags |= POSIX_SPAWN_CLOEXEC_DEFAULT; /* there is no pipe2, so a pipe is inheritable for a moment */
#endif
  posix_spawnattr_setflags(&attributes, flags);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  int error_number = posix_spawn(pid, arguments[0], &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  free(environment);
  return error_number;
}

/* Reads once; 0 at the end of the stream. What does not fit is dropped. */
static int read_some(int fd, char *to, size_t size, size_t *length) {
  char rest[512];
  size_t left = size - 1 - *length;
  ssize_t count = left > 0 ? read(fd, to + *length, left) : read(fd, rest, sizeof rest);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (left > 0) *length += (size_t)count;
  return count > 0;
}

static void read_until(int fds[2], char *texts[2], const size_t sizes[2], size_t lengths[2], long deadline) {
  struct pollfd polls[2] = {{fds[0], POLLIN, 0}, {fds[1], POLLIN, 0}};
  while (polls[0].fd >= 0 || polls[1].fd >= 0) {
    long left = deadline - now_ms();
    if (left <= 0) return;
    int ready = poll(polls, 2, (int)left);
    if (ready < 0 && errno != EINTR) return;
    if (ready <= 0) continue;
    for (int i = 0; i < 2; i++)
      if (polls[i].fd >= 0 && polls[i].revents && !read_some(polls[i].fd, texts[i], sizes[i], &lengths[i]))
        polls[i].fd = -1; /* poll passes over negative descriptors */
  }
}

/* Waits for the child's end. -1: not known, because the host reaps children itself or ignores SIGCHLD. */
static int reap(pid_t pid, long deadline, int *timed_out) {
  const struct timespec pause = {0, 200000};
  int status = -1;
  for (;;) {
    pid_t got = waitpid(pid, &status, WNOHANG);
    if (got == pid) return status;
    if (got < 0 && errno != EINTR) return -1;
    if (got == 0 && now_ms() >= deadline) {
      if (*timed_out) return -1; /* killed, and still not gone: stuck in the kernel */
      *timed_out = 1;
      kill(-pid, SIGKILL);
      kill(pid, SIGKILL);
      deadline = now_ms() + 1000;
    }
    nanosleep(&pause, NULL);
  }
}

int gym__spawn(char *const arguments[], int timeout_ms, char *out, size_t out_size, char *error,
               size_t error_size, gym__spawn_result *result) {
  int out_pipe[2], error_pipe[2];
  memset(result, 0, sizeof *result);
  if (open_pipe(out_pipe) != 0) return errno;
  if (open_pipe(error_pipe) != 0) {
    int saved = errno;
    close(out_pipe[0]);
    close(out_pipe[1]);
    return saved;
  }
  pid_t pid = 0;
  int error_number = spawn_child(&pid, arguments, out_pipe[1], error_pipe[1]);
  close(out_pipe[1]);
  close(error_pipe[1]);
  if (error_number == 0) {
    long deadline = now_ms() + timeout_ms;
    int fds[2] = {out_pipe[0], error_pipe[0]};
    char *texts[2] = {out, error};
    size_t sizes[2] = {out_size, error_size}, lengths[2] = {0, 0};
    read_until(fds, texts, sizes, lengths, deadline);
    result->status = reap(pid, deadline, &result->timed_out);
    result->out_length = lengths[0];
    out[lengths[0]] = '\0';
    error[lengths[1]] = '\0';
  }
  close(out_pipe[0]);
  close(error_pipe[0]);
  return error_number;
}
