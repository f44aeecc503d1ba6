# The table's functions on spaces. What needs no Python is in space_calls.c; here is the rest, in the way of the calls
# on environments.


ctypedef int (*space_operation)(SpaceHandle handle, void *arguments) except -1


cdef int call_space(gym_space space, space_operation run, void *arguments, gym_error *err) noexcept nogil:
    cdef gym__slot *slot
    cdef int code = gym__slot_lock(GYM__HANDLE_SPACE, space.id, &slot, err)
    if code != GYM_OK:
        return code
    gym__thread_pin()
    with gil:
        code = run_space_reporting(<SpaceHandle>slot.object, run, arguments, err)
    gym__slot_unlock(slot)
    return code


cdef int run_space_reporting(SpaceHandle handle, space_operation run, void *arguments, gym_error *err) noexcept:
    try:
        run(handle, arguments)
        return GYM_OK
    except BaseException as error:
        return report(error, err)


# ---- handles


cdef int bridge_space_make(const char *description, gym_space *out, gym_error *err) noexcept nogil:
    cdef int code
    if not gym__make_begin():
        return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called")
    gym__thread_pin()
    with gil:
        code = make_space(description, out, err)
    gym__make_end()
    return code


cdef int make_space(const char *description, gym_space *out, gym_error *err) noexcept:
    try:
        from gogym.space_json import parse_space
        return open_space(parse_space(decoded(description, "description of a space")), out)
    except BaseException as error:
        return report(error, err)


cdef int open_space(object space, gym_space *out) except -1:
    cdef SpaceHandle handle = SpaceHandle(space)
    cdef size_t sizes[4]
    sizes[GYM__SPACE_SIZE] = size_or_dynamic(handle.layout.size)
    sizes[GYM__SPACE_NBYTES] = size_or_dynamic(handle.layout.nbytes)
    sizes[GYM__SPACE_FLATDIM] = size_or_dynamic(handle.node["flatdim"])
    sizes[3] = 0
    cdef gym__slot *slot = gym__slot_open(GYM__HANDLE_SPACE, <void *>handle, handle.core, sizes)
    if slot == NULL:
        raise MemoryError("no handle is left")
    Py_INCREF(handle)  # the slot's reference, given up in close_space
    out.id = slot.id
    return GYM_OK


cdef int bridge_space_of_observations(gym_env env, gym_space *out, gym_error *err) noexcept nogil:
    return open_within_limits(env, run_space_of_observations, out, err)


cdef int run_space_of_observations(Environment environment, void *out) except -1:
    return open_space(environment.observation_space, <gym_space *>out)


cdef int bridge_space_of_actions(gym_env env, gym_space *out, gym_error *err) noexcept nogil:
    return open_within_limits(env, run_space_of_actions, out, err)


cdef int run_space_of_actions(Environment environment, void *out) except -1:
    # As it is now: an environment may have replaced it, also by one that its buffers would not fit.
    return open_space(getattr(environment.env, "action_space", None), <gym_space *>out)


cdef int open_within_limits(gym_env env, operation run, gym_space *out, gym_error *err) noexcept nogil:
    """As call_environment, and nothing is opened behind gym_shutdown's back."""
    cdef int code
    if not gym__make_begin():
        return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called")
    code = call_environment(env, run, out, err)
    gym__make_end()
    return code


cdef struct child_arguments:
    size_t index
    gym_space *out


cdef int bridge_space_child(gym_space space, size_t index, gym_space *out, gym_error *err) noexcept nogil:
    cdef child_arguments arguments = child_arguments(index, out)
    cdef int code
    if not gym__make_begin():
        return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called")
    code = call_space(space, run_space_child, &arguments, err)
    gym__make_end()
    return code


cdef int run_space_child(SpaceHandle handle, void *arguments) except -1:
    cdef child_arguments *given = <child_arguments *>arguments
    return open_space(handle.child(given.index), given.out)


cdef int bridge_space_close(gym_space space, gym_error *err) noexcept nogil:
    cdef gym__slot *slot
    cdef int code = gym__slot_lock(GYM__HANDLE_SPACE, space.id, &slot, err)
    if code != GYM_OK:
        return code
    gym__thread_pin()
    with gil:
        code = close_space(slot)
    gym__slot_unlock(slot)
    gym__slot_free(slot)
    return code


cdef int close_space(gym__slot *slot) noexcept:
    cdef SpaceHandle handle = <SpaceHandle>slot.object
    gym__slot_invalidate(slot)
    Py_DECREF(handle)
    return GYM_OK


# ---- calls that need Python


cdef int bridge_space_value(gym_space space, gym_value **out, gym_error *err) noexcept nogil:
    return call_space(space, run_space_value, out, err)


cdef int run_space_value(SpaceHandle handle, void *out) except -1:
    (<gym_value **>out)[0] = make_value(handle.node)
    return 0


cdef struct space_seed_arguments:
    const char *seed
    gym_value **seeds


cdef int bridge_space_seed(gym_space space, const char *seed, gym_value **seeds, gym_error *err) noexcept nogil:
    cdef space_seed_arguments arguments = space_seed_arguments(seed, seeds)
    return call_space(space, run_space_seed, &arguments, err)


cdef int run_space_seed(SpaceHandle handle, void *arguments) except -1:
    cdef space_seed_arguments *given = <space_seed_arguments *>arguments
    seeds = handle.seed(given.seed)
    if given.seeds != NULL:
        given.seeds[0] = make_value(seeds)
    return 0


cdef struct space_sample_arguments:
    const char *options
    double *x
    size_t x_len


cdef int bridge_space_sample(gym_space space, const char *options, double *x, size_t x_len,
                             gym_error *err) noexcept nogil:
    cdef space_sample_arguments arguments = space_sample_arguments(options, x, x_len)
    return call_space(space, run_space_sample, &arguments, err)


cdef int run_space_sample(SpaceHandle handle, void *arguments) except -1:
    cdef space_sample_arguments *given = <space_sample_arguments *>arguments
    return handle.sample(given.options, given.x, given.x_len)


cdef struct space_sample_native_arguments:
    const char *options
    char *x
    size_t x_nbytes


cdef int bridge_space_sample_native(gym_space space, const char *options, void *x, size_t x_nbytes,
                                    gym_error *err) noexcept nogil:
    cdef space_sample_native_arguments arguments = space_sample_native_arguments(options, <char *>x, x_nbytes)
    return call_space(space, run_space_sample_native, &arguments, err)


cdef int run_space_sample_native(SpaceHandle handle, void *arguments) except -1:
    cdef space_sample_native_arguments *given = <space_sample_native_arguments *>arguments
    return handle.sample_native(given.options, given.x, given.x_nbytes)


cdef struct space_sample_value_arguments:
    const char *options
    gym_value **out


cdef int bridge_space_sample_value(gym_space space, const char *options, gym_value **out,
                                   gym_error *err) noexcept nogil:
    cdef space_sample_value_arguments arguments = space_sample_value_arguments(options, out)
    return call_space(space, run_space_sample_value, &arguments, err)


cdef int run_space_sample_value(SpaceHandle handle, void *arguments) except -1:
    cdef space_sample_value_arguments *given = <space_sample_value_arguments *>arguments
    given.out[0] = handle.sample_value(given.options)
    return 0


cdef struct space_contains_value_arguments:
    const char *element
    int *out


cdef int bridge_space_contains_value(gym_space space, const char *element, int *out, gym_error *err) noexcept nogil:
    cdef space_contains_value_arguments arguments = space_contains_value_arguments(element, out)
    return call_space(space, run_space_contains_value, &arguments, err)


cdef int run_space_contains_value(SpaceHandle handle, void *arguments) except -1:
    cdef space_contains_value_arguments *given = <space_contains_value_arguments *>arguments
    given.out[0] = handle.contains_value(given.element)
    return 0


cdef struct space_flatten_value_arguments:
    const char *element
    gym_value **out


cdef int bridge_space_flatten_value(gym_space space, const char *element, gym_value **out,
                                    gym_error *err) noexcept nogil:
    cdef space_flatten_value_arguments arguments = space_flatten_value_arguments(element, out)
    return call_space(space, run_space_flatten_value, &arguments, err)


cdef int run_space_flatten_value(SpaceHandle handle, void *arguments) except -1:
    cdef space_flatten_value_arguments *given = <space_flatten_value_arguments *>arguments
    given.out[0] = handle.flatten_value(given.element)
    return 0


cdef struct space_unflatten_value_arguments:
    const char *flat
    gym_value **out


cdef int bridge_space_unflatten_value(gym_space space, const char *flat, gym_value **out,
                                      gym_error *err) noexcept nogil:
    cdef space_unflatten_value_arguments arguments = space_unflatten_value_arguments(flat, out)
    return call_space(space, run_space_unflatten_value, &arguments, err)


cdef int run_space_unflatten_value(SpaceHandle handle, void *arguments) except -1:
    cdef space_unflatten_value_arguments *given = <space_unflatten_value_arguments *>arguments
    given.out[0] = handle.unflatten_value(given.flat)
    return 0
