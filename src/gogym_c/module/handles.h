/* Handles of environments: index + generation, a lock each, usable without the GIL.
 *
 * An id is, from the top: 8 bits backend (1 = embedded), 32 bits generation, 24 bits index. A slot's
 * generation grows with each environment that it takes, so that an old handle never fits again.
 *
 * Lock order: a slot's lock is taken before the GIL, never while holding it: the thread that owns the lock
 * may need the GIL to finish. Where a caller does hold the GIL (a host that embeds Python itself), it is
 * released while waiting. */
#ifndef GOGYM_HANDLES_H_
#define GOGYM_HANDLES_H_

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "gogym.h"

typedef struct gym__slot {
  pthread_mutex_t mutex;
  _Atomic(uint64_t) id;             /* the handle that is valid now, 0 for none */
  _Atomic(uintptr_t) owner;         /* the thread that holds the mutex, 0 for none */
  _Atomic(size_t) observation_size; /* float64 elements or GYM_DYNAMIC; set before the id */
  _Atomic(size_t) action_size;
  void *object; /* the Environment, a borrowed view of the module's own reference */
  uint32_t index;
  uint32_t generation;
  struct gym__slot *next_free;
} gym__slot;

/* Before and after making an environment. 0: no environment may be made any more. */
int gym__make_begin(void);
void gym__make_end(void);

/* From now on no environment can be made; waits for those that are being made. */
void gym__make_stop(void);

/* Takes a free slot for an environment and makes its handle valid. NULL if memory or handles run out. */
gym__slot *gym__slot_open(void *object, size_t observation_size, size_t action_size);

/* Waits until the environment behind a handle is free and takes it. GYM_ERR_HANDLE for a handle that is not
 * (or, after the wait, no longer) valid, GYM_ERR_SHUTDOWN where gym__make_stop was called since; GYM_ERR_BUSY
 * where this thread has it already. */
int gym__slot_lock(uint64_t id, gym__slot **out, gym_error *err);
void gym__slot_unlock(gym__slot *slot);

/* Makes the handle of a locked slot invalid for good. */
void gym__slot_invalidate(gym__slot *slot);

/* Gives an invalidated and unlocked slot back for a later environment. */
void gym__slot_free(gym__slot *slot);

/* Reads a size without waiting for the environment. */
int gym__slot_sizes(uint64_t id, size_t *observation_size, size_t *action_size, gym_error *err);

/* The id of some open environment at or behind *index, which moves on; 0 behind the last. */
uint64_t gym__slot_next(uint32_t *index);

#endif /* GOGYM_HANDLES_H_ */
