/* The C contender: loop ENVIRONMENT drawn|sampled
 *
 * Contenders are driven line by line through their standard streams, so that they take turns:
 *   "run N"     steps N times; answers "NANOSECONDS REWARDS", the time inside the loop and the sum of rewards
 *   "count N"   the same between two SIGUSR1 that it sends itself, for count.c, which counts instructions
 * They begin with "ready". All step through the same 1,000 actions, sampled with seed 0, after a reset with
 * seed 0; further resets are unseeded. So all live through the same episodes, and their rewards must agree.
 */
#define _POSIX_C_SOURCE 200809L
#include <gogym.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POOL 1000

static gym_error err = GYM_ERROR_INIT;

static void must(int code) {
  if (code == GYM_OK) return;
  fprintf(stderr, "%s: %s\n%s", gym_status_name(code), err.message, err.traceback);
  exit(1);
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

typedef struct loop {
  gym_env env;
  size_t obs_len, action_len;
  double *obs, *actions;
  size_t position; /* in the pool of actions */
} loop;

static double drawn(loop *l, long steps) {
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

static double sampled(loop *l, long steps) {
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

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  double (*body)(loop *, long) = strcmp(argv[2], "sampled") == 0 ? sampled : drawn;
  const int64_t seed = 0;
  loop l = {.position = 0};
  must(gym_make(argv[1], NULL, &l.env, &err));
  must(gym_observation_size(l.env, &l.obs_len, &err));
  must(gym_action_size(l.env, &l.action_len, &err));
  l.obs = calloc(l.obs_len, sizeof *l.obs);
  l.actions = calloc(POOL * l.action_len, sizeof *l.actions);
  if (!l.obs || !l.actions) return 1;
  must(gym_seed_action(l.env, seed, &err));
  for (size_t i = 0; i < POOL; i++)
    must(gym_sample_action(l.env, l.actions + i * l.action_len, l.action_len, &err));
  must(gym_reset(l.env, &seed, NULL, l.obs, l.obs_len, &err));

  char verb[16];
  long steps;
  puts("ready");
  fflush(stdout);
  while (scanf("%15s %ld", verb, &steps) == 2) {
    int64_t elapsed = 0;
    double total;
    if (strcmp(verb, "count") == 0) {
      raise(SIGUSR1);
      total = body(&l, steps);
      raise(SIGUSR1);
    } else {
      const int64_t start = now();
      total = body(&l, steps);
      elapsed = now() - start;
    }
    printf("%lld %.17g\n", (long long)elapsed, total);
    fflush(stdout);
  }
  return 0;
}
