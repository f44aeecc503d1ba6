"""The library itself through ctypes: structs, prototypes, errors, and gym_value as Python objects."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import json
from collections.abc import Mapping
from ctypes import (
    POINTER,
    byref,
    c_char,
    c_char_p,
    c_double,
    c_int,
    c_int32,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)
from dataclasses import dataclass
from os import PathLike, fsencode, fspath
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gogym import paths
from gogym.status import Status

ERROR_TYPE_SIZE: Final = 64
ERROR_MESSAGE_SIZE: Final = 2048
ERROR_TRACEBACK_SIZE: Final = 8192

DYNAMIC: Final[int] = c_size_t(-1).value
"""GYM_DYNAMIC: the size of a space that has no fixed size."""


class Error(ctypes.Structure):
    """gym_error. ``Error()`` is ready for use, as GYM_ERROR_INIT."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("code", c_int32),
        ("type", c_char * ERROR_TYPE_SIZE),
        ("message", c_char * ERROR_MESSAGE_SIZE),
        ("traceback", c_char * ERROR_TRACEBACK_SIZE),
    )
    struct_size: int
    code: int
    type: bytes
    message: bytes
    traceback: bytes

    def __init__(self) -> None:
        super().__init__(struct_size=ctypes.sizeof(type(self)))


class Config(ctypes.Structure):
    """gym_config. ``Config()`` is ready for use, as GYM_CONFIG_INIT."""

    _fields_ = (("struct_size", c_uint32), ("reserved", c_uint32), ("python", c_char_p))
    struct_size: int
    reserved: int
    python: bytes | None

    def __init__(self, python: str | PathLike[str] | None = None) -> None:
        path = None if python is None else fsencode(python)
        super().__init__(struct_size=ctypes.sizeof(type(self)), python=path)


class Env(ctypes.Structure):
    """gym_env: a handle, passed by value."""

    _fields_ = (("id", c_uint64),)
    id: int


class Space(ctypes.Structure):
    """gym_space: a handle, passed by value."""

    _fields_ = (("id", c_uint64),)
    id: int


class Vec(ctypes.Structure):
    """gym_vec: a handle, passed by value."""

    _fields_ = (("id", c_uint64),)
    id: int


class Transition(ctypes.Structure):
    """gym_transition: what one step brought besides the observation."""

    _fields_ = (
        ("reward", c_double),
        ("terminated", c_uint8),
        ("truncated", c_uint8),
        ("reserved", c_uint8 * 6),
    )
    reward: float
    terminated: int
    truncated: int


class Array(ctypes.Structure):
    """gym_array: an array node, read in place. ``Array()`` is ready for use, as GYM_ARRAY_INIT."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("ndim", c_uint32),
        ("dtype", c_char_p),
        ("shape", POINTER(c_int64)),
        ("data", c_void_p),
        ("itemsize", c_size_t),
        ("size", c_size_t),
        ("nbytes", c_size_t),
    )
    struct_size: int
    ndim: int
    dtype: bytes
    shape: Any
    data: int | None
    itemsize: int
    size: int
    nbytes: int

    def __init__(self) -> None:
        super().__init__(struct_size=ctypes.sizeof(type(self)))


class FramePart(ctypes.Structure):
    """gym_frame_part: one array of a frame."""

    _fields_ = (
        ("dtype", c_char * 16),
        ("ndim", c_uint32),
        ("reserved", c_uint32),
        ("shape", c_int64 * 4),
        ("byte_offset", c_uint64),
        ("nbytes", c_uint64),
    )
    dtype: bytes
    ndim: int
    shape: Any
    byte_offset: int
    nbytes: int


class Frame(ctypes.Structure):
    """gym_frame: how a frame lies in a buffer. ``Frame()`` is ready for use, as GYM_FRAME_INIT."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("count", c_uint32),
        ("nbytes", c_uint64),
        ("parts", FramePart * 2),
    )
    struct_size: int
    count: int
    nbytes: int
    parts: Any

    def __init__(self) -> None:
        super().__init__(struct_size=ctypes.sizeof(type(self)))


class VecView(ctypes.Structure):
    """gym_vec_view: where a vector environment's arrays are. ``VecView()`` is ready for use, as GYM_VEC_VIEW_INIT."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("is_native", c_uint32),
        ("num_envs", c_uint64),
        ("action_nbytes", c_uint64),
        ("observation_nbytes", c_uint64),
        ("actions", c_void_p),
        ("observations", c_void_p),
        ("final_observations", c_void_p),
        ("transitions", c_void_p),
        ("statuses", c_void_p),
    )
    struct_size: int
    is_native: int
    num_envs: int
    action_nbytes: int
    observation_nbytes: int
    actions: int | None
    observations: int | None
    final_observations: int | None
    transitions: int | None
    statuses: int | None

    def __init__(self) -> None:
        super().__init__(struct_size=ctypes.sizeof(type(self)))


_ERR = POINTER(Error)

REWARD_CALLBACK: Final = ctypes.CFUNCTYPE(c_int, c_void_p, c_double, POINTER(c_double), _ERR)
"""gym_reward_callback."""
ARRAY_CALLBACK: Final = ctypes.CFUNCTYPE(c_int, c_void_p, POINTER(Array), POINTER(Array), c_void_p, _ERR)
"""gym_array_callback."""
TRIGGER_CALLBACK: Final = ctypes.CFUNCTYPE(c_int, c_void_p, c_int64, POINTER(c_int), _ERR)
"""gym_trigger_callback."""
MESSAGE_CALLBACK: Final = ctypes.CFUNCTYPE(None, c_void_p, c_int, c_char_p)
"""gym_message_callback."""

DOUBLES = POINTER(c_double)
"""The type of a float64 buffer."""
_ROWS = c_void_p
"""An array of a vector environment: an address, or a pointer of any type."""
_VALUE = c_void_p
_VALUE_OUT = POINTER(c_void_p)
_SIZE_OUT = POINTER(c_size_t)

PROTOTYPES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "gym_status_name": (c_char_p, (c_int,)),
    "gym_status_description": (c_char_p, (c_int,)),
    "gym_version": (c_char_p, ()),
    "gym_init": (c_int, (POINTER(Config), _ERR)),
    "gym_shutdown": (c_int, (_ERR,)),
    "gym_make": (c_int, (c_char_p, c_char_p, POINTER(Env), _ERR)),
    "gym_reset": (c_int, (Env, POINTER(c_int64), c_char_p, DOUBLES, c_size_t, _ERR)),
    "gym_step": (c_int, (Env, DOUBLES, c_size_t, DOUBLES, c_size_t, POINTER(Transition), _ERR)),
    "gym_sample_action": (c_int, (Env, DOUBLES, c_size_t, _ERR)),
    "gym_seed_action": (c_int, (Env, c_int64, _ERR)),
    "gym_close": (c_int, (Env, _ERR)),
    "gym_observation_size": (c_int, (Env, _SIZE_OUT, _ERR)),
    "gym_action_size": (c_int, (Env, _SIZE_OUT, _ERR)),
    "gym_observation_space": (c_int, (Env, _VALUE_OUT, _ERR)),
    "gym_action_space": (c_int, (Env, _VALUE_OUT, _ERR)),
    "gym_info": (c_int, (Env, _VALUE_OUT, _ERR)),
    "gym_observation_nbytes": (c_int, (Env, _SIZE_OUT, _ERR)),
    "gym_action_nbytes": (c_int, (Env, _SIZE_OUT, _ERR)),
    "gym_reset_native": (c_int, (Env, POINTER(c_int64), c_char_p, c_void_p, c_size_t, _ERR)),
    "gym_step_native": (
        c_int,
        (Env, c_void_p, c_size_t, c_void_p, c_size_t, POINTER(Transition), _ERR),
    ),
    "gym_sample_action_native": (c_int, (Env, c_void_p, c_size_t, _ERR)),
    "gym_observation": (c_int, (Env, _VALUE_OUT, _ERR)),
    "gym_reset_value": (c_int, (Env, POINTER(c_int64), c_char_p, _VALUE_OUT, _ERR)),
    "gym_step_value": (c_int, (Env, c_char_p, _VALUE_OUT, POINTER(Transition), _ERR)),
    "gym_space_make": (c_int, (c_char_p, POINTER(Space), _ERR)),
    "gym_space_of_observations": (c_int, (Env, POINTER(Space), _ERR)),
    "gym_space_of_actions": (c_int, (Env, POINTER(Space), _ERR)),
    "gym_space_child": (c_int, (Space, c_size_t, POINTER(Space), _ERR)),
    "gym_space_close": (c_int, (Space, _ERR)),
    "gym_space_value": (c_int, (Space, _VALUE_OUT, _ERR)),
    "gym_space_size": (c_int, (Space, _SIZE_OUT, _ERR)),
    "gym_space_nbytes": (c_int, (Space, _SIZE_OUT, _ERR)),
    "gym_space_flatdim": (c_int, (Space, _SIZE_OUT, _ERR)),
    "gym_space_seed": (c_int, (Space, c_char_p, _VALUE_OUT, _ERR)),
    "gym_space_sample": (c_int, (Space, c_char_p, DOUBLES, c_size_t, _ERR)),
    "gym_space_sample_native": (c_int, (Space, c_char_p, c_void_p, c_size_t, _ERR)),
    "gym_space_sample_value": (c_int, (Space, c_char_p, _VALUE_OUT, _ERR)),
    "gym_space_contains": (c_int, (Space, DOUBLES, c_size_t, POINTER(c_int), _ERR)),
    "gym_space_contains_native": (c_int, (Space, c_void_p, c_size_t, POINTER(c_int), _ERR)),
    "gym_space_contains_value": (c_int, (Space, c_char_p, POINTER(c_int), _ERR)),
    "gym_space_flatten": (c_int, (Space, DOUBLES, c_size_t, DOUBLES, c_size_t, _ERR)),
    "gym_space_flatten_native": (c_int, (Space, c_void_p, c_size_t, c_void_p, c_size_t, _ERR)),
    "gym_space_flatten_value": (c_int, (Space, c_char_p, _VALUE_OUT, _ERR)),
    "gym_space_unflatten": (c_int, (Space, DOUBLES, c_size_t, DOUBLES, c_size_t, _ERR)),
    "gym_space_unflatten_native": (c_int, (Space, c_void_p, c_size_t, c_void_p, c_size_t, _ERR)),
    "gym_space_unflatten_value": (c_int, (Space, c_char_p, _VALUE_OUT, _ERR)),
    "gym_wrap": (c_int, (Env, c_char_p, POINTER(Env), _ERR)),
    "gym_add_reward_callback": (c_int, (c_char_p, REWARD_CALLBACK, c_void_p, _ERR)),
    "gym_add_array_callback": (c_int, (c_char_p, ARRAY_CALLBACK, c_void_p, _ERR)),
    "gym_add_trigger_callback": (c_int, (c_char_p, TRIGGER_CALLBACK, c_void_p, _ERR)),
    "gym_remove_callback": (c_int, (c_char_p, _ERR)),
    "gym_frame_layout": (c_int, (Env, POINTER(Frame), _ERR)),
    "gym_render": (c_int, (Env, c_void_p, c_size_t, _ERR)),
    "gym_render_value": (c_int, (Env, _VALUE_OUT, _ERR)),
    "gym_has_attr": (c_int, (Env, c_char_p, POINTER(c_int), _ERR)),
    "gym_get_attr": (c_int, (Env, c_char_p, _VALUE_OUT, _ERR)),
    "gym_set_attr": (c_int, (Env, c_char_p, c_char_p, _ERR)),
    "gym_call": (c_int, (Env, c_char_p, c_char_p, _VALUE_OUT, _ERR)),
    "gym_save_state": (c_int, (Env, _VALUE_OUT, _ERR)),
    "gym_load_state": (c_int, (Env, c_char_p, c_size_t, _ERR)),
    "gym_clone": (c_int, (Env, POINTER(Env), _ERR)),
    "gym_vec_make": (c_int, (c_char_p, c_size_t, c_char_p, POINTER(Vec), _ERR)),
    "gym_vec_close": (c_int, (Vec, _ERR)),
    "gym_vec_describe": (c_int, (Vec, _VALUE_OUT, _ERR)),
    "gym_vec_observation_size": (c_int, (Vec, _SIZE_OUT, _ERR)),
    "gym_vec_action_size": (c_int, (Vec, _SIZE_OUT, _ERR)),
    "gym_vec_observation_nbytes": (c_int, (Vec, _SIZE_OUT, _ERR)),
    "gym_vec_action_nbytes": (c_int, (Vec, _SIZE_OUT, _ERR)),
    "gym_vec_observation_space": (c_int, (Vec, _VALUE_OUT, _ERR)),
    "gym_vec_action_space": (c_int, (Vec, _VALUE_OUT, _ERR)),
    "gym_vec_space": (c_int, (Vec, c_int, POINTER(Space), _ERR)),
    "gym_vec_sample_actions": (c_int, (Vec, _ROWS, c_size_t, _ERR)),
    "gym_vec_sample_actions_native": (c_int, (Vec, _ROWS, c_size_t, _ERR)),
    "gym_vec_seed_actions": (c_int, (Vec, c_int64, _ERR)),
    "gym_vec_reset": (c_int, (Vec, _ROWS, c_size_t, _ROWS, c_char_p, _ROWS, c_size_t, _ERR)),
    "gym_vec_step": (c_int, (Vec, _ROWS, c_size_t, _ROWS, c_size_t, _ROWS, c_size_t, _ERR)),
    "gym_vec_send": (c_int, (Vec, _ROWS, c_size_t, _ROWS, c_size_t, _ERR)),
    "gym_vec_recv": (
        c_int,
        (Vec, c_size_t, c_double, _ROWS, _ROWS, c_size_t, _ROWS, c_size_t, _SIZE_OUT, _ERR),
    ),
    "gym_vec_reset_native": (c_int, (Vec, _ROWS, c_size_t, _ROWS, c_char_p, _ROWS, c_size_t, _ERR)),
    "gym_vec_step_native": (c_int, (Vec, _ROWS, c_size_t, _ROWS, c_size_t, _ROWS, c_size_t, _ERR)),
    "gym_vec_send_native": (c_int, (Vec, _ROWS, c_size_t, _ROWS, c_size_t, _ERR)),
    "gym_vec_recv_native": (
        c_int,
        (Vec, c_size_t, c_double, _ROWS, _ROWS, c_size_t, _ROWS, c_size_t, _SIZE_OUT, _ERR),
    ),
    "gym_vec_get_view": (c_int, (Vec, POINTER(VecView), _ERR)),
    "gym_vec_info": (c_int, (Vec, _VALUE_OUT, _ERR)),
    "gym_vec_failures": (c_int, (Vec, _VALUE_OUT, _ERR)),
    "gym_vec_call": (c_int, (Vec, c_char_p, c_char_p, _VALUE_OUT, _ERR)),
    "gym_vec_render": (c_int, (Vec, _VALUE_OUT, _ERR)),
    "gym_list_envs": (c_int, (c_char_p, _VALUE_OUT, _ERR)),
    "gym_spec": (c_int, (c_char_p, _VALUE_OUT, _ERR)),
    "gym_register_env": (c_int, (c_char_p, c_char_p, _ERR)),
    "gym_import": (c_int, (c_char_p, _ERR)),
    "gym_versions": (c_int, (_VALUE_OUT, _ERR)),
    "gym_check_env": (c_int, (Env, c_char_p, _VALUE_OUT, _ERR)),
    "gym_set_message_callback": (c_int, (MESSAGE_CALLBACK, c_void_p, _ERR)),
    "gym_flush": (c_int, (_ERR,)),
    "gym_value_free": (None, (_VALUE,)),
    "gym_value_kind": (c_int, (_VALUE,)),
    "gym_value_kind_name": (c_char_p, (c_int,)),
    "gym_value_count": (c_size_t, (_VALUE,)),
    "gym_value_at": (_VALUE, (_VALUE, c_size_t)),
    "gym_value_key_at": (_VALUE, (_VALUE, c_size_t)),
    "gym_value_get": (_VALUE, (_VALUE, c_char_p)),
    "gym_value_bool": (c_int, (_VALUE, POINTER(c_int), _ERR)),
    "gym_value_int64": (c_int, (_VALUE, POINTER(c_int64), _ERR)),
    "gym_value_float64": (c_int, (_VALUE, POINTER(c_double), _ERR)),
    # Not c_char_p: a text may hold NUL.
    "gym_value_string": (c_void_p, (_VALUE, _SIZE_OUT)),
    "gym_value_bytes": (c_void_p, (_VALUE, _SIZE_OUT)),
    "gym_value_class": (c_char_p, (_VALUE,)),
    "gym_value_array": (c_int, (_VALUE, POINTER(Array), _ERR)),
    "gym_value_to_json": (c_int, (_VALUE, c_char_p, c_size_t, _SIZE_OUT, _ERR)),
    "gym_value_block": (c_void_p, (_VALUE, _SIZE_OUT)),
    "gym_value_from_block": (c_int, (c_char_p, c_size_t, _VALUE_OUT, _ERR)),
}
"""Result and arguments of each function of gogym.h."""


class GymError(Exception):
    """A call that failed: the content of its gym_error."""

    def __init__(self, code: int, name: str, type_: str, message: str, traceback: str) -> None:
        super().__init__(code, name, type_, message, traceback)
        self.code: Final = code
        """The status; equal to a member of :class:`gogym.status.Status`."""
        self.name: Final = name
        """Its C name, for example ``GYM_ERR_HANDLE``."""
        self.type: Final = type_
        """The Python class of the exception behind it, for example ``gymnasium.error.NameNotFound``; or ""."""
        self.message: Final = message
        """What was given, what was expected, how to mend it."""
        self.traceback: Final = traceback
        """The Python traceback; or ""."""

    def __str__(self) -> str:
        """One line: name, class and message."""
        return ": ".join(part for part in (self.name, self.type, self.message) if part)


@dataclass(frozen=True)
class Other:
    """A node of kind ``other``: a Python object that has no plain form."""

    class_name: str
    repr: str


class Library:
    """A loaded libgogym. ``library.c`` is the ctypes library itself, with all prototypes set."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path: Final = fspath(path)
        self.c: Final = ctypes.CDLL(self.path)
        for name, (result, arguments) in PROTOTYPES.items():
            function = getattr(self.c, name)
            function.restype = result
            function.argtypes = arguments

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function that takes a gym_error last, and raise :class:`GymError` where it fails."""
        error = Error()
        code: int = getattr(self.c, name)(*arguments, byref(error))
        if code != Status.OK:
            raise self.error(code, error)

    def error(self, code: int, error: Error) -> GymError:
        """What a call that failed has said, as an exception."""
        type_, message, traceback = (text.decode() for text in (error.type, error.message, error.traceback))
        return GymError(code, self.status_name(code), type_, message, traceback)

    def version(self) -> str:
        """gym_version."""
        return _text(self.c.gym_version())

    def status_name(self, code: int) -> str:
        """gym_status_name."""
        return _text(self.c.gym_status_name(code))

    def status_description(self, code: int) -> str:
        """gym_status_description."""
        return _text(self.c.gym_status_description(code))

    def init(self, python: str | PathLike[str] | None = None) -> None:
        """gym_init: attaches to the Python that is running this."""
        config = Config(python)
        self.call("gym_init", byref(config))

    def shutdown(self) -> None:
        """gym_shutdown. Afterwards this process cannot use the library any more."""
        self.call("gym_shutdown")

    def size(self, name: str, handle: Env | Space | Vec) -> int | None:
        """Call a function that tells a size; None for GYM_DYNAMIC."""
        out = c_size_t()
        self.call(name, handle, byref(out))
        return None if out.value == DYNAMIC else out.value

    def value(self, name: str, *arguments: Any) -> Any:
        """Call a function whose last argument but the error receives a gym_value, and decode that."""
        out = c_void_p()
        self.call(name, *arguments, byref(out))
        return self.take(out)

    # --------------------------------------------------------------------------------- gym_value

    def take(self, value: c_void_p) -> Any:
        """Decode a tree, and free it."""
        try:
            return self.decode(value.value)
        finally:
            self.c.gym_value_free(value)

    def decode(self, value: int | None) -> Any:
        """Turn a node into a Python object; arrays are copied.

        An ``other`` node of class ``int`` becomes an int, all others an :class:`Other`.
        """
        if value is None:
            return None
        kind = _text(self.c.gym_value_kind_name(self.c.gym_value_kind(value)))
        decoder = _DECODERS.get(kind)
        if decoder is None:
            message = f"a gym_value of unknown kind {kind!r}"
            raise ValueError(message)
        return decoder(self, value)

    def json(self, value: int) -> str:
        """gym_value_to_json."""
        needed = c_size_t()
        self.call("gym_value_to_json", value, None, 0, byref(needed))
        buffer = ctypes.create_string_buffer(needed.value)
        self.call("gym_value_to_json", value, buffer, len(buffer), byref(needed))
        return buffer.value.decode()

    def block(self, value: int) -> bytes | None:
        """gym_value_block: a copy of the whole tree's bytes."""
        size = c_size_t()
        start = self.c.gym_value_block(value, byref(size))
        return None if start is None else ctypes.string_at(start, size.value)

    def from_block(self, block: bytes) -> Any:
        """gym_value_from_block, decoded."""
        out = c_void_p()
        self.call("gym_value_from_block", block, len(block), byref(out))
        return self.take(out)

    def _bytes(self, function: str, value: int) -> bytes:
        size = c_size_t()
        start = getattr(self.c, function)(value, byref(size))
        return ctypes.string_at(start, size.value)

    def _none(self, _value: int) -> None:
        return None

    def _bool(self, value: int) -> bool:
        out = c_int()
        self.call("gym_value_bool", value, byref(out))
        return bool(out.value)

    def _int64(self, value: int) -> int:
        out = c_int64()
        self.call("gym_value_int64", value, byref(out))
        return out.value

    def _float64(self, value: int) -> float:
        out = c_double()
        self.call("gym_value_float64", value, byref(out))
        return out.value

    def _string(self, value: int) -> str:
        return self._bytes("gym_value_string", value).decode()

    def _byte_string(self, value: int) -> bytes:
        return self._bytes("gym_value_bytes", value)

    def _array(self, value: int) -> NDArray[Any]:
        array = Array()
        self.call("gym_value_array", value, byref(array))
        shape = [array.shape[i] for i in range(array.ndim)]
        content = ctypes.string_at(array.data, array.nbytes) if array.data else b""
        flat: NDArray[Any] = np.frombuffer(content, dtype=array.dtype.decode())
        array_copy: NDArray[Any] = flat.reshape(shape).copy()
        return array_copy

    def _list(self, value: int) -> list[Any]:
        count: int = self.c.gym_value_count(value)
        return [self.decode(self.c.gym_value_at(value, i)) for i in range(count)]

    def _tuple(self, value: int) -> tuple[Any, ...]:
        return tuple(self._list(value))

    def _dict(self, value: int) -> dict[Any, Any]:
        keys = [self.decode(self.c.gym_value_key_at(value, i)) for i in range(self.c.gym_value_count(value))]
        return dict(zip(keys, self._list(value), strict=True))

    def _other(self, value: int) -> Other | int:
        class_name, text = _text(self.c.gym_value_class(value)), self._string(value)
        # An int of more digits than Python is set to convert stays what it is in C.
        with contextlib.suppress(ValueError):
            if class_name == "int":
                return int(text)
        return Other(class_name, text)


_DECODERS: Final = {
    "none": Library._none,
    "bool": Library._bool,
    "int64": Library._int64,
    "float64": Library._float64,
    "string": Library._string,
    "bytes": Library._byte_string,
    "array": Library._array,
    "list": Library._list,
    "tuple": Library._tuple,
    "dict": Library._dict,
    "other": Library._other,
}


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode()


@functools.cache
def load(path: str | PathLike[str] | None = None) -> Library:
    """Load libgogym: the one that is installed with this package, or the file ``path``."""
    return Library(paths.shared_library() if path is None else path)


def json_text(options: Mapping[str, Any] | str | None) -> bytes | None:
    """Options as the JSON text that C takes."""
    if options is None:
        return None
    return (options if isinstance(options, str) else json.dumps(dict(options))).encode()


def doubles(numbers: ArrayLike) -> tuple[Any, int]:
    """Numbers as a float64 buffer: its pointer, which keeps it alive, and its length."""
    elements = np.ascontiguousarray(numbers, dtype=np.float64).reshape(-1)
    return elements.ctypes.data_as(DOUBLES), elements.size


def output(size: int | None) -> tuple[NDArray[np.float64] | None, Any, int]:
    """A buffer of that many elements, its pointer and its length; NULL where there is nothing to hold."""
    if size is None:
        return None, None, 0
    buffer = np.zeros(size, dtype=np.float64)
    return buffer, buffer.ctypes.data_as(DOUBLES) if size else None, size
