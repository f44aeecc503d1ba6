# The stock wrappers that change rewards, TransformReward and ClipReward, stepped over: see step.pxi for what that means
# and when it is done. A function of the host is then called without Python in between; ClipReward's np.clip, which
# takes microseconds, becomes two comparisons where its result is certain.


@cython.final
@cython.internal
cdef class RewardWrapperClass:
    """TransformReward or ClipReward, and the means to see cheaply that it is unchanged."""

    cdef type cls
    cdef PyTypeObject *type_object  # NULL: this Gymnasium's class is not the one we know
    cdef object step, reward  # the functions as found when Gymnasium was imported
    cdef PyObject *step_code
    cdef PyObject *reward_code
    cdef unsigned int version_tag

    cdef inline bint is_unchanged(self) except -1:
        if PyFunction_GET_CODE(self.step) != self.step_code or PyFunction_GET_CODE(self.reward) != self.reward_code:
            return False
        cdef unsigned int tag = PyType_version_tag(self.type_object)
        return (tag != 0 and tag == self.version_tag) or self.look_again()

    cdef bint look_again(self) except -1:
        if found_in_class(self.cls, "step") is not self.step or found_in_class(self.cls, "reward") is not self.reward:
            return False
        for base in self.cls.__mro__:
            if base is not object and not REWARD_INTERCEPTING.isdisjoint(base.__dict__):
                return False
        getattr(self.cls, "step")  # a class that was changed has no tag until something is looked up in it
        self.version_tag = PyType_version_tag(self.type_object)
        return True


cdef frozenset REWARD_INTERCEPTING = frozenset(("env", "func", "__getattribute__", "__setattr__"))


cdef object found_in_class(type cls, str name):
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return None


cdef RewardWrapperClass reward_wrapper_class(str name):
    cdef RewardWrapperClass known = RewardWrapperClass()
    known.type_object = NULL
    try:
        cls = getattr(gymnasium.wrappers, name)
        known.cls = cls
        known.step = gymnasium.RewardWrapper.__dict__["step"]
        known.reward = gymnasium.wrappers.TransformReward.__dict__["reward"]
        step_code, reward_code = known.step.__code__, known.reward.__code__
        if step_code.co_names != ("env", "step", "reward") or reward_code.co_names != ("func",):
            return known
    except (AttributeError, KeyError, TypeError):
        return known
    KEPT_CODE.extend((step_code, reward_code))
    known.step_code = <PyObject *>step_code
    known.reward_code = <PyObject *>reward_code
    known.type_object = <PyTypeObject *>cls
    return known


cdef RewardWrapperClass TRANSFORM_REWARD = reward_wrapper_class("TransformReward")
cdef RewardWrapperClass CLIP_REWARD = reward_wrapper_class("ClipReward")
cdef PyObject *CLIP_CODE = clip_code()  # of ClipReward's lambda; NULL where it is not the one we know
cdef dict OF_GYMNASIUM = {}  # whether a class is one of gymnasium.wrappers


cdef PyObject *clip_code() noexcept:
    try:
        for constant in CLIP_REWARD.cls.__init__.__code__.co_consts:
            if getattr(constant, "co_name", None) == "<lambda>" and (
                constant.co_names == ("np", "clip") and constant.co_freevars == ("max_reward", "min_reward")
            ):
                KEPT_CODE.append(constant)
                return <PyObject *>constant
    except AttributeError:
        pass
    return NULL


cdef inline bint is_reward_wrapper(PyTypeObject *cls) except -1:
    if cls == CLIP_REWARD.type_object:
        return CLIP_REWARD.is_unchanged()
    return cls == TRANSFORM_REWARD.type_object and TRANSFORM_REWARD.is_unchanged()


cdef inline object inner_of_reward_wrapper(dict attributes):
    """The wrapped environment if that is a wrapper of Gymnasium's, so that the environment below finds the caller that
    it would find in Python; None if not, or if the instance has methods of its own."""
    cdef PyObject *inner = PyDict_GetItemWithError(attributes, "env")
    if inner == NULL or PyDict_GetItemWithError(attributes, "step") != NULL:
        return None
    if PyDict_GetItemWithError(attributes, "reward") != NULL or PyDict_GetItemWithError(attributes, "func") == NULL:
        return None
    return <object>inner if is_of_gymnasium(type(<object>inner)) else None


cdef inline bint is_of_gymnasium(object cls) except -1:
    cdef PyObject *known = PyDict_GetItemWithError(OF_GYMNASIUM, cls)
    if known != NULL:
        return <object>known is True
    OF_GYMNASIUM[cls] = str(cls.__module__).startswith("gymnasium.wrappers.")
    return OF_GYMNASIUM[cls]


cdef tuple with_changed_reward(object env, tuple result):
    """What RewardWrapper.step does after the inner step."""
    cdef dict attributes = PyObject_GenericGetDict(env, NULL)
    cdef PyObject *func = PyDict_GetItemWithError(attributes, "func")
    if func == NULL or PyDict_GetItemWithError(attributes, "reward") != NULL:  # the step has changed the wrapper
        return (result[0], env.reward(result[1]), result[2], result[3], result[4])
    return (result[0], changed_reward(<object>func, result[1]), result[2], result[3], result[4])


cdef object changed_reward(object func, object reward):
    cdef double number
    if PyFloat_Check(reward):
        number = PyFloat_AS_DOUBLE(reward)
        if type(func) is CALLBACK and type(func.function) is RewardFunction:
            return (<RewardFunction>func.function).run(number)
        if PyFunction_Check(func) and PyFunction_GET_CODE(func) == CLIP_CODE and clip(func.__closure__, &number):
            return np.float64(number)
    return func(reward)


cdef bint clip(tuple cells, double *number) except -1:
    """np.clip of a number between the bounds in a closure; false where np.clip itself must say (zeros of either sign,
    NaN, bounds that are no floats)."""
    cdef object low = cells[1].cell_contents
    cdef object high = cells[0].cell_contents
    cdef double value = number[0]
    if value == 0.0 or value != value:
        return False
    if low is not None:
        if type(low) is not float or not PyFloat_AS_DOUBLE(low) == PyFloat_AS_DOUBLE(low):
            return False
        if value < PyFloat_AS_DOUBLE(low):
            value = PyFloat_AS_DOUBLE(low)
    if high is not None:
        if type(high) is not float or not PyFloat_AS_DOUBLE(high) == PyFloat_AS_DOUBLE(high):
            return False
        if value > PyFloat_AS_DOUBLE(high):
            value = PyFloat_AS_DOUBLE(high)
    number[0] = value
    return True


cdef type CALLBACK = None  # gogym.callback.Callback, once there is one
