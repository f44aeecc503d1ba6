"""An environment whose steps last until they are told to end, for the tests of worker processes."""

from __future__ import annotations

import time
from pathlib import Path

import gymnasium
from gymnasium import spaces


class Held(gymnasium.Env):
    """Has a space nested `depth` times as its observation space; a step makes the file `begun` and waits for `go`."""

    def __init__(self, depth=0, begun=None, go=None):
        space = spaces.Discrete(3)
        for _ in range(depth):
            space = spaces.Tuple([space])
        self.observation_space = space
        self.action_space = spaces.Dict({"a": spaces.Box(-1, 1, (2,)), "b": spaces.Discrete(3)})
        self._begun, self._go = begun, go

    def _observation(self):
        self.observation_space.seed(1)
        return self.observation_space.sample()

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        super().reset(seed=seed)
        return self._observation(), {}

    def step(self, action):  # noqa: ARG002
        Path(self._begun).touch()
        while not Path(self._go).exists():
            time.sleep(0.001)
        return self._observation(), 0.0, False, False, {}


gymnasium.register("gogym_test/Held-v0", Held, disable_env_checker=True, order_enforce=False)
