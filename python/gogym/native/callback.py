"""Functions of Python as functions of the host: callbacks and messages through the C library."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import c_uint8
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gogym.native.library import (
    ARRAY_CALLBACK,
    ERROR_MESSAGE_SIZE,
    ERROR_TYPE_SIZE,
    MESSAGE_CALLBACK,
    REWARD_CALLBACK,
    TRIGGER_CALLBACK,
    GymError,
    Library,
    load,
)
from gogym.status import Status

# What C calls must live as long as it may be called: by library and name.
_kept: dict[tuple[str, str], Any] = {}
# For ever, because the one that ends may be the one that runs.
_kept_for_messages: list[Any] = []


def add_reward_callback(
    name: str, function: Callable[[float], float], library: Library | None = None
) -> None:
    """gym_add_reward_callback; an exception of the function is the callback's error."""

    def run(_user_data: Any, reward: float, out: Any, err: Any) -> int:
        def work() -> None:
            out[0] = function(reward)

        return _guarded(work, err)

    _add("gym_add_reward_callback", name, REWARD_CALLBACK(run), library)


def add_array_callback(
    name: str, function: Callable[[NDArray[Any]], ArrayLike], library: Library | None = None
) -> None:
    """gym_add_array_callback: the function gets a copy of the input, and gives what the output is filled with."""

    def run(_user_data: Any, given: Any, wanted: Any, data: int, err: Any) -> int:
        def work() -> None:
            result = function(_view(given[0], given[0].data).copy())
            _view(wanted[0], data)[...] = result

        return _guarded(work, err)

    _add("gym_add_array_callback", name, ARRAY_CALLBACK(run), library)


def add_trigger_callback(name: str, function: Callable[[int], bool], library: Library | None = None) -> None:
    """gym_add_trigger_callback."""

    def run(_user_data: Any, count: int, out: Any, err: Any) -> int:
        def work() -> None:
            out[0] = bool(function(count))

        return _guarded(work, err)

    _add("gym_add_trigger_callback", name, TRIGGER_CALLBACK(run), library)


def remove_callback(name: str, library: Library | None = None) -> None:
    """gym_remove_callback."""
    library = library or load()
    library.call("gym_remove_callback", name.encode())
    _kept.pop((library.path, name), None)


def set_message_callback(function: Callable[[int, str], None] | None, library: Library | None = None) -> None:
    """gym_set_message_callback: the function gets level and text; None ends it."""
    library = library or load()
    if function is None:
        library.call("gym_set_message_callback", MESSAGE_CALLBACK(), None)
        return
    deliver = function

    def run(_user_data: Any, level: int, text: bytes) -> None:
        deliver(level, text.decode())

    pointer = MESSAGE_CALLBACK(run)
    _kept_for_messages.append(pointer)
    library.call("gym_set_message_callback", pointer, None)


def flush(library: Library | None = None) -> None:
    """gym_flush."""
    (library or load()).call("gym_flush")


def _add(adder: str, name: str, pointer: Any, library: Library | None) -> None:
    library = library or load()
    library.call(adder, name.encode(), pointer, None)
    _kept[library.path, name] = pointer


def _view(array: Any, data: int | None) -> NDArray[Any]:
    """A gym_array's elements, in place."""
    buffer = (c_uint8 * array.nbytes).from_address(data) if data and array.nbytes else bytearray()
    flat: NDArray[Any] = np.frombuffer(buffer, dtype=array.dtype.decode())
    return flat.reshape([array.shape[i] for i in range(array.ndim)])


def _guarded(work: Callable[[], None], err: Any) -> int:
    """Run a callback's work; what it raises goes to the gym_error."""
    try:
        work()
    except Exception as error:  # noqa: BLE001  # nothing may go through C
        said = err[0]
        if isinstance(error, GymError):
            code, cls, message = error.code, error.type, error.message
        else:
            code, cls, message = Status.CALLBACK, type(error).__name__, str(error)
        said.code = code
        said.type = _cut(cls, ERROR_TYPE_SIZE)
        said.message = _cut(message, ERROR_MESSAGE_SIZE)
        return int(code)
    return int(Status.OK)


def _cut(text: str, size: int) -> bytes:
    """UTF-8 that fits, with its NUL."""
    return text.encode("utf-8", "replace")[: size - 1].decode("utf-8", "ignore").encode()
