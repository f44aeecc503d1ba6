/* Memory stays flat: resident pages and Python's own counts, after a warm-up. Every way in which a call can
 * end is repeated, because each has its own references to give back. */
#define _GNU_SOURCE
#include "around.h"

static gym_error err = GYM_ERROR_INIT;
static gym_env memory; /* its resets count Python's objects and blocks */

typedef struct usage {
  long kib, objects, blocks;
} usage;

static usage measure(void) {
  usage now = {-1, 0, 0};
  double obs[4];
  long pages, resident;
  CHECK_OK(gym_reset(memory, NULL, NULL, obs, 4, &err), err);
  now.objects = (long)info_number(memory, "objects");
  now.blocks = (long)info_number(memory, "blocks");
  FILE *file = fopen("/proc/self/statm", "r");
  if (file && fscanf(file, "%ld %ld", &pages, &resident) == 2)
    now.kib = resident * (sysconf(_SC_PAGESIZE) / 1024);
  if (file) fclose(file);
  return now;
}

/* Runs something `warm_up` times, and then `count` times between two measurements. Caches may still fill, so
 * there are three attempts: a leak shows in each of them. */
static void check_flat(const char *what, void (*run)(void), int warm_up, int count) {
  for (int i = 0; i < warm_up; i++) run();
  measure();
  for (int attempt = 1; attempt <= 3; attempt++) {
    usage before = measure();
    for (int i = 0; i < count; i++) run();
    usage after = measure();
    long kib = after.kib - before.kib, objects = after.objects - before.objects,
         blocks = after.blocks - before.blocks;
    printf("%-32s x %-5d %+6ld KiB %+5ld objects %+5ld blocks\n", what, count, kib, objects, blocks);
    /* One object leaked a round would be `count`. */
    if (objects <= 20 && blocks < 50 + count / 2 && (kib <= 1024 || !CHECK_MEMORY_TELLS)) {
      CHECK(1);
      return;
    }
  }
  CHECK(!"memory stays flat");
}

static void cycle(const char *id, const char *options, size_t size, int steps) {
  double obs[512], action[32];
  gym_transition t;
  size_t action_size;
  gym_value *value;
  gym_env env = open_env(id, options);
  CHECK_OK(gym_reset(env, NULL, NULL, obs, size, &err), err);
  CHECK_OK(gym_action_size(env, &action_size, &err), err);
  for (int i = 0; i < steps; i++) {
    CHECK_OK(gym_sample_action(env, action, action_size, &err), err);
    CHECK_OK(gym_step(env, action, action_size, obs, size, &t, &err), err);
  }
  CHECK_OK(gym_info(env, &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_observation_space(env, &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_close(env, &err), err);
}

static void cart_pole_cycle(void) { cycle("CartPole-v1", NULL, 4, 1); }
static void ant_cycle(void) { cycle("Ant-v5", NULL, 105, 1); }
static void deep_cycle(void) { cycle(TEST_ENV("Echo"), "{\"space\": \"deep\"}", 27, 2); }

static gym_env stepped;

static void thousand_steps(void) {
  static int done = 1;
  static double obs[4], action[1];
  gym_transition t;
  for (int i = 0; i < 1000; i++) {
    if (done) CHECK_OK(gym_reset(stepped, NULL, NULL, obs, 4, &err), err);
    action[0] = i & 1;
    int code = gym_step(stepped, action, 1, obs, 4, &t, &err);
    if (code != GYM_OK) CHECK_OK(code, err);
    done = t.terminated || t.truncated;
  }
}

static void failing_makes(void) {
  gym_env env;
  CHECK_INT(gym_make("NoSuchEnvironment-v0", NULL, &env, &err), GYM_ERR_NAME_NOT_FOUND);
  CHECK_INT(gym_make("CartPole-v1", "{\"a\":", &env, &err), GYM_ERR_JSON);
  CHECK_INT(gym_make("CartPole-v1", "{\"a\": {\"__ndarray__\": [1], \"dtype\": \"int8\"}}", &env, &err),
            GYM_ERR_PYTHON);
  CHECK_INT(gym_make(TEST_ENV("Broken"), "{\"how\": \"constructor-raises\"}", &env, NULL), GYM_ERR_PYTHON);
}

/* A thousand ways to fail, over and over. */
static gym_env broken[16];
static const char *const ways[] = {
    "obs-wrong-shape", "obs-text",         "obs-inexact",    "reward-none",
    "reward-raises",   "terminated-array", "info-list",      "returns-six",
    "returns-none",    "raises",           "raises-chained", "raises-unspeakable",
    "raises-exit",     "raises-memory",    "ok-obs-strided", "ok-generator",
};

static void broken_steps(void) {
  static const double action[1] = {1};
  double obs[3];
  gym_transition t;
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    gym_step(broken[i], action, 1, obs, 3, &t, i % 2 ? &err : NULL);
}

static void bad_calls(void) {
  const double half[1] = {0.5};
  double obs[4];
  gym_transition t;
  gym_step(stepped, half, 1, obs, 4, &t, &err);
  gym_step(stepped, half, 1, obs, 3, &t, &err);
  gym_step((gym_env){0}, half, 1, obs, 4, &t, &err);
  gym_reset(stepped, NULL, "{\"low\": \"x\"}", obs, 4, &err);
  gym_reset(stepped, NULL, "[", obs, 4, &err);
}

static gym_env informed;

static void infos(void) {
  static const char *const names[] = {"containers", "arrays",     "arrays-odd", "objects",
                                      "cycle-list", "cycle-dict", "texts"};
  char options[64];
  double obs[1];
  gym_value *info;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(options, sizeof options, "{\"which\": \"%s\"}", names[i]);
    CHECK_OK(gym_reset(informed, NULL, options, obs, 1, &err), err);
    CHECK_OK(gym_info(informed, &info, &err), err);
    gym_value_free(info);
  }
}

static void thousand_native_steps(void) {
  static int done = 1;
  float obs[4];
  gym_transition t;
  for (int64_t i = 0; i < 1000; i++) {
    if (done) CHECK_OK(gym_reset_native(stepped, NULL, NULL, obs, sizeof obs, &err), err);
    int64_t action = i & 1;
    int code = gym_step_native(stepped, &action, sizeof action, obs, sizeof obs, &t, &err);
    if (code != GYM_OK) CHECK_OK(code, err);
    done = t.terminated || t.truncated;
  }
}

static void thousand_observations(void) {
  for (int i = 0; i < 1000; i++) {
    gym_value *value = NULL;
    int code = gym_observation(stepped, &value, &err);
    if (code != GYM_OK) CHECK_OK(code, err);
    gym_value_free(value);
  }
}

static gym_env echoing; /* of nested spaces: elements are built anew in every call */

static void value_steps(void) {
  static const char action[] = "{\"b\": 2, \"a\": [0.25, 0.5]}";
  unsigned char obs[16];
  gym_transition t;
  gym_value *value = NULL;
  CHECK_OK(gym_reset_value(echoing, NULL, NULL, &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_reset_value(echoing, NULL, NULL, NULL, &err), err);
  CHECK_OK(gym_step_value(echoing, action, &value, &t, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_sample_action_native(echoing, obs, sizeof obs, &err), err);
  CHECK_OK(gym_step_native(echoing, obs, sizeof obs, obs, sizeof obs, &t, &err), err);
  /* And what fails. */
  CHECK_INT(gym_step_value(echoing, "{\"b\": 0.5, \"a\": [0, 0]}", &value, &t, &err), GYM_ERR_ACTION);
  CHECK_INT(gym_step_value(echoing, "{\"b\":", &value, &t, NULL), GYM_ERR_JSON);
  CHECK_INT(gym_step_native(echoing, obs, 15, obs, sizeof obs, &t, &err), GYM_ERR_BUFFER);
}

#define NESTED                                                                                              \
  "{\"type\": \"Dict\", \"spaces\": {\"a\": {\"type\": \"Box\", \"low\": 0, \"high\": 255, \"shape\": [2, " \
  "3], "                                                                                                    \
  "\"dtype\": \"uint8\"}, \"b\": {\"type\": \"OneOf\", \"spaces\": [{\"type\": \"Discrete\", \"n\": 4}, "   \
  "{\"type\": \"Text\", \"max_length\": 5}]}, \"c\": {\"type\": \"MultiDiscrete\", \"nvec\": [3, 4]}}}"

/* A space made, used in every way, and closed. */
static void space_cycle(void) {
  static const char element[] = "{\"a\": [[1, 2, 3], [4, 5, 6]], \"b\": [1, \"abc\"], \"c\": [0, 3]}";
  unsigned char native[128];
  double x[32], flat[64], back[32];
  size_t size, flatdim;
  int is_in;
  gym_space space = {0}, child = {0}, of_env = {0};
  gym_value *value = NULL;
  CHECK_OK(gym_space_make(NESTED, &space, &err), err);
  CHECK_OK(gym_space_child(space, 1, &child, &err), err);
  CHECK_OK(gym_space_of_actions(echoing, &of_env, &err), err);
  CHECK_OK(gym_space_size(space, &size, &err), err);
  CHECK_OK(gym_space_flatdim(space, &flatdim, &err), err);
  CHECK_OK(gym_space_seed(space, "3", &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_space_value(space, &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_space_sample(space, NULL, x, size, &err), err);
  CHECK_OK(gym_space_contains(space, x, size, &is_in, &err), err);
  CHECK_OK(gym_space_flatten(space, x, size, flat, flatdim, &err), err);
  CHECK_OK(gym_space_unflatten(space, flat, flatdim, back, size, &err), err);
  CHECK_OK(gym_space_sample_native(space, "{}", native, sizeof native, &err), err);
  CHECK_OK(gym_space_sample_native(of_env, NULL, native, sizeof native, &err), err);
  CHECK_OK(gym_space_sample_value(child, NULL, &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_space_contains_value(space, element, &is_in, &err), err);
  CHECK_INT(is_in, 1);
  CHECK_OK(gym_space_flatten_value(space, element, &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_space_close(space, &err), err);
  CHECK_OK(gym_space_close(child, &err), err);
  CHECK_OK(gym_space_close(of_env, &err), err);
}

static gym_space kept;

static void failing_space_calls(void) {
  gym_space out;
  gym_value *value;
  double x[64] = {0.5};
  int is_in;
  CHECK_INT(gym_space_make("{\"type\":", &out, &err), GYM_ERR_JSON);
  CHECK_INT(gym_space_make("{\"type\": \"Sphere\"}", &out, NULL), GYM_ERR_SPACE);
  CHECK_INT(gym_space_make("{\"type\": \"Tuple\", \"spaces\": [{\"type\": \"Discrete\", \"n\": 3}, 7]}", &out,
                           &err),
            GYM_ERR_SPACE);
  CHECK_INT(gym_space_child(kept, 3, &out, &err), GYM_ERR_ARGUMENT);
  CHECK_INT(gym_space_sample(kept, "{\"mask\":", x, 64, &err), GYM_ERR_JSON);
  CHECK_INT(gym_space_sample(kept, "{\"maske\": 1}", x, 64, &err), GYM_ERR_PYTHON);
  CHECK_INT(gym_space_sample(kept, NULL, x, 1, &err), GYM_ERR_BUFFER);
  CHECK(gym_space_seed(kept, "-1", &value, &err) != GYM_OK);
  CHECK_INT(gym_space_flatten_value(kept, "{\"a\": 1}", &value, &err), GYM_ERR_ELEMENT);
  CHECK_OK(gym_space_contains_value(kept, "{\"a\": 1}", &is_in, &err), err);
  CHECK_INT(gym_space_unflatten_value(kept, "[1]", &value, &err), GYM_ERR_ELEMENT);
  CHECK_INT(gym_space_close((gym_space){0}, &err), GYM_ERR_HANDLE);
}

/* ------------------------------------------------------------------------------------- around an environment
 */

static int add_one(void *user_data, double reward, double *out, gym_error *said) {
  (void)user_data;
  *out = reward + 1;
  if (reward < 3) return GYM_OK;
  strcpy(said->message, "too much");
  return GYM_ERR_REWARD;
}

static int copy_array(void *user_data, const gym_array *input, const gym_array *output, void *data,
                      gym_error *said) {
  (void)user_data, (void)said;
  memcpy(data, input->data, output->nbytes);
  return GYM_OK;
}

#define ADD_ONE TRANSFORM_REWARD("add one")
#define COPY                                                                                             \
  "{\"name\": \"TransformObservation\", \"func\": {\"__callback__\": \"copy\"}, \"observation_space\": " \
  "null}"

static void wrap_cycle(void) {
  gym_env env = open_plain("", 0, ADD_ONE);
  CHECK_OK(reset_plain(env, &err), err);
  CHECK_OK(gym_wrap(env, "{\"name\": \"FrameStackObservation\", \"stack_size\": 4}", &env, &err), err);
  CHECK_INT(gym_wrap(env, "{\"name\": \"NoSuchWrapper\"}", &env, &err), GYM_ERR_WRAPPER);
  CHECK_INT(gym_wrap(env, "[{\"name\": \"FlattenObservation\"}, {\"name\": \"TimeLimit\"}]", &env, &err),
            GYM_ERR_WRAPPER);
  CHECK_OK(gym_wrap(env, "[{\"name\": \"FlattenObservation\"}]", &env, &err), err);
  CHECK_OK(reset_plain(env, &err), err);
  CHECK_OK(gym_close(env, &err), err);
}

static void bound_cycle(void) {
  unsigned char frame[60];
  gym_frame layout = GYM_FRAME_INIT;
  gym_value *value = NULL;
  gym_transition t;
  gym_env env = open_plain("", 1, ADD_ONE ", " COPY);
  CHECK_OK(reset_plain(env, &err), err);
  CHECK_OK(step_plain(env, &t, &err), err);
  CHECK_OK(gym_frame_layout(env, &layout, &err), err);
  CHECK_OK(gym_render(env, frame, sizeof frame, &err), err);
  CHECK_INT(gym_render(env, frame, 59, &err), GYM_ERR_BUFFER);
  CHECK_OK(gym_render_value(env, &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_wrap(env, "[]", &env, &err), err);
  CHECK_OK(gym_close(env, &err), err);
}

static void callback_cycle(void) {
  CHECK_OK(gym_add_reward_callback("cycle", add_one, NULL, &err), err);
  CHECK_INT(gym_add_array_callback("cycle", copy_array, NULL, &err), GYM_ERR_CALLBACK);
  CHECK_OK(gym_remove_callback("cycle", &err), err);
  CHECK_INT(gym_remove_callback("cycle", &err), GYM_ERR_CALLBACK);
}

static gym_env called, drawn;

/* Rewards 1, 2, 3, the last of which the callback refuses. */
static void callback_steps(void) {
  gym_transition t;
  CHECK_OK(reset_plain(called, &err), err);
  CHECK_OK(step_plain(called, &t, &err), err);
  CHECK_OK(step_plain(called, &t, &err), err);
  CHECK_INT(step_plain(called, &t, &err), GYM_ERR_REWARD);
}

static void frames(void) {
  static unsigned char frame[600 * 400 * 3];
  gym_value *value = NULL;
  CHECK_OK(gym_render(drawn, frame, sizeof frame, &err), err);
  CHECK_INT(gym_render(drawn, frame, 100, &err), GYM_ERR_BUFFER);
  CHECK_OK(gym_render_value(drawn, &value, &err), err);
  gym_value_free(value);
}

static void attributes(void) {
  gym_value *value = NULL;
  int flag;
  CHECK_OK(gym_has_attr(called, "unwrapped.steps", &flag, &err), err);
  CHECK_OK(gym_has_attr(called, "nothing", &flag, &err), err);
  CHECK_OK(gym_get_attr(called, "unwrapped.observation", &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_get_attr(called, "spec", &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_set_attr(called, "height", "4", &err), err);
  CHECK_OK(gym_call(called, "unwrapped.sum", "{\"*\": [1, 2], \"factor\": 3}", &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_call(called, "unwrapped.sum", NULL, NULL, &err), err);
  CHECK_INT(gym_get_attr(called, "nothing", &value, &err), GYM_ERR_ATTRIBUTE);
  CHECK_INT(gym_call(called, "unwrapped.sum", "[\"a\"]", &value, &err), GYM_ERR_PYTHON);
  CHECK_INT(gym_call(called, "unwrapped.sum", "[", &value, &err), GYM_ERR_JSON);
  CHECK_INT(gym_set_attr(called, "_private", "1", &err), GYM_ERR_ATTRIBUTE);
}

static void states(void) {
  gym_value *state = NULL;
  gym_env clone = {0};
  size_t nbytes = 0;
  CHECK_OK(reset_plain(called, &err), err);
  CHECK_OK(gym_save_state(called, &state, &err), err);
  const void *bytes = gym_value_bytes(state, &nbytes);
  CHECK_OK(gym_load_state(called, bytes, nbytes, &err), err);
  CHECK_INT(gym_load_state(called, bytes, nbytes - 1, &err), GYM_ERR_STATE);
  CHECK_OK(gym_clone(called, &clone, &err), err);
  CHECK_OK(gym_load_state(clone, bytes, nbytes, &err), err);
  CHECK_OK(gym_close(clone, &err), err);
  gym_value_free(state);
}

static void registry(void) {
  gym_value *value = NULL;
  CHECK_OK(gym_list_envs("Cart*", &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_spec("CartPole-v1", &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_versions(&value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_import("json", &err), err);
  CHECK_INT(gym_spec("CartPol-v1", &value, &err), GYM_ERR_NAME_NOT_FOUND);
  CHECK_INT(gym_register_env("X-v0", "{}", &err), GYM_ERR_REGISTRATION);
  CHECK_INT(gym_import("no_such_module", &err), GYM_ERR_IMPORT);
}

static void checks(void) {
  gym_value *findings = NULL;
  CHECK_OK(
      gym_check_env(stepped, "{\"skip_render_check\": true, \"skip_close_check\": true}", &findings, &err),
      err);
  gym_value_free(findings);
  CHECK_INT(gym_check_env(stepped, "[]", &findings, &err), GYM_ERR_JSON);
}

static void message_cycle(void) {
  CHECK_OK(gym_set_message_callback(messages_of_nobody, NULL, &err), err);
  run_python("print('heard'); print('not ended', end='')");
  CHECK_OK(gym_flush(&err), err);
  CHECK_OK(gym_set_message_callback(messages_of_nobody, &err, &err), err);
  CHECK_OK(gym_set_message_callback(NULL, NULL, &err), err);
}

int main(void) {
  use_test_envs();
  memory = open_env(TEST_ENV("Memory"), NULL);
  register_plain();
  stepped = open_env("CartPole-v1", NULL);
  informed = open_env(TEST_ENV("Info"), NULL);
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    char options[64];
    double obs[3];
    snprintf(options, sizeof options, "{\"how\": \"%s\"}", ways[i]);
    broken[i] = open_env(TEST_ENV("Broken"), options);
    CHECK_OK(gym_reset(broken[i], NULL, NULL, obs, 3, &err), err);
  }

  echoing = open_env(TEST_ENV("Echo"), "{\"space\": \"dict\"}");
  CHECK_OK(gym_space_make(NESTED, &kept, &err), err);

  check_flat("make, reset, close CartPole-v1", cart_pole_cycle, 100, 1000);
  check_flat("1000 steps of CartPole-v1", thousand_steps, 20, 1000);
  check_flat("make, reset, close Ant-v5", ant_cycle, 10, 30);
  check_flat("make, step, close nested spaces", deep_cycle, 50, 300);
  check_flat("makes that fail", failing_makes, 50, 300);
  check_flat("calls that make no sense", bad_calls, 50, 500);
  check_flat("environments that break", broken_steps, 20, 200);
  check_flat("infos", infos, 20, 200);
  check_flat("1000 native steps of CartPole-v1", thousand_native_steps, 10, 100);
  check_flat("1000 observations as values", thousand_observations, 10, 100);
  check_flat("steps and resets as values", value_steps, 100, 1000);
  check_flat("make, use, close spaces", space_cycle, 100, 1000);
  check_flat("calls on spaces that fail", failing_space_calls, 50, 500);

  CHECK_OK(gym_add_reward_callback("add one", add_one, NULL, &err), err);
  CHECK_OK(gym_add_array_callback("copy", copy_array, NULL, &err), err);
  called = open_plain("", 0, ADD_ONE ", " COPY);
  drawn = open_env("CartPole-v1", "{\"render_mode\": \"rgb_array\"}");
  CHECK_OK(reset_plain(drawn, &err), err);
  check_flat("make, wrap, close", wrap_cycle, 100, 1000);
  check_flat("make, render, close on a thread", bound_cycle, 100, 1000);
  check_flat("callbacks added and removed", callback_cycle, 100, 1000);
  check_flat("steps with callbacks", callback_steps, 100, 1000);
  check_flat("frames of CartPole-v1", frames, 20, 250);
  check_flat("attributes and calls", attributes, 50, 500);
  check_flat("states and clones", states, 50, 500);
  check_flat("the registry", registry, 20, 200);
  check_flat("check_env", checks, 5, 30);
  check_flat("message callbacks", message_cycle, 50, 500);

  const gym_env left[] = {memory, stepped, informed, echoing, called, drawn};
  for (size_t i = 0; i < sizeof left / sizeof *left; i++) CHECK_OK(gym_close(left[i], &err), err);
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) CHECK_OK(gym_close(broken[i], &err), err);
  CHECK_OK(gym_space_close(kept, &err), err);
  CHECK_OK(gym_remove_callback("add one", &err), err);
  CHECK_OK(gym_remove_callback("copy", &err), err);
  return around_summary();
}
