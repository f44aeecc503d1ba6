"""Acting when a module is imported, whoever imports it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec


def before_import(name: str, act: Callable[[], None]) -> None:
    """Act when a module is about to be imported; now, if it has been."""
    if name in sys.modules:
        act()
    else:
        sys.meta_path.insert(0, _Finder(name, act, None))


def after_import(name: str, act: Callable[[Any], None]) -> None:
    """Act on a module when it has been imported; now, if it has been."""
    if name in sys.modules:
        act(importlib.import_module(name))  # waits where another thread has just begun
    else:
        sys.meta_path.insert(0, _Finder(name, None, act))


class _Finder:
    """Looks for one module, once, and leaves the finding to the other finders."""

    def __init__(
        self, name: str, before: Callable[[], None] | None, after: Callable[[Any], None] | None
    ) -> None:
        self._name = name
        self._before = before
        self._after = after
        self._asked = False

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  # importlib's names
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname != self._name or self._asked:
            return None
        self._asked = True
        if self._before is not None:
            self._before()
        if self._after is None:
            return None
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            _extend(spec.loader, self._after)
        return spec


def _extend(loader: Any, act: Callable[[Any], None]) -> None:
    execute = loader.exec_module

    def execute_and_act(module: ModuleType) -> None:
        execute(module)
        act(module)

    loader.exec_module = execute_and_act
