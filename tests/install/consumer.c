/* A program of someone else's: takes one step of CartPole-v1 and says so. */
#include <gogym.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what, const gym_error *err) {
  fprintf(stderr, "%s: %s: %s\n", what, gym_status_name(err->code), err->message);
  return 1;
}

int main(int argc, char **argv) {
  gym_error err = GYM_ERROR_INIT;
  gym_env env = {0};
  gym_transition transition;
  double obs[4], action = 1.0;
  const int64_t seed = 1;

  printf("version %s\n", gym_version());
  if (argc > 1 && strcmp(argv[1], "--version") == 0) return 0;
  if (gym_init(NULL, &err)) return fail("gym_init", &err);
  if (gym_make("CartPole-v1", NULL, &env, &err)) return fail("gym_make", &err);
  if (gym_reset(env, &seed, NULL, obs, 4, &err)) return fail("gym_reset", &err);
  if (gym_step(env, &action, 1, obs, 4, &transition, &err)) return fail("gym_step", &err);
  printf("reward %.1f\n", transition.reward);
  if (gym_close(env, &err)) return fail("gym_close", &err);
  if (gym_shutdown(&err)) return fail("gym_shutdown", &err);
  return 0;
}
