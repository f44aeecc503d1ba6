"""One vector environment through the C library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ctypes import byref, c_size_t, c_uint8
from types import TracebackType
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Self

from gogym.native import library as c
from gogym.native.library import Library, json_text, load
from gogym.native.space import Space

TRANSITION: Final = np.dtype(
    [("reward", np.float64), ("terminated", np.bool_), ("truncated", np.bool_), ("reserved", np.void, 6)]
)
"""gym_transition as NumPy reads it in place."""

SINGLE_OBSERVATION_SPACE: Final = 0
SINGLE_ACTION_SPACE: Final = 1
OBSERVATION_SPACE: Final = 2
ACTION_SPACE: Final = 3


class Results(NamedTuple):
    """What a step brought, a row for each environment; the arrays are the caller's own."""

    observations: NDArray[Any]
    rewards: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]


class Batch(NamedTuple):
    """What :meth:`Vec.recv` brought, a row for each environment in ``ids``."""

    ids: NDArray[np.int64]
    observations: NDArray[Any]
    rewards: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]


class Vec:
    """A vector environment, made and used through the C library.

    Rows of actions and observations are float64 elements, or with the layout ``"native"`` bytes (uint8). The attributes
    ``actions``, ``observations`` and so on are the library's own memory, not copies: they change with each call, and
    must not be touched after :meth:`close`. Where environments fail, a call raises :class:`GymError`, and the
    attributes have the results of all others.

    Args:
        id: What gym_vec_make takes, for example ``"CartPole-v1"``.
        num_envs: How many environments.
        options: The options as a mapping, or as JSON text.
        library: The library to use; the installed one by default.
    """

    def __init__(
        self,
        id: str,
        num_envs: int,
        options: Mapping[str, Any] | str | None = None,
        library: Library | None = None,
    ) -> None:
        self.library: Final = library or load()
        self.handle = c.Vec()
        self.library.call("gym_vec_make", id.encode(), num_envs, json_text(options), byref(self.handle))
        try:
            self._look()
        except BaseException:
            self.close()
            raise

    def _look(self) -> None:
        size = self.library.size
        self.observation_size = size("gym_vec_observation_size", self.handle) or 0
        """The number of float64 elements of an observation."""
        self.action_size = size("gym_vec_action_size", self.handle) or 0
        """The number of float64 elements of an action."""
        self.observation_nbytes = size("gym_vec_observation_nbytes", self.handle) or 0
        """The number of bytes of an observation in the native layout."""
        self.action_nbytes = size("gym_vec_action_nbytes", self.handle) or 0
        """The number of bytes of an action in the native layout."""
        view = self.view()
        self.num_envs = int(view.num_envs)
        self.is_native = bool(view.is_native)
        self.actions: NDArray[Any] = self._rows(view.actions, view.action_nbytes)
        """To be written before a step without arguments."""
        self.observations: NDArray[Any] = _frozen(self._rows(view.observations, view.observation_nbytes))
        """Of the last reset or step."""
        self.final_observations: NDArray[Any] | None = None
        """With the autoreset mode "same_step", those of episodes that ended in the last step."""
        if view.final_observations is not None:
            self.final_observations = _frozen(self._rows(view.final_observations, view.observation_nbytes))
        transitions = _array(view.transitions, self.num_envs * TRANSITION.itemsize).view(TRANSITION)
        self.transitions: NDArray[Any] = _frozen(transitions)
        """A structured array of :data:`TRANSITION`; the next three are its fields."""
        self.rewards: NDArray[Any] = self.transitions["reward"]
        self.terminated: NDArray[Any] = self.transitions["terminated"]
        self.truncated: NDArray[Any] = self.transitions["truncated"]
        self.statuses: NDArray[Any] = _frozen(_array(view.statuses, 4 * self.num_envs).view(np.int32))
        """What each environment failed with last; 0 where it did not."""

    def _rows(self, address: int | None, nbytes: int) -> NDArray[Any]:
        rows = _array(address, self.num_envs * nbytes).reshape(self.num_envs, nbytes)
        return rows if self.is_native or nbytes == 0 else rows.view(np.float64)

    def _row_shape(self, count: int, *, action: bool = False) -> tuple[int, int]:
        if self.is_native:
            return count, self.action_nbytes if action else self.observation_nbytes
        return count, self.action_size if action else self.observation_size

    @property
    def _dtype(self) -> type[np.uint8 | np.float64]:
        return np.uint8 if self.is_native else np.float64

    def _name(self, function: str) -> str:
        return f"{function}_native" if self.is_native else function

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.handle.id != 0:
            self.close()

    # --------------------------------------------------------------------------------- stepping

    def reset(
        self,
        seed: int | Sequence[int] | None = None,
        mask: ArrayLike | None = None,
        options: Mapping[str, Any] | str | None = None,
    ) -> NDArray[Any]:
        """gym_vec_reset: a copy of all observations. ``seed``: one number, or one for each environment."""
        observations = np.empty(self._row_shape(self.num_envs), dtype=self._dtype)
        seeds = _int64(() if seed is None else seed)
        flags = None if mask is None else np.ascontiguousarray(mask, dtype=np.bool_)
        if flags is not None and flags.shape != (self.num_envs,):
            message = f"the mask has the shape {flags.shape}, and there are {self.num_envs} environments"
            raise ValueError(message)
        self.library.call(
            self._name("gym_vec_reset"),
            self.handle,
            seeds.ctypes.data if seeds.size else None,
            seeds.size,
            None if flags is None else flags.ctypes.data,
            json_text(options),
            *_pair(observations),
        )
        return observations

    def step(self, actions: ArrayLike | None = None) -> Results:
        """gym_vec_step: copies of what it brought. Without actions, those in ``self.actions``."""
        given = None if actions is None else self._given(actions)
        observations = np.empty(self._row_shape(self.num_envs), dtype=self._dtype)
        transitions = np.empty(self.num_envs, dtype=TRANSITION)
        self.library.call(
            self._name("gym_vec_step"),
            self.handle,
            *_pair(given),
            *_pair(observations),
            transitions.ctypes.data,
            transitions.size,
        )
        return Results(observations, *_fields(transitions))

    def step_in_place(self) -> None:
        """gym_vec_step from ``self.actions`` into the other arrays, without a copy."""
        self.library.call(self._name("gym_vec_step"), self.handle, None, 0, None, 0, None, 0)

    def send(self, actions: ArrayLike | None = None, ids: ArrayLike | None = None) -> None:
        """gym_vec_send: a row for each of ``ids``, or for all; without actions, those in ``self.actions``."""
        given = None if actions is None else self._given(actions)
        numbers = None if ids is None else _int64(ids)
        self.library.call(
            self._name("gym_vec_send"),
            self.handle,
            None if numbers is None else numbers.ctypes.data,
            0 if numbers is None else numbers.size,
            *_pair(given),
        )

    def recv(self, batch_size: int | None = None, timeout: float | None = None) -> Batch:
        """gym_vec_recv: copies of the first rows that are ready, ``batch_size`` or, by default, all under way."""
        size = self.num_envs if batch_size is None else batch_size
        ids = np.empty(size, dtype=np.int64)
        observations = np.empty(self._row_shape(size), dtype=self._dtype)
        transitions = np.empty(size, dtype=TRANSITION)
        count = c_size_t()
        self.library.call(
            self._name("gym_vec_recv"),
            self.handle,
            size,
            -1.0 if timeout is None else timeout,
            ids.ctypes.data,
            *_pair(observations),
            transitions.ctypes.data,
            transitions.size,
            byref(count),
        )
        rows = slice(count.value)
        return Batch(ids[rows], observations[rows], *_fields(transitions[rows]))

    def _given(self, actions: ArrayLike) -> NDArray[Any]:
        """Rows of actions as C takes them; their length is for C to judge."""
        if self.is_native:
            # The bytes as they are: an array of another dtype is the native layout itself where it has no padding.
            return np.ascontiguousarray(actions).reshape(-1).view(np.uint8)
        return np.ascontiguousarray(actions, dtype=np.float64).reshape(-1)

    def sample_actions(self) -> NDArray[Any]:
        """gym_vec_sample_actions: a row for each environment."""
        actions = np.empty(self._row_shape(self.num_envs, action=True), dtype=self._dtype)
        self.library.call(self._name("gym_vec_sample_actions"), self.handle, *_pair(actions))
        return actions

    def seed_actions(self, seed: int) -> None:
        """gym_vec_seed_actions."""
        self.library.call("gym_vec_seed_actions", self.handle, seed)

    # --------------------------------------------------------------------------------- around it

    def view(self) -> c.VecView:
        """gym_vec_get_view: the addresses behind the attributes."""
        view = c.VecView()
        self.library.call("gym_vec_get_view", self.handle, byref(view))
        return view

    def info(self) -> list[dict[str, Any]]:
        """gym_vec_info, decoded."""
        infos: list[dict[str, Any]] = self.library.value("gym_vec_info", self.handle)
        return infos

    def failures(self) -> list[dict[str, Any]]:
        """gym_vec_failures, decoded."""
        failures: list[dict[str, Any]] = self.library.value("gym_vec_failures", self.handle)
        return failures

    def describe(self) -> dict[str, Any]:
        """gym_vec_describe, decoded."""
        description: dict[str, Any] = self.library.value("gym_vec_describe", self.handle)
        return description

    def call(self, name: str, arguments: str | None = None) -> list[Any]:
        """gym_vec_call: the arguments as JSON text, the results decoded."""
        content = None if arguments is None else arguments.encode()
        results: list[Any] = self.library.value("gym_vec_call", self.handle, name.encode(), content)
        return results

    def render(self) -> list[Any]:
        """gym_vec_render, decoded."""
        frames: list[Any] = self.library.value("gym_vec_render", self.handle)
        return frames

    def observation_space(self) -> dict[str, Any]:
        """gym_vec_observation_space, decoded: the space of one environment."""
        tree: dict[str, Any] = self.library.value("gym_vec_observation_space", self.handle)
        return tree

    def action_space(self) -> dict[str, Any]:
        """gym_vec_action_space, decoded: the space of one environment."""
        tree: dict[str, Any] = self.library.value("gym_vec_action_space", self.handle)
        return tree

    def space(self, which: int) -> Space:
        """gym_vec_space: a handle; ``which`` is one of this module's ``*_SPACE``."""
        return Space.of(self.library, "gym_vec_space", self.handle, which)

    def close(self) -> None:
        """gym_vec_close. The arrays among the attributes are gone then."""
        handle, self.handle = self.handle, c.Vec()
        # Not the library's memory any more.
        self.actions = self.observations = self.transitions = np.empty(0)
        self.rewards = self.terminated = self.truncated = self.statuses = np.empty(0)
        self.final_observations = None
        self.library.call("gym_vec_close", handle)


def _array(address: int | None, nbytes: int) -> NDArray[np.uint8]:
    """Memory of the library as an array of bytes, not copied."""
    if not address or not nbytes:
        return np.empty(0, dtype=np.uint8)
    return np.frombuffer(memoryview((c_uint8 * nbytes).from_address(address)), dtype=np.uint8)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Make an array one that is only read."""
    array.flags.writeable = False
    return array


def _int64(numbers: ArrayLike) -> NDArray[np.int64]:
    return np.ascontiguousarray(numbers, dtype=np.int64).reshape(-1)


def _pair(array: NDArray[Any] | None) -> tuple[int | None, int]:
    """A buffer's address and its length, NULL and 0 for none: elements of float64, bytes of native rows."""
    return (None, 0) if array is None else (array.ctypes.data, array.size)


def _fields(transitions: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    return transitions["reward"], transitions["terminated"], transitions["truncated"]
