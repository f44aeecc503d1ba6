/* Resetting: all rows, those of a mask, and those that have failed. */
#define _GNU_SOURCE
#include <inttypes.h>

#include "gogym_error.h"
#include "vector_turn.h"

static uint64_t mix(uint64_t *state) { /* splitmix64: Steele, Lea and Flood, 2014 */
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

int64_t gym__vector_fresh_seed(gym__vector *vector) {
  return (int64_t)(mix(&vector->seed_state) & 0x7fffffff);
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
                     "%zu seeds were given for %" PRIu64
                     " environments; give none, one for the first (the others "
                     "count on from it), or one for each",
                     seed_count, vector->num_envs);
  for (size_t i = 0; i < seed_count; i++)
    if (seeds[i] < (seed_count == vector->num_envs ? -1 : 0))
      return gym__fail(err, GYM_ERR_ARGUMENT, "seeds[%zu] is %" PRId64 "; a seed is 0 or greater", i,
                       seeds[i]);
  if (seed_count == 1 && seeds[0] > INT64_MAX - (int64_t)(vector->num_envs - 1))
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

/* A worker that has ended is started anew. What of its rows a mask leaves out is down now, which is told
 * where it is new. */
static int bring_worker_back(gym__vector *vector, gym__part *part, const uint8_t *mask, gym_error *err) {
  gym_error said = GYM_ERROR_INIT;
  gym__worker_end end;
  int is_new = !part->is_end_told;
  if (is_new) {
    gym__worker_fail(part->worker, &said);
    gym__worker_describe_end(part->worker, &end);
  }
  int status = gym__vector_restart(vector, part, err);
  if (!status && is_new && mask) gym__vector_note_left_out(vector, part, mask, &said, &end);
  return status;
}

/* What is stepped as a whole has failed as a whole. */
static int check_whole(const gym__vector *vector, const gym__part *part, const uint8_t *mask,
                       gym_error *err) {
  int is_down = 0, is_partial = 0;
  if (!vector->is_whole || !mask) return GYM_OK;
  for (uint64_t row = part->first; row < part->first + part->count; row++) {
    is_down |= mask[row] && (vector->notes[row] & GYM__NOTE_IS_DOWN);
    is_partial |= !mask[row];
  }
  if (!is_down || !is_partial) return GYM_OK;
  return gym__fail(
      err, GYM_ERR_ARGUMENT,
      "the environments %" PRIu64 " to %" PRIu64
      " have failed together, as the engine \"%s\" steps them together, and the mask leaves some of them "
      "out; reset all of these",
      part->first, part->first + part->count - 1, gym__engine_name((int)vector->settings.engine));
}

/* Environments that are down come back. */
static int bring_back(gym__vector *vector, const uint8_t *mask, gym_error *err) {
  int status = GYM_OK;
  for (uint32_t i = 0; i < vector->part_count && !status; i++) {
    gym__part *part = &vector->parts[i];
    int ended = part->worker && gym__worker_has_ended(part->worker);
    status = check_whole(vector, part, mask, err);
    if (!status && ended) status = bring_worker_back(vector, part, mask, err);
    for (uint64_t row = part->first; row < part->first + part->count && !status; row++) {
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

static int reset_chosen(gym__vector *vector, const int64_t *seeds, size_t seed_count, const uint8_t *mask,
                        const char *options, gym_error *err) {
  int status = gym__vector_check_idle(vector, err);
  if (!status) status = check_seeds(vector, seeds, seed_count, err);
  if (!status) status = check_mask(vector, mask, err);
  if (status) return status;
  gym__vector_begin(vector);
  status = bring_back(vector, mask, err);
  if (!status) status = set_options(vector, options, err);
  if (status) {
    gym__vector_forget_failures(vector);
    return status;
  }
  set_seeds(vector, seeds, seed_count);
  pthread_mutex_lock(&vector->mutex);
  for (uint64_t row = 0; row < vector->num_envs; row++) {
    if (mask && !mask[row]) continue;
    if (!gym__vector_is_embedded(vector)) atomic_fetch_add(&vector->memory.slab->balance, 1);
    gym__vector_mark_row(vector, row, GYM__ROW_RESET);
  }
  pthread_mutex_unlock(&vector->mutex);
  status = gym__vector_run_all(vector, 1, err);
  return status ? status : gym__vector_look_after(vector, err);
}

int gym__vector_reset(gym__vector *vector, const int64_t *seeds, size_t seed_count, const uint8_t *mask,
                      const char *options, gym_error *err) {
  gym__vector_lock_repairs(vector);
  int status = reset_chosen(vector, seeds, seed_count, mask, options, err);
  gym__vector_unlock_repairs(vector);
  return status;
}

void gym__vector_reset_rows(gym__vector *vector, gym__part *part, const uint8_t *wanted) {
  uint32_t told = 0;
  uint64_t count = 0;
  uint64_t deadline = vector->settings.timeout > 0 ? gym__now_ns() + gym__vector_timeout_ns(vector) : 0;
  /* What is stepped as a whole is seeded as a whole: environment i with the first one's seed + i. */
  int64_t seed = gym__vector_fresh_seed(vector) / 2 - 1;
  for (uint64_t i = 0; i < part->count; i++) {
    if (!wanted[i]) continue;
    seed = vector->is_whole ? seed + 1 : gym__vector_fresh_seed(vector);
    vector->seeds[part->first + i] = seed;
    gym__row_store(&vector->states[part->first + i], GYM__ROW_RESET);
    count++;
  }
  if (part->worker) {
    atomic_fetch_add(&vector->memory.slab->balance, (int32_t)count);
    gym__vector_tell(vector, part, count, 1, &told);
    gym__vector_wake(vector, told);
  } else {
    gym__vector_run_embedded(vector, UINT64_MAX, NULL);
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
      gym__vector_nap();
    }
    gym__row_store(&vector->states[row], GYM__ROW_IDLE);
  }
  if (part->worker && gym__worker_has_ended(part->worker)) {
    pthread_mutex_lock(&vector->mutex);
    gym__vector_count_ended(vector, part);
    pthread_mutex_unlock(&vector->mutex);
  }
}
