"""One thing tried for ``gogym doctor``: ``python -m gogym.attempt NAME``, in a process that may crash.

The last line of standard output is a JSON object: {"detail": what was done} or {"problem": why it failed}.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from gogym import make

_Env = gymnasium.Env[Any, Any]


class _Problem(Exception):  # noqa: N818  # it ends the attempt, and is never seen
    """What an attempt itself finds wrong."""


def bridge() -> str:
    """Import the bridge, and read the version of its function table."""
    from gogym import _bridge  # noqa: PLC0415
    from gogym._abi import TABLE_VERSION  # noqa: PLC0415

    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    version = ctypes.c_uint32.from_address(pointer(_bridge.table, b"gogym._bridge.table")).value
    if version != TABLE_VERSION:
        message = (
            f"gogym._bridge has function table version {version}, the rest of the package {TABLE_VERSION}"
        )
        raise _Problem(message)
    return f"function table version {version}"


def library() -> str:
    """Step an environment through the C library."""
    from gogym import native  # noqa: PLC0415

    with native.Environment("CartPole-v1") as env:
        env.reset(seed=1)
        env.step([1])
        return f"gogym {env.library.version()} steps CartPole-v1"


def _step(env_id: str) -> Callable[[], str]:
    """An attempt to make an environment, reset it and take a step."""

    def attempt() -> str:
        env = make.make_environment(env_id, None)
        env.reset(seed=1)
        env.step(env.action_space.sample())
        env.close()
        return env_id

    return attempt


def _draw(env_id: str) -> Callable[[], str]:
    """An attempt to draw a frame."""

    def attempt() -> str:
        env = make.make_environment(env_id, '{"render_mode": "rgb_array"}')
        env.reset(seed=1)
        frame: Any = env.render()
        env.close()
        if not frame.any():
            message = "the frame is black"
            raise _Problem(message)
        height, width, _ = frame.shape
        by = f" by {os.environ.get('MUJOCO_GL') or 'glfw'}" if "mujoco" in sys.modules else ""
        return f"a frame of {env_id}, {width} x {height}{by}"

    return attempt


class _Grey(_Env):
    """Draws and observes grey, which needs no package."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012
    render_mode = "rgb_array"
    observation_space = gymnasium.spaces.Box(0, 255, (32, 32, 3), np.uint8)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed, options=options)
        return self.render(), {}

    def step(self, action: Any) -> Any:  # noqa: ARG002
        return self.render(), 0.0, False, False, {}

    def render(self) -> Any:
        return np.full((32, 32, 3), 128, np.uint8)


def _video_wrapper() -> str:
    with tempfile.TemporaryDirectory() as folder:
        env: _Env = gymnasium.wrappers.RecordVideo(_Grey(), str(Path(folder, "videos")))
        env.reset()
        env.step(0)
        env.close()
        (video,) = Path(folder, "videos").glob("*.mp4")
        return f"RecordVideo writes {video.suffix}"


def _image_wrappers() -> str:
    observation, _ = gymnasium.wrappers.ResizeObservation(_Grey(), (4, 4)).reset()
    return f"ResizeObservation gives {observation.shape}"


def _torch() -> str:
    from gymnasium.wrappers import NumpyToTorch  # noqa: PLC0415

    observation, _ = NumpyToTorch(_Grey()).reset()
    return f"NumpyToTorch gives {type(observation).__module__}.{type(observation).__name__}"


def _recordings() -> str:
    from gogym.record import Recorder  # noqa: PLC0415

    endings = (".gif", ".mp4", ".png")
    with tempfile.TemporaryDirectory() as folder:
        for ending in endings:
            path = Path(folder, f"check{ending}")
            with Recorder(path, 10) as recorder:
                for shade in (64, 192):
                    recorder.add(np.full((32, 32, 3), shade, np.uint8))
            if not path.stat().st_size:
                message = f"the {ending} is empty"
                raise _Problem(message)
    return f"{', '.join(endings)} can be written"


def _display() -> str:
    from gogym import render  # noqa: PLC0415

    render.prepare("human")  # as a host's environment is, for SDL's driver
    import pygame  # noqa: PLC0415

    pygame.display.init()
    driver: str = pygame.display.get_driver()
    if driver in ("dummy", "offscreen"):
        message = f"SDL uses its driver {driver}"
        raise _Problem(message)
    return driver


ATTEMPTS: dict[str, Callable[[], str]] = {
    "bridge": bridge,
    "library": library,
    "classic control": _step("CartPole-v1"),
    "toy text": _step("FrozenLake-v1"),
    "MuJoCo": _step("InvertedPendulum-v5"),
    "Box2D": _step("LunarLander-v3"),
    "Atari": _step("ALE/Pong-v5"),
    "JAX": _step("phys2d/CartPole-v1"),
    "PyTorch": _torch,
    "image wrappers": _image_wrappers,
    "video wrapper": _video_wrapper,
    "draw with pygame": _draw("CartPole-v1"),
    "draw with MuJoCo": _draw("InvertedPendulum-v5"),
    "recordings": _recordings,
    "display": _display,
}


def _why(error: BaseException) -> str:
    """An error and what it came from: "not installed" may mean that an import failed."""
    text = str(error) if isinstance(error, _Problem) else f"{type(error).__name__}: {error}"
    return text if error.__cause__ is None else f"{text} (from {_why(error.__cause__)})"


def main(name: str) -> None:
    """Try one thing, and say how it went."""
    try:
        result = {"detail": ATTEMPTS[name]()}
    except Exception as error:  # noqa: BLE001  # whatever it is, it does not work
        result = {"problem": _why(error)}
    sys.stdout.write("\n" + json.dumps(result) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
