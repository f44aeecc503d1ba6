"""Wrappers as users write them: with and without annotations, with arguments of every kind, and bad ones."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, Optional, SupportsFloat, Union

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.core import ActType, ObsType
from gymnasium.wrappers import TransformObservation

if TYPE_CHECKING:
    from nowhere import Unknown


class Keeps(gymnasium.Wrapper):
    """Keeps its arguments in `kept`, by name."""

    def __init__(self, env, **kept):
        super().__init__(env)
        self.kept = kept


class Typed(Keeps):
    """Takes one argument of each kind, all of which may be left out."""

    def __init__(
        self,
        env: gymnasium.Env[ObsType, ActType],
        *,
        whole: int = 0,
        real: float = 0.0,
        flag: bool = False,
        text: str = "",
        pair: tuple[int, float] = (0, 0.0),
        many: tuple[int, ...] = (),
        either: Union[int, tuple[int, int]] = 0,  # noqa: UP007
        maybe: Optional[float] = 1.0,  # noqa: UP045
        names: Sequence[str] = (),
        unique: frozenset[int] = frozenset(),
        nested: list[tuple[str, int]] = [],  # noqa: B006
        table: Mapping[str, tuple[int, int]] = {},
        array: np.ndarray = np.zeros(0),  # noqa: B008
        floats: npt.NDArray[np.float32] = np.zeros(0),  # noqa: B008
        number: np.floating | np.ndarray = np.float64(0),  # noqa: B008
        dtype: np.dtype | None = None,
        scalar_type: type[np.generic] | None = None,
        space: gymnasium.Space | None = None,
        box: spaces.Box | None = None,
        module: ModuleType | None = None,
        folder: Path | None = None,
        choice: Literal["a", "b", 3] = "a",
        observation: ObsType | None = None,
        action: ActType | None = None,
        anything: Any = None,
        unknown: Unknown | int = 0,
        reward_function: Callable[[float], float] | None = None,
        reward_like: Callable[[SupportsFloat], SupportsFloat] | None = None,
        trigger: Callable[[int], bool] | None = None,
        on_observation: Callable[[ObsType], ObsType] | None = None,
        on_action: Callable[[ActType], ActType] | None = None,
        some_function: Callable[..., Any] | None = None,
    ):
        given = locals()
        super().__init__(
            env, **{name: given[name] for name in given if name not in {"self", "env", "__class__"}}
        )


class Bare(Keeps):
    """Without annotations; the defaults tell what is meant."""

    def __init__(self, env, size=(84, 84), low=np.zeros(2, np.float32), other=None):  # noqa: B008
        super().__init__(env, size=size, low=low, other=other)


class Positional(Keeps):
    def __init__(self, inner: gymnasium.Env, first: tuple[int, int], /, second: int = 2):
        super().__init__(inner, first=first, second=second)


class Shifted(TransformObservation):
    """Adds a number to observations, in a space of its own."""

    def __init__(self, env: gymnasium.Env, shift: float):
        super().__init__(env, lambda x: x + np.float32(shift), None)


class Halved(gymnasium.RewardWrapper):
    """Halves rewards with a function, or by itself."""

    def __init__(self, env, func=None):
        super().__init__(env)
        self.func = func

    def reward(self, reward):
        return float(reward) / 2


def make_twice(env, limits: tuple[int, int]):
    """Two wrappers at once."""
    return gymnasium.wrappers.TimeLimit(gymnasium.wrappers.TimeLimit(env, limits[0]), limits[1])


def make_nothing(env):  # noqa: ARG001
    """Gives no environment."""
    return 3


def make_another(env):  # noqa: ARG001
    """Gives an environment that has nothing to do with the first."""
    return gymnasium.make("CartPole-v1")


class Asserts(gymnasium.Wrapper):
    """Wants an environment that it does not explain."""

    def __init__(self, env):
        super().__init__(env)
        count = getattr(env.action_space, "n", None)
        assert count in (
            5,
            7,
        )


class Fails(gymnasium.Wrapper):
    """Raises what its argument names, after it has played in the environment."""

    def __init__(self, env, how="ValueError", played=False):
        super().__init__(env)
        if played:
            env.reset()
            env.step(env.action_space.sample())
        if how == "nothing":
            raise KeyError
        if how == "arguments":
            raise gymnasium.error.AlreadyPendingCallError("a call is pending", "step")
        if how == "gymnasium":
            raise gymnasium.error.InvalidAction("no such action")
        if how == "import":
            import gogym_test_is_not_there  # noqa: F401
        if how == "package":
            raise gymnasium.error.DependencyNotInstalled("it is not") from ModuleNotFoundError(
                "No module named 'moviepy'", name="moviepy"
            )
        raise getattr(builtins, how)("it does not like it")


class Outer:
    class Inner(Keeps):
        """A class in a class."""


NOT_CALLABLE = 3
