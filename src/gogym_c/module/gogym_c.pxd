"""The C side as Cython sees it: the public header, the table, and the module's own C files."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t


cdef extern from "gogym.h":
    ctypedef struct gym_error:
        pass

    ctypedef struct gym_env:
        uint64_t id

    ctypedef struct gym_transition:
        double reward
        uint8_t terminated
        uint8_t truncated
        uint8_t reserved[6]

    ctypedef struct gym_value:
        pass

    const size_t GYM_DYNAMIC

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
    ctypedef struct gym__slot:
        uint64_t id
        void *object

    int gym__make_begin() noexcept
    void gym__make_end() noexcept
    void gym__make_stop() noexcept
    gym__slot *gym__slot_open(void *object, size_t observation_size, size_t action_size) noexcept
    int gym__slot_lock(uint64_t id, gym__slot **out, gym_error *err) noexcept
    void gym__slot_unlock(gym__slot *slot) noexcept
    void gym__slot_invalidate(gym__slot *slot) noexcept
    void gym__slot_free(gym__slot *slot) noexcept
    int gym__slot_sizes(uint64_t id, size_t *observation_size, size_t *action_size, gym_error *err) noexcept
    uint64_t gym__slot_next(uint32_t *index) noexcept


cdef extern from "thread_state.h" nogil:
    void gym__thread_pin() noexcept


cdef extern from "convert.h" nogil:
    enum:
        GYM__CONVERT_OK
        GYM__CONVERT_INEXACT
        GYM__CONVERT_DTYPE

    int gym__to_float64(int type_num, const void *source, size_t count, double *target, size_t *bad) noexcept
    int gym__from_float64(int type_num, const double *source, size_t count, void *target, size_t *bad) noexcept
