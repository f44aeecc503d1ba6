#define NO_IMPORT_ARRAY /* only NumPy's type numbers are used here */
#include "convert.h"

#include <Python.h>
#include <math.h>
#include <numpy/arrayobject.h>
#include <string.h>

#define WIDEN(type)                                               \
  do {                                                            \
    const type *source = from;                                    \
    for (size_t i = 0; i < count; i++) to[i] = (double)source[i]; \
    return GYM__CONVERT_OK;                                       \
  } while (0)

#define WIDEN_CHECKED(type, is_exact)                             \
  do {                                                            \
    const type *source = from;                                    \
    for (size_t i = 0; i < count; i++) {                          \
      if (!is_exact(source[i])) {                                 \
        *bad = i;                                                 \
        return GYM__CONVERT_INEXACT;                              \
      }                                                           \
    }                                                             \
    for (size_t i = 0; i < count; i++) to[i] = (double)source[i]; \
    return GYM__CONVERT_OK;                                       \
  } while (0)

static int signed_is_exact(npy_longlong v) {
  double d = (double)v;
  /* 2^63 as a double does not fit back; only INT64_MAX and its neighbours round up to it. */
  return d < 9223372036854775808.0 && (npy_longlong)d == v;
}

static int unsigned_is_exact(npy_ulonglong v) {
  double d = (double)v;
  return d < 18446744073709551616.0 && (npy_ulonglong)d == v;
}

static int longdouble_is_exact(npy_longdouble v) { return v != v || (npy_longdouble)(double)v == v; }

int gym__to_float64(int type_num, const void *from, size_t count, double *to, size_t *bad) {
  switch (type_num) {
    case NPY_DOUBLE:
      if (count > 0) memcpy(to, from, count * sizeof *to); /* keeps NaN payloads and -0.0 */
      return GYM__CONVERT_OK;
    case NPY_FLOAT:
      WIDEN(npy_float);
    case NPY_BOOL:
      WIDEN(npy_bool);
    case NPY_BYTE:
      WIDEN(npy_byte);
    case NPY_UBYTE:
      WIDEN(npy_ubyte);
    case NPY_SHORT:
      WIDEN(npy_short);
    case NPY_USHORT:
      WIDEN(npy_ushort);
    case NPY_INT:
      WIDEN(npy_int);
    case NPY_UINT:
      WIDEN(npy_uint);
    case NPY_LONG:
      WIDEN_CHECKED(npy_long, signed_is_exact);
    case NPY_ULONG:
      WIDEN_CHECKED(npy_ulong, unsigned_is_exact);
    case NPY_LONGLONG:
      WIDEN_CHECKED(npy_longlong, signed_is_exact);
    case NPY_ULONGLONG:
      WIDEN_CHECKED(npy_ulonglong, unsigned_is_exact);
    case NPY_LONGDOUBLE:
      WIDEN_CHECKED(npy_longdouble, longdouble_is_exact);
    default:
      return GYM__CONVERT_DTYPE;
  }
}

/* `limit` is one more than the largest value: a power of two, so that a double holds it exactly. */
#define NARROW(type, lowest, limit)                           \
  do {                                                        \
    type *target = to;                                        \
    for (size_t i = 0; i < count; i++) {                      \
      double v = from[i];                                     \
      if (!(v >= (lowest) && v < (limit)) || v != trunc(v)) { \
        *bad = i;                                             \
        return GYM__CONVERT_INEXACT;                          \
      }                                                       \
      target[i] = (type)v;                                    \
    }                                                         \
    return GYM__CONVERT_OK;                                   \
  } while (0)

#define NARROW_SIGNED(type) \
  NARROW(type, -ldexp(1.0, (int)sizeof(type) * 8 - 1), ldexp(1.0, (int)sizeof(type) * 8 - 1))
#define NARROW_UNSIGNED(type) NARROW(type, 0.0, ldexp(1.0, (int)sizeof(type) * 8))

int gym__from_float64(int type_num, const double *from, size_t count, void *to, size_t *bad) {
  switch (type_num) {
    case NPY_DOUBLE:
      if (count > 0) memcpy(to, from, count * sizeof *from);
      return GYM__CONVERT_OK;
    case NPY_FLOAT: {
      npy_float *target = to;
      for (size_t i = 0; i < count; i++) {
        target[i] = (npy_float)from[i];
        if (isinf(target[i]) && !isinf(from[i])) {
          *bad = i;
          return GYM__CONVERT_INEXACT;
        }
      }
      return GYM__CONVERT_OK;
    }
    case NPY_LONGDOUBLE: {
      npy_longdouble *target = to;
      for (size_t i = 0; i < count; i++) target[i] = from[i];
      return GYM__CONVERT_OK;
    }
    case NPY_BOOL:
      NARROW(npy_bool, 0.0, 2.0);
    case NPY_BYTE:
      NARROW_SIGNED(npy_byte);
    case NPY_UBYTE:
      NARROW_UNSIGNED(npy_ubyte);
    case NPY_SHORT:
      NARROW_SIGNED(npy_short);
    case NPY_USHORT:
      NARROW_UNSIGNED(npy_ushort);
    case NPY_INT:
      NARROW_SIGNED(npy_int);
    case NPY_UINT:
      NARROW_UNSIGNED(npy_uint);
    case NPY_LONG:
      NARROW_SIGNED(npy_long);
    case NPY_ULONG:
      NARROW_UNSIGNED(npy_ulong);
    case NPY_LONGLONG:
      NARROW_SIGNED(npy_longlong);
    case NPY_ULONGLONG:
      NARROW_UNSIGNED(npy_ulonglong);
    default:
      return GYM__CONVERT_DTYPE;
  }
}
