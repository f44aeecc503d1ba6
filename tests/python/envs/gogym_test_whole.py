"""Vector environments for the tests of the engine "vector"."""

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.vector.utils import batch_space

MADE = []  # every Counting, in the order in which they were made


class Counting(VectorEnv):
    """Observes (number of the environment, steps of the episode, action); an episode has as many steps as its number + 2.

    An action of 13 has the whole raise, and other numbers have it give what is no result; "seed" and "options" of the
    last reset are in the infos.
    """

    def __init__(self, num_envs, autoreset_mode=AutoresetMode.NEXT_STEP, shift=0, fails_when_made=0):
        MADE.append(self)
        if 0 < fails_when_made <= len(MADE):
            raise OSError("it is not made again")
        self.num_envs = num_envs
        self.shift = shift
        self.render_mode = None
        self.metadata = {"autoreset_mode": AutoresetMode(autoreset_mode)}
        self.single_observation_space = spaces.Box(-100, 100, (3,), np.float32)
        self.single_action_space = spaces.Box(-100, 100, (), np.float64)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.steps = np.zeros(num_envs, int)
        self.ended = np.zeros(num_envs, bool)
        self.kept = []
        self.is_closed = False

    def observe(self, actions):
        # In the order of columns, as the transpose of an array is.
        columns = np.array([np.arange(self.num_envs) + self.shift, self.steps, actions], np.float32)
        return columns.T

    def reset(self, *, seed=None, options=None):
        if options and options.get("raise"):
            raise ValueError("told to")
        mask = (
            np.ones(self.num_envs, bool)
            if not options
            else options.get("reset_mask", np.ones(self.num_envs, bool))
        )
        self.steps[mask] = 0
        self.ended[mask] = False
        infos = {"seed": np.array([seed] * self.num_envs, object), "_seed": mask}
        return self.observe(np.zeros(self.num_envs)), infos

    def step(self, actions):
        self.kept.append(actions)
        mode = self.metadata["autoreset_mode"]
        begins = self.ended & (mode is AutoresetMode.NEXT_STEP)
        self.steps = np.where(begins, 0, self.steps + 1)
        terminated = (self.steps >= np.arange(self.num_envs) + 2) & ~begins
        truncated = np.zeros(self.num_envs, bool)
        rewards = np.where(begins, 0, actions)
        infos = {}
        observations = self.observe(np.where(begins, 0, actions))
        if mode is AutoresetMode.SAME_STEP and terminated.any():
            finals = np.full(self.num_envs, None, object)
            for row in np.flatnonzero(terminated):
                finals[row] = observations[row].copy()
            infos = {
                "final_obs": finals,
                "_final_obs": terminated.copy(),
                "final_info": {"a": np.arange(self.num_envs)},
            }
            infos["_final_info"] = terminated.copy()
            self.steps[terminated] = 0
            observations = self.observe(np.where(terminated, 0, actions))
        self.ended = terminated.copy()
        which = actions.max()
        if which == 13:
            raise ValueError("told to")
        if which == 14:
            raise SystemExit(3)
        if which == 15:
            observations = observations[:, :2]
        if which == 16:
            return observations, rewards
        if which == 17:
            rewards = rewards[:-1]
        if which == 18:
            truncated = np.array([None] * self.num_envs)[:-1]
        if which == 19:
            rewards = rewards.astype(int) + 2**53
        if which == 20:
            infos, terminated = {}, np.ones(self.num_envs, bool)
        if which == 21:
            rewards, terminated = rewards.astype(np.int32), terminated.astype(int)
        return observations, rewards, terminated, truncated, infos

    def close_extras(self, **kwargs):  # noqa: ARG002
        self.is_closed = True


class OnlyNextStep(Counting):
    """Has no argument for the autoreset mode."""

    def __init__(self, num_envs):
        super().__init__(num_envs)


class Strange(OnlyNextStep):
    def __init__(self, num_envs):
        super().__init__(num_envs)
        self.metadata = {"autoreset_mode": "Sometimes"}


def make_fewer(num_envs):
    return Counting(num_envs - 1)


def make_sync(num_envs, env_id, autoreset_mode, **kwargs):
    """Gymnasium's own, made by a function."""
    return SyncVectorEnv([lambda: gymnasium.make(env_id, **kwargs)] * num_envs, autoreset_mode=autoreset_mode)


class Nothing(gymnasium.vector.VectorWrapper):
    """A wrapper that changes nothing."""


class Single(gymnasium.Wrapper):
    """A wrapper for single environments."""


def make_no_wrapper(env):  # noqa: ARG001
    return 3
