"""Rows of single environments: bit for bit Gymnasium's SyncVectorEnv, and what else a batch does."""

import json
import os
import subprocess
import sys
import textwrap
import threading

import gogym_test_spaces
import gymnasium
import numpy as np
import pytest
from gymnasium.vector import SyncVectorEnv
from gymnasium.vector.utils import iterate

from gogym.native import GymError
from gogym.status import Status
from support_batch import DONE, IDLE, RESET, STEP, Bare, Batch, registered

TEST_ENVS = "gogym_test_envs:gogym_test/"
COUNT = 5
STEPS = 60
MODES = {"next_step": "NextStep", "same_step": "SameStep", "disabled": "Disabled"}
CASES = {
    "CartPole-v1": {"max_episode_steps": 7},
    "Pendulum-v1": {"max_episode_steps": 11},
    "FrozenLake-v1": {},
    "Blackjack-v1": {},
    f"{TEST_ENVS}Echo-v0": {"space": "every-kind", "max_episode_steps": 4},
}


def leaves(node, value):
    """(its description, an array) of every number of an element."""
    if node["type"] in ("Tuple", "Dict"):
        parts = [value[key] for key in node["keys"]] if node["type"] == "Dict" else value
        for child, part in zip(node["spaces"], parts, strict=True):
            yield from leaves(child, part)
    elif node["type"] == "Text":
        indices = [node["charset"].index(character) for character in value]
        padding = [len(node["charset"])] * (node["size"] - len(indices))
        yield {**node, "dtype": "int32"}, np.array(indices + padding)
    elif node["type"] == "OneOf":
        index, part = value
        yield {**node, "dtype": "int64"}, np.array(index)
        yield from leaves(node["spaces"][index], part)
    else:
        yield node, np.asarray(value)


def row_of(node, value, width, *, is_native):
    """An element as a row has it."""
    row = np.zeros(width, np.uint8 if is_native else np.float64)
    for leaf, array in leaves(node, value):
        start = leaf["byte_offset" if is_native else "offset"]
        content = np.frombuffer(array.astype(leaf["dtype"]), np.uint8) if is_native else array.reshape(-1)
        row[start : start + content.size] = content
    return row


class Pair:
    """A batch beside Gymnasium's own vector environment."""

    def __init__(self, env_id, kwargs, mode, *, is_native=False, env_options=None):
        own = {"autoreset_mode": mode}
        if env_options:
            own["env_options"] = env_options
        self.batch = Batch(env_id, COUNT, {**kwargs, "gogym": own}).bind(is_native=is_native)
        makes = [
            lambda special=special: gymnasium.make(env_id, **{**kwargs, **special})
            for special in env_options or [{}] * COUNT
        ]
        self.envs = SyncVectorEnv(makes, autoreset_mode=MODES[mode])
        self.mode = mode
        self.ended_together = 0

    def compare(self, what, space, value):
        node = self.batch.description[f"{what}_space"]
        rows = getattr(self.batch, f"{what}s")
        for row, element in zip(rows, iterate(space, value), strict=True):
            expected = row_of(node, element, rows.shape[1], is_native=self.batch.is_native)
            assert row.tobytes() == expected.tobytes()

    def reset(self, seeds, mask=None):
        options = None if mask is None else {"reset_mask": mask}
        self.batch.reset(
            [-1 if seed is None else seed for seed in seeds], None if mask is None else np.flatnonzero(mask)
        )
        self.compare(
            "observation", self.envs.observation_space, self.envs.reset(seed=seeds, options=options)[0]
        )

    def step(self):
        sampled = self.envs.action_space.sample()
        self.batch.actions[:] = self.batch.sample()
        self.compare("action", self.envs.action_space, sampled)
        observations, rewards, terminated, truncated, infos = self.envs.step(sampled)
        self.batch.step()
        assert not self.batch.statuses.any(), self.batch.value("failures")
        assert self.batch.transitions["reward"].tobytes() == rewards.tobytes()
        assert self.batch.transitions["terminated"].tolist() == terminated.tolist()
        assert self.batch.transitions["truncated"].tolist() == truncated.tolist()
        self.compare("observation", self.envs.observation_space, observations)
        self.check_infos(infos)
        ended = terminated | truncated
        self.ended_together += ended.sum() > 1
        return ended

    def check_infos(self, infos):
        node = self.batch.description["observation_space"]
        ours = self.batch.value("info")
        for row, info in enumerate(ours):
            assert ("final_obs" in info) == bool(infos.get("_final_obs", [False] * COUNT)[row])
            if "prob" in infos:
                merged = infos["prob"]
                assert merged.dtype.type(info["prob"]) == merged[row]
            if "final_obs" in info:
                width = self.batch.observations.shape[1]
                final = row_of(node, infos["final_obs"][row], width, is_native=self.batch.is_native)
                assert self.batch.final_observations[row].tobytes() == final.tobytes()
                assert (
                    row_of(node, info["final_obs"], width, is_native=self.batch.is_native).tobytes()
                    == final.tobytes()
                )
                assert isinstance(info["final_info"], dict)

    def run(self, steps=STEPS):
        with self.batch:
            self.envs.action_space.seed(5)
            self.batch.call_table("seed_actions", self.batch.handle, 5)
            self.reset([3, 1, 7, 4, 1])
            for _ in range(steps):
                ended = self.step()
                if self.mode == "disabled" and ended.any():
                    self.reset([None] * COUNT, mask=ended)
        self.envs.close()


@pytest.mark.parametrize("is_native", [False, True])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("env_id", CASES)
def test_like_gymnasium(env_id, mode, is_native):
    pair = Pair(env_id, CASES[env_id], mode, is_native=is_native)
    pair.run()
    assert pair.ended_together > 0


@pytest.mark.parametrize("mode", MODES)
def test_like_gymnasium_with_options_of_single_environments(mode):
    env_options = [
        {"g": g, "max_episode_steps": steps} for g, steps in ((9.81, 5), (1.0, 7), (2.5, 5), (3, 1), (4, 2))
    ]
    pair = Pair("Pendulum-v1", {"max_episode_steps": 100}, mode, env_options=env_options)
    pair.run()
    assert pair.ended_together > 0


# Gymnasium's vector environments cannot take batches of these apart.
EMPTY = {"tuple-empty", "dict-empty", "deep"}


@pytest.mark.parametrize("is_native", [False, True])
@pytest.mark.parametrize("space", sorted(gogym_test_spaces.FIXED.keys() - EMPTY))
def test_like_gymnasium_for_every_space(space, is_native):
    Pair(
        f"{TEST_ENVS}Echo-v0", {"space": space, "max_episode_steps": 3}, "next_step", is_native=is_native
    ).run(8)


@pytest.mark.parametrize("is_native", [False, True])
@pytest.mark.parametrize("space", sorted(EMPTY))
def test_spaces_with_empty_parts(space, is_native):
    with Batch(f"{TEST_ENVS}Echo-v0", COUNT, {"space": space}).bind(is_native=is_native) as batch:
        batch.reset()
        batch.actions[:] = batch.sample()
        assert space != "deep" or batch.actions.any()
        batch.step()
        assert not batch.statuses.any()
        assert batch.observations.tobytes() == batch.actions.tobytes()


def test_rows_that_are_not_told_anything_are_left_alone():
    with Batch("CartPole-v1", 4).bind() as batch:
        batch.reset([1, 2, 3, 4])
        before, infos = batch.observations.copy(), batch.transitions.copy()
        batch.actions[:] = 1
        batch.step(rows=[1, 3])
        assert (batch.observations != before).any(axis=1).tolist() == [False, True, False, True]
        assert (batch.transitions != infos).tolist() == [False, True, False, True]
        assert batch.states.tolist() == [IDLE] * 4


def test_a_reset_forgets_that_the_episode_had_ended():
    with Batch("CartPole-v1", 2, {"max_episode_steps": 3}).bind() as batch:
        batch.reset([1, 2])
        batch.actions[:] = [[0], [1]]
        for _ in range(3):
            batch.step()
        assert batch.transitions["truncated"].tolist() == [True, True]
        batch.reset([5, 5], rows=[1])
        batch.step()  # row 0 is reset, row 1 stepped
        assert batch.transitions["reward"].tolist() == [0, 1]


@pytest.mark.parametrize("mode", ["next_step", "same_step"])
def test_an_environment_that_writes_its_observation_in_its_row(mode):
    class InPlace(Bare):
        gogym_observation_buffer = None
        lent = 0

        def observe(self, number):
            array = self.gogym_observation_buffer
            if array is None:
                return np.full(1, number)
            self.lent += 1
            array[:] = number
            return array

        def reset(self, *, seed=None, options=None):  # noqa: ARG002
            return self.observe(1.0), {}

        def step(self, action):
            return self.observe(4.0), 0.0, bool(action), False, {"lent": self.lent}

    options = {"gogym": {"autoreset_mode": mode}}
    with registered(InPlace) as env_id, Batch(env_id, 2, options).bind(is_native=True) as batch:
        rows, final_rows = batch.observations.view(np.float64), batch.final_observations.view(np.float64)
        batch.actions.view(np.int64)[:] = [[1], [0]]
        batch.reset()
        assert rows.tolist() == [[1], [1]]
        batch.step()
        assert not batch.statuses.any()
        if mode == "next_step":
            assert rows.tolist() == [[4], [4]]
            assert batch.value("info") == [{"lent": 2}, {"lent": 2}]
            batch.step()
            assert rows.tolist() == [[1], [4]]
            assert batch.transitions["terminated"].tolist() == [False, False]
        else:
            assert rows.tolist() == [[1], [4]]
            assert final_rows[0] == 4
            assert batch.value("info") == [{"final_obs": [4], "final_info": {"lent": 2}}, {"lent": 2}]


def test_options_of_resets():
    with Batch(f"{TEST_ENVS}Echo-v0", 2).bind() as batch:
        for options, seeds in ((b'{"a": [1, 2]}', [4, -1]), (None, [-1, 0])):
            batch.call_table("set_reset_options", batch.handle, options)
            batch.reset(seeds)
            expected = None if options is None else json.loads(options)
            assert batch.value("info") == [
                {"seed": None if seed < 0 else seed, "options": expected} for seed in seeds
            ]
        with pytest.raises(GymError, match="the options of gym_vec_reset: not JSON") as caught:
            batch.call_table("set_reset_options", batch.handle, b"{")
        assert caught.value.code == Status.JSON


def test_padding_of_native_rows_is_zero():
    with Batch(f"{TEST_ENVS}Echo-v0", 3, {"space": "box-int8"}).bind(is_native=True) as batch:
        used = batch.description["observation_nbytes"]
        assert used % 8 != 0
        batch.reset([1, 2, 3])
        batch.actions[:] = batch.sample()
        batch.step()
        assert (batch.observations[:, :used] == batch.actions[:, :used]).all()
        assert not batch.observations[:, used:].any()
        assert not batch.actions[:, used:].any()


# ---------------------------------------------------------------------------------------------- running


def test_at_most_so_many_rows_and_none_waits_for_ever():
    with Batch("CartPole-v1", 4).bind() as batch:
        batch.reset([1, 2, 3, 4])
        batch.actions[:] = 1
        done = []
        for _ in range(6):
            batch.states[batch.states != DONE] = STEP
            batch.run(2)
            done.append(np.flatnonzero(batch.states == DONE).tolist())
            batch.states[:] = STEP
        assert done == [[0, 1], [2, 3]] * 3


@pytest.mark.parametrize("each", [False, True])
def test_publishing(each):
    with Batch("CartPole-v1", 3).bind() as batch:
        published = []
        batch.states[:] = RESET
        batch.run(
            publish=lambda _context, n: published.append((n, (batch.states == DONE).tolist())), each=each
        )
        one_by_one = [(1, [True, False, False]), (1, [True, True, False]), (1, [True, True, True])]
        assert published == (one_by_one if each else [(3, [True, True, True])])
        published.clear()
        batch.run(publish=lambda _context, n: published.append(n), each=each)
        assert published == []


def test_rows_that_are_sent_meanwhile_are_done_too():
    with Batch("CartPole-v1", 3).bind() as batch:
        batch.reset([1, 2, 3])
        batch.actions[:] = 1
        rewards = []

        def publish(_context, n):
            rewards.append(n)
            if len(rewards) < 8:  # the host takes row 0, and sends it again
                batch.states[0] = STEP

        batch.states[0] = STEP
        batch.run(publish=publish, each=True)
        assert len(rewards) == 8


# ---------------------------------------------------------------------------------------------- making


def test_spaces_that_differ():
    spaces = ["box-float32", "box-float32", "box-float64"]
    options = {"gogym": {"env_options": [{"space": space} for space in spaces]}}
    with pytest.raises(GymError) as caught:
        Batch(f"{TEST_ENVS}Echo-v0", 3, options)
    assert caught.value.code == Status.ARGUMENT
    message = caught.value.message
    assert message.startswith("environment 2: its observation space is Box(")
    assert "float64" in message
    assert "that of environment 0 is Box(" in message


def test_a_space_without_a_fixed_size():
    with pytest.raises(GymError, match="has no fixed size") as caught:
        Batch(f"{TEST_ENVS}Echo-v0", 2, {"space": "sequence"})
    assert caught.value.code == Status.DYNAMIC


def test_an_environment_that_cannot_be_made():
    with pytest.raises(GymError, match="NameNotFound: Environment `NoSuch` doesn't exist") as caught:
        Batch("NoSuch-v0", 3)
    assert caught.value.code == Status.NAME_NOT_FOUND
    options = {"gogym": {"env_options": [{}, {"how": "constructor-raises"}]}, "how": "raises"}
    with pytest.raises(GymError, match=": environment 1: ") as caught:
        Batch(f"{TEST_ENVS}Broken-v0", 2, options)
    assert "Traceback" in caught.value.traceback
    options["gogym"]["env_options"] = [{}] * 11 + [{"how": "constructor-raises"}]
    with pytest.raises(GymError, match=": environment 11: "):
        Batch(f"{TEST_ENVS}Broken-v0", 2, options, first=10)


def test_a_part_has_the_options_of_its_rows():
    options = {"gogym": {"env_options": [{"g": float(i)} for i in range(6)]}}
    with Batch("Pendulum-v1", 2, options, first=3, total=6).bind() as batch:
        assert batch.value("call", b"unwrapped.g", None) == [3.0, 4.0]
        batch.call_table("seed_actions", batch.handle, 7)
        space = gymnasium.vector.utils.batch_space(gymnasium.make("Pendulum-v1").action_space, 6)
        space.seed(7)
        assert batch.sample().tolist() == space.sample().astype(np.float64).tolist()


def test_wrappers_of_single_environments():
    limit = {"name": "TimeLimit", "max_episode_steps": 2}
    options = {"gogym": {"env_options": [{}, {"gogym": {"wrappers": [limit]}}]}}
    with Batch("CartPole-v1", 2, options).bind() as batch:
        batch.actions[:] = 0
        batch.reset([1, 1])
        for _ in range(2):
            batch.step()
        assert batch.transitions["truncated"].tolist() == [False, True]


# ---------------------------------------------------------------------------------------------- the rest


def test_calls_and_attributes():
    with Batch(
        "CartPole-v1", 2, {"gogym": {"env_options": [{}, {"render_mode": "rgb_array"}]}}
    ).bind() as batch:
        assert batch.value("call", b"render_mode", None) == [None, "rgb_array"]
        assert batch.value("call", b"has_wrapper_attr", b'["gravity"]') == [True, True]
        with pytest.raises(GymError, match=r"environment 0: .*no_such") as caught:
            batch.value("call", b"no_such", None)
        assert caught.value.code == Status.ATTRIBUTE
        with pytest.raises(GymError, match="private"):
            batch.value("call", b"_secret", None)
        with pytest.raises(GymError, match="environment 0: the environment was made without a render mode"):
            batch.value("render")


def test_frames():
    with Batch("CartPole-v1", 2, {"render_mode": "rgb_array"}).bind() as batch:
        assert batch.description["render_mode"] == "rgb_array"
        batch.reset([1, 2])
        envs = SyncVectorEnv([lambda: gymnasium.make("CartPole-v1", render_mode="rgb_array")] * 2)
        envs.reset(seed=[1, 2])
        ours, theirs = batch.value("render"), envs.render()
        assert [frame.tobytes() for frame in ours] == [frame.tobytes() for frame in theirs]
        assert ours[0].tobytes() != ours[1].tobytes()
        envs.close()


@pytest.mark.parametrize(("render_mode", "same"), [("rgb_array", False), (None, True)])
def test_environments_that_render_have_a_thread(render_mode, same):
    """All calls of such a batch come from one thread, which is not the caller's."""
    threads = []

    class Seen(Bare):
        metadata = {"render_modes": ["rgb_array"], "render_fps": 1}

        def __init__(self, render_mode=None):
            self.render_mode = render_mode
            self.see()

        def see(self):
            threads.append(threading.get_ident())

        def reset(self, **kwargs):
            self.see()
            return super().reset(**kwargs)

        def step(self, action):
            self.see()
            return super().step(action)

        def render(self):
            self.see()
            return np.zeros((1, 1, 3), np.uint8)

        def close(self):
            self.see()

    with registered(Seen) as env_id, Batch(env_id, 2, {"render_mode": render_mode}).bind() as batch:
        batch.actions[:] = 0
        batch.reset()
        if not same:
            other = threading.Thread(target=batch.step)
            other.start()
            other.join()
            assert len(batch.value("render")) == 2
        batch.call_table("remake", batch.handle, 1)
        batch.reset()
        batch.step()
    assert len(threads) > 8
    assert len(set(threads)) == 1
    assert (threads[0] == threading.get_ident()) == same


def test_spaces():
    with Batch("Pendulum-v1", 2, first=1, total=7) as batch:
        envs = SyncVectorEnv([lambda: gymnasium.make("Pendulum-v1")] * 7)
        names = ("single_observation_space", "single_action_space", "observation_space", "action_space")
        for which, name in enumerate(names):
            assert batch.space(which)["shape"] == getattr(envs, name).shape
        with pytest.raises(GymError, match="there is no space 4") as caught:
            batch.space(4)
        assert caught.value.code == Status.ARGUMENT
        envs.close()


def test_rows_are_bound_once_and_must_fit():
    with Batch("CartPole-v1", 2) as batch:
        with pytest.raises(GymError, match="rows have not been bound"):
            batch.run()
        batch.bind()
        with pytest.raises(GymError, match="bound already"):
            batch.bind()
    with Batch("CartPole-v1", 2, {"gogym": {"autoreset_mode": "same_step"}}) as batch:
        batch.description["autoreset_mode"] = "next_step"
        with pytest.raises(GymError, match="needs rows for final observations"):
            batch.bind()
        batch.description["observation_size"] = 3
        with pytest.raises(GymError, match="this batch has 2 of 32 and 8") as caught:
            batch.bind()
        assert caught.value.code == Status.BUFFER


def test_a_buffer_for_random_actions_that_is_too_short():
    with Batch("CartPole-v1", 2).bind() as batch:
        with pytest.raises(GymError, match="8 bytes; actions of 2 environments need 16") as caught:
            batch.call_table("sample_actions", batch.handle, batch.actions.ctypes.data, 8)
        assert caught.value.code == Status.BUFFER


def test_shutdown_closes_batches():
    program = """
        import gymnasium, sys
        from support_batch import SHUTDOWN, Batch, table_function
        import ctypes
        class Closing(gymnasium.Env):
            observation_space = gymnasium.spaces.Discrete(2)
            action_space = gymnasium.spaces.Discrete(2)
            render_mode = None
            def close(self):
                print("closed", flush=True)
        gymnasium.register("Closing-v0", Closing)
        batch = Batch("Closing-v0", 3)
        print(table_function(SHUTDOWN, ctypes.c_int, ctypes.c_void_p)(0, None))
        try:
            batch.close()
        except Exception as error:
            print(error.code)
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split("\n") == ["closed"] * 3 + ["0", str(int(Status.SHUTDOWN)), ""], done.stderr
