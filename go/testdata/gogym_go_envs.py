"""Environments for the tests of the Go package."""

import importlib.util
import threading
import time

import gymnasium
import numpy as np
from gymnasium import spaces


class Base(gymnasium.Env):
    observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float64)
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(2), {}

    def step(self, action):
        return np.zeros(2), 0.0, False, False, {}


class Kwargs(Base):
    """Tells in its info what it was made and reset with."""

    def __init__(self, **kwargs):
        self.kwargs = kwargs

    def reset(self, *, seed=None, options=None):
        observation, _ = super().reset(seed=seed)
        types = {key: type(value).__name__ for key, value in self.kwargs.items()}
        return observation, {"kwargs": self.kwargs, "types": types, "seed": seed, "options": options}


class Fails(Base):
    """Raises, exits or returns nonsense, where and as it is told."""

    def __init__(self, where, how="raise"):
        self.where, self.how = where, how
        self.result("init", None)

    def result(self, where, good):
        if where != self.where:
            return good
        if self.how == "raise":
            raise ValueError(f"no {where} today: \N{SNOWMAN}")
        if self.how == "exit":
            raise SystemExit(3)
        if self.how == "recurse":
            return self.result(where, good)
        if self.how == "observation":
            return (np.zeros(3), *good[1:])
        if self.how == "nan":
            return (np.full(2, np.nan), *good[1:])
        if self.how == "reward":
            return (good[0], "much", *good[2:])
        return None

    def reset(self, *, seed=None, options=None):
        return self.result("reset", super().reset(seed=seed))

    def step(self, action):
        return self.result("step", super().step(action))

    def close(self):
        self.result("close", None)


class Racy(Base):
    """Counts its steps in a way that two threads at a time would break."""

    inside = 0
    most = 0
    lock = threading.Lock()

    def __init__(self, sleep=0.0, fresh=False):
        self.sleep, self.count = sleep, 0
        if fresh:
            type(self).most = 0

    def step(self, action):
        cls = type(self)
        with cls.lock:
            cls.inside += 1
            cls.most = max(cls.most, cls.inside)
        count = self.count
        time.sleep(self.sleep)
        self.count = count + 1
        with cls.lock:
            cls.inside -= 1
        return np.array([self.count, cls.most], np.float64), 1.0, False, False, {}


class Spaces(Base):
    """Has the same space twice and tells what Gymnasium thinks of an action."""

    table = {
        "box": lambda: spaces.Box(-1, 1, (2, 2), np.float32),
        "box-float16": lambda: spaces.Box(-2, 2, (2,), np.float16),
        "box-float64": lambda: spaces.Box(np.array([-1, -np.inf]), np.array([1, np.inf]), dtype=np.float64),
        "box-uint8": lambda: spaces.Box(3, 255, (3,), np.uint8),
        "box-int64": lambda: spaces.Box(-(2**40), 2**40, (2,), np.int64),
        "box-empty": lambda: spaces.Box(0, 1, (0,), np.float32),
        "discrete": lambda: spaces.Discrete(5, start=-2),
        "multi-discrete": lambda: spaces.MultiDiscrete([[2, 3], [4, 5]], start=[[0, -1], [5, 2]]),
        "multi-binary": lambda: spaces.MultiBinary([2, 2]),
        "text": lambda: spaces.Text(4, min_length=1, charset="ab\u00e9"),
        "tuple": lambda: spaces.Tuple([spaces.Discrete(2), spaces.Box(0, 1, (2,), np.float32)]),
        "dict": lambda: spaces.Dict(
            {"b": spaces.Discrete(2), "a": spaces.Tuple([spaces.MultiBinary(2), spaces.Text(2)])}
        ),
        "one-of": lambda: spaces.OneOf(
            [spaces.Discrete(3, start=1), spaces.Box(-1, 1, (3,), np.float64), spaces.Text(2)]
        ),
        "sequence": lambda: spaces.Sequence(spaces.Discrete(3)),
        "graph": lambda: spaces.Graph(spaces.Box(-1, 1, (2,)), None),
    }

    def __init__(self, name):
        self.observation_space = self.table[name]()
        self.action_space = self.table[name]()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {"repr": repr(self.observation_space)}

    def step(self, action):
        contained = bool(self.action_space.contains(action))
        return self.observation_space.sample(), 0, False, False, {"contained": contained}


class InPlace(Base):
    """Writes its observations where the caller wants them."""

    observation_space = spaces.Box(0, 255, (2, 3), np.uint8)
    gogym_observation_buffer = None

    def observed(self):
        observation = (
            np.empty((2, 3), np.uint8)
            if self.gogym_observation_buffer is None
            else self.gogym_observation_buffer
        )
        observation[:] = self.count
        self.count += 1
        return observation

    def reset(self, *, seed=None, options=None):
        self.count = 1
        return self.observed(), {}

    def step(self, action):
        return self.observed(), 0.0, False, False, {}


class LooksForPygame(gymnasium.Wrapper):
    """Looks whether pygame is installed before CartPole imports it."""

    def __init__(self, render_mode=None):
        if importlib.util.find_spec("pygame") is None:
            raise gymnasium.error.DependencyNotInstalled("pygame")
        super().__init__(gymnasium.make("CartPole-v1", render_mode=render_mode))


for cls in (Kwargs, Fails, Racy, Spaces, InPlace, LooksForPygame):
    gymnasium.register(f"Go{cls.__name__}-v0", cls, disable_env_checker=True, order_enforce=cls is Kwargs)
