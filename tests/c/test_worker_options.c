/* Options that the host reads itself: which processes there are to be. */
#include <stdlib.h>

#include "check.h"
#include "worker_options.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define LONG_PATH_SIZE (GYM__PATH_SIZE + 16)

/* ------------------------------------------------------------------------------------- gym_make */

static gym__worker_options make_options(const char *options) {
  gym_error err = GYM_ERROR_INIT;
  gym__worker_options out;
  memset(&out, 0xa5, sizeof out);
  if (!CHECK_OK(gym__read_make_options(options, &out, &err), err)) {
    fprintf(stderr, "  of %s\n", options ? options : "NULL");
  }
  CHECK(memchr(out.python, '\0', sizeof out.python) != NULL);
  return out;
}

/* Options with which the environment is made in this process. */
static void check_embedded(const char *options) {
  gym__worker_options out = make_options(options);
  if (!CHECK(out.isolate == 0 && out.python[0] == '\0' && out.timeout == 0 && out.memory_limit == 0)) {
    fprintf(stderr, "  of %s\n", options ? options : "NULL");
  }
}

static void test_make_in_this_process(void) {
  static const char *const texts[] = {
      NULL,
      "{}",
      "{\"render_mode\": \"rgb_array\", \"isolate\": true, \"python\": 3}", /* the environment's own */
      "{\"gogym\": {}}",
      "{\"gogym\": {\"isolate\": false}}",
      "{\"gogym\": {\"isolate\": null, \"python\": null, \"timeout\": null, \"memory_limit\": null}}",
      "{\"gogym\": {\"wrappers\": [{\"name\": \"TimeLimit\", \"isolate\": true}], \"isolated\": true}}",
      "{\"other\": {\"gogym\": {\"isolate\": true}}}",
      /* what the Python of this process is to complain about */
      "",
      "nonsense",
      "[]",
      "null",
      "5",
      "\"gogym\"",
      "[{\"gogym\": {\"isolate\": true}}]",
      "{\"gogym\": {\"isolate\": true}",
      "{\"gogym\": {\"isolate\": true}} x",
      "{\"gogym\": {\"isolate\": True}}",
      "{\"gogym\": {\"isolate\": true,}}",
      "{\"gogym\": null}",
      "{\"gogym\": true}",
      "{\"gogym\": [\"isolate\", true]}",
      "{\"gogym\": \"isolate\"}",
      "{\"gogym\": {\"isolate\": true}, \"gogym\": {}}",
      "{\"gogym\": {\"isolate\": true, \"isol\\u0061te\": true}}",
      "{\"gogym\": {\"isolate\": true, \"timeout\": 1, \"timeout\": 2}}",
      "{\"gogym\": {\"python\": \"a\", \"python\": \"b\"}}",
      "{\"gogym\": {\"isolate\": true, \"x\": \"\xff\"}}",
  };
  for (size_t i = 0; i < COUNT(texts); i++) check_embedded(texts[i]);
}

static void test_make_isolated(void) {
  gym__worker_options out = make_options("{\"gogym\": {\"isolate\": true}}");
  CHECK(out.isolate == 1 && out.python[0] == '\0' && out.timeout == 0 && out.memory_limit == 0);

  out = make_options(
      " {\"size\": 3, \"\\u0067ogym\": {\"memory_limit\": 4000000000, \"i\\u0073olate\": true, \"private\": "
      "true, "
      "\"timeout\": 2.5, \"python\": \"/home/caf\\u00e9/\\ud83d\\ude00/bin/python\"}, \"x\": [1, {}]}\n");
  CHECK_INT(out.isolate, 1);
  CHECK_STR(out.python, "/home/caf\xc3\xa9/\xf0\x9f\x98\x80/bin/python");
  CHECK(out.timeout == 2.5);
  CHECK_INT(out.memory_limit, 4000000000);

  out =
      make_options("{\"__dict__\": [[\"gogym\", {\"__dict__\": [[\"isolate\", true], [\"timeout\", 3]]}]]}");
  CHECK(out.isolate == 1 && out.timeout == 3);

  /* What no clock would ever come to. */
  out = make_options(
      "{\"gogym\": {\"isolate\": true, \"timeout\": 1e300, \"memory_limit\": 9223372036854775807}}");
  CHECK(out.timeout == GYM__TIMEOUT_MOST);
  CHECK_INT(out.memory_limit, INT64_MAX);
  out = make_options("{\"gogym\": {\"isolate\": true, \"timeout\": 1e-9, \"memory_limit\": 1}}");
  CHECK(out.timeout == 1e-9);
  CHECK_INT(out.memory_limit, 1);

  /* A path as long as can be. */
  char text[LONG_PATH_SIZE + 64], path[LONG_PATH_SIZE] = "";
  memset(path, 'a', GYM__PATH_SIZE - 1);
  snprintf(text, sizeof text, "{\"gogym\": {\"isolate\": true, \"python\": \"%s\"}}", path);
  out = make_options(text);
  CHECK_STR(out.python, path);
}

static int check_failure(int code, int expected, const gym_error *err, const char *const *needles) {
  int good = CHECK_INT(code, expected) & CHECK_INT(err->code, expected) & CHECK_STR(err->type, "");
  for (size_t i = 0; needles[i]; i++) good &= CHECK(strstr(err->message, needles[i]) != NULL);
  good &= CHECK(strlen(err->message) < 500);
  if (!good) fprintf(stderr, "  message  %s\n", err->message);
  return good;
}

/* A message must have all of the needles. */
#define NEEDLES 5

static void test_make_refused(void) {
  static const struct {
    const char *own;
    const char *needles[NEEDLES];
  } cases[] = {
      {"{\"isolate\": 3}", {"\"isolate\"", "true or false", "not 3"}},
      {"{\"isolate\": \"true\"}", {"\"isolate\"", "not \"true\""}},
      {"{\"isolate\": [true]}", {"\"isolate\"", "not [true]"}},
      {"{\"python\": \"/usr/bin/python3\"}", {"\"python\"", "\"isolate\": true"}},
      {"{\"timeout\": 5}", {"\"timeout\"", "\"isolate\": true"}},
      {"{\"memory_limit\": 5, \"isolate\": false}", {"\"memory_limit\"", "\"isolate\": true"}},
      {"{\"isolate\": null, \"timeout\": \"x\"}", {"\"timeout\"", "\"isolate\": true"}},
      {"{\"isolate\": true, \"python\": 3}", {"\"python\"", "path", "not 3"}},
      {"{\"isolate\": true, \"python\": \"\"}", {"\"python\"", "not \"\""}},
      {"{\"isolate\": true, \"python\": \"a\\u0000b\"}", {"\"python\"", "not \"a\\u0000b\""}},
      {"{\"isolate\": true, \"python\": \"\\ud800\"}", {"\"python\"", "not \"\\ud800\""}},
      {"{\"isolate\": true, \"timeout\": 0}", {"\"timeout\"", "greater than 0", "not 0"}},
      {"{\"isolate\": true, \"timeout\": -1.5}", {"\"timeout\"", "not -1.5"}},
      {"{\"isolate\": true, \"timeout\": 1e-400}", {"\"timeout\"", "not 1e-400"}},
      {"{\"isolate\": true, \"timeout\": 1e400}", {"\"timeout\"", "not 1e400"}},
      {"{\"isolate\": true, \"timeout\": \"5\"}", {"\"timeout\"", "not \"5\""}},
      {"{\"isolate\": true, \"timeout\": true}", {"\"timeout\"", "not true"}},
      {"{\"isolate\": true, \"timeout\": {\"__float__\": \"inf\"}}", {"\"timeout\"", "__float__"}},
      {"{\"isolate\": true, \"memory_limit\": 0}", {"\"memory_limit\"", "integer", "not 0"}},
      {"{\"isolate\": true, \"memory_limit\": -1}", {"\"memory_limit\"", "not -1"}},
      {"{\"isolate\": true, \"memory_limit\": 4e9}", {"\"memory_limit\"", "4000000000", "not 4e9"}},
      {"{\"isolate\": true, \"memory_limit\": 9223372036854775808}", {"\"memory_limit\"", "not 92233"}},
      {"{\"isolate\": true, \"memory_limit\": \"4G\"}", {"\"memory_limit\"", "not \"4G\""}},
      {"{\"isolate\": true, \"memory_limit\": false}", {"\"memory_limit\"", "not false"}},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    char text[512];
    gym_error err = GYM_ERROR_INIT;
    gym__worker_options out;
    snprintf(text, sizeof text, "{\"gogym\": %s}", cases[i].own);
    int code = gym__read_make_options(text, &out, &err);
    if (!check_failure(code, GYM_ERR_JSON, &err, cases[i].needles)) fprintf(stderr, "  of %s\n", text);
    CHECK_INT(out.isolate, 0);
    CHECK_INT(gym__read_make_options(text, &out, NULL), GYM_ERR_JSON);
  }

  char text[LONG_PATH_SIZE + 64], path[LONG_PATH_SIZE] = "";
  memset(path, 'a', GYM__PATH_SIZE);
  snprintf(text, sizeof text, "{\"gogym\": {\"isolate\": true, \"python\": \"%s\"}}", path);
  gym_error err = GYM_ERROR_INIT;
  gym__worker_options out;
  static const char *const needles[] = {"\"python\"", "4095 bytes", NULL};
  check_failure(gym__read_make_options(text, &out, &err), GYM_ERR_JSON, &err, needles);
}

/* ------------------------------------------------------------------------------------- gym_vec_make */

static gym__vector_options vector_options(const char *own, size_t num_envs) {
  char text[1024];
  gym_error err = GYM_ERROR_INIT;
  gym__vector_options out;
  memset(&out, 0xa5, sizeof out);
  snprintf(text, sizeof text, "{\"render_mode\": null, \"gogym\": %s}", own);
  if (!CHECK_OK(gym__read_vector_options(text, num_envs, &out, &err), err))
    fprintf(stderr, "  of %s\n", text);
  return out;
}

static void test_vector_defaults(void) {
  static const char *const texts[] = {
      NULL,
      "{}",
      "{\"engine\": \"sync\", \"workers\": 99}", /* the environments' own */
      "{\"gogym\": {}}",
      "{\"gogym\": {\"engine\": null, \"workers\": null, \"autoreset_mode\": null, \"layout\": null, "
      "\"timeout\": "
      "null, \"on_failure\": null, \"memory_limit\": null, \"python\": null, \"vector_wrappers\": null, "
      "\"env_options\": null, \"isolate\": null}}",
      "{\"gogym\": {\"vector_wrappers\": [], \"wrappers\": [{\"name\": \"ClipAction\"}], \"later\": 5, "
      "\"isolate\": false}}",
  };
  gym__vector_options zeros, out;
  memset(&zeros, 0, sizeof zeros);
  for (size_t i = 0; i < COUNT(texts); i++) {
    gym_error err = GYM_ERROR_INIT;
    memset(&out, 0xa5, sizeof out);
    CHECK_OK(gym__read_vector_options(texts[i], 4, &out, &err), err);
    CHECK(memcmp(&out, &zeros, sizeof out) == 0);
  }
  CHECK_STR(gym__engine_name((int)zeros.engine), "process");
  CHECK_STR(gym__autoreset_name((int)zeros.autoreset_mode), "next_step");
  CHECK_STR(gym__on_failure_name((int)zeros.on_failure), "restart");
}

static void test_vector_words(void) {
  static const struct {
    const char *own;
    gym__engine engine;
    gym__autoreset mode;
    gym__on_failure policy;
    int is_native;
  } cases[] = {
      {"{\"engine\": \"process\"}", GYM__ENGINE_PROCESS, GYM__AUTORESET_NEXT_STEP, GYM__ON_FAILURE_RESTART,
       0},
      {"{\"engine\": \"sync\"}", GYM__ENGINE_SYNC, GYM__AUTORESET_NEXT_STEP, GYM__ON_FAILURE_RESTART, 0},
      {"{\"engine\": \"vector\"}", GYM__ENGINE_VECTOR, GYM__AUTORESET_NEXT_STEP, GYM__ON_FAILURE_RESTART, 0},
      {"{\"\\u0065ngine\": \"env\\u0070ool\"}", GYM__ENGINE_ENVPOOL, GYM__AUTORESET_NEXT_STEP,
       GYM__ON_FAILURE_RESTART, 0},
      {"{\"autoreset_mode\": \"next_step\", \"on_failure\": \"restart\", \"layout\": \"float64\"}",
       GYM__ENGINE_PROCESS, GYM__AUTORESET_NEXT_STEP, GYM__ON_FAILURE_RESTART, 0},
      {"{\"autoreset_mode\": \"same_step\", \"on_failure\": \"report\", \"layout\": \"native\"}",
       GYM__ENGINE_PROCESS, GYM__AUTORESET_SAME_STEP, GYM__ON_FAILURE_REPORT, 1},
      {"{\"autoreset_mode\": \"disabled\", \"on_failure\": \"close\"}", GYM__ENGINE_PROCESS,
       GYM__AUTORESET_DISABLED, GYM__ON_FAILURE_CLOSE, 0},
      {"{\"autoreset_mode\": \"NextStep\"}", GYM__ENGINE_PROCESS, GYM__AUTORESET_NEXT_STEP,
       GYM__ON_FAILURE_RESTART, 0},
      {"{\"autoreset_mode\": \"SameStep\"}", GYM__ENGINE_PROCESS, GYM__AUTORESET_SAME_STEP,
       GYM__ON_FAILURE_RESTART, 0},
      {"{\"autoreset_mode\": \"Disabled\"}", GYM__ENGINE_PROCESS, GYM__AUTORESET_DISABLED,
       GYM__ON_FAILURE_RESTART, 0},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    gym__vector_options out = vector_options(cases[i].own, 4);
    CHECK_INT(out.engine, cases[i].engine);
    CHECK_INT(out.autoreset_mode, cases[i].mode);
    CHECK_INT(out.on_failure, cases[i].policy);
    CHECK_INT(out.is_native, cases[i].is_native);
    CHECK_INT(out.workers, 0);
  }
  CHECK_STR(gym__engine_name(GYM__ENGINE_SYNC), "sync");
  CHECK_STR(gym__engine_name(GYM__ENGINE_VECTOR), "vector");
  CHECK_STR(gym__engine_name(GYM__ENGINE_ENVPOOL), "envpool");
  CHECK_STR(gym__engine_name(4), "?");
  CHECK_STR(gym__engine_name(-1), "?");
  CHECK_STR(gym__autoreset_name(GYM__AUTORESET_SAME_STEP), "same_step");
  CHECK_STR(gym__autoreset_name(GYM__AUTORESET_DISABLED), "disabled");
  CHECK_STR(gym__autoreset_name(3), "?");
  CHECK_STR(gym__on_failure_name(GYM__ON_FAILURE_REPORT), "report");
  CHECK_STR(gym__on_failure_name(GYM__ON_FAILURE_CLOSE), "close");
  CHECK_STR(gym__on_failure_name(99), "?");
}

static void test_vector_options(void) {
  gym__vector_options out = vector_options(
      "{\"workers\": 4, \"python\": \"/opt/python\", \"timeout\": 0.5, \"memory_limit\": 1000000, "
      "\"env_options\": "
      "[{}, {\"a\": [1, 2]}, {\"b\": {\"c\": 3}}, {}], \"vector_options\": {}}",
      4);
  CHECK_INT(out.workers, 4);
  CHECK_STR(out.python, "/opt/python");
  CHECK(out.timeout == 0.5);
  CHECK_INT(out.memory_limit, 1000000);
  CHECK_INT(out.has_vector_wrappers, 0);
  CHECK_INT(vector_options("{\"workers\": 1}", 1).workers, 1);
  CHECK_INT(vector_options("{\"workers\": 1024}", 1024).workers, 1024);

  static const char *const engines[] = {"vector", "envpool"};
  for (size_t i = 0; i < COUNT(engines); i++) {
    char own[256];
    snprintf(own, sizeof own,
             "{\"engine\": \"%s\", \"workers\": 2, \"python\": \"p\", \"timeout\": 3, \"memory_limit\": 7}",
             engines[i]);
    out = vector_options(own, 8);
    CHECK(out.workers == 2 && out.timeout == 3 && out.memory_limit == 7);
    CHECK_STR(out.python, "p");
    snprintf(own, sizeof own, "{\"vector_wrappers\": {\"name\": \"ClipReward\"}, \"engine\": \"%s\"}",
             engines[i]);
    CHECK_INT(vector_options(own, 8).has_vector_wrappers, 1);
    snprintf(own, sizeof own,
             "{\"engine\": \"%s\", \"workers\": 1, \"vector_wrappers\": [{\"name\": \"ClipReward\"}]}",
             engines[i]);
    CHECK_INT(vector_options(own, 8).has_vector_wrappers, 1);
  }
  out = vector_options("{\"engine\": \"sync\", \"vector_wrappers\": [{}, {}], \"on_failure\": \"close\"}", 8);
  CHECK_INT(out.has_vector_wrappers, 1);
  CHECK_INT(vector_options("{\"engine\": \"process\", \"vector_wrappers\": [ ]}", 8).has_vector_wrappers, 0);
  /* Of workers, where there are none: checked, and without effect. */
  for (size_t i = 0; i < COUNT(engines); i++) {
    const char *engine = i == 0 ? "sync" : engines[i];
    char own[200];
    snprintf(own, sizeof own, "{\"engine\": \"%s\", \"timeout\": 3, \"memory_limit\": 7, \"python\": \"p\"}",
             engine);
    out = vector_options(own, 8);
    CHECK(out.workers == 0 && out.timeout == 0 && out.memory_limit == 0 && !*out.python);
  }
  CHECK_INT(vector_options("{\"engine\": \"sync\", \"workers\": 2}", 8).workers, 0);
}

static void test_vector_refused(void) {
  enum { NUM_ENVS = 4 };
  static const struct {
    const char *own;
    int status;
    const char *needles[NEEDLES];
  } cases[] = {
      {"null", GYM_ERR_JSON, {"\"gogym\"", "object", "not null"}},
      {"[1]", GYM_ERR_JSON, {"\"gogym\"", "object", "not [1]"}},
      {"\"sync\"", GYM_ERR_JSON, {"\"gogym\"", "object", "not \"sync\""}},
      {"{\"engine\": \"fast\"}",
       GYM_ERR_JSON,
       {"\"engine\"", "\"fast\"", "known: process, sync, vector, envpool"}},
      {"{\"engine\": \"Process\"}", GYM_ERR_JSON, {"\"engine\"", "\"Process\""}},
      {"{\"engine\": \"\"}", GYM_ERR_JSON, {"\"engine\"", "cannot be \"\""}},
      {"{\"engine\": 3}", GYM_ERR_JSON, {"\"engine\"", "cannot be 3", "process, sync"}},
      {"{\"engine\": true}", GYM_ERR_JSON, {"\"engine\"", "cannot be true"}},
      {"{\"autoreset_mode\": \"NEXT_STEP\"}",
       GYM_ERR_JSON,
       {"\"autoreset_mode\"", "\"NEXT_STEP\"", "known: next_step, same_step, disabled"}},
      {"{\"autoreset_mode\": false}", GYM_ERR_JSON, {"\"autoreset_mode\"", "cannot be false"}},
      {"{\"layout\": \"float32\"}", GYM_ERR_JSON, {"\"layout\"", "\"float32\"", "known: float64, native"}},
      {"{\"on_failure\": \"ignore\"}",
       GYM_ERR_JSON,
       {"\"on_failure\"", "\"ignore\"", "restart, report, close"}},
      {"{\"workers\": 0}", GYM_ERR_JSON, {"\"workers\"", "1 or more", "not 0"}},
      {"{\"workers\": -1}", GYM_ERR_JSON, {"\"workers\"", "1 or more", "not -1"}},
      {"{\"workers\": -99999999999999999999}", GYM_ERR_JSON, {"\"workers\"", "1 or more", "not -9999"}},
      {"{\"workers\": 2.0}", GYM_ERR_JSON, {"\"workers\"", "integer", "not 2.0"}},
      {"{\"workers\": \"2\"}", GYM_ERR_JSON, {"\"workers\"", "integer", "not \"2\""}},
      {"{\"workers\": true}", GYM_ERR_JSON, {"\"workers\"", "not true"}},
      {"{\"workers\": 5}", GYM_ERR_JSON, {"\"workers\"", "is 5", "4 environments", "give 4 or less"}},
      {"{\"workers\": 99999999999999999999}",
       GYM_ERR_JSON,
       {"\"workers\"", "is 99999999999999999999", "4 env"}},
      {"{\"workers\": 5, \"engine\": \"vector\"}", GYM_ERR_JSON, {"\"workers\"", "is 5", "4 environments"}},
      {"{\"timeout\": 0}", GYM_ERR_JSON, {"\"timeout\"", "greater than 0", "not 0"}},
      {"{\"timeout\": \"1\"}", GYM_ERR_JSON, {"\"timeout\"", "not \"1\""}},
      {"{\"timeout\": 1e999}", GYM_ERR_JSON, {"\"timeout\"", "not 1e999"}},
      {"{\"memory_limit\": 1.5}", GYM_ERR_JSON, {"\"memory_limit\"", "integer", "not 1.5"}},
      {"{\"memory_limit\": -5}", GYM_ERR_JSON, {"\"memory_limit\"", "not -5"}},
      {"{\"python\": [\"p\"]}", GYM_ERR_JSON, {"\"python\"", "path", "not [\"p\"]"}},
      {"{\"vector_wrappers\": [{\"name\": \"ClipReward\"}]}",
       GYM_ERR_WRAPPER,
       {"\"vector_wrappers\"", "\"process\"", "\"sync\"", "\"wrappers\""}},
      {"{\"vector_wrappers\": {}, \"engine\": \"process\"}", GYM_ERR_WRAPPER, {"\"process\"", "\"sync\""}},
      {"{\"vector_wrappers\": {}, \"engine\": \"vector\", \"workers\": 2}",
       GYM_ERR_WRAPPER,
       {"2 workers", "\"sync\"", "without \"workers\""}},
      {"{\"vector_wrappers\": \"ClipReward\", \"engine\": \"sync\"}",
       GYM_ERR_JSON,
       {"\"vector_wrappers\"", "array", "not \"ClipReward\""}},
      {"{\"env_options\": {}}", GYM_ERR_JSON, {"\"env_options\"", "array", "not {}"}},
      {"{\"env_options\": []}", GYM_ERR_JSON, {"\"env_options\"", "0 items", "4 environments"}},
      {"{\"env_options\": [{}, {}, {}]}", GYM_ERR_JSON, {"\"env_options\"", "3 items", "4 environments"}},
      {"{\"env_options\": [[1, 2, 3, 4]]}", GYM_ERR_JSON, {"\"env_options\"", "1 item,", "4 environments"}},
      {"{\"env_options\": [1, 2, 3, 4, 5]}", GYM_ERR_JSON, {"\"env_options\"", "5 items"}},
      {"{\"isolate\": 0}", GYM_ERR_JSON, {"\"isolate\"", "gym_make"}},
      {"{\"isolate\": true}", GYM_ERR_JSON, {"\"isolate\"", "gym_make", "\"engine\""}},
      {"{\"engine\": \"sync\", \"engine\": \"sync\"}", GYM_ERR_JSON, {"\"engine\" stands twice"}},
      {"{\"workers\": 1, \"work\\u0065rs\": 1}", GYM_ERR_JSON, {"\"workers\" stands twice"}},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    char text[512];
    gym_error err = GYM_ERROR_INIT;
    gym__vector_options out;
    snprintf(text, sizeof text, "{\"gogym\": %s}", cases[i].own);
    int code = gym__read_vector_options(text, NUM_ENVS, &out, &err);
    if (!check_failure(code, cases[i].status, &err, cases[i].needles)) fprintf(stderr, "  of %s\n", text);
    CHECK_INT(gym__read_vector_options(text, NUM_ENVS, &out, NULL), cases[i].status);
  }
}

static void test_vector_not_json(void) {
  static const struct {
    const char *text;
    const char *needles[NEEDLES];
  } cases[] = {
      {"", {"options of gym_vec_make", "not JSON", "at byte 0 of 0"}},
      {"nonsense", {"not JSON", "at byte 0 of 8", "before nonsense"}},
      {"{\"gogym\": {\"engine\" \"sync\"}}",
       {"a colon is expected", "at byte 20 of 28", "before \"sync\"}}"}},
      {"{\"gogym\": {\"engine\": \"sync\"}", {"a comma or } is expected", "at byte 28 of 28"}},
      {"{\"gogym\": {\"timeout\": NaN}}", {"__float__", "at byte 22"}},
      {"{\"a\": \"\xff\"}", {"UTF-8", "at byte 7", "\\xff"}},
      {"[]", {"must be a JSON object", "not []"}},
      {"null", {"must be a JSON object", "not null"}},
      {"\"{}\"", {"must be a JSON object", "not \"{}\""}},
      {"{\"gogym\": {}, \"gogym\": {}}", {"\"gogym\" stands twice"}},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    gym_error err = GYM_ERROR_INIT;
    gym__vector_options out;
    int code = gym__read_vector_options(cases[i].text, 4, &out, &err);
    if (!check_failure(code, GYM_ERR_JSON, &err, cases[i].needles))
      fprintf(stderr, "  of %s\n", cases[i].text);
  }
}

/* ------------------------------------------------------------------------------------- damage */

static const char *const whole_text =
    "{\"render_mode\": null, \"gogym\" : {\"\\u0065ngine\": \"vector\", \"workers\": 2, \"timeout\": 1.5e+3, "
    "\"memory_limit\": 4000000000, \"env_options\": [{}, {\"a\": [1, 2.0, [\"\xc3\xa9\\ud83d\\ude00\"]]}], "
    "\"autoreset_mode\": \"SameStep\", \"layout\": \"native\", \"python\": \"/usr/bin/python\", "
    "\"on_failure\": "
    "\"close\", \"vector_wrappers\": []}, \"x\": {\"__dict__\": [[1, 2], [\"k\", {\"__float__\": "
    "\"inf\"}]]}}";

/* Reads a copy of its own size as both kinds of options. Gives the status of the second. */
static int read_copy(const char *text, size_t length) {
  char *copy = malloc(length + 1);
  memcpy(copy, text, length);
  copy[length] = '\0';
  gym_error err = GYM_ERROR_INIT;
  gym__worker_options one;
  gym__vector_options many;
  int status = gym__read_make_options(copy, &one, &err);
  CHECK(status == GYM_ERR_JSON || status == GYM_OK);
  CHECK_INT(err.code, status);
  gym_error other = GYM_ERROR_INIT;
  status = gym__read_vector_options(copy, 2, &many, &other);
  CHECK(status == GYM_ERR_JSON || status == GYM_ERR_WRAPPER || status == GYM_OK);
  CHECK(other.code == status && (status == GYM_OK) == (other.message[0] == '\0'));
  free(copy);
  return status;
}

static void test_damage(void) {
  size_t length = strlen(whole_text);
  CHECK_INT(read_copy(whole_text, length), GYM_OK);
  for (size_t cut = 0; cut < length; cut++) CHECK_INT(read_copy(whole_text, cut), GYM_ERR_JSON);
  static const char bytes[] = "{}[]\",:\\u0-eE.tn \x01\x80\xc3\xff";
  char text[1024];
  for (size_t at = 0; at < length; at++) {
    for (size_t i = 0; i < sizeof bytes - 1; i++) {
      memcpy(text, whole_text, length);
      text[at] = bytes[i];
      read_copy(text, length);
    }
    memcpy(text, whole_text, at);
    memcpy(text + at, whole_text + at + 1, length - at - 1);
    read_copy(text, length - 1);
  }
}

int main(void) {
  test_make_in_this_process();
  test_make_isolated();
  test_make_refused();
  test_vector_defaults();
  test_vector_words();
  test_vector_options();
  test_vector_refused();
  test_vector_not_json();
  test_damage();
  return check_summary();
}
