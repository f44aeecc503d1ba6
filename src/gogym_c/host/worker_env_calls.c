/* Isolated environments: what goes by messages; and the table of all that is in worker processes. */
#include <string.h>

#include "gogym_remote.h"
#include "worker_env.h"
#include "worker_space.h"

int gym__fail_reply(gym_error *err) {
  return gym__fail(err, GYM_ERR_INTERNAL, "a worker process answered what is no answer to this call");
}

int gym__reply_tree(const gym_value *reply, size_t index, gym_value **out, gym_error *err) {
  size_t nbytes;
  const void *block = gym_value_bytes(gym_value_at(reply, index), &nbytes);
  return block ? gym_value_from_block(block, nbytes, out, err) : gym__fail_reply(err);
}

/* An environment, locked for a call. */
typedef struct locked {
  gym__slot *slot;
  gym__worker *worker;
} locked;

static int lock(gym_env env, locked *out, gym_error *err) {
  int status = gym__slot_lock(GYM__HANDLE_WORKER_ENV, env.id, &out->slot, err);
  if (!status) out->worker = ((gym__worker_env *)out->slot->object)->worker;
  return status;
}

/* The end of a call: gives the lock back, and the first result, where one is wanted, as a tree. */
static int finish(const locked *env, int status, gym_value *reply, gym_value **out, gym_error *err) {
  gym__slot_unlock(env->slot);
  if (!status && out) status = gym__reply_tree(reply, 0, out, err);
  gym_value_free(reply);
  return status;
}

/* A call with up to two texts, which may be NULL, that gives a tree. */
static int ask(gym_env env, int operation, gym_value **out, gym_error *err, const char *format, const char *a,
               const char *b) {
  locked at;
  gym_value *reply = NULL;
  int status = lock(env, &at, err);
  if (status) return status;
  status = gym__worker_call(at.worker, operation, &reply, err, format, a, b);
  return finish(&at, status, reply, out, err);
}

/* ------------------------------------------------------------------------- sizes */

static int observation_size(gym_env env, size_t *out, gym_error *err) {
  return gym__slot_size(GYM__HANDLE_WORKER_ENV, env.id, GYM__OBSERVATION_SIZE, out, err);
}

static int action_size(gym_env env, size_t *out, gym_error *err) {
  return gym__slot_size(GYM__HANDLE_WORKER_ENV, env.id, GYM__ACTION_SIZE, out, err);
}

static int observation_nbytes(gym_env env, size_t *out, gym_error *err) {
  return gym__slot_size(GYM__HANDLE_WORKER_ENV, env.id, GYM__OBSERVATION_NBYTES, out, err);
}

static int action_nbytes(gym_env env, size_t *out, gym_error *err) {
  return gym__slot_size(GYM__HANDLE_WORKER_ENV, env.id, GYM__ACTION_NBYTES, out, err);
}

/* ------------------------------------------------------------------------- values */

static int observation_space(gym_env env, gym_value **out, gym_error *err) {
  return ask(env, GYM__REMOTE_ENV_OBSERVATION_SPACE, out, err, "", NULL, NULL);
}

static int action_space(gym_env env, gym_value **out, gym_error *err) {
  return ask(env, GYM__REMOTE_ENV_ACTION_SPACE, out, err, "", NULL, NULL);
}

static int info(gym_env env, gym_value **out, gym_error *err) {
  return ask(env, GYM__REMOTE_ENV_INFO, out, err, "", NULL, NULL);
}

static int observation(gym_env env, gym_value **out, gym_error *err) {
  return ask(env, GYM__REMOTE_ENV_OBSERVATION, out, err, "", NULL, NULL);
}

static int render_value(gym_env env, gym_value **out, gym_error *err) {
  return ask(env, GYM__REMOTE_ENV_RENDER_VALUE, out, err, "", NULL, NULL);
}

static int save_state(gym_env env, gym_value **out, gym_error *err) {
  return ask(env, GYM__REMOTE_ENV_SAVE_STATE, out, err, "", NULL, NULL);
}

static int get_attr(gym_env env, const char *name, gym_value **out, gym_error *err) {
  return ask(env, GYM__REMOTE_ENV_GET_ATTR, out, err, "s", name, NULL);
}

static int set_attr(gym_env env, const char *name, const char *value, gym_error *err) {
  return ask(env, GYM__REMOTE_ENV_SET_ATTR, NULL, err, "ss", name, value);
}

static int check_env(gym_env env, const char *options, gym_value **out, gym_error *err) {
  return ask(env, GYM__REMOTE_ENV_CHECK, out, err, "s", options, NULL);
}

static int call(gym_env env, const char *name, const char *arguments, gym_value **out, gym_error *err) {
  locked at;
  gym_value *reply = NULL;
  int status = lock(env, &at, err);
  if (status) return status;
  status = gym__worker_call(at.worker, GYM__REMOTE_ENV_CALL, &reply, err, "iss", (int64_t)(out != NULL), name,
                            arguments);
  return finish(&at, status, reply, out, err);
}

static int has_attr(gym_env env, const char *name, int *out, gym_error *err) {
  locked at;
  gym_value *reply = NULL;
  int64_t flag;
  int status = lock(env, &at, err);
  if (status) return status;
  status = gym__worker_call(at.worker, GYM__REMOTE_ENV_HAS_ATTR, &reply, err, "s", name);
  gym__slot_unlock(at.slot);
  if (!status && gym_value_int64(gym_value_at(reply, 0), &flag, NULL)) status = gym__fail_reply(err);
  if (!status) *out = flag != 0;
  gym_value_free(reply);
  return status;
}

static int load_state(gym_env env, const void *state, size_t nbytes, gym_error *err) {
  locked at;
  int status = lock(env, &at, err);
  if (status) return status;
  status = gym__worker_call(at.worker, GYM__REMOTE_ENV_LOAD_STATE, NULL, err, "b", state, nbytes);
  return finish(&at, status, NULL, NULL, err);
}

static int reset_value(gym_env env, const int64_t *seed, const char *options, gym_value **obs,
                       gym_error *err) {
  locked at;
  gym_value *reply = NULL;
  int status = lock(env, &at, err);
  if (status) return status;
  status =
      gym__worker_call(at.worker, GYM__REMOTE_ENV_RESET_VALUE, &reply, err, "iiis", (int64_t)(obs != NULL),
                       (int64_t)(seed != NULL), seed ? *seed : (int64_t)0, options);
  return finish(&at, status, reply, obs, err);
}

static int read_transition(const gym_value *reply, gym_transition *out, gym_error *err) {
  gym_transition transition = {0};
  int64_t terminated, truncated;
  if (gym_value_float64(gym_value_at(reply, 1), &transition.reward, NULL) ||
      gym_value_int64(gym_value_at(reply, 2), &terminated, NULL) ||
      gym_value_int64(gym_value_at(reply, 3), &truncated, NULL))
    return gym__fail_reply(err);
  transition.terminated = terminated != 0;
  transition.truncated = truncated != 0;
  *out = transition;
  return GYM_OK;
}

static int step_value(gym_env env, const char *action, gym_value **obs, gym_transition *out, gym_error *err) {
  locked at;
  gym_value *reply = NULL, *tree = NULL;
  int status = lock(env, &at, err);
  if (status) return status;
  status = gym__worker_call(at.worker, GYM__REMOTE_ENV_STEP_VALUE, &reply, err, "is", (int64_t)(obs != NULL),
                            action);
  gym__slot_unlock(at.slot);
  if (!status && obs) status = gym__reply_tree(reply, 0, &tree, err);
  if (!status) status = read_transition(reply, out, err);
  gym_value_free(reply);
  if (status) {
    gym_value_free(tree);
  } else if (obs) {
    *obs = tree;
  }
  return status;
}

/* ------------------------------------------------------------------------- frames */

static int frame_layout(gym_env env, gym_frame *out, gym_error *err) {
  locked at;
  gym_value *reply = NULL;
  size_t nbytes;
  int status = lock(env, &at, err);
  if (status) return status;
  status = gym__worker_call(at.worker, GYM__REMOTE_ENV_FRAME_LAYOUT, &reply, err, "");
  gym__slot_unlock(at.slot);
  const void *layout = gym_value_bytes(gym_value_at(reply, 0), &nbytes);
  if (!status && (!layout || nbytes != sizeof *out)) status = gym__fail_reply(err);
  if (!status) {
    uint32_t struct_size = out->struct_size;
    memcpy(out, layout, sizeof *out);
    out->struct_size = struct_size;
  }
  gym_value_free(reply);
  return status;
}

static int render(gym_env env, void *frame, size_t frame_nbytes, gym_error *err) {
  locked at;
  gym_value *reply = NULL;
  size_t nbytes;
  int status = lock(env, &at, err);
  if (status) return status;
  status = gym__worker_call(at.worker, GYM__REMOTE_ENV_RENDER, &reply, err, "ii", (int64_t)(frame != NULL),
                            (int64_t)frame_nbytes);
  gym__slot_unlock(at.slot);
  const void *drawn = gym_value_bytes(gym_value_at(reply, 0), &nbytes);
  if (!status && (!drawn || nbytes > frame_nbytes)) status = gym__fail_reply(err);
  if (!status && nbytes > 0) memcpy(frame, drawn, nbytes);
  gym_value_free(reply);
  return status;
}

/* ------------------------------------------------------------------------- spaces, and whose call this is */

static int space_of(gym_env env, int (*open)(gym__worker *, uint64_t, gym_space *, gym_error *),
                    gym_space *out, gym_error *err) {
  locked at;
  int status = lock(env, &at, err);
  if (status) return status;
  status = open(at.worker, ((const gym__worker_env *)at.slot->object)->remote, out, err);
  gym__slot_unlock(at.slot);
  return status;
}

static int space_of_observations(gym_env env, gym_space *out, gym_error *err) {
  return space_of(env, gym__worker_space_of_observations_of, out, err);
}

static int space_of_actions(gym_env env, gym_space *out, gym_error *err) {
  return space_of(env, gym__worker_space_of_actions_of, out, err);
}

static int is_inside(gym_env env) { return gym__slot_is_mine(GYM__HANDLE_WORKER_ENV, env.id); }

/* What needs no handle is the embedded Python's: those members are not here. */
const gym__table gym__worker_table = {
    .abi_version = GYM__ABI_VERSION,
    .struct_size = (uint32_t)sizeof(gym__table),
    .make = gym__worker_env_make,
    .reset = gym__worker_env_reset,
    .step = gym__worker_env_step,
    .sample_action = gym__worker_env_sample_action,
    .seed_action = gym__worker_env_seed_action,
    .close = gym__worker_env_close,
    .observation_size = observation_size,
    .action_size = action_size,
    .observation_space = observation_space,
    .action_space = action_space,
    .info = info,
    .observation_nbytes = observation_nbytes,
    .action_nbytes = action_nbytes,
    .reset_native = gym__worker_env_reset_native,
    .step_native = gym__worker_env_step_native,
    .sample_action_native = gym__worker_env_sample_action_native,
    .observation = observation,
    .reset_value = reset_value,
    .step_value = step_value,
    .space_of_observations = space_of_observations,
    .space_of_actions = space_of_actions,
    .space_child = gym__worker_space_child,
    .space_close = gym__worker_space_close,
    .space_value = gym__worker_space_value,
    .space_size = gym__space_call_size,
    .space_nbytes = gym__space_call_nbytes,
    .space_flatdim = gym__space_call_flatdim,
    .space_seed = gym__worker_space_seed,
    .space_sample = gym__worker_space_sample,
    .space_sample_native = gym__worker_space_sample_native,
    .space_sample_value = gym__worker_space_sample_value,
    .space_contains = gym__space_call_contains,
    .space_contains_native = gym__space_call_contains_native,
    .space_contains_value = gym__worker_space_contains_value,
    .space_flatten = gym__space_call_flatten,
    .space_flatten_native = gym__space_call_flatten_native,
    .space_flatten_value = gym__worker_space_flatten_value,
    .space_unflatten = gym__space_call_unflatten,
    .space_unflatten_native = gym__space_call_unflatten_native,
    .space_unflatten_value = gym__worker_space_unflatten_value,
    .wrap = gym__worker_env_wrap,
    .frame_layout = frame_layout,
    .render = render,
    .render_value = render_value,
    .has_attr = has_attr,
    .get_attr = get_attr,
    .set_attr = set_attr,
    .call = call,
    .save_state = save_state,
    .load_state = load_state,
    .clone = gym__worker_env_clone,
    .check_env = check_env,
    .is_inside = is_inside,
};
