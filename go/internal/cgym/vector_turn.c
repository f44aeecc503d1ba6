/* A copy of src/gogym_c/host/vector_turn.c, made by tools/copy_go_sources.py; edit that one. */
/* The turns of rows: telling their parts what is to be done, waiting for it, taking what was done. */
#define _GNU_SOURCE
#include "vector_turn.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gogym_gil.h"

#define SECOND_NS 1000000000.0

/* ------------------------------------------------------------------------------------ telling */

void gym__vector_tell(gym__vector *vector, gym__part *part, uint64_t count, int each, uint32_t *told) {
  if (count == 0 || !part->worker) return;
  gym__station *station = gym__worker_station(part->worker);
  atomic_store_explicit(&station->publish_each, (uint32_t)each, memory_order_relaxed);
  part->told += count;
  part->told_ns = vector->settings.timeout > 0 ? gym__now_ns() : 0;
  *told |= gym__turn_tell(part->worker, GYM__DO_ROWS);
}

void gym__vector_wake(const gym__vector *vector, uint32_t told) {
  if (told) gym__turn_wake(&vector->memory, told);
}

/* A row that is down is done at once, with the failure that it had. */
static void finish_down_row(gym__vector *vector, uint64_t row) {
  gym__vector_fail_row(vector, row, vector->statuses[row] ? vector->statuses[row] : GYM_ERR_WORKER);
  gym__row_store(&vector->states[row], GYM__ROW_DONE);
  if (!gym__vector_is_embedded(vector)) atomic_fetch_sub(&vector->memory.slab->balance, 1);
}

int gym__vector_mark_row(gym__vector *vector, uint64_t row, uint8_t state) {
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

int gym__vector_are_ready(gym__vector *vector, uint64_t wanted) {
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

uint64_t gym__vector_timeout_ns(const gym__vector *vector) {
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
    uint64_t until = vector->parts[i].told_ns + gym__vector_timeout_ns(vector);
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
    if (!part->told_ns || now < part->told_ns + gym__vector_timeout_ns(vector) || !is_at_work(vector, part))
      continue;
    snprintf(reason, sizeof reason, "did not answer within %g s and was killed", vector->settings.timeout);
    gym__worker_kill(part->worker, reason);
    gym__worker_wait_ended(part->worker, 10.0);
  }
}

void gym__vector_nap(void) {
  const struct timespec pause = {0, 50000};
  void *gil = gym__gil_release();
  nanosleep(&pause, NULL);
  gym__gil_restore(gil);
}

static uint64_t earlier(uint64_t a, uint64_t b) { return !a || (b && b < a) ? b : a; }

int gym__vector_wait(gym__vector *vector, uint64_t wanted, uint64_t deadline) {
  for (;;) {
    int is_time = gym__turn_wait(&vector->memory, earlier(deadline, hang_deadline(vector)));
    if (gym__vector_are_ready(vector, wanted)) return 1;
    gym__vector_find_ended(vector);
    if (gym__vector_are_ready(vector, wanted)) return 1;
    uint64_t now = gym__now_ns();
    if (deadline && now >= deadline) return 0;
    kill_hanging(vector);
    /* A worker has ended between doing rows and counting them. */
    if (is_time) gym__vector_nap();
  }
}

static int is_quiet(const gym__vector *vector) {
  if (vector->in_flight > 0) return 0;
  for (uint32_t i = 0; i < vector->part_count; i++) {
    const gym__part *part = &vector->parts[i];
    if (!gym__worker_has_ended(part->worker) &&
        atomic_load(&gym__worker_station(part->worker)->published) != part->told)
      return 0;
  }
  return 1;
}

void gym__vector_settle(gym__vector *vector) {
  if (vector->is_counted || gym__vector_is_embedded(vector)) return;
  pthread_mutex_lock(&vector->mutex);
  if (is_quiet(vector)) {
    atomic_store(&vector->memory.slab->balance, 0);
    vector->is_counted = 1;
  }
  pthread_mutex_unlock(&vector->mutex);
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
  if (vector->statuses[row]) {
    /* A process that is about to end may have written anything there. */
    if (strcmp(gym_status_name(vector->statuses[row]), "GYM_ERR_UNKNOWN") == 0)
      vector->statuses[row] = GYM_ERR_WORKER;
    return;
  }
  if (was_reset) *note = (uint8_t)((*note | GYM__NOTE_WAS_RESET) & ~GYM__NOTE_NEEDS_RESET);
  if (vector->settings.autoreset_mode == GYM__AUTORESET_DISABLED &&
      (transition->terminated || transition->truncated))
    *note |= GYM__NOTE_NEEDS_RESET;
}

uint64_t gym__vector_take_rows(gym__vector *vector, uint64_t wanted, int64_t *ids) {
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

void gym__vector_take_all(gym__vector *vector, int was_reset) {
  pthread_mutex_lock(&vector->mutex);
  for (uint64_t row = 0; row < vector->num_envs; row++)
    if (vector->notes[row] & GYM__NOTE_IN_FLIGHT) take_row(vector, row, was_reset);
  pthread_mutex_unlock(&vector->mutex);
}

/* ------------------------------------------------------------------------------------ all rows of one part
 */

int gym__vector_run_embedded(gym__vector *vector, uint64_t most, gym_error *err) {
  const gym__table *table;
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->batch_run(vector->parts[0].batch, most, 0, NULL, NULL, err));
}

int gym__vector_run_all(gym__vector *vector, int was_reset, gym_error *err) {
  uint32_t told = 0;
  if (gym__vector_is_embedded(vector)) {
    int status = gym__vector_run_embedded(vector, UINT64_MAX, err);
    gym__vector_take_all(vector, was_reset);
    return status;
  }
  for (uint32_t i = 0; i < vector->part_count; i++) {
    gym__part *part = &vector->parts[i];
    uint64_t count = 0;
    for (uint64_t row = part->first; row < part->first + part->count; row++) {
      uint8_t state = gym__row_load(&vector->states[row]);
      count += state == GYM__ROW_STEP || state == GYM__ROW_RESET;
    }
    gym__vector_tell(vector, part, count, 0, &told);
  }
  gym__vector_wake(vector, told);
  gym__vector_wait(vector, vector->in_flight, 0);
  gym__vector_take_all(vector, was_reset);
  gym__vector_settle(vector);
  return GYM_OK;
}
