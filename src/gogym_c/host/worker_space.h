/* Spaces of worker processes: of isolated environments and of vector environments. Not installed.
 *
 * A handle has a copy of the space in plain C, on which contains, flatten and unflatten work here
 * (space_calls.h), and a reference on its worker, whose Python does the rest. */
#ifndef GOGYM_WORKER_SPACE_H_
#define GOGYM_WORKER_SPACE_H_

#include "space_calls.h"
#include "worker.h"

/* Opens a handle from a worker's answer to an operation that opens a space: a list of its id there, and the
 * block of its value. Takes a reference on the worker, so that it lives on when its environment is closed.
 * The worker's own handle is given up, also where this fails. */
int gym__worker_space_take(gym__worker *worker, const gym_value *reply, gym_space *out, gym_error *err);

/* A space of the environment that has this handle in the worker. */
int gym__worker_space_of_observations_of(gym__worker *worker, uint64_t remote_env, gym_space *out,
                                         gym_error *err);
int gym__worker_space_of_actions_of(gym__worker *worker, uint64_t remote_env, gym_space *out, gym_error *err);

/* Closes all, for gym_shutdown: their workers are not told. */
int gym__close_worker_spaces(gym_error *err);

/* The table's functions on spaces of workers; those that need no message are gym__space_call_... */
int gym__worker_space_child(gym_space space, size_t index, gym_space *out, gym_error *err);
int gym__worker_space_close(gym_space space, gym_error *err);
int gym__worker_space_value(gym_space space, gym_value **out, gym_error *err);
int gym__worker_space_seed(gym_space space, const char *seed, gym_value **seeds, gym_error *err);
int gym__worker_space_sample(gym_space space, const char *options, double *x, size_t x_len, gym_error *err);
int gym__worker_space_sample_native(gym_space space, const char *options, void *x, size_t x_nbytes,
                                    gym_error *err);
int gym__worker_space_sample_value(gym_space space, const char *options, gym_value **out, gym_error *err);
int gym__worker_space_contains_value(gym_space space, const char *element, int *out, gym_error *err);
int gym__worker_space_flatten_value(gym_space space, const char *element, gym_value **out, gym_error *err);
int gym__worker_space_unflatten_value(gym_space space, const char *flat, gym_value **out, gym_error *err);

#endif /* GOGYM_WORKER_SPACE_H_ */
