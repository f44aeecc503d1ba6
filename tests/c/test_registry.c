/* The registry, modules, versions and check_env from C: what they give, and arguments that make no sense. */
#define _GNU_SOURCE
#include "around.h"

static gym_error err = GYM_ERROR_INIT;

static int contains(const gym_value *list, const char *text) {
  for (size_t i = 0; i < gym_value_count(list); i++) {
    const char *item = gym_value_string(gym_value_at(list, i), NULL);
    if (item && strcmp(item, text) == 0) return 1;
  }
  return 0;
}

/* ------------------------------------------------------------------------------------- ids */

static void test_list(void) {
  gym_value *all = NULL, *some = NULL;
  CHECK_OK(gym_list_envs(NULL, &all, &err), err); /* before anything else: it starts Python */
  CHECK_INT(gym_value_kind(all), GYM_KIND_LIST);
  CHECK(contains(all, "CartPole-v1") && contains(all, "Ant-v5") && contains(all, "FrozenLake-v1"));
  for (size_t i = 1; i < gym_value_count(all); i++)
    CHECK(strcmp(gym_value_string(gym_value_at(all, i - 1), NULL),
                 gym_value_string(gym_value_at(all, i), NULL)) < 0);
  static const struct {
    const char *pattern, *in, *out;
  } cases[] = {
      {"cartpole", "CartPole-v1", "Ant-v5"},
      {"CART", "CartPole-v0", "Ant-v5"},
      {"*-v5", "Ant-v5", "CartPole-v1"},
      {"CartPole-v?", "CartPole-v0", NULL},
      {"[CA]*", "Ant-v5", "FrozenLake-v1"},
      {"ALE/P*", "ALE/Pong-v5", "Ant-v5"},
      {"*", "CartPole-v1", NULL},
      {"", "CartPole-v1", NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (!CHECK_OK(gym_list_envs(cases[i].pattern, &some, &err), err)) continue;
    if (!CHECK(contains(some, cases[i].in))) fprintf(stderr, "  pattern %s\n", cases[i].pattern);
    if (cases[i].out && !CHECK(!contains(some, cases[i].out)))
      fprintf(stderr, "  pattern %s\n", cases[i].pattern);
    gym_value_free(some);
  }
  static const char *const nothing[] = {"no such thing", "[", "[!", "?", "\xc3\xa9", "\n"};
  for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
    if (!CHECK_OK(gym_list_envs(nothing[i], &some, &err), err)) continue;
    CHECK_INT(gym_value_count(some), 0);
    gym_value_free(some);
  }
  FILL(some);
  CHECK_FAILURE(gym_list_envs("\xff", &some, &err), GYM_ERR_ARGUMENT, err, "UTF-8");
  CHECK_FAILURE(gym_list_envs(NULL, NULL, &err), GYM_ERR_ARGUMENT, err, "\"out\"");
  CHECK_UNTOUCHED(some);
  gym_value_free(all);
}

static void test_spec(void) {
  static const char *const keys[] = {
      "id",
      "namespace",
      "name",
      "version",
      "versions",
      "entry_point",
      "reward_threshold",
      "nondeterministic",
      "max_episode_steps",
      "order_enforce",
      "disable_env_checker",
      "kwargs",
      "additional_wrappers",
      "vector_entry_point",
  };
  gym_value *spec = NULL;
  int64_t number = 0;
  CHECK_OK(gym_spec("CartPole-v1", &spec, &err), err);
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) CHECK(gym_value_get(spec, keys[i]) != NULL);
  CHECK_INT(gym_value_count(spec), sizeof keys / sizeof *keys);
  CHECK_STR(gym_value_string(gym_value_get(spec, "id"), NULL), "CartPole-v1");
  CHECK_OK(gym_value_int64(gym_value_get(spec, "max_episode_steps"), &number, &err), err);
  CHECK_INT(number, 500);
  gym_value_free(spec);
  CHECK_OK(gym_spec("CartPole", &spec, &err), err); /* the latest */
  CHECK_STR(gym_value_string(gym_value_get(spec, "id"), NULL), "CartPole-v1");
  gym_value_free(spec);
  CHECK_OK(gym_spec(TEST_ENV("Noop"), &spec, &err), err); /* imports the module */
  CHECK_STR(gym_value_string(gym_value_get(spec, "namespace"), NULL), "gogym_test");
  gym_value_free(spec);

  /* Arguments that are no plain values. */
  run_python(
      "gymnasium.register('gogym_c/Odd-v0', Plain, max_episode_steps=np.int64(7), "
      "reward_threshold=np.float32(2),\n"
      "    kwargs={'a': np.int8(3), 'b': np.arange(3), 'c': lambda: 1, 'd': {1: (2, None)}, 'e': 2**70})\n");
  CHECK_OK(gym_spec("gogym_c/Odd-v0", &spec, &err), err);
  CHECK_OK(gym_value_int64(gym_value_get(spec, "max_episode_steps"), &number, &err), err);
  CHECK_INT(number, 7);
  CHECK_OK(gym_value_int64(gym_value_get(gym_value_get(spec, "kwargs"), "a"), &number, &err), err);
  CHECK_INT(number, 3);
  CHECK_INT(gym_value_kind(gym_value_get(gym_value_get(spec, "kwargs"), "c")), GYM_KIND_OTHER);
  gym_value_free(spec);

  FILL(spec);
  CHECK_FAILURE(gym_spec("CartPol-v1", &spec, &err), GYM_ERR_NAME_NOT_FOUND, err, "CartPole");
  CHECK_STR(err.type, "gymnasium.error.NameNotFound");
  CHECK_FAILURE(gym_spec("CartPole-v99", &spec, &err), GYM_ERR_VERSION_NOT_FOUND, err, "v1");
  CHECK_FAILURE(gym_spec("Nowhere/X-v0", &spec, &err), GYM_ERR_NAMESPACE_NOT_FOUND, err, "Nowhere");
  CHECK_FAILURE(gym_spec("no_such_module:X-v0", &spec, &err), GYM_ERR_IMPORT, err, "no_such_module");
  CHECK_FAILURE(gym_spec("gogym_test_envs:gogym_test/Nop-v0", &spec, &err), GYM_ERR_NAME_NOT_FOUND, err,
                "Noop");
  CHECK_FAILURE(gym_spec("", &spec, &err), GYM_ERR_GYMNASIUM, err, "");
  CHECK_FAILURE(gym_spec("not an id", &spec, &err), GYM_ERR_GYMNASIUM, err, "not an id");
  CHECK_FAILURE(gym_spec("a\xff", &spec, &err), GYM_ERR_ARGUMENT, err, "UTF-8");
  CHECK_FAILURE(gym_spec(NULL, &spec, &err), GYM_ERR_ARGUMENT, err, "\"id\"");
  CHECK_FAILURE(gym_spec("CartPole-v1", NULL, &err), GYM_ERR_ARGUMENT, err, "\"out\"");
  CHECK_UNTOUCHED(spec);
}

static void test_register(void) {
  gym_transition t;
  CHECK_OK(gym_register_env(
               "gogym_c/Mine-v3",
               "{\"entry_point\": \"__main__:Plain\", \"max_episode_steps\": 2, \"kwargs\": {\"space\": "
               "\"text\"}, \"order_enforce\": false, \"disable_env_checker\": true}",
               &err),
           err);
  gym_env env = open_env("gogym_c/Mine-v3", NULL);
  CHECK_OK(reset_plain(env, &err), err);
  CHECK_OK(step_plain(env, &t, &err), err);
  CHECK_INT(t.truncated, 0);
  CHECK_OK(step_plain(env, &t, &err), err);
  CHECK_INT(t.truncated, 1);
  CHECK_OK(gym_close(env, &err), err);
  gym_value *spec = NULL;
  CHECK_OK(gym_spec("gogym_c/Mine", &spec, &err), err);
  CHECK_STR(gym_value_string(gym_value_get(spec, "id"), NULL), "gogym_c/Mine-v3");
  gym_value_free(spec);

  static const struct {
    const char *id, *options;
    int expected;
    const char *needle;
  } bad[] = {
      {"gogym_c/Mine-v3", "{\"entry_point\": \"__main__:Plain\"}", GYM_ERR_REGISTRATION, "gogym_c/Mine-v3"},
      {"CartPole-v1", "{\"entry_point\": \"__main__:Plain\"}", GYM_ERR_REGISTRATION, "CartPole-v1"},
      {"", "{\"entry_point\": \"__main__:Plain\"}", GYM_ERR_REGISTRATION, ""},
      {"not an id", "{\"entry_point\": \"__main__:Plain\"}", GYM_ERR_REGISTRATION, "not an id"},
      {"a/b/C-v0", "{\"entry_point\": \"__main__:Plain\"}", GYM_ERR_REGISTRATION, "a/b/C-v0"},
      {"a\xff-v0", "{\"entry_point\": \"__main__:Plain\"}", GYM_ERR_ARGUMENT, "UTF-8"},
      {"gogym_c/X-v0", "{}", GYM_ERR_REGISTRATION, "entry_point"},
      {"gogym_c/X-v0", "{\"entry_point\": null}", GYM_ERR_REGISTRATION, "entry_point"},
      {"gogym_c/X-v0", "{\"entry_point\": \"no_such_module:X\"}", GYM_ERR_REGISTRATION, "no_such_module"},
      {"gogym_c/X-v0", "{\"entry_point\": \"__main__:NoSuchClass\"}", GYM_ERR_REGISTRATION, "NoSuchClass"},
      {"gogym_c/X-v0", "{\"entry_point\": 7}", GYM_ERR_JSON, "entry_point"},
      {"gogym_c/X-v0", "{\"entry_point\": \"nothing\"}", GYM_ERR_JSON, "nothing"},
      {"gogym_c/X-v0", "{\"entry_point\": \"__main__:Plain\", \"more\": 1}", GYM_ERR_JSON, "more"},
      {"gogym_c/X-v0", "{\"entry_point\": \"__main__:Plain\", \"max_episode_steps\": -1}", GYM_ERR_JSON,
       "-1"},
      {"gogym_c/X-v0", "{\"entry_point\": \"__main__:Plain\", \"kwargs\": [1]}", GYM_ERR_JSON, "kwargs"},
      {"gogym_c/X-v0", "", GYM_ERR_JSON, "JSON"},
      {"gogym_c/X-v0", "[]", GYM_ERR_JSON, "[]"},
      {"gogym_c/X-v0", "null", GYM_ERR_JSON, "null"},
      {"gogym_c/X-v0", "{\"entry_point\":", GYM_ERR_JSON, "column"},
      {"gogym_c/X-v0", "{\"a\xff\": 1}", GYM_ERR_JSON, "UTF-8"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (!CHECK_FAILURE(gym_register_env(bad[i].id, bad[i].options, &err), bad[i].expected, err,
                       bad[i].needle))
      fprintf(stderr, "  %s %s\n", bad[i].id, bad[i].options);
  CHECK_FAILURE(gym_register_env(NULL, "{}", &err), GYM_ERR_ARGUMENT, err, "\"id\"");
  CHECK_FAILURE(gym_register_env("X-v0", NULL, &err), GYM_ERR_ARGUMENT, err, "\"options\"");
  CHECK_FAILURE(gym_spec("gogym_c/X-v0", &spec, &err), GYM_ERR_NAME_NOT_FOUND, err, "X");
  /* CartPole is still CartPole. */
  CHECK_OK(gym_spec("CartPole-v1", &spec, &err), err);
  CHECK(strstr(gym_value_string(gym_value_get(spec, "entry_point"), NULL), "CartPole") != NULL);
  gym_value_free(spec);
}

/* ------------------------------------------------------------------------------------- modules */

static void write_file(const char *path, const char *content) {
  FILE *file = fopen(path, "w");
  if (!CHECK(file != NULL)) exit(1);
  fputs(content, file);
  fclose(file);
}

static void test_import(void) {
  char folder[] = "/tmp/gogym-test-XXXXXX", path[200], raising[200];
  if (!CHECK(mkdtemp(folder) != NULL)) return;
  snprintf(path, sizeof path, "%s/plug_in_of_test.py", folder);
  snprintf(raising, sizeof raising, "%s/raising_of_test.py", folder);
  write_file(path,
             "import gymnasium\n"
             "class Made(gymnasium.Env):\n"
             "    observation_space = action_space = gymnasium.spaces.Discrete(2)\n"
             "gymnasium.register('gogym_c/PluggedIn-v0', Made)\n");
  write_file(raising, "raise ValueError('not today')\n");
  gym_value *spec = NULL;
  CHECK_FAILURE(gym_spec("gogym_c/PluggedIn-v0", &spec, &err), GYM_ERR_NAME_NOT_FOUND, err, "PluggedIn");
  CHECK_OK(gym_import(path, &err), err);
  CHECK_OK(gym_import(path, &err), err); /* nothing more */
  CHECK_OK(gym_spec("gogym_c/PluggedIn-v0", &spec, &err), err);
  gym_value_free(spec);
  CHECK_OK(gym_import("json.decoder", &err), err);
  CHECK_FAILURE(gym_import(raising, &err), GYM_ERR_PYTHON, err, "not today");
  CHECK_STR(err.type, "ValueError");
  CHECK_FAILURE(gym_import("no_such_module", &err), GYM_ERR_IMPORT, err, "no_such_module");
  CHECK_FAILURE(gym_import("json.no_such", &err), GYM_ERR_IMPORT, err, "no_such");
  CHECK_FAILURE(gym_import("/no/such/file.py", &err), GYM_ERR_IMPORT, err, "/no/such/file.py");
  CHECK(gym_import("", &err) != GYM_OK);
  CHECK(gym_import(".", &err) != GYM_OK);
  CHECK(gym_import("not a module", &err) != GYM_OK);
  CHECK(gym_import(folder, &err) != GYM_OK);
  CHECK_FAILURE(gym_import("a\xff", &err), GYM_ERR_ARGUMENT, err, "UTF-8");
  CHECK_FAILURE(gym_import(NULL, &err), GYM_ERR_ARGUMENT, err, "\"module\"");
  char remove[200]; /* with what Python has left there */
  snprintf(remove, sizeof remove, "import shutil\nshutil.rmtree('%s')\n", folder);
  run_python(remove);
}

static void test_versions(void) {
  gym_value *versions = NULL;
  static const char *const names[] = {"gogym", "python", "numpy", "gymnasium", "mujoco"};
  CHECK_OK(gym_versions(&versions, &err), err);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *text = gym_value_string(gym_value_get(versions, names[i]), NULL);
    CHECK(text && text[0] >= '0' && text[0] <= '9');
  }
  CHECK_STR(gym_value_string(gym_value_get(versions, "gogym"), NULL), gym_version());
  gym_value_free(versions);
  CHECK_FAILURE(gym_versions(NULL, &err), GYM_ERR_ARGUMENT, err, "\"out\"");
}

/* ------------------------------------------------------------------------------------- check_env */

static void test_check(void) {
  gym_value *findings = NULL;
  gym_transition t;
  gym_env env = open_env("CartPole-v1", NULL);
  CHECK_OK(gym_check_env(env, "{\"skip_render_check\": true}", &findings, &err), err);
  CHECK_INT(gym_value_kind(findings), GYM_KIND_LIST);
  for (size_t i = 0; i < gym_value_count(findings); i++) /* of its bounds, as Gymnasium likes to say */
    CHECK_STR(gym_value_string(gym_value_get(gym_value_at(findings, i), "level"), NULL), "warning");
  gym_value_free(findings);
  CHECK_OK(reset_plain(env, &err), err);
  CHECK_OK(step_plain(env, &t, &err), err);
  CHECK_OK(gym_close(env, &err), err);

  run_python(
      "class Wrong(gymnasium.Env):\n"
      "    observation_space = spaces.Box(0, 1, (2,), np.float32)\n"
      "    action_space = spaces.Discrete(2)\n"
      "    def reset(self, *, seed=None, options=None):\n"
      "        super().reset(seed=seed)\n"
      "        return np.array([5, 5], np.float32), {}\n"
      "    def step(self, action):\n"
      "        return np.array([5, 5], np.float32), 1.0, False, False, {}\n"
      "gymnasium.register('gogym_c/Wrong-v0', Wrong, order_enforce=False, disable_env_checker=True)\n");
  for (int bound = 0; bound < 2; bound++) {
    env = bound ? open_plain("", 1, TRANSFORM_REWARD("identity")) : open_env("gogym_c/Wrong-v0", NULL);
    CHECK_OK(gym_check_env(env, NULL, &findings, &err), err);
    CHECK(gym_value_count(findings) > 0);
    for (size_t i = 0; i < gym_value_count(findings); i++) {
      const gym_value *finding = gym_value_at(findings, i);
      const char *level = gym_value_string(gym_value_get(finding, "level"), NULL);
      CHECK(level && (strcmp(level, "warning") == 0 || strcmp(level, "error") == 0));
      CHECK(gym_value_count(gym_value_get(finding, "type")) > 0 &&
            gym_value_count(gym_value_get(finding, "message")) > 0);
    }
    const gym_value *last = gym_value_at(findings, gym_value_count(findings) - 1);
    if (!bound) CHECK_STR(gym_value_string(gym_value_get(last, "level"), NULL), "error");
    gym_value_free(findings);
    CHECK_OK(reset_plain(env, &err), err);
    FILL(findings);
    static const char *const bad[] = {
        "", "[", "[]", "7", "null", "{\"more\": true}", "{\"skip_close_check\": 1}", "\"\xff\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
      CHECK_FAILURE(gym_check_env(env, bad[i], &findings, &err), GYM_ERR_JSON, err, "");
    CHECK_FAILURE(gym_check_env(env, NULL, NULL, &err), GYM_ERR_ARGUMENT, err, "\"out\"");
    CHECK_UNTOUCHED(findings);
    CHECK_OK(gym_close(env, &err), err);
  }
}

/* ------------------------------------------------------------------------------------- at once */

static void *look_around(void *argument) {
  const int self = *(const int *)argument;
  gym_error own = GYM_ERROR_INIT;
  char id[50];
  for (int i = 0; i < 30; i++) {
    gym_value *value = NULL;
    snprintf(id, sizeof id, "gogym_c/Many%dx%d-v0", self, i);
    CHECK_OK(gym_register_env(id, "{\"entry_point\": \"__main__:Plain\"}", &own), own);
    CHECK_OK(gym_list_envs("gogym_c/*", &value, &own), own);
    CHECK(contains(value, id));
    gym_value_free(value);
    CHECK_OK(gym_spec(id, &value, &own), own);
    gym_value_free(value);
    CHECK_OK(gym_versions(&value, &own), own);
    gym_value_free(value);
    CHECK_OK(gym_import("json", &own), own);
    int code = gym_register_env("gogym_c/OnlyOne-v0", "{\"entry_point\": \"__main__:Plain\"}", &own);
    CHECK(code == GYM_OK || code == GYM_ERR_REGISTRATION);
  }
  return NULL;
}

int main(void) {
  int numbers[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  team threads;
  use_test_envs();
  test_list();
  register_plain();
  CHECK_OK(gym_add_reward_callback("identity", callback_of_nobody, NULL, &err), err);
  test_spec();
  test_register();
  test_import();
  test_versions();
  test_check();
  start_team(&threads, 8, look_around, numbers, sizeof *numbers);
  join_team(&threads);
  CHECK_OK(gym_remove_callback("identity", &err), err);
  return around_summary();
}
