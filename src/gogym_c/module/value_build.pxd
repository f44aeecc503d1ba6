# The builder of gym_value blocks for Cython; value_build.h says how it is used.
# None of these needs the GIL or raises: failures stay in `gym__builder.failed` as a gym_status.

from libc.stdint cimport int64_t, uint32_t

from gogym_c cimport gym_value


cdef extern from "value_build.h" nogil:
    enum:
        GYM__VALUE_MAX_DEPTH
        GYM__VALUE_MAX_NDIM

    ctypedef struct gym__builder:
        int failed

    void gym__build_begin(gym__builder *b) noexcept
    int gym__build_depth(const gym__builder *b) noexcept

    int gym__build_none(gym__builder *b) noexcept
    int gym__build_bool(gym__builder *b, int flag) noexcept
    int gym__build_int64(gym__builder *b, int64_t integer) noexcept
    int gym__build_float64(gym__builder *b, double number) noexcept
    int gym__build_string(gym__builder *b, const char *text, size_t length) noexcept
    int gym__build_bytes(gym__builder *b, const void *data, size_t length) noexcept
    int gym__build_other(gym__builder *b, const char *class_name, const char *repr, size_t length) noexcept
    int gym__build_array(gym__builder *b, const char *dtype, uint32_t ndim, const int64_t *shape,
                         const void *data) noexcept

    int gym__build_list(gym__builder *b, size_t count) noexcept
    int gym__build_tuple(gym__builder *b, size_t count) noexcept
    int gym__build_dict(gym__builder *b, size_t count) noexcept

    gym_value *gym__build_finish(gym__builder *b) noexcept
    void gym__build_abandon(gym__builder *b) noexcept
