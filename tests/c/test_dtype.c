/* Numbers between dtypes: what is held, what becomes of it, and that nothing is written where something is
 * not. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "space/dtype.h"

#define D(name) GYM__DTYPE_##name
#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint64_t bits_of(double v) {
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  return bits;
}

static double double_of(uint64_t bits) {
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

/* ------------------------------------------------------------------------------------- names */

static void test_names(void) {
  CHECK_INT(gym__dtype_of("bool"), D(bool));
  CHECK_INT(gym__dtype_of("uint64"), D(uint64));
  CHECK_INT(gym__dtype_of("complex128"), D(complex128));
  CHECK_INT(gym__dtype_of("float"), GYM__DTYPE_NONE);
  CHECK_INT(gym__dtype_of(""), GYM__DTYPE_NONE);
  CHECK_INT(gym__dtype_of("none"), GYM__DTYPE_NONE);
  CHECK_INT(gym__dtype_itemsize(D(float16)), 2);
  CHECK_INT(gym__dtype_itemsize(D(longdouble)), sizeof(long double));
  CHECK_INT(gym__dtype_itemsize(GYM__DTYPE_NONE), 0);
  CHECK_STR(gym__dtype_name(D(float16)), "float16");
  CHECK_STR(gym__dtype_name(GYM__DTYPE_NONE), "none");
  for (int dtype = 0; dtype < GYM__DTYPE_NONE; dtype++) {
    const char *name = gym__dtype_name((gym__dtype)dtype);
    CHECK_INT(gym__dtype_of(name), dtype);
    CHECK_INT(gym__dtype_itemsize((gym__dtype)dtype), gym__dtype_size(name));
  }
}

/* ------------------------------------------------------------------------------------- from float64 */

/* Of 700 numbers, of which all others are 1, number `at` is `v`: from an odd address to another. */
static int narrow_among(gym__dtype dtype, double v, size_t at, size_t *bad) {
  enum { N = 700 };
  unsigned char from[N * sizeof v + 1], to[N * 16 + 1], before[sizeof to];
  memset(to, 0xab, sizeof to);
  memcpy(before, to, sizeof to);
  for (size_t i = 0; i < N; i++) {
    double number = i == at ? v : 1.0;
    memcpy(from + 1 + i * sizeof v, &number, sizeof v);
  }
  int code = gym__recast(D(float64), from + 1, dtype, to + 1, N, bad);
  CHECK_INT(gym__recast(D(float64), from + 1, dtype, NULL, N, bad), code);
  if (code != GYM__CONVERT_OK) CHECK(memcmp(to, before, sizeof to) == 0);
  return code;
}

static void test_narrow_integers(void) {
  static const struct {
    gym__dtype dtype;
    double lowest, highest, below, above;
  } cases[] = {
      {D(bool), 0, 1, -1, 2},
      {D(int8), -128, 127, -129, 128},
      {D(int16), -32768, 32767, -32769, 32768},
      {D(int32), -0x1p31, 0x1p31 - 1, -0x1p31 - 1, 0x1p31},
      {D(int64), -0x1p63, 0x1.fffffffffffffp62, -0x1.0000000000001p63, 0x1p63},
      {D(uint8), 0, 255, -1, 256},
      {D(uint16), 0, 65535, -1, 65536},
      {D(uint32), 0, 0x1p32 - 1, -1, 0x1p32},
      {D(uint64), 0, 0x1.fffffffffffffp63, -1, 0x1p64},
  };
  static const size_t places[] = {0, 1, 255, 256, 257, 699};
  for (size_t i = 0; i < COUNT(cases); i++) {
    gym__dtype dtype = cases[i].dtype;
    double held[] = {cases[i].lowest, cases[i].highest, 0.0, -0.0, 1.0};
    double not_held[] = {cases[i].below, cases[i].above, 0.5,     -0.5,     NAN,        INFINITY,
                         -INFINITY,      5e-324,         DBL_MAX, -DBL_MAX, 1e10 + 0.5, 1.5};
    for (size_t k = 0; k < COUNT(held); k++) {
      double back = 7;
      unsigned char one[8];
      size_t bad = 99;
      CHECK_INT(narrow_among(dtype, held[k], 300, &bad), GYM__CONVERT_OK);
      CHECK_INT(bad, 99);
      CHECK_INT(gym__from_float64(dtype, &held[k], 1, one, &bad), GYM__CONVERT_OK);
      CHECK_INT(gym__to_float64(dtype, one, 1, &back, &bad), GYM__CONVERT_OK);
      CHECK(back == held[k] && !signbit(back) == !(held[k] < 0)); /* an integer has no -0.0 */
    }
    for (size_t k = 0; k < COUNT(not_held); k++) {
      for (size_t p = 0; p < COUNT(places); p++) {
        size_t bad = 99;
        CHECK_INT(narrow_among(dtype, not_held[k], places[p], &bad), GYM__CONVERT_INEXACT);
        CHECK_INT(bad, places[p]);
      }
    }
  }
}

static void test_narrow_floats(void) {
  size_t bad;
  const double float32_limit = 0x1.ffffffp127, float16_limit = 65520.0;
  CHECK_INT(narrow_among(D(float32), nextafter(float32_limit, 0), 3, &bad), GYM__CONVERT_OK);
  CHECK_INT(narrow_among(D(float32), float32_limit, 3, &bad), GYM__CONVERT_INEXACT);
  CHECK_INT(narrow_among(D(float32), -float32_limit, 3, &bad), GYM__CONVERT_INEXACT);
  CHECK_INT(narrow_among(D(float32), DBL_MAX, 699, &bad), GYM__CONVERT_INEXACT);
  CHECK_INT(narrow_among(D(float32), INFINITY, 3, &bad), GYM__CONVERT_OK);
  CHECK_INT(narrow_among(D(float32), NAN, 3, &bad), GYM__CONVERT_OK);
  CHECK_INT(narrow_among(D(float32), 1e-300, 3, &bad), GYM__CONVERT_OK);
  CHECK_INT(narrow_among(D(float16), nextafter(float16_limit, 0), 3, &bad), GYM__CONVERT_OK);
  CHECK_INT(narrow_among(D(float16), float16_limit, 3, &bad), GYM__CONVERT_INEXACT);
  CHECK_INT(narrow_among(D(float16), -1e300, 3, &bad), GYM__CONVERT_INEXACT);
  CHECK_INT(narrow_among(D(float16), -INFINITY, 3, &bad), GYM__CONVERT_OK);
  CHECK_INT(narrow_among(D(float64), DBL_MAX, 3, &bad), GYM__CONVERT_OK);
  CHECK_INT(narrow_among(D(longdouble), DBL_MAX, 3, &bad), GYM__CONVERT_OK);
  CHECK_INT(narrow_among(D(complex64), 1, 3, &bad), GYM__CONVERT_DTYPE);
  CHECK_INT(narrow_among(GYM__DTYPE_NONE, 1, 3, &bad), GYM__CONVERT_DTYPE);

  float narrow;
  double tenth = 0.1, wide;
  CHECK_INT(gym__from_float64(D(float32), &tenth, 1, &narrow, &bad), GYM__CONVERT_OK);
  CHECK(narrow == 0.1f);
  CHECK_INT(gym__to_float64(D(float32), &narrow, 1, &wide, &bad), GYM__CONVERT_OK);
  CHECK(wide == (double)0.1f);
  tenth = -0.0;
  CHECK_INT(gym__from_float64(D(float32), &tenth, 1, &narrow, &bad), GYM__CONVERT_OK);
  CHECK(narrow == 0 && signbit(narrow));
}

/* ------------------------------------------------------------------------------------- to float64 */

static void test_widen(void) {
  size_t bad = 99;
  double out[3] = {7, 7, 7};
  const int64_t big[] = {1, -((int64_t)1 << 53), ((int64_t)1 << 53) + 1};
  CHECK_INT(gym__to_float64(D(int64), big, 2, out, &bad), GYM__CONVERT_OK);
  CHECK(out[0] == 1 && out[1] == -0x1p53 && out[2] == 7);
  out[0] = 7;
  CHECK_INT(gym__to_float64(D(int64), big, 3, out, &bad), GYM__CONVERT_INEXACT);
  CHECK(bad == 2 && out[0] == 7);
  CHECK_INT(gym__to_float64(D(int64), big, 3, NULL, &bad), GYM__CONVERT_INEXACT);
  const int64_t edges[] = {INT64_MAX, INT64_MIN, (int64_t)1 << 62};
  CHECK_INT(gym__to_float64(D(int64), edges, 1, out, &bad), GYM__CONVERT_INEXACT);
  CHECK_INT(gym__to_float64(D(int64), edges + 1, 2, out, &bad), GYM__CONVERT_OK);
  CHECK(out[0] == -0x1p63 && out[1] == 0x1p62);
  const uint64_t naturals[] = {UINT64_MAX, (uint64_t)1 << 63, ((uint64_t)1 << 63) + 1};
  CHECK_INT(gym__to_float64(D(uint64), naturals, 1, out, &bad), GYM__CONVERT_INEXACT);
  CHECK_INT(gym__to_float64(D(uint64), naturals + 2, 1, out, &bad), GYM__CONVERT_INEXACT);
  CHECK_INT(gym__to_float64(D(uint64), naturals + 1, 1, out, &bad), GYM__CONVERT_OK);
  CHECK(out[0] == 0x1p63);

  const unsigned char bools[] = {0, 1, 2, 255};
  double truths[4];
  CHECK_INT(gym__to_float64(D(bool), bools, 4, truths, &bad), GYM__CONVERT_OK);
  CHECK(truths[0] == 0 && truths[1] == 1 && truths[2] == 1 && truths[3] == 1);

  const double odd[] = {double_of(0x7ff0000000000001u), double_of(0xfff8000000abcdefu), -0.0};
  CHECK_INT(gym__to_float64(D(float64), odd, 3, out, &bad), GYM__CONVERT_OK);
  CHECK(memcmp(out, odd, sizeof odd) == 0);
  const long double third = 1.0L / 3, nan = NAN;
  if (LDBL_MANT_DIG > DBL_MANT_DIG) {
    CHECK_INT(gym__to_float64(D(longdouble), &third, 1, out, &bad), GYM__CONVERT_INEXACT);
  }
  CHECK_INT(gym__to_float64(D(longdouble), &nan, 1, out, &bad), GYM__CONVERT_OK);
  CHECK(isnan(out[0]));
  CHECK_INT(gym__to_float64(D(complex64), odd, 1, out, &bad), GYM__CONVERT_DTYPE);
  CHECK_INT(gym__to_float64(GYM__DTYPE_NONE, odd, 1, out, &bad), GYM__CONVERT_DTYPE);
  CHECK_INT(gym__to_float64(D(int8), NULL, 0, NULL, &bad), GYM__CONVERT_OK);
}

/* A whole frame from an odd address to another. */
static void test_frame(void) {
  enum { N = 5003 };
  unsigned char *from = malloc(N + 1), *to = malloc(N * sizeof(double) + 1), *again = malloc(N + 3);
  size_t bad, wrong = 0;
  for (size_t i = 0; i < N; i++) from[i + 1] = (unsigned char)(i * 37);
  CHECK_INT(gym__recast(D(uint8), from + 1, D(float64), to + 1, N, &bad), GYM__CONVERT_OK);
  for (size_t i = 0; i < N; i++) {
    double v;
    memcpy(&v, to + 1 + i * sizeof v, sizeof v);
    wrong += v != (double)from[i + 1];
  }
  CHECK_INT(wrong, 0);
  CHECK_INT(gym__recast(D(float64), to + 1, D(uint8), again + 3, N, &bad), GYM__CONVERT_OK);
  CHECK(memcmp(from + 1, again + 3, N) == 0);
  free(from);
  free(to);
  free(again);
}

/* ------------------------------------------------------------------------------------- float16 */

static uint16_t half_of(double v) {
  uint16_t half = 0;
  gym__cast(D(float64), &v, D(float16), &half, 1);
  return half;
}

static void test_half(void) {
  /* Every float16 comes back from a float64 as it was, payloads of NaNs too; between two neighbours the
   * middle goes to the even one, and anything beside it to the nearer. */
  size_t wrong = 0;
  double last = 0;
  for (unsigned bits = 0; bits <= 0xffff; bits++) {
    uint16_t half = (uint16_t)bits;
    double v;
    float f;
    gym__cast(D(float16), &half, D(float64), &v, 1);
    wrong += half_of(v) != half;
    gym__cast(D(float16), &half, D(float32), &f, 1);
    if (isnan(v) ? !isnan(f) : (double)f != v || !signbit(f) != !signbit(v)) wrong++;
    uint16_t again;
    gym__cast(D(float32), &f, D(float16), &again, 1);
    wrong += again != half;
    if (bits > 0 && bits < 0x7c00) {
      double middle = (last + v) / 2;
      uint16_t below = (uint16_t)(half - 1), even = half % 2 ? below : half;
      wrong += half_of(middle) != even || half_of(-middle) != (even | 0x8000);
      wrong += half_of(nextafter(middle, 0)) != below || half_of(nextafter(middle, INFINITY)) != half;
    }
    last = v;
  }
  CHECK_INT(wrong, 0);

  static const struct {
    double v;
    uint16_t half;
  } cases[] = {
      {0.0, 0},
      {-0.0, 0x8000},
      {1.0, 0x3c00},
      {-2.0, 0xc000},
      {65504.0, 0x7bff},
      {65519.999, 0x7bff},
      {65520.0, 0x7c00},
      {1e300, 0x7c00},
      {-INFINITY, 0xfc00},
      {0x1p-24, 1},
      {0x1p-25, 0},
      {0x1.0000000000001p-25, 1},
      {0x1p-14, 0x400},
      {5e-324, 0},
      {-1e-310, 0x8000},
      {2049.0000000001, 0x6801},
  };
  for (size_t i = 0; i < COUNT(cases); i++) CHECK_INT(half_of(cases[i].v), cases[i].half);
  CHECK_INT(half_of(double_of(0x7ff0000000000001u)), 0x7c01); /* what is lost of the payload leaves a NaN */
  CHECK_INT(half_of(double_of(0xfff8000000000000u)), 0xfe00);
  CHECK_INT(half_of(double_of(0x7ff5540000000000u)), 0x7d55);
  const uint16_t signalling = 0xfd55;
  double wide;
  gym__cast(D(float16), &signalling, D(float64), &wide, 1);
  CHECK(bits_of(wide) == 0xfff5540000000000u);

  /* 1 + 2^-11 + 2^-30 is above the middle of two float16, but 1 + 2^-11, which a float makes of it, is not.
   */
  CHECK_INT(half_of(1 + 0x1p-11 + 0x1p-30), 0x3c01);
  CHECK_INT(half_of((double)(float)(1 + 0x1p-11 + 0x1p-30)), 0x3c00);
}

/* ------------------------------------------------------------------------------------- recast */

#define RECAST(from_name, from_type, v, to_name, to_type, code, expected)            \
  do {                                                                               \
    from_type given = (v);                                                           \
    to_type got = (to_type)77;                                                       \
    size_t place = 99;                                                               \
    CHECK_INT(gym__recast(D(from_name), &given, D(to_name), &got, 1, &place), code); \
    CHECK_INT(gym__recast(D(from_name), &given, D(to_name), NULL, 1, &place), code); \
    CHECK(got == (to_type)(expected));                                               \
    CHECK_INT(place, (code) == GYM__CONVERT_OK ? 99 : 0);                            \
  } while (0)
#define HELD(from_name, from_type, v, to_name, to_type) \
  RECAST(from_name, from_type, v, to_name, to_type, GYM__CONVERT_OK, v)
#define NOT_HELD(from_name, from_type, v, to_name, to_type) \
  RECAST(from_name, from_type, v, to_name, to_type, GYM__CONVERT_INEXACT, 77)

static void test_recast(void) {
  HELD(uint8, uint8_t, 255, int16, int16_t);
  NOT_HELD(uint8, uint8_t, 128, int8, int8_t);
  NOT_HELD(int8, int8_t, -1, uint64, uint64_t);
  HELD(int64, int64_t, INT64_MAX, uint64, uint64_t);
  NOT_HELD(int64, int64_t, -1, uint64, uint64_t);
  HELD(uint64, uint64_t, INT64_MAX, int64, int64_t);
  NOT_HELD(uint64, uint64_t, (uint64_t)INT64_MAX + 1, int64, int64_t);
  HELD(int64, int64_t, 255, uint8, uint8_t);
  NOT_HELD(int64, int64_t, 256, uint8, uint8_t);
  NOT_HELD(int64, int64_t, INT64_MAX, uint8, uint8_t);
  HELD(int64, int64_t, 1, bool, uint8_t);
  NOT_HELD(int64, int64_t, 2, bool, uint8_t);
  RECAST(bool, uint8_t, 2, int64, int64_t, GYM__CONVERT_OK, 1);

  /* Integers must be held by floats exactly; fractions are rounded. */
  HELD(int32, int32_t, 1 << 24, float32, float);
  NOT_HELD(int32, int32_t, (1 << 24) + 1, float32, float);
  NOT_HELD(int64, int64_t, ((int64_t)1 << 53) + 1, float64, double);
  HELD(uint64, uint64_t, (uint64_t)1 << 63, float32, float);
  NOT_HELD(uint64, uint64_t, UINT64_MAX, float32, float);
  RECAST(float64, double, 0.1, float32, float, GYM__CONVERT_OK, 0.1f);
  NOT_HELD(float64, double, 1e39, float32, float);
  RECAST(float64, double, 0.1, longdouble, long double, GYM__CONVERT_OK, (long double)0.1);
  RECAST(uint16, uint16_t, 2049, float16, uint16_t, GYM__CONVERT_INEXACT, 77);
  RECAST(uint16, uint16_t, 2048, float16, uint16_t, GYM__CONVERT_OK, 0x6800);
  RECAST(float32, float, 65520.0f, float16, uint16_t, GYM__CONVERT_INEXACT, 77);
  RECAST(float32, float, 65519.0f, float16, uint16_t, GYM__CONVERT_OK, 0x7bff);
  RECAST(float32, float, INFINITY, float16, uint16_t, GYM__CONVERT_OK, 0x7c00);
  NOT_HELD(float32, float, 1.5f, int32, int32_t);
  HELD(float32, float, -3.0f, int8, int8_t);
  NOT_HELD(float32, float, NAN, int8, int8_t);
  RECAST(float16, uint16_t, 0x3e00, int64, int64_t, GYM__CONVERT_INEXACT, 77);
  RECAST(float16, uint16_t, 0x4000, int64, int64_t, GYM__CONVERT_OK, 2);

  RECAST(longdouble, long double, 1.0L / 3, float64, double, GYM__CONVERT_OK, 1.0 / 3);
  RECAST(longdouble, long double, 1.0L / 3, float32, float, GYM__CONVERT_OK, 1.0f / 3);
  RECAST(longdouble, long double, 1.5L, float16, uint16_t, GYM__CONVERT_OK, 0x3e00);
  RECAST(longdouble, long double, 65520.0L, float16, uint16_t, GYM__CONVERT_INEXACT, 77);
  RECAST(longdouble, long double, INFINITY, float64, double, GYM__CONVERT_OK, INFINITY);
  NOT_HELD(longdouble, long double, 0.5L, int64, int64_t);
  NOT_HELD(longdouble, long double, 0x1p63L, int64, int64_t);
  NOT_HELD(longdouble, long double, 0x1p64L, uint64, uint64_t);
  NOT_HELD(longdouble, long double, NAN, uint64, uint64_t);
  HELD(longdouble, long double, -0x1p63L, int64, int64_t);
  HELD(longdouble, long double, 200.0L, uint8, uint8_t);
  NOT_HELD(longdouble, long double, 1.0L / 3, uint8, uint8_t);
  if (LDBL_MANT_DIG >= 64) {
    HELD(int64, int64_t, INT64_MAX, longdouble, long double);
    HELD(uint64, uint64_t, UINT64_MAX, longdouble, long double);
    HELD(longdouble, long double, 0x1p63L - 1, int64, int64_t);
    NOT_HELD(longdouble, long double, LDBL_MAX, float64, double);
    NOT_HELD(longdouble, long double, LDBL_MAX, float16, uint16_t);
  }

  /* Equal dtypes are copied bit by bit, whatever the bits. */
  const unsigned char from[] = {2, 0x80, 0xf1, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  for (int dtype = 0; dtype < GYM__DTYPE_NONE; dtype++) {
    unsigned char to[sizeof from] = {0};
    size_t bad, itemsize = gym__dtype_itemsize((gym__dtype)dtype);
    CHECK_INT(gym__recast((gym__dtype)dtype, from, (gym__dtype)dtype, to, sizeof from / itemsize, &bad), 0);
    CHECK(memcmp(to, from, sizeof from) == 0);
    if (dtype < D(complex64)) {
      CHECK_INT(gym__recast((gym__dtype)dtype, from, D(complex64), to, 1, &bad), GYM__CONVERT_DTYPE);
      CHECK_INT(gym__recast(D(complex128), from, (gym__dtype)dtype, to, 1, &bad), GYM__CONVERT_DTYPE);
    }
  }
  size_t bad;
  CHECK_INT(gym__recast(D(complex64), from, D(complex128), NULL, 1, &bad), GYM__CONVERT_DTYPE);
  CHECK_INT(gym__recast(GYM__DTYPE_NONE, from, GYM__DTYPE_NONE, NULL, 1, &bad), GYM__CONVERT_DTYPE);
}

/* Nothing is written, and the first that is not held is named, also behind the first chunk and by way of
 * float64. */
static void test_recast_failure(void) {
  int32_t from[1000];
  float to[1000];
  size_t bad = 0, changed = 0;
  for (int i = 0; i < 1000; i++) from[i] = i, to[i] = 7;
  from[613] = (1 << 24) + 1;
  from[900] = (1 << 24) + 1;
  CHECK_INT(gym__recast(D(int32), from, D(float32), to, 1000, &bad), GYM__CONVERT_INEXACT);
  CHECK_INT(bad, 613);
  for (int i = 0; i < 1000; i++) changed += to[i] != 7;
  CHECK_INT(changed, 0);
  CHECK_INT(gym__recast(D(int32), from, D(float32), to, 613, &bad), GYM__CONVERT_OK);
  for (int i = 0; i < 613; i++) changed += to[i] != (float)i;
  CHECK_INT(changed, 0);
}

static void test_cast(void) {
  /* NumPy's astype rounds where recast refuses. */
  const int64_t big = ((int64_t)1 << 53) + 1;
  double rounded;
  gym__cast(D(int64), &big, D(float64), &rounded, 1);
  CHECK(rounded == 0x1p53);
  long double through;
  gym__cast_through(D(int64), &big, D(float64), D(longdouble), &through, 1);
  CHECK(through == 0x1p53L);
  double numbers[600], out[600];
  size_t wrong = 0;
  for (int i = 0; i < 600; i++) numbers[i] = i * 0.1;
  gym__cast_through(D(float64), numbers, D(float32), D(float64), out, 600);
  for (int i = 0; i < 600; i++) wrong += out[i] != (double)(float)numbers[i];
  CHECK_INT(wrong, 0);
  const uint64_t most = UINT64_MAX;
  gym__cast(D(uint64), &most, D(float64), &rounded, 1);
  CHECK(rounded == 0x1p64);

  /* Of an element of a long double no byte is left to chance. */
  unsigned char one[sizeof(long double)], other[sizeof one];
  const int8_t two = 2;
  memset(one, 0xab, sizeof one);
  memset(other, 0xcd, sizeof other);
  gym__cast(D(int8), &two, D(longdouble), one, 1);
  gym__cast(D(int8), &two, D(longdouble), other, 1);
  CHECK(memcmp(one, other, sizeof one) == 0);
}

int main(void) {
  test_names();
  test_narrow_integers();
  test_narrow_floats();
  test_widen();
  test_frame();
  test_half();
  test_recast();
  test_recast_failure();
  test_cast();
  return check_summary();
}
