"""The Go programs in examples/go that do more than step: they are built and run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(command: list[str], cwd: Path, status: int = 0) -> str:
    """What a command prints; it must end with the status."""
    environment = {**os.environ, "GOGYM_PYTHON": sys.executable, "SDL_VIDEODRIVER": "dummy"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The directory of the built programs."""
    for command in ("go", "cc"):
        if shutil.which(command) is None:
            pytest.skip(f"{command} is not installed")
    folder = tmp_path_factory.mktemp("examples")
    run(["go", "build", "-o", f"{folder}/", "./record", "./plan", "./learn"], ROOT / "examples/go")
    return folder


def test_record_writes_an_animation(programs, tmp_path):
    image = pytest.importorskip("PIL.Image")
    printed = run([f"{programs}/record", "CartPole-v1", "out.gif", "40"], tmp_path)
    assert printed == "out.gif: 40 frames of CartPole-v1 at 50 a second\n"
    with image.open(tmp_path / "out.gif") as animation:
        assert animation.size == (600, 400)
        assert animation.n_frames == 40
        assert animation.info["duration"] == 20  # milliseconds
        assert animation.info["loop"] == 0
        first = animation.convert("RGB").tobytes()
        animation.seek(39)
        assert animation.convert("RGB").tobytes() != first


def test_record_tells_what_is_wrong(programs, tmp_path):
    printed = run([f"{programs}/record", "CartPol-v1", "out.gif"], tmp_path, status=1)
    assert "Did you mean: `CartPole`?" in printed
    assert not (tmp_path / "out.gif").exists()


def test_plan_keeps_the_pole_up(programs, tmp_path):
    assert run([f"{programs}/plan"], tmp_path) == "CartPole-v1: return 100.0 after 100 steps\n"
    assert "not Discrete" in run([f"{programs}/plan", "Pendulum-v1"], tmp_path, status=1)


def learned(printed: str) -> tuple[float, int]:
    """The mean return that the agent has reached, and after how many steps."""
    found = re.search(
        r"^CartPole-v1: mean return (\S+) over the last 100 episodes, after (\d+) steps",
        printed,
        re.MULTILINE,
    )
    assert found, printed
    return float(found[1]), int(found[2])


def test_learn_learns_and_draws_it(programs, tmp_path):
    image = pytest.importorskip("PIL.Image")
    printed = run([f"{programs}/learn", "-seed", "1", "-out", "curve.png"], tmp_path)
    mean, steps = learned(printed)
    assert mean >= 475
    assert steps < 500_000
    means = [float(text) for text in re.findall(r"mean return +(\S+)  ", printed)]
    assert len(means) > 5
    assert means[0] < 100
    with image.open(tmp_path / "curve.png") as picture:
        assert picture.format == "PNG"
        assert picture.size == (1040, 600)
        colors = {color: count for count, color in picture.convert("RGB").getcolors(1 << 20)}
    background, curve, target = (255, 255, 255), (31, 96, 180), (224, 108, 20)
    assert 300_000 < colors[background] < 620_000
    assert colors[curve] > 1000
    assert colors[target] > 200


def test_learn_takes_the_same_course_with_another_engine(programs, tmp_path):
    process, sync = (
        learned(run([f"{programs}/learn", "-envs", "16", "-steps", "20000", "-engine", engine], tmp_path))
        for engine in ("process", "sync")
    )
    assert process == sync
    assert process[1] >= 20000
    assert process[0] < 475


def test_learn_tells_what_is_wrong(programs, tmp_path):
    assert "not Discrete" in run([f"{programs}/learn", "-env", "Pendulum-v1"], tmp_path, status=1)
    assert "steam" in run([f"{programs}/learn", "-engine", "steam"], tmp_path, status=1)
    assert not (tmp_path / "learning.png").exists()
