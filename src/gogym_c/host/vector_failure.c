/* What becomes of environments that fail: finding them, on_failure, and telling the caller. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gogym_error.h"
#include "gogym_remote.h"
#include "value_build.h"
#include "vector.h"

/* ------------------------------------------------------------------------------------ the list */

void gym__vector_forget_failures(gym__vector *vector) {
  for (size_t i = 0; i < vector->failure_count; i++) {
    gym__failure *failure = &vector->failures[i];
    free(failure->type);
    free(failure->message);
    free(failure->traceback);
    free(failure->end);
  }
  vector->failure_count = 0;
}

static char *copy_text(const char *text) { return text && *text ? strdup(text) : NULL; }

static const char *text_or_empty(const char *text) { return text ? text : ""; }

/* NULL: no memory, and then the failure is only in the row's status. */
static gym__failure *add_failure(gym__vector *vector, uint64_t row, int status, const char *type,
                                 const char *message, const char *traceback) {
  if (vector->failure_count == vector->failure_space) {
    size_t space = vector->failure_space ? 2 * vector->failure_space : 16;
    gym__failure *grown = realloc(vector->failures, space * sizeof *grown);
    if (!grown) return NULL;
    vector->failures = grown;
    vector->failure_space = space;
  }
  gym__failure *failure = &vector->failures[vector->failure_count++];
  *failure = (gym__failure){.row = row, .status = status, .seed = -1};
  failure->type = copy_text(type);
  failure->message = copy_text(message);
  failure->traceback = copy_text(traceback);
  return failure;
}

static const char *string_of(const gym_value *dict, const char *key) {
  return text_or_empty(gym_value_string(gym_value_get(dict, key), NULL));
}

static int64_t integer_of(const gym_value *dict, const char *key) {
  int64_t number = -1;
  gym_value_int64(gym_value_get(dict, key), &number, NULL);
  return number;
}

void gym__vector_fail_row(gym__vector *vector, uint64_t row, int status) {
  memset(vector->observations + row * vector->observation_nbytes, 0, vector->observation_nbytes);
  memset(&vector->transitions[row], 0, sizeof vector->transitions[row]);
  vector->transitions[row].truncated = 1;
  vector->statuses[row] = status;
}

void gym__vector_count_ended(gym__vector *vector, gym__part *part) {
  uint64_t published = atomic_load(&gym__worker_station(part->worker)->published);
  if (part->told <= published) return;
  /* It may have been ended in between counting and saying so; then the balance is too low, which costs time
   * until it is settled, and nothing else. */
  atomic_fetch_sub(&vector->memory.slab->balance, (int32_t)(part->told - published));
  part->told = published;
  vector->is_counted = 0;
}

void gym__vector_find_ended(gym__vector *vector) {
  for (uint32_t i = 0; i < vector->part_count; i++) {
    gym__part *part = &vector->parts[i];
    if (!part->worker || !gym__worker_has_ended(part->worker)) continue;
    pthread_mutex_lock(&vector->mutex);
    gym__vector_count_ended(vector, part);
    for (uint64_t row = part->first; row < part->first + part->count; row++) {
      uint8_t state = gym__row_load(&vector->states[row]);
      if (state != GYM__ROW_STEP && state != GYM__ROW_RESET) continue;
      gym__vector_fail_row(vector, row, GYM_ERR_WORKER);
      gym__row_store(&vector->states[row], GYM__ROW_DONE);
    }
    pthread_mutex_unlock(&vector->mutex);
  }
}

/* ------------------------------------------------------------------------------------ finding */

static gym__failure *failure_of(gym__vector *vector, uint64_t row) {
  for (size_t i = 0; i < vector->failure_count; i++)
    if (vector->failures[i].row == row) return &vector->failures[i];
  return NULL;
}

static int has_just_ended(const gym__part *part) {
  return part->worker && !part->is_end_told && gym__worker_has_ended(part->worker);
}

static void add_end(gym__vector *vector, uint64_t row, const gym_error *said, const gym__worker_end *end) {
  /* What it has raised before its process ended stays told. */
  gym__failure *failure = failure_of(vector, row);
  if (!failure) failure = add_failure(vector, row, GYM_ERR_WORKER, "", said->message, "");
  if (failure && (failure->end = malloc(sizeof *end)) != NULL) *failure->end = *end;
  gym__vector_fail_row(vector, row, failure ? failure->status : GYM_ERR_WORKER);
  vector->notes[row] |= GYM__NOTE_IS_DOWN;
}

/* A worker has ended: all of its rows have failed, also those that were not under way. */
static void note_ended_part(gym__vector *vector, gym__part *part) {
  gym_error said = GYM_ERROR_INIT;
  gym__worker_end end;
  gym__worker_fail(part->worker, &said);
  gym__worker_describe_end(part->worker, &end);
  part->is_end_told = 1;
  for (uint64_t i = 0; i < part->count; i++) add_end(vector, part->first + i, &said, &end);
}

void gym__vector_note_left_out(gym__vector *vector, const gym__part *part, const uint8_t *mask,
                               const gym_error *said, const gym__worker_end *end) {
  for (uint64_t i = 0; i < part->count; i++)
    if (!mask[part->first + i]) add_end(vector, part->first + i, said, end);
}

/* Rows of a live part that have failed by what they raised: `wanted` says which to look at. */
static void note_failed_rows(gym__vector *vector, gym__part *part, const uint8_t *wanted) {
  gym_value *list = NULL;
  int is_any = 0;
  for (uint64_t i = 0; i < part->count; i++) is_any |= wanted[i] && vector->statuses[part->first + i];
  if (!is_any) return;
  gym__part_value(part, GYM__REMOTE_BATCH_FAILURES, NULL, NULL, &list, NULL);
  for (uint64_t i = 0; i < part->count; i++) {
    uint64_t row = part->first + i;
    if (!wanted[i] || !vector->statuses[row]) continue;
    const gym_value *found = NULL;
    for (size_t j = 0; j < gym_value_count(list) && !found; j++)
      if (integer_of(gym_value_at(list, j), "row") == (int64_t)i) found = gym_value_at(list, j);
    const char *message = found ? string_of(found, "message") : gym_status_description(vector->statuses[row]);
    add_failure(vector, row, vector->statuses[row], string_of(found, "type"), message,
                string_of(found, "traceback"));
  }
  gym_value_free(list);
}

/* ------------------------------------------------------------------------------------ on_failure */

/* The rows of a part that wait to be received stay so. */
static void keep_in_flight(gym__vector *vector, uint64_t row) {
  if (!(vector->notes[row] & GYM__NOTE_IN_FLIGHT)) return;
  vector->notes[row] |= GYM__NOTE_IS_REPORTED;
  gym__row_store(&vector->states[row], GYM__ROW_DONE);
}

/* Makes the rows that `wanted` says anew and resets them with fresh seeds. */
static void restart_rows(gym__vector *vector, gym__part *part, uint8_t *wanted) {
  gym_error said = GYM_ERROR_INIT;
  int status = GYM_OK;
  int ended = part->worker && gym__worker_has_ended(part->worker);
  if (ended) status = gym__vector_restart(vector, part, &said);
  for (uint64_t i = 0; i < part->count; i++) {
    uint64_t row = part->first + i;
    if (!wanted[i]) continue;
    if (!ended) status = gym__part_remake(part, i, &said);
    if (!status) continue;
    gym__failure *failure = failure_of(vector, row);
    char text[GYM_ERROR_MESSAGE_SIZE + 64];
    snprintf(text, sizeof text, "%s; and it could not be made anew: %s",
             failure ? text_or_empty(failure->message) : "", said.message);
    if (failure) {
      free(failure->message);
      failure->message = copy_text(text);
    }
    vector->notes[row] |= GYM__NOTE_IS_DOWN;
    keep_in_flight(vector, row);
    wanted[i] = 0;
  }
  /* The options of the last reset are not for this one, as they are not for an autoreset. */
  if (vector->has_options && !ended) gym__part_set_reset_options(part, NULL, NULL);
  gym__vector_reset_rows(vector, part, wanted);
  for (uint64_t i = 0; i < part->count; i++) {
    uint64_t row = part->first + i;
    if (!wanted[i]) continue;
    gym__failure *failure = failure_of(vector, row);
    int is_up = vector->statuses[row] == GYM_OK;
    if (is_up) {
      vector->notes[row] =
          (uint8_t)((vector->notes[row] & (GYM__NOTE_IN_FLIGHT | GYM__NOTE_TOOK_PART)) | GYM__NOTE_WAS_RESET);
      memset(&vector->transitions[row], 0, sizeof vector->transitions[row]);
      vector->transitions[row].truncated = 1;
    } else {
      vector->notes[row] |= GYM__NOTE_IS_DOWN;
    }
    if (failure) {
      failure->was_restarted = is_up;
      failure->seed = is_up ? vector->seeds[row] : -1;
      vector->statuses[row] = failure->status;
    }
    keep_in_flight(vector, row);
  }
}

static void close_all(gym__vector *vector) {
  vector->is_closed = 1;
  for (uint32_t i = 0; i < vector->part_count; i++)
    if (vector->parts[i].worker)
      gym__worker_kill(vector->parts[i].worker, "was ended because another one failed");
}

/* What on_failure says for one part; `wanted` are its rows that have failed just now. */
static void apply_policy(gym__vector *vector, gym__part *part, uint8_t *wanted) {
  if (vector->settings.on_failure == GYM__ON_FAILURE_RESTART) {
    restart_rows(vector, part, wanted);
    return;
  }
  for (uint64_t i = 0; i < part->count; i++) {
    if (!wanted[i]) continue;
    vector->notes[part->first + i] |= GYM__NOTE_IS_DOWN;
    keep_in_flight(vector, part->first + i);
  }
}

/* ------------------------------------------------------------------------------------ telling */

/* "environment 3" or "environments 0 to 2, 7 (4 of 64)". */
static void name_rows(const gym__vector *vector, char *out, size_t size) {
  size_t count = vector->failure_count, used;
  used = (size_t)snprintf(out, size, count == 1 ? "environment" : "environments");
  for (size_t i = 0; i < count && used < size; i++) {
    size_t last = i;
    while (last + 1 < count && vector->failures[last + 1].row == vector->failures[last].row + 1) last++;
    const char *separator = i == 0 ? " " : ", ";
    if (used > size / 2) {
      used += (size_t)snprintf(out + used, size - used, " ...");
      break;
    }
    if (last == i)
      used += (size_t)snprintf(out + used, size - used, "%s%" PRIu64, separator, vector->failures[i].row);
    else
      used += (size_t)snprintf(out + used, size - used, "%s%" PRIu64 " to %" PRIu64, separator,
                               vector->failures[i].row, vector->failures[last].row);
    i = last;
  }
  if (count > 1 && used < size)
    snprintf(out + used, size - used, " (%zu of %" PRIu64 ")", count, vector->num_envs);
}

static const char *outcome(const gym__vector *vector) {
  size_t up = 0;
  for (size_t i = 0; i < vector->failure_count; i++) up += (size_t)vector->failures[i].was_restarted;
  if (up == vector->failure_count) return "made anew and reset with fresh seeds";
  if (vector->notes[vector->failures[0].row] & GYM__NOTE_IS_REFUSED) return "the environment was not touched";
  if (up > 0) return "some were made anew, some are down until gym_vec_reset";
  if (vector->is_closed) return "the vector environment is of no more use (on_failure \"close\")";
  return "down until gym_vec_reset";
}

static int tell(const gym__vector *vector, gym_error *err) {
  char message[GYM_ERROR_MESSAGE_SIZE + 1024], rows[512];
  const gym__failure *first = &vector->failures[0];
  name_rows(vector, rows, sizeof rows);
  snprintf(message, sizeof message, "%s: %s [%s; gym_vec_failures has the details]", rows,
           text_or_empty(first->message), outcome(vector));
  return gym__error_set(err, first->status, first->type, message, first->traceback);
}

/* Which rows of a part are to be looked at: those that took part and have not been reported already. */
static void choose_rows(gym__vector *vector, const gym__part *part, uint8_t *wanted) {
  for (uint64_t i = 0; i < part->count; i++) {
    uint8_t *note = &vector->notes[part->first + i];
    wanted[i] = (*note & GYM__NOTE_TOOK_PART) != 0;
    if (wanted[i] && (*note & GYM__NOTE_IS_REPORTED)) {
      *note = (uint8_t)(*note & ~GYM__NOTE_IS_REPORTED);
      wanted[i] = 0;
    }
  }
}

/* Rows that were down before have failed again in this call; nothing is done for them. */
static void note_down_rows(gym__vector *vector, const gym__part *part, uint8_t *wanted) {
  for (uint64_t i = 0; i < part->count; i++) {
    uint64_t row = part->first + i;
    if (!wanted[i] || !(vector->notes[row] & GYM__NOTE_IS_DOWN)) continue;
    wanted[i] = 0;
    add_failure(vector, row, vector->statuses[row], "",
                "it failed before, and is down until gym_vec_reset brings it back", "");
  }
}

static int by_row(const void *a, const void *b) {
  uint64_t left = ((const gym__failure *)a)->row, right = ((const gym__failure *)b)->row;
  return left < right ? -1 : left > right;
}

static int is_all_well(const gym__vector *vector) {
  for (uint64_t row = 0; row < vector->num_envs; row++)
    if (vector->statuses[row]) return 0;
  for (uint32_t i = 0; i < vector->part_count; i++)
    if (vector->parts[i].worker && gym__worker_has_ended(vector->parts[i].worker)) return 0;
  return 1;
}

/* Finds the failures of a part; `wanted` are then the rows for which something is to be done. */
static void find_failures(gym__vector *vector, gym__part *part, uint8_t *wanted) {
  choose_rows(vector, part, wanted);
  if (!has_just_ended(part)) {
    note_down_rows(vector, part, wanted);
    note_failed_rows(vector, part, wanted);
  }
  if (has_just_ended(part)) { /* maybe while it was asked */
    note_ended_part(vector, part);
    memset(wanted, 1, part->count);
    return;
  }
  /* An action that could not be read has not touched the environment, and nothing is wrong with that. */
  for (uint64_t i = 0; i < part->count; i++)
    wanted[i] = wanted[i] && vector->statuses[part->first + i] &&
                !(vector->notes[part->first + i] & GYM__NOTE_IS_REFUSED);
}

int gym__vector_look_after(gym__vector *vector, gym_error *err) {
  if (is_all_well(vector)) return GYM_OK;
  /* No row of a worker that has ended is under way any more when it is started anew. */
  gym__vector_find_ended(vector);
  for (uint32_t i = 0; i < vector->part_count; i++) {
    gym__part *part = &vector->parts[i];
    uint8_t *wanted = malloc(part->count);
    if (!wanted) return gym__fail(err, GYM_ERR_MEMORY, "out of memory");
    find_failures(vector, part, wanted);
    apply_policy(vector, part, wanted);
    free(wanted);
  }
  if (vector->failure_count == 0) return GYM_OK;
  if (vector->settings.on_failure == GYM__ON_FAILURE_CLOSE) close_all(vector);
  qsort(vector->failures, vector->failure_count, sizeof *vector->failures, by_row);
  return tell(vector, err);
}

static void build_text(gym__builder *b, const char *key, const char *text) {
  gym__build_string(b, key, strlen(key));
  gym__build_string(b, text_or_empty(text), strlen(text_or_empty(text)));
}

static void build_number(gym__builder *b, const char *key, int64_t number) {
  gym__build_string(b, key, strlen(key));
  gym__build_int64(b, number);
}

static void build_failure(gym__builder *b, const gym__failure *failure) {
  gym__build_dict(b, failure->end ? 10 : 7);
  build_number(b, "env", (int64_t)failure->row);
  build_number(b, "status", failure->status);
  build_text(b, "type", failure->type);
  build_text(b, "message", failure->message);
  build_text(b, "traceback", failure->traceback);
  gym__build_string(b, "restarted", 9);
  gym__build_bool(b, failure->was_restarted);
  gym__build_string(b, "seed", 4);
  if (failure->seed < 0)
    gym__build_none(b);
  else
    gym__build_int64(b, failure->seed);
  if (!failure->end) return;
  build_number(b, "pid", failure->end->pid);
  if (failure->end->signal)
    build_number(b, "signal", failure->end->signal);
  else
    build_number(b, "exit_code", failure->end->exit_code);
  build_text(b, "stderr", failure->end->stderr_tail);
}

int gym__vector_failures(const gym__vector *vector, gym_value **out, gym_error *err) {
  gym__builder b;
  gym__build_begin(&b);
  gym__build_list(&b, vector->failure_count);
  for (size_t i = 0; i < vector->failure_count; i++) build_failure(&b, &vector->failures[i]);
  *out = gym__build_finish(&b);
  return *out ? GYM_OK : gym__fail(err, b.failed, "out of memory");
}
