"""How an environment was made, as text; and what two environments made in the same way must not share."""

from __future__ import annotations

import copy
import functools
import hashlib
import weakref
from collections.abc import Iterator, Sequence
from types import BuiltinFunctionType, FunctionType
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from gogym.state_place import class_spaces, described

# ------------------------------------------------------------------------------------------- arguments


_LARGEST_ARRAY = 64
"""Elements: NumPy leaves some out of the text of larger ones."""

_NAMED = (type, FunctionType, BuiltinFunctionType)

_known: dict[int, tuple[weakref.ref[Any], dict[str, str]]] = {}
"""Of layers, by their id: what `arguments` has found out. An environment may change what it was given as it goes."""


def arguments(layer: Any) -> dict[str, str]:
    """The arguments that a layer was made with, so far as it says; those of the environment itself by its spec.

    Returns:
        Names and texts, which are the same for equal arguments. Always those of the first call.
    """
    number = id(layer)
    known = _known.get(number)
    if known is not None and known[0]() is layer:
        return known[1]
    found = {name: shown(value) for name, value in _given(layer)}
    try:
        _known[number] = (weakref.ref(layer, lambda _: _known.pop(number, None)), found)
    except TypeError:  # old environments with slots
        return found
    return found


def take_over(layers: Sequence[Any], originals: Sequence[Any]) -> None:
    """Have copies tell the same arguments as what they are copies of."""
    for layer, original in zip(layers, originals, strict=False):
        arguments(layer).update(arguments(original))


def _given(layer: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(layer, gymnasium.Wrapper):
        for name, value in vars(layer).get("_saved_kwargs", {}).items():
            if name != "env":
                yield name, value
        return
    spec = getattr(layer, "spec", None)
    if isinstance(spec, gymnasium.envs.registration.EnvSpec):
        yield from spec.kwargs.items()
        yield "max_episode_steps", spec.max_episode_steps


def shown(value: Any) -> str:
    """A value as text, which is the same for equal ones: without addresses, and with all that arrays contain."""
    if isinstance(value, np.ndarray) and value.size > _LARGEST_ARRAY and not value.dtype.hasobject:
        digest = hashlib.blake2b(value.tobytes(), digest_size=8).hexdigest()
        return f"array({value.dtype}, {value.shape}, {digest})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{shown(key)}: {shown(item)}' for key, item in value.items())}}}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(shown, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, (set, frozenset)):
        return f"{{{', '.join(sorted(map(shown, value)))}}}"
    if isinstance(value, _NAMED):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, functools.partial):
        return f"partial({shown(value.func)}, {shown(value.args)}, {shown(value.keywords)})"
    if isinstance(value, gymnasium.Env):
        return f"{type(value).__module__}.{type(value).__qualname__}"
    try:
        return described(value)
    except Exception:  # noqa: BLE001  # foreign code
        return f"{type(value).__module__}.{type(value).__qualname__}"


# ------------------------------------------------------------------------------------------- spaces


def make_generators(layers: Sequence[Any]) -> None:
    """Have the random generators be there that would otherwise come, with seeds of nobody's choice, with the first draw.

    They are those of the environment and of its spaces.
    """
    seen: set[int] = set()
    for layer in layers:
        for space in (*vars(layer).values(), *class_spaces(layer).values()):
            if isinstance(space, gymnasium.Space):
                _make_generator(space, seen)
        is_usual = getattr(type(layer), "np_random", None) is gymnasium.Env.np_random
        if is_usual and getattr(layer, "_np_random", layer) is None:
            layer.np_random  # noqa: B018  # makes it


def _make_generator(space: gymnasium.Space[Any], seen: set[int]) -> None:
    if id(space) in seen:
        return
    seen.add(id(space))
    # Those of Dict and Tuple are used for nothing but to seed what they consist of, which may have been seeded already.
    if not isinstance(space, (spaces.Dict, spaces.Tuple)) and vars(space).get("_np_random", space) is None:
        space.np_random  # noqa: B018  # makes it
    for part in vars(space).values():
        parts = (
            part.values() if isinstance(part, dict) else part if isinstance(part, (list, tuple)) else (part,)
        )
        for inner in parts:
            if isinstance(inner, gymnasium.Space):
                _make_generator(inner, seen)


def separate_spaces(layers: Sequence[Any], originals: Sequence[Any]) -> None:
    """Give layers spaces of their own in place of those that they share with their class or the originals.

    Whoever seeds or samples a space also does it for all that have the same one.
    """
    shared = {
        id(space)
        for original in originals
        for space in (*vars(original).values(), *class_spaces(original).values())
        if isinstance(space, gymnasium.Space)
    }
    memo: dict[int, Any] = {}
    for layer in layers:
        held = {name: space for name, space in vars(layer).items() if id(space) in shared}
        held.update(class_spaces(layer))
        for name, space in held.items():
            vars(layer)[name] = copy.deepcopy(space, memo)
