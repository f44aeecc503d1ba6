/* Attributes and calls by a path, from C: values of every kind, names and arguments that make no sense, and
 * code of the environment's that fails. What paths mean is tested in Python. */
#define _GNU_SOURCE
#include "around.h"

static gym_error err = GYM_ERROR_INIT;
static gym_env env, private_env;

static void register_attributes(void) {
  run_python(
      "class Rich(Plain):\n"
      "    def __init__(self, **kwargs):\n"
      "        super().__init__(**kwargs)\n"
      "        self.text, self.number, self.fraction, self.nothing, self.flag_ = 'caf\\u00e9', 2**40, 0.5, "
      "None, True\n"
      "        self.array = np.arange(6, dtype=np.float32).reshape(2, 3)\n"
      "        self.tree = {'a': [1, (2, 3)], 'b': {'c': b'x'}}\n"
      "        self.big, self.object, self._hidden = 2**100, object(), 7\n"
      "        self.nul = 'a\\0b'\n"
      "        self.surrogate = '\\ud800'\n"
      "        self.cyclic = []\n"
      "        self.cyclic.append(self.cyclic)\n"
      "        self.given = None\n"
      "    @property\n"
      "    def failing(self):\n"
      "        raise ValueError('it fails')\n"
      "    @property\n"
      "    def missing_inside(self):\n"
      "        return self.no_such_thing\n"
      "    @property\n"
      "    def fixed(self):\n"
      "        return 1\n"
      "    def give(self, *args, **kwargs):\n"
      "        self.given = [list(args), kwargs]\n"
      "        return self.given\n"
      "    def fail(self, how='raise'):\n"
      "        if how == 'exit':\n"
      "            raise SystemExit(9)\n"
      "        if how == 'recursion':\n"
      "            return self.fail(how)\n"
      "        if how == 'memory':\n"
      "            raise MemoryError\n"
      "        if how == 'interrupt':\n"
      "            raise KeyboardInterrupt\n"
      "        raise gymnasium.error.InvalidAction('no ' + how)\n"
      "gymnasium.register('gogym_c/Rich-v0', Rich, order_enforce=False, disable_env_checker=True)\n");
}

/* ------------------------------------------------------------------------------------- values */

static void check_json(const char *name, const char *expected) {
  char text[500] = "";
  gym_value *value = NULL;
  if (!CHECK_OK(gym_get_attr(env, name, &value, &err), err)) return;
  CHECK_OK(gym_value_to_json(value, text, sizeof text, NULL, &err), err);
  if (!CHECK_STR(text, expected)) fprintf(stderr, "  %s\n", name);
  gym_value_free(value);
}

static void test_values(void) {
  check_json("text", "\"caf\xc3\xa9\"");
  check_json("unwrapped.text", "\"caf\xc3\xa9\"");
  check_json("number", "1099511627776");
  check_json("fraction", "0.5");
  check_json("nothing", "null");
  check_json("flag_", "true");
  check_json("array", "[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]");
  check_json("tree", "{\"a\": [1, [2, 3]], \"b\": {\"c\": [120]}}");
  check_json("array.shape", "[2, 3]");
  check_json("array.T.dtype.name", "\"float32\"");
}

static void test_odd_values(void) {
  static const char *const names[] = {"big",    "object", "nul",       "surrogate",
                                      "cyclic", "give",   "unwrapped", "observation_space",
                                      "spec",   "array",  "metadata",  "np_random"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    gym_value *value = NULL;
    if (!CHECK_OK(gym_get_attr(env, names[i], &value, &err), err)) continue;
    size_t nbytes = 0;
    CHECK(gym_value_block(value, &nbytes) != NULL && nbytes > 0);
    if (i == 0) CHECK_STR(gym_value_string(value, NULL), "1267650600228229401496703205376");
    if (i < 2) CHECK_INT(gym_value_kind(value), GYM_KIND_OTHER);
    gym_value_free(value);
  }
}

/* ------------------------------------------------------------------------------------- names */

static const struct {
  const char *name;
  int expected;
  const char *needle;
} bad_names[] = {
    {"", GYM_ERR_ATTRIBUTE, "empty"},
    {".", GYM_ERR_ATTRIBUTE, "empty"},
    {"a.", GYM_ERR_ATTRIBUTE, "empty"},
    {".a", GYM_ERR_ATTRIBUTE, "empty"},
    {"unwrapped..drawn", GYM_ERR_ATTRIBUTE, "empty"},
    {"a b", GYM_ERR_ATTRIBUTE, "a b"},
    {"tree['a']", GYM_ERR_ATTRIBUTE, "tree"},
    {"give()", GYM_ERR_ATTRIBUTE, "give"},
    {"1", GYM_ERR_ATTRIBUTE, "1"},
    {"\xff\xfe", GYM_ERR_ATTRIBUTE, "xff"},
    {"text\n", GYM_ERR_ATTRIBUTE, "text"},
    {"_hidden", GYM_ERR_ATTRIBUTE, "private"},
    {"unwrapped._hidden", GYM_ERR_ATTRIBUTE, "private"},
    {"__class__", GYM_ERR_ATTRIBUTE, "private"},
    {"give.__globals__", GYM_ERR_ATTRIBUTE, "private"},
    {"\xef\xbc\xbf_class__", GYM_ERR_ATTRIBUTE,
     "private"}, /* a wide underscore, which Python takes for one */
};

static void test_bad_names(void) {
  static char long_name[50001];
  memset(long_name, 'n', sizeof long_name - 1);
  for (size_t i = 0; i <= sizeof bad_names / sizeof *bad_names; i++) {
    const int is_long = i == sizeof bad_names / sizeof *bad_names;
    const char *name = is_long ? long_name : bad_names[i].name;
    const int expected = is_long ? GYM_ERR_ATTRIBUTE : bad_names[i].expected;
    const char *needle = is_long ? "nnnn" : bad_names[i].needle;
    gym_value *value;
    int flag;
    FILL(value), FILL(flag);
    int good = 1;
    if (!is_long) good &= CHECK_FAILURE(gym_has_attr(env, name, &flag, &err), expected, err, needle);
    good &= CHECK_FAILURE(gym_get_attr(env, name, &value, &err), expected, err, needle);
    if (!is_long) good &= CHECK_FAILURE(gym_set_attr(env, name, "1", &err), expected, err, needle);
    good &= CHECK_FAILURE(gym_call(env, name, NULL, &value, &err), expected, err, needle);
    good &= CHECK_FAILURE(gym_call(env, name, "[]", NULL, &err), expected, err, needle);
    if (!good) fprintf(stderr, "  name %zu\n", i);
    if (!is_long) CHECK_UNTOUCHED(flag);
    CHECK_UNTOUCHED(value);
  }
}

static void test_missing(void) {
  gym_value *value;
  int flag = -1;
  FILL(value);
  CHECK_OK(gym_has_attr(env, "no_such_thing", &flag, &err), err);
  CHECK_INT(flag, 0);
  CHECK_OK(gym_has_attr(env, "text.no_such_thing.more", &flag, &err), err);
  CHECK_INT(flag, 0);
  CHECK_OK(gym_has_attr(env, "unwrapped.text", &flag, &err), err);
  CHECK_INT(flag, 1);
  CHECK_FAILURE(gym_get_attr(env, "no_such_thing", &value, &err), GYM_ERR_ATTRIBUTE, err, "no_such_thing");
  CHECK_FAILURE(gym_get_attr(env, "text.no_such_thing", &value, &err), GYM_ERR_ATTRIBUTE, err,
                "no_such_thing");
  CHECK_FAILURE(gym_call(env, "no_such_thing", NULL, &value, &err), GYM_ERR_ATTRIBUTE, err, "no_such_thing");
  CHECK_FAILURE(gym_call(env, "text", NULL, &value, &err), GYM_ERR_ATTRIBUTE, err, "called");
  CHECK_FAILURE(gym_set_attr(env, "no_such.thing", "1", &err), GYM_ERR_ATTRIBUTE, err, "no_such");
  CHECK_FAILURE(gym_set_attr(env, "unwrapped.fixed", "1", &err), GYM_ERR_PYTHON, err,
                "fixed"); /* what setting it raises */
  CHECK_STR(err.type, "AttributeError");
  CHECK_FAILURE(gym_set_attr(env, "text.upper", "1", &err), GYM_ERR_PYTHON, err, "upper");
  CHECK_UNTOUCHED(value);
}

static void test_private(void) {
  gym_value *value = NULL;
  int64_t number = 0;
  CHECK_OK(gym_get_attr(private_env, "unwrapped._hidden", &value, &err), err);
  CHECK_OK(gym_value_int64(value, &number, &err), err);
  CHECK_INT(number, 7);
  gym_value_free(value);
  CHECK_OK(gym_set_attr(private_env, "unwrapped._hidden", "8", &err), err);
  CHECK_OK(gym_call(private_env, "unwrapped.__class__.__name__.__len__", NULL, &value, &err), err);
  CHECK_OK(gym_value_int64(value, &number, &err), err);
  CHECK_INT(number, 4);
  gym_value_free(value);
  gym_env out;
  FILL(out);
  CHECK_FAILURE(gym_make("gogym_c/Rich-v0", "{\"gogym\": {\"private\": 1}}", &out, &err), GYM_ERR_JSON, err,
                "private");
  CHECK_UNTOUCHED(out);
  /* It stays with the environment that is wrapped. */
  CHECK_OK(gym_wrap(private_env, "{\"name\": \"FlattenObservation\"}", &private_env, &err), err);
  CHECK_OK(gym_get_attr(private_env, "unwrapped._hidden", &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_wrap(env, "{\"name\": \"FlattenObservation\"}", &env, &err), err);
  CHECK_FAILURE(gym_get_attr(env, "_hidden", &value, &err), GYM_ERR_ATTRIBUTE, err, "private");
}

/* ------------------------------------------------------------------------------------- JSON, NULL */

static void test_bad_arguments(void) {
  gym_value *value;
  int flag;
  FILL(value), FILL(flag);
  static const char *const bad[] = {"",     "[", "{\"a\"", "[1,]", "NaN", "[\"\xff\"]", "{\"__tuple__\": 1}",
                                    "[1] 2"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK_FAILURE(gym_set_attr(env, "given", bad[i], &err), GYM_ERR_JSON, err, "");
    CHECK_FAILURE(gym_call(env, "give", bad[i], &value, &err), GYM_ERR_JSON, err, "");
  }
  static const char *const no_arguments[] = {"7", "\"text\"", "null", "true", "{\"*\": 7}"};
  for (size_t i = 0; i < sizeof no_arguments / sizeof *no_arguments; i++)
    CHECK_FAILURE(gym_call(env, "give", no_arguments[i], &value, &err), GYM_ERR_JSON, err, "");
  CHECK_FAILURE(gym_has_attr(env, NULL, &flag, &err), GYM_ERR_ARGUMENT, err, "\"name\"");
  CHECK_FAILURE(gym_has_attr(env, "a", NULL, &err), GYM_ERR_ARGUMENT, err, "\"out\"");
  CHECK_FAILURE(gym_get_attr(env, NULL, &value, &err), GYM_ERR_ARGUMENT, err, "\"name\"");
  CHECK_FAILURE(gym_get_attr(env, "a", NULL, &err), GYM_ERR_ARGUMENT, err, "\"out\"");
  CHECK_FAILURE(gym_set_attr(env, NULL, "1", &err), GYM_ERR_ARGUMENT, err, "\"name\"");
  CHECK_FAILURE(gym_set_attr(env, "a", NULL, &err), GYM_ERR_ARGUMENT, err, "\"value\"");
  CHECK_FAILURE(gym_call(env, NULL, NULL, &value, &err), GYM_ERR_ARGUMENT, err, "\"name\"");
  CHECK_UNTOUCHED(value), CHECK_UNTOUCHED(flag);
  check_json("given", "null"); /* nothing was called or set */
}

static void test_calls(void) {
  static const struct {
    const char *arguments, *given;
  } cases[] = {
      {NULL, "[[], {}]"},
      {"[]", "[[], {}]"},
      {"{}", "[[], {}]"},
      {"[1, [2, 3], \"x\"]", "[[1, [2, 3], \"x\"], {}]"},
      {"{\"a\": 1}", "[[], {\"a\": 1}]"},
      {"{\"*\": [1], \"a\": 2}", "[[1], {\"a\": 2}]"},
      {"{\"__tuple__\": [1, 2]}", "[[1, 2], {}]"},
      {"[{\"__ndarray__\": [1, 2], \"dtype\": \"int8\"}]", "[[[1, 2]], {}]"},
      {"[{\"__float__\": \"inf\"}]", "[[\"inf\"], {}]"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[500] = "";
    gym_value *value = NULL;
    if (!CHECK_OK(gym_call(env, "give", cases[i].arguments, &value, &err), err)) continue;
    CHECK_OK(gym_value_to_json(value, text, sizeof text, NULL, &err), err);
    CHECK_STR(text, cases[i].given);
    gym_value_free(value);
    CHECK_OK(gym_call(env, "give", cases[i].arguments, NULL, &err), err); /* nobody wants the result */
  }
  CHECK_OK(gym_set_attr(env, "unwrapped.given", "{\"__tuple__\": [1, null]}", &err), err);
  check_json("given", "[1, null]");
  CHECK_OK(gym_set_attr(env, "unwrapped.given", "null", &err), err);
}

/* ------------------------------------------------------------------------------------- code that fails */

static void test_failing_code(void) {
  gym_value *value;
  int flag;
  FILL(value), FILL(flag);
  CHECK_FAILURE(gym_get_attr(env, "failing", &value, &err), GYM_ERR_PYTHON, err, "it fails");
  CHECK_STR(err.type, "ValueError");
  CHECK(strstr(err.traceback, "it fails") != NULL);
  CHECK_FAILURE(gym_has_attr(env, "unwrapped.failing", &flag, &err), GYM_ERR_PYTHON, err, "it fails");
  CHECK_FAILURE(gym_get_attr(env, "unwrapped.missing_inside", &value, &err), GYM_ERR_PYTHON, err,
                "no_such_thing");
  CHECK_FAILURE(gym_call(env, "fail", NULL, &value, &err), GYM_ERR_INVALID_ACTION, err, "no raise");
  CHECK_FAILURE(gym_call(env, "fail", "[\"exit\"]", &value, &err), GYM_ERR_SYSTEM_EXIT, err, "9");
  CHECK_FAILURE(gym_call(env, "fail", "[\"recursion\"]", &value, &err), GYM_ERR_RECURSION, err, "recursion");
  CHECK_FAILURE(gym_call(env, "fail", "[\"memory\"]", &value, &err), GYM_ERR_MEMORY, err, "Memory");
  CHECK_FAILURE(gym_call(env, "fail", "{\"how\": \"interrupt\"}", &value, &err), GYM_ERR_INTERRUPTED, err,
                "Keyboard");
  CHECK_FAILURE(gym_call(env, "fail", "{\"wrong\": 1}", &value, &err), GYM_ERR_PYTHON, err, "wrong");
  CHECK_UNTOUCHED(value), CHECK_UNTOUCHED(flag);
}

int main(void) {
  use_test_envs();
  CHECK_OK(gym_init(NULL, &err), err);
  register_plain();
  register_attributes();
  for (int bound = 0; bound < 2; bound++) {
    char options[200];
    snprintf(options, sizeof options, "{\"render_mode\": %s}", bound ? "\"rgb_array\"" : "null");
    env = open_env("gogym_c/Rich-v0", options);
    private_env = open_env("gogym_c/Rich-v0", "{\"gogym\": {\"private\": true}}");
    CHECK_OK(reset_plain(env, &err), err);
    test_odd_values();
    test_bad_names();
    test_missing();
    test_bad_arguments();
    test_calls();
    test_failing_code();
    test_private();
    test_values();
    CHECK_OK(gym_close(env, &err), err);
    CHECK_OK(gym_close(private_env, &err), err);
  }
  return around_summary();
}
