/* Drawing random elements as gymnasium.spaces does, with NumPy's own generators and distributions, so that
 * every draw is the one that Python's space.sample() would have made next, and leaves the generator as that
 * would.
 *
 * Plain C without Python. The caller sees to it that nobody else uses the generator meanwhile. `out` needs no
 * alignment. Each function gives 0 where it cannot tell for sure what Python would do, or where Python would
 * raise or warn (an empty range, 64-bit bounds beyond 2^53, a sum that overflows, long doubles): nothing has
 * been drawn or written then, and the caller asks Python. */
#ifndef GOGYM_SAMPLE_H_
#define GOGYM_SAMPLE_H_

#include <stddef.h>
#include <stdint.h>

#include "../space/dtype.h"

struct bitgen; /* NumPy's bitgen_t */

/* Takes the distributions from `path`, the file of the extension module that NumPy's Generator comes from:
 * what is drawn then is this NumPy's, whatever version it is. Comes before all others. 0: not all of them are
 * there. */
int gym__sample_load(const char *path);

/* Box: elements without bounds are normal, those with one exponential from it, the rest uniform; Gymnasium
 * draws them in this order, each kind in C order. `low` and `high` are of `dtype`, below and above NumPy
 * bools. */
int gym__sample_box(struct bitgen *generator, gym__dtype dtype, size_t count, const void *low,
                    const void *high, const uint8_t *below, const uint8_t *above, void *out);

/* `n` and `start` are the bits of a uint64 where the dtype is that. */
int gym__sample_discrete(struct bitgen *generator, gym__dtype dtype, int64_t n, int64_t start, void *out);

/* `nvec` and `start` are of `dtype`. */
int gym__sample_multi_discrete(struct bitgen *generator, gym__dtype dtype, size_t count, const void *nvec,
                               const void *start, void *out);

int gym__sample_multi_binary(struct bitgen *generator, size_t count, int8_t *out);

/* int32[max_length] character indices, padded with `charset_length`. `cdf` is float64[charset_length]: what
 * numpy.random.Generator.choice makes of equal probabilities. */
int gym__sample_text(struct bitgen *generator, size_t min_length, size_t max_length, const double *cdf,
                     size_t charset_length, void *out);

/* OneOf's index: an integer from 0 to count - 1, which is not negative. */
int64_t gym__sample_index(struct bitgen *generator, int64_t count);

#endif /* GOGYM_SAMPLE_H_ */
