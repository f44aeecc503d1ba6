# Batches whose environments are stepped one after another: the engines "process" and "sync". Autoreset is that of
# Gymnasium's SyncVectorEnv.


cdef enum:
    NEXT_STEP
    SAME_STEP
    DISABLED


cdef dict AUTORESET_MODES = {"next_step": NEXT_STEP, "same_step": SAME_STEP, "disabled": DISABLED}


@cython.final
@cython.internal
cdef class RowBatch(Batch):
    cdef list environments  # an Environment for each row; None where it could not be made anew
    cdef int mode
    cdef uint8_t *ended  # of each row: with "next_step" the next step is a reset
    cdef Py_ssize_t next_row  # where the next run begins
    cdef bint is_touched  # whether the row under way has got further than its action

    def __cinit__(self, object plan, *args):
        self.environments = []
        self.mode = AUTORESET_MODES[plan.options.autoreset_mode]
        self.next_row = 0
        self.ended = <uint8_t *>PyMem_RawMalloc(self.count + 1)
        if self.ended == NULL:
            raise MemoryError(f"no memory for {self.count} rows")
        memset(self.ended, 0, self.count + 1)

    def __dealloc__(self):
        PyMem_RawFree(self.ended)

    # ---- making

    cdef int make_all(self) except -1:
        cdef Py_ssize_t row
        try:
            for row in range(self.count):
                try:
                    self.environments.append(self.made(row))
                except BaseException as error:
                    if row == 0 and not self.plan.options.env_options:
                        raise  # any of them would have failed, as an environment by itself does
                    raise self.error_of(row, error) from None
        except BaseException:
            for environment in self.environments:
                close_quietly((<Environment>environment).env)
            raise
        return 0

    cdef Environment made(self, Py_ssize_t row):
        making = self.plan.making(row)
        env = making.make()
        try:
            observation_space = getattr(env, "observation_space", None)
            action_space = getattr(env, "action_space", None)
            if self.observation is None:
                self.take_spaces(observation_space, action_space)
            self.check_space(row, "observation", self.observation_space, observation_space)
            self.check_space(row, "action", self.action_space, action_space)
            return Environment(env, making, batch=self)
        except BaseException:
            close_quietly(env)
            raise

    cdef int check_space(self, Py_ssize_t row, str what, object expected, object space) except -1:
        if space is expected or space == expected:
            return 0
        raise BridgeError(
            GYM_ERR_ARGUMENT,
            f"its {what} space is {shown(space)}, but that of environment {self.plan.first} is {shown(expected)}; all "
            "environments of a vector environment have equal spaces",
        )

    cdef object error_of(self, Py_ssize_t row, object error):
        """The same error, with the environment's number before its message."""
        cdef gym_error said
        memset(&said, 0, sizeof(said))
        said.struct_size = sizeof(said)
        cdef int code = report(error, &said)
        return HostError(
            code,
            said.type.decode("utf-8", "backslashreplace"),
            f"environment {self.plan.first + row}: " + said.message.decode("utf-8", "backslashreplace"),
            said.traceback.decode("utf-8", "backslashreplace"),
        )

    cdef int remake(self, uint64_t row) except -1:
        cdef Py_ssize_t index = <Py_ssize_t>row
        environment = self.environments[index]
        self.environments[index] = None
        self.ended[index] = 0
        if environment is not None:
            try:
                (<Environment>environment).env.close()
            except BaseException:  # it is being replaced because it fails
                pass
        environment = None  # its memory goes before the next one's comes
        try:
            self.environments[index] = self.made(index)
        except BaseException as error:
            raise self.error_of(index, error) from None
        return 0

    # ---- running

    cdef int run(self, uint64_t most, bint each, row_publisher publish, void *context) except -1:
        cdef Py_ssize_t row = self.next_row, idle = 0
        cdef uint64_t done = 0
        cdef uint8_t what
        # Rows that the host sends meanwhile are found too: it ends after a pass over all that finds none.
        while done < most and idle < self.count:
            what = gym__row_load(&self.rows.states[row])
            if what == GYM__ROW_STEP or what == GYM__ROW_RESET:
                gym__row_store(&self.rows.states[row], self.do_row(row, what))
                idle = 0
                done += 1
                if each and publish != NULL:
                    with nogil:
                        publish(context, 1)
            else:
                idle += 1
            row += 1
            if row == self.count:
                row = 0
        # Who is cut off is first the next time, so that none waits for ever; otherwise rows go in their order.
        self.next_row = row if idle < self.count and self.has_work() else 0
        if not each and publish != NULL and done > 0:
            with nogil:
                publish(context, done)
        return 0

    cdef bint has_work(self) noexcept:
        cdef Py_ssize_t row
        cdef uint8_t what
        for row in range(self.count):
            what = gym__row_load(&self.rows.states[row])
            if what == GYM__ROW_STEP or what == GYM__ROW_RESET:
                return True
        return False

    cdef inline uint8_t do_row(self, Py_ssize_t row, uint8_t what) noexcept:
        """Step or reset an environment; its new state. Whatever it raises, SystemExit too, is the row's failure."""
        self.is_touched = False
        try:
            if what == GYM__ROW_STEP:
                self.step_row(row)
            else:
                self.reset_row(row)
            self.succeed(row)
            return GYM__ROW_DONE
        except BaseException as error:
            return self.fail_row(row, error)

    cdef uint8_t fail_row(self, Py_ssize_t row, object error) noexcept:
        environment = self.environments[row]
        if environment is not None:
            (<Environment>environment).info = None
        if not self.is_touched:
            self.note_failure(row, error)
            return GYM__ROW_REFUSED
        self.ended[row] = 0
        self.fail(row, error)
        return GYM__ROW_DONE

    cdef inline int step_row(self, Py_ssize_t row) except -1:
        cdef object found = <object>PyList_GET_ITEM(self.environments, row)
        cdef Environment environment
        cdef gym_transition *transition = &self.rows.transitions[row]
        cdef object element
        if found is None:
            self.is_touched = True
            raise self.missing(row)
        environment = <Environment>found
        if self.ended[row]:
            self.is_touched = True
            self.ended[row] = 0
            self.reset_environment(environment, row, NULL, NULL)
            memset(transition, 0, sizeof(gym_transition))
            return 0
        if self.rows.is_native:
            element = self.action.read_native(self.action_of(row))
            self.is_touched = True
            environment.step_element_native(element, self.observation_of(row), transition)
        else:
            element = self.action.read(<const double *>self.action_of(row))
            self.is_touched = True
            environment.step_element(element, <double *>self.observation_of(row), transition)
        if transition.terminated or transition.truncated:
            if self.mode == NEXT_STEP:
                self.ended[row] = 1
            elif self.mode == SAME_STEP:
                self.begin_again(environment, row)
        return 0

    cdef int begin_again(self, Environment environment, Py_ssize_t row) except -1:
        """The reset in the step that ended the episode, whose last observation and info are kept."""
        cdef gym_transition transition = self.rows.transitions[row]
        cdef dict info = {"final_obs": self.final_observation(environment, row), "final_info": environment.info}
        memcpy(self.final_observation_of(row), self.observation_of(row), self.rows.observation_nbytes)
        self.reset_environment(environment, row, NULL, NULL)
        info.update(environment.info)
        environment.info = info
        self.rows.transitions[row] = transition
        return 0

    cdef object final_observation(self, Environment environment, Py_ssize_t row):
        """A copy: an environment may use one array for all its observations."""
        observation = environment.last_observation
        if observation is None:  # it has written it where the row lies
            return self.observation.read_native(self.observation_of(row)).copy()
        if cnp.PyArray_CheckExact(observation):
            return observation.copy()
        return deepcopy(observation)

    cdef int reset_row(self, Py_ssize_t row) except -1:
        cdef const int64_t *seed = &self.rows.seeds[row]
        cdef const char *options = NULL
        self.is_touched = True
        self.ended[row] = 0
        if self.environments[row] is None:
            self.remake(row)
        if self.reset_options is not None:
            options = self.reset_options
        self.reset_environment(self.environments[row], row, NULL if seed[0] < 0 else seed, options)
        memset(&self.rows.transitions[row], 0, sizeof(gym_transition))
        return 0

    cdef int reset_environment(self, Environment environment, Py_ssize_t row, const int64_t *seed,
                               const char *options) except -1:
        cdef size_t nbytes = self.rows.observation_nbytes
        if self.rows.is_native:
            return environment.reset_native(seed, options, self.observation_of(row), nbytes)
        return environment.reset(seed, options, <double *>self.observation_of(row), nbytes // sizeof(double))

    cdef object missing(self, Py_ssize_t row):
        return BridgeError(
            GYM_ERR_CLOSED_ENVIRONMENT,
            f"environment {self.plan.first + row} is closed: it could not be made anew after it had failed",
        )

    # ---- lists with an item for each row

    cdef object environment_of(self, Py_ssize_t row):
        environment = self.environments[row]
        if environment is None:
            raise self.missing(row)
        return environment

    cdef list info(self):
        cdef list infos = []
        for environment in self.environments:
            info = None if environment is None else (<Environment>environment).info
            infos.append({} if info is None else info)
        return infos

    cdef list call(self, str name, object arguments):
        cdef Environment environment
        cdef Py_ssize_t row
        cdef list results = []
        from gogym.vector import call_or_get
        for row in range(self.count):
            try:
                environment = self.environment_of(row)
                environment.note_change(f"gym_vec_call has called {name}")
                results.append(call_or_get(environment.env, name, arguments, environment.making.private))
            except BaseException as error:
                raise self.error_of(row, error) from None
        return results

    cdef list render(self):
        cdef Environment environment
        cdef Py_ssize_t row
        cdef list frames = []
        for row in range(self.count):
            try:
                environment = self.environment_of(row)
                check_mode(environment.env, wants_array=False)
                frames.append(environment.frames.take(environment.env))
            except BaseException as error:
                raise self.error_of(row, error) from None
        return frames

    cdef object render_mode(self):
        mode = getattr((<Environment>self.environments[0]).env, "render_mode", None)
        return mode if isinstance(mode, str) else None

    cdef int close(self) except -1:
        cdef Py_ssize_t row
        first = None
        for row in range(len(self.environments)):
            environment = self.environments[row]
            if environment is None:
                continue
            try:
                (<Environment>environment).env.close()
            except BaseException as error:
                if first is None:
                    first = self.error_of(row, error)
        self.environments = []
        if first is not None:
            raise first
        return 0


cdef Batch make_row_batch(object plan):
    cdef RowBatch batch = RowBatch(plan)
    batch.make_all()
    return batch
