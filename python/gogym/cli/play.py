"""One environment with random actions, through the C library."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_void_p
from types import TracebackType
from typing import Any

import numpy as np
from typing_extensions import Self

from gogym import native


class Player:
    """An environment that is played with random actions; actions and observations stay in native buffers.

    Args:
        env_id: What gym_make takes.
        options: Its options as JSON text.
    """

    def __init__(self, env_id: str, options: str | None) -> None:
        self._env = native.Environment(env_id, options)
        self._library = self._env.library
        self._transition = native.Transition()
        self._action = _Buffer(self._env.action_nbytes)
        self._observation = _Buffer(self._env.observation_nbytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._env.close()

    def seed_actions(self, seed: int | None) -> None:
        """Seed the random actions; None leaves them random."""
        if seed is not None:
            self._env.seed_action(seed)

    def reset(self, seed: int | None) -> None:
        """Begin an episode."""
        number = None if seed is None else byref(ctypes.c_int64(seed))
        self._library.call("gym_reset_native", self._env.handle, number, None, *self._observation)

    def step(self) -> tuple[float, bool, bool]:
        """Take a random action: reward, terminated, truncated."""
        if self._env.action_nbytes is None:
            self._step_of_no_fixed_size()
        else:
            self._library.call("gym_sample_action_native", self._env.handle, *self._action)
            self._library.call(
                "gym_step_native",
                self._env.handle,
                *self._action,
                *self._observation,
                byref(self._transition),
            )
        return self._transition.reward, bool(self._transition.terminated), bool(self._transition.truncated)

    def _step_of_no_fixed_size(self) -> None:
        """Take an action of a space such as Sequence, which only JSON can say."""
        action, observation = c_void_p(), c_void_p()
        space = self._env.action_space_handle()
        try:
            self._library.call("gym_space_sample_value", space.handle, None, byref(action))
            text = self._library.json(action.value or 0)
        finally:
            self._library.c.gym_value_free(action)
            space.close()
        self._library.call(
            "gym_step_value", self._env.handle, text.encode(), byref(observation), byref(self._transition)
        )
        self._library.c.gym_value_free(observation)

    def frame(self) -> np.ndarray[Any, np.dtype[Any]]:
        """The frame of now: uint8, height x width x 3.

        Raises:
            ValueError: The environment gives no such frame.
        """
        frame = self._library.value("gym_render_value", self._env.handle)
        if not isinstance(frame, np.ndarray):
            message = f"render() gives no frame of colours but {frame!r:.80}"
            raise ValueError(message)  # noqa: TRY004  # it is the environment's, not the caller's
        return frame

    def frames_per_second(self) -> float:
        """What the environment's metadata says, or 30."""
        metadata = self._library.value("gym_get_attr", self._env.handle, b"metadata")
        rate = metadata.get("render_fps") if isinstance(metadata, dict) else None
        return float(rate) if isinstance(rate, (int, float)) and rate > 0 else 30.0


class _Buffer:
    """A native buffer and its length, to be unpacked into a call's arguments; none where nothing is fixed."""

    def __init__(self, nbytes: int | None) -> None:
        self._pair = (None, 0) if nbytes is None else (ctypes.create_string_buffer(max(nbytes, 1)), nbytes)

    def __iter__(self) -> Any:
        return iter(self._pair)
