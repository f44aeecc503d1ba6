"""Snapshots through the C library: gym_save_state, gym_load_state, gym_clone."""

import gc
import json
import os
import textwrap
import threading
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gogym import native
from gogym.native import GymError
from gogym.status import Status
from support_state import same

ENVIRONMENTS = {
    "CartPole-v1": {},
    "FrozenLake-v1": {"is_slippery": True},
    "Blackjack-v1": {},
    "Taxi-v4": {},
    "Pendulum-v1": {},
    "Ant-v5": {},
    "LunarLander-v3": {},
    "LunarLander-v3 continuous": {"continuous": True, "enable_wind": True},
    "BipedalWalker-v3": {},
    "ALE/Pong-v5": {},
    "ALE/Pong-v5 sticky": {"repeat_action_probability": 0.9},
}

STACK = [
    {"name": "RecordEpisodeStatistics"},
    {"name": "NormalizeObservation"},
    {"name": "FrameStackObservation", "stack_size": 4},
    {"name": "StickyAction", "repeat_action_probability": 0.3},
]


def make(case, library, **more):
    env_id = case.split()[0]
    if env_id.startswith("ALE/"):
        pytest.importorskip("ale_py", reason="the extra atari is not installed")
    if env_id.startswith(("Lunar", "Bipedal")):
        pytest.importorskip("Box2D", reason="the extra box2d is not installed")
    return native.Environment(env_id, {**ENVIRONMENTS.get(case, {}), **more}, library=library)


def begin(env, seed, steps):
    env.seed_action(seed)
    env.reset(seed=seed)
    return run(env, steps)


def run(env, steps):
    """All that comes out of steps with actions that the environment's own space draws."""
    seen = []
    for _ in range(steps):
        action = env.sample_action()
        result = env.step(action)
        seen.append((action, result, env.info()))
        if result[2] or result[3]:
            seen.append(env.reset())
    return seen


def fails(status, call, *arguments):
    with pytest.raises(GymError) as caught:
        call(*arguments)
    assert caught.value.code == status, caught.value
    return caught.value.message


@pytest.mark.parametrize("case", ENVIRONMENTS)
def test_continuation(case, library):
    """Save at step 50, then 50 more twice, and in another environment: equal to the last bit."""
    with make(case, library) as env, make(case, library) as other:
        begin(env, 7, 50)
        state = env.save_state()
        observation, info = env.observation(), env.info()
        expected = run(env, 50)
        assert len(expected) >= 50
        begin(other, 8, 5)
        for one in (env, other):
            one.load_state(state)
            assert same(one.observation(), observation)
            assert same(one.info(), info)
            assert same(run(one, 50), expected)
        env.load_state(state)
        with env.clone() as clone:
            assert same(clone.observation(), observation)
            assert same(clone.info(), info)
            assert same(run(clone, 50), expected)
        assert same(run(env, 50), expected)


@pytest.mark.parametrize("case", ["CartPole-v1", "LunarLander-v3"])
def test_with_wrappers(case, library):
    """Those of the options and those that gym_wrap puts around them; both are made again for a clone."""
    with make(case, library, gogym={"wrappers": STACK[:2]}) as inner:
        begin(inner, 1, 5)
        saved = inner.save_state()
        with inner.wrap(STACK[2:]) as env:
            begin(env, 7, 30)
            state = env.save_state()
            expected = run(env, 30)
            env.load_state(state)
            with env.clone() as clone:
                assert same(run(clone, 30), expected)
            assert same(run(env, 30), expected)
            message = fails(Status.STATE, env.load_state, saved)
            assert "FrameStackObservation" in message


def test_native_buffers_and_the_space_handle(library):
    with make("ALE/Pong-v5", library) as env:
        begin(env, 7, 10)
        state = env.save_state()
        space = env.action_space_handle()
        actions = [space.sample() for _ in range(5)]
        frames = [env.step_native(np.int64(action[0]).tobytes())[0] for action in actions]
        env.load_state(state)
        assert same([space.sample() for _ in range(5)], actions)
        env.load_state(state)
        assert [env.step_native(np.int64(action[0]).tobytes())[0] for action in actions] == frames
        assert env.observation().tobytes() == frames[-1]
        space.close()


def test_python_draws_the_same_actions(library):
    """A state of Python's own environment can be loaded, and its action space goes on as there."""
    from gogym import state

    env = gymnasium.make("CartPole-v1")
    env.action_space.seed(5)
    last = env.reset(seed=5)
    env.action_space.sample()
    saved = state.save(env, last, None)
    with make("CartPole-v1", library) as other:
        other.reset()
        other.sample_action()
        other.load_state(saved)
        assert [int(other.sample_action()[0]) for _ in range(40)] == [
            int(env.action_space.sample()) for _ in range(40)
        ]
        assert same(other.step([1])[0], env.step(np.int64(1))[0].astype(np.float64))


ROWS = json.loads((Path(__file__).resolve().parents[1] / "wrappers" / "table.json").read_text())["rows"]

REWARDS = {"double_plus_one": lambda reward: 2 * reward + 1}
ARRAYS = {"negate": np.negative, "halve": lambda x: x / 2, "first_two": lambda x: 2 * x[:2]}
TRIGGERS = {"every_second": lambda count: count % 2 == 0, "every_tenth": lambda count: count % 10 == 0}


@pytest.fixture(scope="module")
def _callbacks(library):
    for name, function in REWARDS.items():
        native.add_reward_callback(name, function, library)
    for name, function in ARRAYS.items():
        native.add_array_callback(name, function, library)
    for name, function in TRIGGERS.items():
        native.add_trigger_callback(name, function, library)
    yield
    for name in (*REWARDS, *ARRAYS, *TRIGGERS):
        native.remove_callback(name, library)


@pytest.mark.usefixtures("_callbacks")
@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_each_wrapper(row, library, tmp_path, monkeypatch):
    for package in row.get("needs", []):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    draws = row.get("render_every") is not None

    def seen(env):
        return [(*run(env, 1), env.observation(), env.render_value() if draws else None) for _ in range(12)]

    options = {**row.get("options", {}), "gogym": {"wrappers": row["wrappers"]}}
    with native.Environment(row["env"], options, library=library) as env:
        begin(env, row["seed"], 12)
        state = env.save_state()
        observation = env.observation()
        expected = seen(env)
        for _ in range(2):
            env.load_state(state)
            assert same(env.observation(), observation)
            assert same(seen(env), expected)
        env.load_state(state)
        with env.clone() as clone:
            if row["name"] == "human":
                assert "one window" in fails(Status.RENDER, clone.step, [1])
                return
            assert same(seen(clone), expected)
        with native.Environment(row["env"], options, library=library) as other:
            other.load_state(state)
            assert same(seen(other), expected)


# ------------------------------------------------------------------------------------------- frames


@pytest.mark.parametrize("case", ["CartPole-v1", "Ant-v5", "LunarLander-v3", "ALE/Pong-v5"])
def test_frames(case, library):
    """Environments that draw are bound to a thread; their clones to another."""
    if case == "CartPole-v1":
        pytest.importorskip("pygame")
    with make(case, library, render_mode="rgb_array") as env:
        begin(env, 7, 10)
        before = env.save_state()
        frame = env.render()
        assert frame.any()
        begin(env, 8, 5)
        env.render()
        env.load_state(before)
        assert same(env.render(), frame)
        after = env.save_state()
        frame = env.render()
        expected = [*run(env, 5), env.render()]
        with env.clone() as later:
            assert same(later.render(), env.render())
            later.load_state(after)
            assert same(later.render(), frame)
            assert same([*run(later, 5), later.render()], expected)
        env.load_state(after)
        assert same([env.render(), *run(env, 5), env.render()], [frame, *expected])


# ------------------------------------------------------------------------------------------- errors


def test_errors(library):
    with make("CartPole-v1", library) as env:
        for call in (env.save_state, env.clone):
            assert "gym_reset" in fails(Status.RESET_NEEDED, call)
        begin(env, 1, 5)
        state = env.save_state()
        for damaged in (b"", b"x" * 500, state[:-3], state[:100] + b"?" + state[101:]):
            message = fails(Status.STATE, env.load_state, damaged)
            assert message.startswith("the state cannot be loaded: ")
        assert env.save_state() == state
        with make("Pendulum-v1", library) as other:
            other.reset(seed=1)
            assert "CartPoleEnv" in fails(Status.STATE, other.load_state, state)
        fresh = make("CartPole-v1", library)
        fresh.load_state(state)  # needs no reset before it
        assert same(run(fresh, 20), run(env, 20))
        fresh.close()
    for call in (env.save_state, env.clone):
        fails(Status.HANDLE, call)
    fails(Status.HANDLE, env.load_state, state)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 10_000))
def test_bytes_of_any_kind(library, more, place):
    with make("CartPole-v1", library) as env:
        begin(env, 1, 5)
        state = env.save_state()
        place %= len(state)
        for damaged in (more, state[:place] + more, state[:place] + more + state[place + len(more) :]):
            if damaged != state:
                fails(Status.STATE, env.load_state, damaged)
        assert env.save_state() == state


OWN = """
    import gymnasium
    import numpy as np
    from gymnasium import spaces

    class Own(gymnasium.Env):
        observation_space = spaces.Box(-1e9, 1e9, (1,), np.float64)
        action_space = spaces.Discrete(2)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            self.parts = {"source": [None]}
            return np.zeros(1), {}

        def step(self, action):
            if action == 1:
                self.parts["source"][0] = (number for number in range(9))
            return np.array([self.np_random.random()]), 0.0, False, False, {}
"""


def test_what_cannot_be_saved(library, tmp_path):
    (tmp_path / "own.py").write_text(textwrap.dedent(OWN))
    with native.Environment(f"{tmp_path / 'own.py'}:Own", library=library) as env:
        env.reset(seed=1)
        env.step([0])
        state = env.save_state()
        expected = env.step([0])
        env.load_state(state)
        assert same(env.step([0]), expected)
        env.step([1])
        for call in (env.save_state, env.clone):
            message = fails(Status.STATE, call)
            assert message.startswith("the state cannot be saved: unwrapped.parts['source'][0]: ")
            assert "generator" in message
        env.load_state(state)
        assert same(env.step([0]), expected)


def test_changes_of_an_environment_that_is_played_again(library):
    with make("LunarLander-v3", library) as env:
        begin(env, 1, 5)
        state = env.save_state()
        env.get_attr("unwrapped.gravity")
        env.save_state()
        env.set_attr("unwrapped.gravity", "-5.0")
        assert "gym_set_attr" in fails(Status.STATE, env.save_state)
        env.reset(seed=2)
        low = env.save_state()
        expected = run(env, 20)
        env.call("unwrapped.render")
        assert "gym_call" in fails(Status.STATE, env.save_state)
        env.load_state(low)
        assert same(run(env, 20), expected)
        env.load_state(state)
        env.save_state()


def test_callbacks_are_shared_by_clones(library):
    calls = []

    def doubled(reward):
        calls.append(reward)
        return reward * 2

    native.add_reward_callback("doubled", doubled, library)
    try:
        wrapper = {"name": "TransformReward", "func": {"__callback__": "doubled"}}
        with make("CartPole-v1", library, gogym={"wrappers": [wrapper]}) as env:
            begin(env, 1, 3)
            state = env.save_state()
            with env.clone() as clone:
                assert clone.step([1])[1] == 2
            env.load_state(state)
            assert env.step([1])[1] == 2
        assert len(calls) == 5
    finally:
        native.remove_callback("doubled", library)


# ------------------------------------------------------------------------------------------- lifetimes


def test_a_clone_outlives_its_original(library):
    env = make("Ant-v5", library)
    begin(env, 1, 5)
    clone = env.clone()
    expected = run(env, 20)
    env.close()
    gc.collect()
    again = clone.clone()
    assert same(run(clone, 20), expected)
    clone.close()
    assert same(run(again, 20), expected)
    again.close()


def test_clones_on_many_threads(library):
    """Each thread plans with a clone of its own."""
    with make("CartPole-v1", library) as env:
        begin(env, 1, 5)
        state = env.save_state()
        expected = run(env, 30)
        env.load_state(state)
        seen = {}

        def plan(number):
            with env.clone() as clone:
                for _ in range(5):
                    clone.load_state(state)
                    seen[number, _] = same(run(clone, 30), expected)

        threads = [threading.Thread(target=plan, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 40
        assert all(seen.values())
        assert same(run(env, 30), expected)


@pytest.mark.parametrize(("case", "most"), [("CartPole-v1", 2_000), ("Ant-v5", 30_000)])
def test_a_planner_s_loop_needs_no_more_and_more_memory(case, most, library):
    """In kilobytes: one clone of Ant that stayed would be more than 500."""
    with make(case, library) as env:
        begin(env, 1, 5)
        state = env.save_state()

        def loop(count):
            for _ in range(count):
                env.load_state(state)
                env.step(env.sample_action())
                env.save_state()
                env.clone().close()
            gc.collect()
            return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024

        loop(50)
        before = loop(10)
        after = loop(100)
        assert after - before < most
