/* What kills an environment in a worker process: the call says how it ended and what it wrote last, every
 * later call says it again, nothing is written to the caller's buffers, no process is left, and the host goes
 * on. */
#define _GNU_SOURCE
#if !defined(__linux__)
int main(void) { return 77; } /* there are no worker processes */
#else
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_case.h"
#include "every_call.h"

#define FAULTY "gogym_test_faulty:gogym_test/Faulty-v0"

enum { ROUNDS = 3 };

static gym_error err = GYM_ERROR_INIT;

static const char *options_of(const char *how, const char *where, const char *more) {
  static _Thread_local char text[1000];
  snprintf(text, sizeof text, "{\"how\": \"%s\", \"where\": \"%s\", \"gogym\": {\"isolate\": true%s%s}}", how,
           where, more ? ", " : "", more ? more : "");
  return text;
}

static int64_t pid_of(gym_env env) {
  gym_value *pid = NULL;
  int64_t number = -1;
  CHECK_OK(gym_call(env, "tell", "[]", &pid, &err), err);
  gym_value_int64(pid, &number, NULL);
  gym_value_free(pid);
  return number;
}

/* A process that has ended may be there for a moment more. */
static int is_gone(int64_t pid) {
  for (int i = 0; i < 5000; i++) {
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH) return 1;
    usleep(1000);
  }
  return 0;
}

static int count_entries(const char *path) {
  int count = 0;
  DIR *directory = opendir(path);
  if (!directory) return -1;
  while (readdir(directory)) count++;
  closedir(directory);
  return count;
}

/* Processes that this one has started, ended or not, and descriptors of its. */
static int count_children(void) {
  char path[100];
  int count = 0, pid;
  snprintf(path, sizeof path, "/proc/self/task");
  DIR *tasks = opendir(path);
  if (!tasks) return -1;
  for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
    snprintf(path, sizeof path, "/proc/self/task/%.20s/children", task->d_name);
    FILE *file = task->d_name[0] == '.' ? NULL : fopen(path, "r");
    if (!file) continue;
    while (fscanf(file, "%d", &pid) == 1) count++;
    fclose(file);
  }
  closedir(tasks);
  return count;
}

static void check_nothing_left(int fds) {
  int left = -1;
  for (int i = 0; i < 5000; i++) {
    left = count_children();
    if (left == 0 && count_entries("/proc/self/fd") <= fds) break;
    usleep(1000);
  }
  CHECK_INT(left, 0);
  CHECK(count_entries("/proc/self/fd") <= fds);
}

typedef struct fault {
  const char *how;
  const char *needles[3]; /* of the message */
  const char *more;       /* options */
} fault;

static void check_message(const fault *f, const char *where) {
  char line[100];
  for (size_t i = 0; i < 3 && f->needles[i]; i++)
    if (!CHECK(strstr(err.message, f->needles[i]) != NULL))
      fprintf(stderr, "  %s in %s: \"%s\" is not in: %s\n", f->how, where, f->needles[i], err.message);
  snprintf(line, sizeof line, "about to %s in %s", f->how, where);
  if (strcmp(f->how, "flood") == 0) snprintf(line, sizeof line, "the last line of a flood");
  /* What it wrote last is in the message, or all of it in the traceback, where there is room. */
  if (!CHECK(strstr(err.message, line) || strstr(err.traceback, line)))
    fprintf(stderr, "  \"%s\" is not in: %s\n%s\n", line, err.message, err.traceback);
}

/* All calls say the same again, write nothing, and the handle can be closed. */
static void check_dead(gym_env env, const fault *f) {
  gym_value *value;
  double obs[4];
  gym_transition t;
  size_t size = 0;
  FILL(value), FILL(obs), FILL(t);
  CHECK_FAILURE(gym_step(env, &(double){0}, 1, obs, 3, &t, &err), GYM_ERR_WORKER, err, f->needles[0]);
  CHECK_FAILURE(gym_reset(env, NULL, NULL, obs, 3, &err), GYM_ERR_WORKER, err, f->needles[0]);
  CHECK_FAILURE(gym_info(env, &value, &err), GYM_ERR_WORKER, err, f->needles[0]);
  CHECK_UNTOUCHED(value), CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
  CHECK_OK(gym_observation_size(env, &size, &err), err); /* known without it */
  CHECK_INT(size, 3);
  CHECK_OK(gym_close(env, &err), err);
  CHECK_FAILURE(gym_close(env, &err), GYM_ERR_HANDLE, err, "not open");
}

static int fail_in_step(gym_env env, int is_native) {
  double obs[3];
  gym_transition t;
  FILL(obs), FILL(t);
  int status = is_native ? gym_step_native(env, &(int64_t){1}, 8, obs, sizeof obs, &t, &err)
                         : gym_step(env, &(double){1}, 1, obs, 3, &t, &err);
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
  return status;
}

static int fail_in(gym_env env, const char *where, int round) {
  double obs[3];
  unsigned char frame[48];
  gym_value *value;
  int status;
  FILL(obs), FILL(frame), FILL(value);
  if (strcmp(where, "step") == 0) return fail_in_step(env, round % 2);
  if (strcmp(where, "reset") == 0)
    status =
        round % 2 ? gym_reset(env, NULL, NULL, obs, 3, &err) : gym_reset_value(env, NULL, NULL, &value, &err);
  else if (strcmp(where, "render") == 0)
    status = gym_render(env, frame, sizeof frame, &err);
  else
    status = gym_call(env, "tell", "[]", &value, &err);
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(frame), CHECK_UNTOUCHED(value);
  return status;
}

static const fault deaths[] = {
    {"segfault", {"signal 11", "Segmentation fault"}, NULL},
    {"exit", {"exit code 3"}, NULL},
    {"exit-of-c", {"exit code 4"}, NULL},
    {"exit-0", {"exit code 0"}, NULL},
    {"abort", {"signal 6", "Abort"}, NULL},
    {"kill", {"signal 9", "Killed"}, NULL},
    {"terminate", {"signal 15"}, NULL},
    {"flood", {"exit code 9"}, NULL},
    {"exit-with-child", {"exit code 11"}, NULL},
    {"hang", {"did not answer within 0.5 s"}, "\"timeout\": 0.5"},
    {"hang-with-gil", {"did not answer within 0.5 s"}, "\"timeout\": 0.5"},
    {"stop", {"did not answer within 0.5 s"}, "\"timeout\": 0.5"},
};

static void test_death(const fault *f, const char *where, int round) {
  char text[200];
  snprintf(text, sizeof text, "%s%s\"private\": false", f->more ? f->more : "", f->more ? ", " : "");
  gym_env env = open_env(FAULTY, options_of(f->how, where, text));
  int64_t pid = strcmp(where, "tell") == 0 ? -1 : pid_of(env);
  CHECK_INT(fail_in(env, where, round), GYM_ERR_WORKER);
  check_message(f, where);
  check_dead(env, f);
  if (pid > 0) CHECK(is_gone(pid));
}

static void test_deaths(void) {
  gym_env survivor = open_env("CartPole-v1", "{\"gogym\": {\"isolate\": true}}");
  double obs[4];
  gym_transition t;
  CHECK_OK(gym_reset(survivor, NULL, NULL, obs, 4, &err), err);
  for (int round = 0; round < ROUNDS; round++) {
    for (size_t i = 0; i < sizeof deaths / sizeof *deaths; i++) {
      test_death(&deaths[i], "step", round);
      if (round == (int)(i % ROUNDS)) test_death(&deaths[i], i % 2 ? "reset" : "tell", round);
    }
    CHECK_OK(gym_reset(survivor, NULL, NULL, obs, 4, &err), err);
    CHECK_OK(gym_step(survivor, &(double){0}, 1, obs, 4, &t, &err), err);
  }
  CHECK_OK(gym_close(survivor, &err), err);
}

/* The constructor and close. */
static void test_ends_of_life(void) {
  for (size_t i = 0; i < sizeof deaths / sizeof *deaths; i++) {
    gym_env env;
    const fault *f = &deaths[i];
    if (!f->more) { /* making may take longer than a step */
      FILL(env);
      CHECK_INT(gym_make(FAULTY, options_of(f->how, "make", NULL), &env, &err), GYM_ERR_WORKER);
      CHECK_UNTOUCHED(env);
      check_message(f, "make");
    }
    env = open_env(FAULTY, options_of(f->how, "close", f->more));
    int64_t pid = pid_of(env);
    CHECK_INT(gym_close(env, &err), GYM_ERR_WORKER);
    check_message(f, "close");
    CHECK_FAILURE(gym_close(env, &err), GYM_ERR_HANDLE, err, "not open");
    CHECK(is_gone(pid));
  }
}

/* What Python can catch is an exception of the environment, as in this process; the worker lives. */
static void test_exceptions(void) {
  gym_env env = open_env(FAULTY, options_of("sys-exit", "step", NULL));
  double obs[3];
  gym_transition t;
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 3, &err), err);
  for (int i = 0; i < ROUNDS; i++) {
    CHECK_INT(fail_in_step(env, i % 2), GYM_ERR_SYSTEM_EXIT);
    CHECK(strstr(err.message, "goodbye") != NULL);
    CHECK_OK(gym_set_attr(env, "how", "\"recursion\"", &err), err);
    CHECK_INT(fail_in_step(env, i % 2), GYM_ERR_RECURSION);
    CHECK_OK(gym_set_attr(env, "how", "\"sys-exit\"", &err), err);
    CHECK_OK(gym_step(env, &(double){0}, 1, obs, 3, &t, &err), err);
  }
  CHECK_OK(gym_close(env, &err), err);
  /* Recursion that Python does not see overflows the stack, or is stopped by Python after all. */
  env = open_env(FAULTY, options_of("recursion-in-c", "step", NULL));
  int status = fail_in_step(env, 0);
  CHECK(status == GYM_ERR_WORKER || status == GYM_ERR_RECURSION || status == GYM_ERR_MEMORY);
  CHECK_OK(gym_close(env, &err), err);
}

static void test_memory_limit(void) {
  gym_env env = open_env(FAULTY, options_of("allocate", "step", "\"memory_limit\": 3000000000"));
  double obs[3];
  CHECK_INT(fail_in_step(env, 0), GYM_ERR_MEMORY);
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 3, &err), err); /* it lives */
  CHECK_OK(gym_close(env, &err), err);
}

/* A worker whose descriptors the environment has closed cannot be used any more, and does not stay. */
static void test_closed_descriptors(void) {
  gym_env env = open_env(FAULTY, options_of("close-everything", "tell", NULL));
  gym_value *value;
  FILL(value);
  CHECK_INT(gym_call(env, "tell", "[]", &value, &err), GYM_ERR_WORKER);
  CHECK_UNTOUCHED(value);
  CHECK_OK(gym_close(env, &err), err);
}

/* ------------------------------------------------------------------------------------- threads */

typedef struct killer {
  int64_t pid;
  useconds_t after;
} killer;

static void *kill_later(void *argument) {
  const killer *k = argument;
  usleep(k->after);
  kill((pid_t)k->pid, SIGKILL);
  return NULL;
}

/* SIGKILL at any moment of many steps. */
static void test_kills(void) {
  for (int round = 0; round < 10; round++) {
    gym_env env = open_env(FAULTY, options_of("nothing", "step", NULL));
    killer k = {pid_of(env), (useconds_t)(1 + 700 * round)};
    double obs[3];
    gym_transition t;
    pthread_t thread;
    int status = GYM_OK;
    CHECK_OK(gym_reset(env, NULL, NULL, obs, 3, &err), err);
    if (pthread_create(&thread, NULL, kill_later, &k) != 0) abort();
    while (status == GYM_OK) {
      FILL(obs), FILL(t);
      status = gym_step(env, &(double){1}, 1, obs, 3, &t, &err);
      if (!status && !CHECK(obs[0] == 1 && obs[2] == 1 && t.reward == 1)) break;
    }
    pthread_join(thread, NULL);
    CHECK_INT(status, GYM_ERR_WORKER);
    CHECK(strstr(err.message, "signal 9") != NULL);
    CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
    CHECK_OK(gym_close(env, &err), err);
    CHECK(is_gone(k.pid));
  }
}

static void *close_it(void *argument) {
  gym_close(*(gym_env *)argument, NULL);
  return NULL;
}

/* Many threads on one environment, one of which closes it. */
static void *step_until_closed(void *argument) {
  gym_env env = *(gym_env *)argument;
  gym_error mine = GYM_ERROR_INIT;
  double obs[3];
  gym_transition t;
  for (int status = GYM_OK, i = 0; !status; i++) {
    status =
        i % 5 ? gym_step(env, &(double){1}, 1, obs, 3, &t, &mine) : gym_reset(env, NULL, NULL, obs, 3, &mine);
    if (status) CHECK_INT(status, GYM_ERR_HANDLE);
  }
  return NULL;
}

static void test_threads(void) {
  for (int round = 0; round < ROUNDS; round++) {
    gym_env env = open_env(FAULTY, options_of("nothing", "step", NULL));
    pthread_t threads[4], closer;
    double obs[3];
    CHECK_OK(gym_reset(env, NULL, NULL, obs, 3, &err), err);
    for (int i = 0; i < 4; i++)
      if (pthread_create(&threads[i], NULL, step_until_closed, &env) != 0) abort();
    usleep(20000);
    if (pthread_create(&closer, NULL, close_it, &env) != 0) abort();
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    pthread_join(closer, NULL);
  }
}

/* ------------------------------------------------------------------------------------- processes */

static void host_forks(void) {
  gym_env env = open_env(FAULTY, options_of("nothing", "step", NULL));
  int64_t pid = pid_of(env);
  double obs[3];
  gym_transition t;
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 3, &err), err);
  pid_t child = fork();
  if (child == 0) {
    check_every_env_call(env, GYM_ERR_FORKED, "fork");
    CHECK_FAILURE(gym_make(FAULTY, options_of("nothing", "step", NULL), &env, &err), GYM_ERR_FORKED, err,
                  "fork");
    _exit(atomic_load(&check_failed) ? 1 : 0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK_INT(status, 0);
  CHECK_OK(gym_step(env, &(double){1}, 1, obs, 3, &t, &err), err);
  CHECK_OK(gym_close(env, &err), err);
  CHECK(is_gone(pid));
  CHECK_OK(gym_shutdown(&err), err);
}

/* The end of the host, by SIGKILL in the middle of a step. */
static void host_dies(void) {
  int ends[2], status;
  int64_t pid = -1;
  if (pipe(ends) != 0) abort();
  pid_t child = fork();
  if (child == 0) {
    gym_env env = open_env(FAULTY, options_of("hang", "step", NULL));
    pid = pid_of(env);
    if (write(ends[1], &pid, sizeof pid) != sizeof pid) _exit(1);
    fail_in_step(env, 0);
    _exit(0);
  }
  CHECK_INT(read(ends[0], &pid, sizeof pid), sizeof pid);
  usleep(20000);
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  CHECK(pid > 0 && is_gone(pid));
  close(ends[0]), close(ends[1]);
}

int main(void) {
  use_test_envs();
  /* Before there are threads: each has a process of its own. */
  check_case("a host that forks", host_forks);
  for (int i = 0; i < ROUNDS; i++) check_case("a host that dies", host_dies);

  gym_env first = open_env(FAULTY, options_of("nothing", "step", NULL));
  CHECK_OK(gym_close(first, &err), err);
  check_nothing_left(1000);
  int fds = count_entries("/proc/self/fd");
  test_deaths();
  test_ends_of_life();
  test_exceptions();
  test_memory_limit();
  test_closed_descriptors();
  test_kills();
  test_threads();
  check_nothing_left(fds);
  CHECK_OK(gym_shutdown(&err), err);
  return check_summary();
}
#endif
