/* The C contender of whole loops: loop ENVIRONMENT drawn|sampled|native
 *
 * All contenders step through the same 1,000 actions, sampled with seed 0, after a reset with seed 0; further
 * resets are unseeded. So all live through the same episodes, and their rewards, which are the check, must
 * agree. drawn     float64 buffers sampled   the same, sampling each action native    native buffers
 */
#include "contender.h"

#define POOL 1000

typedef struct loop {
  gym_env env;
  size_t obs_len, action_len; /* elements or, of native buffers, bytes */
  double *obs, *actions;
  size_t position; /* in the pool of actions */
} loop;

static double drawn(void *state, long steps) {
  loop *l = state;
  double total = 0;
  for (long i = 0; i < steps; i++) {
    gym_transition t;
    must(gym_step(l->env, l->actions + l->position * l->action_len, l->action_len, l->obs, l->obs_len, &t,
                  &err));
    if (++l->position == POOL) l->position = 0;
    total += t.reward;
    if (t.terminated || t.truncated) must(gym_reset(l->env, NULL, NULL, l->obs, l->obs_len, &err));
  }
  return total;
}

static double sampled(void *state, long steps) {
  loop *l = state;
  double total = 0;
  for (long i = 0; i < steps; i++) {
    gym_transition t;
    must(gym_sample_action(l->env, l->actions, l->action_len, &err));
    must(gym_step(l->env, l->actions, l->action_len, l->obs, l->obs_len, &t, &err));
    total += t.reward;
    if (t.terminated || t.truncated) must(gym_reset(l->env, NULL, NULL, l->obs, l->obs_len, &err));
  }
  return total;
}

static double native(void *state, long steps) {
  loop *l = state;
  const char *actions = (const char *)l->actions;
  double total = 0;
  for (long i = 0; i < steps; i++) {
    gym_transition t;
    must(gym_step_native(l->env, actions + l->position * l->action_len, l->action_len, l->obs, l->obs_len, &t,
                         &err));
    if (++l->position == POOL) l->position = 0;
    total += t.reward;
    if (t.terminated || t.truncated) must(gym_reset_native(l->env, NULL, NULL, l->obs, l->obs_len, &err));
  }
  return total;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const int is_native = strcmp(argv[2], "native") == 0;
  const int64_t seed = 0;
  loop l = {.position = 0};
  must(gym_make(argv[1], NULL, &l.env, &err));
  must((is_native ? gym_observation_nbytes : gym_observation_size)(l.env, &l.obs_len, &err));
  must((is_native ? gym_action_nbytes : gym_action_size)(l.env, &l.action_len, &err));
  l.obs = calloc(l.obs_len, sizeof *l.obs);
  l.actions = calloc(POOL * l.action_len, sizeof *l.actions);
  if (!l.obs || !l.actions) return 1;
  must(gym_seed_action(l.env, seed, &err));
  for (size_t i = 0; i < POOL; i++)
    if (is_native)
      must(gym_sample_action_native(l.env, (char *)l.actions + i * l.action_len, l.action_len, &err));
    else
      must(gym_sample_action(l.env, l.actions + i * l.action_len, l.action_len, &err));
  if (is_native)
    must(gym_reset_native(l.env, &seed, NULL, l.obs, l.obs_len, &err));
  else
    must(gym_reset(l.env, &seed, NULL, l.obs, l.obs_len, &err));
  return converse(is_native ? native : strcmp(argv[2], "sampled") == 0 ? sampled : drawn, &l);
}
