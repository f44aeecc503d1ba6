# The batch whose environments Python steps all at once: a vector environment of Gymnasium, a user or EnvPool.
#
# It works or fails as a whole. What goes wrong in a step fails every row; the first remake() then makes the vector
# environment anew, and those of the other rows have nothing left to do. What goes wrong in a reset with a mask fails
# the rows of the mask, and the environment stays for the others: a remake() of these rows does nothing.


@cython.final
@cython.internal
cdef class WholeBatch(Batch):
    cdef object env  # gymnasium.vector.VectorEnv; None where it could not be made anew
    cdef object to_numpy  # makes NumPy's arrays of JAX's; None where there are none
    cdef object infos  # what the last run gave, merged; None where it failed, or before
    cdef Column observations, batched_actions  # from bind on
    cdef str mode
    cdef bint has_failed  # and is to be made anew
    cdef object broken  # why that could not be done, since the last run; None
    cdef bint has_errors  # some row may have one, in `errors`
    cdef bint is_all  # whether all rows take part in the run
    cdef uint8_t *chosen  # the rows of the last run
    cdef double *rewards

    def __cinit__(self, object plan, *args):
        self.chosen = <uint8_t *>PyMem_RawMalloc(self.count + 1)
        self.rewards = <double *>PyMem_RawMalloc((self.count + 1) * sizeof(double))
        if self.chosen == NULL or self.rewards == NULL:
            raise MemoryError(f"no memory for {self.count} rows")

    def __dealloc__(self):
        PyMem_RawFree(self.chosen)
        PyMem_RawFree(self.rewards)

    # ---- making

    cdef int open(self) except -1:
        from gogym.vector_engine import autoreset_mode
        self.make()
        try:
            self.take_spaces(self.env.single_observation_space, self.env.single_action_space)
            self.mode = autoreset_mode(self.env)
        except BaseException:
            self.close_quietly()
            raise
        return 0

    cdef int make(self) except -1:
        from gogym.vector_engine import converter, make
        self.env = make(self.plan)
        self.to_numpy = converter(self.env)
        self.has_failed = False
        self.batched_observation_space = self.batched_action_space = None
        return 0

    cdef int remake(self, uint64_t row) except -1:
        if self.broken is not None:
            raise self.broken  # each row is told, but it is tried only once
        if self.has_failed or self.env is None:
            try:
                self.close_quietly()
                self.make()
                self.check_spaces()
            except BaseException as error:
                self.broken = error
                raise
        return 0

    cdef int check_spaces(self) except -1:
        if (
            self.env.single_observation_space != self.observation_space
            or self.env.single_action_space != self.action_space
        ):
            try:
                raise BridgeError(
                    GYM_ERR_ARGUMENT, f"{shown(self.env)} was made anew, and has other spaces than before"
                )
            finally:
                self.close_quietly()
        return 0

    cdef int close_quietly(self) except -1:
        """Of an environment that is being replaced because it failed: what it raises does not matter any more."""
        env = self.env
        self.env = None
        self.actions = None
        if env is not None:
            try:
                env.close()
            except BaseException:
                pass
        return 0

    cdef int bind(self, const gym__rows *rows) except -1:
        cdef rows_place place
        Batch.bind(self, rows)
        place = rows_place(self.count, rows.observation_nbytes, rows.is_native, self.plan.first)
        self.observations = make_column(self.observation, 0, place)
        place.stride = rows.action_nbytes
        self.batched_actions = make_column(self.action, 0, place)
        memset(rows.observations, 0, self.count * rows.observation_nbytes)  # gaps between the leaves of a row stay so
        return 0

    # ---- running

    cdef int run(self, uint64_t most, bint each, row_publisher publish, void *context) except -1:
        """One pass: the rows are not looked at again, because the host may be about to write the next run's."""
        cdef const uint8_t *states = self.rows.states
        cdef Py_ssize_t row, stepping, resetting = 0
        cdef uint8_t what
        self.broken = None
        stepping = gym__rows_count(states, self.count, GYM__ROW_STEP)
        if stepping < self.count:
            resetting = gym__rows_count(states, self.count, GYM__ROW_RESET)
        if stepping + resetting == 0:
            return 0
        self.is_all = stepping == self.count or resetting == self.count
        if self.is_all:
            memset(self.chosen, 1, self.count)
        else:
            for row in range(self.count):
                self.chosen[row] = states[row] == GYM__ROW_STEP or states[row] == GYM__ROW_RESET
        if stepping == self.count:
            what = self.step_all()
        elif stepping == 0:
            what = self.reset_chosen()
        else:
            what = self.refuse_mixture(stepping, resetting)
        if self.is_all:
            gym__rows_mark(self.rows.states, self.count, what)
        else:
            for row in range(self.count):
                if self.chosen[row]:
                    gym__row_store(&self.rows.states[row], what)
        if publish != NULL:
            with nogil:
                publish(context, stepping + resetting)
        return 0

    cdef uint8_t step_all(self) noexcept:
        """Step all rows; their new state. Whatever is raised, SystemExit too, is the rows' failure."""
        try:
            self.infos = None
            actions = self.batched_actions.read(<const char *>self.rows.actions)
        except BaseException as error:
            self.refuse_all(error)
            return GYM__ROW_REFUSED
        try:
            self.advance(actions)
        except BaseException as error:
            self.has_failed = True
            self.fail_chosen(self.judged(actions, error))
        return GYM__ROW_DONE

    cdef int advance(self, object actions) except -1:
        cdef tuple result
        if self.env is None:
            raise self.missing()
        result = five(self.env.step(actions))
        if self.to_numpy is not None:
            result = self.to_numpy(result)
        self.observations.write(result[0], <char *>self.rows.observations, NULL)
        self.write_transitions(result)
        if self.mode == "same_step":
            self.write_final_observations(result[4])
        self.infos = result[4]
        return self.succeed_chosen()

    cdef uint8_t reset_chosen(self) noexcept:
        try:
            self.infos = None
            self.begin()
        except BaseException as error:
            if self.is_all:
                self.has_failed = True
            self.fail_chosen(error)
        return GYM__ROW_DONE

    cdef int begin(self) except -1:
        from gogym.vector_engine import reset_arguments
        cdef Py_ssize_t row
        cdef tuple result
        if self.env is None and self.is_all:
            self.make()
            self.check_spaces()
        if self.env is None:
            raise self.missing()
        options = None
        if self.reset_options is not None:
            options = parse_reset_options(self.reset_options.decode())
        mask = None if self.is_all else np.array([self.chosen[row] for row in range(self.count)], dtype=bool)
        seeds = [self.rows.seeds[row] for row in range(self.count)]
        returned = self.env.reset(**reset_arguments(self.env, seeds, mask, options))
        result = unpacked(returned, 2, "reset", "(observations, infos)")
        if self.to_numpy is not None:
            result = self.to_numpy(result)
        self.observations.write(result[0], <char *>self.rows.observations, NULL if self.is_all else self.chosen)
        for row in range(self.count):
            if self.chosen[row]:
                memset(&self.rows.transitions[row], 0, sizeof(gym_transition))
        self.infos = result[1]
        return self.succeed_chosen()

    cdef int write_transitions(self, tuple result) except -1:
        cdef cnp.ndarray rewards = self.flat(result[1], "reward")
        cdef cnp.ndarray terminated = self.flags(result[2], "terminated")
        cdef cnp.ndarray truncated = self.flags(result[3], "truncated")
        cdef const uint8_t *ends = <const uint8_t *>cnp.PyArray_DATA(terminated)
        cdef const uint8_t *cuts = <const uint8_t *>cnp.PyArray_DATA(truncated)
        cdef gym_transition *transitions = self.rows.transitions
        cdef size_t bad = 0
        cdef int code
        if gym__rows_join(dtype_of(rewards), cnp.PyArray_DATA(rewards), ends, cuts, self.count, transitions):
            return 0
        code = gym__to_float64(dtype_of(rewards), cnp.PyArray_DATA(rewards), self.count, self.rewards, &bad)
        if code == GYM__CONVERT_INEXACT:
            raise BridgeError(
                GYM_ERR_INEXACT,
                f"environment {self.plan.first + bad}: the reward {(<object>rewards)[bad]!r} cannot be held exactly by "
                "a float64",
            )
        if code != GYM__CONVERT_OK:
            raise BridgeError(GYM_ERR_REWARD, f"the rewards are {shown(rewards)}; expected {self.count} numbers")
        gym__rows_join(GYM__DTYPE_float64, self.rewards, ends, cuts, self.count, transitions)
        return 0

    cdef inline cnp.ndarray flat(self, object value, str name):
        """An array with a number of each environment, without gaps."""
        cdef cnp.ndarray array
        if not cnp.PyArray_CheckExact(value) or not PyArray_ISCARRAY_RO(<cnp.ndarray>value):
            value = np.require(np.asarray(value), requirements=["C", "A"])
        array = <cnp.ndarray>value
        if cnp.PyArray_NDIM(array) != 1 or cnp.PyArray_DIMS(array)[0] != self.count:
            raise BridgeError(
                GYM_ERR_RESULT,
                f"{name} of all environments has shape {(<object>array).shape}, {shown(value)}; expected {self.count} "
                "values",
            )
        return array

    cdef inline cnp.ndarray flags(self, object value, str name):
        cdef cnp.ndarray array = self.flat(value, name)
        if cnp.PyArray_TYPE(array) == cnp.NPY_BOOL:
            return array
        return (<object>array).astype(bool)

    cdef int write_final_observations(self, object infos) except -1:
        cdef Py_ssize_t row
        cdef gym_transition *transition
        finals = None
        for row in range(self.count):
            transition = &self.rows.transitions[row]
            if not transition.terminated and not transition.truncated:
                continue
            if finals is None:
                from gogym.vector_engine import final_observations
                finals = final_observations(infos, self.count)
            if finals[row] is None:
                raise BridgeError(
                    GYM_ERR_RESULT,
                    f"environment {self.plan.first + row}: its episode has ended, and there is no \"final_obs\" in the "
                    'infos, as the autoreset mode "same_step" wants',
                )
            if self.rows.is_native:
                self.observation.write_native(finals[row], self.final_observation_of(row))
            else:
                self.observation.write(finals[row], <double *>self.final_observation_of(row))
        return 0

    # ---- what became of the rows

    cdef inline int succeed_chosen(self) except -1:
        cdef Py_ssize_t row
        if self.is_all and not self.has_errors:
            memset(self.rows.statuses, 0, self.count * sizeof(int32_t))  # the host writes some, too
            return 0
        for row in range(self.count):
            if self.chosen[row]:
                self.succeed(row)
        self.has_errors = not self.is_all
        return 0

    cdef int fail_chosen(self, object error) noexcept:
        """All rows of this run have failed for one reason, which is described once."""
        cdef Py_ssize_t row, first = -1
        self.has_errors = True
        for row in range(self.count):
            if not self.chosen[row]:
                continue
            if first < 0:
                first = row
                self.fail(row, error)
                continue
            memset(&self.rows.transitions[row], 0, sizeof(gym_transition))
            self.rows.transitions[row].truncated = 1
            memset(self.observation_of(row), 0, self.rows.observation_nbytes)
            self.note_same(row, first)
        return 0

    cdef int note_same(self, Py_ssize_t row, Py_ssize_t first) noexcept:
        self.rows.statuses[row] = self.rows.statuses[first]
        try:
            self.errors[row] = None if self.errors[first] is None else {**self.errors[first], "row": row}
        except BaseException:  # memory ran out: the status is what is left
            self.errors[row] = None
        return 0

    cdef int refuse_all(self, object error) noexcept:
        """An action cannot be read: nothing has been touched, and no row can be stepped without the others."""
        cdef Py_ssize_t row, other = -1
        self.has_errors = True
        for row in range(self.count):
            bad = self.action_error(row)
            if bad is not None:
                self.note_failure(row, bad)
            elif other < 0:
                other = row
                self.note_failure(row, self.beside(error))
            else:
                self.note_same(row, other)
        return 0

    cdef object action_error(self, Py_ssize_t row):
        try:
            self.batched_actions.read_row(<const char *>self.rows.actions, row)
        except BaseException as error:
            return error
        return None

    cdef object beside(self, object error):
        code = error.code if isinstance(error, BridgeError) else GYM_ERR_ACTION
        return BridgeError(code, f"it was not stepped, because all environments are stepped at once: {error}")

    cdef uint8_t refuse_mixture(self, Py_ssize_t stepping, Py_ssize_t resetting) noexcept:
        try:
            raise BridgeError(
                GYM_ERR_UNSUPPORTED,
                f"{stepping} environments were to be stepped and {resetting} to be reset, of {self.count} that can "
                "only be stepped all at once",
            )
        except BaseException as error:
            self.infos = None
            self.fail_chosen(error)
        return GYM__ROW_DONE

    cdef object judged(self, object actions, object error):
        """What a step raised, or, where an action lies outside its space, an error that says so beside it."""
        cdef Py_ssize_t row
        if isinstance(error, BridgeError) or not isinstance(error, Exception) or self.env is None:
            return error
        try:
            if exception_code(error) != GYM_ERR_PYTHON or self.env.action_space.contains(actions):
                return error
            for row in range(self.count):
                element = self.batched_actions.read_row(<const char *>self.rows.actions, row)
                if not self.action_space.contains(element):
                    raise BridgeError(
                        GYM_ERR_ACTION,
                        f"environment {self.plan.first + row}: the action {shown(element)} is not in the action space "
                        f"{shown(self.action_space)}; the vector environment raised {class_name(type(error))}: "
                        f"{shortened(exception_message(error), 1000)}",
                    ) from error
        except BridgeError as better:
            return better
        except Exception:
            return error
        return error

    cdef object missing(self):
        return BridgeError(
            GYM_ERR_CLOSED_ENVIRONMENT,
            "the vector environment is closed: it could not be made anew after it had failed",
        )

    # ---- lists with an item for each row

    cdef list info(self):
        cdef Py_ssize_t row
        if self.infos is None:
            return [{} for _ in range(self.count)]
        from gogym.vector_engine import split_infos
        split = split_infos(self.infos, self.count)
        return [split[row] if self.chosen[row] else {} for row in range(self.count)]

    cdef list call(self, str name, object arguments):
        from gogym.vector_engine import call
        if self.env is None:
            raise self.missing()
        return call(self.env, name, arguments, self.plan.making(0).private)

    cdef list render(self):
        from gogym.vector_engine import frames
        if self.env is None:
            raise self.missing()
        return frames(self.env)

    # ---- what it is

    cdef object space(self, int which):
        if self.env is not None and self.count == self.total:
            if which == GYM_VEC_OBSERVATION_SPACE:
                return self.env.observation_space
            if which == GYM_VEC_ACTION_SPACE:
                return self.env.action_space
        return Batch.space(self, which)

    cdef str autoreset_mode(self):
        return self.mode

    cdef object render_mode(self):
        mode = getattr(self.env, "render_mode", None)
        return mode if isinstance(mode, str) else None

    cdef bint is_whole(self) noexcept:
        return True

    cdef int close(self) except -1:
        env = self.env
        self.env = None
        if env is not None:
            env.close()
        return 0


cdef Batch make_whole_batch(object plan):
    cdef WholeBatch batch = WholeBatch(plan)
    batch.open()
    return batch
