"""gogym.native: the C library from Python, against Gymnasium itself."""

import ctypes
import subprocess
import sys
import textwrap

import gymnasium
import numpy as np
import pytest

from gogym import native
from gogym.status import Status


@pytest.fixture
def cart_pole(library):
    with native.Environment("CartPole-v1", library=library) as env:
        yield env


def test_an_episode_is_gymnasiums_own(cart_pole):
    reference = gymnasium.make("CartPole-v1")
    expected, _ = reference.reset(seed=7)
    np.testing.assert_array_equal(cart_pole.reset(seed=7), expected.astype(np.float64))
    reference.action_space.seed(3)
    cart_pole.seed_action(3)
    for _ in range(500):
        action = cart_pole.sample_action()
        expected_action = reference.action_space.sample()
        assert action == [expected_action]
        observation, reward, terminated, truncated = cart_pole.step(action)
        expected, expected_reward, expected_end, expected_cut, _ = reference.step(expected_action)
        np.testing.assert_array_equal(observation, expected.astype(np.float64))
        assert (reward, terminated, truncated) == (expected_reward, expected_end, expected_cut)
        if terminated or truncated:
            break
    else:
        pytest.fail("a random CartPole falls over")
    reference.close()


def test_sizes_and_spaces(cart_pole):
    assert (cart_pole.observation_size, cart_pole.action_size) == (4, 1)
    observation, action = cart_pole.observation_space(), cart_pole.action_space()
    assert observation["type"] == "Box"
    assert observation["dtype"] == "float32"
    assert observation["low"].dtype == np.float32
    assert observation["low"].shape == (4,)
    assert (action["type"], action["n"], action["start"]) == ("Discrete", 2, 0)


def test_info_is_a_dict(cart_pole):
    cart_pole.reset(seed=1)
    assert cart_pole.info() == {}


def test_options_reach_gymnasium(library):
    with native.Environment("CartPole-v1", options={"max_episode_steps": 3}, library=library) as env:
        env.reset(seed=1)
        cuts = [env.step([i % 2])[3] for i in range(3)]
    assert cuts == [False, False, True]


def test_reset_options_reach_the_environment(cart_pole):
    observation = cart_pole.reset(seed=1, options={"low": 0.01, "high": 0.01})
    np.testing.assert_allclose(observation, 0.01)


def test_an_unknown_name_carries_gymnasiums_words(library):
    with pytest.raises(native.GymError) as caught:
        native.Environment("CartPoel-v1", library=library)
    error = caught.value
    assert error.code == Status.NAME_NOT_FOUND
    assert error.name == "GYM_ERR_NAME_NOT_FOUND"
    assert error.type == "gymnasium.error.NameNotFound"
    assert "CartPole" in error.message
    assert "Traceback" in error.traceback
    assert str(error).startswith("GYM_ERR_NAME_NOT_FOUND: gymnasium.error.NameNotFound: ")


def test_options_that_are_no_json(library):
    with pytest.raises(native.GymError) as caught:
        native.Environment("CartPole-v1", options="{", library=library)
    assert caught.value.code == Status.JSON


def test_a_closed_environment(library):
    env = native.Environment("CartPole-v1", library=library)
    env.close()
    for call in (env.close, env.reset, lambda: env.step([0]), env.info):
        with pytest.raises(native.GymError) as caught:
            call()
        assert caught.value.code == Status.HANDLE


def test_a_step_before_reset(cart_pole):
    with pytest.raises(native.GymError) as caught:
        cart_pole.step([0])
    assert caught.value.code == Status.RESET_NEEDED


@pytest.mark.parametrize("action", [[0.5], [np.nan]])
def test_an_action_that_the_dtype_cannot_hold(cart_pole, action):
    cart_pole.reset(seed=1)
    with pytest.raises(native.GymError) as caught:
        cart_pole.step(action)
    assert caught.value.code == Status.ACTION


def test_a_buffer_of_the_wrong_length(cart_pole):
    cart_pole.reset(seed=1)
    with pytest.raises(native.GymError, match="GYM_ERR_BUFFER") as caught:
        cart_pole.step([0, 1])
    assert caught.value.code == Status.BUFFER


def test_a_negative_seed(cart_pole):
    with pytest.raises(native.GymError) as caught:
        cart_pole.reset(seed=-1)
    assert caught.value.code == Status.ARGUMENT


def test_a_tree_survives_its_block_and_speaks_json(library, cart_pole):
    out = ctypes.c_void_p()
    library.call("gym_observation_space", cart_pole.handle, ctypes.byref(out))
    block = library.block(out.value)
    assert library.json(out.value).startswith('{"type"')
    original = library.take(out)
    copy = library.from_block(block)
    assert list(copy) == list(original)
    np.testing.assert_array_equal(copy.pop("high"), original.pop("high"))
    with pytest.raises(native.GymError) as caught:
        library.from_block(block[:-8])
    assert caught.value.code == Status.BLOCK


def run_python(source):
    """Run a program of its own, for what cannot be undone in a process."""
    command = [sys.executable, "-c", textwrap.dedent(source)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_shutdown_ends_the_library_in_this_process():
    done = run_python("""
        from gogym import native
        library = native.load()
        env = native.Environment("CartPole-v1")
        library.shutdown()
        library.shutdown()
        for call in (env.reset, env.close, library.init):
            try:
                call()
            except native.GymError as error:
                print(error.name)
        """)
    assert done.stdout.split() == ["GYM_ERR_SHUTDOWN"] * 3, done.stderr


def test_importing_gogym_is_light():
    done = run_python("""
        import sys
        import gogym
        print(sorted({"click", "ctypes", "gymnasium", "numpy"} & set(sys.modules)))
        """)
    assert done.stdout.strip() == "[]", done.stderr
