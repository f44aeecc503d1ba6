# space.sample() into a buffer of the native layout, drawn in C where that makes no difference.
#
# Gymnasium's sample makes a dozen NumPy calls of a microsecond each around a few nanoseconds of random numbers. The
# same numbers are drawn here by NumPy's own functions (sample.h) from the same generator, so that draws from C and
# from Python can take turns on one stream. That is done only if nobody can see a difference: the space is exactly of
# one of Gymnasium's classes, the class is as Gymnasium wrote it, the instance has no `sample` of its own, what sample
# reads is as it was when it was looked at, no trace or profile function is set, and the class's draws have been
# compared with Python's in this process (SampledClass.is_trusted). In any other case Python draws.


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


# As in _bridge.pyx: borrowed.
cdef extern from "Python.h":
    int PyDict_Next(dict items, Py_ssize_t *position, PyObject **key, PyObject **value) noexcept
    object PyObject_CallNoArgs(object function)


cdef extern from *:
    """
    #define is_only_thread(state) ((state)->prev == NULL && (state)->next == NULL)
    """
    bint is_only_thread(PyThreadState *state) noexcept


cdef type GENERATOR = np.random.Generator
cdef bint CAN_DRAW = take_distributions()


cdef bint take_distributions() except -1:
    """Find NumPy's functions in the file of the module that Generator comes from."""
    path = getattr(sys.modules.get(GENERATOR.__module__), "__file__", None)
    return isinstance(path, str) and gym__sample_load(os.fsencode(path))


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
    cdef PyObject *items[MOST_NAMES]  # the same; NULL where there was none
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
        """Whether the space is one that can be drawn from here, looking at it anew if anything has changed."""
        cdef dict attributes = PyObject_GenericGetDict(self.space, NULL)
        cdef uint64_t version = dict_version(attributes)
        if version == 0 or version != self.version:
            if self.values is not None and has_values(
                <PyObject *>attributes, self.known.name_items, self.items, self.known.count_names
            ):
                self.version = version
            else:
                self.take_in()
        return self.is_drawable

    cdef int take_in(self) except -1:
        cdef int i
        self.is_drawable = False
        cdef bint is_trusted = self.is_comparison or self.known.is_trusted()
        cdef dict attributes = PyObject_GenericGetDict(self.space, NULL)
        self.version = dict_version(attributes)
        self.values = tuple([attributes.get(name, MISSING) for name in self.known.names])
        for i in range(self.known.count_names):
            self.items[i] = NULL if self.values[i] is MISSING else <PyObject *>self.values[i]
        if is_trusted and self.items[0] == NULL:
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
        cdef object release
        cdef bint drawn
        # Who holds the generator's lock is a thread that NumPy draws on without the GIL: there is none if Python has
        # no other thread. To take the lock costs several times what most draws do.
        if is_only_thread(PyThreadState_Get()):
            return self.draw_leaf(self.stream, root + self.layout.byte_offset)
        release = self.release
        PyObject_CallNoArgs(self.acquire)
        # Whoever ran meanwhile may have made this sampler look at the space anew.
        drawn = self.is_drawable and self.release is release
        if drawn:
            drawn = self.draw_leaf(self.stream, root + self.layout.byte_offset)
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
        if type(characters) is not tuple or type(character_set) is not frozenset:
            return False
        if not 0 < len(characters) == len(character_set) or not all(map(is_character, characters)):
            return False
        if "".join(characters) != (<TextLayout>self.layout).charset:
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
            stream, self.min_length, self.layout.size, <const double *>cnp.PyArray_DATA(self.cdf), self.charset_length,
            out,
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
