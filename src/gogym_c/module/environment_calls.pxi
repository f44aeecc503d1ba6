# The table's functions around an environment: frames, attributes, snapshots, the check. What they do is Python's and
# stands in the package's modules; here it meets C. The modules are imported in the functions, because a host's start
# waits for everything that the bridge imports.


# ---- frames


cdef int bridge_frame_layout(gym_env env, gym_frame *out, gym_error *err) noexcept nogil:
    return call_environment(env, run_frame_layout, out, err)


cdef int run_frame_layout(Environment environment, void *out) except -1:
    return environment.frames.describe(environment.env, <gym_frame *>out)


cdef struct render_arguments:
    char *frame
    size_t frame_nbytes


cdef int bridge_render(gym_env env, void *frame, size_t frame_nbytes, gym_error *err) noexcept nogil:
    cdef render_arguments arguments = render_arguments(<char *>frame, frame_nbytes)
    return call_environment(env, run_render, &arguments, err)


cdef int run_render(Environment environment, void *arguments) except -1:
    cdef render_arguments *given = <render_arguments *>arguments
    return environment.frames.render(environment.env, given.frame, given.frame_nbytes)


cdef int bridge_render_value(gym_env env, gym_value **out, gym_error *err) noexcept nogil:
    return call_environment(env, run_render_value, out, err)


cdef int run_render_value(Environment environment, void *out) except -1:
    check_mode(environment.env, wants_array=False)
    (<gym_value **>out)[0] = make_value(environment.frames.take(environment.env))
    return 0


# ---- attributes


cdef struct attribute_arguments:
    const char *name
    const char *content  # JSON: the value, or a call's arguments
    gym_value **out
    int *flag


cdef int bridge_has_attr(gym_env env, const char *name, int *out, gym_error *err) noexcept nogil:
    cdef attribute_arguments arguments = attribute_arguments(name, NULL, NULL, out)
    return call_environment(env, run_has_attr, &arguments, err)


cdef int run_has_attr(Environment environment, void *arguments) except -1:
    cdef attribute_arguments *given = <attribute_arguments *>arguments
    from gogym import attribute
    given.flag[0] = attribute.has(environment.env, decoded_name(given.name), environment.making.private)
    return 0


cdef int bridge_get_attr(gym_env env, const char *name, gym_value **out, gym_error *err) noexcept nogil:
    cdef attribute_arguments arguments = attribute_arguments(name, NULL, out, NULL)
    return call_environment(env, run_get_attr, &arguments, err)


cdef int run_get_attr(Environment environment, void *arguments) except -1:
    cdef attribute_arguments *given = <attribute_arguments *>arguments
    from gogym import attribute
    given.out[0] = make_value(attribute.get(environment.env, decoded_name(given.name), environment.making.private))
    return 0


cdef int bridge_set_attr(gym_env env, const char *name, const char *value, gym_error *err) noexcept nogil:
    cdef attribute_arguments arguments = attribute_arguments(name, value, NULL, NULL)
    return call_environment(env, run_set_attr, &arguments, err)


cdef int run_set_attr(Environment environment, void *arguments) except -1:
    cdef attribute_arguments *given = <attribute_arguments *>arguments
    from gogym import attribute
    name = decoded_name(given.name)
    value = decoded(given.content, "value")
    environment.note_change(f"gym_set_attr has set {name}")
    attribute.assign(environment.env, name, value, environment.making.private)
    return 0


cdef int bridge_call(gym_env env, const char *name, const char *arguments, gym_value **out,
                     gym_error *err) noexcept nogil:
    cdef attribute_arguments given = attribute_arguments(name, arguments, out, NULL)
    return call_environment(env, run_call, &given, err)


cdef int run_call(Environment environment, void *arguments) except -1:
    cdef attribute_arguments *given = <attribute_arguments *>arguments
    from gogym import attribute
    name = decoded_name(given.name)
    content = None if given.content == NULL else decoded(given.content, "arguments")
    environment.note_change(f"gym_call has called {name}")
    result = attribute.call(environment.env, name, content, environment.making.private)
    if given.out != NULL:
        given.out[0] = make_value(result)
    return 0


cdef str decoded_name(const char *name):
    return name.decode("utf-8", "backslashreplace")  # with a backslash it is the name of nothing


# ---- snapshots


cdef int bridge_save_state(gym_env env, gym_value **out, gym_error *err) noexcept nogil:
    return call_environment(env, run_save_state, out, err)


cdef int run_save_state(Environment environment, void *out) except -1:
    (<gym_value **>out)[0] = make_value(environment.save_state())
    return 0


cdef struct load_arguments:
    const char *state
    size_t nbytes


cdef int bridge_load_state(gym_env env, const void *state, size_t nbytes, gym_error *err) noexcept nogil:
    cdef load_arguments arguments = load_arguments(<const char *>state, nbytes)
    return call_environment(env, run_load_state, &arguments, err)


cdef int run_load_state(Environment environment, void *arguments) except -1:
    cdef load_arguments *given = <load_arguments *>arguments
    try:
        state = PyBytes_FromStringAndSize(given.state, <Py_ssize_t>min(given.nbytes, <size_t>PY_SSIZE_T_MAX))
    except (MemoryError, OverflowError):
        raise BridgeError(
            GYM_ERR_STATE, f"a state of {given.nbytes} bytes is none of gym_save_state's: no memory could hold it"
        ) from None
    return environment.load_state(state)


# ---- check_env


cdef struct check_arguments:
    const char *options
    gym_value **out


cdef int bridge_check_env(gym_env env, const char *options, gym_value **out, gym_error *err) noexcept nogil:
    cdef check_arguments arguments = check_arguments(options, out)
    return call_environment(env, run_check_env, &arguments, err)


cdef int run_check_env(Environment environment, void *arguments) except -1:
    cdef check_arguments *given = <check_arguments *>arguments
    from gogym.check import check
    options = None if given.options == NULL else decoded(given.options, "options of gym_check_env")
    environment.note_change("gym_check_env has used the environment")
    given.out[0] = make_value(check(environment.env, options))
    return 0
