"""The engine "envpool", bit for bit what EnvPool gives in Python."""

import sys
import warnings

import gymnasium
import numpy as np
import pytest

from gogym.native import GymError
from gogym.status import Status
from support_batch import Batch
from support_whole import as_rows, failure, options_of, play


@pytest.fixture
def envpool():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield pytest.importorskip("envpool")


ENVPOOL = {"CartPole-v1": 20, "Pendulum-v1": 10, "Taxi-v3": 15, "HalfCheetah-v5": 8, "Catch-v0": None}


@pytest.mark.parametrize("is_native", [False, True])
@pytest.mark.parametrize("env_id", ENVPOOL)
def test_envpool(envpool, env_id, is_native):
    kwargs = {"max_episode_steps": ENVPOOL[env_id]} if ENVPOOL[env_id] else {}
    env = envpool.make(env_id, env_type="gymnasium", num_envs=5, seed=3, **kwargs)
    with Batch(env_id, 5, options_of("envpool", kwargs)).bind(is_native=is_native) as batch:
        assert batch.description["autoreset_mode"] == "next_step"
        dtype = env.observation_space.dtype
        batch.reset(range(3, 8))
        observations, _ = env.reset()
        assert batch.observations.tobytes() == as_rows(observations.astype(dtype), is_native).tobytes()
        assert play(batch, env, 60, dtype=dtype) > 5
        infos = batch.value("info")
        assert [info["env_id"] for info in infos] == list(range(5))
        assert infos[2]["players"] == {"env_id": 2}


def test_envpools_dicts(envpool):
    env = envpool.make("AcrobotSwingup-v1", env_type="gymnasium", num_envs=3, seed=5)
    with Batch("AcrobotSwingup-v1", 3, options_of("envpool")).bind() as batch:
        batch.reset([5, 6, 7])
        expected = np.hstack(list(env.reset()[0].values()))
        assert batch.observations.tobytes() == expected.tobytes()
        batch.actions[:] = batch.sample()
        batch.step()
        observations, rewards, *_ = env.step(batch.actions)
        assert batch.observations.tobytes() == np.hstack(list(observations.values())).tobytes()
        assert batch.transitions["reward"].tolist() == rewards.tolist()


def test_envpools_seeds_are_those_of_its_making(envpool):
    def first(**kwargs):
        return envpool.make("CartPole-v1", env_type="gymnasium", num_envs=3, **kwargs).reset()[0].tolist()

    with Batch("CartPole-v1", 3, options_of("envpool", {"seed": 8})).bind() as batch:
        batch.reset()
        assert batch.observations.tolist() == first(seed=8)
        batch.reset()
        assert batch.observations.tolist() != first(seed=8)  # the generators go on
        batch.reset([4, 5, 6])
        assert batch.observations.tolist() == first(seed=4)
        batch.reset([4, 9, 1])
        assert batch.observations.tolist() == first(seed=[4, 9, 1])
        for seeds, words in (([4, -1, 5], "here is none"), ([2**31, 0, 0], f"here is {2**31}")):
            batch.reset(seeds)
            assert batch.statuses.tolist() == [Status.UNSUPPORTED] * 3
            assert words in batch.value("failures")[2]["message"]
        batch.reset()
        assert not batch.statuses.any()


def test_parts_of_envpool_do_not_repeat_each_other(envpool):
    env = envpool.make("CartPole-v1", env_type="gymnasium", num_envs=6)
    expected = env.reset()[0]
    for first in (0, 3):
        with Batch("CartPole-v1", 3, options_of("envpool"), first=first, total=6).bind() as batch:
            batch.reset()
            assert batch.observations.tobytes() == as_rows(expected[first : first + 3], False).tobytes()


def test_some_of_envpools_environments_are_reset(envpool):
    env = envpool.make("CartPole-v1", env_type="gymnasium", num_envs=4, seed=1)
    with Batch("CartPole-v1", 4, options_of("envpool", {"seed": 1})).bind() as batch:
        batch.reset()
        env.reset()
        play(batch, env, 3)
        before = batch.observations.copy()
        batch.reset(rows=[1, 3])
        observations, _ = env.reset(options={"reset_mask": np.array([False, True, False, True])})
        before[[1, 3]] = observations
        assert batch.observations.tobytes() == before.tobytes()
        assert [info.get("elapsed_step") for info in batch.value("info")] == [None, 0, None, 0]
        play(batch, env, 30)
        batch.reset([1, 2, 3, 4], rows=[1, 3])
        assert "without a mask" in batch.value("failures")[0]["message"]


def test_envpool_with_wrappers(envpool):  # noqa: ARG001
    from gogym.vector_envpool import EnvPoolVectorEnv

    names = ("RecordEpisodeStatistics", "NormalizeObservation", "ClipAction")
    options = options_of("envpool", {"seed": 6}, vector_wrappers=[{"name": name} for name in names])
    env = EnvPoolVectorEnv("Pendulum-v1", 3, 0, {"seed": 6})
    for name in names:
        env = getattr(gymnasium.wrappers.vector, name)(env)
    with Batch("Pendulum-v1", 3, options).bind() as batch:
        batch.reset()
        assert batch.observations.tobytes() == as_rows(env.reset()[0], False).tobytes()
        assert play(batch, env, 210) == 3
        batch.reset(rows=[1])
        assert "without a mask" in batch.value("failures")[0]["message"]


@pytest.mark.parametrize(
    ("env_id", "options", "code", "words"),
    [
        ("CartPol-v1", options_of("envpool"), Status.NAME_NOT_FOUND, "Did you mean CartPole-v1"),
        ("CartPole-v1", options_of("envpool", autoreset_mode="same_step"), Status.UNSUPPORTED, "next_step"),
        ("CartPole-v1", options_of("envpool", {"batch_size": 1}), Status.UNSUPPORTED, "batch_size"),
        ("CartPole-v1", options_of("envpool", {"num_envs": 1}), Status.JSON, "num_envs"),
        ("CartPole-v1", options_of("envpool", {"nonsense": 1}), Status.PYTHON, "nonsense"),
        ("CartPole-v1", options_of("envpool", wrappers=[{"name": "ClipReward"}]), Status.UNSUPPORTED, "vector_wrappers"),
        ("Go9x9-v1", options_of("envpool"), Status.UNSUPPORTED, "2 players"),
    ],
)  # fmt: skip
def test_what_envpool_cannot_do(envpool, env_id, options, code, words):  # noqa: ARG001
    assert words in failure(env_id, 3, options, code)


def test_envpool_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "envpool", None)
    message = failure("CartPole-v1", 2, options_of("envpool"), Status.DEPENDENCY_NOT_INSTALLED)
    assert "pip install '.[envpool]' in a checkout of gogym" in message
    assert "install " + "gogym" not in message  # an unrelated package of the public index


def test_envpool_renders(envpool):  # noqa: ARG001
    with Batch("CartPole-v1", 2, options_of("envpool")).bind() as batch:
        batch.reset()
        with pytest.raises(GymError) as caught:
            batch.value("render")
        assert caught.value.code == Status.RENDER
    with Batch("HalfCheetah-v5", 2, options_of("envpool", {"render_mode": "rgb_array"})) as batch:
        assert batch.description["render_mode"] == "rgb_array"


def test_envpool_through_the_library(envpool, make_vec):
    env = envpool.make("Pendulum-v1", env_type="gymnasium", num_envs=5, seed=9)
    for workers in (None, 2):
        vec = make_vec("Pendulum-v1", 5, options_of("envpool", workers=workers))
        env = envpool.make("Pendulum-v1", env_type="gymnasium", num_envs=5, seed=9)
        assert vec.reset(9).tobytes() == as_rows(env.reset()[0], False).tobytes()
        for _ in range(20):
            actions = vec.sample_actions()
            observations, rewards, *_ = env.step(actions.astype(np.float32))
            results = vec.step(actions)
            assert results.observations.tobytes() == as_rows(observations, False).tobytes()
            assert results.rewards.tolist() == rewards.tolist()
