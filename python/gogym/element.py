"""Elements of spaces from JSON: what goes in where a buffer of numbers does not do.

An element is written as its space suggests: nested lists for arrays, a number, a string, a list for a Tuple, an
object for a Dict, ``[index, element]`` for a OneOf, a list for a Sequence, an object of ``nodes``, ``edges`` and
``edge_links`` for a Graph; with the tags of :mod:`gogym.options`. Numbers become arrays and scalars of the space's
own dtype.

A number that the dtype cannot hold (1.5 for an integer) is an error. What does not fit otherwise (another shape, a
text, an unknown key) is an error where ``strict``; where not, it is passed on as Python code would have written it,
and the environment judges.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import concatenate, create_empty_array

from gogym.options import ElementError, parse_json
from gogym.space import class_name, key_text, shown, space_type


class _Misfit(Exception):  # noqa: N818
    """What a value should have been."""


class _Unholdable(Exception):  # noqa: N818
    """A number that a dtype cannot hold: its path, itself, and what would have been."""


def _error(path: str, value: Any, space: Any, expected: object) -> ElementError:
    return ElementError(
        path, f"{path} is {shown(value)} ({class_name(type(value))}); {shown(space)} needs {expected}"
    )


def parse_element(space: Any, text: str, path: str, *, strict: bool) -> Any:
    """Parse an element of ``space`` from JSON; ``path`` is how errors call it: "action" or "element"."""
    return element_of(space, parse_json(text, path), path, strict)


def parse_flat(space: Any, text: str) -> Any:
    """Parse what ``unflatten`` takes: an array of numbers, or for spaces without a fixed size Gymnasium's own form."""
    flat = parse_json(text, "flat element")
    return element_of(spaces.flatten_space(space), flat, "flat", strict=True)


def misplaced(space: Any, element: Any, path: str) -> str:
    """Say which leaf of an element is not in its space: ``", for action["a"][2] is ..."``; "" for the whole."""
    leaf, value, at = space, element, path
    with contextlib.suppress(
        Exception
    ):  # over some values Gymnasium's contains raises: then what is known is told
        while True:
            for label, child, part in _parts(leaf, value):
                if not child.contains(part):
                    leaf, value, at = child, part, f"{at}[{label}]"
                    break
            else:
                break
    if at == path:
        return ""
    return f", because {at} is {shown(value)}, which is not in {shown(leaf)}"


def _parts(space: Any, value: Any) -> Iterable[tuple[str, Any, Any]]:
    """The parts of a composite element with the spaces that they should be in; nothing for what has none."""
    kind = space_type(space)
    if kind == "Dict" and isinstance(value, Mapping):
        return [(key_text(key), child, value[key]) for key, child in space.spaces.items() if key in value]
    if kind == "Tuple" and isinstance(value, tuple):
        return [
            (str(i), child, part) for i, (child, part) in enumerate(zip(space.spaces, value, strict=False))
        ]
    if (
        kind == "OneOf"
        and isinstance(value, tuple)
        and len(value) == 2
        and _is_index(value[0], len(space.spaces))
    ):
        return [(str(int(value[0])), space.spaces[value[0]], value[1])]
    if kind == "Sequence" and isinstance(value, tuple) and not space.stack:
        return [(str(i), space.feature_space, part) for i, part in enumerate(value)]
    return ()


def _is_index(value: Any, count: int) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(0 <= value < count)


def element_of(space: Any, value: Any, path: str, strict: bool) -> Any:
    """Make an element of a space from parsed JSON: see :func:`parse_element`."""
    build = _BUILDERS.get(space_type(space))
    if build is None:
        return value
    try:
        return build(space, value, path, strict)
    except _Unholdable as number:
        where, given, expected = number.args
        raise _error(where, given, space, expected) from None
    except _Misfit as misfit:
        if strict:
            raise _error(path, value, space, misfit) from None
        return _natural(value)


def _natural(value: Any) -> Any:
    """What Python code would have passed: an array for a list of numbers."""
    if isinstance(value, list):
        try:
            array = np.array(value)
        except (ValueError, OverflowError):
            return value
        return array if array.dtype.kind in "biuf" else value
    return value


# ---------------------------------------------------------------------------------------------------- numbers


def _array(space: Any, value: Any, path: str, strict: bool) -> Any:
    array = numbers_of(value, np.dtype(space.dtype), path)
    array = _reshaped(array, tuple(space.shape))
    if strict and array.shape != tuple(space.shape):
        raise _Misfit(f"numbers of shape {tuple(space.shape)}, not {array.shape}")
    return array


def _reshaped(array: Any, shape: tuple[int, ...]) -> Any:
    """Give an array without elements the dimensions that its lists cannot say: [] may be of shape (0, 3)."""
    return array.reshape(shape) if array.size == 0 and array.shape == shape[: array.ndim] else array


def numbers_of(value: Any, dtype: np.dtype[Any], path: str) -> np.ndarray[Any, Any]:
    """Make an array of a dtype of nested lists of numbers, or of an array; nothing may be lost but a float's tail."""
    if isinstance(value, np.ndarray):
        if value.dtype == dtype:
            return value
        if value.dtype.kind not in "biuf":
            raise _Misfit(f"real numbers, not {value.dtype}")
        given = value
    else:
        if not _is_numeric(value):
            raise _Misfit("numbers, or nested lists of numbers of one length")
        try:
            given = np.array(value, dtype=object)
        except (
            ValueError
        ):  # as NumPy says of some lists of unequal lengths; of others it makes an array of lists
            raise _Misfit("nested lists of one length") from None
    if any(isinstance(number, (list, tuple)) for number in given.flat):
        raise _Misfit("nested lists of one length")
    with np.errstate(over="ignore"):
        array = np.empty(given.shape, dtype)
        for index in np.ndindex(given.shape):
            array[index] = _number(given[index], dtype, path, index)
    return array


def _is_numeric(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_numeric, value))
    return isinstance(value, (int, float, np.integer, np.floating, np.bool_))


def _number(number: Any, dtype: np.dtype[Any], path: str, index: tuple[int, ...]) -> Any:
    """One number in a dtype that can hold it."""
    where = f"{path}[{', '.join(map(str, index))}]" if index else path
    if dtype.kind == "f":
        try:
            converted = dtype.type(number)
        except OverflowError:
            converted = dtype.type(np.inf)
        if np.isinf(converted) and np.isfinite(float(number) if not isinstance(number, int) else 0.0):
            raise _Unholdable(where, number, f"a number that {dtype} can hold")
        return converted
    whole = isinstance(number, (int, np.integer, np.bool_)) or float(number).is_integer()
    limits = (0, 1) if dtype.kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    if not whole or not limits[0] <= int(number) <= limits[1]:
        raise _Unholdable(where, number, f"a whole number that {dtype} can hold")
    return dtype.type(int(number))


def _discrete(space: Any, value: Any, path: str, strict: bool) -> Any:  # noqa: ARG001
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if not isinstance(value, (int, float, np.integer, np.floating, np.bool_)):
        raise _Misfit("a whole number")
    return _number(value, np.dtype(space.dtype), path, ())


# ---------------------------------------------------------------------------------------------------- the others


def _text(space: Any, value: Any, path: str, strict: bool) -> Any:  # noqa: ARG001
    if not isinstance(value, str):
        raise _Misfit("a string")
    if strict:
        unknown = next((c for c in value if c not in space.character_set), None)
        if unknown is not None or len(value) > space.max_length:
            raise _Misfit(f"a string of at most {space.max_length} characters of its charset")
    return value


def _tuple(space: Any, value: Any, path: str, strict: bool) -> Any:
    if not isinstance(value, (list, tuple)) or (len(value) != len(space.spaces) and strict):
        raise _Misfit(f"a list of {len(space.spaces)}")
    children = [*space.spaces, *[None] * len(value)]
    return tuple(element_of(children[i], part, f"{path}[{i}]", strict) for i, part in enumerate(value))


def _dict(space: Any, value: Any, path: str, strict: bool) -> Any:
    if not isinstance(value, dict):
        raise _Misfit("an object")
    missing = [key for key in space.spaces if key not in value]
    extra = [key for key in value if key not in space.spaces]
    if strict and (missing or extra):
        raise _Misfit(f"the key {missing[0]!r}" if missing else f"its own keys only, not {extra[0]!r}")
    element = {
        key: element_of(child, value[key], f"{path}[{key_text(key)}]", strict)
        for key, child in space.spaces.items()
        if key in value
    }
    return element | {key: value[key] for key in extra}


def _one_of(space: Any, value: Any, path: str, strict: bool) -> Any:
    count = len(space.spaces)
    if not isinstance(value, (list, tuple)) or len(value) != 2 or not _is_index(value[0], count):
        if isinstance(value, (list, tuple)) and not strict:
            return tuple(value)
        raise _Misfit(f"[index, element] with an index from 0 to {count - 1}")
    index = int(value[0])
    return np.int64(index), element_of(space.spaces[index], value[1], f"{path}[{index}]", strict)


def _sequence(space: Any, value: Any, path: str, strict: bool) -> Any:
    feature = space.feature_space
    if space.stack and not isinstance(value, list):
        return _stacked(feature, value, path)
    if not isinstance(value, (list, tuple)):
        raise _Misfit("a list of elements")
    elements = tuple(element_of(feature, part, f"{path}[{i}]", strict) for i, part in enumerate(value))
    return stack(feature, elements) if space.stack else elements


def stack(space: Any, elements: tuple[Any, ...]) -> Any:
    """Stack elements of a space as Gymnasium batches them."""
    try:
        room: Any = create_empty_array(space, len(elements))
        return concatenate(space, elements, room) if elements else room
    except (ValueError, TypeError, KeyError) as error:
        raise _Misfit(f"elements that can be stacked ({error})") from None


def _stacked(space: Any, value: Any, path: str) -> Any:
    """Elements that are stacked already: arrays, or dicts and tuples of such."""
    kind = space_type(space)
    if kind == "Dict" and isinstance(value, dict) and value.keys() == space.spaces.keys():
        return {
            key: _stacked(child, value[key], f"{path}[{key_text(key)}]")
            for key, child in space.spaces.items()
        }
    if kind == "Tuple" and isinstance(value, (list, tuple)) and len(value) == len(space.spaces):
        return tuple(
            _stacked(child, part, f"{path}[{i}]")
            for i, (child, part) in enumerate(zip(space.spaces, value, strict=True))
        )
    if kind in ("Box", "Discrete", "MultiDiscrete", "MultiBinary"):
        array = numbers_of(value, np.dtype(space.dtype), path)
        shape = tuple(space.shape or ())
        if array.ndim > 0:
            array = _reshaped(array, (len(array), *shape))
        if array.ndim > 0 and array.shape[1:] == shape:
            return array
        raise _Misfit(f"numbers of shape (n, ...) with elements of shape {shape}")
    if isinstance(value, (list, tuple)):  # what cannot be stacked is a tuple of elements
        return tuple(element_of(space, part, f"{path}[{i}]", True) for i, part in enumerate(value))
    raise _Misfit("stacked elements")


def _graph(space: Any, value: Any, path: str, strict: bool) -> Any:
    fields = ("nodes", "edges", "edge_links")
    if isinstance(value, (list, tuple)) and len(value) == 3:
        value = dict(zip(fields, value, strict=True))
    if not isinstance(value, dict) or not set(value) <= set(fields) or "nodes" not in value:
        raise _Misfit('an object of "nodes", "edges" and "edge_links"')
    links = value.get("edge_links")
    try:
        array = None if links is None else numbers_of(links, np.dtype(np.int32), f"{path}.edge_links")
    except _Misfit as misfit:
        raise _Misfit(f"edge_links that are pairs of node indices: {misfit}") from None
    if array is not None and array.size == 0:
        array = array.reshape(0, 2)
    return spaces.GraphInstance(
        _batch(space.node_space, value["nodes"], f"{path}.nodes", strict),
        _batch(space.edge_space, value.get("edges"), f"{path}.edges", strict),
        array,
    )


def _batch(space: Any, value: Any, path: str, strict: bool) -> Any:
    if value is None:
        return None
    if space is None:
        raise _Misfit("no edges, because it has no edge space")
    if isinstance(value, list):
        return stack(
            space, tuple(element_of(space, part, f"{path}[{i}]", strict) for i, part in enumerate(value))
        )
    return _stacked(space, value, path)


_BUILDERS: dict[str, Callable[[Any, Any, str, bool], Any]] = {
    "Box": _array,
    "MultiDiscrete": _array,
    "MultiBinary": _array,
    "Discrete": _discrete,
    "Text": _text,
    "Tuple": _tuple,
    "Dict": _dict,
    "OneOf": _one_of,
    "Sequence": _sequence,
    "Graph": _graph,
}
