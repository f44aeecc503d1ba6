/* Worker processes: what they get of the host, how their end is noticed, and that none is left. This program
 * is its own worker: what GOGYM_TEST_WORKER says, it does when it is started as one. It is also the host that
 * is killed. */
#define _GNU_SOURCE
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

static void say(const char *text) {
  if (write(SOCKET, text, strlen(text)) < 0) _exit(90);
}

/* Until the host is gone, or has asked to end. */
static void wait_for_end(void) {
  char letter;
  while (read(SOCKET, &letter, 1) > 0) {
  }
}

static void report(void) {
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
static void have_child(int own_group) {
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

static void flood(long nbytes) {
  char line[1000];
  memset(line, 'x', sizeof line);
  line[sizeof line - 1] = '\n';
  for (long done = 0; done < nbytes;) {
    ssize_t written = write(2, line, sizeof line);
    if (written < 0 && errno != EINTR) _exit(91);
    if (written > 0) done += written;
  }
}

static int be_worker(void) {
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

static gym__worker *start_at(uint32_t station, const char *what) {
  gym__worker *worker = NULL;
  const gym__worker_plan plan = {SELF, 0, 0};
  if (what) setenv("GOGYM_TEST_WORKER", what, 1);
  if (!CHECK_OK(gym__worker_start(&plan, &memory, station, &worker, &err), err)) exit(check_summary() + 1);
  return worker;
}

static gym__worker *start(const char *what) { return start_at(0, what); }

/* A line that a worker says. */
static int hear(const gym__worker *worker, char *line, size_t size) {
  size_t used = 0;
  while (used + 1 < size) {
    struct pollfd is_ready = {gym__worker_socket(worker), POLLIN, 0};
    if (poll(&is_ready, 1, (int)AGES * 1000) != 1 || read(is_ready.fd, line + used, 1) != 1) break;
    if (line[used++] == '\n') break;
  }
  line[used] = '\0';
  return used > 0;
}

static char state_of(int pid) {
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

static void nap(void) {
  const struct timespec moment = {0, 1000000};
  nanosleep(&moment, NULL);
}

/* Whether a process ends. A zombie has: whoever is its parent may take his time. */
static int ends(int pid) {
  uint64_t until = gym__now_ns() + (uint64_t)(AGES * 1e9);
  while (!strchr("XZ", state_of(pid)) && gym__now_ns() < until) nap();
  return strchr("XZ", state_of(pid)) != NULL;
}

/* Orphans go to this process. */
static void reap(int pid) {
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
  }
}

static int count_fds(void) {
  int count = 0;
  DIR *fds = opendir("/proc/self/fd");
  while (fds && readdir(fds)) count++;
  if (fds) closedir(fds);
  return count;
}

static int has_children(void) { return waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD; }

static void wait_until_none(void) {
  uint64_t until = gym__now_ns() + (uint64_t)(AGES * 1e9);
  while (gym__worker_count() > 0 && gym__now_ns() < until) nap();
  CHECK_INT(gym__worker_count(), 0);
}

static void end(gym__worker *worker) {
  CHECK(gym__worker_wait_ended(worker, AGES));
  gym__worker_release(worker);
}

/* For the time of a test the standard error is a pipe that nobody reads. */
static int quiet_before, quiet_pipe[2];

static void be_quiet(void) {
  fflush(stderr);
  quiet_before = dup(2);
  if (pipe(quiet_pipe) != 0 || dup2(quiet_pipe[1], 2) != 2) abort();
}

static void speak_again(void) {
  fflush(stderr);
  dup2(quiet_before, 2);
  close(quiet_before);
  close(quiet_pipe[0]);
  close(quiet_pipe[1]);
}

/* ------------------------------------------------------------------------------------ how it ends */

static void test_exit_codes(void) {
  gym__worker_end how;
  for (int code = 0; code < TIMES; code++) {
    char what[40];
    snprintf(what, sizeof what, "exit %d", code);
    gym__worker *worker = start(what);
    gym__worker_describe_end(worker, &how);
    CHECK(gym__worker_has_ended(worker));
    CHECK_INT(how.pid, gym__worker_pid(worker));
    CHECK_INT(how.exit_code, code);
    CHECK_INT(how.signal, 0);
    CHECK_STR(how.reason, "");
    CHECK_INT(kill(how.pid, 0), -1);
    end(worker);
  }
}

static void test_signals(void) {
  static const int signals[] = {SIGSEGV, SIGABRT, SIGKILL, SIGTERM, SIGFPE};
  for (int i = 0; i < TIMES; i++) {
    char what[40], expected[40];
    int number = signals[i % 5];
    gym__worker_end how;
    snprintf(what, sizeof what, "signal %d", number);
    snprintf(expected, sizeof expected, "was ended by signal %d", number);
    gym__worker *worker = start(what);
    CHECK_FAILURE(gym__worker_fail(worker, &err), GYM_ERR_WORKER, err, expected);
    gym__worker_describe_end(worker, &how);
    CHECK_INT(how.signal, number);
    CHECK_INT(how.exit_code, -1);
    end(worker);
  }
}

static void test_words(void) {
  for (int i = 0; i < TIMES; i++) {
    gym__worker_end how;
    be_quiet();
    gym__worker *worker = start("words");
    int code = gym__worker_fail(worker, &err);
    speak_again();
    CHECK_FAILURE(code, GYM_ERR_WORKER, err, "ended by itself, with exit code 4. It wrote last: last ? line");
    CHECK_STR(err.traceback, "first line\nlast ? line\n\n");
    gym__worker_describe_end(worker, &how);
    CHECK_STR(how.stderr_tail, "first line\nlast ? line\n\n");
    end(worker);
  }
}

/* Nobody reads what is passed on, and nobody waits for that. */
static void test_flood(void) {
  for (int i = 0; i < TIMES; i++) {
    gym__worker_end how;
    be_quiet();
    gym__worker *worker = start("flood 10000000");
    CHECK(gym__worker_wait_ended(worker, AGES));
    gym__worker_describe_end(worker, &how);
    int is_quiet = poll(&(struct pollfd){quiet_pipe[0], POLLIN, 0}, 1, 0) == 0;
    speak_again();
    CHECK(!is_quiet); /* it was passed on as far as there was room */
    CHECK_INT(how.exit_code, 0);
    CHECK_INT(strlen(how.stderr_tail), 4095);
    CHECK_STR(how.stderr_tail + 4095 - 4, "xxx\n");
    gym__worker_release(worker);
  }
}

/* The host's standard error is a pipe without a reader. */
static void test_broken_pipe(void) {
  be_quiet();
  close(quiet_pipe[0]);
  for (int i = 0; i < TIMES; i++) {
    gym__worker *worker = start("words");
    gym__worker_end how;
    gym__worker_describe_end(worker, &how);
    CHECK_INT(how.exit_code, 4);
    end(worker);
  }
  quiet_pipe[0] = open("/dev/null", O_RDONLY);
  speak_again();
}

static void test_kill(void) {
  for (int i = 0; i < TIMES; i++) {
    char line[100];
    gym__worker *worker = start(i % 2 ? "stop" : "deaf");
    hear(worker, line, sizeof line);
    gym__worker_kill(worker, "did not answer within 2 s");
    gym__worker_kill(worker, "another reason");
    CHECK_FAILURE(gym__worker_fail(worker, &err), GYM_ERR_WORKER, err, "did not answer within 2 s");
    end(worker);
  }
}

/* A connection that is closed without an end is one. */
static void test_closed(void) {
  gym__worker *worker = start("close");
  char letter;
  CHECK_INT(read(gym__worker_socket(worker), &letter, 1), 0);
  CHECK_FAILURE(gym__worker_fail(worker, &err), GYM_ERR_WORKER, err, "closed its connection");
  end(worker);
}

static inline void test_cannot_start(void) {
  gym__worker *worker = NULL;
  const gym__worker_plan plan = {"/nowhere/python", 0, 0};
  for (int i = 0; i < TIMES; i++)
    CHECK_FAILURE(gym__worker_start(&plan, &memory, 0, &worker, &err), GYM_ERR_WORKER, err,
                  "\"/nowhere/python\": No such file");
  CHECK(worker == NULL);
}

/* ------------------------------------------------------------------------------------ being asked to end */

static void test_release(void) {
  for (int i = 0; i < TIMES; i++) {
    gym__worker *worker = start("wait");
    int pid = gym__worker_pid(worker);
    gym__worker_hold(worker);
    gym__worker_release(worker);
    CHECK_INT(gym__worker_has_ended(worker), 0);
    gym__worker_release(worker);
    CHECK(ends(pid));
  }
  wait_until_none();
}

static void test_ask(void) {
  gym__worker_end how;
  for (int i = 0; i < TIMES; i++) {
    gym__worker *worker = start("wait");
    gym__worker_ask_to_end(worker);
    gym__worker_describe_end(worker, &how);
    CHECK_INT(how.exit_code, 0); /* by itself */
    end(worker);
  }
  /* Those who do not are killed. */
  gym__worker *deaf[TIMES];
  for (int i = 0; i < TIMES; i++) deaf[i] = start(i % 2 ? "stop" : "deaf");
  for (int i = 0; i < TIMES; i++) {
    char line[100];
    hear(deaf[i], line, sizeof line);
    gym__worker_ask_to_end(deaf[i]);
  }
  for (int i = 0; i < TIMES; i++) {
    CHECK(gym__worker_wait_ended(deaf[i], AGES));
    gym__worker_describe_end(deaf[i], &how);
    CHECK_INT(how.signal, SIGKILL);
    end(deaf[i]);
  }
}

/* What an environment has started goes with it. */
static void test_children(void) {
  for (int i = 0; i < TIMES; i++) {
    char line[100] = "";
    gym__worker *worker = start("child");
    hear(worker, line, sizeof line);
    int child = atoi(line);
    CHECK(child > 0 && kill(child, 0) == 0);
    if (i % 2) kill(gym__worker_pid(worker), SIGKILL);
    gym__worker_ask_to_end(worker);
    end(worker);
    CHECK(ends(child));
    reap(child);
  }
}

/* What has left its process group does not, but its hold on the standard error delays nobody. */
static void test_strays(void) {
  for (int i = 0; i < TIMES; i++) {
    char line[100] = "";
    gym__worker_end how;
    gym__worker *worker = start("stray");
    hear(worker, line, sizeof line);
    gym__worker_describe_end(worker, &how);
    CHECK_INT(how.exit_code, 3);
    CHECK_STR(how.reason, "");
    CHECK_INT(kill(atoi(line), SIGKILL), 0);
    end(worker);
    reap(atoi(line));
  }
}

/* ------------------------------------------------------------------------------------ what it gets */

static void handler(int number) { (void)number; }

static void test_report(void) {
  static const char *const expected[] = {
      "fd 0 /dev/null", "fd 1 ",  "fd 2 pipe:", "fd 3 socket:", "leader 1",  "death 1", "blocked 0",
      "interrupt 1",    "pipe 1", "user 1",     "home unset",   "threads 1", "blas 5"};
  int leak = open("/dev/zero", O_RDONLY), high = fcntl(leak, F_DUPFD, 300); /* inheritable, as hosts' are */
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGUSR1, handler);
  setenv("PYTHONHOME", "/nowhere", 1);
  setenv("OPENBLAS_NUM_THREADS", "5", 1);
  for (int i = 0; i < TIMES; i++) {
    char text[8192] = "", line[1000] = "";
    int fds = 0;
    gym__worker *worker = start("report");
    while (hear(worker, line, sizeof line) && strcmp(line, "end\n") != 0) {
      strncat(text, line, sizeof text - strlen(text) - 1);
      fds += strncmp(line, "fd ", 3) == 0;
    }
    int good = CHECK_INT(fds, 6);
    for (size_t k = 0; k < sizeof expected / sizeof *expected; k++) {
      char pattern[100];
      snprintf(pattern, sizeof pattern, "%s", expected[k]);
      const char *at = strstr(text, pattern);
      good &= CHECK(at && (at == text || at[-1] == '\n'));
    }
    good &= CHECK(strstr(text, "fd 4 /memfd:gogym-control") && strstr(text, "fd 5 /memfd:gogym-data"));
    if (!good) fprintf(stderr, "%s", text);
    gym__worker_ask_to_end(worker);
    end(worker);
  }
  unsetenv("PYTHONHOME");
  unsetenv("OPENBLAS_NUM_THREADS");
  signal(SIGPIPE, SIG_DFL);
  signal(SIGUSR1, SIG_DFL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(leak);
  close(high);
}

/* Signals of the host's process group, as a terminal sends them. */
static void test_group_signals(void) {
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  for (int i = 0; i < TIMES; i++) {
    char line[100];
    gym__worker_end how;
    gym__worker *worker = start("report");
    while (hear(worker, line, sizeof line) && strcmp(line, "end\n") != 0) {
    }
    kill(0, SIGINT);
    kill(0, SIGHUP);
    kill(0, SIGTERM);
    kill(gym__worker_pid(worker), SIGINT);
    gym__worker_ask_to_end(worker);
    gym__worker_describe_end(worker, &how);
    CHECK_INT(how.exit_code, 0);
    end(worker);
  }
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  signal(SIGHUP, SIG_DFL);
}

static void test_memory(void) {
  gym__memory other;
  struct stat status;
  for (int i = 0; i < TIMES; i++) {
    if (!CHECK_OK(gym__memory_make(3, &other, &err), err)) return;
    CHECK_INT(other.slab->magic, GYM__SLAB_MAGIC);
    CHECK_INT(other.slab->worker_count, 3);
    CHECK(other.data == NULL);
    CHECK_INT(ftruncate(other.control_fd, 1), -1);
    CHECK_OK(gym__memory_extend(&other, 1000003, &err), err);
    CHECK_INT(fstat(other.data_fd, &status), 0);
    CHECK_INT(status.st_size, 1000003);
    CHECK_INT(ftruncate(other.data_fd, 1), -1);
    CHECK(other.data[0] == 0 && other.data[1000002] == 0);
    memset(other.data, 1, 1000003);
    CHECK_FAILURE(gym__memory_extend(&other, 1, &err), GYM_ERR_WORKER, err, "twice");
    gym__memory_free(&other);
    CHECK_INT(other.data_fd, -1);
    gym__memory_free(&other);
  }
  CHECK_OK(gym__memory_make(1, &other, &err), err);
  CHECK_FAILURE(gym__memory_extend(&other, UINT64_MAX / 4, &err), GYM_ERR_MEMORY, err, "shared memory");
  CHECK_OK(gym__memory_extend(&other, 0, &err), err);
  gym__memory_free(&other);
}

/* ------------------------------------------------------------------------------------ hosts of every kind */

static void *start_and_end(void *argument) {
  const uint32_t station = *(const uint32_t *)argument;
  gym_error own = GYM_ERROR_INIT;
  const gym__worker_plan plan = {SELF, 0, 0};
  for (int i = 0; i < TIMES; i++) {
    gym__worker *worker = NULL;
    if (!CHECK_OK(gym__worker_start(&plan, &memory, station, &worker, &own), own)) return NULL;
    int pid = gym__worker_pid(worker);
    if (i % 3 == 1) gym__worker_kill(worker, "had to");
    if (i % 3 == 2) CHECK_INT(kill(pid, SIGKILL), 0);
    if (i % 3 > 0) CHECK_INT(gym__worker_fail(worker, &own), GYM_ERR_WORKER);
    gym__worker_release(worker);
  }
  return NULL;
}

static void test_threads(void) {
  enum { THREADS = 8 };
  pthread_t threads[THREADS];
  uint32_t stations[THREADS];
  setenv("GOGYM_TEST_WORKER", "wait", 1);
  for (uint32_t i = 0; i < THREADS; i++) {
    stations[i] = i;
    if (pthread_create(&threads[i], NULL, start_and_end, &stations[i]) != 0) abort();
  }
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  wait_until_none();
}

/* A worker outlives the thread that had it started. */
static void *start_one(void *argument) {
  *(gym__worker **)argument = start("wait");
  return NULL;
}

static void test_short_thread(void) {
  for (int i = 0; i < TIMES; i++) {
    pthread_t thread;
    gym__worker_end how;
    gym__worker *worker = NULL;
    if (pthread_create(&thread, NULL, start_one, &worker) != 0) abort();
    pthread_join(thread, NULL);
    nap();
    gym__worker_ask_to_end(worker);
    gym__worker_describe_end(worker, &how);
    CHECK_INT(how.exit_code, 0);
    end(worker);
  }
}

/* A host that wants to know nothing of its children. */
static void test_ignored_children(void) {
  gym__worker_end how;
  signal(SIGCHLD, SIG_IGN);
  for (int i = 0; i < TIMES; i++) {
    gym__worker *worker = start(i % 2 ? "exit 5" : "wait");
    gym__worker_ask_to_end(worker);
    gym__worker_describe_end(worker, &how);
    CHECK_INT(how.exit_code, -1);
    CHECK_INT(how.signal, 0);
    CHECK_FAILURE(gym__worker_fail(worker, &err), GYM_ERR_WORKER, err, "not known");
    end(worker);
  }
  signal(SIGCHLD, SIG_DFL);
}

/* One that waits for all of them. */
static atomic_int reaping = 1;

static void *reap_all(void *unused) {
  (void)unused;
  while (atomic_load(&reaping)) {
    if (waitpid(-1, NULL, WNOHANG) <= 0) sched_yield();
  }
  return NULL;
}

static void test_other_reaper(void) {
  pthread_t thread;
  gym__worker_end how;
  if (pthread_create(&thread, NULL, reap_all, NULL) != 0) abort();
  for (int i = 0; i < TIMES; i++) {
    gym__worker *worker = start("exit 5");
    CHECK(gym__worker_wait_ended(worker, AGES));
    gym__worker_describe_end(worker, &how);
    CHECK(how.exit_code == 5 || how.exit_code == -1);
    end(worker);
  }
  atomic_store(&reaping, 0);
  pthread_join(thread, NULL);
}

/* ------------------------------------------------------------------------------------ fork */

static int count_links(const char *beginning) {
  char link[PATH_MAX], name[300];
  int count = 0;
  DIR *fds = opendir("/proc/self/fd");
  for (struct dirent *entry; fds && (entry = readdir(fds)) != NULL;) {
    snprintf(name, sizeof name, "/proc/self/fd/%s", entry->d_name);
    ssize_t length = readlink(name, link, sizeof link - 1);
    if (length < 0) continue;
    link[length] = '\0';
    count += strncmp(link, beginning, strlen(beginning)) == 0;
  }
  if (fds) closedir(fds);
  return count;
}

static int be_forked(gym__worker *worker) {
  static const char *const kinds[] = {"/memfd:gogym", "anon_inode:[pidfd]", "pidfd", "anon_inode:[eventfd]",
                                      "socket:"};
  gym__worker *fresh = NULL;
  gym__memory other;
  gym__worker_end how;
  const gym__worker_plan plan = {SELF, 0, 0};
  char path[4096];
  int good = CHECK_FAILURE(gym__worker_check(&err), GYM_ERR_FORKED, err, "fork");
  good &= CHECK_FAILURE(gym__worker_start(&plan, &memory, 0, &fresh, &err), GYM_ERR_FORKED, err, "fork");
  good &= CHECK_FAILURE(gym__memory_make(1, &other, &err), GYM_ERR_FORKED, err, "fork");
  good &= CHECK_FAILURE(gym__worker_python(NULL, path, &err), GYM_ERR_FORKED, err, "fork");
  good &= CHECK_FAILURE(gym_shutdown(&err), GYM_ERR_FORKED, err, "fork");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) good &= CHECK_INT(count_links(kinds[i]), 0);
  good &= CHECK_INT(gym__worker_count(), 0);
  gym__worker_kill(worker, "a child of fork cannot");
  gym__worker_ask_to_end(worker);
  gym__worker_describe_end(worker, &how);
  gym__worker_release(worker);
  return good;
}

static atomic_int forking = 1;

static void *keep_busy(void *unused) {
  (void)unused;
  while (atomic_load(&forking)) end(start_at(1, NULL));
  return NULL;
}

static void test_fork(void) {
  pthread_t thread;
  gym__worker_end how;
  gym__worker *worker = start("wait");
  setenv("GOGYM_TEST_WORKER", "exit 0", 1);
  if (pthread_create(&thread, NULL, keep_busy, NULL) != 0) abort();
  int child_pipe[2];
  if (pipe(child_pipe) != 0) abort();
  for (int i = 0; i < TIMES; i++) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
      alarm(60);
      int good = be_forked(worker);
      fflush(NULL);
      _exit(!good);
    }
    int status = 1;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_INT(gym__worker_has_ended(worker), 0);
  }
  atomic_store(&forking, 0);
  pthread_join(thread, NULL);
  /* A child that lives on does not keep the worker's connection open. */
  pid_t child = fork();
  if (child == 0) {
    char letter;
    close(child_pipe[1]);
    _exit(read(child_pipe[0], &letter, 1) == 0 ? 0 : 1);
  }
  gym__worker_ask_to_end(worker);
  gym__worker_describe_end(worker, &how);
  CHECK_INT(how.exit_code, 0);
  end(worker);
  close(child_pipe[0]);
  close(child_pipe[1]);
  waitpid(child, NULL, 0);
}

/* ------------------------------------------------------------------------------------ the end of the host */

enum { HOST_WORKERS = 4 };

/* Starts workers of every kind, says their pids, and waits for its own end. */
static int be_host(const char *how) {
  static const char *const kinds[HOST_WORKERS] = {"wait", "deaf", "stop", "child"};
  static gym__worker *workers[HOST_WORKERS];
  char line[100];
  if (gym__memory_make(HOST_WORKERS, &memory, &err) != GYM_OK) return 1;
  for (uint32_t i = 0; i < HOST_WORKERS; i++) {
    workers[i] = start_at(i, kinds[i]);
    if (i > 0) hear(workers[i], line, sizeof line);
    if (i == 2)
      while (state_of(gym__worker_pid(workers[i])) != 'T') nap();
    printf("%d\n", gym__worker_pid(workers[i]));
  }
  printf("end\n");
  fflush(stdout);
  if (strcmp(how, "exec") == 0) execl("/bin/sleep", "sleep", "1000", (char *)NULL);
  if (strcmp(how, "exit") == 0) return 0;
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "shutdown") == 0) return gym_shutdown(NULL);
  for (;;) pause();
}

static void end_host(const char *how) {
  int pids[HOST_WORKERS] = {0}, count = 0, ends_pipe[2];
  char line[100];
  if (pipe2(ends_pipe, O_CLOEXEC) != 0) abort();
  fflush(NULL);
  pid_t host = fork();
  if (host == 0) {
    dup2(ends_pipe[1], 1);
    execl(SELF, "test_worker_process", "host", how, (char *)NULL);
    _exit(127);
  }
  close(ends_pipe[1]);
  FILE *said = fdopen(ends_pipe[0], "r");
  while (said && fgets(line, sizeof line, said) && strcmp(line, "end\n") != 0)
    if (count < HOST_WORKERS) pids[count++] = atoi(line);
  CHECK_INT(count, HOST_WORKERS);
  if (strcmp(how, "kill") == 0) kill(host, SIGKILL);
  for (int i = 0; i < count; i++)
    if (!CHECK(pids[i] > 1 && ends(pids[i]))) fprintf(stderr, "  %s: worker %d stays\n", how, i);
  if (strcmp(how, "exec") == 0) {
    CHECK(!strchr("XZ", state_of((int)host)));
    kill(host, SIGKILL);
  }
  CHECK_INT(waitpid(host, NULL, 0), host);
  if (said) fclose(said);
  /* The environment's own child stays without the worker to end it, and came here. */
  uint64_t until = gym__now_ns() + (uint64_t)(AGES * 1e9);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  for (int none = 0; !none && gym__now_ns() < until;) {
    int pid = 0;
    FILE *children = fopen(path, "r");
    none = !children || fscanf(children, "%d", &pid) != 1;
    if (children) fclose(children);
    if (none) break;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
  }
}

static void test_host(void) {
  static const char *const hows[] = {"kill", "exec", "exit", "abort", "shutdown"};
  for (size_t k = 0; k < sizeof hows / sizeof *hows; k++)
    for (int i = 0; i < (k < 2 ? TIMES : 5); i++) end_host(hows[k]);
}

/* ------------------------------------------------------------------------------------ Python */

static long long address_limit(int pid) {
  char path[64], line[200];
  long long limit = -1;
  snprintf(path, sizeof path, "/proc/%d/limits", pid);
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "Max address space %lld", &limit) == 1) break;
  if (file) fclose(file);
  return limit;
}

static void test_python(void) {
  char path[4096], again[4096];
  gym__worker *worker = NULL;
  gym_value *about = NULL;
  unsetenv("GOGYM_TEST_WORKER");
  if (!CHECK_OK(gym__worker_python(NULL, path, &err), err)) return;
  CHECK_OK(gym__worker_python(path, again, &err), err);
  CHECK_STR(again, path);
  CHECK_FAILURE(gym__worker_python("/nowhere/python", again, &err), GYM_ERR_NO_PYTHON, err,
                "the option \"python\" names the Python interpreter \"/nowhere/python\"");
  const gym__worker_plan plan = {path, (uint64_t)64 << 30, 0}, small = {path, 1 << 20, 0};
  for (int i = 0; i < 3; i++) {
    gym__worker_end how;
    if (!CHECK_OK(gym__worker_start(&plan, &memory, 0, &worker, &err), err)) return;
    CHECK_OK(gym__worker_greet(worker, &about, &err), err);
    gym_value_free(about);
    CHECK_INT(address_limit(gym__worker_pid(worker)), (long long)64 << 30);
    gym__worker_ask_to_end(worker);
    gym__worker_describe_end(worker, &how);
    CHECK_STR(how.stderr_tail, "");
    CHECK_INT(how.signal, 0);
    end(worker);
  }
  be_quiet();
  int status = gym__worker_start(&small, &memory, 0, &worker, &err);
  if (!status) status = gym__worker_greet(worker, NULL, &err);
  speak_again();
  CHECK_FAILURE(status, GYM_ERR_WORKER, err, "give at least");
  end(worker);
}

static void test_shutdown(void) {
  gym__worker *worker = start("deaf"), *other = NULL;
  const gym__worker_plan plan = {SELF, 0, 0};
  CHECK_OK(gym_shutdown(&err), err);
  CHECK_INT(gym__worker_count(), 0);
  CHECK(gym__worker_has_ended(worker));
  gym__worker_release(worker);
  CHECK_FAILURE(gym__worker_start(&plan, &memory, 0, &other, &err), GYM_ERR_SHUTDOWN, err, "gym_shutdown");
  CHECK_OK(gym_shutdown(&err), err);
}

typedef struct test {
  const char *name;
  void (*run)(void);
} test;

int main(int argc, char **argv) {
  static const test tests[] = {
      {"exit codes", test_exit_codes},
      {"signals", test_signals},
      {"words", test_words},
      {"floods", test_flood},
      {"broken pipe", test_broken_pipe},
      {"kill", test_kill},
      {"closed connection", test_closed},
#if !defined(__SANITIZE_THREAD__) /* which turns vfork into fork: the worker is there before it fails */
      {"cannot start", test_cannot_start},
#endif
      {"release", test_release},
      {"ask to end", test_ask},
      {"children", test_children},
      {"strays", test_strays},
      {"what it gets", test_report},
      {"signals of the group", test_group_signals},
      {"memory", test_memory},
      {"threads", test_threads},
      {"short thread", test_short_thread},
      {"ignored children", test_ignored_children},
      {"another reaper", test_other_reaper},
      {"fork", test_fork},
      {"end of the host", test_host},
      {"Python", test_python},
  };
  if (argc > 3 && strcmp(argv[3], "gogym.worker") == 0) return be_worker();
  if (argc > 2 && strcmp(argv[1], "host") == 0) return be_host(argv[2]);
  setpgid(0, 0); /* signals to its group are for it alone */
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (!CHECK_OK(gym__memory_make(8, &memory, &err), err)) return check_summary();
  end(start("exit 0")); /* the monitor has descriptors of its own */
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    int fds = count_fds();
    if (argc > 1 && !strstr(tests[i].name, argv[1])) continue;
    uint64_t begin = gym__now_ns();
    tests[i].run();
    wait_until_none();
    if (!CHECK_INT(count_fds(), fds) | !CHECK(!has_children()))
      fprintf(stderr, "  after %s\n", tests[i].name);
    printf("%s: %.1f s\n", tests[i].name, (double)(gym__now_ns() - begin) / 1e9);
  }
  test_shutdown();
  gym__memory_free(&memory);
  return check_summary();
}
