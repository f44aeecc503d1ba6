"""Spaces and their elements, said once more without gogym: NumPy, Gymnasium and what gogym.h promises.

What tests compare gogym with. A layout is described in gogym.h; an element here is always the Python object that
Gymnasium's space has.
"""

from __future__ import annotations

import json
import math
import struct

import numpy as np
from gymnasium import spaces
from gymnasium.spaces import utils
from gymnasium.vector.utils import iterate

from vectors import size_of

ARRAYS = (spaces.Box, spaces.MultiDiscrete, spaces.MultiBinary)
LEAVES = (*ARRAYS, spaces.Discrete, spaces.Text)
KNOWN = (*LEAVES, spaces.Tuple, spaces.Dict, spaces.OneOf, spaces.Sequence, spaces.Graph)


class MisfitError(ValueError):
    """Numbers that are no element at all; the argument is the path of the leaf."""


def children_of(space):
    """The spaces inside a Tuple, Dict or OneOf, each with how a path names it."""
    if isinstance(space, spaces.Dict):
        return [
            (child, f"[{json.dumps(key, ensure_ascii=False) if isinstance(key, str) else key}]")
            for key, child in space.spaces.items()
        ]
    return [(child, f"[{i}]") for i, child in enumerate(space.spaces)]


def is_fixed(space):
    if isinstance(space, LEAVES):
        return True
    if isinstance(space, (spaces.Tuple, spaces.Dict, spaces.OneOf)):
        return all(is_fixed(child) for child, _ in children_of(space))
    return False


# ------------------------------------------------------------------------------------------- native layout


def leaf_of(space):
    """The dtype and the number of elements of a leaf."""
    if isinstance(space, spaces.Text):
        return np.dtype(np.int32), space.max_length
    return np.dtype(space.dtype), math.prod(space.shape)


def aligned(cursor, itemsize):
    return (cursor + itemsize - 1) // itemsize * itemsize


def span(space, cursor=0):
    """Where a space begins and ends that follows what ends at `cursor`."""
    if isinstance(space, LEAVES):
        dtype, count = leaf_of(space)
        begin = aligned(cursor, dtype.itemsize)
        return begin, begin + count * dtype.itemsize
    children = [child for child, _ in children_of(space)]
    if isinstance(space, spaces.OneOf):
        begin = aligned(cursor, 8)
        return begin, max(span(child, begin + 8)[1] for child in children)
    begin = span(children[0], cursor)[0] if children else cursor
    for child in children:
        cursor = span(child, cursor)[1]
    return begin, cursor


def nbytes_of(space):
    """The length of a root's native buffer."""
    return span(space)[1]


def array_of(space, element):
    """The array that holds a leaf's element in the native layout."""
    dtype, count = leaf_of(space)
    if isinstance(space, spaces.Text):
        indices = [space.character_list.index(character) for character in element]
        return np.array(indices + [len(space.character_list)] * (count - len(element)), dtype)
    return np.asarray(element, dtype)


def native_of(space, element):
    """An element as the bytes of the native layout."""
    buffer = bytearray(nbytes_of(space))
    _put(space, element, buffer, 0)
    return bytes(buffer)


def _put(space, element, buffer, cursor):
    begin, end = span(space, cursor)
    if isinstance(space, LEAVES):
        buffer[begin:end] = array_of(space, element).tobytes()
    elif isinstance(space, spaces.OneOf):
        index, chosen = element
        struct.pack_into("=q", buffer, begin, index)
        _put(space.spaces[index], chosen, buffer, begin + 8)
    else:
        items = [element[key] for key in space.spaces] if isinstance(space, spaces.Dict) else element
        for (child, _), item in zip(children_of(space), items, strict=True):
            _put(child, item, buffer, cursor)
            cursor = span(child, cursor)[1]


# ------------------------------------------------------------------------------------------- back to elements


def from_numbers(space, numbers, path="element", *, to_infinity=True):
    """The element that float64 elements are; MisfitError where they are none.

    Where `to_infinity` is false, a finite number that becomes infinite is a misfit as well.
    """
    element, rest = _take_numbers(space, list(numbers), path, to_infinity)
    assert not rest
    return element


def _take_numbers(space, numbers, path, to_infinity):
    if isinstance(space, LEAVES):
        dtype, count = leaf_of(space)
        array = np.zeros(count, dtype)
        for i in range(count):
            place = element_path(space, path, i)
            array[i] = _converted(numbers[i], dtype, place, to_infinity)
        return from_array(space, array, path), numbers[count:]
    if isinstance(space, spaces.OneOf):
        end = size_of(space)
        index = _index_of(space, numbers[0], path)
        element, rest = _take_numbers(space.spaces[index], numbers[1:end], f"{path}[{index}]", to_infinity)
        if any(number != 0 for number in rest):
            raise MisfitError(path)
        return (np.int64(index), element), numbers[end:]
    items = []
    for child, label in children_of(space):
        item, numbers = _take_numbers(child, numbers, path + label, to_infinity)
        items.append(item)
    return composed(space, items), numbers


def _converted(number, dtype, place, to_infinity):
    if dtype.kind == "f":
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            result = np.float64(number).astype(dtype)
        if np.isinf(result) and not math.isinf(number) and not to_infinity:
            raise MisfitError(place)
        return result
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if not math.isfinite(number) or number != int(number) or not low <= int(number) <= high:
        raise MisfitError(place)
    return int(number)


def element_path(space, path, index):
    if isinstance(space, ARRAYS):
        numbers = ", ".join(str(i) for i in np.unravel_index(index, space.shape))
        return f"{path}[{numbers}]" if space.shape else path
    return path if isinstance(space, spaces.Discrete) else f"{path}[{index}]"


def _index_of(space, number, path):
    if not math.isfinite(number) or number != int(number) or not 0 <= number < len(space.spaces):
        raise MisfitError(path)
    return int(number)


def from_array(space, array, path="element"):
    """The element of a leaf that a one-dimensional array of its own dtype is."""
    if isinstance(space, spaces.Discrete):
        return array[0]
    if not isinstance(space, spaces.Text):
        return array.reshape(space.shape)
    padding = len(space.character_list)
    length = next((i for i, index in enumerate(array) if index == padding), len(array))
    for i, index in enumerate(array):
        if not 0 <= index <= padding or (i > length and index != padding):
            raise MisfitError(f"{path}[{i}]")
    return "".join(space.character_list[index] for index in array[:length])


def from_native(space, buffer):
    """The element that the bytes of a native buffer are."""
    return _take_native(space, buffer, 0, "element")


def _take_native(space, buffer, cursor, path):
    begin, end = span(space, cursor)
    if isinstance(space, LEAVES):
        array = np.frombuffer(buffer[begin:end], leaf_of(space)[0]).copy()
        return from_array(space, array, path)
    if isinstance(space, spaces.OneOf):
        (number,) = struct.unpack_from("=q", buffer, begin)
        index = _index_of(space, number, path)
        return np.int64(index), _take_native(space.spaces[index], buffer, begin + 8, f"{path}[{index}]")
    items = []
    for child, label in children_of(space):
        items.append(_take_native(child, buffer, cursor, path + label))
        cursor = span(child, cursor)[1]
    return composed(space, items)


def composed(space, items):
    """The element of a Tuple or Dict with these children."""
    if isinstance(space, spaces.Dict):
        return dict(zip(space.spaces, items, strict=True))
    return tuple(items)


def canonical(space, element):
    """An element as gogym makes it: Gymnasium may sample scalars of spaces whose elements are arrays."""
    if isinstance(space, ARRAYS):
        return np.asarray(element)
    if isinstance(space, spaces.Dict):
        return {key: canonical(child, element[key]) for key, child in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(canonical(child, item) for child, item in zip(space.spaces, element, strict=True))
    if isinstance(space, spaces.OneOf):
        return np.int64(element[0]), canonical(space.spaces[element[0]], element[1])
    if isinstance(space, spaces.Sequence) and not space.stack:
        return tuple(canonical(space.feature_space, item) for item in element)
    return element


# ------------------------------------------------------------------------------------------- flatten


def flat_dtype_of(space):
    """The dtype of Gymnasium's flat array. Where an empty Tuple or Dict adds nothing, it adds no dtype either."""
    if isinstance(space, LEAVES):
        return leaf_of(space)[0]
    dtypes = [flat_dtype_of(child) for child, _ in children_of(space) if not is_hollow(child)]
    dtype = np.result_type(*dtypes) if dtypes else np.dtype(np.float64)
    last = len(space.spaces) - 1
    if isinstance(space, spaces.OneOf) and (
        (dtype.kind == "b" and last > 1) or (dtype.kind in "iu" and last > np.iinfo(dtype).max)
    ):
        dtype = np.result_type(dtype, np.min_scalar_type(last))
    return dtype


def is_hollow(space):
    """Whether a space is a Tuple or Dict without any leaf, which Gymnasium cannot flatten."""
    return isinstance(space, (spaces.Tuple, spaces.Dict)) and all(
        is_hollow(child) for child, _ in children_of(space)
    )


def flat_of(space, element):
    """Gymnasium's flatten, also where Gymnasium 1.4 fails at what it means to do; MisfitError where nothing fits."""
    if isinstance(space, spaces.Discrete):
        flat = np.zeros(int(space.n), space.dtype)
        flat[_position(int(element) - int(space.start), int(space.n))] = 1
        return flat
    if isinstance(space, spaces.MultiDiscrete):
        parts = []
        for n, start, item in zip(space.nvec.flat, space.start.flat, np.asarray(element).flat, strict=True):
            parts.append(np.zeros(int(n), space.dtype))
            parts[-1][_position(int(item) - int(start), int(n))] = 1
        return np.concatenate([np.zeros(0, space.dtype), *parts])
    if isinstance(space, LEAVES):
        return array_of(space, element).reshape(-1)
    dtype = flat_dtype_of(space)
    if isinstance(space, spaces.OneOf):
        index, chosen = element
        flat = flat_of(space.spaces[index], chosen)
        missing = utils.flatdim(space) - 1 - flat.size
        if missing and not flat.size:
            raise MisfitError("element")
        padding = np.full(missing, flat[0]) if missing else flat[:0]
        return np.concatenate([np.array([index], dtype), flat.astype(dtype), padding.astype(dtype)])
    items = [element[key] for key in space.spaces] if isinstance(space, spaces.Dict) else element
    parts = [flat_of(child, item) for (child, _), item in zip(children_of(space), items, strict=True)]
    return np.concatenate([np.zeros(0, dtype), *[part.astype(dtype) for part in parts]])


def _position(index, n):
    if not 0 <= index < n:
        raise MisfitError("element")
    return index


def unflat_of(space, flat):
    """Gymnasium's unflatten of what flatten gives, also where Gymnasium 1.4 fails at it."""
    element, rest = _take_flat(space, flat)
    assert not len(rest)
    return element


def _take_flat(space, flat):
    dims = utils.flatdim(space)
    mine, rest = flat[:dims], flat[dims:]
    if isinstance(space, spaces.Discrete):
        return space.dtype.type(_first(mine) + int(space.start)), rest
    if isinstance(space, spaces.MultiDiscrete):
        array = np.zeros(space.nvec.size, space.dtype)
        for i, (n, start) in enumerate(zip(space.nvec.flat, space.start.flat, strict=True)):
            array[i] = _first(mine[: int(n)]) + int(start)
            mine = mine[int(n) :]
        return array.reshape(space.shape), rest
    if isinstance(space, LEAVES):
        return from_array(space, mine.astype(leaf_of(space)[0])), rest
    if isinstance(space, spaces.OneOf):
        index = int(mine[0])
        return (np.int64(index), _take_flat(space.spaces[index], mine[1:])[0]), rest
    items = []
    for child, _ in children_of(space):
        item, flat = _take_flat(child, flat)
        items.append(item)
    return composed(space, items), rest


def _first(one_hot):
    places = np.flatnonzero(one_hot)
    if not len(places):
        raise MisfitError("element")
    return int(places[0])


# ------------------------------------------------------------------------------------------- values and JSON


def value_of(space, element):
    """An element as the plain Python tree that gym_observation gives of it."""
    if isinstance(space, ARRAYS):
        return np.asarray(element)
    if isinstance(space, spaces.Discrete):
        return int(element)
    if isinstance(space, spaces.Tuple):
        return tuple(value_of(child, item) for child, item in zip(space.spaces, element, strict=True))
    if isinstance(space, spaces.Dict):
        return {key: value_of(child, element[key]) for key, child in space.spaces.items()}
    if isinstance(space, spaces.OneOf):
        return int(element[0]), value_of(space.spaces[element[0]], element[1])
    if isinstance(space, spaces.Sequence) and not space.stack:
        return tuple(value_of(space.feature_space, item) for item in element)
    if isinstance(space, spaces.Graph):
        return element._asdict()
    return element


def json_of(space, element, *, tagged=False):
    """An element as the JSON that gym_step_value takes, with gogym's tags wherever there is a choice, or nowhere."""
    return json.dumps(_json_of(space, element, tagged))


def _json_of(space, element, tagged):
    if isinstance(space, ARRAYS):
        array = np.asarray(element)
        nested = jsonable(array.tolist())
        return {"__ndarray__": nested, "dtype": array.dtype.name} if tagged else nested
    if isinstance(space, spaces.Discrete):
        return int(element)
    if isinstance(space, spaces.Tuple):
        items = [_json_of(child, item, tagged) for child, item in zip(space.spaces, element, strict=True)]
        return {"__tuple__": items} if tagged else items
    if isinstance(space, spaces.Dict):
        items = [(key, _json_of(child, element[key], tagged)) for key, child in space.spaces.items()]
        if tagged or any(not isinstance(key, str) or key.startswith("__") for key, _ in items):
            return {"__dict__": items}
        return dict(reversed(items))  # the order of an object's keys says nothing
    if isinstance(space, spaces.OneOf):
        pair = [int(element[0]), _json_of(space.spaces[element[0]], element[1], tagged)]
        return {"__tuple__": pair} if tagged else pair
    if isinstance(space, spaces.Sequence):
        if space.stack and tagged:
            return stacked_json(element)
        items = list(iterate(space.stacked_feature_space, element)) if space.stack else element
        return [_json_of(space.feature_space, item, tagged) for item in items]
    if isinstance(space, spaces.Graph):
        nodes = list(iterate(space.batch_node_space, element.nodes))
        edges = None if element.edges is None else list(iterate(space.batch_edge_space, element.edges))
        links = element.edge_links
        return {
            "nodes": [_json_of(space.node_space, node, tagged) for node in nodes],
            "edges": None if edges is None else [_json_of(space.edge_space, edge, tagged) for edge in edges],
            "edge_links": None if links is None else links.tolist(),
        }
    return jsonable(element)


def stacked_json(element):
    """What a Sequence's elements stack to, with tags."""
    if isinstance(element, np.ndarray):
        return {"__ndarray__": jsonable(element.tolist()), "dtype": element.dtype.name}
    if isinstance(element, dict):
        return {key: stacked_json(item) for key, item in element.items()}
    if isinstance(element, tuple):
        return {"__tuple__": [stacked_json(item) for item in element]}
    return element


def jsonable(value):
    """Nested lists of numbers, as JSON and its one tag for floats can say them."""
    if isinstance(value, list):
        return [jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"__float__": repr(value)}
    return value


# ------------------------------------------------------------------------------------------- descriptions


def describe(space, offset=0, cursor=0, *, fixed=None):
    """The value of a space, as gym_observation_space in gogym.h says; a root's where nothing else is given."""
    fixed = is_fixed(space) if fixed is None else fixed
    begin, end = span(space, cursor) if fixed else (-1, -2)
    known = is_fixed(space) and fits(space)
    node = {
        "type": type(space).__name__ if isinstance(space, KNOWN) else "other",
        "dtype": None,
        "shape": None,
        "size": size_of(space) if is_fixed(space) else -1,
        "offset": offset if fixed else -1,
        "nbytes": end - begin,
        "byte_offset": begin,
        "flatdim": utils.flatdim(space) if known else -1,
        "flat_dtype": flat_dtype_of(space).name if known else None,
    }
    if isinstance(space, LEAVES):
        dtype, count = leaf_of(space)
        shape = (count,) if isinstance(space, spaces.Text) else space.shape
        node.update(dtype=dtype.name, shape=tuple(shape), nbytes=count * dtype.itemsize)
    if isinstance(space, spaces.Box):
        node.update(low=space.low, high=space.high)
        if space.dtype.kind == "i" and not (space.bounded_below.all() and space.bounded_above.all()):
            node.update(bounded_below=space.bounded_below, bounded_above=space.bounded_above)
    elif isinstance(space, spaces.Discrete):
        node.update(n=int(space.n), start=int(space.start))
    elif isinstance(space, spaces.MultiDiscrete):
        node.update(nvec=space.nvec, start=space.start)
    elif isinstance(space, spaces.MultiBinary):
        node.update(n=space.n)
    elif isinstance(space, spaces.Text):
        characters = "".join(space.character_list)
        node.update(charset=characters, min_length=space.min_length, max_length=space.max_length)
    elif isinstance(space, spaces.Sequence):
        node.update(space=describe(space.feature_space, fixed=False), stack=space.stack)
    elif isinstance(space, spaces.Graph):
        edge = space.edge_space
        node.update(
            node_space=describe(space.node_space, fixed=False),
            edge_space=None if edge is None else describe(edge, fixed=False),
        )
    elif node["type"] == "other":
        node.update({"class": f"{type(space).__module__}.{type(space).__qualname__}", "repr": repr(space)})
    else:
        if isinstance(space, spaces.Dict):
            node.update(keys=list(space.spaces))
        node.update(spaces=[])
        if isinstance(space, spaces.OneOf):
            offset, cursor = offset + 1, begin + 8
        for child, _ in children_of(space):
            node["spaces"].append(describe(child, offset, cursor, fixed=fixed))
            if fixed and not isinstance(space, spaces.OneOf):
                offset, cursor = offset + size_of(child), span(child, cursor)[1]
    return node


def fits(space):
    """Whether memory could hold a flat element at all: of Discrete(2**64 - 1) it could not."""
    return utils.flatdim(space) <= (2**63 - 1) // 16
