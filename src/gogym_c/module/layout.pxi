# The float64 layout of spaces: from elements to the caller's doubles and back.
# What lies where is said in gogym/space.py; here it is done.


@cython.internal
cdef class Layout:
    """How the elements of one space lie in float64 buffers. The base class is that of dynamic spaces."""

    cdef object space
    cdef str path  # for messages: observation["camera"][2]
    cdef Py_ssize_t size  # float64 elements, -1 if dynamic
    # Whether a failing write has written nothing yet: true of leaves, which check first.
    cdef bint atomic

    def __cinit__(self, object space, str path, dict node):
        # Sizes and shapes come from the one description: a space may answer differently when asked again.
        self.space = space
        self.path = path
        self.size = node["size"]
        self.atomic = True

    cdef int write(self, object value, double *out) except -1:
        """Write an element of the space to out[0:size]."""
        raise self.dynamic_error()

    cdef object read(self, const double *source):
        """Build a new element of the space from source[0:size]."""
        raise self.dynamic_error()

    cdef object dynamic_error(self):
        return BridgeError(
            GYM_ERR_DYNAMIC,
            f"{self.path}: the space {shown(self.space)} has no fixed size (a Sequence, Graph or custom space, or "
            "one that contains such), so it has no float64 layout",
        )

    cdef object misfit(self, object value, str expected):
        """The error of an element that does not fit its space."""
        return BridgeError(
            self.misfit_code(),
            f"{self.path} is {shown(value)} ({class_name(type(value))}); {shown(self.space)} needs {expected}",
        )

    cdef int misfit_code(self) noexcept:
        return GYM_ERR_ACTION if self.path.startswith("action") else GYM_ERR_OBSERVATION

    cdef object unusable(self, double number, str path, str expected):
        """The error of a number that the space's dtype cannot hold."""
        return BridgeError(GYM_ERR_ACTION, f"{path} is {number!r}; {shown(self.space)} needs {expected}")


@cython.final
@cython.internal
cdef class ArrayLayout(Layout):
    """Box, MultiDiscrete, MultiBinary, and Discrete's scalar as an array without dimensions."""

    cdef cnp.dtype dtype
    cdef int type_num
    cdef int ndim
    cdef cnp.npy_intp shape[64]
    cdef tuple shape_tuple
    cdef cnp.ndarray last  # the array of the last element read

    def __cinit__(self, object space, str path, dict node):
        cdef tuple shape = node["shape"]
        assert len(shape) <= MAX_DIMENSIONS
        self.dtype = np.dtype(node["dtype"])
        self.type_num = self.dtype.type_num
        self.ndim = len(shape)
        for i in range(self.ndim):
            self.shape[i] = shape[i]
        self.shape_tuple = shape

    cdef int write(self, object value, double *out) except -1:
        cdef cnp.ndarray array
        cdef object given = value
        cdef int code
        cdef size_t bad = 0
        if not cnp.PyArray_CheckExact(value) or not PyArray_ISCARRAY_RO(<cnp.ndarray>value):
            value = self.as_array(value)
        array = <cnp.ndarray>value
        if cnp.PyArray_NDIM(array) != self.ndim or (
            self.ndim > 0 and memcmp(cnp.PyArray_DIMS(array), self.shape, self.ndim * sizeof(cnp.npy_intp)) != 0
        ):
            raise self.wrong_shape(given, array)
        code = gym__to_float64(cnp.PyArray_TYPE(array), cnp.PyArray_DATA(array), self.size, out, &bad)
        if code == GYM__CONVERT_OK:
            return 0
        if code == GYM__CONVERT_INEXACT:
            raise self.inexact(bad, array.reshape(-1)[bad])
        return self.write_other_dtype(given, array, out)

    cdef object as_array(self, object value):
        """A C-contiguous, aligned, native array of whatever the environment gave, in that thing's own dtype."""
        try:
            array = np.asarray(value)
            if array.dtype == object:  # Python numbers in an object array: let NumPy find their dtype
                value = array.tolist()
                array = np.array(value)
            if array.dtype == np.float64 and isinstance(value, (list, tuple, int)):
                self.check_exact(value, array)
            if array.dtype.byteorder not in "=|":
                array = array.astype(array.dtype.newbyteorder("="))
            # ascontiguousarray would turn an array without dimensions into one with one
            return np.require(array, requirements=["C", "A"]) if array.ndim else array.copy()
        except BridgeError:
            raise
        except Exception as error:
            raise self.misfit(value, self.expectation()) from error

    cdef int check_exact(self, object value, object array) except -1:
        """Refuse integers among Python numbers that NumPy has rounded on their way to float64."""
        large = np.flatnonzero(np.abs(array) >= 2.0**53)
        if large.size == 0:
            return 0
        numbers = np.asarray(value, dtype=object).reshape(-1)
        for index in large:
            number = numbers[index]
            if isinstance(number, (int, np.integer)) and int(number) != float(array.reshape(-1)[index]):
                raise self.inexact(index, number)
        return 0

    cdef object inexact(self, size_t index, object number):
        return BridgeError(
            GYM_ERR_INEXACT, f"{self.element_path(index)} is {number!r}, which a float64 cannot hold exactly"
        )

    cdef int write_other_dtype(self, object given, cnp.ndarray array, double *out) except -1:
        """Dtypes without a loop of our own: float16 through NumPy; the rest are not numbers."""
        if (<object>array).dtype.kind != "f":
            raise self.misfit(given, self.expectation())
        cdef cnp.ndarray wide = np.ascontiguousarray(array, dtype=np.float64)
        if self.size == 0:
            return 0
        memcpy(out, cnp.PyArray_DATA(wide), self.size * sizeof(double))
        return 0

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

    cdef object read(self, const double *source):
        cdef cnp.ndarray array = self.fresh_array()
        cdef size_t bad = 0
        cdef int code = gym__from_float64(self.type_num, source, self.size, cnp.PyArray_DATA(array), &bad)
        if code == GYM__CONVERT_OK:
            return array
        if code == GYM__CONVERT_INEXACT:
            raise self.unusable(source[bad], self.element_path(bad), self.number_expectation())
        return self.read_other_dtype(source)

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

    cdef object read_other_dtype(self, const double *source):
        cdef cnp.ndarray wide = cnp.PyArray_EMPTY(self.ndim, self.shape, cnp.NPY_DOUBLE, 0)
        if self.size > 0:
            memcpy(cnp.PyArray_DATA(wide), source, self.size * sizeof(double))
        with np.errstate(over="ignore"):
            array = wide.astype(self.dtype)
        overflow = np.flatnonzero(np.isinf(array) & np.isfinite(wide))
        if overflow.size:
            raise self.unusable(source[overflow[0]], self.element_path(overflow[0]), self.number_expectation())
        return array

    cdef str number_expectation(self):
        kind = (<object>self.dtype).kind
        if kind == "b":
            return "0 or 1 (dtype bool)"
        if kind in "iu":
            limits = np.iinfo(self.dtype)
            return f"whole numbers from {limits.min} to {limits.max} (dtype {(<object>self.dtype).name})"
        return f"numbers that {(<object>self.dtype).name} can hold"


@cython.final
@cython.internal
cdef class DiscreteLayout(Layout):
    """One element that holds the value itself, with its start: not one-hot."""

    cdef ArrayLayout array
    cdef list elements  # of a small space; scalars are immutable, so they can be handed out again and again
    cdef int64_t start

    def __cinit__(self, object space, str path, dict node):
        self.array = ArrayLayout(space, path, node)
        self.elements = []
        self.start = 0
        n, start = node["n"], node["start"]
        limits = np.iinfo(self.array.dtype)
        if n <= 4096 and abs(start) < 2**52 and limits.min <= start and start + n - 1 <= limits.max:
            self.start = start
            scalar = (<object>self.array.dtype).type
            self.elements = [scalar(start + i) for i in range(n)]

    cdef int write(self, object value, double *out) except -1:
        cdef long long number
        cdef int overflow = 0
        if PyLong_CheckExact(value):
            number = PyLong_AsLongLongAndOverflow(value, &overflow)
            if overflow == 0 and -(1LL << 53) <= number <= (1LL << 53):
                out[0] = <double>number
                return 0
        elif PyArray_IsScalar_LongLong(value):
            number = PyArrayScalar_LongLong(value)
            if -(1LL << 53) <= number <= (1LL << 53):
                out[0] = <double>number
                return 0
        return self.array.write(value, out)

    cdef object read(self, const double *source):
        cdef double number = source[0]
        cdef double index = number - <double>self.start
        if 0.0 <= index < <double>PyList_GET_SIZE(self.elements) and index == <double>(<Py_ssize_t>index):
            return <object>PyList_GET_ITEM(self.elements, <Py_ssize_t>index)
        # Outside the space: build it all the same, the environment judges.
        array = self.array.read(source)
        return array[()]


@cython.final
@cython.internal
cdef class TextLayout(Layout):
    """Indices into the charset, padded with len(charset) up to max_length."""

    cdef str charset
    cdef dict indices

    def __cinit__(self, object space, str path, dict node):
        self.charset = node["charset"]
        self.indices = {character: index for index, character in enumerate(self.charset)}

    cdef int write(self, object value, double *out) except -1:
        cdef Py_ssize_t position
        if not isinstance(value, str) or len(value) > self.size:
            raise self.misfit(value, f"a str of at most {self.size} characters")
        for character in value:
            if character not in self.indices:
                raise self.misfit(value, f"characters of the charset {shown(self.charset)}, not {character!r}")
        position = 0
        for character in value:
            out[position] = self.indices[character]
            position += 1
        while position < self.size:
            out[position] = len(self.charset)
            position += 1
        return 0

    cdef object read(self, const double *source):
        cdef Py_ssize_t position, index, length = -1
        cdef Py_ssize_t padding = len(self.charset)
        cdef list characters = []
        for position in range(self.size):
            if not (0.0 <= source[position] <= <double>padding) or (
                source[position] != <double>(<Py_ssize_t>source[position])
            ):
                raise self.unusable(
                    source[position], f"{self.path}[{position}]", f"character indices from 0 to {padding} (the padding)"
                )
            index = <Py_ssize_t>source[position]
            if index == padding:
                if length < 0:
                    length = position
            elif length >= 0:
                raise self.unusable(
                    source[position], f"{self.path}[{position}]", f"only padding ({padding}) after the first padding"
                )
            else:
                characters.append(self.charset[index])
        return "".join(characters)


@cython.internal
cdef class CompositeLayout(Layout):
    """Children one after another."""

    cdef list children

    def __cinit__(self, object space, str path, dict node):
        self.atomic = False
        self.children = []


@cython.final
@cython.internal
cdef class TupleLayout(CompositeLayout):
    cdef int write(self, object value, double *out) except -1:
        cdef Py_ssize_t offset = 0
        cdef Layout child
        cdef tuple items = tuple(value) if isinstance(value, (tuple, list, np.ndarray)) else ()
        if len(items) != len(self.children) or not isinstance(value, (tuple, list, np.ndarray)):
            raise self.misfit(value, f"a tuple of {len(self.children)}")
        for child, item in zip(self.children, items):
            child.write(item, out + offset)
            offset += child.size
        return 0

    cdef object read(self, const double *source):
        cdef Py_ssize_t offset = 0
        cdef Layout child
        cdef list items = []
        for child in self.children:
            items.append(child.read(source + offset))
            offset += child.size
        return tuple(items)


@cython.final
@cython.internal
cdef class DictLayout(CompositeLayout):
    cdef list keys

    cdef int write(self, object value, double *out) except -1:
        cdef Py_ssize_t offset = 0
        cdef Layout child
        if not isinstance(value, Mapping):
            raise self.misfit(value, f"a dict with the keys {shown(self.keys)}")
        for key, child in zip(self.keys, self.children):
            if key not in value:
                raise self.misfit(value, f"the key {key!r}")
            child.write(value[key], out + offset)
            offset += child.size
        if len(value) != len(self.keys):
            extra = next(key for key in value if key not in self.keys)
            raise self.misfit(value, f"the keys {shown(self.keys)} only, not {extra!r}")
        return 0

    cdef object read(self, const double *source):
        cdef Py_ssize_t offset = 0
        cdef Layout child
        cdef dict items = {}
        for key, child in zip(self.keys, self.children):
            items[key] = child.read(source + offset)
            offset += child.size
        return items


@cython.final
@cython.internal
cdef class OneOfLayout(CompositeLayout):
    """The index, the chosen child, zeros up to the largest child."""

    cdef int write(self, object value, double *out) except -1:
        cdef Py_ssize_t index, count = len(self.children)
        cdef Layout child
        if not isinstance(value, tuple) or len(value) != 2:
            raise self.misfit(value, "a tuple (index, element)")
        try:
            index = operator.index(value[0])
        except (TypeError, OverflowError):
            index = -1
        if not 0 <= index < count:
            raise self.misfit(value, f"an index from 0 to {count - 1} first")
        child = self.children[index]
        child.write(value[1], out + 1)
        out[0] = <double>index
        memset(out + 1 + child.size, 0, (self.size - 1 - child.size) * sizeof(double))
        return 0

    cdef object read(self, const double *source):
        cdef Py_ssize_t position, index, count = len(self.children)
        cdef Layout child
        if not (0.0 <= source[0] < <double>count) or source[0] != <double>(<Py_ssize_t>source[0]):
            raise self.unusable(source[0], f"{self.path} index", f"a whole number from 0 to {count - 1} first")
        index = <Py_ssize_t>source[0]
        child = self.children[index]
        for position in range(1 + child.size, self.size):
            if source[position] != 0.0:
                raise self.unusable(source[position], f"{self.path} padding [{position}]", "zeros after its child")
        return (np.int64(index), child.read(source + 1))


cdef str key_text(object key):
    """A dict key in a path: text in double quotes, anything else as its repr."""
    return json.dumps(key, ensure_ascii=False) if isinstance(key, str) else shown(key, 60)


cdef Layout make_layout(object space, dict node, str path):
    """The layout of a space that gogym.space.describe has described as `node`."""
    cdef CompositeLayout composite
    cdef str kind = node["type"]
    if node["size"] < 0:
        return Layout(space, path, node)
    if kind == "Discrete":
        return DiscreteLayout(space, path, node)
    if kind == "Text":
        return TextLayout(space, path, node)
    if kind in ("Box", "MultiDiscrete", "MultiBinary"):
        return ArrayLayout(space, path, node)
    if kind == "Dict":
        composite = DictLayout(space, path, node)
        (<DictLayout>composite).keys = node["keys"]
        labels = [key_text(key) for key in node["keys"]]
        children = list(space.spaces.values())
    else:
        composite = TupleLayout(space, path, node) if kind == "Tuple" else OneOfLayout(space, path, node)
        children = list(space.spaces)
        labels = range(len(children))
    for child, child_node, label in zip(children, node["spaces"], labels, strict=True):
        composite.children.append(make_layout(child, child_node, f"{path}[{label}]"))
    return composite
