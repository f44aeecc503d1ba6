/* From the start of the process to the first observation of CartPole. */
#include <gogym.h>
#include <stdio.h>

int main(void) {
  gym_error err = GYM_ERROR_INIT;
  const int64_t seed = 0;
  double obs[4];
  gym_env env;
  if (gym_make("CartPole-v1", NULL, &env, &err) != GYM_OK ||
      gym_reset(env, &seed, NULL, obs, 4, &err) != GYM_OK) {
    fprintf(stderr, "%s: %s\n%s", gym_status_name(err.code), err.message, err.traceback);
    return 1;
  }
  puts("observation");
  fflush(stdout);
  return 0;
}
