# Functions of the host: callbacks for rewards, arrays and triggers, and the one for messages. They are called without
# the GIL, and can be taken away only when no call of them is under way.


cdef struct host_call:  # one under way, on its thread's stack; the list changes only with the GIL held
    uintptr_t thread
    gym_error *said
    host_call *next


@cython.internal
cdef class HostFunction:
    """A C function with its user data. As a Python function's, its copies are itself."""

    cdef str name
    cdef void *user_data
    cdef host_call *calls
    cdef gym_error *spare  # a cleared one for the next call, so that not each has to clear 10 KB
    cdef bint is_removed

    def __dealloc__(self):
        PyMem_RawFree(self.spare)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    cdef int begin(self, host_call *call) except -1:
        if self.is_removed:
            raise BridgeError(GYM_ERR_CALLBACK, f'the callback "{self.name}" has been removed')
        call.said = self.spare
        self.spare = NULL
        if call.said == NULL:
            call.said = new_error()
        call.thread = gym__this_thread()
        call.next = self.calls
        self.calls = call
        gym__thread_enter()
        return 0

    cdef int end(self, host_call *call, int code) except -1:
        """After a call that has given `code`."""
        cdef host_call **link = &self.calls
        gym__thread_leave()
        while link[0] != call:
            link = &link[0].next
        link[0] = call.next
        if code == GYM_OK and self.spare == NULL and is_clear(call.said):
            self.spare = call.said
            return 0
        try:
            if code != GYM_OK:
                raise host_error(self.name, code, call.said)
        finally:
            PyMem_RawFree(call.said)
        return 0

    cdef bint is_inside(self) noexcept:
        """Whether the calling thread is inside the function."""
        cdef host_call *call = self.calls
        while call != NULL:
            if call.thread == gym__this_thread():
                return True
            call = call.next
        return False

    cdef int wait(self) except -1:
        """Wait until no call is under way, unless one of them waits for this thread."""
        cdef gym__thread_wait wait
        while self.calls != NULL:
            if not gym__thread_wait_begin(&wait, self.calls.thread):
                raise BridgeError(
                    GYM_ERR_BUSY,
                    f'the callback "{self.name}" is running, and waits for the call that was to remove it',
                )
            with nogil:
                usleep(100)
            gym__thread_wait_end(&wait)
        return 0

    def remove(self):
        if self.is_inside():
            raise BridgeError(GYM_ERR_BUSY, f'the callback "{self.name}" was to be removed from inside itself')
        self.is_removed = True
        try:
            self.wait()
        except BridgeError:
            self.is_removed = False
            raise


class HostError(BridgeError):
    """What a callback reported: status, and the texts of its gym_error."""

    def __init__(self, code, cls, message, trace):
        super().__init__(code, message)
        self.cls = cls
        self.trace = trace


cdef object host_error(str name, int code, gym_error *said):
    """The exception for a callback that gave `code`."""
    # gym_error's texts are the host's: not UTF-8, or not ended, for all we know.
    said.type[sizeof(said.type) - 1] = 0
    said.message[sizeof(said.message) - 1] = 0
    said.traceback[sizeof(said.traceback) - 1] = 0
    message = said.message.decode("utf-8", "backslashreplace") or f'the callback "{name}" gave the status {code}'
    return HostError(
        code if is_status(code) else GYM_ERR_CALLBACK,
        said.type.decode("utf-8", "backslashreplace"),
        message,
        said.traceback.decode("utf-8", "backslashreplace"),
    )


cdef bint is_status(int code) except -1:
    from gogym.status import Status  # here, because a host's start waits for the module's imports
    return code in Status._value2member_map_


cdef gym_error *new_error() except NULL:
    """A cleared gym_error, to be freed with PyMem_RawFree."""
    cdef gym_error *error = <gym_error *>PyMem_RawMalloc(sizeof(gym_error))
    if error == NULL:
        raise MemoryError("no memory for a callback's error")
    memset(error, 0, sizeof(gym_error))
    error.struct_size = sizeof(gym_error)
    return error


cdef inline bint is_clear(const gym_error *error) noexcept:
    return (
        error.struct_size == sizeof(gym_error)
        and error.code == 0
        and error.type[0] == 0
        and error.message[0] == 0
        and error.traceback[0] == 0
    )


# ---- rewards


@cython.final
@cython.internal
cdef class RewardFunction(HostFunction):
    cdef gym_reward_callback function

    cdef double run(self, double reward) except? -1.0:
        cdef host_call call
        cdef double out = 0.0
        cdef int code
        self.begin(&call)
        with nogil:
            code = self.function(self.user_data, reward, &out, call.said)
        self.end(&call, code)
        return out

    def __call__(self, value):
        try:
            reward = PyFloat_AsDouble(value)
        except Exception as error:
            raise BridgeError(
                GYM_ERR_CALLBACK,
                f'the callback "{self.name}" is for rewards, and was given {shown(value)} '
                f"({class_name(type(value))})",
            ) from error
        return self.run(reward)

    def bound(self, input_space, output_space):
        raise BridgeError(GYM_ERR_CALLBACK, f'the callback "{self.name}" is for rewards, not for arrays')


# ---- triggers


@cython.final
@cython.internal
cdef class TriggerFunction(HostFunction):
    cdef gym_trigger_callback function

    def __call__(self, value):
        cdef host_call call
        cdef int64_t count
        cdef int out = 0
        cdef int code
        try:
            count = operator.index(value)
        except Exception as error:
            raise BridgeError(
                GYM_ERR_CALLBACK,
                f'the callback "{self.name}" is a trigger, and was given {shown(value)} '
                f"({class_name(type(value))}) instead of a count",
            ) from error
        self.begin(&call)
        with nogil:
            code = self.function(self.user_data, count, &out, call.said)
        self.end(&call, code)
        return out != 0

    def bound(self, input_space, output_space):
        raise BridgeError(GYM_ERR_CALLBACK, f'the callback "{self.name}" is a trigger, not for arrays')


# ---- arrays


@cython.final
@cython.internal
cdef class ArrayFunction(HostFunction):
    cdef gym_array_callback function

    cdef int run(self, const gym_array *given, const gym_array *wanted, void *data) except -1:
        cdef host_call call
        cdef int code
        self.begin(&call)
        with nogil:
            code = self.function(self.user_data, given, wanted, data, call.said)
        self.end(&call, code)
        return 0

    def __call__(self, value):
        """Where no spaces are known: the result has the dtype and shape of what was given."""
        cdef gym_array given, wanted
        cdef int64_t shape[64]
        cdef cnp.ndarray array, result
        try:
            plain = np.ascontiguousarray(value).reshape(np.shape(value))
            name = dtype_name(plain.dtype)
        except Exception:
            name = ""
        if name not in ARRAY_DTYPES:
            raise BridgeError(
                GYM_ERR_CALLBACK,
                f'the callback "{self.name}" is for arrays, and was given {shown(value)} '
                f"({class_name(type(value))})",
            )
        array = plain
        result = np.empty_like(plain, order="C")
        encoded_name = name.encode()
        describe_array(&given, encoded_name, array, shape)
        wanted = given
        wanted.data = cnp.PyArray_DATA(result)
        self.run(&given, &wanted, cnp.PyArray_DATA(result))
        return result[()] if isinstance(value, np.generic) else result

    def bound(self, input_space, output_space):
        return BoundArrayFunction(
            self, make_form(input_space, "the callback's input"), make_form(output_space, "the callback's output")
        )


cdef void describe_array(gym_array *out, const char *dtype, cnp.ndarray array, int64_t *shape) noexcept:
    cdef int i
    out.struct_size = sizeof(gym_array)
    out.ndim = cnp.PyArray_NDIM(array)
    out.dtype = dtype
    for i in range(cnp.PyArray_NDIM(array)):
        shape[i] = cnp.PyArray_DIMS(array)[i]
    out.shape = shape
    out.data = cnp.PyArray_DATA(array)
    out.itemsize = cnp.PyArray_ITEMSIZE(array)
    out.size = cnp.PyArray_SIZE(array)
    out.nbytes = cnp.PyArray_NBYTES(array)


@cython.final
@cython.internal
cdef class Form:
    """How a callback sees the elements of a space: leaves in their own dtype, composites as float64."""

    cdef Layout layout
    cdef bint is_leaf
    cdef bytes dtype
    cdef int64_t shape[64]
    cdef gym_array array  # without data

    cdef char *new_buffer(self) except NULL:
        cdef char *buffer = <char *>PyMem_RawMalloc(max(self.array.nbytes, <size_t>1))
        if buffer == NULL:
            raise MemoryError("no memory for a callback's array")
        return buffer

    cdef int write(self, object element, char *buffer) except -1:
        if self.is_leaf:
            return self.layout.write_native(element, buffer)
        return self.layout.write(element, <double *>buffer)

    cdef object read(self, const char *buffer):
        if self.is_leaf:
            return self.layout.read_native(buffer)
        return self.layout.read(<const double *>buffer)


cdef Form make_form(object space, str what):
    cdef Form form = Form()
    node = describe(space)
    form.layout = make_layout(space, node, what)
    if form.layout.size < 0:
        raise BridgeError(
            GYM_ERR_CALLBACK,
            f"{what}: the space {shown(space)} has no fixed size, so its elements cannot be given to a callback as "
            "an array",
        )
    form.is_leaf = not isinstance(form.layout, CompositeLayout)
    if form.is_leaf:
        is_text = node["type"] == "Text"
        shape = (node["max_length"],) if is_text else tuple(node["shape"])
        form.dtype = b"int32" if is_text else node["dtype"].encode()
    else:
        shape = (form.layout.size,)
        form.dtype = b"float64"
    for i, length in enumerate(shape):
        form.shape[i] = length
    form.array.struct_size = sizeof(gym_array)
    form.array.ndim = len(shape)
    form.array.dtype = form.dtype
    form.array.shape = form.shape
    form.array.data = NULL
    form.array.size = form.layout.size
    form.array.itemsize = np.dtype(form.dtype.decode()).itemsize
    form.array.nbytes = form.array.size * form.array.itemsize
    return form


@cython.final
@cython.internal
cdef class BoundArrayFunction:
    """From elements of one space to elements of another."""

    cdef ArrayFunction function
    cdef Form given
    cdef Form wanted

    def __cinit__(self, ArrayFunction function, Form given, Form wanted):
        self.function = function
        self.given = given
        self.wanted = wanted

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self  # Gymnasium copies the arguments of wrappers for their specs

    def __repr__(self):
        return f'<callback "{self.function.name}" for arrays>'

    def __call__(self, element):
        cdef gym_array given = self.given.array
        cdef gym_array wanted = self.wanted.array
        cdef char *source = NULL
        cdef char *target = NULL
        try:
            source = self.given.new_buffer()
            target = self.wanted.new_buffer()
            self.given.write(element, source)
            memset(target, 0, wanted.nbytes)
            given.data = source
            wanted.data = target
            self.function.run(&given, &wanted, target)
            return self.wanted.read(target)
        finally:
            PyMem_RawFree(source)
            PyMem_RawFree(target)


# ---- messages


@cython.final
@cython.internal
cdef class MessageFunction(HostFunction):
    cdef gym_message_callback function

    def __call__(self, level, text):
        cdef host_call call
        cdef int number = level
        cdef bytes content = encoded(text)
        cdef const char *start = content
        if self.is_removed:
            return
        self.begin(&call)
        with nogil:
            self.function(self.user_data, number, start)
        self.end(&call, GYM_OK)

    def remove(self):
        """Taken away by itself, or by what it waits for, it only stops being called."""
        self.is_removed = True
        if not self.is_inside():
            with suppress(BridgeError):
                self.wait()
