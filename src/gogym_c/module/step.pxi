# env.step, with the Python code of Gymnasium's stock wrappers TimeLimit and OrderEnforcing stepped over.
#
# gymnasium.make puts PassiveEnvChecker, OrderEnforcing and TimeLimit around an environment. The outer two add three
# Python calls to every step, and do next to nothing in them. The same few operations are done here, on the same
# attributes of the same objects, so that nobody who looks at those sees a difference. A wrapper is stepped over only if
# it is exactly one of these classes, the class is as Gymnasium wrote it, the instance has no `step` of its own, its
# attributes are what they are in normal use, and no trace or profile function is set; in any other case its own step
# is called, and raises, warns or counts as ever. It must also wrap another stock wrapper, whose own step is called: so
# an environment (or a user's wrapper) that looks at its caller's frame finds the one that it would find in Python.
# What differs is the stack further up, which tracebacks show and sys._getframe(2) sees.


@cython.final
@cython.internal
cdef class StockWrapper:
    """A wrapper class whose step this file knows, and the means to see cheaply that it is unchanged."""

    cdef type cls
    cdef type base  # the class whose step the wrapper's own step goes on through; the same class where none is
    cdef object step, base_step  # the functions as found when Gymnasium was imported
    cdef PyTypeObject *type_object  # NULL: this Gymnasium's step is not the one we know
    cdef PyObject *code
    cdef PyObject *base_code
    cdef unsigned int version_tag  # Python renews a type's tag when the type or a base is changed

    cdef inline bint is_unchanged(self) except -1:
        # Code objects are compared each time: replacing one does not renew the tag.
        if PyFunction_GET_CODE(self.step) != self.code or PyFunction_GET_CODE(self.base_step) != self.base_code:
            return False
        cdef unsigned int tag = PyType_version_tag(self.type_object)
        return (tag != 0 and tag == self.version_tag) or self.look_again()

    cdef bint look_again(self) except -1:
        """After a change somewhere in the class or a base: was it one that step could see?"""
        cdef list steps = [base for base in self.cls.__mro__ if "step" in base.__dict__]
        if self.cls.__dict__.get("step") is not self.step or self.base.__dict__.get("step") is not self.base_step:
            return False
        if self.base is not self.cls and steps[1] is not self.base:  # where super().step leads
            return False
        for base in self.cls.__mro__:
            if base is not object and not INTERCEPTING.isdisjoint(base.__dict__):
                return False
        getattr(self.cls, "step")  # a class that was changed has no tag until something is looked up in it
        self.version_tag = PyType_version_tag(self.type_object)
        return True


# What on a class would come between the stock steps and their instance attributes: a property of that name, or hooks.
cdef frozenset INTERCEPTING = frozenset(
    (
        "env", "_has_reset", "_elapsed_steps", "_max_episode_steps", "__getattribute__", "__setattr__",
    )
)


cdef StockWrapper stock_wrapper(str name, tuple names, object base):
    """A StockWrapper for gymnasium.wrappers.<name>, or an inert one where its step is not the one we know.

    `names` are those that the code of step uses: another Gymnasium may do something else there.
    """
    cdef StockWrapper stock = StockWrapper()
    stock.type_object = NULL
    try:
        cls = getattr(gymnasium.wrappers, name)
        stock.cls = cls
        stock.base = base or cls
        stock.step = cls.__dict__["step"]
        stock.base_step = stock.base.__dict__["step"]
        code, base_code = stock.step.__code__, stock.base_step.__code__
        if code.co_names != names or stock.step.__qualname__ != f"{name}.step":
            return stock
        if base is not None and base_code.co_names != ("env", "step"):
            return stock
    except (AttributeError, KeyError, TypeError):
        return stock
    KEPT_CODE.extend((code, base_code))
    stock.code = <PyObject *>code
    stock.base_code = <PyObject *>base_code
    stock.type_object = <PyTypeObject *>cls
    return stock


cdef StockWrapper TIME_LIMIT = stock_wrapper(
    "TimeLimit", ("env", "step", "_elapsed_steps", "_max_episode_steps"), None
)
cdef StockWrapper ORDER_ENFORCING = stock_wrapper(
    "OrderEnforcing", ("_has_reset", "ResetNeeded", "super", "step"), gymnasium.Wrapper
)
cdef type PASSIVE_CHECKER = gymnasium.wrappers.PassiveEnvChecker


cdef object step_environment(object env, object action, bint *truncated):
    """env.step(action). *truncated is set where a TimeLimit that was stepped over makes `truncated` true."""
    cdef PyTypeObject *cls = Py_TYPE(env)
    cdef dict attributes
    cdef object inner  # a reference for the time of the step, which may take the environment out of its wrapper
    cdef object result
    if is_observed():
        return env.step(action)
    if cls == TIME_LIMIT.type_object and TIME_LIMIT.is_unchanged():
        attributes = PyObject_GenericGetDict(env, NULL)
        inner = stock_inner(attributes, reset_needed=False)
        if inner is not None:
            result = five(step_environment(inner, action, truncated))
            truncated[0] |= count_step(env)
            return result
    elif cls == ORDER_ENFORCING.type_object and ORDER_ENFORCING.is_unchanged():
        attributes = PyObject_GenericGetDict(env, NULL)
        inner = stock_inner(attributes, reset_needed=True)
        if inner is not None:
            return step_environment(inner, action, truncated)
    elif is_reward_wrapper(cls):
        inner = inner_of_reward_wrapper(PyObject_GenericGetDict(env, NULL))
        if inner is not None:
            return with_changed_reward(env, five(step_environment(inner, action, truncated)))
    return env.step(action)


cdef inline bint is_observed() noexcept:
    """Whether a function set with sys.settrace or sys.setprofile would miss the wrappers' calls."""
    cdef PyThreadState *state = PyThreadState_Get()
    return state.c_tracefunc != NULL or state.c_profilefunc != NULL


cdef bint count_step(object env) except -1:
    """What TimeLimit.step does after the inner step, which may have changed anything: count, compare."""
    cdef dict attributes = PyObject_GenericGetDict(env, NULL)
    cdef PyObject *elapsed = PyDict_GetItemWithError(attributes, "_elapsed_steps")
    cdef PyObject *limit = PyDict_GetItemWithError(attributes, "_max_episode_steps")
    cdef verification *known = verification_of(attributes)
    cdef bint still_verified = known.version == dict_version(attributes)
    cdef long long count, most
    cdef int count_overflow = 0, most_overflow = 0
    if TIME_LIMIT.is_unchanged() and is_exact_int(elapsed) and is_exact_int(limit):
        count = PyLong_AsLongLongAndOverflow(<object>elapsed, &count_overflow)
        most = PyLong_AsLongLongAndOverflow(<object>limit, &most_overflow)
        if count_overflow == 0 and most_overflow == 0 and count < LLONG_MAX:
            count += 1
            attributes["_elapsed_steps"] = count
            if still_verified:  # and our own change is none that matters
                known.version = dict_version(attributes)
            return count >= most
    env._elapsed_steps += 1
    return bool(env._elapsed_steps >= env._max_episode_steps)


# What a look at a wrapper's attributes has shown, kept as long as the version of that dict says that nothing in it has
# changed (PEP 509: no two states of any dicts share a version). Python 3.12 and later have none to go by: there each
# step looks anew.
cdef struct verification:
    uint64_t version
    PyObject *inner  # borrowed: the dict in this state has it


cdef verification VERIFICATIONS[256]


cdef inline verification *verification_of(dict attributes) noexcept:
    return &VERIFICATIONS[(<size_t><void *>attributes >> 6) & 255]


cdef inline object stock_inner(dict attributes, bint reset_needed):
    """The wrapped environment if that is a stock wrapper, and None if not; or if the instance has its own `step`, or
    would say that a reset is needed."""
    cdef verification *known = verification_of(attributes)
    cdef uint64_t version = dict_version(attributes)
    cdef PyObject *inner = known.inner
    cdef PyTypeObject *cls
    if version == 0 or known.version != version:
        inner = PyDict_GetItemWithError(attributes, "env")
        if inner == NULL or PyDict_GetItemWithError(attributes, "step") != NULL:
            return None
        if reset_needed and not is_true(attributes, "_has_reset"):
            return None
        known.version = version
        known.inner = inner
    cls = Py_TYPE(<object>inner)
    if cls == TIME_LIMIT.type_object or cls == ORDER_ENFORCING.type_object or cls == <PyTypeObject *>PASSIVE_CHECKER:
        return <object>inner
    return <object>inner if is_of_gymnasium(type(<object>inner)) else None


cdef inline bint is_true(dict attributes, str name) except -1:
    cdef PyObject *value = PyDict_GetItemWithError(attributes, name)
    return value != NULL and <object>value is True


cdef inline bint is_exact_int(PyObject *value) noexcept:
    return value != NULL and PyLong_CheckExact(<object>value)


cdef inline tuple five(object result):
    """What step returned, as a tuple of five."""
    if PyTuple_CheckExact(result) and PyTuple_GET_SIZE(result) == 5:
        return <tuple>result
    return unpacked(result, 5, "step", "(observation, reward, terminated, truncated, info)")


cdef tuple unpacked(object result, Py_ssize_t count, str method, str expected):
    """What a method returned, as a tuple of `count`: any iterable of that length, as Python's unpacking takes it."""
    try:
        iterator = iter(result)
    except TypeError:
        raise BridgeError(
            GYM_ERR_RESULT,
            f"{method} returned {shown(result)} ({class_name(type(result))}); expected {expected}"
            f"{old_api_hint(method)}",
        ) from None
    items = tuple(islice(iterator, count + 1))  # it may have no end
    if len(items) != count:
        found = f"more than {count}" if len(items) > count else str(len(items))
        raise BridgeError(
            GYM_ERR_RESULT,
            f"{method} returned {found} values, {shown(result)}; expected {count}, {expected}{old_api_hint(method)}",
        )
    return items


cdef str old_api_hint(str method):
    """How to mend what looks like the API of the old gym: a reset that gives only an observation, a step of four."""
    return f'. If this is the old gym\'s {method}, the option {{"gogym": {{"legacy": true}}}} of gym_make adapts it'
