"""What an environment consists of: its layers, their attributes, and where in them an object is."""

from __future__ import annotations

import importlib
import io
import re
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, reduce
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

import gymnasium
import numpy as np

Place = tuple[Any, ...]
"""The number of a layer, then steps: ("a", attribute), ("i", key or index), ("c", captured variable), ("t", None): type.
"""

SPACES = ("action_space", "observation_space")

CONSTANT = frozenset({"_saved_kwargs", "_ezpickle_args", "_ezpickle_kwargs"})
"""Attributes of layers that say how they were made."""

_KEEPING = frozenset({"gogym", "_bridge", "jax", "jaxlib"})
"""Packages whose functions stay: functions of the host, and those that JAX has compiled (also its devices)."""

_PROXIES = (weakref.ProxyType, weakref.CallableProxyType)

LOCKS = (type(threading.Lock()), type(threading.RLock()))

_VIEWS = frozenset({"pygame", "pyglet", "glfw", "OpenGL", "moderngl", "tkinter"})
"""Packages whose objects are for looking at the environment."""

_DRAWN_NUMBERS = frozenset({"Rect", "FRect", "Color", "Vector2", "Vector3"})
"""Classes of pygame that are numbers only."""


# ------------------------------------------------------------------------------------------- layers


def layers(env: Any) -> list[Any]:
    """List the wrappers from the outermost to the environment itself, and what an adapted old one has inside."""
    found = [env]
    while True:
        inner = _inner(found[-1])
        if inner is None or any(inner is layer for layer in found):
            return found
        found.append(inner)


def _inner(layer: Any) -> Any:
    is_base = isinstance(layer, gymnasium.Env) and not isinstance(layer, gymnasium.Wrapper)
    inner = attributes_of(layer).get("legacy_env" if is_base else "env")
    return inner if callable(getattr(inner, "step", None)) and hasattr(inner, "__dict__") else None


def layer_names(roots: Sequence[Any]) -> list[str]:
    """What layers are called in messages: a wrapper by its class, the environment itself ``unwrapped``."""
    names: list[str] = []
    for root in roots:
        if isinstance(root, gymnasium.Wrapper):
            names.append(type(root).__name__)
        else:
            names.append("unwrapped" if "unwrapped" not in names else f"{names[-1]}.legacy_env")
    return names


def class_spaces(layer: Any) -> dict[str, gymnasium.Space[Any]]:
    """The spaces of a layer that it has from its class: all of the class have the same ones, and their generators."""
    found: dict[str, gymnasium.Space[Any]] = {}
    for name in SPACES:
        if name in vars(layer):
            continue
        value = next((vars(base)[name] for base in type(layer).__mro__ if name in vars(base)), None)
        if isinstance(value, gymnasium.Space):
            found[name] = value
    return found


def attributes_of(value: Any) -> dict[str, Any]:
    """The attributes of an object's own, those in slots included; of an object without slots, its very dict."""
    try:
        found: dict[str, Any] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        found = {}
    slots = slots_of(value)
    if not slots:
        return found
    return {**found, **{name: getattr(value, name) for name in slots if hasattr(value, name)}}


def slots_of(value: Any) -> tuple[str, ...]:
    """The names of an object's slots."""
    cls: Any = type(value)
    return _slots(cls)


@lru_cache(maxsize=512)
def _slots(kind: Any) -> tuple[str, ...]:
    names: list[str] = []
    for base in kind.__mro__:
        declared = base.__dict__.get("__slots__", ())
        for name in (declared,) if isinstance(declared, str) else declared:
            if name.startswith("__") and not name.endswith("__"):
                names.append(f"_{base.__name__.lstrip('_')}{name}")
            elif name not in ("__dict__", "__weakref__"):
                names.append(name)
    return tuple(names)


def content_of(value: Any, left_out: frozenset[str] = frozenset()) -> tuple[dict[str, Any], dict[str, Any]]:
    """The attributes of an object that are state, and those by which it is looked at."""
    content: dict[str, Any] = {}
    views: dict[str, Any] = {}
    for name, item in attributes_of(value).items():
        if name not in CONSTANT and name not in left_out:
            (views if is_view(item) else content)[name] = item
    return content, views


def replace_content(value: Any, content: dict[str, Any], views: Iterable[str]) -> None:
    """Give an object exactly the attributes ``content``.

    Those by which it is looked at stay as they are: ``views``, which it had when it was saved, and those that it has now.
    """
    current = attributes_of(value)
    slots = slots_of(value)
    kept = CONSTANT.union(views, (name for name, item in current.items() if is_view(item)))
    for name in [name for name in current if name not in content and name not in kept]:
        if name in slots:
            delattr(value, name)
        else:
            del value.__dict__[name]
    for name, item in content.items():
        if name in kept:
            continue
        if name in slots:
            setattr(value, name, item)
        else:
            value.__dict__[name] = item


# ------------------------------------------------------------------------------------------- kinds of objects


def kind_of(value: Any) -> str:
    """How an object is saved: the name of the Saver's method for it; "" as pickle does it."""
    cls: Any = type(value)
    return _kind(cls)


@lru_cache(maxsize=512)
def _kind(cls: Any) -> str:
    package, _, module = cls.__module__.partition(".")
    if issubclass(cls, (np.ndarray, np.random.Generator, gymnasium.Space, type, ModuleType)):
        bases = {
            np.ndarray: "array",
            np.random.Generator: "generator",
            gymnasium.Space: "space",
            type: "class",
            ModuleType: "module",
        }
        return next(kind for base, kind in bases.items() if issubclass(cls, base))
    if issubclass(cls, FunctionType):
        return "function"
    if cls in _PROXIES:
        return "proxy"
    if issubclass(cls, gymnasium.Env) or any(base.__name__ == "EzPickle" for base in cls.__mro__):
        return "environment"
    if package in _VIEWS and cls.__name__ not in _DRAWN_NUMBERS:
        return "view"
    if package == "mujoco" or module == "envs.mujoco.mujoco_rendering":
        return _kind_in_mujoco(cls)
    if cls.__module__ == "gogym.state_ale" or cls is gymnasium.envs.registration.EnvSpec:
        return "view"  # nor is what the environment is called a part of its state
    if package == "ale_py" and cls.__name__ == "ALEInterface":
        return "ale"
    if package == "Box2D":
        return "box2d"
    if cls in LOCKS:
        return "lock"
    if issubclass(cls, io.IOBase) and not issubclass(cls, (io.BytesIO, io.StringIO)):
        return "file"
    if package in _KEEPING and (
        cls.__name__ == "Device" or any("__call__" in vars(base) for base in cls.__mro__)
    ):
        return "kept"
    if cls is gymnasium.envs.registration.EnvSpec or cls.__module__ in (
        "gogym.callback",
        "gogym._bridge",
        "_bridge",
    ):
        return "kept"
    return ""


def _kind_in_mujoco(cls: type) -> str:
    if cls.__name__ in ("MjData", "MjModel"):
        return cls.__name__
    if cls.__name__.startswith("mjt"):  # an enum
        return ""
    is_struct = cls.__module__.startswith("mujoco._") and not cls.__name__.startswith(
        ("MjrContext", "MjvScene")
    )
    return "kept" if is_struct else "view"


def is_view(value: Any, depth: int = 3) -> bool:
    """Whether an attribute is for looking at the environment: such an object, or a collection of nothing else."""
    if type(value) not in (list, tuple, dict):
        return kind_of(value) == "view"
    items = [item for item in (value.values() if type(value) is dict else value) if item is not None]
    return depth > 0 and len(items) > 0 and all(is_view(item, depth - 1) for item in items)


def is_importable(value: Any) -> bool:
    """Whether a class or function is what Python finds by its name."""
    try:
        module = importlib.import_module(value.__module__)
        return reduce(getattr, value.__qualname__.split("."), module) is value
    except (AttributeError, ImportError, TypeError, ValueError):
        return value in (type(None), type(...), type(NotImplemented))


def described(space: Any) -> str:
    """A space as text, which is the same for equal ones."""
    return _ADDRESS.sub("", repr(space))


_ADDRESS = re.compile(" at 0x[0-9a-fA-F]+")  # in the repr of a class that has none of its own


# ------------------------------------------------------------------------------------------- places


class Places:
    """Where objects are in an environment.

    Args:
        roots: The layers.
        further: Names and objects to look into where an object is not in the layers, for messages.
    """

    def __init__(self, roots: Sequence[Any], further: dict[str, Any]) -> None:
        self._roots = roots
        self._further = further
        self._near: dict[int, Place] = {}
        for number, root in enumerate(roots):
            for step, child in _children(root):
                self._near.setdefault(id(child), (number, step))
            for name, space in class_spaces(root).items():
                self._near.setdefault(id(space), (number, ("a", name)))
        self._far: dict[int, tuple[int, Any]] | None = None

    def place(self, value: Any) -> Place | None:
        """The place of an object; None where it is not found."""
        found = self._near.get(id(value))
        if found is not None:
            return found
        if self._far is None:
            self._far = self._search()
        steps: list[Any] = []
        number = id(value)
        while number in self._far:
            number, step = self._far[number]
            steps.append(step)
        return tuple(reversed(steps)) or None

    def look_into(self, value: Any, place: Place, depth: int) -> None:
        """Take in the places of what an object holds, which has been found at a place."""
        for step, child in _children(value):
            self._near.setdefault(id(child), (*place, step))
            if depth > 1:
                self.look_into(child, (*place, step), depth - 1)

    def shown(self, value: Any) -> str:
        """The place of an object for people, as in unwrapped.game.clock; its class where it is not found."""
        place = self.place(value)
        if place is None:
            kind = value if isinstance(value, type) else type(value)
            return f"something of class {kind.__module__}.{kind.__qualname__}"
        text = [*layer_names(self._roots), *self._further][place[0]]
        for kind, key in place[1:]:
            if kind == "t":
                text = f"the class of {text}"
            elif kind == "a":
                text += f".{key}"
            else:
                text += f"[{key!r}]"
        return text

    def _search(self) -> dict[int, tuple[int, Any]]:
        """Where every object is: the id of what holds it, and the step from there; of roots, 0 and their number."""
        found: dict[int, tuple[int, Any]] = {}
        for start, roots in ((0, self._roots), (len(self._roots), tuple(self._further.values()))):
            for holder, step, value in walk(roots):
                found.setdefault(id(value), (holder, step if holder else start + step))
                if "<locals>" in type(value).__qualname__:
                    found.setdefault(id(type(value)), (id(value), ("t", None)))
        return found


def walk(roots: Sequence[Any]) -> Iterator[tuple[int, Any, Any]]:
    """Every object that belongs to the roots once, level by level: the id of what holds it, the step from there, and it.

    Roots have the id 0, and their number as step.
    """
    seen = {id(root) for root in roots}
    level: list[tuple[int, Any, Any]] = [(0, number, root) for number, root in enumerate(roots)]
    while level:
        yield from level
        deeper: list[tuple[int, Any, Any]] = []
        for _, _, value in level:
            for step, child in _children(value):
                if id(child) not in seen:
                    seen.add(id(child))
                    deeper.append((id(value), step, child))
        level = deeper


def captures(roots: Sequence[Any]) -> str | None:
    """Name a function that has captured variables, and that no copy of the environment would have of its own."""
    for _, _, value in walk(roots):
        if type(value) is FunctionType and value.__closure__ and not is_importable(value):
            return f"the function {value.__qualname__}"
    return None


_LEAVES = frozenset({int, float, complex, bool, str, bytes, type(None), type, np.ndarray, ModuleType})


def _children(value: Any) -> Iterator[tuple[Any, Any]]:
    """The objects that an object holds, each with the step that leads to it."""
    kind = type(value)
    if kind in _LEAVES:
        return
    if isinstance(value, dict):
        yield from ((("i", key), child) for key, child in value.items())
    elif isinstance(value, (list, tuple)) or kind.__name__ == "deque":
        yield from ((("i", index), child) for index, child in enumerate(value))
    elif kind is MethodType:
        yield ("a", "__self__"), value.__self__
    elif kind is FunctionType:
        for index, cell in enumerate(value.__closure__ or ()):
            content = cell_content(cell)
            if content:
                yield ("c", index), content[0]
    elif kind.__name__ == "partial":
        yield from ((("a", name), getattr(value, name)) for name in ("func", "args", "keywords"))
    if not isinstance(value, (type, ModuleType)):
        yield from ((("a", name), child) for name, child in attributes_of(value).items())


def cell_content(cell: CellType) -> tuple[Any, ...]:
    """What a function has captured in a cell; () where that is not yet there."""
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


def find(roots: Sequence[Any], place: Place) -> Any:
    """What is at a place.

    Raises:
        LookupError: There is no such place.
    """
    value = roots[place[0]]
    for kind, key in place[1:]:
        if kind == "t":
            value = type(value)
        elif kind == "i":
            value = value[key]
        elif value is roots[place[0]] and key in SPACES:
            value = getattr(value, key)  # also one of its class
        elif kind == "c":
            value = value.__closure__[key].cell_contents
        else:
            attributes = attributes_of(value)
            if (
                key not in attributes
                and not isinstance(value, MethodType)
                and type(value).__name__ != "partial"
            ):
                raise LookupError(key)
            value = attributes[key] if key in attributes else getattr(value, key)
    return value
