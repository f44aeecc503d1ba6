"""How a Gymnasium space lies in a buffer: the one description that every other part draws from.

Two layouts are described side by side.

float64
    One double per element. Box, MultiDiscrete and MultiBinary in C order; Discrete is one element that holds
    the value itself; Text is ``max_length`` character indices, padded with ``len(charset)``; Tuple and Dict are
    their children one after another; OneOf is the index, the chosen child, and zeros up to the largest child.
native
    Each leaf in its own dtype and C order, aligned to its item size. Text is int32 indices, OneOf's index int64;
    the alternatives of a OneOf share one place.

Sequence, Graph, custom spaces and whatever contains one have no fixed size.
"""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import numpy as np
from gymnasium import spaces

DYNAMIC = -1
"""The size, offset, nbytes and byte_offset of what has no fixed place."""

MAX_DIMENSIONS = 64
"""The dimensions that a NumPy array can have."""

ARRAY_DTYPES = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 longdouble complex64 complex128".split()
)
"""The names of the dtypes that an array of a gym_value can have."""

_MAX_SIZE = sys.maxsize // 16

_TEXT_DTYPE = np.dtype(np.int32)
_INDEX_DTYPE = np.dtype(np.int64)

# Subclasses count as their base: a Box with extra methods is laid out as a Box.
_TYPES: tuple[tuple[str, type], ...] = (
    ("Box", spaces.Box),
    ("Discrete", spaces.Discrete),
    ("MultiDiscrete", spaces.MultiDiscrete),
    ("MultiBinary", spaces.MultiBinary),
    ("Text", spaces.Text),
    ("Tuple", spaces.Tuple),
    ("Dict", spaces.Dict),
    ("OneOf", spaces.OneOf),
    ("Sequence", spaces.Sequence),
    ("Graph", spaces.Graph),
)


def describe(space: Any) -> dict[str, Any]:
    """Describe a space as a tree of plain dicts, one a space, with its place in both layouts.

    Every node has ``type, dtype, shape, size, offset`` (float64 elements), ``nbytes, byte_offset`` (native
    layout) and ``flatdim, flat_dtype`` (Gymnasium's flatten), and its own fields. ``gym_observation_space`` in
    ``gogym.h`` lists them.
    """
    node = _node(space)
    _place(node, 0, 0, fixed=node["size"] != DYNAMIC)
    return node


def space_type(space: Any) -> str:
    """Name the Gymnasium class that a space is laid out as; "other" for a class that nobody knows."""
    return next((name for name, cls in _TYPES if isinstance(space, cls)), "other")


def class_name(cls: type) -> str:
    """Name a class as Python's tracebacks do: with its module, unless that is builtins."""
    try:
        module, name = str.__str__(cls.__module__), str.__str__(cls.__qualname__)
    except BaseException:  # noqa: BLE001  # a metaclass may do anything
        return "(a class that does not tell its name)"
    return name if module == "builtins" else f"{module}.{name}"


def dtype_name(dtype: np.dtype[Any]) -> str:
    """Name a dtype as NumPy does, but for the platform's long double, whose NumPy name differs by platform."""
    return "longdouble" if dtype.type is np.longdouble and dtype.itemsize > 8 else dtype.name


def safe_repr(value: Any) -> str:
    """Give ``repr(value)``, whatever that does: a foreign class may fail in any way."""
    try:
        return str.__str__(repr(value))  # exactly a str, where a subclass comes back
    except BaseException as error:  # noqa: BLE001
        return f"<{class_name(type(value))}, whose repr raised {class_name(type(error))}>"


def shown(value: Any, limit: int = 200) -> str:
    """Give a value's repr for messages: short, and never failing."""
    text = safe_repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def key_text(key: Any) -> str:
    """Write a dict's key in a path: text in double quotes, anything else as its repr."""
    if isinstance(key, str):
        return json.dumps(key, ensure_ascii=False)
    return shown(key, 60)


def _node(space: Any) -> dict[str, Any]:
    kind = space_type(space)
    node: dict[str, Any] = {
        "type": kind,
        "dtype": None,
        "shape": None,
        "size": DYNAMIC,
        "offset": DYNAMIC,
        "nbytes": DYNAMIC,
        "byte_offset": DYNAMIC,
        "flatdim": DYNAMIC,
        "flat_dtype": None,
    }
    if kind in ("Box", "Discrete", "MultiDiscrete", "MultiBinary"):
        dtype = np.dtype(space.dtype)
        # Gymnasium's own Discrete has no dimensions; a subclass that says otherwise still has one number.
        shape = () if kind == "Discrete" else tuple(int(n) for n in space.shape)
        node.update(dtype=dtype_name(dtype), shape=shape)
        if len(shape) <= MAX_DIMENSIONS and min(shape, default=0) >= 0:
            _set_leaf(node, math.prod(shape), dtype)
    if kind == "Box":
        node.update(low=space.low, high=space.high)
        if dtype.kind == "i" and not (np.all(space.bounded_below) and np.all(space.bounded_above)):
            # Integers have no infinity to say it with.
            node.update(bounded_below=space.bounded_below, bounded_above=space.bounded_above)
    elif kind == "Discrete":
        node.update(n=int(space.n), start=int(space.start))
        _set_flatdim(node, int(space.n))
    elif kind == "MultiDiscrete":
        node.update(nvec=space.nvec, start=space.start)
        _set_flatdim(node, sum(int(n) for n in np.asarray(space.nvec).flat))
    elif kind == "MultiBinary":
        node.update(n=space.n)
    elif kind == "Text":
        node.update(dtype=_TEXT_DTYPE.name, shape=(int(space.max_length),))
        _set_leaf(node, int(space.max_length), _TEXT_DTYPE)
        node.update(
            charset="".join(space.character_list),
            min_length=int(space.min_length),
            max_length=int(space.max_length),
        )
    elif kind in ("Tuple", "Dict", "OneOf"):
        _describe_children(node, space)
    elif kind == "Sequence":
        node.update(space=_node(space.feature_space), stack=bool(space.stack))
    elif kind == "Graph":
        edge = space.edge_space
        node.update(node_space=_node(space.node_space), edge_space=None if edge is None else _node(edge))
    elif kind == "other":
        node.update({"class": class_name(type(space)), "repr": safe_repr(space)})
    return node


def _set_leaf(node: dict[str, Any], size: int, dtype: np.dtype[Any]) -> None:
    # What no memory can hold has no layout: MultiBinary((2**40, 2**40)) is a legal space.
    if 0 <= size <= _MAX_SIZE:
        node.update(size=size, nbytes=size * dtype.itemsize, flatdim=size, flat_dtype=dtype_name(dtype))


def _set_flatdim(node: dict[str, Any], flatdim: int) -> None:
    # One-hot numbers take more room than the number itself, which may be too much: Discrete(2**62).
    if flatdim > _MAX_SIZE or node["size"] == DYNAMIC:
        node.update(flatdim=DYNAMIC, flat_dtype=None)
    else:
        node["flatdim"] = flatdim


def _describe_children(node: dict[str, Any], space: Any) -> None:
    if node["type"] == "Dict":
        node["keys"] = list(space.spaces.keys())
        children = list(space.spaces.values())
    else:
        children = list(space.spaces)
    node["spaces"] = [_node(child) for child in children]
    sizes = [child["size"] for child in node["spaces"]]
    if DYNAMIC not in sizes:
        node["size"] = 1 + max(sizes, default=0) if node["type"] == "OneOf" else sum(sizes)
    _describe_flat(node)


def _has_leaf(node: dict[str, Any]) -> bool:
    return "spaces" not in node or node["type"] == "OneOf" or any(map(_has_leaf, node["spaces"]))


def _describe_flat(node: dict[str, Any]) -> None:
    """Give a node with children what gymnasium.spaces.utils.flatten makes of its elements."""
    children = node["spaces"]
    dims = [child["flatdim"] for child in children]
    if node["size"] == DYNAMIC or DYNAMIC in dims:
        return
    is_one_of = node["type"] == "OneOf"
    flatdim = 1 + max(dims, default=0) if is_one_of else sum(dims)
    if flatdim > _MAX_SIZE:
        return
    # A Tuple or Dict with nothing in it adds nothing to the dtype either; a leaf does, even with no elements.
    dtypes = [np.dtype(child["flat_dtype"]) for child in children if _has_leaf(child)]
    dtype = np.result_type(*dtypes) if dtypes else np.dtype(np.float64)
    if is_one_of:
        # The index must fit too: Gymnasium widens the dtype for it.
        last = len(children) - 1
        if (dtype.kind == "b" and last > 1) or (dtype.kind in "iu" and last > np.iinfo(dtype).max):
            dtype = np.result_type(dtype, np.min_scalar_type(last))
    node.update(flatdim=flatdim, flat_dtype=dtype_name(dtype))


def _align(offset: int, itemsize: int) -> int:
    return -(-offset // itemsize) * itemsize


def _place(node: dict[str, Any], offset: int, cursor: int, *, fixed: bool) -> int:
    """Give a node and its children their offsets; return the native cursor behind the node."""
    if not fixed:
        for child in node.get("spaces", ()):
            _place(child, DYNAMIC, DYNAMIC, fixed=False)
        if "spaces" in node:
            node["nbytes"] = DYNAMIC
        return DYNAMIC
    node["offset"] = offset
    if "spaces" not in node:
        itemsize = np.dtype(node["dtype"]).itemsize
        node["byte_offset"] = _align(cursor, itemsize)
        return int(node["byte_offset"] + node["nbytes"])
    if node["type"] == "OneOf":
        start = _align(cursor, _INDEX_DTYPE.itemsize)
        begin = start + _INDEX_DTYPE.itemsize
        end = max((_place(child, offset + 1, begin, fixed=True) for child in node["spaces"]), default=begin)
    else:
        end = cursor
        for child in node["spaces"]:
            end = _place(child, offset, end, fixed=True)
            offset += child["size"]
        start = node["spaces"][0]["byte_offset"] if node["spaces"] else cursor
    node.update(byte_offset=start, nbytes=end - start)
    return int(end)
