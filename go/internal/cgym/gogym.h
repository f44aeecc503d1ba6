/* A copy of include/gogym.h, made by tools/copy_go_sources.py; edit that one. */
/* gogym: any Gymnasium environment as a native object of a C or C++ program.
 *
 * This header is the whole contract: what is not declared here is not public.
 *
 * Rules that hold for every function, unless its own comment says otherwise
 *
 *   Results    A function that can fail returns 0 (GYM_OK) or a positive gym_status code, and takes a
 *              `gym_error *err` last. `err` may be NULL. It is written only when the call fails.
 *   Failure    A call that fails has written nothing through its other output pointers (but for an
 *              environment that writes its observation in place: see gym_reset_native).
 *   Buffers    belong to the caller. Lengths count float64 elements, those of native buffers bytes.
 *              The library keeps no pointer past the call.
 *   Threads    Any thread may call any function at any time. Calls on one environment run one after
 *              another; calls on different environments wait for each other only for Python's global
 *              interpreter lock. A call on an environment from inside that environment's own call
 *              (its methods, its callbacks) gives GYM_ERR_BUSY.
 *   fork       In a child of fork() every call that has acceptable arguments and needs Python gives
 *              GYM_ERR_FORKED if Python had been started before the fork; the parent is not affected.
 *              The functions that only read a gym_value keep working.
 *   Not from   signal handlers, and constructors of libraries that are being loaded: Python starts on a
 *              thread that must load libraries itself.
 *
 * Each prototype answers in the same order: Ownership, Lifetime, Threads ("default" = as above), Errors.
 * `Nullable:` lists the pointers that may be NULL; every other NULL pointer gives GYM_ERR_ARGUMENT.
 */
#ifndef GOGYM_H_
#define GOGYM_H_

#include <stddef.h>
#include <stdint.h>

#define GYM_VERSION_MAJOR 0
#define GYM_VERSION_MINOR 1
#define GYM_VERSION_PATCH 0
#define GYM_VERSION "0.1.0"

#if defined(GYM_API)
#elif defined(_WIN32)
#define GYM_API
#elif defined(__GNUC__) || defined(__clang__)
#define GYM_API __attribute__((visibility("default")))
#else
#define GYM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------- status */

/* Every status: X(name, value, description). Values are never reused.
 * The descriptions say what happened; gym_error.message says it of the call at hand. */
#define GYM_STATUS_MAP(X)                                                                    \
  X(GYM_OK, 0, "success")                                                                    \
  /* the call itself */                                                                      \
  X(GYM_ERR_ARGUMENT, 1, "an argument is not acceptable")                                    \
  X(GYM_ERR_HANDLE, 2, "the handle is zero, closed or was never valid")                      \
  X(GYM_ERR_BUFFER, 3, "a buffer has the wrong length")                                      \
  X(GYM_ERR_BUSY, 4, "the environment was called from inside its own call")                  \
  X(GYM_ERR_FORKED, 5, "the process is a fork of the one that started Python")               \
  X(GYM_ERR_MEMORY, 6, "out of memory")                                                      \
  X(GYM_ERR_JSON, 7, "the options are not acceptable JSON")                                  \
  X(GYM_ERR_DYNAMIC, 8, "the space has no fixed size")                                       \
  X(GYM_ERR_SHUTDOWN, 9, "gym_shutdown has been called")                                     \
  X(GYM_ERR_KIND, 10, "the value is of another kind")                                        \
  X(GYM_ERR_BLOCK, 11, "the bytes are not a value block")                                    \
  X(GYM_ERR_CONFIG, 12, "the configuration is not acceptable")                               \
  X(GYM_ERR_INTERNAL, 13, "a defect in gogym itself")                                        \
  X(GYM_ERR_UNSUPPORTED, 14, "this build or platform cannot do it")                          \
  /* finding and starting Python */                                                          \
  X(GYM_ERR_NO_PYTHON, 20, "no Python interpreter was found")                                \
  X(GYM_ERR_PROBE, 21, "the Python interpreter does not answer")                             \
  X(GYM_ERR_PYTHON_VERSION, 22, "the Python version is not supported")                       \
  X(GYM_ERR_NO_LIBPYTHON, 23, "the Python interpreter has no loadable libpython")            \
  X(GYM_ERR_ARCHITECTURE, 24, "libpython is built for another architecture")                 \
  X(GYM_ERR_PYTHON_START, 25, "Python could not be started")                                 \
  X(GYM_ERR_NO_GOGYM, 26, "the gogym package is not installed in that Python")               \
  X(GYM_ERR_NO_GYMNASIUM, 27, "Gymnasium is not installed in that Python")                   \
  X(GYM_ERR_ABI_TOO_OLD, 28, "the installed gogym package is older than this library needs") \
  X(GYM_ERR_ABI_TOO_NEW, 29, "the installed gogym package is newer than this library knows") \
  /* what an environment did */                                                              \
  X(GYM_ERR_PYTHON, 40, "a Python exception")                                                \
  X(GYM_ERR_IMPORT, 41, "a Python module could not be imported")                             \
  X(GYM_ERR_SYSTEM_EXIT, 42, "Python code asked to exit")                                    \
  X(GYM_ERR_INTERRUPTED, 43, "Python code was interrupted")                                  \
  X(GYM_ERR_RECURSION, 44, "Python's recursion limit was reached")                           \
  X(GYM_ERR_RESULT, 45, "reset or step returned something else than Gymnasium's tuple")      \
  X(GYM_ERR_OBSERVATION, 46, "an observation does not fit its space")                        \
  X(GYM_ERR_REWARD, 47, "a reward is not a number")                                          \
  X(GYM_ERR_INEXACT, 48, "a number cannot be held exactly by the buffer")                    \
  X(GYM_ERR_ACTION, 49, "the action does not fit the action space")                          \
  X(GYM_ERR_ELEMENT, 50, "an element does not fit its space")                                \
  X(GYM_ERR_SPACE, 51, "the description of a space is not acceptable")                       \
  /* what stands around an environment */                                                    \
  X(GYM_ERR_WRAPPER, 52, "a wrapper cannot be applied")                                      \
  X(GYM_ERR_RENDER, 53, "the environment gives no such frame")                               \
  X(GYM_ERR_ATTRIBUTE, 54, "the attribute is missing, private or of no use")                 \
  X(GYM_ERR_STATE, 55, "the environment's state cannot be saved or loaded")                  \
  X(GYM_ERR_CALLBACK, 56, "a callback of the host failed or is unknown")                     \
  X(GYM_ERR_WORKER, 57, "a worker process ended, hangs or could not be started")             \
  X(GYM_ERR_TIMEOUT, 58, "nothing was ready in time")                                        \
  /* Gymnasium's own exception classes, module gymnasium.error */                            \
  X(GYM_ERR_GYMNASIUM, 60, "gymnasium.error.Error")                                          \
  X(GYM_ERR_UNREGISTERED_ENV, 61, "gymnasium.error.UnregisteredEnv")                         \
  X(GYM_ERR_NAMESPACE_NOT_FOUND, 62, "gymnasium.error.NamespaceNotFound")                    \
  X(GYM_ERR_NAME_NOT_FOUND, 63, "gymnasium.error.NameNotFound")                              \
  X(GYM_ERR_VERSION_NOT_FOUND, 64, "gymnasium.error.VersionNotFound")                        \
  X(GYM_ERR_DEPRECATED_ENV, 65, "gymnasium.error.DeprecatedEnv")                             \
  X(GYM_ERR_REGISTRATION, 66, "gymnasium.error.RegistrationError")                           \
  X(GYM_ERR_DEPENDENCY_NOT_INSTALLED, 67, "gymnasium.error.DependencyNotInstalled")          \
  X(GYM_ERR_UNSUPPORTED_MODE, 68, "gymnasium.error.UnsupportedMode")                         \
  X(GYM_ERR_INVALID_METADATA, 69, "gymnasium.error.InvalidMetadata")                         \
  X(GYM_ERR_RESET_NEEDED, 70, "gymnasium.error.ResetNeeded")                                 \
  X(GYM_ERR_INVALID_ACTION, 71, "gymnasium.error.InvalidAction")                             \
  X(GYM_ERR_MISSING_ARGUMENT, 72, "gymnasium.error.MissingArgument")                         \
  X(GYM_ERR_INVALID_PROBABILITY, 73, "gymnasium.error.InvalidProbability")                   \
  X(GYM_ERR_INVALID_BOUND, 74, "gymnasium.error.InvalidBound")                               \
  X(GYM_ERR_DEPRECATED_WRAPPER, 75, "gymnasium.error.DeprecatedWrapper")                     \
  X(GYM_ERR_ALREADY_PENDING_CALL, 76, "gymnasium.error.AlreadyPendingCallError")             \
  X(GYM_ERR_NO_ASYNC_CALL, 77, "gymnasium.error.NoAsyncCallError")                           \
  X(GYM_ERR_CLOSED_ENVIRONMENT, 78, "gymnasium.error.ClosedEnvironmentError")                \
  X(GYM_ERR_CUSTOM_SPACE, 79, "gymnasium.error.CustomSpaceError")

typedef enum gym_status {
#define GYM_STATUS_ENUM(name, value, description) name = value,
  GYM_STATUS_MAP(GYM_STATUS_ENUM)
#undef GYM_STATUS_ENUM
      GYM_STATUS_MAX_ = 0x7fffffff
} gym_status;

/* The name of a status code, for example "GYM_ERR_HANDLE"; "GYM_ERR_UNKNOWN" for any other number.
 * Ownership: static text, not to be freed. Lifetime: the process. Threads: default. Errors: none. */
GYM_API const char *gym_status_name(int code);

/* The description of a status code in one short English phrase.
 * Ownership: static text, not to be freed. Lifetime: the process. Threads: default. Errors: none. */
GYM_API const char *gym_status_description(int code);

/* The version of this library, as GYM_VERSION.
 * Ownership: static text, not to be freed. Lifetime: the process. Threads: default. Errors: none. */
GYM_API const char *gym_version(void);

/* ------------------------------------------------------------------------------------- error */

#define GYM_ERROR_TYPE_SIZE 64
#define GYM_ERROR_MESSAGE_SIZE 2048
#define GYM_ERROR_TRACEBACK_SIZE 8192

/* What went wrong, in the caller's memory. Initialise with GYM_ERROR_INIT; reuse freely.
 * Texts are UTF-8, NUL-terminated, and cut at a whole character where they are too long (a traceback
 * loses its beginning, a message its end). An error whose struct_size is smaller than
 * GYM_ERROR_SIZE_V1 is taken for NULL. */
typedef struct gym_error {
  uint32_t struct_size;                     /* in: sizeof(gym_error) */
  int32_t code;                             /* out: the status that the call returned */
  char type[GYM_ERROR_TYPE_SIZE];           /* out: the Python class, "gymnasium.error.NameNotFound"; or "" */
  char message[GYM_ERROR_MESSAGE_SIZE];     /* out: what was given, what was expected, how to mend it */
  char traceback[GYM_ERROR_TRACEBACK_SIZE]; /* out: the Python traceback; or "" */
} gym_error;

#define GYM_ERROR_SIZE_V1 10312u
#define GYM_ERROR_INIT {(uint32_t)sizeof(gym_error), 0, {0}, {0}, {0}}

/* ------------------------------------------------------------------------------------- Python */

/* How Python is found. Initialise with GYM_CONFIG_INIT. */
typedef struct gym_config {
  uint32_t struct_size; /* sizeof(gym_config) */
  uint32_t reserved;    /* 0 */
  const char *python;   /* path of a Python interpreter, UTF-8; NULL = search: the environment variables
                           GOGYM_PYTHON, VIRTUAL_ENV and CONDA_PREFIX, then python3 and python on PATH */
} gym_config;

#define GYM_CONFIG_INIT {(uint32_t)sizeof(gym_config), 0, NULL}

/* Finds a Python (3.10 to 3.14) with gogym installed and starts it in this process, or attaches to the
 * one that already runs here. Optional: the first gym_make calls gym_init(NULL). Idempotent: once
 * Python runs, a further call does nothing, unless it names another interpreter (GYM_ERR_CONFIG).
 * After a failure before Python was started, gym_init may be called again.
 *
 * Ownership: `config` stays the caller's. Lifetime: Python runs until the process ends.
 * Threads: default; concurrent calls wait for the first. Where gogym starts Python, Python's main thread is a
 * thread of the library's own, PYTHONHOME is removed from the process's environment (it would lead a virtual
 * environment astray), and SDL_NO_SIGNAL_HANDLERS=1 is added to it where it is not set.
 * Errors: GYM_ERR_NO_PYTHON ... GYM_ERR_ABI_TOO_NEW (20 to 29), GYM_ERR_CONFIG, GYM_ERR_IMPORT (the gogym
 * package itself fails to be imported), GYM_ERR_SHUTDOWN, GYM_ERR_MEMORY, GYM_ERR_BUSY (from inside the
 * import). Nullable: config (all defaults), err. */
GYM_API int gym_init(const gym_config *config, gym_error *err);

/* Closes every environment, waits for Python's non-daemon threads, runs its atexit functions and flushes its
 * standard streams. (A threading.Thread that an environment makes inside a call is a daemon unless it says
 * otherwise, because the host's threads are.) Python itself is never finalized: NumPy does not survive that.
 * Where gogym attached to a Python that was already running, threads and atexit functions are left to its
 * owner; where that owner finalizes Python first, this is done then, through atexit.
 * Afterwards every call gives GYM_ERR_SHUTDOWN, but for a second gym_shutdown, which does nothing and does
 * not wait for the first.
 *
 * Ownership: none. Lifetime: all handles become invalid. Threads: default; waits for calls under way.
 * Errors: GYM_ERR_BUSY from inside an environment's call or a callback (nothing is done then); what an
 * env.close() raised, after everything was done. Nullable: err. */
GYM_API int gym_shutdown(gym_error *err);

/* ------------------------------------------------------------------------------------- environment */

/* An environment. A value, not a pointer: copy it freely. {0} is never valid. */
typedef struct gym_env {
  uint64_t id;
} gym_env;

/* What one step brought besides the observation. */
typedef struct gym_transition {
  double reward;
  uint8_t terminated; /* 1: the task ended; call gym_reset before the next gym_step */
  uint8_t truncated;  /* 1: the episode was cut, for example by a time limit; likewise */
  uint8_t reserved[6];
} gym_transition;

/* The size of a space whose elements have no fixed size: Sequence, Graph, custom spaces, and a Tuple,
 * Dict or OneOf that contains one. */
#define GYM_DYNAMIC SIZE_MAX

/* Makes an environment: gymnasium.make(id, **options).
 *
 * `id`: what gymnasium.make takes: "CartPole-v1", "module:Name-v0" (imports the module first); or the class
 * of an environment that is not registered: "module:Class", "path/to/file.py:Class" (docs/environments.md).
 * `options`: a JSON object of gymnasium.make's keyword arguments, or NULL. gogym's own options stand
 * under the key "gogym": entry_point, path, import and legacy (docs/environments.md), wrappers (see
 * gym_wrap), private (see gym_get_attr), and isolate, python, timeout, memory_limit (docs/workers.md): with
 * {"isolate": true} the environment lives in a worker process of its own, which needs no Python in this one
 * and cannot take it down. Where JSON lacks a type, a tag says it:
 *   {"__tuple__": [...]}   {"__ndarray__": [...], "dtype": "float32"}   {"__float__": "inf"}
 *   {"__dict__": [[key, value], ...]}   {"__callback__": "name"} (see gym_add_reward_callback)
 *
 * Ownership: `out` receives a handle to be closed with gym_close. Lifetime: until gym_close or
 * gym_shutdown. Threads: default.
 * Errors: those of gym_init; GYM_ERR_JSON; those of Gymnasium (60 to 79), whose messages carry its
 * suggestions; GYM_ERR_IMPORT; GYM_ERR_PYTHON for what the environment's constructor raises; isolated also
 * GYM_ERR_WORKER, as then every call on the environment. Nullable: options, err. */
GYM_API int gym_make(const char *id, const char *options, gym_env *out, gym_error *err);

/* Begins an episode: env.reset(seed=seed, options=options).
 *
 * `seed`: NULL leaves the environment's random generator as it is; otherwise *seed >= 0.
 * `options`: a JSON object (see gym_make) or NULL. `obs`: float64[gym_observation_size] or more.
 * Where the size is GYM_DYNAMIC, `obs` must be NULL and `obs_len` 0.
 *
 * Ownership, Lifetime: none passed on. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_BUFFER (before the environment is touched), GYM_ERR_ARGUMENT (negative
 * seed), GYM_ERR_JSON, GYM_ERR_DYNAMIC, GYM_ERR_RESULT, GYM_ERR_OBSERVATION, GYM_ERR_INEXACT, and what
 * the environment raises.
 * Nullable: seed, options, obs (with obs_len 0, where the size is 0 or GYM_DYNAMIC), err. */
GYM_API int gym_reset(gym_env env, const int64_t *seed, const char *options, double *obs, size_t obs_len,
                      gym_error *err);

/* Advances the environment by one action: env.step(action).
 *
 * `action`: float64[gym_action_size], exactly. It is converted to the action space's own dtype; a number
 * that this dtype cannot hold (1.5 or NaN for an integer, 256 for a uint8) gives GYM_ERR_ACTION before the
 * environment is touched. Whether the action lies in the space is for the environment to judge.
 * `obs`: float64[gym_observation_size] or more. `out`: reward and flags.
 *
 * Ownership, Lifetime: none passed on. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_BUFFER, GYM_ERR_ACTION, GYM_ERR_DYNAMIC, GYM_ERR_RESET_NEEDED,
 * GYM_ERR_RESULT, GYM_ERR_OBSERVATION, GYM_ERR_REWARD, GYM_ERR_INEXACT, and what the environment raises.
 * Nullable: action (with action_len 0, where the size is 0), obs (as in gym_reset), err. */
GYM_API int gym_step(gym_env env, const double *action, size_t action_len, double *obs, size_t obs_len,
                     gym_transition *out, gym_error *err);

/* Draws a random action: env.action_space.sample(), the same stream as in Python.
 *
 * `action`: float64[gym_action_size] or more.
 *
 * Ownership, Lifetime: none passed on. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_BUFFER, GYM_ERR_DYNAMIC; GYM_ERR_INEXACT, where the sample is an integer
 * that a float64 cannot hold; GYM_ERR_ACTION, where it does not fit its own space, or where the environment
 * has replaced its action space by one of another size. Nullable: action (with action_len 0), err. */
GYM_API int gym_sample_action(gym_env env, double *action, size_t action_len, gym_error *err);

/* Seeds the action space's random generator: env.action_space.seed(seed), seed >= 0.
 *
 * Ownership, Lifetime: none passed on. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_ARGUMENT (negative seed). Nullable: err. */
GYM_API int gym_seed_action(gym_env env, int64_t seed, gym_error *err);

/* Closes an environment: env.close(). The handle is invalid afterwards, whatever that raises; only after
 * GYM_ERR_BUSY and GYM_ERR_FORKED nothing was done.
 *
 * Ownership: the environment is given up. Lifetime: ends here. Threads: default; waits for a call that
 * is under way on another thread.
 * Errors: GYM_ERR_HANDLE (also for a second close), GYM_ERR_BUSY; what env.close() raises. Nullable: err. */
GYM_API int gym_close(gym_env env, gym_error *err);

/* The number of float64 elements of an observation, or GYM_DYNAMIC.
 *
 * Ownership, Lifetime: none passed on. Threads: default; never waits for Python.
 * Errors: GYM_ERR_HANDLE. Nullable: err. */
GYM_API int gym_observation_size(gym_env env, size_t *out, gym_error *err);

/* The number of float64 elements of an action, or GYM_DYNAMIC.
 *
 * Ownership, Lifetime: none passed on. Threads: default; never waits for Python.
 * Errors: GYM_ERR_HANDLE. Nullable: err. */
GYM_API int gym_action_size(gym_env env, size_t *out, gym_error *err);

/* The number of bytes of an observation in the native layout, or GYM_DYNAMIC.
 *
 * Ownership, Lifetime: none passed on. Threads: default; never waits for Python.
 * Errors: GYM_ERR_HANDLE. Nullable: err. */
GYM_API int gym_observation_nbytes(gym_env env, size_t *out, gym_error *err);

/* The number of bytes of an action in the native layout, or GYM_DYNAMIC.
 *
 * Ownership, Lifetime: none passed on. Threads: default; never waits for Python.
 * Errors: GYM_ERR_HANDLE. Nullable: err. */
GYM_API int gym_action_nbytes(gym_env env, size_t *out, gym_error *err);

/* ------------------------------------------------------------------------------------- native layout */

/* The same calls with buffers in the native layout: each leaf of the space in its own dtype and C order, at
 * the `byte_offset` that the space's value gives, which is a multiple of its item size. A frame of uint8
 * pixels has one byte a pixel. Discrete is one integer of the space's dtype; Text is int32[max_length] of
 * character indices, padded with len(charset); OneOf is an int64 index and the chosen child, zeros up to the
 * largest. Bytes between leaves are zero; those of an action are not looked at.
 *
 * Buffers need no alignment, but an array can be read in place only where the buffer begins at a multiple of
 * the largest item size; memory of malloc always does.
 *
 * Elements of the space's own dtype pass bit by bit. An observation of another dtype is converted: fractions
 * are rounded to a smaller float dtype as NumPy does. What would become another number otherwise gives
 * GYM_ERR_INEXACT: an integer, fraction or bool that the dtype cannot hold, a finite float that would become
 * infinite. */

/* gym_reset with a native buffer of gym_observation_nbytes bytes or more.
 *
 * One copy is made from the environment's array to `obs`. None is made where the environment writes there
 * itself, which it may also have begun when it fails: see "Environments that write their observation in
 * place" in docs/native.md.
 *
 * Ownership, Lifetime: none passed on. Threads: default. Errors: as gym_reset.
 * Nullable: seed, options, obs (as in gym_reset), err. */
GYM_API int gym_reset_native(gym_env env, const int64_t *seed, const char *options, void *obs,
                             size_t obs_nbytes, gym_error *err);

/* gym_step with native buffers: `action` of exactly gym_action_nbytes bytes, `obs` as in gym_reset_native.
 *
 * Ownership, Lifetime: none passed on. Threads: default. Errors: as gym_step.
 * Nullable: action, obs (as in gym_step), err. */
GYM_API int gym_step_native(gym_env env, const void *action, size_t action_nbytes, void *obs,
                            size_t obs_nbytes, gym_transition *out, gym_error *err);

/* gym_sample_action with a native buffer of gym_action_nbytes bytes or more.
 *
 * Ownership, Lifetime: none passed on. Threads: default. Errors: as gym_sample_action.
 * Nullable: action (with action_nbytes 0), err. */
GYM_API int gym_sample_action_native(gym_env env, void *action, size_t action_nbytes, gym_error *err);

/* ------------------------------------------------------------------------------------- value */

/* An immutable tree: an info, a space, an attribute. One relocatable block of memory; a node of the tree
 * is a `const gym_value *` into it. */
typedef struct gym_value gym_value;

/* The kinds of a node. */
enum {
  GYM_KIND_NONE = 0,
  GYM_KIND_BOOL = 1,
  GYM_KIND_INT64 = 2,
  GYM_KIND_FLOAT64 = 3,
  GYM_KIND_STRING = 4, /* UTF-8 */
  GYM_KIND_BYTES = 5,
  GYM_KIND_ARRAY = 6, /* n-dimensional, C order, native byte order */
  GYM_KIND_LIST = 7,
  GYM_KIND_TUPLE = 8,
  GYM_KIND_DICT = 9,  /* ordered; keys are values of any kind */
  GYM_KIND_OTHER = 10 /* a Python object without a plain form: its class name and repr. Integers beyond
                         64 bits come as this, with class "int" and their decimal digits */
};

/* An array node, read in place. */
typedef struct gym_array {
  uint32_t struct_size; /* in: sizeof(gym_array) */
  uint32_t ndim;
  const char *dtype;    /* NumPy's name: "bool", "int8" ... "uint64", "float16", "float32", "float64",
                           "longdouble", "complex64", "complex128" */
  const int64_t *shape; /* int64[ndim] */
  const void *data;     /* C order, aligned to 16 bytes within the block */
  size_t itemsize;      /* bytes of an element */
  size_t size;          /* number of elements */
  size_t nbytes;        /* itemsize * size */
} gym_array;

#define GYM_ARRAY_INIT {(uint32_t)sizeof(gym_array), 0, NULL, NULL, NULL, 0, 0, 0}

/* The observation space as a tree of dicts, one a space. Every node has
 *   type (the Gymnasium class: "Box", "Discrete", ...; "other" for a class that is none of these),
 *   dtype, shape, and its place in both layouts: size, offset (float64 elements), nbytes, byte_offset
 *   (native layout: each leaf in its own dtype, aligned to its item size), flatdim, flat_dtype (Gymnasium's
 *   flatten); -1, and none for flat_dtype, where nothing is fixed,
 * and its own fields: low, high (Box; where integers have no bound also bounded_below, bounded_above); n,
 * start (Discrete); nvec, start (MultiDiscrete); n (MultiBinary); charset, min_length, max_length (Text);
 * spaces (Tuple, OneOf); keys, spaces (Dict); space, stack (Sequence); node_space, edge_space (Graph); class,
 * repr (other). What is nested deeper than 60 spaces comes as its repr.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then, also after gym_close.
 * Threads: default. Errors: GYM_ERR_HANDLE. Nullable: err. */
GYM_API int gym_observation_space(gym_env env, gym_value **out, gym_error *err);

/* The action space, as gym_observation_space describes it.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then, also after gym_close.
 * Threads: default. Errors: GYM_ERR_HANDLE. Nullable: err. */
GYM_API int gym_action_space(gym_env env, gym_value **out, gym_error *err);

/* The info of the last successful reset or step: the dict that it returned, as it is now.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then, also after gym_close.
 * Threads: default. Errors: GYM_ERR_HANDLE; GYM_ERR_RESET_NEEDED before the first reset. Nullable: err. */
GYM_API int gym_info(gym_env env, gym_value **out, gym_error *err);

/* The observation of the last successful reset or step as a value, for every space, of fixed size or not:
 *   Box, MultiDiscrete, MultiBinary   array          Tuple      tuple
 *   Discrete                          int64          Dict       dict, in the order of the space's keys
 *   Text                              string         OneOf      tuple (index, element)
 *   Sequence                          tuple of elements; where it stacks, what they stack to (in JSON, a
 *                                     Tuple's as __tuple__)
 *   Graph                             dict of nodes, edges (none where there are none), edge_links
 *   other                             what a gym_value can say of the object: see GYM_KIND_OTHER
 * An observation that does not fit its space comes as what it is. Of an environment that uses its arrays
 * again, it is what they hold now.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_RESET_NEEDED (before the first reset), GYM_ERR_UNSUPPORTED (the environment
 * has written it in place: it lies in the caller's own buffer). Nullable: err. */
GYM_API int gym_observation(gym_env env, gym_value **out, gym_error *err);

/* Begins an episode in an environment of any space: gym_reset with the observation as a value.
 *
 * `obs`: receives the observation, as gym_observation gives it, or NULL.
 *
 * Ownership: the caller frees *obs with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: those of gym_reset but for buffers. Nullable: seed, options, obs, err. */
GYM_API int gym_reset_value(gym_env env, const int64_t *seed, const char *options, gym_value **obs,
                            gym_error *err);

/* Advances an environment by an action of any space, written as JSON with the tags of gym_make's options:
 *   Box, MultiDiscrete, MultiBinary   nested arrays of the space's shape, or __ndarray__; a number where the
 *                                     shape is ()
 *   Discrete   a number               Text    a string
 *   Tuple      an array or __tuple__  Dict    an object, or __dict__ where keys are no strings
 *   OneOf      [index, element]       Sequence   an array of elements, or what they stack to
 *   Graph      {"nodes": [elements], "edges": [elements] or null, "edge_links": [[from, to], ...] or null}
 *   other      anything: the environment gets the parsed JSON
 * Numbers become the space's own dtype; one that this cannot hold (1.5 for an integer, 1e300 for a float32)
 * gives GYM_ERR_ACTION before the environment is touched. What does not fit otherwise (another shape, a text
 * for a number) reaches the environment as Python code would have passed it: whether the action lies in the
 * space is for the environment to judge.
 *
 * `obs`: receives the observation, as gym_observation gives it, or NULL.
 *
 * Ownership: the caller frees *obs with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: those of gym_step, GYM_ERR_JSON. Nullable: obs, err. */
GYM_API int gym_step_value(gym_env env, const char *action, gym_value **obs, gym_transition *out,
                           gym_error *err);

/* Frees a tree. NULL is allowed; a node that is not a tree's root is left alone.
 *
 * Ownership: given up. Lifetime: every pointer into the tree ends here.
 * Threads: default; no other thread may be reading the tree. Errors: none. Nullable: value. */
GYM_API void gym_value_free(gym_value *value);

/* The kind of a node, one of GYM_KIND_*; GYM_KIND_NONE for NULL.
 * Ownership, Lifetime: none. Threads: default. Errors: none. Nullable: value. */
GYM_API int gym_value_kind(const gym_value *value);

/* The name of a kind: "none", "bool", "int64" ...; "unknown" for any other number.
 * Ownership: static text. Lifetime: the process. Threads: default. Errors: none. */
GYM_API const char *gym_value_kind_name(int kind);

/* The number of items of a list, tuple or dict, of elements of an array, of bytes of a string, bytes or
 * other; 0 for all else.
 * Ownership, Lifetime: none. Threads: default. Errors: none. Nullable: value. */
GYM_API size_t gym_value_count(const gym_value *value);

/* Item `index` of a list or tuple, or the value of entry `index` of a dict; NULL where there is none.
 * Ownership: the tree's. Lifetime: the tree's. Threads: default. Errors: none. Nullable: value. */
GYM_API const gym_value *gym_value_at(const gym_value *value, size_t index);

/* The key of entry `index` of a dict; NULL where there is none.
 * Ownership: the tree's. Lifetime: the tree's. Threads: default. Errors: none. Nullable: value. */
GYM_API const gym_value *gym_value_key_at(const gym_value *value, size_t index);

/* The value under a string key of a dict; NULL where there is none.
 * Ownership: the tree's. Lifetime: the tree's. Threads: default. Errors: none. Nullable: value, key. */
GYM_API const gym_value *gym_value_get(const gym_value *value, const char *key);

/* Reads a bool node: *out is 0 or 1.
 * Ownership, Lifetime: none. Threads: default. Errors: GYM_ERR_KIND. Nullable: err. */
GYM_API int gym_value_bool(const gym_value *value, int *out, gym_error *err);

/* Reads an int64 or bool node.
 * Ownership, Lifetime: none. Threads: default. Errors: GYM_ERR_KIND. Nullable: err. */
GYM_API int gym_value_int64(const gym_value *value, int64_t *out, gym_error *err);

/* Reads a float64, int64 or bool node; an integer that a float64 cannot hold exactly is an error.
 * Ownership, Lifetime: none. Threads: default. Errors: GYM_ERR_KIND, GYM_ERR_INEXACT. Nullable: err. */
GYM_API int gym_value_float64(const gym_value *value, double *out, gym_error *err);

/* The text of a string node, or the repr of an other node, NUL-terminated; NULL for all else. *len (bytes,
 * without the NUL) tells texts that contain NUL.
 * Ownership: the tree's. Lifetime: the tree's. Threads: default. Errors: none. Nullable: value, len. */
GYM_API const char *gym_value_string(const gym_value *value, size_t *len);

/* The content of a bytes node; NULL for all else.
 * Ownership: the tree's. Lifetime: the tree's. Threads: default. Errors: none. Nullable: value, len. */
GYM_API const void *gym_value_bytes(const gym_value *value, size_t *len);

/* The Python class of an other node, for example "int" or "decimal.Decimal"; NULL for all else.
 * Ownership: the tree's. Lifetime: the tree's. Threads: default. Errors: none. Nullable: value. */
GYM_API const char *gym_value_class(const gym_value *value);

/* Describes an array node in place; out->struct_size must be set (GYM_ARRAY_INIT).
 * Ownership: out's pointers are the tree's. Lifetime: the tree's. Threads: default.
 * Errors: GYM_ERR_KIND, GYM_ERR_ARGUMENT (struct_size). Nullable: err. */
GYM_API int gym_value_array(const gym_value *value, gym_array *out, gym_error *err);

/* Writes a node as JSON for people and logs: arrays as nested lists; tuples as lists; bytes as a list of
 * numbers; NaN and infinities as the strings "nan", "inf", "-inf"; other as its repr; keys as text.
 * `*needed` receives the length in bytes with the NUL; buf NULL with len 0 only asks for it.
 *
 * Ownership, Lifetime: none passed on. Threads: default.
 * Errors: GYM_ERR_BUFFER where len is too short and buf is not NULL (needed is set). Nullable: buf, needed,
 * err. */
GYM_API int gym_value_to_json(const gym_value *value, char *buf, size_t len, size_t *needed, gym_error *err);

/* The block of a whole tree: *nbytes bytes that may be stored, sent and mapped anywhere (aligned to 16) on
 * machines of the same byte order; NULL where value is not a root.
 * Ownership: the tree's. Lifetime: the tree's. Threads: default. Errors: none. Nullable: value, nbytes. */
GYM_API const void *gym_value_block(const gym_value *value, size_t *nbytes);

/* Makes a tree from the bytes of a block, which may come from anywhere: everything is checked.
 *
 * Ownership: the bytes are copied; the caller frees *out with gym_value_free. Lifetime: until then.
 * Threads: default. Errors: GYM_ERR_BLOCK, GYM_ERR_MEMORY. Nullable: err. */
GYM_API int gym_value_from_block(const void *bytes, size_t nbytes, gym_value **out, gym_error *err);

/* ------------------------------------------------------------------------------------- space */

/* A space. A value, not a pointer: copy it freely. {0} is never valid. It is a Gymnasium space in Python with
 * the bounds that it had when the handle was made; contains, flatten and unflatten work on a copy of those
 * and wait for neither Python nor the environment. */
typedef struct gym_space {
  uint64_t id;
} gym_space;

/* Makes a space from its description, a JSON object with the tags of gym_make's options:
 *   {"type": "Box", "low": -1, "high": [1, 2], "shape": [2], "dtype": "float32"}   null = no bound
 *   {"type": "Discrete", "n": 5, "start": 0, "dtype": "int64"}
 *   {"type": "MultiDiscrete", "nvec": [5, 2], "start": [0, 0], "dtype": "int64"}
 *   {"type": "MultiBinary", "n": 5}                              or "n": [2, 3]
 *   {"type": "Text", "max_length": 8, "min_length": 1, "charset": "abc"}
 *   {"type": "Tuple", "spaces": [...]}                           {"type": "OneOf", "spaces": [...]}
 *   {"type": "Dict", "spaces": {"name": {...}, ...}}             sorted by name, as Gymnasium does
 *   {"type": "Dict", "spaces": [["name", {...}], ...]}           in the order given
 *   {"type": "Sequence", "space": {...}, "stack": false}
 *   {"type": "Graph", "node_space": {...}, "edge_space": {...}}  or null
 * What Gymnasium's constructors have a default for may be left out. What gym_value_to_json writes of a
 * space's value is a description too.
 *
 * Ownership: `out` receives a handle to be closed with gym_space_close. Lifetime: until then or gym_shutdown.
 * Threads: default. Errors: those of gym_init, GYM_ERR_JSON, GYM_ERR_SPACE with Gymnasium's words. Nullable:
 * err. */
GYM_API int gym_space_make(const char *description, gym_space *out, gym_error *err);

/* The observation space of an environment as a handle, which shares the space and its random generator with
 * Python. It outlives the environment.
 *
 * Ownership: `out` receives a handle to be closed with gym_space_close. Lifetime: until then or gym_shutdown.
 * Threads: default. Errors: GYM_ERR_HANDLE, GYM_ERR_MEMORY. Nullable: err. */
GYM_API int gym_space_of_observations(gym_env env, gym_space *out, gym_error *err);

/* The action space of an environment as a handle: as gym_space_of_observations. An environment that has
 * replaced its action space gives the new one.
 *
 * Ownership: `out` receives a handle to be closed with gym_space_close. Lifetime: until then or gym_shutdown.
 * Threads: default. Errors: GYM_ERR_HANDLE, GYM_ERR_MEMORY. Nullable: err. */
GYM_API int gym_space_of_actions(gym_env env, gym_space *out, gym_error *err);

/* A part of a space as a handle of its own: child `index` of a Tuple, Dict (in the order of its keys) or
 * OneOf; 0 is the space of a Sequence's elements, 0 and 1 those of a Graph's nodes and edges.
 *
 * Ownership, Lifetime, Threads: as gym_space_of_observations. Errors: GYM_ERR_HANDLE, GYM_ERR_ARGUMENT (there
 * is no such child). Nullable: err. */
GYM_API int gym_space_child(gym_space space, size_t index, gym_space *out, gym_error *err);

/* Closes a space. Ownership: the handle is given up. Lifetime: ends here. Threads: default.
 * Errors: GYM_ERR_HANDLE (also for a second close), GYM_ERR_BUSY. Nullable: err. */
GYM_API int gym_space_close(gym_space space, gym_error *err);

/* The space as a value: see gym_observation_space.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE. Nullable: err. */
GYM_API int gym_space_value(gym_space space, gym_value **out, gym_error *err);

/* The number of float64 elements of an element of the space, or GYM_DYNAMIC.
 *
 * Ownership, Lifetime: none passed on. Threads: default; does not wait for Python. Errors: GYM_ERR_HANDLE.
 * Nullable: err. */
GYM_API int gym_space_size(gym_space space, size_t *out, gym_error *err);

/* The number of bytes of an element in the native layout, or GYM_DYNAMIC.
 *
 * Ownership, Lifetime: none passed on. Threads: default; does not wait for Python. Errors: GYM_ERR_HANDLE.
 * Nullable: err. */
GYM_API int gym_space_nbytes(gym_space space, size_t *out, gym_error *err);

/* The number of elements of Gymnasium's flatten (flatdim), or GYM_DYNAMIC where it is not fixed, or more than
 * any memory holds: Discrete(2**62) has one element in both layouts, and 2**62 in its one-hot form.
 *
 * Ownership, Lifetime: none passed on. Threads: default; does not wait for Python. Errors: GYM_ERR_HANDLE.
 * Nullable: err. */
GYM_API int gym_space_flatdim(gym_space space, size_t *out, gym_error *err);

/* Seeds a space's random generators: space.seed(seed).
 *
 * `seed`: JSON: a number >= 0 of any size, null for a random one, or nested arrays and objects as Gymnasium's
 * space takes them. `seeds`: receives what seed returned, or NULL.
 *
 * Ownership: the caller frees *seeds with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_JSON, GYM_ERR_BUSY, and what seed raises. Nullable: seeds, err. */
GYM_API int gym_space_seed(gym_space space, const char *seed, gym_value **seeds, gym_error *err);

/* Draws a random element: space.sample(), from the very stream of random numbers that Python draws from.
 *
 * `options`: NULL, or a JSON object of sample's keyword arguments: {"mask": ...}, {"probability": ...}
 * (arrays of numbers become arrays of the dtype that the space wants), for a Graph also num_nodes and
 * num_edges. `x`: float64[gym_space_size] or more.
 *
 * Ownership, Lifetime: none passed on. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_BUFFER, GYM_ERR_DYNAMIC, GYM_ERR_JSON, GYM_ERR_INEXACT, GYM_ERR_BUSY, and
 * what sample raises. Nullable: options, x (with x_len 0, where the size is 0), err. */
GYM_API int gym_space_sample(gym_space space, const char *options, double *x, size_t x_len, gym_error *err);

/* gym_space_sample with a native buffer of gym_space_nbytes bytes or more.
 *
 * Ownership, Lifetime: none passed on. Threads: default.
 * Errors: as gym_space_sample. Nullable: options, x (with x_nbytes 0, where the size is 0), err. */
GYM_API int gym_space_sample_native(gym_space space, const char *options, void *x, size_t x_nbytes,
                                    gym_error *err);

/* gym_space_sample for spaces of any size, with the element as a value: see gym_observation.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_JSON, GYM_ERR_BUSY, and what sample raises. Nullable: options, err. */
GYM_API int gym_space_sample_value(gym_space space, const char *options, gym_value **out, gym_error *err);

/* Whether an element belongs to a space: space.contains(element), for the element that the numbers are
 * converted to. *out is 1 or 0. What is no element of the layout at all (1.5 for an integer, an index out of
 * range, NaN for an integer) belongs to no space: that is 0, not an error. A float64 beyond a smaller float
 * dtype becomes an infinity.
 *
 * `x`: float64[gym_space_size], exactly.
 *
 * Ownership, Lifetime: none passed on. Threads: default; does not wait for Python.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_BUFFER, GYM_ERR_DYNAMIC. Nullable: x (with x_len 0, where the size is 0),
 * err. */
GYM_API int gym_space_contains(gym_space space, const double *x, size_t x_len, int *out, gym_error *err);

/* gym_space_contains with a native buffer of exactly gym_space_nbytes bytes.
 *
 * Ownership, Lifetime: none passed on. Threads: default; does not wait for Python.
 * Errors: as gym_space_contains. Nullable: x (with x_nbytes 0, where the size is 0), err. */
GYM_API int gym_space_contains_native(gym_space space, const void *x, size_t x_nbytes, int *out,
                                      gym_error *err);

/* gym_space_contains for spaces of any size, with the element as JSON: see gym_step_value.
 *
 * Ownership, Lifetime: none passed on. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_JSON, GYM_ERR_BUSY, and what contains raises. Nullable: err. */
GYM_API int gym_space_contains_value(gym_space space, const char *element, int *out, gym_error *err);

/* Gymnasium's flatten: one-hot for Discrete and MultiDiscrete, character indices for Text, one after another
 * for Tuple and Dict; OneOf is the index, the flat child, and its first number up to the largest child.
 *
 * `x`: float64[gym_space_size], exactly. `flat`: float64[gym_space_flatdim] or more.
 *
 * Ownership, Lifetime: none passed on. Threads: default; does not wait for Python.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_BUFFER, GYM_ERR_DYNAMIC, GYM_ERR_ELEMENT (the element cannot be flattened:
 * the message names the leaf, element["camera"][2]). Nullable: x, flat (with length 0), err. */
GYM_API int gym_space_flatten(gym_space space, const double *x, size_t x_len, double *flat, size_t flat_len,
                              gym_error *err);

/* gym_space_flatten from a native buffer of exactly gym_space_nbytes bytes to gym_space_flatdim elements of
 * the dtype `flat_dtype` in the space's value, which is that of Gymnasium's flat Box.
 *
 * Ownership, Lifetime: none passed on. Threads: default; does not wait for Python.
 * Errors: as gym_space_flatten. Nullable: x, flat (with length 0), err. */
GYM_API int gym_space_flatten_native(gym_space space, const void *x, size_t x_nbytes, void *flat,
                                     size_t flat_nbytes, gym_error *err);

/* gym_space_flatten for spaces of any size: the element as JSON (see gym_step_value), and what Gymnasium
 * makes of it as a value: an array, or for a Sequence or Graph what it nests arrays in.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_JSON, GYM_ERR_ELEMENT, GYM_ERR_BUSY, and what flatten raises. Nullable:
 * err. */
GYM_API int gym_space_flatten_value(gym_space space, const char *element, gym_value **out, gym_error *err);

/* Gymnasium's unflatten, the way back: from float64[gym_space_flatdim], exactly, to float64[gym_space_size]
 * or more.
 *
 * Ownership, Lifetime: none passed on. Threads: default; does not wait for Python.
 * Errors: as gym_space_flatten. Nullable: flat, x (with length 0), err. */
GYM_API int gym_space_unflatten(gym_space space, const double *flat, size_t flat_len, double *x, size_t x_len,
                                gym_error *err);

/* gym_space_unflatten from gym_space_flatdim elements of `flat_dtype` to a native buffer.
 *
 * Ownership, Lifetime: none passed on. Threads: default; does not wait for Python.
 * Errors: as gym_space_flatten. Nullable: flat, x (with length 0), err. */
GYM_API int gym_space_unflatten_native(gym_space space, const void *flat, size_t flat_nbytes, void *x,
                                       size_t x_nbytes, gym_error *err);

/* gym_space_unflatten for spaces of any size: the flat element as JSON, the element as a value.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: as gym_space_flatten_value. Nullable: err. */
GYM_API int gym_space_unflatten_value(gym_space space, const char *flat, gym_value **out, gym_error *err);

/* ------------------------------------------------------------------------------------- wrappers */

/* Puts wrappers around an environment, the first one innermost.
 *
 * `wrappers`: a JSON array of objects, or one object: {"name": "FrameStackObservation", "stack_size": 4}.
 * "name" is one of gymnasium.wrappers, or a wrapper of one's own: "module:Class", "path/to/file.py:Class".
 * The other members are the arguments of its constructor (docs/wrappers.md): where that wants a tuple, an
 * array, a dtype, a module or a space, a plain array, number, name or description of a space will do.
 *
 * The environment is then part of the new one: `env` is no longer valid, and closing *out closes everything.
 * After a failure nothing has changed, and `env` is still valid.
 *
 * Ownership: `out` receives a handle to be closed with gym_close; `env` is given up. Lifetime: until
 * gym_close or gym_shutdown. Threads: default. Errors: GYM_ERR_HANDLE, GYM_ERR_BUSY, GYM_ERR_JSON,
 * GYM_ERR_WRAPPER (the wrapper is unknown, does not fit the environment, or not its arguments),
 * GYM_ERR_CALLBACK (unknown name), GYM_ERR_IMPORT, those of Gymnasium. Nullable: err. */
GYM_API int gym_wrap(gym_env env, const char *wrappers, gym_env *out, gym_error *err);

/* ------------------------------------------------------------------------------------- callbacks */

/* Functions of the host, registered under a name and used wherever Gymnasium wants a callable: the tag
 * {"__callback__": "name"} in any JSON stands for one. docs/callbacks.md shows each kind at work.
 *
 * A callback returns 0, or a positive status after filling *err with a message, and type if there is one; it
 * then has no effect, and the call that led to it fails with that message and status (GYM_ERR_CALLBACK where
 * the number is no gym_status). It is called on the thread that made that call, or on the library's own where
 * the environment renders; without Python's lock. It may call gogym: the same environment gives GYM_ERR_BUSY,
 * any other works. It must not unwind through the library (longjmp, C++ exceptions). */

/* For gymnasium.wrappers.TransformReward: *out receives the new reward. */
typedef int (*gym_reward_callback)(void *user_data, double reward, double *out, gym_error *err);

/* For TransformObservation and TransformAction: from one array to another. `input` is an element of the space
 * that goes in, `output` describes the array to be filled at `data`: dtype, shape and sizes of the space that
 * comes out (of `input`, where no space is known); output->data is `data`. Box, MultiDiscrete, MultiBinary,
 * Discrete and Text are arrays of their own dtype as in the native layout; composite spaces are float64[size]
 * as in the float64 layout. Both arrays are valid only during the call. */
typedef int (*gym_array_callback)(void *user_data, const gym_array *input, const gym_array *output,
                                  void *data, gym_error *err);

/* For the triggers of RecordVideo: whether (*out, 0 or 1) to record from episode or step `count` on. */
typedef int (*gym_trigger_callback)(void *user_data, int64_t count, int *out, gym_error *err);

/* Registers a callback for rewards under a name.
 *
 * Ownership: `name` is copied; `user_data` stays the caller's. Lifetime: until gym_remove_callback.
 * Threads: default. Errors: those of gym_init; GYM_ERR_CALLBACK (the name is taken, or empty). Nullable:
 * user_data, err. */
GYM_API int gym_add_reward_callback(const char *name, gym_reward_callback callback, void *user_data,
                                    gym_error *err);

/* Registers a callback for arrays under a name: as gym_add_reward_callback.
 *
 * Ownership, Lifetime, Threads: as gym_add_reward_callback. Errors: as gym_add_reward_callback. Nullable:
 * user_data, err. */
GYM_API int gym_add_array_callback(const char *name, gym_array_callback callback, void *user_data,
                                   gym_error *err);

/* Registers a trigger under a name: as gym_add_reward_callback.
 *
 * Ownership, Lifetime, Threads: as gym_add_reward_callback. Errors: as gym_add_reward_callback. Nullable:
 * user_data, err. */
GYM_API int gym_add_trigger_callback(const char *name, gym_trigger_callback callback, void *user_data,
                                     gym_error *err);

/* Removes a callback. Environments that use it fail from then on with GYM_ERR_CALLBACK, so close them first.
 *
 * Ownership: none. Lifetime: when it returns, the callback is not running and will not be called again, so
 * that its user data may be freed. Threads: default; waits for calls of the callback under way. Errors:
 * GYM_ERR_CALLBACK (there is none of that name), GYM_ERR_BUSY (from inside the callback itself, or where the
 * callback waits for this very call). Nullable: err. */
GYM_API int gym_remove_callback(const char *name, gym_error *err);

/* ------------------------------------------------------------------------------------- rendering */

/* An environment that is made with a render_mode (other than "ansi", "ansi_list" and none) is bound to a
 * thread of the library's own, and every call on it runs there, because the graphics context of MuJoCo
 * belongs to one thread; whoever calls, from whichever thread, waits for it. Those with the mode "human"
 * share one thread, as window systems want it, and so wait for each other.
 *
 * Before such an environment is made, the environment variables MUJOCO_GL, PYOPENGL_PLATFORM, SDL_VIDEODRIVER
 * and others of SDL are set where they are not set and it takes that to draw without a display, or beside
 * windows (docs/rendering.md). */

/* One array of a frame. */
typedef struct gym_frame_part {
  char dtype[16];       /* NumPy's name: "uint8", "float32" */
  uint32_t ndim;        /* of shape, at most 4 */
  uint32_t reserved;    /* 0 */
  int64_t shape[4];     /* height, width, channels; unused ones are 0 */
  uint64_t byte_offset; /* from the beginning of the buffer */
  uint64_t nbytes;
} gym_frame_part;

/* How a frame lies in the caller's buffer. Initialise with GYM_FRAME_INIT. */
typedef struct gym_frame {
  uint32_t struct_size; /* in: sizeof(gym_frame) */
  uint32_t count;       /* of parts: 1; 2 for rgbd_tuple (colours and depth) */
  uint64_t nbytes;      /* of the whole frame */
  gym_frame_part parts[2];
} gym_frame;

#define GYM_FRAME_INIT                                                                    \
  {                                                                                       \
    (uint32_t)sizeof(gym_frame), 0, 0, { {{0}, 0, 0, {0}, 0, 0}, {{0}, 0, 0, {0}, 0, 0} } \
  }

/* Shape and dtype of the environment's frames. Where none has been rendered yet, one is rendered, and the
 * next gym_render or gym_render_value gives that very frame if nothing else has happened in between.
 *
 * Ownership, Lifetime: none passed on. Threads: default.
 * Errors: GYM_ERR_HANDLE; GYM_ERR_RENDER (no render_mode, or one that gives no array: "human", "ansi",
 * lists); GYM_ERR_RESET_NEEDED; GYM_ERR_ARGUMENT (struct_size); what the environment raises. Nullable: err.
 */
GYM_API int gym_frame_layout(gym_env env, gym_frame *out, gym_error *err);

/* Renders a frame: env.render() of the render modes "rgb_array", "depth_array" and "rgbd_tuple", C order.
 * With "human", draws the window; `frame` is then NULL and `frame_nbytes` 0.
 *
 * `frame`: gym_frame.nbytes bytes or more.
 *
 * Ownership, Lifetime: none passed on. Threads: default.
 * Errors: GYM_ERR_HANDLE; GYM_ERR_BUFFER; GYM_ERR_RENDER (no render_mode, or one of lists or text: see
 * gym_render_value); GYM_ERR_RESET_NEEDED; what the environment raises.
 * Nullable: frame (with frame_nbytes 0), err. */
GYM_API int gym_render(gym_env env, void *frame, size_t frame_nbytes, gym_error *err);

/* Renders in any render mode: env.render() as a value: an array, a tuple of two (rgbd_tuple), a string
 * (ansi), a list of them (rgb_array_list, ansi_list ...), none (human).
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: as gym_render, but for those of buffers. Nullable: err. */
GYM_API int gym_render_value(gym_env env, gym_value **out, gym_error *err);

/* ------------------------------------------------------------------------------------- attributes */

/* An attribute's name is a path: "spec", "unwrapped.data.qpos". Its first part is looked for in the outermost
 * wrapper, then in the next one, down to the environment itself, as Gymnasium's get_wrapper_attr does; the
 * others are attributes of what came before. Parts that begin with an underscore need the option {"gogym":
 * {"private": true}} of gym_make. Attributes are the environment's own code: reading one may do anything that
 * it does. */

/* Whether an environment has an attribute: *out is 1 or 0.
 *
 * Ownership, Lifetime: none passed on. Threads: default. Errors: GYM_ERR_HANDLE; GYM_ERR_ATTRIBUTE (the path
 * is malformed or private); what reading it raises other than AttributeError. Nullable: err. */
GYM_API int gym_has_attr(gym_env env, const char *name, int *out, gym_error *err);

/* The value of an attribute, as it is now.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE; GYM_ERR_ATTRIBUTE (missing, malformed or private); what reading it raises.
 * Nullable: err. */
GYM_API int gym_get_attr(gym_env env, const char *name, gym_value **out, gym_error *err);

/* Sets an attribute. A name of one part is set where it is found: in the outermost wrapper that has it, else
 * in the outermost of all, as Gymnasium's set_wrapper_attr does. `value`: JSON, with tags (see gym_make).
 *
 * Ownership, Lifetime: none passed on. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_JSON, GYM_ERR_ATTRIBUTE, and what setting it raises. Nullable: err. */
GYM_API int gym_set_attr(gym_env env, const char *name, const char *value, gym_error *err);

/* Calls a method, or anything else that can be called.
 *
 * `arguments`: JSON: an array of positional arguments, an object of keyword arguments (with the key "*" for
 * positional ones beside them), or NULL for none. `out`: receives what it returned, or NULL.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_JSON, GYM_ERR_ATTRIBUTE (also: cannot be called), and what it raises.
 * Nullable: arguments, out, err. */
GYM_API int gym_call(gym_env env, const char *name, const char *arguments, gym_value **out, gym_error *err);

/* ------------------------------------------------------------------------------------- snapshots */

/* The state of an environment with all its wrappers and random generators, also of its action space: after
 * gym_load_state it continues exactly as it would have continued here. A value of kind bytes, whose content
 * is opaque, to be loaded by the same version of everything, into this or an equally made environment.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then; independent of the environment.
 * Threads: default. Errors: GYM_ERR_HANDLE; GYM_ERR_RESET_NEEDED; GYM_ERR_STATE (the message names what
 * cannot be saved). Nullable: err. */
GYM_API int gym_save_state(gym_env env, gym_value **out, gym_error *err);

/* Puts an environment into a saved state. The last observation and info (gym_observation, gym_info) are those
 * of the saved moment too. Load only states that you trust: they are Python pickles, and can run code.
 *
 * `state`: `nbytes` bytes as gym_value_bytes gives them for a saved state.
 *
 * Ownership, Lifetime: none passed on. Threads: default. Errors: GYM_ERR_HANDLE; GYM_ERR_STATE (damaged, or
 * of another environment, version or wrappers; nothing has changed then). Nullable: err. */
GYM_API int gym_load_state(gym_env env, const void *state, size_t nbytes, gym_error *err);

/* A second environment, independent of the first, in the same state.
 *
 * Ownership: `out` receives a handle to be closed with gym_close. Lifetime: until then or gym_shutdown.
 * Threads: default. Errors: GYM_ERR_HANDLE, GYM_ERR_STATE, and what making it raises. Nullable: err. */
GYM_API int gym_clone(gym_env env, gym_env *out, gym_error *err);

/* ------------------------------------------------------------------------------------- vector environments
 */

/* Many environments of one kind that step together. A value, not a pointer; {0} is never valid.
 *
 * Each environment has a row, 0 to num_envs - 1, in every array: row i of observations begins at element
 * i * gym_vec_observation_size (float64 layout) or byte i * gym_vec_observation_nbytes (native layout). */
typedef struct gym_vec {
  uint64_t id;
} gym_vec;

/* Makes a vector environment of `num_envs` environments: gymnasium.make(id, **options) for each.
 *
 * `options`: as for gym_make, and under "gogym" also (docs/vector.md)
 *   engine          "process" (default): worker processes, each with its share of the environments
 *                   "sync": all in this process's Python, one after another
 *                   "vector": Gymnasium's own vector environment of that id, in this process's Python, or
 * with "workers" in that many processes "envpool": EnvPool's environment of that id, likewise workers how
 * many processes; default: the number of CPUs that may be used, at most num_envs autoreset_mode  "next_step"
 * (default), "same_step", "disabled": as Gymnasium defines them layout          "float64" (default) or
 * "native": what the arrays hold env_options     an array of num_envs objects: options of single
 * environments, over the common ones timeout         seconds that a step, reset or call may take before its
 * worker is ended; default: none on_failure      "restart" (default), "report", "close": see gym_vec_step
 *   memory_limit    bytes of address space of each worker
 *   python          the interpreter of the workers
 *   vector_wrappers wrappers of gymnasium.wrappers.vector ("sync", and "vector" and "envpool" in one process)
 *   vector_options  arguments of the vector environment itself ("vector", "envpool")
 *
 * Ownership: `out` receives a handle to be closed with gym_vec_close. Lifetime: until gym_vec_close or
 * gym_shutdown. Threads: default. Errors: as gym_make; GYM_ERR_ARGUMENT (num_envs 0), GYM_ERR_WORKER,
 * GYM_ERR_DYNAMIC (a space without a fixed size). Nullable: options, err. */
GYM_API int gym_vec_make(const char *id, size_t num_envs, const char *options, gym_vec *out, gym_error *err);

/* Closes a vector environment and ends its workers. The handle is invalid afterwards, and so is what
 * gym_vec_view gave.
 *
 * Ownership: the environments are given up. Lifetime: ends here. Threads: default; waits for a call that is
 * under way, and for each worker process at most ten seconds (or the option timeout). Errors: GYM_ERR_HANDLE
 * (also for a second close), GYM_ERR_BUSY; what an env.close() raises; GYM_ERR_WORKER (a process ended in
 * that, or was killed because it did not come to its end). Everything is closed after an error too. Nullable:
 * err. */
GYM_API int gym_vec_close(gym_vec vec, gym_error *err);

/* What a vector environment is, as a dict: id, num_envs, engine, autoreset_mode, layout, workers (a list of
 * dicts: pid, first, count, restarts, python), on_failure, render_mode, futex_calls (system calls for handing
 * work over, made so far by this process and its workers).
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE. Nullable: err. */
GYM_API int gym_vec_describe(gym_vec vec, gym_value **out, gym_error *err);

/* The number of float64 elements of one row of observations.
 *
 * Ownership, Lifetime: none passed on. Threads: default; waits for nobody. Errors: GYM_ERR_HANDLE.
 * Nullable: err. */
GYM_API int gym_vec_observation_size(gym_vec vec, size_t *out, gym_error *err);

/* The number of float64 elements of one row of actions.
 *
 * Ownership, Lifetime: none passed on. Threads: default; waits for nobody. Errors: GYM_ERR_HANDLE.
 * Nullable: err. */
GYM_API int gym_vec_action_size(gym_vec vec, size_t *out, gym_error *err);

/* The number of bytes of one row of observations in the native layout, a multiple of 8.
 *
 * Ownership, Lifetime: none passed on. Threads: default; waits for nobody. Errors: GYM_ERR_HANDLE.
 * Nullable: err. */
GYM_API int gym_vec_observation_nbytes(gym_vec vec, size_t *out, gym_error *err);

/* The number of bytes of one row of actions in the native layout, a multiple of 8.
 *
 * Ownership, Lifetime: none passed on. Threads: default; waits for nobody. Errors: GYM_ERR_HANDLE.
 * Nullable: err. */
GYM_API int gym_vec_action_nbytes(gym_vec vec, size_t *out, gym_error *err);

/* The observation space of one environment (Gymnasium's single_observation_space), as gym_observation_space
 * describes it.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE. Nullable: err. */
GYM_API int gym_vec_observation_space(gym_vec vec, gym_value **out, gym_error *err);

/* The action space of one environment (Gymnasium's single_action_space).
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE. Nullable: err. */
GYM_API int gym_vec_action_space(gym_vec vec, gym_value **out, gym_error *err);

/* The spaces of a vector environment as handles. */
enum {
  GYM_VEC_SINGLE_OBSERVATION_SPACE = 0, /* of one environment */
  GYM_VEC_SINGLE_ACTION_SPACE = 1,
  GYM_VEC_OBSERVATION_SPACE = 2, /* of all, batched as Gymnasium does it */
  GYM_VEC_ACTION_SPACE = 3
};

/* One of the spaces as a handle; `which` is one of GYM_VEC_*_SPACE. It outlives the vector environment, and
 * keeps a worker process alive that has it.
 *
 * Ownership: `out` receives a handle to be closed with gym_space_close. Lifetime: until then or gym_shutdown.
 * Threads: default. Errors: GYM_ERR_HANDLE, GYM_ERR_ARGUMENT (which), GYM_ERR_WORKER. Nullable: err. */
GYM_API int gym_vec_space(gym_vec vec, int which, gym_space *out, gym_error *err);

/* Draws random actions for all environments: action_space.sample() of the batched action space.
 *
 * `actions`: float64[num_envs * gym_vec_action_size] or more.
 *
 * Ownership, Lifetime: none passed on. Threads: default. Errors: GYM_ERR_HANDLE, GYM_ERR_BUFFER,
 * GYM_ERR_ARGUMENT (the layout is "native"), GYM_ERR_WORKER. Nullable: err. */
GYM_API int gym_vec_sample_actions(gym_vec vec, double *actions, size_t actions_len, gym_error *err);

/* gym_vec_sample_actions for the layout "native": num_envs * gym_vec_action_nbytes bytes or more.
 *
 * Ownership, Lifetime: none passed on. Threads: default. Errors: as gym_vec_sample_actions. Nullable: err. */
GYM_API int gym_vec_sample_actions_native(gym_vec vec, void *actions, size_t actions_nbytes, gym_error *err);

/* Seeds the batched action space: action_space.seed(seed), seed >= 0.
 *
 * Ownership, Lifetime: none passed on. Threads: default. Errors: GYM_ERR_HANDLE, GYM_ERR_ARGUMENT,
 * GYM_ERR_WORKER. Nullable: err. */
GYM_API int gym_vec_seed_actions(gym_vec vec, int64_t seed, gym_error *err);

/* Begins an episode in all environments, or in those of a mask.
 *
 * `seeds`: NULL (seed_count 0) leaves the generators as they are; with seed_count 1 environment i gets
 * seeds[0] + i; with seed_count num_envs each gets its own, -1 for none. `mask`: NULL for all, otherwise
 * uint8[num_envs]: those that are not 0 are reset, and the others keep their observation. `options`: a JSON
 * object that each environment's reset gets, or NULL.
 * `obs`: float64[num_envs * gym_vec_observation_size] or more; NULL leaves observations where gym_vec_view
 * shows them.
 *
 * Ownership, Lifetime: none passed on. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_BUFFER, GYM_ERR_ARGUMENT (a negative seed, another number of seeds, an
 * empty mask, the layout is "native"), GYM_ERR_JSON, GYM_ERR_ALREADY_PENDING_CALL (sent actions have not been
 * received); failures of environments as gym_vec_step.
 * Nullable: seeds (with seed_count 0), mask, options, obs (with obs_len 0), err. */
GYM_API int gym_vec_reset(gym_vec vec, const int64_t *seeds, size_t seed_count, const uint8_t *mask,
                          const char *options, double *obs, size_t obs_len, gym_error *err);

/* Advances every environment by its action.
 *
 * `actions`: float64[num_envs * gym_vec_action_size], exactly; NULL takes those that were written where
 * gym_vec_view shows them. `obs`: as in gym_vec_reset. `out`: gym_transition[num_envs] or more; NULL leaves
 * them in the view.
 *
 * An episode that has ended begins anew as the autoreset mode says: with "next_step" in the next call, which
 * ignores that environment's action and gives reward 0; with "same_step" in this call, where `obs` has the
 * new episode's first observation, the view's final_observations and the info's final_obs and final_info the
 * old one's last; with "disabled" by gym_vec_reset with a mask, before which the next step gives
 * GYM_ERR_RESET_NEEDED and touches nothing.
 *
 * Failures: where environments fail (raise, return what does not fit, or end, hang or crash with their worker
 * process), the call gives the first one's status, GYM_ERR_WORKER for a process, and says which they are;
 * this is the one kind of error after which everything is written: the rows of all others are those of this
 * very step. gym_vec_failures has the details. With on_failure "restart" the failed environments have been
 * made anew and reset with fresh seeds: their rows hold the first observation, reward 0 and truncated 1. With
 * "report" they stay down, with truncated 1, and fail again in each step until gym_vec_reset brings them
 * back. With "close" all workers are ended. An action that its dtype cannot hold fails that row
 * (GYM_ERR_ACTION) and leaves the environment untouched.
 *
 * Ownership, Lifetime: none passed on. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_BUFFER, GYM_ERR_ARGUMENT (the layout is "native"), GYM_ERR_RESET_NEEDED,
 * GYM_ERR_ALREADY_PENDING_CALL, and those of failed environments.
 * Nullable: actions (with actions_len 0), obs (with obs_len 0), out (with out_len 0), err. */
GYM_API int gym_vec_step(gym_vec vec, const double *actions, size_t actions_len, double *obs, size_t obs_len,
                         gym_transition *out, size_t out_len, gym_error *err);

/* Sends actions to some environments without waiting for them. Environments that have not been received yet
 * cannot be sent another action.
 *
 * `ids`: int64[count], the environments, each once; NULL (count 0) for all. `actions`: float64[count *
 * gym_vec_action_size], exactly, in the order of `ids`; NULL takes those in the view. Engines "vector" and
 * "envpool" step all environments of a process at once: `ids` must be all or none of each.
 *
 * Ownership, Lifetime: none passed on. Threads: default; does not wait for a gym_vec_recv.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_BUFFER, GYM_ERR_ARGUMENT (an id that does not exist or stands twice),
 * GYM_ERR_RESET_NEEDED, GYM_ERR_ALREADY_PENDING_CALL (one of them has been sent already); nothing is sent
 * then. Nullable: ids (with count 0), actions (with actions_len 0), err. */
GYM_API int gym_vec_send(gym_vec vec, const int64_t *ids, size_t count, const double *actions,
                         size_t actions_len, gym_error *err);

/* Receives the first environments that are ready of those that were sent actions.
 *
 * `batch_size`: how many to wait for, 1 to num_envs; fewer where fewer are under way. `timeout`: seconds;
 * negative waits for ever, 0 not at all. (Where no worker processes do it, this call steps them itself,
 * however long that takes.) `ids`: int64[batch_size] or more, receives which they are; `obs` and `out` have a
 * row for each of them, in that order; `count`: how many.
 *
 * Ownership, Lifetime: none passed on. Threads: default; one gym_vec_recv at a time.
 * Errors: GYM_ERR_TIMEOUT (fewer are ready; they stay there to be received), GYM_ERR_NO_ASYNC_CALL (none is
 * under way), GYM_ERR_HANDLE, GYM_ERR_BUFFER, GYM_ERR_ARGUMENT; failures as gym_vec_step.
 * Nullable: obs (with obs_len 0), out (with out_len 0), err. */
GYM_API int gym_vec_recv(gym_vec vec, size_t batch_size, double timeout, int64_t *ids, double *obs,
                         size_t obs_len, gym_transition *out, size_t out_len, size_t *count, gym_error *err);

/* gym_vec_reset for the layout "native": `obs` has num_envs * gym_vec_observation_nbytes bytes or more.
 *
 * Ownership, Lifetime: none passed on. Threads: default. Errors: as gym_vec_reset.
 * Nullable: seeds, mask, options, obs, err. */
GYM_API int gym_vec_reset_native(gym_vec vec, const int64_t *seeds, size_t seed_count, const uint8_t *mask,
                                 const char *options, void *obs, size_t obs_nbytes, gym_error *err);

/* gym_vec_step for the layout "native".
 *
 * Ownership, Lifetime: none passed on. Threads: default. Errors: as gym_vec_step.
 * Nullable: actions, obs, out, err. */
GYM_API int gym_vec_step_native(gym_vec vec, const void *actions, size_t actions_nbytes, void *obs,
                                size_t obs_nbytes, gym_transition *out, size_t out_len, gym_error *err);

/* gym_vec_send for the layout "native".
 *
 * Ownership, Lifetime: none passed on. Threads: default. Errors: as gym_vec_send. Nullable: ids, actions,
 * err. */
GYM_API int gym_vec_send_native(gym_vec vec, const int64_t *ids, size_t count, const void *actions,
                                size_t actions_nbytes, gym_error *err);

/* gym_vec_recv for the layout "native".
 *
 * Ownership, Lifetime: none passed on. Threads: default. Errors: as gym_vec_recv. Nullable: obs, out, err. */
GYM_API int gym_vec_recv_native(gym_vec vec, size_t batch_size, double timeout, int64_t *ids, void *obs,
                                size_t obs_nbytes, gym_transition *out, size_t out_len, size_t *count,
                                gym_error *err);

/* The arrays of a vector environment itself, to be read and written without a copy. Initialise with
 * GYM_VEC_VIEW_INIT. Rows are those of the layout that it was made with. */
typedef struct gym_vec_view {
  uint32_t struct_size;
  uint32_t is_native;             /* the layout: 0 float64, 1 native */
  uint64_t num_envs;              /* rows of each array */
  uint64_t action_nbytes;         /* of a row */
  uint64_t observation_nbytes;    /* of a row */
  void *actions;                  /* to be written before a step */
  const void *observations;       /* of the last reset or step */
  const void *final_observations; /* with "same_step": of episodes that ended in the last step; else NULL */
  const gym_transition *transitions;
  const int32_t *statuses; /* of each environment: GYM_OK, or the gym_status that it failed with last */
} gym_vec_view;

#define GYM_VEC_VIEW_INIT {(uint32_t)sizeof(gym_vec_view), 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL}

/* Where the arrays are. Their content belongs to the library from a send or step until the receive, and to
 * the caller otherwise; rows that are not under way may be used while others are.
 *
 * Ownership: the memory stays the library's. Lifetime: until gym_vec_close or gym_shutdown; they do not move.
 * Threads: default; the arrays themselves are not protected. Errors: GYM_ERR_HANDLE, GYM_ERR_ARGUMENT
 * (struct_size). Nullable: err. */
GYM_API int gym_vec_get_view(gym_vec vec, gym_vec_view *out, gym_error *err);

/* The infos of the last reset, step or receive: a list with a dict for each environment, {} for those that
 * had no part in it. With "same_step" an episode that ended is in final_info and final_obs.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_RESET_NEEDED, GYM_ERR_ALREADY_PENDING_CALL, GYM_ERR_WORKER.
 * Nullable: err. */
GYM_API int gym_vec_info(gym_vec vec, gym_value **out, gym_error *err);

/* Which environments failed in the last reset, step or receive: a list of dicts with env, status, type,
 * message, traceback, restarted (bool), seed (the fresh one; none where it was not reset), and where its
 * process ended: pid, signal or exit_code, stderr (the end of what it wrote).
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE. Nullable: err. */
GYM_API int gym_vec_failures(gym_vec vec, gym_value **out, gym_error *err);

/* Calls a method of every environment, or gives the attribute where it cannot be called: a list with each
 * one's result, as Gymnasium's VectorEnv.call.
 *
 * `name`, `arguments`: as in gym_call. `out`: receives the list, or NULL.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_JSON, GYM_ERR_ATTRIBUTE, GYM_ERR_ALREADY_PENDING_CALL, GYM_ERR_WORKER, and
 * what one of them raises. Nullable: arguments, out, err. */
GYM_API int gym_vec_call(gym_vec vec, const char *name, const char *arguments, gym_value **out,
                         gym_error *err);

/* Renders every environment: a list of what gym_render_value gives.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_RENDER, GYM_ERR_ALREADY_PENDING_CALL, GYM_ERR_WORKER, and what one of them
 * raises. Nullable: err. */
GYM_API int gym_vec_render(gym_vec vec, gym_value **out, gym_error *err);

/* ------------------------------------------------------------------------------------- registry */

/* The ids of registered environments as a list of strings, in alphabetical order. `pattern`: NULL for all, or
 * a shell pattern ("*-v5", "ALE/P*"); one without wildcards means ids that contain it, in either case.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: those of gym_init. Nullable: pattern, err. */
GYM_API int gym_list_envs(const char *pattern, gym_value **out, gym_error *err);

/* The spec of an id, gymnasium.spec(id), as a dict: id, namespace, name, version, versions (all that are
 * registered), entry_point, reward_threshold, nondeterministic, max_episode_steps, order_enforce,
 * disable_env_checker, kwargs, additional_wrappers, vector_entry_point. An id without a version means the
 * latest.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: those of gym_init; those of Gymnasium (60 to 79), whose messages carry its suggestions;
 * GYM_ERR_IMPORT ("module:Name-v0" imports the module). Nullable: err. */
GYM_API int gym_spec(const char *id, gym_value **out, gym_error *err);

/* Registers an environment: gymnasium.register(id, **options), with options such as {"entry_point":
 * "module:Class", "max_episode_steps": 200, "kwargs": {...}}. "path/to/file.py:Class" is an entry point too.
 *
 * Ownership, Lifetime: none passed on; the process. Threads: default. Errors: those of gym_init;
 * GYM_ERR_JSON; GYM_ERR_REGISTRATION (the id is malformed or taken, the entry point missing); those of
 * Gymnasium. Nullable: err. */
GYM_API int gym_register_env(const char *id, const char *options, gym_error *err);

/* Imports a Python module, or a file "path/to/file.py", for example a package that registers environments.
 *
 * Ownership, Lifetime: none passed on; the process. Threads: default.
 * Errors: those of gym_init; GYM_ERR_IMPORT; what the import raises. Nullable: err. */
GYM_API int gym_import(const char *module, gym_error *err);

/* The versions of what runs, as a dict of strings: gogym, python, numpy, gymnasium, and of the packages
 * behind environments and wrappers (mujoco, ale_py, ...) those that are installed.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: those of gym_init. Nullable: err. */
GYM_API int gym_versions(gym_value **out, gym_error *err);

/* Gymnasium's check_env on an environment without its wrappers.
 *
 * `options`: NULL, or a JSON object of check_env's arguments skip_render_check and skip_close_check. `out`:
 * receives a list of findings, empty where all is well; each is a dict with the strings level ("warning" or
 * "error"; an error ends the check), type (the Python class) and message. The environment is reset and
 * stepped by it: call gym_reset before it is used again.
 *
 * Ownership: the caller frees *out with gym_value_free. Lifetime: until then. Threads: default.
 * Errors: GYM_ERR_HANDLE, GYM_ERR_JSON. Nullable: options, err. */
GYM_API int gym_check_env(gym_env env, const char *options, gym_value **out, gym_error *err);

/* ------------------------------------------------------------------------------------- messages */

/* The levels of messages: those of Python's logging, and 0 for what is printed. */
enum {
  GYM_MESSAGE_OUTPUT = 0, /* a line of Python's standard output */
  GYM_MESSAGE_DEBUG = 10,
  GYM_MESSAGE_INFO = 20,
  GYM_MESSAGE_WARNING = 30, /* of the warnings module too */
  GYM_MESSAGE_ERROR = 40,
  GYM_MESSAGE_CRITICAL = 50
};

/* Receives a message: `text` is UTF-8 without colour codes and without a newline at its end, valid during the
 * call. Called on the thread that the message comes from, without Python's lock, possibly on several at a
 * time. */
typedef void (*gym_message_callback)(void *user_data, int level, const char *text);

/* Has Python's warnings, logging and standard output go to a function of the host, in place of the process's
 * standard error and output, where they go otherwise. There is one for the process; NULL ends it and puts
 * everything back. What C libraries print themselves is not seen.
 *
 * Ownership: `user_data` stays the caller's. Lifetime: until the next gym_set_message_callback, which returns
 * when the old one is not running any more (unless it is called from inside it), or gym_shutdown. Threads:
 * default. Errors: those of gym_init. Nullable: callback, user_data, err. */
GYM_API int gym_set_message_callback(gym_message_callback callback, void *user_data, gym_error *err);

/* Flushes Python's standard output and standard error; with a message callback, delivers a line that has not
 * ended. Where no Python has been started, there is nothing to do.
 *
 * Ownership, Lifetime: none. Threads: default. Errors: what a stream raises. Nullable: err. */
GYM_API int gym_flush(gym_error *err);

#ifdef __cplusplus
}
#endif

#endif /* GOGYM_H_ */
