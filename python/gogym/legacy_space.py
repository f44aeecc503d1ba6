"""Spaces of the old gym, and of classes that only look like Gymnasium's, as Gymnasium's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from gymnasium import error, spaces

from gogym.space import class_name


def convert_space(space: Any, what: str) -> spaces.Space[Any]:
    """Give Gymnasium's space for a space of another package; `what` names it in errors.

    The class's name decides, or that of a base class; where no name is known, the attributes do.
    """
    if isinstance(space, spaces.Space):
        return space
    classes = (cls for cls in type(space).__mro__ if cls.__module__ not in ("collections.abc", "typing"))
    kind = next((cls.__name__ for cls in classes if cls.__name__ in _CONVERTERS), None)
    kind = kind or _kind_by_attributes(space)
    if kind is None:
        raise error.CustomSpaceError(
            f"{what} is of class {class_name(type(space))}, which is no space of Gymnasium and has not the attributes "
            "of one (low and high, n, nvec, or spaces); use one of gymnasium.spaces"
        )
    try:
        return _CONVERTERS[kind](space, what)
    except (AttributeError, AssertionError, OverflowError, TypeError, ValueError) as cause:
        raise error.CustomSpaceError(
            f"{what}, of class {class_name(type(space))}, cannot be made a gymnasium.spaces.{kind}: {cause}"
        ) from cause


def _kind_by_attributes(space: Any) -> str | None:
    if hasattr(space, "nvec"):
        return "MultiDiscrete"
    if hasattr(space, "low") and hasattr(space, "high"):
        return "Box"
    children = getattr(space, "spaces", None)
    if isinstance(children, (Mapping, list, tuple)):
        return "Dict" if isinstance(children, Mapping) else "Tuple"
    if isinstance(getattr(space, "n", None), (int, np.integer)):
        return "MultiBinary" if getattr(space, "shape", None) else "Discrete"
    return None


def _box(space: Any, what: str) -> spaces.Space[Any]:  # noqa: ARG001
    low, high = space.low, space.high
    shape = getattr(space, "shape", None)
    dtype = np.dtype(getattr(space, "dtype", None) or np.float32)
    if shape is not None:
        low, high = (np.broadcast_to(bound, tuple(shape)).copy() for bound in (low, high))
        if dtype.kind == "f":  # Gymnasium warns of bounds in a wider dtype than the space's own
            low, high = low.astype(dtype), high.astype(dtype)
    return spaces.Box(low, high, shape, dtype=dtype.type)


def _discrete(space: Any, what: str) -> spaces.Space[Any]:  # noqa: ARG001
    return spaces.Discrete(int(space.n), start=int(getattr(space, "start", 0)))


def _multi_discrete(space: Any, what: str) -> spaces.Space[Any]:  # noqa: ARG001
    dtype = np.dtype(getattr(space, "dtype", None) or np.int64)
    return spaces.MultiDiscrete(
        np.array(space.nvec, dtype=np.int64), dtype=dtype.type, start=getattr(space, "start", None)
    )


def _multi_binary(space: Any, what: str) -> spaces.Space[Any]:  # noqa: ARG001
    n = space.n
    return spaces.MultiBinary(int(n) if isinstance(n, (int, np.integer)) else [int(length) for length in n])


def _tuple(space: Any, what: str) -> spaces.Space[Any]:
    return spaces.Tuple([convert_space(child, f"{what}[{i}]") for i, child in enumerate(space.spaces)])


def _dict(space: Any, what: str) -> spaces.Space[Any]:
    # Pairs keep their order, where Gymnasium would sort a plain dict's keys.
    return spaces.Dict(
        [(key, convert_space(child, f"{what}[{key!r}]")) for key, child in space.spaces.items()]
    )


def _text(space: Any, what: str) -> spaces.Space[Any]:  # noqa: ARG001
    characters = space.character_list if hasattr(space, "character_list") else space.charset
    return spaces.Text(
        int(space.max_length), min_length=int(getattr(space, "min_length", 1)), charset="".join(characters)
    )


def _sequence(space: Any, what: str) -> spaces.Space[Any]:
    return spaces.Sequence(
        convert_space(space.feature_space, f"the elements of {what}"),
        stack=bool(getattr(space, "stack", False)),
    )


def _graph(space: Any, what: str) -> spaces.Space[Any]:
    edges = space.edge_space
    return spaces.Graph(
        convert_space(space.node_space, f"the nodes of {what}"),
        None if edges is None else convert_space(edges, f"the edges of {what}"),
    )


_CONVERTERS: dict[str, Callable[[Any, str], spaces.Space[Any]]] = {
    "Box": _box,
    "Discrete": _discrete,
    "MultiDiscrete": _multi_discrete,
    "MultiBinary": _multi_binary,
    "Tuple": _tuple,
    "Dict": _dict,
    "Text": _text,
    "Sequence": _sequence,
    "Graph": _graph,
}
