/* Calls from inside: environments and spaces whose own Python code calls gogym on themselves, that write
 * their observation in the caller's buffer, or that become others. */
#define _GNU_SOURCE
#include "every_call.h"
#include "guarded.h"
#include "python_code.h"

static gym_error err = GYM_ERROR_INIT;

static size_t action_nbytes(gym_env env) {
  size_t nbytes = 0;
  CHECK_OK(gym_action_nbytes(env, &nbytes, &err), err);
  return nbytes;
}

/* ------------------------------------------------------------------------------------- from inside */

static gym_env inside;
static gym_space actions_inside; /* its action space */
static int is_calling, calls;

static void call_from_inside(void) {
  size_t nbytes = 0;
  is_calling = 0; /* once */
  calls++;
  check_env_calls(inside, GYM_ERR_BUSY, "inside");
  /* These wait for nobody. */
  CHECK_OK(gym_observation_nbytes(inside, &nbytes, &err), err);
  CHECK_INT(nbytes, 16);
  CHECK_OK(gym_action_nbytes(inside, &nbytes, &err), err);
  CHECK_INT(nbytes, 8);
  /* The space is another handle. */
  gym_value *value = NULL;
  CHECK_OK(gym_space_sample_value(actions_inside, NULL, &value, &err), err);
  gym_value_free(value);
}

static void test_env_reentry(void) {
  const int64_t action = 0;
  double obs[2];
  gym_transition t;
  gym_value *value = NULL;
  inside = open_calling(call_from_inside, &is_calling);
  CHECK_OK(gym_space_of_actions(inside, &actions_inside, &err), err);
  is_calling = 1;
  CHECK_OK(gym_reset_native(inside, NULL, NULL, obs, 16, &err), err);
  is_calling = 1;
  CHECK_OK(gym_step_native(inside, &action, 8, obs, 16, &t, &err), err);
  is_calling = 1;
  CHECK_OK(gym_reset_value(inside, NULL, NULL, &value, &err), err);
  gym_value_free(value);
  is_calling = 1;
  CHECK_OK(gym_step_value(inside, "1", &value, &t, &err), err);
  gym_value_free(value);
  is_calling = 1;
  CHECK_OK(gym_sample_action_native(inside, obs, 16, &err), err);
  is_calling = 1;
  CHECK_OK(gym_close(inside, &err), err);
  CHECK_INT(calls, 6);
  CHECK_OK(gym_space_close(actions_inside, &err), err);
}

/* A space whose own methods call it. */
static void call_space_from_inside(void) {
  const int64_t x = 1;
  size_t size = 0;
  double flat[2] = {0};
  int is_in = -1;
  is_calling = 0;
  calls++;
  check_space_calls(actions_inside, GYM_ERR_BUSY, "inside");
  /* These wait for nobody. */
  CHECK_OK(gym_space_nbytes(actions_inside, &size, &err), err);
  CHECK_INT(size, 8);
  CHECK_OK(gym_space_contains_native(actions_inside, &x, 8, &is_in, &err), err);
  CHECK_INT(is_in, 1);
  CHECK_OK(gym_space_flatten_native(actions_inside, &x, 8, flat, sizeof flat, &err), err);
  /* The environment is another handle, and so is a second one of the same space. */
  gym_space second = {0};
  CHECK_OK(gym_space_of_actions(inside, &second, &err), err);
  CHECK(second.id != actions_inside.id);
  CHECK_OK(gym_space_close(second, &err), err);
}

static void test_space_reentry(void) {
  double x;
  gym_value *value = NULL;
  int is_in = -1;
  calls = 0;
  inside = open_calling(call_space_from_inside, &is_calling);
  CHECK_OK(gym_space_of_actions(inside, &actions_inside, &err), err);
  is_calling = 1;
  CHECK_OK(gym_space_sample(actions_inside, NULL, &x, 1, &err), err);
  is_calling = 1;
  CHECK_OK(gym_space_sample_native(actions_inside, "{}", &x, 8, &err), err);
  is_calling = 1;
  CHECK_OK(gym_space_sample_value(actions_inside, NULL, &value, &err), err);
  gym_value_free(value);
  is_calling = 1;
  CHECK_OK(gym_space_seed(actions_inside, "5", &value, &err), err);
  gym_value_free(value);
  is_calling = 1;
  CHECK_OK(gym_space_contains_value(actions_inside, "1", &is_in, &err), err);
  CHECK_INT(is_in, 1);
  CHECK_INT(calls, 5);
  /* It is not busy any more. */
  CHECK_OK(gym_space_sample(actions_inside, NULL, &x, 1, &err), err);
  CHECK_OK(gym_space_close(actions_inside, &err), err);
  CHECK_OK(gym_close(inside, &err), err);
}

/* ------------------------------------------------------------------------------------- written in place */

/* Writes 1 2 3 where it is told to, or where it likes; raises where the action is 1. */
static void register_in_place(void) {
  run_python(
      "class InPlace(gymnasium.Env):\n"
      "    gogym_observation_buffer = None\n"
      "    observation_space = spaces.Box(-9, 9, (3,), np.float32)\n"
      "    action_space = spaces.Discrete(2)\n"
      "    def observe(self):\n"
      "        self.lent = self.gogym_observation_buffer is not None\n"
      "        array = self.gogym_observation_buffer if self.lent else np.empty(3, np.float32)\n"
      "        array[...] = 1, 2, 3\n"
      "        return array, {'lent': self.lent}\n"
      "    def reset(self, *, seed=None, options=None):\n"
      "        return self.observe()\n"
      "    def step(self, action):\n"
      "        if action == 1:\n"
      "            raise ValueError('not this one')\n"
      "        observation, info = self.observe()\n"
      "        return observation, 1.0, False, False, info\n"
      "    def close(self):\n"
      "        assert self.gogym_observation_buffer is None, 'the buffer was not taken back'\n"
      "gymnasium.register('gogym_c/InPlace-v0', InPlace, order_enforce=False, disable_env_checker=True)\n");
}

static void check_lent(gym_env env, int expected) {
  gym_value *info = NULL;
  int lent = -1;
  CHECK_OK(gym_info(env, &info, &err), err);
  CHECK_OK(gym_value_bool(gym_value_get(info, "lent"), &lent, &err), err);
  CHECK_INT(lent, expected);
  gym_value_free(info);
}

static void test_in_place(void) {
  static const float expected[3] = {1, 2, 3};
  static guarded memory;
  const int64_t good = 0, bad = 1;
  gym_transition t;
  gym_value *value;
  register_in_place();
  gym_env env = open_env("gogym_c/InPlace-v0", NULL);
  for (size_t shift = 0; shift < 8; shift++) {
    unsigned char *obs = guard(&memory, PATTERN, shift);
    CHECK_OK(gym_reset_native(env, NULL, NULL, obs, 13, &err), err);
    CHECK(memcmp(obs, expected, 12) == 0 && is_guarded(&memory, PATTERN, shift, 12));
    check_lent(env, shift % 4 == 0);
    obs = guard(&memory, PATTERN, shift);
    CHECK_OK(gym_step_native(env, &good, 8, obs, 12, &t, &err), err);
    CHECK(memcmp(obs, expected, 12) == 0 && is_guarded(&memory, PATTERN, shift, 12));
    check_lent(env, shift % 4 == 0);
    FILL(value), FILL(t);
    if (shift % 4 == 0) { /* gogym keeps nothing of the caller's memory */
      CHECK_FAILURE(gym_observation(env, &value, &err), GYM_ERR_UNSUPPORTED, err, "buffer");
      CHECK_UNTOUCHED(value);
    }
    guard(&memory, PATTERN, shift);
    CHECK_FAILURE(gym_step_native(env, &good, 8, obs, 11, &t, &err), GYM_ERR_BUFFER, err, "needs 12");
    CHECK_FAILURE(gym_step_native(env, &bad, 8, obs, 12, &t, &err), GYM_ERR_PYTHON, err, "not this one");
    CHECK_UNTOUCHED(memory), CHECK_UNTOUCHED(t);
    CHECK_OK(gym_step_value(env, "0", &value, &t, &err), err); /* without a buffer */
    check_lent(env, 0);
    gym_value_free(value);
  }
  CHECK_OK(gym_close(env, &err), err);
}

/* ------------------------------------------------------------------------------------- replaced spaces */

/* An action space that the environment replaces in its reset by one of other bytes: int64 by float32. */
static void test_replaced_action_space(void) {
  static guarded memory;
  gym_env env = open_env("gogym_test_hostile:gogym_test/Hostile-v0", "{\"way\": \"replaced-other-dtype\"}");
  CHECK_INT(action_nbytes(env), 8);
  CHECK_OK(gym_reset_value(env, NULL, NULL, NULL, &err), err);
  unsigned char *action = guard(&memory, PATTERN, 0);
  int code = gym_sample_action_native(env, action, 8, &err);
  CHECK(code == GYM_OK ? is_guarded(&memory, PATTERN, 0, 8) : code == GYM_ERR_ACTION);
  CHECK_OK(gym_close(env, &err), err);

  /* The other way round there is no room: 1 byte before, 8 bytes after. */
  run_python(
      "class Growing(gymnasium.Env):\n"
      "    observation_space = spaces.Discrete(2)\n"
      "    action_space = spaces.Discrete(2, dtype=np.int8)\n"
      "    def reset(self, *, seed=None, options=None):\n"
      "        self.action_space = spaces.Discrete(2, dtype=np.int64)\n"
      "        return 0, {}\n"
      "gymnasium.register('gogym_c/Growing-v0', Growing, order_enforce=False, disable_env_checker=True)\n");
  env = open_env("gogym_c/Growing-v0", NULL);
  CHECK_INT(action_nbytes(env), 1);
  CHECK_OK(gym_reset_value(env, NULL, NULL, NULL, &err), err);
  action = guard(&memory, PATTERN, 0);
  code = gym_sample_action_native(env, action, 1, &err);
  CHECK(code == GYM_ERR_ACTION || code == GYM_ERR_BUFFER);
  CHECK_UNTOUCHED(memory);
  CHECK_OK(gym_close(env, &err), err);
}

int main(void) {
  use_test_envs();
  CHECK_OK(gym_init(NULL, &err), err);
  register_calling();
  test_env_reentry();
  test_space_reentry();
  test_in_place();
  test_replaced_action_space();
  CHECK_OK(gym_shutdown(&err), err);
  return check_summary();
}
