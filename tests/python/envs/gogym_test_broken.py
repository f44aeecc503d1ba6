"""Environments that do what no environment should: the table of ways, and the environment that takes them."""

from __future__ import annotations

import collections
import decimal
import fractions
import itertools
import types

import gymnasium
import numpy as np
from gymnasium import spaces

GOOD = np.array([1.0, 0.5, -1.0])
"""The observation where nothing is broken."""


class Unspeakable(Exception):
    """An exception without words: its text raises."""

    def __str__(self):
        raise ValueError("no words")

    __repr__ = __str__


class Subtext(str):
    __slots__ = ()


class Oblique(Exception):
    """Its text is of a class derived from str."""

    def __str__(self):
        return Subtext("oblique words")


class Plain(BaseException):
    """Not even an Exception."""


class NotANumber:
    def __float__(self):
        raise RuntimeError("no float here")


class NotABool:
    def __bool__(self):
        raise RuntimeError("no bool here")


LongName = type("A" * 300, (Exception,), {"__module__": "somewhere"})


def _raise(error):
    raise error


def _generate(count):
    yield from range(count)
    raise TypeError("inside the generator")


def _recurse():
    return _recurse() + 1


def _chained():
    try:
        raise KeyError("the first cause")
    except KeyError as error:
        raise RuntimeError("the consequence") from error


def _step(observation=GOOD, reward=0.0, terminated=False, truncated=False, info=None):
    return observation, reward, terminated, truncated, {} if info is None else info


_BIG = np.arange(12.0).reshape(3, 4)

# name: (expected status without GYM_ERR_, or "OK"; what the message says; what step returns or does)
STEPS = {
    # observations
    "obs-wrong-shape": ("OBSERVATION", "shape (2,)", lambda: _step(np.zeros(2))),
    "obs-wrong-dimensions": ("OBSERVATION", "shape (1, 3)", lambda: _step(np.zeros((1, 3)))),
    "obs-scalar": ("OBSERVATION", "shape ()", lambda: _step(1.0)),
    "obs-none": ("OBSERVATION", "None", lambda: _step(types.SimpleNamespace().__dict__.get("nothing"))),
    "obs-dict": ("OBSERVATION", "{'a': 1}", lambda: _step({"a": 1})),
    "obs-object": ("OBSERVATION", "object", lambda: _step(np.array([1, None, "x"], object))),
    "obs-text": ("OBSERVATION", "'a'", lambda: _step(np.array(["a", "b", "c"]))),
    "obs-complex": ("OBSERVATION", "1.j", lambda: _step(np.array([1j, 2, 3]))),
    "obs-dates": ("OBSERVATION", "datetime64", lambda: _step(np.array(["2020-01-01"] * 3, "M8[D]"))),
    "obs-ragged": ("OBSERVATION", "[[1, 2], [3]]", lambda: _step([[1, 2], [3]])),
    "obs-matrix": ("OBSERVATION", "shape (1, 3)", lambda: _step(np.asmatrix(GOOD))),
    "obs-inexact": ("INEXACT", "9007199254740993", lambda: _step(np.array([1, 2**53 + 1, 3]))),
    # rewards
    "reward-none": ("REWARD", "None", lambda: _step(reward=None)),
    "reward-text": ("REWARD", "'much'", lambda: _step(reward="much")),
    "reward-array": ("REWARD", "array([1., 2.])", lambda: _step(reward=np.array([1.0, 2.0]))),
    "reward-complex": ("REWARD", "1j", lambda: _step(reward=1j)),
    "reward-inexact": ("INEXACT", "9007199254740993", lambda: _step(reward=2**53 + 1)),
    "reward-huge": ("REWARD", "000", lambda: _step(reward=10**400)),
    "reward-raises": ("REWARD", "NotANumber", lambda: _step(reward=NotANumber())),
    # flags and infos
    "terminated-array": ("RESULT", "terminated", lambda: _step(terminated=np.array([True, False]))),
    "truncated-raises": ("RESULT", "truncated", lambda: _step(truncated=NotABool())),
    "info-list": ("RESULT", "[1, 2]", lambda: _step(info=[1, 2])),
    "info-none": ("RESULT", "None", lambda: (GOOD, 0.0, False, False, None)),
    "info-mapping": ("RESULT", "mappingproxy", lambda: _step(info=types.MappingProxyType({"a": 1}))),
    # what is returned
    "returns-none": ("RESULT", "None", lambda: None),
    "returns-number": ("RESULT", "7", lambda: 7),
    "returns-four": ("RESULT", "4 values", lambda: (GOOD, 0.0, False, {})),
    "returns-six": ("RESULT", "more than 5 values", lambda: (*_step(), 1)),
    "returns-without-end": ("RESULT", "more than 5 values", itertools.count),
    "returns-broken-generator": ("PYTHON", "inside the generator", lambda: _generate(4)),
    "returns-nothing": ("RESULT", "0 values", tuple),
    # exceptions
    "raises": ("PYTHON", "the step is broken", lambda: _raise(ValueError("the step is broken"))),
    "raises-nothing-said": ("PYTHON", "ValueError", lambda: _raise(ValueError())),
    "raises-key": ("PYTHON", "KeyError: 'lost'", lambda: _raise(KeyError("lost"))),
    "raises-unspeakable": ("PYTHON", "Unspeakable", lambda: _raise(Unspeakable())),
    "raises-oblique": ("PYTHON", "oblique words", lambda: _raise(Oblique())),
    "raises-long": ("PYTHON", "xxxxxxxx", lambda: _raise(RuntimeError("x" * 1_000_000))),
    "raises-long-multibyte": ("PYTHON", "é€😀", lambda: _raise(RuntimeError("é€😀" * 300_000))),
    "raises-surrogates": ("PYTHON", "\\udc80", lambda: _raise(RuntimeError("a\udc80b"))),
    "raises-nul": ("PYTHON", "before\\0after", lambda: _raise(RuntimeError("before\0after"))),
    "raises-long-name": ("PYTHON", "called so", lambda: _raise(LongName("called so"))),
    "raises-chained": ("PYTHON", "the consequence", _chained),
    "raises-stop": ("PYTHON", "StopIteration", lambda: _raise(StopIteration())),
    "raises-base": ("PYTHON", "deep down", lambda: _raise(Plain("deep down"))),
    "raises-generator-exit": ("PYTHON", "GeneratorExit", lambda: _raise(GeneratorExit())),
    "raises-import": ("IMPORT", "no_such_module", lambda: __import__("no_such_module")),
    "raises-memory": ("MEMORY", "MemoryError", lambda: _raise(MemoryError())),
    "raises-exit": ("SYSTEM_EXIT", "3", lambda: _raise(SystemExit(3))),
    "raises-interrupt": ("INTERRUPTED", "KeyboardInterrupt", lambda: _raise(KeyboardInterrupt())),
    "raises-recursion": ("RECURSION", "recursion", _recurse),
    # unusual, but right
    "ok-list-of-five": ("OK", "", lambda: list(_step())),
    "ok-generator": ("OK", "", lambda: iter(_step())),
    "ok-flags-of-numpy": ("OK", "", lambda: _step(terminated=np.bool_(False), truncated=np.array(False))),
    "ok-flags-none": ("OK", "", lambda: (GOOD, 0.0, None, None, {})),
    "ok-reward-int": ("OK", "", lambda: _step(reward=0)),
    "ok-reward-bool": ("OK", "", lambda: _step(reward=False)),
    "ok-reward-numpy": ("OK", "", lambda: _step(reward=np.float32(0))),
    "ok-reward-0d": ("OK", "", lambda: _step(reward=np.array(0.0))),
    "ok-reward-decimal": ("OK", "", lambda: _step(reward=decimal.Decimal(0))),
    "ok-reward-fraction": ("OK", "", lambda: _step(reward=fractions.Fraction(0))),
    "ok-info-subclass": ("OK", "", lambda: _step(info=collections.OrderedDict())),
    "ok-obs-list": ("OK", "", lambda: _step([1, 0.5, -1])),
    "ok-obs-tuple": ("OK", "", lambda: _step((1, 0.5, -1))),
    "ok-obs-float32": ("OK", "", lambda: _step(GOOD.astype(np.float32))),
    "ok-obs-float16": ("OK", "", lambda: _step(GOOD.astype(np.float16))),
    "ok-obs-longdouble": ("OK", "", lambda: _step(GOOD.astype(np.longdouble))),
    "ok-obs-swapped": ("OK", "", lambda: _step(GOOD.astype(">f8"))),
    "ok-obs-swapped-float32": ("OK", "", lambda: _step(GOOD.astype(">f4"))),
    "ok-obs-strided": ("OK", "", lambda: _step(np.array([1, 9, 0.5, 9, -1, 9])[::2])),
    "ok-obs-reversed": ("OK", "", lambda: _step(GOOD[::-1].copy()[::-1])),
    "ok-obs-unaligned": ("OK", "", lambda: _step(np.frombuffer(b"x" + GOOD.tobytes(), "u1")[1:].view("f8"))),
    "ok-obs-read-only": ("OK", "", lambda: _step(np.frombuffer(GOOD.tobytes()))),
    "ok-obs-masked": ("OK", "", lambda: _step(np.ma.array(GOOD, mask=[0, 0, 0]))),
}

# name: (expected status, what the message says, what reset returns)
RESETS = {
    "reset-raises": ("PYTHON", "the reset is broken", lambda: _raise(ValueError("the reset is broken"))),
    "reset-none": ("RESULT", "None", lambda: None),
    "reset-observation-only": ("RESULT", "more than 2 values", lambda: GOOD),
    "reset-one": ("RESULT", "1 values", lambda: (GOOD,)),
    "reset-three": ("RESULT", "more than 2 values", lambda: (GOOD, {}, 1)),
    "reset-without-end": ("RESULT", "more than 2 values", itertools.count),
    "reset-broken-generator": ("PYTHON", "inside the generator", lambda: _generate(1)),
    "reset-info-list": ("RESULT", "[]", lambda: (GOOD, [])),
    "reset-wrong-shape": ("OBSERVATION", "shape (4,)", lambda: (np.zeros(4), {})),
    "reset-exit": ("SYSTEM_EXIT", "goodbye", lambda: _raise(SystemExit("goodbye"))),
    "reset-interrupt": ("INTERRUPTED", "KeyboardInterrupt", lambda: _raise(KeyboardInterrupt())),
}

# name: (expected status, what the message says, what makes the exception)
OTHERS = {
    "constructor-raises": (
        "PYTHON",
        "the constructor is broken",
        lambda: ValueError("the constructor is broken"),
    ),
    "constructor-exits": ("SYSTEM_EXIT", "5", lambda: SystemExit(5)),
    "constructor-interrupted": ("INTERRUPTED", "KeyboardInterrupt", KeyboardInterrupt),
    "close-raises": ("PYTHON", "the close is broken", lambda: ValueError("the close is broken")),
    "close-exits": ("SYSTEM_EXIT", "6", lambda: SystemExit(6)),
}

WAYS = {**STEPS, **RESETS, **OTHERS}
ERRORS = tuple(
    f"error-{name}" for name in gymnasium.error.__dict__ if isinstance(getattr(gymnasium.error, name), type)
)
"""Each of Gymnasium's exception classes, raised by step."""


class Broken(gymnasium.Env):
    """Breaks in step where the action is 1 and in reset where options are {"break": true}; else all is well."""

    def __init__(self, how):
        self.how = how
        self.observation_space = spaces.Box(-np.inf, np.inf, (3,), np.float64)
        self.action_space = spaces.Discrete(2)
        if how not in WAYS and how not in ERRORS:
            raise KeyError(how)
        if how.startswith("constructor-"):
            raise OTHERS[how][2]()

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        if options and options.get("break") and self.how in RESETS:
            return RESETS[self.how][2]()
        return GOOD.copy(), {"how": self.how}

    def step(self, action):
        if action == 0:
            return _step(GOOD.copy(), 1.0)
        if self.how.startswith("error-"):
            cls = getattr(gymnasium.error, self.how[6:])
            error = cls.__new__(cls, "as asked")  # some constructors ask for more
            Exception.__init__(error, "as asked")
            raise error
        return STEPS[self.how][2]()

    def close(self):
        if self.how.startswith("close-"):
            raise OTHERS[self.how][2]()
