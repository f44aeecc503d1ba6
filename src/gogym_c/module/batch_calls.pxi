# The table's functions on batches, in the way of the calls on environments: a slot's lock, then the GIL. A batch that
# renders has a thread of its own, unless this is a worker, where all calls come from one thread.


ctypedef int (*batch_operation)(Batch batch, void *arguments) except -1


cdef int call_batch(gym__batch batch, batch_operation run, void *arguments, gym_error *err) noexcept nogil:
    cdef gym__slot *slot
    cdef int code = gym__slot_lock(GYM__HANDLE_BATCH, batch.id, &slot, err)
    if code != GYM_OK:
        return code
    if slot.data != NULL:
        code = call_batch_on_thread(slot, run, arguments, err)
    else:
        gym__thread_pin()
        with gil:
            code = run_batch_reporting(<Batch>slot.object, run, arguments, err)
    gym__slot_unlock(slot)
    return code


cdef int run_batch_reporting(Batch batch, batch_operation run, void *arguments, gym_error *err) noexcept:
    try:
        run(batch, arguments)
        return GYM_OK
    except BaseException as error:
        return report(error, err)


cdef struct batch_thread_call:
    gym__slot *slot
    batch_operation run
    void *arguments
    gym_error *err
    int code


cdef int call_batch_on_thread(gym__slot *slot, batch_operation run, void *arguments, gym_error *err) noexcept nogil:
    cdef batch_thread_call call = batch_thread_call(slot, run, arguments, err, GYM_OK)
    if not gym__bound_run(<gym__bound_thread *>slot.data, run_batch_on_thread, &call):
        return fail_waiting(err)
    return call.code


cdef void run_batch_on_thread(void *argument) noexcept nogil:
    cdef batch_thread_call *call = <batch_thread_call *>argument
    gym__slot_take_over(call.slot)
    with gil:
        call.code = run_batch_reporting(<Batch>call.slot.object, call.run, call.arguments, call.err)


# ---- make


cdef struct batch_opening:
    PyObject *plan  # a reference of the struct's own
    gym__bound_thread *thread  # NULL: the calling one
    gym__batch *out
    gym_value **description
    gym_error *err
    int code


cdef int bridge_batch_make(const gym__batch_plan *plan, gym__batch *out, gym_value **description,
                           gym_error *err) noexcept nogil:
    cdef batch_opening given
    memset(&given, 0, sizeof(given))
    given.out = out
    given.description = description
    given.err = err
    if not gym__make_begin():
        return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called")
    gym__thread_pin()
    with gil:
        plan_batch(plan, &given)
    finish_batch_opening(&given)
    gym__make_end()
    return given.code


cdef void plan_batch(const gym__batch_plan *given, batch_opening *opening) noexcept:
    try:
        from gogym.vector import Plan
        options = None if given.options == NULL else decoded(given.options, "options of gym_vec_make")
        plan = Plan(decoded_id(given.id), options, given.first, given.count, given.total)
        if not IS_WORKER:
            opening.thread = thread_for(plan.render_mode)
        Py_INCREF(plan)
        opening.plan = <PyObject *>plan
    except BaseException as error:
        opening.code = report(error, opening.err)


cdef void finish_batch_opening(batch_opening *given) noexcept nogil:
    """Make the batch, where planning it has not failed."""
    if given.code == GYM_OK:
        if given.thread == NULL:
            open_batch(given)
        elif not gym__bound_run(given.thread, open_batch, given):
            given.code = fail_waiting(given.err)
            with gil:
                Py_DECREF(<object>given.plan)
    if given.code != GYM_OK:
        gym__bound_stop(given.thread)


cdef void open_batch(void *argument) noexcept nogil:
    with gil:
        open_batch_with_python(<batch_opening *>argument)


cdef void open_batch_with_python(batch_opening *given) noexcept:
    cdef Batch batch
    cdef gym__slot *slot
    cdef size_t sizes[4]
    plan = <object>given.plan
    Py_DECREF(plan)
    memset(sizes, 0, sizeof(sizes))
    try:
        batch = make_batch(plan)
        try:
            if given.thread == NULL and not IS_WORKER:  # the spec of an id may name a render mode, too
                given.thread = thread_for(batch.render_mode())
            given.description[0] = make_value(batch.describe())
            slot = gym__slot_open(GYM__HANDLE_BATCH, <void *>batch, given.thread, sizes)
            if slot == NULL:
                gym_value_free(given.description[0])
                given.description[0] = NULL
                raise MemoryError("no handle is left")
            Py_INCREF(batch)  # the slot's reference, given up in close_batch
            given.out.id = slot.id
        except BaseException:
            with suppress(Exception):
                batch.close()
            raise
    except BaseException as error:
        given.code = report(error, given.err)


# ---- rows


cdef int bridge_batch_bind(gym__batch batch, const gym__rows *rows, gym_error *err) noexcept nogil:
    return call_batch(batch, run_batch_bind, <void *>rows, err)


cdef int run_batch_bind(Batch batch, void *rows) except -1:
    return batch.bind(<const gym__rows *>rows)


cdef int bridge_batch_set_reset_options(gym__batch batch, const char *options, gym_error *err) noexcept nogil:
    return call_batch(batch, run_batch_set_reset_options, <void *>options, err)


cdef int run_batch_set_reset_options(Batch batch, void *options) except -1:
    return batch.set_reset_options(<const char *>options)


cdef struct batch_run_arguments:
    uint64_t most
    bint each
    row_publisher publish
    void *context


cdef int bridge_batch_run(gym__batch batch, uint64_t most, int each, row_publisher publish, void *context,
                          gym_error *err) noexcept nogil:
    cdef batch_run_arguments arguments = batch_run_arguments(most, each != 0, publish, context)
    return call_batch(batch, run_batch_run, &arguments, err)


cdef int run_batch_run(Batch batch, void *arguments) except -1:
    cdef batch_run_arguments *given = <batch_run_arguments *>arguments
    batch.check_bound()
    return batch.run(given.most, given.each, given.publish, given.context)


cdef int bridge_batch_failures(gym__batch batch, gym_value **out, gym_error *err) noexcept nogil:
    return call_batch(batch, run_batch_failures, out, err)


cdef int run_batch_failures(Batch batch, void *out) except -1:
    (<gym_value **>out)[0] = make_value(batch.failures())
    return 0


cdef int bridge_batch_remake(gym__batch batch, uint64_t row, gym_error *err) noexcept nogil:
    cdef int code
    if not gym__make_begin():
        return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called")
    code = call_batch(batch, run_batch_remake, &row, err)
    gym__make_end()
    return code


cdef int run_batch_remake(Batch batch, void *argument) except -1:
    cdef uint64_t row = (<uint64_t *>argument)[0]
    if row >= <uint64_t>batch.count:
        raise BridgeError(GYM_ERR_ARGUMENT, f"there is no row {row}: the batch has {batch.count}")
    return batch.remake(row)


# ---- lists with an item for each row


cdef int bridge_batch_info(gym__batch batch, gym_value **out, gym_error *err) noexcept nogil:
    return call_batch(batch, run_batch_info, out, err)


cdef int run_batch_info(Batch batch, void *out) except -1:
    (<gym_value **>out)[0] = make_value(batch.info())
    return 0


cdef int bridge_batch_call(gym__batch batch, const char *name, const char *arguments, gym_value **out,
                           gym_error *err) noexcept nogil:
    cdef attribute_arguments given = attribute_arguments(name, arguments, out, NULL)
    return call_batch(batch, run_batch_call, &given, err)


cdef int run_batch_call(Batch batch, void *arguments) except -1:
    cdef attribute_arguments *given = <attribute_arguments *>arguments
    content = None if given.content == NULL else decoded(given.content, "arguments")
    results = batch.call(decoded_name(given.name), content)
    if given.out != NULL:
        given.out[0] = make_value(results)
    return 0


cdef int bridge_batch_render(gym__batch batch, gym_value **out, gym_error *err) noexcept nogil:
    return call_batch(batch, run_batch_render, out, err)


cdef int run_batch_render(Batch batch, void *out) except -1:
    (<gym_value **>out)[0] = make_value(batch.render())
    return 0


# ---- actions and spaces


cdef struct batch_sample_arguments:
    char *actions
    uint64_t nbytes


cdef int bridge_batch_sample_actions(gym__batch batch, void *actions, uint64_t nbytes,
                                     gym_error *err) noexcept nogil:
    cdef batch_sample_arguments arguments = batch_sample_arguments(<char *>actions, nbytes)
    return call_batch(batch, run_batch_sample_actions, &arguments, err)


cdef int run_batch_sample_actions(Batch batch, void *arguments) except -1:
    cdef batch_sample_arguments *given = <batch_sample_arguments *>arguments
    return batch.sample_actions(given.actions, given.nbytes)


cdef int bridge_batch_seed_actions(gym__batch batch, int64_t seed, gym_error *err) noexcept nogil:
    return call_batch(batch, run_batch_seed_actions, &seed, err)


cdef int run_batch_seed_actions(Batch batch, void *seed) except -1:
    return batch.seed_actions((<int64_t *>seed)[0])


cdef struct batch_space_arguments:
    int which
    gym_space *out


cdef int bridge_batch_space(gym__batch batch, int which, gym_space *out, gym_error *err) noexcept nogil:
    cdef batch_space_arguments arguments = batch_space_arguments(which, out)
    cdef int code
    if not gym__make_begin():
        return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called")
    code = call_batch(batch, run_batch_space, &arguments, err)
    gym__make_end()
    return code


cdef int run_batch_space(Batch batch, void *arguments) except -1:
    cdef batch_space_arguments *given = <batch_space_arguments *>arguments
    return open_space(batch.space(given.which), given.out)


# ---- close


cdef int bridge_batch_close(gym__batch batch, gym_error *err) noexcept nogil:
    cdef gym__slot *slot
    cdef gym__bound_thread *thread
    cdef int code = gym__slot_lock(GYM__HANDLE_BATCH, batch.id, &slot, err)
    if code != GYM_OK:
        return code
    thread = <gym__bound_thread *>slot.data
    code = close_batch_locked(slot, err)
    gym__slot_unlock(slot)
    gym__slot_free(slot)
    gym__bound_stop(thread)
    return code


cdef int close_batch_locked(gym__slot *slot, gym_error *err) noexcept nogil:
    cdef batch_thread_call call = batch_thread_call(slot, NULL, NULL, err, GYM_OK)
    cdef gym__bound_thread *thread = <gym__bound_thread *>slot.data
    if thread != NULL and gym__bound_run(thread, close_batch_on_thread, &call):
        return call.code
    gym__thread_pin()
    with gil:
        call.code = close_batch(slot, err)
    return call.code


cdef void close_batch_on_thread(void *argument) noexcept nogil:
    cdef batch_thread_call *call = <batch_thread_call *>argument
    gym__slot_take_over(call.slot)
    with gil:
        call.code = close_batch(call.slot, call.err)


cdef int close_batch(gym__slot *slot, gym_error *err) noexcept:
    cdef Batch batch = <Batch>slot.object
    cdef int code = GYM_OK
    try:
        batch.close()
    except BaseException as error:
        code = report(error, err)
    gym__slot_invalidate(slot)
    Py_DECREF(batch)
    return code
