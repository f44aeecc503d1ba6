/* A copy of src/gogym_c/space/dtype.c, made by tools/copy_go_sources.py; edit that one. */
#include "dtype.h"

#include <math.h>

#include "numbers.h"

/* One more than half a unit beyond the largest: what rounds to an infinity. */
#define FLOAT32_OVERFLOW 0x1.ffffffp127
#define FLOAT16_OVERFLOW 65520.0

/* ------------------------------------------------------------------------------------- dtypes */

static const struct {
  const char *name;
  size_t itemsize;
} dtypes[] = {
#define ENTRY(name, size) {#name, size},
    GYM__DTYPE_MAP(ENTRY)
#undef ENTRY
};

gym__dtype gym__dtype_of(const char *name) {
  for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
    if (strcmp(name, dtypes[i].name) == 0) return (gym__dtype)i;
  }
  return GYM__DTYPE_NONE;
}

const char *gym__dtype_name(gym__dtype dtype) {
  return dtype == GYM__DTYPE_NONE ? "none" : dtypes[dtype].name;
}

size_t gym__dtype_itemsize(gym__dtype dtype) { return dtype == GYM__DTYPE_NONE ? 0 : dtypes[dtype].itemsize; }

static int is_integer(gym__dtype dtype) { return dtype <= GYM__DTYPE_uint64; } /* bool is one too */

static int is_number(gym__dtype dtype) { return dtype <= GYM__DTYPE_longdouble; }

/* Whether a float64 holds every number of a dtype. */
static int is_narrow(gym__dtype dtype) {
  return is_number(dtype) && dtype != GYM__DTYPE_int64 && dtype != GYM__DTYPE_uint64 &&
         dtype != GYM__DTYPE_longdouble;
}

/* ------------------------------------------------------------------------------------- checks */

/* Returns the first of `count` elements for which `flag`, of `v`, is not 0, or `count`. */
#define FIND(type, load, flag)                                              \
  do {                                                                      \
    for (size_t begin = 0; begin < count; begin += GYM__CHUNK) {            \
      size_t end = count - begin < GYM__CHUNK ? count : begin + GYM__CHUNK; \
      uint64_t found = 0;                                                   \
      for (size_t i = begin; i < end; i++) {                                \
        type v = load(from, i);                                             \
        found |= (flag);                                                    \
      }                                                                     \
      for (size_t i = begin; found != 0 && i < end; i++) {                  \
        type v = load(from, i);                                             \
        if ((flag) != 0) return i;                                          \
      }                                                                     \
    }                                                                       \
    return count;                                                           \
  } while (0)

/* A finite number that becomes infinite, by the first magnitude of which that is so. */
#define OVERFLOWS(v, limit, largest) (gym__flag(fabs(v) >= (limit)) & gym__flag(fabs(v) <= (largest)))

/* The first of `from` that `dtype` does not hold. Where they stand for integers, floats must hold them
 * exactly. */
static size_t find_not_held(gym__dtype dtype, const void *from, size_t count, int integers) {
  switch (dtype) {
#define CASE(name, type)  \
  case GYM__DTYPE_##name: \
    FIND(double, gym__load_float64, gym__flag_##name(v));
    CASE(bool, )
    GYM__INTEGER_MAP(CASE)
#undef CASE
    case GYM__DTYPE_float32:
      if (integers) FIND(double, gym__load_float64, gym__flag((double)(float)v != v));
      FIND(double, gym__load_float64, OVERFLOWS(v, FLOAT32_OVERFLOW, DBL_MAX));
    case GYM__DTYPE_float16:
      if (integers)
        FIND(double, gym__load_float64, gym__flag(gym__double_of_half(gym__half_of_double(v)) != v));
      FIND(double, gym__load_float64, OVERFLOWS(v, FLOAT16_OVERFLOW, DBL_MAX));
    default:
      return count;
  }
}

static int int64_is_exact(int64_t v) {
  double d = (double)v;
  /* 2^63 does not fit back; only INT64_MAX and its neighbours are rounded up to it. */
  return d < 0x1p63 && (int64_t)d == v;
}

static int uint64_is_exact(uint64_t v) {
  double d = (double)v;
  return d < 0x1p64 && (uint64_t)d == v;
}

static int longdouble_is_exact(long double v) { return v != v || (long double)(double)v == v; }

/* The first of `from` that a float64 does not hold exactly. */
static size_t find_inexact(gym__dtype dtype, const void *from, size_t count) {
  switch (dtype) {
    case GYM__DTYPE_int64:
      FIND(int64_t, gym__load_int64, !int64_is_exact(v));
    case GYM__DTYPE_uint64:
      FIND(uint64_t, gym__load_uint64, !uint64_is_exact(v));
    case GYM__DTYPE_longdouble:
      FIND(long double, gym__load_longdouble, !longdouble_is_exact(v));
    default:
      return count;
  }
}

/* ------------------------------------------------------------------------------------- conversions */

static void widen(gym__dtype dtype, const void *restrict from, size_t count, void *restrict to) {
  switch (dtype) {
#define CASE(name, type)                                                                             \
  case GYM__DTYPE_##name:                                                                            \
    for (size_t i = 0; i < count; i++) gym__store_float64(to, i, (double)gym__load_##name(from, i)); \
    break;
    GYM__NUMBER_MAP(CASE)
#undef CASE
    default:
      break;
  }
}

static void narrow(const void *restrict from, size_t count, gym__dtype dtype, void *restrict to) {
  switch (dtype) {
#define CASE(name, type)                                                                           \
  case GYM__DTYPE_##name:                                                                          \
    for (size_t i = 0; i < count; i++) gym__store_##name(to, i, (type)gym__load_float64(from, i)); \
    break;
    GYM__NUMBER_MAP(CASE)
#undef CASE
    default:
      break;
  }
}

/* C's own conversions make a signalling NaN quiet, NumPy's between these two do not. */
static double double_of_float(float v) {
  uint32_t bits = gym__load_uint32(&v, 0);
  if (v == v) return (double)v;
  return gym__double_of_bits((uint64_t)(bits >> 31) << 63 | (uint64_t)2047 << 52 |
                             (uint64_t)(bits & 0x7fffffu) << 29);
}

static float float_of_half(uint16_t half) {
  double v = gym__double_of_half(half);
  uint32_t bits = (uint32_t)(half & 0x8000u) << 16 | 0x7f800000u | (uint32_t)(half & 0x3ffu) << 13;
  return v == v ? (float)v : gym__load_float32(&bits, 0);
}

static int int64_fits_longdouble(int64_t v) { return LDBL_MANT_DIG >= 64 || int64_is_exact(v); }
static int uint64_fits_longdouble(uint64_t v) { return LDBL_MANT_DIG >= 64 || uint64_is_exact(v); }
static int longdouble_is_int64(long double v) {
  return v >= -0x1p63L && v < 0x1p63L && (long double)(int64_t)v == v;
}
static int longdouble_is_uint64(long double v) {
  return v >= 0 && v < 0x1p64L && (long double)(uint64_t)v == v;
}

/* Whether a finite long double is finite as a double, float or, by way of a float as in NumPy, a float16. */
static int fits_float64(long double v) { return isfinite((double)v) || !isfinite(v); }
static int fits_float32(long double v) { return isfinite((float)v) || !isfinite(v); }
static int fits_float16(long double v) { return !(fabsf((float)v) >= FLOAT16_OVERFLOW) || !isfinite(v); }

/* The pairs that do not go by way of a float64: X(from, its type, to, whether `v` is held, `v` converted) */
#define PAIR_MAP(X)                                                          \
  X(int64, int64_t, uint64, v >= 0, (uint64_t)v)                             \
  X(uint64, uint64_t, int64, v <= INT64_MAX, (int64_t)v)                     \
  X(int64, int64_t, longdouble, int64_fits_longdouble(v), (long double)v)    \
  X(uint64, uint64_t, longdouble, uint64_fits_longdouble(v), (long double)v) \
  X(longdouble, long double, int64, longdouble_is_int64(v), (int64_t)v)      \
  X(longdouble, long double, uint64, longdouble_is_uint64(v), (uint64_t)v)   \
  X(longdouble, long double, float64, fits_float64(v), (double)v)            \
  X(longdouble, long double, float32, fits_float32(v), (float)v)             \
  X(longdouble, long double, float16, fits_float16(v), (double)(float)v)     \
  X(float32, float, float16, !OVERFLOWS((double)v, FLOAT16_OVERFLOW, FLT_MAX), double_of_float(v))

#define IS_PAIR(a, b) (from_dtype == GYM__DTYPE_##a && to_dtype == GYM__DTYPE_##b)

/* The first of `from` that `to_dtype` does not hold, for any two different dtypes of numbers. */
static size_t find_misfit(gym__dtype from_dtype, const void *from, size_t count, gym__dtype to_dtype) {
  if (from_dtype == GYM__DTYPE_float64) return find_not_held(to_dtype, from, count, 0);
#define CHECK_PAIR(a, type, b, is_held, converted) \
  if (IS_PAIR(a, b)) FIND(type, gym__load_##a, !(is_held));
  PAIR_MAP(CHECK_PAIR)
#undef CHECK_PAIR
  /* What a float64 does not hold exactly is not held by any dtype that is left. */
  size_t exact = find_inexact(from_dtype, from, count);
  if (to_dtype == GYM__DTYPE_float64 || to_dtype == GYM__DTYPE_longdouble) return exact;
  double wide[GYM__CHUNK];
  size_t itemsize = gym__dtype_itemsize(from_dtype);
  for (size_t begin = 0; begin < exact; begin += GYM__CHUNK) {
    size_t some = exact - begin < GYM__CHUNK ? exact - begin : GYM__CHUNK;
    widen(from_dtype, (const unsigned char *)from + begin * itemsize, some, wide);
    size_t bad = find_not_held(to_dtype, wide, some, is_integer(from_dtype));
    if (bad < some) return begin + bad;
  }
  return exact;
}

void gym__cast(gym__dtype from_dtype, const void *from, gym__dtype to_dtype, void *to, size_t count) {
  size_t from_size = gym__dtype_itemsize(from_dtype), to_size = gym__dtype_itemsize(to_dtype);
  if (count == 0) return;
  if (from_dtype == to_dtype) {
    memcpy(to, from, count * from_size);
    return;
  }
#define CONVERT_PAIR(a, type, b, is_held, converted) \
  if (IS_PAIR(a, b)) {                               \
    for (size_t i = 0; i < count; i++) {             \
      type v = gym__load_##a(from, i);               \
      gym__store_##b(to, i, converted);              \
    }                                                \
    return;                                          \
  }
  if (from_dtype != GYM__DTYPE_float64 && !(is_narrow(from_dtype) && to_dtype == GYM__DTYPE_float64)) {
    PAIR_MAP(CONVERT_PAIR)
    if (IS_PAIR(float16, float32)) {
      for (size_t i = 0; i < count; i++) gym__store_float32(to, i, float_of_half(gym__load_uint16(from, i)));
      return;
    }
  }
#undef CONVERT_PAIR
  if (from_dtype == GYM__DTYPE_float64) {
    narrow(from, count, to_dtype, to);
  } else if (to_dtype == GYM__DTYPE_float64) {
    widen(from_dtype, from, count, to);
  } else {
    double wide[GYM__CHUNK];
    for (size_t begin = 0; begin < count; begin += GYM__CHUNK) {
      size_t some = count - begin < GYM__CHUNK ? count - begin : GYM__CHUNK;
      widen(from_dtype, (const unsigned char *)from + begin * from_size, some, wide);
      narrow(wide, some, to_dtype, (unsigned char *)to + begin * to_size);
    }
  }
}

void gym__cast_through(gym__dtype from_dtype, const void *from, gym__dtype middle, gym__dtype to_dtype,
                       void *to, size_t count) {
  union {
    long double alignment;
    unsigned char bytes[GYM__CHUNK * sizeof(long double)];
  } chunk;
  size_t from_size = gym__dtype_itemsize(from_dtype), to_size = gym__dtype_itemsize(to_dtype);
  if (middle == from_dtype || middle == to_dtype) {
    gym__cast(from_dtype, from, to_dtype, to, count);
    return;
  }
  for (size_t begin = 0; begin < count; begin += GYM__CHUNK) {
    size_t some = count - begin < GYM__CHUNK ? count - begin : GYM__CHUNK;
    gym__cast(from_dtype, (const unsigned char *)from + begin * from_size, middle, chunk.bytes, some);
    gym__cast(middle, chunk.bytes, to_dtype, (unsigned char *)to + begin * to_size, some);
  }
}

/* ------------------------------------------------------------------------------------- checked conversions
 */

int gym__to_float64(gym__dtype from_dtype, const void *from, size_t count, double *to, size_t *bad) {
  if (!is_number(from_dtype)) return GYM__CONVERT_DTYPE;
  if (!is_narrow(from_dtype)) {
    size_t found = find_inexact(from_dtype, from, count);
    if (found < count) {
      *bad = found;
      return GYM__CONVERT_INEXACT;
    }
  }
  if (to) gym__cast(from_dtype, from, GYM__DTYPE_float64, to, count);
  return GYM__CONVERT_OK;
}

int gym__from_float64(gym__dtype to_dtype, const double *from, size_t count, void *to, size_t *bad) {
  return gym__recast(GYM__DTYPE_float64, from, to_dtype, to, count, bad);
}

int gym__recast(gym__dtype from_dtype, const void *from, gym__dtype to_dtype, void *to, size_t count,
                size_t *bad) {
  if (from_dtype == GYM__DTYPE_NONE) return GYM__CONVERT_DTYPE;
  if (from_dtype != to_dtype) {
    if (!is_number(from_dtype) || !is_number(to_dtype)) return GYM__CONVERT_DTYPE;
    size_t found = find_misfit(from_dtype, from, count, to_dtype);
    if (found < count) {
      *bad = found;
      return GYM__CONVERT_INEXACT;
    }
  }
  if (to) gym__cast(from_dtype, from, to_dtype, to, count);
  return GYM__CONVERT_OK;
}
