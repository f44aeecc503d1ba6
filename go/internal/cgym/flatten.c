/* A copy of src/gogym_c/space/flatten.c, made by tools/copy_go_sources.py; edit that one. */
/* Gymnasium's flatten: gymnasium.spaces.utils.flatten, of elements in either layout.
 *
 * Two walks over the space: one that checks, one that writes and cannot fail. */
#include <inttypes.h>
#include <stdio.h>

#include "element.h"
#include "gogym_error.h"
#include "numbers.h"

typedef struct flattening {
  gym__layout layout;
  gym__dtype flat_dtype; /* of the array that is written */
  size_t flat_itemsize;
  gym_error *err;
} flattening;

/* ------------------------------------------------------------------------------------- checking */

/* "<path> is <number>; expected <expected>" */
static int fail_number(const flattening *f, const gym__space *leaf, size_t index, const unsigned char *x,
                       const char *expected) {
  char path[GYM__PATH_SIZE], number[GYM__NUMBER_SIZE];
  return gym__fail(f->err, GYM_ERR_ELEMENT, "%s is %s; expected %s", gym__space_path(leaf, index, path),
                   gym__number_text(gym__part_dtype(leaf, f->layout), x, index, number), expected);
}

static int check_numbers(const flattening *f, const gym__space *leaf, const unsigned char *x) {
  size_t bad;
  gym__dtype dtype = gym__part_dtype(leaf, f->layout);
  if (dtype == GYM__DTYPE_bool) {
    for (size_t i = 0; i < leaf->size; i++)
      if (x[i] > 1) return gym__fail_not_held(leaf, i, GYM__DTYPE_uint8, x, f->err);
  }
  if (gym__recast(dtype, x, leaf->dtype, NULL, leaf->size, &bad) == GYM__CONVERT_OK) return GYM_OK;
  return gym__fail_not_held(leaf, bad, dtype, x, f->err);
}

static int check_counted(const flattening *f, const gym__space *leaf, const unsigned char *x) {
  for (size_t i = 0; i < leaf->size; i++) {
    int64_t value;
    uint64_t offset;
    if (gym__read_integer(leaf->dtype, f->layout, x, i, &value) && gym__is_counted(leaf, i, value, &offset)) {
      continue;
    }
    char expected[96];
    uint64_t highest = gym__highest(leaf->dtype), first = (uint64_t)leaf->start[i];
    uint64_t behind = (uint64_t)leaf->nvec[i] - 1;
    uint64_t last = behind > highest - first ? highest : first + behind; /* Gymnasium lets it lie outside */
    if (leaf->dtype == GYM__DTYPE_uint64) {
      snprintf(expected, sizeof expected, "a whole number from %" PRIu64 " to %" PRIu64, first, last);
    } else {
      snprintf(expected, sizeof expected, "a whole number from %" PRId64 " to %" PRId64, leaf->start[i],
               (int64_t)last);
    }
    return fail_number(f, leaf, i, x, expected);
  }
  return GYM_OK;
}

static int check_text(const flattening *f, const gym__space *leaf, const unsigned char *x) {
  size_t length = 0;
  char expected[96];
  for (size_t i = 0; i < leaf->size; i++) {
    int64_t index;
    if (!gym__read_integer(leaf->dtype, f->layout, x, i, &index) || index < 0 ||
        (uint64_t)index > leaf->charset_length) {
      snprintf(expected, sizeof expected, "a character index from 0 to %zu (the padding)",
               leaf->charset_length);
      return fail_number(f, leaf, i, x, expected);
    }
    if ((uint64_t)index == leaf->charset_length) continue;
    if (length++ != i) {
      snprintf(expected, sizeof expected, "only padding (%zu) after the first padding", leaf->charset_length);
      return fail_number(f, leaf, i, x, expected);
    }
  }
  return GYM_OK;
}

static int check(const flattening *f, const gym__space *space, const unsigned char *x);

static int check_one_of(const flattening *f, const gym__space *space, const unsigned char *x) {
  char path[GYM__PATH_SIZE], number[GYM__NUMBER_SIZE];
  size_t index;
  int native = f->layout == GYM__LAYOUT_NATIVE;
  gym__space_path(space, GYM__NO_INDEX, path);
  if (!gym__read_choice(space, f->layout, x, &index)) {
    return gym__fail(f->err, GYM_ERR_ELEMENT, "%s index is %s; expected a whole number from 0 to %lld", path,
                     gym__number_text(native ? GYM__DTYPE_int64 : GYM__DTYPE_float64, x, 0, number),
                     (long long)space->child_count - 1);
  }
  const gym__space *child = space->children[index];
  int code = check(f, child, x + gym__child_offset(space, index, f->layout, 1));
  if (code != GYM_OK) return code;
  if (!native) {
    size_t at = gym__find_padding(space, child, x);
    if (at < space->size) {
      return gym__fail(f->err, GYM_ERR_ELEMENT, "%s padding [%zu] is %s; expected zeros after its child",
                       path, at, gym__number_text(GYM__DTYPE_float64, x, at, number));
    }
  }
  if (child->flatdim == 0 && space->flatdim > 1) {
    return gym__fail(f->err, GYM_ERR_ELEMENT,
                     "%s is of child %zu, which flattens to no numbers; expected one at least, because the "
                     "first is the padding up to the largest child",
                     path, index);
  }
  return GYM_OK;
}

static int check(const flattening *f, const gym__space *space, const unsigned char *x) {
  size_t before = 0;
  switch (space->kind) {
    case GYM__SPACE_BOX:
    case GYM__SPACE_MULTI_BINARY:
      return check_numbers(f, space, x);
    case GYM__SPACE_DISCRETE:
    case GYM__SPACE_MULTI_DISCRETE:
      return check_counted(f, space, x);
    case GYM__SPACE_TEXT:
      return check_text(f, space, x);
    case GYM__SPACE_TUPLE:
    case GYM__SPACE_DICT:
      for (size_t i = 0; i < space->child_count; i++) {
        const gym__space *child = space->children[i];
        int code = check(f, child, x + gym__child_offset(space, i, f->layout, before));
        if (code != GYM_OK) return code;
        before += child->size;
      }
      return GYM_OK;
    case GYM__SPACE_ONE_OF:
      return check_one_of(f, space, x);
  }
  return GYM_OK;
}

/* ------------------------------------------------------------------------------------- writing */

/* Gymnasium converts at every level, to that level's dtype. It matters only where a long double, which holds
 * every 64-bit integer, is the last of them and a float64, which does not, is on the way. */
static int goes_through_float64(const gym__space *leaf) {
  const gym__space *space = leaf;
  if (leaf->dtype == GYM__DTYPE_longdouble) return 0;
  while (space->flat_dtype != GYM__DTYPE_float64 && space->parent) space = space->parent;
  return space->flat_dtype == GYM__DTYPE_float64;
}

static void write_numbers(const flattening *f, const gym__space *leaf, const unsigned char *x,
                          unsigned char *flat) {
  gym__dtype dtype = leaf->dtype;
  if (f->layout == GYM__LAYOUT_FLOAT64) {
    gym__cast_through(GYM__DTYPE_float64, x, dtype, GYM__DTYPE_float64, flat, leaf->size);
  } else if (f->flat_dtype == GYM__DTYPE_longdouble && goes_through_float64(leaf)) {
    gym__cast_through(dtype, x, GYM__DTYPE_float64, f->flat_dtype, flat, leaf->size);
  } else {
    gym__cast(dtype, x, f->flat_dtype, flat, leaf->size);
  }
}

static void write_one_hot(const flattening *f, const gym__space *leaf, const unsigned char *x,
                          unsigned char *flat) {
  const int8_t one = 1;
  if (leaf->flatdim > 0) memset(flat, 0, leaf->flatdim * f->flat_itemsize);
  for (size_t i = 0; i < leaf->size; i++) {
    int64_t value = 0;
    uint64_t offset;
    gym__read_integer(leaf->dtype, f->layout, x, i, &value);
    gym__is_counted(leaf, i, value, &offset);
    gym__cast(GYM__DTYPE_int8, &one, f->flat_dtype, flat + (size_t)offset * f->flat_itemsize, 1);
    flat += (size_t)leaf->nvec[i] * f->flat_itemsize;
  }
}

static void write_flat(const flattening *f, const gym__space *space, const unsigned char *x,
                       unsigned char *flat);

static void write_one_of(const flattening *f, const gym__space *space, const unsigned char *x,
                         unsigned char *flat) {
  size_t index = 0, itemsize = f->flat_itemsize;
  gym__read_choice(space, f->layout, x, &index);
  const gym__space *child = space->children[index];
  int64_t number = (int64_t)index;
  /* A float16 does not hold every index. */
  gym__dtype middle = space->flat_dtype == GYM__DTYPE_NONE ? f->flat_dtype : space->flat_dtype;
  gym__cast_through(GYM__DTYPE_int64, (const unsigned char *)&number, middle, f->flat_dtype, flat, 1);
  flat += itemsize;
  write_flat(f, child, x + gym__child_offset(space, index, f->layout, 1), flat);
  for (size_t i = child->flatdim; i < space->flatdim - 1; i++) memcpy(flat + i * itemsize, flat, itemsize);
}

static void write_flat(const flattening *f, const gym__space *space, const unsigned char *x,
                       unsigned char *flat) {
  size_t before = 0;
  switch (space->kind) {
    case GYM__SPACE_BOX:
    case GYM__SPACE_MULTI_BINARY:
    case GYM__SPACE_TEXT:
      write_numbers(f, space, x, flat);
      return;
    case GYM__SPACE_DISCRETE:
    case GYM__SPACE_MULTI_DISCRETE:
      write_one_hot(f, space, x, flat);
      return;
    case GYM__SPACE_TUPLE:
    case GYM__SPACE_DICT:
      for (size_t i = 0; i < space->child_count; i++) {
        const gym__space *child = space->children[i];
        write_flat(f, child, x + gym__child_offset(space, i, f->layout, before), flat);
        before += child->size;
        flat += child->flatdim * f->flat_itemsize;
      }
      return;
    case GYM__SPACE_ONE_OF:
      write_one_of(f, space, x, flat);
      return;
  }
}

static int flatten(const gym__space *space, gym__layout layout, gym__dtype flat_dtype, const void *x,
                   void *flat, gym_error *err) {
  flattening f = {layout, flat_dtype, gym__dtype_itemsize(flat_dtype), err};
  int code = check(&f, space, x);
  if (code == GYM_OK) write_flat(&f, space, x, flat);
  return code;
}

int gym__space_flatten(const gym__space *space, const double *x, double *flat, gym_error *err) {
  return flatten(space, GYM__LAYOUT_FLOAT64, GYM__DTYPE_float64, x, flat, err);
}

int gym__space_flatten_native(const gym__space *space, const void *x, void *flat, gym_error *err) {
  return flatten(space, GYM__LAYOUT_NATIVE, space->flat_dtype, x, flat, err);
}
