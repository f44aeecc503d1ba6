"""Vector wrappers by name: the option "vector_wrappers", put around a vector environment of Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gymnasium
from gymnasium import wrappers as single_wrappers
from gymnasium.vector import VectorEnv
from gymnasium.wrappers import vector as stock

from gogym.errors import WrapperError
from gogym.options import json_text
from gogym.wrappers import NAMES as SINGLE_NAMES
from gogym.wrappers import Layer, find_place, find_stock, offer, one_line

AnyVectorEnv = VectorEnv[Any, Any, Any]

NAMES: tuple[str, ...] = tuple(stock.__all__)
"""The wrappers of Gymnasium for vector environments."""

_TRANSFORMS: dict[str, type[Any]] = {
    "VectorizeTransformObservation": single_wrappers.TransformObservation,
    "VectorizeTransformAction": single_wrappers.TransformAction,
    "VectorizeTransformReward": single_wrappers.TransformReward,
}
"""Those that make a vector wrapper of one for single environments, and what that must be."""


def apply(env: AnyVectorEnv, wrappers: Sequence[Mapping[str, Any]]) -> AnyVectorEnv:
    """Put wrappers around a vector environment, the first one innermost.

    Each has a "name", one of :data:`NAMES`, ``module:Class`` or ``path/to/file.py:Class``; the other members are
    arguments of its constructor, as :func:`gogym.options.parse_json` gives them. The argument "wrapper" of those that
    vectorize a wrapper for single environments is that one's name, and the arguments beside it are its own.

    Raises:
        WrapperError: A wrapper is unknown, does not fit the environment, or not its arguments.
        CallbackError: A callback is of another kind than its argument wants.
        ImportError: A user's module, or what it imports, is missing.
        gymnasium.error.Error: As the wrapper's constructor raises it; DependencyNotInstalled names the extra.
    """
    layers = [_layer(dict(wrapper)) for wrapper in wrappers]
    for layer in layers:
        env = layer.around(env)
    return env


class _VectorLayer(Layer):
    """A vector wrapper to be made."""

    @staticmethod
    def find(name: str) -> Callable[..., Any]:
        """The class of a vector wrapper, or the function that makes it."""
        name = name.removeprefix("gymnasium.wrappers.vector:")
        if ":" in name:
            create = find_place(name)
            if isinstance(create, type) and issubclass(create, gymnasium.Wrapper):
                raise WrapperError(_for_single(name))
            return create
        name = name.removeprefix("vector.")
        if name in NAMES:
            return find_stock(stock, name)
        if name in SINGLE_NAMES:
            raise WrapperError(_for_single(name))
        raise WrapperError(f"there is no vector wrapper {name!r}. {offer(name, NAMES)}")

    def check(self, made: Any, env: Any) -> None:
        """Raise WrapperError where what was made is no wrapper around the vector environment."""
        if not isinstance(made, VectorEnv) or made.unwrapped is not env.unwrapped:
            raise WrapperError(
                f"{self.name} is no vector wrapper: it made {one_line(made)}, which is no gymnasium.vector.VectorEnv "
                "around the one that it was given; a vector wrapper is a subclass of gymnasium.vector.VectorWrapper"
            )


class _TransformLayer(_VectorLayer):
    """A vector wrapper that is made of a wrapper for single environments."""

    def __init__(self, described: dict[str, Any]) -> None:
        self._base = _TRANSFORMS[described["name"]]
        wanted = described.pop("wrapper", None)
        self._inner_name = wanted
        super().__init__(described)

    def check_arguments(self) -> None:
        """Raise WrapperError where it names no wrapper, or where an argument of that one is unknown or missing."""
        name = self._inner_name
        kinds = ", ".join(
            name for name in SINGLE_NAMES if _is_kind_of(vars(single_wrappers).get(name), self._base)
        )
        wanted = f"one that transforms: {kinds}, or a subclass of yours of {self._base.__name__}"
        if not isinstance(name, str):
            raise WrapperError(
                f'wrapper {self.name} needs the argument "wrapper", the name of a wrapper for single environments, '
                f"{wanted}; not {json_text(name)}"
            )
        self._inner = Layer({"name": name, **self.arguments})
        if not _is_kind_of(self._inner.create, self._base):
            raise WrapperError(f'wrapper {self.name}: its "wrapper" is {name}; it takes {wanted}')

    def make(self, env: Any) -> Any:
        """Call its constructor, which calls the other one's with an environment that has the single spaces."""
        return self.create(env, wrapper=self._inner.make)


def _layer(described: dict[str, Any]) -> _VectorLayer:
    name = described["name"].removeprefix("gymnasium.wrappers.vector:").removeprefix("vector.")
    if name in _TRANSFORMS:
        return _TransformLayer({**described, "name": name})
    return _VectorLayer(described)


def _is_kind_of(create: Any, base: type[Any]) -> bool:
    return isinstance(create, type) and issubclass(create, base)


def _for_single(name: str) -> str:
    return (
        f"{name} is a wrapper for single environments, and this is a vector environment; those of its environments "
        'stand in the option "wrappers"'
    )
