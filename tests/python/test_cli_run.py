"""``gogym run``, how all commands behave on a terminal, and docs/command-line.md."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import gogym_test_spaces
import gymnasium
import numpy as np
import pytest

from support_cli import (
    COLOURS,
    ECHO,
    ESCAPES,
    command,
    environment,
    error,
    invoke,
    invoke_json,
    is_plain,
    on_terminal,
    run,
)
from support_host import default_signals

# ------------------------------------------------------------------------------------ run


def episodes_of_gymnasium(env_id, steps, seed):
    env = gymnasium.make(env_id)
    env.action_space.seed(seed)
    env.reset(seed=seed)
    episodes, total, length = [], 0.0, 0
    for _ in range(steps):
        _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        total, length = total + float(reward), length + 1
        if terminated or truncated:
            episodes.append(
                {"return": total, "length": length, "end": "terminated" if terminated else "truncated"}
            )
            total, length = 0.0, 0
            env.reset()
    env.close()
    return episodes + ([{"return": total, "length": length, "end": "unfinished"}] if length else [])


@pytest.mark.parametrize(
    "env_id", ["CartPole-v1", "Pendulum-v1", "FrozenLake-v1", "Blackjack-v1", "Hopper-v5"]
)
def test_run_is_gymnasiums_own_rollout(env_id):
    done = invoke_json("run", env_id, "--steps", 700, "--seed", 3)
    expected = episodes_of_gymnasium(env_id, 700, 3)
    assert done["episodes"] == expected
    assert (done["steps"], done["seed"], done["interrupted"]) == (700, 3, False)
    ended = [episode["return"] for episode in expected if episode["end"] != "unfinished"]
    assert done["returns"]["mean"] == pytest.approx(np.mean(ended))
    assert done["returns"]["std"] == pytest.approx(np.std(ended))
    assert (done["returns"]["min"], done["returns"]["max"]) == (min(ended), max(ended))
    assert done["steps_per_second"] == pytest.approx(done["steps"] / done["seconds"])


def test_run_counts_episodes():
    done = invoke_json("run", "CartPole-v1", "--episodes", 3, "--seed", 1)
    assert len(done["episodes"]) == 3
    assert done["lengths"]["mean"] * 3 == done["steps"]
    done = invoke_json("run", "CartPole-v1", "--episodes", 3, "--steps", 5)
    assert done["steps"] == 5
    assert done["episodes"] == [{"return": 5.0, "length": 5, "end": "unfinished"}]
    assert done["returns"] is None


def test_run_has_a_number_of_steps_of_its_own():
    assert invoke_json("run", "CartPole-v1")["steps"] == 1000


def test_run_in_a_pipe():
    done = run("run", "CartPole-v1", "--steps", 400, "--seed", 1)
    assert done.code == 0
    assert done.stderr == ""
    assert is_plain(done.stdout)
    expected = [
        episode for episode in episodes_of_gymnasium("CartPole-v1", 400, 1) if episode["end"] == "terminated"
    ]
    mean = f"{np.mean([episode['return'] for episode in expected]):.2f}".removesuffix(".00")
    lines = done.stdout.splitlines()
    assert lines[0] == f"CartPole-v1: 400 steps, {len(expected)} episodes ended"
    assert lines[1].split() == ["mean", "std", "min", "max"]
    assert lines[2].split()[:2] == ["return", mean]
    assert lines[3].split()[:2] == ["length", mean]
    assert lines[4].startswith("last episode, not ended: return ")
    assert re.fullmatch(r"[\d,]+ steps/s, seed 1", lines[5])


@pytest.mark.parametrize("name", gogym_test_spaces.SPACES)
def test_run_plays_every_space(name):
    done = invoke("run", ECHO, "-o", f"space={name}", "--steps", 4, "--seed", 2, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["episodes"] == [{"return": 10.0, "length": 4, "end": "unfinished"}]


def test_run_takes_wrappers_and_options():
    done = invoke_json("run", "CartPole-v1", "-o", "max_episode_steps=4", "-w", '{"name": "ClipReward", "max_reward": 0.5}', "--steps", 8)  # fmt: skip
    assert done["episodes"] == [{"return": 2.0, "length": 4, "end": "truncated"}] * 2
    assert done["options"]["max_episode_steps"] == 4


def test_warnings_are_shown_once_and_plain():
    done = run("run", "CartPole-v0", "--steps", 600, "--json")
    assert json.loads(done.stdout)["steps"] == 600
    assert is_plain(done.stderr)
    warnings = [line for line in done.stderr.splitlines() if "out of date" in line]
    assert len(warnings) == 1
    assert warnings[0].startswith("Warning: The environment CartPole-v0 is out of date")


TALKATIVE = """
import ctypes, gymnasium, warnings
from gymnasium import spaces

class Talkative(gymnasium.Env):
    observation_space = action_space = spaces.Discrete(2)
    def say(self, what):
        print("Python says", what)
        ctypes.CDLL(None).puts(b"C says " + what.encode())
        warnings.warn("it warns")
    def reset(self, *, seed=None, options=None):
        self.say("reset")
        return 0, {}
    def step(self, action):
        self.say("step")
        return 0, 0.0, False, False, {}
"""


def test_what_environments_print_does_not_disturb_the_json(tmp_path):
    (tmp_path / "talkative.py").write_text(TALKATIVE)
    done = run("run", "talkative.py:Talkative", "--steps", 2, "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["steps"] == 2
    for text in ("Python says reset", "Python says step", "C says reset", "C says step"):
        assert text in done.stderr
    assert done.stderr.count("Warning: it warns") == 1


# ------------------------------------------------------------------------------------ Ctrl-C


SLEEPY = """
import gymnasium, sys, time
from gymnasium import spaces

class Sleepy(gymnasium.Env):
    observation_space = action_space = spaces.Discrete(2)
    def __init__(self, seconds):
        self.seconds = seconds
    def reset(self, *, seed=None, options=None):
        return 0, {}
    def step(self, action):
        print("stepping", file=sys.stderr, flush=True)
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            time.sleep(0.01)
        return 0, 1.0, False, False, {}
    def close(self):
        print("closed", file=sys.stderr, flush=True)
"""


def interrupted(arguments, cwd, signals):
    """Run a command, and interrupt it so many times once it steps."""
    process = subprocess.Popen(
        command(*arguments),
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=default_signals,  # noqa: PLW1509  # nothing else runs here
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "stepping" in line:
            break
    for _ in range(signals):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    stdout, stderr = process.communicate(timeout=60)
    return process.returncode, stdout, stderr


def test_ctrl_c_finishes_the_step_and_sums_up(tmp_path):
    (tmp_path / "sleepy.py").write_text(SLEEPY)
    code, stdout, stderr = interrupted(["run", "sleepy.py:Sleepy", "-o", "seconds=0.5"], tmp_path, 1)
    assert code == 130
    assert stdout.startswith("sleepy.py:Sleepy: 1 step, interrupted, no episodes ended\n")
    assert "closed" in stderr
    assert "Error" not in stderr


def test_a_second_ctrl_c_does_not_wait_for_the_step(tmp_path):
    (tmp_path / "sleepy.py").write_text(SLEEPY)
    code, stdout, stderr = interrupted(
        ["run", "sleepy.py:Sleepy", "-o", "seconds=1000", "--json"], tmp_path, 2
    )
    assert code == 130
    assert json.loads(stdout)["steps"] == 0
    assert json.loads(stdout)["interrupted"] is True
    assert "Traceback" not in stderr


def test_ctrl_c_keeps_the_recording(tmp_path):
    path = tmp_path / "out.gif"
    done = on_terminal(
        "run", "CartPole-v1", "--steps", 10**9, "--record", path, until="a second", send=b"\x03"
    )
    assert done.code == 130
    frames = re.search(r"recorded [\d,]+ frames: ", done.stdout)
    assert frames is not None
    assert path.read_bytes()[-1:] == b";"  # the end of a GIF


def test_ctrl_c_on_a_terminal():
    done = on_terminal("run", "CartPole-v1", "--steps", 10**9, until="a second", send=b"\x03")
    assert done.code == 130
    assert "interrupted" in done.stdout
    assert "Traceback" not in done.stdout


# ------------------------------------------------------------------------------------ the terminal


def test_run_on_a_terminal_has_a_progress_bar_and_colours():
    done = on_terminal("run", "CartPole-v1", "--steps", 30000, "--seed", 1)
    assert done.code == 0
    assert COLOURS.search(done.stdout)
    assert "━" in done.stdout
    assert "100%" in done.stdout
    assert re.search(r"[\d,]+ steps, [\d,]+ a second, return [\d.]+", ESCAPES.sub("", done.stdout))
    result = ESCAPES.sub("", done.stdout).rpartition("CartPole-v1: ")[2]
    assert result.startswith("30,000 steps, ")


def test_the_progress_bar_goes_to_standard_error(tmp_path):
    """So that it is seen where the result goes to a file."""
    done = on_terminal("run", "CartPole-v1", "--json", out=tmp_path / "out.json")
    assert "━" in done.stdout
    assert json.loads((tmp_path / "out.json").read_text())["steps"] == 1000


@pytest.mark.parametrize(
    "arguments", [["list", "cartpole"], ["inspect", "CartPole-v1"], ["run", "CartPole-v1"]]
)
def test_no_color_is_respected_on_a_terminal(arguments):
    done = on_terminal(*arguments, NO_COLOR="1")
    assert done.code == 0
    assert not re.search(r"\x1b\[[0-9;]*3\d", done.stdout)
    assert "─" in done.stdout


def test_a_dumb_terminal_gets_plain_text():
    done = on_terminal("run", "CartPole-v1", TERM="dumb")
    assert done.code == 0
    assert is_plain(done.stdout)


def test_colours_can_be_forced_into_a_pipe():
    assert COLOURS.search(run("list", "cartpole", FORCE_COLOR="1").stdout)


def test_names_from_elsewhere_cannot_write_escapes_to_the_terminal():
    done = on_terminal("inspect", ECHO, "-o", "space=dict-odd-keys")
    assert done.code == 0
    assert '["ключ"]' in done.stdout
    bad = invoke("inspect", "\x1b[31mred\x07-v0")
    assert "\x1b" not in bad.stderr
    assert "\x07" not in bad.stderr


# ------------------------------------------------------------------------------------ recording and windows


def test_record_an_animation(tmp_path):
    from PIL import Image

    path = tmp_path / "out.gif"
    done = invoke_json("run", "CartPole-v1", "--steps", 30, "--seed", 1, "--record", path)
    ended = [episode for episode in done["episodes"] if episode["end"] != "unfinished"]
    assert done["recording"] == {"path": str(path), "frames": 31 + len(ended)}
    with Image.open(path) as image:
        assert image.size == (600, 400)
        shown = 0
        for index in range(image.n_frames):
            image.seek(index)
            shown += image.info["duration"]
    assert shown == (31 + len(ended)) * 20  # CartPole has 50 frames a second


def test_record_a_picture_of_the_end(tmp_path):
    from PIL import Image

    path = tmp_path / "out.png"
    done = invoke_json("run", "CartPole-v1", "--steps", 7, "--seed", 1, "--record", path)
    assert done["recording"] == {"path": str(path), "frames": 1}
    env = gymnasium.make("CartPole-v1", render_mode="rgb_array")
    env.action_space.seed(1)
    env.reset(seed=1)
    for _ in range(7):
        env.step(env.action_space.sample())
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), env.render())
    env.close()


def test_record_a_film(tmp_path):
    av = pytest.importorskip("av")
    path = tmp_path / "out.mp4"
    done = invoke("run", "CartPole-v1", "--episodes", 1, "--seed", 1, "--record", path)
    assert done.exit_code == 0, done.stderr
    with av.open(str(path)) as film:
        assert film.streams.video[0].average_rate == 50  # CartPole's render_fps
        frames = sum(1 for _ in film.decode(video=0))
    assert f"recorded {frames} frames: {path}\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--record", "{}/missing/out.gif"], "there is no folder"),
        (["--record", "{}/out.txt"], "a recording is a .gif or .mp4 or .png file, and "),
        (["--record", "{}/out.gif", "-o", "render_mode=ansi"], '--record needs render_mode "rgb_array"'),
    ],
)
def test_record_refuses_before_it_runs(tmp_path, arguments, message):
    arguments = [argument.replace("{}", str(tmp_path)) for argument in arguments]
    assert message in error(invoke("run", "CartPole-v1", *arguments))
    assert list(tmp_path.iterdir()) == []


def test_record_to_a_folder_is_wrong_usage(tmp_path):
    done = invoke("run", "CartPole-v1", "--record", tmp_path)
    assert done.exit_code == 2


def test_an_environment_without_frames_cannot_be_recorded(tmp_path):
    done = run("run", ECHO, "--record", tmp_path / "out.gif", "--steps", 3)
    assert done.code == 1
    assert done.stdout == ""
    assert len([line for line in done.stderr.splitlines() if line.startswith("Error: ")]) == 1


def test_record_and_render_exclude_each_other(tmp_path):
    done = invoke("run", "CartPole-v1", "--render", "--record", tmp_path / "out.gif")
    assert done.exit_code == 2
    assert "exclude each other" in done.stderr


def test_render_without_a_display_says_so(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    assert "there is no display for --render" in error(invoke("run", "CartPole-v1", "--render"))


def test_render_opens_a_window():
    """SDL's dummy driver has windows that nobody sees."""
    done = run("run", "CartPole-v1", "--render", "--steps", 5, "--json", SDL_VIDEODRIVER="dummy")
    assert done.code == 0, done.stderr
    assert json.loads(done.stdout)["options"] == {"render_mode": "human"}


@pytest.mark.skipif(not shutil.which("xvfb-run"), reason="xvfb-run is not installed")
@pytest.mark.parametrize("env_id", ["CartPole-v1", "InvertedPendulum-v5"])
def test_render_opens_a_window_on_a_display(env_id):
    done = subprocess.run(
        ["xvfb-run", "-a", *command("run", env_id, "--render", "--steps", 5, "--json")],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["steps"] == 5


def test_a_closed_pipe_is_no_error():
    process = subprocess.Popen(
        command("list"), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert stderr == ""


# ------------------------------------------------------------------------------------ the page


PAGE = Path(__file__).resolve().parents[2] / "docs" / "command-line.md"
SESSIONS = re.findall(
    r"^```sh\n([^\n]*)\n```\n\nIt prints\n\n```text\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize(("line", "output"), [pytest.param(*session, id=session[0]) for session in SESSIONS])
def test_a_session_on_the_page_is_what_is_printed(line, output):
    speed = r"[\d,]+ steps/s"
    words = shlex.split(line)
    assert words[0] == "gogym"
    done = run(*words[1:])
    assert re.sub(speed, "", done.stdout) == re.sub(speed, "", output)


def test_the_page_shows_sessions():
    assert len(SESSIONS) == 3
