# Frames: env.render() to the caller's buffer.
#
# A frame that was rendered for its shape, or did not fit the caller's buffer, waits for the next call, unless the
# environment was used otherwise in between: rendering may draw random numbers, or empty a collection.


@cython.final
@cython.internal
cdef class Frames:
    """What an environment renders."""

    cdef object ahead  # a frame that nobody has been given yet
    cdef bint has_ahead
    cdef object to_numpy  # as the environment's
    cdef bint is_known  # the layout, from the last frame
    cdef gym_frame layout

    cdef object take(self, object env):
        cdef object frame
        if self.has_ahead:
            frame = self.ahead
            self.forget()
            return frame
        frame = rendered(env)
        return frame if self.to_numpy is None else self.to_numpy(frame)

    cdef inline void forget(self) noexcept:
        """After a step, for example: the frame that waits is no longer that of the environment."""
        self.ahead = None
        self.has_ahead = False

    cdef void forget_all(self) noexcept:
        """After a change that frames may have another shape from."""
        self.forget()
        self.is_known = False

    cdef int keep(self, object frame) except -1:
        self.ahead = frame
        self.has_ahead = True
        return 0

    cdef int describe(self, object env, gym_frame *out) except -1:
        check_mode(env, wants_array=True)
        if not self.is_known:
            frame = self.take(env)
            self.keep(frame)
            self.learn(frame_parts(env, frame))
        cdef uint32_t struct_size = out.struct_size
        out[0] = self.layout
        out.struct_size = struct_size
        return 0

    cdef int learn(self, list parts) except -1:
        cdef gym_frame layout
        cdef cnp.ndarray array
        cdef uint64_t end = 0, item
        cdef bytes name
        cdef int index, axis
        if len(parts) > 2 or any(array.ndim > 4 or len(dtype_name(array.dtype)) > 15 for array in parts):
            raise BridgeError(GYM_ERR_RENDER, f"the frame is {shown(parts)}; gym_render_value gives what it renders")
        memset(&layout, 0, sizeof(layout))
        layout.struct_size = sizeof(layout)
        layout.count = len(parts)
        for index in range(len(parts)):
            array = parts[index]
            name = dtype_name(array.dtype).encode()
            memcpy(layout.parts[index].dtype, <const char *>name, len(name))
            layout.parts[index].ndim = cnp.PyArray_NDIM(array)
            for axis in range(cnp.PyArray_NDIM(array)):
                layout.parts[index].shape[axis] = cnp.PyArray_DIMS(array)[axis]
            item = cnp.PyArray_ITEMSIZE(array)
            end = (end + item - 1) // item * item
            layout.parts[index].byte_offset = end
            layout.parts[index].nbytes = cnp.PyArray_NBYTES(array)
            end += layout.parts[index].nbytes
        layout.nbytes = end
        self.layout = layout
        self.is_known = True
        return 0

    cdef int render(self, object env, char *frame, size_t frame_nbytes) except -1:
        cdef object rendered_frame
        cdef list parts
        cdef uint64_t start, end = 0
        cdef int index
        if check_mode(env, wants_array=False) == "human":
            if frame_nbytes != 0:
                raise BridgeError(
                    GYM_ERR_BUFFER,
                    f'the frame buffer has {frame_nbytes} bytes; the render mode "human" draws a window and gives no '
                    "frame: pass NULL and 0",
                )
            self.take(env)
            return 0
        check_mode(env, wants_array=True)
        if self.is_known and frame_nbytes < self.layout.nbytes:
            raise self.too_short(frame_nbytes)
        rendered_frame = self.take(env)
        parts = frame_parts(env, rendered_frame)
        self.learn(parts)
        if frame_nbytes < self.layout.nbytes:
            self.keep(rendered_frame)
            raise self.too_short(frame_nbytes)
        for index in range(len(parts)):
            start = self.layout.parts[index].byte_offset
            memset(frame + end, 0, start - end)
            copy_array(parts[index], frame + start)
            end = start + self.layout.parts[index].nbytes
        return 0

    cdef object too_short(self, size_t nbytes):
        return BridgeError(
            GYM_ERR_BUFFER,
            f"the frame buffer has {nbytes} bytes; a frame of this environment needs {self.layout.nbytes} "
            "(gym_frame_layout tells)",
        )


cdef object rendered(object env):
    try:
        return env.render()
    except Exception as error:
        from gogym.render import explain  # here, because a host's start waits for the module's imports
        better = explain(env, error)
        if better is None:
            raise
        raise better from error


cdef list frame_parts(object env, object frame):
    """The arrays of a frame: one, or two of rgbd_tuple."""
    cdef cnp.ndarray array
    if cnp.PyArray_CheckExact(frame):
        array = frame
        if cnp.PyArray_TYPE(array) == cnp.NPY_UINT8 and cnp.PyArray_NDIM(array) == 3:
            return [array]
    from gogym.render import frame_parts as parts
    return parts(frame)


cdef int copy_array(cnp.ndarray array, char *target) except -1:
    """Copy an array to memory in C order."""
    if PyArray_ISCARRAY_RO(array):
        memcpy(target, cnp.PyArray_DATA(array), cnp.PyArray_NBYTES(array))
        return 0
    copy = cnp.PyArray_SimpleNewFromData(
        cnp.PyArray_NDIM(array), cnp.PyArray_DIMS(array), cnp.PyArray_TYPE(array), target
    )
    if <size_t>target % cnp.PyArray_ITEMSIZE(array) == 0:
        np.copyto(copy, array)
        return 0
    compact = np.ascontiguousarray(array)
    memcpy(target, cnp.PyArray_DATA(compact), cnp.PyArray_NBYTES(compact))
    return 0


cdef str check_mode(object env, bint wants_array):
    """The environment's render mode, if it is one that can be asked for what is wanted."""
    mode = env.render_mode
    if mode is None:
        raise BridgeError(
            GYM_ERR_RENDER,
            'the environment was made without a render mode; make it with {"render_mode": "rgb_array"} (its modes: '
            f"{', '.join(str(known) for known in (env.metadata or {}).get('render_modes') or ())})",
        )
    if wants_array and (mode in ("human", "ansi") or str(mode).endswith("_list")):
        raise BridgeError(
            GYM_ERR_RENDER,
            f'the render mode "{mode}" gives no array; gym_render_value gives what it renders'
            + (", and gym_render without a buffer draws the window" if mode == "human" else ""),
        )
    return str(mode)
