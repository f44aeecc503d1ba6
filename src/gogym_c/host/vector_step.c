/* Stepping: all rows, or some of them by sending and receiving. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <string.h>

#include "gogym_error.h"
#include "gogym_gil.h"
#include "vector_turn.h"

#define SECOND_NS 1000000000.0

/* ------------------------------------------------------------------------------------ checks */

int gym__vector_check_open(const gym__vector *vector, gym_error *err) {
  if (!vector->is_closed) return GYM_OK;
  return gym__fail(err, GYM_ERR_WORKER,
                   "this vector environment is of no more use after a failure, as its option on_failure says "
                   "(\"close\"); close it and make another one");
}

int gym__vector_check_idle(gym__vector *vector, gym_error *err) {
  int status = gym__vector_check_open(vector, err);
  if (status) return status;
  pthread_mutex_lock(&vector->mutex);
  uint64_t in_flight = vector->in_flight;
  pthread_mutex_unlock(&vector->mutex);
  if (in_flight)
    return gym__fail(err, GYM_ERR_ALREADY_PENDING_CALL,
                     "%" PRIu64
                     " environments have been sent actions and not been received; call gym_vec_recv "
                     "for them first",
                     in_flight);
  return GYM_OK;
}

void gym__vector_lock_repairs(gym__vector *vector) {
  if (pthread_mutex_trylock(&vector->repairs) == 0) return;
  void *gil = gym__gil_release();
  pthread_mutex_lock(&vector->repairs);
  gym__gil_restore(gil);
}

void gym__vector_unlock_repairs(gym__vector *vector) { pthread_mutex_unlock(&vector->repairs); }

void gym__vector_begin(gym__vector *vector) {
  pthread_mutex_lock(&vector->mutex);
  for (uint64_t row = 0; row < vector->num_envs; row++)
    vector->notes[row] = (uint8_t)(vector->notes[row] & ~GYM__NOTE_TOOK_PART);
  pthread_mutex_unlock(&vector->mutex);
}

int gym__vector_was_reset(const gym__vector *vector) {
  for (uint64_t row = 0; row < vector->num_envs; row++)
    if (vector->notes[row] & GYM__NOTE_WAS_RESET) return 1;
  return 0;
}

/* Whether a row can be stepped now. With the mutex. */
static int check_row(const gym__vector *vector, uint64_t row, gym_error *err) {
  uint8_t note = vector->notes[row];
  if (note & GYM__NOTE_IN_FLIGHT)
    return gym__fail(err, GYM_ERR_ALREADY_PENDING_CALL,
                     "environment %" PRIu64 " has been sent an action and not been received", row);
  if (note & GYM__NOTE_IS_DOWN) return GYM_OK;
  if (!(note & GYM__NOTE_WAS_RESET))
    return gym__fail(err, GYM_ERR_RESET_NEEDED,
                     "environment %" PRIu64 " has not been reset; call gym_vec_reset first", row);
  if (note & GYM__NOTE_NEEDS_RESET)
    return gym__fail(
        err, GYM_ERR_RESET_NEEDED,
        "the episode of environment %" PRIu64
        " has ended, and with autoreset_mode \"disabled\" it is for the caller to call gym_vec_reset "
        "with a mask",
        row);
  return GYM_OK;
}

static int check_rows(gym__vector *vector, const int64_t *ids, uint64_t count, gym_error *err) {
  int status = GYM_OK;
  for (uint64_t i = 0; i < count && !status; i++) {
    if (ids && (ids[i] < 0 || (uint64_t)ids[i] >= vector->num_envs))
      return gym__fail(err, GYM_ERR_ARGUMENT,
                       "ids[%" PRIu64 "] is %" PRId64 "; the environments are 0 to %" PRIu64, i, ids[i],
                       vector->num_envs - 1);
    status = check_row(vector, ids ? (uint64_t)ids[i] : i, err);
  }
  return status;
}

/* ------------------------------------------------------------------------------------ all rows, nothing
 * special */

/* Whether every row has been reset, and there is nothing else to be known of any: then they are looked at all
 * at once, because a thousand light environments that Python steps as a whole take little longer than such
 * looks. */
static int are_plain(const gym__vector *vector) {
  uint8_t any = 0, all = GYM__NOTE_WAS_RESET;
  if (!gym__vector_is_embedded(vector) || vector->settings.autoreset_mode == GYM__AUTORESET_DISABLED)
    return 0;
  for (uint64_t row = 0; row < vector->num_envs; row++) {
    any |= vector->notes[row];
    all &= vector->notes[row];
  }
  return all && !(any & ~(GYM__NOTE_WAS_RESET | GYM__NOTE_TOOK_PART));
}

/* Whether all rows have been done, and none has failed. */
static int are_done_well(const gym__vector *vector) {
  uint8_t differs = 0;
  int32_t failed = 0;
  for (uint64_t row = 0; row < vector->num_envs; row++) differs |= vector->states[row] ^ GYM__ROW_DONE;
  for (uint64_t row = 0; row < vector->num_envs; row++) failed |= vector->statuses[row];
  return !differs && !failed;
}

/* Marks all rows as sent. With the mutex. */
static void mark_all(gym__vector *vector) {
  memset(vector->notes, GYM__NOTE_WAS_RESET | GYM__NOTE_IN_FLIGHT, vector->num_envs);
  memset(vector->states, GYM__ROW_STEP, vector->num_envs);
  vector->in_flight = vector->num_envs;
}

/* Steps the rows that were marked so. */
static int step_plain(gym__vector *vector, gym_error *err) {
  int status = gym__vector_run_embedded(vector, UINT64_MAX, err);
  if (status || !are_done_well(vector)) {
    gym__vector_take_all(vector, 0);
    return status ? status : gym__vector_look_after(vector, err);
  }
  pthread_mutex_lock(&vector->mutex);
  memset(vector->notes, GYM__NOTE_WAS_RESET | GYM__NOTE_TOOK_PART, vector->num_envs);
  memset(vector->states, GYM__ROW_IDLE, vector->num_envs);
  vector->in_flight = 0;
  pthread_mutex_unlock(&vector->mutex);
  return GYM_OK;
}

static int step_all(gym__vector *vector, const void *actions, gym_error *err) {
  int status = gym__vector_check_idle(vector, err);
  if (status) return status;
  uint64_t count = vector->num_envs;
  pthread_mutex_lock(&vector->mutex);
  if (are_plain(vector)) {
    if (actions) memcpy(vector->actions, actions, count * vector->action_nbytes);
    mark_all(vector);
    pthread_mutex_unlock(&vector->mutex);
    return step_plain(vector, err);
  }
  status = check_rows(vector, NULL, count, err);
  if (!status) {
    if (actions) memcpy(vector->actions, actions, count * vector->action_nbytes);
    if (!gym__vector_is_embedded(vector)) atomic_fetch_add(&vector->memory.slab->balance, (int32_t)count);
    for (uint64_t row = 0; row < count; row++) gym__vector_mark_row(vector, row, GYM__ROW_STEP);
  }
  pthread_mutex_unlock(&vector->mutex);
  if (status) return status;
  gym__vector_begin(vector);
  status = gym__vector_run_all(vector, 0, err);
  return status ? status : gym__vector_look_after(vector, err);
}

int gym__vector_step(gym__vector *vector, const void *actions, gym_error *err) {
  gym__vector_lock_repairs(vector);
  int status = step_all(vector, actions, err);
  gym__vector_unlock_repairs(vector);
  return status;
}

/* ------------------------------------------------------------------------------------ send and receive */

/* All rows of a part or none, where it is stepped as a whole. With the mutex. */
static int check_whole(const gym__vector *vector, const uint64_t *counts, gym_error *err) {
  for (uint32_t i = 0; vector->is_whole && i < vector->part_count; i++)
    if (counts[i] != 0 && counts[i] != vector->parts[i].count)
      return gym__fail(err, GYM_ERR_ARGUMENT,
                       "%" PRIu64 " of the environments %" PRIu64 " to %" PRIu64
                       " were given actions; the engine \"%s\" steps all of these at once",
                       counts[i], vector->parts[i].first, vector->parts[i].first + vector->parts[i].count - 1,
                       gym__engine_name((int)vector->settings.engine));
  return GYM_OK;
}

/* Marks the rows; where one stands twice, none stay marked. With the mutex. */
static int mark_rows(gym__vector *vector, const int64_t *ids, uint64_t count, const void *actions,
                     uint64_t *counts, gym_error *err) {
  for (uint64_t i = 0; i < count; i++) {
    uint64_t row = ids ? (uint64_t)ids[i] : i;
    if (vector->notes[row] & GYM__NOTE_IN_FLIGHT) {
      for (uint64_t j = 0; j < i; j++)
        vector->notes[ids[j]] = (uint8_t)(vector->notes[ids[j]] & ~GYM__NOTE_IN_FLIGHT);
      return gym__fail(err, GYM_ERR_ARGUMENT, "environment %" PRIu64 " stands twice in ids", row);
    }
    vector->notes[row] |= GYM__NOTE_IN_FLIGHT;
    counts[gym__vector_part_of(vector, row) - vector->parts]++;
  }
  int status = check_whole(vector, counts, err);
  memset(counts, 0, vector->part_count * sizeof *counts);
  for (uint64_t i = 0; i < count; i++) {
    uint64_t row = ids ? (uint64_t)ids[i] : i;
    vector->notes[row] = (uint8_t)(vector->notes[row] & ~GYM__NOTE_IN_FLIGHT);
    if (status) continue;
    if (actions)
      memcpy(vector->actions + row * vector->action_nbytes,
             (const unsigned char *)actions + i * vector->action_nbytes, vector->action_nbytes);
    counts[gym__vector_part_of(vector, row) - vector->parts] +=
        (uint64_t)gym__vector_mark_row(vector, row, GYM__ROW_STEP);
  }
  return status;
}

int gym__vector_send(gym__vector *vector, const int64_t *ids, uint64_t count, const void *actions,
                     gym_error *err) {
  uint32_t told = 0;
  if (vector->is_closed) return gym__vector_check_open(vector, err);
  gym__vector_lock_repairs(vector);
  pthread_mutex_lock(&vector->mutex);
  int status = check_rows(vector, ids, count, err);
  uint64_t *counts = vector->part_counts;
  memset(counts, 0, vector->part_count * sizeof *counts);
  if (!status) status = mark_rows(vector, ids, count, actions, counts, err);
  if (!status) {
    for (uint32_t i = 0; i < vector->part_count; i++)
      gym__vector_tell(vector, &vector->parts[i], counts[i], 1, &told);
    gym__vector_wake(vector, told);
  }
  pthread_mutex_unlock(&vector->mutex);
  gym__vector_unlock_repairs(vector);
  return status;
}

/* Until `wanted` rows are ready; 0: not in time. */
static int wait_for_rows(gym__vector *vector, uint64_t wanted, double timeout, int *status, gym_error *err) {
  if (gym__vector_is_embedded(vector)) {
    if (!gym__vector_are_ready(vector, wanted)) *status = gym__vector_run_embedded(vector, wanted, err);
    return gym__vector_are_ready(vector, wanted);
  }
  uint64_t deadline = 0;
  if (timeout >= 0) {
    double nanoseconds = timeout * SECOND_NS;
    deadline = nanoseconds < 9e18 ? gym__now_ns() + (uint64_t)nanoseconds : 0;
  }
  atomic_fetch_add(&vector->memory.slab->balance, (int32_t)wanted);
  int ready = gym__vector_are_ready(vector, wanted) || gym__vector_wait(vector, wanted, deadline);
  if (!ready) atomic_fetch_sub(&vector->memory.slab->balance, (int32_t)wanted);
  return ready;
}

int gym__vector_recv(gym__vector *vector, uint64_t batch_size, double timeout, int64_t *ids, uint64_t *count,
                     gym_error *err) {
  int status = GYM_OK;
  if (vector->is_closed) return gym__vector_check_open(vector, err);
  pthread_mutex_lock(&vector->mutex);
  uint64_t in_flight = vector->in_flight;
  pthread_mutex_unlock(&vector->mutex);
  if (in_flight == 0)
    return gym__fail(err, GYM_ERR_NO_ASYNC_CALL,
                     "no environment is under way; gym_vec_send sends them actions");
  uint64_t wanted = batch_size < in_flight ? batch_size : in_flight;
  if (!wait_for_rows(vector, wanted, timeout, &status, err)) {
    if (status) return status;
    return gym__fail(err, GYM_ERR_TIMEOUT, "fewer than %" PRIu64 " environments were ready within %g s",
                     wanted, timeout);
  }
  gym__vector_begin(vector);
  *count = gym__vector_take_rows(vector, wanted, ids);
  gym__vector_settle(vector);
  gym__vector_lock_repairs(vector);
  status = gym__vector_look_after(vector, err);
  gym__vector_unlock_repairs(vector);
  return status;
}
