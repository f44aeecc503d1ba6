/* gym_shutdown waits for whatever is under way, a gym_make too, before Python's atexit functions run; whoever
 * comes later, or loses the race, gets GYM_ERR_SHUTDOWN. Each case runs in a child of its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_case.h"
#include "every_call.h"

enum { THREADS = 16 };

static gym_error err = GYM_ERROR_INIT;
static int told[2];  /* a pipe: what the environments have to tell, in order */
static int go_on[2]; /* a pipe: what they wait for */

static int is_shut_down(void) { return gym_init(NULL, NULL) == GYM_ERR_SHUTDOWN; }

/* The options of a Telling-v0 that waits in its constructor, in its reset, or nowhere. */
static const char *options(const char *where) {
  static char text[100];
  snprintf(text, sizeof text, "{\"where\": \"%s\", \"tell\": %d, \"wait\": %d}", where, told[1], go_on[0]);
  return text;
}

/* Waits until an environment tells this. */
static void hear(char expected) {
  char letter = '?';
  while (read(told[0], &letter, 1) < 0 && errno == EINTR) {
  }
  if (!CHECK(letter == expected)) fprintf(stderr, "  '%c' instead of '%c'\n", letter, expected);
}

/* All that is left to tell, after gym_shutdown. */
static void hear_rest(const char *expected) {
  char letters[100] = {0};
  close(told[1]);
  for (size_t used = 0; used < sizeof letters - 1;) {
    ssize_t got = read(told[0], letters + used, 1);
    if (got <= 0) break;
    used += (size_t)got;
  }
  CHECK_STR(letters, expected);
}

typedef struct call {
  gym_env env;
  const char *options;
  int code;
  gym_error err;
  pthread_t thread;
} call;

static void *make(void *argument) {
  call *self = argument;
  self->err = (gym_error)GYM_ERROR_INIT;
  self->code = gym_make(TEST_ENV("Telling"), self->options, &self->env, &self->err);
  return NULL;
}

static void *reset(void *argument) {
  call *self = argument;
  double obs[4];
  self->err = (gym_error)GYM_ERROR_INIT;
  self->code = gym_reset(self->env, NULL, NULL, obs, 4, &self->err);
  return NULL;
}

/* Once gym_shutdown has begun, what is under way may end. */
static void *let_go_once_shut_down(void *argument) {
  (void)argument;
  while (!is_shut_down()) sched_yield();
  if (write(told[1], "g", 1) != 1 || write(go_on[1], "g", 1) != 1) abort();
  return NULL;
}

/* Letters: m, r - make, reset has begun; M, R - and ends; g - gym_shutdown has begun; c - close; x - atexit.
 */
static void shut_down_during(void *(*run)(void *), call *self) {
  pthread_t helper;
  pthread_create(&self->thread, NULL, run, self);
  hear(run == make ? 'm' : 'r');
  pthread_create(&helper, NULL, let_go_once_shut_down, NULL);
  CHECK_OK(gym_shutdown(&err), err);
  /* Python's part of the call is over, and so the call itself will be. */
  pthread_join(self->thread, NULL);
  pthread_join(helper, NULL);
}

static void during_make(void) {
  call self = {.options = options("make")};
  CHECK_OK(gym_init(NULL, &err), err);
  shut_down_during(make, &self);
  CHECK(self.code == GYM_OK || self.code == GYM_ERR_SHUTDOWN);
  CHECK_INT(gym_close(self.env, &err), GYM_ERR_SHUTDOWN);
  hear_rest("gMcx");
}

static void during_reset(void) {
  call self = {.env = open_env(TEST_ENV("Telling"), options("reset"))};
  hear('m');
  hear('M');
  shut_down_during(reset, &self);
  CHECK_OK(self.code, self.err); /* it was under way */
  CHECK_INT(gym_close(self.env, &err), GYM_ERR_SHUTDOWN);
  hear_rest("gRcx");
}

/* Asked for by an environment's own constructor, gym_shutdown would wait for itself. */
static void from_make(void) {
  char text[100];
  gym_env env = {0};
  int (*function)(gym_error *) = gym_shutdown;
  uintptr_t address;
  memcpy(&address, &function, sizeof address);
  snprintf(text, sizeof text, "{\"call\": %" PRIuPTR "}", address);
  CHECK_FAILURE(gym_make(TEST_ENV("Telling"), text, &env, &err), GYM_ERR_PYTHON, err, "it gave 4");
  CHECK_INT(GYM_ERR_BUSY, 4);
  env = open_env(TEST_ENV("Noop"), NULL);
  CHECK_OK(gym_close(env, &err), err);
  CHECK_OK(gym_shutdown(&err), err);
}

static atomic_int makes;

/* No call may end in another way than well or with GYM_ERR_SHUTDOWN. */
static void *make_and_step(void *argument) {
  gym_error own = GYM_ERROR_INIT;
  const double action[1] = {1};
  double obs[2];
  gym_transition t;
  gym_env env;
  size_t size;
  gym_value *info;
  (void)argument;
  for (;;) {
    if (gym_make(TEST_ENV("Counter"), NULL, &env, &own) != GYM_OK) break;
    atomic_fetch_add(&makes, 1);
    if (gym_reset(env, NULL, NULL, obs, 2, &own) != GYM_OK) break;
    if (gym_observation_size(env, &size, &own) != GYM_OK) break;
    if (gym_step(env, action, 1, obs, 2, &t, &own) != GYM_OK) break;
    if (gym_info(env, &info, &own) != GYM_OK) break;
    gym_value_free(info);
    if (gym_close(env, &own) != GYM_OK) break;
  }
  CHECK_INT(own.code, GYM_ERR_SHUTDOWN);
  CHECK(own.message[0] != '\0');
  return NULL;
}

static void storm(void) {
  pthread_t threads[THREADS];
  gym_env env = {0};
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, make_and_step, NULL);
  while (atomic_load(&makes) < 10 * THREADS) sched_yield();
  CHECK_OK(gym_shutdown(&err), err);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  CHECK_INT(gym_make(TEST_ENV("Noop"), NULL, &env, &err), GYM_ERR_SHUTDOWN);
}

static void *shut_down(void *argument) {
  gym_error own = GYM_ERROR_INIT;
  (void)argument;
  CHECK_OK(gym_shutdown(&own), own);
  return NULL;
}

static void many_shutdowns(void) {
  pthread_t threads[THREADS];
  gym_env env = open_env(TEST_ENV("Telling"), options("nowhere"));
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, shut_down, NULL);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  CHECK_INT(gym_close(env, &err), GYM_ERR_SHUTDOWN);
  hear_rest("mMcx");
}

/* Spaces that are open when Python is shut down, of every origin; their environment may be closed already. */
static void open_spaces(void) {
  static const char description[] =
      "{\"type\": \"Tuple\", \"spaces\": [{\"type\": \"Discrete\", \"n\": 2}, {\"type\": \"Box\", \"low\": "
      "0, "
      "\"high\": 1, \"shape\": [2]}]}";
  gym_env open = open_env(TEST_ENV("Noop"), NULL), closed = open_env(TEST_ENV("Noop"), NULL);
  gym_space spaces[5] = {{0}}, space;
  gym_value *value = NULL;
  spaces[0] = open_space(description);
  CHECK_OK(gym_space_child(spaces[0], 1, &spaces[1], &err), err);
  CHECK_OK(gym_space_of_actions(open, &spaces[2], &err), err);
  CHECK_OK(gym_space_of_observations(closed, &spaces[3], &err), err);
  spaces[4] = open_space(description);
  CHECK_OK(gym_space_close(spaces[4], &err), err);
  CHECK_OK(gym_close(closed, &err), err);
  CHECK_OK(gym_space_value(spaces[0], &value, &err), err);
  CHECK_OK(gym_shutdown(&err), err);
  for (int i = 0; i < 5; i++) check_every_space_call(spaces[i], GYM_ERR_SHUTDOWN, "gym_shutdown");
  check_every_space_call((gym_space){0}, GYM_ERR_SHUTDOWN, "gym_shutdown");
  check_every_env_call(open, GYM_ERR_SHUTDOWN, "gym_shutdown");
  check_every_env_call(closed, GYM_ERR_SHUTDOWN, "gym_shutdown");
  FILL(space);
  CHECK_FAILURE(gym_space_make(description, &space, &err), GYM_ERR_SHUTDOWN, err, "gym_shutdown");
  check_library_calls(GYM_ERR_SHUTDOWN, "gym_shutdown");
  CHECK_UNTOUCHED(space);
  /* A tree belongs to its caller. */
  CHECK_STR(gym_value_string(gym_value_get(value, "type"), NULL), "Tuple");
  gym_value_free(value);
  CHECK_OK(gym_shutdown(&err), err);
}

static void (*chosen)(void);

static void run_with_pipes(void) {
  if (pipe(told) != 0 || pipe(go_on) != 0) _exit(2);
  chosen();
}

static void check_with_pipes(const char *what, void (*run)(void)) {
  chosen = run;
  check_case(what, run_with_pipes);
}

int main(void) {
  use_test_envs();
  check_with_pipes("during a make", during_make);
  check_with_pipes("during a reset", during_reset);
  check_with_pipes("from a constructor", from_make);
  check_with_pipes("among many calls", storm);
  check_with_pipes("many shutdowns", many_shutdowns);
  check_with_pipes("open spaces", open_spaces);
  return check_summary();
}
