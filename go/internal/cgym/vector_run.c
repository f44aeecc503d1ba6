/* A copy of src/gogym_c/host/vector_run.c, made by tools/copy_go_sources.py; edit that one. */
/* Resetting and stepping rows: telling the parts, waiting, taking the results. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gogym_error.h"
#include "gogym_gil.h"
#include "vector.h"

#define SECOND_NS 1000000000.0

/* ------------------------------------------------------------------------------------ telling */

static int is_embedded(const gym__vector *vector) { return vector->parts[0].worker == NULL; }

/* The rows of a part that have been told something and not been told of to the part yet. */
typedef struct told {
  uint64_t count;
  uint32_t bits; /* for gym__turn_wake */
} told;

static void tell_part(gym__vector *vector, gym__part *part, uint64_t count, int each, told *all) {
  if (count == 0 || !part->worker) return;
  gym__station *station = gym__worker_station(part->worker);
  atomic_store_explicit(&station->publish_each, (uint32_t)each, memory_order_relaxed);
  part->told += count;
  part->told_ns = vector->settings.timeout > 0 ? gym__now_ns() : 0;
  gym__turn_tell(part->worker, GYM__DO_ROWS);
  all->bits |= 1u << ((uint32_t)(part - vector->parts) % 32);
}

static void wake(const gym__vector *vector, const told *all) {
  if (all->bits) gym__turn_wake(&vector->memory, all->bits);
}

/* A row that is down is done at once, with the failure that it had. */
static void finish_down_row(gym__vector *vector, uint64_t row) {
  gym__vector_fail_row(vector, row, vector->statuses[row] ? vector->statuses[row] : GYM_ERR_WORKER);
  gym__row_store(&vector->states[row], GYM__ROW_DONE);
  if (!is_embedded(vector)) atomic_fetch_sub(&vector->memory.slab->balance, 1);
}

/* Marks a row as sent. 1: its part is to be told; 0: it is done already. With the mutex. */
static int mark_row(gym__vector *vector, uint64_t row, uint8_t state) {
  uint8_t *note = &vector->notes[row];
  vector->in_flight++;
  *note |= GYM__NOTE_IN_FLIGHT;
  if (*note & GYM__NOTE_IS_DOWN) {
    finish_down_row(vector, row);
    return 0;
  }
  gym__row_store(&vector->states[row], state);
  return 1;
}

/* ------------------------------------------------------------------------------------ waiting */

/* Whether `wanted` rows in flight are ready. */
static int are_ready(gym__vector *vector, uint64_t wanted) {
  uint64_t ready = 0;
  if (wanted == vector->num_envs) {
    for (uint64_t row = 0; row < wanted; row++)
      if (!gym__row_is_ready(vector, row)) return 0;
    return 1;
  }
  pthread_mutex_lock(&vector->mutex);
  for (uint64_t row = 0; row < vector->num_envs && ready < wanted; row++)
    ready += (vector->notes[row] & GYM__NOTE_IN_FLIGHT) && gym__row_is_ready(vector, row);
  pthread_mutex_unlock(&vector->mutex);
  return ready >= wanted;
}

static uint64_t timeout_ns(const gym__vector *vector) {
  return (uint64_t)(vector->settings.timeout * SECOND_NS);
}

/* Whether a part has rows in flight that are not ready. */
static int is_at_work(gym__vector *vector, const gym__part *part) {
  int found = 0;
  pthread_mutex_lock(&vector->mutex);
  for (uint64_t row = part->first; row < part->first + part->count && !found; row++)
    found = (vector->notes[row] & GYM__NOTE_IN_FLIGHT) && !gym__row_is_ready(vector, row);
  pthread_mutex_unlock(&vector->mutex);
  return found;
}

/* When the first worker must have answered; 0: there is no limit. */
static uint64_t hang_deadline(gym__vector *vector) {
  uint64_t first = 0;
  if (vector->settings.timeout <= 0) return 0;
  for (uint32_t i = 0; i < vector->part_count; i++) {
    uint64_t until = vector->parts[i].told_ns + timeout_ns(vector);
    if (vector->parts[i].told_ns && is_at_work(vector, &vector->parts[i]) && (!first || until < first))
      first = until;
  }
  return first;
}

static void kill_hanging(gym__vector *vector) {
  char reason[128];
  uint64_t now = gym__now_ns();
  for (uint32_t i = 0; i < vector->part_count; i++) {
    gym__part *part = &vector->parts[i];
    if (!part->told_ns || now < part->told_ns + timeout_ns(vector) || !is_at_work(vector, part)) continue;
    snprintf(reason, sizeof reason, "did not answer within %g s and was killed", vector->settings.timeout);
    gym__worker_kill(part->worker, reason);
    gym__worker_wait_ended(part->worker, 10.0);
  }
}

static void nap(void) {
  const struct timespec pause = {0, 50000};
  void *gil = gym__gil_release();
  nanosleep(&pause, NULL);
  gym__gil_restore(gil);
}

static uint64_t earlier(uint64_t a, uint64_t b) { return !a || (b && b < a) ? b : a; }

/* Waits until `wanted` rows, which have been added to the balance, are ready. 0: not before the deadline (0: there
 * is none). */
static int wait_for_workers(gym__vector *vector, uint64_t wanted, uint64_t deadline) {
  for (;;) {
    int is_time = gym__turn_wait(&vector->memory, earlier(deadline, hang_deadline(vector)));
    if (are_ready(vector, wanted)) return 1;
    gym__vector_find_ended(vector);
    if (are_ready(vector, wanted)) return 1;
    uint64_t now = gym__now_ns();
    if (deadline && now >= deadline) return 0;
    kill_hanging(vector);
    /* A worker has ended between doing rows and counting them. */
    if (is_time) nap();
  }
}

/* When nothing is under way and everybody has counted what he did, the balance must be 0. */
static void settle_balance(gym__vector *vector) {
  if (vector->is_counted || vector->in_flight > 0 || is_embedded(vector)) return;
  for (uint32_t i = 0; i < vector->part_count; i++) {
    const gym__part *part = &vector->parts[i];
    if (!gym__worker_has_ended(part->worker) &&
        atomic_load(&gym__worker_station(part->worker)->published) != part->told)
      return;
  }
  atomic_store(&vector->memory.slab->balance, 0);
  vector->is_counted = 1;
}

/* ------------------------------------------------------------------------------------ taking */

/* A row's results are the caller's now. With the mutex. */
static void take_row(gym__vector *vector, uint64_t row, int was_reset) {
  uint8_t *note = &vector->notes[row];
  gym_transition *transition = &vector->transitions[row];
  int refused = gym__row_load(&vector->states[row]) == GYM__ROW_REFUSED;
  gym__row_store(&vector->states[row], GYM__ROW_IDLE);
  *note = (uint8_t)((*note & ~(GYM__NOTE_IN_FLIGHT | GYM__NOTE_IS_REFUSED)) | GYM__NOTE_TOOK_PART);
  vector->in_flight--;
  if (refused) {
    *note |= GYM__NOTE_IS_REFUSED;
    memset(transition, 0, sizeof *transition);
  }
  if (vector->statuses[row]) return;
  if (was_reset) *note = (uint8_t)((*note | GYM__NOTE_WAS_RESET) & ~GYM__NOTE_NEEDS_RESET);
  if (vector->settings.autoreset_mode == GYM__AUTORESET_DISABLED &&
      (transition->terminated || transition->truncated))
    *note |= GYM__NOTE_NEEDS_RESET;
}

/* Takes up to `wanted` ready rows; their numbers go to ids. */
static uint64_t take_rows(gym__vector *vector, uint64_t wanted, int64_t *ids) {
  uint64_t count = 0;
  pthread_mutex_lock(&vector->mutex);
  for (uint64_t i = 0; i < vector->num_envs && count < wanted; i++) {
    uint64_t row = vector->next_look;
    vector->next_look = row + 1 < vector->num_envs ? row + 1 : 0;
    if (!(vector->notes[row] & GYM__NOTE_IN_FLIGHT) || !gym__row_is_ready(vector, row)) continue;
    take_row(vector, row, 0);
    ids[count++] = (int64_t)row;
  }
  pthread_mutex_unlock(&vector->mutex);
  return count;
}

static void take_all(gym__vector *vector, int was_reset) {
  pthread_mutex_lock(&vector->mutex);
  for (uint64_t row = 0; row < vector->num_envs; row++)
    if (vector->notes[row] & GYM__NOTE_IN_FLIGHT) take_row(vector, row, was_reset);
  pthread_mutex_unlock(&vector->mutex);
}

/* ------------------------------------------------------------------------------------ checks */

int gym__vector_check_idle(gym__vector *vector, gym_error *err) {
  if (vector->is_closed)
    return gym__fail(err, GYM_ERR_WORKER,
                     "this vector environment has ended its workers after a failure, as its option on_failure "
                     "says (\"close\"); close it and make another one");
  pthread_mutex_lock(&vector->mutex);
  uint64_t in_flight = vector->in_flight;
  pthread_mutex_unlock(&vector->mutex);
  if (in_flight)
    return gym__fail(err, GYM_ERR_ALREADY_PENDING_CALL,
                     "%" PRIu64 " environments have been sent actions and not been received; call gym_vec_recv "
                     "for them first",
                     in_flight);
  return GYM_OK;
}

void gym__vector_begin(gym__vector *vector) {
  gym__vector_forget_failures(vector);
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
    return gym__fail(err, GYM_ERR_RESET_NEEDED,
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

/* ------------------------------------------------------------------------------------ all rows of one part */

static int run_embedded(gym__vector *vector, uint64_t most, gym_error *err) {
  const gym__table *table;
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->batch_run(vector->parts[0].batch, most, 0, NULL, NULL, err));
}

/* Tells the parts of the rows that were marked, and waits for all of them. `marked`: how many of each part. */
static int run_all(gym__vector *vector, int was_reset, gym_error *err) {
  told all = {0, 0};
  if (is_embedded(vector)) {
    int status = run_embedded(vector, UINT64_MAX, err);
    take_all(vector, was_reset);
    return status;
  }
  for (uint32_t i = 0; i < vector->part_count; i++) {
    gym__part *part = &vector->parts[i];
    uint64_t count = 0;
    for (uint64_t row = part->first; row < part->first + part->count; row++) {
      uint8_t state = gym__row_load(&vector->states[row]);
      count += state == GYM__ROW_STEP || state == GYM__ROW_RESET;
    }
    tell_part(vector, part, count, 0, &all);
  }
  wake(vector, &all);
  wait_for_workers(vector, vector->in_flight, 0);
  take_all(vector, was_reset);
  settle_balance(vector);
  return GYM_OK;
}

/* ------------------------------------------------------------------------------------ all rows, nothing special */

/* Whether every row has been reset, and there is nothing else to be known of any: then they are looked at all at
 * once, because a thousand light environments that Python steps as a whole take little longer than such looks. */
static int are_plain(const gym__vector *vector) {
  uint8_t any = 0, all = GYM__NOTE_WAS_RESET;
  if (!is_embedded(vector) || vector->settings.autoreset_mode == GYM__AUTORESET_DISABLED) return 0;
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
  gym__vector_forget_failures(vector);
  int status = run_embedded(vector, UINT64_MAX, err);
  if (status || !are_done_well(vector)) {
    take_all(vector, 0);
    return status ? status : gym__vector_look_after(vector, NULL, vector->num_envs, err);
  }
  pthread_mutex_lock(&vector->mutex);
  memset(vector->notes, GYM__NOTE_WAS_RESET | GYM__NOTE_TOOK_PART, vector->num_envs);
  memset(vector->states, GYM__ROW_IDLE, vector->num_envs);
  vector->in_flight = 0;
  pthread_mutex_unlock(&vector->mutex);
  return GYM_OK;
}

int gym__vector_step(gym__vector *vector, const void *actions, gym_error *err) {
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
    if (!is_embedded(vector)) atomic_fetch_add(&vector->memory.slab->balance, (int32_t)count);
    for (uint64_t row = 0; row < count; row++) mark_row(vector, row, GYM__ROW_STEP);
  }
  pthread_mutex_unlock(&vector->mutex);
  if (status) return status;
  gym__vector_begin(vector);
  status = run_all(vector, 0, err);
  return status ? status : gym__vector_look_after(vector, NULL, count, err);
}

/* ------------------------------------------------------------------------------------ reset */

static uint64_t mix(uint64_t *state) { /* splitmix64: Steele, Lea and Flood, 2014 */
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static void set_seeds(gym__vector *vector, const int64_t *seeds, size_t seed_count) {
  for (uint64_t row = 0; row < vector->num_envs; row++) {
    int64_t seed = -1;
    if (seed_count == 1 && vector->num_envs > 1) seed = seeds[0] + (int64_t)row;
    if (seed_count == vector->num_envs) seed = seeds[row];
    vector->seeds[row] = seed;
  }
  /* What is made anew later has seeds that follow from these. */
  if (seed_count > 0) vector->seed_state = (uint64_t)seeds[0];
}

static int check_seeds(const gym__vector *vector, const int64_t *seeds, size_t seed_count, gym_error *err) {
  if (seed_count > 1 && seed_count != vector->num_envs)
    return gym__fail(err, GYM_ERR_ARGUMENT,
                     "%zu seeds were given for %" PRIu64 " environments; give none, one for the first (the others "
                     "count on from it), or one for each",
                     seed_count, vector->num_envs);
  for (size_t i = 0; i < seed_count; i++)
    if (seeds[i] < (seed_count == vector->num_envs ? -1 : 0))
      return gym__fail(err, GYM_ERR_ARGUMENT, "seeds[%zu] is %" PRId64 "; a seed is 0 or greater", i, seeds[i]);
  if (seed_count == 1 && seeds[0] > INT64_MAX - (int64_t)vector->num_envs)
    return gym__fail(err, GYM_ERR_ARGUMENT,
                     "the seed is %" PRId64 ", and the last environment's would be beyond 2^63", seeds[0]);
  return GYM_OK;
}

static int check_mask(const gym__vector *vector, const uint8_t *mask, gym_error *err) {
  if (!mask) return GYM_OK;
  for (uint64_t row = 0; row < vector->num_envs; row++)
    if (mask[row]) return GYM_OK;
  return gym__fail(err, GYM_ERR_ARGUMENT, "the mask selects no environment; NULL selects all");
}

/* Environments that are down come back. */
static int bring_back(gym__vector *vector, const uint8_t *mask, gym_error *err) {
  int status = GYM_OK;
  for (uint32_t i = 0; i < vector->part_count && !status; i++) {
    gym__part *part = &vector->parts[i];
    int ended = part->worker && gym__worker_has_ended(part->worker);
    if (ended) status = gym__vector_restart(vector, part, err);
    for (uint64_t row = part->first; row < part->first + part->count && !status; row++) {
      if (ended && mask && !mask[row]) vector->notes[row] = GYM__NOTE_IS_DOWN;
      if ((mask && !mask[row]) || !(vector->notes[row] & GYM__NOTE_IS_DOWN)) continue;
      if (!ended) status = gym__part_remake(part, row - part->first, err);
      if (!status) vector->notes[row] = 0;
    }
  }
  return status;
}

static int set_options(gym__vector *vector, const char *options, gym_error *err) {
  int status = GYM_OK;
  if (!options && !vector->has_options) return GYM_OK;
  for (uint32_t i = 0; i < vector->part_count && !status; i++)
    status = gym__part_set_reset_options(&vector->parts[i], options, err);
  vector->has_options = options != NULL;
  return status;
}

int gym__vector_reset(gym__vector *vector, const int64_t *seeds, size_t seed_count, const uint8_t *mask,
                      const char *options, gym_error *err) {
  int status = gym__vector_check_idle(vector, err);
  if (!status) status = check_seeds(vector, seeds, seed_count, err);
  if (!status) status = check_mask(vector, mask, err);
  if (!status) status = bring_back(vector, mask, err);
  if (!status) status = set_options(vector, options, err);
  if (status) return status;
  set_seeds(vector, seeds, seed_count);
  gym__vector_begin(vector);
  pthread_mutex_lock(&vector->mutex);
  for (uint64_t row = 0; row < vector->num_envs; row++) {
    if (mask && !mask[row]) continue;
    if (!is_embedded(vector)) atomic_fetch_add(&vector->memory.slab->balance, 1);
    mark_row(vector, row, GYM__ROW_RESET);
  }
  pthread_mutex_unlock(&vector->mutex);
  status = run_all(vector, 1, err);
  return status ? status : gym__vector_look_after(vector, NULL, vector->num_envs, err);
}

void gym__vector_reset_rows(gym__vector *vector, gym__part *part, const uint8_t *wanted) {
  told all = {0, 0};
  uint64_t count = 0;
  uint64_t deadline = vector->settings.timeout > 0 ? gym__now_ns() + timeout_ns(vector) : 0;
  /* What is stepped as a whole is seeded as a whole: environment i with the first one's seed + i. */
  int64_t seed = (int64_t)(mix(&vector->seed_state) & 0x3fffffff) - 1;
  for (uint64_t i = 0; i < part->count; i++) {
    if (!wanted[i]) continue;
    seed = vector->is_whole ? seed + 1 : (int64_t)(mix(&vector->seed_state) & 0x7fffffff);
    vector->seeds[part->first + i] = seed;
    gym__row_store(&vector->states[part->first + i], GYM__ROW_RESET);
    count++;
  }
  if (part->worker) {
    atomic_fetch_add(&vector->memory.slab->balance, (int32_t)count);
    tell_part(vector, part, count, 1, &all);
    wake(vector, &all);
  } else {
    run_embedded(vector, UINT64_MAX, NULL);
  }
  for (uint64_t i = 0; i < part->count; i++) {
    uint64_t row = part->first + i;
    if (!wanted[i]) continue;
    while (!gym__row_is_ready(vector, row)) {
      if (part->worker && gym__worker_has_ended(part->worker)) {
        gym__vector_fail_row(vector, row, GYM_ERR_WORKER);
        break;
      }
      if (!part->worker) { /* it could not be run at all */
        gym__vector_fail_row(vector, row, GYM_ERR_INTERNAL);
        break;
      }
      if (deadline && gym__now_ns() >= deadline)
        gym__worker_kill(part->worker, "did not answer in time when it was to be reset, and was killed");
      nap();
    }
    gym__row_store(&vector->states[row], GYM__ROW_IDLE);
  }
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
    counts[gym__vector_part_of(vector, row) - vector->parts] += (uint64_t)mark_row(vector, row, GYM__ROW_STEP);
  }
  return status;
}

int gym__vector_send(gym__vector *vector, const int64_t *ids, uint64_t count, const void *actions,
                     gym_error *err) {
  told all = {0, 0};
  if (vector->is_closed) return gym__vector_check_idle(vector, err);
  pthread_mutex_lock(&vector->mutex);
  int status = check_rows(vector, ids, count, err);
  uint64_t *counts = vector->part_counts;
  memset(counts, 0, vector->part_count * sizeof *counts);
  if (!status) status = mark_rows(vector, ids, count, actions, counts, err);
  if (!status) {
    for (uint32_t i = 0; i < vector->part_count; i++) tell_part(vector, &vector->parts[i], counts[i], 1, &all);
    wake(vector, &all);
  }
  pthread_mutex_unlock(&vector->mutex);
  return status;
}

/* Until `wanted` rows are ready; 0: not in time. */
static int wait_for_rows(gym__vector *vector, uint64_t wanted, double timeout, int *status, gym_error *err) {
  if (is_embedded(vector)) {
    if (!are_ready(vector, wanted)) *status = run_embedded(vector, wanted, err);
    return are_ready(vector, wanted);
  }
  uint64_t deadline = 0;
  if (timeout >= 0) {
    double nanoseconds = timeout * SECOND_NS;
    deadline = nanoseconds < 9e18 ? gym__now_ns() + (uint64_t)nanoseconds : 0;
  }
  atomic_fetch_add(&vector->memory.slab->balance, (int32_t)wanted);
  int ready = wait_for_workers(vector, wanted, deadline);
  if (!ready) atomic_fetch_sub(&vector->memory.slab->balance, (int32_t)wanted);
  return ready;
}

int gym__vector_recv(gym__vector *vector, uint64_t batch_size, double timeout, int64_t *ids, uint64_t *count,
                     gym_error *err) {
  int status = GYM_OK;
  if (vector->is_closed) return gym__vector_check_idle(vector, err);
  pthread_mutex_lock(&vector->mutex);
  uint64_t in_flight = vector->in_flight;
  pthread_mutex_unlock(&vector->mutex);
  if (in_flight == 0)
    return gym__fail(err, GYM_ERR_NO_ASYNC_CALL, "no environment is under way; gym_vec_send sends them actions");
  uint64_t wanted = batch_size < in_flight ? batch_size : in_flight;
  if (!wait_for_rows(vector, wanted, timeout, &status, err)) {
    if (status) return status;
    return gym__fail(err, GYM_ERR_TIMEOUT, "fewer than %" PRIu64 " environments were ready within %g s", wanted,
                     timeout);
  }
  gym__vector_begin(vector);
  *count = take_rows(vector, wanted, ids);
  settle_balance(vector);
  return gym__vector_look_after(vector, ids, *count, err);
}
