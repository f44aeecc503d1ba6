"""Rendering: what draws the frames, on a machine with a display or without one.

docs/rendering.md tells users what is chosen.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gogym import windows
from gogym.errors import RenderError
from gogym.importing import after_import, before_import

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec

_NO_FRAME_MODES = ("ansi", "ansi_list")
_TIMEOUT_SECONDS = 30
_preparing = threading.Lock()
_MOST_DIMENSIONS = 4  # that gym_frame_part has room for


class Backend(NamedTuple):
    """A library that MuJoCo can draw frames with."""

    name: str
    """As MUJOCO_GL names it: "egl", "osmesa" or "glfw"."""
    works: bool
    detail: str
    """What draws, or why nothing does."""
    mend: str
    """What to do where it does not work."""


_MENDS = {
    "egl": "apt install libegl1 libgl1-mesa-dri",
    "osmesa": "apt install libosmesa6",
    "glfw": "run it where there is a display, or under xvfb-run (apt install xvfb)",
}


def needs_thread(render_mode: object) -> bool:
    """Whether an environment of a render mode is bound to a thread: it may have a graphics context, or a window.

    What is no text is no render mode; Gymnasium, or the environment, says so.
    """
    return isinstance(render_mode, str) and render_mode not in _NO_FRAME_MODES


def is_human(render_mode: object) -> bool:
    """Whether an environment of a render mode opens a window."""
    return isinstance(render_mode, str) and render_mode == "human"


def prepare(render_mode: object) -> None:
    """Make rendering work here, before an environment with a render mode is made.

    What is chosen for the process are the environment variables MUJOCO_GL, PYOPENGL_PLATFORM, SDL_VIDEODRIVER and
    SDL_AUDIODRIVER; none that is set already is changed. MuJoCo's is chosen when MuJoCo is imported, because that takes
    a try.
    """
    if not needs_thread(render_mode):
        return
    if not windows.has_display():
        # SDL itself would end with a driver that shows nothing, after complaining about each that it tried.
        _set_default("SDL_VIDEODRIVER", "dummy", "SDL_VIDEO_DRIVER")
        _set_default("SDL_AUDIODRIVER", "dummy", "SDL_AUDIO_DRIVER")
    with _preparing:
        windows.protect()
        _protect_mujoco()
        if not is_human(render_mode):
            _prepare_gl()


_set_here: set[str] = set()
"""The environment variables that this module has set."""


def _set_default(name: str, value: str, other_name: str | None = None) -> None:
    if not os.environ.get(name) and not (other_name and os.environ.get(other_name)):
        os.environ[name] = value
        _set_here.add(name)


# ------------------------------------------------------------------------------------------- MuJoCo


class _Choice:
    """The library that draws MuJoCo's frames."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.failed: list[Backend] = []
        """What was tried before, in vain."""
        self.chosen: str | None = None
        self._is_made = False

    def check(self) -> None:
        """Raise what no try of Gymnasium's would change.

        Raises:
            RenderError: Nothing can draw.
        """
        if (
            self.failed
            and self.chosen is None
            and not os.environ.get("MUJOCO_GL")
            and not windows.has_display()
        ):
            raise RenderError(_no_library("; ".join(f"{one.name}: {one.detail}" for one in self.failed)))

    def make(self) -> None:
        """Set MUJOCO_GL to what works, unless the user has; once for the process."""
        with self._lock:
            if self._is_made or os.environ.get("MUJOCO_GL"):
                return
            self._is_made = True
            # Not GLFW, not even with a display: it is for one thread. Gymnasium tries it where nothing is chosen.
            for name in ("egl", "osmesa"):
                backend = _try_backend(name)
                if backend.works:
                    self.chosen = name
                    os.environ["MUJOCO_GL"] = name
                    _set_default("PYOPENGL_PLATFORM", name)
                    return
                self.failed.append(backend)


_choice = _Choice()


@functools.cache
def _prepare_gl() -> None:
    before_import("mujoco", _choice.make)


class _Explainer:
    """Explains an import of MuJoCo that fails for its graphics library, as MUJOCO_GL names it."""

    def __init__(self) -> None:
        self._is_inside = False

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  # importlib's names
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname != "mujoco" or self._is_inside:
            return None
        self._is_inside = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._is_inside = False
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            loader.exec_module = _explained(loader.exec_module)
        return spec


def _explained(execute: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    def call(module: ModuleType) -> None:
        try:
            execute(module)
        except Exception as error:
            better = explain(None, error)
            if better is None:
                raise
            raise better from error

    return call


def gl_backends() -> list[Backend]:
    """Each library that can draw MuJoCo's frames, tried in a process of its own; takes about a second."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # making environments waits for this module

    names = tuple(_MENDS)
    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(_try_backend, names))


def _try_backend(name: str) -> Backend:
    # Graphics drivers crash, hang, and print; and one that was loaded cannot be unloaded.
    script = Path(__file__).with_name("gl_attempt.py")
    # What has been chosen here for this process is not for the one that tries another.
    others = {key: value for key, value in os.environ.items() if key not in _set_here}
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(script), name, *sys.path],
            env={**others, "MUJOCO_GL": name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        result = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        result = {"problem": f"it took more than {_TIMEOUT_SECONDS} s to draw a frame"}
    except (OSError, IndexError, ValueError) as error:
        result = {"problem": f"it could not be tried, or crashed ({type(error).__name__}: {error})"}
    works = "detail" in result
    return Backend(name, works, result["detail" if works else "problem"], _MENDS[name])


@functools.cache
def _protect_mujoco() -> None:
    sys.meta_path.insert(0, _Explainer())
    after_import("gymnasium.envs.mujoco.mujoco_rendering", _protect_renderer)


def _protect_renderer(rendering: ModuleType) -> None:
    """Have each environment draw with its own graphics context, also where several share a thread.

    Gymnasium trusts that the context that was made last is the one to draw with: other environments' frames are
    wrong then.
    """
    get_viewer = rendering.MujocoRenderer._get_viewer

    @functools.wraps(get_viewer)
    def get_current_viewer(self: Any, render_mode: str | None) -> Any:
        if is_human(render_mode):
            windows.check_display()
        else:
            _choice.check()
        try:
            viewer = get_viewer(self, render_mode)
            viewer.make_context_current()
        except Exception as error:
            better = explain(self, error)
            if better is None:
                raise
            raise better from error
        return viewer

    close = rendering.MujocoRenderer.close

    @functools.wraps(close)
    def close_with_contents(self: Any) -> None:
        for viewer in self._viewers.values():
            _free_contents(viewer)
        close(self)

    free = rendering.OffScreenViewer.free

    @functools.wraps(free)
    def free_what_is_there(self: Any) -> None:
        if hasattr(self, "opengl_context"):  # else making it has failed, of which __del__ knows nothing
            free(self)

    rendering.MujocoRenderer._get_viewer = get_current_viewer
    rendering.MujocoRenderer.close = close_with_contents
    rendering.OffScreenViewer.free = free_what_is_there


def _free_contents(viewer: Any) -> None:
    """Free what MuJoCo keeps in a graphics context; later it would be another one's that has the same numbers there."""
    try:
        viewer.make_context_current()
    except RenderError:  # its window is no more, and all that was in it
        glfw: Any = sys.modules["glfw"]
        glfw.make_context_current(None)
    viewer.con.free()


# ------------------------------------------------------------------------------------------- errors

_GL_MODULES = (
    "mujoco.egl",
    "mujoco.osmesa",
    "mujoco.glfw",
    "mujoco.gl_context",
    "mujoco.rendering.classic.gl_context",
    "OpenGL",
    "glfw",
)


def explain(env: Any, error: Exception) -> RenderError | None:  # noqa: ARG001  # the bridge gives it
    """What to raise in place of an error that says that there is no graphics library; None for all others."""
    if isinstance(error, RenderError) or not _is_of_gl(error):
        return None
    words = str(error).strip() or type(error).__name__
    name = os.environ.get("MUJOCO_GL")
    if name and _choice.chosen is None:
        mend = f"; {_MENDS[name]}" if name in _MENDS else ""
        return RenderError(
            f"MuJoCo cannot draw with MUJOCO_GL={name}: {words}{mend}. Without MUJOCO_GL one that works is chosen."
        )
    return RenderError(_no_library(words))


def _no_library(reason: str) -> str:
    packages = " or ".join(_MENDS[name] for name in ("egl", "osmesa"))
    return (
        f"MuJoCo has no graphics library to draw with ({reason}). Install one (named as in Debian): {packages}. "
        "The environment variable MUJOCO_GL chooses one."
    )


def _is_of_gl(error: BaseException) -> bool:
    mujoco = sys.modules.get("mujoco")
    if isinstance(error, getattr(mujoco, "FatalError", ())):
        return True
    for module, function in _frames(error):
        if function == "_get_opengl_backend":
            return True
        if any(module == known or module.startswith(f"{known}.") for known in _GL_MODULES):
            return True
    return False


def _frames(error: BaseException) -> Iterator[tuple[str, str]]:
    """The module and function of each frame that an error came through."""
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        yield str(frame.f_globals.get("__name__")), frame.f_code.co_name
        traceback = traceback.tb_next


# ------------------------------------------------------------------------------------------- frames


def frame_parts(frame: Any) -> list[np.ndarray[Any, np.dtype[Any]]]:
    """The arrays of what ``env.render()`` returned: one, or two of rgbd_tuple, of a native numeric dtype.

    Raises:
        RenderError: It is something else.
    """
    if isinstance(frame, tuple):
        if len(frame) != 2:
            raise RenderError(_no_frame(f"a tuple of {len(frame)}"))
        return [_array(part) for part in frame]
    return [_array(frame)]


def _array(part: Any) -> np.ndarray[Any, np.dtype[Any]]:
    if not hasattr(part, "__array__"):
        raise RenderError(_no_frame(f"a {type(part).__name__}" if part is not None else "None"))
    array = np.asarray(part)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise RenderError(_no_frame(f"an array of {array.dtype.name}"))
    if not 1 <= array.ndim <= _MOST_DIMENSIONS:
        raise RenderError(_no_frame(f"an array of {array.ndim} dimensions"))
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _no_frame(given: str) -> str:
    return (
        f"env.render() gave {given}, where one array of numbers of 1 to {_MOST_DIMENSIONS} dimensions makes a frame, or "
        "a tuple of two; gym_render_value gives whatever it renders"
    )
