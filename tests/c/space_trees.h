/* Spaces for the C tests, built as the bridge builds them from Gymnasium's. */
#ifndef SPACE_TREES_H_
#define SPACE_TREES_H_

#include <stdlib.h>

#include "check.h"
#include "space/element.h"

#define D(name) GYM__DTYPE_##name
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ROOM 64 /* numbers in the buffers of these tests */

#define NUMBERS(...) ((const double[]){__VA_ARGS__})
#define CONTAINS(space, ...) gym__space_contains(space, NUMBERS(__VA_ARGS__))

static inline gym__space *leaf(gym__space_kind kind, gym__dtype dtype, size_t size, const char *label) {
  const int64_t shape[] = {(int64_t)size};
  size_t ndim = kind == GYM__SPACE_DISCRETE ? 0 : 1;
  gym__space *space = gym__space_new(kind, dtype, ndim, shape, size, label);
  space->flat_dtype = dtype;
  space->flatdim = size;
  return space;
}

static inline gym__space *box(gym__dtype dtype, const void *low, const void *high, size_t size,
                              const char *label) {
  gym__space *space = leaf(GYM__SPACE_BOX, dtype, size, label);
  CHECK(gym__space_set_bounds(space, low, high));
  return space;
}

/* All elements within the same bounds. */
static inline gym__space *float32_box(float low, float high, size_t size, const char *label) {
  float lows[ROOM], highs[ROOM];
  for (size_t i = 0; i < size; i++) lows[i] = low, highs[i] = high;
  return box(D(float32), lows, highs, size, label);
}

static inline gym__space *discrete(gym__dtype dtype, int64_t n, int64_t start, const char *label) {
  gym__space *space = leaf(GYM__SPACE_DISCRETE, dtype, 1, label);
  CHECK(gym__space_set_counts(space, &n, &start));
  space->flatdim = (size_t)n;
  return space;
}

static inline gym__space *multi_discrete(gym__dtype dtype, const int64_t *nvec, const int64_t *start,
                                         size_t size, const char *label) {
  gym__space *space = leaf(GYM__SPACE_MULTI_DISCRETE, dtype, size, label);
  CHECK(gym__space_set_counts(space, nvec, start));
  space->flatdim = 0;
  for (size_t i = 0; i < size; i++) space->flatdim += (size_t)nvec[i];
  return space;
}

static inline gym__space *text(size_t min_length, size_t max_length, size_t charset_length,
                               const char *label) {
  gym__space *space = leaf(GYM__SPACE_TEXT, D(int32), max_length, label);
  space->min_length = min_length;
  space->charset_length = charset_length;
  return space;
}

/* A Tuple, Dict or OneOf of up to three children. */
static inline gym__space *parent(gym__space_kind kind, gym__dtype flat_dtype, const char *label,
                                 gym__space *first, gym__space *second, gym__space *third) {
  gym__space *space = gym__space_new(kind, GYM__DTYPE_NONE, 0, NULL, 0, label),
             *children[] = {first, second, third};
  space->flat_dtype = flat_dtype;
  for (size_t i = 0; i < COUNT(children) && children[i]; i++) {
    CHECK(gym__space_add_child(space, children[i]));
    size_t size = children[i]->size, flatdim = children[i]->flatdim;
    if (kind == GYM__SPACE_ONE_OF) {
      if (space->size < size + 1) space->size = size + 1;
      if (space->flatdim < flatdim + 1) space->flatdim = flatdim + 1;
    } else {
      space->size += size;
      space->flatdim += flatdim;
    }
  }
  return space;
}

static inline size_t align(size_t offset, size_t itemsize) {
  return (offset + itemsize - 1) / itemsize * itemsize;
}

/* Gives a space its place in the native layout, as gogym/space.py does; returns where it ends. */
static inline size_t place(gym__space *space, size_t cursor) {
  size_t end = cursor, begin = cursor;
  if (space->kind == GYM__SPACE_ONE_OF) {
    begin = align(cursor, 8);
    end = begin + 8;
    for (size_t i = 0; i < space->child_count; i++) {
      size_t child_end = place(space->children[i], begin + 8);
      if (child_end > end) end = child_end;
    }
  } else if (space->dtype == GYM__DTYPE_NONE) {
    for (size_t i = 0; i < space->child_count; i++) end = place(space->children[i], end);
    if (space->child_count > 0) begin = space->children[0]->byte_offset;
  } else {
    begin = align(cursor, gym__dtype_itemsize(space->dtype));
    end = begin + space->size * gym__dtype_itemsize(space->dtype);
  }
  space->byte_offset = begin;
  space->nbytes = end - begin;
  return end;
}

#endif /* SPACE_TREES_H_ */
