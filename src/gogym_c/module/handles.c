#include "handles.h"

#include <Python.h>
#include <inttypes.h>
#include <stdlib.h>

#include "gogym_error.h"

/* Slots live in chunks that are never moved or freed, so that a reader needs no lock to reach one. */
#define CHUNK_BITS 10
#define CHUNK_SLOTS (1u << CHUNK_BITS)
#define INDEX_BITS 24
#define MAX_CHUNKS (1u << (INDEX_BITS - CHUNK_BITS))
#define BACKEND_EMBEDDED 1u

static _Atomic(gym__slot *) chunks[MAX_CHUNKS];
static _Atomic(uint32_t) slot_count;
static pthread_mutex_t table_mutex = PTHREAD_MUTEX_INITIALIZER; /* guards growth and the free list */
static gym__slot *free_slots;

static pthread_mutex_t make_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t made = PTHREAD_COND_INITIALIZER;
static unsigned being_made;
static atomic_int stopped;

int gym__make_begin(void) {
  pthread_mutex_lock(&make_mutex);
  int allowed = !atomic_load(&stopped);
  being_made += (unsigned)allowed;
  pthread_mutex_unlock(&make_mutex);
  return allowed;
}

void gym__make_end(void) {
  pthread_mutex_lock(&make_mutex);
  being_made--;
  pthread_cond_broadcast(&made);
  pthread_mutex_unlock(&make_mutex);
}

void gym__make_stop(void) {
  pthread_mutex_lock(&make_mutex);
  atomic_store(&stopped, 1);
  while (being_made > 0) pthread_cond_wait(&made, &make_mutex);
  pthread_mutex_unlock(&make_mutex);
}

static uint64_t make_id(uint32_t index, uint32_t generation) {
  return ((uint64_t)BACKEND_EMBEDDED << 56) | ((uint64_t)generation << INDEX_BITS) | index;
}

static uintptr_t this_thread(void) { return (uintptr_t)pthread_self(); }

static gym__slot *slot_at(uint32_t index) {
  if (index >= atomic_load_explicit(&slot_count, memory_order_acquire)) return NULL;
  gym__slot *chunk = atomic_load_explicit(&chunks[index >> CHUNK_BITS], memory_order_acquire);
  return &chunk[index & (CHUNK_SLOTS - 1)];
}

static gym__slot *find(uint64_t id) {
  if (id >> 56 != BACKEND_EMBEDDED) return NULL;
  gym__slot *slot = slot_at((uint32_t)(id & ((1u << INDEX_BITS) - 1)));
  if (!slot || atomic_load_explicit(&slot->id, memory_order_acquire) != id) return NULL;
  return slot;
}

static int fail_handle(uint64_t id, gym_error *err) {
  if (atomic_load(&stopped))
    return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has closed the environment");
  if (id == 0)
    return gym__fail(err, GYM_ERR_HANDLE, "the environment handle is zero; gym_make gives valid ones");
  return gym__fail(
      err, GYM_ERR_HANDLE,
      "the environment handle 0x%016" PRIx64 " is not open: it was closed, or never came from gym_make", id);
}

/* A fresh slot at the end of the table; the table mutex is held. */
static gym__slot *grow(void) {
  uint32_t index = atomic_load_explicit(&slot_count, memory_order_relaxed);
  if (index >= 1u << INDEX_BITS) return NULL;
  gym__slot *chunk = atomic_load_explicit(&chunks[index >> CHUNK_BITS], memory_order_relaxed);
  if (!chunk) {
    chunk = calloc(CHUNK_SLOTS, sizeof *chunk);
    if (!chunk) return NULL;
    atomic_store_explicit(&chunks[index >> CHUNK_BITS], chunk, memory_order_release);
  }
  gym__slot *slot = &chunk[index & (CHUNK_SLOTS - 1)];
  if (pthread_mutex_init(&slot->mutex, NULL) != 0) return NULL;
  slot->index = index;
  atomic_store_explicit(&slot_count, index + 1, memory_order_release);
  return slot;
}

gym__slot *gym__slot_open(void *object, size_t observation_size, size_t action_size) {
  pthread_mutex_lock(&table_mutex);
  gym__slot *slot = free_slots;
  if (slot) {
    free_slots = slot->next_free;
  } else {
    slot = grow();
  }
  pthread_mutex_unlock(&table_mutex);
  if (!slot) return NULL;
  slot->object = object;
  atomic_store_explicit(&slot->observation_size, observation_size, memory_order_relaxed);
  atomic_store_explicit(&slot->action_size, action_size, memory_order_relaxed);
  slot->generation++;
  if (slot->generation == 0) slot->generation = 1; /* after 2^32 environments in one slot */
  atomic_store_explicit(&slot->id, make_id(slot->index, slot->generation), memory_order_release);
  return slot;
}

/* PyGILState_Check would not do: it always says yes once a sub-interpreter has been made. */
#if PY_VERSION_HEX < 0x030D0000
#define current_thread_state _PyThreadState_UncheckedGet
#else
#define current_thread_state PyThreadState_GetUnchecked
#endif

static int holds_gil(void) {
  PyThreadState *state = PyGILState_GetThisThreadState();
  return state != NULL && state == current_thread_state();
}

static void wait_for(gym__slot *slot) {
  if (holds_gil()) {
    PyThreadState *state = PyEval_SaveThread();
    pthread_mutex_lock(&slot->mutex);
    PyEval_RestoreThread(state);
  } else {
    pthread_mutex_lock(&slot->mutex);
  }
}

int gym__slot_lock(uint64_t id, gym__slot **out, gym_error *err) {
  gym__slot *slot = find(id);
  if (!slot) return fail_handle(id, err);
  if (pthread_mutex_trylock(&slot->mutex) != 0) {
    if (atomic_load_explicit(&slot->owner, memory_order_relaxed) == this_thread())
      return gym__fail(err, GYM_ERR_BUSY,
                       "the environment is inside a call of this very thread; its own step, reset or close "
                       "must not call it through gogym");
    wait_for(slot);
  }
  atomic_store_explicit(&slot->owner, this_thread(), memory_order_relaxed);
  if (atomic_load_explicit(&slot->id, memory_order_relaxed) != id) { /* closed while we waited */
    gym__slot_unlock(slot);
    return fail_handle(id, err);
  }
  *out = slot;
  return GYM_OK;
}

void gym__slot_unlock(gym__slot *slot) {
  atomic_store_explicit(&slot->owner, (uintptr_t)0, memory_order_relaxed);
  pthread_mutex_unlock(&slot->mutex);
}

void gym__slot_invalidate(gym__slot *slot) {
  atomic_store_explicit(&slot->id, (uint64_t)0, memory_order_release);
  slot->object = NULL;
}

void gym__slot_free(gym__slot *slot) {
  pthread_mutex_lock(&table_mutex);
  slot->next_free = free_slots;
  free_slots = slot;
  pthread_mutex_unlock(&table_mutex);
}

int gym__slot_sizes(uint64_t id, size_t *observation_size, size_t *action_size, gym_error *err) {
  gym__slot *slot = find(id);
  if (!slot) return fail_handle(id, err);
  *observation_size = atomic_load_explicit(&slot->observation_size, memory_order_relaxed);
  *action_size = atomic_load_explicit(&slot->action_size, memory_order_relaxed);
  atomic_thread_fence(memory_order_acquire);
  /* A close and a new make in between would have changed the id. */
  if (atomic_load_explicit(&slot->id, memory_order_relaxed) != id) return fail_handle(id, err);
  return GYM_OK;
}

uint64_t gym__slot_next(uint32_t *index) {
  for (gym__slot *slot; (slot = slot_at(*index)) != NULL;) {
    (*index)++;
    uint64_t id = atomic_load_explicit(&slot->id, memory_order_acquire);
    if (id != 0) return id;
  }
  return 0;
}
