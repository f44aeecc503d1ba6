/* Reading the nodes of a gym_value in place. A tree is either built by gogym or checked as a whole by
 * gym_value_from_block, so that readers have only their caller's arguments to check. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "gogym.h"
#include "gogym_error.h"
#include "gogym_value_format.h"

/* gym_array as first released: a caller compiled then stays welcome when the struct has grown. */
#define ARRAY_SIZE_V1 (offsetof(gym_array, nbytes) + sizeof(size_t))

static const void *payload(const gym_value *value) { return value + 1; }

static const gym_value *child(const gym_value *value, size_t slot) {
  const int64_t *offset = (const int64_t *)payload(value);
  return (const gym_value *)(const void *)((const char *)value + offset[slot]);
}

static int is_kind(const gym_value *value, int kind) { return value && value->kind == (uint32_t)kind; }

static int is_root(const gym_value *value) { return value && (value->flags & GYM__VALUE_ROOT) != 0; }

/* The end of every reader that found another kind than it reads. */
static int wrong_kind(const gym_value *value, const char *function, const char *expected, gym_error *err) {
  return gym__fail(err, GYM_ERR_KIND, "%s: the value is of kind %s, expected %s; ask gym_value_kind first",
                   function, gym_value_kind_name(gym_value_kind(value)), expected);
}

static int null_argument(const char *function, const char *argument, gym_error *err) {
  return gym__fail(err, GYM_ERR_ARGUMENT, "%s: %s is NULL", function, argument);
}

void gym_value_free(gym_value *value) {
  if (is_root(value)) free((char *)value - sizeof(gym__block));
}

int gym_value_kind(const gym_value *value) { return value ? (int)value->kind : GYM_KIND_NONE; }

const char *gym_value_kind_name(int kind) {
  static const char *const names[] = {"none",  "bool", "int64", "float64", "string", "bytes",
                                      "array", "list", "tuple", "dict",    "other"};
  if (kind < 0 || (size_t)kind >= sizeof names / sizeof names[0]) return "unknown";
  return names[kind];
}

size_t gym_value_count(const gym_value *value) { return value ? (size_t)value->count : 0; }

const gym_value *gym_value_at(const gym_value *value, size_t index) {
  if (!value || index >= value->count) return NULL;
  if (is_kind(value, GYM_KIND_LIST) || is_kind(value, GYM_KIND_TUPLE)) return child(value, index);
  if (is_kind(value, GYM_KIND_DICT)) return child(value, 2 * index + 1);
  return NULL;
}

const gym_value *gym_value_key_at(const gym_value *value, size_t index) {
  if (!is_kind(value, GYM_KIND_DICT) || index >= value->count) return NULL;
  return child(value, 2 * index);
}

const gym_value *gym_value_get(const gym_value *value, const char *key) {
  if (!is_kind(value, GYM_KIND_DICT) || !key) return NULL;
  size_t length = strlen(key);
  for (size_t i = 0; i < value->count; i++) {
    const gym_value *at = child(value, 2 * i);
    if (is_kind(at, GYM_KIND_STRING) && at->count == length && memcmp(payload(at), key, length) == 0) {
      return child(value, 2 * i + 1);
    }
  }
  return NULL;
}

int gym_value_bool(const gym_value *value, int *out, gym_error *err) {
  if (!value) return null_argument("gym_value_bool", "value", err);
  if (!out) return null_argument("gym_value_bool", "out", err);
  if (!is_kind(value, GYM_KIND_BOOL)) return wrong_kind(value, "gym_value_bool", "bool", err);
  *out = *(const int64_t *)payload(value) != 0;
  return GYM_OK;
}

int gym_value_int64(const gym_value *value, int64_t *out, gym_error *err) {
  if (!value) return null_argument("gym_value_int64", "value", err);
  if (!out) return null_argument("gym_value_int64", "out", err);
  if (!is_kind(value, GYM_KIND_INT64) && !is_kind(value, GYM_KIND_BOOL)) {
    return wrong_kind(value, "gym_value_int64", "int64 or bool", err);
  }
  *out = *(const int64_t *)payload(value);
  return GYM_OK;
}

int gym_value_float64(const gym_value *value, double *out, gym_error *err) {
  if (!value) return null_argument("gym_value_float64", "value", err);
  if (!out) return null_argument("gym_value_float64", "out", err);
  if (is_kind(value, GYM_KIND_FLOAT64)) {
    *out = *(const double *)payload(value);
    return GYM_OK;
  }
  if (!is_kind(value, GYM_KIND_INT64) && !is_kind(value, GYM_KIND_BOOL)) {
    return wrong_kind(value, "gym_value_float64", "float64, int64 or bool", err);
  }
  int64_t integer = *(const int64_t *)payload(value);
  double number = (double)integer;
  /* Integers near 2^63 are rounded up to it, and to convert that back would be undefined. */
  if (number >= 0x1p63 || (int64_t)number != integer) {
    return gym__fail(err, GYM_ERR_INEXACT,
                     "gym_value_float64: a float64 cannot hold %lld exactly; read it with gym_value_int64",
                     (long long)integer);
  }
  *out = number;
  return GYM_OK;
}

const char *gym_value_string(const gym_value *value, size_t *len) {
  const char *text = NULL;
  if (is_kind(value, GYM_KIND_STRING)) {
    text = (const char *)payload(value);
  } else if (is_kind(value, GYM_KIND_OTHER)) {
    uint64_t class_length = *(const uint64_t *)payload(value);
    text = (const char *)payload(value) + sizeof class_length + (size_t)class_length + 1;
  }
  if (len) *len = text ? (size_t)value->count : 0;
  return text;
}

const void *gym_value_bytes(const gym_value *value, size_t *len) {
  int fits = is_kind(value, GYM_KIND_BYTES);
  if (len) *len = fits ? (size_t)value->count : 0;
  return fits ? payload(value) : NULL;
}

const char *gym_value_class(const gym_value *value) {
  return is_kind(value, GYM_KIND_OTHER) ? (const char *)payload(value) + sizeof(uint64_t) : NULL;
}

int gym_value_array(const gym_value *value, gym_array *out, gym_error *err) {
  if (!value) return null_argument("gym_value_array", "value", err);
  if (!out) return null_argument("gym_value_array", "out", err);
  if (out->struct_size < ARRAY_SIZE_V1) {
    return gym__fail(err, GYM_ERR_ARGUMENT,
                     "gym_value_array: struct_size is %u, expected %u; initialise with GYM_ARRAY_INIT",
                     (unsigned)out->struct_size, (unsigned)ARRAY_SIZE_V1);
  }
  if (!is_kind(value, GYM_KIND_ARRAY)) return wrong_kind(value, "gym_value_array", "array", err);
  const gym__array *array = (const gym__array *)payload(value);
  out->ndim = array->ndim;
  out->dtype = array->dtype;
  out->shape = (const int64_t *)(const void *)(array + 1);
  out->data = (const char *)value + array->data;
  out->itemsize = array->itemsize;
  out->size = (size_t)value->count;
  out->nbytes = out->itemsize * out->size;
  return GYM_OK;
}

const void *gym_value_block(const gym_value *value, size_t *nbytes) {
  const gym__block *block = NULL;
  if (is_root(value)) block = (const gym__block *)(const void *)((const char *)value - sizeof(gym__block));
  if (nbytes) *nbytes = block ? (size_t)block->nbytes : 0;
  return block;
}
