/* A copy of src/gogym_c/space/element.c, made by tools/copy_go_sources.py; edit that one. */
#include "element.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gogym_error.h"
#include "numbers.h"

/* ------------------------------------------------------------------------------------- integers */

int64_t gym__wrap(gym__dtype dtype, int64_t bits) {
  switch (dtype) {
#define CASE(name, type)  \
  case GYM__DTYPE_##name: \
    return (int64_t)(type)(uint64_t)bits;
    GYM__INTEGER_MAP(CASE)
#undef CASE
    default:
      return bits;
  }
}

int gym__read_integer(gym__dtype dtype, gym__layout layout, const unsigned char *x, size_t index,
                      int64_t *out) {
  if (layout == GYM__LAYOUT_FLOAT64) {
    double v = gym__load_float64(x, index);
    if (dtype == GYM__DTYPE_uint64) {
      if (gym__flag_uint64(v)) return 0;
      *out = (int64_t)(uint64_t)v;
      return 1;
    }
    if (gym__flag_int64(v)) return 0;
    *out = (int64_t)v;
    return gym__wrap(dtype, *out) == *out;
  }
  switch (dtype) {
#define CASE(name, type)                        \
  case GYM__DTYPE_##name:                       \
    *out = (int64_t)gym__load_##name(x, index); \
    return 1;
    GYM__INTEGER_MAP(CASE)
#undef CASE
    default:
      return 0;
  }
}

int gym__is_counted(const gym__space *space, size_t index, int64_t value, uint64_t *offset) {
  int64_t n = space->nvec[index], start = space->start[index];
  *offset = (uint64_t)value - (uint64_t)start;
  if (space->dtype == GYM__DTYPE_uint64) return (uint64_t)value >= (uint64_t)start && *offset < (uint64_t)n;
  return value >= start && n > 0 && *offset < (uint64_t)n;
}

int gym__read_choice(const gym__space *space, gym__layout layout, const unsigned char *x, size_t *out) {
  int64_t index;
  if (!gym__read_integer(GYM__DTYPE_int64, layout, x, 0, &index)) return 0;
  *out = (size_t)index;
  return index >= 0 && (uint64_t)index < space->child_count;
}

size_t gym__find_padding(const gym__space *space, const gym__space *child, const unsigned char *x) {
  size_t at = 1 + child->size;
  while (at < space->size && gym__load_float64(x, at) == 0.0) at++;
  return at;
}

/* ------------------------------------------------------------------------------------- errors */

/* Appends to text of `length` bytes as much as there is room for; returns the new length, which may be more
 * than that. */
static size_t append(char *to, size_t length, const char *text) {
  for (; *text; text++, length++) {
    if (length < GYM__PATH_SIZE - 1) to[length] = *text;
  }
  return length;
}

static size_t append_labels(const gym__space *space, char *to) {
  size_t length = space->parent ? append_labels(space->parent, to) : 0;
  return append(to, length, space->label);
}

const char *gym__space_path(const gym__space *space, size_t index, char to[GYM__PATH_SIZE]) {
  char number[32];
  size_t length = append_labels(space, to), stride = 1;
  if (index != GYM__NO_INDEX && space->child_count == 0 && space->ndim > 0) {
    for (size_t axis = 1; axis < space->ndim; axis++) stride *= (size_t)space->shape[axis];
    for (size_t axis = 0; axis < space->ndim; axis++) {
      snprintf(number, sizeof number, "%s%zu", axis == 0 ? "[" : ", ", index / stride);
      length = append(to, length, number);
      index %= stride;
      if (axis + 1 < space->ndim) stride /= (size_t)space->shape[axis + 1];
    }
    length = append(to, length, "]");
  }
  if (length < GYM__PATH_SIZE) {
    to[length] = '\0';
    return to;
  }
  to[GYM__PATH_SIZE - 1] = '\0';
  memcpy(to + gym__cut(to, GYM__PATH_SIZE - 4), "...", 4);
  return to;
}

/* As short as it can be and still be read as `v`. */
static void print_double(double v, char to[GYM__NUMBER_SIZE]) {
  char text[GYM__NUMBER_SIZE];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, v);
    if (strtod(text, NULL) == v) break;
  }
  memcpy(to, text, sizeof text);
}

const char *gym__number_text(gym__dtype dtype, const unsigned char *numbers, size_t index,
                             char to[GYM__NUMBER_SIZE]) {
  const unsigned char *at = numbers + index * gym__dtype_itemsize(dtype);
  if (dtype == GYM__DTYPE_uint64) {
    snprintf(to, GYM__NUMBER_SIZE, "%" PRIu64, gym__load_uint64(at, 0));
  } else if (dtype <= GYM__DTYPE_uint64) {
    int64_t v = 0;
    gym__cast(dtype, at, GYM__DTYPE_int64, &v, 1);
    snprintf(to, GYM__NUMBER_SIZE, "%" PRId64, v);
  } else if (dtype == GYM__DTYPE_longdouble) {
    snprintf(to, GYM__NUMBER_SIZE, "%.21Lg", gym__load_longdouble(at, 0));
  } else {
    double v;
    gym__cast(dtype, at, GYM__DTYPE_float64, &v, 1);
    print_double(v, to);
  }
  return to;
}

uint64_t gym__highest(gym__dtype dtype) {
  size_t bits = 8 * gym__dtype_itemsize(dtype) - (dtype <= GYM__DTYPE_int64);
  return UINT64_MAX >> (64 - bits);
}

/* What numbers a dtype holds. */
static void describe(gym__dtype dtype, char *to, size_t size) {
  const char *name = gym__dtype_name(dtype);
  if (dtype == GYM__DTYPE_bool) {
    snprintf(to, size, "0 or 1 (dtype bool)");
  } else if (dtype <= GYM__DTYPE_uint64) {
    uint64_t highest = gym__highest(dtype);
    int64_t lowest = dtype <= GYM__DTYPE_int64 ? -(int64_t)highest - 1 : 0;
    snprintf(to, size, "a whole number from %" PRId64 " to %" PRIu64 " (dtype %s)", lowest, highest, name);
  } else {
    snprintf(to, size, "a number that %s can hold", name);
  }
}

int gym__fail_not_held(const gym__space *leaf, size_t index, gym__dtype dtype, const unsigned char *numbers,
                       gym_error *err) {
  char path[GYM__PATH_SIZE], number[GYM__NUMBER_SIZE], expected[96];
  describe(leaf->dtype, expected, sizeof expected);
  return gym__fail(err, GYM_ERR_ELEMENT, "%s is %s; expected %s", gym__space_path(leaf, index, path),
                   gym__number_text(dtype, numbers, index, number), expected);
}
