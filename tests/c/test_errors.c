/* What can go wrong in Python: ids, options, seeds, actions, and environments that are broken in every way.
 * Each gives its own code with a message that names what was given, writes nothing, and the next call is
 * right. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <math.h>

#include "envs.h"

static gym_error err = GYM_ERROR_INIT;

/* A gym_make that must fail. */
static void check_make(const char *id, const char *options, int expected, const char *needle, int line) {
  gym_env env;
  FILL(env);
  check_failure(gym_make(id, options, &env, &err), expected, &err, needle, id, __FILE__, line);
  CHECK_UNTOUCHED(env);
}
#define CHECK_MAKE(id, options, expected, needle) check_make(id, options, expected, needle, __LINE__)

static void test_ids(void) {
  static char long_id[20000];
  memset(long_id, 'x', sizeof long_id - 1);
  CHECK_MAKE("CartPol-v1", NULL, GYM_ERR_NAME_NOT_FOUND, "Did you mean: `CartPole`");
  CHECK_STR(err.type, "gymnasium.error.NameNotFound");
  CHECK(strstr(err.traceback, "Traceback") != NULL);
  CHECK_MAKE("CartPole-v99", NULL, GYM_ERR_VERSION_NOT_FOUND, "`v1`");
  CHECK_MAKE("NoSuchNamespace/X-v0", NULL, GYM_ERR_NAMESPACE_NOT_FOUND, "NoSuchNamespace");
  CHECK_MAKE("gogym_test_envs:gogym_test/Nop-v0", NULL, GYM_ERR_NAME_NOT_FOUND, "Noop");
  CHECK_MAKE("no_such_module:X-v0", NULL, GYM_ERR_IMPORT, "no_such_module");
  CHECK_MAKE("not an id", NULL, GYM_ERR_GYMNASIUM, "not an id");
  CHECK_MAKE("", NULL, GYM_ERR_GYMNASIUM, "Malformed");
  CHECK_MAKE(long_id, NULL, GYM_ERR_NAME_NOT_FOUND, "xxxx");
  CHECK_MAKE("a\xff\xfe", NULL, GYM_ERR_ARGUMENT, "UTF-8");
  CHECK_MAKE("GymV21Environment-v0", NULL, GYM_ERR_IMPORT, "shimmy");
}

static void test_options(void) {
  static const struct {
    const char *options, *needle;
  } bad[] = {
      {"", "JSON"},
      {"  ", "JSON"},
      {"{\"a\":", "column 6"},
      {"{\"a\": 1,}", "column"},
      {"{'a': 1}", "column 2"},
      {"{\"a\": 1} x", "column 10"},
      {"[1]", "[1]"},
      {"7", "7"},
      {"null", "null"},
      {"\"text\"", "text"},
      {"{\"twice\": 1, \"twice\": 2}", "twice"},
      {"{\"a\": {\"b\": [{\"inner\": 1, \"inner\": 1}]}}", "inner"},
      {"{\"a\": NaN}", "NaN"},
      {"{\"a\": [-Infinity]}", "-Infinity"},
      {"{\"a\": \"\xff\"}", "UTF-8"},
      {"{\"a\xc3\": 1}", "UTF-8"},
      {"{\"a\": \"\n\"}", "column"},
      {"{\"a\": {\"__tuple__\": 1}}", "__tuple__"},
      {"{\"a\": {\"__tuple__\": [], \"more\": 1}}", "more"},
      {"{\"a\": {\"__float__\": \"much\"}}", "much"},
      {"{\"a\": {\"__float__\": 1.5}}", "__float__"},
      {"{\"a\": {\"__ndarray__\": [1]}}", "dtype"},
      {"{\"a\": {\"__ndarray__\": [1], \"dtype\": \"object\"}}", "object"},
      {"{\"a\": {\"__ndarray__\": [1], \"dtype\": [\"int8\"]}}", "dtype"},
      {"{\"a\": {\"__ndarray__\": [300], \"dtype\": \"uint8\"}}", "300"},
      {"{\"a\": {\"__ndarray__\": [[1], [2, 3]], \"dtype\": \"int8\"}}", "[2, 3]"},
      {"{\"a\": {\"__dict__\": [[1]]}}", "[1]"},
      {"{\"a\": {\"__dict__\": [[[1], 2]]}}", "hashable"},
      {"{\"a\": {\"__dict__\": [[1, 2], [1, 3]]}}", "twice"},
      {"{\"a\": {\"__unknown__\": 1}}", "__unknown__"},
      {"{\"gogym\": 1}", "gogym"},
      {"{\"gogym\": {\"no_such_option\": 1}}", "no_such_option"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_MAKE("CartPole-v1", bad[i].options, GYM_ERR_JSON, bad[i].needle);
    CHECK_STR(err.type, "");
  }
}

/* So deep that a parser which recurses would run out of stack. */
static void test_deep_options(void) {
  enum { DEPTH = 1000000 };
  char *deep = malloc(2 * DEPTH + 100);
  if (!CHECK(deep != NULL)) return;
  for (int object = 0; object < 2; object++) {
    char *at = deep + sprintf(deep, "{\"a\": ");
    for (int i = 0; i < DEPTH / 5; i++) at += sprintf(at, object ? "{\"a\":" : "[");
    sprintf(at, "1");
    CHECK_MAKE("CartPole-v1", deep, GYM_ERR_JSON, "deeper than");
  }
  free(deep);
}

static void test_keyword_arguments(void) {
  gym_env env;
  CHECK_MAKE("CartPole-v1", "{\"no_such_argument\": 1}", GYM_ERR_PYTHON, "no_such_argument");
  CHECK_STR(err.type, "TypeError");
  CHECK_MAKE("CartPole-v1", "{\"max_episode_steps\": \"ten\"}", GYM_ERR_PYTHON, "max_episode_steps");
  CHECK_MAKE("CartPole-v1", "{\"id\": \"Other-v0\"}", GYM_ERR_PYTHON, "id");
  CHECK_MAKE("Ant-v5", "{\"xml_file\": \"no_such_file.xml\"}", GYM_ERR_PYTHON, "no_such_file.xml");
  env = open_env("CartPole-v1", "{}");
  CHECK_OK(gym_close(env, &err), err);
}

static void test_seeds_and_reset_options(void) {
  gym_env env = open_env("CartPole-v1", NULL);
  double obs[4], again[4];
  int64_t seeds[] = {-1, INT64_MIN};
  char needle[32];
  FILL(obs);
  for (size_t i = 0; i < 2; i++) {
    snprintf(needle, sizeof needle, "%" PRId64, seeds[i]);
    CHECK_FAILURE(gym_reset(env, &seeds[i], NULL, obs, 4, &err), GYM_ERR_ARGUMENT, err, needle);
    CHECK_FAILURE(gym_seed_action(env, seeds[i], &err), GYM_ERR_ARGUMENT, err, needle);
  }
  CHECK_FAILURE(gym_reset(env, NULL, "[1]", obs, 4, &err), GYM_ERR_JSON, err, "gym_reset");
  CHECK_FAILURE(gym_reset(env, NULL, "{\"low\": \"x\"}", obs, 4, &err), GYM_ERR_PYTHON, err, "(x)");
  CHECK_UNTOUCHED(obs);

  const int64_t largest = INT64_MAX, zero = 0;
  CHECK_OK(gym_reset(env, &largest, NULL, obs, 4, &err), err);
  CHECK_OK(gym_seed_action(env, INT64_MAX, &err), err);
  CHECK_OK(gym_reset(env, &largest, NULL, again, 4, &err), err);
  CHECK(memcmp(obs, again, sizeof obs) == 0);
  CHECK_OK(gym_reset(env, &zero, NULL, again, 4, &err), err);
  CHECK(memcmp(obs, again, sizeof obs) != 0);
  CHECK_OK(gym_reset(env, NULL, "{\"low\": 0.25, \"high\": 0.25}", obs, 4, &err), err);
  CHECK(obs[0] == 0.25 && obs[3] == 0.25);
  CHECK_OK(gym_close(env, &err), err);
}

static void test_order(void) {
  gym_env env = open_env("CartPole-v1", NULL);
  const double action[1] = {0};
  double obs[4];
  gym_transition t;
  gym_value *info;
  FILL(obs), FILL(t), FILL(info);
  CHECK_FAILURE(gym_step(env, action, 1, obs, 4, &t, &err), GYM_ERR_RESET_NEEDED, err, "reset");
  CHECK_STR(err.type, "gymnasium.error.ResetNeeded");
  CHECK_FAILURE(gym_info(env, &info, &err), GYM_ERR_RESET_NEEDED, err, "reset");
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t), CHECK_UNTOUCHED(info);
  CHECK_OK(gym_sample_action(env, obs, 4, &err), err); /* needs no reset */
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 4, &err), err);
  CHECK_OK(gym_step(env, action, 1, obs, 4, &t, &err), err);
  CHECK_OK(gym_close(env, &err), err);
}

/* One action that cannot be converted, and then one that can, in a space of the table. */
static void check_action(const char *space, size_t size, size_t place, double bad, double good,
                         const char *needle) {
  char options[64];
  double action[36], obs[36];
  gym_transition t;
  snprintf(options, sizeof options, "{\"space\": \"%s\"}", space);
  gym_env env = open_env(TEST_ENV("Echo"), options);
  CHECK_OK(gym_reset(env, NULL, NULL, obs, size, &err), err);
  CHECK_OK(gym_sample_action(env, action, size, &err), err);
  FILL(obs), FILL(t);
  double sampled = action[place];
  action[place] = bad;
  if (!CHECK_FAILURE(gym_step(env, action, size, obs, size, &t, &err), GYM_ERR_ACTION, err, needle))
    fprintf(stderr, "  space %s\n", space);
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
  action[place] = isnan(good) ? sampled : good;
  CHECK_OK(gym_step(env, action, size, obs, size, &t, &err), err);
  CHECK(memcmp(action, obs, size * sizeof *obs) == 0);
  CHECK(t.reward == 1); /* the first step that the environment has seen */
  CHECK_OK(gym_close(env, &err), err);
}

static void test_actions(void) {
  check_action("discrete", 1, 0, NAN, 4, "nan");
  check_action("discrete", 1, 0, INFINITY, 0, "inf");
  check_action("discrete", 1, 0, 0.5, 1, "0.5");
  check_action("discrete", 1, 0, 1e300, 1, "1e+300");
  check_action("discrete", 1, 0, 9223372036854775808.0, 1, "9.22337");
  check_action("discrete-start", 1, 0, 1e-20, 0, "1e-20"); /* next to the start -1 that would be nothing */
  check_action("discrete-int8", 1, 0, 128, -3, "128");
  check_action("discrete-int8", 1, 0, -129, 1, "-129");
  check_action("box-bool", 3, 1, 2, 1, "action[1]");
  check_action("box-bool", 3, 1, 0.5, 0, "0.5");
  check_action("box-uint8", 36, 35, 256, 255, "action[3, 2, 2]");
  check_action("box-uint8", 36, 0, -1, 0, "-1");
  check_action("box-int64", 3, 2, 9223372036854775808.0, -9007199254740992.0, "9.22337");
  check_action("box-uint64", 3, 2, 18446744073709551616.0, 9007199254740992.0, "1.84467");
  check_action("box-uint64", 3, 2, -1, 0, "-1");
  check_action("box-float32", 3, 2, 1e300, -INFINITY, "1e+300");
  check_action("box-float16", 3, 2, 70000, 1.5, "70000");
  check_action("multi-binary", 5, 4, 1.5, 1, "action[4]");
  check_action("multi-discrete-2d", 4, 3, NAN, 11, "action[1, 1]");
  check_action("text", 6, 0, 62.5, 0, "62.5");
  check_action("text", 6, 0, 63, 0, "63");
  check_action("text", 6, 0, -1, 61, "-1");
  check_action("text", 6, 0, NAN, 1, "nan");
  check_action("one-of", 5, 0, 3, NAN, "3");
  check_action("one-of", 5, 0, -1, NAN, "-1");
  check_action("one-of", 5, 0, NAN, NAN, "nan");
  check_action("dict", 3, 2, 0.5, 1, "action[\"b\"]");
  check_action("tuple", 3, 0, 0.5, 1, "action[0]");
  check_action("deep", 27, 0, 300, 1, "action[0][0, 0]");
}

/* Outside the space but of the right type is for the environment to judge. */
static void test_actions_outside(void) {
  gym_env env = open_env("CartPole-v1", NULL);
  double obs[4], action[1] = {7};
  gym_transition t;
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 4, &err), err);
  FILL(obs), FILL(t);
  CHECK_FAILURE(gym_step(env, action, 1, obs, 4, &t, &err), GYM_ERR_ACTION, err, "7");
  CHECK(strstr(err.message, "Discrete(2)") != NULL);
  action[0] = -1;
  CHECK_FAILURE(gym_step(env, action, 1, obs, 4, &t, &err), GYM_ERR_ACTION, err, "-1");
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
  action[0] = 1;
  CHECK_OK(gym_step(env, action, 1, obs, 4, &t, &err), err);
  CHECK_OK(gym_close(env, &err), err);

  env = open_env("Pendulum-v1", NULL); /* it clips */
  action[0] = 1e30;
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 4, &err), err);
  CHECK_OK(gym_step(env, action, 1, obs, 4, &t, &err), err);
  CHECK_OK(gym_close(env, &err), err);
}

typedef struct way {
  const char *how;
  int code;
  const char *needle; /* in the message */
} way;

static const way steps[] = {
    {"obs-wrong-shape", GYM_ERR_OBSERVATION, "(2,)"},
    {"obs-wrong-dimensions", GYM_ERR_OBSERVATION, "(1, 3)"},
    {"obs-scalar", GYM_ERR_OBSERVATION, "()"},
    {"obs-none", GYM_ERR_OBSERVATION, "None"},
    {"obs-dict", GYM_ERR_OBSERVATION, "{'a': 1}"},
    {"obs-object", GYM_ERR_OBSERVATION, "'x'"},
    {"obs-text", GYM_ERR_OBSERVATION, "'a'"},
    {"obs-complex", GYM_ERR_OBSERVATION, "1.j"},
    {"obs-dates", GYM_ERR_OBSERVATION, "datetime64"},
    {"obs-ragged", GYM_ERR_OBSERVATION, "[[1, 2], [3]]"},
    {"obs-matrix", GYM_ERR_OBSERVATION, "(1, 3)"},
    {"obs-inexact", GYM_ERR_INEXACT, "9007199254740993"},
    {"reward-none", GYM_ERR_REWARD, "None"},
    {"reward-text", GYM_ERR_REWARD, "'much'"},
    {"reward-array", GYM_ERR_REWARD, "array([1., 2.])"},
    {"reward-complex", GYM_ERR_REWARD, "1j"},
    {"reward-inexact", GYM_ERR_INEXACT, "9007199254740993"},
    {"reward-huge", GYM_ERR_REWARD, "1000"},
    {"reward-raises", GYM_ERR_REWARD, "NotANumber"},
    {"terminated-array", GYM_ERR_RESULT, "terminated"},
    {"truncated-raises", GYM_ERR_RESULT, "truncated"},
    {"info-list", GYM_ERR_RESULT, "[1, 2]"},
    {"info-none", GYM_ERR_RESULT, "None"},
    {"info-mapping", GYM_ERR_RESULT, "mappingproxy"},
    {"returns-none", GYM_ERR_RESULT, "None"},
    {"returns-number", GYM_ERR_RESULT, "7"},
    {"returns-four", GYM_ERR_RESULT, "4 values"},
    {"returns-six", GYM_ERR_RESULT, "more than 5 values"},
    {"returns-without-end", GYM_ERR_RESULT, "more than 5 values"},
    {"returns-broken-generator", GYM_ERR_PYTHON, "inside the generator"},
    {"returns-nothing", GYM_ERR_RESULT, "0 values"},
    {"raises", GYM_ERR_PYTHON, "the step is broken"},
    {"raises-nothing-said", GYM_ERR_PYTHON, "ValueError"},
    {"raises-key", GYM_ERR_PYTHON, "KeyError: 'lost'"},
    {"raises-unspeakable", GYM_ERR_PYTHON, "Unspeakable"},
    {"raises-oblique", GYM_ERR_PYTHON, "oblique words"},
    {"raises-long", GYM_ERR_PYTHON, "xxxxxxxx"},
    {"raises-long-multibyte", GYM_ERR_PYTHON, "é€😀"},
    {"raises-surrogates", GYM_ERR_PYTHON, "a\\udc80b"},
    {"raises-nul", GYM_ERR_PYTHON, "before\\0after"},
    {"raises-long-name", GYM_ERR_PYTHON, "called so"},
    {"raises-chained", GYM_ERR_PYTHON, "the consequence"},
    {"raises-stop", GYM_ERR_PYTHON, "StopIteration"},
    {"raises-base", GYM_ERR_PYTHON, "deep down"},
    {"raises-generator-exit", GYM_ERR_PYTHON, "GeneratorExit"},
    {"raises-import", GYM_ERR_IMPORT, "no_such_module"},
    {"raises-memory", GYM_ERR_MEMORY, "MemoryError"},
    {"raises-exit", GYM_ERR_SYSTEM_EXIT, "3"},
    {"raises-interrupt", GYM_ERR_INTERRUPTED, "KeyboardInterrupt"},
    {"raises-recursion", GYM_ERR_RECURSION, "recursion"},
    {"error-Error", GYM_ERR_GYMNASIUM, "as asked"},
    {"error-UnregisteredEnv", GYM_ERR_UNREGISTERED_ENV, "as asked"},
    {"error-NamespaceNotFound", GYM_ERR_NAMESPACE_NOT_FOUND, "as asked"},
    {"error-NameNotFound", GYM_ERR_NAME_NOT_FOUND, "as asked"},
    {"error-VersionNotFound", GYM_ERR_VERSION_NOT_FOUND, "as asked"},
    {"error-DeprecatedEnv", GYM_ERR_DEPRECATED_ENV, "as asked"},
    {"error-RegistrationError", GYM_ERR_REGISTRATION, "as asked"},
    {"error-DependencyNotInstalled", GYM_ERR_DEPENDENCY_NOT_INSTALLED, "as asked"},
    {"error-UnsupportedMode", GYM_ERR_UNSUPPORTED_MODE, "as asked"},
    {"error-InvalidMetadata", GYM_ERR_INVALID_METADATA, "as asked"},
    {"error-ResetNeeded", GYM_ERR_RESET_NEEDED, "as asked"},
    {"error-InvalidAction", GYM_ERR_INVALID_ACTION, "as asked"},
    {"error-MissingArgument", GYM_ERR_MISSING_ARGUMENT, "as asked"},
    {"error-InvalidProbability", GYM_ERR_INVALID_PROBABILITY, "as asked"},
    {"error-InvalidBound", GYM_ERR_INVALID_BOUND, "as asked"},
    {"error-DeprecatedWrapper", GYM_ERR_DEPRECATED_WRAPPER, "as asked"},
    {"error-AlreadyPendingCallError", GYM_ERR_ALREADY_PENDING_CALL, "as asked"},
    {"error-NoAsyncCallError", GYM_ERR_NO_ASYNC_CALL, "as asked"},
    {"error-ClosedEnvironmentError", GYM_ERR_CLOSED_ENVIRONMENT, "as asked"},
    {"error-CustomSpaceError", GYM_ERR_CUSTOM_SPACE, "as asked"},
};

static const way resets[] = {
    {"reset-raises", GYM_ERR_PYTHON, "the reset is broken"},
    {"reset-none", GYM_ERR_RESULT, "None"},
    {"reset-observation-only", GYM_ERR_RESULT, "more than 2 values"},
    {"reset-one", GYM_ERR_RESULT, "1 values"},
    {"reset-three", GYM_ERR_RESULT, "more than 2 values"},
    {"reset-without-end", GYM_ERR_RESULT, "more than 2 values"},
    {"reset-broken-generator", GYM_ERR_PYTHON, "inside the generator"},
    {"reset-info-list", GYM_ERR_RESULT, "[]"},
    {"reset-wrong-shape", GYM_ERR_OBSERVATION, "(4,)"},
    {"reset-exit", GYM_ERR_SYSTEM_EXIT, "goodbye"},
    {"reset-interrupt", GYM_ERR_INTERRUPTED, "KeyboardInterrupt"},
};

static const char *const accepted[] = {
    "ok-list-of-five",   "ok-generator",           "ok-flags-of-numpy", "ok-flags-none",
    "ok-reward-int",     "ok-reward-bool",         "ok-reward-numpy",   "ok-reward-0d",
    "ok-reward-decimal", "ok-reward-fraction",     "ok-info-subclass",  "ok-obs-list",
    "ok-obs-tuple",      "ok-obs-float32",         "ok-obs-float16",    "ok-obs-longdouble",
    "ok-obs-swapped",    "ok-obs-swapped-float32", "ok-obs-strided",    "ok-obs-reversed",
    "ok-obs-unaligned",  "ok-obs-read-only",       "ok-obs-masked",
};

static const double good[3] = {1, 0.5, -1};
static const double ask_to_break[1] = {1}, ask_for_nothing[1] = {0};

static gym_env open_broken(const char *how) {
  char options[128];
  snprintf(options, sizeof options, "{\"how\": \"%s\"}", how);
  return open_env(TEST_ENV("Broken"), options);
}

/* The environment goes on as if nothing had been. */
static void check_next_calls(gym_env env) {
  double obs[3] = {0};
  gym_transition t = {0};
  CHECK_OK(gym_step(env, ask_for_nothing, 1, obs, 3, &t, &err), err);
  CHECK(memcmp(obs, good, sizeof obs) == 0 && t.reward == 1.0);
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 3, &err), err);
  CHECK(memcmp(obs, good, sizeof obs) == 0);
}

static int is_utf8(const char *text) {
  for (const unsigned char *at = (const unsigned char *)text; *at;) {
    int more = *at < 0x80 ? 0 : *at >> 5 == 6 ? 1 : *at >> 4 == 14 ? 2 : *at >> 3 == 30 ? 3 : -1;
    if (more < 0) return 0;
    for (at++; more > 0; more--, at++)
      if (*at >> 6 != 2) return 0;
  }
  return 1;
}

static void check_texts(void) {
  CHECK(memchr(err.type, 0, sizeof err.type) && is_utf8(err.type));
  CHECK(memchr(err.message, 0, sizeof err.message) && is_utf8(err.message));
  CHECK(memchr(err.traceback, 0, sizeof err.traceback) && is_utf8(err.traceback));
}

static void test_broken_steps(void) {
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    gym_env env = open_broken(steps[i].how);
    double obs[3];
    gym_transition t;
    CHECK_OK(gym_reset(env, NULL, NULL, obs, 3, &err), err);
    FILL(obs), FILL(t);
    for (int again = 0; again < 2; again++) {
      memset(err.message, 0, sizeof err.message);
      if (!CHECK_FAILURE(gym_step(env, ask_to_break, 1, obs, 3, &t, &err), steps[i].code, err,
                         steps[i].needle))
        fprintf(stderr, "  way %s\n", steps[i].how);
      check_texts();
    }
    CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
    CHECK_INT(info_number(env, "no such key"), -1); /* the info of the reset is still there */
    check_next_calls(env);
    CHECK_OK(gym_close(env, &err), err);
  }
}

static void test_broken_resets(void) {
  for (size_t i = 0; i < sizeof resets / sizeof *resets; i++) {
    gym_env env = open_broken(resets[i].how);
    double obs[4];
    CHECK_OK(gym_reset(env, NULL, NULL, obs, 4, &err), err);
    FILL(obs);
    if (!CHECK_FAILURE(gym_reset(env, NULL, "{\"break\": true}", obs, 4, &err), resets[i].code, err,
                       resets[i].needle))
      fprintf(stderr, "  way %s\n", resets[i].how);
    CHECK_UNTOUCHED(obs);
    check_next_calls(env);
    CHECK_OK(gym_close(env, &err), err);
  }
}

static void test_unusual_but_right(void) {
  for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
    gym_env env = open_broken(accepted[i]);
    double obs[3] = {0};
    gym_transition t;
    FILL(t);
    CHECK_OK(gym_reset(env, NULL, NULL, obs, 3, &err), err);
    memset(obs, 0, sizeof obs);
    int ok = CHECK_OK(gym_step(env, ask_to_break, 1, obs, 3, &t, &err), err);
    ok = ok && CHECK(memcmp(obs, good, sizeof obs) == 0) &&
         CHECK(t.reward == 0 && !t.terminated && !t.truncated);
    if (!ok) fprintf(stderr, "  way %s\n", accepted[i]);
    CHECK_OK(gym_close(env, &err), err);
  }
}

static void test_broken_makes_and_closes(void) {
  const char *id = TEST_ENV("Broken");
  CHECK_MAKE(id, "{\"how\": \"constructor-raises\"}", GYM_ERR_PYTHON, "the constructor is broken");
  CHECK_MAKE(id, "{\"how\": \"constructor-exits\"}", GYM_ERR_SYSTEM_EXIT, "5");
  CHECK_MAKE(id, "{\"how\": \"constructor-interrupted\"}", GYM_ERR_INTERRUPTED, "KeyboardInterrupt");
  CHECK_MAKE(id, "{\"how\": \"no such way\"}", GYM_ERR_PYTHON, "no such way");

  gym_env env = open_broken("close-raises");
  CHECK_FAILURE(gym_close(env, &err), GYM_ERR_PYTHON, err, "the close is broken");
  CHECK_STR(err.type, "ValueError");
  CHECK_FAILURE(gym_close(env, &err), GYM_ERR_HANDLE, err, ""); /* it is closed nevertheless */
  env = open_broken("close-exits");
  CHECK_FAILURE(gym_close(env, &err), GYM_ERR_SYSTEM_EXIT, err, "6");
  CHECK_FAILURE(gym_close(env, &err), GYM_ERR_HANDLE, err, "");
}

/* What an exception looks like from here: class, message, traceback. */
static void test_descriptions(void) {
  gym_env env = open_broken("raises-chained");
  double obs[3];
  gym_transition t;
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 3, &err), err);
  CHECK_FAILURE(gym_step(env, ask_to_break, 1, obs, 3, &t, &err), GYM_ERR_PYTHON, err, "the consequence");
  CHECK_STR(err.type, "RuntimeError");
  CHECK_STR(err.message, "the consequence");
  CHECK(strstr(err.traceback, "the first cause") != NULL);
  CHECK(strstr(err.traceback, "gogym_test_broken.py") != NULL);
  CHECK_OK(gym_close(env, &err), err);

  env = open_broken("raises-long-name"); /* the class name alone is longer than its field */
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 3, &err), err);
  CHECK_FAILURE(gym_step(env, ask_to_break, 1, obs, 3, &t, &err), GYM_ERR_PYTHON, err, "called so");
  CHECK(strlen(err.type) > 32 && strstr(err.type, "AAAA") != NULL);
  CHECK_OK(gym_close(env, &err), err);

  env = open_broken("raises-recursion"); /* a traceback loses its beginning, a message its end */
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 3, &err), err);
  CHECK_FAILURE(gym_step(env, ask_to_break, 1, obs, 3, &t, &err), GYM_ERR_RECURSION, err, "recursion");
  CHECK(strstr(err.traceback, "RecursionError: ") != NULL);
  CHECK_OK(gym_close(env, &err), err);
}

int main(void) {
  use_test_envs();
  test_ids();
  test_options();
  test_deep_options();
  test_keyword_arguments();
  test_seeds_and_reset_options();
  test_order();
  test_actions();
  test_actions_outside();
  test_broken_steps();
  test_broken_resets();
  test_unusual_but_right();
  test_broken_makes_and_closes();
  test_descriptions();
  /* After all that, Python is still well. */
  gym_env env = open_env("CartPole-v1", NULL);
  CHECK_OK(gym_close(env, &err), err);
  CHECK_OK(gym_shutdown(&err), err);
  return check_summary();
}
