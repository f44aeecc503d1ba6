# Both layouts of spaces (gogym/space.py says what lies where): from elements to the caller's buffers and back.
#
# A buffer is written in one piece or not at all. What has a single leaf checks and writes in one go (write); what has
# several first lets every leaf accept its part, which keeps what it will write, and then put it where it belongs.
# `out` of the float64 layout is the place of this very space; `root` of the native layout the beginning of the buffer.


@cython.internal
cdef class Layout:
    """How the elements of one space lie in buffers. The base class is that of spaces that nobody knows."""

    cdef object space
    cdef str path  # for messages: observation["camera"][2]
    cdef Py_ssize_t size  # float64 elements, -1 if dynamic
    cdef Py_ssize_t nbytes  # of the native layout, -1 if dynamic
    cdef Py_ssize_t byte_offset  # from the root's beginning

    def __cinit__(self, object space, str path, dict node):
        # Sizes and shapes come from the one description: a space may answer differently when asked again.
        self.space = space
        self.path = path
        self.size = node["size"]
        self.nbytes = node["nbytes"]
        self.byte_offset = node["byte_offset"]

    cdef int write(self, object value, double *out) except -1:
        """Write an element of the space to out[0:size]."""
        self.accept(value, False)
        self.put(out)
        return 0

    cdef int write_native(self, object value, char *root) except -1:
        """Write an element of the space to its bytes in the root's buffer."""
        self.accept(value, True)
        self.put_native(root)
        return 0

    cdef object read(self, const double *source):
        """Build a new element of the space from source[0:size]."""
        raise self.dynamic_error()

    cdef object read_native(self, const char *root):
        """Build a new element of the space from its bytes in the root's buffer."""
        raise self.dynamic_error()

    cdef int accept(self, object value, bint native) except -1:
        """Check that an element can be written to one of the layouts, and keep it for put or put_native."""
        raise self.dynamic_error()

    cdef void put(self, double *out) noexcept:
        """Write the element that was accepted."""

    cdef void put_native(self, char *root) noexcept:
        """Write the element that was accepted, and zeros where it leaves gaps."""

    cdef int widen(self, const char *root, double *out, bint check) except -1:
        """Copy an element from the native layout to the float64 layout; with `check` only see whether that is exact."""
        raise self.dynamic_error()

    cdef int build(self, gym__builder *builder, object value) except -1:
        """Append an element to a gym_value, or whatever is given in the place of one."""
        return build_value(builder, value)

    cdef object dynamic_error(self):
        return BridgeError(
            GYM_ERR_DYNAMIC,
            f"{self.path}: the space {shown(self.space)} has no fixed size (a Sequence, Graph or custom space, or "
            "one that contains such), so it has no place in a buffer of numbers; the calls that end in _value and "
            "gym_observation carry its elements",
        )

    cdef object misfit(self, object value, str expected):
        """The error of an element that does not fit its space."""
        return BridgeError(
            self.misfit_code(),
            f"{self.path} is {shown(value)} ({class_name(type(value))}); {shown(self.space)} needs {expected}",
        )

    cdef int misfit_code(self) noexcept:
        if self.path.startswith("element"):
            return GYM_ERR_ELEMENT
        return GYM_ERR_ACTION if self.path.startswith("action") else GYM_ERR_OBSERVATION

    cdef object unusable(self, object number, str path, str expected):
        """The error of a number in a buffer that the space's dtype cannot hold."""
        cdef int code = self.misfit_code()
        return BridgeError(code, f"{path} is {number!r}; {shown(self.space)} needs {expected}")


@cython.internal
cdef class CompositeLayout(Layout):
    """What several spaces make up."""

    cdef list children
    cdef Py_ssize_t count

    def __cinit__(self, object space, str path, dict node):
        self.children = []
        self.count = 0

    cdef int add(self, Layout child) except -1:
        self.children.append(child)
        self.count += 1
        return 0

    cdef inline Layout child(self, Py_ssize_t index):
        return <Layout>PyList_GET_ITEM(self.children, index)

    cdef inline int check_fixed(self) except -1:
        if self.size < 0:
            raise self.dynamic_error()
        return 0

    # Children one after another, as in Tuple and Dict.

    cdef void put(self, double *out) noexcept:
        cdef Layout child
        cdef Py_ssize_t index
        for index in range(self.count):
            child = self.child(index)
            child.put(out)
            out += child.size

    cdef void put_native(self, char *root) noexcept:
        cdef Layout child
        cdef Py_ssize_t index, end = self.byte_offset
        for index in range(self.count):
            child = self.child(index)
            if child.byte_offset > end:
                memset(root + end, 0, child.byte_offset - end)
            child.put_native(root)
            end = child.byte_offset + child.nbytes

    cdef int widen(self, const char *root, double *out, bint check) except -1:
        cdef Layout child
        for child in self.children:
            child.widen(root, out, check)
            out += child.size
        return 0


@cython.final
@cython.internal
cdef class TupleLayout(CompositeLayout):
    cdef int accept(self, object value, bint native) except -1:
        cdef Layout child
        self.check_fixed()
        cdef tuple items = self.items(value)
        if items is None:
            raise self.misfit(value, f"a tuple of {self.count}")
        for child, item in zip(self.children, items):
            child.accept(item, native)
        return 0

    cdef tuple items(self, object value):
        """The parts of an element; None for what is none."""
        if not isinstance(value, (tuple, list, np.ndarray)):
            return None
        try:
            items = tuple(value)
        except TypeError:  # an array without dimensions
            return None
        return items if len(items) == self.count else None

    cdef object read(self, const double *source):
        cdef Layout child
        cdef list items = []
        self.check_fixed()
        for child in self.children:
            items.append(child.read(source))
            source += child.size
        return tuple(items)

    cdef object read_native(self, const char *root):
        cdef Layout child
        self.check_fixed()
        return tuple([child.read_native(root) for child in self.children])

    cdef int build(self, gym__builder *builder, object value) except -1:
        cdef Layout child
        cdef tuple items = self.items(value)
        if items is None or is_too_deep(builder, items):
            return build_value(builder, value)
        gym__build_tuple(builder, self.count)
        for child, item in zip(self.children, items):
            child.build(builder, item)
        return 0


@cython.final
@cython.internal
cdef class DictLayout(CompositeLayout):
    cdef list keys

    cdef int accept(self, object value, bint native) except -1:
        cdef Py_ssize_t index
        cdef object key, item
        cdef PyObject *found
        cdef bint is_plain = PyDict_CheckExact(value)
        self.check_fixed()
        if not is_plain and not isinstance(value, Mapping):
            raise self.misfit(value, f"a dict with the keys {shown(self.keys)}")
        for index in range(self.count):
            key = <object>PyList_GET_ITEM(self.keys, index)
            if is_plain:
                found = PyDict_GetItemWithError(<dict>value, key)
                if found == NULL:
                    raise self.misfit(value, f"the key {key!r}")
                item = <object>found
            elif key in value:
                item = value[key]
            else:
                raise self.misfit(value, f"the key {key!r}")
            self.child(index).accept(item, native)
        if len(value) != self.count:
            extra = next(key for key in value if key not in self.keys)
            raise self.misfit(value, f"the keys {shown(self.keys)} only, not {extra!r}")
        return 0

    cdef object read(self, const double *source):
        cdef Layout child
        cdef dict items = {}
        self.check_fixed()
        for key, child in zip(self.keys, self.children):
            items[key] = child.read(source)
            source += child.size
        return items

    cdef object read_native(self, const char *root):
        cdef Layout child
        cdef dict items = {}
        self.check_fixed()
        for key, child in zip(self.keys, self.children):
            items[key] = child.read_native(root)
        return items

    cdef int build(self, gym__builder *builder, object value) except -1:
        """In the order of the space, which need not be that of the environment's dict."""
        cdef Layout child
        try:
            items = [value[key] for key in self.keys]
            fits = isinstance(value, Mapping) and len(value) == self.count
        except Exception:
            fits = False
        if not fits or is_too_deep(builder, self.keys):
            return build_value(builder, value)
        gym__build_dict(builder, self.count)
        for key, child, item in zip(self.keys, self.children, items):
            build_value(builder, key)
            child.build(builder, item)
        return 0


@cython.final
@cython.internal
cdef class OneOfLayout(CompositeLayout):
    """The index, the chosen child, zeros up to the largest child."""

    cdef Py_ssize_t chosen  # of the element that was accepted

    cdef int accept(self, object value, bint native) except -1:
        self.check_fixed()
        cdef Py_ssize_t index = self.index_of(value)
        if index < 0:
            raise self.misfit(value, f"a tuple (index, element) with an index from 0 to {self.count - 1}")
        (<Layout>self.children[index]).accept(value[1], native)
        self.chosen = index
        return 0

    cdef Py_ssize_t index_of(self, object value) except -2:
        """The index of an element's child; -1 for what is no element."""
        cdef Py_ssize_t index
        if not isinstance(value, tuple) or len(value) != 2:
            return -1
        try:
            index = operator.index(value[0])
        except (TypeError, OverflowError):
            return -1
        return index if 0 <= index < self.count else -1

    cdef void put(self, double *out) noexcept:
        cdef Layout child = self.child(self.chosen)
        out[0] = <double>self.chosen
        child.put(out + 1)
        memset(out + 1 + child.size, 0, (self.size - 1 - child.size) * sizeof(double))

    cdef void put_native(self, char *root) noexcept:
        cdef Layout child = self.child(self.chosen)
        cdef int64_t index = self.chosen
        cdef Py_ssize_t begin = self.byte_offset + <Py_ssize_t>sizeof(index)
        cdef Py_ssize_t end = child.byte_offset + child.nbytes
        memcpy(root + self.byte_offset, &index, sizeof(index))
        memset(root + begin, 0, child.byte_offset - begin)
        child.put_native(root)
        memset(root + end, 0, self.byte_offset + self.nbytes - end)

    cdef int widen(self, const char *root, double *out, bint check) except -1:
        cdef int64_t index
        cdef Layout child
        memcpy(&index, root + self.byte_offset, sizeof(index))
        child = self.children[index]
        child.widen(root, out + 1, check)
        if not check:
            out[0] = <double>index
            memset(out + 1 + child.size, 0, (self.size - 1 - child.size) * sizeof(double))
        return 0

    cdef object read(self, const double *source):
        cdef Py_ssize_t position, index
        cdef Layout child
        self.check_fixed()
        if not (0.0 <= source[0] < <double>self.count) or source[0] != <double>(<Py_ssize_t>source[0]):
            raise self.unusable(source[0], f"{self.path} index", f"a whole number from 0 to {self.count - 1} first")
        index = <Py_ssize_t>source[0]
        child = self.children[index]
        for position in range(1 + child.size, self.size):
            if source[position] != 0.0:
                raise self.unusable(source[position], f"{self.path} padding [{position}]", "zeros after its child")
        return (np.int64(index), child.read(source + 1))

    cdef object read_native(self, const char *root):
        cdef int64_t index
        self.check_fixed()
        memcpy(&index, root + self.byte_offset, sizeof(index))
        if not 0 <= index < self.count:
            raise self.unusable(index, f"{self.path} index", f"a whole number from 0 to {self.count - 1} first")
        return (np.int64(index), (<Layout>self.children[index]).read_native(root))

    cdef int build(self, gym__builder *builder, object value) except -1:
        cdef Py_ssize_t index = self.index_of(value)
        if index < 0 or is_too_deep(builder, value):
            return build_value(builder, value)
        gym__build_tuple(builder, 2)
        gym__build_int64(builder, index)
        return (<Layout>self.children[index]).build(builder, value[1])


@cython.final
@cython.internal
cdef class SequenceLayout(CompositeLayout):
    """Any number of elements of its one child: only as a value."""

    cdef bint is_stacked  # to arrays, or dicts and tuples of arrays

    cdef int build(self, gym__builder *builder, object value) except -1:
        cdef Layout child = self.children[0]
        # What cannot be stacked comes as a tuple of elements, but so do stacks of a Tuple's parts.
        cdef bint are_parts = self.is_stacked and isinstance(child, TupleLayout)
        if are_parts or not PyTuple_CheckExact(value) or is_too_deep(builder, value):
            return build_value(builder, named_fields(value))
        gym__build_tuple(builder, len(value))
        for item in <tuple>value:
            child.build(builder, item)
        return 0


@cython.final
@cython.internal
cdef class GraphLayout(Layout):
    """Nodes and edges: only as a value, a dict of the fields of GraphInstance."""

    cdef int build(self, gym__builder *builder, object value) except -1:
        if not isinstance(value, gymnasium.spaces.GraphInstance) or is_too_deep(builder, value):
            return build_value(builder, value)
        return build_value(builder, value._asdict())


cdef object named_fields(object flat):
    """Batches of elements with a Graph's fields as a dict: a gym_value knows no names of a tuple's fields."""
    if isinstance(flat, gymnasium.spaces.GraphInstance):
        return flat._asdict()
    if PyTuple_CheckExact(flat):
        return tuple([named_fields(part) for part in flat])
    if PyDict_CheckExact(flat):
        return {key: named_fields(part) for key, part in (<dict>flat).items()}
    return flat


cdef Layout make_layout(object space, dict node, str path):
    """The layout of a space that gogym.space.describe has described as `node`."""
    cdef CompositeLayout composite
    cdef str kind = node["type"]
    if kind in ("Tuple", "OneOf"):
        composite = TupleLayout(space, path, node) if kind == "Tuple" else OneOfLayout(space, path, node)
    elif kind == "Dict":
        composite = DictLayout(space, path, node)
        (<DictLayout>composite).keys = node["keys"]
    elif kind == "Sequence":
        composite = SequenceLayout(space, path, node)
        (<SequenceLayout>composite).is_stacked = node["stack"]
        composite.add(make_layout(space.feature_space, node["space"], f"{path}[...]"))
        return composite
    elif kind == "Graph":
        return GraphLayout(space, path, node)
    elif node["size"] < 0:
        return Layout(space, path, node)
    elif kind == "Discrete":
        return DiscreteLayout(space, path, node)
    elif kind == "Text":
        return TextLayout(space, path, node)
    else:
        return ArrayLayout(space, path, node)
    for child, child_node, label in labelled_children(space, node):
        composite.add(make_layout(child, child_node, path + label))
    return composite


cdef list labelled_children(object space, dict node):
    """(space, description, how it is called in a path) of the children of a Tuple, Dict or OneOf."""
    if node["type"] == "Dict":
        children, labels = space.spaces.values(), [key_text(key) for key in node["keys"]]
    else:
        children, labels = space.spaces, range(len(node["spaces"]))
    return [
        (child, child_node, f"[{label}]")
        for child, child_node, label in zip(children, node["spaces"], labels, strict=True)
    ]
