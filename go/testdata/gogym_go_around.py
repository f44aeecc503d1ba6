"""Environments for the tests of what the Go package does around an environment."""

import logging
import sys
import threading
import warnings

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


class Frames(Base):
    """Renders frames of any kind, counted from 1 on; of `heights` each has the next one."""

    metadata = {"render_modes": ["rgb_array", "depth_array", "rgbd_tuple"], "render_fps": 12.5}

    def __init__(self, render_mode=None, dtype="uint8", shape=(4, 6, 3), heights=()):
        self.render_mode, self.dtype, self.shape, self.heights = render_mode, dtype, tuple(shape), heights
        self.count = 0

    def render(self):
        self.count += 1
        shape = self.shape
        if self.heights:
            height = self.heights[(self.count - 1) % len(self.heights)]
            shape = (height, 24 // height, *shape[2:])
        frame = np.full(shape, self.count, self.dtype)
        if self.render_mode == "rgbd_tuple":
            return frame, np.full(frame.shape[:2], self.count / 2, np.float32)
        return frame


class Attributes(Base):
    """Has attributes of many kinds, and tells what its methods are called with."""

    def __init__(self):
        self.gravity = 9.8
        self.count = 3
        self.pose = np.array([1.5, -2.0])
        self.table = {"a": 1, "b": [True, None]}
        self.names = ("x", "y")
        self._secret = 42
        self.data = type("Data", (), {"qpos": np.arange(3.0), "time": 0.5})()

    @property
    def broken(self):
        raise ValueError("no such luck")

    def describe(self, *args, **kwargs):
        return tuple(map(described, args)), {name: described(value) for name, value in kwargs.items()}

    def both(self, a, b=2):
        return a * b

    def fail(self):
        raise ValueError("as told")


def described(value):
    if isinstance(value, np.ndarray):
        return f"ndarray {value.dtype} {value.shape} {value.tolist()}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__} {[described(item) for item in value]}"
    return f"{type(value).__name__} {value}"


class Unsaveable(Base):
    """Has something that cannot be copied."""

    def __init__(self):
        self.numbers = (number for number in range(10))


class Noisy(Base):
    """Says something in every way that there is."""

    def step(self, action):
        print("a line", action)
        print("\x1b[31mred\x1b[0m")
        # Without a registry of those that were shown, it is shown each time.
        warnings.warn_explicit(f"careful {action}", UserWarning, __file__, 1)
        logging.getLogger("noisy").error("wrong by %d", 7)
        logging.getLogger().debug("nobody wants this")
        speaker = threading.Thread(target=print, args=("from a thread",))
        speaker.start()
        speaker.join()
        sys.stdout.write("not ended")
        return np.zeros(2), 0.0, False, False, {}


class Unsound(Base):
    """Does not do what Gymnasium expects."""

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(3), {}


for cls in (Frames, Attributes, Unsaveable, Noisy, Unsound):
    gymnasium.register(f"Go{cls.__name__}-v0", cls, disable_env_checker=True, order_enforce=cls is Frames)
