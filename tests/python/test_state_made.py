"""Snapshots: generators that have not drawn yet, spaces that are shared, and environments that are made in other ways."""

import functools

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces, wrappers

from gogym import state, state_made
from gogym.errors import StateError
from support_state import Play, check_continuation, making, same


class Plain(gymnasium.Env):
    """With the same spaces for all of its class."""

    observation_space = spaces.Box(-1e9, 1e9, (1,), np.float64)
    action_space = spaces.Discrete(1000)

    def __init__(self, layout=None):
        self.layout = layout

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed, options=options)
        self.count = 0.0
        return np.array([self.count]), {}

    def step(self, action):
        self.count += float(np.sum(action)) + self.np_random.random()
        return np.array([self.count]), self.count, False, False, {}


class Composite(Plain):
    """Its space consists of others, of which one has been seeded."""

    def __init__(self):
        super().__init__()
        self.seeded = spaces.Discrete(1000, seed=3)
        parts = spaces.Dict(
            {"a": self.seeded, "b": spaces.Tuple([spaces.Box(0, 1, (2,)), spaces.Discrete(9)])}
        )
        self.action_space = spaces.Tuple([parts, spaces.Sequence(spaces.Discrete(5)), spaces.MultiBinary(70)])

    def step(self, action):
        return super().step(action[0]["b"][0])


# ------------------------------------------------------------------------------------------- generators


@pytest.mark.parametrize(
    "make", [making("CartPole-v1"), making("Pendulum-v1", wrappers.ClipAction), Plain, Composite]
)
def test_what_an_action_space_draws_that_has_not_drawn_before(make):
    play = Play(make)
    play.reset(1)
    saved = play.save()
    expected = play.steps(30)
    for _ in range(2):
        play.load(saved)
        assert same(play.steps(30), expected)
    clone = play.clone()
    assert same(clone.steps(30), play.steps(30))


def test_a_part_of_a_space_that_has_been_seeded_stays_so():
    env = Composite()
    state_made.make_generators([env])
    assert env.seeded.sample() == spaces.Discrete(1000, seed=3).sample()
    assert vars(env.action_space[1].feature_space)["_np_random"] is not None


def test_the_environment_s_generator_that_has_not_drawn_before():
    play = Play(Plain)
    play.last = np.zeros(1), {}
    play.env.count = 0.0
    saved = play.save()
    expected = play.steps(5)
    play.load(saved)
    assert same(play.steps(5), expected)


class Nested(Plain):
    """Has an environment inside, and draws the actions for it."""

    def __init__(self):
        super().__init__()
        self.inner = {"env": making("CartPole-v1")()}

    def reset(self, *, seed=None, options=None):
        self.inner["env"].reset(seed=seed)
        return super().reset(seed=seed, options=options)

    def step(self, action):
        inner = self.inner["env"]
        return super().step(action + inner.unwrapped.action_space.sample())


def test_the_space_of_an_environment_inside_that_has_not_drawn_before():
    play = Play(Nested)
    play.reset(1)
    saved = play.save()
    expected = play.steps(30)
    play.load(saved)
    assert same(play.steps(30), expected)


# ------------------------------------------------------------------------------------------- spaces of a class


@pytest.mark.parametrize("how", ["make", "copy"])
def test_a_clone_shares_no_space_with_its_class(how):
    play = Play(lambda: wrappers.TimeLimit(Plain(), 1000))
    play.begin(seed=1, steps=3)
    saved = play.save()
    clone = play.clone(how)
    assert clone.env.action_space is not play.env.action_space
    assert clone.env.observation_space is not play.env.observation_space
    expected = clone.steps(10)
    assert same(play.steps(10), expected)
    clone.load(saved)
    assert clone.env.action_space is not play.env.action_space
    following = [play.env.action_space.sample() for _ in range(3)]
    play.load(saved)
    play.steps(10)
    clone.load(saved)
    clone.env.action_space.sample()
    assert [play.env.action_space.sample() for _ in range(3)] == following
    later = clone.clone(how)
    assert later.env.action_space is not clone.env.action_space
    play.load(later.save())
    assert play.env.action_space is Plain.action_space


@pytest.mark.parametrize("how", ["make", "copy"])
def test_a_clone_shares_no_space_with_its_original(how):
    """Many have in their attributes what another object's class has, as Gymnasium's environments of JAX."""

    def make():
        env = Plain()
        env.action_space = Plain.action_space
        return wrappers.TimeLimit(env, 1000)

    play = Play(make)
    play.begin(seed=1, steps=3)
    clone = play.clone(how)
    assert clone.env.action_space is not play.env.action_space
    expected = clone.steps(10)
    assert same(play.steps(10), expected)


def test_a_clone_of_an_environment_of_jax():
    pytest.importorskip("jax")
    play = Play(lambda: wrappers.JaxToNumpy(gymnasium.make("phys2d/CartPole-v1")))
    play.begin(seed=1, steps=3)
    clone = play.clone()
    assert clone.env.action_space is not play.env.action_space
    drawn = [clone.env.action_space.sample() for _ in range(60)]
    assert [play.env.action_space.sample() for _ in range(60)] == drawn


# ------------------------------------------------------------------------------------------- what reset makes


class Late(Plain):
    """Has things without a name of their own, which are not there before a reset."""

    def reset(self, *, seed=None, options=None):
        class Part:
            value = 0

        calls = 0

        def grow():
            nonlocal calls
            calls += 1
            return calls

        self.part, self.grow = Part(), grow
        return super().reset(seed=seed, options=options)

    def step(self, action):
        self.part.value += self.grow()
        return super().step(action + self.part.value)


class Broken(Late):
    resets = 0

    def reset(self, *, seed=None, options=None):
        Broken.resets += 1
        if Broken.resets > 1:
            raise ValueError("only once")
        return super().reset(seed=seed, options=options)


def test_a_clone_is_reset_where_that_makes_what_is_kept():
    play = Play(Late)
    play.begin(seed=1, steps=5)
    clone = play.clone()
    assert clone.env.grow is not play.env.grow
    expected = clone.steps(10)
    assert same(play.steps(10), expected)
    broken = Play(Broken)
    broken.begin(seed=1, steps=2)
    with pytest.raises(StateError, match="reset of the new one: ValueError: only once"):
        broken.clone()


# ------------------------------------------------------------------------------------------- made in another way


def function(reward):
    return reward


gymnasium.register("test_state_made/Plain-v0", entry_point=Plain)

MAPS = [["SFFF", "FHFH", "FFFH", "HFFG"], ["SFFF", "FFFF", "FFFF", "FFFG"]]
PLAIN = "test_state_made/Plain-v0"
LARGE = np.zeros((20, 20))
OTHER = LARGE.copy()
OTHER[9, 9] = 1

DIFFERENT = {
    "limit": (making("CartPole-v1"), making("CartPole-v1", max_episode_steps=7), "max_episode_steps"),
    "scalar": (making("Pendulum-v1"), making("Pendulum-v1", g=9.0), "option g .*not given.*9.0"),
    "list": (making("FrozenLake-v1", desc=MAPS[0]), making("FrozenLake-v1", desc=MAPS[1]), "option desc .*FHFH"),
    "large array": (making(PLAIN, layout=LARGE), making(PLAIN, layout=OTHER), "option layout .*20, 20"),
    "in a dict": (making(PLAIN, layout={"a": (1, {2})}), making(PLAIN, layout={"a": (1, {3})}), "option layout"),
    "function": (making(PLAIN, layout=function), making(PLAIN, layout=max), r"option layout .*\.function.*builtins\.max"),
    "wrapper": (
        making("CartPole-v1", functools.partial(wrappers.RepeatAction, num_repeats=2)),
        making("CartPole-v1", functools.partial(wrappers.RepeatAction, num_repeats=3)),
        r"argument num_repeats of RepeatAction \(wrapper 0\) is 2, and here it is 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DIFFERENT)
def test_an_environment_that_was_made_in_another_way(case):
    one, another, expected = DIFFERENT[case]
    play, other = Play(one), Play(another)
    for begun in (play, other):
        begun.begin(seed=1, steps=3)
    for source, target in ((play, other), (other, play)):
        before = target.save()
        with pytest.raises(StateError, match=r"made in another way: its (option|argument) ") as caught:
            target.load(source.save())
        if target is other:
            caught.match(expected)
        assert target.save() == before
    for begun, make in ((play, one), (other, another)):
        Play(make).load(begun.save())
        begun.clone("make")
        begun.clone("copy")


class Anything:
    """Tells its address."""


def test_equal_arguments_are_equal_texts():
    def make():
        layout = [
            Anything(),
            LARGE.copy(),
            {"b": lambda: 1},
            functools.partial(function, 1),
            {"x", "y"},
            np.nan,
            Plain(),
        ]
        return gymnasium.make(PLAIN, layout=layout)  # fmt: skip

    first, second = (state_made.arguments(make().unwrapped) for _ in range(2))
    assert first == second
    assert " at 0x" not in str(first)
    assert "Anything" in first["layout"]


def test_arguments_that_change():
    """What an environment was given may be what it plays with."""
    play = Play(lambda: gymnasium.make(PLAIN, layout=[0]))
    play.begin(seed=1)
    saved = play.save()
    play.env.unwrapped.layout.append(1)
    play.load(saved)
    assert play.env.unwrapped.layout == [0]
    play.env.unwrapped.layout.append(1)
    clones = play.clone("make"), play.clone("copy")
    check_continuation(play, 3)
    for clone in clones:
        assert clone.env.unwrapped.layout == [0, 1]
    assert state._description(clones[1].env, [clones[1].env]) == state._description(play.env, [play.env])
