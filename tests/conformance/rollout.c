/* The rollouts of vectors.py through libgogym: rollout PLAN OUT. See there for the protocol.
 * OUT.blocks receives, for each environment, four gym_value blocks, each after its length: the observation
 * space, the action space, the info of the first reset and that of the last step. */
#include <gogym.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gym_error err = GYM_ERROR_INIT;

static void check(int code, const char *what, const char *id) {
  if (code == GYM_OK) return;
  fprintf(stderr, "%s: %s: %s: %s %s\n%s", id, what, gym_status_name(code), err.type, err.message,
          err.traceback);
  exit(1);
}

static void put(FILE *out, const void *bytes, size_t nbytes) {
  if (fwrite(bytes, 1, nbytes, out) == nbytes) return;
  perror("rollout: write");
  exit(1);
}

static void put_block(FILE *out, gym_value *value) {
  size_t nbytes = 0;
  const void *block = gym_value_block(value, &nbytes);
  uint64_t length = nbytes;
  put(out, &length, sizeof length);
  put(out, block, nbytes);
  gym_value_free(value);
}

static void put_info(FILE *out, gym_env env, const char *id) {
  gym_value *info;
  check(gym_info(env, &info, &err), "gym_info", id);
  put_block(out, info);
}

static void rollout(const char *id, long steps, int64_t seed, FILE *out, FILE *blocks) {
  gym_env env;
  gym_value *space;
  size_t sizes[2];
  check(gym_make(id, NULL, &env, &err), "gym_make", id);
  check(gym_observation_size(env, &sizes[0], &err), "gym_observation_size", id);
  check(gym_action_size(env, &sizes[1], &err), "gym_action_size", id);
  put(out, (const uint64_t[]){sizes[0], sizes[1]}, 2 * sizeof(uint64_t));
  check(gym_observation_space(env, &space, &err), "gym_observation_space", id);
  put_block(blocks, space);
  check(gym_action_space(env, &space, &err), "gym_action_space", id);
  put_block(blocks, space);

  double *observation = malloc(sizes[0] * sizeof(double)), *action = malloc(sizes[1] * sizeof(double));
  if (!observation || !action) abort();
  check(gym_seed_action(env, seed + 1, &err), "gym_seed_action", id);
  check(gym_reset(env, &seed, NULL, observation, sizes[0], &err), "gym_reset", id);
  put(out, observation, sizes[0] * sizeof(double));
  put_info(blocks, env, id);
  for (long i = 0; i < steps; i++) {
    gym_transition t;
    check(gym_sample_action(env, action, sizes[1], &err), "gym_sample_action", id);
    check(gym_step(env, action, sizes[1], observation, sizes[0], &t, &err), "gym_step", id);
    put(out, action, sizes[1] * sizeof(double));
    put(out, observation, sizes[0] * sizeof(double));
    put(out, (const double[]){t.reward, t.terminated + 2.0 * t.truncated}, 2 * sizeof(double));
    if (i == steps - 1) put_info(blocks, env, id);
    if (t.terminated || t.truncated) {
      check(gym_reset(env, NULL, NULL, observation, sizes[0], &err), "gym_reset", id);
      put(out, observation, sizes[0] * sizeof(double));
    }
  }
  free(observation);
  free(action);
  check(gym_close(env, &err), "gym_close", id);
}

static FILE *opened(const char *path, const char *mode) {
  FILE *file = fopen(path, mode);
  if (file) return file;
  perror(path);
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: rollout PLAN OUT\n");
    return 2;
  }
  char id[256], path[4096];
  long steps;
  int64_t seed;
  snprintf(path, sizeof path, "%s.blocks", argv[2]);
  FILE *plan = opened(argv[1], "r"), *out = opened(argv[2], "wb"), *blocks = opened(path, "wb");
  while (fscanf(plan, "%255s %ld %" SCNd64, id, &steps, &seed) == 3) rollout(id, steps, seed, out, blocks);
  check(gym_shutdown(&err), "gym_shutdown", "at the end");
  fclose(plan);
  if (fclose(out) != 0 || fclose(blocks) != 0) {
    perror("rollout: close");
    return 1;
  }
  return 0;
}
