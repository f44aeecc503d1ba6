/* Numbers between NumPy's dtypes and float64, element by element, nothing rounded in silence. */
#ifndef GOGYM_CONVERT_H_
#define GOGYM_CONVERT_H_

#include <stddef.h>

enum {
  GYM__CONVERT_OK = 0,
  GYM__CONVERT_INEXACT = 1, /* element *bad cannot be held by the other type */
  GYM__CONVERT_DTYPE = 2    /* this dtype has no loop here */
};

/* Widens `count` aligned, native elements of NumPy type `type_num` to float64. Nothing is written unless all
 * elements are held exactly (64-bit integers beyond 2^53 need not be). No loop: float16, complex, object ...
 */
int gym__to_float64(int type_num, const void *from, size_t count, double *to, size_t *bad);

/* Narrows float64 to `type_num`: integers must be whole and in range, bool 0 or 1; a finite number must not
 * become infinite. Rounding of fractions to float32 is what a float32 space asks for. */
int gym__from_float64(int type_num, const double *from, size_t count, void *to, size_t *bad);

#endif /* GOGYM_CONVERT_H_ */
