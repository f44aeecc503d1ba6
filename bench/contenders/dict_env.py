"""An environment whose observation is a Dict of three arrays, as those with goals have."""

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict

ID = "dict_env:GogymBenchDict-v0"


class Reach(gymnasium.Env):
    """Moves a point towards a goal."""

    observation_space = Dict(
        observation=Box(-np.inf, np.inf, (10,), np.float64),
        achieved_goal=Box(-np.inf, np.inf, (3,), np.float64),
        desired_goal=Box(-np.inf, np.inf, (3,), np.float64),
    )
    action_space = Box(-1.0, 1.0, (3,), np.float32)

    def reset(self, *, seed=None, options=None):
        """Begin an episode with another goal."""
        super().reset(seed=seed, options=options)
        self.goal = self.np_random.uniform(-1.0, 1.0, 3)
        self.position = np.zeros(3)
        return self.observe(np.zeros(3)), {}

    def observe(self, action):
        """The observation after an action."""
        distance = self.goal - self.position
        return {
            "observation": np.concatenate([self.position, distance, action, [distance @ distance]]),
            "achieved_goal": self.position.copy(),
            "desired_goal": self.goal.copy(),
        }

    def step(self, action):
        """Move."""
        self.position += 0.05 * action
        observation = self.observe(action)
        reward = -float(observation["observation"][-1])
        return observation, reward, reward > -0.01, False, {}


gymnasium.register("GogymBenchDict-v0", Reach, max_episode_steps=100)
