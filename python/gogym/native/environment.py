"""One environment through the C library."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping, Sequence
from ctypes import byref, c_int, c_int64, c_void_p
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Self

from gogym.native.library import Env, Frame, Library, Transition, doubles, json_text, load, output
from gogym.native.space import Space


class Environment:
    """One environment, made and used through the C library.

    Args:
        id: What gym_make takes, for example ``"CartPole-v1"``.
        options: Its options as a mapping, or as JSON text.
        library: The library to use; the installed one by default.
    """

    def __init__(
        self,
        id: str,
        options: Mapping[str, Any] | str | None = None,
        library: Library | None = None,
    ) -> None:
        library = library or load()
        handle = Env()
        library.call("gym_make", id.encode(), json_text(options), byref(handle))
        self._adopt(library, handle)

    @classmethod
    def _of(cls, library: Library, handle: Env) -> Self:
        """Make the object of an environment that is there already."""
        env = cls.__new__(cls)
        env._adopt(library, handle)
        return env

    def _adopt(self, library: Library, handle: Env) -> None:
        self.library = library
        self.handle = handle
        self.observation_size = library.size("gym_observation_size", handle)
        """The number of float64 elements of an observation; None where it is not fixed."""
        self.action_size = library.size("gym_action_size", handle)
        """The number of float64 elements of an action; None where it is not fixed."""
        self.observation_nbytes = library.size("gym_observation_nbytes", handle)
        """The number of bytes of an observation in the native layout; None where it is not fixed."""
        self.action_nbytes = library.size("gym_action_nbytes", handle)
        """The number of bytes of an action in the native layout; None where it is not fixed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.handle.id != 0:  # it has not become part of another by wrap
            self.close()

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | str | None = None
    ) -> NDArray[np.float64] | None:
        """gym_reset: the observation as float64, or None where it has no fixed size."""
        observation, pointer, length = output(self.observation_size)
        number = None if seed is None else byref(c_int64(seed))
        self.library.call("gym_reset", self.handle, number, json_text(options), pointer, length)
        return observation

    def step(self, action: ArrayLike) -> tuple[NDArray[np.float64] | None, float, bool, bool]:
        """gym_step: observation, reward, terminated and truncated."""
        source, count = doubles(action)
        observation, pointer, length = output(self.observation_size)
        transition = Transition()
        self.library.call("gym_step", self.handle, source, count, pointer, length, byref(transition))
        return observation, transition.reward, bool(transition.terminated), bool(transition.truncated)

    def reset_native(
        self, seed: int | None = None, options: Mapping[str, Any] | str | None = None
    ) -> bytes | None:
        """gym_reset_native: the observation's bytes, or None where it has no fixed size."""
        size = self.observation_nbytes
        buffer = None if size is None else ctypes.create_string_buffer(max(size, 1))
        number = None if seed is None else byref(c_int64(seed))
        self.library.call("gym_reset_native", self.handle, number, json_text(options), buffer, size or 0)
        return None if buffer is None else buffer.raw[:size]

    def step_native(self, action: bytes) -> tuple[bytes | None, float, bool, bool]:
        """gym_step_native: the observation's bytes, reward, terminated and truncated."""
        size = self.observation_nbytes
        buffer = None if size is None else ctypes.create_string_buffer(max(size, 1))
        transition = Transition()
        self.library.call(
            "gym_step_native", self.handle, action, len(action), buffer, size or 0, byref(transition)
        )
        observation = None if buffer is None else buffer.raw[:size]
        return observation, transition.reward, bool(transition.terminated), bool(transition.truncated)

    def reset_value(self, seed: int | None = None, options: Mapping[str, Any] | str | None = None) -> Any:
        """gym_reset_value: the observation decoded."""
        number = None if seed is None else byref(c_int64(seed))
        return self.library.value("gym_reset_value", self.handle, number, json_text(options))

    def step_value(self, action: str) -> tuple[Any, float, bool, bool]:
        """gym_step_value: the observation decoded, reward, terminated and truncated."""
        transition, out = Transition(), c_void_p()
        self.library.call("gym_step_value", self.handle, action.encode(), byref(out), byref(transition))
        observation = self.library.take(out)
        return observation, transition.reward, bool(transition.terminated), bool(transition.truncated)

    def observation(self) -> Any:
        """gym_observation, decoded."""
        return self.library.value("gym_observation", self.handle)

    def sample_action(self) -> NDArray[np.float64] | None:
        """gym_sample_action."""
        action, pointer, length = output(self.action_size)
        self.library.call("gym_sample_action", self.handle, pointer, length)
        return action

    def sample_action_native(self) -> bytes | None:
        """gym_sample_action_native."""
        size = self.action_nbytes
        buffer = None if size is None else ctypes.create_string_buffer(max(size, 1))
        self.library.call("gym_sample_action_native", self.handle, buffer, size or 0)
        return None if buffer is None else buffer.raw[:size]

    def seed_action(self, seed: int) -> None:
        """gym_seed_action."""
        self.library.call("gym_seed_action", self.handle, seed)

    def observation_space(self) -> dict[str, Any]:
        """gym_observation_space, decoded."""
        tree: dict[str, Any] = self.library.value("gym_observation_space", self.handle)
        return tree

    def action_space(self) -> dict[str, Any]:
        """gym_action_space, decoded."""
        tree: dict[str, Any] = self.library.value("gym_action_space", self.handle)
        return tree

    def observation_space_handle(self) -> Space:
        """gym_space_of_observations."""
        return Space.of(self.library, "gym_space_of_observations", self.handle)

    def action_space_handle(self) -> Space:
        """gym_space_of_actions."""
        return Space.of(self.library, "gym_space_of_actions", self.handle)

    def info(self) -> dict[str, Any]:
        """gym_info, decoded."""
        tree: dict[str, Any] = self.library.value("gym_info", self.handle)
        return tree

    # --------------------------------------------------------------------------------- around it

    def wrap(self, wrappers: Sequence[Mapping[str, Any]] | Mapping[str, Any] | str) -> Self:
        """gym_wrap: the wrapped environment. This one is part of it then, and can be used no more."""
        text = wrappers if isinstance(wrappers, str) else json.dumps(wrappers)
        handle = Env()
        self.library.call("gym_wrap", self.handle, text.encode(), byref(handle))
        self.handle = Env()
        return self._of(self.library, handle)

    def frame_layout(self) -> Frame:
        """gym_frame_layout."""
        frame = Frame()
        self.library.call("gym_frame_layout", self.handle, byref(frame))
        return frame

    def render(self) -> NDArray[Any] | tuple[NDArray[Any], ...]:
        """gym_render: the frame; a tuple of arrays where it has several parts."""
        frame = self.frame_layout()
        buffer = np.empty(frame.nbytes, dtype=np.uint8)
        self.library.call("gym_render", self.handle, c_void_p(buffer.ctypes.data), buffer.size)
        parts = []
        for part in frame.parts[: frame.count]:
            start: int = part.byte_offset
            shape = part.shape[: part.ndim]
            parts.append(buffer[start : start + part.nbytes].view(part.dtype.decode()).reshape(shape))
        return parts[0] if len(parts) == 1 else tuple(parts)

    def render_value(self) -> Any:
        """gym_render_value, decoded: for lists of frames, text, and None of a window."""
        return self.library.value("gym_render_value", self.handle)

    def has_attr(self, name: str) -> bool:
        """gym_has_attr."""
        out = c_int()
        self.library.call("gym_has_attr", self.handle, name.encode(), byref(out))
        return bool(out.value)

    def get_attr(self, name: str) -> Any:
        """gym_get_attr, decoded."""
        return self.library.value("gym_get_attr", self.handle, name.encode())

    def set_attr(self, name: str, value: str) -> None:
        """gym_set_attr: the value as JSON text."""
        self.library.call("gym_set_attr", self.handle, name.encode(), value.encode())

    def call(self, name: str, arguments: str | None = None) -> Any:
        """gym_call: the arguments as JSON text, the result decoded."""
        content = None if arguments is None else arguments.encode()
        return self.library.value("gym_call", self.handle, name.encode(), content)

    def save_state(self) -> bytes:
        """gym_save_state."""
        state: bytes = self.library.value("gym_save_state", self.handle)
        return state

    def load_state(self, state: bytes) -> None:
        """gym_load_state."""
        self.library.call("gym_load_state", self.handle, state, len(state))

    def clone(self) -> Self:
        """gym_clone."""
        handle = Env()
        self.library.call("gym_clone", self.handle, byref(handle))
        return self._of(self.library, handle)

    def check(self, options: Mapping[str, Any] | str | None = None) -> list[dict[str, str]]:
        """gym_check_env, decoded."""
        findings: list[dict[str, str]] = self.library.value("gym_check_env", self.handle, json_text(options))
        return findings

    def close(self) -> None:
        """gym_close."""
        self.library.call("gym_close", self.handle)
