# Gymnasium's classes as sampler.pxi knows them: whether they are as Gymnasium wrote them, and whether what is drawn
# here is what Python draws.


# What every draw does, without a reference taken: since Python 3.12 one that is given back at once costs 5 ns, because
# it is written as half a word and read as a whole one.
cdef extern from *:
    """
    /* Whether these functions still have these code objects. */
    static inline int has_codes(PyObject *const *functions, PyObject *const *codes, int count) {
      for (int i = 0; i < count; i++)
        if (PyFunction_GET_CODE(functions[i]) != codes[i]) return 0;
      return 1;
    }

    /* Whether a dict has these very values; NULL: nothing under that name. -1: an exception. */
    static inline int has_values(PyObject *dict, PyObject *const *names, PyObject *const *values, int count) {
      for (int i = 0; i < count; i++) {
        PyObject *value = PyDict_GetItemWithError(dict, names[i]);
        if (value == NULL && PyErr_Occurred()) return -1;
        if (value != values[i]) return 0;
      }
      return 1;
    }
    """
    bint has_codes(PyObject **functions, PyObject **codes, int count) noexcept
    bint has_values(PyObject *attributes, PyObject **names, PyObject **values, int count) except -1


cdef enum:
    MOST_NAMES = 8  # that one sample reads


cdef object MISSING = object()  # in the place of an attribute that is not there


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

    cdef int count_names, count_functions
    cdef PyObject *name_items[MOST_NAMES]
    cdef PyObject *function_items[MOST_NAMES]
    cdef PyObject *code_items[MOST_NAMES]

    cdef inline bint is_unchanged(self) except -1:
        # Code objects are compared each time: replacing one does not renew the tag.
        if not has_codes(self.function_items, self.code_items, self.count_functions):
            return False
        cdef unsigned int tag = PyType_version_tag(<PyTypeObject *>self.cls)
        return (tag != 0 and tag == self.version_tag) or self.look_again()

    cdef int point_to_items(self) except -1:
        cdef int i
        self.count_names, self.count_functions = len(self.names), len(self.functions)
        assert self.count_names <= MOST_NAMES and self.count_functions <= MOST_NAMES
        for i in range(self.count_names):
            self.name_items[i] = <PyObject *>self.names[i]
        for i in range(self.count_functions):
            self.function_items[i] = <PyObject *>self.functions[i]
            self.code_items[i] = <PyObject *>self.codes[i]
        return 0

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
        known.point_to_items()
    except AttributeError:
        return 0
    SAMPLED[known.cls] = known
    return 0


know_class(
    "Box", "_np_random dtype _shape low high bounded_below bounded_above", "np_random shape",
    "Error astype bounded_above bounded_below cast clip dtype empty error exponential floor gym high iinfo int64"
    " integer issubdtype kind low max min normal np np_random shape uniform",
)
know_class(
    "Discrete", "_np_random dtype n start", "np_random",
    "ValueError all any arange choice dtype float64 int int8 integers isclose isinstance logical_and logical_or n"
    " ndarray np np_random shape start sum type where",
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
    "ValueError _validate_mask all character_list character_set choice float64 int8 integers isclose join len"
    " logical_and logical_or max_length min_length np np_random ones sum",
)
know_class(
    "OneOf", "_np_random spaces", "np_random",
    "ValueError int64 integers isinstance len np np_random sample spaces tuple type",
)
know_class("Tuple", "spaces", "", "ValueError isinstance len sample spaces tuple type zip")
know_class("Dict", "spaces", "", "ValueError dict isinstance items keys sample spaces type")


cdef list spaces_to_compare(str name):
    """New spaces of a class that between them use all that sample.h does for it."""
    spaces, infinity = gymnasium.spaces, np.inf
    if name == "Box":
        limits = np.array([[-infinity, 0, -infinity, -3], [infinity, infinity, 1, 2]]).repeat(64, axis=1)
        floats = [(limits.astype(dtype), dtype) for dtype in ("float16", "float32", "float64")]
        mixed = [spaces.Box(low, high, dtype=dtype) for (low, high), dtype in floats]
        whole = [spaces.Box(low, high, (9,), "int64") for low, high in ((-4, 5), (-4, infinity), (-infinity, 5))]
        return [*mixed, *whole, spaces.Box(0, 255, (64,), "uint8"), spaces.Box(0, 1, (), "bool")]
    if name == "Discrete":
        wide = [spaces.Discrete(n, start=-3) for n in (1, 2**32 - 1, 2**32, 2**40)]
        return wide + [spaces.Discrete(100, start=3, dtype=t) for t in ("int8", "uint16", "int32", "uint64")]
    if name == "MultiDiscrete":
        small = spaces.MultiDiscrete([2, 100] * 9, "int8", start=[5] * 18)
        return [small, spaces.MultiDiscrete([[1, 2, 3], [10, 100, 2**53 - 1]])]
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
