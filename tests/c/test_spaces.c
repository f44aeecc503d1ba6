/* Handles and descriptions of spaces: what is no space and no handle of one gives its own code and says what
 * it was given, writes nothing, and the next call is right. */
#define _GNU_SOURCE
#include <inttypes.h>

#include "every_call.h"

static gym_error err = GYM_ERROR_INIT;

#define COIN "{\"type\": \"Discrete\", \"n\": 2}"

/* A Discrete(2) is as it should be. */
static void check_works(gym_space coin) {
  double x = -1, flat[2] = {0};
  int is_in = -1;
  CHECK_OK(gym_space_sample(coin, NULL, &x, 1, &err), err);
  CHECK(x == 0 || x == 1);
  CHECK_OK(gym_space_contains(coin, &x, 1, &is_in, &err), err);
  CHECK_INT(is_in, 1);
  CHECK_OK(gym_space_flatten(coin, &x, 1, flat, 2, &err), err);
  CHECK(flat[(int)x] == 1 && flat[1 - (int)x] == 0);
}

/* ------------------------------------------------------------------------------------- descriptions */

/* A gym_space_make that must fail. */
static void check_make(const char *description, int expected, const char *needle, int line) {
  gym_space space;
  FILL(space);
  check_failure(gym_space_make(description, &space, &err), expected, &err, needle, description, __FILE__,
                line);
  CHECK_UNTOUCHED(space);
  CHECK_STR(err.type, "");
}
#define CHECK_MAKE(description, expected, needle) check_make(description, expected, needle, __LINE__)

static void test_descriptions(void) {
  static const struct {
    const char *description;
    int code;
    const char *needle;
  } bad[] = {
      {"", GYM_ERR_JSON, "JSON"},
      {" \n", GYM_ERR_JSON, "JSON"},
      {"{", GYM_ERR_JSON, "column"},
      {"{'type': 'Discrete'}", GYM_ERR_JSON, "column 2"},
      {"{\"type\": \"Discrete\", \"n\": 2,}", GYM_ERR_JSON, "column"},
      {COIN " " COIN, GYM_ERR_JSON, "column"},
      {"null", GYM_ERR_JSON, "null"},
      {"7", GYM_ERR_JSON, "7"},
      {"\"Discrete\"", GYM_ERR_JSON, "Discrete"},
      {"[" COIN "]", GYM_ERR_JSON, "Discrete"},
      {"{\"type\": \"\xff\"}", GYM_ERR_JSON, "UTF-8"},
      {"{\"type\": \"Discrete\", \"n\": 2, \"n\": 3}", GYM_ERR_JSON, "twice"},
      {"{\"type\": \"Box\", \"low\": NaN, \"high\": 1}", GYM_ERR_JSON, "NaN"},
      {"{\"type\": \"Box\", \"low\": -Infinity, \"high\": 1}", GYM_ERR_JSON, "Infinity"},
      {"{\"type\": \"Box\", \"low\": 0, \"high\": 1e999}", GYM_ERR_JSON, "1e999"},
      {"{\"type\": \"Box\", \"low\": {\"__nil__\": 0}}", GYM_ERR_JSON, "__nil__"},
      {"{}", GYM_ERR_SPACE, "type"},
      {"{\"type\": null}", GYM_ERR_SPACE, "None"},
      {"{\"type\": 7, \"n\": 3}", GYM_ERR_SPACE, "7"},
      {"{\"type\": [\"Discrete\"], \"n\": 3}", GYM_ERR_SPACE, "['Discrete']"},
      {"{\"type\": \"discrete\", \"n\": 3}", GYM_ERR_SPACE, "discrete"},
      {"{\"type\": \"Sphere\", \"n\": 3}", GYM_ERR_SPACE, "Sphere"},
      {"{\"type\": \"other\", \"class\": \"a\", \"repr\": \"b\"}", GYM_ERR_SPACE, "other"},
      {"{\"type\": \"Discrete\"}", GYM_ERR_SPACE, "\"n\""},
      {"{\"type\": \"Discrete\", \"n\": null}", GYM_ERR_SPACE, "None"},
      {"{\"type\": \"Discrete\", \"n\": true}", GYM_ERR_SPACE, "True"},
      {"{\"type\": \"Discrete\", \"n\": \"two\"}", GYM_ERR_SPACE, "two"},
      {"{\"type\": \"Discrete\", \"n\": [2]}", GYM_ERR_SPACE, "[2]"},
      {"{\"type\": \"Discrete\", \"n\": 0}", GYM_ERR_SPACE, "0"},
      {"{\"type\": \"Discrete\", \"n\": 1e30}", GYM_ERR_SPACE, "Discrete: "},
      {"{\"type\": \"Discrete\", \"n\": 3, \"nn\": 3}", GYM_ERR_SPACE, "nn"},
      {"{\"type\": \"Discrete\", \"n\": 3, \"dtype\": \"int9\"}", GYM_ERR_SPACE, "int9"},
      {"{\"type\": \"Discrete\", \"n\": 3, \"dtype\": 5}", GYM_ERR_SPACE, "5"},
      {"{\"type\": \"Discrete\", \"n\": 3, \"dtype\": \"object\"}", GYM_ERR_SPACE, "object"},
      {"{\"type\": \"Box\", \"low\": 0, \"high\": 1, \"dtype\": \"U7\"}", GYM_ERR_SPACE, "<U"},
      {"{\"type\": \"Box\", \"low\": 0, \"high\": 1, \"dtype\": \"datetime64\"}", GYM_ERR_SPACE, "datetime"},
      {"{\"type\": \"Box\", \"low\": \"low\", \"high\": 1}", GYM_ERR_SPACE, "low"},
      {"{\"type\": \"Box\", \"low\": [0, \"x\"], \"high\": 1}", GYM_ERR_SPACE, "x"},
      {"{\"type\": \"Box\", \"low\": [[0], [0, 1]], \"high\": 1}", GYM_ERR_SPACE, "[0, 1]"},
      {"{\"type\": \"Box\", \"low\": {\"a\": 1}, \"high\": 1}", GYM_ERR_SPACE, "dict"},
      {"{\"type\": \"Box\", \"low\": {\"__float__\": \"nan\"}, \"high\": 1}", GYM_ERR_SPACE, "nan"},
      {"{\"type\": \"Box\", \"low\": [0, {\"__float__\": \"nan\"}], \"high\": 1}", GYM_ERR_SPACE, "nan"},
      {"{\"type\": \"Box\", \"low\": 0, \"high\": 1, \"shape\": 3}", GYM_ERR_SPACE, "3"},
      {"{\"type\": \"Box\", \"low\": 0, \"high\": 1, \"shape\": [-1]}", GYM_ERR_SPACE, "negative"},
      {"{\"type\": \"Box\", \"low\": 0, \"high\": 1, \"shape\": [0.5]}", GYM_ERR_SPACE, "0.5"},
      {"{\"type\": \"Box\", \"low\": 0, \"high\": 1, \"shape\": [\"x\"]}", GYM_ERR_SPACE, "x"},
      {"{\"type\": \"MultiDiscrete\", \"nvec\": [[2], [2, 3]]}", GYM_ERR_SPACE, "nvec"},
      {"{\"type\": \"MultiDiscrete\", \"nvec\": {\"a\": 1}}", GYM_ERR_SPACE, "'a'"},
      {"{\"type\": \"MultiDiscrete\", \"nvec\": null}", GYM_ERR_SPACE, "None"},
      {"{\"type\": \"MultiBinary\", \"n\": -2}", GYM_ERR_SPACE, ""},
      {"{\"type\": \"MultiBinary\", \"n\": [[2, 3], [4]]}", GYM_ERR_SPACE, ""},
      {"{\"type\": \"MultiBinary\", \"n\": {\"a\": 1}}", GYM_ERR_SPACE, "'a'"},
      {"{\"type\": \"Text\", \"max_length\": 2, \"charset\": 7}", GYM_ERR_SPACE, "7"},
      {"{\"type\": \"Text\", \"max_length\": -2}", GYM_ERR_SPACE, "-2"},
      {"{\"type\": \"Tuple\", \"spaces\": {}}", GYM_ERR_SPACE, "{}"},
      {"{\"type\": \"Tuple\", \"spaces\": [7]}", GYM_ERR_SPACE, "space[0]"},
      {"{\"type\": \"OneOf\", \"spaces\": [" COIN ", null]}", GYM_ERR_SPACE, "space[1]"},
      {"{\"type\": \"Dict\", \"spaces\": 7}", GYM_ERR_SPACE, "7"},
      {"{\"type\": \"Dict\", \"spaces\": {\"a\": 7}}", GYM_ERR_SPACE, "space[\"a\"]"},
      {"{\"type\": \"Dict\", \"spaces\": [[\"a\"]]}", GYM_ERR_SPACE, "['a']"},
      {"{\"type\": \"Dict\", \"spaces\": [[\"a\", " COIN "], [\"a\", " COIN "]]}", GYM_ERR_SPACE, "twice"},
      {"{\"type\": \"Dict\", \"spaces\": [[[1], " COIN "]]}", GYM_ERR_SPACE, "hashable"},
      {"{\"type\": \"Dict\", \"spaces\": [[{\"a\": 1}, " COIN "]]}", GYM_ERR_SPACE, "hashable"},
      {"{\"type\": \"Dict\", \"keys\": [\"a\"], \"spaces\": []}", GYM_ERR_SPACE, "keys"},
      {"{\"type\": \"Sequence\", \"space\": []}", GYM_ERR_SPACE, "space.space"},
      {"{\"type\": \"Sequence\", \"space\": " COIN ", \"stack\": 1}", GYM_ERR_SPACE, "stack"},
      {"{\"type\": \"Graph\", \"edge_space\": " COIN "}", GYM_ERR_SPACE, "node_space"},
      {"{\"type\": \"Graph\", \"node_space\": null}", GYM_ERR_SPACE, "space.node_space"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    CHECK_MAKE(bad[i].description, bad[i].code, bad[i].needle);
  gym_space out;
  FILL(out);
  CHECK_FAILURE(gym_space_make(NULL, &out, &err), GYM_ERR_ARGUMENT, err, "description");
  CHECK_FAILURE(gym_space_make(COIN, NULL, &err), GYM_ERR_ARGUMENT, err, "out");
  CHECK_INT(gym_space_make("{", &out, NULL), GYM_ERR_JSON);
  CHECK_UNTOUCHED(out);
}

/* Larger than memory: said, not tried. */
static void test_huge_descriptions(void) {
  static const char *const huge[] = {
      "{\"type\": \"Box\", \"low\": 0, \"high\": 1, \"shape\": [1000000000000000]}",
      "{\"type\": \"Box\", \"low\": 0, \"high\": 1, \"shape\": [4294967296, 4294967296, 4294967296]}",
      "{\"type\": \"Box\", \"low\": 0, \"high\": 1, \"shape\": [1e300]}",
      "{\"type\": \"MultiBinary\", \"n\": 1000000000000000}",
      "{\"type\": \"Text\", \"max_length\": 1000000000000000}",
  };
  gym_space space;
  for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
    int code = gym_space_make(huge[i], &space, &err);
    if (code == GYM_OK) { /* nothing of that size is needed before an element is */
      gym_value *value = NULL;
      CHECK_INT(gym_space_sample_value(space, NULL, &value, &err) == GYM_OK, 0);
      CHECK_OK(gym_space_close(space, &err), err);
    } else if (!CHECK(code == GYM_ERR_SPACE || code == GYM_ERR_MEMORY)) {
      fprintf(stderr, "  %s: %s\n", gym_status_name(code), err.message);
    }
  }
}

/* `depth` spaces around a Discrete(2), each a `type` with its `field`. */
static char *nested(int depth, const char *opening, const char *closing) {
  size_t length = (strlen(opening) + strlen(closing)) * (size_t)depth + sizeof COIN;
  char *text = malloc(length), *at = text;
  if (!text) abort();
  for (int i = 0; i < depth; i++) at = stpcpy(at, opening);
  at = stpcpy(at, COIN);
  for (int i = 0; i < depth; i++) at = stpcpy(at, closing);
  return text;
}

static void test_deep_descriptions(void) {
  static const struct {
    const char *opening, *closing;
    int most; /* each is 1 level of JSON, or 2 where the spaces are in an array or an object */
  } forms[] = {
      {"{\"type\": \"Tuple\", \"spaces\": [", "]}", 31},
      {"{\"type\": \"Dict\", \"spaces\": {\"a\": ", "}}", 31},
      {"{\"type\": \"OneOf\", \"spaces\": [", "]}", 31},
      {"{\"type\": \"Sequence\", \"space\": ", "}", 63},
  };
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    static const int depths[] = {64, 1000, 200000}; /* a parser which recurses would run out of stack */
    for (size_t j = 0; j < sizeof depths / sizeof *depths; j++) {
      char *text = nested(depths[j], forms[i].opening, forms[i].closing);
      gym_space space;
      FILL(space);
      CHECK_FAILURE(gym_space_make(text, &space, &err), GYM_ERR_JSON, err, "deeper than 64");
      CHECK_UNTOUCHED(space);
      free(text);
    }
    char *text = nested(forms[i].most, forms[i].opening, forms[i].closing);
    gym_space space = open_space(text);
    gym_value *value = NULL;
    CHECK_OK(gym_space_value(space, &value, &err), err);
    gym_value_free(value);
    if (i < 3) { /* of so many levels of Sequence there would be too many elements */
      CHECK_OK(gym_space_sample_value(space, NULL, &value, &err), err);
      gym_value_free(value);
    }
    CHECK_OK(gym_space_close(space, &err), err);
    free(text);
  }
}

/* ------------------------------------------------------------------------------------- handles */

static void test_handles(gym_space coin) {
  char needle[32];
  check_every_space_call((gym_space){0}, GYM_ERR_HANDLE, "zero");
  for (int bit = 0; bit < 64; bit++) {
    gym_space forged = {coin.id ^ ((uint64_t)1 << bit)};
    snprintf(needle, sizeof needle, "%016" PRIx64, forged.id);
    check_every_space_call(forged, GYM_ERR_HANDLE, needle);
  }
  check_every_space_call((gym_space){UINT64_MAX}, GYM_ERR_HANDLE, "ffffffffffffffff");
  check_works(coin);
}

/* An environment's handle is no space's, and the other way round, though both are open. */
static void test_foreign_handles(gym_space coin) {
  gym_env env = open_env("CartPole-v1", NULL);
  gym_error local = GYM_ERROR_INIT;
  double obs[4];
  gym_transition t;
  size_t size;
  gym_value *value;
  FILL(obs), FILL(t), FILL(size), FILL(value);
  check_every_space_call((gym_space){env.id}, GYM_ERR_HANDLE, "not one of a space");
  gym_env wrong = {coin.id};
  check_every_env_call(wrong, GYM_ERR_HANDLE, "not one of");
  CHECK_FAILURE(gym_reset(wrong, NULL, NULL, obs, 4, &local), GYM_ERR_HANDLE, local, "not one of");
  CHECK_FAILURE(gym_step(wrong, (double[1]){0}, 1, obs, 4, &t, &local), GYM_ERR_HANDLE, local, "not one of");
  CHECK_FAILURE(gym_sample_action(wrong, obs, 4, &local), GYM_ERR_HANDLE, local, "not one of");
  CHECK_FAILURE(gym_seed_action(wrong, 1, &local), GYM_ERR_HANDLE, local, "not one of");
  CHECK_FAILURE(gym_close(wrong, &local), GYM_ERR_HANDLE, local, "not one of");
  CHECK_FAILURE(gym_action_size(wrong, &size, &local), GYM_ERR_HANDLE, local, "not one of");
  CHECK_FAILURE(gym_info(wrong, &value, &local), GYM_ERR_HANDLE, local, "not one of");
  CHECK_FAILURE(gym_action_space(wrong, &value, &local), GYM_ERR_HANDLE, local, "not one of");
  CHECK_UNTOUCHED(obs), CHECK_UNTOUCHED(t), CHECK_UNTOUCHED(size), CHECK_UNTOUCHED(value);
  CHECK_OK(gym_reset(env, NULL, NULL, obs, 4, &err), err);
  CHECK_OK(gym_close(env, &err), err);

  /* A slot that was an environment's becomes a space's: neither old handle is good for the new one. */
  gym_space next = open_space(COIN);
  check_every_env_call(env, GYM_ERR_HANDLE, "environment");
  check_every_space_call((gym_space){env.id}, GYM_ERR_HANDLE, "space");
  check_works(next);
  CHECK_OK(gym_space_close(next, &err), err);
  check_works(coin);
}

static void test_close(gym_space coin) {
  enum { COUNT = 64 };
  gym_space closed[COUNT];
  char needle[32];
  for (int i = 0; i < COUNT; i++) {
    closed[i] = open_space(COIN);
    for (int j = 0; j < i; j++) CHECK(closed[i].id != closed[j].id); /* though the slot is the same again */
    CHECK_OK(gym_space_close(closed[i], &err), err);
    CHECK_FAILURE(gym_space_close(closed[i], &err), GYM_ERR_HANDLE, err, "not open");
  }
  gym_space open = open_space(COIN);
  for (int i = 0; i < COUNT; i++) {
    snprintf(needle, sizeof needle, "%016" PRIx64, closed[i].id);
    check_every_space_call(closed[i], GYM_ERR_HANDLE, needle);
  }
  check_works(open);
  CHECK_OK(gym_space_close(open, &err), err);
  check_works(coin);
}

static void test_null_pointers(gym_space coin) {
  const double x = 1, flat[2] = {0, 1};
  double out[2];
  int is_in;
  FILL(out), FILL(is_in);
#define CHECK_NULL(call, needle) CHECK_FAILURE(call, GYM_ERR_ARGUMENT, err, "\"" needle "\"")
  CHECK_NULL(gym_space_child(coin, 0, NULL, &err), "out");
  CHECK_NULL(gym_space_value(coin, NULL, &err), "out");
  CHECK_NULL(gym_space_size(coin, NULL, &err), "out");
  CHECK_NULL(gym_space_nbytes(coin, NULL, &err), "out");
  CHECK_NULL(gym_space_flatdim(coin, NULL, &err), "out");
  CHECK_NULL(gym_space_seed(coin, NULL, NULL, &err), "seed");
  CHECK_NULL(gym_space_sample(coin, NULL, NULL, 1, &err), "x");
  CHECK_NULL(gym_space_sample_native(coin, NULL, NULL, 8, &err), "x");
  CHECK_NULL(gym_space_sample_value(coin, NULL, NULL, &err), "out");
  CHECK_NULL(gym_space_contains(coin, NULL, 1, &is_in, &err), "x");
  CHECK_NULL(gym_space_contains(coin, &x, 1, NULL, &err), "out");
  CHECK_NULL(gym_space_contains_native(coin, NULL, 8, &is_in, &err), "x");
  CHECK_NULL(gym_space_contains_native(coin, &x, 8, NULL, &err), "out");
  CHECK_NULL(gym_space_contains_value(coin, NULL, &is_in, &err), "element");
  CHECK_NULL(gym_space_contains_value(coin, "1", NULL, &err), "out");
  CHECK_NULL(gym_space_flatten(coin, NULL, 1, out, 2, &err), "x");
  CHECK_NULL(gym_space_flatten(coin, &x, 1, NULL, 2, &err), "flat");
  CHECK_NULL(gym_space_flatten_native(coin, NULL, 8, out, 2, &err), "x");
  CHECK_NULL(gym_space_flatten_native(coin, &x, 8, NULL, 2, &err), "flat");
  CHECK_NULL(gym_space_flatten_value(coin, NULL, NULL, &err), "element");
  CHECK_NULL(gym_space_flatten_value(coin, "1", NULL, &err), "out");
  CHECK_NULL(gym_space_unflatten(coin, NULL, 2, out, 1, &err), "flat");
  CHECK_NULL(gym_space_unflatten(coin, flat, 2, NULL, 1, &err), "x");
  CHECK_NULL(gym_space_unflatten_native(coin, NULL, 2, out, 8, &err), "flat");
  CHECK_NULL(gym_space_unflatten_native(coin, flat, 2, NULL, 8, &err), "x");
  CHECK_NULL(gym_space_unflatten_value(coin, NULL, NULL, &err), "flat");
  CHECK_NULL(gym_space_unflatten_value(coin, "[0, 1]", NULL, &err), "out");
#undef CHECK_NULL
  CHECK_UNTOUCHED(out), CHECK_UNTOUCHED(is_in);
  CHECK_INT(gym_space_size((gym_space){0}, &(size_t){0}, NULL), GYM_ERR_HANDLE); /* without an error struct */
  check_works(coin);
}

/* ------------------------------------------------------------------------------------- children, lifetimes
 */

static void test_children(void) {
  static const struct {
    const char *description;
    size_t count;
  } parents[] = {
      {"{\"type\": \"Tuple\", \"spaces\": [" COIN ", " COIN ", " COIN "]}", 3},
      {"{\"type\": \"OneOf\", \"spaces\": [" COIN "]}", 1},
      {"{\"type\": \"Dict\", \"spaces\": {\"b\": " COIN ", \"a\": " COIN "}}", 2},
      {"{\"type\": \"Sequence\", \"space\": " COIN "}", 1},
      {"{\"type\": \"Graph\", \"node_space\": " COIN ", \"edge_space\": " COIN "}", 2},
      {"{\"type\": \"Graph\", \"node_space\": " COIN ", \"edge_space\": null}", 1},
      {"{\"type\": \"Tuple\", \"spaces\": []}", 0},
      {"{\"type\": \"Dict\", \"spaces\": {}}", 0},
      {COIN, 0},
      {"{\"type\": \"Box\", \"low\": 0, \"high\": 1, \"shape\": [3]}", 0},
      {"{\"type\": \"Text\", \"max_length\": 3}", 0},
  };
  for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
    gym_space parent = open_space(parents[i].description), children[3], child;
    char needle[64];
    for (size_t j = 0; j < parents[i].count; j++) {
      CHECK_OK(gym_space_child(parent, j, &children[j], &err), err);
      CHECK(children[j].id != parent.id);
    }
    FILL(child);
    const size_t none[] = {parents[i].count, parents[i].count + 1, SIZE_MAX, SIZE_MAX / 2 + 1, UINT32_MAX};
    for (size_t j = 0; j < sizeof none / sizeof *none; j++) {
      snprintf(needle, sizeof needle, "there is no %zu", none[j]);
      CHECK_FAILURE(gym_space_child(parent, none[j], &child, &err), GYM_ERR_ARGUMENT, err, needle);
    }
    CHECK_UNTOUCHED(child);
    /* Children outlive their parent, each for itself. */
    CHECK_OK(gym_space_close(parent, &err), err);
    for (size_t j = 0; j < parents[i].count; j++) {
      check_works(children[j]);
      CHECK_OK(gym_space_close(children[j], &err), err);
      check_every_space_call(children[j], GYM_ERR_HANDLE, "not open");
    }
  }
}

/* A space outlives its environment, and both share the random generator. */
static void test_after_the_environment(void) {
  gym_env env = open_env(TEST_ENV("Noop"), NULL);
  gym_space actions = {0}, same = {0}, observations = {0};
  double x[4], again;
  CHECK_OK(gym_space_of_actions(env, &actions, &err), err);
  CHECK_OK(gym_space_of_actions(env, &same, &err), err);
  CHECK_OK(gym_space_of_observations(env, &observations, &err), err);
  CHECK(actions.id != same.id && actions.id != observations.id);
  for (int draw = 0; draw < 2; draw++) { /* one stream, whoever draws */
    double *out = draw ? &again : &x[0];
    CHECK_OK(gym_seed_action(env, 5, &err), err);
    for (int i = 0; i < 20; i++) {
      if (draw || i % 2)
        CHECK_OK(gym_space_sample(i % 3 || draw ? actions : same, NULL, out, 1, &err), err);
      else
        CHECK_OK(gym_sample_action(env, out, 1, &err), err);
    }
  }
  CHECK(x[0] == again);
  CHECK_OK(gym_close(env, &err), err);
  gym_space none;
  FILL(none);
  CHECK_FAILURE(gym_space_of_actions(env, &none, &err), GYM_ERR_HANDLE, err, "not open");
  CHECK_FAILURE(gym_space_of_observations(env, &none, &err), GYM_ERR_HANDLE, err, "not open");
  CHECK_UNTOUCHED(none);
  check_works(actions);
  CHECK_OK(gym_space_seed(actions, "5", NULL, &err), err);
  for (int i = 0; i < 20; i++) CHECK_OK(gym_space_sample(same, NULL, &x[1], 1, &err), err);
  CHECK(x[1] == again);
  CHECK_OK(gym_space_sample(observations, NULL, x, 4, &err), err);
  CHECK_OK(gym_space_close(actions, &err), err);
  check_works(same); /* each handle is closed for itself */
  CHECK_OK(gym_space_close(same, &err), err);
  CHECK_OK(gym_space_close(observations, &err), err);
}

int main(void) {
  use_test_envs();
  /* Nothing was made yet. */
  check_every_space_call((gym_space){0}, GYM_ERR_HANDLE, "");
  check_every_space_call((gym_space){0x0200000001000000}, GYM_ERR_HANDLE, "");
  gym_space coin = open_space(COIN); /* starts Python */
  test_descriptions();
  test_huge_descriptions();
  test_deep_descriptions();
  test_handles(coin);
  test_foreign_handles(coin);
  test_close(coin);
  test_null_pointers(coin);
  test_children();
  test_after_the_environment();
  check_works(coin);
  CHECK_OK(gym_shutdown(&err), err);
  gym_space out;
  FILL(out);
  check_every_space_call(coin, GYM_ERR_SHUTDOWN, "gym_shutdown");
  CHECK_FAILURE(gym_space_make(COIN, &out, &err), GYM_ERR_SHUTDOWN, err, "gym_shutdown");
  CHECK_UNTOUCHED(out);
  return check_summary();
}
