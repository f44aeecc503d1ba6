# The table's functions that need no environment: callbacks, the registry, messages.


ctypedef int (*library_operation)(void *arguments) except -1


cdef int call_library(library_operation run, void *arguments, gym_error *err) noexcept nogil:
    cdef int code
    gym__thread_pin()
    with gil:
        code = run_library(run, arguments, err)
    return code


cdef int run_library(library_operation run, void *arguments, gym_error *err) noexcept:
    try:
        run(arguments)
        return GYM_OK
    except BaseException as error:
        return report(error, err)


# ---- callbacks


cdef struct callback_arguments:
    const char *name
    gym_reward_callback reward
    gym_array_callback array
    gym_trigger_callback trigger
    void *user_data


cdef int bridge_add_reward_callback(const char *name, gym_reward_callback callback, void *user_data,
                                    gym_error *err) noexcept nogil:
    cdef callback_arguments arguments = callback_arguments(name, callback, NULL, NULL, user_data)
    return call_library(run_add_callback, &arguments, err)


cdef int bridge_add_array_callback(const char *name, gym_array_callback callback, void *user_data,
                                   gym_error *err) noexcept nogil:
    cdef callback_arguments arguments = callback_arguments(name, NULL, callback, NULL, user_data)
    return call_library(run_add_callback, &arguments, err)


cdef int bridge_add_trigger_callback(const char *name, gym_trigger_callback callback, void *user_data,
                                     gym_error *err) noexcept nogil:
    cdef callback_arguments arguments = callback_arguments(name, NULL, NULL, callback, user_data)
    return call_library(run_add_callback, &arguments, err)


cdef int run_add_callback(void *arguments) except -1:
    cdef callback_arguments *given = <callback_arguments *>arguments
    global CALLBACK
    cdef HostFunction function
    from gogym import callback
    CALLBACK = callback.Callback
    if given.reward != NULL:
        function = RewardFunction()
        (<RewardFunction>function).function = given.reward
        kind = "reward"
    elif given.array != NULL:
        function = ArrayFunction()
        (<ArrayFunction>function).function = given.array
        kind = "array"
    else:
        function = TriggerFunction()
        (<TriggerFunction>function).function = given.trigger
        kind = "trigger"
    function.name = decoded_callback_name(given.name)
    function.user_data = given.user_data
    callback.add(callback.Callback(function.name, kind, function))
    return 0


cdef str decoded_callback_name(const char *name):
    return decoded_argument(name, "callback's name", GYM_ERR_CALLBACK)


cdef int bridge_remove_callback(const char *name, gym_error *err) noexcept nogil:
    return call_library(run_remove_callback, <void *>name, err)


cdef int run_remove_callback(void *name) except -1:
    from gogym import callback
    callback.remove(decoded_callback_name(<const char *>name))
    return 0


# ---- registry


cdef struct registry_arguments:
    const char *name
    const char *options
    gym_value **out


cdef int bridge_list_envs(const char *pattern, gym_value **out, gym_error *err) noexcept nogil:
    cdef registry_arguments arguments = registry_arguments(pattern, NULL, out)
    return call_library(run_list_envs, &arguments, err)


cdef int run_list_envs(void *arguments) except -1:
    cdef registry_arguments *given = <registry_arguments *>arguments
    from gogym import registry
    pattern = None if given.name == NULL else decoded_argument(given.name, "pattern", GYM_ERR_ARGUMENT)
    given.out[0] = make_value(registry.list_envs(pattern))
    return 0


cdef int bridge_spec(const char *id, gym_value **out, gym_error *err) noexcept nogil:
    cdef registry_arguments arguments = registry_arguments(id, NULL, out)
    return call_library(run_spec, &arguments, err)


cdef int run_spec(void *arguments) except -1:
    cdef registry_arguments *given = <registry_arguments *>arguments
    from gogym import registry
    given.out[0] = make_value(registry.spec(decoded_id(given.name)))
    return 0


cdef int bridge_register_env(const char *id, const char *options, gym_error *err) noexcept nogil:
    cdef registry_arguments arguments = registry_arguments(id, options, NULL)
    return call_library(run_register_env, &arguments, err)


cdef int run_register_env(void *arguments) except -1:
    cdef registry_arguments *given = <registry_arguments *>arguments
    from gogym import registry
    registry.register_env(decoded_id(given.name), decoded(given.options, "options of gym_register_env"))
    return 0


cdef int bridge_import_module(const char *module, gym_error *err) noexcept nogil:
    return call_library(run_import_module, <void *>module, err)


cdef int run_import_module(void *module) except -1:
    from gogym import registry
    registry.import_module(decoded_argument(<const char *>module, "module's name", GYM_ERR_ARGUMENT))
    return 0


cdef int bridge_versions(gym_value **out, gym_error *err) noexcept nogil:
    return call_library(run_versions, out, err)


cdef int run_versions(void *out) except -1:
    from gogym import registry
    (<gym_value **>out)[0] = make_value(registry.versions())
    return 0


# ---- messages


cdef struct message_arguments:
    gym_message_callback callback
    void *user_data


cdef int bridge_set_message_callback(gym_message_callback callback, void *user_data, gym_error *err) noexcept nogil:
    cdef message_arguments arguments = message_arguments(callback, user_data)
    return call_library(run_set_message_callback, &arguments, err)


cdef int run_set_message_callback(void *arguments) except -1:
    cdef message_arguments *given = <message_arguments *>arguments
    cdef MessageFunction function = None
    if given.callback != NULL:
        function = MessageFunction()
        function.name = "messages"
        function.function = given.callback
        function.user_data = given.user_data
    return change_message_callback(function)


cdef int change_message_callback(MessageFunction function) except -1:
    if function is None and "gogym.messages" not in sys.modules:
        return 0  # nobody has ever set one
    from gogym import messages
    before = messages.set_callback(function)
    if before is not None:
        before.remove()
    return 0


cdef int bridge_flush(gym_error *err) noexcept nogil:
    return call_library(run_flush, NULL, err)


cdef int run_flush(void *arguments) except -1:
    flush()
    return 0


# ---- which environment this thread is inside of


cdef int bridge_is_inside(gym_env env) noexcept nogil:
    if env.id == 0:
        return gym__thread_is_inside()
    return gym__slot_is_mine(GYM__HANDLE_ENV, env.id)
