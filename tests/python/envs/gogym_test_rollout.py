"""An environment for rollouts of vector environments, "gogym_test_rollout:gogym_test/Rollout-v0".

All that it gives is drawn from its random generator and depends on all that was done to it before, so that a seed, an
action, an option or a reset that went to another environment, or came a step late, is seen in every later step.
"""

from __future__ import annotations

import gymnasium
import numpy as np
from gymnasium import spaces

OBSERVATIONS = {
    "box": lambda: spaces.Box(-np.inf, np.inf, (3,), np.float64),
    "discrete": lambda: spaces.Discrete(1000, start=-500),
    "tuple": lambda: spaces.Tuple([spaces.Discrete(1000), spaces.Box(-np.inf, np.inf, (2,), np.float32)]),
    "dict": lambda: spaces.Dict(
        {
            "place": spaces.Box(-np.inf, np.inf, (2,), np.float32),
            "count": spaces.Discrete(1000),
            "bits": spaces.MultiBinary(3),
            "inner": spaces.Dict({"total": spaces.Box(-np.inf, np.inf, (), np.float64)}),
        }
    ),
    "multi-discrete": lambda: spaces.MultiDiscrete([50, 7, 3], start=[-5, 0, 100]),
}
ACTIONS = {
    "discrete": lambda: spaces.Discrete(5),
    "box": lambda: spaces.Box(-1, 1, (2,), np.float32),
    "dict": lambda: spaces.Dict({"push": spaces.Box(-1, 1, (1,), np.float64), "turn": spaces.Discrete(3)}),
}


class Rollout(gymnasium.Env):
    """Ends at random.

    Args:
        observation: One of OBSERVATIONS.
        action: One of ACTIONS.
        odds: How likely a step ends the episode.
        length: The steps after which it is truncated; 0 for none.
        scale: What actions are multiplied with; resets may be given another one.
    """

    def __init__(self, observation="box", action="discrete", odds=0.1, length=0, scale=1.0):
        self.observation_space = OBSERVATIONS[observation]()
        self.action_space = ACTIONS[action]()
        self.observation, self.odds, self.length, self.scale = observation, odds, length, scale
        self.steps, self.resets, self.total = 0, 0, 0.0

    def observe(self):
        random, total = self.np_random, self.total
        self.total += random.standard_normal()
        if self.observation == "box":
            return np.array([total, random.random(), self.steps])
        if self.observation == "discrete":
            return int(random.integers(-500, 500))
        if self.observation == "tuple":
            return int(random.integers(1000)), np.array([total, self.resets], np.float32)
        if self.observation == "dict":
            return {
                "place": np.array([total, random.random()], np.float32),
                "count": self.steps,
                "bits": random.integers(0, 2, 3, dtype=np.int8),
                "inner": {"total": np.array(total)},
            }
        return random.integers([-5, 0, 100], [45, 7, 103])

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps, self.resets = 0, self.resets + 1
        scale = (options or {}).get("scale", self.scale)
        self.total = scale * self.np_random.random()
        return self.observe(), {"seed": str(seed), "scale": float(scale), "resets": self.resets}

    def step(self, action):
        parts = action.values() if isinstance(action, dict) else [action]
        self.total += self.scale * sum(float(np.sum(part)) for part in parts)
        self.steps += 1
        observation, reward = self.observe(), self.np_random.standard_normal()
        terminated = bool(self.np_random.random() < self.odds)
        return observation, reward, terminated, self.steps == self.length, self.info(terminated)

    def info(self, terminated):
        """Not the same entries in every step."""
        info = {"steps": self.steps, "total": self.total}
        if self.steps % 2:
            info["nested"] = {
                "draw": self.np_random.random(),
                "deeper": {"even": False, "word": f"é{self.steps}"},
            }
        if self.steps % 3 == 0:
            info["array"] = self.np_random.random((2, 2)).astype(np.float32)
        if terminated:
            info["won"] = self.total > 0
        return info


gymnasium.register("gogym_test/Rollout-v0", Rollout)
