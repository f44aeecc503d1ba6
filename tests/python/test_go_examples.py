"""The Go programs in examples/go that do more than step: they are built and run."""

from __future__ import annotations

import os
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
    run(["go", "build", "-o", f"{folder}/", "./record", "./plan"], ROOT / "examples/go")
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
