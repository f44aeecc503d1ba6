/* A copy of src/gogym_c/space/rows.h, made by tools/copy_go_sources.py; edit that one. */
/* Arrays with the elements of many environments, and the rows that they lie in. Not installed.
 *
 * These are the loops that a vector environment of a thousand small environments spends its time in: each is
 * the special case of a conversion in dtype.h that compilers turn into good code, and says so where it does
 * not apply. */
#ifndef GOGYM_ROWS_H_
#define GOGYM_ROWS_H_

#include <stddef.h>

#include "dtype.h"
#include "gogym.h"

/* Whole numbers of less than 52 bits; 0 where there is another number, and `to` may have been written. */
int gym__rows_to_int64(const double *from, size_t count, int64_t *to);

/* A matrix without gaps in its columns (column j begins `column` elements after the one before) to rows
 * without gaps. 0 for dtypes that it is not made for. */
int gym__rows_transpose(gym__dtype from_dtype, const void *from, size_t column, size_t rows, size_t columns,
                        gym__dtype to_dtype, void *to);

/* Rewards and flags to transitions. 0 for a dtype that it is not made for. */
int gym__rows_join(gym__dtype reward_dtype, const void *rewards, const uint8_t *terminated,
                   const uint8_t *truncated, size_t count, gym_transition *to);

/* How many of the states are `state`. They must not be written meanwhile. */
size_t gym__rows_count(const uint8_t *states, size_t count, uint8_t state);

/* Gives all rows a state, after what was written before. */
void gym__rows_mark(uint8_t *states, size_t count, uint8_t state);

#endif /* GOGYM_ROWS_H_ */
