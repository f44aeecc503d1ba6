/* Vector environments: the same rollouts on every engine, with any number of workers, stepped together or
 * sent and received in any order; buffers, views, masks, seeds. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "every_call.h"
#include "guarded.h"

#define N 7
#define STEPS 60

static gym_error err = GYM_ERROR_INIT;

static gym_vec make(size_t n, const char *options) {
  gym_vec vec = {0};
  CHECK_OK(gym_vec_make("CartPole-v1", n, options, &vec, &err), err);
  return vec;
}

static void close_vec(gym_vec vec) { CHECK_OK(gym_vec_close(vec, &err), err); }

/* What a rollout brings. */
typedef struct rollout {
  double obs[STEPS + 1][N][4];
  gym_transition transitions[STEPS][N];
} rollout;

static double action_of(int step, int env) { return (step * 7 + env * 3 + step / 5) % 2; }

static void roll(const char *options, rollout *out) {
  const int64_t seed = 11;
  double actions[N];
  memset(out, 0, sizeof *out);
  gym_vec vec = make(N, options);
  CHECK_OK(gym_vec_reset(vec, &seed, 1, NULL, NULL, out->obs[0][0], N * 4, &err), err);
  for (int step = 0; step < STEPS; step++) {
    for (int env = 0; env < N; env++) actions[env] = action_of(step, env);
    if (!CHECK_OK(
            gym_vec_step(vec, actions, N, out->obs[step + 1][0], N * 4, out->transitions[step], N, &err),
            err))
      break;
  }
  close_vec(vec);
}

static void check_same(const rollout *a, const rollout *b, const char *what) {
  int same = memcmp(a, b, sizeof *a) == 0;
  CHECK(same);
  if (!same) fprintf(stderr, "  %s\n", what);
}

/* ------------------------------------------------------------------------------------- engines and modes */

static void test_engines(void) {
  static const char *modes[] = {"next_step", "same_step"};
  static const char *engines[] = {"\"engine\": \"process\", \"workers\": 1", "\"workers\": 2",
                                  "\"workers\": 3", "\"workers\": 7", "\"engine\": \"process\""};
  static rollout expected, got;
  char options[300];
  for (int m = 0; m < 2; m++) {
    snprintf(options, sizeof options,
             "{\"max_episode_steps\": 13, \"gogym\": {\"engine\": \"sync\", \"autoreset_mode\": \"%s\"}}",
             modes[m]);
    roll(options, &expected);
    int ends = 0;
    for (int step = 0; step < STEPS; step++)
      for (int env = 0; env < N; env++)
        ends += expected.transitions[step][env].terminated || expected.transitions[step][env].truncated;
    CHECK(ends > N);
    for (size_t e = 0; e < sizeof engines / sizeof *engines; e++) {
      snprintf(options, sizeof options,
               "{\"max_episode_steps\": 13, \"gogym\": {%s, \"autoreset_mode\": \"%s\"}}", engines[e],
               modes[m]);
      roll(options, &got);
      check_same(&expected, &got, options);
    }
  }
}

/* Each row is what one environment alone would be. */
static void test_rows(void) {
  static rollout vec;
  double obs[4];
  gym_transition t;
  roll("{\"gogym\": {\"workers\": 2}}", &vec);
  for (int i = 0; i < N; i++) {
    const int64_t seed = 11 + i;
    gym_env env = open_env("CartPole-v1", NULL);
    CHECK_OK(gym_reset(env, &seed, NULL, obs, 4, &err), err);
    CHECK(memcmp(obs, vec.obs[0][i], sizeof obs) == 0);
    int done = 0;
    for (int step = 0; step < STEPS; step++) {
      const double action = action_of(step, i);
      memset(&t, 0, sizeof t);
      if (done)
        CHECK_OK(gym_reset(env, NULL, NULL, obs, 4, &err), err);
      else
        CHECK_OK(gym_step(env, &action, 1, obs, 4, &t, &err), err);
      done = t.terminated || t.truncated;
      CHECK(memcmp(obs, vec.obs[step + 1][i], sizeof obs) == 0);
      CHECK(memcmp(&t, &vec.transitions[step][i], sizeof t) == 0);
    }
    gym_close(env, NULL);
  }
}

/* ------------------------------------------------------------------------------------- send and receive */

static void test_send(const char *options) {
  static rollout expected;
  static double obs[N][4];
  const int64_t seed = 11;
  gym_transition out[N];
  int64_t ids[N];
  int steps[N] = {0};
  roll("{\"gogym\": {\"engine\": \"sync\"}}", &expected);
  gym_vec vec = make(N, options);
  CHECK_OK(gym_vec_reset(vec, &seed, 1, NULL, NULL, NULL, 0, &err), err);
  double actions[N];
  for (int i = 0; i < N; i++) actions[i] = action_of(0, i);
  CHECK_OK(gym_vec_send(vec, NULL, 0, actions, N, &err), err);
  size_t received = 0, count = 0;
  uint32_t random = 12345;
  while (received < (size_t)N * STEPS) {
    random = random * 1664525u + 1013904223u;
    size_t batch = 1 + (random >> 16) % N;
    if (!CHECK_OK(gym_vec_recv(vec, batch, -1, ids, obs[0], N * 4, out, N, &count, &err), err)) break;
    CHECK(count >= 1 && count <= batch);
    int64_t again[N];
    size_t sent = 0;
    for (size_t i = 0; i < count; i++) {
      int id = (int)ids[i];
      CHECK(memcmp(obs[i], expected.obs[steps[id] + 1][id], sizeof obs[i]) == 0);
      CHECK(memcmp(&out[i], &expected.transitions[steps[id]][id], sizeof out[i]) == 0);
      received++;
      if (++steps[id] == STEPS) continue;
      actions[sent] = action_of(steps[id], id);
      again[sent++] = id;
    }
    if (sent) CHECK_OK(gym_vec_send(vec, again, sent, actions, sent, &err), err);
  }
  for (int i = 0; i < N; i++) CHECK_INT(steps[i], STEPS);
  CHECK_INT(gym_vec_recv(vec, 1, -1, ids, NULL, 0, NULL, 0, &count, &err), GYM_ERR_NO_ASYNC_CALL);
  close_vec(vec);
}

static void test_send_errors(void) {
  const int64_t seed = 3, twice[] = {1, 1}, beyond[] = {N}, one[] = {2};
  double actions[N] = {0};
  int64_t ids[N];
  size_t count = 77;
  gym_vec vec = make(N, "{\"gogym\": {\"workers\": 2}}");
  CHECK_FAILURE(gym_vec_step(vec, actions, N, NULL, 0, NULL, 0, &err), GYM_ERR_RESET_NEEDED, err,
                "gym_vec_reset");
  CHECK_FAILURE(gym_vec_send(vec, one, 1, actions, 1, &err), GYM_ERR_RESET_NEEDED, err, "environment 2");
  CHECK_OK(gym_vec_reset(vec, &seed, 1, NULL, NULL, NULL, 0, &err), err);
  CHECK_FAILURE(gym_vec_send(vec, twice, 2, actions, 2, &err), GYM_ERR_ARGUMENT, err, "twice");
  CHECK_FAILURE(gym_vec_send(vec, beyond, 1, actions, 1, &err), GYM_ERR_ARGUMENT, err, "0 to 6");
  CHECK_FAILURE(gym_vec_send(vec, one, 1, actions, 2, &err), GYM_ERR_BUFFER, err, "1");
  CHECK_FAILURE(gym_vec_recv(vec, 1, 0, ids, NULL, 0, NULL, 0, &count, &err), GYM_ERR_NO_ASYNC_CALL, err,
                "gym_vec_send");
  CHECK_OK(gym_vec_send(vec, one, 1, actions, 1, &err), err);
  CHECK_FAILURE(gym_vec_send(vec, one, 1, actions, 1, &err), GYM_ERR_ALREADY_PENDING_CALL, err, "2");
  CHECK_FAILURE(gym_vec_step(vec, actions, N, NULL, 0, NULL, 0, &err), GYM_ERR_ALREADY_PENDING_CALL, err,
                "1");
  CHECK_FAILURE(gym_vec_recv(vec, 1, NAN, ids, NULL, 0, NULL, 0, &count, &err), GYM_ERR_ARGUMENT, err,
                "timeout");
  CHECK_INT(count, 77);
  CHECK_OK(gym_vec_recv(vec, N, -1, ids, NULL, 0, NULL, 0, &count, &err), err);
  CHECK_INT(count, 1);
  CHECK_INT(ids[0], 2);
  close_vec(vec);
  CHECK_FAILURE(gym_vec_close(vec, &err), GYM_ERR_HANDLE, err, "vector environment");
}

/* A slow environment does not keep the others back. */
static void test_timeout(void) {
  gym_vec vec = {0};
  const int64_t seed = 0;
  double actions[2] = {1, 0};
  int64_t ids[2];
  size_t count = 0;
  int status =
      gym_vec_make("gogym_test_vector:gogym_test/Slow-v0", 2, "{\"gogym\": {\"workers\": 2}}", &vec, &err);
  if (!CHECK_OK(status, err)) return;
  CHECK_OK(gym_vec_reset(vec, &seed, 1, NULL, NULL, NULL, 0, &err), err);
  CHECK_OK(gym_vec_send(vec, NULL, 0, actions, 2, &err), err);
  CHECK_OK(gym_vec_recv(vec, 1, -1, ids, NULL, 0, NULL, 0, &count, &err), err);
  CHECK_INT(ids[0], 1);
  CHECK_FAILURE(gym_vec_recv(vec, 1, 0, ids, NULL, 0, NULL, 0, &count, &err), GYM_ERR_TIMEOUT, err, "0 s");
  CHECK_OK(gym_vec_recv(vec, 1, 60, ids, NULL, 0, NULL, 0, &count, &err), err);
  CHECK_INT(ids[0], 0);
  close_vec(vec);
}

/* ------------------------------------------------------------------------------------- masks, seeds, views
 */

static void test_disabled(const char *engine) {
  char options[200];
  const int64_t seed = 5;
  double actions[N] = {0}, obs[N][4], before[N][4];
  gym_transition out[N];
  snprintf(options, sizeof options, "{\"gogym\": {%s, \"autoreset_mode\": \"disabled\"}}", engine);
  gym_vec vec = make(N, options);
  CHECK_OK(gym_vec_reset(vec, &seed, 1, NULL, NULL, obs[0], N * 4, &err), err);
  uint8_t mask[N] = {0};
  int ended = 0;
  for (int step = 0; step < 100 && !ended; step++) {
    CHECK_OK(gym_vec_step(vec, actions, N, obs[0], N * 4, out, N, &err), err);
    for (int i = 0; i < N; i++) ended += mask[i] = out[i].terminated;
  }
  CHECK(ended > 0 && ended < N);
  memcpy(before, obs, sizeof obs);
  CHECK_FAILURE(gym_vec_step(vec, actions, N, obs[0], N * 4, out, N, &err), GYM_ERR_RESET_NEEDED, err,
                "mask");
  CHECK(memcmp(before, obs, sizeof obs) == 0);
  const uint8_t none[N] = {0};
  CHECK_FAILURE(gym_vec_reset(vec, NULL, 0, none, NULL, obs[0], N * 4, &err), GYM_ERR_ARGUMENT, err, "mask");
  CHECK_OK(gym_vec_reset(vec, NULL, 0, mask, NULL, obs[0], N * 4, &err), err);
  for (int i = 0; i < N; i++) CHECK((memcmp(before[i], obs[i], sizeof obs[i]) == 0) == !mask[i]);
  CHECK_OK(gym_vec_step(vec, actions, N, obs[0], N * 4, out, N, &err), err);
  close_vec(vec);
}

static void test_seeds(void) {
  double first[N][4], second[N][4];
  int64_t seeds[N], one = 40;
  gym_vec vec = make(N, NULL);
  for (int i = 0; i < N; i++) seeds[i] = 40 + i;
  CHECK_OK(gym_vec_reset(vec, seeds, N, NULL, NULL, first[0], N * 4, &err), err);
  CHECK_OK(gym_vec_reset(vec, &one, 1, NULL, NULL, second[0], N * 4, &err), err);
  CHECK(memcmp(first, second, sizeof first) == 0);
  CHECK_OK(gym_vec_reset(vec, NULL, 0, NULL, NULL, second[0], N * 4, &err), err);
  CHECK(memcmp(first, second, sizeof first) != 0);
  CHECK_FAILURE(gym_vec_reset(vec, seeds, 3, NULL, NULL, NULL, 0, &err), GYM_ERR_ARGUMENT, err, "3 seeds");
  one = -1;
  CHECK_FAILURE(gym_vec_reset(vec, &one, 1, NULL, NULL, NULL, 0, &err), GYM_ERR_ARGUMENT, err, "-1");
  seeds[2] = -7;
  CHECK_FAILURE(gym_vec_reset(vec, seeds, N, NULL, NULL, NULL, 0, &err), GYM_ERR_ARGUMENT, err, "seeds[2]");
  CHECK_FAILURE(gym_vec_reset(vec, NULL, 0, NULL, "[1]", NULL, 0, &err), GYM_ERR_JSON, err, "object");
  CHECK_FAILURE(gym_vec_reset(vec, NULL, 0, NULL, NULL, first[0], 4, &err), GYM_ERR_BUFFER, err, "28");
  CHECK_FAILURE(gym_vec_reset_native(vec, NULL, 0, NULL, NULL, first, sizeof first, &err), GYM_ERR_ARGUMENT,
                err, "layout");
  close_vec(vec);
}

static void test_view(const char *layout) {
  char options[200];
  const int64_t seed = 9;
  gym_vec_view view = GYM_VEC_VIEW_INIT;
  snprintf(options, sizeof options,
           "{\"max_episode_steps\": 4, \"gogym\": {\"layout\": \"%s\", \"autoreset_mode\": \"same_step\"}}",
           layout);
  gym_vec vec = make(N, options);
  int is_native = strcmp(layout, "native") == 0;
  CHECK_OK(gym_vec_get_view(vec, &view, &err), err);
  CHECK_INT(view.num_envs, N);
  CHECK_INT(view.is_native, is_native);
  CHECK_INT(view.observation_nbytes, is_native ? 16 : 32);
  CHECK_INT(view.action_nbytes, 8);
  int status = is_native ? gym_vec_reset_native(vec, &seed, 1, NULL, NULL, NULL, 0, &err)
                         : gym_vec_reset(vec, &seed, 1, NULL, NULL, NULL, 0, &err);
  CHECK_OK(status, err);
  for (int step = 0; step < 4; step++) {
    for (int i = 0; i < N; i++) {
      const double number = i % 2;
      const int64_t integer = i % 2;
      memcpy((char *)view.actions + 8 * i, is_native ? (const void *)&integer : (const void *)&number, 8);
    }
    status = is_native ? gym_vec_step_native(vec, NULL, 0, NULL, 0, NULL, 0, &err)
                       : gym_vec_step(vec, NULL, 0, NULL, 0, NULL, 0, &err);
    CHECK_OK(status, err);
    CHECK(view.transitions[3].reward == 1.0 && view.statuses[3] == GYM_OK);
  }
  for (int i = 0; i < N; i++) CHECK(view.transitions[i].truncated == 1);
  CHECK(memcmp(view.final_observations, view.observations, N * view.observation_nbytes) != 0);
  gym_value *infos = NULL;
  CHECK_OK(gym_vec_info(vec, &infos, &err), err);
  CHECK_INT(gym_value_count(infos), N);
  gym_array last = GYM_ARRAY_INIT;
  CHECK_OK(gym_value_array(gym_value_get(gym_value_at(infos, 6), "final_obs"), &last, &err), err);
  if (is_native)
    CHECK(memcmp(last.data, (const char *)view.final_observations + 6 * view.observation_nbytes, 16) == 0);
  CHECK(gym_value_get(gym_value_at(infos, 6), "final_info") != NULL);
  gym_value_free(infos);
  close_vec(vec);
}

/* ------------------------------------------------------------------------------------- values and the rest
 */

static void test_values(const char *options) {
  const int64_t seed = 1;
  gym_value *value = NULL;
  double actions[N];
  size_t size = 0;
  gym_space space = {0};
  int64_t number = 0;
  gym_vec vec = make(N, options);
  CHECK_OK(gym_vec_observation_size(vec, &size, &err), err);
  CHECK_INT(size, 4);
  CHECK_OK(gym_vec_action_nbytes(vec, &size, &err), err);
  CHECK_INT(size, 8);
  CHECK_FAILURE(gym_vec_info(vec, &value, &err), GYM_ERR_RESET_NEEDED, err, "reset");
  CHECK_OK(gym_vec_reset(vec, &seed, 1, NULL, NULL, NULL, 0, &err), err);
  CHECK_OK(gym_vec_call(vec, "unwrapped.gravity", NULL, &value, &err), err);
  CHECK_INT(gym_value_count(value), N);
  gym_value_free(value);
  CHECK_OK(gym_vec_call(vec, "np_random_seed", NULL, &value, &err), err);
  for (size_t i = 0; i < N; i++) {
    CHECK_OK(gym_value_int64(gym_value_at(value, i), &number, &err), err);
    CHECK_INT(number, 1 + (int64_t)i);
  }
  gym_value_free(value);
  CHECK_FAILURE(gym_vec_call(vec, "no_such_thing", NULL, &value, &err), GYM_ERR_ATTRIBUTE, err,
                "no_such_thing");
  CHECK_FAILURE(gym_vec_render(vec, &value, &err), GYM_ERR_RENDER, err, "render_mode");
  CHECK_OK(gym_vec_observation_space(vec, &value, &err), err);
  CHECK_STR(gym_value_string(gym_value_get(value, "type"), NULL), "Box");
  gym_value_free(value);
  CHECK_OK(gym_vec_describe(vec, &value, &err), err);
  CHECK_STR(gym_value_string(gym_value_get(value, "id"), NULL), "CartPole-v1");
  gym_value_free(value);
  CHECK_OK(gym_vec_space(vec, GYM_VEC_ACTION_SPACE, &space, &err), err);
  CHECK_OK(gym_space_size(space, &size, &err), err);
  CHECK_INT(size, N);
  double sampled[N];
  CHECK_OK(gym_vec_seed_actions(vec, 3, &err), err);
  CHECK_OK(gym_vec_sample_actions(vec, actions, N, &err), err);
  CHECK_OK(gym_space_seed(space, "3", NULL, &err), err);
  CHECK_OK(gym_space_sample(space, NULL, sampled, N, &err), err);
  CHECK(memcmp(actions, sampled, sizeof actions) == 0);
  CHECK_OK(gym_vec_step(vec, actions, N, NULL, 0, NULL, 0, &err), err);
  CHECK_OK(gym_vec_failures(vec, &value, &err), err);
  CHECK_INT(gym_value_count(value), 0);
  gym_value_free(value);
  close_vec(vec);
  CHECK_OK(gym_space_sample(space, NULL, sampled, N, &err), err);
  CHECK_OK(gym_space_close(space, &err), err);
}

static void test_wrong_options(void) {
  static const struct {
    const char *options;
    int code;
    const char *needle;
  } wrong[] = {
      {"{\"gogym\": {\"engine\": \"fast\"}}", GYM_ERR_JSON, "envpool"},
      {"{\"gogym\": {\"workers\": 99}}", GYM_ERR_JSON, "99"},
      {"{\"gogym\": {\"autoreset_mode\": \"later\"}}", GYM_ERR_JSON, "same_step"},
      {"{\"gogym\": {\"no_such_option\": 1}}", GYM_ERR_JSON, "no_such_option"},
      {"{\"no_such_argument\": 1}", GYM_ERR_PYTHON, "no_such_argument"},
      {"{\"gogym\": ", GYM_ERR_JSON, ""},
  };
  gym_vec vec = {0};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    CHECK_FAILURE(gym_vec_make("CartPole-v1", 3, wrong[i].options, &vec, &err), wrong[i].code, err,
                  wrong[i].needle);
  CHECK_FAILURE(gym_vec_make("CartPole-v1", 0, NULL, &vec, &err), GYM_ERR_ARGUMENT, err, "num_envs");
  CHECK_FAILURE(gym_vec_make("CartPolle-v1", 3, NULL, &vec, &err), GYM_ERR_NAME_NOT_FOUND, err, "CartPole");
  CHECK_INT(vec.id, 0);
}

int main(void) {
  use_test_envs();
  test_engines();
  test_rows();
  test_send("{\"gogym\": {\"workers\": 1}}");
  test_send("{\"gogym\": {\"workers\": 3}}");
  test_send("{\"gogym\": {\"engine\": \"sync\"}}");
  test_send_errors();
  test_timeout();
  test_disabled("\"engine\": \"process\"");
  test_disabled("\"engine\": \"sync\"");
  test_seeds();
  test_view("float64");
  test_view("native");
  test_values("{\"gogym\": {\"workers\": 3}}");
  test_values("{\"gogym\": {\"engine\": \"sync\"}}");
  test_wrong_options();
  return check_summary();
}
