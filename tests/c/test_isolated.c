/* One environment in a worker process: every call does, gives and says what it does on one in this process.
 */
#define _GNU_SOURCE
#if !defined(__linux__)
int main(void) { return 77; } /* there are no worker processes */
#else
#include <stdio.h>
#include <unistd.h>

#include "child_case.h"
#include "every_call.h"
#include "isolated.h"

#define INFOS "gogym_test_infos:Info"

static gym_error err = GYM_ERROR_INIT;
static const int64_t seed = 42;

/* ------------------------------------------------------------------------------------- stepping */

static void compare_before_reset(twins *t) {
  SAME_VALUES(t, gym_info(t->a, &a, &t->err_a), gym_info(t->b, &b, &t->err_b));
  SAME_VALUES(t, gym_observation(t->a, &a, &t->err_a), gym_observation(t->b, &b, &t->err_b));
  SAME_VALUES(t, gym_save_state(t->a, &a, &t->err_a), gym_save_state(t->b, &b, &t->err_b));
  SAME_VALUES(t, gym_render_value(t->a, &a, &t->err_a), gym_render_value(t->b, &b, &t->err_b));
}

static void compare_rollouts(const char *id, const char *options, int steps) {
  twins t = open_twins(id, options);
  SAME_VALUES(&t, gym_observation_space(t.a, &a, &t.err_a), gym_observation_space(t.b, &b, &t.err_b));
  SAME_VALUES(&t, gym_action_space(t.a, &a, &t.err_a), gym_action_space(t.b, &b, &t.err_b));
  compare_before_reset(&t);
  SAME_CALL(&t, gym_seed_action(t.a, 7, &t.err_a), gym_seed_action(t.b, 7, &t.err_b));
  for (int is_native = 0; is_native < 2; is_native++) {
    reset_twins(&t, &seed, NULL, is_native);
    compare_last(&t);
  }
  roll_twins(&t, steps);
  close_twins(&t);
}

static void test_rollouts(void) {
  static const char *const spaces[] = {
      "box-uint8", "box-float16", "box-0d", "box-empty",  "discrete-start", "multi-binary-3d",    "text",
      "tuple",     "dict",        "one-of", "every-kind", "sequence",       "tuple-with-sequence"};
  compare_rollouts("CartPole-v1", NULL, 300);
  compare_rollouts("HalfCheetah-v5", "{\"ctrl_cost_weight\": 0.5}", 100);
  compare_rollouts("Blackjack-v1", "{\"natural\": true}", 50);
  compare_rollouts("MountainCarContinuous-v0", "{\"max_episode_steps\": 5}", 30);
  for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
    char options[100];
    snprintf(options, sizeof options, "{\"space\": \"%s\"}", spaces[i]);
    compare_rollouts(TEST_ENV("Echo"), options, 12);
  }
}

static void test_values(void) {
  twins t = open_twins("CartPole-v1", NULL);
  static const char *const actions[] = {"0", "1", "5", "0.5", "\"left\"", "[1", "null", "\"\xff\"", "{}"};
  SAME_VALUES(&t, gym_reset_value(t.a, &seed, NULL, &a, &t.err_a),
              gym_reset_value(t.b, &seed, NULL, &b, &t.err_b));
  for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
    gym_transition x = {0}, y = {0};
    SAME_VALUES(&t, gym_step_value(t.a, actions[i], &a, &x, &t.err_a),
                gym_step_value(t.b, actions[i], &b, &y, &t.err_b));
    SAME(&t, same_transition(&x, &y));
    SAME_CALL(&t, gym_step_value(t.a, actions[i], NULL, &x, &t.err_a),
              gym_step_value(t.b, actions[i], NULL, &y, &t.err_b));
    SAME(&t, same_transition(&x, &y));
  }
  SAME_CALL(&t, gym_reset_value(t.a, NULL, "{\"low\": -0.01, \"high\": 0.01}", NULL, &t.err_a),
            gym_reset_value(t.b, NULL, "{\"low\": -0.01, \"high\": 0.01}", NULL, &t.err_b));
  compare_last(&t);
  close_twins(&t);
}

/* Every kind of value that an info can hold: among them the deepest and the largest. */
static void test_infos(void) {
  twins t = open_twins(TEST_ENV("Info"), NULL);
  gym_value *space = NULL;
  int64_t count = 0;
  CHECK_OK(gym_action_space(t.a, &space, &err), err);
  CHECK_OK(gym_value_int64(gym_value_get(space, "n"), &count, &err), err);
  gym_value_free(space);
  CHECK(count > 20);
  reset_twins(&t, NULL, NULL, 0);
  for (int64_t i = 0; i < count; i++) {
    gym_value *a = NULL, *b = NULL;
    t.action[0] = (double)i;
    step_twins(&t, 0);
    if (!SAME_CALL(&t, gym_info(t.a, &a, &t.err_a), gym_info(t.b, &b, &t.err_b))) continue;
    size_t nbytes_a, nbytes_b;
    gym_value_block(a, &nbytes_a), gym_value_block(b, &nbytes_b);
    SAME(&t, nbytes_a == nbytes_b); /* not the bytes: there are addresses of objects among them */
    gym_value_free(a), gym_value_free(b);
  }
  close_twins(&t);
}

/* ------------------------------------------------------------------------------------- what is refused */

static void test_buffers(void) {
  twins t = open_twins("CartPole-v1", NULL);
  static const size_t lengths[] = {0, 1, 3, 5, 1000, SIZE_MAX / 16, SIZE_MAX};
  gym_transition x, y;
  FILL(x), FILL(y);
  reset_twins(&t, &seed, NULL, 0);
  t.action[0] = 0;
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    size_t n = lengths[i];
    if (n < t.obs_size) {
      SAME_CALL(&t, gym_reset(t.a, NULL, NULL, t.obs_a, n, &t.err_a),
                gym_reset(t.b, NULL, NULL, t.obs_b, n, &t.err_b));
      SAME_CALL(&t, gym_reset_native(t.a, NULL, NULL, t.native_a, n, &t.err_a),
                gym_reset_native(t.b, NULL, NULL, t.native_b, n, &t.err_b));
      SAME_CALL(&t, gym_step(t.a, t.action, 1, t.obs_a, n, &x, &t.err_a),
                gym_step(t.b, t.action, 1, t.obs_b, n, &y, &t.err_b));
    }
    if (n != 1 && n < 8)
      SAME_CALL(&t, gym_step(t.a, t.action, n, t.obs_a, 4, &x, &t.err_a),
                gym_step(t.b, t.action, n, t.obs_b, 4, &y, &t.err_b));
    if (n == 0)
      SAME_CALL(&t, gym_sample_action(t.a, NULL, 0, &t.err_a), gym_sample_action(t.b, NULL, 0, &t.err_b));
    SAME_CALL(&t, gym_sample_action(t.a, t.action, n, &t.err_a),
              gym_sample_action(t.b, t.action, n, &t.err_b));
    SAME_CALL(&t, gym_sample_action_native(t.a, t.native_action, n, &t.err_a),
              gym_sample_action_native(t.b, t.native_action, n, &t.err_b));
  }
  CHECK_UNTOUCHED(x), CHECK_UNTOUCHED(y);
  /* More than is needed is fine, and only what is needed is written. */
  CHECK_OK(gym_reset(t.b, &seed, NULL, t.obs_b, SIZE_MAX / 8, &err), err);
  CHECK(is_untouched(t.obs_b + t.obs_size, 64));
  static const double wrong[] = {0.5, 2, -1, 1e300};
  reset_twins(&t, &seed, NULL, 1);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    t.action[0] = wrong[i];
    step_twins(&t, 0);
  }
  t.action[0] = 1;
  step_twins(&t, 0);
  close_twins(&t);
}

static void test_arguments(void) {
  twins t = open_twins("CartPole-v1", NULL);
  static const char *const texts[] = {
      "", "[", "[]", "{\"a\": 1, \"a\": 2}", "{\"x\": \xff}", "{\"low\": \"x\"}"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    SAME_CALL(&t, gym_reset(t.a, &seed, texts[i], t.obs_a, 4, &t.err_a),
              gym_reset(t.b, &seed, texts[i], t.obs_b, 4, &t.err_b));
  /* Those that Python refuses are refused before there is a process. */
  static const char *const options[] = {"{\"nonsense\": 1, \"gogym\": {\"isolate\": true}}",
                                        "{\"render_mode\": \"no\", \"gogym\": {\"isolate\": true}}"};
  static const char *const alike[] = {"{\"nonsense\": 1}", "{\"render_mode\": \"no\"}"};
  for (size_t i = 0; i < 2; i++)
    SAME_CALL(&t, gym_make("CartPole-v1", alike[i], &t.a, &t.err_a),
              gym_make("CartPole-v1", options[i], &t.b, &t.err_b));
  static const char *const ids[] = {"", "NoSuchThing-v0", "CartPole-v99", "no_such_module:X-v0", "\xff"};
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
    SAME_CALL(&t, gym_make(ids[i], NULL, &t.a, &t.err_a),
              gym_make(ids[i], "{\"gogym\": {\"isolate\": true}}", &t.b, &t.err_b));
  static const char wrapper[] =
      "{\"name\": \"TransformReward\", \"func\": {\"__callback__\": \"of the host\"}}";
  gym_env other = {0};
  CHECK_FAILURE(gym_wrap(t.b, wrapper, &other, &err), GYM_ERR_CALLBACK, err, "do not reach worker processes");
  CHECK(strstr(err.message, "of the host") != NULL);
  close_twins(&t);
}

/* What environments do wrong is told in the same words. */
static void test_broken(void) {
  static const char *const ways[] = {
      "obs-wrong-shape",     "obs-object",       "obs-inexact",   "reward-none",        "terminated-array",
      "info-list",           "returns-four",     "raises",        "raises-unspeakable", "raises-long",
      "raises-surrogates",   "raises-long-name", "raises-base",   "raises-import",      "raises-memory",
      "raises-exit",         "raises-interrupt", "reset-exit",    "reset-none",         "raises-nul",
      "error-InvalidAction", "raises-chained",   "ok-obs-swapped"};
  twins t = open_twins(TEST_ENV("Broken"), "{\"how\": \"raises\"}");
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    char how[100];
    snprintf(how, sizeof how, "\"%s\"", ways[i]);
    t.name = ways[i];
    SAME_CALL(&t, gym_set_attr(t.a, "how", how, &t.err_a), gym_set_attr(t.b, "how", how, &t.err_b));
    reset_twins(&t, NULL, "{\"break\": true}", (int)i % 2);
    reset_twins(&t, NULL, NULL, (int)i % 2);
    if (strncmp(ways[i], "reset-", 6) == 0) continue;
    t.action[0] = 1;
    memcpy(t.native_action, &(int64_t){1}, 8);
    step_twins(&t, 0);
    step_twins(&t, 1);
    compare_last(&t);
  }
  t.name = "close-raises";
  SAME_CALL(&t, gym_set_attr(t.a, "how", "\"close-raises\"", &t.err_a),
            gym_set_attr(t.b, "how", "\"close-raises\"", &t.err_b));
  SAME_CALL(&t, gym_close(t.a, &t.err_a), gym_close(t.b, &t.err_b));
  CHECK_FAILURE(gym_close(t.b, &err), GYM_ERR_HANDLE, err, "not open");
  static const char *const made[] = {"constructor-raises", "constructor-exits"};
  for (size_t i = 0; i < 2; i++) {
    char options[100], text[200];
    snprintf(options, sizeof options, "{\"how\": \"%s\"}", made[i]);
    SAME_CALL(&t, gym_make(TEST_ENV("Broken"), options, &t.a, &t.err_a),
              gym_make(TEST_ENV("Broken"), isolated(options, text, sizeof text), &t.b, &t.err_b));
  }
  free_twin_buffers(&t);
}

/* ------------------------------------------------------------------------------------- around */

static void test_attributes(void) {
  twins t = open_twins("CartPole-v1", NULL);
  static const char *const names[] = {
      "spec", "unwrapped.gravity", "x_threshold", "nope", "_elapsed_steps", "a..b", "",
      "\xff", "unwrapped.nope"};
  int x, y;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    x = y = 7;
    SAME_CALL(&t, gym_has_attr(t.a, names[i], &x, &t.err_a), gym_has_attr(t.b, names[i], &y, &t.err_b));
    SAME(&t, x == y);
    if (i > 0) /* an object's repr holds an address */
      SAME_VALUES(&t, gym_get_attr(t.a, names[i], &a, &t.err_a), gym_get_attr(t.b, names[i], &b, &t.err_b));
  }
  static const char *const values[] = {"3.5", "[", "null", "{\"__tuple__\": [1, 2]}", "\"\xff\""};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    SAME_CALL(&t, gym_set_attr(t.a, "force_mag", values[i], &t.err_a),
              gym_set_attr(t.b, "force_mag", values[i], &t.err_b));
    SAME_VALUES(&t, gym_get_attr(t.a, "force_mag", &a, &t.err_a),
                gym_get_attr(t.b, "force_mag", &b, &t.err_b));
  }
  SAME_CALL(&t, gym_set_attr(t.a, "force_mag", "10", &t.err_a),
            gym_set_attr(t.b, "force_mag", "10", &t.err_b));
  static const char *const calls[][2] = {{"get_wrapper_attr", "[\"gravity\"]"},
                                         {"unwrapped.reset", "{\"seed\": 3}"},
                                         {"has_wrapper_attr", "{\"name\": \"nope\"}"},
                                         {"get_wrapper_attr", "[]"},
                                         {"gravity", NULL},
                                         {"nope", "[]"},
                                         {"close", "{"}};
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    SAME_VALUES(&t, gym_call(t.a, calls[i][0], calls[i][1], &a, &t.err_a),
                gym_call(t.b, calls[i][0], calls[i][1], &b, &t.err_b));
    SAME_CALL(&t, gym_call(t.a, calls[i][0], calls[i][1], NULL, &t.err_a),
              gym_call(t.b, calls[i][0], calls[i][1], NULL, &t.err_b));
  }
  SAME_CALL(&t, gym_seed_action(t.a, 7, &t.err_a), gym_seed_action(t.b, 7, &t.err_b));
  reset_twins(&t, &seed, NULL, 0);
  roll_twins(&t, 5);
  SAME_VALUES(&t, gym_check_env(t.a, "{\"skip_render_check\": true}", &a, &t.err_a),
              gym_check_env(t.b, "{\"skip_render_check\": true}", &b, &t.err_b));
  SAME_VALUES(&t, gym_check_env(t.a, "[]", &a, &t.err_a), gym_check_env(t.b, "[]", &b, &t.err_b));
  close_twins(&t);
}

static void compare_frames(twins *t) {
  gym_frame x = GYM_FRAME_INIT, y = GYM_FRAME_INIT;
  if (!SAME_CALL(t, gym_frame_layout(t->a, &x, &t->err_a), gym_frame_layout(t->b, &y, &t->err_b))) return;
  SAME(t, memcmp(&x, &y, sizeof x) == 0);
  unsigned char *frame_a = twin_room(x.nbytes), *frame_b = twin_room(x.nbytes);
  SAME_CALL(t, gym_render(t->a, frame_a, x.nbytes - 1, &t->err_a),
            gym_render(t->b, frame_b, x.nbytes - 1, &t->err_b));
  CHECK(is_untouched(frame_b, x.nbytes + 64));
  for (int i = 0; i < 2; i++) {
    SAME_CALL(t, gym_render(t->a, frame_a, x.nbytes + 32, &t->err_a),
              gym_render(t->b, frame_b, x.nbytes + 32, &t->err_b));
    SAME(t, memcmp(frame_a, frame_b, x.nbytes + 64) == 0);
    sample_twins(t, 0);
    step_twins(t, 0);
  }
  CHECK(!is_untouched(frame_b, x.nbytes));
  free(frame_a), free(frame_b);
}

static void test_frames(const char *id, const char *options) {
  twins t = open_twins(id, options);
  gym_frame x = GYM_FRAME_INIT, y = GYM_FRAME_INIT;
  SAME_CALL(&t, gym_frame_layout(t.a, &x, &t.err_a), gym_frame_layout(t.b, &y, &t.err_b)); /* no reset yet */
  SAME_CALL(&t, gym_seed_action(t.a, 7, &t.err_a), gym_seed_action(t.b, 7, &t.err_b));
  reset_twins(&t, &seed, NULL, 0);
  compare_frames(&t);
  SAME_VALUES(&t, gym_render_value(t.a, &a, &t.err_a), gym_render_value(t.b, &b, &t.err_b));
  SAME_CALL(&t, gym_render(t.a, NULL, 0, &t.err_a), gym_render(t.b, NULL, 0, &t.err_b));
  close_twins(&t);
}

static void load_state_of(twins *t, const gym_value *state) {
  size_t nbytes;
  const void *bytes = gym_value_bytes(state, &nbytes);
  SAME_CALL(t, gym_load_state(t->a, bytes, nbytes, &t->err_a),
            gym_load_state(t->b, bytes, nbytes, &t->err_b));
  SAME_CALL(t, gym_load_state(t->a, bytes, nbytes / 2, &t->err_a),
            gym_load_state(t->b, bytes, nbytes / 2, &t->err_b));
  SAME_CALL(t, gym_load_state(t->a, "x", 0, &t->err_a), gym_load_state(t->b, "x", 0, &t->err_b));
}

static void test_states(const char *id, const char *options) {
  twins t = open_twins(id, options);
  gym_value *state = NULL, *isolated_state = NULL;
  SAME_CALL(&t, gym_seed_action(t.a, 7, &t.err_a), gym_seed_action(t.b, 7, &t.err_b));
  reset_twins(&t, &seed, NULL, 0);
  roll_twins(&t, 5);
  SAME_CALL(&t, gym_save_state(t.a, &state, &t.err_a), gym_save_state(t.b, &isolated_state, &t.err_b));
  roll_twins(&t, 5);
  load_state_of(&t, state); /* either's state is good for both */
  compare_last(&t);
  roll_twins(&t, 5);
  load_state_of(&t, isolated_state);
  roll_twins(&t, 5);

  twins clones = {.name = "clones", .err_a = GYM_ERROR_INIT, .err_b = GYM_ERROR_INIT};
  if (SAME_CALL(&t, gym_clone(t.a, &clones.a, &t.err_a), gym_clone(t.b, &clones.b, &t.err_b))) {
    measure_twins(&clones);
    compare_last(&clones);
    roll_twins(&clones, 20);
    close_twins(&clones);
  }
  roll_twins(&t, 5);
  gym_value_free(state), gym_value_free(isolated_state);
  close_twins(&t);
}

static int wrap_twins(twins *t, const char *wrappers) {
  gym_env old = t->b, a = {0}, b = {0};
  if (!SAME_CALL(t, gym_wrap(t->a, wrappers, &a, &t->err_a), gym_wrap(t->b, wrappers, &b, &t->err_b)))
    return 0;
  t->a = a, t->b = b;
  CHECK_FAILURE(gym_reset_value(old, NULL, NULL, NULL, &err), GYM_ERR_HANDLE, err, "not open");
  free_twin_buffers(t);
  measure_twins(t);
  return 1;
}

/* Wrappers: those that make observations larger than there was room for, too. */
static void test_wrappers(void) {
  twins t = open_twins("CartPole-v1", NULL);
  SAME_CALL(&t, gym_seed_action(t.a, 3, &t.err_a), gym_seed_action(t.b, 3, &t.err_b));
  reset_twins(&t, &seed, NULL, 0);
  CHECK(!wrap_twins(&t, "{\"name\": \"NoSuchWrapper\"}"));
  CHECK(!wrap_twins(&t, "{\"name\": \"FrameStackObservation\", \"stack_size\": -1}"));
  CHECK(!wrap_twins(&t, "[1"));
  roll_twins(&t, 3); /* nothing has changed */
  SAME_CALL(&t, gym_seed_action(t.a, 7, &t.err_a), gym_seed_action(t.b, 7, &t.err_b));
  CHECK(wrap_twins(&t, "{\"name\": \"FrameStackObservation\", \"stack_size\": 4}"));
  CHECK_INT(t.obs_size, 16);
  reset_twins(&t, &seed, NULL, 0);
  roll_twins(&t, 30);
  CHECK(wrap_twins(&t,
                   "[{\"name\": \"FrameStackObservation\", \"stack_size\": 5000}, {\"name\": \"TimeLimit\", "
                   "\"max_episode_steps\": 3}]"));
  CHECK_INT(t.obs_size, 80000);
  reset_twins(&t, &seed, NULL, 1);
  roll_twins(&t, 10);
  twins clones = {.name = "clones of wrapped ones", .err_a = GYM_ERROR_INIT, .err_b = GYM_ERROR_INIT};
  if (SAME_CALL(&t, gym_clone(t.a, &clones.a, &t.err_a), gym_clone(t.b, &clones.b, &t.err_b))) {
    measure_twins(&clones);
    roll_twins(&clones, 10);
    close_twins(&clones);
  }
  CHECK(wrap_twins(&t, "{\"name\": \"FlattenObservation\"}"));
  reset_twins(&t, &seed, NULL, 1);
  roll_twins(&t, 10);
  close_twins(&t);
}

static void test_spaces(void) {
  twins t = open_twins(TEST_ENV("Echo"), "{\"space\": \"dict\"}");
  gym_space x, y;
  double in_a[8], in_b[8];
  CHECK_OK(gym_space_of_actions(t.a, &x, &err), err);
  CHECK_OK(gym_space_of_actions(t.b, &y, &err), err);
  SAME_CALL(&t, gym_seed_action(t.a, 7, &t.err_a), gym_seed_action(t.b, 7, &t.err_b));
  for (int i = 0; i < 5; i++) { /* the environment's own stream of random numbers */
    SAME_CALL(&t, gym_space_sample(x, NULL, in_a, 8, &t.err_a), gym_space_sample(y, NULL, in_b, 8, &t.err_b));
    SAME(&t, memcmp(in_a, in_b, 8 * t.action_size) == 0);
    sample_twins(&t, 0);
  }
  close_twins(&t);
  SAME_CALL(&t, gym_space_sample(x, NULL, in_a, 8, &t.err_a), gym_space_sample(y, NULL, in_b, 8, &t.err_b));
  SAME(&t, memcmp(in_a, in_b, 8 * 3) == 0);
  CHECK_OK(gym_space_close(x, &err), err);
  CHECK_OK(gym_space_close(y, &err), err);
}

/* ------------------------------------------------------------------------------------- handles, and the end
 */

static void test_handles(void) {
  gym_env env = open_isolated(TEST_ENV("Noop"), NULL);
  for (int bit = 0; bit < 64; bit++)
    check_every_env_call((gym_env){env.id ^ ((uint64_t)1 << bit)}, GYM_ERR_HANDLE, "");
  double obs[4];
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 4, &err), err);
  CHECK_OK(gym_close(env, &err), err);
  check_every_env_call(env, GYM_ERR_HANDLE, "not open");
}

/* Lines of /proc/self/maps that name one of these. */
static int count_maps(const char *a, const char *b) {
  char line[1000];
  int count = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  if (!maps) abort();
  while (fgets(line, sizeof line, maps)) count += strstr(line, a) || strstr(line, b);
  fclose(maps);
  return count;
}

/* A host with nothing but isolated environments has no Python in it; their memory is gone with them. */
static void without_python(void) {
  gym_env env = open_isolated("CartPole-v1", "{\"render_mode\": \"rgb_array\"}"), other = {0};
  gym_space space;
  gym_value *value = NULL;
  double obs[4];
  gym_transition t;
  int is_in = 0;
  CHECK_OK(gym_reset(env, &seed, NULL, obs, 4, &err), err);
  CHECK_OK(gym_step(env, &(double){1}, 1, obs, 4, &t, &err), err);
  CHECK_OK(gym_render_value(env, &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_space_of_observations(env, &space, &err), err);
  CHECK_OK(gym_space_contains(space, obs, 4, &is_in, &err), err);
  CHECK_INT(is_in, 1);
  CHECK_OK(gym_clone(env, &other, &err), err);
  CHECK_OK(gym_wrap(other, "{\"name\": \"FlattenObservation\"}", &other, &err), err);
  CHECK_OK(gym_step(other, &(double){1}, 1, obs, 4, &t, &err), err);
  CHECK_FAILURE(gym_make("CartPole-v1", "{\"gogym\": {\"isolate\": true, \"python\": \"/no/such/python\"}}",
                         &other, &err),
                GYM_ERR_NO_PYTHON, err, "/no/such/python");
  CHECK_FAILURE(gym_reset((gym_env){1}, NULL, NULL, obs, 4, &err), GYM_ERR_HANDLE, err, "");
  CHECK_INT(count_maps("libpython", "_bridge"), 0);
  CHECK(count_maps("gogym-control", "gogym-data") >= 4);
  CHECK_OK(gym_close(env, &err), err);
  CHECK_OK(gym_close(other, &err), err);
  CHECK_OK(gym_space_close(space, &err), err);
  CHECK_OK(gym_shutdown(&err), err);
  for (int i = 0; i < 5000 && count_maps("gogym-control", "gogym-data") > 0; i++) usleep(1000);
  CHECK_INT(count_maps("gogym-control", "gogym-data"), 0);
  CHECK_FAILURE(gym_make("CartPole-v1", NULL, &env, &err), GYM_ERR_SHUTDOWN, err, "gym_shutdown");
}

/* An environment may be left open: gym_shutdown closes it, and tells what that raised. */
static void test_shutdown(void) {
  gym_env env = open_isolated(TEST_ENV("Broken"), "{\"how\": \"close-raises\"}");
  gym_env other = open_isolated("CartPole-v1", NULL);
  CHECK_FAILURE(gym_shutdown(&err), GYM_ERR_PYTHON, err, "the close is broken");
  check_every_env_call(env, GYM_ERR_SHUTDOWN, "gym_shutdown");
  check_every_env_call(other, GYM_ERR_SHUTDOWN, "gym_shutdown");
  CHECK_FAILURE(gym_make("CartPole-v1", "{\"gogym\": {\"isolate\": true}}", &env, &err), GYM_ERR_SHUTDOWN,
                err, "gym_shutdown");
}

int main(void) {
  use_test_envs();
  check_case("a host without Python", without_python);
  test_rollouts();
  test_values();
  test_infos();
  test_buffers();
  test_arguments();
  test_broken();
  test_attributes();
  test_frames("CartPole-v1", "{\"render_mode\": \"rgb_array\"}");
  test_frames("HalfCheetah-v5", "{\"render_mode\": \"rgb_array\"}");
  test_frames("HalfCheetah-v5", "{\"render_mode\": \"depth_array\"}");
  test_frames("FrozenLake-v1", "{\"render_mode\": \"ansi\"}");
  test_frames("CartPole-v1", NULL);
  test_states("CartPole-v1", NULL);
  test_states("HalfCheetah-v5", NULL);
  test_states("Blackjack-v1", NULL);
  test_wrappers();
  test_spaces();
  test_handles();
  test_shutdown();
  return check_summary();
}
#endif
