"""Snapshots of MuJoCo: all of a simulation, and models that have been changed."""

import gc

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gogym.errors import StateError
from support_state import Play, check_continuation, making, same

mujoco = pytest.importorskip("mujoco")

from gogym import state_mujoco


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2000), st.binary(max_size=2000))
def test_packing(data, base):
    assert state_mujoco.unpack(state_mujoco.pack(data)) == data
    base = base.ljust(len(data), b"\1")[: len(data)]
    assert state_mujoco.unpack(state_mujoco.pack(data, base), base) == data
    same_length, numbers, changed, _ = state_mujoco.pack(base, base)
    assert (same_length, numbers, changed) == (len(base), b"", b"")


@pytest.mark.parametrize("env_id", ["Ant-v5", "Humanoid-v5", "Swimmer-v5"])
def test_all_of_a_simulation_comes_back(env_id):
    """Not only what the next step depends on: contacts, forces, statistics, and what is a substep old."""
    play = Play(making(env_id))
    play.begin(seed=1, steps=50)
    data = play.env.unwrapped.data
    whole = data.__getstate__()
    saved = play.save()
    assert len(saved) < 100_000
    for _ in range(3):
        play.steps(7)
        assert data.__getstate__() != whole
        play.load(saved)
        assert data.__getstate__() == whole


class Randomized(gymnasium.Wrapper):
    """Changes masses, options and colours with every episode."""

    def reset(self, **kwargs):
        model = self.env.unwrapped.model
        result = self.env.reset(**kwargs)
        model.body_mass[:] *= 1 + 0.1 * self.np_random.random(model.nbody)
        model.opt.gravity[2] = -9 - self.np_random.random()
        model.opt.timestep *= 1.001
        model.vis.global_.fovy = 40 + self.np_random.random()
        model.stat.extent *= 1.01
        model.geom_rgba[:, 0] = self.np_random.random()
        return result


def test_models_that_change():
    play = Play(making("Ant-v5", Randomized, max_episode_steps=20))
    play.begin(seed=1)
    before = play.save()
    expected = play.steps(60)
    model = play.env.unwrapped.model.__getstate__()
    later = play.save()
    assert len(later) < len(model)  # only what has changed
    after = play.steps(60)
    play.load(before)
    assert same(play.steps(60), expected)
    assert play.env.unwrapped.model.__getstate__() == model
    check = Play(play.make)
    check.load(later)
    assert check.env.unwrapped.model.__getstate__() == model
    assert same(check.steps(60), after)
    check_continuation(check, 30)


def test_another_model():
    play = Play(making("Ant-v5"))
    play.begin(seed=1, steps=5)
    saved = play.save()
    other = Play(making("Ant-v5"))
    other.begin(seed=1, steps=5)
    unwrapped = other.env.unwrapped
    xml = "<mujoco><worldbody><body><freejoint/><geom size='1'/></body></worldbody></mujoco>"
    unwrapped.model = mujoco.MjModel.from_xml_string(xml)
    with pytest.raises(StateError, match="put another model of MuJoCo in its place"):
        other.load(saved)
    unwrapped.model = play.env.unwrapped.model
    unwrapped.data = mujoco.MjData(mujoco.MjModel.from_xml_string(xml))
    with pytest.raises(StateError, match="put another simulation of MuJoCo in its place"):
        other.load(saved)
    unwrapped.data = 5
    with pytest.raises(StateError, match="there is a int where it has a MjData"):
        other.load(saved)


def test_a_model_that_nobody_knows_any_more():
    """A state holds what has changed since the model was made: another process has to have made the same."""
    play = Play(making("Ant-v5"))
    play.env.unwrapped.model.body_mass[:] *= 1.5  # before it is looked at for the first time
    play.begin(seed=1, steps=5)
    state_mujoco._by_model.pop(id(play.env.unwrapped.model))
    saved = play.save()
    other = Play(making("Ant-v5"))
    other.load(saved)  # as long as the original is there
    assert same(other.steps(20), play.steps(20))
    del play
    gc.collect()
    other = Play(making("Ant-v5"))
    with pytest.raises(StateError, match="it is of another model of MuJoCo"):
        other.load(saved)


class Viewing(gymnasium.Wrapper):
    """Keeps views of the simulation's own memory, and parts of views."""

    def __init__(self, env):
        super().__init__(env)
        self.positions = env.unwrapped.data.qpos
        self.heights = {"torso": self.positions[2:3]}
        self.masses = env.unwrapped.model.body_mass[1:]
        self.torso = env.unwrapped.data.body("torso")

    def step(self, action):
        observation, reward, *rest = self.env.step(action)
        return observation, reward + self.heights["torso"][0] + self.masses[0] + self.torso.xpos[2], *rest


def test_views_of_a_simulation_stay_views():
    play = Play(making("Ant-v5", Viewing))
    play.begin(seed=1, steps=5)
    check_continuation(play, 10)
    play.env.unwrapped.data.qpos[2] = 123
    assert play.env.heights["torso"][0] == 123
    assert np.shares_memory(play.env.masses, play.env.unwrapped.model.body_mass)


class Pair(gymnasium.Wrapper):
    """Has a second environment inside, with a simulation of its own."""

    def __init__(self, env):
        super().__init__(env)
        self.rivals = [gymnasium.make("Hopper-v5")]

    def reset(self, **kwargs):
        self.rivals[0].reset(seed=5)
        return self.env.reset(**kwargs)

    def step(self, action):
        observation, reward, *rest = self.env.step(action)
        theirs = self.rivals[0].step(np.float32([0.1, -0.1, 0.1]))
        return observation, reward - theirs[1], *rest


def test_environments_inside():
    play = Play(making("Ant-v5", Pair))
    play.begin(seed=1, steps=5)
    rival = play.env.rivals[0]
    check_continuation(play, 10)
    assert play.env.rivals[0] is rival
