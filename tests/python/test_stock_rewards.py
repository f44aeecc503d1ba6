"""Attempts to observe that TransformReward and ClipReward are stepped over: see test_stock_wrappers.py."""

import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import ClipReward, DelayObservation, TimeLimit, TransformReward

from support_wrappers import Scenarios, as_made

SCENARIOS = Scenarios()
NAN = float("nan")

REWARDS = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 3, -3, True, NAN, np.inf, -np.inf, 1e-320, 2**60]
REWARDS += [
    np.float64(0.75),
    np.float32(0.3),
    np.float16(-0.3),
    np.int64(2),
    np.bool_(True),
    np.array(0.6),
]

BOUNDS = [(-0.5, 0.5), (None, 0.5), (-0.5, None), (0, 1), (0.0, 0.0), (-1, 0.25), (NAN, 1.0), (None, NAN)]
BOUNDS += [
    (np.float64(-0.5), 0.5),
    (np.float32(0.1), 0.5),
    (np.array(-0.5), np.array(0.5)),
    (np.inf, None),
    (True, 2),
]


def with_rewards(lab):
    """A step for each reward."""
    rewards = iter(REWARDS)
    lab.inner.result = lambda: (np.array([1.0]), next(rewards), False, False, {})
    lab.reset()
    for _ in REWARDS:
        lab.step()


def kind(reward):
    """The type of a reward as a number."""
    return [float, np.float64, np.float32, np.float16, int, np.int64, bool, np.bool_].index(type(reward))


for low, high in BOUNDS:
    name = f"clipped between {low!r} and {high!r}"
    SCENARIOS[name] = (
        lambda inner, low=low, high=high: ClipReward(as_made(inner, 100), low, high),
        with_rewards,
    )


def chain(inner):
    delayed = DelayObservation(as_made(inner, 100), 1)
    return TimeLimit(ClipReward(TransformReward(delayed, lambda reward: reward * 2), -1.0, 1.5), 8)


@SCENARIOS.add(chain)
def a_chain(lab):
    with_rewards(lab)


@SCENARIOS.add(lambda inner: TransformReward(ClipReward(as_made(inner, 100), -1.0, 1.0), kind))
def what_the_outer_function_is_given(lab):
    with_rewards(lab)


@SCENARIOS.add(
    lambda inner: TransformReward(TransformReward(as_made(inner, 100), repr), lambda text: len(text) / 10)
)
def functions_see_the_object(lab):
    with_rewards(lab)


@SCENARIOS.add(lambda inner: TransformReward(as_made(inner), lambda reward: 1 / reward))
def a_function_that_fails(lab):
    lab.reset()
    lab.steps(3)


@SCENARIOS.add(lambda inner: TransformReward(inner, lambda reward: reward + 1))
def the_callers_frame(lab):
    lab.inner.on_step = lambda: lab.note(
        sys._getframe(2).f_code.co_qualname if sys.version_info >= (3, 11) else ""
    )
    lab.reset()
    lab.steps(2)


@SCENARIOS.add(lambda inner: TransformReward(as_made(inner), lambda reward: reward + 1))
def changed_on_the_way(lab):
    lab.reset()
    lab.step()
    lab.env.func = lambda reward: reward - 1
    lab.step()
    lab.env.reward = lambda _: 7.0
    lab.step()
    del lab.env.reward
    lab.env.step = lambda _: (np.array([3.0]), 3.0, False, False, {})
    lab.step()
    del lab.env.step

    def change():
        lab.env.func = lambda _: 9.0

    lab.reset()
    lab.inner.on_step = change
    lab.step()
    lab.inner.on_step = lambda: vars(lab.env).pop("func", None)
    lab.step()


class Halved(TransformReward):
    def reward(self, reward):
        return super().reward(reward) / 2


class Counted(TransformReward):
    def step(self, action):
        self.count = getattr(self, "count", 0) + 1
        return super().step(action)


@SCENARIOS.add(
    lambda inner: Halved(Counted(as_made(inner), lambda reward: reward + 1), lambda reward: reward * 3)
)
def subclasses(lab):
    lab.reset()
    lab.steps(3)
    lab.note(lab.layer(Counted).count)


def patched(cls, name, function):
    """A script that steps before, while and after a class is changed."""

    def script(lab):
        lab.reset()
        lab.step(1)
        had = cls.__dict__.get(name)
        setattr(cls, name, function)
        try:
            lab.step(1)
        finally:
            if had is None:
                delattr(cls, name)
            else:
                setattr(cls, name, had)
        lab.step(1)

    return script


def replaced_step(self, action):
    observation, reward, *rest = self.env.step(action)
    return (observation, self.reward(reward) + 100, *rest)


for cls, attribute, function in [
    (gymnasium.RewardWrapper, "step", replaced_step),
    (TransformReward, "step", replaced_step),
    (ClipReward, "step", replaced_step),
    (TransformReward, "reward", lambda self, reward: self.func(reward) + 10),
    (ClipReward, "reward", lambda self, reward: self.func(reward) + 20),
    (ClipReward, "func", property(lambda self: lambda reward: 30.0)),  # noqa: ARG005
    (ClipReward, "__getattribute__", object.__getattribute__),
]:
    SCENARIOS[f"{cls.__name__}.{attribute} replaced"] = (
        lambda inner: ClipReward(TransformReward(as_made(inner, 100), lambda reward: reward / 2), -1.0, 1.0),
        patched(cls, attribute, function),
    )


@SCENARIOS.add(lambda inner: ClipReward(as_made(inner, 100), -0.25, 0.25))
def another_code(lab):
    """The function's code can be replaced without the class or the instance noticing."""
    lab.reset()
    lab.step(1)
    original = TransformReward.reward.__code__
    TransformReward.reward.__code__ = (lambda self, reward: self.func(reward) + 5).__code__
    try:
        lab.step(1)
    finally:
        TransformReward.reward.__code__ = original
    lab.step(1)


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_nobody_can_tell(library, name):
    SCENARIOS.check(name, library)


def test_the_classes_are_as_they_were():
    assert set(ClipReward.__dict__) & {"step", "reward", "func", "__getattribute__"} == set()
    assert "step" not in TransformReward.__dict__
    assert gymnasium.RewardWrapper.step.__qualname__ == "RewardWrapper.step"
