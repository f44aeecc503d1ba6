/* For the tests of worker processes: programs that are their own workers. What GOGYM_TEST_WORKER says, such a
 * program does when it is started as one. They begin with #define _GNU_SOURCE. */
#ifndef WORKER_CASE_H_
#define WORKER_CASE_H_

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child_case.h"
#include "envs.h"
#include "worker.h"

#define TIMES 20
#define SELF "/proc/self/exe"
#define AGES 60.0 /* seconds that nothing here takes, but what hangs */

static gym_error err = GYM_ERROR_INIT;
static gym__memory memory;

/* ------------------------------------------------------------------------------------ as a worker */

enum { SOCKET = 3, CONTROL = 4, DATA = 5 };

static inline void say(const char *text) {
  if (write(SOCKET, text, strlen(text)) < 0) _exit(90);
}

/* Until the host is gone, or has asked to end. */
static inline void wait_for_end(void) {
  char letter;
  while (read(SOCKET, &letter, 1) > 0) {
  }
}

static inline void report(void) {
  char text[8192], link[PATH_MAX], name[300];
  size_t used = 0;
  int death = 0;
  sigset_t blocked;
  prctl(PR_GET_PDEATHSIG, &death);
  sigprocmask(SIG_BLOCK, NULL, &blocked);
  DIR *fds = opendir("/proc/self/fd");
  for (struct dirent *entry; fds && (entry = readdir(fds)) != NULL;) {
    if (entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(fds)) continue;
    snprintf(name, sizeof name, "/proc/self/fd/%s", entry->d_name);
    ssize_t length = readlink(name, link, sizeof link - 1);
    if (length < 0) continue;
    link[length] = '\0';
    used += (size_t)snprintf(text + used, sizeof text - used, "fd %s %.100s\n", entry->d_name, link);
  }
  if (fds) closedir(fds);
  struct sigaction interrupt, pipe, child;
  sigaction(SIGINT, NULL, &interrupt);
  sigaction(SIGPIPE, NULL, &pipe);
  sigaction(SIGUSR1, NULL, &child);
  used += (size_t)snprintf(
      text + used, sizeof text - used,
      "leader %d\ndeath %d\nblocked %d\ninterrupt %d\npipe %d\nuser %d\nhome %s\nthreads %s\nblas %s\n",
      getsid(0) == getpid(), death == SIGKILL, sigismember(&blocked, SIGUSR2),
      interrupt.sa_handler == SIG_IGN, pipe.sa_handler == SIG_DFL, child.sa_handler == SIG_DFL,
      getenv("PYTHONHOME") ? "set" : "unset", getenv("OMP_NUM_THREADS"), getenv("OPENBLAS_NUM_THREADS"));
  snprintf(text + used, sizeof text - used, "end\n");
  say(text);
  wait_for_end();
}

/* A process of the environment's own, which outlives it. `group`: 0 in the worker's, 1 in its own. */
static inline void have_child(int own_group) {
  char text[40];
  pid_t child = fork();
  if (child == 0) {
    if (own_group) setsid();
    close(SOCKET);
    for (;;) pause();
  }
  snprintf(text, sizeof text, "%d\n", (int)child);
  say(text);
}

static inline void flood(long nbytes) {
  char line[1000];
  memset(line, 'x', sizeof line);
  line[sizeof line - 1] = '\n';
  for (long done = 0; done < nbytes;) {
    ssize_t written = write(2, line, sizeof line);
    if (written < 0 && errno != EINTR) _exit(91);
    if (written > 0) done += written;
  }
}

static inline int be_worker(void) {
  const char *what = getenv("GOGYM_TEST_WORKER");
  long number = what && strchr(what, ' ') ? atol(strchr(what, ' ')) : 0;
  if (!what) return 92;
#define IS(name) (strncmp(what, name, sizeof name - 1) == 0)
  if (IS("exit")) return (int)number;
  if (IS("signal")) {
    signal((int)number, SIG_DFL); /* a sanitizer has handlers */
    raise((int)number);
  }
  if (IS("wait")) wait_for_end();
  if (IS("report")) report();
  if (IS("deaf")) {
    say("deaf\n");
    for (;;) pause();
  }
  if (IS("stop")) {
    say("stop\n");
    raise(SIGSTOP);
  }
  if (IS("child")) {
    have_child(0);
    wait_for_end();
  }
  if (IS("stray")) {
    have_child(1);
    return 3;
  }
  if (IS("flood")) flood(number);
  if (IS("words")) {
    fprintf(stderr, "first line\nlast \xff line\n\n");
    return 4;
  }
  if (IS("close")) {
    close(SOCKET);
    for (;;) pause();
  }
  return 0;
}

/* ------------------------------------------------------------------------------------ what the tests share
 */

static inline gym__worker *start_at(uint32_t station, const char *what) {
  gym__worker *worker = NULL;
  const gym__worker_plan plan = {SELF, 0, 0};
  if (what) setenv("GOGYM_TEST_WORKER", what, 1);
  if (!CHECK_OK(gym__worker_start(&plan, &memory, station, &worker, &err), err)) exit(check_summary() + 1);
  return worker;
}

static inline gym__worker *start(const char *what) { return start_at(0, what); }

/* A line that a worker says. */
static inline int hear(const gym__worker *worker, char *line, size_t size) {
  size_t used = 0;
  while (used + 1 < size) {
    struct pollfd is_ready = {gym__worker_socket(worker), POLLIN, 0};
    if (poll(&is_ready, 1, (int)AGES * 1000) != 1 || read(is_ready.fd, line + used, 1) != 1) break;
    if (line[used++] == '\n') break;
  }
  line[used] = '\0';
  return used > 0;
}

static inline char state_of(int pid) {
  char path[64], text[512] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "r");
  if (!file) return 'X';
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = '\0';
  const char *after = strrchr(text, ')');
  return after && after[1] ? after[2] : 'X';
}

static inline void nap(void) {
  const struct timespec moment = {0, 1000000};
  nanosleep(&moment, NULL);
}

/* Whether a process ends. A zombie has: whoever is its parent may take his time. */
static inline int ends(int pid) {
  uint64_t until = gym__now_ns() + (uint64_t)(AGES * 1e9);
  while (!strchr("XZ", state_of(pid)) && gym__now_ns() < until) nap();
  return strchr("XZ", state_of(pid)) != NULL;
}

/* Orphans go to this process. */
static inline void reap(int pid) {
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
  }
}

static inline int count_fds(void) {
  int count = 0;
  DIR *fds = opendir("/proc/self/fd");
  while (fds && readdir(fds)) count++;
  if (fds) closedir(fds);
  return count;
}

static inline int has_children(void) { return waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD; }

static inline void wait_until_none(void) {
  uint64_t until = gym__now_ns() + (uint64_t)(AGES * 1e9);
  while (gym__worker_count() > 0 && gym__now_ns() < until) nap();
  CHECK_INT(gym__worker_count(), 0);
}

static inline void end(gym__worker *worker) {
  CHECK(gym__worker_wait_ended(worker, AGES));
  gym__worker_release(worker);
}

/* For the time of a test the standard error is a pipe that nobody reads. */
static int quiet_before, quiet_pipe[2];

static inline void be_quiet(void) {
  fflush(stderr);
  quiet_before = dup(2);
  if (pipe(quiet_pipe) != 0 || dup2(quiet_pipe[1], 2) != 2) abort();
}

static inline void speak_again(void) {
  fflush(stderr);
  dup2(quiet_before, 2);
  close(quiet_before);
  close(quiet_pipe[0]);
  close(quiet_pipe[1]);
}

typedef struct test {
  const char *name;
  void (*run)(void);
} test;

/* Runs the cases whose names contain argv[1]: after each there is no worker left, and no descriptor. */
static inline void run_cases(int argc, char **argv, const test *tests, size_t count) {
  setpgid(0, 0); /* signals to its group are for it alone */
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (!CHECK_OK(gym__memory_make(8, &memory, &err), err)) return;
  end(start("exit 0")); /* the monitor has descriptors of its own */
  for (size_t i = 0; i < count; i++) {
    int fds = count_fds();
    if (argc > 1 && !strstr(tests[i].name, argv[1])) continue;
    uint64_t begin = gym__now_ns();
    tests[i].run();
    wait_until_none();
    if (!CHECK_INT(count_fds(), fds) | !CHECK(!has_children()))
      fprintf(stderr, "  after %s\n", tests[i].name);
    printf("%s: %.1f s\n", tests[i].name, (double)(gym__now_ns() - begin) / 1e9);
  }
}

#endif /* WORKER_CASE_H_ */
