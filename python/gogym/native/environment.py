"""One environment through the C library."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from ctypes import byref, c_int64, c_void_p
from types import TracebackType
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Self

from gogym.native.library import Env, Library, Transition, doubles, json_text, load, output
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
        self.library: Final = library or load()
        self.handle: Final = Env()
        self.library.call("gym_make", id.encode(), json_text(options), byref(self.handle))
        self.observation_size: Final = self.library.size("gym_observation_size", self.handle)
        """The number of float64 elements of an observation; None where it is not fixed."""
        self.action_size: Final = self.library.size("gym_action_size", self.handle)
        """The number of float64 elements of an action; None where it is not fixed."""
        self.observation_nbytes: Final = self.library.size("gym_observation_nbytes", self.handle)
        """The number of bytes of an observation in the native layout; None where it is not fixed."""
        self.action_nbytes: Final = self.library.size("gym_action_nbytes", self.handle)
        """The number of bytes of an action in the native layout; None where it is not fixed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
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

    def close(self) -> None:
        """gym_close."""
        self.library.call("gym_close", self.handle)
