"""What wrappers are tried on, and wrappers of a user: "gogym_test_wrapped:gogym_test/Name-v0".

Frames-v0    {"render_mode": "rgb_array"}: small pictures, observed and rendered; ends after 17 steps
Ragged-v0    observes a Dict with a Sequence, which has no fixed size
JaxWalk-v0   observes arrays of JAX; needs jax alone
"""

from __future__ import annotations

import gymnasium
import numpy as np
from gymnasium import spaces


class Frames(gymnasium.Env):
    """Observes noise, renders its count. The rewards are as odd as its noise."""

    metadata = {"render_modes": ["rgb_array", "ansi"], "render_fps": 2000}

    def __init__(self, render_mode=None):
        self.observation_space = spaces.Box(0, 255, (6, 5, 3), np.uint8)
        self.action_space = spaces.Discrete(3)
        self.render_mode = render_mode
        self.count = 0

    def _observed(self):
        return self.np_random.integers(0, 256, (6, 5, 3), np.uint8)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count = 0
        return self._observed(), {"options": options}

    def step(self, action):
        self.count += 1
        reward = float(self.np_random.normal()) * (1 + int(action))
        return self._observed(), reward, self.count == 17, False, {"count": self.count}

    def render(self):
        if self.render_mode == "ansi":
            return f"count {self.count}"
        frame = np.full((8, 10, 3), 64, np.uint8)
        frame[:, self.count % 10] = (255, self.count, 128)
        return frame


class Ragged(gymnasium.Env):
    def __init__(self):
        self.observation_space = spaces.Dict(
            items=spaces.Sequence(spaces.Discrete(5)), place=spaces.Box(-1, 1, (2,), np.float32)
        )
        self.action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        super().reset(seed=seed)
        if seed is not None:
            self.observation_space.seed(seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), float(action), bool(self.np_random.random() < 0.1), False, {}


class JaxWalk(gymnasium.Env):
    def __init__(self):
        import jax.numpy as jnp

        self._np = jnp
        self.observation_space = spaces.Box(-np.inf, np.inf, (3,), np.float32)
        self.action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        super().reset(seed=seed)
        self._place = self._np.asarray(self.np_random.normal(size=3).astype(np.float32))
        return self._place, {"place": self._place}

    def step(self, action):
        self._place = self._np.sin(self._place * 1.1 + self._np.asarray(action, dtype=self._np.float32))
        reward = self._place.sum()
        return self._place, reward, abs(reward) > 2.2, self._np.asarray(False), {"place": self._place}


for _name, _class in (("Frames", Frames), ("Ragged", Ragged), ("JaxWalk", JaxWalk)):
    gymnasium.register(f"gogym_test/{_name}-v0", _class, disable_env_checker=_name == "JaxWalk")
