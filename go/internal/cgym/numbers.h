/* A copy of src/gogym_c/space/numbers.h, made by tools/copy_go_sources.py; edit that one. */
/* Single numbers of every dtype: loads and stores for the loops of this folder. Outside it only sample.c
 * uses them.
 *
 * Elements need no alignment; compilers make plain, also vector, loads and stores of these. A float16 is
 * handled as the double that it is, a bool as 0 or 1. */
#ifndef GOGYM_SPACE_NUMBERS_H_
#define GOGYM_SPACE_NUMBERS_H_

#include <float.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* X(dtype, C type that its numbers are handled as), in groups. */
#define GYM__SMALL_INTEGER_MAP(X) \
  X(int8, int8_t)                 \
  X(int16, int16_t)               \
  X(int32, int32_t)               \
  X(uint8, uint8_t)               \
  X(uint16, uint16_t)             \
  X(uint32, uint32_t)
#define GYM__INTEGER_MAP(X) GYM__SMALL_INTEGER_MAP(X) X(int64, int64_t) X(uint64, uint64_t)
#define GYM__FLOAT_MAP(X) X(float16, double) X(float32, float) X(float64, double) X(longdouble, long double)
#define GYM__NUMBER_MAP(X) X(bool, uint8_t) GYM__INTEGER_MAP(X) GYM__FLOAT_MAP(X)

/* Loops look for what does not fit a chunk at a time: no way out in the middle, so that they are vectorised.
 */
#define GYM__CHUNK 256

#define GYM__LOAD_STORE(name, type)                                   \
  static inline type gym__load_##name(const void *from, size_t i) {   \
    type v;                                                           \
    memcpy(&v, (const unsigned char *)from + i * sizeof v, sizeof v); \
    return v;                                                         \
  }                                                                   \
  static inline void gym__store_##name(void *to, size_t i, type v) {  \
    memcpy((unsigned char *)to + i * sizeof v, &v, sizeof v);         \
  }
GYM__INTEGER_MAP(GYM__LOAD_STORE)
GYM__LOAD_STORE(float32, float)
GYM__LOAD_STORE(float64, double)
#undef GYM__LOAD_STORE

static inline uint8_t gym__load_bool(const void *from, size_t i) { return gym__load_uint8(from, i) != 0; }
static inline void gym__store_bool(void *to, size_t i, uint8_t v) { gym__store_uint8(to, i, v); }

static inline long double gym__load_longdouble(const void *from, size_t i) {
  long double v;
  memcpy(&v, (const unsigned char *)from + i * sizeof v, sizeof v);
  return v;
}

/* The bytes that x86's 80-bit number leaves of its element become zero: equal numbers have equal bytes. */
static inline void gym__store_longdouble(void *to, size_t i, long double v) {
  unsigned char *at = (unsigned char *)to + i * sizeof v;
  size_t used = LDBL_MANT_DIG == 64 ? 10 : sizeof v;
  memcpy(at, &v, used);
  memset(at + used, 0, sizeof v - used);
}

static inline uint64_t gym__double_bits(double v) { return gym__load_uint64(&v, 0); }
static inline double gym__double_of_bits(uint64_t bits) { return gym__load_float64(&bits, 0); }

/* IEEE binary16 as a double, exactly; of a NaN sign and payload are kept. */
static inline double gym__double_of_half(uint16_t half) {
  uint64_t sign = (uint64_t)(half & 0x8000u) << 48, significand = (uint64_t)(half & 0x3ffu);
  uint64_t exponent = (uint64_t)(half >> 10) & 31;
  if (exponent == 0) return gym__double_of_bits(sign | gym__double_bits((double)significand * 0x1p-24));
  exponent = exponent == 31 ? 2047 : exponent + 1023 - 15;
  return gym__double_of_bits(sign | exponent << 52 | significand << 42);
}

/* A double as IEEE binary16: to the nearest, ties to even; beyond it an infinity. A NaN keeps its sign and
 * the beginning of its payload, as in NumPy. */
static inline uint16_t gym__half_of_double(double v) {
  const uint64_t infinity = (uint64_t)2047 << 52, normal = (uint64_t)(1023 - 14) << 52;
  uint64_t bits = gym__double_bits(v), magnitude = bits & ~((uint64_t)1 << 63);
  unsigned sign = (unsigned)(bits >> 48) & 0x8000u, half;
  if (magnitude > infinity) {
    half = 0x7c00u | (unsigned)(magnitude >> 42 & 0x3ff);
    half += half == 0x7c00u; /* an infinity otherwise */
  } else if (magnitude >= gym__double_bits(65520.0)) {
    half = 0x7c00u;
  } else if (magnitude < normal) {
    /* 2^28 has the unit of a subnormal half, 2^-24, as its last place: the addition rounds. */
    half = (unsigned)(gym__double_bits(gym__double_of_bits(magnitude) + 0x1p28) - gym__double_bits(0x1p28));
  } else {
    magnitude += ((uint64_t)1 << 41) - 1 + (magnitude >> 42 & 1);
    half = (unsigned)((magnitude >> 42) - ((uint64_t)(1023 - 15) << 10));
  }
  return (uint16_t)(sign | half);
}

static inline double gym__load_float16(const void *from, size_t i) {
  return gym__double_of_half(gym__load_uint16(from, i));
}
static inline void gym__store_float16(void *to, size_t i, double v) {
  gym__store_uint16(to, i, gym__half_of_double(v));
}

/* All bits 0 unless `bad`: loops over doubles combine these with | and &. Without SSE4 compilers vectorise
 * that, but not integers made of comparisons of doubles. */
static inline uint64_t gym__flag(int bad) { return gym__double_bits(bad ? 1.0 : 0.0); }

/* Added and taken away again, this leaves whole numbers of up to 32 bits what they are, and no others. */
#define GYM__WHOLE (FLT_EVAL_METHOD == 2 ? 0x1.8p63 : 0x1.8p52)

/* gym__flag_T: 0 where an integer type holds a double. A NaN differs from itself. */
#define GYM__FLAG_SMALL(name, lowest, highest)                  \
  static inline uint64_t gym__flag_##name(double v) {           \
    return gym__flag(v < (lowest)) | gym__flag(v > (highest)) | \
           gym__flag((v + GYM__WHOLE) - GYM__WHOLE != v);       \
  }
GYM__FLAG_SMALL(bool, 0, 1)
GYM__FLAG_SMALL(int8, INT8_MIN, INT8_MAX)
GYM__FLAG_SMALL(int16, INT16_MIN, INT16_MAX)
GYM__FLAG_SMALL(int32, INT32_MIN, INT32_MAX)
GYM__FLAG_SMALL(uint8, 0, UINT8_MAX)
GYM__FLAG_SMALL(uint16, 0, UINT16_MAX)
GYM__FLAG_SMALL(uint32, 0, UINT32_MAX)
#undef GYM__FLAG_SMALL

/* The largest values of these are no doubles, the next powers of two are. What is out of range is not
 * converted. */
static inline uint64_t gym__flag_int64(double v) {
  return !(v >= -0x1p63 && v < 0x1p63) || (double)(int64_t)v != v;
}
static inline uint64_t gym__flag_uint64(double v) {
  return !(v >= 0 && v < 0x1p64) || (double)(uint64_t)v != v;
}

#endif /* GOGYM_SPACE_NUMBERS_H_ */
