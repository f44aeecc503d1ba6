"""Libraries that open windows, kept from crashing a host whose environments live on several threads.

SDL (by pygame) and GLFW (by MuJoCo's environments) have one state for the process, no locks around it, and are meant for
one thread. Gymnasium's environments end them altogether when one of them is closed, which takes the windows of all others
away, in the midst of what other threads do with them.
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


@functools.cache
def protect() -> None:
    """Have pygame and GLFW used by one thread at a time, and ended by nobody; once for the process."""
    after_import("pygame", _protect_pygame)
    after_import("glfw", _protect_glfw)


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
        (pygame.display, ("init", "set_mode", "set_caption", "flip", "update")),
        (pygame.event, ("pump", "get")),
    ):
        for name in names:
            setattr(module, name, _locked(lock, getattr(module, name)))
    window = _PygameWindow(pygame.display, lock)
    pygame.display.set_mode = window.set_mode
    pygame.display.quit = window.quit
    # What it ends besides the window (fonts ...) is still used by others. Python's exit ends it in any case.
    pygame.quit = window.quit


class _PygameWindow:
    """Pygame's only window: it is closed by the thread that opened it, and until then no other thread opens it."""

    def __init__(self, display: Any, lock: Any) -> None:
        self._display = display
        self._lock = lock
        self._set_mode = display.set_mode
        self._quit = display.quit
        self._thread: int | None = None  # of the window that is open

    def set_mode(self, *args: Any, **kwargs: Any) -> Any:
        """Open the window: pygame.display.set_mode. Another thread may be drawing on the one that it replaces."""
        with self._lock:
            if self._thread not in (None, threading.get_ident()):
                message = "pygame has one window in a process, and it is another environment's, which has to be closed first"
                raise RenderError(message)
            if not self._display.get_init():
                self._display.init()
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
        self._make_context_current(window)

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
    displays = [
        f"{name}={value}"
        for name in ("DISPLAY", "WAYLAND_DISPLAY")
        if (value := os.environ.get(name)) is not None
    ]
    words = str(error).split(" b'")[-1].rstrip("'")  # (65550) b'X11: Failed to open display :1'
    return f"a window cannot be opened ({', '.join(displays) or 'there is no display'}): {words}"
