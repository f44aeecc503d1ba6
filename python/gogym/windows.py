"""Libraries that open windows, kept from crashing a host whose environments live on several threads.

SDL (by pygame) and GLFW (by MuJoCo's environments) have one state for the process, no locks around it, and are meant for
one thread. Gymnasium's environments end them altogether when one of them is closed, which takes the windows of all others
away, in the midst of what other threads do with them. And a thread has one current OpenGL context: with one of EGL there,
GLFW's is refused, for which Xlib ends the process.
"""

from __future__ import annotations

import ctypes
import functools
import os
import threading
from collections.abc import Callable
from typing import Any

from gogym.errors import RenderError
from gogym.importing import after_import

_Function = Callable[..., Any]


class WindowTakenError(RenderError):
    """The only window that there can be is another environment's."""


@functools.cache
def protect() -> None:
    """Have pygame and GLFW used by one thread at a time, and ended by nobody; once for the process.

    On each thread, the OpenGL context of one library is left before that of another becomes current.
    """
    after_import("pygame", _protect_pygame)
    after_import("pygame.gfxdraw", _protect_gfxdraw)
    after_import("glfw", _protect_glfw)
    after_import("mujoco.egl", _protect_egl)
    after_import("mujoco.osmesa", _protect_osmesa)


def has_display() -> bool:
    """Whether the environment variables name a display for windows."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def check_display() -> None:
    """Check that there may be a display.

    Raises:
        RenderError: The environment variables name none.
    """
    if not has_display():
        message = (
            'a window of render_mode "human" needs a display, and neither DISPLAY nor WAYLAND_DISPLAY is set; '
            '"rgb_array" needs none, and xvfb-run gives a program a display that nobody sees'
        )
        raise RenderError(message)


def _protect_gfxdraw(gfxdraw: Any) -> None:
    """Have one thread draw at a time: polygons are drawn without the GIL, in memory that all threads share."""
    lock = threading.Lock()
    for name, function in list(vars(gfxdraw).items()):
        if callable(function) and not name.startswith("_"):
            setattr(gfxdraw, name, _locked(lock, function))


def _locked(lock: Any, function: _Function) -> _Function:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with lock:
            return function(*args, **kwargs)

    return call


# ------------------------------------------------------------------------------------------- pygame


def _protect_pygame(pygame: Any) -> None:
    # Imported when it is first used; from two threads at a time, one of them finds it without its functions.
    pygame.surfarray.make_surface  # noqa: B018
    lock = threading.RLock()
    for module, names in (
        (pygame, ("init",)),
        (pygame.display, ("set_caption", "flip", "update")),
        (pygame.event, ("pump", "get")),
    ):
        for name in names:
            setattr(module, name, _locked(lock, getattr(module, name)))
    window = _PygameWindow(pygame, lock)
    pygame.display.init = window.init
    pygame.display.set_mode = window.set_mode
    pygame.display.quit = window.quit
    # What it ends besides the window (fonts ...) is still used by others. Python's exit ends it in any case.
    pygame.quit = window.quit


class _PygameWindow:
    """Pygame's only window: it is closed by the thread that opened it, and until then no other thread opens it."""

    def __init__(self, pygame: Any, lock: Any) -> None:
        self._display = pygame.display
        self._error = pygame.error
        self._lock = lock
        self._init = pygame.display.init
        self._set_mode = pygame.display.set_mode
        self._quit = pygame.display.quit
        self._thread: int | None = None  # of the window that is open

    def init(self) -> None:
        """Start SDL's video: pygame.display.init."""
        with self._lock:
            try:
                self._init()
            except self._error as error:
                raise RenderError(_no_video(error)) from error

    def set_mode(self, *args: Any, **kwargs: Any) -> Any:
        """Open the window: pygame.display.set_mode. Another thread may be drawing on the one that it replaces."""
        with self._lock:
            if self._thread not in (None, threading.get_ident()):
                message = "pygame has one window in a process, and it is another environment's, which has to be closed first"
                raise WindowTakenError(message)
            if not self._display.get_init():
                self.init()
            if self._display.get_driver() == "x11":
                # SDL would draw with OpenGL, in a context that is in the way of MuJoCo's on the same thread.
                os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
            surface = self._set_mode(*args, **kwargs)
            self._thread = threading.get_ident()
            return surface

    def quit(self) -> None:
        """Close the window if it is this thread's: pygame.display.quit."""
        with self._lock:
            if self._thread == threading.get_ident():
                self._thread = None
                self._quit()


def _no_video(error: Exception) -> str:
    for name in ("SDL_VIDEODRIVER", "SDL_VIDEO_DRIVER"):
        if value := os.environ.get(name):
            return (
                f"pygame cannot open a window with {name}={value}: {error}. Without {name} a driver that works is "
                "chosen; x11 and wayland need a display, which xvfb-run gives a program"
            )
    return f"pygame cannot open a window ({_displays()}): {error}"


# ------------------------------------------------------------------------------------------- OpenGL contexts

_current = threading.local()
"""Of a thread: ``library``, whose OpenGL context may be current, and ``leave``, which has none current."""


def _change_to(library: str, leave: Callable[[], None]) -> None:
    """Leave the context of another library, before one of this library becomes current on this thread."""
    if getattr(_current, "library", library) != library:
        _current.leave()
    _current.library, _current.leave = library, leave


def _protect_egl(egl: Any) -> None:
    def leave() -> None:
        none = egl.EGL
        if egl.EGL_DISPLAY is not None:  # at Python's exit it ends
            none.eglMakeCurrent(
                egl.EGL_DISPLAY, none.EGL_NO_SURFACE, none.EGL_NO_SURFACE, none.EGL_NO_CONTEXT
            )

    _protect_contexts(egl.GLContext, "EGL", leave)


def _protect_osmesa(osmesa: Any) -> None:
    def leave() -> None:
        osmesa.osmesa.OSMesaMakeCurrent(None, None, osmesa.GL.GL_FLOAT, 0, 0)

    _protect_contexts(osmesa.GLContext, "OSMesa", leave)


def _protect_contexts(cls: Any, library: str, leave: Callable[[], None]) -> None:
    """Have contexts of a class of MuJoCo's leave those of other libraries."""

    def changing(function: _Function) -> _Function:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            _change_to(library, leave)
            return function(*args, **kwargs)

        return call

    cls.__init__ = changing(cls.__init__)
    cls.make_current = changing(cls.make_current)
    cls._context = None  # of one that could not be made, which is freed all the same


# ------------------------------------------------------------------------------------------- GLFW


def _protect_glfw(glfw: Any) -> None:
    windows = _GlfwWindows(glfw)
    for name in (
        "init",
        "terminate",
        "create_window",
        "destroy_window",
        "poll_events",
        "make_context_current",
        "window_should_close",
        "get_framebuffer_size",
    ):
        setattr(glfw, name, getattr(windows, name))


class _GlfwWindows:
    """GLFW's functions that create, end and use windows, for all threads."""

    def __init__(self, glfw: Any) -> None:
        self._glfw = glfw
        self._init = glfw.init
        self._create_window = glfw.create_window
        self._destroy_window = glfw.destroy_window
        self._poll_events = glfw.poll_events
        self._make_context_current = glfw.make_context_current
        self._window_should_close = glfw.window_should_close
        self._get_framebuffer_size = glfw.get_framebuffer_size
        self._lock = threading.RLock()
        self._destroyed: set[int] = set()  # addresses
        self._polling = False
        self._doomed: list[Any] = []  # windows to be destroyed when events have been polled

    def init(self) -> Any:
        """Start GLFW. Without a display, Gymnasium would go on until an assertion ends the process."""
        with self._lock:
            before, self._glfw.ERROR_REPORTING = self._glfw.ERROR_REPORTING, "raise"
            try:
                return self._init()
            except self._glfw.GLFWError as error:
                raise RenderError(_no_window(error)) from error
            finally:
                self._glfw.ERROR_REPORTING = before

    def terminate(self) -> None:
        """Do nothing: it would take the windows of all threads away."""

    def create_window(self, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            _change_to("GLFW", self._leave)  # it looks at the window's context
            window = self._create_window(*args, **kwargs)
            self._destroyed.discard(_address(window))
            return window

    def destroy_window(self, window: Any) -> None:
        """Destroy a window, once; not from a callback, while GLFW still uses it."""
        with self._lock:
            if _address(window) in self._destroyed:
                return
            self._destroyed.add(_address(window))
            if self._polling:
                self._doomed.append(window)
            else:
                self._destroy_window(window)

    def poll_events(self) -> None:
        with self._lock:
            self._polling = True
            try:
                self._poll_events()
            finally:
                self._polling = False
                while self._doomed:
                    self._destroy_window(self._doomed.pop())

    def make_context_current(self, window: Any) -> None:
        self._check(window)
        _change_to("GLFW", self._leave)
        self._make_context_current(window)

    def _leave(self) -> None:
        self._make_context_current(None)

    def window_should_close(self, window: Any) -> Any:
        self._check(window)
        return self._window_should_close(window)

    def get_framebuffer_size(self, window: Any) -> Any:
        self._check(window)
        return self._get_framebuffer_size(window)

    def _check(self, window: Any) -> None:
        """Gymnasium goes on using a window that its user has closed."""
        if window is not None and _address(window) in self._destroyed:
            message = "the environment's window has been closed; close the environment and make it anew to have another"
            raise RenderError(message)


def _address(window: Any) -> int:
    return ctypes.cast(window, ctypes.c_void_p).value or 0


def _no_window(error: Exception) -> str:
    words = str(error).split(" b'")[-1].rstrip("'")  # (65550) b'X11: Failed to open display :1'
    return f"a window cannot be opened ({_displays()}): {words}"


def _displays() -> str:
    displays = [
        f"{name}={value}"
        for name in ("DISPLAY", "WAYLAND_DISPLAY")
        if (value := os.environ.get(name)) is not None
    ]
    return ", ".join(displays) or "there is no display"
