# Batched observations and actions, and the rows that they lie in: a column is one leaf of the space in all rows.
#
# Gymnasium batches a Box, Discrete, MultiDiscrete or MultiBinary to one array, a Dict or Tuple to one of its batched
# parts, and anything else to a tuple of elements.


cdef struct rows_place:
    Py_ssize_t count
    Py_ssize_t stride  # bytes from one row to the next
    bint is_native
    Py_ssize_t first  # the number of row 0 in the whole, for messages


@cython.internal
cdef class Column:
    """The base class is that of spaces that Gymnasium batches to a tuple of elements."""

    cdef Layout layout
    cdef Py_ssize_t offset  # of it in a row, in bytes
    cdef Py_ssize_t count, stride, first  # as in rows_place
    cdef bint is_native

    cdef void place(self, Layout layout, Py_ssize_t offset, rows_place rows) noexcept:
        self.layout = layout
        self.offset = offset
        self.count = rows.count
        self.stride = rows.stride
        self.is_native = rows.is_native
        self.first = rows.first

    cdef int write(self, object value, char *rows, const uint8_t *chosen) except -1:
        """Write a batch to its rows, or to those of them where `chosen` is not 0."""
        cdef Py_ssize_t row
        cdef tuple items = self.items(value)
        for row in range(self.count):
            if chosen != NULL and not chosen[row]:
                continue
            try:
                if self.is_native:
                    self.layout.write_native(items[row], rows + row * self.stride)
                else:
                    self.layout.write(items[row], <double *>(rows + row * self.stride + self.offset))
            except BridgeError as error:
                raise self.located(error, row) from error.__cause__
        return 0

    cdef object read(self, const char *rows):
        """Build a new batch from all rows."""
        cdef Py_ssize_t row
        cdef list items = []
        for row in range(self.count):
            items.append(self.read_row(rows, row))
        return tuple(items)

    cdef object read_row(self, const char *rows, Py_ssize_t row):
        rows += row * self.stride
        try:
            if self.is_native:
                return self.layout.read_native(rows)
            return self.layout.read(<const double *>(rows + self.offset))
        except BridgeError as error:
            raise self.located(error, row) from error.__cause__

    cdef tuple items(self, object value):
        if not isinstance(value, (tuple, list, np.ndarray)) or len(value) != self.count:
            raise self.misfit(value, f"a tuple of {self.count} elements")
        return tuple(value)

    cdef object misfit(self, object value, str expected):
        return BridgeError(
            self.layout.misfit_code(),
            f"{self.layout.path} of all environments is {shown(value)} ({class_name(type(value))}); "
            f"{shown(self.layout.space)} needs {expected}",
        )

    cdef object located(self, object error, Py_ssize_t row):
        """The same error with the environment's number."""
        return BridgeError(error.code, f"environment {self.first + row}: {error}")


@cython.final
@cython.internal
cdef class ArrayColumn(Column):
    """One array for all rows."""

    cdef ArrayLayout array
    cdef Py_ssize_t nbytes  # of a row's part
    cdef bint has_gaps  # between the parts of rows

    cdef void take(self, ArrayLayout array) noexcept:
        self.array = array
        self.nbytes = array.nbytes if self.is_native else array.size * <Py_ssize_t>sizeof(double)
        self.has_gaps = self.nbytes != self.stride

    cdef int write(self, object value, char *rows, const uint8_t *chosen) except -1:
        cdef cnp.ndarray batch
        cdef gym__dtype dtype
        cdef const char *source
        cdef Py_ssize_t row, nbytes
        cdef size_t bad = 0
        cdef int code
        rows += self.offset
        if chosen == NULL and not self.has_gaps and self.write_columns(value, rows):
            return 0
        batch = self.fitting(value)
        dtype = dtype_of(batch)
        source = <const char *>cnp.PyArray_DATA(batch)
        nbytes = self.array.size * <Py_ssize_t>gym__dtype_itemsize(dtype)
        if chosen == NULL and not self.has_gaps:
            code = self.convert(dtype, source, rows, self.count * self.array.size, &bad)
            if code != GYM__CONVERT_OK:
                raise self.unwritable(code, bad, value, batch)
            return 0
        for row in range(self.count):
            if chosen == NULL or chosen[row]:
                code = self.convert(dtype, source + row * nbytes, rows + row * self.stride, self.array.size, &bad)
                if code != GYM__CONVERT_OK:
                    raise self.unwritable(code, bad + row * self.array.size, value, batch)
        return 0

    cdef inline bint write_columns(self, object value, char *rows) noexcept:
        """Write a matrix in the order of its columns, as NumPy gives for the transpose of one; False for others."""
        cdef cnp.ndarray batch
        cdef Py_ssize_t itemsize, column
        if not cnp.PyArray_CheckExact(value):
            return False
        batch = <cnp.ndarray>value
        if (
            cnp.PyArray_NDIM(batch) != 2
            or self.array.ndim != 1
            or cnp.PyArray_IS_C_CONTIGUOUS(batch)
            or not cnp.PyArray_ISBEHAVED_RO(batch)
            or cnp.PyArray_DIMS(batch)[0] != self.count
            or cnp.PyArray_DIMS(batch)[1] != self.array.shape[0]
        ):
            return False
        itemsize = cnp.PyArray_ITEMSIZE(batch)
        column = cnp.PyArray_STRIDES(batch)[1]
        if cnp.PyArray_STRIDES(batch)[0] != itemsize or column < self.count * itemsize or column % itemsize != 0:
            return False
        return gym__rows_transpose(
            dtype_of(batch), cnp.PyArray_DATA(batch), column // itemsize, self.count, self.array.shape[0],
            self.array.dtype if self.is_native else GYM__DTYPE_float64, rows,
        )

    cdef inline int convert(self, gym__dtype dtype, const char *source, char *out, size_t count,
                            size_t *bad) noexcept:
        if self.is_native:
            return gym__recast(dtype, source, self.array.dtype, out, count, bad)
        return gym__to_float64(dtype, source, count, <double *>out, bad)

    cdef inline cnp.ndarray fitting(self, object value):
        """The array of a batch, in C order and native byte order and of the right shape, in its own dtype."""
        cdef cnp.ndarray batch
        cdef ArrayLayout array = self.array
        cdef bint is_known = cnp.PyArray_CheckExact(value) and dtype_of(<cnp.ndarray>value) != GYM__DTYPE_NONE
        if is_known and PyArray_ISCARRAY_RO(<cnp.ndarray>value):
            batch = <cnp.ndarray>value
        elif is_known and cnp.PyArray_ISNOTSWAPPED(<cnp.ndarray>value):
            batch = cnp.PyArray_GETCONTIGUOUS(<cnp.ndarray>value)
        else:
            batch = array.as_array(value)
        if (
            cnp.PyArray_NDIM(batch) != array.ndim + 1
            or cnp.PyArray_DIMS(batch)[0] != self.count
            or (
                array.ndim > 0
                and memcmp(cnp.PyArray_DIMS(batch) + 1, array.shape, array.ndim * sizeof(cnp.npy_intp)) != 0
            )
        ):
            raise BridgeError(
                self.layout.misfit_code(),
                f"{self.layout.path} of all environments has shape {(<object>batch).shape}, {shown(value)}; "
                f"{self.count} of {shown(self.layout.space)} need shape {(self.count, *array.shape_tuple)}",
            )
        return batch

    cdef object unwritable(self, int code, size_t bad, object value, cnp.ndarray batch):
        cdef size_t size = self.array.size
        if code == GYM__CONVERT_INEXACT:
            error = self.array.inexact(bad % size, (<object>batch).reshape(-1)[bad], self.is_native)
            return self.located(error, <Py_ssize_t>(bad // size))
        return self.misfit(value, f"numbers of shape {(self.count, *self.array.shape_tuple)}")

    cdef object read(self, const char *rows):
        cdef ArrayLayout array = self.array
        cdef cnp.npy_intp shape[65]
        cdef cnp.ndarray batch
        cdef Py_ssize_t row, nbytes = array.nbytes
        cdef char *out
        cdef size_t bad = 0
        cdef int code
        shape[0] = self.count
        memcpy(shape + 1, array.shape, array.ndim * sizeof(cnp.npy_intp))
        # A new one each time: environments and wrappers may keep their actions, or write in them.
        batch = cnp.PyArray_EMPTY(array.ndim + 1, shape, array.type_num, 0)
        out = <char *>cnp.PyArray_DATA(batch)
        rows += self.offset
        if not self.has_gaps:
            code = self.extract(rows, out, self.count * array.size, &bad)
            if code != GYM__CONVERT_OK:
                raise self.unreadable(rows, bad)
            return batch
        for row in range(self.count):
            code = self.extract(rows + row * self.stride, out + row * nbytes, array.size, &bad)
            if code != GYM__CONVERT_OK:
                raise self.unreadable(rows, bad + row * array.size)
        return batch

    cdef inline int extract(self, const char *source, char *out, size_t count, size_t *bad) noexcept:
        cdef size_t index
        if not self.is_native:
            if self.array.dtype == GYM__DTYPE_int64 and not self.has_gaps:
                if gym__rows_to_int64(<const double *>source, count, <int64_t *>out):
                    return GYM__CONVERT_OK
            return gym__from_float64(self.array.dtype, <const double *>source, count, out, bad)
        if self.array.dtype == GYM__DTYPE_bool:
            for index in range(count):
                if (<const unsigned char *>source)[index] > 1:
                    bad[0] = index
                    return GYM__CONVERT_INEXACT
        return gym__recast(self.array.dtype, source, self.array.dtype, out, count, bad)

    cdef object unreadable(self, const char *rows, size_t bad):
        """The error of the row with the number `bad` that the dtype cannot hold."""
        cdef Py_ssize_t row = <Py_ssize_t>(bad // <size_t>self.array.size)
        self.read_row(rows - self.offset, row)  # raises
        return self.misfit(None, f"another dtype than {self.array.numpy_dtype}")


@cython.final
@cython.internal
cdef class PartsColumn(Column):
    """The columns of a Dict or Tuple."""

    cdef list columns
    cdef list keys  # of a Dict; None of a Tuple

    cdef int take(self, CompositeLayout layout, Py_ssize_t element, rows_place rows) except -1:
        cdef Layout child
        self.keys = (<DictLayout>layout).keys if isinstance(layout, DictLayout) else None
        self.columns = []
        for child in layout.children:
            self.columns.append(make_column(child, element, rows))
            element += child.size
        return 0

    cdef int write(self, object value, char *rows, const uint8_t *chosen) except -1:
        cdef Column column
        for column, part in zip(self.columns, self.parts(value)):
            column.write(part, rows, chosen)
        return 0

    cdef list parts(self, object value):
        if self.keys is None:
            if isinstance(value, (tuple, list)) and len(value) == len(self.columns):
                return list(value)
            raise self.misfit(value, f"a tuple of {len(self.columns)} batches")
        try:
            fits = isinstance(value, Mapping) and len(value) == len(self.keys)
            parts = [value[key] for key in self.keys] if fits else None
        except KeyError:
            parts = None
        if parts is None:
            raise self.misfit(value, f"a dict with the keys {shown(self.keys)}")
        return parts

    cdef object read(self, const char *rows):
        cdef Column column
        parts = [column.read(rows) for column in self.columns]
        return tuple(parts) if self.keys is None else dict(zip(self.keys, parts))


cdef Column make_column(Layout layout, Py_ssize_t element, rows_place rows):
    """The column of a layout whose float64 elements begin at number `element` of a row."""
    cdef Py_ssize_t offset = layout.byte_offset if rows.is_native else element * <Py_ssize_t>sizeof(double)
    cdef Column column
    if isinstance(layout, DiscreteLayout):
        column = ArrayColumn()
        column.place(layout, offset, rows)
        (<ArrayColumn>column).take((<DiscreteLayout>layout).array)
    elif isinstance(layout, ArrayLayout):
        column = ArrayColumn()
        column.place(layout, offset, rows)
        (<ArrayColumn>column).take(<ArrayLayout>layout)
    elif isinstance(layout, (DictLayout, TupleLayout)):
        column = PartsColumn()
        column.place(layout, offset, rows)
        (<PartsColumn>column).take(<CompositeLayout>layout, element, rows)
    else:
        column = Column()
        column.place(layout, offset, rows)
    return column
