"""Snapshots: after a load, environments of all families continue to the last bit as they would have continued."""

import copy
import gc
import os
import subprocess
import sys
import textwrap
from functools import partial
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers

from gogym import state
from gogym.errors import StateError
from support_state import Play, check_continuation, making, same

FAMILIES = {
    "CartPole-v1": {},
    "Acrobot-v1": {},
    "MountainCar-v0": {},
    "MountainCarContinuous-v0": {},
    "Pendulum-v1": {},
    "FrozenLake-v1": {"is_slippery": True},
    "Taxi-v4": {"is_rainy": True},
    "Blackjack-v1": {},
    "CliffWalking-v1": {"is_slippery": True},
    "Ant-v5": {},
    "Humanoid-v5": {},
    "HalfCheetah-v5": {},
    "Swimmer-v5": {},
    "Ant-v4": {"use_contact_forces": True},
    "ALE/Pong-v5": {"repeat_action_probability": 0.5},
    "ALE/Breakout-v5": {"frameskip": (2, 5), "obs_type": "ram"},
}


def need(env_id):
    if env_id.startswith("ALE/"):
        pytest.importorskip("ale_py", reason="the extra atari is not installed")


@pytest.mark.parametrize("env_id", FAMILIES)
def test_families(env_id):
    need(env_id)
    play = Play(making(env_id, **FAMILIES[env_id]))
    play.begin(seed=7, steps=50)
    check_continuation(play, 50)


@pytest.mark.parametrize("env_id", ["CartPole-v1", "FrozenLake-v1", "Ant-v5", "ALE/Pong-v5"])
def test_right_after_a_reset_and_in_later_episodes(env_id):
    need(env_id)
    play = Play(making(env_id, max_episode_steps=30))
    play.begin(seed=1)
    first = play.save()
    expected = play.steps(40)
    later = play.save()
    after = play.steps(40)
    play.reset(seed=123)  # with generators of other seeds
    play.load(first)
    assert same(play.steps(40), expected)
    play.load(later)
    assert same(play.steps(40), after)
    play.load(first)
    assert same(play.steps(40), expected)


@pytest.mark.parametrize("env_id", ["CartPole-v1", "FrozenLake-v1", "Taxi-v4", "Ant-v5", "ALE/Pong-v5"])
def test_when_the_episode_has_ended(env_id):
    need(env_id)
    play = Play(making(env_id, max_episode_steps=20))
    play.begin(seed=2)
    ended = False
    while not ended:
        _, _, terminated, truncated, _ = play.step(play.env.action_space.sample())
        ended = terminated or truncated
    saved = play.save()
    expected = [play.reset(), *play.steps(20)]
    play.load(saved)
    assert same([play.reset(), *play.steps(20)], expected)


# ------------------------------------------------------------------------------------------- wrappers


def pixels(env):
    return wrappers.AddRenderObservation(env, render_only=False)


def closure(env):
    """Remembers in a captured variable, not in an attribute."""
    before = np.zeros(env.observation_space.shape, env.observation_space.dtype)
    calls = 0

    def mixed(observation):
        nonlocal before, calls
        calls += 1
        result = observation + before / np.float32(calls)
        before = observation
        return result

    return wrappers.TransformObservation(env, mixed, env.observation_space)


CHAINS = {
    "statistics": ("CartPole-v1", [wrappers.RecordEpisodeStatistics, wrappers.NormalizeObservation, wrappers.NormalizeReward]),
    "frames": ("CartPole-v1", [partial(wrappers.FrameStackObservation, stack_size=4), wrappers.FlattenObservation]),
    "delay": ("Pendulum-v1", [partial(wrappers.DelayObservation, delay=3), wrappers.TimeAwareObservation]),
    "sticky": ("Pendulum-v1", [partial(wrappers.StickyAction, repeat_action_probability=0.5, repeat_action_duration=(1, 4))]),
    "functions": ("Pendulum-v1", [
        partial(wrappers.RescaleAction, min_action=-1.0, max_action=1.0),
        partial(wrappers.RescaleObservation, min_obs=0.0, max_obs=1.0),
        wrappers.ClipAction,
        partial(wrappers.ClipReward, min_reward=-2.0, max_reward=0.0),
        partial(wrappers.TransformReward, func=lambda reward: reward * 2),
    ]),
    "closure": ("CartPole-v1", [closure]),
    "discrete": ("Pendulum-v1", [partial(wrappers.DiscretizeAction, bins=5), partial(wrappers.DiscretizeObservation, bins=7)]),
    "autoreset": ("CartPole-v1", [wrappers.Autoreset, partial(wrappers.RepeatAction, num_repeats=2)]),
    "skip": ("MountainCar-v0", [wrappers.MaxAndSkipObservation]),
    "many": ("Ant-v5", [
        wrappers.RecordEpisodeStatistics,
        wrappers.NormalizeObservation,
        partial(wrappers.FrameStackObservation, stack_size=3, padding_type="zero"),
        partial(wrappers.DtypeObservation, dtype=np.float32),
        wrappers.NormalizeReward,
    ]),
}  # fmt: skip


@pytest.mark.parametrize("chain", CHAINS)
def test_wrappers(chain):
    env_id, wrap = CHAINS[chain]
    play = Play(making(env_id, *wrap))
    play.begin(seed=3, steps=50)
    check_continuation(play, 50)


@pytest.mark.parametrize("skip", [1, 4])
def test_atari_preprocessing(skip):
    pytest.importorskip("ale_py", reason="the extra atari is not installed")
    pytest.importorskip("cv2", reason="AtariPreprocessing needs opencv")
    stack = partial(wrappers.FrameStackObservation, stack_size=4)
    preprocess = partial(wrappers.AtariPreprocessing, frame_skip=skip, noop_max=30)
    play = Play(making("ALE/Pong-v5", preprocess, stack, frameskip=1))
    play.begin(seed=3, steps=50)
    check_continuation(play, 50)


def test_max_and_skip_and_stacked_frames_of_atari():
    pytest.importorskip("ale_py", reason="the extra atari is not installed")
    skip = partial(wrappers.MaxAndSkipObservation, skip=3)
    stack = partial(wrappers.FrameStackObservation, stack_size=4)
    play = Play(making("ALE/Pong-v5", skip, stack, obs_type="grayscale", frameskip=1))
    play.begin(seed=3, steps=30)
    check_continuation(play, 30)


# ------------------------------------------------------------------------------------------- drawing


DRAWN = {
    "CartPole-v1": [],
    "FrozenLake-v1": [],
    "CliffWalking-v1": [],
    "Blackjack-v1": [],
    "Taxi-v4": [],
    "Pendulum-v1": [partial(wrappers.AddWhiteNoise, probability_of_noise_per_pixel=0.5)],
    "MountainCar-v0": [partial(wrappers.ObstructView, obstructed_pixels_ratio=0.3, obstruction_width=4)],
    "Acrobot-v1": [pixels],
    "ALE/Pong-v5": [],
}


@pytest.mark.parametrize("env_id", DRAWN)
def test_frames(env_id, monkeypatch):
    need(env_id)
    pytest.importorskip("pygame", reason="the extra classic-control is not installed")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    play = Play(making(env_id, *DRAWN[env_id], render_mode="rgb_array"), draws=True)
    play.begin(seed=5, steps=12)
    check_continuation(play, 12)


def test_a_first_frame_after_saving(monkeypatch):
    """What a frame needs is made with the first one, and stays when a state of before is loaded."""
    pytest.importorskip("pygame", reason="the extra classic-control is not installed")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    play = Play(making("CartPole-v1", render_mode="rgb_array"))
    play.begin(seed=5, steps=5)
    saved = play.save()
    frame = play.env.render()
    screen = play.env.unwrapped.screen
    assert screen is not None
    play.steps(5)
    play.load(saved)
    assert play.env.unwrapped.screen is screen
    assert same(play.env.render(), frame)


def test_collected_frames(monkeypatch):
    pytest.importorskip("pygame", reason="the extra classic-control is not installed")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    play = Play(making("CartPole-v1", render_mode="rgb_array_list"))
    play.begin(seed=5, steps=5)
    saved = play.save()
    frames = [frame.copy() for frame in play.env.get_wrapper_attr("frame_list")]
    assert len(frames) == 6
    play.steps(3)
    play.load(saved)
    assert same(play.env.render(), frames)


def test_the_screen_of_atari_is_that_of_then():
    pytest.importorskip("ale_py", reason="the extra atari is not installed")
    play = Play(making("ALE/Pong-v5", render_mode="rgb_array"))
    play.begin(seed=5, steps=30)
    saved, frame = play.save(), play.env.render()
    play.steps(30)
    assert not same(play.env.render(), frame)
    play.load(saved)
    again = play.save()  # before the emulator has drawn anything
    assert same(play.env.render(), frame)
    play.steps(1)
    after = play.env.render()
    assert not same(after, frame)
    play.load(again)
    assert same(play.env.render(), frame)
    play.steps(1)
    assert same(play.env.render(), after)


MUJOCO = """
    import sys

    sys.path.insert(0, {tests!r})
    import gymnasium
    from gymnasium import wrappers
    from gymnasium.envs.mujoco.mujoco_rendering import MujocoRenderer
    from support_state import Play, check_continuation, making, same

    def pixels(env):
        return wrappers.AddRenderObservation(env, render_only=False)

    # A thread has one graphics context at a time, and Gymnasium does not change it for the next environment.
    render = MujocoRenderer.render

    def current(self, render_mode):
        self._get_viewer(render_mode).make_context_current()
        return render(self, render_mode)

    MujocoRenderer.render = current

"""

FRAMES = """
    env_id, *wrap = {case}
    play = Play(making(env_id, *wrap, render_mode="rgb_array", width=64, height=48), draws=True)
    play.begin(seed=5, steps=6)
    check_continuation(play, 6)
    print("all equal")
"""

CAMERA = """
    # The camera looks at where the bodies are when the first frame is drawn.
    play = Play(making("Ant-v5", render_mode="rgb_array", width=64, height=48))
    play.begin(seed=5, steps=5)
    early = play.save()
    play.steps(20)
    late = play.save()
    expected = play.env.render()
    drawn = play.save()
    play.load(early)
    play.load(late)
    waiting = play.save()
    play.steps(9)
    other = Play(play.make)
    for one in (play, other):
        for saved in (late, drawn, waiting):
            one.load(saved)
            assert same(one.env.render(), expected)
            one.steps(3)
    assert expected.std() > 5, "black"
    play.load(early)
    first = play.env.render()
    assert not same(first, expected)
    print("all equal")
"""


def run_with_graphics(script):
    """Run a script in a process of its own: one environment after another would meet the other's graphics context."""
    pytest.importorskip("mujoco")
    script = textwrap.dedent(MUJOCO.format(tests=str(Path(__file__).parent)) + script)
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "MUJOCO_GL": os.environ.get("MUJOCO_GL", "egl")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout == "all equal\n", done.stderr


@pytest.mark.parametrize("case", ['"Ant-v5",', '"Hopper-v5",', '"InvertedPendulum-v5", pixels'])
def test_frames_of_mujoco(case):
    run_with_graphics(FRAMES.format(case=case))


def test_the_camera_of_mujoco_stands_where_it_stood():
    run_with_graphics(CAMERA)


# ------------------------------------------------------------------------------------------- what stays


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Blackjack-v1", "Ant-v5", "ALE/Pong-v5"])
def test_what_others_know_stays(env_id):
    """The bridge keeps spaces, their generators and MuJoCo's objects: they must be the same ones after a load."""
    need(env_id)
    play = Play(making(env_id))
    play.begin(seed=1, steps=5)
    unwrapped = play.env.unwrapped
    saved = play.save()
    known = [
        play.env.action_space,
        play.env.observation_space,
        play.env.action_space.np_random,
        unwrapped.np_random,
        unwrapped.np_random.bit_generator,
        play.env.spec,
        *(
            value
            for name, value in vars(unwrapped).items()
            if name in ("model", "data", "mujoco_renderer", "ale")
        ),
    ]
    play.steps(5)
    play.load(saved)
    again = [
        play.env.action_space,
        play.env.observation_space,
        play.env.action_space.np_random,
        unwrapped.np_random,
        unwrapped.np_random.bit_generator,
        play.env.spec,
        *(
            value
            for name, value in vars(unwrapped).items()
            if name in ("model", "data", "mujoco_renderer", "ale")
        ),
    ]
    assert [id(value) for value in again] == [id(value) for value in known]


def test_a_generator_of_another_seed_becomes_the_saved_one():
    """Not only its next numbers: what it spawns depends on the seed that it has come from."""
    play = Play(making("CartPole-v1"))
    play.begin(seed=1)
    saved = play.save()
    expected = play.env.np_random.spawn(1)[0].random(4)
    play.reset(seed=2)
    play.load(saved)
    assert same(play.env.np_random.spawn(1)[0].random(4), expected)
    play.load(saved)
    assert same(play.env.np_random.spawn(1)[0].random(4), expected)


def test_states_do_not_depend_on_what_comes_later():
    play = Play(making("CartPole-v1", wrappers.RecordEpisodeStatistics))
    play.begin(seed=1, steps=30)
    saved = play.save()
    kept = bytes(bytearray(saved))
    play.steps(100)
    play.load(saved)
    play.steps(10)
    assert saved == kept


@pytest.mark.parametrize(
    ("env_id", "most"),
    [("CartPole-v1", 400), ("Ant-v5", 4000), ("ALE/Pong-v5", 1000), ("LunarLander-v3", 4000)],
)
def test_a_planner_s_loop_needs_no_more_and_more_memory(env_id, most):
    """Save once, load 200 times: neither objects nor kilobytes become more."""
    need(env_id)
    if env_id.startswith("Lunar"):
        pytest.importorskip("Box2D", reason="the extra box2d is not installed")
    play = Play(making(env_id))
    play.begin(seed=1, steps=10)
    saved = play.save()

    def loop(count):
        for _ in range(count):
            play.load(saved)
            play.steps(2)
            play.save()
        gc.collect()
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024
        return len(gc.get_objects()), resident

    loop(40)
    objects, resident = loop(10)
    more_objects, more_resident = loop(200)
    assert more_objects - objects < 100
    assert more_resident - resident < most


# ------------------------------------------------------------------------------------------- clones


@pytest.mark.parametrize("how", ["make", "copy"])
@pytest.mark.parametrize("env_id", ["CartPole-v1", "FrozenLake-v1", "Pendulum-v1", "Ant-v5", "ALE/Pong-v5"])
def test_clones(env_id, how):
    need(env_id)
    play = Play(making(env_id))
    play.begin(seed=4, steps=20)
    saved = play.save()
    clone = play.clone(how)
    assert clone.env is not play.env
    assert clone.env.unwrapped is not play.env.unwrapped
    assert same(clone.last, play.last)
    expected = clone.steps(30)
    clone.begin(seed=77, steps=10)  # and this one does not notice
    assert same(play.steps(30), expected)
    clone.load(saved)
    assert same(clone.steps(30), expected)


def test_a_clone_of_what_cannot_be_copied_says_so():
    play = Play(making("CartPole-v1", closure))
    play.begin(seed=1, steps=3)
    with pytest.raises(StateError, match=r"would share the function closure\.<locals>\.mixed"):
        play.clone("copy")
    expected = play.clone().steps(20)
    assert same(play.steps(20), expected)


def test_a_clone_that_cannot_be_loaded_is_closed():
    play = Play(making("CartPole-v1"))
    play.begin(seed=1, steps=3)
    made = []

    def other():
        made.append(gymnasium.make("CartPole-v1", max_episode_steps=9, sutton_barto_reward=True))
        made[0].unwrapped.close = lambda: made.append("closed")
        return made[0]

    with pytest.raises(StateError, match="sutton_barto_reward"):
        state.clone(play.env, play.save(), None, other)
    assert made[1:] == ["closed"]


def test_copies_share_no_arrays():
    play = Play(making("Pendulum-v1", partial(wrappers.FrameStackObservation, stack_size=3)))
    play.begin(seed=1, steps=5)
    before = copy.deepcopy(vars(play.env.unwrapped)["state"])
    clone = play.clone()
    vars(clone.env.unwrapped)["state"][...] = 5
    assert same(vars(play.env.unwrapped)["state"], before)
