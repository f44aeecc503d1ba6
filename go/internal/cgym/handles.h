/* A copy of src/gogym_c/handles.h, made by tools/copy_go_sources.py; edit that one. */
/* Handles of environments, spaces and vector environments, in the host and in the module: index + generation,
 * a lock each, usable without the GIL.
 *
 * An id is, from the top: 8 bits that say what it is and whose (gym__handle_kind), 32 bits generation, 24
 * bits index. A slot's generation grows with each object that it takes, so that an old handle never fits
 * again.
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

/* The top 8 bits of an id: the lower four are the backend (1 = embedded, 2 = worker processes, 0 = the host
 * itself), the upper four the kind of object. */
enum { GYM__BACKEND_HOST = 0, GYM__BACKEND_EMBEDDED = 1, GYM__BACKEND_WORKER = 2 };
typedef enum gym__handle_kind {
  GYM__HANDLE_ENV = 0x01,
  GYM__HANDLE_SPACE = 0x11,
  GYM__HANDLE_BATCH = 0x21,
  GYM__HANDLE_WORKER_ENV = 0x02,
  GYM__HANDLE_WORKER_SPACE = 0x12,
  GYM__HANDLE_VEC = 0x30
} gym__handle_kind;

/* The backend of a handle. */
static inline int gym__handle_backend(uint64_t id) { return (int)(id >> 56) & 15; }

/* The sizes that a slot tells without its lock. */
enum {
  GYM__OBSERVATION_SIZE, /* of an environment: float64 elements, bytes; or GYM_DYNAMIC */
  GYM__OBSERVATION_NBYTES,
  GYM__ACTION_SIZE,
  GYM__ACTION_NBYTES,
  GYM__SPACE_SIZE = 0, /* of a space */
  GYM__SPACE_NBYTES,
  GYM__SPACE_FLATDIM,
  GYM__SLOT_SIZES = 4
};

typedef struct gym__slot {
  pthread_mutex_t mutex;
  _Atomic(uint64_t) id;                   /* the handle that is valid now, 0 for none */
  _Atomic(uint32_t) holders;              /* threads between gym__slot_hold and gym__slot_let_go */
  _Atomic(uintptr_t) owner;               /* the thread that holds the mutex, 0 for none */
  _Atomic(size_t) sizes[GYM__SLOT_SIZES]; /* set before the id */
  void *object; /* the Environment or SpaceHandle, a borrowed view of the module's own reference */
  void *data; /* of a space: its gym__space, which belongs to the object; NULL where it has no fixed size. Of
                 an environment: the gym__bound_thread that its calls run on, NULL for any thread */
  uint32_t index;
  uint32_t generation;
  struct gym__slot *next_free;
} gym__slot;

/* Before and after making an environment or a space. 0: nothing may be made any more. */
int gym__make_begin(void);
void gym__make_end(void);

/* From now on nothing can be made; waits for what is being made. */
void gym__make_stop(void);

/* Takes a free slot for an object and makes its handle valid. NULL if memory or handles run out. */
gym__slot *gym__slot_open(gym__handle_kind kind, void *object, void *data,
                          const size_t sizes[GYM__SLOT_SIZES]);

/* Waits until the object behind a handle is free and takes it. GYM_ERR_HANDLE for a handle that is not (or,
 * after the wait, no longer) valid or of another kind, GYM_ERR_SHUTDOWN where gym__make_stop was called
 * since; GYM_ERR_BUSY where this thread has it already. */
int gym__slot_lock(gym__handle_kind kind, uint64_t id, gym__slot **out, gym_error *err);
void gym__slot_unlock(gym__slot *slot);

/* Makes the calling thread the owner of a slot that another one has locked and waits for it: the thread that
 * an environment is bound to. */
void gym__slot_take_over(gym__slot *slot);

/* Whether the calling thread is inside a call of the object behind a handle. */
int gym__slot_is_mine(gym__handle_kind kind, uint64_t id);

/* Keeps `data` of a slot in being without taking its lock: any number of threads may do that at a time, and
 * nobody waits. GYM_ERR_HANDLE and GYM_ERR_SHUTDOWN as gym__slot_lock. */
int gym__slot_hold(gym__handle_kind kind, uint64_t id, gym__slot **out, gym_error *err);
void gym__slot_let_go(gym__slot *slot);

/* Makes the handle of a locked slot invalid for good, and waits for those who hold it. */
void gym__slot_invalidate(gym__slot *slot);

/* Gives an invalidated and unlocked slot back for a later object. */
void gym__slot_free(gym__slot *slot);

/* Reads one of the sizes without waiting for the object. */
int gym__slot_size(gym__handle_kind kind, uint64_t id, int which, size_t *out, gym_error *err);

/* Changes one of the sizes of a locked slot. */
void gym__slot_resize(gym__slot *slot, int which, size_t size);

/* The id of some open object at or behind *index, which moves on; 0 behind the last. */
uint64_t gym__slot_next(uint32_t *index);

#endif /* GOGYM_HANDLES_H_ */
