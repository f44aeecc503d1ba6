#include "worker_space.h"

#include <stdlib.h>
#include <string.h>

#include "gogym_error.h"
#include "gogym_remote.h"
#include "handles.h"
#include "space_value.h"
#include "worker_env.h"

/* What a slot's `object` is; its `data` is the gym__space, or NULL. */
typedef struct remote_space {
  gym__worker *worker; /* a reference */
  int64_t id;          /* the handle's bits in the worker */
} remote_space;

/* ------------------------------------------------------------------------------------- opening and closing
 */

static size_t size_of(const gym_value *description, const char *name) {
  int64_t size = -1;
  gym_value_int64(gym_value_get(description, name), &size, NULL);
  return size < 0 ? GYM_DYNAMIC : (size_t)size;
}

static int open_handle(gym__worker *worker, int64_t id, const gym_value *description, gym_space *out,
                       gym_error *err) {
  gym__space *core = NULL;
  size_t sizes[GYM__SLOT_SIZES] = {size_of(description, "size"), size_of(description, "nbytes"),
                                   size_of(description, "flatdim")};
  gym_error why = GYM_ERROR_INIT;
  int code = gym__space_from_value(description, &core, &why);
  /* Python has all of it, so that most calls work; the others see that the core is missing. */
  if (code && code != GYM_ERR_UNSUPPORTED) return gym__error_set(err, code, NULL, why.message, NULL);
  remote_space *space = malloc(sizeof *space);
  gym__slot *slot = NULL;
  if (space) {
    *space = (remote_space){worker, id};
    gym__worker_hold(worker);
    slot = gym__slot_open(GYM__HANDLE_WORKER_SPACE, space, core, sizes);
  }
  if (slot) {
    out->id = slot->id;
    return GYM_OK;
  }
  if (space) gym__worker_release(worker);
  free(space);
  gym__space_free(core);
  return gym__fail(err, GYM_ERR_MEMORY, "no memory, or no handle, is left for a space");
}

int gym__worker_space_take(gym__worker *worker, const gym_value *reply, gym_space *out, gym_error *err) {
  gym_value *description = NULL;
  int64_t id = 0;
  if (gym_value_int64(gym_value_at(reply, 0), &id, NULL)) return gym__fail_reply(err);
  int code = gym__reply_tree(reply, 1, &description, err);
  if (!code && !gym__make_begin()) {
    code = gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called");
  } else if (!code) {
    code = open_handle(worker, id, description, out, err);
    gym__make_end();
  }
  gym_value_free(description);
  if (code) gym__worker_call(worker, GYM__REMOTE_SPACE_CLOSE, NULL, NULL, "i", id);
  return code;
}

static int open_of(gym__worker *worker, int operation, uint64_t remote_env, gym_space *out, gym_error *err) {
  gym_value *reply = NULL;
  int code = gym__worker_call(worker, operation, &reply, err, "i", (int64_t)remote_env);
  if (!code) code = gym__worker_space_take(worker, reply, out, err);
  gym_value_free(reply);
  return code;
}

int gym__worker_space_of_observations_of(gym__worker *worker, uint64_t remote_env, gym_space *out,
                                         gym_error *err) {
  return open_of(worker, GYM__REMOTE_SPACE_OF_OBSERVATIONS, remote_env, out, err);
}

int gym__worker_space_of_actions_of(gym__worker *worker, uint64_t remote_env, gym_space *out,
                                    gym_error *err) {
  return open_of(worker, GYM__REMOTE_SPACE_OF_ACTIONS, remote_env, out, err);
}

static int close_handle(uint64_t id, int is_told, gym_error *err) {
  gym__slot *slot;
  int code = gym__slot_lock(GYM__HANDLE_WORKER_SPACE, id, &slot, err);
  if (code) return code;
  remote_space *space = slot->object;
  gym__space *core = slot->data;
  gym__slot_invalidate(slot);
  gym__slot_unlock(slot);
  gym__slot_free(slot);
  /* A worker that is gone has closed it. */
  if (is_told) gym__worker_call(space->worker, GYM__REMOTE_SPACE_CLOSE, NULL, NULL, "i", space->id);
  gym__worker_release(space->worker);
  gym__space_free(core);
  free(space);
  return GYM_OK;
}

int gym__worker_space_close(gym_space space, gym_error *err) { return close_handle(space.id, 1, err); }

int gym__close_worker_spaces(gym_error *err) {
  uint32_t index = 0;
  for (uint64_t id; (id = gym__slot_next(&index)) != 0;) {
    if (id >> 56 != GYM__HANDLE_WORKER_SPACE) continue;
    int code = close_handle(id, 0, err);
    if (code && code != GYM_ERR_HANDLE && code != GYM_ERR_SHUTDOWN)
      return code; /* closed by another thread */
  }
  return GYM_OK;
}

/* ------------------------------------------------------------------------------------- calls */

/* Locks a space for a call to its worker. */
static int lock(gym_space space, gym__slot **slot, const remote_space **out, gym_error *err) {
  int code = gym__slot_lock(GYM__HANDLE_WORKER_SPACE, space.id, slot, err);
  if (!code) *out = (*slot)->object;
  return code;
}

int gym__worker_space_child(gym_space space, size_t index, gym_space *out, gym_error *err) {
  gym__slot *slot;
  const remote_space *at;
  gym_value *reply = NULL;
  int code = lock(space, &slot, &at, err);
  if (code) return code;
  code = gym__worker_call(at->worker, GYM__REMOTE_SPACE_CHILD, &reply, err, "ii", at->id, (int64_t)index);
  if (!code) code = gym__worker_space_take(at->worker, reply, out, err);
  gym__slot_unlock(slot);
  gym_value_free(reply);
  return code;
}

/* Calls that take a text, which may be NULL, and answer with one result. */
static int ask(gym_space space, int operation, const char *text, gym_value **reply, gym_error *err) {
  gym__slot *slot;
  const remote_space *at;
  int code = lock(space, &slot, &at, err);
  if (code) return code;
  code = gym__worker_call(at->worker, operation, reply, err, "is", at->id, text);
  gym__slot_unlock(slot);
  return code;
}

static int ask_value(gym_space space, int operation, const char *text, gym_value **out, gym_error *err) {
  gym_value *reply = NULL;
  int code = ask(space, operation, text, &reply, err);
  if (!code && out) code = gym__reply_tree(reply, 0, out, err);
  gym_value_free(reply);
  return code;
}

int gym__worker_space_value(gym_space space, gym_value **out, gym_error *err) {
  return ask_value(space, GYM__REMOTE_SPACE_VALUE, NULL, out, err);
}

int gym__worker_space_seed(gym_space space, const char *seed, gym_value **seeds, gym_error *err) {
  return ask_value(space, GYM__REMOTE_SPACE_SEED, seed, seeds, err);
}

int gym__worker_space_sample_value(gym_space space, const char *options, gym_value **out, gym_error *err) {
  return ask_value(space, GYM__REMOTE_SPACE_SAMPLE_VALUE, options, out, err);
}

int gym__worker_space_flatten_value(gym_space space, const char *element, gym_value **out, gym_error *err) {
  return ask_value(space, GYM__REMOTE_SPACE_FLATTEN_VALUE, element, out, err);
}

int gym__worker_space_unflatten_value(gym_space space, const char *flat, gym_value **out, gym_error *err) {
  return ask_value(space, GYM__REMOTE_SPACE_UNFLATTEN_VALUE, flat, out, err);
}

int gym__worker_space_contains_value(gym_space space, const char *element, int *out, gym_error *err) {
  gym_value *reply = NULL;
  int64_t is_in = 0;
  int code = ask(space, GYM__REMOTE_SPACE_CONTAINS_VALUE, element, &reply, err);
  if (!code && gym_value_int64(gym_value_at(reply, 0), &is_in, NULL)) code = gym__fail_reply(err);
  if (!code) *out = is_in != 0;
  gym_value_free(reply);
  return code;
}

/* The worker judges the length, in elements of `itemsize` bytes, and answers with what an element needs. */
static int sample(gym_space space, int operation, const char *options, void *x, size_t length,
                  size_t itemsize, gym_error *err) {
  gym__slot *slot;
  const remote_space *at;
  gym_value *reply = NULL;
  size_t nbytes = 0;
  int code = lock(space, &slot, &at, err);
  if (code) return code;
  code = gym__worker_call(at->worker, operation, &reply, err, "isi", at->id, options, (int64_t)length);
  gym__slot_unlock(slot);
  if (code) return code;
  const void *drawn = gym_value_bytes(gym_value_at(reply, 0), &nbytes);
  if (!drawn || nbytes / itemsize > length) code = gym__fail_reply(err);
  if (!code && nbytes > 0) memcpy(x, drawn, nbytes);
  gym_value_free(reply);
  return code;
}

int gym__worker_space_sample(gym_space space, const char *options, double *x, size_t x_len, gym_error *err) {
  return sample(space, GYM__REMOTE_SPACE_SAMPLE, options, x, x_len, sizeof *x, err);
}

int gym__worker_space_sample_native(gym_space space, const char *options, void *x, size_t x_nbytes,
                                    gym_error *err) {
  return sample(space, GYM__REMOTE_SPACE_SAMPLE_NATIVE, options, x, x_nbytes, 1, err);
}
