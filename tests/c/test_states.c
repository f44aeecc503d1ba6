/* Snapshots: what is saved continues bit by bit, here, in an equal environment and in a clone; foreign bytes
 * are refused and change nothing. */
#define _GNU_SOURCE
#include "around.h"

static gym_error err = GYM_ERROR_INIT;

enum { STEPS = 50, ROOM = 1 << 17 };

/* What an environment does: all that comes out of some steps with random actions. */
typedef struct story {
  uint64_t hash;
  double last[8];
} story;

static uint64_t hash_of(uint64_t hash, const void *bytes, size_t count) {
  const unsigned char *byte = bytes;
  for (size_t i = 0; i < count; i++) hash = (hash ^ byte[i]) * 1099511628211u;
  return hash;
}

static story play(gym_env env, int steps) {
  static _Thread_local unsigned char obs[ROOM], action[1024];
  story told = {14695981039346656037u, {0}};
  gym_error own = GYM_ERROR_INIT;
  size_t obs_nbytes = 0, action_nbytes = 0;
  gym_transition t;
  CHECK_OK(gym_observation_nbytes(env, &obs_nbytes, &own), own);
  CHECK_OK(gym_action_nbytes(env, &action_nbytes, &own), own);
  if (!CHECK(obs_nbytes <= sizeof obs && action_nbytes <= sizeof action)) exit(1);
  for (int i = 0; i < steps; i++) {
    CHECK_OK(gym_sample_action_native(env, action, action_nbytes, &own),
             own); /* its generator is saved, too */
    if (!CHECK_OK(gym_step_native(env, action, action_nbytes, obs, obs_nbytes, &t, &own), own)) break;
    told.hash = hash_of(told.hash, action, action_nbytes);
    told.hash = hash_of(told.hash, obs, obs_nbytes);
    told.hash = hash_of(told.hash, &t, sizeof t);
    if (t.terminated || t.truncated) {
      CHECK_OK(gym_reset_native(env, NULL, NULL, obs, obs_nbytes, &own), own); /* from its own generator */
      told.hash = hash_of(told.hash, obs, obs_nbytes);
    }
    told.last[i % 8] = t.reward;
  }
  return told;
}

static gym_value *save(gym_env env) {
  gym_value *state = NULL;
  if (!CHECK_OK(gym_save_state(env, &state, &err), err)) exit(1);
  CHECK_INT(gym_value_kind(state), GYM_KIND_BYTES);
  return state;
}

static int load(gym_env env, const gym_value *state) {
  size_t nbytes = 0;
  const void *bytes = gym_value_bytes(state, &nbytes);
  return gym_load_state(env, bytes, nbytes, &err);
}

static gym_env open_seeded(const char *id, const char *options) {
  const int64_t seed = 7;
  gym_env env = open_env(id, options);
  CHECK_OK(gym_reset_value(env, &seed, NULL, NULL, &err), err);
  CHECK_OK(gym_seed_action(env, 11, &err), err);
  return env;
}

static void check_same_json(gym_value *a, gym_value *b) {
  static char texts[2][100000];
  CHECK_OK(gym_value_to_json(a, texts[0], sizeof texts[0], NULL, &err), err);
  CHECK_OK(gym_value_to_json(b, texts[1], sizeof texts[1], NULL, &err), err);
  CHECK_STR(texts[0], texts[1]);
}

/* ------------------------------------------------------------------------------------- continuations */

static void test_continuation(const char *id, const char *options) {
  gym_value *infos[2] = {NULL, NULL};
  gym_env env = open_seeded(id, options), equal = {0}, clone = {0};
  play(env, STEPS);
  gym_value *state = save(env);
  CHECK_OK(gym_info(env, &infos[0], &err), err);
  story first = play(env, STEPS);
  gym_value *later = save(env);
  story second_part = play(env, STEPS);
  for (int i = 0; i < 2; i++) {
    CHECK_OK(load(env, state), err);
    CHECK_OK(gym_info(env, &infos[1], &err), err);
    check_same_json(infos[0], infos[1]);
    gym_value_free(infos[1]);
    if (!CHECK(play(env, STEPS).hash == first.hash)) fprintf(stderr, "  %s, again %d\n", id, i);
  }
  /* Forwards as well as backwards. */
  CHECK_OK(load(env, state), err);
  CHECK_OK(load(env, later), err);
  CHECK(play(env, STEPS).hash == second_part.hash);
  /* In an environment that was made in the same way, fresh or used. */
  equal = open_env(id, options);
  CHECK_OK(load(equal, state), err);
  if (!CHECK(play(equal, STEPS).hash == first.hash)) fprintf(stderr, "  %s, in an equal one\n", id);
  /* In a clone, while the original goes on. */
  CHECK_OK(load(env, state), err);
  if (CHECK_OK(gym_clone(env, &clone, &err), err)) {
    CHECK(clone.id != env.id);
    CHECK_OK(gym_info(clone, &infos[1], &err), err);
    check_same_json(infos[0], infos[1]);
    gym_value_free(infos[1]);
    story mine = play(env, STEPS / 2), theirs = play(clone, STEPS);
    if (!CHECK(theirs.hash == first.hash)) fprintf(stderr, "  %s, cloned\n", id);
    CHECK(play(env, STEPS / 2).last[0] == first.last[0] || mine.hash != 0);
    CHECK_OK(gym_close(env, &err), err); /* the clone needs it no more */
    play(clone, STEPS);
    CHECK_OK(gym_close(clone, &err), err);
  } else {
    CHECK_OK(gym_close(env, &err), err);
  }
  CHECK_OK(gym_close(equal, &err), err);
  gym_value_free(infos[0]);
  gym_value_free(state);
  gym_value_free(later);
}

/* ------------------------------------------------------------------------------------- foreign bytes */

static unsigned random_state = 12345;

static unsigned next_random(void) {
  random_state = random_state * 1103515245u + 12345u;
  return random_state >> 8;
}

static void check_refused(gym_env env, const void *bytes, size_t nbytes, const char *what) {
  if (!CHECK_FAILURE(gym_load_state(env, bytes, nbytes, &err), GYM_ERR_STATE, err, ""))
    fprintf(stderr, "  %s\n", what);
}

static void test_foreign_bytes(const char *id, const char *options) {
  enum { MUCH = 1 << 20 };
  gym_env env = open_seeded(id, options);
  play(env, 5);
  gym_value *state = save(env);
  size_t nbytes = 0;
  const unsigned char *bytes = gym_value_bytes(state, &nbytes);
  unsigned char *copy = malloc(nbytes + 100), *random = malloc(MUCH);
  if (!copy || !random) abort();
  memcpy(copy, bytes, nbytes);

  CHECK_FAILURE(gym_load_state(env, NULL, 0, &err), GYM_ERR_ARGUMENT, err, "\"state\"");
  CHECK_FAILURE(gym_load_state(env, NULL, 5, &err), GYM_ERR_ARGUMENT, err, "\"state\"");
  check_refused(env, copy, 0, "nothing");
  for (size_t length = 1; length < nbytes; length += 1 + nbytes / 60)
    check_refused(env, copy, length, "truncated");
  check_refused(env, copy, nbytes - 1, "truncated by one");
  copy[nbytes] = 0;
  check_refused(env, copy, nbytes + 1, "one byte too long");
  for (size_t i = 0; i < 200; i++) {
    const size_t place = i < 100 ? i % nbytes : next_random() % nbytes;
    copy[place] ^= (unsigned char)(1 + next_random() % 255);
    check_refused(env, copy, nbytes, "one byte changed");
    copy[place] = bytes[place];
  }
  for (size_t i = 0; i < MUCH; i++) random[i] = (unsigned char)next_random();
  check_refused(env, random, MUCH, "random");
  memcpy(random, bytes, nbytes < 64 ? nbytes : 64);
  check_refused(env, random, MUCH, "random behind a good beginning");
  memset(random, 0, MUCH);
  check_refused(env, random, MUCH, "zeros");
  check_refused(env, "\x80\x04\x95.", 4, "a pickle");
  check_refused(env, "cos\nsystem\n(S'exit 3'\ntR.", 26, "a pickle that runs something");

  /* States of others: another class, other wrappers, other arguments. */
  gym_env other = open_seeded("FrozenLake-v1", NULL);
  gym_value *others = save(other);
  CHECK_FAILURE(load(env, others), GYM_ERR_STATE, err, "");
  gym_value_free(others);
  CHECK_FAILURE(load(other, state), GYM_ERR_STATE, err, "");
  CHECK_OK(gym_close(other, &err), err);
  other = open_seeded(id, options);
  CHECK_OK(gym_wrap(other, "{\"name\": \"TimeLimit\", \"max_episode_steps\": 9}", &other, &err), err);
  CHECK_FAILURE(load(other, state), GYM_ERR_STATE, err, "");
  CHECK_OK(gym_close(other, &err), err);

  /* Nothing of all that has changed the environment. */
  story untouched = play(env, STEPS);
  CHECK_OK(load(env, state), err);
  CHECK(play(env, STEPS).hash == untouched.hash);
  /* Misaligned bytes are bytes. */
  memmove(copy + 3, copy, nbytes);
  CHECK_OK(gym_load_state(env, copy + 3, nbytes, &err), err);
  CHECK(play(env, STEPS).hash == untouched.hash);
  free(copy);
  free(random);
  gym_value_free(state);
  CHECK_OK(gym_close(env, &err), err);
}

/* ------------------------------------------------------------------------------------- what cannot be saved
 */

static void test_failures(void) {
  gym_value *state;
  gym_env out;
  FILL(state), FILL(out);
  gym_env env = open_env("CartPole-v1", NULL);
  CHECK_FAILURE(gym_save_state(env, NULL, &err), GYM_ERR_ARGUMENT, err, "\"out\"");
  CHECK_FAILURE(gym_clone(env, NULL, &err), GYM_ERR_ARGUMENT, err, "\"out\"");
  CHECK_FAILURE(gym_save_state(env, &state, &err), GYM_ERR_RESET_NEEDED, err, "reset");
  CHECK_FAILURE(gym_clone(env, &out, &err), GYM_ERR_RESET_NEEDED, err, "reset");
  CHECK_OK(gym_close(env, &err), err);
  CHECK_FAILURE(gym_save_state(env, &state, &err), GYM_ERR_HANDLE, err, "closed");
  CHECK_FAILURE(gym_clone(env, &out, &err), GYM_ERR_HANDLE, err, "closed");

  run_python(
      "class Unsaveable(Plain):\n"
      "    def __init__(self, what, **kwargs):\n"
      "        super().__init__(**kwargs)\n"
      "        self.what = {'file': lambda: open('/dev/null'),\n"
      "                     'generator': lambda: iter(x for x in 'ab'), 'raising': lambda: "
      "Raising()}[what]()\n"
      "class Raising:\n"
      "    def __reduce__(self):\n"
      "        raise RuntimeError('not me')\n"
      "    def __deepcopy__(self, memo):\n"
      "        raise RuntimeError('not me')\n"
      "gymnasium.register('gogym_c/Unsaveable-v0', Unsaveable, order_enforce=False, "
      "disable_env_checker=True)\n");
  static const char *const whats[] = {"file", "generator", "raising"};
  for (int bound = 0; bound < 2; bound++) {
    for (size_t i = 0; i < sizeof whats / sizeof *whats; i++) {
      char options[100];
      gym_transition t;
      snprintf(options, sizeof options, "{\"what\": \"%s\", \"render_mode\": %s}", whats[i],
               bound ? "\"rgb_array\"" : "null");
      env = open_env("gogym_c/Unsaveable-v0", options);
      CHECK_OK(reset_plain(env, &err), err);
      if (!CHECK_FAILURE(gym_save_state(env, &state, &err), GYM_ERR_STATE, err, "what"))
        fprintf(stderr, "  %s\n", whats[i]);
      if (!CHECK_FAILURE(gym_clone(env, &out, &err), GYM_ERR_STATE, err, "what"))
        fprintf(stderr, "  %s\n", whats[i]);
      CHECK_UNTOUCHED(state), CHECK_UNTOUCHED(out);
      CHECK_OK(step_plain(env, &t, &err), err); /* it goes on */
      CHECK(t.reward == 1);
      CHECK_OK(gym_close(env, &err), err);
    }
  }
}

/* A clone with callbacks uses the same ones; it is an environment of its own, also of its own thread. */
static int triple(void *user_data, double reward, double *out, gym_error *said) {
  (void)said;
  atomic_fetch_add((atomic_int *)user_data, 1);
  *out = 3 * reward;
  return GYM_OK;
}

static void test_clones(int bound) {
  static atomic_int calls;
  gym_transition t;
  atomic_store(&calls, 0);
  CHECK_OK(gym_add_reward_callback("triple", triple, &calls, &err), err);
  gym_env envs[5] = {open_plain("", bound, TRANSFORM_REWARD("triple"))};
  CHECK_OK(gym_wrap(envs[0], "{\"name\": \"TimeLimit\", \"max_episode_steps\": 4}", &envs[0], &err), err);
  CHECK_OK(reset_plain(envs[0], &err), err);
  CHECK_OK(step_plain(envs[0], &t, &err), err);
  for (int i = 1; i < 5; i++) CHECK_OK(gym_clone(envs[i - 1], &envs[i], &err), err);
  CHECK_THREADS(RENDER_THREAD, 5 * bound);
  for (int i = 4; i >= 0; i--) {
    for (int step = 2; step <= 4; step++) {
      CHECK_OK(step_plain(envs[i], &t, &err), err);
      CHECK(t.reward == 3 * step && t.truncated == (step == 4));
    }
    CHECK_OK(gym_close(envs[i], &err), err);
  }
  CHECK_INT(atomic_load(&calls), 16);
  CHECK_OK(gym_remove_callback("triple", &err), err);
}

/* ------------------------------------------------------------------------------------- at once */

static gym_env shared;

static void *save_load_clone(void *argument) {
  gym_error own = GYM_ERROR_INIT;
  (void)argument;
  for (int i = 0; i < 20; i++) {
    gym_value *state = NULL;
    gym_env clone = {0};
    gym_transition t;
    size_t nbytes = 0;
    if (!CHECK_OK(gym_save_state(shared, &state, &own), own)) break;
    CHECK_OK(step_plain(shared, &t, &own), own);
    if (!CHECK_OK(gym_clone(shared, &clone, &own), own)) break;
    CHECK_OK(step_plain(clone, &t, &own), own);
    const void *bytes = gym_value_bytes(state, &nbytes);
    CHECK_OK(gym_load_state(shared, bytes, nbytes, &own), own);
    CHECK_OK(gym_load_state(clone, bytes, nbytes, &own), own);
    CHECK_OK(gym_close(clone, &own), own);
    gym_value_free(state);
  }
  return NULL;
}

static void test_many_threads(int bound) {
  team threads;
  char none[8];
  shared = open_plain("", bound, "");
  CHECK_OK(reset_plain(shared, &err), err);
  start_team(&threads, 8, save_load_clone, none, 1);
  join_team(&threads);
  CHECK_OK(gym_close(shared, &err), err);
}

int main(void) {
  use_test_envs();
  CHECK_OK(gym_init(NULL, &err), err);
  register_plain();
  alarm(250); /* what hangs fails */
  test_continuation("gogym_c/Plain-v0", NULL);
  test_continuation("gogym_c/Plain-v0", "{\"render_mode\": \"rgb_array\"}");
  test_continuation("CartPole-v1", NULL);
  test_continuation(
      "CartPole-v1",
      "{\"gogym\": {\"wrappers\": [{\"name\": \"FrameStackObservation\", \"stack_size\": 4}, {\"name\": "
      "\"NormalizeObservation\"}]}}");
  test_continuation("FrozenLake-v1", NULL);
  test_continuation("LunarLander-v3", NULL);
  test_continuation("Ant-v5", NULL);
  test_continuation("ALE/Pong-v5", NULL);
  test_foreign_bytes("gogym_c/Plain-v0", NULL);
  test_foreign_bytes("CartPole-v1", NULL);
  test_foreign_bytes("LunarLander-v3", NULL);
  test_foreign_bytes("Ant-v5", NULL);
  test_failures();
  for (int bound = 0; bound < 2; bound++) {
    test_clones(bound);
    test_many_threads(bound);
  }
  return around_summary();
}
