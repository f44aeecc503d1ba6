"""The engines that step all environments at once, bit for bit what the same vector environment gives in Python."""

import contextlib
import importlib.util
import json
from pathlib import Path

import gogym_test_spaces
import gogym_test_whole as whole
import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import DictInfoToList

from gogym.native import GymError
from gogym.status import Status
from gogym.vector_engine import reset_arguments, split_infos
from support_batch import DONE, IDLE, REFUSED, RESET, STEP, Batch
from support_whole import as_rows, failure, options_of, play

with contextlib.suppress(ImportError):  # before other tests put the registry back as it was for them
    import ale_py  # noqa: F401

TEST_ENVS = "gogym_test_envs:gogym_test/"
WHOLE = "gogym_test_whole:"
ENVS = Path(__file__).parent / "envs"
# Gymnasium's vector environments cannot take batches of these apart.
EMPTY = {"tuple-empty", "dict-empty", "deep"}
MODES = {"next_step": "NextStep", "same_step": "SameStep", "disabled": "Disabled"}


# ---------------------------------------------------------------------------------------------- the same as in Python


@pytest.mark.parametrize("is_native", [False, True])
@pytest.mark.parametrize("count", [1, 5, 64])
def test_gymnasiums_own(count, is_native):
    env = gymnasium.make_vec("CartPole-v1", count, "vector_entry_point", max_episode_steps=30)
    options = options_of("vector", {"max_episode_steps": 30})
    with Batch("CartPole-v1", count, options).bind(is_native=is_native) as batch:
        assert batch.description["is_whole"]
        assert batch.description["autoreset_mode"] == "next_step"
        batch.reset(np.arange(3, 3 + count))
        observations, _ = env.reset(seed=3)
        assert batch.observations.tobytes() == as_rows(observations, is_native).tobytes()
        assert play(batch, env, 80) > count
        batch.call_table("set_reset_options", batch.handle, b'{"low": -0.01, "high": 0.01}')
        batch.reset(np.arange(9, 9 + count))
        observations, _ = env.reset(seed=9, options={"low": -0.01, "high": 0.01})
        assert batch.observations.tobytes() == as_rows(observations, is_native).tobytes()
        batch.reset()
        assert not batch.statuses.any()


@pytest.mark.parametrize("is_native", [False, True])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("env_id", ["CartPole-v1", "FrozenLake-v1", "Blackjack-v1", "Pendulum-v1"])
def test_with_a_vector_wrapper_as_row_by_row(env_id, mode, is_native):
    compare_with_rows(env_id, {"max_episode_steps": 7}, mode, is_native)


@pytest.mark.parametrize("is_native", [False, True])
@pytest.mark.parametrize("space", sorted(gogym_test_spaces.FIXED.keys() - EMPTY))
def test_every_space_as_row_by_row(space, is_native):
    options = {"space": space, "max_episode_steps": 3}
    compare_with_rows(f"{TEST_ENVS}Echo-v0", options, "next_step", is_native, steps=8)


def compare_with_rows(env_id, kwargs, mode, is_native, steps=40):
    """The engine "sync", which is Gymnasium's SyncVectorEnv bit for bit, and that itself with a wrapper."""
    count = 5
    rows = Batch(env_id, count, options_of("sync", kwargs, autoreset_mode=mode)).bind(is_native=is_native)
    wrappers = [{"name": "DictInfoToList"}]
    options = options_of("sync", kwargs, autoreset_mode=mode, vector_wrappers=wrappers)
    together = Batch(env_id, count, options).bind(is_native=is_native)
    assert together.description["is_whole"]
    assert not rows.description["is_whole"]
    ended = np.zeros(count, bool)
    with rows, together:
        for batch in (rows, together):
            batch.call_table("seed_actions", batch.handle, 4)
            batch.reset([5, 1, 9, 2, 2])
        same(rows, together)
        for _ in range(steps):
            actions = rows.sample()
            assert actions.tobytes() == together.sample().tobytes()
            for batch in (rows, together):
                batch.actions[:] = actions
                batch.step()
            same(rows, together)
            ended = rows.transitions["terminated"] | rows.transitions["truncated"]
            if mode == "same_step":
                for row in np.flatnonzero(ended):
                    assert (
                        rows.final_observations[row].tobytes() == together.final_observations[row].tobytes()
                    )
            if mode == "disabled" and ended.any():
                for batch in (rows, together):
                    batch.reset([row if row % 2 else -1 for row in range(count)], np.flatnonzero(ended))
                same(rows, together)


def same(first, second):
    assert not first.statuses.any()
    assert not second.statuses.any(), second.value("failures")[0]
    assert first.observations.tobytes() == second.observations.tobytes()
    assert first.transitions.tobytes() == second.transitions.tobytes()


@pytest.mark.parametrize("is_native", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_a_users_own(mode, is_native):
    env = whole.Counting(5, MODES[mode], shift=2)
    options = options_of("vector", {"shift": 2}, autoreset_mode=mode)
    with Batch(f"{WHOLE}Counting", 5, options).bind(is_native=is_native) as batch:
        assert batch.description["autoreset_mode"] == mode
        batch.reset(range(40, 45))
        env.reset(seed=40)
        assert batch.value("info") == [{"seed": 40}] * 5
        for _ in range(12):
            batch.actions[:] = batch.sample()
            actions = batch.actions.view(np.float64)[:, 0].copy()
            observations, rewards, terminated, truncated, infos = env.step(actions)
            batch.step()
            assert batch.observations.tobytes() == as_rows(observations, is_native).tobytes()
            assert batch.transitions["reward"].tolist() == rewards.tolist()
            assert batch.transitions["terminated"].tolist() == terminated.tolist()
            assert not truncated.any()
            if mode == "same_step" and terminated.any():
                expected = as_rows(np.stack(list(infos["final_obs"][terminated])), is_native)
                assert batch.final_observations[terminated].tobytes() == expected.tobytes()
                for row, info in enumerate(batch.value("info")):
                    assert bool(info) == terminated[row]
                    if info:
                        assert info["final_info"] == {"a": row}
                        assert info["final_obs"].tolist() == infos["final_obs"][row].tolist()
            if mode == "disabled" and terminated.any():
                rows = np.flatnonzero(terminated)
                before = batch.observations.copy()
                batch.reset(rows=rows)
                reset, _ = env.reset(options={"reset_mask": terminated})
                before[rows] = as_rows(reset, is_native)[rows]
                assert batch.observations.tobytes() == before.tobytes()
                assert [bool(info) for info in batch.value("info")] == terminated.tolist()


def test_actions_that_an_environment_keeps_are_its_own():
    with Batch(f"{WHOLE}Counting", 3, options_of("vector")).bind() as batch:
        batch.reset()
        for number in range(5):
            batch.actions[:] = number
            batch.step()
        assert [kept.tolist() for kept in whole.MADE[-1].kept] == [[number] * 3 for number in range(5)]


def test_entry_points():
    options = options_of("vector", entry_point=f"{WHOLE}OnlyNextStep")
    with Batch("Mine-v0", 2, options).bind() as batch:
        batch.reset()
        assert batch.observations[:, 0].tolist() == [0, 1]
    options = options_of(
        "vector", {"env_id": "CartPole-v1"}, entry_point=f"{WHOLE}make_sync", autoreset_mode="disabled"
    )
    with Batch("Mine-v0", 2, options) as batch:
        assert batch.description["autoreset_mode"] == "disabled"
        assert batch.value("call", b"gravity", None) == [9.8, 9.8]


def test_arguments_of_the_vector_environment():
    with Batch(f"{WHOLE}Counting", 2, options_of("vector", vector_options={"shift": 7})).bind() as batch:
        batch.reset()
        assert batch.observations[:, 0].tolist() == [7, 8]


def test_a_part_of_a_whole():
    """Each process has a vector environment of its own, and random actions are those of all."""
    with Batch("CartPole-v1", 3, options_of("vector"), first=4, total=9).bind() as batch:
        env = gymnasium.make_vec("CartPole-v1", 3, "vector_entry_point")
        batch.reset([14, 15, 16])
        assert batch.observations.tobytes() == as_rows(env.reset(seed=14)[0], False).tobytes()
        space = gymnasium.vector.utils.batch_space(env.single_action_space, 9)
        batch.call_table("seed_actions", batch.handle, 1)
        space.seed(1)
        assert batch.sample()[:, 0].tolist() == space.sample().tolist()


def test_environments_in_jax():
    pytest.importorskip("jax")
    env = gymnasium.make_vec("phys2d/CartPole-v1", 4, "vector_entry_point")
    with Batch("phys2d/CartPole-v1", 4, options_of("vector")).bind() as batch:
        batch.reset(range(4))
        observations, _ = env.reset(seed=0)
        assert batch.observations.tobytes() == as_rows(observations, False).tobytes()
        assert play(batch, env, 30) > 0


@pytest.mark.parametrize("mode", ["next_step", "same_step"])
def test_environments_of_atari(mode):
    if importlib.util.find_spec("ale_py") is None:
        pytest.skip("the extra atari is not installed")
    options = options_of("vector", {"noop_max": 3}, autoreset_mode=mode)
    with Batch("ALE/Pong-v5", 2, options).bind(is_native=True) as batch:
        assert batch.description["autoreset_mode"] == mode
        env = gymnasium.make_vec(
            "ALE/Pong-v5", 2, "vector_entry_point", noop_max=3, autoreset_mode=MODES[mode]
        )
        batch.reset([7, 8])
        assert batch.observations.tobytes() == as_rows(env.reset(seed=7)[0], True).tobytes()
        play(batch, env, 20)
        assert set(batch.value("info")[1]) >= {"lives", "env_id"}
        env.close()


# ---------------------------------------------------------------------------------------------- what cannot be made


@pytest.mark.parametrize(
    ("env_id", "options", "code", "words"),
    [
        ("FrozenLake-v1", options_of("vector"), Status.UNSUPPORTED, 'the engines "process" and "sync" work with it'),
        ("CartPole-v1", options_of("vector", autoreset_mode="same_step"), Status.UNSUPPORTED, '"next_step" says'),
        ("CartPole-v1", options_of("vector", {"num_envs": 3}), Status.JSON, '"num_envs"'),
        ("CartPole-v1", options_of("vector", wrappers=[{"name": "ClipReward"}]), Status.UNSUPPORTED, "vector_wrappers"),
        ("CartPole-v1", options_of("vector", {"nonsense": 3}), Status.PYTHON, "nonsense"),
        ("CartPol-v1", options_of("vector"), Status.NAME_NOT_FOUND, "Did you mean: `CartPole`"),
        ("CartPole-v7", options_of("vector"), Status.VERSION_NOT_FOUND, "v7"),
        (f"{WHOLE}OnlyNextStep", options_of("vector", autoreset_mode="disabled"), Status.UNSUPPORTED, "disabled"),
        (f"{WHOLE}Strange", options_of("vector"), Status.UNSUPPORTED, "Sometimes"),
        (f"{WHOLE}make_fewer", options_of("vector"), Status.UNSUPPORTED, "has made 2 environments; 3 were asked for"),
        (f"{WHOLE}Single", options_of("vector", {"env": 1}), Status.PYTHON, "num_envs"),
        ("gogym_test_envs:Noop", options_of("vector"), Status.PYTHON, "num_envs"),
    ],
)  # fmt: skip
def test_what_cannot_be_made(env_id, options, code, words):
    assert words in failure(env_id, 3, options, code)


def test_spaces_without_a_size():
    options = options_of("sync", {"space": "sequence"}, vector_wrappers=[{"name": "DictInfoToList"}])
    assert "no fixed size" in failure(f"{TEST_ENVS}Echo-v0", 2, options, Status.DYNAMIC)


# ---------------------------------------------------------------------------------------------- seeds and masks


def test_seeds():
    env = whole.Counting(3)
    sync = SyncVectorEnv([lambda: gymnasium.make("CartPole-v1")] * 3)
    mask = np.array([True, False, True])
    assert reset_arguments(env, [-1, -1, -1], None, None) == {}
    assert reset_arguments(env, [4, 5, 6], None, {"a": 1}) == {"seed": 4, "options": {"a": 1}}
    assert reset_arguments(sync, [4, 5, 6], None, None) == {"seed": 4}
    assert reset_arguments(sync, [4, -1, 6], None, None) == {"seed": [4, None, 6]}
    arguments = reset_arguments(DictInfoToList(sync), [4, -1, 6], mask, {"a": 1})
    assert arguments["seed"] == [4, None, 6]
    assert arguments["options"]["a"] == 1
    assert arguments["options"]["reset_mask"] is mask


def test_seeds_that_it_cannot_be_given_touch_nothing():
    with Batch("CartPole-v1", 3, options_of("vector")).bind() as batch:
        batch.reset([1, 2, 3])
        for seeds, rows, words in (
            ([1, 1, 1], None, "takes one seed for all its environments"),
            ([4, 5, -1], None, "takes one seed for all its environments"),
            (None, [1], "resets all its environments at once"),
        ):
            batch.reset(seeds, rows)
            chosen = range(3) if rows is None else rows
            assert [batch.statuses[row] for row in chosen] == [Status.UNSUPPORTED] * len(chosen)
            failures = {failure["row"]: failure["message"] for failure in batch.value("failures")}
            assert all(words in failures[row] for row in chosen)
        batch.reset([1, 2, 3])
        assert not batch.statuses.any()
        assert batch.value("failures") == []


# ---------------------------------------------------------------------------------------------- infos


@pytest.mark.parametrize("env_id", ["HalfCheetah-v5", "FrozenLake-v1", f"{TEST_ENVS}Echo-v0"])
def test_infos_are_those_of_gymnasiums_wrapper(env_id):
    env = gymnasium.make_vec(
        env_id, 3, "sync", vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP}, max_episode_steps=4
    )
    convert = DictInfoToList(env)._convert_info_to_list
    _, infos = env.reset(seed=1)
    env.action_space.seed(1)
    for _ in range(10):
        assert repr(split_infos(infos, 3)) == repr(convert(infos))
        *_, infos = env.step(env.action_space.sample())
    env.close()


def test_infos_of_other_forms():
    merged = {
        "part": np.array([1.0, 2.0]), "_part": np.array([True, False]), "nested": {"a": np.arange(2), "b": {"c": [3, 4]}},
        "text": "same", "number": 5, "long": np.arange(3), "_private": np.array([6, 7]), "none": None, 8: np.arange(2),
    }  # fmt: skip
    first, second = split_infos(merged, 2)
    common = {"text": "same", "number": 5, "none": None}
    assert first.pop("long").tolist() == second.pop("long").tolist() == [0, 1, 2]
    assert first == {**common, "part": 1.0, "nested": {"a": 0, "b": {"c": 3}}, "_private": 6, 8: 0}
    assert second == {**common, "nested": {"a": 1, "b": {"c": 4}}, "_private": 7, 8: 1}
    assert split_infos([{"a": 1}, {}], 2) == [{"a": 1}, {}]
    assert split_infos(None, 2) == [{}, {}]


# ---------------------------------------------------------------------------------------------- running


def test_publishing_is_done_once():
    with Batch("CartPole-v1", 3, options_of("vector")).bind() as batch:
        published = []
        for most, each in ((2**64 - 1, False), (1, True)):
            batch.states[:] = RESET
            batch.run(most, lambda _context, n: published.append((n, batch.states.tolist())), each=each)
        assert published == [(3, [DONE] * 3)] * 2
        batch.run(publish=lambda _context, n: published.append(n))
        assert len(published) == 2


def test_some_rows_by_themselves_cannot_be_stepped():
    with Batch("CartPole-v1", 3, options_of("vector")).bind() as batch:
        batch.reset()
        batch.states[:] = [STEP, IDLE, STEP]
        batch.run()
        assert batch.states.tolist() == [DONE, IDLE, DONE]
        assert batch.statuses.tolist() == [Status.UNSUPPORTED, 0, Status.UNSUPPORTED]
        assert "2 environments were to be stepped" in batch.value("failures")[0]["message"]


# ---------------------------------------------------------------------------------------------- failures

BROKEN = {
    13: (Status.PYTHON, "told to"),
    14: (Status.SYSTEM_EXIT, "3"),
    15: (Status.OBSERVATION, "observation of all environments has shape (3, 2)"),
    16: (Status.RESULT, "step returned 2 values"),
    17: (Status.RESULT, "reward of all environments has shape (2,)"),
    18: (Status.RESULT, "truncated of all environments has shape (2,)"),
    19: (Status.INEXACT, "environment 0: the reward"),
}


@pytest.mark.parametrize("action", BROKEN)
def test_whatever_goes_wrong_is_every_rows_failure(action):
    whole.MADE.clear()
    with Batch(f"{WHOLE}Counting", 3, options_of("vector")).bind() as batch:
        batch.reset()
        batch.actions[:] = [[1], [action], [1]]
        batch.step()
        code, words = BROKEN[action]
        assert batch.statuses.tolist() == [code] * 3
        assert batch.transitions["truncated"].tolist() == [True] * 3
        assert not batch.transitions["terminated"].any()
        assert not batch.transitions["reward"].any()
        assert not batch.observations.any()
        assert batch.value("info") == [{}] * 3
        failures = batch.value("failures")
        assert [(failure["row"], failure["status"]) for failure in failures] == [
            (row, code) for row in range(3)
        ]
        assert all(words in failure["message"] for failure in failures)
        # Made anew once, whoever asks for it.
        for row in (1, 0, 2):
            batch.call_table("remake", batch.handle, row)
        assert len(whole.MADE) == 2
        assert whole.MADE[0].is_closed
        batch.reset()
        assert not batch.statuses.any()
        assert batch.value("failures") == []
        batch.actions[:] = 1
        batch.step()
        assert batch.transitions["reward"].tolist() == [1, 1, 1]
        batch.call_table("remake", batch.handle, 0)  # nothing has failed
        assert len(whole.MADE) == 2


def test_same_step_without_a_last_observation():
    with Batch(f"{WHOLE}Counting", 2, options_of("vector", autoreset_mode="same_step")).bind() as batch:
        batch.reset()
        batch.actions[:] = 20
        batch.step()
        assert batch.statuses.tolist() == [Status.RESULT] * 2
        assert '"final_obs"' in batch.value("failures")[0]["message"]


def test_rewards_and_flags_of_other_dtypes():
    with Batch(f"{WHOLE}Counting", 3, options_of("vector")).bind() as batch:
        batch.reset()
        for _ in range(2):
            batch.actions[:] = 21
            batch.step()
        assert not batch.statuses.any()
        assert batch.transitions["reward"].tolist() == [21] * 3
        assert batch.transitions["terminated"].tolist() == [True, False, False]


def test_a_reset_that_fails():
    whole.MADE.clear()
    with Batch(f"{WHOLE}Counting", 3, options_of("vector", autoreset_mode="disabled")).bind() as batch:
        batch.reset()
        batch.call_table("set_reset_options", batch.handle, b'{"raise": true}')
        batch.reset(rows=[1])
        assert batch.statuses.tolist() == [0, Status.PYTHON, 0]
        assert batch.observations[2].tolist() == [2, 0, 0]
        batch.call_table("remake", batch.handle, 1)  # the others' episodes go on
        assert len(whole.MADE) == 1
        batch.reset()
        assert batch.statuses.tolist() == [Status.PYTHON] * 3
        batch.call_table("remake", batch.handle, 2)
        assert len(whole.MADE) == 2


def test_one_that_cannot_be_made_anew():
    whole.MADE.clear()
    with Batch(f"{WHOLE}Counting", 3, options_of("vector", {"fails_when_made": 2})).bind() as batch:
        batch.reset()
        batch.actions[:] = 13
        batch.step()
        for row in range(3):
            with pytest.raises(GymError, match="it is not made again"):
                batch.call_table("remake", batch.handle, row)
        assert len(whole.MADE) == 2  # tried once for all rows
        batch.actions[:] = 1
        batch.step()
        assert batch.statuses.tolist() == [Status.CLOSED_ENVIRONMENT] * 3
        for name, arguments in (("render", ()), ("call", (b"name", None))):
            with pytest.raises(GymError) as caught:
                batch.value(name, *arguments)
            assert caught.value.code == Status.CLOSED_ENVIRONMENT
        assert batch.value("info") == [{}] * 3
        batch.reset()
        assert batch.statuses.tolist() == [Status.PYTHON] * 3


@pytest.mark.parametrize("is_native", [False, True])
def test_an_action_that_cannot_be_read_touches_nothing(is_native):
    wrappers = [{"name": "DictInfoToList"}]
    options = {"space": "box-bool"} if is_native else {"space": "discrete"}
    options = options_of("sync", options, vector_wrappers=wrappers)
    with Batch(f"{TEST_ENVS}Echo-v0", 3, options, first=10, total=13).bind(is_native=is_native) as batch:
        batch.reset()
        batch.actions[:] = batch.sample()[:3]
        batch.step()
        before = batch.observations.copy(), batch.transitions.copy()
        batch.actions[1, 0] = 7 if is_native else 0.5
        batch.states[:] = STEP
        batch.run()
        assert batch.states.tolist() == [REFUSED] * 3
        assert batch.statuses.tolist() == [Status.ACTION] * 3
        assert batch.observations.tobytes() == before[0].tobytes()
        assert batch.transitions.tobytes() == before[1].tobytes()
        first, second, third = (failure["message"] for failure in batch.value("failures"))
        assert second.startswith("environment 11: action")
        assert first == third
        assert first.startswith(
            "it was not stepped, because all environments are stepped at once: environment 11"
        )
        batch.actions[1] = batch.actions[0]
        batch.step()
        assert not batch.statuses.any()
        assert batch.transitions["reward"].tolist() == [2, 2, 2]  # Echo counts its steps


def test_an_action_outside_the_space_is_said_to_be():
    with Batch("CartPole-v1", 3, options_of("vector")).bind() as batch:
        batch.reset()
        batch.actions[:] = [[1], [0], [2]]
        batch.step()
        assert batch.statuses.tolist() == [Status.ACTION] * 3
        message = batch.value("failures")[0]["message"]
        assert message.startswith(
            "environment 2: the action np.int64(2) is not in the action space Discrete(2)"
        )
        assert "AssertionError" in message


# ---------------------------------------------------------------------------------------------- calls, frames, spaces


def test_calls():
    wrappers = [{"name": "DictInfoToList"}]
    with Batch("CartPole-v1", 2, options_of("sync", vector_wrappers=wrappers)).bind() as batch:
        assert batch.value("call", b"unwrapped.gravity", None) == [9.8, 9.8]
        batch.reset([3, 4])
        assert batch.value("call", b"get_wrapper_attr", b'["steps_beyond_terminated"]') == [None, None]
        with pytest.raises(GymError) as caught:
            batch.value("call", b"_elapsed_steps", None)
        assert caught.value.code == Status.ATTRIBUTE
    with (
        Batch("CartPole-v1", 2, options_of("vector")) as batch,
        pytest.raises(GymError, match="has no call") as caught,
    ):
        batch.value("call", b"gravity", None)
    assert caught.value.code == Status.UNSUPPORTED


def test_frames():
    with Batch("CartPole-v1", 2, options_of("vector")).bind() as batch:
        with pytest.raises(GymError, match='"render_mode": "rgb_array"') as caught:
            batch.value("render")
        assert caught.value.code == Status.RENDER
    pytest.importorskip("pygame")
    with Batch("CartPole-v1", 2, options_of("vector", {"render_mode": "rgb_array"})).bind() as batch:
        assert batch.description["render_mode"] == "rgb_array"
        batch.reset([1, 2])
        env = gymnasium.make_vec("CartPole-v1", 2, "vector_entry_point", render_mode="rgb_array")
        env.reset(seed=1)
        for ours, theirs in zip(batch.value("render"), env.render(), strict=True):
            assert ours.tobytes() == np.ascontiguousarray(theirs).tobytes()


def test_options_are_those_of_one_environment():
    """The same program runs with another engine by changing one word."""
    for engine in ("process", "sync", "vector"):
        options = options_of(engine, {"sutton_barto_reward": True})
        with Batch("CartPole-v1", 2, json.dumps(options)).bind() as batch:
            batch.reset([1, 2])
            batch.actions[:] = 1
            batch.step()
            assert batch.transitions["reward"].tolist() == [0, 0]


# ---------------------------------------------------------------------------------------------- through the C library


@pytest.mark.parametrize("layout", ["float64", "native"])
def test_a_rollout_is_gymnasiums(make_vec, layout):
    vec = make_vec("CartPole-v1", 16, options_of("vector", layout=layout))
    assert vec.describe()["workers"] == []
    env = gymnasium.make_vec("CartPole-v1", 16, "vector_entry_point")
    is_native = layout == "native"
    assert vec.reset(3).tobytes() == as_rows(env.reset(seed=3)[0], is_native).tobytes()
    env.action_space.seed(4)
    vec.seed_actions(4)
    ended = 0
    for number in range(80):
        sampled, actions = vec.sample_actions(), env.action_space.sample()
        assert sampled.tobytes() == as_rows(actions, is_native).tobytes()
        observations, rewards, terminated, truncated, _ = env.step(actions)
        if number % 2:
            results = vec.step(sampled)
        else:
            vec.send(sampled)
            received = vec.recv()
            assert received.ids.tolist() == list(range(16))
            results = received[1:]
        assert results[0].tobytes() == as_rows(observations, is_native).tobytes()
        assert results[1].tolist() == rewards.tolist()
        assert results[2].tolist() == terminated.tolist()
        assert results[3].tolist() == truncated.tolist()
        ended += terminated.sum()
    assert ended > 16


def test_one_in_each_worker(make_vec):
    """Workers seed their vector environments with the number of their first environment."""
    vec = make_vec("CartPole-v1", 7, options_of("vector", workers=2))
    parts = [(worker["first"], worker["count"]) for worker in vec.describe()["workers"]]
    assert sum(count for _, count in parts) == 7
    envs = [gymnasium.make_vec("CartPole-v1", count, "vector_entry_point") for _, count in parts]
    expected = [env.reset(seed=20 + first)[0] for env, (first, _) in zip(envs, parts, strict=True)]
    assert vec.reset(20).tobytes() == as_rows(np.concatenate(expected), False).tobytes()
    for _ in range(40):
        actions = vec.sample_actions()
        expected = [
            env.step(actions[first : first + count, 0].astype(np.int64))
            for env, (first, count) in zip(envs, parts, strict=True)
        ]
        results = vec.step(actions)
        for ours, theirs in zip(results, zip(*[part[:4] for part in expected], strict=True), strict=True):
            assert ours.tolist() == np.concatenate(theirs).tolist()
    with pytest.raises(GymError, match="steps all of these at once"):
        vec.send(vec.sample_actions()[:1], [0])


@pytest.mark.parametrize("workers", [None, 2])
def test_a_failure_makes_the_whole_anew(make_vec, workers):
    vec = make_vec(f"{WHOLE}Counting", 6, options_of("vector", workers=workers, path=[str(ENVS)]))
    vec.reset(1)
    actions = np.ones((6, 1))
    vec.step(actions)
    actions[1] = 13
    with pytest.raises(GymError, match="told to"):
        vec.step(actions)
    failures = vec.failures()
    count = 3 if workers else 6
    assert [failure["env"] for failure in failures] == list(range(count))
    assert all(failure["restarted"] for failure in failures)
    first = failures[0]["seed"]
    assert [failure["seed"] for failure in failures] == list(range(first, first + count))
    assert vec.truncated.tolist() == [True] * count + [False] * (6 - count)
    assert vec.rewards.tolist() == [0] * count + [1] * (6 - count)
    # The others' episodes have gone on.
    steps = vec.step(np.ones((6, 1))).observations[:, 1]
    assert steps[:count].tolist() == [1] * count
    assert (steps[count:] != 1).all() or workers is None


def test_an_action_that_cannot_be_read_fails_them_all(make_vec):
    vec = make_vec("CartPole-v1", 3, options_of("vector"))
    vec.reset(1)
    with pytest.raises(GymError, match="environment 1: action") as caught:
        vec.step([[1], [0.5], [1]])
    assert caught.value.code == Status.ACTION
    assert [failure["restarted"] for failure in vec.failures()] == [False] * 3
    assert vec.step([[1]] * 3).rewards.tolist() == [1, 1, 1]
