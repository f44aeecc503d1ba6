/* Callbacks of the host: registration, each kind, what they report, and what they may call. Those that meet
 * on several threads are in test_callback_threads.c. */
#define _GNU_SOURCE
#include "around.h"

static gym_error err = GYM_ERROR_INIT;

/* ------------------------------------------------------------------------------------- registration */

static void test_registration(void) {
  static char long_name[20001];
  memset(long_name, 'n', sizeof long_name - 1);
  CHECK_FAILURE(gym_add_reward_callback(NULL, callback_of_nobody, NULL, &err), GYM_ERR_ARGUMENT, err,
                "\"name\"");
  CHECK_FAILURE(gym_add_reward_callback("a", NULL, NULL, &err), GYM_ERR_ARGUMENT, err, "\"callback\"");
  CHECK_FAILURE(gym_add_array_callback(NULL, array_callback_of_nobody, NULL, &err), GYM_ERR_ARGUMENT, err,
                "\"name\"");
  CHECK_FAILURE(gym_add_array_callback("a", NULL, NULL, &err), GYM_ERR_ARGUMENT, err, "\"callback\"");
  CHECK_FAILURE(gym_add_trigger_callback(NULL, trigger_of_nobody, NULL, &err), GYM_ERR_ARGUMENT, err,
                "\"name\"");
  CHECK_FAILURE(gym_add_trigger_callback("a", NULL, NULL, &err), GYM_ERR_ARGUMENT, err, "\"callback\"");
  CHECK_FAILURE(gym_remove_callback(NULL, &err), GYM_ERR_ARGUMENT, err, "\"name\"");

  CHECK_FAILURE(gym_add_reward_callback("", callback_of_nobody, NULL, &err), GYM_ERR_CALLBACK, err, "empty");
  CHECK_FAILURE(gym_add_reward_callback("a\xff", callback_of_nobody, NULL, &err), GYM_ERR_CALLBACK, err,
                "UTF-8");
  CHECK_FAILURE(gym_remove_callback("a\xff", &err), GYM_ERR_CALLBACK, err, "UTF-8");
  CHECK_FAILURE(gym_remove_callback("", &err), GYM_ERR_CALLBACK, err, "\"\"");
  CHECK_FAILURE(gym_remove_callback("a", &err), GYM_ERR_CALLBACK, err, "\"a\"");
  CHECK_STR(err.type, "");

  /* One name for all kinds. */
  CHECK_OK(gym_add_reward_callback("a", callback_of_nobody, NULL, &err), err);
  CHECK_FAILURE(gym_add_reward_callback("a", callback_of_nobody, NULL, &err), GYM_ERR_CALLBACK, err,
                "\"a\" already");
  CHECK_FAILURE(gym_add_array_callback("a", array_callback_of_nobody, NULL, &err), GYM_ERR_CALLBACK, err,
                "already");
  CHECK_FAILURE(gym_add_trigger_callback("a", trigger_of_nobody, NULL, NULL), GYM_ERR_CALLBACK, err,
                "already");
  CHECK_OK(gym_remove_callback("a", &err), err);
  CHECK_FAILURE(gym_remove_callback("a", &err), GYM_ERR_CALLBACK, err, "\"a\"");
  CHECK_OK(gym_add_trigger_callback("a", trigger_of_nobody, NULL, &err), err);
  CHECK_OK(gym_remove_callback("a", NULL), err);

  CHECK_OK(gym_add_reward_callback(long_name, callback_of_nobody, NULL, &err), err);
  CHECK_FAILURE(gym_add_reward_callback(long_name, callback_of_nobody, NULL, &err), GYM_ERR_CALLBACK, err,
                "nnnn");
  CHECK_OK(gym_remove_callback(long_name, &err), err);
  CHECK_OK(gym_add_reward_callback("\xc3\xa9 \"\\ \n", callback_of_nobody, NULL, &err), err);
  CHECK_OK(gym_remove_callback("\xc3\xa9 \"\\ \n", &err), err);
}

/* ------------------------------------------------------------------------------------- rewards */

typedef struct teller {
  int calls, result;
  double reward;
  void (*fill)(gym_error *err);
} teller;

static int tell(void *user_data, double reward, double *out, gym_error *said) {
  teller *self = user_data;
  self->calls++;
  self->reward = reward;
  *out = 10 * reward;
  if (said->struct_size != sizeof(gym_error) || said->code || said->type[0] || said->message[0] ||
      said->traceback[0])
    return 99;
  if (self->fill) self->fill(said);
  return self->result;
}

static void test_rewards(int bound) {
  teller one = {0}, two = {0};
  gym_transition t;
  CHECK_OK(gym_add_reward_callback("one", tell, &one, &err), err);
  CHECK_OK(gym_add_reward_callback("two", tell, &two, &err), err);
  gym_env env = open_plain("", bound, TRANSFORM_REWARD("one") ", " TRANSFORM_REWARD("two"));
  CHECK_OK(reset_plain(env, &err), err);
  CHECK_INT(one.calls + two.calls, 0);
  for (int i = 1; i <= 3; i++) {
    CHECK_OK(step_plain(env, &t, &err), err);
    CHECK(t.reward == 100.0 * i && one.reward == i && two.reward == 10.0 * i);
    CHECK(one.calls == i && two.calls == i);
  }
  /* The outer one fails: the inner one has been called, and no result comes out. */
  two.result = 7;
  FILL(t);
  CHECK_FAILURE(step_plain(env, &t, &err), GYM_ERR_JSON, err, "two");
  CHECK_UNTOUCHED(t);
  CHECK_INT(one.calls, 4);
  two.result = 0;
  CHECK_OK(step_plain(env, &t, &err), err);
  CHECK(t.reward == 500.0);

  /* Without them the environment cannot go on, but it can be closed. */
  CHECK_OK(gym_remove_callback("two", &err), err);
  CHECK_FAILURE(step_plain(env, &t, &err), GYM_ERR_CALLBACK, err, "\"two\" has been removed");
  CHECK_OK(gym_add_reward_callback("two", tell, &two, &err), err); /* another one, though it is called so */
  CHECK_FAILURE(step_plain(env, &t, &err), GYM_ERR_CALLBACK, err, "\"two\" has been removed");
  CHECK_INT(two.calls, 5);
  CHECK_OK(gym_close(env, &err), err);
  CHECK_OK(gym_remove_callback("one", &err), err);
  CHECK_OK(gym_remove_callback("two", &err), err);
}

static int leave_unwritten(void *user_data, double reward, double *out, gym_error *said) {
  (void)user_data, (void)reward, (void)out, (void)said;
  return GYM_OK;
}

static int give_odd(void *user_data, double reward, double *out, gym_error *said) {
  (void)reward, (void)said;
  *out = *(double *)user_data;
  return GYM_OK;
}

static void test_odd_rewards(void) {
  double odd[] = {NAN, INFINITY, -INFINITY, -0.0, -1.0, 5e-324};
  gym_transition t;
  CHECK_OK(gym_add_reward_callback("unwritten", leave_unwritten, NULL, &err), err);
  gym_env env = open_plain("", 0, TRANSFORM_REWARD("unwritten"));
  CHECK_OK(reset_plain(env, &err), err);
  CHECK_OK(step_plain(env, &t, &err), err);
  CHECK(t.reward == 0);
  CHECK_OK(gym_close(env, &err), err);
  CHECK_OK(gym_remove_callback("unwritten", &err), err);
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
    CHECK_OK(gym_add_reward_callback("odd", give_odd, &odd[i], &err), err);
    env = open_plain("", 0, TRANSFORM_REWARD("odd"));
    CHECK_OK(reset_plain(env, &err), err);
    CHECK_OK(step_plain(env, &t, &err), err);
    CHECK(isnan(odd[i]) ? isnan(t.reward) : memcmp(&t.reward, &odd[i], sizeof t.reward) == 0);
    CHECK_OK(gym_close(env, &err), err);
    CHECK_OK(gym_remove_callback("odd", &err), err);
  }
}

/* ------------------------------------------------------------------------------------- what they report */

static void fill_texts(gym_error *said) {
  strcpy(said->type, "host.Failure");
  strcpy(said->message, "no more \xe2\x82\xac");
  strcpy(said->traceback, "at main.c:1");
}
static void fill_nothing(gym_error *said) { (void)said; }
static void fill_message(gym_error *said) { strcpy(said->message, "only words"); }
static void fill_code_only(gym_error *said) { said->code = GYM_ERR_FORKED; }
static void fill_bad_texts(gym_error *said) {
  strcpy(said->type, "T\xff");
  strcpy(said->message, "bad \xff\xfe\xc3");
  strcpy(said->traceback, "\xed\xa0\x80");
}
static void fill_huge(gym_error *said) {
  memset(said->type, 't', sizeof said->type);
  memset(said->message, 'm', sizeof said->message);
  memset(said->traceback, 'b', sizeof said->traceback);
}
static void fill_cut(gym_error *said) { /* the last character would be cut in its middle */
  memset(said->message, 'm', sizeof said->message);
  memcpy(said->message + sizeof said->message - 3, "\xe2\x82\xac", 3);
}
static void fill_all_bytes(gym_error *said) { memset(said, 0xff, sizeof *said); }

static void test_reports(int bound) {
  static const struct {
    int result;
    void (*fill)(gym_error *);
    int code;
    const char *type, *message, *traceback; /* message: what it begins with */
  } cases[] = {
      {GYM_ERR_RENDER, fill_texts, GYM_ERR_RENDER, "host.Failure", "no more \xe2\x82\xac", "at main.c:1"},
      {GYM_ERR_PYTHON, fill_message, GYM_ERR_PYTHON, "", "only words", ""},
      {GYM_ERR_BUSY, fill_message, GYM_ERR_BUSY, "", "only words", ""},
      {GYM_ERR_CUSTOM_SPACE, fill_message, GYM_ERR_CUSTOM_SPACE, "", "only words", ""},
      {GYM_ERR_ARGUMENT, fill_nothing, GYM_ERR_ARGUMENT, "", "the callback \"teller\" gave the status 1", ""},
      {GYM_ERR_ARGUMENT, fill_code_only, GYM_ERR_ARGUMENT, "", "the callback \"teller\" gave the status 1",
       ""},
      {12345, fill_nothing, GYM_ERR_CALLBACK, "", "the callback \"teller\" gave the status 12345", ""},
      {12345, fill_texts, GYM_ERR_CALLBACK, "host.Failure", "no more", "at main.c:1"},
      {59, fill_message, GYM_ERR_CALLBACK, "", "only words", ""}, /* between those that there are */
      {-1, fill_nothing, GYM_ERR_CALLBACK, "", "the callback \"teller\" gave the status -1", ""},
      {-2147483647 - 1, fill_message, GYM_ERR_CALLBACK, "", "only words", ""},
      {2147483647, fill_message, GYM_ERR_CALLBACK, "", "only words", ""},
      {GYM_ERR_ACTION, fill_bad_texts, GYM_ERR_ACTION, "T\\xff", "bad \\xff\\xfe\\xc3", "\\xed\\xa0\\x80"},
      {GYM_ERR_ACTION, fill_huge, GYM_ERR_ACTION, NULL, "mmmmmmmmmm", NULL},
      {GYM_ERR_ACTION, fill_cut, GYM_ERR_ACTION, "", "mmmmmmmmmm", ""},
      {GYM_ERR_ACTION, fill_all_bytes, GYM_ERR_ACTION, NULL, "\\xff\\xff", NULL},
  };
  teller self = {0};
  CHECK_OK(gym_add_reward_callback("teller", tell, &self, &err), err);
  gym_env env = open_plain("", bound, TRANSFORM_REWARD("teller"));
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    gym_transition t;
    FILL(t);
    CHECK_OK(reset_plain(env, &err), err);
    self.result = cases[i].result, self.fill = cases[i].fill;
    memset(&err, 0x55, sizeof err);
    err.struct_size = sizeof err;
    int good = CHECK_INT(step_plain(env, &t, &err), cases[i].code);
    good &= CHECK_INT(err.code, cases[i].code);
    good &= CHECK(strncmp(err.message, cases[i].message, strlen(cases[i].message)) == 0);
    good &= CHECK(memchr(err.message, 0, sizeof err.message) && memchr(err.type, 0, sizeof err.type) &&
                  memchr(err.traceback, 0, sizeof err.traceback));
    if (cases[i].type) good &= CHECK_STR(err.type, cases[i].type);
    if (cases[i].traceback) good &= CHECK_STR(err.traceback, cases[i].traceback);
    if (cases[i].fill == fill_huge) {
      good &= CHECK_INT(strlen(err.message), sizeof err.message - 1);
      good &= CHECK_INT(strlen(err.type), sizeof err.type - 1);
    }
    if (!good) fprintf(stderr, "  case %zu: %s %s\n", i, err.type, err.message);
    CHECK_UNTOUCHED(t);
    CHECK_INT(step_plain(env, &t, NULL), cases[i].code);
    self.result = 0;
    CHECK_OK(step_plain(env, &t, &err), err);
  }
  CHECK_OK(gym_close(env, &err), err);
  CHECK_OK(gym_remove_callback("teller", &err), err);
}

/* ------------------------------------------------------------------------------------- triggers */

static int even(void *user_data, int64_t count, int *out, gym_error *said) {
  int64_t *last = user_data;
  (void)said;
  *last = count;
  if (count < 0) return GYM_ERR_ARGUMENT;
  *out = count % 2 == 0 ? -7 : 0; /* whatever is not 0 */
  return GYM_OK;
}

static void test_triggers(void) {
  int64_t last = -1;
  double obs[3];
  CHECK_OK(gym_add_trigger_callback("even", even, &last, &err), err);
  run_python(
      "class Triggered(gymnasium.Wrapper):\n"
      "    def __init__(self, env, trigger, nested=None):\n"
      "        super().__init__(env)\n"
      "        self.trigger = trigger if nested is None else nested['of'][0]\n"
      "    def reset(self, *, seed=None, options=None):\n"
      "        observation, info = self.env.reset(seed=seed, options=options)\n"
      "        info['trigger'] = int(self.trigger(eval(options['count'])) is True)\n"
      "        return observation, info\n");
  gym_env env =
      open_plain("", 0, "{\"name\": \"__main__:Triggered\", \"trigger\": {\"__callback__\": \"even\"}}");
  static const struct {
    const char *count;
    int64_t number;
    int expected;
  } cases[] = {{"0", 0, 1},           {"1", 1, 0},    {"2**62", (int64_t)1 << 62, 1},
               {"np.int64(7)", 7, 0}, {"True", 1, 0}, {"np.uint8(8)", 8, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char options[100];
    snprintf(options, sizeof options, "{\"count\": \"%s\"}", cases[i].count);
    CHECK_OK(gym_reset(env, NULL, options, obs, 3, &err), err);
    CHECK(last == cases[i].number);
    CHECK_INT(info_number(env, "trigger"), cases[i].expected);
  }
  last = 5;
  CHECK_FAILURE(gym_reset(env, NULL, "{\"count\": \"2**63\"}", obs, 3, &err), GYM_ERR_CALLBACK, err, "even");
  CHECK_FAILURE(gym_reset(env, NULL, "{\"count\": \"1.5\"}", obs, 3, &err), GYM_ERR_CALLBACK, err, "1.5");
  CHECK_FAILURE(gym_reset(env, NULL, "{\"count\": \"None\"}", obs, 3, &err), GYM_ERR_CALLBACK, err, "None");
  CHECK_INT(last, 5);
  CHECK_FAILURE(gym_reset(env, NULL, "{\"count\": \"-1\"}", obs, 3, &err), GYM_ERR_ARGUMENT, err, "even");
  CHECK_OK(gym_close(env, &err), err);
  CHECK_OK(gym_remove_callback("even", &err), err);
}

/* A callback is an argument of environments too, and stands anywhere in the options. */
static void test_as_argument(void) {
  teller self = {0};
  gym_transition t;
  run_python(
      "class Asking(Plain):\n"
      "    def __init__(self, deep):\n"
      "        super().__init__()\n"
      "        self.ask = deep['list'][1]\n"
      "    def step(self, action):\n"
      "        return self.observation, self.ask(4), False, False, {}\n"
      "gymnasium.register('gogym_c/Asking-v0', Asking, order_enforce=False, disable_env_checker=True)\n");
  CHECK_OK(gym_add_reward_callback("deep", tell, &self, &err), err);
  gym_env env = open_env("gogym_c/Asking-v0", "{\"deep\": {\"list\": [1, {\"__callback__\": \"deep\"}]}}");
  CHECK_OK(reset_plain(env, &err), err);
  CHECK_OK(step_plain(env, &t, &err), err);
  CHECK(t.reward == 40 && self.reward == 4);
  CHECK_OK(gym_close(env, &err), err);
  FILL(env);
  CHECK_FAILURE(gym_make("gogym_c/Asking-v0", "{\"deep\": {\"__callback__\": \"none\"}}", &env, &err),
                GYM_ERR_CALLBACK, err, "\"none\"");
  CHECK_FAILURE(gym_make("gogym_c/Asking-v0", "{\"deep\": {\"__callback__\": 3}}", &env, &err),
                GYM_ERR_CALLBACK, err, "3");
  CHECK_FAILURE(
      gym_make("gogym_c/Asking-v0", "{\"deep\": {\"__callback__\": \"deep\", \"x\": 1}}", &env, &err),
      GYM_ERR_JSON, err, "x");
  CHECK_UNTOUCHED(env);
  CHECK_OK(gym_remove_callback("deep", &err), err);
}

/* ------------------------------------------------------------------------------------- what they may call */

typedef struct caller {
  gym_env env;
  int calls, bound;
} caller;

static int call_everything(void *user_data, double reward, double *out, gym_error *said) {
  caller *self = user_data;
  gym_transition t;
  gym_value *value = NULL;
  gym_env other = {0}, wrapped = {0};
  size_t size = 0;
  (void)said;
  self->calls++;
  *out = reward + 1000;
  /* The same environment. */
  check_env_calls(self->env, GYM_ERR_BUSY, "inside");
  CHECK_FAILURE(gym_close(self->env, &err), GYM_ERR_BUSY, err, "inside");
  CHECK_FAILURE(gym_info(self->env, &value, &err), GYM_ERR_BUSY, err, "inside");
  CHECK_FAILURE(gym_seed_action(self->env, 1, &err), GYM_ERR_BUSY, err, "inside");
  CHECK_OK(gym_observation_nbytes(self->env, &size, &err), err); /* these wait for nobody */
  CHECK_INT(size, 12);
  CHECK_OK(gym_action_size(self->env, &size, &err), err);
  /* Everything at once. */
  CHECK_FAILURE(gym_shutdown(&err), GYM_ERR_BUSY, err, "inside");
  CHECK_FAILURE(gym_remove_callback("caller", &err), GYM_ERR_BUSY, err, "inside");
  CHECK_FAILURE(gym_add_reward_callback("caller", callback_of_nobody, NULL, &err), GYM_ERR_CALLBACK, err,
                "already");
  /* Other environments, of both kinds, from their beginning to their end. */
  CHECK_OK(gym_add_reward_callback("inner", callback_of_nobody, NULL, &err), err);
  for (int bound = 0; bound < 2; bound++) {
    other = open_plain("", bound, TRANSFORM_REWARD("inner"));
    CHECK_OK(reset_plain(other, &err), err);
    CHECK_OK(step_plain(other, &t, &err), err);
    CHECK(t.reward == 1);
    CHECK_OK(gym_wrap(other, "{\"name\": \"TimeLimit\", \"max_episode_steps\": 1}", &wrapped, &err), err);
    CHECK_OK(reset_plain(wrapped, &err), err);
    CHECK_OK(step_plain(wrapped, &t, &err), err);
    CHECK_INT(t.truncated, 1);
    CHECK_OK(gym_close(wrapped, &err), err);
  }
  CHECK_OK(gym_remove_callback("inner", &err), err);
  /* And the library. */
  CHECK_OK(gym_list_envs("CartPole*", &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_spec("CartPole-v1", &value, &err), err);
  gym_value_free(value);
  CHECK_OK(gym_init(NULL, &err), err);
  CHECK_OK(gym_flush(&err), err);
  gym_space space = open_space("{\"type\": \"Discrete\", \"n\": 2}");
  CHECK_OK(gym_space_close(space, &err), err);
  return GYM_OK;
}

static void test_calls_from_inside(int bound) {
  caller self = {.bound = bound};
  gym_transition t;
  CHECK_OK(gym_add_reward_callback("caller", call_everything, &self, &err), err);
  self.env = open_plain("", bound, TRANSFORM_REWARD("caller"));
  CHECK_OK(reset_plain(self.env, &err), err);
  for (int i = 1; i <= 2; i++) {
    CHECK_OK(step_plain(self.env, &t, &err), err);
    CHECK(t.reward == 1000 + i);
  }
  CHECK_INT(self.calls, 2);
  CHECK_OK(gym_close(self.env, &err), err);
  CHECK_OK(gym_remove_callback("caller", &err), err);
}

int main(void) {
  use_test_envs();
  /* The very first call starts Python. */
  CHECK_OK(gym_add_reward_callback("first", callback_of_nobody, NULL, &err), err);
  CHECK_OK(gym_remove_callback("first", &err), err);
  register_plain();
  test_registration();
  for (int bound = 0; bound < 2; bound++) {
    test_rewards(bound);
    test_reports(bound);
    test_calls_from_inside(bound);
  }
  test_odd_rewards();
  test_triggers();
  test_as_argument();
  return around_summary();
}
