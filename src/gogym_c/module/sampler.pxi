# space.sample() into a buffer of the native layout, drawn in C where that makes no difference.
#
# Gymnasium's sample makes a dozen NumPy calls of a microsecond each around a few nanoseconds of random numbers. The same
# numbers are drawn here by NumPy's own functions (sample.h) from the same generator, so that draws from C and from
# Python can take turns on one stream. That is done only if nobody can see a difference: the space is exactly of one of
# Gymnasium's classes, the class is as Gymnasium wrote it, the instance has no `sample` of its own, what sample reads is
# as it was when it was looked at, no trace or profile function is set, and the class's draws have been compared with
# Python's in this process (SampledClass.is_trusted). In any other case Python draws.


cdef extern from "sample.h" nogil:
    struct bitgen:
        pass

    int gym__sample_load(const char *path) noexcept
    int gym__sample_box(bitgen *generator, gym__dtype dtype, size_t count, const void *low, const void *high,
                        const uint8_t *below, const uint8_t *above, void *out) noexcept
    int gym__sample_discrete(bitgen *generator, gym__dtype dtype, int64_t n, int64_t start, void *out) noexcept
    int gym__sample_multi_discrete(bitgen *generator, gym__dtype dtype, size_t count, const void *nvec,
                                   const void *start, void *out) noexcept
    int gym__sample_multi_binary(bitgen *generator, size_t count, int8_t *out) noexcept
    int gym__sample_text(bitgen *generator, size_t min_length, size_t max_length, const double *cdf,
                         size_t charset_length, void *out) noexcept
    int64_t gym__sample_index(bitgen *generator, int64_t count) noexcept


cdef extern from *:
    """
    #define is_only_thread(state) ((state)->prev == NULL && (state)->next == NULL)
    """
    bint is_only_thread(PyThreadState *state) noexcept


# As in _bridge.pyx: borrowed.
cdef extern from "Python.h":
    PyObject *PyTuple_GET_ITEM(tuple value, Py_ssize_t index) noexcept
    int PyDict_Next(dict items, Py_ssize_t *position, PyObject **key, PyObject **value) noexcept
    object PyObject_CallNoArgs(object function)


cdef type GENERATOR = np.random.Generator
cdef bint CAN_DRAW = take_distributions()
cdef object MISSING = object()  # in the place of an attribute that is not there


cdef bint take_distributions() except -1:
    """Find NumPy's functions in the file of the module that Generator comes from."""
    path = getattr(sys.modules.get(GENERATOR.__module__), "__file__", None)
    return isinstance(path, str) and gym__sample_load(os.fsencode(path))


@cython.final
@cython.internal
cdef class SampledClass:
    """A class of Gymnasium's whose sample this file knows, and the means to see cheaply that it is unchanged."""

    cdef str name
    cdef object cls
    cdef tuple names  # what sample reads of an instance's own attributes; `sample` itself comes first
    cdef dict found  # what the class had for these and other names when Gymnasium was imported
    cdef list functions, codes  # of sample and the properties that it reads
    cdef unsigned int version_tag  # Python renews a type's tag when the type or a base is changed
    cdef bint is_compared, is_equal

    cdef inline bint is_unchanged(self) except -1:
        cdef Py_ssize_t i
        # Code objects are compared each time: replacing one does not renew the tag.
        for i in range(PyList_GET_SIZE(self.functions)):
            if PyFunction_GET_CODE(<object>PyList_GET_ITEM(self.functions, i)) != PyList_GET_ITEM(self.codes, i):
                return False
        cdef unsigned int tag = PyType_version_tag(<PyTypeObject *>self.cls)
        return (tag != 0 and tag == self.version_tag) or self.look_again()

    cdef bint look_again(self) except -1:
        """After a change somewhere in the class or a base: was it one that sample could see?"""
        for name, value in self.found.items():
            if found_in(self.cls, name) is not value:
                return False
        self.cls.sample  # a type without a tag gets one when an attribute is looked up
        self.version_tag = PyType_version_tag(<PyTypeObject *>self.cls)
        return True

    cdef bint is_trusted(self) except -1:
        """Whether draws are Python's. Compared once: names of attributes do not tell what a NumPy or Gymnasium of
        another version does with them."""
        if not self.is_compared:
            self.is_equal = CAN_DRAW and draws_alike(self)
            self.is_compared = True
        return self.is_equal


cdef object found_in(object cls, str name):
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return MISSING


cdef set names_in(object code):
    """The names that a function's code uses, with the code inside it."""
    cdef set names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, type(code)):
            names |= names_in(constant)
    return names


# The names in the code of the properties that sample reads.
cdef dict PROPERTIES = {
    "np_random": "_np_random np_random seed seeding",
    "shape": "_shape",
    "character_list": "_char_list",
    "character_set": "_char_set",
}

cdef dict SAMPLED = {}  # the class: its SampledClass


cdef int know_class(str name, str names, str properties, str sample_names) except -1:
    """Add gymnasium.spaces.<name> to SAMPLED, unless its sample uses other names: it may do other things then."""
    cdef SampledClass known = SampledClass()
    cdef str key
    try:
        known.name = name
        known.cls = getattr(gymnasium.spaces, name)
        known.names = tuple([sys.intern(key) for key in ["sample", *names.split()]])
        known.found = {
            key: found_in(known.cls, key)
            for key in [*known.names, *properties.split(), "__getattribute__", "__getattr__"]
        }
        known.functions = [known.found["sample"]]
        if names_in(known.functions[0].__code__) != set(sample_names.split()):
            return 0
        for key in properties.split():
            getter = known.found[key].fget
            if names_in(getter.__code__) != set(PROPERTIES[key].split()):
                return 0
            known.functions.append(getter)
        known.codes = [function.__code__ for function in known.functions]
    except AttributeError:
        return 0
    SAMPLED[known.cls] = known
    return 0


know_class(
    "Box", "_np_random dtype _shape low high bounded_below bounded_above", "np_random shape",
    "Error astype bounded_above bounded_below cast clip dtype empty error exponential floor gym high iinfo int64 integer"
    " issubdtype kind low max min normal np np_random shape uniform",
)
know_class(
    "Discrete", "_np_random dtype n start", "np_random",
    "ValueError all any arange choice dtype float64 int int8 integers isclose isinstance logical_and logical_or n ndarray"
    " np np_random shape start sum type where",
)
know_class(
    "MultiDiscrete", "_np_random dtype nvec start", "np_random",
    "ValueError _apply_mask array astype dtype np np_random nvec random shape start",
)
know_class(
    "MultiBinary", "_np_random dtype n", "np_random",
    "ValueError all astype dtype float64 int8 integers isinstance logical_and n ndarray np np_random random shape type"
    " where",
)
know_class(
    "Text", "_np_random _char_list _char_set min_length max_length", "np_random character_list character_set",
    "ValueError _validate_mask all character_list character_set choice float64 int8 integers isclose join len logical_and"
    " logical_or max_length min_length np np_random ones sum",
)
know_class("OneOf", "_np_random spaces", "np_random", "ValueError int64 integers isinstance len np np_random sample spaces"
           " tuple type")
know_class("Tuple", "spaces", "", "ValueError isinstance len sample spaces tuple type zip")
know_class("Dict", "spaces", "", "ValueError dict isinstance items keys sample spaces type")


cdef list spaces_to_compare(str name):
    """New spaces of a class that between them use all that sample.h does for it."""
    spaces, infinity = gymnasium.spaces, np.inf
    if name == "Box":
        low, high = np.array([[-infinity, 0, -infinity, -3], [infinity, infinity, 1, 2]], np.float16).repeat(64, axis=1)
        small = [spaces.Box(0, 1, (), "bool")]
        small += [spaces.Box(*limits, (9,), "int64") for limits in ((-4, 5), (-4, infinity), (-infinity, 5))]
        return small + [spaces.Box(0, 255, (64,), "uint8")] + [
            spaces.Box(low.astype(dtype), high.astype(dtype), dtype=dtype) for dtype in ("float16", "float32", "float64")
        ]
    if name == "Discrete":
        wide = [spaces.Discrete(n, start=-3) for n in (1, 2**32 - 1, 2**32, 2**40)]
        return wide + [spaces.Discrete(100, start=3, dtype=t) for t in ("int8", "uint16", "int32", "uint64")]
    if name == "MultiDiscrete":
        return [spaces.MultiDiscrete([[1, 2, 3], [10, 100, 2**53 - 1]]), spaces.MultiDiscrete([2, 100] * 9, "int8", start=[5] * 18)]
    if name == "MultiBinary":
        return [spaces.MultiBinary(3), spaces.MultiBinary([5, 11])]
    if name == "Text":
        return [spaces.Text(40), spaces.Text(3, min_length=0, charset="abc"), spaces.Text(5, min_length=5)]
    return [spaces.OneOf([spaces.Discrete(2), spaces.Discrete(3)])]


cdef bint draws_alike(SampledClass known) except -1:
    """Whether what is drawn here is what Python draws, and leaves the generator in the same state."""
    cdef Layout layout
    cdef LeafSampler sampler
    cdef bytearray here, there
    try:
        for space in spaces_to_compare(known.name):
            space.seed(1)
            twin = deepcopy(space)
            layout = make_layout(space, describe(space), "element")
            sampler = make_sampler(space, layout)
            sampler.is_comparison = True
            here, there = bytearray(layout.nbytes), bytearray(layout.nbytes)
            for _ in range(3):
                if not sampler.look() or not sampler.draw_here(here):
                    return False
                layout.write_native(twin.sample(), there)
                if here != there or space.np_random.bit_generator.state != twin.np_random.bit_generator.state:
                    return False
    except Exception:  # a Gymnasium whose spaces are other than we know
        return False
    return True


# ------------------------------------------------------------------------------------------------ samplers


@cython.internal
cdef class Sampler:
    """Draws elements of one space into native memory, from the stream of space.sample()."""

    cdef object space
    cdef Layout layout

    def __cinit__(self, object space, Layout layout):
        self.space = space
        self.layout = layout

    cdef int draw(self, char *root) except -1:
        """Write a random element to root + layout.byte_offset. When it fails, a part may have been written."""
        return self.draw_in_python(root)

    cdef int draw_in_python(self, char *root) except -1:
        if self.layout.size < 0:
            raise self.layout.dynamic_error()
        return self.layout.write_native(self.space.sample(), root)


@cython.internal
cdef class KnownSampler(Sampler):
    """Of a space that is exactly of one of Gymnasium's classes."""

    cdef SampledClass known
    cdef tuple values  # the instance's attributes known.names when they were looked at
    cdef uint64_t version  # of its dict then, as in step.pxi's verification
    cdef bint is_drawable  # whether, with these, elements can be drawn here
    cdef bint is_comparison

    def __cinit__(self, object space, Layout layout):
        self.known = SAMPLED[type(space)]

    cdef inline bint can_draw_here(self) except -1:
        if Py_TYPE(self.space) != <PyTypeObject *>self.known.cls or is_observed():
            return False
        return self.known.is_unchanged() and self.look()

    cdef inline bint look(self) except -1:
        cdef dict attributes = PyObject_GenericGetDict(self.space, NULL)
        cdef uint64_t version = dict_version(attributes)
        if version == 0 or version != self.version:
            if self.values is None or self.has_changed(attributes):
                self.take_in()
            else:
                self.version = version
        return self.is_drawable

    cdef bint has_changed(self, dict attributes) except -1:
        cdef Py_ssize_t i
        cdef PyObject *value
        for i in range(PyTuple_GET_SIZE(self.values)):
            value = PyDict_GetItemWithError(attributes, <object>PyTuple_GET_ITEM(self.known.names, i))
            if value == NULL:
                value = <PyObject *>MISSING
            if value != PyTuple_GET_ITEM(self.values, i):
                return True
        return False

    cdef int take_in(self) except -1:
        """Look at the space anew."""
        self.is_drawable = False
        cdef bint is_trusted = self.is_comparison or self.known.is_trusted()
        cdef dict attributes = PyObject_GenericGetDict(self.space, NULL)
        self.version = dict_version(attributes)
        self.values = tuple([attributes.get(name, MISSING) for name in self.known.names])
        if is_trusted and self.values[0] is MISSING:
            self.is_drawable = self.accept(self.values[1:])
        return 0

    cdef bint accept(self, tuple values) except -1:
        """Keep what drawing needs of the space's attributes; whether it can be done with these."""
        return False


@cython.internal
cdef class LeafSampler(KnownSampler):
    """What has a generator of its own."""

    cdef object generator, bit_generator, acquire, release
    cdef bitgen *stream  # lives as long as bit_generator

    cdef int draw(self, char *root) except -1:
        if self.can_draw_here() and self.draw_here(root):
            return 0
        return self.draw_in_python(root)

    cdef bint draw_here(self, char *root) except -1:
        """Draw with the generator to ourselves. False: nothing has been drawn."""
        cdef bitgen *stream = self.stream
        cdef object release
        cdef bint drawn
        # NumPy draws without the GIL, but not in a thread that Python knows nothing of.
        if is_only_thread(PyThreadState_Get()):
            return self.draw_leaf(stream, root + self.layout.byte_offset)
        release = self.release
        PyObject_CallNoArgs(self.acquire)
        # Whoever ran meanwhile may have made this sampler look at the space anew.
        drawn = self.is_drawable and self.stream == stream
        if drawn:
            drawn = self.draw_leaf(stream, root + self.layout.byte_offset)
        PyObject_CallNoArgs(release)
        return drawn

    cdef bint draw_leaf(self, bitgen *stream, char *out) noexcept:
        return False

    cdef bint accept(self, tuple values) except -1:
        return self.accept_attributes(values[1:]) and self.accept_generator(values[0])

    cdef bint accept_attributes(self, tuple values) except -1:
        return False

    cdef bint accept_generator(self, object generator) except -1:
        if generator is None:
            generator = self.space.np_random  # makes one, as sample would
        if type(generator) is not GENERATOR:
            return False
        bit_generator = generator.bit_generator
        try:
            lock = bit_generator.lock
            acquire, release = lock.acquire, lock.release
            self.stream = <bitgen *>PyCapsule_GetPointer(bit_generator.capsule, "BitGenerator")
        except (AttributeError, TypeError, ValueError):  # one of a user's own
            return False
        self.generator, self.bit_generator, self.acquire, self.release = generator, bit_generator, acquire, release
        return True


@cython.internal
cdef class ArraySampler(LeafSampler):
    """What NumPy has a dtype for."""

    cdef ArrayLayout array
    cdef int type_num  # of the space's dtype: NumPy may have several that are the same to the layout

    def __cinit__(self, object space, Layout layout):
        self.array = (<DiscreteLayout>layout).array if isinstance(layout, DiscreteLayout) else layout

    cdef bint accept_dtype(self, object dtype) except -1:
        if not isinstance(dtype, np.dtype) or not dtype.isnative or not 0 <= dtype.num < 32:
            return False
        self.type_num = dtype.num
        return DTYPES[self.type_num] == self.array.dtype

    cdef inline bint fits(self, cnp.ndarray array, int type_num) noexcept:
        """Whether the elements of an array can be read as those of the space. It may change in place at any time."""
        cdef int ndim = self.array.ndim
        return (
            cnp.PyArray_TYPE(array) == type_num
            and PyArray_ISCARRAY_RO(array)
            and cnp.PyArray_NDIM(array) == ndim
            and (ndim == 0 or memcmp(cnp.PyArray_DIMS(array), self.array.shape, ndim * sizeof(cnp.npy_intp)) == 0)
        )


@cython.final
@cython.internal
cdef class BoxSampler(ArraySampler):
    cdef cnp.ndarray low, high, below, above

    cdef bint accept_attributes(self, tuple values) except -1:
        dtype, shape, *arrays = values
        if not all([cnp.PyArray_CheckExact(array) for array in arrays]):
            return False
        self.low, self.high, self.below, self.above = arrays
        return type(shape) is tuple and shape == self.array.shape_tuple and self.accept_dtype(dtype)

    cdef bint draw_leaf(self, bitgen *stream, char *out) noexcept:
        if not (self.fits(self.low, self.type_num) and self.fits(self.high, self.type_num)):
            return False
        if not (self.fits(self.below, cnp.NPY_BOOL) and self.fits(self.above, cnp.NPY_BOOL)):
            return False
        return gym__sample_box(
            stream, self.array.dtype, self.layout.size, cnp.PyArray_DATA(self.low), cnp.PyArray_DATA(self.high),
            <const uint8_t *>cnp.PyArray_DATA(self.below), <const uint8_t *>cnp.PyArray_DATA(self.above), out,
        )


@cython.final
@cython.internal
cdef class DiscreteSampler(ArraySampler):
    cdef int64_t n, start  # the bits of a uint64 where the dtype is that

    cdef bint accept_attributes(self, tuple values) except -1:
        dtype, n, start = values
        if not self.accept_dtype(dtype):
            return False
        limits = np.iinfo(dtype)
        for number in (n, start):
            if type(number) not in (int, dtype.type) or not limits.min <= number <= limits.max:
                return False
        self.n = <int64_t><uint64_t>(int(n) & UINT64_BITS)
        self.start = <int64_t><uint64_t>(int(start) & UINT64_BITS)
        return True

    cdef bint draw_leaf(self, bitgen *stream, char *out) noexcept:
        return gym__sample_discrete(stream, self.array.dtype, self.n, self.start, out)


cdef object UINT64_BITS = 2**64 - 1


@cython.final
@cython.internal
cdef class MultiDiscreteSampler(ArraySampler):
    cdef cnp.ndarray nvec, start

    cdef bint accept_attributes(self, tuple values) except -1:
        dtype, nvec, start = values
        if not cnp.PyArray_CheckExact(nvec) or not cnp.PyArray_CheckExact(start):
            return False
        self.nvec, self.start = nvec, start
        return self.accept_dtype(dtype)

    cdef bint draw_leaf(self, bitgen *stream, char *out) noexcept:
        if not (self.fits(self.nvec, self.type_num) and self.fits(self.start, self.type_num)):
            return False
        return gym__sample_multi_discrete(
            stream, self.array.dtype, self.layout.size, cnp.PyArray_DATA(self.nvec), cnp.PyArray_DATA(self.start), out
        )


@cython.final
@cython.internal
cdef class MultiBinarySampler(ArraySampler):
    cdef bint accept_attributes(self, tuple values) except -1:
        dtype, n = values
        shape = (n,) if type(n) is int else n
        if type(shape) is not tuple or shape != self.array.shape_tuple:
            return False
        return self.accept_dtype(dtype) and self.type_num == cnp.NPY_BYTE

    cdef bint draw_leaf(self, bitgen *stream, char *out) noexcept:
        return gym__sample_multi_binary(stream, self.layout.size, <int8_t *>out)


@cython.final
@cython.internal
cdef class TextSampler(LeafSampler):
    cdef cnp.ndarray cdf
    cdef Py_ssize_t min_length, charset_length

    cdef bint accept_attributes(self, tuple values) except -1:
        characters, character_set, min_length, max_length = values
        if type(characters) is not tuple or type(character_set) is not frozenset or not all(map(is_character, characters)):
            return False
        if not 0 < len(characters) == len(character_set) or "".join(characters) != (<TextLayout>self.layout).charset:
            return False
        if type(min_length) is not int or type(max_length) is not int:
            return False
        if max_length != self.layout.size or not 0 <= min_length <= max_length:
            return False
        self.min_length, self.charset_length = min_length, len(characters)
        # What Text.sample and Generator.choice compute for each draw.
        cdf = (np.ones(self.charset_length) / self.charset_length).cumsum()
        self.cdf = cdf / cdf[self.charset_length - 1]
        return True

    cdef bint draw_leaf(self, bitgen *stream, char *out) noexcept:
        return gym__sample_text(
            stream, self.min_length, self.layout.size, <const double *>cnp.PyArray_DATA(self.cdf), self.charset_length, out
        )


def is_character(value):
    """Whether a value is a character and stays one in an array of NumPy's, which Gymnasium puts it in."""
    return type(value) is str and len(value) == 1 and value != "\0"


@cython.final
@cython.internal
cdef class OneOfSampler(LeafSampler):
    """The index from its own generator, then the child from the child's."""

    cdef list children

    def __cinit__(self, object space, Layout layout):
        self.children = samplers_of(<CompositeLayout>layout)

    cdef bint accept_attributes(self, tuple values) except -1:
        return type(values[0]) is tuple and self.children and draw_from(self.children, values[0])

    cdef bint draw_leaf(self, bitgen *stream, char *out) noexcept:
        cdef int64_t index = gym__sample_index(stream, PyList_GET_SIZE(self.children))
        memcpy(out, &index, sizeof(index))
        return True

    cdef bint draw_here(self, char *root) except -1:
        cdef int64_t index
        cdef Sampler child
        cdef Py_ssize_t begin = self.layout.byte_offset + <Py_ssize_t>sizeof(index), end
        if not LeafSampler.draw_here(self, root):
            return False
        memcpy(&index, root + self.layout.byte_offset, sizeof(index))
        child = self.children[index]
        child.draw(root)
        end = child.layout.byte_offset + child.layout.nbytes
        memset(root + begin, 0, child.layout.byte_offset - begin)
        memset(root + end, 0, self.layout.byte_offset + self.layout.nbytes - end)
        return True


@cython.internal
cdef class TupleSampler(KnownSampler):
    """Children one after another, each from its own generator."""

    cdef list children

    def __cinit__(self, object space, Layout layout):
        self.children = samplers_of(<CompositeLayout>layout)

    cdef bint accept(self, tuple values) except -1:
        return type(values[0]) is tuple and draw_from(self.children, values[0])

    cdef int draw(self, char *root) except -1:
        cdef Sampler child
        cdef Py_ssize_t end = self.layout.byte_offset
        if not self.can_draw_here() or not self.has_children():
            return self.draw_in_python(root)
        for child in self.children:
            memset(root + end, 0, child.layout.byte_offset - end)
            child.draw(root)
            end = child.layout.byte_offset + child.layout.nbytes
        return 0

    cdef bint has_children(self) noexcept:
        """Whether the children are those that were accepted."""
        return True  # tuples do not change


@cython.final
@cython.internal
cdef class DictSampler(TupleSampler):
    cdef dict spaces
    cdef list keys

    def __cinit__(self, object space, Layout layout):
        self.keys = (<DictLayout>layout).keys

    cdef bint accept(self, tuple values) except -1:
        if type(values[0]) is not dict:
            return False
        self.spaces = values[0]
        return True

    cdef bint has_children(self) noexcept:
        cdef Py_ssize_t position = 0, i = 0
        cdef PyObject *key
        cdef PyObject *space
        if len(self.spaces) != PyList_GET_SIZE(self.keys):
            return False
        while PyDict_Next(self.spaces, &position, &key, &space):
            if key != PyList_GET_ITEM(self.keys, i):
                return False
            if space != <PyObject *>(<Sampler>PyList_GET_ITEM(self.children, i)).space:
                return False
            i += 1
        return True


cdef list samplers_of(CompositeLayout layout):
    cdef Layout child
    return [make_sampler(child.space, child) for child in layout.children]


cdef bint draw_from(list samplers, tuple spaces) except -1:
    """Whether these are samplers of these spaces."""
    cdef Sampler sampler
    if len(samplers) != len(spaces):
        return False
    for sampler, space in zip(samplers, spaces):
        if sampler.space is not space:
            return False
    return True


cdef dict SAMPLERS = {
    "Box": BoxSampler, "Discrete": DiscreteSampler, "MultiDiscrete": MultiDiscreteSampler,
    "MultiBinary": MultiBinarySampler, "Text": TextSampler, "OneOf": OneOfSampler, "Tuple": TupleSampler,
    "Dict": DictSampler,
}


cdef Sampler make_sampler(object space, Layout layout):
    """A sampler of the space that is laid out so."""
    cdef SampledClass known = SAMPLED.get(type(space))
    if known is None or layout.size < 0:
        return Sampler(space, layout)
    return SAMPLERS[known.name](space, layout)


def _sampler(space):
    """For tests: (draw, draws_here), an element in the native layout and whether the next is drawn without Python."""
    cdef Layout layout = make_layout(space, describe(space), "element")
    cdef Sampler sampler = make_sampler(space, layout)

    def draw():
        cdef bytearray buffer = bytearray(b"\xa5") * layout.nbytes
        sampler.draw(buffer)
        return bytes(buffer)

    def draws_here():
        return isinstance(sampler, KnownSampler) and (<KnownSampler>sampler).can_draw_here()

    return draw, draws_here
