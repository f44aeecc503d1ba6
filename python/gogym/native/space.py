"""One space through the C library."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from ctypes import byref, c_int
from types import TracebackType
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Self

from gogym.native import library as c
from gogym.native.library import Library, doubles, json_text, load, output


class Space:
    """A handle of a space. Elements are float64 arrays, bytes of the native layout, or JSON text."""

    def __init__(self, library: Library, handle: c.Space) -> None:
        self.library: Final = library
        self.handle: Final = handle
        self.size: Final = library.size("gym_space_size", handle)
        """The number of float64 elements; None where it is not fixed."""
        self.nbytes: Final = library.size("gym_space_nbytes", handle)
        """The number of bytes in the native layout; None where it is not fixed."""
        self.flatdim: Final = library.size("gym_space_flatdim", handle)
        """The number of elements of Gymnasium's flatten; None where it is not fixed."""

    @classmethod
    def of(cls, library: Library, function: str, *arguments: Any) -> Self:
        """Open a space with one of the functions that give a handle."""
        handle = c.Space()
        library.call(function, *arguments, byref(handle))
        return cls(library, handle)

    @classmethod
    def make(cls, description: Mapping[str, Any] | str, library: Library | None = None) -> Self:
        """gym_space_make."""
        return cls.of(library or load(), "gym_space_make", json_text(description))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def child(self, index: int) -> Self:
        """gym_space_child."""
        return self.of(self.library, "gym_space_child", self.handle, index)

    def close(self) -> None:
        """gym_space_close."""
        self.library.call("gym_space_close", self.handle)

    def value(self) -> dict[str, Any]:
        """gym_space_value, decoded."""
        tree: dict[str, Any] = self.library.value("gym_space_value", self.handle)
        return tree

    def seed(self, seed: int | str | None = None) -> Any:
        """gym_space_seed: a number, JSON text, or None for a random seed; gives the seeds."""
        text = "null" if seed is None else str(seed)
        return self.library.value("gym_space_seed", self.handle, text.encode())

    def sample(self, options: Mapping[str, Any] | str | None = None) -> NDArray[np.float64] | None:
        """gym_space_sample."""
        buffer, pointer, length = output(self.size)
        self.library.call("gym_space_sample", self.handle, json_text(options), pointer, length)
        return buffer

    def sample_native(self, options: Mapping[str, Any] | str | None = None) -> bytes:
        """gym_space_sample_native."""
        return self._bytes(self.nbytes, "gym_space_sample_native", json_text(options))

    def sample_value(self, options: Mapping[str, Any] | str | None = None) -> Any:
        """gym_space_sample_value, decoded."""
        return self.library.value("gym_space_sample_value", self.handle, json_text(options))

    def contains(self, x: ArrayLike) -> bool:
        """gym_space_contains."""
        return self._flag("gym_space_contains", *doubles(x))

    def contains_native(self, x: bytes) -> bool:
        """gym_space_contains_native."""
        return self._flag("gym_space_contains_native", x, len(x))

    def contains_value(self, element: str) -> bool:
        """gym_space_contains_value."""
        return self._flag("gym_space_contains_value", element.encode())

    def flatten(self, x: ArrayLike) -> NDArray[np.float64] | None:
        """gym_space_flatten."""
        buffer, pointer, length = output(self.flatdim)
        self.library.call("gym_space_flatten", self.handle, *doubles(x), pointer, length)
        return buffer

    def flatten_native(self, x: bytes) -> bytes:
        """gym_space_flatten_native."""
        return self._bytes(self._flat_nbytes(), "gym_space_flatten_native", x, len(x))

    def flatten_value(self, element: str) -> Any:
        """gym_space_flatten_value, decoded."""
        return self.library.value("gym_space_flatten_value", self.handle, element.encode())

    def unflatten(self, flat: ArrayLike) -> NDArray[np.float64] | None:
        """gym_space_unflatten."""
        buffer, pointer, length = output(self.size)
        self.library.call("gym_space_unflatten", self.handle, *doubles(flat), pointer, length)
        return buffer

    def unflatten_native(self, flat: bytes) -> bytes:
        """gym_space_unflatten_native."""
        return self._bytes(self.nbytes, "gym_space_unflatten_native", flat, len(flat))

    def unflatten_value(self, flat: str) -> Any:
        """gym_space_unflatten_value, decoded."""
        return self.library.value("gym_space_unflatten_value", self.handle, flat.encode())

    def _flat_nbytes(self) -> int | None:
        dtype = self.value()["flat_dtype"]
        return None if self.flatdim is None else self.flatdim * np.dtype(dtype).itemsize

    def _flag(self, function: str, *arguments: Any) -> bool:
        out = c_int()
        self.library.call(function, self.handle, *arguments, byref(out))
        return bool(out.value)

    def _bytes(self, size: int | None, function: str, *arguments: Any) -> bytes:
        buffer = ctypes.create_string_buffer(max(size or 0, 1))
        self.library.call(function, self.handle, *arguments, buffer, size or 0)
        return buffer.raw[: size or 0]
