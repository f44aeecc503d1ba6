/* What the host itself must know of the options of gym_make and gym_vec_make: which processes there are to
 * be. Everything else is read by the Python that makes the environments. Not installed. */
#ifndef GOGYM_WORKER_OPTIONS_H_
#define GOGYM_WORKER_OPTIONS_H_

#include <stddef.h>
#include <stdint.h>

#include "gogym.h"
#include "runtime.h"

/* No timeout is longer than this many seconds (31 years), so that its nanoseconds can be added to a clock. */
#define GYM__TIMEOUT_MOST 1e9

/* Options of one environment in a process of its own. */
typedef struct gym__worker_options {
  int isolate;                 /* 0: in this process, and the others are 0 */
  char python[GYM__PATH_SIZE]; /* the interpreter as it was given; "": none was */
  double timeout;              /* seconds; 0: none */
  uint64_t memory_limit;       /* bytes; 0: none */
} gym__worker_options;

/* Reads the options of gym_make, NULL included. What Python would refuse as a whole (no JSON, a key that
 * stands twice, a "gogym" that is no object) gives isolate 0 and GYM_OK: the Python in this process says then
 * what is wrong. Errors: GYM_ERR_JSON. */
int gym__read_make_options(const char *options, gym__worker_options *out, gym_error *err);

typedef enum gym__engine {
  GYM__ENGINE_PROCESS,
  GYM__ENGINE_SYNC,
  GYM__ENGINE_VECTOR,
  GYM__ENGINE_ENVPOOL
} gym__engine;

typedef enum gym__autoreset {
  GYM__AUTORESET_NEXT_STEP,
  GYM__AUTORESET_SAME_STEP,
  GYM__AUTORESET_DISABLED
} gym__autoreset;

typedef enum gym__on_failure {
  GYM__ON_FAILURE_RESTART,
  GYM__ON_FAILURE_REPORT,
  GYM__ON_FAILURE_CLOSE
} gym__on_failure;

/* Options of a vector environment; with all defaults it is all zeros. */
typedef struct gym__vector_options {
  gym__engine engine;
  gym__autoreset autoreset_mode;
  gym__on_failure on_failure;
  int is_native;           /* the layout */
  int has_vector_wrappers; /* one or more */
  int64_t workers;         /* 1 to num_envs; 0: none given */
  double timeout;          /* as in gym__worker_options */
  uint64_t memory_limit;
  char python[GYM__PATH_SIZE];
} gym__vector_options;

/* Reads the options of gym_vec_make, NULL included, and refuses what does not go together. Errors:
 * GYM_ERR_JSON; GYM_ERR_WRAPPER where vector_wrappers have nothing to wrap. */
int gym__read_vector_options(const char *options, size_t num_envs, gym__vector_options *out, gym_error *err);

/* The words of the options; "?" for any other number. */
const char *gym__engine_name(int engine);
const char *gym__autoreset_name(int autoreset_mode);
const char *gym__on_failure_name(int on_failure);

#endif /* GOGYM_WORKER_OPTIONS_H_ */
