/* A copy of src/gogym_c/space/element.h, made by tools/copy_go_sources.py; edit that one. */
/* Elements in either layout, and how errors speak of them: what contains, flatten and unflatten share. */
#ifndef GOGYM_SPACE_ELEMENT_H_
#define GOGYM_SPACE_ELEMENT_H_

#include "space.h"

typedef enum gym__layout { GYM__LAYOUT_FLOAT64, GYM__LAYOUT_NATIVE } gym__layout;

/* Everywhere below, `x` is where the space's own part of an element begins. */

/* How many bytes behind `x` child `index` begins, if the children before it take `before` float64 elements
 * (of a OneOf always 1). */
static inline size_t gym__child_offset(const gym__space *space, size_t index, gym__layout layout,
                                       size_t before) {
  if (layout == GYM__LAYOUT_FLOAT64) return before * sizeof(double);
  return space->children[index]->byte_offset - space->byte_offset;
}

/* The dtype of a leaf's numbers in a layout. */
static inline gym__dtype gym__part_dtype(const gym__space *leaf, gym__layout layout) {
  return layout == GYM__LAYOUT_FLOAT64 ? GYM__DTYPE_float64 : leaf->dtype;
}

/* Reads integer `index` of a part into *out, for a uint64 its bits. `dtype` is the integers'. 0: the number
 * is none of this dtype. */
int gym__read_integer(gym__dtype dtype, gym__layout layout, const unsigned char *x, size_t index,
                      int64_t *out);

/* The integer of a dtype that has the lowest bits of `bits`: what its arithmetic makes of a sum. */
int64_t gym__wrap(gym__dtype dtype, int64_t bits);

/* The largest integer of a dtype, which is not bool. */
uint64_t gym__highest(gym__dtype dtype);

/* Whether start[index] <= value < start[index] + nvec[index]; then *offset is how far from start. */
int gym__is_counted(const gym__space *space, size_t index, int64_t value, uint64_t *offset);

/* Reads a OneOf's index; 0 where it has no such child. */
int gym__read_choice(const gym__space *space, gym__layout layout, const unsigned char *x, size_t *out);

/* The first float64 behind `child` of a OneOf's element that is not 0; the OneOf's size where there is none.
 */
size_t gym__find_padding(const gym__space *space, const gym__space *child, const unsigned char *x);

/* ------------------------------------------------------------------------------------- errors */

#define GYM__PATH_SIZE 512
#define GYM__NUMBER_SIZE 48
#define GYM__NO_INDEX SIZE_MAX

/* Writes how errors name element `index` of a leaf: element["camera"][1, 2]. Of a number alone (Discrete,
 * shape ()), of GYM__NO_INDEX and of spaces that are no leaves it is the path without an index. A path that
 * is too long ends with "...". Returns `to`. */
const char *gym__space_path(const gym__space *space, size_t index, char to[GYM__PATH_SIZE]);

/* Writes number `index` of an array as text, as short as tells it from others. Returns `to`. */
const char *gym__number_text(gym__dtype dtype, const unsigned char *numbers, size_t index,
                             char to[GYM__NUMBER_SIZE]);

/* "<path> is <number>; expected <what its dtype holds>". Returns GYM_ERR_ELEMENT. */
int gym__fail_not_held(const gym__space *leaf, size_t index, gym__dtype dtype, const unsigned char *numbers,
                       gym_error *err);

#endif /* GOGYM_SPACE_ELEMENT_H_ */
