"""``gogym bench``, and the contenders behind it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gogym import benchmark, contender
from support_cli import COLOURS, command, environment, error, invoke, invoke_json, is_plain, on_terminal, run
from support_host import default_signals

FAST = ("--seconds", 0.05)
FAULTY = "gogym_test_vector:gogym_test/Faulty-v0"
CLIP = '{"name": "ClipReward", "max_reward": 0.5}'


@pytest.fixture(autouse=True)
def find_environments(monkeypatch):
    """Contenders are processes of their own."""
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])


def has_envpool():
    try:
        import envpool  # noqa: F401
    except ImportError:
        return False
    return True


needs_envpool = pytest.mark.skipif(not has_envpool(), reason="EnvPool is not installed")


# ------------------------------------------------------------------------------------ contenders


def ask(plan, *requests):
    """The answers of a contender, as words."""
    done = subprocess.run(
        [sys.executable, "-m", "gogym.contender", json.dumps(plan)],
        input="".join(f"{request}\n" for request in requests),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return [line.split() for line in done.stdout.splitlines()]


def plan(kind, num_envs=3, **more):
    return {"kind": kind, "id": "CartPole-v1", "num_envs": num_envs, **more}


def test_contenders_live_through_the_same_episodes():
    plans = [
        plan("sync"),
        plan("async"),
        plan("gogym", engine="process", workers=2),
        plan("gogym", engine="sync"),
    ]
    rewards = []
    for each in plans:
        ready, (_nanoseconds, total) = ask(each, "run 500")
        assert ready == ["ready"]
        rewards.append(float(total))
    assert rewards == [rewards[0]] * len(plans)
    # Steps that were resets have no reward.
    assert 1000 < rewards[0] < 1500


def test_the_vector_engine_is_make_vec():
    one, two = (ask(each, "run 300")[1][1] for each in (plan("entry-point"), plan("gogym", engine="vector")))
    assert float(one) == float(two)


@pytest.mark.parametrize("kind", ["sync", "loop", "loops"])
def test_a_turn_is_as_long_as_it_is_to_be(kind):
    ready, (nanoseconds, times), (_, once) = ask(plan(kind), "turn 40", "turn 0.001")
    assert ready == ["ready"]
    assert int(nanoseconds) >= 40e6
    assert int(times) > 10
    assert int(once) >= 1


def test_a_plain_loop_counts_its_resets():
    """As vector environments do, where a reset takes the place of a step."""
    ready, (_, rewards) = ask(plan("loop"), "run 1000")
    assert ready == ["ready"]
    assert 900 < float(rewards) < 1000


def test_loops_are_as_many_as_workers():
    one, three = (float(ask(plan("loops", workers=workers), "run 200")[1][1]) for workers in (1, 3))
    assert three == 3 * one


@needs_envpool
def test_envpool_is_a_contender(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ready, (_, rewards) = ask(plan("envpool"), "run 500")
    assert ready == ["ready"]
    assert 1000 < float(rewards) <= 1500
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["sync", "async", "loop", "loops", "entry-point"])
def test_a_contender_says_why_it_cannot_run(kind):
    (words,) = ask({**plan(kind), "id": "CartPol-v1"})
    assert words[0] == ("missing" if kind == "entry-point" else "failed")
    assert "doesn't exist" in " ".join(words)


def test_memory_is_that_of_all_processes():
    """One with a child of its own that keeps 64 MiB."""
    code = "import os, time; x = bytearray(os.urandom(1) * (64 << 20)); print(flush=True); time.sleep(100)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", outer], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        process.stdout.readline()
        found = benchmark.memory_of(process.pid)
        os.killpg(process.pid, signal.SIGKILL)
    if found is None:
        pytest.skip("/proc/PID/smaps_rollup cannot be read")
    assert 64 << 20 < found < 256 << 20
    assert benchmark.memory_of(process.pid) is None


# ------------------------------------------------------------------------------------ the command


def test_the_document():
    done = invoke_json("bench", "CartPole-v1", "-n", "1,3", "-e", "process,sync", "-a", "gymnasium,loops", "--workers", 2, *FAST)  # fmt: skip
    assert (done["id"], done["workers"], done["interrupted"]) == ("CartPole-v1", 2, False)
    names = ["gogym process", "gogym sync", "SyncVectorEnv", "AsyncVectorEnv", "plain loops"]
    assert [(entry["num_envs"], entry["name"]) for entry in done["results"]] == [
        (count, name) for count in (1, 3) for name in names
    ]
    for entry in done["results"]:
        speed = entry["steps_per_second"]
        assert 0 < speed["low"] <= speed["median"] <= speed["high"]
        assert entry["rounds"] == done["rounds"] == 5
        assert entry["memory"] is None or entry["memory"] > 1 << 20
        assert entry["error"] is entry["skipped"] is None
        if entry["name"] == names[0]:
            assert entry["ratio"] == {"median": 1.0, "low": 1.0, "high": 1.0}


def test_a_table_in_a_pipe():
    done = run("bench", "CartPole-v1", "-n", 2, "-e", "sync", "-a", "gymnasium", *FAST)
    assert done.code == 0, done.stderr
    assert done.stderr == ""
    assert is_plain(done.stdout)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("CartPole-v1 on ")
    assert lines[1].split() == "environments engine steps/s 10%..90% ratio 10%..90% memory".split()
    assert [line.split()[0] for line in lines[2:]] == ["2"] * 3
    assert lines[2].split()[1:3] == ["gogym", "sync"]
    assert lines[2].split()[5:7] == ["1.00", "1.00..1.00"]


def test_on_a_terminal_there_is_progress(tmp_path):
    out = tmp_path / "out"
    done = on_terminal("bench", "CartPole-v1", "-n", "1,2", "-e", "sync", "--seconds", 0.3, out=out)
    assert done.code == 0, done.stdout
    assert "2 environments: gogym sync" in COLOURS.sub("", done.stdout)
    assert is_plain(out.read_text())


def test_options_and_wrappers_reach_everybody():
    """Episodes of 4 steps, and rewards are clipped: none of them would run with what it does not know."""
    done = invoke_json("bench", "CartPole-v1", "-n", 2, "-e", "sync", "-a", "gymnasium,loops", "-o", "max_episode_steps=4", "-w", CLIP, *FAST)  # fmt: skip
    assert all(entry["steps_per_second"] for entry in done["results"])
    wrong = invoke("bench", "CartPole-v1", "-n", 2, "-e", "sync", "-a", "gymnasium", "-o", "no_such=4", *FAST)
    assert "no_such" in error(wrong)


@needs_envpool
def test_envpool_takes_part():
    done = invoke_json("bench", "CartPole-v1", "-n", 4, "-e", "envpool", "-a", "envpool", *FAST)
    assert [entry["name"] for entry in done["results"]] == ["gogym envpool", "EnvPool"]
    assert all(entry["steps_per_second"] for entry in done["results"])


@pytest.mark.parametrize(
    ("id", "more", "reason"),
    [
        (
            "FrozenLake-v1",
            ("-e", "sync,vector"),
            "gogym vector (1,2): FrozenLake-v1 is registered without a vector",
        ),
        (
            "CartPole-v1",
            ("-e", "sync", "-a", "envpool", "-w", CLIP),
            "EnvPool (1,2): EnvPool takes no wrappers",
        ),
    ],
)
def test_what_an_environment_does_not_have_is_not_available(id, more, reason):
    done = invoke("bench", id, "-n", "1,2", *more, *FAST)
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    lines = done.stdout.splitlines()
    assert [line.split()[1:3] for line in lines[2:6:2]] == [["gogym", "sync"]] * 2
    for line in lines[3:6:2]:
        assert line.endswith("not available")
    assert lines[6].replace(", ", ",").startswith(reason)


def test_where_nothing_is_available_it_is_an_error():
    assert "without a vector environment" in error(
        invoke("bench", "FrozenLake-v1", "-n", "1,2", "-e", "vector")
    )


def test_workers_are_not_more_than_environments():
    done = invoke_json("bench", "CartPole-v1", "-n", 1, "-e", "process", "--workers", 2, *FAST)
    assert done["results"][0]["error"] is None


def test_the_vector_engine_has_gymnasiums_beside_it():
    done = invoke_json("bench", "CartPole-v1", "-n", 2, "-e", "vector", "-a", "gymnasium", *FAST)
    assert [entry["name"] for entry in done["results"]] == [
        "gogym vector",
        "SyncVectorEnv",
        "AsyncVectorEnv",
        "make_vec",
    ]


def test_many_processes_are_left_out():
    done = invoke_json("bench", "CartPole-v1", "-n", benchmark.MOST_ASYNC + 1, "-e", "sync", "-a", "gymnasium", *FAST)  # fmt: skip
    skipped = {entry["name"]: entry["skipped"] for entry in done["results"]}
    assert "a process for each environment" in skipped.pop("AsyncVectorEnv")
    assert set(skipped.values()) == {None}


def test_an_unknown_environment_is_one_error():
    assert "Did you mean: `CartPole`?" in error(invoke("bench", "CartPol-v1", *FAST))


def test_an_environment_that_ends_its_process_is_a_result():
    done = invoke("bench", FAULTY, "-n", 1, "-a", "gymnasium", "-e", "sync", *FAST)
    assert "its process" in error(done)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-n", "0"), "0 is not in the range"),
        (("-n", "1,many"), "'many' is not a valid integer"),
        (("-e", "proces"), "'proces' is not one of 'process'"),
        (("-a", "stable"), "'stable' is not one of 'gymnasium'"),
        (("-e", ""), "there is nothing to measure"),
        (("-n", ""), "there is nothing to measure"),
    ],
)
def test_wrong_usage(arguments, message):
    done = invoke("bench", "CartPole-v1", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_the_engines_are_those_of_gym_vec_make():
    from gogym import vector
    from gogym.cli import bench

    assert bench._ENGINES == vector.ENGINES


@pytest.mark.parametrize("as_json", [False, True])
def test_ctrl_c_leaves_what_there_is(as_json):
    process = subprocess.Popen(
        command("bench", "CartPole-v1", "-n", "1", "-e", "sync", "--seconds", 600, *["--json"] * as_json),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=default_signals,  # noqa: PLW1509  # nothing else runs here
    )
    contenders = wait_for_children(process.pid)
    time.sleep(2)  # some turns
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    if as_json:
        assert json.loads(stdout)["interrupted"] is True
    else:
        assert ", interrupted" in stdout.splitlines()[0]
    for pid in contenders:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def wait_for_children(pid):
    """The processes that one has started, once there are any."""
    for _ in range(600):
        found = [other for other in benchmark._family(pid) if other != pid]
        if found:
            return found
        time.sleep(0.1)
    return pytest.fail("it has started no contender")


# ------------------------------------------------------------------------------------ the picture


def test_plot(tmp_path):
    from PIL import Image

    path = tmp_path / "out.png"
    done = invoke("bench", "CartPole-v1", "-n", "1,4", "-e", "sync", "-a", "loops", "--plot", path, *FAST)
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith(f"drawn: {path}\n")
    with Image.open(path) as image:
        assert image.size == (1200, 750)
        colours = image.convert("RGB").getcolors(1 << 20)
    # The lines of both, in matplotlib's first two colours.
    assert {(31, 119, 180), (255, 127, 14)} <= {colour for _, colour in colours}


@pytest.mark.parametrize(
    ("path", "message"),
    [("out.txt", "a plot is a .png, .svg or .pdf file"), ("missing/out.png", "there is no folder")],
)
def test_plot_refuses_before_it_measures(tmp_path, path, message):
    done = invoke("bench", "NoSuchEnvironment-v0", "--plot", tmp_path / path)
    assert message in error(done)


def test_plot_without_matplotlib_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    done = invoke("bench", "NoSuchEnvironment-v0", "--plot", tmp_path / "out.png")
    assert "pip install '.[plot]' in a checkout" in error(done)
    assert Path(sys.executable).name in error(done)


def test_a_pool_is_as_large_as_that_of_the_c_program(root):
    text = (root / "bench" / "contenders" / "vector.c").read_text(encoding="utf-8")
    assert "#define POOL 65536\n" in text
    assert [contender.pool_size(count) for count in (1, 64, 100, 1024, 100_000)] == [1000, 1000, 655, 64, 16]
