/* Wrappers by gym_make's options and by gym_wrap: the old handle and the new one, order, sizes, failures.
 * What each wrapper does is tested in Python. */
#define _GNU_SOURCE
#include "around.h"

static gym_error err = GYM_ERROR_INIT;

static size_t observation_size(gym_env env) {
  size_t size = 0;
  CHECK_OK(gym_observation_size(env, &size, &err), err);
  return size;
}

static gym_env wrap(gym_env env, const char *wrappers) {
  gym_env out = {0};
  if (!CHECK_OK(gym_wrap(env, wrappers, &out, &err), err)) exit(1);
  return out;
}

/* The class of the outermost wrapper. */
static void check_outermost(gym_env env, const char *name) {
  gym_value *value = NULL;
  if (!CHECK_OK(gym_call(env, "class_name", NULL, &value, &err), err)) return;
  CHECK_STR(gym_value_string(value, NULL), name);
  gym_value_free(value);
}

static void test_old_handle(int bound) {
  gym_env env = open_plain("", bound, ""), old = env;
  CHECK_OK(reset_plain(env, &err), err);
  env = wrap(env, "{\"name\": \"FrameStackObservation\", \"stack_size\": 4}");
  CHECK(env.id != old.id);
  check_every_env_call(old, GYM_ERR_HANDLE, "wrapped");
  CHECK_FAILURE(gym_close(old, &err), GYM_ERR_HANDLE, err, "wrapped");
  CHECK_INT(observation_size(env), 12);
  CHECK_FAILURE(gym_wrap(old, "[]", &old, &err), GYM_ERR_HANDLE, err, "wrapped");
  /* Again and again, also into the variable of the old handle. */
  for (int i = 0; i < 20; i++) {
    gym_env before = env;
    CHECK_OK(gym_wrap(env, "[{\"name\": \"FlattenObservation\"}]", &env, &err), err);
    check_free_env_calls(before, GYM_ERR_HANDLE, "wrapped");
  }
  double obs[12];
  gym_transition t;
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 12, &err), err);
  CHECK_OK(step_plain(env, &t, &err), err);
  CHECK(t.reward == 1);
  CHECK_OK(gym_close(env, &err), err);
  CHECK_FAILURE(gym_close(env, &err), GYM_ERR_HANDLE, err, "");
}

/* The first one is innermost, in both ways, and in both at once. */
static void test_order(void) {
  static const char inner[] = "{\"name\": \"RescaleObservation\", \"min_obs\": 0, \"max_obs\": 1}";
  static const char outer[] = "{\"name\": \"FrameStackObservation\", \"stack_size\": 2}";
  char both[300];
  gym_value *space = NULL;
  gym_array low = GYM_ARRAY_INIT;
  snprintf(both, sizeof both, "%s, %s", inner, outer);
  gym_env envs[3] = {open_plain("", 0, both), open_plain("", 0, ""), open_plain("", 0, inner)};
  snprintf(both, sizeof both, "[%s, %s]", inner, outer);
  envs[1] = wrap(envs[1], both);
  envs[2] = wrap(envs[2], outer);
  for (int i = 0; i < 3; i++) {
    double obs[6];
    check_outermost(envs[i], "FrameStackObservation");
    CHECK_INT(observation_size(envs[i]), 6);
    CHECK_OK(gym_reset(envs[i], NULL, NULL, obs, 6, &err), err);
    CHECK(obs[0] == 0.5 && obs[5] == 0.5); /* 0 in the middle of -9 ... 9 */
    CHECK_OK(gym_observation_space(envs[i], &space, &err), err);
    CHECK_OK(gym_value_array(gym_value_get(space, "low"), &low, &err), err);
    CHECK(low.ndim == 2 && low.shape[0] == 2 && ((const float *)low.data)[0] == 0);
    gym_value_free(space);
    CHECK_OK(gym_close(envs[i], &err), err);
  }
}

/* Sizes and spaces are those of the wrapped one; a space handle of before stays what it was. */
static void test_sizes(void) {
  gym_space before = {0}, after = {0};
  size_t size = 0;
  gym_env env = open_plain("\"space\": \"image\", ", 0, "");
  CHECK_OK(gym_space_of_observations(env, &before, &err), err);
  CHECK_OK(gym_observation_nbytes(env, &size, &err), err);
  CHECK_INT(size, 90);
  env = wrap(env, "{\"name\": \"GrayscaleObservation\", \"keep_dim\": true}");
  CHECK_OK(gym_observation_nbytes(env, &size, &err), err);
  CHECK_INT(size, 30);
  env = wrap(env, "[{\"name\": \"DtypeObservation\", \"dtype\": \"float32\"}]");
  CHECK_OK(gym_observation_nbytes(env, &size, &err), err);
  CHECK_INT(size, 120);
  CHECK_OK(gym_space_of_observations(env, &after, &err), err);
  CHECK_OK(gym_space_nbytes(before, &size, &err), err);
  CHECK_INT(size, 90);
  CHECK_OK(gym_space_nbytes(after, &size, &err), err);
  CHECK_INT(size, 120);
  CHECK_OK(gym_close(env, &err), err);
  CHECK_OK(gym_space_nbytes(after, &size, &err), err);
  CHECK_OK(gym_space_close(before, &err), err);
  CHECK_OK(gym_space_close(after, &err), err);
}

/* ------------------------------------------------------------------------------------- failures */

static const struct {
  const char *wrappers;
  int expected;
  const char *needle;
} bad[] = {
    {"", GYM_ERR_JSON, "JSON"},
    {"{\"name\":", GYM_ERR_JSON, "column"},
    {"7", GYM_ERR_JSON, "7"},
    {"[7]", GYM_ERR_JSON, "7"},
    {"[[]]", GYM_ERR_JSON, "[]"},
    {"{}", GYM_ERR_JSON, "name"},
    {"{\"name\": 5}", GYM_ERR_JSON, "5"},
    {"{\"name\": \"\"}", GYM_ERR_JSON, ""},
    {"{\"name\": \"\xff\"}", GYM_ERR_JSON, "UTF-8"},
    {"{\"name\": \"TimeLimit\", \"name\": \"TimeLimit\"}", GYM_ERR_JSON, "name"},
    {"{\"name\": \"NoSuchWrapper\"}", GYM_ERR_WRAPPER, "NoSuchWrapper"},
    {"{\"name\": \"TimeLimt\", \"max_episode_steps\": 3}", GYM_ERR_WRAPPER, "TimeLimit"},
    {"{\"name\": \"no_such_module:Class\"}", GYM_ERR_IMPORT, "no_such_module"},
    {"{\"name\": \"__main__:NoSuchClass\"}", GYM_ERR_WRAPPER, "NoSuchClass"},
    {"{\"name\": \"TimeLimit\"}", GYM_ERR_WRAPPER, "max_episode_steps"},
    {"{\"name\": \"TimeLimit\", \"max_episode_steps\": 3, \"more\": 1}", GYM_ERR_WRAPPER, "more"},
    {"{\"name\": \"TimeLimit\", \"max_episode_steps\": \"x\"}", GYM_ERR_WRAPPER, "max_episode_steps"},
    {"{\"name\": \"TimeLimit\", \"max_episode_steps\": -3}", GYM_ERR_WRAPPER, "TimeLimit"},
    {"{\"name\": \"GrayscaleObservation\"}", GYM_ERR_WRAPPER, "GrayscaleObservation"},
    {"{\"name\": \"ResizeObservation\", \"shape\": [2, 2]}", GYM_ERR_WRAPPER, "ResizeObservation"},
    {"{\"name\": \"TransformReward\", \"func\": {\"__callback__\": \"nobody\"}}", GYM_ERR_CALLBACK, "nobody"},
    {"{\"name\": \"TransformReward\", \"func\": 3}", GYM_ERR_WRAPPER, "func"},
    {"[{\"name\": \"Counted\"}, {\"name\": \"NoSuchWrapper\"}]", GYM_ERR_WRAPPER, "Counted"},
    {"[{\"name\": \"__main__:Counted\"}, {\"name\": \"NoSuchWrapper\"}]", GYM_ERR_WRAPPER, "NoSuchWrapper"},
    {"[{\"name\": \"__main__:Counted\"}, {\"name\": \"__main__:Raising\"}]", GYM_ERR_WRAPPER, "what it is"},
    {"[{\"name\": \"__main__:Counted\"}, {\"name\": \"__main__:Exiting\"}]", GYM_ERR_SYSTEM_EXIT, "3"},
    {"[{\"name\": \"__main__:Counted\"}, {\"name\": \"__main__:Nothing\"}]", GYM_ERR_WRAPPER, "Nothing"},
};

static void register_wrappers(void) {
  run_python(
      "CLOSED = 0\n"
      "class Counted(gymnasium.Wrapper):\n"
      "    def close(self):\n"
      "        global CLOSED\n"
      "        CLOSED += 1\n"
      "        super().close()\n"
      "class Raising(gymnasium.Wrapper):\n"
      "    def __init__(self, env):\n"
      "        raise ValueError('what it is')\n"
      "class Exiting(gymnasium.Wrapper):\n"
      "    def __init__(self, env):\n"
      "        raise SystemExit(3)\n"
      "def Nothing(env):\n"
      "    return None\n");
}

static void test_failures(int bound) {
  gym_env env = open_plain("", bound, ""), out;
  gym_transition t;
  CHECK_OK(reset_plain(env, &err), err);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    FILL(out);
    if (!CHECK_FAILURE(gym_wrap(env, bad[i].wrappers, &out, &err), bad[i].expected, err, bad[i].needle))
      fprintf(stderr, "  wrappers %s\n", bad[i].wrappers);
    CHECK_UNTOUCHED(out);
    CHECK_INT(gym_wrap(env, bad[i].wrappers, &out, NULL), bad[i].expected);
    CHECK_UNTOUCHED(out);
    /* The environment has not even lost its episode. */
    CHECK_OK(step_plain(env, &t, &err), err);
    CHECK(t.reward == 1);
    CHECK_OK(reset_plain(env, &err), err);
  }
  CHECK_INT(python_number("CLOSED"), 0); /* nobody has closed what is in use */
  env = wrap(env, "[]");
  CHECK_OK(reset_plain(env, &err), err);
  CHECK_OK(gym_close(env, &err), err);

  env = open_plain("", bound, "");
  FILL(out);
  if (!CHECK_FAILURE(gym_wrap(env, "null", &out, &err), GYM_ERR_JSON, err, "array")) {
    env = out;
    FILL(out);
  }
  CHECK_FAILURE(gym_wrap(env, NULL, &out, &err), GYM_ERR_ARGUMENT, err, "\"wrappers\"");
  CHECK_FAILURE(gym_wrap(env, "[]", NULL, &err), GYM_ERR_ARGUMENT, err, "\"out\"");
  CHECK_UNTOUCHED(out);
  CHECK_OK(gym_close(env, &err), err);

  /* In gym_make's options the environment is made and closed again. */
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char options[400];
    if (bad[i].wrappers[0] == '\0') continue; /* within the options that is another text */
    snprintf(options, sizeof options, "{\"render_mode\": %s, \"gogym\": {\"wrappers\": %s}}",
             bound ? "\"rgb_array\"" : "null", bad[i].wrappers);
    if (!CHECK_FAILURE(gym_make("gogym_c/Plain-v0", options, &out, &err), bad[i].expected, err,
                       bad[i].needle))
      fprintf(stderr, "  options %s\n", options);
    CHECK_UNTOUCHED(out);
  }
  CHECK_INT(python_number("Plain.opened"), 0);
  CHECK_THREADS(RENDER_THREAD, 0);
}

static void test_bad_handles(void) {
  gym_env out;
  FILL(out);
  gym_env env = open_plain("", 0, "");
  gym_space space = {0};
  CHECK_OK(gym_space_of_actions(env, &space, &err), err);
  CHECK_FAILURE(gym_wrap((gym_env){0}, "[]", &out, &err), GYM_ERR_HANDLE, err, "zero");
  CHECK_FAILURE(gym_wrap((gym_env){space.id}, "[]", &out, &err), GYM_ERR_HANDLE, err, "not one of a");
  CHECK_FAILURE(gym_wrap((gym_env){env.id + 1}, "[]", &out, &err), GYM_ERR_HANDLE, err, "not open");
  CHECK_FAILURE(gym_wrap((gym_env){~env.id}, "[]", &out, &err), GYM_ERR_HANDLE, err, "not open");
  check_every_env_call((gym_env){0}, GYM_ERR_HANDLE, "zero");
  check_every_env_call((gym_env){space.id}, GYM_ERR_HANDLE, "not one of a");
  check_every_env_call((gym_env){UINT64_MAX}, GYM_ERR_HANDLE, "not open");
  check_every_env_call((gym_env){env.id ^ (1 << 24)}, GYM_ERR_HANDLE, "not open");
  CHECK_OK(gym_close(env, &err), err);
  check_every_env_call(env, GYM_ERR_HANDLE, "closed");
  CHECK_FAILURE(gym_wrap(env, "[]", &out, &err), GYM_ERR_HANDLE, err, "closed");
  CHECK_UNTOUCHED(out);
  CHECK_OK(gym_space_close(space, &err), err);
}

/* ------------------------------------------------------------------------------------- at once */

enum { THREADS = 8 };

typedef struct racer {
  gym_env env, out;
  int code;
} racer;

static pthread_barrier_t start;

static void *wrap_it(void *argument) {
  racer *self = argument;
  pthread_barrier_wait(&start);
  self->code = gym_wrap(self->env, "{\"name\": \"FlattenObservation\"}", &self->out, NULL);
  return NULL;
}

/* One of them wins; nobody gets a second environment around the same one. */
static void test_one_wins(int bound) {
  pthread_barrier_init(&start, NULL, THREADS);
  for (int round = 0; round < 20; round++) {
    racer racers[THREADS] = {0};
    team all;
    gym_env env = open_plain("", bound, "");
    int won = 0, late = 0;
    for (int i = 0; i < THREADS; i++) racers[i].env = env;
    start_team(&all, THREADS, wrap_it, racers, sizeof *racers);
    join_team(&all);
    for (int i = 0; i < THREADS; i++) {
      late += racers[i].code == GYM_ERR_HANDLE && racers[i].out.id == 0;
      if (racers[i].code != GYM_OK) continue;
      won++;
      CHECK_OK(reset_plain(racers[i].out, &err), err);
      CHECK_OK(gym_close(racers[i].out, &err), err);
    }
    CHECK_INT(won, 1);
    CHECK_INT(late, THREADS - 1);
  }
  pthread_barrier_destroy(&start);
}

static void *step_until_gone(void *argument) {
  racer *self = argument;
  gym_transition t;
  pthread_barrier_wait(&start);
  while ((self->code = step_plain(self->env, &t, NULL)) == GYM_OK) {
  }
  return NULL;
}

/* Wrapped under the feet of those who step. */
static void test_wrap_while_others_step(int bound) {
  for (int round = 0; round < 10; round++) {
    racer racers[THREADS] = {0};
    team all;
    gym_env env = open_plain("", bound, "");
    CHECK_OK(reset_plain(env, &err), err);
    pthread_barrier_init(&start, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++) racers[i].env = env;
    start_team(&all, THREADS, step_until_gone, racers, sizeof *racers);
    pthread_barrier_wait(&start);
    env = wrap(env, "{\"name\": \"FlattenObservation\"}");
    join_team(&all);
    for (int i = 0; i < THREADS; i++) CHECK_INT(racers[i].code, GYM_ERR_HANDLE);
    CHECK_OK(reset_plain(env, &err), err);
    CHECK_OK(gym_close(env, &err), err);
    pthread_barrier_destroy(&start);
  }
}

int main(void) {
  use_test_envs();
  CHECK_OK(gym_init(NULL, &err), err);
  register_plain();
  register_wrappers();
  for (int bound = 0; bound < 2; bound++) {
    test_old_handle(bound);
    test_failures(bound);
    test_one_wins(bound);
    test_wrap_while_others_step(bound);
  }
  test_order();
  test_sizes();
  test_bad_handles();
  return around_summary();
}
