"""The C side as Cython sees it: the public header, the table, and the module's own C files."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t, uintptr_t


cdef extern from "gogym.h":
    ctypedef struct gym_error:
        uint32_t struct_size
        int32_t code
        char type[64]
        char message[2048]
        char traceback[8192]

    ctypedef struct gym_env:
        uint64_t id

    ctypedef struct gym_space:
        uint64_t id

    ctypedef struct gym_transition:
        double reward
        uint8_t terminated
        uint8_t truncated
        uint8_t reserved[6]

    ctypedef struct gym_value:
        pass

    void gym_value_free(gym_value *value) noexcept nogil

    ctypedef struct gym_array:
        uint32_t struct_size
        uint32_t ndim
        const char *dtype
        const int64_t *shape
        const void *data
        size_t itemsize
        size_t size
        size_t nbytes

    ctypedef struct gym_frame_part:
        char dtype[16]
        uint32_t ndim
        int64_t shape[4]
        uint64_t byte_offset
        uint64_t nbytes

    ctypedef struct gym_frame:
        uint32_t struct_size
        uint32_t count
        uint64_t nbytes
        gym_frame_part parts[2]

    ctypedef int (*gym_reward_callback)(void *user_data, double reward, double *out, gym_error *err) noexcept nogil
    ctypedef int (*gym_array_callback)(void *user_data, const gym_array *given, const gym_array *wanted, void *data,
                                       gym_error *err) noexcept nogil
    ctypedef int (*gym_trigger_callback)(void *user_data, int64_t count, int *out, gym_error *err) noexcept nogil
    ctypedef void (*gym_message_callback)(void *user_data, int level, const char *text) noexcept nogil

    const size_t GYM_DYNAMIC

    enum:
        GYM_VEC_SINGLE_OBSERVATION_SPACE
        GYM_VEC_SINGLE_ACTION_SPACE
        GYM_VEC_OBSERVATION_SPACE
        GYM_VEC_ACTION_SPACE

    enum:
        GYM_OK
        GYM_ERR_ARGUMENT
        GYM_ERR_HANDLE
        GYM_ERR_BUFFER
        GYM_ERR_BUSY
        GYM_ERR_MEMORY
        GYM_ERR_JSON
        GYM_ERR_DYNAMIC
        GYM_ERR_SHUTDOWN
        GYM_ERR_INTERNAL
        GYM_ERR_UNSUPPORTED
        GYM_ERR_PYTHON
        GYM_ERR_IMPORT
        GYM_ERR_SYSTEM_EXIT
        GYM_ERR_INTERRUPTED
        GYM_ERR_RECURSION
        GYM_ERR_RESULT
        GYM_ERR_OBSERVATION
        GYM_ERR_REWARD
        GYM_ERR_INEXACT
        GYM_ERR_ACTION
        GYM_ERR_ELEMENT
        GYM_ERR_SPACE
        GYM_ERR_RENDER
        GYM_ERR_STATE
        GYM_ERR_CALLBACK
        GYM_ERR_GYMNASIUM
        GYM_ERR_UNREGISTERED_ENV
        GYM_ERR_NAMESPACE_NOT_FOUND
        GYM_ERR_NAME_NOT_FOUND
        GYM_ERR_VERSION_NOT_FOUND
        GYM_ERR_DEPRECATED_ENV
        GYM_ERR_REGISTRATION
        GYM_ERR_DEPENDENCY_NOT_INSTALLED
        GYM_ERR_UNSUPPORTED_MODE
        GYM_ERR_INVALID_METADATA
        GYM_ERR_RESET_NEEDED
        GYM_ERR_INVALID_ACTION
        GYM_ERR_MISSING_ARGUMENT
        GYM_ERR_INVALID_PROBABILITY
        GYM_ERR_INVALID_BOUND
        GYM_ERR_DEPRECATED_WRAPPER
        GYM_ERR_ALREADY_PENDING_CALL
        GYM_ERR_NO_ASYNC_CALL
        GYM_ERR_CLOSED_ENVIRONMENT
        GYM_ERR_CUSTOM_SPACE


cdef extern from "gogym_abi.h":
    const uint32_t GYM__ABI_VERSION
    const char *GYM__CAPSULE_NAME

    ctypedef struct gym__batch:
        uint64_t id

    ctypedef struct gym__batch_plan:
        const char *id
        const char *options
        uint64_t first
        uint64_t count
        uint64_t total

    enum:
        GYM__ROW_IDLE
        GYM__ROW_STEP
        GYM__ROW_RESET
        GYM__ROW_DONE
        GYM__ROW_REFUSED

    uint8_t gym__row_load(const uint8_t *state) noexcept nogil
    void gym__row_store(uint8_t *state, uint8_t value) noexcept nogil

    ctypedef struct gym__rows:
        uint32_t struct_size
        uint32_t is_native
        uint64_t count
        uint64_t action_nbytes
        uint64_t observation_nbytes
        unsigned char *actions
        unsigned char *observations
        unsigned char *final_observations
        gym_transition *transitions
        int32_t *statuses
        uint8_t *states
        int64_t *seeds

    ctypedef struct gym__table:
        uint32_t abi_version
        uint32_t struct_size
        int (*make)(const char *id, const char *options, gym_env *out, gym_error *err) noexcept nogil
        int (*reset)(gym_env env, const int64_t *seed, const char *options, double *obs, size_t obs_len,
                     gym_error *err) noexcept nogil
        int (*step)(gym_env env, const double *action, size_t action_len, double *obs, size_t obs_len,
                    gym_transition *out, gym_error *err) noexcept nogil
        int (*sample_action)(gym_env env, double *action, size_t action_len, gym_error *err) noexcept nogil
        int (*seed_action)(gym_env env, int64_t seed, gym_error *err) noexcept nogil
        int (*close)(gym_env env, gym_error *err) noexcept nogil
        int (*observation_size)(gym_env env, size_t *out, gym_error *err) noexcept nogil
        int (*action_size)(gym_env env, size_t *out, gym_error *err) noexcept nogil
        int (*observation_space)(gym_env env, gym_value **out, gym_error *err) noexcept nogil
        int (*action_space)(gym_env env, gym_value **out, gym_error *err) noexcept nogil
        int (*info)(gym_env env, gym_value **out, gym_error *err) noexcept nogil
        int (*shutdown)(int run_exit, gym_error *err) noexcept nogil
        int (*observation_nbytes)(gym_env env, size_t *out, gym_error *err) noexcept nogil
        int (*action_nbytes)(gym_env env, size_t *out, gym_error *err) noexcept nogil
        int (*reset_native)(gym_env env, const int64_t *seed, const char *options, void *obs, size_t obs_nbytes,
                            gym_error *err) noexcept nogil
        int (*step_native)(gym_env env, const void *action, size_t action_nbytes, void *obs, size_t obs_nbytes,
                           gym_transition *out, gym_error *err) noexcept nogil
        int (*sample_action_native)(gym_env env, void *action, size_t action_nbytes, gym_error *err) noexcept nogil
        int (*observation)(gym_env env, gym_value **out, gym_error *err) noexcept nogil
        int (*reset_value)(gym_env env, const int64_t *seed, const char *options, gym_value **obs,
                           gym_error *err) noexcept nogil
        int (*step_value)(gym_env env, const char *action, gym_value **obs, gym_transition *out,
                          gym_error *err) noexcept nogil
        int (*space_make)(const char *description, gym_space *out, gym_error *err) noexcept nogil
        int (*space_of_observations)(gym_env env, gym_space *out, gym_error *err) noexcept nogil
        int (*space_of_actions)(gym_env env, gym_space *out, gym_error *err) noexcept nogil
        int (*space_child)(gym_space space, size_t index, gym_space *out, gym_error *err) noexcept nogil
        int (*space_close)(gym_space space, gym_error *err) noexcept nogil
        int (*space_value)(gym_space space, gym_value **out, gym_error *err) noexcept nogil
        int (*space_size)(gym_space space, size_t *out, gym_error *err) noexcept nogil
        int (*space_nbytes)(gym_space space, size_t *out, gym_error *err) noexcept nogil
        int (*space_flatdim)(gym_space space, size_t *out, gym_error *err) noexcept nogil
        int (*space_seed)(gym_space space, const char *seed, gym_value **seeds, gym_error *err) noexcept nogil
        int (*space_sample)(gym_space space, const char *options, double *x, size_t x_len,
                            gym_error *err) noexcept nogil
        int (*space_sample_native)(gym_space space, const char *options, void *x, size_t x_nbytes,
                                   gym_error *err) noexcept nogil
        int (*space_sample_value)(gym_space space, const char *options, gym_value **out,
                                  gym_error *err) noexcept nogil
        int (*space_contains)(gym_space space, const double *x, size_t x_len, int *out,
                              gym_error *err) noexcept nogil
        int (*space_contains_native)(gym_space space, const void *x, size_t x_nbytes, int *out,
                                     gym_error *err) noexcept nogil
        int (*space_contains_value)(gym_space space, const char *element, int *out, gym_error *err) noexcept nogil
        int (*space_flatten)(gym_space space, const double *x, size_t x_len, double *flat, size_t flat_len,
                             gym_error *err) noexcept nogil
        int (*space_flatten_native)(gym_space space, const void *x, size_t x_nbytes, void *flat, size_t flat_nbytes,
                                    gym_error *err) noexcept nogil
        int (*space_flatten_value)(gym_space space, const char *element, gym_value **out,
                                   gym_error *err) noexcept nogil
        int (*space_unflatten)(gym_space space, const double *flat, size_t flat_len, double *x, size_t x_len,
                               gym_error *err) noexcept nogil
        int (*space_unflatten_native)(gym_space space, const void *flat, size_t flat_nbytes, void *x,
                                      size_t x_nbytes, gym_error *err) noexcept nogil
        int (*space_unflatten_value)(gym_space space, const char *flat, gym_value **out,
                                     gym_error *err) noexcept nogil
        int (*wrap)(gym_env env, const char *wrappers, gym_env *out, gym_error *err) noexcept nogil
        int (*add_reward_callback)(const char *name, gym_reward_callback callback, void *user_data,
                                   gym_error *err) noexcept nogil
        int (*add_array_callback)(const char *name, gym_array_callback callback, void *user_data,
                                  gym_error *err) noexcept nogil
        int (*add_trigger_callback)(const char *name, gym_trigger_callback callback, void *user_data,
                                    gym_error *err) noexcept nogil
        int (*remove_callback)(const char *name, gym_error *err) noexcept nogil
        int (*frame_layout)(gym_env env, gym_frame *out, gym_error *err) noexcept nogil
        int (*render)(gym_env env, void *frame, size_t frame_nbytes, gym_error *err) noexcept nogil
        int (*render_value)(gym_env env, gym_value **out, gym_error *err) noexcept nogil
        int (*has_attr)(gym_env env, const char *name, int *out, gym_error *err) noexcept nogil
        int (*get_attr)(gym_env env, const char *name, gym_value **out, gym_error *err) noexcept nogil
        int (*set_attr)(gym_env env, const char *name, const char *value, gym_error *err) noexcept nogil
        int (*call)(gym_env env, const char *name, const char *arguments, gym_value **out,
                    gym_error *err) noexcept nogil
        int (*save_state)(gym_env env, gym_value **out, gym_error *err) noexcept nogil
        int (*load_state)(gym_env env, const void *state, size_t nbytes, gym_error *err) noexcept nogil
        int (*clone)(gym_env env, gym_env *out, gym_error *err) noexcept nogil
        int (*list_envs)(const char *pattern, gym_value **out, gym_error *err) noexcept nogil
        int (*spec)(const char *id, gym_value **out, gym_error *err) noexcept nogil
        int (*register_env)(const char *id, const char *options, gym_error *err) noexcept nogil
        int (*import_module)(const char *module, gym_error *err) noexcept nogil
        int (*versions)(gym_value **out, gym_error *err) noexcept nogil
        int (*check_env)(gym_env env, const char *options, gym_value **out, gym_error *err) noexcept nogil
        int (*set_message_callback)(gym_message_callback callback, void *user_data, gym_error *err) noexcept nogil
        int (*flush)(gym_error *err) noexcept nogil
        int (*is_inside)(gym_env env) noexcept nogil
        int (*batch_make)(const gym__batch_plan *plan, gym__batch *out, gym_value **description,
                          gym_error *err) noexcept nogil
        int (*batch_bind)(gym__batch batch, const gym__rows *rows, gym_error *err) noexcept nogil
        int (*batch_set_reset_options)(gym__batch batch, const char *options, gym_error *err) noexcept nogil
        int (*batch_run)(gym__batch batch, uint64_t most, int each,
                         void (*publish)(void *context, uint64_t n) noexcept nogil, void *context,
                         gym_error *err) noexcept nogil
        int (*batch_failures)(gym__batch batch, gym_value **out, gym_error *err) noexcept nogil
        int (*batch_remake)(gym__batch batch, uint64_t row, gym_error *err) noexcept nogil
        int (*batch_info)(gym__batch batch, gym_value **out, gym_error *err) noexcept nogil
        int (*batch_call)(gym__batch batch, const char *name, const char *arguments, gym_value **out,
                          gym_error *err) noexcept nogil
        int (*batch_render)(gym__batch batch, gym_value **out, gym_error *err) noexcept nogil
        int (*batch_sample_actions)(gym__batch batch, void *actions, uint64_t nbytes, gym_error *err) noexcept nogil
        int (*batch_seed_actions)(gym__batch batch, int64_t seed, gym_error *err) noexcept nogil
        int (*batch_space)(gym__batch batch, int which, gym_space *out, gym_error *err) noexcept nogil
        int (*batch_close)(gym__batch batch, gym_error *err) noexcept nogil


cdef extern from "gogym_error.h" nogil:
    int gym__error_set(gym_error *err, int code, const char *type, const char *message,
                       const char *traceback) noexcept
    int gym__fail(gym_error *err, int code, const char *format, ...) noexcept


cdef extern from "gogym_signals.h" nogil:
    ctypedef struct gym__signals:
        pass

    void gym__signals_save(gym__signals *saved) noexcept
    void gym__signals_restore(const gym__signals *saved) noexcept


cdef extern from "handles.h" nogil:
    ctypedef enum gym__handle_kind:
        GYM__HANDLE_ENV
        GYM__HANDLE_SPACE
        GYM__HANDLE_BATCH

    enum:
        GYM__OBSERVATION_SIZE
        GYM__OBSERVATION_NBYTES
        GYM__ACTION_SIZE
        GYM__ACTION_NBYTES
        GYM__SPACE_SIZE
        GYM__SPACE_NBYTES
        GYM__SPACE_FLATDIM
        GYM__SLOT_SIZES

    ctypedef struct gym__slot:
        uint64_t id
        void *object
        void *data

    int gym__make_begin() noexcept
    void gym__make_end() noexcept
    void gym__make_stop() noexcept
    gym__slot *gym__slot_open(gym__handle_kind kind, void *object, void *data, const size_t *sizes) noexcept
    int gym__slot_lock(gym__handle_kind kind, uint64_t id, gym__slot **out, gym_error *err) noexcept
    void gym__slot_unlock(gym__slot *slot) noexcept
    void gym__slot_take_over(gym__slot *slot) noexcept
    bint gym__slot_is_mine(gym__handle_kind kind, uint64_t id) noexcept
    void gym__slot_invalidate(gym__slot *slot) noexcept
    void gym__slot_free(gym__slot *slot) noexcept
    int gym__slot_size(gym__handle_kind kind, uint64_t id, int which, size_t *out, gym_error *err) noexcept
    void gym__slot_resize(gym__slot *slot, int which, size_t size) noexcept
    uint64_t gym__slot_next(uint32_t *index) noexcept


cdef extern from "thread_state.h" nogil:
    void gym__thread_pin() noexcept
    void gym__thread_enter() noexcept
    void gym__thread_leave() noexcept
    bint gym__thread_is_inside() noexcept


cdef extern from "waiting.h" nogil:
    ctypedef struct gym__thread_wait:
        pass

    uintptr_t gym__this_thread() noexcept
    bint gym__thread_wait_begin(gym__thread_wait *wait, uintptr_t thread) noexcept
    void gym__thread_wait_end(gym__thread_wait *wait) noexcept


cdef extern from "bound_thread.h" nogil:
    ctypedef struct gym__bound_thread:
        pass

    gym__bound_thread *gym__bound_start() noexcept
    gym__bound_thread *gym__bound_window() noexcept
    bint gym__bound_run(gym__bound_thread *thread, void (*work)(void *argument) noexcept nogil,
                        void *argument) noexcept
    void gym__bound_stop(gym__bound_thread *thread) noexcept


cdef extern from "unistd.h" nogil:
    int usleep(unsigned int microseconds) noexcept


cdef extern from "dtype.h" nogil:
    ctypedef enum gym__dtype:
        GYM__DTYPE_NONE
        GYM__DTYPE_bool
        GYM__DTYPE_int32
        GYM__DTYPE_float64
        GYM__DTYPE_int64

    enum:
        GYM__CONVERT_OK
        GYM__CONVERT_INEXACT
        GYM__CONVERT_DTYPE

    gym__dtype gym__dtype_of(const char *name) noexcept
    size_t gym__dtype_itemsize(gym__dtype dtype) noexcept
    int gym__to_float64(gym__dtype from_dtype, const void *source, size_t count, double *target,
                        size_t *bad) noexcept
    int gym__from_float64(gym__dtype to_dtype, const double *source, size_t count, void *target,
                          size_t *bad) noexcept
    int gym__recast(gym__dtype from_dtype, const void *source, gym__dtype to_dtype, void *target, size_t count,
                    size_t *bad) noexcept


cdef extern from "rows.h" nogil:
    int gym__rows_to_int64(const double *source, size_t count, int64_t *target) noexcept
    int gym__rows_transpose(gym__dtype from_dtype, const void *source, size_t column, size_t rows, size_t columns,
                            gym__dtype to_dtype, void *target) noexcept
    int gym__rows_join(gym__dtype reward_dtype, const void *rewards, const uint8_t *terminated,
                       const uint8_t *truncated, size_t count, gym_transition *target) noexcept
    size_t gym__rows_count(const uint8_t *states, size_t count, uint8_t state) noexcept
    void gym__rows_mark(uint8_t *states, size_t count, uint8_t state) noexcept


cdef extern from "space.h" nogil:
    ctypedef enum gym__space_kind:
        GYM__SPACE_BOX
        GYM__SPACE_DISCRETE
        GYM__SPACE_MULTI_DISCRETE
        GYM__SPACE_MULTI_BINARY
        GYM__SPACE_TEXT
        GYM__SPACE_TUPLE
        GYM__SPACE_DICT
        GYM__SPACE_ONE_OF

    ctypedef struct gym__space:
        gym__dtype flat_dtype
        size_t size
        size_t nbytes
        size_t byte_offset
        size_t flatdim
        size_t charset_length
        size_t min_length

    gym__space *gym__space_new(gym__space_kind kind, gym__dtype dtype, size_t ndim, const int64_t *shape, size_t size,
                               const char *label) noexcept
    int gym__space_set_bounds(gym__space *space, const void *low, const void *high) noexcept
    int gym__space_set_counts(gym__space *space, const int64_t *nvec, const int64_t *start) noexcept
    int gym__space_add_child(gym__space *space, gym__space *child) noexcept
    void gym__space_free(gym__space *space) noexcept
    int gym__space_contains(const gym__space *space, const double *x) noexcept
    int gym__space_contains_native(const gym__space *space, const void *x) noexcept
    int gym__space_flatten(const gym__space *space, const double *x, double *flat, gym_error *err) noexcept
    int gym__space_flatten_native(const gym__space *space, const void *x, void *flat, gym_error *err) noexcept
    int gym__space_unflatten(const gym__space *space, const double *flat, double *x, gym_error *err) noexcept
    int gym__space_unflatten_native(const gym__space *space, const void *flat, void *x, gym_error *err) noexcept


cdef extern from "serve.h" nogil:
    int gym__serve(const gym__table *table, int socket_fd, int control_fd, int data_fd, uint32_t station) noexcept
