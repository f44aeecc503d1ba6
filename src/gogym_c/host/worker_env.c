/* Isolated environments begin and end: make, wrap, clone, close. */
#include "worker_env.h"

#include <stdlib.h>
#include <string.h>

#include "gogym_remote.h"

/* No element is larger in the native layout than this for each one in the float64 layout: complex128, or a
 * longdouble; what aligns a leaf is not larger than the leaf. So an action space may be replaced by another
 * one of the same size, and there is still room. */
#define MOST_NBYTES 16u

/* Room that a little wrapper takes, such as one that stacks observations. */
#define SPARE_NBYTES 16384u

#define ROUND_UP(nbytes) (((nbytes) + GYM__SLAB_LINE - 1) / GYM__SLAB_LINE * GYM__SLAB_LINE)

static int fail_memory(gym_error *err) { return gym__fail(err, GYM_ERR_MEMORY, "out of memory"); }

/* ------------------------------------------------------------------------- the object */

static char *copy_text(const char *text) {
  size_t nbytes = strlen(text) + 1;
  char *copy = malloc(nbytes);
  if (copy) memcpy(copy, text, nbytes);
  return copy;
}

static int add_wrappers(gym__worker_env *env, const char *wrappers) {
  char **list = realloc(env->wrappers, (env->wrapper_count + 1) * sizeof *list);
  if (!list) return 0;
  env->wrappers = list;
  list[env->wrapper_count] = copy_text(wrappers);
  if (!list[env->wrapper_count]) return 0;
  env->wrapper_count++;
  return 1;
}

/* The worker is asked to end, unless a space still needs it, and waited for for a moment. */
static void free_env(gym__worker_env *env) {
  if (!env) return;
  if (env->worker) {
    gym__worker_ask_if_last(env->worker);
    gym__worker_part_with(env->worker, gym__worker_exit_deadline());
  }
  gym__memory_free(&env->larger);
  gym__memory_free(&env->memory);
  for (size_t i = 0; i < env->wrapper_count; i++) free(env->wrappers[i]);
  free(env->wrappers);
  free(env->options);
  free(env->id);
  free(env);
}

static gym__worker_env *new_env(const char *id, const char *options, const gym__worker_options *settings) {
  gym__worker_env *env = calloc(1, sizeof *env);
  if (!env) return NULL;
  env->memory.control_fd = env->memory.data_fd = -1;
  env->larger.control_fd = env->larger.data_fd = -1;
  env->settings = *settings;
  env->timeout_ns = (uint64_t)(settings->timeout * 1e9);
  if (settings->timeout > 0 && env->timeout_ns == 0) env->timeout_ns = 1;
  env->id = copy_text(id);
  env->options = options ? copy_text(options) : NULL;
  if (env->id && (env->options || !options)) return env;
  free_env(env);
  return NULL;
}

/* ------------------------------------------------------------------------- make */

/* The environment's handle in the worker, and its sizes: what the worker answers when it has made one. */
static int read_made(const gym_value *reply, uint64_t *remote, size_t sizes[GYM__SLOT_SIZES],
                     gym_error *err) {
  /* The order of gogym_remote.h. */
  static const int order[GYM__SLOT_SIZES] = {GYM__OBSERVATION_SIZE, GYM__OBSERVATION_NBYTES, GYM__ACTION_SIZE,
                                             GYM__ACTION_NBYTES};
  int64_t number;
  if (gym_value_int64(gym_value_at(reply, 0), &number, NULL)) return gym__fail_reply(err);
  *remote = (uint64_t)number;
  for (size_t i = 0; i < GYM__SLOT_SIZES; i++) {
    if (gym_value_int64(gym_value_at(reply, i + 1), &number, NULL)) return gym__fail_reply(err);
    sizes[order[i]] = number < 0 ? GYM_DYNAMIC : (size_t)number;
  }
  return GYM_OK;
}

/* Bytes for an element in either layout, a little more than none where it has no fixed size. */
static uint64_t room_for(size_t size, size_t nbytes, size_t most_each) {
  uint64_t room = nbytes == GYM_DYNAMIC ? 0 : nbytes;
  if (size != GYM_DYNAMIC && room < (uint64_t)size * most_each) room = (uint64_t)size * most_each;
  return ROUND_UP(room + 1);
}

/* Sees to it that the data has room for actions and observations of these sizes. */
static int make_room(gym__worker_env *env, const size_t sizes[GYM__SLOT_SIZES], gym_error *err) {
  uint64_t action = room_for(sizes[GYM__ACTION_SIZE], sizes[GYM__ACTION_NBYTES], MOST_NBYTES);
  uint64_t observation =
      room_for(sizes[GYM__OBSERVATION_SIZE], sizes[GYM__OBSERVATION_NBYTES], sizeof(double));
  if (action <= env->action_room && observation <= env->observation_room) return GYM_OK;
  gym__memory fresh = {.control_fd = -1, .data_fd = -1};
  gym__memory *memory = env->data ? &fresh : &env->memory;
  int status = env->data ? gym__memory_make(1, &fresh, err) : GYM_OK;
  if (!status) status = gym__memory_extend(memory, action + observation + SPARE_NBYTES, err);
  if (!status)
    status = gym__worker_map(env->worker, env->data ? fresh.data_fd : -1, memory->data_nbytes, err);
  if (status) {
    gym__memory_free(&fresh);
    return status;
  }
  if (env->data) {
    gym__memory_free(&env->larger);
    env->larger = fresh;
  }
  env->data = memory->data;
  env->data_nbytes = memory->data_nbytes;
  env->action_room = action;
  env->observation_room = env->data_nbytes - action;
  gym__station *station = gym__worker_station(env->worker);
  station->action_offset = 0;
  station->observation_offset = action;
  return GYM_OK;
}

static int start_worker(gym__worker_env *env, gym_error *err) {
  char python[GYM__PATH_SIZE];
  int status = gym__worker_python(env->settings.python[0] ? env->settings.python : NULL, python, err);
  if (!status) status = gym__memory_make(1, &env->memory, err);
  if (status) return status;
  const gym__worker_plan plan = {
      .python = python, .memory_limit = env->settings.memory_limit, .timeout = env->settings.timeout};
  status = gym__worker_start(&plan, &env->memory, 0, &env->worker, err);
  return status ? status : gym__worker_greet(env->worker, NULL, err);
}

/* Asks for an environment, or for one that is wrapped. */
static int ask_for(gym__worker_env *env, const char *wrappers, size_t sizes[GYM__SLOT_SIZES],
                   gym_error *err) {
  gym_value *reply = NULL;
  int status = wrappers ? gym__worker_call(env->worker, GYM__REMOTE_ENV_WRAP, &reply, err, "s", wrappers)
                        : gym__worker_call(env->worker, GYM__REMOTE_ENV_MAKE, &reply, err, "ss", env->id,
                                           env->options);
  if (!status) status = read_made(reply, &env->remote, sizes, err);
  gym_value_free(reply);
  return status;
}

static int make_env(gym__worker_env *env, size_t sizes[GYM__SLOT_SIZES], gym_error *err) {
  int status = start_worker(env, err);
  return status ? status : ask_for(env, NULL, sizes, err);
}

static int open_slot(gym__worker_env *env, const size_t sizes[GYM__SLOT_SIZES], gym_env *out,
                     gym_error *err) {
  gym__slot *slot = gym__slot_open(GYM__HANDLE_WORKER_ENV, env, NULL, sizes);
  if (!slot) return gym__fail(err, GYM_ERR_MEMORY, "no handle is left for an environment");
  out->id = slot->id;
  return GYM_OK;
}

static int make_open(const char *id, const char *options, gym_env *out, gym_error *err) {
  gym__worker_options settings;
  size_t sizes[GYM__SLOT_SIZES];
  int status = gym__read_make_options(options, &settings, err);
  if (status) return status;
  gym__worker_env *env = new_env(id, options, &settings);
  status = env ? make_env(env, sizes, err) : fail_memory(err);
  if (!status) status = make_room(env, sizes, err);
  if (!status) status = open_slot(env, sizes, out, err);
  if (status) free_env(env);
  return status;
}

static int begin_making(gym_error *err) {
  int status = gym__worker_check(err);
  if (status) return status;
  return gym__make_begin() ? GYM_OK : gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called");
}

int gym__worker_env_make(const char *id, const char *options, gym_env *out, gym_error *err) {
  int status = begin_making(err);
  if (status) return status;
  status = make_open(id, options, out, err);
  gym__make_end();
  return status;
}

/* ------------------------------------------------------------------------- wrap */

/* The environment in the worker is wrapped, and cannot be unwrapped: it is of no use without what goes with
 * that here. */
static int give_up_wrapped(gym__worker_env *env, int status) {
  gym__worker_kill(env->worker, "was ended, because what a wrapped environment needs could not be had");
  return status;
}

/* With the slot locked. */
static int wrap_locked(gym__slot *slot, const char *wrappers, gym_env *out, gym_error *err) {
  gym__worker_env *env = slot->object;
  size_t sizes[GYM__SLOT_SIZES];
  if (!add_wrappers(env, wrappers)) return fail_memory(err);
  int status = ask_for(env, wrappers, sizes, err);
  if (status) {
    free(env->wrappers[--env->wrapper_count]);
    return status;
  }
  status = make_room(env, sizes, err);
  if (!status) status = open_slot(env, sizes, out, err);
  if (status) return give_up_wrapped(env, status);
  gym__slot_invalidate(slot);
  return GYM_OK;
}

int gym__worker_env_wrap(gym_env env, const char *wrappers, gym_env *out, gym_error *err) {
  gym__slot *slot;
  int status = begin_making(err);
  if (status) return status;
  status = gym__slot_lock(GYM__HANDLE_WORKER_ENV, env.id, &slot, err);
  if (!status) {
    status = wrap_locked(slot, wrappers, out, err);
    gym__slot_unlock(slot);
    if (!status) gym__slot_free(slot);
  }
  gym__make_end();
  return status;
}

/* ------------------------------------------------------------------------- clone */

static int load(gym__worker_env *env, const void *state, size_t nbytes, gym_error *err) {
  return gym__worker_call(env->worker, GYM__REMOTE_ENV_LOAD_STATE, NULL, err, "b", state, nbytes);
}

/* Puts the clone into the state of its original. Some states hold what only a reset makes. */
static int load_clone(gym__worker_env *env, const gym_value *state, gym_error *err) {
  size_t nbytes;
  const void *bytes = gym_value_bytes(state, &nbytes);
  int status = load(env, bytes, nbytes, err);
  if (status != GYM_ERR_STATE) return status;
  int reset = gym__worker_call(env->worker, GYM__REMOTE_ENV_RESET_VALUE, NULL, NULL, "iiis", (int64_t)0,
                               (int64_t)0, (int64_t)0, (const char *)NULL);
  return reset ? status : load(env, bytes, nbytes, err);
}

static int save(const gym__worker_env *env, gym_value **state, gym_error *err) {
  gym_value *reply = NULL;
  int status = gym__worker_call(env->worker, GYM__REMOTE_ENV_SAVE_STATE, &reply, err, "");
  if (!status) status = gym__reply_tree(reply, 0, state, err);
  gym_value_free(reply);
  return status;
}

static int clone_locked(const gym__worker_env *env, gym_env *out, gym_error *err) {
  gym_value *state = NULL;
  size_t sizes[GYM__SLOT_SIZES];
  int status = save(env, &state, err);
  if (status) return status;
  gym__worker_env *other = new_env(env->id, env->options, &env->settings);
  status = other ? make_env(other, sizes, err) : fail_memory(err);
  for (size_t i = 0; !status && i < env->wrapper_count; i++) {
    status = add_wrappers(other, env->wrappers[i]) ? ask_for(other, env->wrappers[i], sizes, err)
                                                   : fail_memory(err);
  }
  if (!status) status = load_clone(other, state, err);
  if (!status) status = make_room(other, sizes, err);
  if (!status) status = open_slot(other, sizes, out, err);
  if (status) free_env(other);
  gym_value_free(state);
  return status;
}

int gym__worker_env_clone(gym_env env, gym_env *out, gym_error *err) {
  gym__slot *slot;
  int status = begin_making(err);
  if (status) return status;
  status = gym__slot_lock(GYM__HANDLE_WORKER_ENV, env.id, &slot, err);
  if (!status) {
    status = clone_locked(slot->object, out, err);
    gym__slot_unlock(slot);
  }
  gym__make_end();
  return status;
}

/* ------------------------------------------------------------------------- close */

static int close_env(gym_env env, gym_error *err) {
  gym__slot *slot;
  int status = gym__slot_lock(GYM__HANDLE_WORKER_ENV, env.id, &slot, err);
  if (status) return status;
  gym__worker_env *object = slot->object;
  /* With a worker that has ended there is nothing left to be closed. */
  if (!gym__worker_has_ended(object->worker)) {
    gym__worker_lock(object->worker);
    if (gym__worker_send(object->worker, GYM__REMOTE_ENV_CLOSE, NULL, "") == GYM_OK)
      status = gym__worker_receive_closed(object->worker, gym__worker_close_deadline(object->worker), err);
    gym__worker_unlock(object->worker);
  }
  gym__slot_invalidate(slot);
  gym__slot_unlock(slot);
  gym__slot_free(slot);
  free_env(object);
  return status;
}

/* gym_shutdown waits for it before it ends the workers. */
int gym__worker_env_close(gym_env env, gym_error *err) {
  if (!gym__make_begin()) return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called");
  int status = close_env(env, err);
  gym__make_end();
  return status;
}

int gym__close_worker_envs(gym_error *err) {
  uint32_t index = 0;
  int status = GYM_OK;
  for (uint64_t id; (id = gym__slot_next(&index)) != 0;) {
    if (id >> 56 != (uint64_t)GYM__HANDLE_WORKER_ENV) continue;
    gym_error failure = GYM_ERROR_INIT;
    int closed = close_env((gym_env){id}, &failure);
    if (closed == GYM_ERR_HANDLE || closed == GYM_ERR_SHUTDOWN || !closed)
      continue; /* another thread was first */
    if (!status) status = gym__error_set(err, closed, failure.type, failure.message, failure.traceback);
  }
  return status;
}
