"""An environment that does nothing: what is left of a step is the cost of calling it."""

import gymnasium
import numpy as np

ID = "noop_env:GogymBenchNoop-v0"


class Noop(gymnasium.Env):
    """Gives the same transition again and again; episodes never end."""

    observation_space = gymnasium.spaces.Box(-1.0, 1.0, (4,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self):
        self.observation = np.zeros(4, np.float32)

    def reset(self, *, seed=None, options=None):
        """Begin the one endless episode."""
        super().reset(seed=seed, options=options)
        return self.observation, {}

    def step(self, action):  # noqa: ARG002
        """Do nothing."""
        return self.observation, 0.0, False, False, {}


gymnasium.register("GogymBenchNoop-v0", Noop)
gymnasium.logger.min_level = gymnasium.logger.ERROR  # or it warns that observations share an object
