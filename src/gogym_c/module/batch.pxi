# Batches: what a part of a vector environment does in one process (gogym_abi.h says what for). The methods run with the
# slot's lock and the GIL held. batch_rows.pxi has those whose environments are stepped one after another,
# batch_whole.pxi those that Python steps all at once.


ctypedef void (*row_publisher)(void *context, uint64_t n) noexcept nogil


@cython.internal
cdef class Batch:
    """Rows of environments. What is the same for all kinds is here; a kind overrides the second half."""

    cdef object plan  # gogym.vector.Plan
    cdef Py_ssize_t count  # rows
    cdef Py_ssize_t total  # rows of the whole vector environment
    cdef object observation_space, action_space  # of one environment
    cdef dict observation_node, action_node  # their descriptions
    cdef Layout observation, action  # where their elements lie in a row
    cdef object batched_observation_space, batched_action_space  # None until somebody asks
    cdef Source actions  # random ones for all rows at once; None where rows are written one by one
    cdef gym__rows rows
    cdef bint is_bound
    cdef bytes reset_options  # JSON; None for none
    cdef list errors  # for each row, what failures() tells of it; None

    def __cinit__(self, object plan, *args):
        self.plan = plan
        self.count = plan.count
        self.total = plan.total
        self.errors = [None] * self.count
        self.is_bound = False

    cdef int take_spaces(self, object observation_space, object action_space) except -1:
        """Learn the spaces of one environment; those without a fixed size have no rows."""
        self.observation_space = observation_space
        self.action_space = action_space
        self.observation_node = describe(observation_space)
        self.action_node = describe(action_space)
        self.observation = make_layout(observation_space, self.observation_node, "observation")
        self.action = make_layout(action_space, self.action_node, "action")
        if self.observation.size < 0:
            raise self.observation.dynamic_error()
        if self.action.size < 0:
            raise self.action.dynamic_error()
        return 0

    cdef dict describe(self):
        return {
            "observation_space": self.observation_node,
            "action_space": self.action_node,
            "observation_size": self.observation.size,
            "observation_nbytes": self.observation.nbytes,
            "action_size": self.action.size,
            "action_nbytes": self.action.nbytes,
            "autoreset_mode": self.autoreset_mode(),
            "render_mode": self.render_mode(),
            "is_whole": self.is_whole(),
        }

    # ---- where the rows lie

    cdef int bind(self, const gym__rows *rows) except -1:
        cdef uint64_t observation_nbytes, action_nbytes
        if self.is_bound:
            raise BridgeError(GYM_ERR_ARGUMENT, "the rows of this batch have been bound already")
        if rows.struct_size < sizeof(gym__rows):
            raise BridgeError(GYM_ERR_ARGUMENT, f"gym__rows has {rows.struct_size} bytes, not {sizeof(gym__rows)}")
        observation_nbytes = row_nbytes(self.observation, rows.is_native)
        action_nbytes = row_nbytes(self.action, rows.is_native)
        if (
            rows.count != <uint64_t>self.count
            or rows.observation_nbytes != observation_nbytes
            or rows.action_nbytes != action_nbytes
        ):
            raise BridgeError(
                GYM_ERR_BUFFER,
                f"{rows.count} rows of {rows.observation_nbytes} bytes for observations and {rows.action_nbytes} for "
                f"actions were bound; this batch has {self.count} of {observation_nbytes} and {action_nbytes}",
            )
        if rows.final_observations == NULL and self.autoreset_mode() == "same_step":
            raise BridgeError(GYM_ERR_ARGUMENT, 'the autoreset mode "same_step" needs rows for final observations')
        self.rows = rows[0]
        self.is_bound = True
        if rows.is_native:
            clear_padding(self.observation, rows.observations, observation_nbytes, self.count)
            clear_padding(self.observation, rows.final_observations, observation_nbytes, self.count)
        return 0

    cdef int check_bound(self) except -1:
        if not self.is_bound:
            raise BridgeError(GYM_ERR_ARGUMENT, "the batch's rows have not been bound")
        return 0

    cdef inline char *observation_of(self, Py_ssize_t row) noexcept:
        return <char *>self.rows.observations + row * self.rows.observation_nbytes

    cdef inline char *final_observation_of(self, Py_ssize_t row) noexcept:
        return <char *>self.rows.final_observations + row * self.rows.observation_nbytes

    cdef inline const char *action_of(self, Py_ssize_t row) noexcept:
        return <const char *>self.rows.actions + row * self.rows.action_nbytes

    # ---- options of following resets

    cdef int set_reset_options(self, const char *options) except -1:
        if options == NULL:
            self.reset_options = None
            return 0
        parse_object(decoded(options, "options of gym_vec_reset"), "options of gym_vec_reset")
        self.reset_options = options
        return 0

    # ---- failures

    cdef list failures(self):
        return [error for error in self.errors if error is not None]

    cdef inline int succeed(self, Py_ssize_t row) except -1:
        """What the row did last has not failed."""
        self.rows.statuses[row] = GYM_OK
        if PyList_GET_ITEM(self.errors, row) != <PyObject *>None:
            self.errors[row] = None
        return 0

    cdef int note_failure(self, Py_ssize_t row, object error) noexcept:
        """Keep what a row raised for failures(), and give its status; the row's results stay as they are."""
        cdef gym_error said
        cdef int code
        memset(&said, 0, sizeof(said))
        said.struct_size = sizeof(said)
        code = report(error, &said)
        self.rows.statuses[row] = code
        try:
            self.errors[row] = {
                "row": row,
                "status": code,
                "type": said.type.decode("utf-8", "backslashreplace"),
                "message": said.message.decode("utf-8", "backslashreplace"),
                "traceback": said.traceback.decode("utf-8", "backslashreplace"),
            }
        except BaseException:  # memory ran out: the status is what is left
            self.errors[row] = None
        return code

    cdef int fail(self, Py_ssize_t row, object error) noexcept:
        """A row has failed: its episode is over, and it has no observation."""
        memset(&self.rows.transitions[row], 0, sizeof(gym_transition))
        self.rows.transitions[row].truncated = 1
        memset(self.observation_of(row), 0, self.rows.observation_nbytes)
        return self.note_failure(row, error)

    # ---- spaces, and random actions for the whole vector environment

    cdef object space(self, int which):
        if which == GYM_VEC_SINGLE_OBSERVATION_SPACE:
            return self.observation_space
        if which == GYM_VEC_SINGLE_ACTION_SPACE:
            return self.action_space
        if which == GYM_VEC_OBSERVATION_SPACE:
            if self.batched_observation_space is None:
                self.batched_observation_space = self.batched(self.observation_space)
            return self.batched_observation_space
        if which == GYM_VEC_ACTION_SPACE:
            if self.batched_action_space is None:
                self.batched_action_space = self.batched(self.action_space)
            return self.batched_action_space
        raise BridgeError(
            GYM_ERR_ARGUMENT, f"there is no space {which}: it is one of GYM_VEC_*_SPACE, 0 to {GYM_VEC_ACTION_SPACE}"
        )

    cdef object batched(self, object space):
        from gymnasium.vector.utils import batch_space
        return batch_space(space, self.total)

    cdef int seed_actions(self, int64_t seed) except -1:
        self.space(GYM_VEC_ACTION_SPACE).seed(seed)
        return 0

    cdef int sample_actions(self, char *actions, uint64_t nbytes) except -1:
        cdef uint64_t stride = self.rows.action_nbytes
        self.check_bound()
        if nbytes < stride * <uint64_t>self.total:
            raise BridgeError(
                GYM_ERR_BUFFER,
                f"the buffer has {nbytes} bytes; actions of {self.total} environments need "
                f"{stride * <uint64_t>self.total}",
            )
        space = self.space(GYM_VEC_ACTION_SPACE)
        if self.rows.is_native:
            clear_padding(self.action, <unsigned char *>actions, stride, self.total)
        if self.actions is None:
            self.actions = rows_at_once(self.action, space, self.total)
        if self.actions is None:
            return self.sample_one_by_one(space, actions, stride)
        if not self.rows.is_native:
            return self.actions.sample(<double *>actions)
        if stride == <uint64_t>self.action.nbytes:
            return self.actions.sample_native(actions)
        return self.sample_with_padding(actions, stride)

    cdef int sample_one_by_one(self, object space, char *actions, uint64_t stride) except -1:
        from gogym.vector import rows_of
        for element in rows_of(self.action_space, space.sample(), self.total):
            if self.rows.is_native:
                self.action.write_native(element, actions)
            else:
                self.action.write(element, <double *>actions)
            actions += stride
        return 0

    cdef int sample_with_padding(self, char *actions, uint64_t stride) except -1:
        cdef Py_ssize_t nbytes = self.action.nbytes
        cdef cnp.ndarray drawn = np.empty(self.total * nbytes, np.uint8)
        cdef const char *source = <const char *>cnp.PyArray_DATA(drawn)
        self.actions.sample_native(<char *>source)
        for _ in range(self.total):
            memcpy(actions, source, nbytes)
            actions += stride
            source += nbytes
        return 0

    # ---- what each kind does in its own way

    cdef str autoreset_mode(self):
        """One of "next_step", "same_step", "disabled"."""
        return self.plan.options.autoreset_mode

    cdef object render_mode(self):
        return None

    cdef bint is_whole(self) noexcept:
        """Whether rows can only be stepped all at once."""
        return False

    cdef int run(self, uint64_t most, bint each, row_publisher publish, void *context) except -1:
        raise NotImplementedError

    cdef int remake(self, uint64_t row) except -1:
        raise NotImplementedError

    cdef list info(self):
        """What each row's info is from what it did last; {} where that failed, or before."""
        raise NotImplementedError

    cdef list call(self, str name, object arguments):
        """The results of a method of each environment; `arguments` is JSON, or None."""
        raise NotImplementedError

    cdef list render(self):
        raise NotImplementedError

    cdef int close(self) except -1:
        """Close everything, and raise the first error afterwards. Called once, nothing is called after it."""
        raise NotImplementedError


cdef uint64_t row_nbytes(Layout layout, bint is_native) noexcept:
    """The size of a row: the native layout's elements begin at multiples of 8 bytes."""
    if is_native:
        return (<uint64_t>layout.nbytes + 7) // 8 * 8
    return <uint64_t>layout.size * sizeof(double)


cdef void clear_padding(Layout layout, unsigned char *rows, uint64_t stride, Py_ssize_t count) noexcept:
    cdef uint64_t padding = stride - <uint64_t>layout.nbytes
    if rows == NULL or padding == 0:
        return
    for _ in range(count):
        memset(rows + layout.nbytes, 0, padding)
        rows += stride


cdef Source rows_at_once(Layout single, object batched_space, Py_ssize_t total):
    """What draws all rows in one go, where the batched space is one array of them; None where it is not."""
    cdef Layout batched
    cdef ArrayLayout row, array
    if isinstance(single, DiscreteLayout):
        row = (<DiscreteLayout>single).array
    elif isinstance(single, ArrayLayout):
        row = single
    else:
        return None
    if not is_stock_space(batched_space):
        return None
    batched = make_layout(batched_space, describe(batched_space), "action")
    if not isinstance(batched, ArrayLayout):
        return None
    array = batched
    if array.dtype != row.dtype or array.size != total * row.size:
        return None
    return Source(array)


# ---------------------------------------------------------------------------------------------- making one


# Whether this process is a worker's: all its calls come from Python's main thread, on which graphics contexts and
# windows can stay.
cdef bint IS_WORKER = False


cdef void set_is_worker() noexcept:
    global IS_WORKER
    IS_WORKER = True


cdef Batch make_batch(object plan):
    """The batch of a gogym.vector.Plan, with its environments made."""
    return make_whole_batch(plan) if plan.options.is_whole else make_row_batch(plan)
