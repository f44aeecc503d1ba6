/* Many threads: no call is lost or doubled, nothing deadlocks, and short-lived threads leave nothing behind.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "envs.h"

enum { THREADS = 64, SHARED = 8, STEPS = 10000, PER_THREAD = (STEPS + THREADS - 1) / THREADS };

static atomic_int go; /* so that all threads begin at once */

typedef struct worker {
  gym_env env;
  pthread_t thread;
  long stepped, refused;
} worker;

static void start_all(worker *workers, int count, void *(*run)(void *)) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 1 << 20);
  atomic_store(&go, 0);
  for (int i = 0; i < count; i++)
    if (pthread_create(&workers[i].thread, &attributes, run, &workers[i]) != 0) abort();
  pthread_attr_destroy(&attributes);
  atomic_store(&go, 1);
}

static void join_all(worker *workers, int count) {
  for (int i = 0; i < count; i++) pthread_join(workers[i].thread, NULL);
}

static void wait_for_go(void) {
  while (!atomic_load(&go)) sched_yield();
}

static int step(gym_env env, double *obs, gym_error *err) {
  static const double action[1] = {1};
  gym_transition t;
  return gym_step(env, action, 1, obs, 2, &t, err);
}

static void *step_often(void *argument) {
  worker *self = argument;
  gym_error err = GYM_ERROR_INIT;
  double obs[2], last = 0;
  wait_for_go();
  for (int i = 0; i < PER_THREAD; i++) {
    if (!CHECK_OK(step(self->env, obs, &err), err)) break;
    if (!CHECK(obs[0] > last)) break; /* each step of mine is later than my last */
    last = obs[0];
    self->stepped++;
  }
  return NULL;
}

/* 64 threads on so many environments; each environment has counted every step exactly once. */
static void test_counts(int environments) {
  gym_error err = GYM_ERROR_INIT;
  worker workers[THREADS] = {0};
  gym_env envs[THREADS];
  double obs[2];
  for (int i = 0; i < environments; i++) {
    envs[i] = open_env(TEST_ENV("Counter"), NULL);
    CHECK_OK(gym_reset(envs[i], NULL, NULL, obs, 2, &err), err);
  }
  for (int i = 0; i < THREADS; i++) workers[i].env = envs[i % environments];
  start_all(workers, THREADS, step_often);
  join_all(workers, THREADS);
  long total = 0;
  for (int i = 0; i < environments; i++) {
    long expected = 0;
    for (int j = i; j < THREADS; j += environments) expected += workers[j].stepped;
    CHECK_OK(step(envs[i], obs, &err), err);
    CHECK_INT((long)obs[0], expected + 1);
    CHECK_INT((long)obs[1], THREADS / environments + 1); /* the threads, as Python tells them apart */
    total += expected;
    CHECK_OK(gym_close(envs[i], &err), err);
  }
  CHECK_INT(total, PER_THREAD * THREADS);
}

static void *make_step_close(void *argument) {
  worker *self = argument;
  gym_error err = GYM_ERROR_INIT;
  double obs[2];
  wait_for_go();
  for (int i = 0; i < 20; i++) {
    gym_env env = {0};
    if (!CHECK_OK(gym_make(TEST_ENV("Counter"), NULL, &env, &err), err)) break;
    CHECK_OK(gym_reset(env, NULL, NULL, obs, 2, &err), err);
    for (int j = 1; j <= 5; j++) {
      CHECK_OK(step(env, obs, &err), err);
      CHECK_INT((long)obs[0], j); /* nobody else has it */
    }
    CHECK_OK(gym_close(env, &err), err);
    CHECK_INT(gym_close(env, &err), GYM_ERR_HANDLE);
    self->stepped += 5;
  }
  return NULL;
}

static void test_makes_and_closes(void) {
  worker workers[16] = {0};
  start_all(workers, 16, make_step_close);
  join_all(workers, 16);
  for (int i = 0; i < 16; i++) CHECK_INT(workers[i].stepped, 100);
}

/* Steps until the environment is closed under its feet. */
static void *step_until_closed(void *argument) {
  worker *self = argument;
  gym_error err = GYM_ERROR_INIT;
  double obs[2];
  size_t size;
  wait_for_go();
  for (;;) {
    int code = step(self->env, obs, &err);
    if (code != GYM_OK) {
      CHECK_INT(code, GYM_ERR_HANDLE);
      CHECK_INT(gym_observation_size(self->env, &size, &err), GYM_ERR_HANDLE);
      return NULL;
    }
    self->stepped++;
  }
}

static void test_close_while_others_step(void) {
  gym_error err = GYM_ERROR_INIT;
  for (int round = 0; round < 10; round++) {
    worker workers[16] = {0};
    double obs[2];
    gym_env env = open_env(TEST_ENV("Counter"), NULL);
    CHECK_OK(gym_reset(env, NULL, NULL, obs, 2, &err), err);
    for (int i = 0; i < 16; i++) workers[i].env = env;
    start_all(workers, 16, step_until_closed);
    do {
      CHECK_OK(step(env, obs, &err), err);
    } while (obs[0] < 100);
    CHECK_OK(gym_close(env, &err), err);
    /* Another takes the slot at once; those who wait for the first must not get it. */
    gym_env next = open_env(TEST_ENV("Counter"), NULL);
    CHECK_OK(gym_reset(next, NULL, NULL, obs, 2, &err), err);
    join_all(workers, 16);
    CHECK_OK(step(next, obs, &err), err);
    CHECK_INT((long)obs[0], 1);
    CHECK_OK(gym_close(next, &err), err);
  }
}

static gym_env contended;

static void *close_it(void *argument) {
  worker *self = argument;
  gym_error err = GYM_ERROR_INIT;
  wait_for_go();
  int code = gym_close(contended, &err);
  if (code == GYM_OK) self->stepped = 1;
  if (code == GYM_ERR_HANDLE) self->refused = 1;
  return NULL;
}

static void test_one_close_wins(void) {
  for (int round = 0; round < 20; round++) {
    worker workers[16] = {0};
    long closed = 0, refused = 0;
    contended = open_env(TEST_ENV("Noop"), NULL);
    start_all(workers, 16, close_it);
    join_all(workers, 16);
    for (int i = 0; i < 16; i++) closed += workers[i].stepped, refused += workers[i].refused;
    CHECK_INT(closed, 1);
    CHECK_INT(refused, 15);
  }
}

static long resident_kib(void) {
  long pages = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file) return -1;
  int fields = fscanf(file, "%ld %ld", &pages, &resident);
  fclose(file);
  return fields == 2 ? resident * (sysconf(_SC_PAGESIZE) / 1024) : -1;
}

static void *one_step(void *argument) {
  worker *self = argument;
  gym_error err = GYM_ERROR_INIT;
  double obs[2];
  if (CHECK_OK(step(self->env, obs, &err), err)) self->stepped++;
  return NULL;
}

static void short_lived(gym_env env, int count) {
  for (int i = 0; i < count; i++) {
    worker self = {.env = env};
    start_all(&self, 1, one_step);
    join_all(&self, 1);
    CHECK_INT(self.stepped, 1);
  }
}

/* A thread's Python state ends with it: 16 KiB a thread would be 32 MiB here. */
static void test_short_lived_threads(void) {
  gym_error err = GYM_ERROR_INIT;
  double obs[4];
  gym_env env = open_env(TEST_ENV("Counter"), NULL), memory = open_env(TEST_ENV("Memory"), NULL);
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 2, &err), err);
  short_lived(env, 200);
  CHECK_OK(gym_reset(memory, NULL, NULL, obs, 4, &err), err);
  long states = (long)info_number(memory, "threads"), before = resident_kib();
  if (before < 0) return;
  short_lived(env, 2000);
  CHECK_OK(gym_reset(memory, NULL, NULL, obs, 4, &err), err);
  long grown = resident_kib() - before;
  printf("2000 short-lived threads: %+ld KiB, %ld thread states before, %ld after\n", grown, states,
         (long)info_number(memory, "threads"));
  CHECK(grown < 4096 || !CHECK_MEMORY_TELLS);
  CHECK(info_number(memory, "threads") <= states + 1);
  CHECK_OK(gym_close(env, &err), err);
  CHECK_OK(gym_close(memory, &err), err);
}

static atomic_int failures_of_init;

static void *init_at_once(void *argument) {
  gym_error err = GYM_ERROR_INIT;
  (void)argument;
  wait_for_go();
  if (gym_init(NULL, &err) != GYM_OK) atomic_fetch_add(&failures_of_init, 1);
  return NULL;
}

static void test_concurrent_init(void) {
  worker workers[32] = {0};
  start_all(workers, 32, init_at_once);
  join_all(workers, 32);
  CHECK_INT(atomic_load(&failures_of_init), 0);
}

/* gym_shutdown waits for the calls that are under way, and later ones are told. */
static void *step_until_shut_down(void *argument) {
  worker *self = argument;
  gym_error err = GYM_ERROR_INIT;
  double obs[2];
  int code;
  wait_for_go();
  while ((code = step(self->env, obs, &err)) == GYM_OK) self->stepped++;
  CHECK(code == GYM_ERR_HANDLE || code == GYM_ERR_SHUTDOWN);
  return NULL;
}

static void test_shutdown_while_others_step(void) {
  gym_error err = GYM_ERROR_INIT;
  worker workers[16] = {0};
  double obs[2];
  for (int i = 0; i < 16; i++) {
    workers[i].env = i % 2 ? workers[i - 1].env : open_env(TEST_ENV("Counter"), NULL);
    CHECK_OK(gym_reset(workers[i].env, NULL, NULL, obs, 2, &err), err);
  }
  gym_env mine = open_env(TEST_ENV("Counter"), NULL);
  CHECK_OK(gym_reset(mine, NULL, NULL, obs, 2, &err), err);
  start_all(workers, 16, step_until_shut_down);
  do {
    CHECK_OK(step(mine, obs, &err), err);
  } while (obs[0] < 200);
  CHECK_OK(gym_shutdown(&err), err);
  join_all(workers, 16);
  CHECK_INT(step(mine, obs, &err), GYM_ERR_SHUTDOWN);
}

int main(void) {
  use_test_envs();
  test_concurrent_init();
  test_counts(SHARED);
  test_counts(THREADS);
  test_makes_and_closes();
  test_close_while_others_step();
  test_one_close_wins();
  test_short_lived_threads();
  test_shutdown_while_others_step();
  return check_summary();
}
