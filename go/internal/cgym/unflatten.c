/* A copy of src/gogym_c/space/unflatten.c, made by tools/copy_go_sources.py; edit that one. */
/* Gymnasium's unflatten: gymnasium.spaces.utils.unflatten, to elements in either layout.
 *
 * Two walks over the space: one that checks, one that writes and cannot fail. */
#include <stdio.h>

#include "element.h"
#include "gogym_error.h"
#include "numbers.h"

typedef struct unflattening {
  gym__layout layout;
  gym__dtype flat_dtype; /* of the array that is read */
  size_t flat_itemsize;
  gym_error *err;
} unflattening;

/* ------------------------------------------------------------------------------------- reading */

/* The first of `count` numbers that is not 0, a NaN being none; `count` where there is none. */
static size_t find_nonzero(const unflattening *u, const unsigned char *flat, size_t count) {
  switch (u->flat_dtype) {
#define CASE(name, type)                            \
  case GYM__DTYPE_##name:                           \
    for (size_t i = 0; i < count; i++) {            \
      if (gym__load_##name(flat, i) != 0) return i; \
    }                                               \
    return count;
    GYM__NUMBER_MAP(CASE)
#undef CASE
    default:
      return count;
  }
}

/* The value that a one-hot vector of `n` numbers stands for, given which of them is not 0, in the arithmetic
 * of the space's dtype. */
static int64_t value_at(const gym__space *leaf, size_t i, size_t hot) {
  return gym__wrap(leaf->dtype, (int64_t)((uint64_t)leaf->start[i] + (uint64_t)hot));
}

/* What number `i` of a flat text says: Python's index of a character, from the end where it is negative. */
typedef enum character { CHARACTER_NONE, CHARACTER_GOOD, CHARACTER_BAD } character;

static character read_character(const unflattening *u, const gym__space *leaf, const unsigned char *flat,
                                size_t i, size_t *index) {
  double v, length = (double)leaf->charset_length;
  gym__cast(u->flat_dtype, flat + i * u->flat_itemsize, GYM__DTYPE_float64, &v, 1);
  if (!(v < length)) return CHARACTER_NONE;
  if (gym__flag_int64(v) || v < -length) return CHARACTER_BAD;
  *index = (size_t)(v < 0 ? v + length : v);
  return CHARACTER_GOOD;
}

static int read_choice(const unflattening *u, const gym__space *space, const unsigned char *flat,
                       size_t *index) {
  int64_t number;
  size_t bad;
  if (gym__recast(u->flat_dtype, flat, GYM__DTYPE_int64, &number, 1, &bad) != GYM__CONVERT_OK) return 0;
  *index = (size_t)number;
  return number >= 0 && (uint64_t)number < space->child_count;
}

/* ------------------------------------------------------------------------------------- checking */

static int check_numbers(const unflattening *u, const gym__space *leaf, const unsigned char *flat) {
  size_t bad;
  if (gym__recast(u->flat_dtype, flat, leaf->dtype, NULL, leaf->size, &bad) == GYM__CONVERT_OK) return GYM_OK;
  return gym__fail_not_held(leaf, bad, u->flat_dtype, flat, u->err);
}

static int check_one_hot(const unflattening *u, const gym__space *leaf, const unsigned char *flat) {
  char path[GYM__PATH_SIZE], number[GYM__NUMBER_SIZE];
  for (size_t i = 0; i < leaf->size; i++) {
    size_t n = leaf->kind == GYM__SPACE_DISCRETE ? leaf->flatdim : (size_t)leaf->nvec[i];
    size_t hot = find_nonzero(u, flat, n), bad;
    if (hot == n) {
      return gym__fail(
          u->err, GYM_ERR_ELEMENT,
          "%s comes from %zu numbers that are all 0, which is not a valid one-hot encoded vector; "
          "expected one that is not 0",
          gym__space_path(leaf, i, path), n);
    }
    if (leaf->kind == GYM__SPACE_MULTI_DISCRETE) {
      size_t behind = n - hot - 1;
      if (find_nonzero(u, flat + (hot + 1) * u->flat_itemsize, behind) < behind) {
        return gym__fail(u->err, GYM_ERR_ELEMENT,
                         "%s comes from %zu numbers of which several are not 0, which is not a valid one-hot "
                         "encoded vector; expected one that is not 0",
                         gym__space_path(leaf, i, path), n);
      }
    }
    int64_t value = value_at(leaf, i, hot);
    gym__dtype bits = leaf->dtype == GYM__DTYPE_uint64 ? GYM__DTYPE_uint64 : GYM__DTYPE_int64;
    if (u->layout == GYM__LAYOUT_FLOAT64 && gym__to_float64(bits, &value, 1, NULL, &bad) != GYM__CONVERT_OK) {
      return gym__fail(u->err, GYM_ERR_INEXACT, "%s is %s, which a float64 cannot hold exactly",
                       gym__space_path(leaf, i, path),
                       gym__number_text(bits, (const unsigned char *)&value, 0, number));
    }
    flat += n * u->flat_itemsize;
  }
  return GYM_OK;
}

static int check_text(const unflattening *u, const gym__space *leaf, const unsigned char *flat) {
  char path[GYM__PATH_SIZE], number[GYM__NUMBER_SIZE];
  size_t index;
  for (size_t i = 0; i < leaf->size; i++) {
    if (read_character(u, leaf, flat, i, &index) != CHARACTER_BAD) continue;
    return gym__fail(u->err, GYM_ERR_ELEMENT,
                     "%s is %s; expected a character index from 0 to %zu (the padding)",
                     gym__space_path(leaf, i, path), gym__number_text(u->flat_dtype, flat, i, number),
                     leaf->charset_length);
  }
  return GYM_OK;
}

static int check(const unflattening *u, const gym__space *space, const unsigned char *flat);

/* Gymnasium converts the child's numbers to the dtype of its own flat array first. */
static int check_one_of(const unflattening *u, const gym__space *space, const unsigned char *flat) {
  char path[GYM__PATH_SIZE], number[GYM__NUMBER_SIZE];
  size_t index, bad;
  if (!read_choice(u, space, flat, &index)) {
    return gym__fail(u->err, GYM_ERR_ELEMENT, "%s index is %s; expected a whole number from 0 to %lld",
                     gym__space_path(space, GYM__NO_INDEX, path),
                     gym__number_text(u->flat_dtype, flat, 0, number), (long long)space->child_count - 1);
  }
  const gym__space *child = space->children[index];
  const unsigned char *numbers = flat + u->flat_itemsize;
  if (child->flatdim > 0 &&
      gym__recast(u->flat_dtype, numbers, child->flat_dtype, NULL, child->flatdim, &bad) != GYM__CONVERT_OK) {
    return gym__fail(
        u->err, GYM_ERR_ELEMENT, "%s comes from numbers of which number %zu is %s; expected what %s can hold",
        gym__space_path(child, GYM__NO_INDEX, path), bad,
        gym__number_text(u->flat_dtype, numbers, bad, number), gym__dtype_name(child->flat_dtype));
  }
  return check(u, child, numbers);
}

static int check(const unflattening *u, const gym__space *space, const unsigned char *flat) {
  switch (space->kind) {
    case GYM__SPACE_BOX:
    case GYM__SPACE_MULTI_BINARY:
      return check_numbers(u, space, flat);
    case GYM__SPACE_DISCRETE:
    case GYM__SPACE_MULTI_DISCRETE:
      return check_one_hot(u, space, flat);
    case GYM__SPACE_TEXT:
      return check_text(u, space, flat);
    case GYM__SPACE_TUPLE:
    case GYM__SPACE_DICT:
      for (size_t i = 0; i < space->child_count; i++) {
        int code = check(u, space->children[i], flat);
        if (code != GYM_OK) return code;
        flat += space->children[i]->flatdim * u->flat_itemsize;
      }
      return GYM_OK;
    case GYM__SPACE_ONE_OF:
      return check_one_of(u, space, flat);
  }
  return GYM_OK;
}

/* ------------------------------------------------------------------------------------- writing */

static void write_numbers(const unflattening *u, const gym__space *leaf, const unsigned char *flat,
                          unsigned char *x) {
  if (u->layout == GYM__LAYOUT_FLOAT64) {
    gym__cast_through(GYM__DTYPE_float64, flat, leaf->dtype, GYM__DTYPE_float64, x, leaf->size);
  } else {
    gym__cast(u->flat_dtype, flat, leaf->dtype, x, leaf->size);
  }
}

/* Integer `index` of a part, in the layout's dtype. */
static void write_integer(const unflattening *u, const gym__space *leaf, size_t index, int64_t value,
                          unsigned char *x) {
  gym__dtype bits = leaf->dtype == GYM__DTYPE_uint64 ? GYM__DTYPE_uint64 : GYM__DTYPE_int64;
  gym__dtype dtype = gym__part_dtype(leaf, u->layout);
  gym__cast(bits, &value, dtype, x + index * gym__dtype_itemsize(dtype), 1);
}

static void write_one_hot(const unflattening *u, const gym__space *leaf, const unsigned char *flat,
                          unsigned char *x) {
  for (size_t i = 0; i < leaf->size; i++) {
    size_t n = leaf->kind == GYM__SPACE_DISCRETE ? leaf->flatdim : (size_t)leaf->nvec[i];
    write_integer(u, leaf, i, value_at(leaf, i, find_nonzero(u, flat, n)), x);
    flat += n * u->flat_itemsize;
  }
}

static void write_text(const unflattening *u, const gym__space *leaf, const unsigned char *flat,
                       unsigned char *x) {
  size_t length = 0, index;
  for (size_t i = 0; i < leaf->size; i++) {
    if (read_character(u, leaf, flat, i, &index) != CHARACTER_GOOD) continue;
    write_integer(u, leaf, length++, (int64_t)index, x);
  }
  while (length < leaf->size) write_integer(u, leaf, length++, (int64_t)leaf->charset_length, x);
}

static void write_element(const unflattening *u, const gym__space *space, const unsigned char *flat,
                          unsigned char *x) {
  size_t before = 0, index = 0;
  switch (space->kind) {
    case GYM__SPACE_BOX:
    case GYM__SPACE_MULTI_BINARY:
      write_numbers(u, space, flat, x);
      return;
    case GYM__SPACE_DISCRETE:
    case GYM__SPACE_MULTI_DISCRETE:
      write_one_hot(u, space, flat, x);
      return;
    case GYM__SPACE_TEXT:
      write_text(u, space, flat, x);
      return;
    case GYM__SPACE_TUPLE:
    case GYM__SPACE_DICT:
      for (size_t i = 0; i < space->child_count; i++) {
        const gym__space *child = space->children[i];
        write_element(u, child, flat, x + gym__child_offset(space, i, u->layout, before));
        before += child->size;
        flat += child->flatdim * u->flat_itemsize;
      }
      return;
    case GYM__SPACE_ONE_OF: {
      read_choice(u, space, flat, &index);
      int64_t number = (int64_t)index;
      gym__dtype dtype = u->layout == GYM__LAYOUT_NATIVE ? GYM__DTYPE_int64 : GYM__DTYPE_float64;
      gym__cast(GYM__DTYPE_int64, &number, dtype, x, 1);
      write_element(u, space->children[index], flat + u->flat_itemsize,
                    x + gym__child_offset(space, index, u->layout, 1));
      return;
    }
  }
}

/* `nbytes` of the element; what no leaf fills, between leaves and behind a OneOf's child, becomes 0. */
static int unflatten(const gym__space *space, gym__layout layout, gym__dtype flat_dtype, const void *flat,
                     void *x, size_t nbytes, gym_error *err) {
  unflattening u = {layout, flat_dtype, gym__dtype_itemsize(flat_dtype), err};
  int code = check(&u, space, flat);
  if (code != GYM_OK) return code;
  if (space->child_count > 0 && nbytes > 0) memset(x, 0, nbytes);
  write_element(&u, space, flat, x);
  return GYM_OK;
}

int gym__space_unflatten(const gym__space *space, const double *flat, double *x, gym_error *err) {
  return unflatten(space, GYM__LAYOUT_FLOAT64, GYM__DTYPE_float64, flat, x, space->size * sizeof *x, err);
}

int gym__space_unflatten_native(const gym__space *space, const void *flat, void *x, gym_error *err) {
  return unflatten(space, GYM__LAYOUT_NATIVE, space->flat_dtype, flat, x, space->nbytes, err);
}
