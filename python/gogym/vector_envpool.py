"""EnvPool's environments as a vector environment in Gymnasium's sense."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import envpool
import numpy as np
from gymnasium.vector import VectorEnv
from gymnasium.vector.utils import batch_space

from gogym.errors import UnsupportedError
from gogym.options import json_text
from gogym.space import shown

_DEFAULT_SEED = 42
"""EnvPool's own."""

_SEEDS = 2**31


class EnvPoolVectorEnv(VectorEnv[Any, Any, Any]):
    """Environments of EnvPool.

    EnvPool seeds environments when they are made, environment i with ``seed + i``: a reset with a seed makes them anew.

    Args:
        env_id: EnvPool's id.
        num_envs: How many.
        first: The number of the first one in the whole that these are a part of.
        kwargs: Arguments of ``envpool.make``; "seed" is that of environment 0 of the whole, or a list with each one's.
    """

    takes_seed_list = True
    takes_reset_mask = True

    def __init__(self, env_id: str, num_envs: int, first: int, kwargs: Mapping[str, Any]) -> None:
        self._id = env_id
        self._kwargs = {name: value for name, value in kwargs.items() if name != "seed"}
        self._first = first
        self.num_envs = num_envs
        self._check_batch_size()
        self._pool = self._made(self._seed_of_part(kwargs.get("seed", _DEFAULT_SEED)))
        self._check_players()
        self.metadata = dict(self._pool.metadata)
        self.single_observation_space = self._pool.observation_space
        self.single_action_space = self._pool.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.render_mode = self._pool.render_mode
        self._rows = np.arange(num_envs, dtype=np.int32)
        self._action_shape = (num_envs, *(self.single_action_space.shape or ()))
        self._action_dtype = None if self._has_parts() else self._pool.spec.action_array_spec["action"].dtype

    def _has_parts(self) -> bool:
        """Whether an action is more than one array."""
        return list(self._pool.spec._action_keys) != ["env_id", "players.env_id", "action"]

    def _check_batch_size(self) -> None:
        size = self._kwargs.get("batch_size")
        if size not in (None, 0, self.num_envs):
            raise UnsupportedError(
                f'the option "batch_size" is {json_text(size)}: EnvPool would then step some of the {self.num_envs} '
                "environments at a time, and gym_vec_step steps all"
            )

    def _check_players(self) -> None:
        players = self._pool.config.get("max_num_players", 1)
        if players != 1:
            raise UnsupportedError(
                f"EnvPool's {self._id} is for {players} players, whose observations have no rows; gogym's vector "
                "environments have one player each"
            )

    def _seed_of_part(self, seed: Any) -> Any:
        if isinstance(seed, list):
            return seed[self._first : self._first + self.num_envs]
        return seed + self._first if isinstance(seed, int) else seed

    def _made(self, seed: Any) -> Any:
        return envpool.make(self._id, env_type="gymnasium", num_envs=self.num_envs, seed=seed, **self._kwargs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode in all environments; in those of options["reset_mask"] only.

        With a mask the rows of the others hold zeros.
        """
        mask = (options or {}).get("reset_mask")
        if seed is not None:
            self._check_seed(seed, mask)
            self._pool = None  # its threads and memory go before the next one's come
            self._pool = self._made(seed)
        observations, infos = self._pool.reset(options=options)
        if mask is None:
            return observations, infos
        rows = np.flatnonzero(mask)
        infos = {**_spread(infos, rows, self.num_envs), **{f"_{key}": mask for key in infos}}
        return _spread(observations, rows, self.num_envs), infos

    def _check_seed(self, seed: Any, mask: Any) -> None:
        if mask is not None:
            raise UnsupportedError(
                "EnvPool seeds its environments when it is made: seeds are given for all of them, without a mask"
            )
        seeds = [seed, seed + self.num_envs - 1] if isinstance(seed, int) else list(seed)
        for each in seeds:
            if each is None or not 0 <= each < _SEEDS:
                what = "none" if each is None else str(each)
                raise UnsupportedError(
                    f"EnvPool's seeds are from 0 to {_SEEDS - 1}, and every environment has one; here is {what}"
                )

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Step all environments; one whose episode has ended begins a new one."""
        pool = self._pool
        if self._action_dtype is None:
            return pool.step(actions)  # type: ignore[no-any-return]
        # What pool.step does, which finds out anew each time what it is to send.
        actions = np.asarray(actions, self._action_dtype, order="C")
        if actions.shape != self._action_shape:  # EnvPool itself would end the process
            raise ValueError(
                f"actions have shape {actions.shape}; EnvPool's {self._id} takes {self._action_shape}"
            )
        pool._send([self._rows, self._rows, actions])
        return pool._to(pool._recv(), False, True)  # type: ignore[no-any-return]

    def render(self) -> tuple[Any, ...] | None:
        """Give a frame of each environment."""
        frames = self._pool.render(env_ids=self._rows)
        return None if frames is None else tuple(frames)

    def close_extras(self, **kwargs: Any) -> None:  # noqa: ARG002  # the base class has them
        """End EnvPool's threads."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def __repr__(self) -> str:
        return f"EnvPool({shown(self._id)}, num_envs={self.num_envs})"


def _spread(part: Any, rows: np.ndarray[Any, Any], count: int) -> Any:
    """Arrays of all environments from those of some."""
    if isinstance(part, Mapping):
        return {key: _spread(value, rows, count) for key, value in part.items()}
    if isinstance(part, tuple):
        return tuple(_spread(value, rows, count) for value in part)
    whole = np.zeros((count, *part.shape[1:]), part.dtype)
    whole[rows] = part
    return whole
