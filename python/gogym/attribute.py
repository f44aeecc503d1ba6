"""Attributes and methods of an environment by a path such as ``"unwrapped.data.qpos"``.

The first part of a path is looked for as Gymnasium's ``get_wrapper_attr`` does: in the outermost wrapper, then in the
next one, down to the environment itself. The other parts are attributes of what came before. Parts that begin with an
underscore are private, and are an error without the option for them, as names for ``get_wrapper_attr`` too.
"""

from __future__ import annotations

import contextlib
import difflib
import inspect
import unicodedata
from collections.abc import Callable, Iterable
from functools import partial
from types import MemberDescriptorType
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec

from gogym.element import numbers_of
from gogym.errors import AttributeAccessError
from gogym.options import OptionsError, parse_json
from gogym.registry import spec_value
from gogym.space import class_name, shown

Env = gymnasium.Env[Any, Any]

_POSITIONAL = "*"
"""The key of positional arguments beside keyword arguments."""

_TAKE_NAMES = ("get_wrapper_attr", "set_wrapper_attr", "has_wrapper_attr")
"""Gymnasium's methods that reach attributes by a name, their first argument."""

_ABSENT = object()


def has(env: Env, path: str, private: bool) -> bool:
    """Whether there is an attribute of that path.

    As in Python's ``hasattr``, one whose own code raises AttributeError is not there; any other exception is raised.
    """
    first, *others = _parts(path, private)
    if not env.has_wrapper_attr(first):
        return False
    if not others:
        return True
    try:
        value = env.get_wrapper_attr(first)
        for part in others:
            value = getattr(value, part)
    except AttributeError:
        return False
    return True


def get(env: Env, path: str, private: bool) -> Any:
    """Get the value of an attribute; of an EnvSpec its plain form."""
    return _plain(_resolve(env, _parts(path, private)))


def assign(env: Env, path: str, value_json: str, private: bool) -> None:
    """Set an attribute to a value written as JSON.

    A path of one part is set as Gymnasium's ``set_wrapper_attr`` does: in the outermost wrapper that has it, else in
    the outermost of all. A list becomes an array where the attribute is an array now, and the list holds numbers of
    its shape that its dtype can hold; anything else stays what the JSON says.
    """
    *parents, name = _parts(path, private)
    value = parse_json(value_json, "value")
    if not parents:
        env.set_wrapper_attr(name, _fitted(value, env.get_wrapper_attr, name), force=True)
        return
    parent = _resolve(env, parents)
    setattr(parent, name, _fitted(value, partial(getattr, parent), name))


def call(env: Env, path: str, arguments_json: str | None, private: bool) -> Any:
    """Call a method, or anything else that can be called, with arguments written as JSON.

    ``arguments_json``: an array of positional arguments, or an object of keyword arguments, whose key ``"*"`` is an
    array of positional ones; None for none.
    """
    parts = _parts(path, private)
    positional, keywords = parse_arguments(arguments_json)
    if parts[-1] in _TAKE_NAMES and not private:
        name = positional[0] if positional else keywords.get("name")
        if isinstance(name, str) and name.startswith("_"):
            raise AttributeAccessError(_is_private(name, f"in the arguments of {shown(path)}"))
    function = _resolve(env, parts)
    if not callable(function):
        raise AttributeAccessError(
            f"{path!r} is {shown(function)} ({class_name(type(function))}), which cannot be called: "
            "read it with gym_get_attr"
        )
    return _plain(function(*positional, **keywords))


def _plain(value: Any) -> Any:
    return spec_value(value) if isinstance(value, EnvSpec) else value


# ------------------------------------------------------------------------------------------- paths


def _parts(path: str, private: bool) -> list[str]:
    """Take a path apart; names are normalized as Python does with those in its source."""
    parts = [unicodedata.normalize("NFKC", part) for part in path.split(".")]
    for part in parts:
        if not part.isidentifier():
            shape = 'a path is names with dots between them, such as "unwrapped.data.qpos"'
            what = f"{part!r} is no name" if part else "a name is empty" if path else "it is empty"
            raise AttributeAccessError(f"the path {shown(path)} is malformed: {what} ({shape})")
        if part.startswith("_") and not private:
            raise AttributeAccessError(_is_private(part, f"in the path {shown(path)}"))
    return parts


def _is_private(name: str, place: str) -> str:
    return (
        f'{shown(name)} {place} is private: make the environment with {{"gogym": {{"private": true}}}} to reach names '
        "that begin with an underscore"
    )


def _resolve(env: Env, parts: list[str]) -> Any:
    value = _find(env, parts[0])
    for index, part in enumerate(parts[1:], start=1):
        value = _attribute(value, part, parts[:index])
    return value


def _attribute(value: Any, name: str, path: list[str]) -> Any:
    """Get an attribute of what stands at a path."""
    try:
        return getattr(value, name)
    except AttributeError as error:
        if _exists(value, name):
            raise  # its own code failed
        owner = f"{'.'.join(path)!r} ({class_name(type(value))})"
        raise AttributeAccessError(f"{owner} has no attribute {name!r}.{_offer(name, [value])}") from error


def _find(env: Env, name: str) -> Any:
    """Get the first part of a path."""
    try:
        return env.get_wrapper_attr(name)
    except AttributeError as error:
        layers = list(_layers(env))
        owner = next((layer for layer in layers if _exists(layer, name)), None)
        if owner is None:
            names = ", ".join(type(layer).__name__ for layer in layers)
            raise AttributeAccessError(
                f"the environment has no attribute {name!r} (looked for in {names}).{_offer(name, layers)}"
            ) from error
    # A wrapper has it, and its own code raised AttributeError, which Gymnasium takes for a sign to go on looking.
    return getattr(owner, name)


def _layers(env: Any) -> Iterable[Any]:
    """Give the wrappers from the outside in, and the environment."""
    while True:
        yield env
        if not isinstance(env, gymnasium.Wrapper):
            return
        env = env.env


def _exists(value: Any, name: str) -> bool:
    """Whether an attribute is there, though reading it raised AttributeError; a slot without a value is not."""
    found = inspect.getattr_static(value, name, _ABSENT)
    return found is not _ABSENT and not isinstance(found, MemberDescriptorType)


def _offer(name: str, owners: Iterable[Any]) -> str:
    """Name the public attributes that are called nearly so."""
    known: set[str] = set()
    for owner in owners:
        with contextlib.suppress(Exception):  # __dir__ is foreign code
            known.update(entry for entry in dir(owner) if not entry.startswith("_"))
    close = difflib.get_close_matches(name, sorted(known), n=3)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""


# ------------------------------------------------------------------------------------------- what goes in


def _fitted(value: Any, read: Callable[[str], Any], name: str) -> Any:
    """Make an array of a list that is to take the place of an array, where nothing is lost by it."""
    if not isinstance(value, list):
        return value
    present = None
    with contextlib.suppress(Exception):  # what cannot be read may well be set
        present = read(name)
    if type(present) is not np.ndarray or present.dtype.kind not in "biuf":
        return value
    try:
        array = numbers_of(value, present.dtype, "value")
    except Exception:  # noqa: BLE001  # it says what does not fit, but a list may be what is wanted
        return value
    return array if array.shape == present.shape else value


def parse_arguments(text: str | None) -> tuple[list[Any], dict[str, Any]]:
    """Parse the arguments of a call: positional ones, and those with names."""
    if text is None:
        return [], {}
    value = parse_json(text, "arguments of gym_call")
    if isinstance(value, (list, tuple)):
        return list(value), {}
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise OptionsError(
            "the arguments of gym_call must be a JSON array of positional arguments, or an object of keyword "
            f"arguments, not {shown(value)}"
        )
    positional = value.pop(_POSITIONAL, [])
    if not isinstance(positional, (list, tuple)):
        raise OptionsError(
            f'the arguments of gym_call: "{_POSITIONAL}" holds the positional arguments and must be an array, '
            f"not {shown(positional)}"
        )
    return list(positional), value
