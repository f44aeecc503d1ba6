"""Keeping libraries that environments use from taking the host's signals."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

Keeper = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Makes a function of another that leaves all signal handlers as it found them."""


def protect_signals(keeping_signals: Keeper) -> None:
    """Keep pygame from installing handlers.

    Its import (in some versions ``pygame.init``) installs a "parachute" for SIGSEGV, SIGBUS, SIGFPE and SIGQUIT, and
    puts handlers that it finds back without their flags, which a Go program does not survive. The environment variable
    SDL_NO_SIGNAL_HANDLERS does not stop it.
    """
    loaded = sys.modules.get("pygame")
    if loaded is not None:
        _protect(loaded, keeping_signals)
    else:
        sys.meta_path.insert(0, _PygameFinder(keeping_signals))


def _protect(pygame: Any, keeping_signals: Keeper) -> None:
    if hasattr(pygame, "init"):
        pygame.init = keeping_signals(pygame.init)


class _PygameFinder:
    """Finds pygame where the other finders find it, and lets its loader protect signals.

    Not derived from importlib.abc's class, whose import would take 5 ms of a host's start.
    """

    def __init__(self, keeping_signals: Keeper) -> None:
        self._keeping_signals = keeping_signals

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "pygame":
            return None
        for finder in sys.meta_path:
            find_spec = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find_spec(fullname, path, target) if find_spec else None
            if spec is not None:
                if spec.loader is not None:
                    _extend_loader(spec.loader, self._keeping_signals)
                return spec
        return None


def _extend_loader(loader: Any, keeping_signals: Keeper) -> None:
    exec_module = keeping_signals(loader.exec_module)

    def exec_and_protect(module: ModuleType) -> None:
        exec_module(module)
        _protect(module, keeping_signals)

    loader.exec_module = exec_and_protect
