/* Calls that make no sense: handles, pointers, lengths, the error struct. Each gives its own code and says
 * what it was given, writes nothing, and leaves everything in order for the next call. */
#define _GNU_SOURCE
#include <inttypes.h>

#include "every_call.h"

static gym_error err = GYM_ERROR_INIT;

/* Every call on a handle that is not valid. */
static void check_bad_handle(gym_env env, const char *needle) {
  double obs[4], action[1];
  gym_transition t;
  size_t size;
  gym_value *value;
  const double left = 0;
  FILL(obs), FILL(action), FILL(t), FILL(size), FILL(value);
  CHECK_FAILURE(gym_reset(env, NULL, NULL, obs, 4, &err), GYM_ERR_HANDLE, err, needle);
  CHECK_FAILURE(gym_step(env, &left, 1, obs, 4, &t, &err), GYM_ERR_HANDLE, err, needle);
  CHECK_FAILURE(gym_sample_action(env, action, 1, &err), GYM_ERR_HANDLE, err, needle);
  CHECK_FAILURE(gym_seed_action(env, 1, &err), GYM_ERR_HANDLE, err, needle);
  CHECK_FAILURE(gym_close(env, &err), GYM_ERR_HANDLE, err, needle);
  CHECK_FAILURE(gym_observation_size(env, &size, &err), GYM_ERR_HANDLE, err, needle);
  CHECK_FAILURE(gym_action_size(env, &size, &err), GYM_ERR_HANDLE, err, needle);
  CHECK_FAILURE(gym_observation_space(env, &value, &err), GYM_ERR_HANDLE, err, needle);
  CHECK_FAILURE(gym_action_space(env, &value, &err), GYM_ERR_HANDLE, err, needle);
  CHECK_FAILURE(gym_info(env, &value, &err), GYM_ERR_HANDLE, err, needle);
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(action), CHECK_UNTOUCHED(t), CHECK_UNTOUCHED(size),
      CHECK_UNTOUCHED(value);
  CHECK_STR(err.type, "");
  check_every_env_call(env, GYM_ERR_HANDLE, needle);
}

/* The environment is as it should be: a reset and a step give CartPole's numbers. */
static void check_works(gym_env env) {
  const int64_t seed = 42;
  double obs[4] = {0};
  gym_transition t = {0};
  const double left = 0;
  CHECK_OK(gym_reset(env, &seed, NULL, obs, 4, &err), err);
  double x = obs[0];
  CHECK(x != 0 && x >= -0.05 && x <= 0.05);
  CHECK_OK(gym_step(env, &left, 1, obs, 4, &t, &err), err);
  CHECK(obs[0] != x && t.reward == 1.0 && !t.terminated && !t.truncated);
  CHECK(t.reserved[0] == 0 && t.reserved[5] == 0);
}

static uint64_t next_random(uint64_t *state) { /* xorshift64 */
  *state ^= *state << 13;
  *state ^= *state >> 7;
  return *state ^= *state << 17;
}

static void test_before_anything_was_made(void) {
  check_bad_handle((gym_env){0}, "");
  check_bad_handle((gym_env){0x0100000001000000}, "");
}

static void test_handles(gym_env env) {
  char needle[32];
  check_bad_handle((gym_env){0}, "zero");
  uint64_t state = 88172645463325252u;
  for (int i = 0; i < 200; i++) {
    gym_env forged = {next_random(&state)};
    if (forged.id == env.id || forged.id == 0) continue;
    snprintf(needle, sizeof needle, "%016" PRIx64, forged.id);
    check_bad_handle(forged, needle);
  }
  /* One bit away from a valid one: index, generation, backend. */
  for (int bit = 0; bit < 64; bit++) check_bad_handle((gym_env){env.id ^ ((uint64_t)1 << bit)}, "");
  check_bad_handle((gym_env){UINT64_MAX}, "ffffffffffffffff");
  check_works(env);
}

static void test_close(gym_env env) {
  enum { COUNT = 64 };
  gym_env closed[COUNT];
  char needle[32];
  for (int i = 0; i < COUNT; i++) {
    closed[i] = open_env(TEST_ENV("Noop"), NULL);
    for (int j = 0; j < i; j++) CHECK(closed[i].id != closed[j].id); /* though the slot is the same again */
    CHECK_OK(gym_close(closed[i], &err), err);
  }
  gym_env open = open_env("CartPole-v1", NULL);
  for (int i = 0; i < COUNT; i++) {
    snprintf(needle, sizeof needle, "%016" PRIx64, closed[i].id);
    check_bad_handle(closed[i], needle);
  }
  check_works(open);
  CHECK_OK(gym_close(open, &err), err);
  CHECK_FAILURE(gym_close(open, &err), GYM_ERR_HANDLE, err, "");
  check_works(env);
}

static void test_null_pointers(gym_env env) {
  double obs[4], action[1] = {0};
  gym_transition t;
  gym_env out;
  FILL(obs), FILL(t), FILL(out);
  CHECK_FAILURE(gym_make(NULL, NULL, &out, &err), GYM_ERR_ARGUMENT, err, "id");
  CHECK_FAILURE(gym_make("CartPole-v1", NULL, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  CHECK_FAILURE(gym_reset(env, NULL, NULL, NULL, 4, &err), GYM_ERR_ARGUMENT, err, "obs");
  CHECK_FAILURE(gym_step(env, NULL, 1, obs, 4, &t, &err), GYM_ERR_ARGUMENT, err, "action");
  CHECK_FAILURE(gym_step(env, action, 1, NULL, 4, &t, &err), GYM_ERR_ARGUMENT, err, "obs");
  CHECK_FAILURE(gym_step(env, action, 1, obs, 4, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  CHECK_FAILURE(gym_sample_action(env, NULL, 1, &err), GYM_ERR_ARGUMENT, err, "action");
  CHECK_FAILURE(gym_observation_size(env, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  CHECK_FAILURE(gym_action_size(env, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  CHECK_FAILURE(gym_observation_space(env, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  CHECK_FAILURE(gym_action_space(env, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  CHECK_FAILURE(gym_info(env, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  /* Without a length, too short says more than NULL. */
  CHECK_FAILURE(gym_reset(env, NULL, NULL, NULL, 0, &err), GYM_ERR_BUFFER, err, "4");
  CHECK_FAILURE(gym_step(env, NULL, 0, obs, 4, &t, &err), GYM_ERR_BUFFER, err, "1");
  CHECK_FAILURE(gym_sample_action(env, NULL, 0, &err), GYM_ERR_BUFFER, err, "1");
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t), CHECK_UNTOUCHED(out);
  check_works(env);
}

static void test_lengths(gym_env env) {
  double obs[6], action[3] = {0};
  gym_transition t;
  const int64_t seed = 42;
  FILL(obs), FILL(t);
  for (size_t length = 0; length < 4; length++) {
    CHECK_FAILURE(gym_reset(env, &seed, NULL, obs, length, &err), GYM_ERR_BUFFER, err, "needs 4");
    CHECK_FAILURE(gym_step(env, action, 1, obs, length, &t, &err), GYM_ERR_BUFFER, err, "needs 4");
  }
  for (size_t length = 0; length < 4; length++)
    if (length != 1)
      CHECK_FAILURE(gym_step(env, action, length, obs, 4, &t, &err), GYM_ERR_BUFFER, err, "needs 1");
  CHECK_FAILURE(gym_step(env, action, SIZE_MAX, obs, 4, &t, &err), GYM_ERR_BUFFER, err, "needs 1");
  CHECK_FAILURE(gym_sample_action(env, obs, 0, &err), GYM_ERR_BUFFER, err, "needs 1");
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);

  /* Longer is right for outputs, and only what is needed is written. */
  CHECK_OK(gym_reset(env, &seed, NULL, obs, 6, &err), err);
  CHECK(is_untouched(obs + 4, 2 * sizeof(double)) && !is_untouched(obs, 8));
  FILL(obs);
  CHECK_OK(gym_step(env, action, 1, obs, 6, &t, &err), err);
  CHECK(is_untouched(obs + 4, 2 * sizeof(double)) && !is_untouched(obs, 8));
  FILL(action);
  CHECK_OK(gym_sample_action(env, action, 3, &err), err);
  CHECK(is_untouched(action + 1, 2 * sizeof(double)) && !is_untouched(action, 8));
  check_works(env);
}

/* A wrong length is found before the environment is touched: the episode goes on as if nothing had been
 * asked. */
static void test_wrong_lengths_touch_nothing(void) {
  gym_env env = open_env(TEST_ENV("Counter"), NULL);
  double obs[2];
  const double action[2] = {0};
  gym_transition t;
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 2, &err), err);
  CHECK_OK(gym_step(env, action, 1, obs, 2, &t, &err), err);
  CHECK_FAILURE(gym_step(env, action, 2, obs, 2, &t, &err), GYM_ERR_BUFFER, err, "2");
  CHECK_FAILURE(gym_step(env, action, 1, obs, 1, &t, &err), GYM_ERR_BUFFER, err, "1");
  CHECK_FAILURE(gym_reset(env, NULL, NULL, obs, 1, &err), GYM_ERR_BUFFER, err, "1");
  CHECK_OK(gym_step(env, action, 1, obs, 2, &t, &err), err);
  CHECK(obs[0] == 2);
  CHECK_OK(gym_close(env, &err), err);
}

static void test_dynamic_spaces(void) {
  gym_env env = open_env(TEST_ENV("Echo"), "{\"space\": \"sequence\"}");
  double obs[4], action[4] = {0};
  gym_transition t;
  size_t size = 0;
  FILL(obs), FILL(t);
  CHECK_OK(gym_observation_size(env, &size, &err), err);
  CHECK(size == GYM_DYNAMIC);
  CHECK_OK(gym_action_size(env, &size, &err), err);
  CHECK(size == GYM_DYNAMIC);
  CHECK_FAILURE(gym_reset(env, NULL, NULL, obs, 4, &err), GYM_ERR_DYNAMIC, err, "Sequence");
  CHECK_OK(gym_reset(env, NULL, NULL, NULL, 0, &err), err);
  CHECK_FAILURE(gym_step(env, action, 1, NULL, 0, &t, &err), GYM_ERR_DYNAMIC, err, "action");
  CHECK_FAILURE(gym_step(env, NULL, 0, NULL, 0, &t, &err), GYM_ERR_DYNAMIC, err, "action");
  CHECK_FAILURE(gym_sample_action(env, action, 4, &err), GYM_ERR_DYNAMIC, err, "action");
  CHECK_OK(gym_seed_action(env, 1, &err), err);
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
  CHECK_OK(gym_close(env, &err), err);

  env = open_env(TEST_ENV("Echo"), "{\"space\": \"dict-with-custom\", \"action_space\": \"discrete\"}");
  CHECK_OK(gym_reset(env, NULL, NULL, NULL, 0, &err), err);
  CHECK_FAILURE(gym_step(env, action, 1, obs, 4, &t, &err), GYM_ERR_DYNAMIC, err, "Mission");
  CHECK_OK(gym_step(env, action, 1, NULL, 0, &t, &err), err);
  CHECK_OK(gym_close(env, &err), err);
}

static void test_empty_spaces(void) {
  static const char *const names[] = {"tuple-empty", "dict-empty", "box-empty", "box-empty-2d"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char options[64];
    gym_transition t;
    size_t size = 1;
    double number;
    snprintf(options, sizeof options, "{\"space\": \"%s\"}", names[i]);
    gym_env env = open_env(TEST_ENV("Echo"), options);
    FILL(number);
    CHECK_OK(gym_observation_size(env, &size, &err), err);
    CHECK_INT(size, 0);
    CHECK_OK(gym_reset(env, NULL, NULL, NULL, 0, &err), err);
    CHECK_OK(gym_reset(env, NULL, NULL, &number, 1, &err), err);
    CHECK_OK(gym_sample_action(env, NULL, 0, &err), err);
    CHECK_OK(gym_step(env, NULL, 0, NULL, 0, &t, &err), err);
    CHECK_FAILURE(gym_step(env, &number, 1, NULL, 0, &t, &err), GYM_ERR_BUFFER, err, "0");
    CHECK_UNTOUCHED(number);
    CHECK_OK(gym_close(env, &err), err);
  }
}

static void test_error_struct(gym_env env) {
  double obs[4];
  gym_transition t;
  const double action[1] = {7}; /* CartPole has 0 and 1 */
  /* Without an error struct: the same code. */
  CHECK_INT(gym_make("NoSuchEnvironment-v0", NULL, &(gym_env){0}, NULL), GYM_ERR_NAME_NOT_FOUND);
  CHECK_INT(gym_reset((gym_env){0}, NULL, NULL, obs, 4, NULL), GYM_ERR_HANDLE);
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 4, &err), err);
  CHECK_INT(gym_step(env, action, 1, obs, 4, &t, NULL), GYM_ERR_ACTION);
  CHECK_INT(gym_step(env, action, 1, obs, 3, &t, NULL), GYM_ERR_BUFFER);

  /* A struct_size that cannot be is taken for NULL: nothing is written, not even the code. */
  static const uint32_t sizes[] = {0, 4, 100, GYM_ERROR_SIZE_V1 - 1};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    gym_error small, before;
    FILL(small);
    small.struct_size = sizes[i];
    before = small;
    CHECK_INT(gym_step(env, action, 1, obs, 4, &t, &small), GYM_ERR_ACTION);
    CHECK_INT(gym_close((gym_env){0}, &small), GYM_ERR_HANDLE);
    CHECK(memcmp(&small, &before, sizeof small) == 0);
  }

  /* One of a later version: what lies behind the end that we know is left alone. */
  struct {
    gym_error error;
    char later[64];
  } larger;
  FILL(larger);
  larger.error.struct_size = sizeof larger;
  CHECK_INT(gym_step(env, action, 1, obs, 4, &t, &larger.error), GYM_ERR_ACTION);
  CHECK_INT(larger.error.code, GYM_ERR_ACTION);
  CHECK_INT(larger.error.struct_size, sizeof larger);
  CHECK_UNTOUCHED(larger.later);

  /* A call that succeeds leaves it as it is. */
  gym_error filled;
  FILL(filled);
  filled.struct_size = sizeof filled;
  CHECK_INT(gym_reset(env, NULL, NULL, obs, 4, &filled), GYM_OK);
  CHECK_UNTOUCHED(filled.code);
  CHECK_UNTOUCHED(filled.message);

  /* An error of our own has no Python class, and what an earlier failure left does not shine through. */
  CHECK_INT(gym_make("NoSuchEnvironment-v0", NULL, &(gym_env){0}, &err), GYM_ERR_NAME_NOT_FOUND);
  CHECK_STR(err.type, "gymnasium.error.NameNotFound");
  CHECK(strstr(err.traceback, "Traceback") != NULL);
  CHECK_INT(gym_close((gym_env){0}, &err), GYM_ERR_HANDLE);
  CHECK_STR(err.type, "");
  CHECK_STR(err.traceback, "");
  check_works(env);
}

static void test_reentry(void) {
  gym_env env = open_env(TEST_ENV("Reentrant"), "{\"in_close\": true}");
  char options[64];
  double obs[1];
  const double action[1] = {0};
  gym_transition t;
  static const char *const calls[] = {"step", "reset", "sample_action", "close"};
  snprintf(options, sizeof options, "{\"handle\": %" PRIu64 "}", env.id);
  CHECK_OK(gym_reset(env, NULL, options, obs, 1, &err), err);
  CHECK_OK(gym_step(env, action, 1, obs, 1, &t, &err), err);
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    CHECK_INT(info_number(env, calls[i]), GYM_ERR_BUSY);
  /* It still works, is still open, and is not busy any more; its close tries the same. */
  CHECK_OK(gym_step(env, action, 1, obs, 1, &t, &err), err);
  CHECK_OK(gym_close(env, &err), err);
  CHECK_FAILURE(gym_close(env, &err), GYM_ERR_HANDLE, err, "");

  /* On another environment's handle the same calls are just calls. */
  gym_env other = open_env(TEST_ENV("Reentrant"), NULL);
  env = open_env(TEST_ENV("Reentrant"), NULL);
  snprintf(options, sizeof options, "{\"handle\": %" PRIu64 "}", other.id);
  CHECK_OK(gym_reset(other, NULL, NULL, obs, 1, &err), err);
  CHECK_OK(gym_reset(env, NULL, options, obs, 1, &err), err);
  CHECK_OK(gym_step(env, action, 1, obs, 1, &t, &err), err);
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) CHECK_INT(info_number(env, calls[i]), GYM_OK);
  CHECK_FAILURE(gym_close(other, &err), GYM_ERR_HANDLE, err, ""); /* it was closed from inside */
  CHECK_OK(gym_close(env, &err), err);
}

static void test_sizes_survive_nothing(void) {
  gym_env env = open_env("CartPole-v1", NULL);
  gym_value *space = NULL;
  CHECK_OK(gym_observation_space(env, &space, &err), err);
  CHECK_OK(gym_close(env, &err), err);
  /* A tree belongs to its caller, also after the close. */
  CHECK_STR(gym_value_string(gym_value_get(space, "type"), NULL), "Box");
  gym_value_free(space);
}

int main(void) {
  use_test_envs();
  test_before_anything_was_made();
  gym_env env = open_env("CartPole-v1", NULL);
  test_handles(env);
  test_close(env);
  test_null_pointers(env);
  test_lengths(env);
  test_error_struct(env);
  CHECK_OK(gym_close(env, &err), err);
  test_wrong_lengths_touch_nothing();
  test_dynamic_spaces();
  test_empty_spaces();
  test_reentry();
  test_sizes_survive_nothing();
  CHECK_OK(gym_shutdown(&err), err);
  CHECK_OK(gym_shutdown(&err), err);
  CHECK_FAILURE(gym_make("CartPole-v1", NULL, &env, &err), GYM_ERR_SHUTDOWN, err, "gym_shutdown");
  CHECK_FAILURE(gym_close(env, &err), GYM_ERR_SHUTDOWN, err, "gym_shutdown");
  return check_summary();
}
