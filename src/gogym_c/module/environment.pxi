# One environment behind a handle. Its methods run with the slot's lock and the GIL held.


@cython.final
@cython.internal
cdef class Environment:
    cdef object env
    cdef object observation_space
    cdef object action_space
    cdef Layout observation
    cdef Layout action
    cdef object info  # of the last successful reset or step, None before
    # A place for observations of several leaves, so that a failing write leaves the caller's buffer untouched.
    cdef double *scratch

    def __cinit__(self, object env):
        self.env = env
        self.scratch = NULL
        self.observation_space = getattr(env, "observation_space", None)
        self.action_space = getattr(env, "action_space", None)
        self.observation = make_layout(self.observation_space, describe(self.observation_space), "observation")
        self.action = make_layout(self.action_space, describe(self.action_space), "action")
        if self.observation.size > 0 and not self.observation.atomic:
            self.scratch = <double *>PyMem_RawMalloc(self.observation.size * sizeof(double))
            if self.scratch == NULL:
                raise MemoryError(f"{self.observation.size} float64 elements for the observation")

    def __dealloc__(self):
        PyMem_RawFree(self.scratch)

    cdef int reset(self, const int64_t *seed, const char *options, double *obs, size_t obs_len) except -1:
        cdef dict kwargs = {}
        cdef tuple result
        self.check_observation_buffer(obs_len)
        if seed != NULL:
            kwargs["seed"] = seed[0]
        if options != NULL:
            kwargs["options"] = parse_reset_options(decoded(options, "options of gym_reset"))
        returned = self.env.reset(**kwargs)
        if PyTuple_CheckExact(returned) and PyTuple_GET_SIZE(returned) == 2:
            result = <tuple>returned
        else:
            result = unpacked(returned, 2, "reset", "(observation, info)")
        check_info(result[1], "reset")
        self.write_observation(result[0], obs)
        self.info = result[1]
        return 0

    cdef int step(self, const double *action, size_t action_len, double *obs, size_t obs_len,
                  gym_transition *out) except -1:
        cdef bint cut = False
        cdef tuple result
        cdef double reward
        cdef bint terminated, truncated
        self.check_observation_buffer(obs_len)
        self.check_action_buffer(action_len, exact=True)
        element = self.action.read(action)
        try:
            result = five(step_environment(self.env, element, &cut))
        except Exception as error:
            self.judge_action(element, error)
            raise
        reward = as_reward(result[1])
        terminated = as_flag(result[2], "terminated")
        truncated = cut or as_flag(result[3], "truncated")
        check_info(result[4], "step")
        self.write_observation(result[0], obs)
        self.info = result[4]
        out.reward = reward
        out.terminated = terminated
        out.truncated = truncated
        memset(out.reserved, 0, sizeof(out.reserved))
        return 0

    cdef int sample_action(self, double *action, size_t action_len) except -1:
        cdef double *target = action
        self.check_action_buffer(action_len, exact=False)
        self.renew_action_space()
        element = self.action_space.sample()
        if not self.action.atomic:
            target = <double *>PyMem_RawMalloc(self.action.size * sizeof(double) + 1)
            if target == NULL:
                raise MemoryError(f"{self.action.size} float64 elements for the action")
        try:
            self.action.write(element, target)
            if target != action and self.action.size > 0:
                memcpy(action, target, self.action.size * sizeof(double))
        finally:
            if target != action:
                PyMem_RawFree(target)
        return 0

    cdef int seed_action(self, int64_t seed) except -1:
        self.renew_action_space()
        self.action_space.seed(seed)
        return 0

    cdef int renew_action_space(self) except -1:
        """Follow an environment that replaces its action space, as long as buffers of the known size still fit."""
        cdef Layout layout
        space = getattr(self.env, "action_space", None)
        if space is self.action_space:
            return 0
        layout = make_layout(space, describe(space), "action")
        if layout.size != self.action.size:
            raise BridgeError(
                GYM_ERR_ACTION,
                f"the environment has replaced its action space {shown(self.action_space)} by {shown(space)}, which "
                "needs buffers of another size; make the environment anew",
            )
        self.action_space = space
        self.action = layout
        return 0

    cdef int write_observation(self, object value, double *obs) except -1:
        if self.observation.size <= 0 and obs == NULL:
            if self.observation.size == 0:
                self.observation.write(value, obs)
            return 0
        if self.observation.atomic:
            return self.observation.write(value, obs)
        self.observation.write(value, self.scratch)
        if self.observation.size > 0:
            memcpy(obs, self.scratch, self.observation.size * sizeof(double))
        return 0

    cdef int check_observation_buffer(self, size_t length) except -1:
        if self.observation.size < 0:
            # Without a buffer, an environment with such observations can still be reset and stepped.
            if length == 0:
                return 0
            raise self.observation.dynamic_error()
        if length < <size_t>self.observation.size:
            raise BridgeError(
                GYM_ERR_BUFFER,
                f"the observation buffer has {length} elements; the observation space "
                f"{shown(self.observation_space)} needs {self.observation.size}",
            )
        return 0

    cdef int check_action_buffer(self, size_t length, bint exact) except -1:
        if self.action.size < 0:
            raise self.action.dynamic_error()
        if length < <size_t>self.action.size or (exact and length != <size_t>self.action.size):
            raise BridgeError(
                GYM_ERR_BUFFER,
                f"the action buffer has {length} elements; the action space {shown(self.action_space)} "
                f"needs {self.action.size}",
            )
        return 0

    cdef int judge_action(self, object element, object error) except -1:
        """After an exception: where the action lies outside its space, say so beside the environment's words."""
        if exception_code(error) != GYM_ERR_PYTHON:
            return 0
        try:
            if self.action_space.contains(element):
                return 0
        except Exception:
            return 0
        raise BridgeError(
            GYM_ERR_ACTION,
            f"the action {shown(element)} is not in the action space {shown(self.action_space)}; the environment "
            f"raised {class_name(type(error))}: {shortened(exception_message(error), 1000)}",
        ) from error


cdef double as_reward(object value) except? -1.0:
    cdef double reward
    if PyFloat_Check(value):
        return PyFloat_AS_DOUBLE(value)
    try:
        reward = PyFloat_AsDouble(value)
    except Exception as error:
        raise BridgeError(
            GYM_ERR_REWARD, f"the reward is {shown(value)} ({class_name(type(value))}); expected a number"
        ) from error
    if not is_exactly(value, reward):
        raise BridgeError(GYM_ERR_INEXACT, f"the reward {shown(value)} cannot be held exactly by a float64")
    return reward


cdef bint is_exactly(object value, double number) except -1:
    """Whether an integer or long double is what it became as a float64; fractions of other kinds are rounded."""
    try:
        return operator.index(value) == number
    except Exception:
        dtype = getattr(value, "dtype", None)
        if dtype != np.longdouble:
            return True
        wide = np.longdouble(value)
        return bool(wide == number or wide != wide)


cdef bint as_flag(object value, str name) except -1:
    if value is False:
        return False
    if value is True:
        return True
    try:
        return bool(value)
    except Exception as error:
        raise BridgeError(
            GYM_ERR_RESULT, f"{name} is {shown(value)} ({class_name(type(value))}); expected a bool"
        ) from error


cdef int check_info(object info, str method) except -1:
    if PyDict_Check(info):
        return 0
    raise BridgeError(
        GYM_ERR_RESULT, f"the info that {method} returned is {shown(info)} ({class_name(type(info))}); expected a dict"
    )


cdef str decoded(const char *text, str what):
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise OptionsError(f"the {what} are not UTF-8: {error}") from None
