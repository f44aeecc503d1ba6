/* The function table between the host library and a backend. Shared by host and module, not installed.
 *
 * The embedded backend is the Cython module gogym._bridge, which offers its table in a PyCapsule. The
 * table is versioned and append-only: a new function goes to the end, nothing is removed or changed.
 * A change that cannot be an addition raises GYM__ABI_VERSION.
 *
 * Each function means what the public function of the same name in gogym.h means. The host has already
 * checked what needs no backend: NULL where gogym.h does not allow it, negative seeds, fork, shutdown. The
 * backend checks handles, lengths and everything that it alone can know. Functions are called without the
 * GIL held on purpose (but must also work where the calling thread happens to hold it), from any thread. */
#ifndef GOGYM_ABI_H_
#define GOGYM_ABI_H_

#include "gogym.h"

#define GYM__ABI_VERSION 1u
#define GYM__CAPSULE_MODULE "gogym._bridge"
#define GYM__CAPSULE_NAME "gogym._bridge.table"

/* A batch: environments of one process that are stepped together, a part of a gym_vec. The handle is the
 * backend's own. */
typedef struct gym__batch {
  uint64_t id;
} gym__batch;

/* What a batch is made of. */
typedef struct gym__batch_plan {
  const char *id;      /* as for gym_vec_make */
  const char *options; /* as for gym_vec_make, or NULL */
  uint64_t first;      /* the row of the whole that is this batch's row 0 */
  uint64_t count;      /* rows of this batch */
  uint64_t total;      /* rows of the whole */
} gym__batch_plan;

/* What a row is to do, and has done. The host writes STEP and RESET into IDLE rows, the batch DONE or REFUSED
 * (the action could not be read, and the environment was not touched) once the row's results are written, the
 * host IDLE again when it has taken them. Read and written with gym__row_load and gym__row_store. */
enum { GYM__ROW_IDLE, GYM__ROW_STEP, GYM__ROW_RESET, GYM__ROW_DONE, GYM__ROW_REFUSED };

static inline uint8_t gym__row_load(const uint8_t *state) { return __atomic_load_n(state, __ATOMIC_ACQUIRE); }

static inline void gym__row_store(uint8_t *state, uint8_t value) {
  __atomic_store_n(state, value, __ATOMIC_RELEASE);
}

/* Where a batch's rows lie: each array begins at the batch's row 0. A row of actions and observations has the
 * size of the layout, of the native one rounded up to a multiple of 8 bytes. */
typedef struct gym__rows {
  uint32_t struct_size;
  uint32_t is_native;                /* 0: float64 layout */
  uint64_t count;                    /* rows */
  uint64_t action_nbytes;            /* of a row */
  uint64_t observation_nbytes;       /* of a row */
  unsigned char *actions;            /* read */
  unsigned char *observations;       /* written, as is all that follows */
  unsigned char *final_observations; /* where autoreset_mode is "same_step"; NULL otherwise */
  gym_transition *transitions;
  int32_t *statuses; /* GYM_OK or why the row failed in what it did last */
  uint8_t *states;   /* GYM__ROW_*; read and written */
  int64_t *seeds;    /* read, for RESET: -1 for none */
} gym__rows;

typedef struct gym__table {
  uint32_t abi_version; /* GYM__ABI_VERSION */
  uint32_t struct_size; /* sizeof(gym__table) where the table was compiled */

  int (*make)(const char *id, const char *options, gym_env *out, gym_error *err);
  int (*reset)(gym_env env, const int64_t *seed, const char *options, double *obs, size_t obs_len,
               gym_error *err);
  int (*step)(gym_env env, const double *action, size_t action_len, double *obs, size_t obs_len,
              gym_transition *out, gym_error *err);
  int (*sample_action)(gym_env env, double *action, size_t action_len, gym_error *err);
  int (*seed_action)(gym_env env, int64_t seed, gym_error *err);
  int (*close)(gym_env env, gym_error *err);
  int (*observation_size)(gym_env env, size_t *out, gym_error *err);
  int (*action_size)(gym_env env, size_t *out, gym_error *err);
  int (*observation_space)(gym_env env, gym_value **out, gym_error *err);
  int (*action_space)(gym_env env, gym_value **out, gym_error *err);
  int (*info)(gym_env env, gym_value **out, gym_error *err);

  /* Closes every environment and flushes Python's standard streams; with run_exit (where the host started
   * Python; then on Python's main thread) also waits for Python's threads and runs atexit functions. Later
   * calls of make fail. Gives what an env.close() or an exit function raised, after everything was done.
   * Called once, on a thread that is inside no other call. */
  int (*shutdown)(int run_exit, gym_error *err);

  /* Native layout and the structured plane. */
  int (*observation_nbytes)(gym_env env, size_t *out, gym_error *err);
  int (*action_nbytes)(gym_env env, size_t *out, gym_error *err);
  int (*reset_native)(gym_env env, const int64_t *seed, const char *options, void *obs, size_t obs_nbytes,
                      gym_error *err);
  int (*step_native)(gym_env env, const void *action, size_t action_nbytes, void *obs, size_t obs_nbytes,
                     gym_transition *out, gym_error *err);
  int (*sample_action_native)(gym_env env, void *action, size_t action_nbytes, gym_error *err);
  int (*observation)(gym_env env, gym_value **out, gym_error *err);
  int (*reset_value)(gym_env env, const int64_t *seed, const char *options, gym_value **obs, gym_error *err);
  int (*step_value)(gym_env env, const char *action, gym_value **obs, gym_transition *out, gym_error *err);

  /* Spaces. */
  int (*space_make)(const char *description, gym_space *out, gym_error *err);
  int (*space_of_observations)(gym_env env, gym_space *out, gym_error *err);
  int (*space_of_actions)(gym_env env, gym_space *out, gym_error *err);
  int (*space_child)(gym_space space, size_t index, gym_space *out, gym_error *err);
  int (*space_close)(gym_space space, gym_error *err);
  int (*space_value)(gym_space space, gym_value **out, gym_error *err);
  int (*space_size)(gym_space space, size_t *out, gym_error *err);
  int (*space_nbytes)(gym_space space, size_t *out, gym_error *err);
  int (*space_flatdim)(gym_space space, size_t *out, gym_error *err);
  int (*space_seed)(gym_space space, const char *seed, gym_value **seeds, gym_error *err);
  int (*space_sample)(gym_space space, const char *options, double *x, size_t x_len, gym_error *err);
  int (*space_sample_native)(gym_space space, const char *options, void *x, size_t x_nbytes, gym_error *err);
  int (*space_sample_value)(gym_space space, const char *options, gym_value **out, gym_error *err);
  int (*space_contains)(gym_space space, const double *x, size_t x_len, int *out, gym_error *err);
  int (*space_contains_native)(gym_space space, const void *x, size_t x_nbytes, int *out, gym_error *err);
  int (*space_contains_value)(gym_space space, const char *element, int *out, gym_error *err);
  int (*space_flatten)(gym_space space, const double *x, size_t x_len, double *flat, size_t flat_len,
                       gym_error *err);
  int (*space_flatten_native)(gym_space space, const void *x, size_t x_nbytes, void *flat, size_t flat_nbytes,
                              gym_error *err);
  int (*space_flatten_value)(gym_space space, const char *element, gym_value **out, gym_error *err);
  int (*space_unflatten)(gym_space space, const double *flat, size_t flat_len, double *x, size_t x_len,
                         gym_error *err);
  int (*space_unflatten_native)(gym_space space, const void *flat, size_t flat_nbytes, void *x,
                                size_t x_nbytes, gym_error *err);
  int (*space_unflatten_value)(gym_space space, const char *flat, gym_value **out, gym_error *err);

  /* Around an environment. */
  int (*wrap)(gym_env env, const char *wrappers, gym_env *out, gym_error *err);
  int (*add_reward_callback)(const char *name, gym_reward_callback callback, void *user_data, gym_error *err);
  int (*add_array_callback)(const char *name, gym_array_callback callback, void *user_data, gym_error *err);
  int (*add_trigger_callback)(const char *name, gym_trigger_callback callback, void *user_data,
                              gym_error *err);
  int (*remove_callback)(const char *name, gym_error *err);
  int (*frame_layout)(gym_env env, gym_frame *out, gym_error *err);
  int (*render)(gym_env env, void *frame, size_t frame_nbytes, gym_error *err);
  int (*render_value)(gym_env env, gym_value **out, gym_error *err);
  int (*has_attr)(gym_env env, const char *name, int *out, gym_error *err);
  int (*get_attr)(gym_env env, const char *name, gym_value **out, gym_error *err);
  int (*set_attr)(gym_env env, const char *name, const char *value, gym_error *err);
  int (*call)(gym_env env, const char *name, const char *arguments, gym_value **out, gym_error *err);
  int (*save_state)(gym_env env, gym_value **out, gym_error *err);
  int (*load_state)(gym_env env, const void *state, size_t nbytes, gym_error *err);
  int (*clone)(gym_env env, gym_env *out, gym_error *err);
  int (*list_envs)(const char *pattern, gym_value **out, gym_error *err);
  int (*spec)(const char *id, gym_value **out, gym_error *err);
  int (*register_env)(const char *id, const char *options, gym_error *err);
  int (*import_module)(const char *module, gym_error *err);
  int (*versions)(gym_value **out, gym_error *err);
  int (*check_env)(gym_env env, const char *options, gym_value **out, gym_error *err);
  int (*set_message_callback)(gym_message_callback callback, void *user_data, gym_error *err);
  int (*flush)(gym_error *err);

  /* Whether the calling thread is inside a call of this environment (of any, where its id is 0): in one of
   * its callbacks, for example, which may run on a thread of the library's own. */
  int (*is_inside)(gym_env env);

  /* Batches. */

  /* Makes the environments. *description: a dict of observation_space, action_space (values as of
   * gym_observation_space, of one environment), observation_size, observation_nbytes, action_size,
   * action_nbytes (of one row; not rounded), autoreset_mode ("next_step", "same_step", "disabled"),
   * render_mode (string or none), is_whole (bool: rows can only be stepped all at once). */
  int (*batch_make)(const gym__batch_plan *plan, gym__batch *out, gym_value **description, gym_error *err);

  /* Says where the rows lie, once; the memory must stay until batch_close. */
  int (*batch_bind)(gym__batch batch, const gym__rows *rows, gym_error *err);

  /* Options for the resets of following batch_run calls, a JSON object; NULL for none. */
  int (*batch_set_reset_options)(gym__batch batch, const char *options, gym_error *err);

  /* Does what the states of at most `most` rows say, and goes on until none says anything or `most` are done.
   * publish(context, n), which may be NULL, is called, without the GIL, when n more rows are done: after each
   * one where `each` is not 0, otherwise once. Failures of rows are in their statuses, not in the result. */
  int (*batch_run)(gym__batch batch, uint64_t most, int each, void (*publish)(void *context, uint64_t n),
                   void *context, gym_error *err);

  /* A list of dicts (row, status, type, message, traceback) of the rows that failed in what they did last. */
  int (*batch_failures)(gym__batch batch, gym_value **out, gym_error *err);

  /* Makes the environment of a row anew. */
  int (*batch_remake)(gym__batch batch, uint64_t row, gym_error *err);

  /* Lists with an item for each row; batch_info's are what each row did last. */
  int (*batch_info)(gym__batch batch, gym_value **out, gym_error *err);
  int (*batch_call)(gym__batch batch, const char *name, const char *arguments, gym_value **out,
                    gym_error *err);
  int (*batch_render)(gym__batch batch, gym_value **out, gym_error *err);

  /* Random actions for all `total` rows of the plan, in the layout that was bound: total rows. */
  int (*batch_sample_actions)(gym__batch batch, void *actions, uint64_t nbytes, gym_error *err);
  int (*batch_seed_actions)(gym__batch batch, int64_t seed, gym_error *err);

  /* One of the spaces of gym_vec_space. */
  int (*batch_space)(gym__batch batch, int which, gym_space *out, gym_error *err);

  int (*batch_close)(gym__batch batch, gym_error *err);
} gym__table;

/* The size of the table of ABI version 1 as first released: a table that is smaller is too old. */
#define GYM__TABLE_SIZE_V1 (2 * sizeof(uint32_t) + 79 * sizeof(void (*)(void)))

#endif /* GOGYM_ABI_H_ */
