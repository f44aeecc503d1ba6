/* Isolated environments: what goes by shared memory. A step, a reset without options and a random action are
 * no messages, allocate nothing, and make no system call but those of gym__turn_wake and gym__turn_wait. */
#include <stdio.h>
#include <string.h>

#include "gogym_remote.h"
#include "worker_env.h"

/* The caller's buffer, in either layout. */
typedef struct buffer {
  size_t length; /* elements, or bytes */
  size_t each;   /* bytes of an element of the length */
} buffer;

static buffer elements(size_t length) { return (buffer){length, sizeof(double)}; }

static buffer bytes(size_t length) { return (buffer){length, 1}; }

/* How much of a buffer goes into so much room: one that has another length than it should is refused by the
 * worker, which is told the length. */
static size_t nbytes_within(buffer b, uint64_t room) {
  return b.length > room / b.each ? (size_t)room : b.length * b.each;
}

/* The bytes of an observation or action, which the slot knows as `elements` or bytes; 0 where it is not
 * fixed. */
static size_t nbytes_of(const gym__slot *slot, int which_size, int which_nbytes, buffer b) {
  size_t size =
      atomic_load_explicit(&slot->sizes[b.each == 1 ? which_nbytes : which_size], memory_order_relaxed);
  return size == GYM_DYNAMIC ? 0 : size * b.each;
}

static unsigned char *action_of(const gym__worker_env *env) { return env->data; }

static unsigned char *observation_of(const gym__worker_env *env) { return env->data + env->action_room; }

static int lock(gym_env env, gym__slot **slot, gym__worker_env **object, gym_error *err) {
  int status = gym__slot_lock(GYM__HANDLE_WORKER_ENV, env.id, slot, err);
  if (!status) *object = (*slot)->object;
  return status;
}

/* ------------------------------------------------------------------------- turns */

/* Has the worker do what its station's other fields say (GYM__CALL_*), and waits for it. */
static int wait_for_turn(const gym__worker_env *env, gym_error *err) {
  gym__worker *worker = env->worker;
  gym__slab *slab = env->memory.slab;
  uint64_t deadline = env->timeout_ns ? gym__now_ns() + env->timeout_ns : 0;
  atomic_fetch_add(&slab->balance, 1);
  gym__turn_wake(&env->memory, gym__turn_tell(worker, GYM__DO_CALL));
  while (!gym__turn_wait(&env->memory, deadline)) {
    if (gym__worker_has_ended(worker)) return gym__worker_fail(worker, err);
    if (!deadline || gym__now_ns() < deadline) continue;
    char reason[80];
    snprintf(reason, sizeof reason, "did not answer within %g s", env->settings.timeout);
    gym__worker_kill(worker, reason);
    return gym__worker_fail(worker, err);
  }
  return GYM_OK;
}

/* What the worker says of a call that failed. */
static int fail_call(gym__station *station, gym_error *err) {
  gym_error *said = &station->error;
  /* It is in memory that the environment's process can write. */
  said->type[sizeof said->type - 1] = '\0';
  said->message[sizeof said->message - 1] = '\0';
  said->traceback[sizeof said->traceback - 1] = '\0';
  return gym__error_set(err, station->status, said->type, said->message, said->traceback);
}

/* Makes a call of the worker: buffers and seed are in the station already. */
static int take_turn(const gym__worker_env *env, uint32_t call, buffer given, gym_error *err) {
  gym__station *station = gym__worker_station(env->worker);
  station->call = call;
  station->is_native = given.each == 1;
  int status = wait_for_turn(env, err);
  if (status) return status;
  return station->status ? fail_call(station, err) : GYM_OK;
}

/* ------------------------------------------------------------------------- step */

static int step_locked(const gym__slot *slot, const void *action, buffer given, void *obs, buffer wanted,
                       gym_transition *out, gym_error *err) {
  const gym__worker_env *env = slot->object;
  if (gym__worker_has_ended(env->worker)) return gym__worker_fail(env->worker, err);
  gym__station *station = gym__worker_station(env->worker);
  size_t action_nbytes = nbytes_within(given, env->action_room);
  if (action_nbytes > 0) memcpy(action_of(env), action, action_nbytes);
  station->action_count = given.length;
  station->observation_count = wanted.length;
  int status = take_turn(env, GYM__CALL_STEP, wanted, err);
  if (status) return status;
  size_t nbytes = nbytes_of(slot, GYM__OBSERVATION_SIZE, GYM__OBSERVATION_NBYTES, wanted);
  if (obs && nbytes > 0) memcpy(obs, observation_of(env), nbytes);
  *out = station->transition;
  return GYM_OK;
}

static int step(gym_env env, const void *action, buffer given, void *obs, buffer wanted, gym_transition *out,
                gym_error *err) {
  gym__slot *slot;
  int status = gym__slot_lock(GYM__HANDLE_WORKER_ENV, env.id, &slot, err);
  if (status) return status;
  status = step_locked(slot, action, given, obs, wanted, out, err);
  gym__slot_unlock(slot);
  return status;
}

int gym__worker_env_step(gym_env env, const double *action, size_t action_len, double *obs, size_t obs_len,
                         gym_transition *out, gym_error *err) {
  return step(env, action, elements(action_len), obs, elements(obs_len), out, err);
}

int gym__worker_env_step_native(gym_env env, const void *action, size_t action_nbytes, void *obs,
                                size_t obs_nbytes, gym_transition *out, gym_error *err) {
  return step(env, action, bytes(action_nbytes), obs, bytes(obs_nbytes), out, err);
}

/* ------------------------------------------------------------------------- reset */

static int reset_by_turn(const gym__worker_env *env, const int64_t *seed, buffer wanted, gym_error *err) {
  if (gym__worker_has_ended(env->worker)) return gym__worker_fail(env->worker, err);
  gym__station *station = gym__worker_station(env->worker);
  station->seed = seed ? *seed : -1;
  station->observation_count = wanted.length;
  return take_turn(env, GYM__CALL_RESET, wanted, err);
}

static int reset(gym_env env, const int64_t *seed, const char *options, void *obs, buffer wanted,
                 gym_error *err) {
  gym__slot *slot;
  gym__worker_env *object;
  int status = lock(env, &slot, &object, err);
  if (status) return status;
  if (options)
    status = gym__worker_call(object->worker, GYM__REMOTE_ENV_RESET, NULL, err, "iiisii",
                              (int64_t)(wanted.each == 1), (int64_t)(seed != NULL), seed ? *seed : (int64_t)0,
                              options, (int64_t)(obs != NULL), (int64_t)wanted.length);
  else
    status = reset_by_turn(object, seed, wanted, err);
  size_t nbytes = nbytes_of(slot, GYM__OBSERVATION_SIZE, GYM__OBSERVATION_NBYTES, wanted);
  if (!status && obs && nbytes > 0) memcpy(obs, observation_of(object), nbytes);
  gym__slot_unlock(slot);
  return status;
}

int gym__worker_env_reset(gym_env env, const int64_t *seed, const char *options, double *obs, size_t obs_len,
                          gym_error *err) {
  return reset(env, seed, options, obs, elements(obs_len), err);
}

int gym__worker_env_reset_native(gym_env env, const int64_t *seed, const char *options, void *obs,
                                 size_t obs_nbytes, gym_error *err) {
  return reset(env, seed, options, obs, bytes(obs_nbytes), err);
}

/* ------------------------------------------------------------------------- random actions */

/* The environment may have replaced its action space by one of the same size in elements. */
static int resize_action(gym__slot *slot, gym_value *reply, gym_error *err) {
  int64_t nbytes;
  int status = gym_value_int64(gym_value_at(reply, 0), &nbytes, NULL) ? gym__fail_reply(err) : GYM_OK;
  gym_value_free(reply);
  if (!status) gym__slot_resize(slot, GYM__ACTION_NBYTES, nbytes < 0 ? GYM_DYNAMIC : (size_t)nbytes);
  return status;
}

static int sample_locked(gym__slot *slot, void *action, buffer wanted, gym_error *err) {
  const gym__worker_env *env = slot->object;
  if (gym__worker_has_ended(env->worker)) return gym__worker_fail(env->worker, err);
  gym__station *station = gym__worker_station(env->worker);
  station->action_count = wanted.length;
  int status = take_turn(env, GYM__CALL_SAMPLE_ACTION, wanted, err);
  if (status) return status;
  /* The environment may have replaced its action space by one of the same size in elements. */
  gym__slot_resize(slot, GYM__ACTION_NBYTES, (size_t)station->action_nbytes);
  size_t nbytes = nbytes_of(slot, GYM__ACTION_SIZE, GYM__ACTION_NBYTES, wanted);
  if (action && nbytes > 0 && nbytes <= env->action_room) memcpy(action, action_of(env), nbytes);
  return GYM_OK;
}

static int sample(gym_env env, void *action, buffer wanted, gym_error *err) {
  gym__slot *slot;
  int status = gym__slot_lock(GYM__HANDLE_WORKER_ENV, env.id, &slot, err);
  if (status) return status;
  status = sample_locked(slot, action, wanted, err);
  gym__slot_unlock(slot);
  return status;
}

int gym__worker_env_sample_action(gym_env env, double *action, size_t action_len, gym_error *err) {
  return sample(env, action, elements(action_len), err);
}

int gym__worker_env_sample_action_native(gym_env env, void *action, size_t action_nbytes, gym_error *err) {
  return sample(env, action, bytes(action_nbytes), err);
}

int gym__worker_env_seed_action(gym_env env, int64_t seed, gym_error *err) {
  gym__slot *slot;
  gym__worker_env *object;
  gym_value *reply = NULL;
  int status = lock(env, &slot, &object, err);
  if (status) return status;
  status = gym__worker_call(object->worker, GYM__REMOTE_ENV_SEED_ACTION, &reply, err, "i", seed);
  if (!status) status = resize_action(slot, reply, err);
  gym__slot_unlock(slot);
  return status;
}
