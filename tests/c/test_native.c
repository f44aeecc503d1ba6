/* Native buffers and values of environments: handles, pointers, lengths, alignment, actions and observations
 * that do not fit. Each wrong call gives its own code and says what it was given, writes nothing, and the
 * next call is right; a right one writes its bytes and not one beside them. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <math.h>

#include "every_call.h"
#include "guarded.h"

#define ECHO "gogym_test_echo:gogym_test/SpaceEcho-v0"

static gym_error err = GYM_ERROR_INIT;

static gym_env open_echo(const char *space) {
  char options[64];
  snprintf(options, sizeof options, "{\"space\": \"%s\"}", space);
  return open_env(TEST_ENV("Echo"), options);
}

static size_t nbytes_of(gym_env env, int (*function)(gym_env, size_t *, gym_error *)) {
  size_t nbytes = 0;
  CHECK_OK(function(env, &nbytes, &err), err);
  return nbytes;
}

/* CartPole is as it should be. */
static void check_works(gym_env env) {
  const int64_t seed = 42, left = 0;
  float obs[4] = {0};
  gym_transition t = {0};
  CHECK_OK(gym_reset_native(env, &seed, NULL, obs, sizeof obs, &err), err);
  float x = obs[0];
  CHECK(x != 0 && x >= -0.05f && x <= 0.05f);
  CHECK_OK(gym_step_native(env, &left, sizeof left, obs, sizeof obs, &t, &err), err);
  CHECK(obs[0] != x && t.reward == 1.0 && !t.terminated && !t.truncated);
  CHECK(t.reserved[0] == 0 && t.reserved[5] == 0);
}

/* ------------------------------------------------------------------------------------- handles, pointers */

static void test_handles(gym_env env) {
  char needle[32];
  check_every_env_call((gym_env){0}, GYM_ERR_HANDLE, "zero");
  for (int bit = 0; bit < 64; bit++) {
    gym_env forged = {env.id ^ ((uint64_t)1 << bit)};
    snprintf(needle, sizeof needle, "%016" PRIx64, forged.id);
    check_every_env_call(forged, GYM_ERR_HANDLE, needle);
  }
  gym_env closed = open_env(TEST_ENV("Noop"), NULL);
  CHECK_OK(gym_close(closed, &err), err);
  snprintf(needle, sizeof needle, "%016" PRIx64, closed.id);
  check_every_env_call(closed, GYM_ERR_HANDLE, needle);
  check_works(env);
}

static void test_null_pointers(gym_env env) {
  const int64_t action = 0;
  float obs[4];
  gym_transition t;
  gym_value *value;
  FILL(obs), FILL(t), FILL(value);
  CHECK_FAILURE(gym_observation_nbytes(env, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  CHECK_FAILURE(gym_action_nbytes(env, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  CHECK_FAILURE(gym_reset_native(env, NULL, NULL, NULL, 16, &err), GYM_ERR_ARGUMENT, err, "obs");
  CHECK_FAILURE(gym_step_native(env, NULL, 8, obs, 16, &t, &err), GYM_ERR_ARGUMENT, err, "action");
  CHECK_FAILURE(gym_step_native(env, &action, 8, NULL, 16, &t, &err), GYM_ERR_ARGUMENT, err, "obs");
  CHECK_FAILURE(gym_step_native(env, &action, 8, obs, 16, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  CHECK_FAILURE(gym_sample_action_native(env, NULL, 8, &err), GYM_ERR_ARGUMENT, err, "action");
  CHECK_FAILURE(gym_observation(env, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  CHECK_FAILURE(gym_step_value(env, NULL, &value, &t, &err), GYM_ERR_ARGUMENT, err, "action");
  CHECK_FAILURE(gym_step_value(env, "0", &value, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  CHECK_FAILURE(gym_space_of_actions(env, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  CHECK_FAILURE(gym_space_of_observations(env, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  /* Without a length, too short says more than NULL. */
  CHECK_FAILURE(gym_reset_native(env, NULL, NULL, NULL, 0, &err), GYM_ERR_BUFFER, err, "16");
  CHECK_FAILURE(gym_step_native(env, NULL, 0, obs, 16, &t, &err), GYM_ERR_BUFFER, err, "8");
  CHECK_FAILURE(gym_step_native(env, &action, 8, NULL, 0, &t, &err), GYM_ERR_BUFFER, err, "16");
  CHECK_FAILURE(gym_sample_action_native(env, NULL, 0, &err), GYM_ERR_BUFFER, err, "8");
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t), CHECK_UNTOUCHED(value);
  /* Without an error struct: the same codes. */
  CHECK_INT(gym_reset_native((gym_env){0}, NULL, NULL, obs, 16, NULL), GYM_ERR_HANDLE);
  CHECK_INT(gym_step_native(env, &action, 7, obs, 16, &t, NULL), GYM_ERR_BUFFER);
  CHECK_INT(gym_step_value(env, "[", NULL, &t, NULL), GYM_ERR_JSON);
  check_works(env);
}

/* ------------------------------------------------------------------------------------- lengths, alignment */

/* A wrong length is found before the environment is touched: the episode goes on as if nothing had been
 * asked. */
static void test_wrong_lengths_touch_nothing(void) {
  gym_env env = open_env(TEST_ENV("Counter"), NULL);
  double obs[2];
  const int64_t action[2] = {0};
  gym_transition t;
  CHECK_OK(gym_reset_native(env, NULL, NULL, obs, 16, &err), err);
  CHECK_OK(gym_step_native(env, action, 8, obs, 16, &t, &err), err);
  FILL(obs), FILL(t);
  for (size_t length = 0; length < 16; length++) {
    CHECK_FAILURE(gym_reset_native(env, NULL, NULL, obs, length, &err), GYM_ERR_BUFFER, err, "needs 16");
    CHECK_FAILURE(gym_step_native(env, action, 8, obs, length, &t, &err), GYM_ERR_BUFFER, err, "needs 16");
    if (length == 8) continue;
    CHECK_FAILURE(gym_step_native(env, action, length, obs, 16, &t, &err), GYM_ERR_BUFFER, err, "needs 8");
  }
  CHECK_FAILURE(gym_step_native(env, action, 16, obs, 16, &t, &err), GYM_ERR_BUFFER, err, "16 bytes");
  CHECK_FAILURE(gym_step_native(env, action, SIZE_MAX, obs, 16, &t, &err), GYM_ERR_BUFFER, err, "needs 8");
  for (size_t length = 0; length < 8; length++)
    CHECK_FAILURE(gym_sample_action_native(env, obs, length, &err), GYM_ERR_BUFFER, err, "needs 8");
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
  CHECK_OK(gym_step_native(env, action, 8, obs, 16, &t, &err), err);
  CHECK_INT((long)obs[0], 2);
  CHECK_OK(gym_close(env, &err), err);
}

/* Samples, steps and resets at one place in memory: every byte of the element is written, and no other. */
static void check_place(gym_env env, size_t nbytes, size_t shift) {
  static guarded action, again, obs;
  gym_transition t;
  unsigned char *drawn = guard(&action, PATTERN, shift), *redrawn = guard(&again, 0x5a, shift);
  unsigned char *seen = guard(&obs, PATTERN, 7 - shift);
  const int64_t seed = 3;
  CHECK_OK(gym_seed_action(env, 11, &err), err);
  CHECK_OK(gym_sample_action_native(env, drawn, nbytes, &err), err);
  CHECK_OK(gym_seed_action(env, 11, &err), err);
  CHECK_OK(gym_sample_action_native(env, redrawn, nbytes + 5, &err), err); /* longer is right for outputs */
  CHECK(is_guarded(&action, PATTERN, shift, nbytes) && is_guarded(&again, 0x5a, shift, nbytes));
  CHECK(memcmp(drawn, redrawn, nbytes) == 0);

  CHECK_OK(gym_reset_native(env, &seed, NULL, seen, nbytes, &err), err);
  CHECK(is_guarded(&obs, PATTERN, 7 - shift, nbytes));
  redrawn = guard(&again, 0x5a, shift);
  CHECK_OK(gym_reset_native(env, &seed, NULL, redrawn, nbytes + 5, &err), err);
  CHECK(is_guarded(&again, 0x5a, shift, nbytes) && memcmp(seen, redrawn, nbytes) == 0);

  seen = guard(&obs, PATTERN, 7 - shift);
  CHECK_OK(gym_step_native(env, drawn, nbytes, seen, nbytes, &t, &err), err);
  CHECK(is_guarded(&obs, PATTERN, 7 - shift, nbytes) && memcmp(seen, drawn, nbytes) == 0);
  CHECK(is_guarded(&action, PATTERN, shift, nbytes) && t.reward == 1);

  /* Too short, and too long for an action. */
  seen = guard(&obs, PATTERN, 7 - shift);
  FILL(t);
  CHECK_INT(gym_reset_native(env, &seed, NULL, seen, nbytes - 1, &err), GYM_ERR_BUFFER);
  CHECK_INT(gym_step_native(env, drawn, nbytes, seen, nbytes - 1, &t, &err), GYM_ERR_BUFFER);
  CHECK_INT(gym_step_native(env, drawn, nbytes - 1, seen, nbytes, &t, &err), GYM_ERR_BUFFER);
  CHECK_INT(gym_step_native(env, drawn, nbytes + 1, seen, nbytes, &t, &err), GYM_ERR_BUFFER);
  CHECK_INT(gym_sample_action_native(env, seen, nbytes - 1, &err), GYM_ERR_BUFFER);
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
}

static void test_places(void) {
  static const struct {
    const char *name;
    size_t nbytes;
  } spaces[] = {
      {"box-bool", 3},      {"box-uint8", 36},
      {"box-int16", 6},     {"box-int64", 24},
      {"box-uint64", 24},   {"box-float16", 6},
      {"box-float32", 12},  {"box-float64", 24},
      {"box-0d", 8},        {"box-0d-int8", 1},
      {"discrete", 8},      {"discrete-large", 8},
      {"discrete-int8", 1}, {"multi-discrete-2d", 32},
      {"multi-binary", 5},  {"multi-discrete-int8", 2},
      {"text", 24},         {"text-empty-allowed", 12},
      {"tuple", 24},        {"dict", 16},
      {"one-of", 24},       {"deep", 0},
      {"every-kind", 0},    {"text-charset-odd", 20},
  };
  for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
    gym_env env = open_echo(spaces[i].name);
    size_t nbytes = nbytes_of(env, gym_action_nbytes);
    CHECK_INT(nbytes_of(env, gym_observation_nbytes), nbytes);
    int before = atomic_load(&check_failed);
    if (spaces[i].nbytes) CHECK_INT(nbytes, spaces[i].nbytes);
    if (CHECK(nbytes > 0 && nbytes + 16 < ROOM))
      for (size_t shift = 0; shift < 8; shift++) check_place(env, nbytes, shift);
    if (atomic_load(&check_failed) > before) fprintf(stderr, "  space %s\n", spaces[i].name);
    CHECK_OK(gym_close(env, &err), err);
  }
}

static void test_dynamic_spaces(void) {
  gym_env env = open_echo("sequence");
  double obs[4];
  gym_transition t;
  gym_value *value = NULL;
  FILL(obs), FILL(t);
  CHECK(nbytes_of(env, gym_observation_nbytes) == GYM_DYNAMIC);
  CHECK(nbytes_of(env, gym_action_nbytes) == GYM_DYNAMIC);
  CHECK_FAILURE(gym_reset_native(env, NULL, NULL, obs, 32, &err), GYM_ERR_DYNAMIC, err, "Sequence");
  CHECK_OK(gym_reset_native(env, NULL, NULL, NULL, 0, &err), err);
  CHECK_FAILURE(gym_step_native(env, obs, 8, NULL, 0, &t, &err), GYM_ERR_DYNAMIC, err, "action");
  CHECK_FAILURE(gym_step_native(env, NULL, 0, NULL, 0, &t, &err), GYM_ERR_DYNAMIC, err, "action");
  CHECK_FAILURE(gym_sample_action_native(env, obs, 32, &err), GYM_ERR_DYNAMIC, err, "action");
  CHECK_FAILURE(gym_sample_action_native(env, NULL, 0, &err), GYM_ERR_DYNAMIC, err, "action");
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
  CHECK_OK(gym_step_value(env, "[0, 2, 1]", &value, &t, &err), err);
  CHECK(gym_value_kind(value) == GYM_KIND_TUPLE && gym_value_count(value) == 3 && t.reward == 1);
  gym_value_free(value);
  CHECK_OK(gym_close(env, &err), err);
}

static void test_empty_spaces(void) {
  static const char *const names[] = {"tuple-empty", "dict-empty", "box-empty", "box-empty-2d"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    gym_env env = open_echo(names[i]);
    gym_transition t;
    char byte;
    FILL(byte);
    CHECK_INT(nbytes_of(env, gym_observation_nbytes), 0);
    CHECK_OK(gym_reset_native(env, NULL, NULL, NULL, 0, &err), err);
    CHECK_OK(gym_reset_native(env, NULL, NULL, &byte, 1, &err), err);
    CHECK_OK(gym_sample_action_native(env, NULL, 0, &err), err);
    CHECK_OK(gym_step_native(env, NULL, 0, NULL, 0, &t, &err), err);
    CHECK_FAILURE(gym_step_native(env, &byte, 1, NULL, 0, &t, &err), GYM_ERR_BUFFER, err, "needs 0");
    CHECK_UNTOUCHED(byte);
    CHECK_OK(gym_close(env, &err), err);
  }
}

/* ------------------------------------------------------------------------------------- order, actions */

static void test_order(void) {
  gym_env env = open_env("CartPole-v1", NULL);
  const int64_t action = 0;
  const int64_t negative = -5;
  float obs[4];
  gym_transition t;
  gym_value *value;
  FILL(obs), FILL(t), FILL(value);
  CHECK_FAILURE(gym_step_native(env, &action, 8, obs, 16, &t, &err), GYM_ERR_RESET_NEEDED, err, "reset");
  CHECK_FAILURE(gym_step_value(env, "0", &value, &t, &err), GYM_ERR_RESET_NEEDED, err, "reset");
  CHECK_FAILURE(gym_observation(env, &value, &err), GYM_ERR_RESET_NEEDED, err, "reset");
  CHECK_FAILURE(gym_reset_native(env, &negative, NULL, obs, 16, &err), GYM_ERR_ARGUMENT, err, "-5");
  CHECK_FAILURE(gym_reset_value(env, &negative, NULL, &value, &err), GYM_ERR_ARGUMENT, err, "-5");
  CHECK_FAILURE(gym_reset_native(env, NULL, "[1]", obs, 16, &err), GYM_ERR_JSON, err, "[1]");
  CHECK_FAILURE(gym_reset_value(env, NULL, "{\"a\":", &value, &err), GYM_ERR_JSON, err, "column");
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t), CHECK_UNTOUCHED(value);
  int64_t drawn;
  CHECK_OK(gym_sample_action_native(env, &drawn, 8, &err), err); /* needs no reset */
  CHECK(drawn == 0 || drawn == 1);
  check_works(env);
  CHECK_FAILURE(gym_reset_value(env, NULL, "{\"low\": \"x\"}", &value, &err), GYM_ERR_PYTHON, err, "(x)");
  CHECK_UNTOUCHED(value);
  check_works(env);
  CHECK_OK(gym_close(env, &err), err);
}

/* An action of bytes, of which one part cannot be, and then one that can, in an environment that echoes. */
static void check_action(gym_env env, size_t place, const void *bad, size_t size, const char *needle) {
  static guarded action, obs;
  gym_transition t;
  size_t nbytes = nbytes_of(env, gym_action_nbytes);
  unsigned char *drawn = guard(&action, PATTERN, 0), *seen = guard(&obs, PATTERN, 0), good[64];
  CHECK_OK(gym_reset_native(env, NULL, NULL, seen, nbytes, &err), err);
  CHECK_OK(gym_sample_action_native(env, drawn, nbytes, &err), err);
  seen = guard(&obs, PATTERN, 0);
  FILL(t);
  memcpy(good, drawn + place, size);
  memcpy(drawn + place, bad, size);
  CHECK_FAILURE(gym_step_native(env, drawn, nbytes, seen, nbytes, &t, &err), GYM_ERR_ACTION, err, needle);
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
  memcpy(drawn + place, good, size);
  CHECK_OK(gym_step_native(env, drawn, nbytes, seen, nbytes, &t, &err), err);
  CHECK(memcmp(drawn, seen, nbytes) == 0);
  CHECK(t.reward == 1); /* the first step that the environment has seen */
}

static void test_actions(void) {
  static const char nested[] =
      "{\"observation_space\": {\"type\": \"Dict\", \"spaces\": {\"camera\": {\"type\": \"Tuple\", "
      "\"spaces\": [{\"type\": \"Discrete\", \"n\": 3}, {\"type\": \"Box\", \"low\": 0, \"high\": 1, "
      "\"shape\": [3], \"dtype\": \"bool\"}]}}}}";
  const unsigned char two = 2, many = 255;
  const int32_t characters[] = {63, -1, INT32_MAX}, behind[2] = {62, 0};
  const int64_t indices[] = {3, -1, INT64_MIN};
  gym_env env = open_echo("box-bool");
  check_action(env, 1, &two, 1, "action[1] is 2");
  check_action(env, 2, &many, 1, "action[2] is 255");
  CHECK_OK(gym_close(env, &err), err);

  env = open_env(ECHO, nested);
  check_action(env, 10, &two, 1, "action[\"camera\"][1][2] is 2");
  CHECK_OK(gym_close(env, &err), err);

  env = open_echo("text");
  check_action(env, 4, &characters[0], 4, "action[1] is 63");
  check_action(env, 0, &characters[1], 4, "action[0] is -1");
  check_action(env, 20, &characters[2], 4, "action[5] is 2147483647");
  check_action(env, 8, behind, 8, "only padding (62)");
  CHECK_OK(gym_close(env, &err), err);

  env = open_echo("one-of");
  check_action(env, 0, &indices[0], 8, "action index is 3");
  check_action(env, 0, &indices[1], 8, "action index is -1");
  check_action(env, 0, &indices[2], 8, "-9223372036854775808");
  CHECK_OK(gym_close(env, &err), err);

  /* Outside the space but of the right dtype is for the environment to judge. */
  env = open_env("CartPole-v1", NULL);
  float obs[4];
  gym_transition t;
  const int64_t seven = 7;
  CHECK_OK(gym_reset_native(env, NULL, NULL, obs, 16, &err), err);
  FILL(obs), FILL(t);
  CHECK_FAILURE(gym_step_native(env, &seven, 8, obs, 16, &t, &err), GYM_ERR_ACTION, err, "Discrete(2)");
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
  check_works(env);
  CHECK_OK(gym_close(env, &err), err);
}

/* ------------------------------------------------------------------------------------- observations */

/* An observation of the dtype `action`, into a space of the dtype `observation`, of three numbers each. */
static gym_env open_converting(const char *action, const char *observation) {
  char options[400];
  const char *form =
      "{\"action_space\": {\"type\": \"Box\", \"low\": null, \"high\": null, \"shape\": [3], "
      "\"dtype\": \"%s\"}, \"observation_space\": {\"type\": \"Box\", \"low\": %s, \"high\": %s, "
      "\"shape\": [3], \"dtype\": \"%s\"}}";
  const char *low = observation[0] == 'f' ? "null" : "0";
  snprintf(options, sizeof options, form, action, low, observation[0] == 'f' ? "null" : "1", observation);
  gym_env env = open_env(ECHO, options);
  CHECK_OK(gym_reset_native(env, NULL, NULL, (double[3]){0}, 24, &err), err);
  return env;
}

static void check_inexact(const char *from, const void *bad, const void *good, size_t nbytes, const char *to,
                          const void *expected, size_t expected_nbytes, const char *needle) {
  gym_env env = open_converting(from, to);
  unsigned char obs[24];
  gym_transition t;
  FILL(obs), FILL(t);
  CHECK_FAILURE(gym_step_native(env, bad, nbytes, obs, sizeof obs, &t, &err), GYM_ERR_INEXACT, err, needle);
  CHECK(strstr(err.message, to) != NULL);
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
  CHECK_OK(gym_step_native(env, good, nbytes, obs, sizeof obs, &t, &err), err);
  CHECK(memcmp(obs, expected, expected_nbytes) == 0);
  CHECK(is_untouched(obs + expected_nbytes, sizeof obs - expected_nbytes));
  CHECK_OK(gym_close(env, &err), err);
}

static void test_observations_of_another_dtype(void) {
  const int64_t large[3] = {0, 1, 256}, negative[3] = {0, -1, 0}, small[3] = {0, 255, 7};
  const double half[3] = {1, 0.5, 1}, nan[3] = {NAN, 0, 0}, whole[3] = {1, 0, 1};
  const int64_t beyond[3] = {0, INT64_C(16777217), 0}, within[3] = {0, INT64_C(16777216), -1};
  const uint8_t bytes[3] = {0, 255, 7}, flags[3] = {1, 0, 1};
  const float floats[3] = {0, 16777216, -1};
  check_inexact("int64", large, small, 24, "uint8", bytes, 3, "observation[2] is");
  check_inexact("int64", negative, small, 24, "uint8", bytes, 3, "-1");
  check_inexact("float64", half, whole, 24, "uint8", flags, 3, "0.5");
  check_inexact("float64", nan, whole, 24, "bool", flags, 3, "nan");
  check_inexact("int64", small, (const int64_t[3]){1, 0, 1}, 24, "bool", flags, 3, "255");
  check_inexact("float64", (const double[3]){0, 0, 1e300}, whole, 24, "float32", (const float[3]){1, 0, 1},
                12, "1e+300");
  check_inexact("int64", beyond, within, 24, "float32", floats, 12, "16777217");

  /* To a float dtype, floats are rounded, as NumPy does. */
  gym_env env = open_converting("float64", "float32");
  const double numbers[3] = {0.1, -1e-300, -INFINITY};
  float obs[3];
  gym_transition t;
  CHECK_OK(gym_step_native(env, numbers, 24, obs, 12, &t, &err), err);
  CHECK(obs[0] == 0.1f && obs[1] == 0 && signbit(obs[1]) && isinf(obs[2]));
  CHECK_OK(gym_close(env, &err), err);
}

/* What breaks on the way to a native buffer, and what of it is still a value. */
static void test_broken_steps(void) {
  static const struct {
    const char *how;
    int native, value;
    const char *needle;
  } ways[] = {
      {"obs-wrong-shape", GYM_ERR_OBSERVATION, GYM_OK, "(2,)"},
      {"obs-none", GYM_ERR_OBSERVATION, GYM_OK, "None"},
      {"obs-text", GYM_ERR_OBSERVATION, GYM_OK, "'a'"},
      {"obs-object", GYM_ERR_OBSERVATION, GYM_OK, "'x'"},
      {"obs-inexact", GYM_ERR_INEXACT, GYM_OK, "9007199254740993"},
      {"reward-none", GYM_ERR_REWARD, GYM_ERR_REWARD, "None"},
      {"info-none", GYM_ERR_RESULT, GYM_ERR_RESULT, "None"},
      {"returns-four", GYM_ERR_RESULT, GYM_ERR_RESULT, "4 values"},
      {"raises", GYM_ERR_PYTHON, GYM_ERR_PYTHON, "the step is broken"},
      {"raises-exit", GYM_ERR_SYSTEM_EXIT, GYM_ERR_SYSTEM_EXIT, "3"},
      {"raises-memory", GYM_ERR_MEMORY, GYM_ERR_MEMORY, "MemoryError"},
  };
  const int64_t ask_to_break = 1, ask_for_nothing = 0;
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    char options[64];
    double obs[3];
    gym_transition t;
    gym_value *value;
    snprintf(options, sizeof options, "{\"how\": \"%s\"}", ways[i].how);
    gym_env env = open_env(TEST_ENV("Broken"), options);
    CHECK_OK(gym_reset_native(env, NULL, NULL, obs, 24, &err), err);
    FILL(obs), FILL(t), FILL(value);
    CHECK_FAILURE(gym_step_native(env, &ask_to_break, 8, obs, 24, &t, &err), ways[i].native, err,
                  ways[i].needle);
    CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
    if (ways[i].value == GYM_OK) {
      CHECK_OK(gym_step_value(env, "1", &value, &t, &err), err);
      gym_value_free(value);
    } else {
      CHECK_FAILURE(gym_step_value(env, "1", &value, &t, &err), ways[i].value, err, ways[i].needle);
      CHECK_UNTOUCHED(value), CHECK_UNTOUCHED(t);
      CHECK_OK(gym_observation(env, &value, &err), err); /* the reset's is still there */
      CHECK_INT(gym_value_count(value), 3);
      gym_value_free(value);
    }
    CHECK_OK(gym_step_native(env, &ask_for_nothing, 8, obs, 24, &t, &err), err);
    CHECK(obs[0] == 1 && obs[1] == 0.5 && obs[2] == -1 && t.reward == 1);
    CHECK_OK(gym_close(env, &err), err);
  }
}

/* ------------------------------------------------------------------------------------- values */

/* An action as JSON that must fail, in CartPole. */
static void test_values(gym_env env) {
  static const struct {
    const char *action;
    int code;
    const char *needle;
  } bad[] = {
      {"", GYM_ERR_JSON, "JSON"},
      {"[", GYM_ERR_JSON, "column"},
      {"0 1", GYM_ERR_JSON, "column 3"},
      {"NaN", GYM_ERR_JSON, "NaN"},
      {"{\"a\": 1, \"a\": 1}", GYM_ERR_JSON, "twice"},
      {"{\"__set__\": []}", GYM_ERR_JSON, "__set__"},
      {"\"\xff\"", GYM_ERR_JSON, "UTF-8"},
      {"0.5", GYM_ERR_ACTION, "0.5"},
      {"1e300", GYM_ERR_ACTION, "1e+300"},
      {"9223372036854775808", GYM_ERR_ACTION, "9223372036854775808"},
      {"{\"__float__\": \"nan\"}", GYM_ERR_ACTION, "nan"},
      {"7", GYM_ERR_ACTION, "Discrete(2)"},
      {"null", GYM_ERR_ACTION, "None"},
      {"\"left\"", GYM_ERR_ACTION, "left"},
      {"[0]", GYM_ERR_ACTION, "Discrete(2)"},
      {"{\"a\": 0}", GYM_ERR_ACTION, "'a'"},
  };
  gym_transition t;
  gym_value *value;
  CHECK_OK(gym_reset_value(env, NULL, NULL, NULL, &err), err);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    FILL(t), FILL(value);
    if (!CHECK_FAILURE(gym_step_value(env, bad[i].action, &value, &t, &err), bad[i].code, err, bad[i].needle))
      fprintf(stderr, "  action %s\n", bad[i].action);
    CHECK_UNTOUCHED(t), CHECK_UNTOUCHED(value);
  }
  static char deep[200001]; /* so deep that a parser which recurses would run out of stack */
  memset(deep, '[', sizeof deep - 1);
  CHECK_FAILURE(gym_step_value(env, deep, &value, &t, &err), GYM_ERR_JSON, err, "deeper than");
  CHECK_UNTOUCHED(t), CHECK_UNTOUCHED(value);
  CHECK_OK(gym_step_value(env, "1", NULL, &t, &err), err);
  CHECK_OK(gym_step_value(env, " 0 ", &value, &t, &err), err);
  gym_array array = GYM_ARRAY_INIT;
  CHECK_OK(gym_value_array(value, &array, &err), err);
  CHECK_STR(array.dtype, "float32");
  CHECK(array.size == 4 && t.reward == 1);
  check_works(env);
  /* A tree belongs to its caller, whatever happens to the environment. */
  CHECK_INT(gym_value_count(value), 4);
  gym_value_free(value);
}

int main(void) {
  use_test_envs();
  check_every_env_call((gym_env){0}, GYM_ERR_HANDLE, "");
  gym_env env = open_env("CartPole-v1", NULL);
  test_handles(env);
  test_null_pointers(env);
  test_values(env);
  CHECK_OK(gym_close(env, &err), err);
  test_wrong_lengths_touch_nothing();
  test_places();
  test_dynamic_spaces();
  test_empty_spaces();
  test_order();
  test_actions();
  test_observations_of_another_dtype();
  test_broken_steps();
  env = open_env("CartPole-v1", NULL);
  check_works(env);
  CHECK_OK(gym_shutdown(&err), err);
  check_every_env_call(env, GYM_ERR_SHUTDOWN, "gym_shutdown");
  return check_summary();
}
