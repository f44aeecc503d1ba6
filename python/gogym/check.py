"""Gymnasium's check_env, with what it finds as values."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any, TextIO

import gymnasium
from gymnasium.utils.env_checker import check_env

from gogym.errors import RenderError
from gogym.messages import plain
from gogym.options import OptionsError, parse_object
from gogym.render import prepare
from gogym.space import class_name, shown
from gogym.windows import WindowTakenError

_OPTIONS = ("skip_close_check", "skip_render_check")

_NOT_CHECKED = 'the render mode "human" has not been checked'
_NO_WINDOW = (
    f"{_NOT_CHECKED}: it opens a window, and there is no display to open it on (the environment variables DISPLAY and "
    "WAYLAND_DISPLAY name none that works)"
)

# Warnings are caught by a change to the whole process, which two threads must not make at once.
_checking = threading.RLock()


def check(env: gymnasium.Env[Any, Any], options: str | None) -> list[dict[str, str]]:
    """Check an environment without its wrappers; the findings have the keys ``level``, ``type`` and ``message``.

    ``options``: a JSON object of check_env's arguments ``skip_render_check`` and ``skip_close_check``, or None. An
    exception that ends the check, SystemExit too, is the last finding, of level "error"; all before are of level
    "warning". What is found several times is told once. While the check runs, warnings that other threads cause pass all filters.
    """
    skipped = _skipped(options)
    findings: list[dict[str, str]] = []
    thread = threading.get_ident()

    def add(level: str, cls: type, message: object) -> None:
        finding = {"level": level, "type": class_name(cls), "message": _text(message) or class_name(cls)}
        if finding not in findings:
            findings.append(finding)

    with _checking:
        show_others = left = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if threading.get_ident() == thread:
                add("warning", category, message)
            else:
                show_others(message, category, filename, lineno, file, line)

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.showwarning = show
                try:
                    with contextlib.ExitStack() as stack:
                        if not skipped.get("skip_render_check"):
                            _prepare_to_render(env.unwrapped)
                            if not _can_show(env.unwrapped):
                                add("warning", RenderError, _NO_WINDOW)
                                stack.enter_context(_without_windows(env.unwrapped))
                        try:
                            check_env(env.unwrapped, **skipped)
                        except WindowTakenError as error:  # gogym's limit, and no fault of the environment
                            add("warning", RenderError, f"{_NOT_CHECKED}: {error}")
                            stack.enter_context(_without_windows(env.unwrapped))
                            check_env(env.unwrapped, **skipped)
                except (Exception, SystemExit) as error:  # noqa: BLE001  # what the environment raises is a finding
                    add("error", type(error), error)
                finally:
                    if warnings.showwarning is not show:
                        left = warnings.showwarning
        finally:
            # Another thread may have replaced it meanwhile, which catch_warnings undoes.
            warnings.showwarning = left
    return findings


def _prepare_to_render(env: gymnasium.Env[Any, Any]) -> None:
    """Choose the libraries that draw: the check makes an environment of each render mode."""
    with contextlib.suppress(
        Exception
    ):  # what is wrong with the modes, or with drawing, the check itself says
        for mode in env.metadata["render_modes"]:
            prepare(mode)


def _can_show(env: gymnasium.Env[Any, Any]) -> bool:
    """Whether the window of an environment can be tried out: GLFW, MuJoCo's, ends a process that has no display."""
    if not hasattr(env, "mujoco_renderer"):
        return True
    import glfw  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool(glfw.init()) and bool(glfw.get_primary_monitor())
        except RenderError:  # as glfw.init raises it once windows are protected
            return False


@contextlib.contextmanager
def _without_windows(env: gymnasium.Env[Any, Any]) -> Iterator[None]:
    """Have the check pass over the render mode "human"."""
    before = vars(env).get("metadata")
    modes = [mode for mode in env.metadata["render_modes"] if mode != "human"]
    env.metadata = {**env.metadata, "render_modes": modes}
    try:
        yield
    finally:
        if before is None:
            del env.metadata
        else:
            env.metadata = before


def _skipped(options: str | None) -> dict[str, bool]:
    skipped = {} if options is None else parse_object(options, "options of gym_check_env")
    for name, value in skipped.items():
        if name not in _OPTIONS:
            raise OptionsError(
                f'the options of gym_check_env: unknown option "{name}" (known: {", ".join(_OPTIONS)})'
            )
        if not isinstance(value, bool):
            raise OptionsError(f'the options of gym_check_env: "{name}" is true or false, not {shown(value)}')
    return skipped


def _text(message: object) -> str:
    try:
        return plain(str(message))
    except Exception as error:  # noqa: BLE001  # an exception's __str__ is foreign code
        return f"(its text could not be had: {class_name(type(error))})"
