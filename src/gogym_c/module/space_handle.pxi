# One space behind a handle. Methods run with the slot's lock and the GIL held; what needs neither Python nor the GIL
# works on `core`.


@cython.final
@cython.internal
cdef class SpaceHandle:
    cdef object space
    cdef dict node
    cdef Layout layout
    cdef Source source
    cdef gym__space *core  # NULL where elements have no fixed size

    def __cinit__(self, object space):
        self.core = NULL
        self.space = space
        self.node = describe(space)
        self.layout = make_layout(space, self.node, "element")
        self.source = Source(self.layout)
        if self.layout.size >= 0:
            self.core = make_core(space, self.node, "element")

    def __dealloc__(self):
        gym__space_free(self.core)

    cdef object child(self, size_t index):
        cdef str kind = self.node["type"]
        if kind in ("Tuple", "OneOf"):
            children = list(self.space.spaces)
        elif kind == "Dict":
            children = list(self.space.spaces.values())
        elif kind == "Sequence":
            children = [self.space.feature_space]
        elif kind == "Graph":
            children = [self.space.node_space]
            if self.space.edge_space is not None:
                children.append(self.space.edge_space)
        else:
            children = []
        if index >= <size_t>len(children):
            raise BridgeError(
                GYM_ERR_ARGUMENT, f"the space {shown(self.space)} has {len(children)} children; there is no {index}"
            )
        return children[index]

    cdef object sampled(self, const char *options):
        """An element from Python's own sample, which knows masks and probabilities."""
        from gogym.space_json import parse_sample_options
        return self.space.sample(**parse_sample_options(self.space, decoded(options, "options of gym_space_sample")))

    cdef int sample(self, const char *options, double *x, size_t x_len) except -1:
        self.check_buffer(x_len, self.layout.size, "elements")
        if options != NULL:
            return self.layout.write(self.sampled(options), x)
        return self.source.sample(x)

    cdef int sample_native(self, const char *options, char *x, size_t x_nbytes) except -1:
        self.check_buffer(x_nbytes, self.layout.nbytes, "bytes")
        if options != NULL:
            return self.layout.write_native(self.sampled(options), x)
        return self.source.sample_native(x)

    cdef gym_value *sample_value(self, const char *options) except NULL:
        return make_element_value(self.layout, self.space.sample() if options == NULL else self.sampled(options))

    cdef object seed(self, const char *seed):
        """What the space's own seed returns: the seeds of all generators, nested."""
        return self.space.seed(parse_json(decoded(seed, "seed"), "seed"))

    cdef bint contains_value(self, const char *element) except -1:
        try:
            return bool(self.space.contains(self.element(element, strict=True)))
        except ElementError:
            return False

    cdef gym_value *flatten_value(self, const char *element) except NULL:
        from gymnasium.spaces.utils import flatten
        value = self.element(element, strict=True)
        try:
            flat = flatten(self.space, value)
        except (IndexError, KeyError, ValueError) as error:  # what Gymnasium's flatten does outside a space
            raise BridgeError(
                GYM_ERR_ELEMENT, f"element is {shown(value)}, which {shown(self.space)} cannot flatten: {error}"
            ) from error
        return make_value(named_fields(flat))

    cdef gym_value *unflatten_value(self, const char *flat) except NULL:
        from gymnasium.spaces.utils import unflatten
        from gogym.element import parse_flat
        value = parse_flat(self.space, decoded(flat, "flat element"))
        return make_element_value(self.layout, unflatten(self.space, value))

    cdef object element(self, const char *text, bint strict):
        from gogym.element import parse_element
        return parse_element(self.space, decoded(text, "element"), "element", strict=strict)

    cdef int check_buffer(self, size_t length, Py_ssize_t needed, str unit) except -1:
        if needed < 0:
            raise self.layout.dynamic_error()
        if length < <size_t>needed:
            raise BridgeError(
                GYM_ERR_BUFFER, f"the buffer has {length} {unit}; an element of {shown(self.space)} needs {needed}"
            )
        return 0


cdef gym__space *make_core(object space, dict node, str label) except NULL:
    """The plain C form of a space of fixed size; node is its description, and low, high, n ... are taken from that."""
    cdef bytes encoded_label = encoded(label)
    cdef int64_t shape[64]
    cdef str kind = node["type"]
    cdef gym__space *core
    cdef gym__space *child
    dims = node["shape"] or ()
    for index, length in enumerate(dims):
        shape[index] = length
    core = gym__space_new(
        core_kind(kind), core_dtype(node["dtype"]), len(dims), shape, node["size"], encoded_label
    )
    if core == NULL:
        raise MemoryError("no memory for a space")
    try:
        core.nbytes = node["nbytes"]
        core.byte_offset = node["byte_offset"]
        core.flatdim = GYM_DYNAMIC if node["flatdim"] < 0 else <size_t>node["flatdim"]
        core.flat_dtype = core_dtype(node["flat_dtype"])
        if kind == "Box":
            set_bounds(core, node)
        elif kind in ("Discrete", "MultiDiscrete"):
            set_counts(core, node)
        elif kind == "Text":
            core.charset_length = len(node["charset"])
            core.min_length = node["min_length"]
        elif kind in ("Tuple", "Dict", "OneOf"):
            for part, child_node, name in labelled_children(space, node):
                child = make_core(part, child_node, name)
                if not gym__space_add_child(core, child):
                    raise MemoryError("no memory for a space")
    except BaseException:
        gym__space_free(core)
        raise
    return core


cdef dict CORE_KINDS = {
    "Box": GYM__SPACE_BOX,
    "Discrete": GYM__SPACE_DISCRETE,
    "MultiDiscrete": GYM__SPACE_MULTI_DISCRETE,
    "MultiBinary": GYM__SPACE_MULTI_BINARY,
    "Text": GYM__SPACE_TEXT,
    "Tuple": GYM__SPACE_TUPLE,
    "Dict": GYM__SPACE_DICT,
    "OneOf": GYM__SPACE_ONE_OF,
}


cdef gym__space_kind core_kind(str kind) except *:
    return CORE_KINDS[kind]


cdef gym__dtype core_dtype(str name) except *:
    cdef bytes encoded_name
    if name is None:
        return GYM__DTYPE_NONE
    encoded_name = name.encode()
    return gym__dtype_of(encoded_name)


cdef int set_bounds(gym__space *core, dict node) except -1:
    dtype = np.dtype(node["dtype"])
    cdef cnp.ndarray low = np.ascontiguousarray(node["low"], dtype=dtype).reshape(-1)
    cdef cnp.ndarray high = np.ascontiguousarray(node["high"], dtype=dtype).reshape(-1)
    if <size_t>low.size != core.size or <size_t>high.size != core.size:
        raise BridgeError(GYM_ERR_SPACE, f"the bounds of a Box of shape {node['shape']} have another shape")
    if not gym__space_set_bounds(core, cnp.PyArray_DATA(low), cnp.PyArray_DATA(high)):
        raise MemoryError("no memory for a space")
    return 0


cdef int set_counts(gym__space *core, dict node) except -1:
    """Counts and starts as the bits of 64-bit integers, those of a uint64 where the dtype is one."""
    wide = np.uint64 if node["dtype"] == "uint64" else np.int64
    counts = node["n"] if node["type"] == "Discrete" else node["nvec"]
    cdef cnp.ndarray nvec = np.ascontiguousarray(counts, dtype=wide).reshape(-1)
    cdef cnp.ndarray start = np.ascontiguousarray(node["start"], dtype=wide).reshape(-1)
    if nvec.size != start.size or <size_t>nvec.size != core.size:
        raise BridgeError(GYM_ERR_SPACE, f"counts and start of a {node['type']} have another shape than it says")
    if not gym__space_set_counts(core, <int64_t *>cnp.PyArray_DATA(nvec), <int64_t *>cnp.PyArray_DATA(start)):
        raise MemoryError("no memory for a space")
    return 0
