/* A copy of src/gogym_c/host/vector_turn.h, made by tools/copy_go_sources.py; edit that one. */
/* The turns of rows, which stepping and resetting share: see vector_turn.c. Not installed. */
#ifndef GOGYM_VECTOR_TURN_H_
#define GOGYM_VECTOR_TURN_H_

#include "vector.h"

static inline int gym__vector_is_embedded(const gym__vector *vector) {
  return vector->parts[0].worker == NULL;
}

/* The option `timeout`. */
uint64_t gym__vector_timeout_ns(const gym__vector *vector);

/* Marks a row as sent, with what it is to do. 1: its part is to be told; 0: it is down, and done already.
 * With the mutex; where there are workers, the caller waits for it later, or has added it to the balance. */
int gym__vector_mark_row(gym__vector *vector, uint64_t row, uint8_t state);

/* Tells a part that `count` of its rows have been marked, and whether each is waited for by itself. *told
 * then has its bit for gym__vector_wake. Does nothing for this process's own part. */
void gym__vector_tell(gym__vector *vector, gym__part *part, uint64_t count, int each, uint32_t *told);
void gym__vector_wake(const gym__vector *vector, uint32_t told);

/* Tells the parts of all rows that were marked (and added to the balance), waits for them and takes them. */
int gym__vector_run_all(gym__vector *vector, int was_reset, gym_error *err);

/* This process's own part: runs at most `most` of the rows that were marked. */
int gym__vector_run_embedded(gym__vector *vector, uint64_t most, gym_error *err);

/* Whether `wanted` rows in flight are ready. */
int gym__vector_are_ready(gym__vector *vector, uint64_t wanted);

/* Waits until `wanted` rows, which have been added to the balance, are ready; ends workers that hang. 0: not
 * before the deadline (of gym__now_ns; 0: there is none). */
int gym__vector_wait(gym__vector *vector, uint64_t wanted, uint64_t deadline);

/* Takes up to `wanted` ready rows; their numbers go to ids. Gives how many. */
uint64_t gym__vector_take_rows(gym__vector *vector, uint64_t wanted, int64_t *ids);
void gym__vector_take_all(gym__vector *vector, int was_reset);

/* Puts the balance right after a worker has ended in a moment that left it wrong, where that can be done now:
 * nothing is under way, and everybody has counted what he did. */
void gym__vector_settle(gym__vector *vector);

/* A short sleep, without the GIL. */
void gym__vector_nap(void);

#endif /* GOGYM_VECTOR_TURN_H_ */
