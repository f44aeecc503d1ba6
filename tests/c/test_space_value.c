/* Spaces built from their value: what needs no Python does and says the same as on the space in Python. */
#define _GNU_SOURCE
#include "handles.h"
#include "space_table.h"
#include "space_value.h"
#include "value_build.h"

static gym_error err = GYM_ERROR_INIT;

static gym_space open_space(const char *description) {
  gym_space space = {0};
  if (!CHECK_OK(gym_space_make(description, &space, &err), err)) fprintf(stderr, "  %s\n", description);
  return space;
}

/* The space's value, built again behind a handle as a worker's space has one. */
static gym_space rebuild(gym_space space, gym__space **core) {
  gym_value *value = NULL;
  size_t sizes[GYM__SLOT_SIZES] = {0};
  CHECK_OK(gym_space_value(space, &value, &err), err);
  CHECK_OK(gym__space_from_value(value, core, &err), err);
  gym_value_free(value);
  gym_space_size(space, &sizes[GYM__SPACE_SIZE], NULL);
  gym_space_nbytes(space, &sizes[GYM__SPACE_NBYTES], NULL);
  gym_space_flatdim(space, &sizes[GYM__SPACE_FLATDIM], NULL);
  CHECK((*core != NULL) == (sizes[GYM__SPACE_SIZE] != GYM_DYNAMIC));
  if (*core) {
    CHECK_INT((*core)->size, sizes[GYM__SPACE_SIZE]);
    CHECK_INT((*core)->nbytes, sizes[GYM__SPACE_NBYTES]);
    CHECK((*core)->flatdim == sizes[GYM__SPACE_FLATDIM]);
  }
  gym__slot *slot = gym__slot_open(GYM__HANDLE_WORKER_SPACE, NULL, *core, sizes);
  return (gym_space){slot->id};
}

static void check_description(const char *name, const char *description) {
  gym__space *core = NULL;
  gym__slot *slot = NULL;
  pair p = {.name = name, .err_a = GYM_ERROR_INIT, .err_b = GYM_ERROR_INIT};
  p.a = open_space(description);
  p.b = rebuild(p.a, &core);
  compare_local_calls(&p);
  CHECK_OK(gym__slot_lock(GYM__HANDLE_WORKER_SPACE, p.b.id, &slot, &err), err);
  gym__slot_invalidate(slot);
  gym__slot_unlock(slot);
  gym__slot_free(slot);
  gym__space_free(core);
  CHECK_OK(gym_space_close(p.a, &err), err);
}

static void test_table(void) {
  table_space *spaces = load_spaces();
  for (size_t i = 0; spaces[i].description; i++) check_description(spaces[i].name, spaces[i].description);
  free_spaces(spaces);
}

/* Keys of all kinds: errors call the children by their names in Python. */
static void test_keys(void) {
  static const char *const keys[] = {
      "true",
      "null",
      "-7",
      "0.5",
      "3.0",
      "1e100",
      "18446744073709551616",
      "{\"__tuple__\": []}",
      "{\"__tuple__\": [1]}",
      "{\"__tuple__\": [1, \"it's\", {\"__tuple__\": [null, false, 2.0]}, \"a\\\\\\n\\\"\\u0001\\u007f\"]}",
      "{\"__tuple__\": [\"'\\\"\", \"\\u00e9\"]}",
      "{\"__tuple__\": [\"a text of many letters\", \"another text of many letters\", "
      "\"\\u00e9\\u00e8\\u00e9\"]}",
      "\"a text of many letters, which is not cut, because it is a text; of many letters, not cut\"",
      "\"\\u0001\\u001f\\u007f\\u0080\\b\\f\\n\\r\\t/\\\\\\\"'\"",
  };
  char description[1024];
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    snprintf(description, sizeof description,
             "{\"type\": \"Dict\", \"spaces\": [[%s, {\"type\": \"Tuple\", \"spaces\": [{\"type\": "
             "\"Discrete\", \"n\": 2}]}]]}",
             keys[i]);
    check_description(keys[i], description);
  }
}

/* Values without one field, or with something else in its place. */
static gym_value *described_without(const gym_value *space, const char *name, int kind) {
  gym__builder b;
  size_t count = gym_value_count(space);
  gym__build_begin(&b);
  gym__build_dict(&b, count);
  for (size_t i = 0; i < count; i++) {
    const gym_value *key = gym_value_key_at(space, i), *value = gym_value_at(space, i);
    int64_t number = 0;
    size_t length = 0;
    const char *text = gym_value_string(key, &length);
    int is_it = strcmp(text, name) == 0;
    gym__build_string(&b, text, length);
    text = gym_value_string(value, &length);
    if (is_it && kind == GYM_KIND_OTHER) {
      gym__build_other(&b, "dict", "{...}", 5);
    } else if (is_it && kind == GYM_KIND_FLOAT64) {
      gym__build_float64(&b, 0.5);
    } else if (is_it) {
      gym__build_none(&b);
    } else if (text) {
      gym__build_string(&b, text, length);
    } else if (gym_value_int64(value, &number, NULL) == GYM_OK) {
      gym__build_int64(&b, number);
    } else {
      gym__build_tuple(&b, 0); /* the shape of a Discrete */
    }
  }
  gym_value *without = gym__build_finish(&b);
  CHECK(without != NULL);
  return without;
}

static void test_incomplete(void) {
  static const char *const fields[] = {"type",        "dtype",   "size", "nbytes",
                                       "byte_offset", "flatdim", "n",    "start"};
  gym_space space = open_space("{\"type\": \"Discrete\", \"n\": 3}");
  gym_value *whole = NULL;
  gym__space *core;
  CHECK_OK(gym_space_value(space, &whole, &err), err);
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    gym_value *value = described_without(whole, fields[i], GYM_KIND_NONE);
    CHECK_FAILURE(gym__space_from_value(value, &core, &err), GYM_ERR_INTERNAL, err, fields[i]);
    gym_value_free(value);
    value = described_without(whole, fields[i], GYM_KIND_OTHER);
    CHECK_FAILURE(gym__space_from_value(value, &core, &err), GYM_ERR_UNSUPPORTED, err, "deeper");
    gym_value_free(value);
  }
  gym_value *value = described_without(whole, "shape", GYM_KIND_FLOAT64);
  CHECK_FAILURE(gym__space_from_value(value, &core, &err), GYM_ERR_INTERNAL, err, "shape");
  gym_value_free(value);
  value = described_without(whole, "none of them", GYM_KIND_NONE);
  if (CHECK_OK(gym__space_from_value(value, &core, &err), err)) gym__space_free(core);
  gym_value_free(value);
  CHECK_FAILURE(gym__space_from_value(NULL, &core, &err), GYM_ERR_INTERNAL, err, "size");
  gym_value_free(whole);
  CHECK_OK(gym_space_close(space, &err), err);
}

/* A space whose value does not hold all of it has no core: that is not "no fixed size". */
static void test_without_core(void) {
  const size_t sizes[GYM__SLOT_SIZES] = {1, 8, 2, 0};
  const double x = 0;
  double flat[2];
  int is_in;
  gym__slot *slot = gym__slot_open(GYM__HANDLE_WORKER_SPACE, NULL, NULL, sizes);
  gym_space space = {slot->id};
  FILL(flat), FILL(is_in);
  CHECK_FAILURE(gym_space_contains(space, &x, 1, &is_in, &err), GYM_ERR_UNSUPPORTED, err, "_value");
  CHECK_FAILURE(gym_space_flatten(space, &x, 1, flat, 2, &err), GYM_ERR_UNSUPPORTED, err, "worker process");
  CHECK_UNTOUCHED(is_in), CHECK_UNTOUCHED(flat);
  CHECK_OK(gym__slot_lock(GYM__HANDLE_WORKER_SPACE, space.id, &slot, &err), err);
  gym__slot_invalidate(slot);
  gym__slot_unlock(slot);
  gym__slot_free(slot);
}

int main(void) {
  use_test_envs();
  test_table();
  test_keys();
  test_incomplete();
  test_without_core();
  CHECK_OK(gym_shutdown(&err), err);
  return check_summary();
}
