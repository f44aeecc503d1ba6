# Environments begin and end: make, wrap, clone, close. Each is made on the thread that its calls will run on.


cdef struct opening:
    PyObject *making  # a reference of the struct's own
    PyObject *original  # the Environment to be cloned, and its state; or NULL
    PyObject *state
    gym__bound_thread *thread  # NULL: the calling one
    gym_env *out
    gym_error *err
    int code


cdef int bridge_make(const char *id, const char *options, gym_env *out, gym_error *err) noexcept nogil:
    cdef opening given
    memset(&given, 0, sizeof(given))
    given.out = out
    given.err = err
    if not gym__make_begin():
        return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called")
    gym__thread_pin()
    with gil:
        plan_opening(id, options, &given)
    finish_opening(&given)
    gym__make_end()
    return given.code


cdef void plan_opening(const char *id, const char *options, opening *given) noexcept:
    try:
        options_text = None if options == NULL else decoded(options, "options of gym_make")
        making = Making(decoded_id(id), options_text)
        given.thread = thread_for(making.render_mode)
        Py_INCREF(making)
        given.making = <PyObject *>making
    except BaseException as error:
        given.code = report(error, given.err)


cdef gym__bound_thread *thread_for(object render_mode) except? NULL:
    """A thread for an environment that renders in a mode; NULL where it can do with any."""
    cdef gym__bound_thread *thread
    if render_mode is None:
        return NULL
    from gogym import render
    if not render.needs_thread(render_mode):
        return NULL
    thread = gym__bound_window() if render.is_human(render_mode) else gym__bound_start()
    if thread == NULL:
        raise MemoryError("the system gives no thread for an environment that renders")
    return thread


cdef void finish_opening(opening *given) noexcept nogil:
    """Make the environment, where planning it has not failed."""
    if given.code == GYM_OK:
        if given.thread == NULL:
            open_environment(given)
        elif not gym__bound_run(given.thread, open_environment, given):
            given.code = fail_waiting(given.err)
            with gil:
                Py_DECREF(<object>given.making)
    if given.code != GYM_OK:
        gym__bound_stop(given.thread)


cdef void open_environment(void *argument) noexcept nogil:
    with gil:
        open_with_python(<opening *>argument)


cdef void open_with_python(opening *given) noexcept:
    cdef Environment environment
    cdef Environment original
    making = <object>given.making
    Py_DECREF(making)
    try:
        if given.original == NULL:
            environment = made(making.make(), making)
        else:
            original = <Environment>given.original
            environment = cloned(original, <object>given.state)
        try:
            if given.thread == NULL:  # the spec of an id may name a render mode, too
                given.thread = thread_for(environment.env.render_mode)
            given.out.id = open_slot(environment, given.thread).id
        except BaseException:
            close_quietly(environment.env)
            raise
    except BaseException as error:
        given.code = report(error, given.err)


cdef Environment made(object env, object making):
    try:
        return Environment(env, making)
    except BaseException:
        close_quietly(env)
        raise


cdef int close_quietly(object env) except -1:
    with suppress(Exception):  # the first error is the one to tell
        env.close()
    return 0


cdef gym__slot *open_slot(Environment environment, gym__bound_thread *thread) except NULL:
    cdef size_t sizes[4]
    sizes[GYM__OBSERVATION_SIZE] = size_or_dynamic(environment.observation.size)
    sizes[GYM__OBSERVATION_NBYTES] = size_or_dynamic(environment.observation.nbytes)
    sizes[GYM__ACTION_SIZE] = size_or_dynamic(environment.action.size)
    sizes[GYM__ACTION_NBYTES] = size_or_dynamic(environment.action.nbytes)
    cdef gym__slot *slot = gym__slot_open(GYM__HANDLE_ENV, <void *>environment, thread, sizes)
    if slot == NULL:
        raise MemoryError("no handle is left")
    environment.slot = slot
    Py_INCREF(environment)  # the slot's reference, given up in close_environment
    return slot


# ---- wrap


cdef struct wrap_arguments:
    const char *wrappers
    gym_env *out
    gym__slot *slot


cdef int bridge_wrap(gym_env env, const char *wrappers, gym_env *out, gym_error *err) noexcept nogil:
    cdef gym__slot *slot
    cdef wrap_arguments arguments
    cdef int code
    if not gym__make_begin():
        return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called")
    code = gym__slot_lock(GYM__HANDLE_ENV, env.id, &slot, err)
    if code == GYM_OK:
        arguments = wrap_arguments(wrappers, out, slot)
        code = run_locked(slot, run_wrap, &arguments, err)
        gym__slot_unlock(slot)
        if code == GYM_OK:
            gym__slot_free(slot)
    gym__make_end()
    return code


cdef int run_wrap(Environment environment, void *arguments) except -1:
    cdef wrap_arguments *given = <wrap_arguments *>arguments
    cdef Environment outer
    from gogym.make import wrap_environment
    text = decoded(given.wrappers, "wrappers")
    env = wrap_environment(environment.env, text)
    outer = Environment(env, environment.making.with_wrappers(text))
    given.out.id = open_slot(outer, <gym__bound_thread *>given.slot.data).id
    gym__slot_invalidate(given.slot)
    Py_DECREF(environment)
    return 0


# ---- clone


cdef int bridge_clone(gym_env env, gym_env *out, gym_error *err) noexcept nogil:
    cdef gym__slot *slot
    cdef opening given
    cdef int code
    memset(&given, 0, sizeof(given))
    given.out = out
    given.err = err
    if not gym__make_begin():
        return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called")
    code = gym__slot_lock(GYM__HANDLE_ENV, env.id, &slot, err)
    if code == GYM_OK:
        code = run_locked(slot, run_plan_clone, &given, err)
        if code == GYM_OK:
            gym__slot_take_over(slot)  # back from the environment's thread: it is this one that waits now
            gym__thread_pin()
            finish_opening(&given)
            code = given.code
            with gil:
                Py_DECREF(<object>given.original)
                Py_DECREF(<object>given.state)
        gym__slot_unlock(slot)
    gym__make_end()
    return code


cdef int run_plan_clone(Environment environment, void *argument) except -1:
    """Save the state, on the environment's own thread; the other environment is made on one of its own."""
    cdef opening *given = <opening *>argument
    state = environment.save_state()
    given.thread = thread_for(environment.env.render_mode)
    Py_INCREF(environment.making)
    Py_INCREF(environment)
    Py_INCREF(state)
    given.making = <PyObject *>environment.making
    given.original = <PyObject *>environment
    given.state = <PyObject *>state
    return 0


cdef Environment cloned(Environment original, object state):
    cdef Environment environment
    from gogym.state import clone
    making = original.making
    env, last, journal = clone(original.env, state, original.journal, making.make)
    try:
        environment = Environment(env, making, journal)
    except BaseException:
        close_quietly(env)
        raise
    environment.last_observation, environment.info = last
    return environment


# ---- close


cdef int bridge_close(gym_env env, gym_error *err) noexcept nogil:
    cdef gym__slot *slot
    cdef gym__bound_thread *thread
    cdef int code = gym__slot_lock(GYM__HANDLE_ENV, env.id, &slot, err)
    if code != GYM_OK:
        return code
    thread = <gym__bound_thread *>slot.data
    code = close_locked(slot, err)
    gym__slot_unlock(slot)
    gym__slot_free(slot)
    gym__bound_stop(thread)
    return code


cdef int close_locked(gym__slot *slot, gym_error *err) noexcept nogil:
    cdef thread_call call = thread_call(slot, NULL, NULL, err, GYM_OK)
    cdef gym__bound_thread *thread = <gym__bound_thread *>slot.data
    if thread != NULL and gym__bound_run(thread, close_on_thread, &call):
        return call.code
    # Also where the thread waits for this very call: closing must not fail for that.
    gym__thread_pin()
    with gil:
        call.code = close_environment(slot, err)
    return call.code


cdef void close_on_thread(void *argument) noexcept nogil:
    cdef thread_call *call = <thread_call *>argument
    gym__slot_take_over(call.slot)
    with gil:
        call.code = close_environment(call.slot, call.err)


cdef int close_environment(gym__slot *slot, gym_error *err) noexcept:
    cdef Environment environment = <Environment>slot.object
    cdef int code = GYM_OK
    try:
        environment.env.close()
    except BaseException as error:
        code = report(error, err)
    gym__slot_invalidate(slot)
    Py_DECREF(environment)
    return code
