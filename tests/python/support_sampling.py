"""Comparing native draws with Python's."""

import copy

import numpy as np
from gymnasium.spaces import Box, Dict, OneOf, Text, Tuple
from numpy.random import Generator

from gogym import _bridge
from gogym.space import describe

INF = np.inf


def native_bytes(space, element, node=None):
    """An element in the native layout, as gogym.space describes it."""
    node = node or describe(space)
    out = bytearray(node["nbytes"])

    def write(space, node, element):
        place = node["byte_offset"]
        if isinstance(space, Dict):
            for child, key in zip(node["spaces"], node["keys"], strict=True):
                write(space[key], child, element[key])
            return
        if isinstance(space, Tuple):
            for child, part, item in zip(node["spaces"], space.spaces, element, strict=True):
                write(part, child, item)
            return
        if isinstance(space, OneOf):
            index, item = element
            write(space.spaces[index], node["spaces"][index], item)
            data = np.int64(index).tobytes()
        elif isinstance(space, Text):
            indices = [space.character_list.index(c) for c in element]
            indices += [len(space.character_list)] * (space.max_length - len(element))
            data = np.array(indices, np.int32).tobytes()
        else:
            data = np.asarray(element, node["dtype"]).tobytes()
        out[place : place + len(data)] = data

    write(space, node, element)
    return bytes(out)


def plain(value):
    """A generator's state, comparable with ==."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value


def states(space):
    """The states of a space's generators and its children's, None where there is none yet."""
    own = space.__dict__["_np_random"]
    state = plain(own.bit_generator.state) if isinstance(own, Generator) else own
    children = getattr(space, "spaces", ())
    return [
        state,
        *(states(child) for child in (children.values() if isinstance(children, dict) else children)),
    ]


def outcome(draw):
    """What a draw gives or raises."""
    try:
        return draw()
    except Exception as error:  # noqa: BLE001
        return type(error)


class Pair:
    """A space that is drawn from natively and in Python, and a copy that only Python draws from."""

    def __init__(self, space):
        self.space = space
        self.twin = copy.deepcopy(space)
        self.node = describe(space)
        self.draw, self.draws_here = _bridge._sampler(space)

    def compare(self, turns="NNPNPPNN", *, here=None):
        """Take turns, native and in Python. `here`: whether natively must mean: without Python."""
        for turn in turns:
            if here is not None:
                assert self.draws_here() is here
            expected = outcome(lambda: native_bytes(self.twin, self.twin.sample(), self.node))
            if turn == "N":
                actual = outcome(self.draw)
            else:
                actual = outcome(lambda: native_bytes(self.space, self.space.sample(), self.node))
            assert actual == expected
            assert states(self.space) == states(self.twin)

    def change(self, change):
        change(self.space)
        change(self.twin)


def seeded(space, seed=7):
    space.seed(seed)
    return space


def mixed(dtype, *, count=64):
    """A Box with elements of all four kinds of bounds."""
    low, high = np.array([[-INF, 0, -INF, -3], [INF, INF, 1, 2]]).astype(dtype).repeat(count, axis=1)
    return Box(low, high, dtype=dtype)
