"""Environments for the tests of vector environments in Go."""

import os
import sys
import time
from pathlib import Path

import gymnasium
import numpy as np
from gymnasium import spaces


class Row(gymnasium.Env):
    """Observes its number, its steps in this episode and its episodes, and does what its action says.

    Actions: 0 and 1 are harmless, 2 raises, 3 exits with words, 4 aborts, 5 hangs, 6 waits until the file `gate` is there
    (`gate`.reached tells that it waits), 7 returns what does not fit.
    """

    metadata = {"render_modes": ["rgb_array", "ansi"]}
    observation_space = spaces.Box(-np.inf, np.inf, (3,), np.float64)
    action_space = spaces.Discrete(8)

    def __init__(self, number=0.0, length=0, gate="", render_mode=None):
        self.number, self.length, self.gate, self.render_mode = number, length, gate, render_mode
        self.steps = self.episodes = 0

    def observe(self):
        return np.array([self.number, self.steps, self.episodes], np.float64)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        self.episodes += 1
        return self.observe(), {"seed": seed, "options": options}

    def step(self, action):
        if action == 2:
            raise ValueError(f"number {self.number:g} has had enough")
        if action == 3:
            sys.stderr.write("leaving with three\n")
            sys.stderr.flush()
            os._exit(3)
        if action == 4:
            os.abort()
        while action == 5:
            time.sleep(1)
        if action == 6:
            Path(self.gate + ".reached").touch()
            while not Path(self.gate).exists():
                time.sleep(0.002)
        self.steps += 1
        if action == 7:
            return np.zeros(5), 1.0, False, False, {}
        return self.observe(), float(self.steps), self.steps == self.length, False, {"steps": self.steps}

    def render(self):
        if self.render_mode == "ansi":
            return f"number {self.number:g}"
        return np.full((2, 3, 3), int(self.number), np.uint8)

    def add(self, x, y=0.0):
        return self.number + x + y


class Pair(gymnasium.Env):
    """Observes a Dict whose parts have different dtypes."""

    observation_space = spaces.Dict(
        {"count": spaces.Box(0, 1000, (), np.int16), "place": spaces.Box(-1, 1, (3,), np.float32)}
    )
    action_space = spaces.Box(-1, 1, (3,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count = 0
        return {"count": np.int16(0), "place": np.zeros(3, np.float32)}, {}

    def step(self, action):
        self.count += 1
        return {"count": np.int16(self.count), "place": action}, 1.0, False, False, {}


gymnasium.register("GoRow-v0", Row, disable_env_checker=True)
gymnasium.register("GoPair-v0", Pair, disable_env_checker=True)
