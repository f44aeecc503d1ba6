/* A worker's side of the messages of gogym_remote.h: reads requests, calls the table, answers. */
#ifndef GOGYM_SERVE_MESSAGE_H_
#define GOGYM_SERVE_MESSAGE_H_

#include "gogym_abi.h"
#include "gogym_slab.h"
#include "value_build.h"

/* What a worker serves. The loop (serve.c) fills the first four members and zeroes the others; data_fd is
 * closed and replaced where a message brings another one. */
typedef struct gym__served {
  const gym__table *table;
  int socket_fd;
  int data_fd;
  gym__station *station; /* its `env` is set by the messages that make, wrap and close one */

  unsigned char *data; /* mapped by MAP; NULL before */
  uint64_t data_nbytes;
  gym_env env;          /* the isolated environment; {0} for none */
  gym__batch batch;     /* the batch; {0} for none */
  uint64_t batch_count; /* its rows */
  int is_bound;         /* batch_bind was called: it can be run */
  int has_received;     /* a descriptor came with the message */
  int received_fd;
} gym__served;

/* Reads one message, answers it. 0: go on; 1: it was QUIT; -1: the host has gone, or sends what is no
 * message. */
int gym__serve_next(gym__served *served);

/* Closes what is still open and unmaps the data: before the process ends. */
void gym__serve_end(gym__served *served);

/* Answers a request, which is a list that begins with the operation. `answer` has been begun; a whole answer
 * is in it afterwards, whatever happened. 1 for QUIT, otherwise 0. */
int gym__serve_message(const gym__table *table, gym__served *state, const gym_value *request,
                       gym__builder *answer);

/* serve_space.c: the same for the operations SPACE_*. */
int gym__serve_space(const gym__table *table, int64_t operation, const gym_value *request,
                     gym__builder *answer);

/* Building answers: the beginning of one with `count` results, which follow; one with no results; one that
 * says why it failed. */
int gym__answer(gym__builder *answer, size_t count);
int gym__answer_failure(gym__builder *answer, int status, const gym_error *err);

/* One with none or one result, which is a whole tree: it is freed. Used as
 * `return gym__answer_block(answer, status, value, &err)`, where the value counts only if status is 0. */
int gym__answer_block(gym__builder *answer, int status, gym_value *value, const gym_error *err);

/* Reading requests: item `index`; 0 is the operation. What is not there is 0 or NULL. */
int64_t gym__request_int(const gym_value *request, size_t index);
double gym__request_double(const gym_value *request, size_t index);
const char *gym__request_text(const gym_value *request, size_t index);
const void *gym__request_bytes(const gym_value *request, size_t index, size_t *nbytes);

#endif /* GOGYM_SERVE_MESSAGE_H_ */
