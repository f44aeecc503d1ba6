"""Environments that are named by where their code is: ``module:Class`` or ``path/to/file.py:Class``."""

from __future__ import annotations

import contextlib
import difflib
import functools
import hashlib
import importlib
import importlib.abc
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import gymnasium

_MAX_OFFERED = 12


class EntryPoint(NamedTuple):
    """What makes an environment."""

    create: Callable[..., Any]
    """A class, or a function that returns an environment."""
    name: str
    """Its name, without what stands before a dot."""
    text: str | None = None
    """``module:name``, where Gymnasium itself could import it."""


def is_file(place: str) -> bool:
    """Whether what stands before the colon names a file, not a module."""
    return place.endswith(".py") or os.sep in place


def is_attribute(name: str) -> bool:
    """Whether what stands behind the colon can be a class or function: ``Class`` or ``Outer.Class``."""
    return all(part.isidentifier() for part in name.split("."))


def prepare(folders: Sequence[str], modules: Iterable[str]) -> None:
    """Put folders in front of sys.path, unless they are on it, and import modules or files."""
    position = 0
    for folder in folders:
        path = _absolute(folder)
        if not path.is_dir():
            raise ImportError(f'the folder {folder!r} of the option "path" does not exist: looked for {path}')
        if str(path) not in sys.path:
            sys.path.insert(position, str(path))
            position += 1
    importlib.invalidate_caches()  # files may be newer than what Python remembers of their folder
    for module in modules:
        import_place(module, folders)


def load(text: str, folders: Sequence[str] = ()) -> EntryPoint:
    """Import ``module:Class`` or ``path/to/file.py:Class``; a file is also looked for in `folders`."""
    place, _, name = text.rpartition(":")
    module = import_place(place, folders)
    found = find(module, name)
    if found is None:
        raise ImportError(f"{shown(module)} has no {name!r}. {offer(module, name)}", name=module.__name__)
    return found


def import_place(place: str, folders: Sequence[str] = ()) -> ModuleType:
    """Import what stands before the colon: a module, or a file."""
    return import_file(place, folders) if is_file(place) else import_module(place)


def find(module: ModuleType, name: str) -> EntryPoint | None:
    """Get a class or function of a module; None where there is none of that name."""
    try:
        value = functools.reduce(getattr, name.split("."), module)
    except AttributeError:
        return None
    if not callable(value):
        raise TypeError(
            f"{name!r} of {shown(module)} is no class and no function, but of class {type(value).__name__!r}: "
            "name what makes the environment, not the environment itself"
        )
    _check_class(value, f"{name!r} of {shown(module)}")
    text = None if "." in name else f"{module.__name__}:{name}"
    return EntryPoint(value, name.rpartition(".")[2], text)


def _check_class(value: Any, what: str) -> None:
    """Raise where a class cannot be that of an environment, before it is asked to make one."""
    if isinstance(value, type) and not any(hasattr(value, name) for name in ("reset", "step", "__getattr__")):
        raise TypeError(f"{what} is no environment: it has no reset and no step")


# ------------------------------------------------------------------------------------------- modules


def import_module(name: str) -> ModuleType:
    """Import a module; where it does not exist, say what can be done."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise _explained(error, name) from error
    except (TypeError, ValueError) as error:  # ".relative", or an empty name between dots
        raise ImportError(f"{name!r} is not a module's name: {error}", name=name) from error


def _explained(error: ModuleNotFoundError, wanted: str) -> ModuleNotFoundError:
    note = missing_note(error.name or "", wanted)
    return type(error)(f"{error}. {note}" if note else str(error), name=error.name, path=error.path)


def missing_note(missing: str, wanted: str = "") -> str:
    """How to get a module that is missing where another was wanted; "" where nothing is known."""
    top = missing.partition(".")[0]
    if top == "ale_py":
        return (
            f"The Atari environments are not installed: run {sys.executable} -m pip install ale-py, or "
            "pip install '.[atari]' in a checkout of gogym."
        )
    if top == "gym":
        return (
            "That is the old package, before Gymnasium. It can be installed beside it, "
            f"{sys.executable} -m pip install gym==0.26.2, or the code can say `import gymnasium as gym` instead."
        )
    if wanted == missing or wanted.startswith(f"{missing}."):
        return (
            'A folder is put on the search path by the option {"gogym": {"path": ["FOLDER"]}} of gym_make; a file is named by its path, '
            f'"path/to/file.py:Class". Looked in: {", ".join(place for place in sys.path if place)}'
        )
    return ""


# ------------------------------------------------------------------------------------------- files


class _Files(importlib.abc.MetaPathFinder):
    """Finds the modules that are files named by a path.

    Being found by Python's own import, a file is run once, also where two threads want it, is in sys.modules
    while it runs, and goes from there if it fails.
    """

    def __init__(self) -> None:
        self.paths: dict[str, str] = {}

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:  # noqa: ARG002
        file = self.paths.get(fullname)
        return None if file is None else importlib.util.spec_from_file_location(fullname, file)


_files = _Files()


def import_file(place: str, folders: Sequence[str] = ()) -> ModuleType:
    """Import a Python file: once for each real path, under a name of its own.

    Its folder is put at the end of sys.path, for modules that lie beside it.
    """
    path = _locate(place, folders).resolve()
    stem = re.sub(r"\W", "_", path.stem)
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:10]
    module = f"gogym_file_{stem}_{digest}"
    _files.paths[module] = str(path)
    if _files not in sys.meta_path:
        sys.meta_path.append(_files)
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    importlib.invalidate_caches()
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise _explained(error, module) from error


def _locate(place: str, folders: Sequence[str]) -> Path:
    if not place.endswith(".py"):
        raise ImportError(
            f"{place!r} is neither a module's name nor a Python file: a file's name ends in .py, and a package is "
            'named with dots, its folder by the option {"gogym": {"path": ["FOLDER"]}} of gym_make'
        )
    tried = [_absolute(place), *(_absolute(folder, place) for folder in folders)]
    for path in tried:
        if path.is_file():
            return path
    looked = ", ".join(dict.fromkeys(map(str, tried)))
    raise ImportError(f"there is no file {place!r}: looked for {looked}", path=str(tried[0]))


def _absolute(*parts: str) -> Path:
    path = Path(*parts)
    with contextlib.suppress(RuntimeError):  # a ~ that is nobody's home is a name as any other
        path = path.expanduser()
    return path.absolute()


# ------------------------------------------------------------------------------------------- what there is


def shown(module: ModuleType) -> str:
    """Name a module for people: a file by its path."""
    return _files.paths.get(module.__name__) or f"the module {module.__name__}"


def with_paths(text: str) -> str:
    """Name files by their paths where a text has the modules' names: ``path/to/file.py:Class``."""

    def path(match: re.Match[str]) -> str:
        file = _files.paths.get(match["module"])
        return match[0] if file is None else file + (":" if match["dot"] else "")

    return re.sub(r"\b(?P<module>gogym_file_\w+_[0-9a-f]{10})\b(?P<dot>\.(?=\w))?", path, text)


def offer(module: ModuleType, wanted: str) -> str:
    """Say which environments a module has, for somebody who wanted another."""
    classes = [name for name, value in vars(module).items() if _is_environment(name, value, module)]
    functions = [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    ]
    ids = [spec.id for spec in gymnasium.registry.values() if _belongs(spec.entry_point, module.__name__)]
    close = difflib.get_close_matches(wanted, [*classes, *functions, *ids], n=1)
    kinds = (
        ("classes", classes),
        ("functions", [] if classes or ids else functions),
        ("registered ids", ids),
    )
    parts = [f"{kind}: {_listed(names)}" for kind, names in kinds if names]
    offered = f"It offers {'; '.join(parts)}" if parts else "It offers no class with reset and step"
    return f"Did you mean {close[0]!r}? {offered}" if close else offered


def _listed(names: list[str]) -> str:
    more = len(names) - _MAX_OFFERED
    return ", ".join(names[:_MAX_OFFERED]) + (f" and {more} more" if more > 0 else "")


def _is_environment(name: str, value: Any, module: ModuleType) -> bool:
    if name.startswith("_") or not isinstance(value, type):
        return False
    foreign = value.__module__ != module.__name__ and value.__module__.partition(".")[0] in (
        "gym",
        "gymnasium",
    )
    return not foreign and callable(getattr(value, "reset", None)) and callable(getattr(value, "step", None))


def _belongs(entry_point: Any, module: str) -> bool:
    place = entry_point if isinstance(entry_point, str) else getattr(entry_point, "__module__", None) or ""
    place = place.partition(":")[0]
    return place == module or place.startswith(f"{module}.")
