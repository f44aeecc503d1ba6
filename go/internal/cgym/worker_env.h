/* A copy of src/gogym_c/host/worker_env.h, made by tools/copy_go_sources.py; edit that one. */
/* Isolated environments: one in a worker process of its own, behind a handle of this process. Not installed.
 *
 * Steps go by shared memory (gogym_slab.h), all other calls by messages (gogym_remote.h). A worker that has
 * ended is not started again: every call on the environment says how it ended, until it is closed. */
#ifndef GOGYM_WORKER_ENV_H_
#define GOGYM_WORKER_ENV_H_

#include "handles.h"
#include "runtime.h"
#include "worker.h"
#include "worker_options.h"

/* What a slot's `object` is. */
typedef struct gym__worker_env {
  gym__worker *worker; /* a reference */
  uint64_t remote;     /* its handle in the worker */
  uint64_t timeout_ns; /* for a step; 0 for none */
  gym__memory memory;  /* of the worker */
  gym__memory larger;  /* data that takes the place of the memory's, where a wrapper needs more */
  unsigned char *data; /* of one of the two: an action, then an observation, in either layout */
  uint64_t data_nbytes;
  uint64_t action_room; /* bytes */
  uint64_t observation_room;

  /* For a clone: how it was made. */
  char *id;
  char *options;
  gym__worker_options settings;
  char **wrappers; /* arguments of gym_wrap, in order */
  size_t wrapper_count;
} gym__worker_env;

/* ------------------------------------------------------------------------- worker_env.c: beginning and end
 */

int gym__worker_env_make(const char *id, const char *options, gym_env *out, gym_error *err);
int gym__worker_env_wrap(gym_env env, const char *wrappers, gym_env *out, gym_error *err);
int gym__worker_env_clone(gym_env env, gym_env *out, gym_error *err);
int gym__worker_env_close(gym_env env, gym_error *err);

/* ------------------------------------------------------------------------- worker_env_step.c: shared memory
 */

int gym__worker_env_reset(gym_env env, const int64_t *seed, const char *options, double *obs, size_t obs_len,
                          gym_error *err);
int gym__worker_env_reset_native(gym_env env, const int64_t *seed, const char *options, void *obs,
                                 size_t obs_nbytes, gym_error *err);
int gym__worker_env_step(gym_env env, const double *action, size_t action_len, double *obs, size_t obs_len,
                         gym_transition *out, gym_error *err);
int gym__worker_env_step_native(gym_env env, const void *action, size_t action_nbytes, void *obs,
                                size_t obs_nbytes, gym_transition *out, gym_error *err);
int gym__worker_env_sample_action(gym_env env, double *action, size_t action_len, gym_error *err);
int gym__worker_env_sample_action_native(gym_env env, void *action, size_t action_nbytes, gym_error *err);
int gym__worker_env_seed_action(gym_env env, int64_t seed, gym_error *err);

/* ------------------------------------------------------------------------- worker_env_calls.c: messages */

/* A tree of its own from item `index` of a reply, the bytes of its block. */
int gym__reply_tree(const gym_value *reply, size_t index, gym_value **out, gym_error *err);

/* For an answer that is not what gogym_remote.h says. */
int gym__fail_reply(gym_error *err);

#endif /* GOGYM_WORKER_ENV_H_ */
