"""An environment whose attributes and methods do all that such may do: for the tests of attributes and calls."""

from __future__ import annotations

import types

import gymnasium
import numpy as np
from gymnasium import spaces


class Slots:
    """An object with a slot that never gets its value."""

    __slots__ = ("empty",)


class Secretive:
    """An object that does not tell its names."""

    def __dir__(self):
        raise RuntimeError("not telling")


class Answering:
    """An object that answers for some names by its own code."""

    def __getattr__(self, name):
        if name == "answer":
            return 42
        raise AttributeError(f"no {name} here")


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no repr")


class Attributes(gymnasium.Env):
    observation_space = spaces.Box(-1, 1, (2,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self):
        self.number = 7
        self.numbers = np.array([1.5, 2.5, 3.5], np.float32)
        self.counts = np.array([[1, 2], [3, 4]], np.uint8)
        self.größe = 1.25
        self.nested = types.SimpleNamespace(value=1, deeper=types.SimpleNamespace(value=2))
        self.slots = Slots()
        self.secretive = Secretive()
        self.answering = Answering()
        self._private = "secret"
        self.log = []
        self.big = 2**70
        self.other = {
            "class": Attributes,
            "function": len,
            "module": types,
            "generator": (i for i in range(3)),
            "unprintable": Unprintable(),
        }

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        super().reset(seed=seed)
        return np.zeros(2, np.float32), {}

    def step(self, action):  # noqa: ARG002
        return np.zeros(2, np.float32), 0.0, False, False, {}

    @property
    def broken(self):
        return None.missing_of_none

    @property
    def angry(self):
        raise ZeroDivisionError("angry")

    @property
    def doubled(self):
        return 2 * self.number

    @property
    def unreadable(self):
        raise RuntimeError("cannot be read")

    @unreadable.setter
    def unreadable(self, value):
        self.log.append(value)

    def everything(self, *positional, **keywords):
        return {"positional": positional, "keywords": keywords}

    def kinds(self, *values):
        return [type(value).__name__ for value in values]

    def the_spec(self):
        return self.spec

    def huge(self, size):
        return np.arange(size, dtype=np.float64)

    def endless(self):
        items = []
        items.append(items)
        return items

    def fail(self):
        raise KeyError("lost")

    def exit(self):
        raise SystemExit(3)

    def recurse(self):
        return self.recurse()


class Broken(gymnasium.Wrapper):
    """A wrapper with a property that fails as a missing attribute does."""

    @property
    def of_the_wrapper(self):
        return self.env.there_is_no_such_thing

    @property
    def number_twice(self):
        return 2 * self.get_wrapper_attr("number")
