#include "sample.h"

#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "../space/numbers.h"

/* ------------------------------------------------------------------------------------ NumPy's functions */

/* Taken from the module that Python draws with, not from NumPy's static library: that would be of the NumPy
 * that gogym was built with, and another version may draw otherwise. npy_intp is ptrdiff_t, npy_bool unsigned
 * char. */
static struct {
  double (*random_normal)(struct bitgen *, double location, double scale);
  double (*random_exponential)(struct bitgen *, double scale);
  double (*random_uniform)(struct bitgen *, double low, double range);
  void (*random_standard_uniform_fill)(struct bitgen *, ptrdiff_t count, double *out);
  /* Integers from `first` to `first + range`. */
  void (*random_bounded_uint64_fill)(struct bitgen *, uint64_t first, uint64_t range, ptrdiff_t count,
                                     bool masked, uint64_t *out);
  void (*random_bounded_uint32_fill)(struct bitgen *, uint32_t first, uint32_t range, ptrdiff_t count,
                                     bool masked, uint32_t *out);
  void (*random_bounded_uint16_fill)(struct bitgen *, uint16_t first, uint16_t range, ptrdiff_t count,
                                     bool masked, uint16_t *out);
  void (*random_bounded_uint8_fill)(struct bitgen *, uint8_t first, uint8_t range, ptrdiff_t count,
                                    bool masked, uint8_t *out);
} numpy;

/* ISO C has no conversion from dlsym's object pointer to a function pointer; POSIX promises the copy. */
#define TAKE(handle, symbol)                         \
  do {                                               \
    void *address = dlsym(handle, #symbol);          \
    if (!address) return 0;                          \
    memcpy(&numpy.symbol, &address, sizeof address); \
  } while (0)

int gym__sample_load(const char *path) {
  /* Python has loaded it already and never unloads it. */
  void *handle = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
  if (!handle) return 0;
  TAKE(handle, random_normal);
  TAKE(handle, random_exponential);
  TAKE(handle, random_uniform);
  TAKE(handle, random_standard_uniform_fill);
  TAKE(handle, random_bounded_uint64_fill);
  TAKE(handle, random_bounded_uint32_fill);
  TAKE(handle, random_bounded_uint16_fill);
  TAKE(handle, random_bounded_uint8_fill);
  return 1;
}

/* ------------------------------------------------------------------------------------ Box */

/* A float64 holds all integers up to here, and the next one. */
#define MOST_EXACT 9007199254740991.0

/* A float16 this large stays finite when an exponential is added: those are all below 45. */
#define MOST_HALF 65000.0

typedef enum box_kind {
  UNBOUNDED,
  BOUNDED_BELOW,
  BOUNDED_ABOVE,
  BOUNDED
} box_kind; /* in Gymnasium's order */

typedef struct box {
  gym__dtype dtype;
  const void *low, *high;
  const uint8_t *below, *above;
} box;

static inline box_kind kind_of(const box *space, size_t i) {
  if (space->below[i]) return space->above[i] ? BOUNDED : BOUNDED_BELOW;
  return space->above[i] ? BOUNDED_ABOVE : UNBOUNDED;
}

/* A bound as NumPy widens it; of the integers that pass is_drawable none is rounded. */
static inline double bound(gym__dtype dtype, const void *bounds, size_t i) {
  switch (dtype) {
#define BOUND(name, type) \
  case GYM__DTYPE_##name: \
    return (double)gym__load_##name(bounds, i);
    BOUND(bool, uint8_t)
    GYM__INTEGER_MAP(BOUND)
    BOUND(float16, double)
    BOUND(float32, float)
    BOUND(float64, double)
#undef BOUND
    default:
      return NAN;
  }
}

/* In the order of GYM__DTYPE_MAP, here and below. */
static inline int is_float(gym__dtype dtype) {
  return dtype >= GYM__DTYPE_float16 && dtype <= GYM__DTYPE_float64;
}

/* Integers and bools are the floor of a number below high + 1. */
static inline double upper_bound(const box *space, size_t i) {
  double high = bound(space->dtype, space->high, i);
  return is_float(space->dtype) ? high : high + 1.0;
}

/* Whether the steps from a finite bound to an element are exact, or rounded once, and nothing overflows. */
static inline int is_tame(gym__dtype dtype, double number, int open_ended) {
  if (dtype == GYM__DTYPE_int64 || dtype == GYM__DTYPE_uint64) return fabs(number) <= MOST_EXACT;
  if (dtype == GYM__DTYPE_float16 && open_ended) return fabs(number) <= MOST_HALF;
  return isfinite(number) != 0;
}

static int is_drawable(const box *space, size_t i, box_kind kind) {
  if (kind == UNBOUNDED) return 1;
  double low = bound(space->dtype, space->low, i), high = bound(space->dtype, space->high, i);
  if (kind == BOUNDED_BELOW) return is_tame(space->dtype, low, 1);
  if (kind == BOUNDED_ABOVE) return is_tame(space->dtype, high, 1);
  if (!is_tame(space->dtype, low, 0) || !is_tame(space->dtype, high, 0)) return 0;
  double range = upper_bound(space, i) - low;
  return isfinite(range) && !signbit(range); /* NumPy raises, also for -0.0 */
}

static inline double draw_number(struct bitgen *generator, const box *space, size_t i, box_kind kind) {
  double low;
  switch (kind) {
    case UNBOUNDED:
      return numpy.random_normal(generator, 0.0, 1.0);
    case BOUNDED_BELOW:
      return numpy.random_exponential(generator, 1.0) + bound(space->dtype, space->low, i);
    case BOUNDED_ABOVE:
      return -numpy.random_exponential(generator, 1.0) + upper_bound(space, i);
    default:
      low = bound(space->dtype, space->low, i);
      return numpy.random_uniform(generator, low, upper_bound(space, i) - low);
  }
}

static inline int64_t clipped(int64_t number, int64_t low, int64_t high) {
  if (number < low) number = low;
  return number > high ? high : number;
}

/* Gymnasium's floor, clip and astype. 64-bit integers have no limits to reach but, below, those of uint64. */
static inline void store_number(const box *space, void *out, size_t i, double number) {
  switch (space->dtype) {
    case GYM__DTYPE_bool:
      gym__store_bool(out, i, floor(number) != 0.0);
      break;
#define STORE_CLIPPED(name, type, least, most)                                                 \
  case GYM__DTYPE_##name:                                                                      \
    number = floor(number);                                                                    \
    gym__store_##name(out, i, (type)(number < least ? least : number > most ? most : number)); \
    break;
      STORE_CLIPPED(int8, int8_t, INT8_MIN, INT8_MAX)
      STORE_CLIPPED(int16, int16_t, INT16_MIN, INT16_MAX)
      STORE_CLIPPED(int32, int32_t, INT32_MIN, INT32_MAX)
      STORE_CLIPPED(uint8, uint8_t, 0, UINT8_MAX)
      STORE_CLIPPED(uint16, uint16_t, 0, UINT16_MAX)
      STORE_CLIPPED(uint32, uint32_t, 0, UINT32_MAX)
#undef STORE_CLIPPED
    case GYM__DTYPE_int64:
      gym__store_int64(
          out, i,
          clipped((int64_t)floor(number), gym__load_int64(space->low, i), gym__load_int64(space->high, i)));
      break;
    case GYM__DTYPE_uint64:
      number = floor(number);
      gym__store_uint64(out, i, number < 0.0 ? 0 : (uint64_t)number);
      break;
    case GYM__DTYPE_float16:
      gym__store_float16(out, i, number);
      break;
    case GYM__DTYPE_float32:
      gym__store_float32(out, i, (float)number);
      break;
    default:
      gym__store_float64(out, i, number);
  }
}

int gym__sample_box(struct bitgen *generator, gym__dtype dtype, size_t count, const void *low,
                    const void *high, const uint8_t *below, const uint8_t *above, void *out) {
  box space = {dtype, low, high, below, above};
  size_t counts[BOUNDED + 1] = {0};
  if (dtype > GYM__DTYPE_float64) return 0;
  for (size_t i = 0; i < count; i++) {
    box_kind kind = kind_of(&space, i);
    if (!is_drawable(&space, i, kind)) return 0;
    counts[kind]++;
  }
  for (box_kind kind = UNBOUNDED; kind <= BOUNDED; kind++)
    for (size_t i = 0; i < count && counts[kind] > 0; i++)
      if (kind_of(&space, i) == kind) {
        store_number(&space, out, i, draw_number(generator, &space, i, kind));
        counts[kind]--;
      }
  return 1;
}

/* ------------------------------------------------------------------------------------ integers */

/* Whether `dtype` is an integer that holds start, start + 1 ... start + n - 1, and n is not 0. All arguments
 * are bits: of a uint64 where the dtype is unsigned. */
static int holds(gym__dtype dtype, uint64_t start, uint64_t n) {
  uint64_t most;
  switch (dtype) {
#define MOST(name, limit)   \
  case GYM__DTYPE_##name:   \
    most = (uint64_t)limit; \
    break;
    MOST(int8, INT8_MAX)
    MOST(int16, INT16_MAX)
    MOST(int32, INT32_MAX)
    MOST(int64, INT64_MAX)
    MOST(uint8, UINT8_MAX)
    MOST(uint16, UINT16_MAX)
    MOST(uint32, UINT32_MAX)
    MOST(uint64, UINT64_MAX)
#undef MOST
    default:
      return 0;
  }
  int is_signed = dtype >= GYM__DTYPE_int8 && dtype <= GYM__DTYPE_int64;
  if (is_signed && n > (uint64_t)INT64_MAX) return 0; /* negative */
  return n > 0 && n - 1 <= most - start;              /* modulo 2^64 right for signed ones too */
}

/* Generator.integers(n, dtype=dtype) + start: one function for each size of integer, whether signed or not.
 */
int gym__sample_discrete(struct bitgen *generator, gym__dtype dtype, int64_t n, int64_t start, void *out) {
  uint64_t first = (uint64_t)start, range = (uint64_t)n - 1;
  uint32_t drawn32;
  uint16_t drawn16;
  uint8_t drawn8;
  uint64_t drawn64;
  if (!holds(dtype, first, (uint64_t)n)) return 0;
  switch (gym__dtype_itemsize(dtype)) {
    case 1:
      numpy.random_bounded_uint8_fill(generator, 0, (uint8_t)range, 1, false, &drawn8);
      gym__store_uint8(out, 0, (uint8_t)(drawn8 + first));
      break;
    case 2:
      numpy.random_bounded_uint16_fill(generator, 0, (uint16_t)range, 1, false, &drawn16);
      gym__store_uint16(out, 0, (uint16_t)(drawn16 + first));
      break;
    case 4:
      numpy.random_bounded_uint32_fill(generator, 0, (uint32_t)range, 1, false, &drawn32);
      gym__store_uint32(out, 0, (uint32_t)(drawn32 + first));
      break;
    default:
      numpy.random_bounded_uint64_fill(generator, 0, range, 1, false, &drawn64);
      gym__store_uint64(out, 0, drawn64 + first);
  }
  return 1;
}

/* The bits of an integer, sign-extended. */
static inline uint64_t integer(gym__dtype dtype, const void *values, size_t i) {
  switch (dtype) {
#define INTEGER(name, type) \
  case GYM__DTYPE_##name:   \
    return (uint64_t)gym__load_##name(values, i);
    GYM__INTEGER_MAP(INTEGER)
#undef INTEGER
    default:
      return 0;
  }
}

int gym__sample_multi_discrete(struct bitgen *generator, gym__dtype dtype, size_t count, const void *nvec,
                               const void *start, void *out) {
  double uniform[GYM__CHUNK];
  for (size_t i = 0; i < count; i++) {
    uint64_t n = integer(dtype, nvec, i);
    if (n > (uint64_t)MOST_EXACT || !holds(dtype, integer(dtype, start, i), n)) return 0;
  }
  for (size_t begin = 0; begin < count; begin += GYM__CHUNK) {
    size_t length = count - begin < GYM__CHUNK ? count - begin : GYM__CHUNK;
    numpy.random_standard_uniform_fill(generator, (ptrdiff_t)length, uniform);
    for (size_t i = begin; i < begin + length; i++) {
      double number = uniform[i - begin] * (double)integer(dtype, nvec, i);
      uint64_t chosen = (uint64_t)number + integer(dtype, start, i);
      switch (dtype) {
#define STORE(name, type)                    \
  case GYM__DTYPE_##name:                    \
    gym__store_##name(out, i, (type)chosen); \
    break;
        GYM__INTEGER_MAP(STORE)
#undef STORE
        default:
          break;
      }
    }
  }
  return 1;
}

int gym__sample_multi_binary(struct bitgen *generator, size_t count, int8_t *out) {
  numpy.random_bounded_uint8_fill(generator, 0, 1, (ptrdiff_t)count, false, (uint8_t *)out);
  return 1;
}

int64_t gym__sample_index(struct bitgen *generator, int64_t count) {
  uint64_t drawn;
  numpy.random_bounded_uint64_fill(generator, 0, (uint64_t)count - 1, 1, false, &drawn);
  return (int64_t)drawn;
}

/* ------------------------------------------------------------------------------------ Text */

/* NumPy's searchsorted(..., side="right"): how many of `cdf` are not above `number`, which is below the last.
 * The steps of `cdf` are nearly equal, so that a guess is at most one off. */
static int32_t searched(const double *cdf, size_t length, double number) {
  size_t i = (size_t)(number * (double)length);
  while (i > 0 && cdf[i - 1] > number) i--;
  while (cdf[i] <= number) i++;
  return (int32_t)i;
}

int gym__sample_text(struct bitgen *generator, size_t min_length, size_t max_length, const double *cdf,
                     size_t charset_length, void *out) {
  double uniform[GYM__CHUNK];
  uint64_t length;
  if (min_length > max_length || charset_length == 0 || charset_length > INT32_MAX) return 0;
  numpy.random_bounded_uint64_fill(generator, min_length, max_length - min_length, 1, false, &length);
  for (size_t begin = 0; begin < length; begin += GYM__CHUNK) {
    size_t part = length - begin < GYM__CHUNK ? (size_t)length - begin : GYM__CHUNK;
    numpy.random_standard_uniform_fill(generator, (ptrdiff_t)part, uniform);
    for (size_t i = 0; i < part; i++)
      gym__store_int32(out, begin + i, searched(cdf, charset_length, uniform[i]));
  }
  for (size_t i = (size_t)length; i < max_length; i++) gym__store_int32(out, i, (int32_t)charset_length);
  return 1;
}
