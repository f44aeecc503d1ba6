/* Many threads on spaces: contains and flatten wait for nobody, samples of one generator are neither lost nor
 * doubled, a handle that is closed under somebody's feet is refused and never another's, and no call waits
 * for ever. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>

#include "every_call.h"

enum { THREADS = 32, ROUNDS = 300, SIZE = 8, FLAT = 11, NBYTES = 20 };

#define SPACE                                                                                               \
  "{\"type\": \"Dict\", \"spaces\": {\"a\": {\"type\": \"Box\", \"low\": 0, \"high\": 255, \"shape\": [2, " \
  "3], \"dtype\": \"uint8\"}, \"b\": {\"type\": \"Discrete\", \"n\": 4}, \"c\": {\"type\": \"Box\", "       \
  "\"low\": -1, \"high\": 1, \"shape\": [], \"dtype\": \"float32\"}}}"

static gym_error err = GYM_ERROR_INIT;
static atomic_int go;   /* so that all threads begin at once */
static atomic_int busy; /* threads that still work */

typedef struct worker {
  gym_space space;
  gym_env env;
  unsigned number;
  pthread_t thread;
  long done, refused;
} worker;

static void start_all(worker *workers, int count, void *(*run)(void *)) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 1 << 20);
  atomic_store(&go, 0);
  atomic_store(&busy, count);
  for (int i = 0; i < count; i++) {
    workers[i].number = (unsigned)i;
    if (pthread_create(&workers[i].thread, &attributes, run, &workers[i]) != 0) abort();
  }
  pthread_attr_destroy(&attributes);
  atomic_store(&go, 1);
}

static void join_all(worker *workers, int count) {
  for (int i = 0; i < count; i++) pthread_join(workers[i].thread, NULL);
}

static void wait_for_go(void) {
  while (!atomic_load(&go)) sched_yield();
}

static void draw_some(gym_space space, gym_error *own) {
  double x[SIZE], flat[FLAT], back[SIZE];
  unsigned char native[NBYTES];
  int is_in = 0;
  gym_value *value = NULL;
  CHECK_OK(gym_space_sample(space, NULL, x, SIZE, own), *own);
  CHECK_OK(gym_space_contains(space, x, SIZE, &is_in, own), *own);
  CHECK_INT(is_in, 1);
  CHECK_OK(gym_space_flatten(space, x, SIZE, flat, FLAT, own), *own);
  CHECK_OK(gym_space_unflatten(space, flat, FLAT, back, SIZE, own), *own);
  CHECK(memcmp(x, back, sizeof x) == 0);
  CHECK_OK(gym_space_sample_native(space, NULL, native, NBYTES, own), *own);
  CHECK_OK(gym_space_contains_native(space, native, NBYTES, &is_in, own), *own);
  CHECK_INT(is_in, 1);
  CHECK_OK(gym_space_sample_value(space, "{}", &value, own), *own);
  CHECK_INT(gym_value_count(value), 3);
  gym_value_free(value);
  x[6] = 4;
  CHECK_OK(gym_space_contains(space, x, SIZE, &is_in, own), *own);
  CHECK_INT(is_in, 0);
  memset(flat, 0xa5, sizeof flat);
  CHECK_FAILURE(gym_space_flatten(space, x, SIZE, flat, FLAT, own), GYM_ERR_ELEMENT, *own,
                "element[\"b\"] is 4");
  CHECK_UNTOUCHED(flat);
}

/* Each thread draws, and what it drew is an element; one in eight seeds too. */
static void *use_space(void *argument) {
  worker *self = argument;
  gym_error own = GYM_ERROR_INIT;
  wait_for_go();
  for (int i = 0; i < ROUNDS; i++) {
    if (self->number % 8 == 7 && i % 10 == 0) CHECK_OK(gym_space_seed(self->space, "7", NULL, &own), own);
    draw_some(self->space, &own);
    self->done++;
  }
  atomic_fetch_sub(&busy, 1);
  return NULL;
}

/* Meanwhile, so that slots of others come and go beside those that are in use. */
static long open_and_close(gym_space space) {
  long rounds = 0;
  for (; atomic_load(&busy) > 0 || rounds < 20; rounds++) {
    gym_space made = open_space(SPACE), child = {0}, parts[4];
    CHECK_OK(gym_space_child(space, 1, &child, &err), err);
    for (int i = 0; i < 4; i++) parts[i] = open_space("{\"type\": \"Discrete\", \"n\": 2}");
    draw_some(made, &err);
    CHECK_OK(gym_space_close(made, &err), err);
    CHECK_OK(gym_space_close(child, &err), err);
    for (int i = 0; i < 4; i++) CHECK_OK(gym_space_close(parts[i], &err), err);
  }
  return rounds;
}

/* 32 threads on so many spaces. */
static void test_uses(int spaces) {
  worker workers[THREADS] = {0};
  for (int i = 0; i < THREADS; i++)
    workers[i].space = i < spaces ? open_space(SPACE) : workers[i % spaces].space;
  start_all(workers, THREADS, use_space);
  long opened = open_and_close(workers[0].space);
  join_all(workers, THREADS);
  for (int i = 0; i < THREADS; i++) CHECK_INT(workers[i].done, ROUNDS);
  for (int i = 0; i < spaces; i++) {
    draw_some(workers[i].space, &err);
    CHECK_OK(gym_space_close(workers[i].space, &err), err);
  }
  printf("%d threads on %d spaces, %ld opened and closed meanwhile\n", THREADS, spaces, opened);
}

/* ------------------------------------------------------------------------------------- one stream */

enum { DRAWS = 200, WIDE = THREADS * DRAWS };

static int64_t drawn[WIDE];

static void *draw_wide(void *argument) {
  worker *self = argument;
  gym_error own = GYM_ERROR_INIT;
  wait_for_go();
  for (int i = 0; i < DRAWS; i++) {
    int64_t *out = &drawn[self->number * DRAWS + (unsigned)i];
    if (self->number % 2)
      CHECK_OK(gym_space_sample_native(self->space, NULL, out, sizeof *out, &own), own);
    else
      CHECK_OK(gym_sample_action_native(self->env, out, sizeof *out, &own), own);
  }
  return NULL;
}

static int compare(const void *a, const void *b) {
  int64_t x, y;
  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return (x > y) - (x < y);
}

/* All draws of all threads, by the environment and by two handles of its action space, are one stream: the
 * same numbers that one thread draws from the same seed. */
static void test_one_stream(void) {
  static int64_t expected[WIDE];
  worker workers[THREADS] = {0};
  gym_env env = open_env(TEST_ENV("Echo"), "{\"space\": \"discrete-large\"}");
  gym_space first = {0}, second = {0};
  CHECK_OK(gym_space_of_actions(env, &first, &err), err);
  CHECK_OK(gym_space_of_actions(env, &second, &err), err);
  CHECK_OK(gym_space_seed(first, "9", NULL, &err), err);
  for (int i = 0; i < WIDE; i++) CHECK_OK(gym_space_sample_native(second, NULL, &expected[i], 8, &err), err);
  CHECK_OK(gym_seed_action(env, 9, &err), err);
  for (int i = 0; i < THREADS; i++) workers[i].env = env, workers[i].space = i % 4 == 1 ? first : second;
  start_all(workers, THREADS, draw_wide);
  join_all(workers, THREADS);
  qsort(expected, WIDE, sizeof *expected, compare);
  qsort(drawn, WIDE, sizeof *drawn, compare);
  CHECK(memcmp(expected, drawn, sizeof drawn) == 0);
  CHECK_OK(gym_space_close(first, &err), err);
  CHECK_OK(gym_space_close(second, &err), err);
  CHECK_OK(gym_close(env, &err), err);
}

/* ------------------------------------------------------------------------------------- beside steps */

/* Odd ones step the environment natively, even ones sample its action space; then they change over. */
static void *step_or_sample(void *argument) {
  worker *self = argument;
  gym_error own = GYM_ERROR_INIT;
  double obs[2], last = 0;
  int64_t action = 0;
  gym_transition t;
  wait_for_go();
  for (int i = 0; i < 2 * ROUNDS; i++) {
    if (((unsigned)i / ROUNDS + self->number) % 2) {
      CHECK_OK(gym_step_native(self->env, &action, 8, obs, 16, &t, &own), own);
      CHECK(obs[0] > last); /* each step of mine is later than my last */
      last = obs[0];
      self->done++;
    } else {
      CHECK_OK(gym_space_sample_native(self->space, NULL, &action, 8, &own), own);
      CHECK(action == 0 || action == 1);
    }
  }
  return NULL;
}

static void test_samples_beside_steps(void) {
  worker workers[THREADS] = {0};
  double obs[2];
  const int64_t action = 0;
  gym_transition t;
  gym_env env = open_env(TEST_ENV("Counter"), NULL);
  gym_space actions = {0};
  CHECK_OK(gym_reset_native(env, NULL, NULL, obs, 16, &err), err);
  CHECK_OK(gym_space_of_actions(env, &actions, &err), err);
  for (int i = 0; i < THREADS; i++) workers[i].env = env, workers[i].space = actions;
  start_all(workers, THREADS, step_or_sample);
  join_all(workers, THREADS);
  CHECK_OK(gym_step_native(env, &action, 8, obs, 16, &t, &err), err);
  CHECK_INT((long)obs[0], THREADS * ROUNDS + 1);
  CHECK_OK(gym_close(env, &err), err);
  CHECK_OK(gym_space_sample(actions, NULL, obs, 1, &err), err);
  CHECK_OK(gym_space_close(actions, &err), err);
}

/* ------------------------------------------------------------------------------------- closes */

/* Uses a space until it is closed under its feet: odd ones by calls that wait for nobody, even ones by calls
 * that wait for others. */
static void *use_until_closed(void *argument) {
  worker *self = argument;
  gym_error own = GYM_ERROR_INIT;
  double x[SIZE] = {0}, flat[FLAT];
  int is_in;
  wait_for_go();
  for (;;) {
    int code = self->number % 2 ? gym_space_contains(self->space, x, SIZE, &is_in, &own)
                                : gym_space_sample(self->space, NULL, x, SIZE, &own);
    if (code == GYM_OK) code = gym_space_flatten(self->space, x, SIZE, flat, FLAT, &own);
    if (code != GYM_OK) {
      CHECK_INT(code, GYM_ERR_HANDLE);
      CHECK_INT(gym_space_value(self->space, &(gym_value *){NULL}, &own), GYM_ERR_HANDLE);
      return NULL;
    }
    if (self->number % 2) CHECK_INT(is_in, 1);
    atomic_fetch_add(&busy, 1);
    sched_yield(); /* there are more threads than processors, and one of them has to close */
  }
}

static void test_close_while_others_use(void) {
  for (int round = 0; round < 10; round++) {
    worker workers[THREADS] = {0};
    gym_space space = open_space(SPACE);
    for (int i = 0; i < THREADS; i++) workers[i].space = space;
    start_all(workers, THREADS, use_until_closed);
    while (atomic_load(&busy) < 20 * THREADS) sched_yield();
    CHECK_OK(gym_space_close(space, &err), err);
    /* Another of another size takes the slot at once; those who had the first must not get it. */
    gym_space next = open_space("{\"type\": \"Discrete\", \"n\": 2}");
    join_all(workers, THREADS);
    size_t size = 0;
    CHECK_OK(gym_space_size(next, &size, &err), err);
    CHECK_INT(size, 1);
    CHECK_OK(gym_space_close(next, &err), err);
  }
}

static void *close_it(void *argument) {
  worker *self = argument;
  gym_error own = GYM_ERROR_INIT;
  wait_for_go();
  int code = gym_space_close(self->space, &own);
  self->done = code == GYM_OK;
  self->refused = code == GYM_ERR_HANDLE;
  return NULL;
}

static void test_one_close_wins(void) {
  for (int round = 0; round < 50; round++) {
    worker workers[THREADS] = {0};
    long closed = 0, refused = 0;
    gym_space space = open_space(SPACE);
    for (int i = 0; i < THREADS; i++) workers[i].space = space;
    start_all(workers, THREADS, close_it);
    join_all(workers, THREADS);
    for (int i = 0; i < THREADS; i++) closed += workers[i].done, refused += workers[i].refused;
    CHECK_INT(closed, 1);
    CHECK_INT(refused, THREADS - 1);
  }
}

/* ------------------------------------------------------------------------------------- shutdown */

static void *use_until_shut_down(void *argument) {
  worker *self = argument;
  gym_error own = GYM_ERROR_INIT;
  double x[SIZE] = {0}, flat[FLAT];
  int is_in, code = GYM_OK;
  wait_for_go();
  while (code == GYM_OK) {
    gym_space made, child;
    code = self->number % 2 ? gym_space_contains(self->space, x, SIZE, &is_in, &own)
                            : gym_space_sample(self->space, NULL, x, SIZE, &own);
    if (code == GYM_OK) code = gym_space_flatten(self->space, x, SIZE, flat, FLAT, &own);
    if (code == GYM_OK) code = gym_space_make(SPACE, &made, &own);
    if (code == GYM_OK) code = gym_space_child(made, 0, &child, &own);
    if (code == GYM_OK) code = gym_space_close(made, &own);
    if (code == GYM_OK) code = gym_space_close(child, &own);
    atomic_fetch_add(&busy, 1);
  }
  CHECK_INT(code, GYM_ERR_SHUTDOWN);
  CHECK_INT(own.code, GYM_ERR_SHUTDOWN);
  return NULL;
}

static void test_shutdown_while_others_use(void) {
  worker workers[THREADS] = {0};
  for (int i = 0; i < THREADS; i++) workers[i].space = i % 4 ? workers[i - 1].space : open_space(SPACE);
  start_all(workers, THREADS, use_until_shut_down);
  while (atomic_load(&busy) < 20 * THREADS) sched_yield();
  CHECK_OK(gym_shutdown(&err), err);
  join_all(workers, THREADS);
  check_every_space_call(workers[0].space, GYM_ERR_SHUTDOWN, "gym_shutdown");
}

int main(void) {
  use_test_envs();
  test_uses(1);
  test_uses(THREADS);
  test_one_stream();
  test_samples_beside_steps();
  test_close_while_others_use();
  test_one_close_wins();
  test_shutdown_while_others_use();
  return check_summary();
}
