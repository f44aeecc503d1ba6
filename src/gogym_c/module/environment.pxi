# One environment behind a handle. Its methods run with the slot's lock and the GIL held.


@cython.final
@cython.internal
cdef class Environment:
    cdef object env
    cdef object observation_space
    cdef object action_space
    cdef Layout observation
    cdef Layout action
    cdef Source actions  # random ones
    cdef object last_observation  # of the last successful reset or step
    cdef object info  # likewise, None before
    cdef object in_place  # env.unwrapped, where it can write its observation in the caller's buffer; or None
    cdef gym__slot *slot  # that it is behind
    cdef object making  # gogym.make.Making: how it was made
    cdef Frames frames  # what it renders
    cdef object to_numpy  # makes NumPy's arrays of JAX's and torch's; None where there are none
    cdef object journal  # of what happened since the reset, where its state cannot be copied; or None

    def __cinit__(self, object env, object making, object journal=None, Batch batch=None):
        self.env = env
        self.making = making
        self.frames = Frames()
        self.to_numpy = self.frames.to_numpy = converter_for(env)
        self.observation_space = getattr(env, "observation_space", None)
        self.action_space = getattr(env, "action_space", None)
        if batch is None:
            self.journal = journal_for(env) if journal is None else journal
            self.observation = make_layout(self.observation_space, describe(self.observation_space), "observation")
            self.action = make_layout(self.action_space, describe(self.action_space), "action")
            self.actions = Source(self.action)
        else:
            # A row of a batch lies as all its rows do, has no snapshots and draws no actions by itself.
            self.observation = batch.observation
            self.action = batch.action
        self.in_place = writer_in_place(env, self.observation)

    # ---- reset

    cdef int reset(self, const int64_t *seed, const char *options, double *obs, size_t obs_len) except -1:
        cdef tuple result
        self.check_buffer(self.observation, "observation", obs_len, self.observation.size, "elements", exact=False)
        result = self.begin(seed, options)
        if self.observation.size >= 0:
            self.observation.write(result[0], obs)
        self.keep(result[0], result[1])
        return 0

    cdef int reset_native(self, const int64_t *seed, const char *options, char *obs, size_t obs_nbytes) except -1:
        cdef tuple result
        cdef object lent
        self.check_buffer(self.observation, "observation", obs_nbytes, self.observation.nbytes, "bytes", exact=False)
        lent = self.lend(obs)
        try:
            result = self.begin(seed, options)
            if self.observation.size >= 0:
                self.observation.write_native(result[0], obs)
        finally:
            self.take_back(lent)
        return self.keep_what_is_not_lent(result, 1, lent)

    cdef int reset_value(self, const int64_t *seed, const char *options, gym_value **obs) except -1:
        cdef tuple result = self.begin(seed, options)
        if obs != NULL:
            obs[0] = make_element_value(self.observation, result[0])
        self.keep(result[0], result[1])
        return 0

    cdef tuple begin(self, const int64_t *seed, const char *options):
        """(observation, info) of env.reset."""
        cdef dict kwargs = {}
        cdef tuple result
        if seed != NULL:
            kwargs["seed"] = seed[0]
        if options != NULL:
            kwargs["options"] = parse_reset_options(decoded(options, "options of gym_reset"))
        self.frames.forget()
        returned = self.env.reset(**kwargs)
        if PyTuple_CheckExact(returned) and PyTuple_GET_SIZE(returned) == 2:
            result = <tuple>returned
        else:
            result = unpacked(returned, 2, "reset", "(observation, info)")
        if self.to_numpy is not None:
            result = self.to_numpy(result)
        check_info(result[1], "reset")
        return result

    # ---- step

    cdef int step(self, const double *action, size_t action_len, double *obs, size_t obs_len,
                  gym_transition *out) except -1:
        self.check_buffer(self.observation, "observation", obs_len, self.observation.size, "elements", exact=False)
        self.check_buffer(self.action, "action", action_len, self.action.size, "elements", exact=True)
        return self.step_element(self.action.read(action), obs, out)

    cdef inline int step_element(self, object element, double *obs, gym_transition *out) except -1:
        """With an action that has been read, to a buffer that has been checked."""
        cdef gym_transition transition
        cdef tuple result = self.advance(element, &transition)
        if self.observation.size >= 0:
            self.observation.write(result[0], obs)
        self.keep(result[0], result[4])
        out[0] = transition
        return 0

    cdef int step_native(self, const char *action, size_t action_nbytes, char *obs, size_t obs_nbytes,
                         gym_transition *out) except -1:
        self.check_buffer(self.observation, "observation", obs_nbytes, self.observation.nbytes, "bytes", exact=False)
        self.check_buffer(self.action, "action", action_nbytes, self.action.nbytes, "bytes", exact=True)
        return self.step_element_native(self.action.read_native(action), obs, out)

    cdef inline int step_element_native(self, object element, char *obs, gym_transition *out) except -1:
        cdef gym_transition transition
        cdef tuple result
        cdef object lent = self.lend(obs)
        try:
            result = self.advance(element, &transition)
            if self.observation.size >= 0:
                self.observation.write_native(result[0], obs)
        finally:
            self.take_back(lent)
        self.keep_what_is_not_lent(result, 4, lent)
        out[0] = transition
        return 0

    cdef int step_value(self, const char *action, gym_value **obs, gym_transition *out) except -1:
        cdef gym_transition transition
        cdef tuple result
        from gogym.element import parse_element  # here, because a host's start waits for the module's imports
        element = parse_element(self.action_space, decoded(action, "action"), "action", strict=False)
        result = self.advance(element, &transition)
        if obs != NULL:
            obs[0] = make_element_value(self.observation, result[0])
        self.keep(result[0], result[4])
        out[0] = transition
        return 0

    cdef inline tuple advance(self, object element, gym_transition *transition):
        """The five values of env.step, looked at but for the observation; reward and flags are in *transition."""
        cdef bint cut = False
        cdef tuple result
        self.frames.forget()
        try:
            result = five(step_environment(self.env, element, &cut))
        except Exception as error:
            self.judge_action(element, error)
            raise
        if self.to_numpy is not None:
            result = self.to_numpy(result)
        transition.reward = as_reward(result[1])
        transition.terminated = as_flag(result[2], "terminated")
        transition.truncated = cut or as_flag(result[3], "truncated")
        memset(transition.reserved, 0, sizeof(transition.reserved))
        check_info(result[4], "step")
        return result

    cdef inline int keep(self, object observation, object info) except -1:
        self.last_observation = observation
        self.info = info
        return 0

    # ---- an environment that writes its observation where the caller wants it

    cdef object lend(self, char *obs):
        """Show the environment the caller's buffer as an array, for the time of a call; None where it has no use."""
        cdef ArrayLayout layout
        if self.in_place is None or obs == NULL:
            return None
        layout = self.observation
        if <size_t>obs % gym__dtype_itemsize(layout.dtype) != 0:
            return None
        if getattr(self.in_place, IN_PLACE, MISSING) is not None:
            return None  # it has put something of its own there
        array = cnp.PyArray_SimpleNewFromData(layout.ndim, layout.shape, layout.type_num, obs)
        setattr(self.in_place, IN_PLACE, array)
        return array

    cdef int take_back(self, object lent) except -1:
        if lent is not None:
            setattr(self.in_place, IN_PLACE, None)
        return 0

    cdef int keep_what_is_not_lent(self, tuple result, Py_ssize_t info, object lent) except -1:
        """Keep an observation unless it is the caller's memory, and see that nobody else keeps that."""
        cdef object observation
        if lent is None:
            return self.keep(result[0], result[info])
        observation = result[0]
        # The references that this call knows of: the caller's variable; the result and the variable here, or the view
        # that the result is. Any other would reach into memory that is the caller's again.
        cdef Py_ssize_t known = 1
        if observation is lent:
            known += 2
        elif cnp.PyArray_Check(observation):
            known += np.may_share_memory(observation, lent)
        else:
            observation = np.array(observation)  # a list of views, for all we know
        self.last_observation = observation if known == 1 else None
        self.info = result[info]
        if Py_REFCNT(lent) > known:
            self.in_place = None
            self.info = {}
            raise BridgeError(
                GYM_ERR_RESULT,
                f"the environment has kept {IN_PLACE}, or given a part of it away, beyond the call: it is the caller's "
                "memory, and may only be returned as the observation",
            )
        return 0

    # ---- snapshots

    cdef bytes save_state(self):
        from gogym.state import save
        if self.info is None:
            raise BridgeError(GYM_ERR_RESET_NEEDED, "there is no state to be saved before the first gym_reset")
        return save(self.env, (self.last_observation, self.info), self.journal)

    cdef int load_state(self, bytes state) except -1:
        from gogym.state import load
        last = load(self.env, state, self.journal)
        self.frames.forget_all()
        self.last_observation, self.info = last
        return 0

    cdef int note_change(self, str how) except -1:
        """Something other than reset and step is going to happen to the environment."""
        self.frames.forget_all()
        if self.journal is not None:
            self.journal.invalidate(how)
        return 0

    # ---- the rest

    cdef gym_value *observation_value(self) except NULL:
        if self.info is None:
            raise BridgeError(GYM_ERR_RESET_NEEDED, "there is no observation before the first gym_reset")
        if self.last_observation is None and self.in_place is not None:
            raise BridgeError(
                GYM_ERR_UNSUPPORTED, "the environment has written its last observation in the caller's own buffer"
            )
        return make_element_value(self.observation, self.last_observation)

    cdef int sample_action(self, double *action, size_t action_len) except -1:
        self.renew_action_space()
        self.check_buffer(self.action, "action", action_len, self.action.size, "elements", exact=False)
        return self.actions.sample(action)

    cdef int sample_action_native(self, char *action, size_t action_nbytes) except -1:
        self.renew_action_space()
        self.check_buffer(self.action, "action", action_nbytes, self.action.nbytes, "bytes", exact=False)
        return self.actions.sample_native(action)

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
        self.actions = Source(layout)
        gym__slot_resize(self.slot, GYM__ACTION_NBYTES, size_or_dynamic(layout.nbytes))
        return 0

    cdef inline int check_buffer(self, Layout layout, str what, size_t length, Py_ssize_t needed, str unit,
                                 bint exact) except -1:
        if needed >= 0 and (length == <size_t>needed or (length > <size_t>needed and not exact)):
            return 0
        return self.refuse_buffer(layout, what, length, needed, unit, exact)

    cdef int refuse_buffer(self, Layout layout, str what, size_t length, Py_ssize_t needed, str unit,
                           bint exact) except -1:
        if needed < 0:
            # Without a buffer, an environment with such observations can still be reset and stepped.
            if length == 0 and not exact and what == "observation":
                return 0
            raise layout.dynamic_error()
        raise BridgeError(
            GYM_ERR_BUFFER,
            f"the {what} buffer has {length} {unit}; the {what} space {shown(layout.space)} needs {needed}",
        )

    cdef int judge_action(self, object element, object error) except -1:
        """After an exception: where the action lies outside its space, say so beside the environment's words."""
        if isinstance(error, BridgeError):
            return 0  # a callback's, for example
        if exception_code(error) != GYM_ERR_PYTHON:
            return 0
        try:
            if self.action_space.contains(element):
                return 0
        except Exception:
            return 0
        from gogym.element import misplaced
        where = misplaced(self.action_space, element, "action")
        raise BridgeError(
            GYM_ERR_ACTION,
            f"the action {shown(element)} is not in the action space {shown(self.action_space)}{where}; the "
            f"environment raised {class_name(type(error))}: {shortened(exception_message(error), 1000)}",
        ) from error


cdef object converter_for(object env):
    """What makes NumPy's arrays of an environment's results, where those are JAX's or torch's."""
    if "gymnasium.envs.functional_jax_env" in sys.modules or "gymnasium.wrappers.array_conversion" in sys.modules:
        from gogym.wrappers import observation_converter
        return observation_converter(env)
    return None


cdef object journal_for(object env):
    """What snapshots need to see of an environment from its beginning; None for most."""
    # Not for others, because a look at an object's attributes as a dict makes Python's own access to them slower.
    for package in ("Box2D", "ale_py", "mujoco"):
        if package in sys.modules:
            from gogym.state import journal_for as find_journal
            return find_journal(env)
    return None


# The attribute by which an environment's class says that it can write its observation to the caller's buffer.
cdef str IN_PLACE = "gogym_observation_buffer"


cdef object writer_in_place(object env, Layout observation):
    """env.unwrapped, if its class can write in place, and if no wrapper between looks at observations: one that keeps
    the last one, for example, would find the next in its place."""
    if not isinstance(observation, ArrayLayout):
        return None
    try:
        unwrapped = env.unwrapped
        if getattr(type(unwrapped), IN_PLACE, MISSING) is not None:
            return None
        while type(env) in STOCK_WRAPPERS:
            env = env.env
        return unwrapped if env is unwrapped else None
    except Exception:  # foreign code
        return None


cdef frozenset STOCK_WRAPPERS = frozenset(
    # Not PassiveEnvChecker: it keeps the observations of the first steps.
    (gymnasium.wrappers.TimeLimit, gymnasium.wrappers.OrderEnforcing)
)


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
        raise OptionsError(f"the {what}: not UTF-8: {error}") from None
