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

#endif /* EVERY_CALL_H_ */
