/* A copy of src/gogym_c/space/dtype.h, made by tools/copy_go_sources.py; edit that one. */
/* NumPy's dtypes as buffers know them, and numbers between them: element by element, nothing lost in silence.
 *
 * Plain C without Python. Pointers need no alignment. */
#ifndef GOGYM_SPACE_DTYPE_H_
#define GOGYM_SPACE_DTYPE_H_

#include <stddef.h>
#include <stdint.h>

#include "gogym_value_format.h"

typedef enum gym__dtype {
#define GYM__DTYPE_ENUM(name, size) GYM__DTYPE_##name,
  GYM__DTYPE_MAP(GYM__DTYPE_ENUM)
#undef GYM__DTYPE_ENUM
      GYM__DTYPE_NONE /* no dtype of these */
} gym__dtype;

/* The dtype of a name of GYM__DTYPE_MAP; GYM__DTYPE_NONE for any other. */
gym__dtype gym__dtype_of(const char *name);

/* Its name; "none" for GYM__DTYPE_NONE. */
const char *gym__dtype_name(gym__dtype dtype);

/* The bytes of an element; 0 for GYM__DTYPE_NONE. */
size_t gym__dtype_itemsize(gym__dtype dtype);

enum {
  GYM__CONVERT_OK = 0,
  GYM__CONVERT_INEXACT = 1, /* element *bad cannot be held by the other type */
  GYM__CONVERT_DTYPE = 2    /* there is no conversion between these (complex numbers) */
};

/* In all three, `to` may be NULL: then elements are only checked. All are checked before the first is
 * written. */

/* Widens to float64: 64-bit integers beyond 2^53 and long doubles need not be held exactly. */
int gym__to_float64(gym__dtype from_dtype, const void *from, size_t count, double *to, size_t *bad);

/* Narrows float64: integers must be whole and in range, bool 0 or 1; a finite number must not become
 * infinite. Rounding of fractions to a smaller float is what such a space asks for. */
int gym__from_float64(gym__dtype to_dtype, const double *from, size_t count, void *to, size_t *bad);

/* From any dtype to any: equal dtypes bit by bit; to integers and bool by value, which must fit; to floats
 * rounded as NumPy's astype does, but a finite number must not become infinite, and an integer must be held
 * exactly. */
int gym__recast(gym__dtype from_dtype, const void *from, gym__dtype to_dtype, void *to, size_t count,
                size_t *bad);

/* Converts without looking what becomes of it, as NumPy's astype does: for numbers that `to_dtype` is known
 * to hold, and to floats, where the nearest is taken. Both are dtypes of real numbers, or equal. */
void gym__cast(gym__dtype from_dtype, const void *from, gym__dtype to_dtype, void *to, size_t count);

/* gym__cast to `middle` and from there to `to_dtype`: what `middle` holds of the numbers. */
void gym__cast_through(gym__dtype from_dtype, const void *from, gym__dtype middle, gym__dtype to_dtype,
                       void *to, size_t count);

#endif /* GOGYM_SPACE_DTYPE_H_ */
