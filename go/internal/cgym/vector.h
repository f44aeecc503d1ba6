/* A copy of src/gogym_c/host/vector.h, made by tools/copy_go_sources.py; edit that one. */
/* Vector environments: what is behind a gym_vec. Not installed.
 *
 * Its rows are divided into parts, each of which does its own: a worker process, or Python in this process.
 * All parts read and write the same arrays. What each row is about to do or has done stands in its state
 * (GYM__ROW_*, gogym_abi.h); the host's own notes about rows are in `notes`.
 *
 * Locks: calls on a vector environment hold its slot's lock (handles.h), but for a send, which only holds the
 * slot, so that actions can be sent while another thread waits to receive. `notes` and `in_flight` are
 * guarded by `mutex`, which nobody holds while he waits. Whoever sends, steps or resets holds `repairs` too,
 * and so does a receive while it makes good what has failed: a part's worker may be exchanged meanwhile. It
 * is taken first. */
#ifndef GOGYM_VECTOR_H_
#define GOGYM_VECTOR_H_

#include <pthread.h>

#include "handles.h"
#include "runtime.h"
#include "worker.h"
#include "worker_options.h"

/* A part of the rows. */
typedef struct gym__part {
  gym__worker *worker; /* NULL: this process's Python */
  gym__batch batch;    /* of this process's Python */
  uint64_t first;
  uint64_t count;
  uint64_t restarts;
  int is_end_told;  /* its worker has ended, and that has been told */
  uint64_t told;    /* rows that it has been told to run, of all time */
  uint64_t told_ns; /* when it was last told */
} gym__part;

/* What the host knows of a row. */
enum {
  GYM__NOTE_IN_FLIGHT = 1,    /* it has been sent, and not received */
  GYM__NOTE_WAS_RESET = 2,    /* it has had its first reset */
  GYM__NOTE_NEEDS_RESET = 4,  /* its episode has ended, and nobody begins another one */
  GYM__NOTE_IS_DOWN = 8,      /* its environment failed, and was not made anew */
  GYM__NOTE_IS_REPORTED = 16, /* its failure was reported before it was received */
  GYM__NOTE_IS_REFUSED = 32,  /* its last action could not be read */
  GYM__NOTE_TOOK_PART = 64    /* in the last reset, step or receive */
};

/* A row that failed, until the next call. */
typedef struct gym__failure {
  uint64_t row;
  int status;
  int was_restarted;
  int64_t seed; /* -1: none */
  char *type;   /* malloc'd; NULL for "" */
  char *message;
  char *traceback;
  gym__worker_end *end; /* malloc'd, where the process ended; else NULL */
} gym__failure;

typedef struct gym__vector {
  pthread_mutex_t mutex;
  pthread_mutex_t repairs;
  char *id;
  char *options; /* NULL for none */
  gym__vector_options settings;
  char python[GYM__PATH_SIZE]; /* of the workers; "" without */
  uint64_t num_envs;
  gym__part *parts;
  uint32_t part_count;

  gym__memory memory;  /* of the workers */
  unsigned char *data; /* what holds the arrays; the memory's, or malloc'd */
  uint64_t data_nbytes;
  uint64_t action_nbytes; /* of a row of the arrays */
  uint64_t observation_nbytes;
  uint64_t sizes[GYM__SLOT_SIZES];
  int is_whole;     /* a part's rows can only be run all at once */
  gym_value *about; /* what the first part's batch_make said */

  unsigned char *actions; /* the arrays */
  unsigned char *observations;
  unsigned char *final_observations; /* NULL: not "same_step" */
  gym_transition *transitions;
  int32_t *statuses;
  uint8_t *states;
  int64_t *seeds;

  uint8_t *notes;        /* GYM__NOTE_*, of each row */
  uint64_t in_flight;    /* how many rows have that note */
  uint64_t *part_counts; /* scratch memory of gym__vector_send: one for each part */
  uint64_t next_look;    /* where the next receive begins to look, so that no row is always the last */
  int has_options;       /* the parts have been given options for resets */
  int is_counted;        /* the slab's balance is right: no worker has ended since it was last 0 */
  int is_closed;         /* by on_failure "close" */
  uint64_t seed_state;   /* of the generator of fresh seeds */

  uint32_t action_part;     /* whose action space draws random actions */
  uint64_t action_restarts; /* of that part, when its action space was seeded */
  int are_actions_seeded;

  gym__failure *failures; /* of the last call */
  size_t failure_count;
  size_t failure_space;
} gym__vector;

/* ------------------------------------------------------------------------- vector_make.c */

int gym__vector_make(const char *id, uint64_t num_envs, const char *options, gym__vector **out,
                     gym_error *err);

/* vector_end.c: ends everything; gives what an env.close() raised. */
int gym__vector_end(gym__vector *vector, gym_error *err);

/* Starts a part's worker anew, where it has ended: its environments are made, and not reset. */
int gym__vector_restart(gym__vector *vector, gym__part *part, gym_error *err);

gym__part *gym__vector_part_of(const gym__vector *vector, uint64_t row);

/* ------------------------------------------------------------------------- vector_part.c: calls of one part
 */

/* The value that a message about a part's batch or the table gives; NULL: not wanted. The operation is one of
 * GYM__REMOTE_BATCH_INFO, _CALL (with name and arguments), _RENDER, _FAILURES. */
int gym__part_value(const gym__part *part, int operation, const char *name, const char *arguments,
                    gym_value **out, gym_error *err);
int gym__part_set_reset_options(const gym__part *part, const char *options, gym_error *err);
int gym__part_remake(const gym__part *part, uint64_t row, gym_error *err);

/* ------------------------------------------------------------------------- vector_calls.c */

/* A list of what all parts' lists hold: see gym__part_value. `out` may be NULL. */
int gym__vector_values(gym__vector *vector, int operation, const char *name, const char *arguments,
                       gym_value **out, gym_error *err);
int gym__vector_describe(const gym__vector *vector, gym_value **out, gym_error *err);
int gym__vector_space(gym__vector *vector, int which, gym_space *out, gym_error *err);
int gym__vector_sample_actions(gym__vector *vector, void *actions, gym_error *err);
int gym__vector_seed_actions(gym__vector *vector, int64_t seed, gym_error *err);

/* ------------------------------------------------------------------------- vector_step.c, vector_reset.c */

/* Rows of the caller's arrays, checked; `ids` NULL: all rows in order. Actions NULL: those in the view. */
int gym__vector_reset(gym__vector *vector, const int64_t *seeds, size_t seed_count, const uint8_t *mask,
                      const char *options, gym_error *err);
int gym__vector_step(gym__vector *vector, const void *actions, gym_error *err);
int gym__vector_send(gym__vector *vector, const int64_t *ids, uint64_t count, const void *actions,
                     gym_error *err);
int gym__vector_recv(gym__vector *vector, uint64_t batch_size, double timeout, int64_t *ids, uint64_t *count,
                     gym_error *err);

/* What keeps a call from being made: on_failure "close"; and rows in flight (GYM_ERR_ALREADY_PENDING_CALL).
 */
int gym__vector_check_open(const gym__vector *vector, gym_error *err);
int gym__vector_check_idle(gym__vector *vector, gym_error *err);

/* Another seed that follows from the last one that was given; 0 to 2^31 - 1. */
int64_t gym__vector_fresh_seed(gym__vector *vector);

/* Before a reset, step or receive, whose caller has forgotten the failures before it: nobody has taken part.
 */
void gym__vector_begin(gym__vector *vector);

/* Around what must not go on while a part's worker is exchanged. Gives the GIL up while it waits. */
void gym__vector_lock_repairs(gym__vector *vector);
void gym__vector_unlock_repairs(gym__vector *vector);

/* Whether any environment has been reset. */
int gym__vector_was_reset(const gym__vector *vector);

/* Has one part reset the rows that `wanted` says (uint8[part->count]), each with its seed in `seeds`, and
 * waits for them: after a failure. Their states are IDLE then, and their statuses say how it went. */
void gym__vector_reset_rows(gym__vector *vector, gym__part *part, const uint8_t *wanted);

/* Whether a row's results are there to be taken. */
static inline int gym__row_is_ready(const gym__vector *vector, uint64_t row) {
  return gym__row_load(&vector->states[row]) >= GYM__ROW_DONE;
}

/* ------------------------------------------------------------------------- vector_failure.c */

void gym__vector_forget_failures(gym__vector *vector);

/* Looks for workers that have ended, and for rows that took part in the call and have failed; makes good what
 * on_failure says. GYM_OK, or the status of the first failure, which err tells of together with the others.
 * With `repairs`. */
int gym__vector_look_after(gym__vector *vector, gym_error *err);

/* Marks the rows in flight of workers that have ended as done and failed. */
void gym__vector_find_ended(gym__vector *vector);

/* Takes from the balance what a worker that has ended will not count any more. With the mutex. */
void gym__vector_count_ended(gym__vector *vector, gym__part *part);

/* A part whose worker has ended was started anew: those of its rows that a mask leaves out stay down, and
 * that is to be told. `said`: how the worker ended. */
void gym__vector_note_left_out(gym__vector *vector, const gym__part *part, const uint8_t *mask,
                               const gym_error *said, const gym__worker_end *end);

/* What a row looks like that has failed: no reward, truncated. */
void gym__vector_fail_row(gym__vector *vector, uint64_t row, int status);

int gym__vector_failures(const gym__vector *vector, gym_value **out, gym_error *err);

#endif /* GOGYM_VECTOR_H_ */
