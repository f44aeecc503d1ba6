/* The C contender of infos: info ENVIRONMENT. Takes the info of one step as a value, and frees it. The check
 * is the number of its entries. */
#include "contender.h"

static double info(void *state, long times) {
  double check = 0;
  for (long i = 0; i < times; i++) {
    gym_value *value;
    must(gym_info(*(gym_env *)state, &value, &err));
    check += (double)gym_value_count(value);
    gym_value_free(value);
  }
  return check;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  gym_env env;
  gym_transition t;
  double action[64], obs[4096];
  size_t action_len, obs_len;
  must(gym_make(argv[1], NULL, &env, &err));
  must(gym_observation_size(env, &obs_len, &err));
  must(gym_action_size(env, &action_len, &err));
  if (obs_len > 4096 || action_len > 64) return 2;
  must(gym_reset(env, NULL, NULL, obs, obs_len, &err));
  must(gym_sample_action(env, action, action_len, &err));
  must(gym_step(env, action, action_len, obs, obs_len, &t, &err));
  return converse(info, &env);
}
