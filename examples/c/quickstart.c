/* A random agent: quickstart [ENVIRONMENT [STEPS]] */
#include <gogym.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void) {
  struct timespec t;
  timespec_get(&t, TIME_UTC);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Steps an environment with random actions; *total receives the sum of all rewards. */
static int play(gym_env env, double *obs, size_t obs_len, double *action, size_t action_len, long steps,
                double *total, gym_error *err) {
  const int64_t seed = 42;
  int code = gym_seed_action(env, seed, err);
  if (code == GYM_OK) code = gym_reset(env, &seed, NULL, obs, obs_len, err);
  for (long i = 0; i < steps && code == GYM_OK; i++) {
    gym_transition step;
    code = gym_sample_action(env, action, action_len, err);
    if (code == GYM_OK) code = gym_step(env, action, action_len, obs, obs_len, &step, err);
    if (code != GYM_OK) break;
    *total += step.reward;
    if (step.terminated || step.truncated) code = gym_reset(env, NULL, NULL, obs, obs_len, err);
  }
  return code;
}

int main(int argc, char **argv) {
  const char *id = argc > 1 ? argv[1] : "CartPole-v1";
  const long steps = argc > 2 ? strtol(argv[2], NULL, 10) : 10000;
  gym_error err = GYM_ERROR_INIT;
  gym_env env = {0};
  size_t obs_len = 0, action_len = 0;
  double *obs = NULL, *action = NULL, total = 0;

  int code = gym_make(id, NULL, &env, &err); /* the first call starts Python */
  if (code == GYM_OK) code = gym_observation_size(env, &obs_len, &err);
  if (code == GYM_OK) code = gym_action_size(env, &action_len, &err);
  if (code == GYM_OK) {
    /* Where a size is GYM_DYNAMIC, calloc gives NULL, and gym_reset or gym_step says what is wrong. */
    obs = calloc(obs_len, sizeof *obs);
    action = calloc(action_len, sizeof *action);
    const double start = seconds();
    code = play(env, obs, obs_len, action, action_len, steps, &total, &err);
    if (code == GYM_OK)
      printf("%s: %ld steps, return %.1f, %.0f steps/s\n", id, steps, total,
             (double)steps / (seconds() - start));
  }
  if (code != GYM_OK) fprintf(stderr, "%s: %s\n%s", gym_status_name(code), err.message, err.traceback);
  if (env.id != 0) gym_close(env, NULL);
  gym_shutdown(NULL); /* flushes what Python printed */
  free(action);
  free(obs);
  return code == GYM_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
