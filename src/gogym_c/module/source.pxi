# Random elements of a space for the caller's buffers.


@cython.final
@cython.internal
cdef class Source:
    """Draws from one space, in the stream of its own sample(), and writes in one piece or not at all."""

    cdef Layout layout
    cdef Sampler sampler  # None where only Python knows how to draw
    cdef char *native  # one element in the native layout, on its way

    def __cinit__(self, Layout layout):
        self.layout = layout
        self.native = NULL
        if layout.nbytes < 0:
            return
        if is_stock_space(layout.space):
            self.sampler = make_sampler(layout.space, layout)

    def __dealloc__(self):
        PyMem_RawFree(self.native)

    cdef inline int need_native(self) except -1:
        """Made when it is first needed: a space may have larger elements than there is memory."""
        if self.native == NULL:
            self.native = <char *>PyMem_RawMalloc(self.layout.nbytes + 1)
        if self.native == NULL:
            raise MemoryError(f"{self.layout.nbytes} bytes for an element of {shown(self.layout.space)}")
        return 0

    cdef int sample(self, double *out) except -1:
        if self.sampler is None:
            return self.layout.write(self.layout.space.sample(), out)
        self.need_native()
        self.sampler.draw(self.native)
        if isinstance(self.layout, CompositeLayout):
            self.layout.widen(self.native, out, True)
        return self.layout.widen(self.native, out, False)

    cdef int sample_native(self, char *root) except -1:
        if self.sampler is None:
            return self.layout.write_native(self.layout.space.sample(), root)
        if not isinstance(self.layout, CompositeLayout):
            return self.sampler.draw(root)
        self.need_native()
        self.sampler.draw(self.native)
        if self.layout.nbytes > 0:
            memcpy(root, self.native, self.layout.nbytes)
        return 0


cdef bint is_stock_space(object space) except -1:
    """Whether a space is of Gymnasium's own class, whose elements are what its description says."""
    return type(space).__module__.startswith("gymnasium.spaces.")
