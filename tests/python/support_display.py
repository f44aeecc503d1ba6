"""Helpers for tests of rendering: processes with or without a display, and a virtual one that can be looked at."""

from __future__ import annotations

import functools
import json
import os
import shutil
import struct
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

ENVS = Path(__file__).resolve().parent / "envs"

# What chooses a display, or what draws.
CHOICES = ("DISPLAY", "WAYLAND_DISPLAY", "MUJOCO_GL", "PYOPENGL_PLATFORM", "XDG_RUNTIME_DIR")
NO_EGL = {"__EGL_VENDOR_LIBRARY_DIRS": "/nowhere"}
NO_GL = {**NO_EGL, "PYOPENGL_PLATFORM": "egl"}  # the second keeps MuJoCo from using OSMesa


def environment(**more: str) -> dict[str, str]:
    """Ours, on a machine without a display where the user has chosen nothing."""
    ours = {key: value for key, value in os.environ.items() if key not in CHOICES and "SDL" not in key}
    paths = [str(Path(__file__).parent), str(ENVS), *filter(None, [ours.get("PYTHONPATH")])]
    return {**ours, "PYTHONPATH": os.pathsep.join(paths), **more}


class Ran(NamedTuple):
    result: Any
    """The last line of standard output, as JSON."""
    stderr: str


def run(script: str, *arguments: object, **more: str) -> Ran:
    """Run a Python script in a process of its own, without a display unless one is given."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return Ran(json.loads(done.stdout.splitlines()[-1]), done.stderr)


@functools.cache
def backend(name: str) -> bool:
    """Whether MuJoCo can draw with egl or osmesa here; found out without gogym."""
    script = f"""
        import os, numpy, mujoco
        from mujoco.{name} import GLContext
        context = GLContext(8, 8)
        context.make_current()
        mujoco.MjrContext(mujoco.MjModel.from_xml_string("<mujoco/>"), 100)
        print("true", flush=True)
        os._exit(0)  # PyOpenGL prints when it ends
    """
    try:
        return bool(run(script, MUJOCO_GL=name).result)
    except AssertionError:
        return False


def need_backend(name: str) -> None:
    if not backend(name):
        pytest.skip(f"this machine has no {name} for MuJoCo: tools/setup.sh test, as root, installs it")


class Display:
    """A virtual display."""

    def __init__(self, folder: Path) -> None:
        ours, theirs = os.pipe()
        screen = ["-screen", "0", "800x600x24", "-fbdir", str(folder)]
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(theirs), *screen, "-noreset", "-nolisten", "tcp"],
            pass_fds=[theirs],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs)
        with os.fdopen(ours) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        self.name = f":{number}"
        self.screen = folder / "Xvfb_screen0"

    def close(self) -> None:
        self._server.terminate()
        self._server.wait(timeout=20)


def screenshot(screen: str | Path) -> np.ndarray:
    """What a virtual display shows: uint8[height, width, 3], blue first. ``screen`` is its file, in the format of xwd."""
    content = Path(screen).read_bytes()
    header = struct.unpack(">25I", content[:100])
    header_size, width, height, bytes_per_line, colours = (header[i] for i in (0, 4, 5, 12, 19))
    pixels = np.frombuffer(content, np.uint8, bytes_per_line * height, header_size + 12 * colours)
    return pixels.reshape(height, bytes_per_line)[:, : 4 * width].reshape(height, width, 4)[:, :, :3]


def need_xvfb() -> None:
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed: tools/setup.sh test, as root, installs it")
