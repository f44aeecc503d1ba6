"""Wrappers for the tests of the Go package."""

import copy

import gymnasium
import numpy as np
from gymnasium import spaces


class Scaled(gymnasium.Wrapper):
    """Multiplies the reward, sends it through a function, and has a note in the info."""

    def __init__(self, env, factor, offset, note=None):
        super().__init__(env)
        self.factor, self.offset, self.note = factor, offset, note

    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        return (
            observation,
            self.offset(self.factor * reward),
            terminated,
            truncated,
            {**info, "note": self.note},
        )


class Calls(gymnasium.Wrapper):
    """Calls a function at a reset, with what is written as Python source; the result is in the info, as its repr."""

    def __init__(self, env, func, **arguments):
        super().__init__(env)
        self.func, self.source = func, arguments["with"]

    def reset(self, **kwargs):
        observation, info = self.env.reset(**kwargs)
        return observation, {**info, "result": repr(self.func(eval(self.source, {"np": np})))}


class Swallows(gymnasium.Wrapper):
    """Calls a function until it has failed `times` times, and then lets the last failure through where told."""

    def __init__(self, env, func, times=1, last=False):
        super().__init__(env)
        self.func, self.times, self.last = func, times, last

    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        for i in range(self.times):
            self.attempt(i)
        return observation, reward, terminated, truncated, info

    def attempt(self, i):
        try:
            self.func(float(i))
        except Exception:
            if self.last and i == self.times - 1:
                raise


class EagerReset(gymnasium.Wrapper):
    """Resets and steps the environment as soon as it is made, and fails where told."""

    def __init__(self, env, fail=False):
        super().__init__(env)
        env.reset()
        env.step(env.action_space.sample())
        if fail:
            raise RuntimeError("no more")


class Spaced(gymnasium.Wrapper):
    """Takes the space that it is given for its observations, and says whether it equals the real one."""

    def __init__(self, env, space: spaces.Space):
        super().__init__(env)
        self.same = space == env.observation_space

    def reset(self, **kwargs):
        observation, info = self.env.reset(**kwargs)
        return observation, {**info, "same": self.same}


class Stretched(gymnasium.Env):
    """Observes what it is told, in a space that it is told."""

    action_space = spaces.Discrete(2)

    def __init__(self, kind):
        self.observation_space = copy.deepcopy(SPACES[kind])
        self.observation_space.seed(1)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), 1.0, False, False, {}


SPACES = {
    **{
        name: spaces.Box(0, 1 if name == "bool" else 100, (2, 3), np.dtype(name).type)
        for name in "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()
    },
    "longdouble": spaces.Box(0, 1, (2,), np.longdouble),
    "scalar": spaces.Box(-1, 1, (), np.float32),
    "empty": spaces.Box(0, 1, (0,), np.float32),
    "discrete": spaces.Discrete(5, start=-2),
    "multi_discrete": spaces.MultiDiscrete([[5, 2], [3, 4]]),
    "multi_binary": spaces.MultiBinary(3),
    "text": spaces.Text(4, charset="abc"),
    "tuple": spaces.Tuple([spaces.Discrete(3), spaces.Box(0, 1, (2,), np.float32)]),
    "dict": spaces.Dict(
        {"b": spaces.MultiBinary([2, 2]), "a": spaces.OneOf([spaces.Discrete(2), spaces.Discrete(9)])}
    ),
}


gymnasium.register("GoStretched-v0", entry_point=Stretched)
