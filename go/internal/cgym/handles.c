/* A copy of src/gogym_c/handles.c, made by tools/copy_go_sources.py; edit that one. */
#include "handles.h"

#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>

#include "gogym_error.h"
#include "gogym_gil.h"
#include "waiting.h"

/* Slots live in chunks that are never moved or freed, so that a reader needs no lock to reach one. */
#define CHUNK_BITS 10
#define CHUNK_SLOTS (1u << CHUNK_BITS)
#define INDEX_BITS 24
#define MAX_CHUNKS (1u << (INDEX_BITS - CHUNK_BITS))

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

static uint64_t make_id(gym__handle_kind kind, uint32_t index, uint32_t generation) {
  return ((uint64_t)kind << 56) | ((uint64_t)generation << INDEX_BITS) | index;
}

static gym__slot *slot_at(uint32_t index) {
  if (index >= atomic_load_explicit(&slot_count, memory_order_acquire)) return NULL;
  gym__slot *chunk = atomic_load_explicit(&chunks[index >> CHUNK_BITS], memory_order_acquire);
  return &chunk[index & (CHUNK_SLOTS - 1)];
}

static gym__slot *find(gym__handle_kind kind, uint64_t id) {
  if (id >> 56 != (uint64_t)kind) return NULL;
  gym__slot *slot = slot_at((uint32_t)(id & ((1u << INDEX_BITS) - 1)));
  if (!slot || atomic_load_explicit(&slot->id, memory_order_acquire) != id) return NULL;
  return slot;
}

/* What a handle is of, whichever the backend; NULL for no handle at all. */
static const char *kind_name(uint64_t kind) {
  switch (kind >> 4) {
    case GYM__HANDLE_ENV >> 4:
      return "environment";
    case GYM__HANDLE_SPACE >> 4:
      return "space";
    case GYM__HANDLE_BATCH >> 4:
      return "batch";
    case GYM__HANDLE_VEC >> 4:
      return "vector environment";
    default:
      return NULL;
  }
}

static const char *kind_maker(gym__handle_kind kind) {
  if (kind == GYM__HANDLE_VEC) return "gym_vec_make";
  return kind >> 4 == GYM__HANDLE_SPACE >> 4 ? "gym_space_make or gym_space_of_..." : "gym_make";
}

static int fail_handle(gym__handle_kind kind, uint64_t id, gym_error *err) {
  const char *name = kind_name((uint64_t)kind);
  if (atomic_load(&stopped)) return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has closed the %s", name);
  if (id == 0)
    return gym__fail(err, GYM_ERR_HANDLE, "the %s handle is zero; %s gives valid ones", name,
                     kind_maker(kind));
  if (kind_name(id >> 56) && kind_name(id >> 56) != name)
    return gym__fail(err, GYM_ERR_HANDLE, "the handle 0x%016" PRIx64 " is not one of a %s", id, name);
  return gym__fail(err, GYM_ERR_HANDLE,
                   "the %s handle 0x%016" PRIx64 " is not open: it was closed%s, or never came from %s", name,
                   id, kind >> 4 == GYM__HANDLE_ENV >> 4 ? " or wrapped" : "", kind_maker(kind));
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

gym__slot *gym__slot_open(gym__handle_kind kind, void *object, void *data,
                          const size_t sizes[GYM__SLOT_SIZES]) {
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
  slot->data = data;
  for (int i = 0; i < GYM__SLOT_SIZES; i++)
    atomic_store_explicit(&slot->sizes[i], sizes[i], memory_order_relaxed);
  slot->generation++;
  if (slot->generation == 0) slot->generation = 1; /* after 2^32 objects in one slot */
  atomic_store_explicit(&slot->id, make_id(kind, slot->index, slot->generation), memory_order_release);
  return slot;
}

/* 0: it would be waiting for ever. */
static int wait_for(gym__slot *slot) {
  gym__wait wait;
  if (!gym__wait_begin(&wait, &slot->owner)) return 0;
  void *state = gym__gil_release();
  pthread_mutex_lock(&slot->mutex);
  gym__gil_restore(state);
  gym__wait_end(&wait);
  return 1;
}

int gym__slot_lock(gym__handle_kind kind, uint64_t id, gym__slot **out, gym_error *err) {
  gym__slot *slot = find(kind, id);
  if (!slot) return fail_handle(kind, id, err);
  if (pthread_mutex_trylock(&slot->mutex) != 0) {
    if (atomic_load_explicit(&slot->owner, memory_order_relaxed) == gym__this_thread())
      return gym__fail(err, GYM_ERR_BUSY,
                       "the %s is inside a call of this very thread; its own methods and callbacks must not "
                       "call it through "
                       "gogym",
                       kind_name((uint64_t)kind));
    if (!wait_for(slot))
      return gym__fail(err, GYM_ERR_BUSY,
                       "the %s is inside a call that waits for this one: two environments whose methods or "
                       "callbacks call each other",
                       kind_name((uint64_t)kind));
  }
  atomic_store_explicit(&slot->owner, gym__this_thread(), memory_order_relaxed);
  if (atomic_load_explicit(&slot->id, memory_order_relaxed) != id) { /* closed while we waited */
    gym__slot_unlock(slot);
    return fail_handle(kind, id, err);
  }
  *out = slot;
  return GYM_OK;
}

void gym__slot_take_over(gym__slot *slot) { atomic_store(&slot->owner, gym__this_thread()); }

int gym__slot_is_mine(gym__handle_kind kind, uint64_t id) {
  gym__slot *slot = find(kind, id);
  return slot && atomic_load(&slot->owner) == gym__this_thread();
}

void gym__slot_unlock(gym__slot *slot) {
  atomic_store_explicit(&slot->owner, (uintptr_t)0, memory_order_relaxed);
  pthread_mutex_unlock(&slot->mutex);
}

int gym__slot_hold(gym__handle_kind kind, uint64_t id, gym__slot **out, gym_error *err) {
  gym__slot *slot = find(kind, id);
  if (!slot) return fail_handle(kind, id, err);
  /* First the announcement, then the look: gym__slot_invalidate does it the other way round, so that one of
   * the two sees the other. Hence the sequentially consistent order. */
  atomic_fetch_add(&slot->holders, 1u);
  if (atomic_load(&slot->id) != id) {
    gym__slot_let_go(slot);
    return fail_handle(kind, id, err);
  }
  *out = slot;
  return GYM_OK;
}

void gym__slot_let_go(gym__slot *slot) {
  atomic_fetch_sub_explicit(&slot->holders, 1u, memory_order_release);
}

void gym__slot_invalidate(gym__slot *slot) {
  atomic_store(&slot->id, (uint64_t)0);
  /* They hold it for nanoseconds, a large frame for microseconds, and need no lock of ours meanwhile. */
  while (atomic_load(&slot->holders) > 0) sched_yield();
  slot->object = NULL;
  slot->data = NULL;
}

void gym__slot_free(gym__slot *slot) {
  pthread_mutex_lock(&table_mutex);
  slot->next_free = free_slots;
  free_slots = slot;
  pthread_mutex_unlock(&table_mutex);
}

int gym__slot_size(gym__handle_kind kind, uint64_t id, int which, size_t *out, gym_error *err) {
  gym__slot *slot = find(kind, id);
  if (!slot) return fail_handle(kind, id, err);
  size_t size = atomic_load_explicit(&slot->sizes[which], memory_order_relaxed);
  atomic_thread_fence(memory_order_acquire);
  /* A close and a new make in between would have changed the id. */
  if (atomic_load_explicit(&slot->id, memory_order_relaxed) != id) return fail_handle(kind, id, err);
  *out = size;
  return GYM_OK;
}

void gym__slot_resize(gym__slot *slot, int which, size_t size) {
  atomic_store_explicit(&slot->sizes[which], size, memory_order_relaxed);
}

uint64_t gym__slot_next(uint32_t *index) {
  for (gym__slot *slot; (slot = slot_at(*index)) != NULL;) {
    (*index)++;
    uint64_t id = atomic_load_explicit(&slot->id, memory_order_acquire);
    if (id != 0) return id;
  }
  return 0;
}
