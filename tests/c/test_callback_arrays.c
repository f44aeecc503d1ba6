/* Callbacks for arrays: what they are given for each kind of space, and what becomes of what they give. */
#define _GNU_SOURCE
#include "around.h"

static gym_error err = GYM_ERROR_INIT;

/* What a callback has been given, and what it is to do. */
typedef struct recorder {
  int calls, result, leaves;
  char dtypes[2][16];
  uint32_t ndims[2];
  int64_t shapes[2][4];
  size_t sizes[2], nbytes[2], itemsizes[2];
  int is_sound;
  unsigned char input[4096];
  const void *output; /* to be given, of nbytes[1] bytes; NULL: the input, as far as it reaches */
} recorder;

static void note(recorder *self, int which, const gym_array *array) {
  snprintf(self->dtypes[which], sizeof self->dtypes[which], "%s", array->dtype);
  self->ndims[which] = array->ndim;
  for (uint32_t i = 0; i < array->ndim && i < 4; i++) self->shapes[which][i] = array->shape[i];
  self->sizes[which] = array->size;
  self->nbytes[which] = array->nbytes;
  self->itemsizes[which] = array->itemsize;
}

static int record(void *user_data, const gym_array *input, const gym_array *output, void *data,
                  gym_error *said) {
  recorder *self = user_data;
  int64_t product = 1;
  self->calls++;
  note(self, 0, input);
  note(self, 1, output);
  self->is_sound =
      input->struct_size == sizeof(gym_array) && output->struct_size == sizeof(gym_array) &&
      output->data == data && data != input->data && input->nbytes == input->size * input->itemsize &&
      output->nbytes == output->size * output->itemsize && (uintptr_t)data % output->itemsize == 0;
  for (uint32_t i = 0; i < output->ndim; i++) product *= output->shape[i];
  self->is_sound &= (size_t)product == output->size;
  memcpy(self->input, input->data, input->nbytes < sizeof self->input ? input->nbytes : sizeof self->input);
  strcpy(said->message, "as told");
  if (self->leaves) return self->result;
  if (self->output)
    memcpy(data, self->output, output->nbytes);
  else
    memcpy(data, input->data, input->nbytes < output->nbytes ? input->nbytes : output->nbytes);
  return self->result;
}

static recorder told;

static gym_env open_transformed(const char *space, const char *wrapper, const char *output_space, int bound) {
  char options[100], text[1000];
  snprintf(options, sizeof options, "\"space\": \"%s\", ", space);
  snprintf(text, sizeof text, "{\"name\": \"%s\", \"func\": {\"__callback__\": \"record\"}, %s: %s}", wrapper,
           strcmp(wrapper, "TransformAction") == 0 ? "\"action_space\"" : "\"observation_space\"",
           output_space);
  return open_plain(options, bound, text);
}

/* ------------------------------------------------------------------------------------- observations */

static void check_array(int which, const char *dtype, uint32_t ndim, int64_t first, size_t size) {
  CHECK_STR(told.dtypes[which], dtype);
  CHECK_INT(told.ndims[which], ndim);
  if (ndim > 0) CHECK_INT(told.shapes[which][0], first);
  CHECK_INT(told.sizes[which], size);
}

static void test_observations(int bound) {
  static const struct {
    const char *space, *dtype;
    uint32_t ndim;
    int64_t first;
    size_t size, nbytes;
  } cases[] = {
      {"box", "float32", 1, 3, 3, 12},      {"image", "uint8", 3, 6, 90, 90},
      {"discrete", "int64", 0, 0, 1, 8},    {"multi-discrete", "int64", 1, 3, 3, 24},
      {"multi-binary", "int8", 1, 4, 4, 4}, {"text", "int32", 1, 6, 6, 24},
      {"dict", "float64", 1, 3, 3, 24},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    gym_value *before = NULL, *after = NULL;
    char texts[2][2000];
    told = (recorder){0};
    /* null: the wrapper keeps the environment's own space. */
    gym_env env = open_transformed(cases[i].space, "TransformObservation", "null", bound);
    CHECK_OK(gym_reset_value(env, NULL, NULL, &after, &err), err);
    CHECK_INT(told.calls, 1);
    for (int which = 0; which < 2; which++)
      check_array(which, cases[i].dtype, cases[i].ndim, cases[i].first, cases[i].size);
    CHECK_INT(told.nbytes[0], cases[i].nbytes);
    CHECK_INT(told.is_sound, 1);
    CHECK_OK(gym_value_to_json(after, texts[1], sizeof texts[1], NULL, &err), err);
    gym_value_free(after);
    CHECK_OK(gym_close(env, &err), err);
    /* The identity is the identity. */
    char options[100];
    snprintf(options, sizeof options, "\"space\": \"%s\", ", cases[i].space);
    env = open_plain(options, 0, "");
    CHECK_OK(gym_reset_value(env, NULL, NULL, &before, &err), err);
    CHECK_OK(gym_value_to_json(before, texts[0], sizeof texts[0], NULL, &err), err);
    if (!CHECK_STR(texts[1], texts[0])) fprintf(stderr, "  space %s\n", cases[i].space);
    gym_value_free(before);
    CHECK_OK(gym_close(env, &err), err);
  }
}

/* An output space of another dtype and shape; what was given stays when the callback's buffer is gone. */
static void test_changed_space(int bound) {
  static const double wide[4] = {1.5, -2, 1e300, 0.1};
  static const int64_t three = 3;
  double obs[4];
  gym_value *value = NULL;
  gym_array array = GYM_ARRAY_INIT;
  told = (recorder){.output = wide};
  gym_env env = open_transformed(
      "image", "TransformObservation",
      "{\"type\": \"Box\", \"low\": null, \"high\": null, \"shape\": [2, 2], \"dtype\": \"float64\"}", bound);
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 4, &err), err);
  check_array(0, "uint8", 3, 6, 90);
  check_array(1, "float64", 2, 2, 4);
  CHECK(memcmp(obs, wide, sizeof wide) == 0);
  for (int i = 0; i < 100; i++) reset_plain(env, &err); /* memory of before would be used again */
  CHECK_OK(gym_observation(env, &value, &err), err);
  CHECK_OK(gym_value_array(value, &array, &err), err);
  CHECK(array.nbytes == sizeof wide && memcmp(array.data, wide, sizeof wide) == 0);
  gym_value_free(value);
  CHECK_OK(gym_close(env, &err), err);

  told = (recorder){.output = &three};
  env = open_transformed("box", "TransformObservation", "{\"type\": \"Discrete\", \"n\": 5}", bound);
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 1, &err), err);
  check_array(1, "int64", 0, 0, 1);
  CHECK(obs[0] == 3);
  CHECK_OK(gym_close(env, &err), err);

  /* A composite space is float64, whatever its parts are. */
  static const double parts[3] = {0.25, -0.5, 2};
  told = (recorder){.output = parts};
  env = open_transformed(
      "text", "TransformObservation",
      "{\"type\": \"Dict\", \"spaces\": {\"a\": {\"type\": \"Box\", \"low\": -1, \"high\": 1, "
      "\"shape\": [2], \"dtype\": \"float32\"}, \"b\": {\"type\": \"Discrete\", \"n\": 3}}}",
      bound);
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 3, &err), err);
  check_array(0, "int32", 1, 6, 6);
  check_array(1, "float64", 1, 3, 3);
  CHECK(memcmp(obs, parts, sizeof parts) == 0);
  static const int32_t abc[6] = {0, 1, 2, 6, 6, 6};
  CHECK(memcmp(told.input, abc, sizeof abc) == 0);
  CHECK_OK(gym_close(env, &err), err);
}

/* What is no element of the space that comes out: an error with the callback's output in it, and no crash. */
static void test_bad_outputs(void) {
  static const double nan_in_discrete[3] = {0, 0, NAN}, fraction[3] = {0, 0, 1.5};
  static const double huge[3] = {1e300, 0, 0};
  static const int32_t no_characters[6] = {99, -1, 0, 0, 0, 0};
  static const struct {
    const char *space;
    const void *output;
  } cases[] = {{"dict", nan_in_discrete}, {"dict", fraction}, {"dict", huge}, {"text", no_characters}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    gym_transition t;
    told = (recorder){0};
    gym_env env = open_transformed(cases[i].space, "TransformObservation", "null", 0);
    CHECK_OK(reset_plain(env, &err), err);
    told.output = cases[i].output;
    FILL(t);
    int code = step_plain(env, &t, &err);
    if (!CHECK(code == GYM_ERR_OBSERVATION || code == GYM_ERR_CALLBACK || code == GYM_ERR_ELEMENT))
      fprintf(stderr, "  case %zu: code %d %s\n", i, code, err.message);
    if (!CHECK(strstr(err.message, "callback") != NULL)) fprintf(stderr, "  case %zu: %s\n", i, err.message);
    CHECK_UNTOUCHED(t);
    told.output = NULL;
    CHECK_OK(step_plain(env, &t, &err), err);
    CHECK_OK(gym_close(env, &err), err);
  }
}

/* A buffer that the callback leaves alone holds zeros. */
static void test_unwritten(void) {
  double obs[3] = {7, 7, 7};
  told = (recorder){.leaves = 1};
  gym_env env = open_transformed("multi-discrete", "TransformObservation", "null", 0);
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 3, &err), err);
  CHECK(obs[0] == 0 && obs[1] == 0 && obs[2] == 0);
  CHECK_OK(gym_close(env, &err), err);
}

static void test_reports(void) {
  const double half = 0.5;
  double obs[3];
  gym_transition t;
  FILL(obs), FILL(t);
  told = (recorder){.result = GYM_ERR_DYNAMIC};
  gym_env env = open_transformed("box", "TransformObservation", "null", 0);
  CHECK_FAILURE(gym_reset(env, NULL, NULL, obs, 3, &err), GYM_ERR_DYNAMIC, err, "as told");
  CHECK_FAILURE(gym_step(env, &half, 1, obs, 3, &t, &err), GYM_ERR_ACTION, err,
                "0.5"); /* before it is called */
  CHECK_INT(told.calls, 1);
  told.result = -5;
  CHECK_FAILURE(step_plain(env, &t, &err), GYM_ERR_CALLBACK, err, "as told");
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t);
  CHECK_OK(gym_close(env, &err), err);
}

/* ------------------------------------------------------------------------------------- actions */

static void test_actions(int bound) {
  static const int64_t minus_one = -1;
  const float given[2] = {0.5f, -0.25f};
  gym_transition t;
  gym_value *action = NULL;
  int64_t number = 9;
  told = (recorder){.output = &minus_one};
  gym_env env = open_transformed(
      "box", "TransformAction",
      "{\"type\": \"Box\", \"low\": -1, \"high\": 1, \"shape\": [2], \"dtype\": \"float32\"}", bound);
  size_t nbytes = 0;
  float obs[3];
  CHECK_OK(gym_action_nbytes(env, &nbytes, &err), err);
  CHECK_INT(nbytes, 8);
  CHECK_OK(reset_plain(env, &err), err);
  CHECK_OK(gym_step_native(env, given, 8, obs, sizeof obs, &t, &err), err);
  check_array(0, "float32", 1, 2, 2);
  check_array(1, "int64", 0, 0, 1);
  CHECK(memcmp(told.input, given, sizeof given) == 0);
  CHECK_OK(gym_get_attr(env, "unwrapped.action", &action, &err), err);
  CHECK_OK(gym_value_int64(action, &number, &err), err);
  CHECK_INT(number, -1);
  gym_value_free(action);
  told.result = GYM_ERR_INEXACT;
  CHECK_FAILURE(gym_step_native(env, given, 8, obs, sizeof obs, &t, &err), GYM_ERR_INEXACT, err, "as told");
  CHECK_OK(gym_close(env, &err), err);
}

/* ------------------------------------------------------------------------------------- what does not fit */

static void check_refused(const char *options, int expected, const char *needle) {
  gym_env env;
  FILL(env);
  if (!CHECK_FAILURE(gym_make("gogym_c/Plain-v0", options, &env, &err), expected, err, needle))
    fprintf(stderr, "  options %s\n", options);
  CHECK_UNTOUCHED(env);
}

#define WITH(space, wrapper) "{\"space\": \"" space "\", \"gogym\": {\"wrappers\": [" wrapper "]}}"
#define OBSERVING(name, space)                                                \
  "{\"name\": \"TransformObservation\", \"func\": {\"__callback__\": \"" name \
  "\"}, \"observation_space\": " space "}"

static void test_misfits(void) {
  CHECK_OK(gym_add_reward_callback("reward", callback_of_nobody, NULL, &err), err);
  CHECK_OK(gym_add_trigger_callback("trigger", trigger_of_nobody, NULL, &err), err);
  check_refused(WITH("sequence", OBSERVING("record", "null")), GYM_ERR_CALLBACK, "no fixed size");
  check_refused(
      WITH("box",
           OBSERVING("record", "{\"type\": \"Sequence\", \"space\": {\"type\": \"Discrete\", \"n\": 2}}")),
      GYM_ERR_CALLBACK, "no fixed size");
  check_refused(WITH("box", OBSERVING("reward", "null")), GYM_ERR_CALLBACK, "rewards");
  check_refused(WITH("box", OBSERVING("trigger", "null")), GYM_ERR_CALLBACK, "trigger");
  check_refused(WITH("box", OBSERVING("nobody", "null")), GYM_ERR_CALLBACK, "nobody");
  CHECK_INT(told.calls, 0);
  CHECK_OK(gym_remove_callback("reward", &err), err);
  CHECK_OK(gym_remove_callback("trigger", &err), err);
}

/* Where an environment's own code calls one, with whatever it likes. */
static void test_called_by_python(void) {
  run_python(
      "class Handing(Plain):\n"
      "    def __init__(self, ask):\n"
      "        super().__init__()\n"
      "        self.ask = ask\n"
      "    def reset(self, *, seed=None, options=None):\n"
      "        given = eval(options['given'])\n"
      "        got = self.ask(given)\n"
      "        same = type(got) is np.ndarray and got is not given and np.array_equal(got, given)\n"
      "        return self.observation, {'same': int(same and got.dtype == np.asarray(given).dtype),\n"
      "            'writeable': int(getattr(got, 'flags', given).writeable)}\n"
      "gymnasium.register('gogym_c/Handing-v0', Handing, order_enforce=False, disable_env_checker=True)\n");
  gym_env env = open_env("gogym_c/Handing-v0", "{\"ask\": {\"__callback__\": \"record\"}}");
  static const char *const good[] = {
      "np.arange(6.0).reshape(2, 3)",        "np.arange(6).reshape(2, 3).T",
      "np.zeros((3, 4), np.uint8)[::2, 1:]", "np.arange(5, dtype=\\\">f4\\\")",
      "np.zeros((0, 3), np.int16)",          "np.array(7.5)",
      "np.ones((2, 1, 3, 1), bool)",         "np.array([1 + 2j])",
      "np.ones(3, np.float16)[::-1]",
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    char options[200];
    snprintf(options, sizeof options, "{\"given\": \"%s\"}", good[i]);
    told = (recorder){0};
    if (!CHECK_OK(gym_reset_value(env, NULL, options, NULL, &err), err)) continue;
    CHECK_INT(told.is_sound, 1);
    if (!strchr(good[i], '>'))
      CHECK_INT(info_number(env, "same"), 1); /* the order of bytes is the machine's */
    CHECK_INT(info_number(env, "writeable"), 1);
  }
  static const char *const refused[] = {
      "None",
      "'text'",
      "[[1], [2, 3]]",
      "{'a': 1}",
      "np.array([None])",
      "np.array(['a'])",
      "object()",
      "np.zeros(2, [('a', int)])",
      "np.array(['2020-01-01'], 'M8[D]')",
  };
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    char options[200];
    snprintf(options, sizeof options, "{\"given\": \"%s\"}", refused[i]);
    told = (recorder){0};
    if (!CHECK_FAILURE(gym_reset_value(env, NULL, options, NULL, &err), GYM_ERR_CALLBACK, err, "\"record\""))
      fprintf(stderr, "  given %s\n", refused[i]);
    CHECK_INT(told.calls, 0);
  }
  CHECK_OK(gym_close(env, &err), err);
}

int main(void) {
  use_test_envs();
  CHECK_OK(gym_init(NULL, &err), err);
  register_plain();
  CHECK_OK(gym_add_array_callback("record", record, &told, &err), err);
  for (int bound = 0; bound < 2; bound++) {
    test_observations(bound);
    test_changed_space(bound);
    test_actions(bound);
  }
  test_bad_outputs();
  test_unwritten();
  test_reports();
  told = (recorder){0};
  test_misfits();
  test_called_by_python();
  CHECK_OK(gym_remove_callback("record", &err), err);
  return around_summary();
}
