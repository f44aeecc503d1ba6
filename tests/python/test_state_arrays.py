"""Snapshots: arrays that share their memory, and references that pickle would make into something else."""

import array
import weakref

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from gogym.errors import StateError
from support_state import Play, check_continuation, same


class Own(gymnasium.Env):
    """An environment that a test puts something into."""

    def __init__(self, hold):
        self.observation_space = spaces.Box(-1e9, 1e9, (1,), np.float64)
        self.action_space = spaces.Discrete(3)
        hold(self)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed, options=options)
        return np.zeros(1), {}

    def step(self, action):
        return np.array([float(self.advance(action + 1))]), 0.0, False, False, {}


def begun(hold):
    play = Play(lambda: Own(hold))
    play.begin(seed=1, steps=3)
    return play


def objects(env):
    """A part of an array of objects."""
    env.whole = np.array([1, 2.5, [3], None], object)
    env.part = env.whole[2:0:-1]

    def advance(action):
        env.whole[1] += action
        env.part[0].append(1)
        return env.part[1] + len(env.whole[2])

    env.advance = advance


def permuted(env):
    """An array whose axes are in an order of their own, as copies of pictures have them."""
    env.whole = np.zeros((2, 4, 3)).transpose(1, 0, 2).copy(order="K")
    assert not env.whole.flags.forc
    assert env.whole.base is None
    env.turned = env.whole.transpose(1, 0, 2)
    env.part = env.turned[1, :, 2]

    def advance(action):
        env.part += action
        env.whole[0] += 1
        return env.turned.sum() + env.part.sum()

    env.advance = advance


def fields(env):
    """A column of a record array, which is a class of its own."""
    env.whole = np.zeros(3, [("a", "f8"), ("b", "i4")]).view(np.recarray).copy()
    env.part = env.whole.a
    assert env.whole.base is None

    def advance(action):
        env.part += action
        return env.whole.a.sum()

    env.advance = advance


def constant(env):
    """What nobody can change need not be shared."""
    env.source = b"12345678"
    env.first, env.second = np.frombuffer(env.source, np.int8), np.frombuffer(env.source, np.int32)
    env.advance = lambda action: env.first.sum() + env.second.sum() + action


def unknown(env):
    """What is known to nobody else need not be shared."""
    env.numbers = np.frombuffer(bytearray(8), np.int8)

    def advance(action):
        env.numbers[1] += action
        return env.numbers.sum()

    env.advance = advance


@pytest.mark.parametrize("hold", [objects, permuted, fields, constant, unknown])
def test_memory_that_is_shared(hold):
    play = begun(hold)
    saved = play.save()
    expected = play.steps(8)
    for _ in range(2):
        play.load(saved)
        assert same(play.steps(8), expected)
    play.load(saved)
    if hasattr(play.env, "whole"):
        assert np.shares_memory(play.env.part, play.env.whole)
    check_continuation(play, 3)


def buffer(env):
    env.source = bytearray(16)
    env.numbers = np.frombuffer(env.source)


def part_of_buffer(env):
    env.parts = {"source": array.array("d", [1.0, 2.0])}
    env.numbers = np.frombuffer(env.parts["source"])[1:]


def twice(env):
    source = bytearray(16)
    env.numbers = np.frombuffer(source)
    env.others = np.frombuffer(source, np.int32)


def subclass(env):
    env.source = np.zeros(4)
    env.numbers = env.source[1:].view(np.recarray)


def columns(env):
    env.numbers = np.zeros(3, [("a", "f8"), ("b", "i4")]).view(np.recarray)
    env.others = env.numbers.a


FORBIDDEN = {
    buffer: r"unwrapped\.numbers shares its memory with unwrapped\.source",
    part_of_buffer: r"shares its memory with unwrapped\.parts\['source'\]",
    twice: r"unwrapped\.others shares its memory with unwrapped\.numbers",
    columns: r"unwrapped\.\w+ shares its memory with unwrapped\.\w+, and",
    subclass: r"unwrapped\.numbers shares its memory with unwrapped\.source",
    lambda env: setattr(env, "me", weakref.proxy(env)): r"unwrapped\.me is a weakref\.proxy",
    lambda env: setattr(
        env, "parts", [weakref.proxy(test_what_is_named)]
    ): r"unwrapped\.parts\[0\] is a weakref",
}


@pytest.mark.parametrize("hold", FORBIDDEN)
def test_what_is_named(hold):
    play = Play(lambda: Own(hold))
    play.reset(1)
    with pytest.raises(StateError, match=f"^the state cannot be saved: .*{FORBIDDEN[hold]}"):
        play.save()
