"""Snapshots of the Arcade Learning Environment: the action in effect, which its own states do not tell."""

import numpy as np
import pytest

from gogym import state
from gogym.errors import StateError
from support_state import Play, making, same

ale_py = pytest.importorskip("ale_py", reason="the extra atari is not installed")

from gogym import state_ale


@pytest.mark.parametrize(
    "options",
    [
        {"repeat_action_probability": 0.9},
        {"repeat_action_probability": 0.97, "frameskip": 1},
        {"repeat_action_probability": 0.8, "frameskip": (2, 5)},
        {"repeat_action_probability": 0.8, "continuous": True},
        {"repeat_action_probability": 1.0},
        {"repeat_action_probability": 0.0},
        {"full_action_space": True, "obs_type": "ram", "mode": 1, "difficulty": 2},
    ],
    ids=str,
)
def test_the_action_in_effect(options):
    for seed in range(6):
        game = "Breakout" if seed % 2 and "mode" not in options else "Pong"
        play = Play(making(f"ALE/{game}-v5", **options))
        play.begin(seed=seed, steps=20 + 13 * seed)
        saved = play.save()
        expected = play.steps(15)
        play.load(saved)
        assert same(play.steps(15), expected)
        other = Play(play.make)
        other.begin(seed=9, steps=3)
        other.load(saved)
        again = other.save()
        assert same(other.steps(15), expected)
        play.load(again)
        assert same(play.steps(15), expected)


def test_the_generator_is_that_of_numpy():
    """What is read of it, the last numbers that it has given out, is what NumPy's MT19937 gives out."""
    env = making("ALE/Pong-v5")().unwrapped
    env.reset(seed=1)
    for acts in (1, 2, 5, 311, 1, 1, 400):
        start = env.ale.cloneState(include_rng=True).serialize()
        _, numbers = state_ale._generator(start)
        bits = np.random.MT19937()
        key = np.array(numbers[:-1], np.uint32)
        bits.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": numbers[-1]}}
        for _ in range(acts):
            env.ale.act(0)
        drawn = state_ale._last_numbers(env.ale.cloneState(include_rng=True).serialize())
        expected = bits.random_raw(2 * acts)[::2][::-1] / 2**32
        assert [next(drawn) for _ in range(acts)] == expected.tolist()


def test_the_number_that_makes_an_action_take_effect():
    assert state_ale._tempered(state_ale._GREATEST) == 2**32 - 1


def test_frames_from_outside():
    """Somebody else has had the emulator act: the action in effect is any, until it is known again."""
    play = Play(making("ALE/Pong-v5", repeat_action_probability=0.999999))
    play.begin(seed=1, steps=3)
    play.save()  # none of these actions has taken effect
    play.env.unwrapped.ale.act(3)
    with pytest.raises(StateError, match="which action the emulator would repeat"):
        play.save()
    play.steps(1)
    with pytest.raises(StateError, match="can be saved again after the next reset"):
        play.save()
    play.reset()
    play.steps(1)
    play.save()


def test_an_episode_that_has_ended():
    play = Play(making("ALE/Pong-v5", max_num_frames_per_episode=100))
    play.begin(seed=1)
    while not play.step(play.env.action_space.sample())[3]:
        pass
    saved = play.save()
    expected = [play.reset(), *play.steps(10)]
    play.load(saved)
    assert same([play.reset(), *play.steps(10)], expected)


def test_without_a_journal():
    play = Play(making("ALE/Pong-v5"))
    play.begin(seed=1)
    with pytest.raises(StateError, match="nobody has seen"):
        state.save(play.env, play.last, None)
    play = Play(making("ALE/Pong-v5", repeat_action_probability=0.0))
    play.begin(seed=1)
    assert play.journal is None
    play.save()


def test_the_journal_is_the_same_for_all_wrappers():
    play = Play(making("ALE/Pong-v5"))
    assert state.journal_for(play.env.env) is play.journal


def test_sound():
    play = Play(making("ALE/Pong-v5", sound_obs=True))
    play.begin(seed=1)
    with pytest.raises(StateError, match="sound_obs"):
        play.save()
