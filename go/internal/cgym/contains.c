/* A copy of src/gogym_c/space/contains.c, made by tools/copy_go_sources.py; edit that one. */
/* Whether elements belong to a space: Gymnasium's contains, for what the numbers are in the leaf's own dtype.
 */
#include "element.h"
#include "numbers.h"

/* Returns whether `outside`, gathered in an integer type, is 0 for all elements of a Box. */
#define ALL_INSIDE(type, outside)                                             \
  do {                                                                        \
    for (size_t begin = 0; begin < size; begin += GYM__CHUNK) {               \
      size_t end = size - begin < GYM__CHUNK ? size : begin + GYM__CHUNK;     \
      type found = 0;                                                         \
      for (size_t i = begin; i < end; i++) found = (type)(found | (outside)); \
      if (found) return 0;                                                    \
    }                                                                         \
    return 1;                                                                 \
  } while (0)

/* Each with the bounds of element i. A NaN is neither above nor below. */
#define OUTSIDE(name, v) !((v) >= gym__load_##name(low, i) && (v) <= gym__load_##name(high, i))
#define OUTSIDE_BITWISE(name, v) (!((v) >= gym__load_##name(low, i)) | !((v) <= gym__load_##name(high, i)))
#define OUTSIDE_FLAGS(name, v)                             \
  (gym__flag(!((v) >= (double)gym__load_##name(low, i))) | \
   gym__flag(!((v) <= (double)gym__load_##name(high, i))))

static int box_contains(const gym__space *space, const unsigned char *x) {
  const void *low = space->low, *high = space->high;
  size_t size = space->size;
  switch (space->dtype) {
#define CASE(name, type)  \
  case GYM__DTYPE_##name: \
    ALL_INSIDE(uint64_t,  \
               gym__flag_##name(gym__load_float64(x, i)) | OUTSIDE_FLAGS(name, gym__load_float64(x, i)));
    CASE(bool, uint8_t)
    GYM__SMALL_INTEGER_MAP(CASE)
#undef CASE
#define CASE(name, type)                                              \
  case GYM__DTYPE_##name:                                             \
    ALL_INSIDE(int, gym__flag_##name(gym__load_float64(x, i)) != 0 || \
                        OUTSIDE(name, (type)gym__load_float64(x, i)));
    CASE(int64, int64_t)
    CASE(uint64, uint64_t)
#undef CASE
    case GYM__DTYPE_float16:
      ALL_INSIDE(int, OUTSIDE(float16, gym__double_of_half(gym__half_of_double(gym__load_float64(x, i)))));
    case GYM__DTYPE_float32:
      ALL_INSIDE(int, OUTSIDE_BITWISE(float32, (float)gym__load_float64(x, i)));
    case GYM__DTYPE_float64:
      ALL_INSIDE(uint64_t, OUTSIDE_FLAGS(float64, gym__load_float64(x, i)));
    case GYM__DTYPE_longdouble:
      ALL_INSIDE(int, OUTSIDE(longdouble, (long double)gym__load_float64(x, i)));
    default:
      return 0;
  }
}

static int box_contains_native(const gym__space *space, const unsigned char *x) {
  const void *low = space->low, *high = space->high;
  size_t size = space->size;
  switch (space->dtype) {
#define CASE(name, type)  \
  case GYM__DTYPE_##name: \
    ALL_INSIDE(type, OUTSIDE_BITWISE(name, gym__load_##name(x, i)));
    case GYM__DTYPE_bool: /* any other byte is no bool */
      ALL_INSIDE(uint8_t, (x[i] > 1) | OUTSIDE_BITWISE(uint8, gym__load_uint8(x, i)));
      GYM__INTEGER_MAP(CASE)
#undef CASE
    case GYM__DTYPE_float16:
      ALL_INSIDE(int, OUTSIDE(float16, gym__load_float16(x, i)));
    case GYM__DTYPE_float32:
      ALL_INSIDE(int, OUTSIDE_BITWISE(float32, gym__load_float32(x, i)));
    case GYM__DTYPE_float64:
      ALL_INSIDE(uint64_t, OUTSIDE_FLAGS(float64, gym__load_float64(x, i)));
    case GYM__DTYPE_longdouble:
      ALL_INSIDE(int, OUTSIDE(longdouble, gym__load_longdouble(x, i)));
    default:
      return 0;
  }
}

static int discrete_contains(const gym__space *space, gym__layout layout, const unsigned char *x) {
  int64_t value;
  uint64_t offset;
  return gym__read_integer(space->dtype, layout, x, 0, &value) && gym__is_counted(space, 0, value, &offset);
}

/* Gymnasium compares with start + (nvec - 1) in the space's dtype, where that may go round. */
static int multi_discrete_contains(const gym__space *space, gym__layout layout, const unsigned char *x) {
  gym__dtype dtype = space->dtype;
  for (size_t i = 0; i < space->size; i++) {
    int64_t value, first = space->start[i];
    int64_t last = gym__wrap(dtype, (int64_t)((uint64_t)first + (uint64_t)space->nvec[i] - 1));
    if (!gym__read_integer(dtype, layout, x, i, &value)) return 0;
    if (dtype == GYM__DTYPE_uint64 ? (uint64_t)value < (uint64_t)first || (uint64_t)value > (uint64_t)last
                                   : value < first || value > last) {
      return 0;
    }
  }
  return 1;
}

static int multi_binary_contains(const gym__space *space, gym__layout layout, const unsigned char *x) {
  size_t size = space->size;
  if (layout == GYM__LAYOUT_FLOAT64) ALL_INSIDE(uint64_t, gym__flag_bool(gym__load_float64(x, i)));
  if (gym__dtype_itemsize(space->dtype) == 1) ALL_INSIDE(uint8_t, gym__load_uint8(x, i) > 1);
  for (size_t i = 0; i < size; i++) {
    int64_t value;
    if (!gym__read_integer(space->dtype, layout, x, i, &value) || (value != 0 && value != 1)) return 0;
  }
  return 1;
}

static int text_contains(const gym__space *space, gym__layout layout, const unsigned char *x) {
  size_t length = 0;
  for (size_t i = 0; i < space->size; i++) {
    int64_t index;
    if (!gym__read_integer(space->dtype, layout, x, i, &index)) return 0;
    if (index < 0 || (uint64_t)index > space->charset_length) return 0;
    if ((uint64_t)index == space->charset_length) continue; /* padding */
    if (length != i) return 0;
    length++;
  }
  return length >= space->min_length;
}

static int contains(const gym__space *space, gym__layout layout, const unsigned char *x) {
  size_t before = 0, index;
  switch (space->kind) {
    case GYM__SPACE_BOX:
      return layout == GYM__LAYOUT_FLOAT64 ? box_contains(space, x) : box_contains_native(space, x);
    case GYM__SPACE_DISCRETE:
      return discrete_contains(space, layout, x);
    case GYM__SPACE_MULTI_DISCRETE:
      return multi_discrete_contains(space, layout, x);
    case GYM__SPACE_MULTI_BINARY:
      return multi_binary_contains(space, layout, x);
    case GYM__SPACE_TEXT:
      return text_contains(space, layout, x);
    case GYM__SPACE_TUPLE:
    case GYM__SPACE_DICT:
      for (size_t i = 0; i < space->child_count; i++) {
        const gym__space *child = space->children[i];
        if (!contains(child, layout, x + gym__child_offset(space, i, layout, before))) return 0;
        before += child->size;
      }
      return 1;
    case GYM__SPACE_ONE_OF:
      return gym__read_choice(space, layout, x, &index) &&
             contains(space->children[index], layout, x + gym__child_offset(space, index, layout, 1)) &&
             (layout == GYM__LAYOUT_NATIVE ||
              gym__find_padding(space, space->children[index], x) == space->size);
  }
  return 0;
}

int gym__space_contains(const gym__space *space, const double *x) {
  return contains(space, GYM__LAYOUT_FLOAT64, (const unsigned char *)x);
}

int gym__space_contains_native(const gym__space *space, const void *x) {
  return contains(space, GYM__LAYOUT_NATIVE, x);
}
