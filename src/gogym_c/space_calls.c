#include "space_calls.h"

#include "gogym_error.h"
#include "handles.h"
#include "space.h"

/* What a handle must be of. Handles of a backend are in that backend's binary: in the host those of workers,
 * in the module those of its Python. */
static gym__handle_kind kind_of(gym_space space) {
  return gym__handle_backend(space.id) == GYM__BACKEND_WORKER ? GYM__HANDLE_WORKER_SPACE : GYM__HANDLE_SPACE;
}

int gym__space_call_size(gym_space space, size_t *out, gym_error *err) {
  return gym__slot_size(kind_of(space), space.id, GYM__SPACE_SIZE, out, err);
}

int gym__space_call_nbytes(gym_space space, size_t *out, gym_error *err) {
  return gym__slot_size(kind_of(space), space.id, GYM__SPACE_NBYTES, out, err);
}

int gym__space_call_flatdim(gym_space space, size_t *out, gym_error *err) {
  return gym__slot_size(kind_of(space), space.id, GYM__SPACE_FLATDIM, out, err);
}

/* Holds a space of fixed size. */
static int hold(gym_space space, gym__slot **slot, const gym__space **core, gym_error *err) {
  int code = gym__slot_hold(kind_of(space), space.id, slot, err);
  if (code) return code;
  *core = (*slot)->data;
  if (*core) return GYM_OK;
  int is_fixed = atomic_load_explicit(&(*slot)->sizes[GYM__SPACE_SIZE], memory_order_relaxed) != GYM_DYNAMIC;
  gym__slot_let_go(*slot);
  if (is_fixed)
    return gym__fail(err, GYM_ERR_UNSUPPORTED,
                     "the space is in a worker process, and its value does not hold all of it (it is nested "
                     "deeper than 60 spaces, or has characters that UTF-8 does not have): only the functions "
                     "that end in _value take its elements");
  return gym__fail(
      err, GYM_ERR_DYNAMIC,
      "the space has no fixed size (a Sequence, Graph or custom space, or one that contains such): "
      "only the functions that end in _value take its elements");
}

static int check_exact(const char *what, size_t given, size_t needed, const char *unit, gym_error *err) {
  if (given == needed) return GYM_OK;
  return gym__fail(err, GYM_ERR_BUFFER, "the %s has %zu %s; this space needs exactly %zu", what, given, unit,
                   needed);
}

static int check_room(const char *what, size_t given, size_t needed, const char *unit, gym_error *err) {
  if (given >= needed) return GYM_OK;
  return gym__fail(err, GYM_ERR_BUFFER, "the buffer for the %s has %zu %s; this space needs %zu", what, given,
                   unit, needed);
}

static int check_flatdim(const gym__space *core, gym_error *err) {
  if (core->flatdim != GYM_DYNAMIC) return GYM_OK;
  return gym__fail(err, GYM_ERR_DYNAMIC, "the flat form of the space is too large for any memory");
}

static size_t flat_nbytes_of(const gym__space *core) {
  return core->flatdim * gym__dtype_itemsize(core->flat_dtype);
}

int gym__space_call_contains(gym_space space, const double *x, size_t x_len, int *out, gym_error *err) {
  gym__slot *slot;
  const gym__space *core;
  int code = hold(space, &slot, &core, err);
  if (code) return code;
  code = check_exact("element", x_len, core->size, "numbers", err);
  if (!code) *out = gym__space_contains(core, x);
  gym__slot_let_go(slot);
  return code;
}

int gym__space_call_contains_native(gym_space space, const void *x, size_t x_nbytes, int *out,
                                    gym_error *err) {
  gym__slot *slot;
  const gym__space *core;
  int code = hold(space, &slot, &core, err);
  if (code) return code;
  code = check_exact("element", x_nbytes, core->nbytes, "bytes", err);
  if (!code) *out = gym__space_contains_native(core, x);
  gym__slot_let_go(slot);
  return code;
}

int gym__space_call_flatten(gym_space space, const double *x, size_t x_len, double *flat, size_t flat_len,
                            gym_error *err) {
  gym__slot *slot;
  const gym__space *core;
  int code = hold(space, &slot, &core, err);
  if (code) return code;
  code = check_flatdim(core, err);
  if (!code) code = check_exact("element", x_len, core->size, "numbers", err);
  if (!code) code = check_room("flat element", flat_len, core->flatdim, "numbers", err);
  if (!code) code = gym__space_flatten(core, x, flat, err);
  gym__slot_let_go(slot);
  return code;
}

int gym__space_call_flatten_native(gym_space space, const void *x, size_t x_nbytes, void *flat,
                                   size_t flat_nbytes, gym_error *err) {
  gym__slot *slot;
  const gym__space *core;
  int code = hold(space, &slot, &core, err);
  if (code) return code;
  code = check_flatdim(core, err);
  if (!code) code = check_exact("element", x_nbytes, core->nbytes, "bytes", err);
  if (!code) code = check_room("flat element", flat_nbytes, flat_nbytes_of(core), "bytes", err);
  if (!code) code = gym__space_flatten_native(core, x, flat, err);
  gym__slot_let_go(slot);
  return code;
}

int gym__space_call_unflatten(gym_space space, const double *flat, size_t flat_len, double *x, size_t x_len,
                              gym_error *err) {
  gym__slot *slot;
  const gym__space *core;
  int code = hold(space, &slot, &core, err);
  if (code) return code;
  code = check_flatdim(core, err);
  if (!code) code = check_exact("flat element", flat_len, core->flatdim, "numbers", err);
  if (!code) code = check_room("element", x_len, core->size, "numbers", err);
  if (!code) code = gym__space_unflatten(core, flat, x, err);
  gym__slot_let_go(slot);
  return code;
}

int gym__space_call_unflatten_native(gym_space space, const void *flat, size_t flat_nbytes, void *x,
                                     size_t x_nbytes, gym_error *err) {
  gym__slot *slot;
  const gym__space *core;
  int code = hold(space, &slot, &core, err);
  if (code) return code;
  code = check_flatdim(core, err);
  if (!code) code = check_exact("flat element", flat_nbytes, flat_nbytes_of(core), "bytes", err);
  if (!code) code = check_room("element", x_nbytes, core->nbytes, "bytes", err);
  if (!code) code = gym__space_unflatten_native(core, flat, x, err);
  gym__slot_let_go(slot);
  return code;
}
