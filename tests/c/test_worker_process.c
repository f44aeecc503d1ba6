/* Worker processes: what they get of the host, how their end is noticed, and that none is left. This program
 * is its own worker. */
#define _GNU_SOURCE
#include "worker_case.h"

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
  };
  if (argc > 3 && strcmp(argv[3], "gogym.worker") == 0) return be_worker();
  run_cases(argc, argv, tests, sizeof tests / sizeof *tests);
  gym__memory_free(&memory);
  return check_summary();
}
