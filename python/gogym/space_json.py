"""Spaces and the arguments of their methods from JSON: see gym_space_make in ``gogym.h``."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces

from gogym.options import SpaceError, parse_object
from gogym.space import key_text, safe_repr, space_type

# What a space's value tells beside what makes it: taken, and not looked at.
_DERIVED = frozenset("type size offset nbytes byte_offset flatdim flat_dtype".split())


_INFINITIES = ("inf", "-inf")  # as gym_value_to_json writes them


def parse_space(text: str) -> spaces.Space[Any]:
    """Make a Gymnasium space from its description, a JSON object."""
    return space_of(parse_object(text, "description of a space"), "space")


def parse_sample_options(space: Any, text: str) -> dict[str, Any]:
    """Parse the keyword arguments of ``space.sample``; masks become the arrays that the space wants."""
    options = parse_object(text, "options of gym_space_sample")
    for name, dtype in (("mask", np.dtype(np.int8)), ("probability", np.dtype(np.float64))):
        if options.get(name) is not None:
            options[name] = _mask(space, options[name], dtype)
    return options


def _fail(where: str, text: str) -> SpaceError:
    return SpaceError(f"{where}: {text}")


def space_of(node: Any, where: str) -> spaces.Space[Any]:
    """Make a space from a parsed description: see :func:`parse_space`."""
    if not isinstance(node, dict):
        raise _fail(
            where, f'a space is a JSON object such as {{"type": "Discrete", "n": 2}}, not {safe_repr(node)}'
        )
    kind = node.get("type")
    build = _BUILDERS.get(kind) if isinstance(kind, str) else None
    if build is None:
        raise _fail(where, f'"type" is {safe_repr(kind)}; it is one of {", ".join(_BUILDERS)}')
    known = _FIELDS[str(kind)]
    unknown = [key for key in node if key not in known and key not in _DERIVED]
    if unknown:
        raise _fail(where, f"a {kind} has no field {unknown[0]!r} (its fields: {', '.join(sorted(known))})")
    try:
        return build(node, where)
    except SpaceError:
        raise
    except Exception as error:  # noqa: BLE001  # Gymnasium's constructors say in their own words what they do not take
        raise _fail(where, f"{kind}: {str(error) or type(error).__name__}") from None


def _dtype(node: dict[str, Any], where: str, default: type[Any]) -> np.dtype[Any]:
    name = node.get("dtype")
    if name is None:
        return np.dtype(default)
    try:
        return np.dtype("longdouble" if name == "longdouble" else str(name))
    except TypeError:
        raise _fail(
            where, f'"dtype" is {safe_repr(name)}; it is a name such as "float32" or "uint8"'
        ) from None


def _needed(node: dict[str, Any], name: str, where: str) -> Any:
    if name not in node:
        raise _fail(where, f'a {node["type"]} needs the field "{name}"')
    return node[name]


def _integer(value: Any, name: str, where: str) -> int:
    if isinstance(value, str) and value.removeprefix("-").isdigit():
        return int(value)  # gym_value_to_json writes integers beyond 64 bits so
    if isinstance(value, bool) or not (
        isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    ):
        raise _fail(where, f'"{name}" is {safe_repr(value)}; it is a whole number')
    return int(value)


def _bound(value: Any, unbounded: float, dtype: np.dtype[Any], where: str) -> Any:
    """A bound as Box takes it: a number, or an array; exact, and with infinities where there is none."""
    if value is None:
        return unbounded
    if isinstance(value, np.ndarray):
        return value if value.dtype == dtype else value.astype(np.result_type(value.dtype, np.float16))
    if not isinstance(value, list):
        if isinstance(value, str) and value in _INFINITIES:
            return float(value)
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, float) and value.is_integer() and dtype.kind in "iub":
            return int(value)
        return value
    items = np.array(_filled(value, unbounded), dtype=object)
    if any(isinstance(item, list) for item in items.flat):
        raise _fail(where, f"bounds are nested lists of one length, not {safe_repr(value)}")
    if any(not isinstance(item, (int, float)) for item in items.flat):
        raise _fail(where, f"bounds are numbers or null, not {safe_repr(value)}")
    if dtype.kind == "i" and any(not np.isfinite(item) for item in items.flat if isinstance(item, float)):
        return items
    if dtype.kind == "f" or any(not np.isfinite(item) for item in items.flat if isinstance(item, float)):
        # As wide as what is given, so that it is Gymnasium that judges what is too large for the dtype.
        return items.astype(dtype if _fits(items, dtype) else np.float64)
    if any(isinstance(item, float) and not item.is_integer() for item in items.flat):
        return items.astype(np.float64)
    return np.array([int(item) for item in items.flat], dtype=dtype).reshape(items.shape)


def _filled(value: Any, unbounded: float) -> Any:
    if isinstance(value, list):
        return [_filled(item, unbounded) for item in value]
    if isinstance(value, str) and value in _INFINITIES:
        return float(value)
    return unbounded if value is None else value


def _fits(items: Any, dtype: np.dtype[Any]) -> bool:
    if dtype.kind != "f":
        return False
    largest = float(np.finfo(dtype).max)
    return all(not np.isfinite(item) or abs(item) <= largest for item in items.flat)


def _box(node: dict[str, Any], where: str) -> spaces.Space[Any]:
    dtype = _dtype(node, where, np.float32)
    shape = node.get("shape")
    if shape is not None:
        if not isinstance(shape, (list, tuple)):
            raise _fail(where, f'"shape" is {safe_repr(shape)}; it is a list of whole numbers')
        shape = tuple(_integer(length, "shape", where) for length in shape)
    low = _bound(node.get("low"), -np.inf, dtype, where)
    high = _bound(node.get("high"), np.inf, dtype, where)
    low, high = (_scalar_or_shaped(bound, shape, dtype) for bound in (low, high))
    if dtype.kind != "i":
        return spaces.Box(low, high, shape=shape, dtype=dtype.type)
    # Gymnasium takes the bounds of integers that have none as float64, which would round the others.
    limits = np.iinfo(dtype)
    low, below = _integer_bound(low, -np.inf, limits.min, dtype)
    high, above = _integer_bound(high, np.inf, limits.max, dtype)
    box = spaces.Box(low, high, shape=shape, dtype=dtype.type)
    # asarray: arrays without dimensions become scalars on the way
    box.bounded_below = np.asarray(box.bounded_below & below & _flags(node, "bounded_below", box))
    box.bounded_above = np.asarray(box.bounded_above & above & _flags(node, "bounded_above", box))
    return box


def _integer_bound(bound: Any, unbounded: float, limit: int, dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """A bound of integers with the dtype's limit where there is none, and where there is one."""
    if not isinstance(bound, np.ndarray) or bound.dtype != object:
        return bound, True
    is_bounded = np.array([item != unbounded for item in bound.flat], dtype=bool).reshape(bound.shape)
    exact = [item if here else limit for item, here in zip(bound.flat, is_bounded.flat, strict=True)]
    array: Any = np.array(exact, dtype=object).reshape(bound.shape)
    whole = all(isinstance(item, int) or item.is_integer() for item in exact)
    if whole and all(np.iinfo(dtype).min <= item <= np.iinfo(dtype).max for item in exact):
        return np.array([int(item) for item in exact], dtype=dtype).reshape(bound.shape), is_bounded
    return array.astype(np.float64), is_bounded  # for Gymnasium to refuse


def _flags(node: dict[str, Any], name: str, box: spaces.Box[Any]) -> Any:
    """Which bounds a Box of integers has: see gogym.space.describe."""
    flags = node.get(name)
    return True if flags is None else np.array(flags, dtype=bool).reshape(box.shape)


def _scalar_or_shaped(bound: Any, shape: Any, dtype: np.dtype[Any]) -> Any:
    """A list without elements says nothing of its other dimensions: [] may be of shape (0, 3)."""
    if isinstance(bound, np.ndarray) and bound.size == 0 and shape is not None and 0 in shape:
        return np.zeros(shape, dtype)
    return bound


def _discrete(node: dict[str, Any], where: str) -> spaces.Space[Any]:
    dtype = _dtype(node, where, np.int64)
    n = _integer(_needed(node, "n", where), "n", where)
    start = _integer(node.get("start", 0), "start", where)
    return spaces.Discrete(n, start=start, dtype=dtype.type)


def _counts(value: Any, name: str, dtype: np.dtype[Any], where: str) -> Any:
    items = np.array(value.tolist() if isinstance(value, np.ndarray) else value, dtype=object)
    if any(isinstance(item, list) for item in items.flat):
        raise _fail(where, f'"{name}" is {safe_repr(value)}; it is nested lists of one length')
    whole = [_integer(item, name, where) for item in items.flat]
    return np.array(whole, dtype=dtype).reshape(items.shape)


def _multi_discrete(node: dict[str, Any], where: str) -> spaces.Space[Any]:
    dtype = _dtype(node, where, np.int64)
    nvec = _counts(_needed(node, "nvec", where), "nvec", dtype, where)
    start = None if node.get("start") is None else _counts(node["start"], "start", dtype, where)
    shape = node.get("shape")
    if nvec.size == 0 and isinstance(shape, (list, tuple)) and 0 in shape:  # as in a Box
        nvec = nvec.reshape(shape)
        start = None
    return spaces.MultiDiscrete(nvec, dtype=dtype.type, start=start)


def _multi_binary(node: dict[str, Any], where: str) -> spaces.Space[Any]:
    n = _needed(node, "n", where)
    if isinstance(n, (list, tuple, np.ndarray)):
        return spaces.MultiBinary([_integer(length, "n", where) for length in np.asarray(n).tolist()])
    return spaces.MultiBinary(_integer(n, "n", where))


def _text(node: dict[str, Any], where: str) -> spaces.Space[Any]:
    arguments: dict[str, Any] = {"min_length": _integer(node.get("min_length", 1), "min_length", where)}
    if node.get("charset") is not None:
        if not isinstance(node["charset"], str):
            raise _fail(where, f'"charset" is {safe_repr(node["charset"])}; it is a string')
        arguments["charset"] = node["charset"]
    return spaces.Text(_integer(_needed(node, "max_length", where), "max_length", where), **arguments)


def _children(node: dict[str, Any], where: str) -> list[spaces.Space[Any]]:
    children = _needed(node, "spaces", where)
    if not isinstance(children, (list, tuple)):
        raise _fail(where, f'"spaces" is {safe_repr(children)}; it is a list of spaces')
    return [space_of(child, f"{where}[{i}]") for i, child in enumerate(children)]


def _dict(node: dict[str, Any], where: str) -> spaces.Space[Any]:
    given = _needed(node, "spaces", where)
    if isinstance(given, dict):
        sort_keys = node.get("sort_keys", True)
        if not isinstance(sort_keys, bool):
            raise _fail(where, f'"sort_keys" is {safe_repr(sort_keys)}; it is true or false')
        named = {key: space_of(child, f"{where}[{key_text(key)}]") for key, child in given.items()}
        return spaces.Dict(named, sort_keys=sort_keys)
    if not isinstance(given, (list, tuple)):
        raise _fail(where, f'"spaces" is {safe_repr(given)}; it is an object, or a list of [name, space]')
    if "keys" in node:  # as in a space's value
        keys = node["keys"]
        if not isinstance(keys, (list, tuple)) or len(keys) != len(given):
            raise _fail(where, f'"keys" is {safe_repr(keys)}; it is a list of as many as there are spaces')
        pairs = list(zip(keys, given, strict=True))
    else:
        if any(not isinstance(pair, (list, tuple)) or len(pair) != 2 for pair in given):
            raise _fail(where, f'"spaces" is {safe_repr(given)}; it is an object, or a list of [name, space]')
        pairs = [(pair[0], pair[1]) for pair in given]
    ordered = OrderedDict((key, space_of(child, f"{where}[{key_text(key)}]")) for key, child in pairs)
    if len(ordered) != len(pairs):
        raise _fail(where, "a name stands twice")
    return spaces.Dict(ordered)


def _sequence(node: dict[str, Any], where: str) -> spaces.Space[Any]:
    stack = node.get("stack", False)
    if not isinstance(stack, bool):
        raise _fail(where, f'"stack" is {safe_repr(stack)}; it is true or false')
    return spaces.Sequence(space_of(_needed(node, "space", where), f"{where}.space"), stack=stack)


def _graph(node: dict[str, Any], where: str) -> spaces.Space[Any]:
    edge = node.get("edge_space")
    return spaces.Graph(
        space_of(_needed(node, "node_space", where), f"{where}.node_space"),
        None if edge is None else space_of(edge, f"{where}.edge_space"),
    )


_BUILDERS: dict[str, Callable[[dict[str, Any], str], spaces.Space[Any]]] = {
    "Box": _box,
    "Discrete": _discrete,
    "MultiDiscrete": _multi_discrete,
    "MultiBinary": _multi_binary,
    "Text": _text,
    "Tuple": lambda node, where: spaces.Tuple(_children(node, where)),
    "Dict": _dict,
    "OneOf": lambda node, where: spaces.OneOf(_children(node, where)),
    "Sequence": _sequence,
    "Graph": _graph,
}

_FIELDS: dict[str, frozenset[str]] = {
    "Box": frozenset("low high shape dtype bounded_below bounded_above".split()),
    "Discrete": frozenset("n start dtype shape".split()),
    "MultiDiscrete": frozenset("nvec start dtype shape".split()),
    "MultiBinary": frozenset("n dtype shape".split()),
    "Text": frozenset("max_length min_length charset dtype shape".split()),
    "Tuple": frozenset("spaces dtype shape".split()),
    "Dict": frozenset("spaces keys sort_keys dtype shape".split()),
    "OneOf": frozenset("spaces dtype shape".split()),
    "Sequence": frozenset("space stack dtype shape".split()),
    "Graph": frozenset("node_space edge_space dtype shape".split()),
}


# ---------------------------------------------------------------------------------------------------- masks


def _mask(space: Any, mask: Any, dtype: np.dtype[Any]) -> Any:
    """A mask in the form that a space's sample wants; what does not fit is left to Gymnasium's own words."""
    kind = space_type(space)
    if isinstance(mask, np.ndarray) or mask is None:
        return mask
    if kind in ("Tuple", "OneOf") and isinstance(mask, (list, tuple)):
        masks = tuple(_mask(child, part, dtype) for child, part in zip(space.spaces, mask, strict=False))
        return masks + tuple(mask[len(masks) :])
    if kind == "Dict" and isinstance(mask, dict):
        return {
            key: _mask(space.spaces[key], part, dtype) if key in space.spaces else part
            for key, part in mask.items()
        }
    if kind == "MultiDiscrete" and isinstance(mask, (list, tuple)):
        return _mask_tree(mask, np.asarray(space.nvec).ndim, dtype)
    if kind == "Text" and isinstance(mask, (list, tuple)) and len(mask) == 2:
        return mask[0], _numbers(mask[1], dtype)
    if kind == "Sequence" and isinstance(mask, (list, tuple)) and len(mask) == 2:
        length = _numbers(mask[0], np.dtype(np.int64)) if isinstance(mask[0], list) else mask[0]
        return length, _mask(space.feature_space, mask[1], dtype)
    if kind == "Graph" and isinstance(mask, (list, tuple)) and len(mask) == 2:
        return tuple(
            None if part is None else _batched_mask(child, part, dtype)
            for child, part in zip((space.node_space, space.edge_space), mask, strict=True)
        )
    if kind in ("Discrete", "MultiBinary") and isinstance(mask, (list, tuple)):
        return _numbers(mask, dtype)
    if kind == "MultiBinary" and isinstance(mask, (int, float)) and space.shape == ():
        return _numbers(mask, dtype)
    return mask


def _batched_mask(space: Any, mask: Any, dtype: np.dtype[Any]) -> Any:
    """A Graph's mask is for the batch of all nodes; for edges it may be that of one, which Gymnasium repeats."""
    is_nested = isinstance(mask, (list, tuple)) and any(isinstance(part, (list, tuple)) for part in mask)
    if space_type(space) == "Discrete" and is_nested:
        return tuple(_numbers(part, dtype) for part in mask)
    return _mask(space, mask, dtype)


def _mask_tree(mask: Any, depth: int, dtype: np.dtype[Any]) -> Any:
    if depth == 0:
        return _numbers(mask, dtype)
    return (
        tuple(_mask_tree(part, depth - 1, dtype) for part in mask)
        if isinstance(mask, (list, tuple))
        else mask
    )


def _numbers(value: Any, dtype: np.dtype[Any]) -> Any:
    """An array of a dtype, if nothing is lost by that; else what was given, for Gymnasium to refuse."""
    if not isinstance(value, (list, tuple, int, float)):
        return value
    try:
        array = np.array(value)
    except ValueError:
        return value
    if array.size == 0:
        return array.astype(dtype)
    if array.dtype.kind not in "biuf" or not np.array_equal(array.astype(dtype).astype(array.dtype), array):
        return array
    return array.astype(dtype)
