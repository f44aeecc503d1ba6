/* Ending vector environments: all workers at the same time, and none is waited for for ever. */
#define _GNU_SOURCE
#include <stdlib.h>

#include "gogym_remote.h"
#include "vector_turn.h"

static int end_embedded(const gym__vector *vector, gym_error *err) {
  const gym__table *table;
  if (vector->parts[0].batch.id == 0) return GYM_OK;
  int status = gym__enter(&table, NULL);
  /* After gym_shutdown the batch is closed already. */
  return status ? GYM_OK : gym__leave(table->batch_close(vector->parts[0].batch, err));
}

/* What their environments raised. */
static int close_environments(gym__vector *vector, gym_error *err) {
  int status = GYM_OK;
  uint64_t deadline = gym__worker_close_deadline(vector->parts[0].worker);
  uint8_t *asked = calloc(vector->part_count, 1);
  for (uint32_t i = 0; asked && i < vector->part_count; i++) {
    gym__worker *worker = vector->parts[i].worker;
    if (!worker || gym__worker_has_ended(worker)) continue;
    gym__worker_lock(worker);
    asked[i] = gym__worker_send(worker, GYM__REMOTE_BATCH_CLOSE, NULL, "") == GYM_OK;
    if (!asked[i]) gym__worker_unlock(worker);
  }
  for (uint32_t i = 0; asked && i < vector->part_count; i++) {
    if (!asked[i]) continue;
    int result = gym__worker_receive_closed(vector->parts[i].worker, deadline, status ? NULL : err);
    gym__worker_unlock(vector->parts[i].worker);
    if (!status) status = result;
  }
  free(asked);
  return status;
}

static int end_workers(gym__vector *vector, gym_error *err) {
  /* After on_failure "close" they have been ended, and are about to be gone. */
  int status = vector->is_closed ? GYM_OK : close_environments(vector, err);
  uint64_t deadline = gym__worker_exit_deadline();
  for (uint32_t i = 0; i < vector->part_count; i++)
    if (vector->parts[i].worker) gym__worker_ask_if_last(vector->parts[i].worker);
  for (uint32_t i = 0; i < vector->part_count; i++)
    if (vector->parts[i].worker) gym__worker_part_with(vector->parts[i].worker, deadline);
  return status;
}

int gym__vector_end(gym__vector *vector, gym_error *err) {
  int status = GYM_OK;
  if (vector->parts) status = vector->parts[0].worker ? end_workers(vector, err) : end_embedded(vector, err);
  gym__vector_forget_failures(vector);
  if (vector->data != vector->memory.data) free(vector->data);
  gym__memory_free(&vector->memory);
  gym_value_free(vector->about);
  free(vector->failures);
  free(vector->notes);
  free(vector->part_counts);
  free(vector->parts);
  free(vector->options);
  free(vector->id);
  pthread_mutex_destroy(&vector->mutex);
  pthread_mutex_destroy(&vector->repairs);
  free(vector);
  return status;
}
