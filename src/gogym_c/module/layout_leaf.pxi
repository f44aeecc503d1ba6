# The layouts of spaces whose elements are numbers or text: Box, MultiDiscrete, MultiBinary, Discrete, Text.


# From NumPy's type numbers to ours: several of NumPy's (long, long long) may be one and the same dtype.
cdef gym__dtype DTYPES[32]


cdef int fill_dtypes() except -1:
    cdef int type_num
    for type_num in range(32):
        DTYPES[type_num] = GYM__DTYPE_NONE
    for code in np.typecodes["All"]:
        dtype = np.dtype(code)
        type_num = dtype.num
        name = dtype_name(dtype).encode()
        if type_num < 32:
            DTYPES[type_num] = gym__dtype_of(name)
    return 0


fill_dtypes()


cdef inline gym__dtype dtype_of(cnp.ndarray array) noexcept:
    cdef int type_num = cnp.PyArray_TYPE(array)
    return DTYPES[type_num] if 0 <= type_num < 32 else GYM__DTYPE_NONE


@cython.final
@cython.internal
cdef class ArrayLayout(Layout):
    """Box, MultiDiscrete, MultiBinary, and Discrete's scalar as an array without dimensions."""

    cdef cnp.dtype numpy_dtype
    cdef int type_num
    cdef gym__dtype dtype
    cdef int ndim
    cdef cnp.npy_intp shape[64]
    cdef tuple shape_tuple
    cdef cnp.ndarray accepted  # of the last accept
    cdef cnp.ndarray last  # the array of the last element read

    def __cinit__(self, object space, str path, dict node):
        cdef tuple shape = node["shape"]
        assert len(shape) <= MAX_DIMENSIONS
        self.numpy_dtype = np.dtype(node["dtype"])
        self.type_num = self.numpy_dtype.type_num
        self.dtype = DTYPES[self.type_num] if self.type_num < 32 else GYM__DTYPE_NONE
        self.ndim = len(shape)
        for i in range(self.ndim):
            self.shape[i] = shape[i]
        self.shape_tuple = shape

    # ---- writing

    cdef int write(self, object value, double *out) except -1:
        cdef size_t bad = 0
        cdef cnp.ndarray array = self.fitting(value)
        cdef int code = gym__to_float64(dtype_of(array), cnp.PyArray_DATA(array), self.size, out, &bad)
        if code != GYM__CONVERT_OK:
            raise self.unwritable(code, bad, value, array, False)
        return 0

    cdef int write_native(self, object value, char *root) except -1:
        cdef size_t bad = 0
        cdef cnp.ndarray array = self.fitting(value)
        cdef char *target = root + self.byte_offset
        cdef int code
        if <void *>target == cnp.PyArray_DATA(array) and dtype_of(array) == self.dtype:
            return 0  # the environment has written there itself
        code = gym__recast(dtype_of(array), cnp.PyArray_DATA(array), self.dtype, target, self.size, &bad)
        if code != GYM__CONVERT_OK:
            raise self.unwritable(code, bad, value, array, True)
        return 0

    cdef int accept(self, object value, bint native) except -1:
        cdef size_t bad = 0
        cdef cnp.ndarray array = self.fitting(value)
        cdef int code
        if native:
            code = gym__recast(dtype_of(array), cnp.PyArray_DATA(array), self.dtype, NULL, self.size, &bad)
        else:
            code = gym__to_float64(dtype_of(array), cnp.PyArray_DATA(array), self.size, NULL, &bad)
        if code != GYM__CONVERT_OK:
            raise self.unwritable(code, bad, value, array, native)
        self.accepted = array
        return 0

    cdef void put(self, double *out) noexcept:
        cdef size_t bad = 0
        gym__to_float64(dtype_of(self.accepted), cnp.PyArray_DATA(self.accepted), self.size, out, &bad)
        self.accepted = None

    cdef void put_native(self, char *root) noexcept:
        cdef size_t bad = 0
        gym__recast(dtype_of(self.accepted), cnp.PyArray_DATA(self.accepted), self.dtype, root + self.byte_offset,
                    self.size, &bad)
        self.accepted = None

    cdef int widen(self, const char *root, double *out, bint check) except -1:
        cdef size_t bad = 0
        cdef const char *source = root + self.byte_offset
        if gym__to_float64(self.dtype, source, self.size, NULL if check else out, &bad) != GYM__CONVERT_OK:
            raise self.inexact(bad, self.read_native(root).reshape(-1)[bad], False)
        return 0

    cdef inline cnp.ndarray fitting(self, object value):
        """The array of an element, in C order and native byte order and of the space's shape, in its own dtype."""
        cdef cnp.ndarray array
        cdef object given = value
        if (
            not cnp.PyArray_CheckExact(value)
            or not PyArray_ISCARRAY_RO(<cnp.ndarray>value)
            or dtype_of(<cnp.ndarray>value) == GYM__DTYPE_NONE
        ):
            value = self.as_array(value)
        array = <cnp.ndarray>value
        if cnp.PyArray_NDIM(array) != self.ndim or (
            self.ndim > 0 and memcmp(cnp.PyArray_DIMS(array), self.shape, self.ndim * sizeof(cnp.npy_intp)) != 0
        ):
            raise self.wrong_shape(given, array)
        return array

    cdef object as_array(self, object value):
        """A C-contiguous, aligned, native array of whatever the environment gave, in that thing's own dtype."""
        try:
            array = np.asarray(value)
            if array.dtype == object:  # Python numbers in an object array: let NumPy find their dtype
                value = array.tolist()
                array = np.array(value)
            if array.dtype.kind in "fO" and isinstance(value, (list, tuple, int)):
                array = self.exact_array(value, array)
            if array.dtype.byteorder not in "=|":
                array = array.astype(array.dtype.newbyteorder("="))
            # ascontiguousarray would turn an array without dimensions into one with one
            return np.require(array, requirements=["C", "A"]) if array.ndim else array.copy()
        except BridgeError:
            raise
        except Exception as error:
            raise self.misfit(value, self.expectation()) from error

    cdef object exact_array(self, object value, object array):
        """The array of Python numbers, of which NumPy makes float64 or objects where some are beyond int64."""
        numbers = np.asarray(value, dtype=object)
        if self.numpy_dtype.kind in b"iu" and all(isinstance(number, (int, np.integer)) for number in numbers.flat):
            with suppress(OverflowError):
                return np.array(value, dtype=self.numpy_dtype)
        if array.dtype == np.float64:
            self.check_exact(value, array)
        return array

    cdef int check_exact(self, object value, object array) except -1:
        """Refuse integers among Python numbers that NumPy has rounded on their way to float64."""
        large = np.flatnonzero(np.abs(array) >= 2.0**53)
        if large.size == 0:
            return 0
        numbers = np.asarray(value, dtype=object).reshape(-1)
        for index in large:
            number = numbers[index]
            if isinstance(number, (int, np.integer)) and int(number) != float(array.reshape(-1)[index]):
                raise self.inexact(index, number, False)
        return 0

    # ---- reading

    cdef object read(self, const double *source):
        cdef cnp.ndarray array = self.fresh_array()
        cdef size_t bad = 0
        cdef int code = gym__from_float64(self.dtype, source, self.size, cnp.PyArray_DATA(array), &bad)
        if code == GYM__CONVERT_INEXACT:
            raise self.unusable(source[bad], self.element_path(bad), self.number_expectation())
        if code != GYM__CONVERT_OK:
            raise self.misfit(None, f"another dtype than {self.numpy_dtype}")
        return array

    cdef object read_native(self, const char *root):
        cdef cnp.ndarray array = self.fresh_array()
        cdef const unsigned char *source = <const unsigned char *>(root + self.byte_offset)
        cdef Py_ssize_t index
        if self.dtype == GYM__DTYPE_bool:
            for index in range(self.size):
                if source[index] > 1:
                    raise self.unusable(source[index], self.element_path(index), self.number_expectation())
        if self.nbytes > 0:
            memcpy(cnp.PyArray_DATA(array), source, self.nbytes)
        return array

    cdef cnp.ndarray fresh_array(self):
        """An array that nobody else has: the last one again, if it was given back untouched in form."""
        cdef cnp.ndarray last = self.last
        # Two references: `self.last` and the variable. An environment that keeps the action, or a view of it, has one
        # more.
        if (
            last is not None
            and Py_REFCNT(last) == 2
            and not has_weak_references(last)
            and cnp.PyArray_NDIM(last) == self.ndim
            and cnp.PyArray_TYPE(last) == self.type_num
            and PyArray_ISCARRAY(last)
            and (self.ndim == 0 or memcmp(cnp.PyArray_DIMS(last), self.shape, self.ndim * sizeof(cnp.npy_intp)) == 0)
        ):
            return last
        self.last = cnp.PyArray_EMPTY(self.ndim, self.shape, self.type_num, 0)
        return self.last

    cdef int build(self, gym__builder *builder, object value) except -1:
        if not cnp.PyArray_Check(value):
            try:
                array = np.asarray(value)
            except Exception:
                return build_value(builder, value)
            if array.shape == self.shape_tuple and array.dtype.kind in "biuf":
                return build_value(builder, array)
        return build_value(builder, value)

    # ---- errors

    cdef object unwritable(self, int code, size_t bad, object given, object array, bint native):
        if code == GYM__CONVERT_INEXACT:
            return self.inexact(bad, array.reshape(-1)[bad], native)
        return self.misfit(given, self.expectation())

    cdef object inexact(self, size_t index, object number, bint native):
        cdef str holder = str(self.numpy_dtype) if native else "float64"
        return BridgeError(
            GYM_ERR_INEXACT, f"{self.element_path(index)} is {number!r}, which a {holder} cannot hold exactly"
        )

    cdef object wrong_shape(self, object given, object array):
        if not isinstance(given, (np.ndarray, np.generic, list, tuple, int, float)):
            return self.misfit(given, self.expectation())
        return BridgeError(
            self.misfit_code(),
            f"{self.path} has shape {array.shape}, {shown(given)}; {shown(self.space)} needs shape {self.shape_tuple}",
        )

    cdef str expectation(self):
        return f"numbers of shape {self.shape_tuple}"

    cdef str element_path(self, size_t index):
        if self.ndim == 0:
            return self.path
        return f"{self.path}[{', '.join(str(i) for i in np.unravel_index(index, self.shape_tuple))}]"

    cdef str number_expectation(self):
        kind = (<object>self.numpy_dtype).kind
        if kind == "b":
            return "0 or 1 (dtype bool)"
        if kind in "iu":
            limits = np.iinfo(self.numpy_dtype)
            return f"whole numbers from {limits.min} to {limits.max} (dtype {(<object>self.numpy_dtype).name})"
        return f"numbers that {(<object>self.numpy_dtype).name} can hold"


@cython.final
@cython.internal
cdef class DiscreteLayout(Layout):
    """One element that holds the value itself, with its start: not one-hot."""

    cdef ArrayLayout array
    cdef list elements  # of a small space; scalars are immutable, so they can be handed out again and again
    cdef int64_t start
    cdef int64_t number  # that was accepted, unless the array was asked
    cdef bint has_number

    def __cinit__(self, object space, str path, dict node):
        self.array = ArrayLayout(space, path, node)
        self.elements = []
        self.start = 0
        n, start = node["n"], node["start"]
        limits = np.iinfo(self.array.numpy_dtype)
        if n <= 4096 and abs(start) < 2**52 and limits.min <= start and start + n - 1 <= limits.max:
            self.start = start
            scalar = (<object>self.array.numpy_dtype).type
            self.elements = [scalar(start + i) for i in range(n)]

    cdef int write(self, object value, double *out) except -1:
        self.accept(value, False)
        self.put(out)
        return 0

    cdef int accept(self, object value, bint native) except -1:
        cdef size_t bad
        cdef int overflow = 0
        if PyLong_CheckExact(value):
            self.number = PyLong_AsLongLongAndOverflow(value, &overflow)
            self.has_number = overflow == 0
        elif PyArray_IsScalar_LongLong(value):
            self.number = PyArrayScalar_LongLong(value)
            self.has_number = True
        else:
            self.has_number = False
        if self.has_number:
            if native:
                if gym__recast(GYM__DTYPE_int64, &self.number, self.array.dtype, NULL, 1, &bad) == GYM__CONVERT_OK:
                    return 0
            elif -(1LL << 53) <= self.number <= (1LL << 53):
                return 0
        self.has_number = False
        return self.array.accept(value, native)

    cdef void put(self, double *out) noexcept:
        if self.has_number:
            out[0] = <double>self.number
        else:
            self.array.put(out)

    cdef void put_native(self, char *root) noexcept:
        cdef size_t bad
        if self.has_number:
            gym__recast(GYM__DTYPE_int64, &self.number, self.array.dtype, root + self.byte_offset, 1, &bad)
        else:
            self.array.put_native(root)

    cdef int widen(self, const char *root, double *out, bint check) except -1:
        return self.array.widen(root, out, check)

    cdef object read(self, const double *source):
        cdef double number = source[0]
        cdef double index = number - <double>self.start
        # Both differences: 1e-20 minus a start of -1 is 1.
        if (
            0.0 <= index < <double>PyList_GET_SIZE(self.elements)
            and index == <double>(<Py_ssize_t>index)
            and number == <double>(self.start + <Py_ssize_t>index)
        ):
            return <object>PyList_GET_ITEM(self.elements, <Py_ssize_t>index)
        # Outside the space: build it all the same, the environment judges.
        array = self.array.read(source)
        return array[()]

    cdef object read_native(self, const char *root):
        cdef int64_t number = 0
        cdef size_t bad
        cdef const char *source = root + self.byte_offset
        if (
            gym__recast(self.array.dtype, source, GYM__DTYPE_int64, &number, 1, &bad) == GYM__CONVERT_OK
            and self.start <= number < self.start + PyList_GET_SIZE(self.elements)
        ):
            return <object>PyList_GET_ITEM(self.elements, <Py_ssize_t>(number - self.start))
        array = self.array.read_native(root)
        return array[()]

    cdef int build(self, gym__builder *builder, object value) except -1:
        if cnp.PyArray_Check(value) and cnp.PyArray_NDIM(value) == 0 and (<object>value).dtype.kind in "iu":
            value = int(value)
        return build_value(builder, value)


@cython.final
@cython.internal
cdef class TextLayout(Layout):
    """Indices into the charset, padded with len(charset) up to max_length; int32 in the native layout."""

    cdef str charset
    cdef dict indices
    cdef int32_t *accepted  # [size]

    def __cinit__(self, object space, str path, dict node):
        self.charset = node["charset"]
        self.indices = {character: index for index, character in enumerate(self.charset)}
        self.accepted = NULL  # made when it is first needed: a Text may allow more characters than there is memory

    def __dealloc__(self):
        PyMem_RawFree(self.accepted)

    cdef int accept(self, object value, bint native) except -1:
        cdef Py_ssize_t position = 0
        if self.accepted == NULL:
            self.accepted = <int32_t *>PyMem_RawMalloc(self.size * sizeof(int32_t) + 1)
        if self.accepted == NULL:
            raise MemoryError(f"{self.size} characters for {self.path}")
        if not isinstance(value, str) or len(value) > self.size:
            raise self.misfit(value, f"a str of at most {self.size} characters")
        for character in value:
            index = self.indices.get(character)
            if index is None:
                raise self.misfit(value, f"characters of the charset {shown(self.charset)}, not {character!r}")
            self.accepted[position] = index
            position += 1
        while position < self.size:
            self.accepted[position] = <int32_t>len(self.charset)
            position += 1
        return 0

    cdef void put(self, double *out) noexcept:
        cdef Py_ssize_t position
        for position in range(self.size):
            out[position] = <double>self.accepted[position]

    cdef void put_native(self, char *root) noexcept:
        if self.size > 0:
            memcpy(root + self.byte_offset, self.accepted, self.nbytes)

    cdef int widen(self, const char *root, double *out, bint check) except -1:
        cdef size_t bad
        if not check:
            gym__to_float64(GYM__DTYPE_int32, root + self.byte_offset, self.size, out, &bad)
        return 0

    cdef object read(self, const double *source):
        return self.text([source[position] for position in range(self.size)])

    cdef object read_native(self, const char *root):
        cdef Py_ssize_t position
        cdef int32_t index
        cdef list indices = []
        for position in range(self.size):
            memcpy(&index, root + self.byte_offset + position * <Py_ssize_t>sizeof(index), sizeof(index))
            indices.append(index)
        return self.text(indices)

    cdef str text(self, list numbers):
        """The text of indices that came from a buffer and may be anything."""
        cdef Py_ssize_t position
        cdef Py_ssize_t padding = len(self.charset)
        cdef bint is_over = False
        cdef list characters = []
        for position, number in enumerate(numbers):
            if not 0 <= number <= padding or number != int(number):
                raise self.unusable(
                    number, f"{self.path}[{position}]", f"character indices from 0 to {padding} (the padding)"
                )
            if number == padding:
                is_over = True
            elif is_over:
                raise self.unusable(
                    number, f"{self.path}[{position}]", f"only padding ({padding}) after the first padding"
                )
            else:
                characters.append(self.charset[int(number)])
        return "".join(characters)
