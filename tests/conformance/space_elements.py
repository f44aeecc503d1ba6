"""Elements of spaces that are worth a look: samples, corners, special floats, and what is no element.

For space_vectors.py; nothing of gogym is used.
"""

from __future__ import annotations

import dataclasses
import json
import math
import struct

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import concatenate, create_empty_array

import space_reference as reference
from vectors import exact, numbers_of, size_of

MOST_WRONG = 60
"""How many wrong elements of one space are enough."""

ERRORS = (
    AssertionError, ValueError, TypeError, OverflowError, IndexError, gymnasium.error.Error,
    gymnasium.error.CustomSpaceError,
)  # fmt: skip
"""What Gymnasium refuses things with."""


def attempt(function, *arguments, **keywords):
    """What a function returns and None, or None and what it refuses with."""
    try:
        return function(*arguments, **keywords), None
    except ERRORS as error:
        return None, error


@dataclasses.dataclass
class Place:
    """Where a part of an element lies in both layouts."""

    kind: str  # "leaf", "index" (of a OneOf) or "padding" (behind its child)
    space: object
    item: object
    path: str
    offset: int  # in float64 elements
    begin: int  # in bytes
    size: int  # in float64 elements
    steps: tuple  # through its JSON


def places_of(space, element, path="element", offset=0, cursor=0, steps=()):
    begin, _ = reference.span(space, cursor)
    if isinstance(space, reference.LEAVES):
        yield Place("leaf", space, element, path, offset, begin, size_of(space), steps)
    elif isinstance(space, spaces.OneOf):
        index, chosen = element
        child = space.spaces[index]
        yield Place("index", space, index, path, offset, begin, 1, (*steps, 0))
        yield from places_of(child, chosen, f"{path}[{index}]", offset + 1, begin + 8, (*steps, 1))
        end = offset + 1 + size_of(child)
        if missing := offset + size_of(space) - end:
            yield Place("padding", space, None, path, end, -1, missing, steps)
    else:
        keys = list(space.spaces) if isinstance(space, spaces.Dict) else range(len(space.spaces))
        for key, (child, label) in zip(keys, reference.children_of(space), strict=True):
            yield from places_of(child, element[key], path + label, offset, cursor, (*steps, key))
            offset, cursor = offset + size_of(child), reference.span(child, cursor)[1]


def inexact(space, element, path="element"):
    """The path of the first number of an element that a float64 cannot hold; None where there is none."""
    for place in places_of(space, element, path) if reference.is_fixed(space) else ():
        if place.kind == "leaf" and not isinstance(place.space, spaces.Text):
            for i, number in enumerate(np.asarray(place.item).flat):
                if attempt(exact, number)[1]:
                    return reference.element_path(place.space, place.path, i)
    return None


# ------------------------------------------------------------------------------------------- elements


def of(space):
    """Samples and corners."""
    space.seed(21)
    made = [
        attempt(space.sample),
        attempt(space.sample),
        attempt(corner, space, top=False),
        attempt(corner, space, top=True),
    ]
    # The errors are what Gymnasium cannot sample, or stack.
    return [element for element, error in made if not error]


def corner(space, *, top):
    """The smallest or the largest element, or something like it."""
    if isinstance(space, spaces.Box):
        bounded = space.bounded_above if top else space.bounded_below
        instead = 2.5 if top else -1.5
        bound = space.high if top else space.low
        return (
            bound.copy() if space.dtype.kind != "f" else np.where(bounded, bound, bound.dtype.type(instead))
        )
    if isinstance(space, spaces.Discrete):
        return space.start + (space.n - space.dtype.type(1)) if top else space.start
    if isinstance(space, spaces.MultiDiscrete):
        return (space.start + space.nvec - 1 if top else space.start).astype(space.dtype)
    if isinstance(space, spaces.MultiBinary):
        return np.full(space.shape, int(top), np.int8)
    if isinstance(space, spaces.Text):
        characters = space.character_list or ("",)
        return characters[-1] * space.max_length if top else characters[0] * space.min_length
    if isinstance(space, spaces.OneOf):
        index = len(space.spaces) - 1 if top else 0
        return np.int64(index), corner(space.spaces[index], top=top)
    if isinstance(space, spaces.Sequence):
        items = tuple(corner(space.feature_space, top=part) for part in ((True, False, True) if top else ()))
        if space.stack:
            empty = create_empty_array(space.feature_space, len(items))
            return concatenate(space.feature_space, items, empty)
        return items
    if isinstance(space, spaces.Graph):
        return space.sample(num_nodes=3, num_edges=4) if top else space.sample(num_nodes=1)
    items = [corner(child, top=top) for child, _ in reference.children_of(space)]
    return reference.composed(space, items)


def first_exact(space, elements):
    return next((element for element in elements if inexact(space, element) is None), None)


def special(space, elements):
    """Elements with -0.0, NaN, infinities, subnormals and the largest numbers wherever floats are."""
    numbers_before, found = _float_leaves(space, elements)
    made = []
    if not found:
        return []
    for rotation in range(7) if len(found) == 1 and found[0].size < 7 else (0, 3):
        numbers = list(numbers_before)
        for place in found:
            limits = np.finfo(place.space.dtype)
            smallest = float(limits.smallest_subnormal)
            cycle = [-0.0, math.nan, math.inf, -math.inf, smallest, float(limits.min), float(limits.max)]
            for i in range(place.size):
                numbers[place.offset + i] = cycle[(i + rotation) % 7]
        made.append(reference.from_numbers(space, numbers))
    return made


NANS = {
    2: ("=H", (0x7E12, 0xFC01, 0x7C55)),
    4: ("=I", (0x7FC12345, 0xFF800001, 0x7FA00000)),
    8: ("=Q", (0x7FF8DEADBEEF1234, 0xFFF0000000000001, 0x7FF4000000000000)),
}


def payloads(space, elements):
    """An element with NaNs of all kinds, which the native layout passes bit by bit."""
    _, found = _float_leaves(space, elements)
    if not found:
        return []
    buffer = bytearray(reference.native_of(space, first_exact(space, elements)))
    for place in found:
        code, patterns = NANS[place.space.dtype.itemsize]
        for i in range(place.size):
            begin = place.begin + i * struct.calcsize(code)
            struct.pack_into(code, buffer, begin, patterns[i % len(patterns)])
    return [reference.from_native(space, bytes(buffer))]


def _float_leaves(space, elements):
    element = first_exact(space, elements)
    if element is None:
        return [], []
    found = [place for place in places_of(space, element) if place.kind == "leaf" and place.size]
    found = [p for p in found if isinstance(p.space, spaces.Box) and p.space.dtype.kind == "f"]
    return numbers_of(space, element), found


# ------------------------------------------------------------------------------------------- what is none


def wrong_numbers(space, elements):
    """Float64 elements, each with one number that may be wrong, and the place of that."""
    element = first_exact(space, elements)
    if element is None:
        return []
    numbers, made = numbers_of(space, element), []
    for place in places_of(space, element):
        for position in sorted({0, place.size - 1} if place.size else ()):
            for wrong in _wrong_for(place, position):
                changed = list(numbers)
                changed[place.offset + position] = float(wrong)
                made.append((changed, place))
    return _some(made)


def _some(made):
    step = len(made) / MOST_WRONG
    return made if step <= 1 else [made[int(i * step)] for i in range(MOST_WRONG)]


def _wrong_for(place, position):
    if place.kind == "padding":
        return [5.0]
    if place.kind == "index":
        return [-1, len(place.space.spaces), 0.5, math.nan, math.inf]
    space = place.space
    if isinstance(space, spaces.Text):
        padding = len(space.character_list)
        return [-1, padding + 1, 0.5, math.nan, padding, 0]
    if isinstance(space, spaces.Box) and space.dtype.kind == "f":
        with np.errstate(all="ignore"):
            low = np.nextafter(space.low.flat[position], space.dtype.type(-np.inf))
            high = np.nextafter(space.high.flat[position], space.dtype.type(np.inf))
        return [low, high, math.nan, math.inf, -math.inf, 1e300, 0.1, -0.0]
    low, high = _range_of(space, position)
    if space.dtype.kind == "b":
        return [2, -1, 0.5, math.nan]
    limits = np.iinfo(space.dtype)
    return [low - 1, high + 1, 0.5, math.nan, math.inf, int(limits.max) + 1, int(limits.min) - 1, 2**64, -0.0]


def _range_of(space, position):
    """The smallest and the largest integer that one element of a leaf may be."""
    if isinstance(space, spaces.Box):
        return int(space.low.flat[position]), int(space.high.flat[position])
    if isinstance(space, spaces.Discrete):
        return int(space.start), int(space.start) + int(space.n) - 1
    if isinstance(space, spaces.MultiDiscrete):
        start = int(space.start.flat[position])
        return start, start + int(space.nvec.flat[position]) - 1
    return 0, 1


def wrong_bytes(space, elements):
    """Native buffers, each with one number that may be wrong."""
    made = []
    for element in elements[:1]:
        content = reference.native_of(space, element)
        for place in places_of(space, element):
            if place.kind == "padding" or (place.kind == "leaf" and place.space.dtype == bool):
                continue
            dtype = np.dtype(np.int64) if place.kind == "index" else reference.leaf_of(place.space)[0]
            for position in sorted({0, place.size - 1} if place.size else ()):
                for wrong in _wrong_for(place, position):
                    if (changed := _as_dtype(wrong, dtype)) is not None:
                        begin = place.begin + position * dtype.itemsize
                        made.append(content[:begin] + changed + content[begin + dtype.itemsize :])
    return _some(made)


def _as_dtype(number, dtype):
    if dtype.kind == "f":
        with np.errstate(all="ignore"):
            return np.array(number, dtype).tobytes()
    if not math.isfinite(number) or number != int(number):
        return None
    limits = np.iinfo(dtype)
    return np.array(int(number), dtype).tobytes() if limits.min <= number <= limits.max else None


def outside_one_hot(space, elements):
    """Integers beyond a Discrete or MultiDiscrete, which no one-hot array can say: (path, numbers)."""
    element = first_exact(space, elements)
    if element is None:
        return []
    made = []
    for place in places_of(space, element):
        if place.kind == "leaf" and isinstance(place.space, (spaces.Discrete, spaces.MultiDiscrete)):
            for position in sorted({0, place.size - 1} if place.size else ()):
                limits = np.iinfo(place.space.dtype)
                low, high = _range_of(place.space, position)
                for wrong in (low - 1, high + 1):
                    if limits.min <= wrong <= limits.max and int(float(wrong)) == wrong:
                        numbers = numbers_of(space, element)
                        numbers[place.offset + position] = float(wrong)
                        made.append((reference.element_path(place.space, place.path, position), numbers))
    return _some(made)


def wrong_json_numbers(space, element):
    """JSON with one number that its leaf's dtype cannot hold: (path of the leaf, JSON)."""
    for place in places_of(space, element, "action"):
        if place.kind != "leaf" or not place.size or isinstance(place.space, spaces.Text):
            continue
        dtype = place.space.dtype
        wrong = [0.5, 2**70, -(2**70), {"__float__": "nan"}]
        if dtype.kind == "f":
            wrong = [1e300] if dtype.itemsize < 8 else []
        for number in wrong:
            given = json.loads(reference.json_of(space, element))
            steps = (*place.steps, *(n - 1 for n in place.space.shape))
            yield place.path, json.dumps(_replaced(given, steps, number))


def _replaced(tree, steps, number):
    """A tree of JSON with another number at the end of these steps."""
    if not steps:
        return number
    if isinstance(tree, dict) and "__dict__" in tree:
        pairs = tree["__dict__"]
        return {"__dict__": [[k, _replaced(v, steps[1:], number) if k == steps[0] else v] for k, v in pairs]}
    tree[steps[0]] = _replaced(tree[steps[0]], steps[1:], number)
    return tree


def wrong_json(space):
    """Pieces of JSON, and whether each is an element after all."""
    pieces = [None, "nonsense", [], {}, [[]], ["a"], {"nodes": 1}, -7, 0.5, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]
    space.seed(33)
    sampled, error = attempt(space.sample)
    good = None if error else json.loads(reference.json_of(space, sampled))
    if isinstance(good, list):
        pieces += [[good], [*good, 0], good[:-1]]
    elif isinstance(good, dict) and "__dict__" not in good:
        pieces += [{**good, "unheard of": 1}, dict(list(good.items())[1:])]
    for piece in pieces:
        element, error = attempt(interpreted, space, piece)
        if isinstance(error, Undecided):
            continue
        # What is no element may reach Gymnasium's contains, which raises, or casts what is no number.
        verdict, refusal = attempt(space.contains, piece)
        if error and (refusal or (verdict and not isinstance(piece, (int, float)))):
            continue
        yield json.dumps(piece), not error and space.contains(element)


class Undecided(ValueError):
    """Nobody can say whether it is an element."""


def interpreted(space, piece):
    """The element that JSON without tags is; MisfitError where it is none."""
    if isinstance(space, reference.ARRAYS):
        return _interpreted_array(space, piece)
    if isinstance(space, spaces.Discrete):
        if isinstance(piece, int) and np.iinfo(space.dtype).min <= piece <= np.iinfo(space.dtype).max:
            return space.dtype.type(piece)
    elif isinstance(space, spaces.Text):
        if isinstance(piece, str):
            return piece
    elif isinstance(space, spaces.Tuple):
        if isinstance(piece, list) and len(piece) == len(space.spaces):
            return tuple(interpreted(child, item) for child, item in zip(space.spaces, piece, strict=True))
    elif isinstance(space, spaces.Dict):
        if isinstance(piece, dict) and piece.keys() == space.spaces.keys():
            return {key: interpreted(child, piece[key]) for key, child in space.spaces.items()}
    elif isinstance(space, spaces.OneOf):
        if isinstance(piece, list) and len(piece) == 2 and piece[0] in range(len(space.spaces)):
            return np.int64(piece[0]), interpreted(space.spaces[piece[0]], piece[1])
    elif isinstance(space, spaces.Sequence) and not space.stack:
        if isinstance(piece, list):
            return tuple(interpreted(space.feature_space, item) for item in piece)
    elif isinstance(piece, (list, dict, str)):
        raise Undecided  # what stacks to what
    raise reference.MisfitError("element")


def _interpreted_array(space, piece):
    try:
        array = np.array(piece)
    except ValueError:  # ragged
        raise reference.MisfitError("element") from None
    if array.dtype.kind not in "iuf" or array.shape != space.shape:
        raise reference.MisfitError("element")
    numbers = [float(number) for number in array.flat]
    return reference.from_numbers(space, numbers)


# ------------------------------------------------------------------------------------------- seeds and masks


def jsonable_seeds(seeds):
    if isinstance(seeds, dict):
        if any(not isinstance(key, str) or key.startswith("__") for key in seeds):
            return {"__dict__": [[key, jsonable_seeds(item)] for key, item in seeds.items()]}
        return {key: jsonable_seeds(item) for key, item in seeds.items()}
    if isinstance(seeds, tuple):
        return [jsonable_seeds(item) for item in seeds]
    return seeds


def jsonable_mask(mask):
    if isinstance(mask, np.ndarray):
        return mask.tolist()
    if isinstance(mask, dict):
        pairs = [[key, jsonable_mask(item)] for key, item in mask.items()]
        plain = all(isinstance(key, str) and not key.startswith("__") for key in mask)
        return dict(pairs) if plain else {"__dict__": pairs}
    if isinstance(mask, tuple):
        return [jsonable_mask(item) for item in mask]
    return mask


def sample_options(space, generator):
    """Keyword arguments for sample: masks, probabilities, and some that Gymnasium refuses."""
    made = []
    for kind in ("mask", "probability"):
        mask, error = attempt(mask_of, space, kind, generator)
        if not error:
            made.append({kind: mask})
    if isinstance(space, spaces.Box):
        made = [{"mask": np.ones(1, np.int8)}]
    elif isinstance(space, spaces.Discrete) and space.n < 100:
        made.append({"mask": np.ones(int(space.n) + 1, np.int8)})
        made.append({"mask": np.zeros(int(space.n), np.int8)})
        made.append({"probability": np.full(int(space.n), 0.9 / int(space.n))})
    elif isinstance(space, spaces.Sequence):
        made += [{"mask": (2, None)}, {"mask": (np.array([1, 3, 4]), None)}]
    elif isinstance(space, spaces.Graph):
        made = [{"num_nodes": 3, "num_edges": 2}, {"num_nodes": 1}, {"num_nodes": 0}]
        if isinstance(space.node_space, spaces.Discrete):
            mask = mask_of(space.node_space, "mask", generator)
            made.append({"num_nodes": 2, "mask": ((mask, mask), None)})
    return made


def mask_of(space, kind, generator):
    """A random mask, or probabilities; Undecided where that would be too large or is not meant."""
    if isinstance(space, spaces.Box):
        return None
    if isinstance(space, spaces.Discrete):
        return _weights(int(space.n), kind, generator)
    if isinstance(space, spaces.MultiDiscrete):
        return _nested_weights(space.nvec, kind, generator)
    if isinstance(space, spaces.MultiBinary):
        if kind == "mask":
            return generator.integers(0, 3, space.shape).astype(np.int8)
        return np.asarray(generator.random(space.shape))
    if isinstance(space, spaces.Text):
        if not space.character_list:
            raise Undecided
        length = int(generator.integers(space.min_length, space.max_length + 1))
        return (length if kind == "mask" else None), _weights(len(space.character_list), kind, generator)
    if isinstance(space, spaces.Dict):
        return {key: mask_of(child, kind, generator) for key, child in space.spaces.items()}
    if isinstance(space, (spaces.Tuple, spaces.OneOf)):
        return tuple(mask_of(child, kind, generator) for child in space.spaces)
    if isinstance(space, spaces.Sequence):
        return (3 if kind == "mask" else None), mask_of(space.feature_space, kind, generator)
    raise Undecided


def _weights(n, kind, generator):
    if n > 300:
        raise Undecided
    if kind == "probability":
        weights = generator.random(n)
        return weights / weights.sum()
    mask = generator.integers(0, 2, n).astype(np.int8)
    mask[generator.integers(n)] = 1
    return mask


def _nested_weights(nvec, kind, generator):
    if nvec.ndim == 0:
        raise Undecided  # Gymnasium takes no mask of it
    if nvec.ndim == 1:
        return tuple(_weights(int(n), kind, generator) for n in nvec)
    return tuple(_nested_weights(part, kind, generator) for part in nvec)
