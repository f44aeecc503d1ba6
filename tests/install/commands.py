"""Running commands, for the tests of an installation."""

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Installation(NamedTuple):
    """A virtual environment with gogym in it, built from a source distribution."""

    sdist: Path
    wheel: Path
    python: Path
    environment: dict[str, str]

    def config(self, *options):
        """What the installed command ``gogym config`` prints."""
        return run([self.python.parent / "gogym", "config", *options], self.environment).strip()


def run(command, environment=None, cwd=None):
    """Run a command; give its output, or fail with all that it said."""
    done = subprocess.run(
        [str(word) for word in command],
        env=environment,
        cwd=cwd,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=900,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"{' '.join(map(str, command))}\nexit status {done.returncode}\n{done.stdout}")
    return done.stdout


def shell(line, environment=None, cwd=None):
    """Run one line in a shell."""
    return run(["sh", "-euc", line], environment, cwd)


def clean_environment():
    """The environment without what would lead to this checkout's own virtual environment."""
    drop = {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "GOFLAGS", "PKG_CONFIG_PATH"}
    return {k: v for k, v in os.environ.items() if k not in drop and not k.startswith("GOGYM_")}
