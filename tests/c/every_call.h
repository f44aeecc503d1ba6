/* Every call of the native and the structured plane on one handle, with acceptable arguments: for handles and
 * states of the library in which each of them must fail in the same way, and write nothing. */
#ifndef EVERY_CALL_H_
#define EVERY_CALL_H_

#include "envs.h"

/* A space; a test that cannot even make it ends the program. */
static inline gym_space open_space(const char *description) {
  gym_error err = GYM_ERROR_INIT;
  gym_space space = {0};
  if (gym_space_make(description, &space, &err) == GYM_OK) return space;
  fprintf(stderr, "gym_space_make(%s): %s %s\n%s\n", description, err.type, err.message, err.traceback);
  exit(1);
}

/* The calls on what stands around an environment. */
static inline int check_calls_around(gym_env env, int expected, const char *needle) {
  gym_error err = GYM_ERROR_INIT;
  static const char wrapper[] = "{\"name\": \"TimeLimit\", \"max_episode_steps\": 5}";
  unsigned char frame[64];
  gym_frame layout = GYM_FRAME_INIT;
  gym_frame layout_before = layout;
  gym_value *value;
  gym_env other;
  int flag;
  FILL(frame), FILL(value), FILL(other), FILL(flag);
  int good = CHECK_FAILURE(gym_wrap(env, wrapper, &other, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_frame_layout(env, &layout, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_render(env, frame, sizeof frame, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_render(env, NULL, 0, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_render_value(env, &value, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_has_attr(env, "spec", &flag, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_get_attr(env, "spec", &value, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_set_attr(env, "spec", "null", &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_call(env, "render", "[]", &value, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_call(env, "render", NULL, NULL, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_save_state(env, &value, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_load_state(env, frame, sizeof frame, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_clone(env, &other, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_check_env(env, NULL, &value, &err), expected, err, needle);
  good &= CHECK_UNTOUCHED(frame) && CHECK_UNTOUCHED(value) && CHECK_UNTOUCHED(other) && CHECK_UNTOUCHED(flag);
  good &= CHECK(memcmp(&layout, &layout_before, sizeof layout) == 0);
  return good && CHECK_STR(err.type, "");
}

/* The calls on an environment that wait for other calls on it. Each must give `expected` with a message that
 * contains `needle`. Gives 1 where all is well. */
static inline int check_env_calls(gym_env env, int expected, const char *needle) {
  gym_error err = GYM_ERROR_INIT;
  double obs[64];
  const double action[8] = {0};
  gym_transition t;
  gym_value *value;
  gym_space space;
  FILL(obs), FILL(t), FILL(value), FILL(space);
  int good = CHECK_FAILURE(gym_reset_native(env, NULL, NULL, obs, sizeof obs, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_step_native(env, action, 8, obs, sizeof obs, &t, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_sample_action_native(env, obs, sizeof obs, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_observation(env, &value, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_reset_value(env, NULL, NULL, &value, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_reset_value(env, NULL, NULL, NULL, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_step_value(env, "0", &value, &t, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_step_value(env, "0", NULL, &t, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_of_observations(env, &space, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_of_actions(env, &space, &err), expected, err, needle);
  good &= CHECK_UNTOUCHED(obs) && CHECK_UNTOUCHED(t) && CHECK_UNTOUCHED(value) && CHECK_UNTOUCHED(space);
  good &= check_calls_around(env, expected, needle);
  return good && CHECK_STR(err.type, "");
}

/* Those that wait for nobody. */
static inline int check_free_env_calls(gym_env env, int expected, const char *needle) {
  gym_error err = GYM_ERROR_INIT;
  size_t size;
  FILL(size);
  int good = CHECK_FAILURE(gym_observation_nbytes(env, &size, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_action_nbytes(env, &size, &err), expected, err, needle);
  return good && CHECK_UNTOUCHED(size);
}

/* The calls on a space that wait for other calls on it. */
static inline int check_space_calls(gym_space space, int expected, const char *needle) {
  gym_error err = GYM_ERROR_INIT;
  double x[64];
  gym_space child;
  gym_value *value;
  int is_in;
  FILL(x), FILL(child), FILL(value), FILL(is_in);
  int good = CHECK_FAILURE(gym_space_child(space, 0, &child, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_close(space, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_value(space, &value, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_seed(space, "1", &value, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_seed(space, "null", NULL, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_sample(space, NULL, x, 64, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_sample(space, "{}", x, 64, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_sample_native(space, NULL, x, sizeof x, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_sample_value(space, NULL, &value, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_contains_value(space, "0", &is_in, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_flatten_value(space, "0", &value, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_unflatten_value(space, "[1, 0]", &value, &err), expected, err, needle);
  good &= CHECK_UNTOUCHED(x) && CHECK_UNTOUCHED(child) && CHECK_UNTOUCHED(value) && CHECK_UNTOUCHED(is_in);
  return good && CHECK_STR(err.type, "");
}

/* Those that wait for nobody. */
static inline int check_free_space_calls(gym_space space, int expected, const char *needle) {
  gym_error err = GYM_ERROR_INIT;
  const double in[64] = {0};
  double x[64];
  size_t size;
  int is_in;
  FILL(x), FILL(size), FILL(is_in);
  int good = CHECK_FAILURE(gym_space_size(space, &size, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_nbytes(space, &size, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_flatdim(space, &size, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_contains(space, in, 1, &is_in, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_contains_native(space, in, 8, &is_in, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_flatten(space, in, 1, x, 64, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_flatten_native(space, in, 8, x, sizeof x, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_unflatten(space, in, 2, x, 64, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_unflatten_native(space, in, 2, x, sizeof x, &err), expected, err, needle);
  good &= CHECK_UNTOUCHED(x) && CHECK_UNTOUCHED(size) && CHECK_UNTOUCHED(is_in);
  return good && CHECK_STR(err.type, "");
}

static inline int check_every_env_call(gym_env env, int expected, const char *needle) {
  int good = check_env_calls(env, expected, needle);
  return good & check_free_env_calls(env, expected, needle);
}

static inline int check_every_space_call(gym_space space, int expected, const char *needle) {
  int good = check_space_calls(space, expected, needle);
  return good & check_free_space_calls(space, expected, needle);
}

static inline int callback_of_nobody(void *user_data, double reward, double *out, gym_error *err) {
  (void)user_data, (void)err;
  *out = reward;
  return GYM_OK;
}

static inline int array_callback_of_nobody(void *user_data, const gym_array *input, const gym_array *output,
                                           void *data, gym_error *err) {
  (void)user_data, (void)input, (void)output, (void)data, (void)err;
  return GYM_OK;
}

static inline int trigger_of_nobody(void *user_data, int64_t count, int *out, gym_error *err) {
  (void)user_data, (void)count, (void)err;
  *out = 0;
  return GYM_OK;
}

static inline void messages_of_nobody(void *user_data, int level, const char *text) {
  (void)user_data, (void)level, (void)text;
}

/* The calls that need no handle, where Python is not to be had: before each of them would start it. */
static inline int check_library_calls(int expected, const char *needle) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *value;
  gym_env env;
  gym_space space;
  FILL(value), FILL(env), FILL(space);
  int good = CHECK_FAILURE(gym_init(NULL, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_make("CartPole-v1", NULL, &env, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_space_make("{\"type\": \"Discrete\", \"n\": 2}", &space, &err), expected, err,
                        needle);
  good &=
      CHECK_FAILURE(gym_add_reward_callback("nobody", callback_of_nobody, NULL, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_add_array_callback("nobody", array_callback_of_nobody, NULL, &err), expected, err,
                        needle);
  good &=
      CHECK_FAILURE(gym_add_trigger_callback("nobody", trigger_of_nobody, NULL, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_remove_callback("nobody", &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_list_envs("Cart*", &value, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_spec("CartPole-v1", &value, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_register_env("X-v0", "{\"entry_point\": \"a:B\"}", &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_import("json", &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_versions(&value, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_set_message_callback(messages_of_nobody, NULL, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_set_message_callback(NULL, NULL, &err), expected, err, needle);
  good &= CHECK_FAILURE(gym_flush(&err), expected, err, needle);
  good &= CHECK_UNTOUCHED(value) && CHECK_UNTOUCHED(env) && CHECK_UNTOUCHED(space);
  return good && CHECK_STR(err.type, "");
}

#endif /* EVERY_CALL_H_ */
