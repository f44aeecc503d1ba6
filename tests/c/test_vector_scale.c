/* A thousand environments on two workers, and more workers than the bits that they are woken by: every row as
 * in this process, memory that does not grow, also when workers are killed. Prints the memory of an
 * environment. */
#define _GNU_SOURCE
#include "envs.h"
#include "processes.h"

enum { MANY = 1024, STEPS = 1000, WORKERS = 2, CROWD = 34 };

static gym_error err = GYM_ERROR_INIT;

static gym_vec make(size_t n, const char *options) {
  gym_vec vec = {0};
  if (!CHECK_OK(gym_vec_make("CartPole-v1", n, options, &vec, &err), err)) exit(1);
  return vec;
}

static int pids_of(gym_vec vec, int *pids, int most) {
  gym_value *about = NULL;
  CHECK_OK(gym_vec_describe(vec, &about, &err), err);
  const gym_value *workers = gym_value_get(about, "workers");
  int count = (int)gym_value_count(workers);
  for (int i = 0; i < count && i < most; i++) {
    int64_t pid = -1;
    gym_value_int64(gym_value_get(gym_value_at(workers, (size_t)i), "pid"), &pid, NULL);
    pids[i] = (int)pid;
  }
  gym_value_free(about);
  return count;
}

/* The memory that a process has written and has for itself, in KiB. */
static long memory_of(int pid) {
  char path[64], line[256];
  long kib = -1;
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "Private_Dirty: %ld kB", &kib) == 1) break;
  if (file) fclose(file);
  return kib;
}

static long memory_of_all(gym_vec vec) {
  int pids[CROWD];
  long sum = 0;
  int count = pids_of(vec, pids, CROWD);
  for (int i = 0; i < count; i++) sum += memory_of(pids[i]);
  return sum;
}

static double action_of(size_t step, size_t env) {
  return (double)((step * 7 + env * 3 + step / 5 + env / 64) % 2);
}

static double actions[MANY], obs[2][MANY][4];
static gym_transition out[2][MANY];

static int step(gym_vec vec, int which, size_t n, size_t number) {
  for (size_t i = 0; i < n; i++) actions[i] = action_of(number, i);
  return gym_vec_step(vec, actions, n, obs[which][0], n * 4, out[which], n, &err);
}

/* ------------------------------------------------------------------------------------- a thousand */

static void test_many(void) {
  const int64_t seed = 8;
  long few, begin = 0, end;
  gym_vec small = make(WORKERS, "{\"gogym\": {\"workers\": 2}}");
  CHECK_OK(gym_vec_reset(small, &seed, 1, NULL, NULL, NULL, 0, &err), err);
  for (size_t i = 0; i < 200; i++) CHECK_OK(step(small, 0, WORKERS, i), err);
  few = memory_of_all(small);
  CHECK_OK(gym_vec_close(small, &err), err);
  gym_vec vec = make(MANY, "{\"gogym\": {\"workers\": 2}}");
  gym_vec expected = make(MANY, "{\"gogym\": {\"engine\": \"sync\"}}");
  CHECK_OK(gym_vec_reset(vec, &seed, 1, NULL, NULL, obs[0][0], MANY * 4, &err), err);
  CHECK_OK(gym_vec_reset(expected, &seed, 1, NULL, NULL, obs[1][0], MANY * 4, &err), err);
  CHECK(memcmp(obs[0], obs[1], sizeof obs[0]) == 0);
  size_t ends = 0, wrong = 0;
  for (size_t i = 0; i < STEPS; i++) {
    if (!CHECK_OK(step(vec, 0, MANY, i), err)) break;
    if (i % 10 == 0) wrong += step(expected, 1, MANY, i) != GYM_OK;
    if (i % 10)
      wrong += gym_vec_step(expected, actions, MANY, obs[1][0], MANY * 4, out[1], MANY, &err) != GYM_OK;
    wrong += memcmp(obs[0], obs[1], sizeof obs[0]) != 0 || memcmp(out[0], out[1], sizeof out[0]) != 0;
    for (size_t env = 0; env < MANY; env++) ends += out[0][env].terminated;
    if (i == STEPS / 4) begin = memory_of_all(vec);
  }
  end = memory_of_all(vec);
  CHECK_INT(wrong, 0);
  CHECK(ends > MANY);
  double each = (double)(end - few) / (MANY - WORKERS);
  printf(
      "%d environments on %d workers: %d steps, %zu episodes; %.1f KiB an environment in the workers (%ld "
      "KiB for "
      "all of them, %ld KiB for %d environments)\n",
      MANY, WORKERS, STEPS, ends, each, end, few, WORKERS);
  if (CHECK_MEMORY_TELLS) {
    CHECK(few > 0 && each > 0 && each < 200);
    CHECK(end - begin < 8192); /* nothing is kept of steps that are over */
  }
  CHECK_OK(gym_vec_close(expected, &err), err);

  /* Half of them fail at once, again and again. */
  for (int i = 0; i < 6; i++) {
    int pids[WORKERS];
    gym_value *list = NULL;
    pids_of(vec, pids, WORKERS);
    CHECK(kill(pids[i % WORKERS], SIGKILL) == 0);
    CHECK_FAILURE(step(vec, 0, MANY, (size_t)i), GYM_ERR_WORKER, err, "512 of 1024");
    CHECK_OK(gym_vec_failures(vec, &list, &err), err);
    CHECK_INT(gym_value_count(list), MANY / 2);
    gym_value_free(list);
    for (size_t env = 0; env < MANY; env++)
      wrong += out[0][env].truncated != (env / (MANY / 2) == (size_t)i % WORKERS);
    for (size_t j = 0; j < 20; j++) CHECK_OK(step(vec, 0, MANY, j), err);
  }
  CHECK_INT(wrong, 0);
  CHECK_OK(gym_vec_close(vec, &err), err);
}

/* ------------------------------------------------------------------------------------- many workers */

static void test_crowd(void) {
  enum { ROWS = 3 * CROWD + 5 };
  const int64_t seed = 2;
  char options[100];
  int pids[CROWD];
  int64_t ids[ROWS];
  size_t wrong = 0, count = 0;
  snprintf(options, sizeof options, "{\"gogym\": {\"workers\": %d}}", CROWD);
  gym_vec vec = make(ROWS, options), expected = make(ROWS, "{\"gogym\": {\"engine\": \"sync\"}}");
  CHECK_INT(pids_of(vec, pids, CROWD), CROWD);
  CHECK_OK(gym_vec_reset(vec, &seed, 1, NULL, NULL, obs[0][0], ROWS * 4, &err), err);
  CHECK_OK(gym_vec_reset(expected, &seed, 1, NULL, NULL, obs[1][0], ROWS * 4, &err), err);
  for (size_t i = 0; i < 200; i++) {
    wrong += step(vec, 0, ROWS, i) != GYM_OK;
    wrong += step(expected, 1, ROWS, i) != GYM_OK;
    wrong += memcmp(obs[0], obs[1], ROWS * sizeof *obs[0]) != 0 ||
             memcmp(out[0], out[1], ROWS * sizeof *out[0]) != 0;
  }
  CHECK_INT(wrong, 0);
  /* One row of each at a time, as its worker's bit may be another's too. */
  for (int64_t row = 0; row < ROWS; row += 3) {
    CHECK_OK(gym_vec_send(vec, &row, 1, actions, 1, &err), err);
    CHECK_OK(gym_vec_recv(vec, 1, -1, ids, NULL, 0, NULL, 0, &count, &err), err);
    wrong += count != 1 || ids[0] != row;
  }
  CHECK_INT(wrong, 0);
  for (int i = 0; i < CROWD; i += 11) CHECK(kill(pids[i], SIGKILL) == 0);
  CHECK_FAILURE(step(vec, 0, ROWS, 0), GYM_ERR_WORKER, err, "of 107");
  CHECK_OK(step(vec, 0, ROWS, 1), err);
  CHECK_OK(gym_vec_close(vec, &err), err);
  CHECK_OK(gym_vec_close(expected, &err), err);
}

int main(void) {
  use_test_envs();
  alarm(280); /* what hangs fails */
  CHECK_OK(gym_vec_close(make(1, "{\"gogym\": {\"workers\": 1}}"), &err), err);
  CHECK_OK(gym_vec_close(make(1, "{\"gogym\": {\"engine\": \"sync\"}}"), &err), err);
  sleep_ms(100);
  int fds = count_fds();
  test_many();
  check_nothing_left(fds, "a thousand");
  test_crowd();
  check_nothing_left(fds, "many workers");
  return check_summary();
}
