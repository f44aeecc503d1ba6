# From Python objects to gym_value blocks: infos, spaces, and whatever else comes out.


cdef gym_value *make_value(object value) except NULL:
    """A tree of `value`, which may be anything; the caller frees it with gym_value_free."""
    cdef gym__builder builder
    gym__build_begin(&builder)
    try:
        build_value(&builder, value)
    except BaseException:
        gym__build_abandon(&builder)
        raise
    return finished_value(&builder)


cdef gym_value *make_element_value(Layout layout, object element) except NULL:
    """A tree of an element of a space, in the form that the space gives it."""
    cdef gym__builder builder
    gym__build_begin(&builder)
    try:
        layout.build(&builder, element)
    except BaseException:
        gym__build_abandon(&builder)
        raise
    return finished_value(&builder)


cdef gym_value *finished_value(gym__builder *builder) except NULL:
    cdef gym_value *root = gym__build_finish(builder)
    if root == NULL:
        if builder.failed == GYM_ERR_MEMORY:
            raise MemoryError("no memory for a gym_value")
        raise BridgeError(builder.failed, "a gym_value could not be built")
    return root


cdef int build_value(gym__builder *builder, object value) except -1:
    # Common types first. The type decides, not isinstance: that asks a foreign __class__.
    if value is None:
        gym__build_none(builder)
    elif value is True or value is False:
        gym__build_bool(builder, value is True)
    elif PyFloat_Check(value):
        gym__build_float64(builder, PyFloat_AS_DOUBLE(value))
    elif PyLong_Check(value):
        build_integer(builder, value)
    elif PyUnicode_Check(value):
        build_text(builder, value)
    elif PyDict_Check(value):
        build_dict(builder, <dict>value)
    elif PyList_Check(value) or PyTuple_Check(value):
        build_sequence(builder, value)
    elif cnp.PyArray_Check(value):
        build_array(builder, value)
    elif PyArray_IsScalar_Generic(value) and not PyBytes_Check(value):
        build_scalar(builder, value)
    elif PyBytes_Check(value) or isinstance(value, (bytearray, memoryview)):
        build_bytes(builder, value)
    else:
        build_other(builder, value)
    return 0


cdef int build_bytes(gym__builder *builder, object value) except -1:
    try:
        content = bytes(value)
    except Exception:  # a memoryview that was released
        return build_other(builder, value)
    gym__build_bytes(builder, <const char *>content, len(content))
    return 0


cdef int build_integer(gym__builder *builder, object value) except -1:
    cdef int overflow = 0
    cdef long long number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow == 0:
        gym__build_int64(builder, number)
        return 0
    try:
        digits = int.__repr__(value)
    except ValueError:  # more decimal digits than int is set to write; Decimal has no such limit
        from decimal import Decimal  # here, because a host's start waits for the module's imports
        digits = str(Decimal(value))
    return build_other_text(builder, class_name(type(value)), digits)


cdef int build_text(gym__builder *builder, object value) except -1:
    cdef Py_ssize_t length
    cdef const char *text
    try:
        text = PyUnicode_AsUTF8AndSize(value, &length)
    except UnicodeEncodeError:  # lone surrogates: no UTF-8 exists
        return build_other(builder, value)
    gym__build_string(builder, text, length)
    return 0


cdef bint is_too_deep(gym__builder *builder, object container) except -1:
    """Whether a container's items would lie too deep; it then becomes an `other`, like one that holds itself."""
    return len(container) > 0 and gym__build_depth(builder) >= GYM__VALUE_MAX_DEPTH


cdef int build_dict(gym__builder *builder, dict value) except -1:
    cdef list items
    try:
        # A snapshot: a repr on the way may run code that changes the dict. A subclass has its own order of items.
        items = [(key, item) for key, item in (value if PyDict_CheckExact(value) else <object>value).items()]
    except Exception:
        return build_other(builder, value)
    if is_too_deep(builder, items):
        return build_other(builder, value)
    gym__build_dict(builder, len(items))
    for key, item in items:
        build_value(builder, key)
        build_value(builder, item)
    return 0


cdef int build_sequence(gym__builder *builder, object value) except -1:
    cdef list items
    try:
        items = list(value)
    except Exception:  # a subclass with its own idea of iteration
        return build_other(builder, value)
    if is_too_deep(builder, items):
        return build_other(builder, value)
    if PyTuple_Check(value):
        gym__build_tuple(builder, len(items))
    else:
        gym__build_list(builder, len(items))
    for item in items:
        build_value(builder, item)
    return 0


cdef int build_scalar(gym__builder *builder, object value) except -1:
    """NumPy's scalars; float64 and str_ have been taken for float and str already."""
    if isinstance(value, np.bool_):
        gym__build_bool(builder, bool(value))
        return 0
    if isinstance(value, np.integer) and not isinstance(value, np.timedelta64):
        return build_integer(builder, int(value))
    if isinstance(value, np.floating):
        number = float(value)
        if number == value or number != number:
            gym__build_float64(builder, number)
            return 0
    return build_other(builder, value)


cdef int build_array(gym__builder *builder, object value) except -1:
    cdef int64_t shape[64]
    cdef cnp.ndarray array
    cdef int i
    # NumPy imports numpy.ma when it is first named, which takes 8 ms: who has not loaded it has no masked array.
    masked = sys.modules.get("numpy.ma")
    if masked is not None and isinstance(value, masked.MaskedArray):
        return build_other(builder, value)
    plain = np.asarray(value)  # a subclass may say anything of its dtype
    dtype = plain.dtype
    if dtype.kind in "USO":
        items = plain.tolist()
        # Without dimensions it is the bare object, and that may be an array again: of itself, for all we know.
        return build_other(builder, value) if cnp.PyArray_Check(items) else build_value(builder, items)
    name = dtype_name(dtype)
    if name not in ARRAY_DTYPES:
        return build_other(builder, value)
    array = plain
    if not PyArray_ISCARRAY_RO(array):
        array = plain.astype(dtype.newbyteorder("="), order="C", copy=True)
    for i in range(cnp.PyArray_NDIM(array)):
        shape[i] = cnp.PyArray_DIMS(array)[i]
    encoded_name = name.encode()
    gym__build_array(builder, encoded_name, cnp.PyArray_NDIM(array), shape, cnp.PyArray_DATA(array))
    return 0


cdef int build_other(gym__builder *builder, object value) except -1:
    return build_other_text(builder, class_name(type(value)), safe_repr(value))


cdef int build_other_text(gym__builder *builder, str cls, object text) except -1:
    cdef bytes encoded_cls = encoded(cls)
    cdef bytes encoded_text = text.encode("utf-8", "backslashreplace")
    gym__build_other(builder, encoded_cls, encoded_text, len(encoded_text))
    return 0
