"""Vector environments through the C library: every row of every rollout as Gymnasium's SyncVectorEnv gives it.

Here it is the library in this Python; vectors.c and go/vec_table_test.go repeat the rollouts of vector_rollouts.py. The
AsyncVectorEnv of Gymnasium 1.4 has a bug, and is compared with nothing.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers
from hypothesis import given, settings
from hypothesis import strategies as st

import vector_rollouts
from gogym import native, paths
from space_vectors import value
from vector_rollouts import ECHO, ENVS, MODES, ROLLOUT, Reference

# What Gymnasium says about elements of "every-kind" that it has taken apart itself.
pytestmark = pytest.mark.filterwarnings("ignore:.*Casting input x to numpy array")

HERE = Path(__file__).resolve().parent
STEPS = 40
LAYOUTS = ("float64", "native")
ENGINES = {
    "sync": {"engine": "sync"},
    **{f"process-{n}": {"engine": "process", "workers": n} for n in (1, 2, 3)},
}
CASES = {
    "cart-pole": ("CartPole-v1", {"max_episode_steps": 7}),
    "pendulum": ("Pendulum-v1", {"max_episode_steps": 11}),
    "frozen-lake": ("FrozenLake-v1", {}),
    "taxi": ("Taxi-v4", {"max_episode_steps": 5}),
    "blackjack": ("Blackjack-v1", {}),
    "box": (ROLLOUT, {"length": 9}),
    "discrete": (ROLLOUT, {"observation": "discrete", "action": "box", "odds": 0.3}),
    "tuple": (ROLLOUT, {"observation": "tuple", "odds": 0.3}),
    "dict": (ROLLOUT, {"observation": "dict", "action": "dict", "length": 6}),
    "multi-discrete": (ROLLOUT, {"observation": "multi-discrete", "length": 4}),
    "every-kind": (ECHO, {"space": "every-kind", "max_episode_steps": 4}),
}


@pytest.fixture(scope="session")
def library():
    loaded = native.load()
    loaded.init()
    return loaded


def unmerged(infos, i):
    """What Gymnasium's merged infos say of one environment: the entries whose mask, named with a "_" before, is set."""
    return {
        key: unmerged(entry, i) if isinstance(entry, dict) else entry[i]
        for key, entry in infos.items()
        if f"_{key}" in infos and infos[f"_{key}"][i]
    }


def compare_infos(ours, theirs, where):
    if isinstance(theirs, dict):
        assert isinstance(ours, dict), where
        assert set(ours) == set(theirs), where
        for key, entry in theirs.items():
            compare_infos(ours[key], entry, f"{where}/{key}")
    elif isinstance(theirs, np.generic):
        # A merged array has the dtype of the first environment that had the entry: FrozenLake's 1 makes 1/3 a 0.
        assert value(type(theirs)(ours)) == value(theirs), where
    elif isinstance(theirs, np.ndarray) and isinstance(ours, int):
        assert ours == theirs, (
            where
        )  # the element of a Discrete space, which is an array to some environments
    else:
        assert value(ours) == value(theirs), where


class Pair:
    """A vector environment of the C library beside Gymnasium's."""

    def __init__(
        self,
        library,
        env_id,
        num_envs,
        kwargs,
        mode,
        *,
        engine,
        layout="float64",
        env_options=None,
        wrap=None,
        wrapped=None,
    ):
        own = {**engine, "autoreset_mode": mode, "layout": layout, "path": [str(ENVS)]}
        if env_options:
            own["env_options"] = env_options
        if wrapped:
            own["wrappers"] = wrapped
        self.vec = native.Vec(env_id, num_envs, {**kwargs, "gogym": own}, library=library)
        self.reference = Reference(env_id, num_envs, kwargs, mode, layout, env_options, wrap)
        self.reference.envs.action_space.seed(5)
        self.vec.seed_actions(5)
        # In Echo's infos Gymnasium's batched spaces give the keys of an action in another order.
        self.compares_infos = env_id != ECHO
        self.num_envs, self.mode = num_envs, mode
        self.steps, self.ended, self.ended_together = 0, 0, 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.vec.close()
        self.reference.envs.close()

    def given(self, rows):
        """Rows as the library takes them."""
        return np.frombuffer(b"".join(rows), np.uint8 if self.vec.is_native else np.float64).reshape(
            len(rows), -1
        )

    def compare_rows(self, ours, theirs, what):
        for i, (row, expected) in enumerate(zip(ours, theirs, strict=True)):
            assert row.tobytes() == expected, f"step {self.steps}: {what} {i}"

    def compare_infos(self, rows=None):
        if not self.compares_infos:
            return
        infos = self.vec.info()
        assert len(infos) == self.num_envs
        for i in range(self.num_envs) if rows is None else rows:
            compare_infos(infos[i], unmerged(self.reference.infos, i), f"step {self.steps}: info {i}")

    def reset(self, seeds=None, mask=None, options=None):
        observations = self.vec.reset(seeds, mask, options)
        expected = self.reference.reset(seeds, mask, options)
        self.compare_rows(observations, expected, "reset")
        self.compare_rows(self.vec.observations, expected, "view")
        self.compare_infos()
        return observations

    def step(self, actions=None):
        if actions is None:
            actions, rows = self.reference.sample()
            self.compare_rows(self.vec.sample_actions(), rows, "action")
        else:
            rows = self.reference.action_rows(actions)
        self.steps += 1
        expected = self.reference.step(actions)
        found = self.vec.step(self.given(rows))
        self.compare_rows(found.observations, expected, "observation")
        self.compare_rows(self.vec.observations, expected, "view")
        assert found.rewards.tobytes() == self.reference.rewards.tobytes()
        assert found.terminated.tolist() == self.reference.terminated.tolist()
        assert found.truncated.tolist() == self.reference.truncated.tolist()
        assert self.vec.rewards.tobytes() == self.reference.rewards.tobytes()
        assert not self.vec.statuses.any()
        for i, row in enumerate(self.reference.final_rows):
            if row is not None:
                assert self.vec.final_observations[i].tobytes() == row, (
                    f"step {self.steps}: final observation {i}"
                )
        self.compare_infos()
        ended = self.reference.ended
        self.ended += int(ended.sum())
        self.ended_together += int(ended.sum() > 1)
        return ended

    def play(self, steps=STEPS, options=None):
        """A rollout; with the mode "disabled" what has ended is reset at once."""
        for _ in range(steps):
            ended = self.step()
            if self.mode == "disabled" and ended.any():
                seeds = [self.steps + i if i % 2 else -1 for i in range(self.num_envs)]
                self.reset(seeds if self.steps % 3 else None, ended, options)
        return self


# With every case both engines in all modes, each engine in both layouts, and every number of workers.
EVERYTHING = [
    (case, engine, mode, LAYOUTS[(a + b + c) % 2])
    for a, case in enumerate(CASES)
    for c, mode in enumerate(MODES)
    for b, engine in enumerate(["sync", f"process-{(a + c) % 3 + 1}"])
]


@pytest.mark.parametrize(("case", "engine", "mode", "layout"), EVERYTHING)
def test_like_gymnasium(library, case, engine, mode, layout):
    env_id, kwargs = CASES[case]
    # 5 are divisible by no number of workers but 1.
    with Pair(library, env_id, 5, kwargs, mode, engine=ENGINES[engine], layout=layout) as pair:
        pair.reset(123)
        pair.play()
        pair.reset([7, 1, 7, 2**62, 0])
        pair.play(10)
        pair.reset()
        pair.play(5)
        assert pair.ended_together > 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("engine", ["sync", "process-2"])
@pytest.mark.parametrize(
    ("env_id", "options"), [("CartPole-v1", {"low": -0.01, "high": 0.02}), (ROLLOUT, {"scale": 7.5})]
)
def test_options_of_resets(library, env_id, options, engine, mode):
    kwargs = {"max_episode_steps": 6}
    with Pair(library, env_id, 5, kwargs, mode, engine=ENGINES[engine]) as pair:
        plain = pair.reset(3)
        assert plain.tobytes() != pair.reset(3, options=options).tobytes()
        pair.play(15, options)
        pair.reset([1, -1, 2, -1, 3], np.array([True, True, False, False, True]), options)
        pair.play(15)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("engine", ["sync", "process-3"])
def test_resets_by_mask_in_the_middle_of_episodes(library, engine, mode):
    random = np.random.default_rng(1)
    with Pair(library, ROLLOUT, 7, {"odds": 0.3}, mode, engine=ENGINES[engine]) as pair:
        pair.reset(1)
        for seed in range(20):
            ended = pair.step()
            mask = random.random(7) < 0.4
            if mode == "disabled":
                mask |= ended
            if mask.any():
                one_number = 100 * seed
                seeds = [None, one_number, [one_number - i if i % 2 else -1 for i in range(7)]][seed % 3]
                pair.reset(seeds, mask)
        assert pair.ended > 10


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("engine", ["sync", "process-3"])
def test_options_of_single_environments(library, engine, mode):
    env_options = [
        {"g": g, "max_episode_steps": steps} for g, steps in ((9.81, 5), (1.0, 7), (2.5, 5), (3, 1), (4, 2))
    ]
    with Pair(library, "Pendulum-v1", 5, {}, mode, engine=ENGINES[engine], env_options=env_options) as pair:
        pair.reset(9)
        assert pair.play().ended_together > 5


WRAPPED = {
    "frame-stack": (
        lambda env: wrappers.ClipReward(wrappers.FrameStackObservation(env, 3), 0, 0.5),
        [
            {"name": "FrameStackObservation", "stack_size": 3},
            {"name": "ClipReward", "min_reward": 0, "max_reward": 0.5},
        ],
    ),
    "normalize": (
        lambda env: wrappers.NormalizeReward(wrappers.NormalizeObservation(env)),
        [{"name": "NormalizeObservation"}, {"name": "NormalizeReward"}],
    ),
    "sticky-dict": (
        lambda env: wrappers.TimeAwareObservation(wrappers.StickyAction(env, 0.4), flatten=False),
        [
            {"name": "StickyAction", "repeat_action_probability": 0.4},
            {"name": "TimeAwareObservation", "flatten": False},
        ],
    ),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("engine", ["sync", "process-2"])
@pytest.mark.parametrize("name", WRAPPED)
def test_wrappers_of_single_environments(library, name, engine, mode):
    wrap, wrapped = WRAPPED[name]
    kwargs = {"max_episode_steps": 8}
    with Pair(
        library, "CartPole-v1", 5, kwargs, mode, engine=ENGINES[engine], wrap=wrap, wrapped=wrapped
    ) as pair:
        pair.reset(17)
        assert pair.play().ended_together > 1


@pytest.mark.parametrize("engine", ["sync", "process-2"])
def test_each_its_own_wrappers(library, engine):
    clip = {"name": "ClipReward", "min_reward": 0, "max_reward": 0.5}
    env_options = [{"gogym": {"wrappers": [clip]}} if i % 2 else {} for i in range(5)]
    wraps = [(lambda env: wrappers.ClipReward(env, 0, 0.5)) if i % 2 else None for i in range(5)]
    with Pair(
        library,
        "CartPole-v1",
        5,
        {},
        "same_step",
        engine=ENGINES[engine],
        env_options=env_options,
        wrap=wraps,
    ) as pair:
        pair.reset(17)
        pair.play()
        assert set(pair.reference.rewards) == {0.5, 1}


@pytest.mark.parametrize(
    ("num_envs", "workers", "mode"),
    [*((37, 2, mode) for mode in MODES), (4, 4, "same_step"), (1, 1, "next_step")],
)
def test_many_environments_on_few_workers(library, num_envs, workers, mode):
    engine = {"engine": "process", "workers": workers}
    with Pair(library, ROLLOUT, num_envs, {"odds": 0.2}, mode, engine=engine, layout="native") as pair:
        shares = [(worker["first"], worker["count"]) for worker in pair.vec.describe()["workers"]]
        assert len(shares) == workers
        assert [i for first, count in shares for i in range(first, first + count)] == list(range(num_envs))
        pair.reset(1000)
        pair.play()


@pytest.mark.parametrize("engine", ["sync", "process-2"])
@pytest.mark.parametrize("env_id", ["CartPole-v1", ROLLOUT])
def test_the_seeds_that_nobody_gave(library, env_id, engine):
    options = {"gogym": {**ENGINES[engine], "path": [str(ENVS)]}}
    with native.Vec(env_id, 5, options, library=library) as vec:
        first = vec.reset()
        seeds = vec.call("np_random_seed")
        assert len(set(seeds)) == 5
        steps = [vec.step(np.zeros((5, 1))) for _ in range(30)]
    reference = Reference(env_id, 5, {}, "next_step", "float64")
    assert [row.tobytes() for row in first] == reference.reset(list(map(int, seeds)))
    for found in steps:
        assert [row.tobytes() for row in found.observations] == reference.step(np.zeros(5, np.int64))
        assert found.rewards.tobytes() == reference.rewards.tobytes()
    reference.envs.close()


# ------------------------------------------------------------------------------------------- sending and receiving


def test_an_oracle_of_rows_has_rows_that_differ():
    """Otherwise the tests that compare rows out of order could not fail."""
    reference = Reference(ROLLOUT, 5, {}, "next_step", "native")
    rows = reference.reset(4)
    for _ in range(5):
        rows = rows + reference.step(reference.sample()[0])
    assert len(set(rows)) == 30
    reference.envs.close()


@pytest.mark.parametrize(
    ("engine", "mode", "layout"),
    [(e, mode, LAYOUTS[(a + b) % 2]) for a, e in enumerate(ENGINES) for b, mode in enumerate(MODES)],
)
def test_sent_in_parts_the_rows_are_the_same(library, engine, mode, layout):
    """Environment i's n-th step is the same, whichever environments step at the same time."""
    num_envs, steps = 7, 30
    random = np.random.default_rng(7)
    kwargs = {"observation": "dict", "action": "dict", "odds": 0.2}
    with Pair(library, ROLLOUT, num_envs, kwargs, mode, engine=ENGINES[engine], layout=layout) as pair:
        vec, reference = pair.vec, pair.reference
        pair.reset(50)
        actions, expected = [], []
        for _ in range(steps):
            sampled, rows = reference.sample()
            observed = reference.step(sampled)
            infos = [unmerged(reference.infos, i) for i in range(num_envs)]
            expected.append((observed, reference.rewards, reference.terminated, reference.truncated, infos))
            expected[-1] += (reference.final_rows,)
            actions.append(rows)
            if mode == "disabled" and reference.ended.any():
                reference.reset(None, reference.ended)

        done, ended = np.zeros(num_envs, int), np.zeros(num_envs, bool)
        under_way = set()
        batches = looked = 0
        while (done < steps).any():
            ready = [i for i in range(num_envs) if i not in under_way and not ended[i] and done[i] < steps]
            if not ready and not under_way:
                vec.reset(None, ended)
                ended[:] = False
                continue
            random.shuffle(ready)
            ids = ready[: random.integers(0, len(ready) + 1)]
            if ids:
                vec.send(pair.given([actions[done[i]][i] for i in ids]), ids)
                under_way |= set(ids)
            if not under_way:
                continue
            batch = vec.recv(int(random.integers(1, num_envs + 1)), timeout=60)
            batches += 1
            assert set(batch.ids) <= under_way
            assert len(set(batch.ids)) == len(batch.ids) > 0
            under_way -= set(batch.ids.tolist())
            infos = None if under_way else vec.info()
            for k, i in enumerate(batch.ids.tolist()):
                observed, rewards, terminated, truncated, wanted, finals = expected[done[i]]
                where = f"step {done[i]} of environment {i}"
                assert batch.observations[k].tobytes() == observed[i], where
                assert vec.observations[i].tobytes() == observed[i], where
                assert batch.rewards[k] == rewards[i], where
                assert (batch.terminated[k], batch.truncated[k]) == (terminated[i], truncated[i]), where
                if finals[i] is not None:
                    assert vec.final_observations[i].tobytes() == finals[i], where
                if infos:
                    compare_infos(infos[i], wanted[i], where)
                ended[i] = mode == "disabled" and (terminated[i] or truncated[i])
            if infos:
                looked += 1
                assert all(infos[i] == {} for i in set(range(num_envs)) - set(batch.ids.tolist()))
            done[batch.ids] += 1
        assert batches > steps
        assert looked > 5


# ------------------------------------------------------------------------------------------- engines


def replay(library, options, steps=60):
    """The bytes of a rollout, and its infos."""
    with native.Vec("FrozenLake-v1", 6, json.dumps(options), library=library) as vec:
        vec.seed_actions(2)
        rows = [vec.reset(seed=8).tobytes()]
        for _ in range(steps):
            found = vec.step(vec.sample_actions())
            rows += [array.tobytes() for array in found]
            rows.append(value(vec.info()))
    return rows


@pytest.mark.parametrize("mode", ["next_step", "same_step"])
def test_one_word_changes_the_engine(library, mode):
    own = {"workers": 2, "autoreset_mode": mode, "layout": "native"}
    rows = [replay(library, {"gogym": {**own, "engine": engine}}) for engine in ("process", "sync")]
    assert rows[0] == rows[1]
    assert len(set(rows[0])) > 60


@pytest.mark.parametrize("engine", ["process", "sync", "vector"])
def test_the_same_program_on_every_engine(library, engine):
    options = {"max_episode_steps": 20, "gogym": {"engine": engine, "workers": 2}}
    with native.Vec("CartPole-v1", 6, options, library=library) as vec:
        assert vec.describe()["engine"] == engine
        vec.seed_actions(2)
        vec.reset(seed=8)
        ended = 0
        for _ in range(50):
            found = vec.step(vec.sample_actions())
            ended += int((found.terminated | found.truncated).sum())
        assert ended > 6


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("workers", [None, 1, 2, 3])
def test_gymnasiums_own_vector_environments(library, workers, layout):
    """Each part is CartPole's vector environment with as many environments, seeded with the first one's seed."""
    own = {"engine": "vector", "layout": layout, **({} if workers is None else {"workers": workers})}
    options = {"max_episode_steps": 30, "gogym": own}
    with native.Vec("CartPole-v1", 8, options, library=library) as vec:
        shares = [(worker["first"], worker["count"]) for worker in vec.describe()["workers"]] or [(0, 8)]
        assert len(shares) == (workers or 1)
        parts = [
            gymnasium.make_vec("CartPole-v1", count, "vector_entry_point", max_episode_steps=30)
            for _, count in shares
        ]
        ended = 0

        def compare(ours, theirs):
            expected = np.concatenate(theirs)
            ours = ours.view(np.float32) if layout == "native" else ours
            assert ours.tobytes() == expected.astype(ours.dtype).tobytes()

        for seed, bounds in ((40, None), (7, {"low": -0.01, "high": 0.01})):
            resets = [
                part.reset(seed=seed + first, options=bounds)[0]
                for part, (first, _) in zip(parts, shares, strict=True)
            ]
            compare(vec.reset(seed=seed, options=bounds), resets)
            for step in range(60):
                actions = (np.arange(8) + step // 3) % 2
                found = vec.step(actions if layout == "native" else actions.reshape(8, 1))
                results = [
                    part.step(actions[first : first + count])
                    for part, (first, count) in zip(parts, shares, strict=True)
                ]
                compare(found.observations, [result[0] for result in results])
                assert found.rewards.tolist() == np.concatenate([result[1] for result in results]).tolist()
                assert found.terminated.tolist() == np.concatenate([result[2] for result in results]).tolist()
                assert found.truncated.tolist() == np.concatenate([result[3] for result in results]).tolist()
                ended += int((found.terminated | found.truncated).sum())
        assert ended > 16


# ------------------------------------------------------------------------------------------- at random


@st.composite
def rollouts(draw):
    num_envs = draw(st.integers(1, 9))
    workers = draw(st.sampled_from([0, 1, 2, 3]))
    return {
        "num_envs": num_envs,
        "engine": {"engine": "process", "workers": min(workers, num_envs)} if workers else {"engine": "sync"},
        "mode": draw(st.sampled_from(list(MODES))),
        "layout": draw(st.sampled_from(LAYOUTS)),
        "observation": draw(st.sampled_from(["box", "discrete", "tuple", "dict", "multi-discrete"])),
        "length": draw(st.integers(0, 4)),
        "odds": draw(st.sampled_from([0, 0.2, 1])),
        "seeds": draw(
            st.integers(0, 2**31) | st.lists(st.integers(0, 2**63 - 1), min_size=num_envs, max_size=num_envs)
        ),
        "actions": draw(
            st.lists(
                st.lists(st.integers(0, 4), min_size=num_envs, max_size=num_envs), min_size=1, max_size=12
            )
        ),
    }


@settings(max_examples=25, deadline=None)
@given(rollout=rollouts())
def test_rollouts_at_random(library, rollout):
    kwargs = {name: rollout[name] for name in ("observation", "length", "odds")}
    names = ("engine", "layout")
    with Pair(
        library,
        ROLLOUT,
        rollout["num_envs"],
        kwargs,
        rollout["mode"],
        **{name: rollout[name] for name in names},
    ) as pair:
        pair.reset(rollout["seeds"])
        for actions in rollout["actions"]:
            ended = pair.step(np.array(actions))
            if pair.mode == "disabled" and ended.any():
                pair.reset(None, ended)


# ------------------------------------------------------------------------------------------- other languages


def test_c_equals_python(tmp_path):
    """vectors.c repeats the file of vector_rollouts.py. Go does, in its own tests."""
    program, wanted, given = tmp_path / "vectors-c", tmp_path / "python.txt", tmp_path / "c.txt"
    environment = {
        **os.environ,
        "GOGYM_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "PYTHONWARNINGS": "ignore",
    }
    script = [sys.executable, "-W", "ignore", str(HERE / "vector_rollouts.py"), str(wanted)]
    subprocess.run(script, env=environment, check=True)
    compiler = os.environ.get("CC", "cc").split()
    flags = ["-std=c11", "-O2", *paths.compile_flags(), *paths.link_flags()]
    subprocess.run([*compiler, str(HERE / "vectors.c"), *flags, "-o", str(program)], check=True)
    done = subprocess.run(
        [program, wanted, given], env=environment, cwd=tmp_path, capture_output=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:].decode(errors="replace")
    about, lines = "", given.read_text(encoding="utf-8").splitlines()
    for i, line in enumerate(expected := wanted.read_text(encoding="utf-8").splitlines()):
        about = line if line.startswith("#") else about
        assert lines[i] == line, f"{about}, line {i + 1}"
    assert len(lines) == len(expected)
    operations = [line.partition("\t")[0] for line in lines]
    rollouts = len(vector_rollouts.ROLLOUTS) * len(vector_rollouts.ENGINES)
    assert operations.count("close") == rollouts
    assert operations.count("step") + operations.count("parts") == rollouts * vector_rollouts.STEPS
    assert operations.count("final") > 60
    assert operations.count("info") > 500
