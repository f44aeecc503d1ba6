/* The C contender of vector environments: vector ENVIRONMENT NUM_ENVS OPTIONS MODE
 *
 * OPTIONS is JSON for gym_vec_make. Actions are sampled before, with seed 0, as python/gogym/contender.py
 * does it for Python's vector environments; so is the reset. Modes:
 *
 *   steps   gym_vec_step with arrays of the caller; the check is the sum of all rewards
 *   native  gym_vec_step_native, for options with "layout": "native"
 *   futex   the same; the check is how many system calls handed the work over
 */
#include "contender.h"

#define POOL 65536

typedef struct loop {
  gym_vec vec;
  size_t num_envs, obs_len, actions_len; /* elements, or bytes if native, of all environments */
  size_t pool, position;
  double *obs, *actions; /* or bytes */
  gym_transition *transitions;
} loop;

static double steps(void *state, long times) {
  loop *l = state;
  double total = 0;
  for (long i = 0; i < times; i++) {
    must(gym_vec_step(l->vec, l->actions + l->position * l->actions_len, l->actions_len, l->obs, l->obs_len,
                      l->transitions, l->num_envs, &err));
    if (++l->position == l->pool) l->position = 0;
    for (size_t row = 0; row < l->num_envs; row++) total += l->transitions[row].reward;
  }
  return total;
}

static double native(void *state, long times) {
  loop *l = state;
  const char *actions = (const char *)l->actions;
  double total = 0;
  for (long i = 0; i < times; i++) {
    must(gym_vec_step_native(l->vec, actions + l->position * l->actions_len, l->actions_len, l->obs,
                             l->obs_len, l->transitions, l->num_envs, &err));
    if (++l->position == l->pool) l->position = 0;
    for (size_t row = 0; row < l->num_envs; row++) total += l->transitions[row].reward;
  }
  return total;
}

static int64_t futex_calls(gym_vec vec) {
  gym_value *description;
  int64_t calls;
  must(gym_vec_describe(vec, &description, &err));
  must(gym_value_int64(gym_value_get(description, "futex_calls"), &calls, &err));
  gym_value_free(description);
  return calls;
}

static double futex(void *state, long times) {
  loop *l = state;
  const int64_t before = futex_calls(l->vec);
  steps(state, times);
  return (double)(futex_calls(l->vec) - before);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  const int is_native = strcmp(argv[4], "native") == 0;
  const int64_t seed = 0;
  loop l = {.num_envs = (size_t)strtoul(argv[2], NULL, 10)};
  must(gym_vec_make(argv[1], l.num_envs, argv[3], &l.vec, &err));
  must((is_native ? gym_vec_observation_nbytes : gym_vec_observation_size)(l.vec, &l.obs_len, &err));
  must((is_native ? gym_vec_action_nbytes : gym_vec_action_size)(l.vec, &l.actions_len, &err));
  l.obs_len *= l.num_envs;
  l.actions_len *= l.num_envs;
  l.pool = POOL / l.num_envs;
  if (l.pool < 16) l.pool = 16;
  if (l.pool > 1000) l.pool = 1000;
  l.obs = calloc(l.obs_len, sizeof *l.obs);
  l.actions = calloc(l.pool * l.actions_len, sizeof *l.actions);
  l.transitions = calloc(l.num_envs, sizeof *l.transitions);
  if (!l.obs || !l.actions || !l.transitions) return 1;
  must(gym_vec_seed_actions(l.vec, seed, &err));
  for (size_t i = 0; i < l.pool; i++)
    if (is_native)
      must(gym_vec_sample_actions_native(l.vec, (char *)l.actions + i * l.actions_len, l.actions_len, &err));
    else
      must(gym_vec_sample_actions(l.vec, l.actions + i * l.actions_len, l.actions_len, &err));
  if (is_native)
    must(gym_vec_reset_native(l.vec, &seed, 1, NULL, NULL, l.obs, l.obs_len, &err));
  else
    must(gym_vec_reset(l.vec, &seed, 1, NULL, NULL, l.obs, l.obs_len, &err));
  const int code = converse(is_native ? native : strcmp(argv[4], "futex") == 0 ? futex : steps, &l);
  must(gym_vec_close(l.vec, &err));
  return code;
}
