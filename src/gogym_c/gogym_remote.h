/* The messages between a host and a worker. Shared by both, not installed.
 *
 * A message is a gym_value block (its header says how long it is) on the socket. A request is a list: an
 * operation (int64), then its arguments. The answer is a list: a status (int64); where that is 0, the
 * results, otherwise type, message and traceback (strings).
 *
 * A text is a string node, or a bytes node where it is no UTF-8; NULL is a none node. A "block" is a bytes
 * node with the block of a whole tree, so that it may be as deep as any. */
#ifndef GOGYM_REMOTE_H_
#define GOGYM_REMOTE_H_

#include "gogym_slab.h"

/* Every operation: X(name). Numbers are their order; host and worker check that they have the same version.
 *
 * BATCH_BIND has is_native, action_nbytes, observation_nbytes, and the offsets in the data of this batch's
 * row 0: actions, observations, final_observations (-1: none), transitions, statuses, states, seeds. "made"
 * of an environment: its handle in the worker, then observation_size, observation_nbytes, action_size,
 * action_nbytes (GYM_DYNAMIC is -1). The observation of a reset is in the data, where the station says. */
#define GYM__REMOTE_VERSION 1
#define GYM__REMOTE_MAP(X)                                                                             \
  X(HELLO) /* (protocol, pid of host) -> (protocol, pid, sys.executable, Python version) */            \
  X(MAP)   /* (nbytes of the data): it can be mapped now */                                            \
  X(QUIT)                                                                                              \
  /* batches; a worker has one at most */                                                              \
  X(BATCH_MAKE)              /* (id, options, first, count, total) -> (description) */                 \
  X(BATCH_BIND)              /* see below */                                                           \
  X(BATCH_SET_RESET_OPTIONS) /* (options) */                                                           \
  X(BATCH_FAILURES)          /* () -> (value) */                                                       \
  X(BATCH_REMAKE)            /* (row) */                                                               \
  X(BATCH_INFO)              /* () -> (value) */                                                       \
  X(BATCH_CALL)              /* (name, arguments) -> (value) */                                        \
  X(BATCH_RENDER)            /* () -> (value) */                                                       \
  X(BATCH_SAMPLE_ACTIONS)    /* (nbytes) -> (bytes) */                                                 \
  X(BATCH_SEED_ACTIONS)      /* (seed) */                                                              \
  X(BATCH_SPACE)             /* (which) -> (space, description): see below */                          \
  X(BATCH_CLOSE)                                                                                       \
  /* the isolated environment; a worker has one at most */                                             \
  X(ENV_MAKE)        /* (id, options) -> (made) */                                                     \
  X(ENV_RESET)       /* (is_native, has_seed, seed, options, has_buffer, length) */                    \
  X(ENV_SEED_ACTION) /* (seed) -> (action_nbytes) */                                                   \
  X(ENV_CLOSE)                                                                                         \
  X(ENV_OBSERVATION_SPACE) /* () -> (block) */                                                         \
  X(ENV_ACTION_SPACE)      /* () -> (block) */                                                         \
  X(ENV_INFO)              /* () -> (block) */                                                         \
  X(ENV_OBSERVATION)       /* () -> (block) */                                                         \
  X(ENV_RENDER_VALUE)      /* () -> (block) */                                                         \
  X(ENV_SAVE_STATE)        /* () -> (block) */                                                         \
  X(ENV_RESET_VALUE)       /* (is_wanted, has_seed, seed, options) -> (block or none) */               \
  X(ENV_STEP_VALUE)        /* (is_wanted, action) -> (block or none, reward, terminated, truncated) */ \
  X(ENV_WRAP)              /* (wrappers) -> (made) */                                                  \
  X(ENV_FRAME_LAYOUT)      /* () -> (gym_frame as bytes) */                                            \
  X(ENV_RENDER)            /* (has_buffer, nbytes) -> (bytes) */                                       \
  X(ENV_HAS_ATTR)          /* (name) -> (flag) */                                                      \
  X(ENV_GET_ATTR)          /* (name) -> (block) */                                                     \
  X(ENV_SET_ATTR)          /* (name, value) */                                                         \
  X(ENV_CALL)              /* (is_wanted, name, arguments) -> (block or none) */                       \
  X(ENV_LOAD_STATE)        /* (bytes) */                                                               \
  X(ENV_CHECK)             /* (options) -> (block) */                                                  \
  /* spaces; "space" and "env" are handles in the worker, "description" is the block of its value */   \
  X(SPACE_OF_OBSERVATIONS) /* (env) -> (space, description) */                                         \
  X(SPACE_OF_ACTIONS)      /* (env) -> (space, description) */                                         \
  X(SPACE_CHILD)           /* (space, index) -> (space, description) */                                \
  X(SPACE_CLOSE)           /* (space) */                                                               \
  X(SPACE_VALUE)           /* (space) -> (block) */                                                    \
  X(SPACE_SEED)            /* (space, seed) -> (block) */                                              \
  X(SPACE_SAMPLE)          /* (space, options, length) -> (bytes) */                                   \
  X(SPACE_SAMPLE_NATIVE)   /* (space, options, length) -> (bytes) */                                   \
  X(SPACE_SAMPLE_VALUE)    /* (space, options) -> (block) */                                           \
  X(SPACE_CONTAINS_VALUE)  /* (space, element) -> (flag) */                                            \
  X(SPACE_FLATTEN_VALUE)   /* (space, element) -> (block) */                                           \
  X(SPACE_UNFLATTEN_VALUE) /* (space, flat element) -> (block) */

enum {
#define GYM__REMOTE_ENUM(name) GYM__REMOTE_##name,
  GYM__REMOTE_MAP(GYM__REMOTE_ENUM)
#undef GYM__REMOTE_ENUM
      GYM__REMOTE_COUNT
};

/* What a greeting compares: the version, and what changes with most things that could be forgotten to be told
 * of by it. The greeting itself never changes. */
#define GYM__REMOTE_PROTOCOL                                               \
  ((int64_t)GYM__REMOTE_VERSION << 32 | (int64_t)GYM__REMOTE_COUNT << 20 | \
   (int64_t)(sizeof(gym__slab) + sizeof(gym__station) + sizeof(gym_transition)))

#endif /* GOGYM_REMOTE_H_ */
