"""native.Vec: vector environments of the C library from Python, against Gymnasium's SyncVectorEnv."""

import ctypes
import functools
from pathlib import Path

import gogym_test_vector
import gymnasium
import numpy as np
import pytest

from gogym import native
from gogym.native import vector
from gogym.status import Status

FAULTY = "gogym_test_vector:gogym_test/Faulty-v0"
FAIL = gogym_test_vector.FAULTS.index("fail")

ENVS = Path(__file__).parent / "envs"
OPTIONS = {
    "process": {"engine": "process", "workers": 2},
    "sync": {"engine": "sync"},
}


@pytest.fixture(params=OPTIONS)
def options(request):
    return OPTIONS[request.param]


@pytest.fixture
def make(library):
    """Makes vector environments that are closed at the end."""
    made = []

    def make(id, num_envs, own, **more):
        made.append(native.Vec(id, num_envs, {"gogym": own, **more}, library=library))
        return made[-1]

    yield make
    for vec in made:
        if vec.handle.id != 0:
            vec.close()


def reference(id, num_envs, **kwargs):
    return gymnasium.vector.SyncVectorEnv([functools.partial(gymnasium.make, id)] * num_envs, **kwargs)


def test_a_transition_is_that_of_the_header():
    assert vector.TRANSITION.itemsize == ctypes.sizeof(native.Transition)
    for name in ("reward", "terminated", "truncated"):
        field = getattr(native.Transition, name)
        dtype, offset = vector.TRANSITION.fields[name]
        assert (offset, dtype.itemsize) == (field.offset, field.size)


def test_a_rollout_is_gymnasiums_own(make, options):
    vec, expected = make("CartPole-v1", 5, options), reference("CartPole-v1", 5)
    assert (vec.num_envs, vec.observation_size, vec.action_size, vec.is_native) == (5, 4, 1, False)
    observations, _ = expected.reset(seed=3)
    np.testing.assert_array_equal(vec.reset(seed=3), observations.astype(np.float64))
    vec.seed_actions(7)
    expected.action_space.seed(7)
    ended = 0
    for _ in range(120):
        actions = vec.sample_actions()
        np.testing.assert_array_equal(actions[:, 0], chosen := expected.action_space.sample())
        found = vec.step(actions)
        observations, rewards, terminated, truncated, _ = expected.step(chosen)
        np.testing.assert_array_equal(found.observations, observations.astype(np.float64))
        np.testing.assert_array_equal(found.rewards, rewards)
        np.testing.assert_array_equal(found.terminated, terminated)
        np.testing.assert_array_equal(found.truncated, truncated)
        ended += np.count_nonzero(terminated)
    assert ended > 5
    expected.close()


def test_native_rows_are_bytes(make, options):
    vec, expected = make("CartPole-v1", 3, {**options, "layout": "native"}), reference("CartPole-v1", 3)
    assert vec.is_native
    assert vec.observations.shape == (3, vec.observation_nbytes) == (3, 16)
    observations, _ = expected.reset(seed=3)
    np.testing.assert_array_equal(vec.reset(seed=3).view(np.float32), observations)
    for _ in range(30):
        actions = expected.action_space.sample()
        observations, rewards, *_ = expected.step(actions)
        found = vec.step(actions)  # int64, as Discrete's native layout is
        np.testing.assert_array_equal(found.observations.view(np.float32), observations)
        np.testing.assert_array_equal(found.rewards, rewards)
    assert vec.sample_actions().shape == (3, vec.action_nbytes)
    expected.close()


def test_arrays_are_the_librarys_own_memory(make, options):
    vec = make("CartPole-v1", 4, options)
    view = vec.view()
    for array, address in (
        (vec.actions, view.actions),
        (vec.observations, view.observations),
        (vec.transitions, view.transitions),
        (vec.statuses, view.statuses),
    ):
        assert array.ctypes.data == address
        assert len(array) == 4
    assert vec.rewards.base is not None
    first = vec.reset(seed=1)
    np.testing.assert_array_equal(vec.observations, first)
    vec.actions[:] = 1.0
    vec.step_in_place()
    assert not np.array_equal(vec.observations, first)
    assert vec.rewards.tolist() == [1.0] * 4
    before = vec.observations.copy()
    found = vec.step([[0.0]] * 4)
    np.testing.assert_array_equal(vec.observations, found.observations)
    assert not np.array_equal(before, found.observations)


def test_what_only_the_library_writes_is_read_only(make, options):
    vec = make("CartPole-v1", 2, options)
    for array in (vec.observations, vec.rewards, vec.terminated, vec.truncated, vec.statuses):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_final_observations_are_there_with_same_step(make, options):
    assert make("CartPole-v1", 2, options).final_observations is None
    vec = make("CartPole-v1", 2, {**options, "autoreset_mode": "same_step"}, max_episode_steps=3)
    vec.reset(seed=1)
    for _ in range(3):
        found = vec.step([[0.0]] * 2)
    assert found.truncated.all()
    for row, info in enumerate(vec.info()):
        np.testing.assert_array_equal(vec.final_observations[row], info["final_obs"].astype(np.float64))
    assert not np.array_equal(vec.final_observations, found.observations)


def test_reset_by_mask(make, options):
    vec = make("CartPole-v1", 3, {**options, "autoreset_mode": "disabled"}, max_episode_steps=2)
    vec.reset(seed=[5, 6, 7])
    for _ in range(2):
        found = vec.step([[0.0]] * 3)
    assert found.truncated.all()
    after = vec.reset(mask=[False, True, True], seed=[-1, 6, 7])
    np.testing.assert_array_equal(after[0], found.observations[0])
    expected = [gymnasium.make("CartPole-v1").reset(seed=seed)[0] for seed in (6, 7)]
    np.testing.assert_array_equal(after[1:], np.asarray(expected, np.float64))
    with pytest.raises(native.GymError) as caught:
        vec.step([[0.0]] * 3)
    assert caught.value.code == Status.RESET_NEEDED
    with pytest.raises(ValueError, match="3 environments"):
        vec.reset(mask=[True])


def test_send_and_receive(make, options):
    vec = make("CartPole-v1", 4, options)
    twin = make("CartPole-v1", 4, options)
    vec.reset(seed=2)
    twin.reset(seed=2)
    vec.send([[1.0], [1.0]], ids=[3, 1])
    vec.send([[1.0], [1.0]], ids=[0, 2])
    found = [vec.recv(2, timeout=60), vec.recv(timeout=60)]
    ids = np.concatenate([batch.ids for batch in found])
    assert sorted(ids) == [0, 1, 2, 3]
    expected = twin.step([[1.0]] * 4)
    rows = np.concatenate([batch.observations for batch in found])
    np.testing.assert_array_equal(rows[np.argsort(ids)], expected.observations)
    with pytest.raises(native.GymError) as caught:
        vec.recv(1, timeout=0)
    assert caught.value.code == Status.NO_ASYNC_CALL
    vec.actions[:] = 0.0
    vec.send()
    assert sorted(vec.recv().ids) == [0, 1, 2, 3]


def test_a_failure_leaves_the_others_rows(make, options):
    vec = make(FAULTY, 4, {**options, "path": [str(ENVS)]})
    vec.reset(seed=1)
    with pytest.raises(native.GymError) as caught:
        vec.step([[0], [FAIL], [0], [0]])
    assert caught.value.code == Status.PYTHON
    assert [row[0] for row in vec.observations.tolist()] == [1, 0, 1, 1]
    assert vec.rewards.tolist() == [1, 0, 1, 1]
    assert vec.truncated.tolist() == [False, True, False, False]
    assert [status != 0 for status in vec.statuses] == [False, True, False, False]
    (failure,) = vec.failures()
    assert (failure["env"], failure["restarted"]) == (1, True)
    assert "fails on request" in failure["message"]
    assert vec.step([[0]] * 4).rewards.tolist() == [2, 1, 2, 2]
    assert vec.failures() == []


def test_around_it(make, options):
    vec = make("CartPole-v1", 3, options, render_mode="rgb_array")
    vec.reset(seed=1)
    description = vec.describe()
    assert (description["id"], description["num_envs"]) == ("CartPole-v1", 3)
    assert description["engine"] == options["engine"]
    assert len(description["workers"]) == options.get("workers", 0)
    assert vec.info() == [{}] * 3
    assert [frame.shape for frame in vec.render()] == [(400, 600, 3)] * 3
    assert vec.call("unwrapped.gravity") == [9.8] * 3
    assert vec.observation_space()["type"] == "Box"
    assert vec.action_space()["n"] == 2
    with vec.space(vector.OBSERVATION_SPACE) as space:
        assert tuple(space.value()["shape"]) == (3, 4)
    with vec.space(vector.SINGLE_ACTION_SPACE) as space:
        assert space.value()["type"] == "Discrete"


def test_lengths_are_for_c_to_judge(make, options):
    vec = make("CartPole-v1", 2, options)
    vec.reset(seed=1)
    with pytest.raises(native.GymError) as caught:
        vec.step([[0.0]] * 3)
    assert caught.value.code == Status.BUFFER


def test_close_takes_the_arrays_with_it(library, options):
    with native.Vec("CartPole-v1", 2, {"gogym": options}, library=library) as vec:
        vec.reset(seed=1)
        handle = vec.handle
    for array in (vec.actions, vec.observations, vec.rewards, vec.statuses):
        assert array.size == 0
    with pytest.raises(native.GymError) as caught:
        library.call("gym_vec_close", handle)
    assert caught.value.code == Status.HANDLE
    with pytest.raises(native.GymError):
        vec.step([[0.0]] * 2)


def test_what_cannot_be_made_says_so(library):
    with pytest.raises(native.GymError) as caught:
        native.Vec("CartPole-v1", 0, library=library)
    assert caught.value.code == Status.ARGUMENT
    with pytest.raises(native.GymError) as caught:
        native.Vec("NoSuchEnvironment-v0", 2, {"gogym": {"engine": "sync"}}, library=library)
    assert caught.value.code == Status.NAME_NOT_FOUND
