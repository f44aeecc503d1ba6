/* A copy of src/gogym_c/host/api_vector.c, made by tools/copy_go_sources.py; edit that one. */
/* The public functions on vector environments. What is done is in vector_*.c; here are handles, locks and
 * checks. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <string.h>

#include "arguments.h"
#include "gogym_remote.h"
#include "value_copy.h"
#include "vector.h"
#include "worker_env.h"
#include "worker_space.h"

/* How many environments: rows are told to workers by 32-bit numbers. */
#define MOST_ENVS 0x40000000u

/* Takes a vector environment for the time of a call. */
static int lock(gym_vec vec, gym__slot **slot, gym__vector **vector, gym_error *err) {
  int status = gym__check_fork(err);
  if (!status) status = gym__slot_lock(GYM__HANDLE_VEC, vec.id, slot, err);
  if (status) return status;
  gym__depth++;
  *vector = (*slot)->object;
  return GYM_OK;
}

static int unlock(gym__slot *slot, int status) {
  gym__depth--;
  gym__slot_unlock(slot);
  return status;
}

int gym_vec_make(const char *id, size_t num_envs, const char *options, gym_vec *out, gym_error *err) {
  gym__vector *vector = NULL;
  REQUIRE(id);
  REQUIRE(out);
  if (num_envs == 0 || num_envs > MOST_ENVS)
    return gym__fail(err, GYM_ERR_ARGUMENT, "gym_vec_make: num_envs is %zu; expected 1 to %u", num_envs,
                     MOST_ENVS);
  int status = gym__check_fork(err);
  if (status) return status;
  if (!gym__make_begin()) return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called");
  gym__depth++;
  status = gym__vector_make(id, num_envs, options, &vector, err);
  if (!status) {
    size_t sizes[GYM__SLOT_SIZES];
    for (int i = 0; i < GYM__SLOT_SIZES; i++) sizes[i] = (size_t)vector->sizes[i];
    sizes[GYM__OBSERVATION_NBYTES] = (sizes[GYM__OBSERVATION_NBYTES] + 7) / 8 * 8;
    sizes[GYM__ACTION_NBYTES] = (sizes[GYM__ACTION_NBYTES] + 7) / 8 * 8;
    gym__slot *slot = gym__slot_open(GYM__HANDLE_VEC, vector, vector, sizes);
    if (slot) {
      out->id = slot->id;
    } else {
      gym__vector_end(vector, NULL);
      status = gym__fail(err, GYM_ERR_MEMORY, "no handle is left");
    }
  }
  gym__depth--;
  gym__make_end();
  return status;
}

static int close_vec(gym_vec vec, gym_error *err) {
  gym__slot *slot;
  gym__vector *vector;
  int status = lock(vec, &slot, &vector, err);
  if (status) return status;
  gym__slot_invalidate(slot);
  status = gym__vector_end(vector, err);
  unlock(slot, status);
  gym__slot_free(slot);
  return status;
}

/* gym_shutdown waits for what is being made, and for this too: the handle is invalid by then, and the workers
 * must not be ended before their environments are closed. */
int gym_vec_close(gym_vec vec, gym_error *err) {
  int status = gym__check_fork(err);
  if (status) return status;
  if (!gym__make_begin()) return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called");
  status = close_vec(vec, err);
  gym__make_end();
  return status;
}

static int close_vectors(gym_error *err) {
  int status = GYM_OK;
  uint32_t index = 0;
  for (uint64_t id; (id = gym__slot_next(&index)) != 0;) {
    if (id >> 56 != GYM__HANDLE_VEC) continue;
    gym__slot *slot;
    if (gym__slot_lock(GYM__HANDLE_VEC, id, &slot, NULL) != GYM_OK) continue;
    gym__vector *vector = slot->object;
    gym__slot_invalidate(slot);
    int result = gym__vector_end(vector, status ? NULL : err);
    if (!status) status = result;
    gym__slot_unlock(slot);
    gym__slot_free(slot);
  }
  return status;
}

int gym__close_all(gym_error *err) {
  gym__make_stop();
  int status = close_vectors(err);
  int result = gym__close_worker_envs(status ? NULL : err);
  if (!status) status = result;
  result = gym__close_worker_spaces(status ? NULL : err);
  return status ? status : result;
}

/* ------------------------------------------------------------------------------------ what it is */

static int size_of(gym_vec vec, int which, size_t *out, gym_error *err) {
  int status = gym__check_fork(err);
  return status ? status : gym__slot_size(GYM__HANDLE_VEC, vec.id, which, out, err);
}

int gym_vec_observation_size(gym_vec vec, size_t *out, gym_error *err) {
  REQUIRE(out);
  return size_of(vec, GYM__OBSERVATION_SIZE, out, err);
}

int gym_vec_action_size(gym_vec vec, size_t *out, gym_error *err) {
  REQUIRE(out);
  return size_of(vec, GYM__ACTION_SIZE, out, err);
}

int gym_vec_observation_nbytes(gym_vec vec, size_t *out, gym_error *err) {
  REQUIRE(out);
  return size_of(vec, GYM__OBSERVATION_NBYTES, out, err);
}

int gym_vec_action_nbytes(gym_vec vec, size_t *out, gym_error *err) {
  REQUIRE(out);
  return size_of(vec, GYM__ACTION_NBYTES, out, err);
}

static int copy_of(const gym_value *node, gym_value **out, gym_error *err) {
  *out = gym__value_copy(node);
  return *out ? GYM_OK : gym__fail(err, GYM_ERR_MEMORY, "out of memory");
}

static int space_value(gym_vec vec, const char *key, gym_value **out, gym_error *err) {
  gym__slot *slot;
  gym__vector *vector;
  int status = lock(vec, &slot, &vector, err);
  return status ? status : unlock(slot, copy_of(gym_value_get(vector->about, key), out, err));
}

int gym_vec_observation_space(gym_vec vec, gym_value **out, gym_error *err) {
  REQUIRE(out);
  return space_value(vec, "observation_space", out, err);
}

int gym_vec_action_space(gym_vec vec, gym_value **out, gym_error *err) {
  REQUIRE(out);
  return space_value(vec, "action_space", out, err);
}

int gym_vec_describe(gym_vec vec, gym_value **out, gym_error *err) {
  gym__slot *slot;
  gym__vector *vector;
  REQUIRE(out);
  int status = lock(vec, &slot, &vector, err);
  return status ? status : unlock(slot, gym__vector_describe(vector, out, err));
}

int gym_vec_get_view(gym_vec vec, gym_vec_view *out, gym_error *err) {
  gym__slot *slot;
  REQUIRE(out);
  REQUIRE_STRUCT(out, gym_vec_view, "GYM_VEC_VIEW_INIT");
  int status = gym__check_fork(err);
  if (!status) status = gym__slot_hold(GYM__HANDLE_VEC, vec.id, &slot, err);
  if (status) return status;
  const gym__vector *vector = slot->data;
  out->is_native = (uint32_t)vector->settings.is_native;
  out->num_envs = vector->num_envs;
  out->action_nbytes = vector->action_nbytes;
  out->observation_nbytes = vector->observation_nbytes;
  out->actions = vector->actions;
  out->observations = vector->observations;
  out->final_observations = vector->final_observations;
  out->transitions = vector->transitions;
  out->statuses = vector->statuses;
  gym__slot_let_go(slot);
  return GYM_OK;
}

int gym_vec_space(gym_vec vec, int which, gym_space *out, gym_error *err) {
  gym__slot *slot;
  gym__vector *vector;
  REQUIRE(out);
  if (which < GYM_VEC_SINGLE_OBSERVATION_SPACE || which > GYM_VEC_ACTION_SPACE)
    return gym__fail(err, GYM_ERR_ARGUMENT,
                     "gym_vec_space: which is %d; it is one of GYM_VEC_SINGLE_OBSERVATION_SPACE (0), "
                     "GYM_VEC_SINGLE_ACTION_SPACE, GYM_VEC_OBSERVATION_SPACE, GYM_VEC_ACTION_SPACE (3)",
                     which);
  if (!gym__make_begin()) return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called");
  int status = lock(vec, &slot, &vector, err);
  if (!status) status = unlock(slot, gym__vector_space(vector, which, out, err));
  gym__make_end();
  return status;
}

/* ------------------------------------------------------------------------------------ buffers */

/* One of the caller's arrays of rows. */
typedef struct rows {
  void *data;
  size_t length;    /* float64 elements or bytes, as the layout is */
  const char *unit; /* "elements" or "bytes" */
  const char *what;
  int is_native;
} rows;

static int check_layout(const gym__vector *vector, int is_native, gym_error *err) {
  if (vector->settings.is_native == is_native) return GYM_OK;
  return gym__fail(
      err, GYM_ERR_ARGUMENT,
      "this vector environment has the layout \"%s\"; use the functions %s, or make it with the option "
      "{\"gogym\": {\"layout\": \"%s\"}}",
      is_native ? "float64" : "native", is_native ? "without _native" : "that end in _native",
      is_native ? "native" : "float64");
}

/* Whether `count` rows fit; `exact`: no more than these. */
static int check_rows(const rows *given, uint64_t count, uint64_t nbytes_of_row, int exact, gym_error *err) {
  uint64_t needed = count * nbytes_of_row / (given->is_native ? 1 : sizeof(double));
  if (!given->data && given->length == 0) return GYM_OK;
  if (given->length == needed || (given->length > needed && !exact)) return GYM_OK;
  return gym__fail(err, GYM_ERR_BUFFER, "%s has %zu %s; %" PRIu64 " environments need %" PRIu64, given->what,
                   given->length, given->unit, count, needed);
}

static int check_out(const gym_transition *out, size_t out_len, uint64_t count, gym_error *err) {
  if (!out || out_len >= count) return GYM_OK;
  return gym__fail(err, GYM_ERR_BUFFER, "out has %zu transitions; %" PRIu64 " environments need as many",
                   out_len, count);
}

/* After a call that failed: whether results were written all the same. */
static int has_results(const gym__vector *vector, int status) {
  return status == GYM_OK || vector->failure_count > 0;
}

static void copy_results(const gym__vector *vector, void *obs, gym_transition *out, const int64_t *ids,
                         uint64_t count) {
  if (!ids) {
    if (obs) memcpy(obs, vector->observations, count * vector->observation_nbytes);
    if (out) memcpy(out, vector->transitions, count * sizeof *out);
    return;
  }
  for (uint64_t i = 0; i < count; i++) {
    uint64_t row = (uint64_t)ids[i];
    if (obs)
      memcpy((unsigned char *)obs + i * vector->observation_nbytes,
             vector->observations + row * vector->observation_nbytes, vector->observation_nbytes);
    if (out) out[i] = vector->transitions[row];
  }
}

/* ------------------------------------------------------------------------------------ reset */

static int reset(gym_vec vec, const int64_t *seeds, size_t seed_count, const uint8_t *mask,
                 const char *options, const rows *obs, gym_error *err) {
  gym__slot *slot;
  gym__vector *vector;
  int status = lock(vec, &slot, &vector, err);
  if (status) return status;
  gym__vector_forget_failures(vector);
  status = check_layout(vector, obs->is_native, err);
  if (!status) status = check_rows(obs, vector->num_envs, vector->observation_nbytes, 0, err);
  if (status) return unlock(slot, status);
  status = gym__vector_reset(vector, seeds, seed_count, mask, options, err);
  if (has_results(vector, status)) copy_results(vector, obs->data, NULL, NULL, vector->num_envs);
  return unlock(slot, status);
}

int gym_vec_reset(gym_vec vec, const int64_t *seeds, size_t seed_count, const uint8_t *mask,
                  const char *options, double *obs, size_t obs_len, gym_error *err) {
  const rows given = {obs, obs_len, "elements", "obs", 0};
  REQUIRE_BUFFER(seeds, seed_count);
  REQUIRE_BUFFER(obs, obs_len);
  return reset(vec, seeds, seed_count, mask, options, &given, err);
}

int gym_vec_reset_native(gym_vec vec, const int64_t *seeds, size_t seed_count, const uint8_t *mask,
                         const char *options, void *obs, size_t obs_nbytes, gym_error *err) {
  const rows given = {obs, obs_nbytes, "bytes", "obs", 1};
  REQUIRE_BUFFER(seeds, seed_count);
  REQUIRE_BUFFER(obs, obs_nbytes);
  return reset(vec, seeds, seed_count, mask, options, &given, err);
}

/* ------------------------------------------------------------------------------------ step */

static int step(gym_vec vec, const rows *actions, const rows *obs, gym_transition *out, size_t out_len,
                gym_error *err) {
  gym__slot *slot;
  gym__vector *vector;
  int status = lock(vec, &slot, &vector, err);
  if (status) return status;
  gym__vector_forget_failures(vector);
  status = check_layout(vector, obs->is_native, err);
  if (!status) status = check_rows(actions, vector->num_envs, vector->action_nbytes, 1, err);
  if (!status) status = check_rows(obs, vector->num_envs, vector->observation_nbytes, 0, err);
  if (!status) status = check_out(out, out_len, vector->num_envs, err);
  if (status) return unlock(slot, status);
  status = gym__vector_step(vector, actions->data, err);
  if (has_results(vector, status)) copy_results(vector, obs->data, out, NULL, vector->num_envs);
  return unlock(slot, status);
}

/* The caller's actions are only read. */
static rows of_actions(const void *actions, size_t length, int is_native) {
  rows given = {NULL, length, is_native ? "bytes" : "elements", "actions", is_native};
  memcpy(&given.data, &actions, sizeof given.data);
  return given;
}

int gym_vec_step(gym_vec vec, const double *actions, size_t actions_len, double *obs, size_t obs_len,
                 gym_transition *out, size_t out_len, gym_error *err) {
  const rows given_actions = of_actions(actions, actions_len, 0);
  const rows given_obs = {obs, obs_len, "elements", "obs", 0};
  REQUIRE_BUFFER(actions, actions_len);
  REQUIRE_BUFFER(obs, obs_len);
  REQUIRE_BUFFER(out, out_len);
  return step(vec, &given_actions, &given_obs, out, out_len, err);
}

int gym_vec_step_native(gym_vec vec, const void *actions, size_t actions_nbytes, void *obs, size_t obs_nbytes,
                        gym_transition *out, size_t out_len, gym_error *err) {
  const rows given_actions = of_actions(actions, actions_nbytes, 1);
  const rows given_obs = {obs, obs_nbytes, "bytes", "obs", 1};
  REQUIRE_BUFFER(actions, actions_nbytes);
  REQUIRE_BUFFER(obs, obs_nbytes);
  REQUIRE_BUFFER(out, out_len);
  return step(vec, &given_actions, &given_obs, out, out_len, err);
}

/* ------------------------------------------------------------------------------------ send and receive */

/* Only holds the slot: another thread may be waiting to receive. */
static int send(gym_vec vec, const int64_t *ids, size_t count, const rows *actions, gym_error *err) {
  gym__slot *slot;
  int status = gym__check_fork(err);
  if (!status && gym__slot_is_mine(GYM__HANDLE_VEC, vec.id))
    status = gym__fail(err, GYM_ERR_BUSY, "the vector environment is inside a call of this very thread");
  if (!status) status = gym__slot_hold(GYM__HANDLE_VEC, vec.id, &slot, err);
  if (status) return status;
  gym__vector *vector = slot->data;
  uint64_t rows_sent = ids ? count : vector->num_envs;
  status = check_layout(vector, actions->is_native, err);
  if (!status && !ids && count != 0 && count != vector->num_envs)
    status =
        gym__fail(err, GYM_ERR_ARGUMENT,
                  "ids is NULL, which means all %" PRIu64 " environments, but count is %zu; it must be 0",
                  vector->num_envs, count);
  if (!status && count > vector->num_envs)
    status = gym__fail(err, GYM_ERR_ARGUMENT, "count is %zu; there are %" PRIu64 " environments", count,
                       vector->num_envs);
  if (!status) status = check_rows(actions, rows_sent, vector->action_nbytes, 1, err);
  if (!status) status = gym__vector_send(vector, ids, rows_sent, actions->data, err);
  gym__slot_let_go(slot);
  return status;
}

int gym_vec_send(gym_vec vec, const int64_t *ids, size_t count, const double *actions, size_t actions_len,
                 gym_error *err) {
  const rows given = of_actions(actions, actions_len, 0);
  REQUIRE_BUFFER(actions, actions_len);
  return send(vec, ids, count, &given, err);
}

int gym_vec_send_native(gym_vec vec, const int64_t *ids, size_t count, const void *actions,
                        size_t actions_nbytes, gym_error *err) {
  const rows given = of_actions(actions, actions_nbytes, 1);
  REQUIRE_BUFFER(actions, actions_nbytes);
  return send(vec, ids, count, &given, err);
}

static int receive(gym_vec vec, size_t batch_size, double timeout, int64_t *ids, const rows *obs,
                   gym_transition *out, size_t out_len, size_t *count, gym_error *err) {
  gym__slot *slot;
  gym__vector *vector;
  uint64_t received = 0;
  if (timeout != timeout)
    return gym__fail(err, GYM_ERR_ARGUMENT, "the timeout is not a number; it is seconds, negative for ever");
  int status = lock(vec, &slot, &vector, err);
  if (status) return status;
  gym__vector_forget_failures(vector);
  status = check_layout(vector, obs->is_native, err);
  if (!status && (batch_size == 0 || batch_size > vector->num_envs))
    status = gym__fail(err, GYM_ERR_ARGUMENT, "batch_size is %zu; expected 1 to %" PRIu64, batch_size,
                       vector->num_envs);
  if (!status) status = check_rows(obs, batch_size, vector->observation_nbytes, 0, err);
  if (!status) status = check_out(out, out_len, batch_size, err);
  if (status) return unlock(slot, status);
  status = gym__vector_recv(vector, batch_size, timeout, ids, &received, err);
  if (status == GYM_OK || (vector->failure_count > 0 && received > 0)) {
    copy_results(vector, obs->data, out, ids, received);
    *count = received;
  }
  return unlock(slot, status);
}

int gym_vec_recv(gym_vec vec, size_t batch_size, double timeout, int64_t *ids, double *obs, size_t obs_len,
                 gym_transition *out, size_t out_len, size_t *count, gym_error *err) {
  const rows given = {obs, obs_len, "elements", "obs", 0};
  REQUIRE(ids);
  REQUIRE(count);
  REQUIRE_BUFFER(obs, obs_len);
  REQUIRE_BUFFER(out, out_len);
  return receive(vec, batch_size, timeout, ids, &given, out, out_len, count, err);
}

int gym_vec_recv_native(gym_vec vec, size_t batch_size, double timeout, int64_t *ids, void *obs,
                        size_t obs_nbytes, gym_transition *out, size_t out_len, size_t *count,
                        gym_error *err) {
  const rows given = {obs, obs_nbytes, "bytes", "obs", 1};
  REQUIRE(ids);
  REQUIRE(count);
  REQUIRE_BUFFER(obs, obs_nbytes);
  REQUIRE_BUFFER(out, out_len);
  return receive(vec, batch_size, timeout, ids, &given, out, out_len, count, err);
}

/* ------------------------------------------------------------------------------------ values */

/* A list of all parts' lists. */
static int values(gym_vec vec, int operation, const char *name, const char *arguments, gym_value **out,
                  gym_error *err) {
  gym__slot *slot;
  gym__vector *vector;
  int status = lock(vec, &slot, &vector, err);
  if (status) return status;
  status = gym__vector_check_idle(vector, err);
  if (!status && operation == GYM__REMOTE_BATCH_INFO && !gym__vector_was_reset(vector))
    status = gym__fail(err, GYM_ERR_RESET_NEEDED, "there are no infos before the first gym_vec_reset");
  if (!status) status = gym__vector_values(vector, operation, name, arguments, out, err);
  return unlock(slot, status);
}

int gym_vec_info(gym_vec vec, gym_value **out, gym_error *err) {
  REQUIRE(out);
  return values(vec, GYM__REMOTE_BATCH_INFO, NULL, NULL, out, err);
}

int gym_vec_call(gym_vec vec, const char *name, const char *arguments, gym_value **out, gym_error *err) {
  REQUIRE(name);
  return values(vec, GYM__REMOTE_BATCH_CALL, name, arguments, out, err);
}

int gym_vec_render(gym_vec vec, gym_value **out, gym_error *err) {
  REQUIRE(out);
  return values(vec, GYM__REMOTE_BATCH_RENDER, NULL, NULL, out, err);
}

int gym_vec_failures(gym_vec vec, gym_value **out, gym_error *err) {
  gym__slot *slot;
  gym__vector *vector;
  REQUIRE(out);
  int status = lock(vec, &slot, &vector, err);
  return status ? status : unlock(slot, gym__vector_failures(vector, out, err));
}

/* ------------------------------------------------------------------------------------ random actions */

static int sample(gym_vec vec, const rows *actions, gym_error *err) {
  gym__slot *slot;
  gym__vector *vector;
  int status = lock(vec, &slot, &vector, err);
  if (status) return status;
  status = check_layout(vector, actions->is_native, err);
  if (!status) status = check_rows(actions, vector->num_envs, vector->action_nbytes, 0, err);
  if (!status) status = gym__vector_check_open(vector, err);
  if (!status) status = gym__vector_sample_actions(vector, actions->data, err);
  return unlock(slot, status);
}

int gym_vec_sample_actions(gym_vec vec, double *actions, size_t actions_len, gym_error *err) {
  const rows given = {actions, actions_len, "elements", "actions", 0};
  REQUIRE(actions);
  return sample(vec, &given, err);
}

int gym_vec_sample_actions_native(gym_vec vec, void *actions, size_t actions_nbytes, gym_error *err) {
  const rows given = {actions, actions_nbytes, "bytes", "actions", 1};
  REQUIRE(actions);
  return sample(vec, &given, err);
}

int gym_vec_seed_actions(gym_vec vec, int64_t seed, gym_error *err) {
  gym__slot *slot;
  gym__vector *vector;
  REQUIRE_SEED(seed);
  int status = lock(vec, &slot, &vector, err);
  return status ? status : unlock(slot, gym__vector_seed_actions(vector, seed, err));
}
