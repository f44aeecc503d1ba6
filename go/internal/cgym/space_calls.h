/* A copy of src/gogym_c/space_calls.h, made by tools/copy_go_sources.py; edit that one. */
/* The table's functions on spaces that need neither Python nor the GIL, of both backends: a slot's `data` is
 * the gym__space. */
#ifndef GOGYM_SPACE_CALLS_H_
#define GOGYM_SPACE_CALLS_H_

#include "gogym.h"

int gym__space_call_size(gym_space space, size_t *out, gym_error *err);
int gym__space_call_nbytes(gym_space space, size_t *out, gym_error *err);
int gym__space_call_flatdim(gym_space space, size_t *out, gym_error *err);
int gym__space_call_contains(gym_space space, const double *x, size_t x_len, int *out, gym_error *err);
int gym__space_call_contains_native(gym_space space, const void *x, size_t x_nbytes, int *out,
                                    gym_error *err);
int gym__space_call_flatten(gym_space space, const double *x, size_t x_len, double *flat, size_t flat_len,
                            gym_error *err);
int gym__space_call_flatten_native(gym_space space, const void *x, size_t x_nbytes, void *flat,
                                   size_t flat_nbytes, gym_error *err);
int gym__space_call_unflatten(gym_space space, const double *flat, size_t flat_len, double *x, size_t x_len,
                              gym_error *err);
int gym__space_call_unflatten_native(gym_space space, const void *flat, size_t flat_nbytes, void *x,
                                     size_t x_nbytes, gym_error *err);

#endif /* GOGYM_SPACE_CALLS_H_ */
