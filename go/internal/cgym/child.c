/* A copy of src/gogym_c/host/child.c, made by tools/copy_go_sources.py; edit that one. */
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

typedef struct child {
  pid_t pid;
  int has_ended;
  int status; /* -1: not known */
} child;

/* Whether the child has ended. The status is lost where the host reaps children itself or ignores SIGCHLD. */
static int has_ended(child *process) {
  int status;
  if (process->has_ended) return 1;
  pid_t got = waitpid(process->pid, &status, WNOHANG);
  if (got == 0 || (got < 0 && errno == EINTR)) return 0;
  process->has_ended = 1;
  process->status = got == process->pid ? status : -1;
  return 1;
}

/* Reads once; 0 at the end of the stream. Where the memory is full, the oldest quarter goes: what a program
 * says last matters most. */
static int read_some(int fd, gym__output *output) {
  size_t most = output->size - 1;
  if (output->length == most) {
    output->length -= most / 4;
    memmove(output->text, output->text + most / 4, output->length);
  }
  ssize_t count = read(fd, output->text + output->length, most - output->length);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  output->length += (size_t)count;
  return count > 0;
}

#define SILENCE_MS 50

/* Reads until the answer is complete, both streams end, or the child has ended and nothing more comes. */
static void read_all(child *process, const int fds[2], gym__output *outputs[2],
                     int (*is_complete)(const gym__output *out), long deadline) {
  struct pollfd polls[2] = {{fds[0], POLLIN, 0}, {fds[1], POLLIN, 0}};
  int ended = 0;
  while (polls[0].fd >= 0 || polls[1].fd >= 0) {
    long left = deadline - now_ms();
    if (left <= 0) return;
    int ready = poll(polls, 2, ended ? 0 : left < SILENCE_MS ? (int)left : SILENCE_MS);
    if (ready < 0 && errno != EINTR) return;
    if (ready == 0 && ended) return;
    if (ready == 0) ended = has_ended(process); /* once more: it may have written just before */
    for (int i = 0; i < 2 && ready > 0; i++)
      if (polls[i].fd >= 0 && polls[i].revents && !read_some(polls[i].fd, outputs[i]))
        polls[i].fd = -1; /* poll passes over negative descriptors */
    if (is_complete(outputs[0])) return;
  }
}

/* Waits for the child's end, and kills it when it is time. */
static void reap(child *process, long deadline, int *timed_out) {
  const struct timespec pause = {0, 200000};
  while (!has_ended(process)) {
    if (now_ms() >= deadline) {
      if (*timed_out) return; /* killed, and still not gone: stuck in the kernel */
      *timed_out = 1;
      kill(-process->pid, SIGKILL);
      kill(process->pid, SIGKILL);
      deadline = now_ms() + 1000;
    }
    nanosleep(&pause, NULL);
  }
}

#define AFTER_ANSWER_MS 1000

int gym__spawn(char *const arguments[], int timeout_ms, gym__output *out, gym__output *error,
               int (*is_complete)(const gym__output *out), gym__spawn_result *result) {
  int out_pipe[2], error_pipe[2];
  memset(result, 0, sizeof *result);
  out->length = error->length = 0;
  out->text[0] = error->text[0] = '\0';
  if (open_pipe(out_pipe) != 0) return errno;
  if (open_pipe(error_pipe) != 0) {
    int saved = errno;
    close(out_pipe[0]);
    close(out_pipe[1]);
    return saved;
  }
  child process = {0, 0, -1};
  int error_number = spawn_child(&process.pid, arguments, out_pipe[1], error_pipe[1]);
  close(out_pipe[1]);
  close(error_pipe[1]);
  if (error_number == 0) {
    long deadline = now_ms() + timeout_ms;
    int fds[2] = {out_pipe[0], error_pipe[0]};
    gym__output *outputs[2] = {out, error};
    read_all(&process, fds, outputs, is_complete, deadline);
    /* A wrapper script may have something to do after its Python; it is not waited for as long. */
    long patience = now_ms() + AFTER_ANSWER_MS;
    if (is_complete(out) && patience < deadline) deadline = patience;
    reap(&process, deadline, &result->timed_out);
    result->status = process.status;
  }
  out->text[out->length] = '\0';
  error->text[error->length] = '\0';
  close(out_pipe[0]);
  close(error_pipe[0]);
  return error_number;
}
