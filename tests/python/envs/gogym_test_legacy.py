"""Environments with the API of the old gym, and irregular ones, registered nowhere. None of them needs gym.

Each counts its steps, gives the count and the last seed as observation, and ends after five steps.
"""

from __future__ import annotations

import numpy as np
from gymnasium import Env, spaces

STEPS = 5


class Core:
    """What all of them share: no API yet."""

    def __init__(self, start=0):
        self.observation_space = spaces.Box(-1e9, 1e9, (2,), np.float64)
        self.action_space = spaces.Discrete(3)
        self.start = start
        self.seeded = -1
        self.steps = 0
        self.calls = []

    def _begin(self):
        self.steps = self.start
        return self._observe()

    def _observe(self):
        return np.array([self.steps, self.seeded], np.float64)

    def _advance(self, action):
        self.steps += 1
        return self._observe(), float(action), self.steps - self.start >= STEPS


class Old(Core):
    """The API of 2016, without a base class: reset without arguments, step of four, seed, render(mode), close."""

    metadata = {"render.modes": ["human", "rgb_array"], "video.frames_per_second": 30}
    reward_range = (0.0, 2.0)

    def reset(self):
        self.calls.append("reset")
        return self._begin()

    def step(self, action):
        observation, reward, done = self._advance(action)
        return observation, reward, done, {"action": int(action)}

    def seed(self, seed=None):
        self.calls.append(f"seed {seed}")
        self.seeded = seed
        return [seed]

    def render(self, mode="human"):
        self.calls.append(f"render {mode}")
        return np.full((4, 4, 3), self.steps, np.uint8) if mode == "rgb_array" else True

    def close(self):
        self.calls.append("close")


class HalfOld(Env):
    """Derived from gymnasium.Env, with the old API: what is left when only the import has been changed."""

    def __init__(self, size=1.0):
        self.observation_space = spaces.Box(-10, 10, (1,), np.float64)
        self.action_space = spaces.Discrete(2)
        self.size = size

    def reset(self):
        return self.np_random.normal(size=1) * self.size

    def step(self, action):  # noqa: ARG002
        return self.np_random.normal(size=1) * self.size, 1.0, False, {}


class StepOfFour(HalfOld):
    """reset is Gymnasium's, step is not."""

    def reset(self, *, seed=None, options=None):
        Env.reset(self, seed=seed, options=options)
        return self.np_random.normal(size=1), {}


class Hidden(StepOfFour):
    """As StepOfFour, but nothing in the source of step says so."""

    def step(self, action):
        return super().step(action)


class ResetWithoutInfo(StepOfFour):
    """reset takes what Gymnasium's takes, and returns the observation alone."""

    def reset(self, *, seed=None, options=None):
        return super().reset(seed=seed, options=options)[0]

    def step(self, action):
        observation, reward, done, info = super().step(action)
        return observation, reward, done, False, info


class SeedOnly(Core):
    """reset(seed=) without options, infos, or a base class; step of five; no close, no metadata, no render."""

    def reset(self, seed=None):
        if seed is not None:
            self.seeded = seed
        return self._begin()

    def step(self, action):
        observation, reward, done = self._advance(action)
        return observation, reward, False, done, {}


class Modern(Core):
    """Gymnasium's API to the letter, but not derived from gymnasium.Env."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(self, render_mode=None):
        super().__init__()
        self.render_mode = render_mode

    def reset(self, *, seed=None, options=None):
        self.seeded = -1 if seed is None else seed
        self.start = (options or {}).get("start", 0)
        return self._begin(), {"options": options}

    def step(self, action):
        observation, reward, done = self._advance(action)
        return observation, reward, done, False, {}

    def render(self):
        return np.full((2, 2, 3), self.steps, np.uint8)

    def close(self):
        pass


class ReturnInfo(Old):
    """gym 0.22 to 0.25: reset(seed=, return_info=, options=), and still a step of four."""

    def reset(self, *, seed=None, return_info=False, options=None):
        if seed is not None:
            self.seeded = seed
        observation = self._begin()
        return (observation, {"options": options}) if return_info else observation


class Keywords(Old):
    """reset takes keyword arguments of its own."""

    def reset(self, level=1, *, hard=False):
        self.steps = self.start = 100 * level + hard
        return self._observe()


class Truncating(Old):
    """Its info says that a time limit, and not the task, ended the episode."""

    def step(self, action):
        observation, reward, done, info = super().step(action)
        return observation, reward, done, {**info, "TimeLimit.truncated": done and action == 2}


class Numbers(Old):
    """Done as a NumPy number, an info of None, and a list instead of a tuple."""

    def step(self, action):
        observation, reward, done, _ = super().step(action)
        return [observation, np.float32(reward), np.int64(done), None]


class Wrapped:
    """An old wrapper: reset takes anything and passes it on."""

    def __init__(self):
        self.env = Old()
        self.observation_space = self.env.observation_space
        self.action_space = self.env.action_space

    def reset(self, **kwargs):
        return self.env.reset(**kwargs)

    def step(self, action):
        return self.env.step(action)

    def seed(self, seed=None):
        return self.env.seed(seed)


class AnyArguments(Old):
    """Takes any arguments, but draws as it is told in each call."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.arguments = kwargs


class Unseeded(Old):
    seed = None


class Pair(Old):
    """Its observation is a pair whose second part is a dict, as what (observation, info) looks like."""

    def __init__(self, info=False):
        super().__init__()
        self.observation_space = spaces.Tuple(
            (spaces.Discrete(2), spaces.Dict({"a": spaces.Discrete(5, dtype=np.int64)}))
        )
        self.info = info

    def _observe(self):
        return np.int64(1), {"a": np.int64(self.steps % 5)}

    def reset(self):
        observation = self._begin()
        return (observation, {"told": True}) if self.info else observation


# ------------------------------------------------------------------------------------------- foreign spaces


class Space:
    """What the old gym's spaces have in common, without gym."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Box(Space):
    pass


class Discrete(Space):
    pass


class MultiDiscrete(Space):
    pass


class MultiBinary(Space):
    pass


class Tuple(Space):
    pass


class Dict(Space):
    pass


class Anything:
    """A space by its attributes alone."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Foreign(Old):
    """All spaces are foreign; the observation is the space's name of a dict's parts."""

    def __init__(self, named=True):
        super().__init__()
        if named:
            self.action_space = Tuple(spaces=[Discrete(n=3), MultiDiscrete(nvec=np.array([2, 3]))])
            parts = {
                "z": Box(
                    low=np.float32([-1, 0]), high=np.float32([1, np.inf]), shape=(2,), dtype=np.dtype("f4")
                ),
                "a": MultiBinary(n=3, shape=(3,)),
            }
            self.observation_space = Dict(spaces=parts)
        else:
            self.action_space = Anything(spaces=(Anything(n=3, shape=()), Anything(nvec=[2, 3], shape=(2,))))
            parts = {"z": Anything(low=0.0, high=1.0, shape=(2,)), "a": Anything(n=3, shape=(3,))}
            self.observation_space = Anything(spaces=parts)

    def _observe(self):
        return {"z": np.float32([0.5, 1]), "a": np.int8([0, 1, 1])}

    def step(self, action):
        first, second = action
        observation, _, done = self._advance(0)
        return observation, float(first * 100 + second[0] * 10 + second[1]), done, {}


class RenewedSpaces(Old):
    """Makes its spaces anew each time that somebody looks."""

    def __init__(self):
        self.seeded, self.start, self.calls = -1, 0, []

    @property
    def observation_space(self):
        return Box(low=-np.ones(2), high=np.ones(2) * 1e9, shape=(2,), dtype=np.dtype("f8"))

    @property
    def action_space(self):
        return Discrete(n=1000)


# ------------------------------------------------------------------------------------------- what cannot work


class NoSpaces(Old):
    """Its spaces are known after the first reset."""

    def __init__(self):
        self.calls = []

    def reset(self):
        Core.__init__(self)
        return super().reset()


class NoActionSpace(Env):
    observation_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        return 0, {}

    def step(self, action):  # noqa: ARG002
        return 0, 0.0, False, False, {}


class OddSpace(Old):
    def __init__(self):
        super().__init__()
        self.action_space = object()


class BadBox(Old):
    def __init__(self):
        super().__init__()
        self.action_space = Box(low=[1.0], high=[0.0], shape=(1,), dtype=np.float32)


class SpaceMethods(Old):
    """As PettingZoo's environments: the space of each agent."""

    def __init__(self):
        pass

    def observation_space(self, agent):  # noqa: ARG002
        return spaces.Discrete(2)

    def action_space(self, agent):  # noqa: ARG002
        return spaces.Discrete(2)


class NoReset(Core):
    def step(self, action):
        return (*self._advance(action), {})


class NoStep(Core):
    def reset(self):
        return self._begin()


class Nothing:
    pass


class StepOfThree(Old):
    def step(self, action):
        return self._advance(action)


class FlagsWithoutInfo(Old):
    def step(self, action):
        return (*self._advance(action), False)


class Outer:
    class Inner(Old):
        pass


def make_old(start=7):
    """A function that makes an environment."""
    return Old(start)


def make_nothing():
    return Nothing()


instance = Old()
