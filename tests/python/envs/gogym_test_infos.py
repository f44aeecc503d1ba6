"""Infos of every kind, by name, and the environment that has them."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum

import gymnasium
import numpy as np
from gymnasium import spaces


class Colour(enum.IntEnum):
    RED = 1


class Silent:
    """An object whose repr raises."""

    def __repr__(self):
        raise RuntimeError("no repr")


class Word(str):
    __slots__ = ()


class Oblique:
    """An object whose repr is of a class derived from str."""

    def __repr__(self):
        return Word("<oblique>")


Point = collections.namedtuple("Point", "x y")


def _cyclic_list():
    value = [1]
    value.append(value)
    return value


def _cyclic_dict():
    value = {"a": 1}
    value["self"] = value
    return value


def _cyclic_array():
    value = np.empty((), object)
    value[()] = value
    return value


def _cyclic_array_1d():
    value = np.empty(2, object)
    value[0] = value
    return value


def _nested(depth, make):
    value = 0
    for _ in range(depth):
        value = make(value)
    return value


def _moved():
    value = collections.OrderedDict(a=1, b=2, c=3)
    value.move_to_end("a")
    return value


_DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()

INFOS = {
    "empty": dict,
    "plain": lambda: {
        "none": None,
        "true": True,
        "false": False,
        "int": -5,
        "float": 0.5,
        "text": "é😀",
        "bytes": b"\0\xff",
    },
    "floats": lambda: {
        "nan": float("nan"),
        "inf": float("inf"),
        "minus": float("-inf"),
        "zero": -0.0,
        "tiny": 5e-324,
    },
    "integers": lambda: {
        "max": 2**63 - 1,
        "min": -(2**63),
        "over": 2**63,
        "under": -(2**63) - 1,
        "huge": 10**30,
    },
    "beyond-digits": lambda: {"value": 7**6000},
    "containers": lambda: {
        "list": [1, [2, [3]]],
        "tuple": (1, (2, ())),
        "dict": {"a": {"b": {}}},
        "mixed": [{"a": (1,)}],
    },
    "keys": lambda: {1: "int", (1, 2): "tuple", None: "none", 1.5: "float", b"b": "bytes", "": "empty"},
    "texts": lambda: {"nul": "a\0b", "surrogate": "a\udc80b", "quotes": '"\\\n', "long": "é" * 100_000},
    "odd-keys": lambda: {"a\0b": 1, "a\udc80b": 2, "é" * 1000: 3},
    "subclasses": lambda: {"enum": Colour.RED, "word": Word("word"), "named": Point(1, 2), "bool": np.True_},
    "dicts": lambda: {
        "default": collections.defaultdict(int, a=1),
        "counter": collections.Counter("aab"),
        "moved": _moved(),
    },
    "scalars": lambda: {dtype: np.dtype(dtype).type(1) for dtype in _DTYPES},
    "scalars-odd": lambda: {
        "str": np.str_("text"),
        "bytes": np.bytes_(b"raw"),
        "date": np.datetime64("2020-01-01"),
        "delta": np.timedelta64(3, "s"),
        "long": np.longdouble(1) / 3,
        "void": np.zeros((), "i4,f4")[()],
        "uint64": np.uint64(2**64 - 1),
    },
    "arrays": lambda: {dtype: np.arange(6).reshape(2, 3).astype(dtype) for dtype in _DTYPES},
    "arrays-odd": lambda: {
        "0d": np.array(1.5),
        "empty": np.zeros((0, 3)),
        "strided": np.arange(6)[::2],
        "transposed": np.arange(6).reshape(2, 3).T,
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "swapped": np.arange(3, dtype=">i4"),
        "text": np.array(["a", "bc"]),
        "bytes": np.array([b"a", b"bc"]),
        "object": np.array([1, None, "x"], object),
        "record": np.zeros(2, "i4,f4"),
        "dates": np.array(["2020-01-01"], "M8[D]"),
        "masked": np.ma.array([1, 2], mask=[0, 1]),
        "matrix": np.asmatrix([[1, 2]]),
        "many": np.zeros((1,) * 32),
        "longdouble": np.ones(2, np.longdouble),
    },
    "objects": lambda: {
        "set": {1},
        "frozen": frozenset({1}),
        "complex": 1 + 2j,
        "decimal": decimal.Decimal("1.1"),
        "range": range(3),
        "type": int,
        "deque": collections.deque([1]),
        "date": datetime.date(2020, 1, 1),
        "silent": Silent(),
        "oblique": Oblique(),
        "bytearray": bytearray(b"ab"),
        "memoryview": memoryview(b"ab"),
        "function": len,
        "ellipsis": ...,
    },
    "cycle-list": lambda: {"value": _cyclic_list()},
    "cycle-dict": _cyclic_dict,
    "cycle-array-0d": lambda: {"value": _cyclic_array()},
    "cycle-array-1d": lambda: {"value": _cyclic_array_1d()},
    "deep-list": lambda: {"value": _nested(5000, lambda value: [value])},
    "deep-dict": lambda: {"value": _nested(5000, lambda value: {"a": value})},
    "deep-array": lambda: {"value": _nested(500, _boxed)},
    "wide": lambda: {str(i): i for i in range(20_000)},
    "large": lambda: {"frame": np.arange(3_000_000, dtype=np.uint8).reshape(1000, 1000, 3)},
}


def _boxed(value):
    box = np.empty((), object)
    box[()] = value
    return box


class Info(gymnasium.Env):
    """`which` names the info of its resets; a step may ask for another through the number of its action."""

    def __init__(self, which="plain"):
        self.observation_space = spaces.Box(-1, 1, (1,), np.float64)
        self.action_space = spaces.Discrete(len(INFOS))
        self.which = which

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        return np.zeros(1), INFOS[(options or {}).get("which", self.which)]()

    def step(self, action):
        return np.zeros(1), 0.0, False, False, INFOS[list(INFOS)[action]]()
