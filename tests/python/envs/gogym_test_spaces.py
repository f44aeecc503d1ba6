"""One table of spaces that every test of spaces draws from: what Gymnasium can make, by name."""

from __future__ import annotations

import collections
import functools

import gymnasium
import numpy as np
from gymnasium import spaces

SAFE = 2**53
"""The largest magnitude up to which a float64 holds every integer."""


class Mission(gymnasium.Space):
    """A space class that gogym cannot know, as MiniGrid's MissionSpace is one."""

    def __init__(self, seed=None):
        super().__init__(None, str, seed)

    def sample(self, mask=None, probability=None):  # noqa: ARG002
        return f"go to the {self.np_random.choice(['red', 'green', 'blue'])} door"

    def contains(self, x):
        return isinstance(x, str)


class Frame(spaces.Box):
    """A subclass of a known space: laid out as its base."""


def _deep():
    leaf = spaces.Dict({"z": spaces.Discrete(3, start=-1), "a": spaces.Box(-1, 1, (2, 2), np.float16)})
    third = spaces.Tuple([leaf, spaces.Text(5)])
    second = spaces.Dict({"in": third, "of": spaces.OneOf([spaces.Discrete(2), third])})
    return spaces.Tuple([spaces.MultiBinary([2, 3]), second, spaces.Tuple([])])


def _of_every_kind():
    return spaces.Dict(
        box=spaces.Box(0, 255, (2, 3, 1), np.uint8),
        discrete=spaces.Discrete(7, start=10),
        multi_discrete=spaces.MultiDiscrete([[2, 3], [4, 5]]),
        multi_binary=spaces.MultiBinary(3),
        text=spaces.Text(4, min_length=0),
        one_of=spaces.OneOf([spaces.Box(-1, 1, (3,)), spaces.Discrete(2)]),
        tuple=spaces.Tuple([spaces.Box(-1, 1, (), np.float64), spaces.Discrete(2)]),
    )


_FIXED = {
    "box-bool": lambda: spaces.Box(0, 1, (3,), np.bool_),
    "box-int8": lambda: spaces.Box(-128, 127, (3,), np.int8),
    "box-int16": lambda: spaces.Box(-(2**15), 2**15 - 1, (3,), np.int16),
    "box-int32": lambda: spaces.Box(-(2**31), 2**31 - 1, (3,), np.int32),
    "box-int64": lambda: spaces.Box(-SAFE, SAFE, (3,), np.int64),
    "box-uint8": lambda: spaces.Box(0, 255, (4, 3, 3), np.uint8),
    "box-uint16": lambda: spaces.Box(0, 2**16 - 1, (3,), np.uint16),
    "box-uint32": lambda: spaces.Box(0, 2**32 - 1, (3,), np.uint32),
    "box-uint64": lambda: spaces.Box(0, SAFE, (3,), np.uint64),
    "box-float16": lambda: spaces.Box(-2, 2, (3,), np.float16),
    "box-float32": lambda: spaces.Box(-np.inf, np.inf, (3,), np.float32),
    "box-float64": lambda: spaces.Box(-np.inf, np.inf, (3,), np.float64),
    "box-0d": lambda: spaces.Box(-1, 1, (), np.float64),
    "box-0d-int8": lambda: spaces.Box(-5, 5, (), np.int8),
    "box-4d": lambda: spaces.Box(-1, 1, (2, 1, 3, 2), np.float32),
    "box-empty": lambda: spaces.Box(-1, 1, (0,), np.float32),
    "box-empty-2d": lambda: spaces.Box(-1, 1, (3, 0), np.float32),
    "box-bounds": lambda: spaces.Box(
        np.array([-1.5, 0, -np.inf]), np.array([1, np.inf, np.inf]), dtype=np.float64
    ),
    "box-subclass": lambda: Frame(0, 1, (2,), np.float32),
    "discrete": lambda: spaces.Discrete(5),
    "discrete-start": lambda: spaces.Discrete(3, start=-1),
    "discrete-one": lambda: spaces.Discrete(1),
    "discrete-large": lambda: spaces.Discrete(2**40, start=2**52),
    "discrete-int8": lambda: spaces.Discrete(5, start=-3, dtype=np.int8),
    "discrete-uint8": lambda: spaces.Discrete(200, start=20, dtype=np.uint8),
    "discrete-int32": lambda: spaces.Discrete(5, dtype=np.int32),
    "multi-discrete": lambda: spaces.MultiDiscrete([2, 3, 4]),
    "multi-discrete-2d": lambda: spaces.MultiDiscrete([[2, 3], [4, 5]], start=[[1, -2], [0, 10]]),
    "multi-discrete-int8": lambda: spaces.MultiDiscrete([2, 3], dtype=np.int8, start=[-5, 5]),
    "multi-binary": lambda: spaces.MultiBinary(5),
    "multi-binary-3d": lambda: spaces.MultiBinary([2, 2, 3]),
    "text": lambda: spaces.Text(6),
    "text-empty-allowed": lambda: spaces.Text(3, min_length=0),
    "text-charset-order": lambda: spaces.Text(4, charset="zyxa"),
    "text-charset-odd": lambda: spaces.Text(5, charset='\0\n"\\é😀\u200d'),
    "text-charset-set": lambda: spaces.Text(5, charset=frozenset("qwerty")),
    "tuple": lambda: spaces.Tuple([spaces.Discrete(3), spaces.Box(-1, 1, (2,), np.float64)]),
    "tuple-empty": lambda: spaces.Tuple([]),
    "dict": lambda: spaces.Dict({"b": spaces.Discrete(3), "a": spaces.Box(0, 1, (2,), np.float32)}),
    "dict-ordered": lambda: spaces.Dict(
        collections.OrderedDict([("b", spaces.Discrete(3)), ("a", spaces.Box(0, 1, (2,), np.float32))])
    ),
    "dict-unsorted": lambda: spaces.Dict({"b": spaces.Discrete(3), "a": spaces.Discrete(4)}, sort_keys=False),
    "dict-keywords": lambda: spaces.Dict({"b": spaces.Discrete(3)}, a=spaces.Discrete(4)),
    "dict-int-keys": lambda: spaces.Dict({2: spaces.Discrete(3), 1: spaces.Discrete(4)}),
    "dict-odd-keys": lambda: spaces.Dict(
        {'"quoted"\n': spaces.Discrete(3), "": spaces.Discrete(2), "ключ": spaces.Discrete(4)}
    ),
    "dict-empty": lambda: spaces.Dict({}),
    "one-of": lambda: spaces.OneOf([spaces.Discrete(2), spaces.Box(-1, 1, (4,), np.float32), spaces.Text(2)]),
    "one-of-one": lambda: spaces.OneOf([spaces.MultiBinary(2)]),
    "deep": _deep,
    "every-kind": _of_every_kind,
}

_DYNAMIC = {
    "sequence": lambda: spaces.Sequence(spaces.Discrete(3)),
    "sequence-stacked": lambda: spaces.Sequence(spaces.Box(0, 1, (2,), np.float32), stack=True),
    "graph": lambda: spaces.Graph(spaces.Box(-1, 1, (2,)), spaces.Discrete(3)),
    "graph-without-edges": lambda: spaces.Graph(spaces.Discrete(2), None),
    "custom": Mission,
    "dict-with-custom": lambda: spaces.Dict(
        image=spaces.Box(0, 255, (2, 2), np.uint8), direction=spaces.Discrete(4), mission=Mission()
    ),
    "tuple-with-sequence": lambda: spaces.Tuple([spaces.Discrete(2), spaces.Sequence(spaces.Discrete(2))]),
    "one-of-with-graph": lambda: spaces.OneOf([spaces.Discrete(2), spaces.Graph(spaces.Discrete(2), None)]),
}


def _makes(factory):
    try:
        factory()
    except (TypeError, AssertionError, ValueError):
        return False
    return True


# What a Gymnasium cannot make, it cannot hand to us either; the tests count what is left.
FIXED = {name: factory for name, factory in _FIXED.items() if _makes(factory)}
DYNAMIC = {name: factory for name, factory in _DYNAMIC.items() if _makes(factory)}
SPACES = {**FIXED, **DYNAMIC}


@functools.cache
def shared(name):
    """A space of the table that nobody seeds or samples: for looking at."""
    return SPACES[name]()


def make(name):
    """A new space of the table."""
    return SPACES[name]()
