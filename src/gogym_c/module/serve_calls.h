/* The operations of each kind that a worker knows. 1: the request was one of these, and is answered; 0: it is
 * of another kind. */
#ifndef GOGYM_SERVE_CALLS_H_
#define GOGYM_SERVE_CALLS_H_

#include "serve_message.h"

int gym__serve_env(const gym__table *table, gym__served *state, int64_t operation, const gym_value *request,
                   gym__builder *answer);
int gym__serve_batch(const gym__table *table, gym__served *state, int64_t operation, const gym_value *request,
                     gym__builder *answer);

/* serve_space.c: answers with a space that has just been opened: its handle, and its description as a block.
 * Where that fails it is closed. */
int gym__serve_opened_space(const gym__table *table, gym_space space, gym__builder *answer);

#endif /* GOGYM_SERVE_CALLS_H_ */
