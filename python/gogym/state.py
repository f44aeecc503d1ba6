"""Snapshots: the state of an environment as bytes, put back, and cloned.

A state begins with a header that says what it is of: the classes of all layers, the spec, versions. It is compared
before anything else is looked at; the rest is a pickle (see :mod:`gogym.state_graph`). Nothing of the environment is
changed before all of it has been read.
"""

from __future__ import annotations

import copy
import hashlib
import json
import struct
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

import gymnasium
import numpy as np

import gogym
from gogym import state_graph, state_made, state_place
from gogym.errors import StateError

# What belongs to one family of environments is imported where it is needed: the family may not be installed.

_MAGIC = b"GOGYMST\x01"
_HEADER = struct.Struct("<8sIQ16s")
"""Magic with the format's version, length of the description (UTF-8 JSON), length of the pickle, checksum of both."""


class Journal(Protocol):
    """Sees what happens to an environment whose state cannot be read in full."""

    @property
    def left_out(self) -> frozenset[str]:
        """The attributes of the environment that a state does not contain."""

    def invalidate(self, reason: str) -> None:
        """Take note of a change from outside; `reason` completes "the state cannot be saved, because"."""

    def save(self) -> Any:
        """What a state must contain for `repeat`."""

    def repeat(self, saved: Any) -> None:
        """Do again what cannot be copied, before everything else is loaded."""

    def loaded(self, saved: Any) -> None:
        """Go on from what has been loaded."""


def journal_for(env: gymnasium.Env[Any, Any]) -> Journal | None:
    """Prepare an environment that has just been made for snapshots.

    Returns:
        A journal where the state cannot be read in full (Box2D, and Atari with actions that are repeated at random),
        to be handed to the other functions, and told of changes; the same one if called again. None for any other.
    """
    unwrapped = env.unwrapped
    for layer in state_place.layers(env):
        state_made.arguments(layer)
    if "mujoco" in sys.modules and hasattr(unwrapped, "model"):
        from gogym import state_mujoco  # noqa: PLC0415

        state_mujoco.remember(env)
    if type(unwrapped).__module__.startswith("gymnasium.envs.box2d."):
        from gogym import state_box2d  # noqa: PLC0415

        return state_box2d.journal_for(env)
    if _is_atari(unwrapped):
        from gogym import state_ale  # noqa: PLC0415

        return state_ale.journal_for(unwrapped)
    return None


def save(env: gymnasium.Env[Any, Any], last: tuple[Any, Any], journal: Journal | None) -> bytes:
    """The state of an environment.

    Args:
        env: The environment.
        last: The last observation and info.
        journal: What `journal_for` returned.

    Raises:
        StateError: Something cannot be saved; the message names it.
    """
    roots = state_place.layers(env)
    state_made.make_generators(roots)
    unwrapped = env.unwrapped
    screen = None
    if _is_atari(unwrapped):
        from gogym import state_ale  # noqa: PLC0415

        state_ale.check(unwrapped, journal)
        screen = state_ale.save_screen(unwrapped)
    left_out = frozenset() if journal is None else journal.left_out
    description = _description(env, roots)
    contents: list[Any] = []
    views: dict[tuple[int, str], Any] = {}
    for number, root in enumerate(roots):
        if root is unwrapped and _saves_itself(unwrapped):
            own_spaces = {
                name: vars(unwrapped)[name] for name in state_place.SPACES if name in vars(unwrapped)
            }
            contents.append(("itself", (_call_own(unwrapped, "gogym_save_state"), own_spaces)))
            continue
        content, seen = state_place.content_of(root, left_out if root is unwrapped else frozenset())
        contents.append(("attributes", content))
        views.update({(number, name): _save_view(view) for name, view in seen.items()})
    replay = None if journal is None else journal.save()
    further = {"the observation": last[0], "the info": last[1]}
    class_spaces = [state_place.class_spaces(root) for root in roots]
    pickled = state_graph.dump(roots, (contents, class_spaces, last, views, replay, screen), further)
    checksum = _checksum(description, pickled)
    return _HEADER.pack(_MAGIC, len(description), len(pickled), checksum) + description + pickled


def load(env: gymnasium.Env[Any, Any], state: bytes, journal: Journal | None) -> tuple[Any, Any]:
    """Put an environment into a saved state.

    Args:
        env: The environment that was saved, or one that was made in the same way.
        state: What `save` returned.
        journal: What `journal_for` returned for this environment.

    Returns:
        The last observation and info of then.

    Raises:
        StateError: The state is damaged or of something else; nothing has changed.
    """
    roots = state_place.layers(env)
    loader = state_graph.Loader(_checked(state, _description(env, roots)), roots)
    try:
        contents, class_spaces, last, views, replay, screen = loader.load()
    except StateError:
        raise
    except Exception as error:
        raise StateError(f"the state cannot be loaded: {type(error).__name__}: {error}") from error
    if (replay is None) != (journal is None):
        raise StateError(
            "the state cannot be loaded: it is of an environment that was watched in another way"
        )
    unwrapped = env.unwrapped
    if replay is not None and journal is not None:
        journal.repeat(replay)
    for root, (how, content) in zip(roots, contents, strict=True):
        if how == "itself":
            _call_own(root, "gogym_load_state", content[0])
    _commit(loader)
    for number, (root, (how, content)) in enumerate(zip(roots, contents, strict=True)):
        if how == "itself":
            vars(root).update(content[1])
            continue
        kept = {name for of, name in views if of == number}.union(class_spaces[number])
        if journal is not None and root is unwrapped:
            kept |= journal.left_out
        state_place.replace_content(root, content, kept)
    for (number, name), view in views.items():
        _load_view(state_place.attributes_of(roots[number]).get(name), view)
    if _is_atari(unwrapped):
        from gogym import state_ale  # noqa: PLC0415

        state_ale.load_screen(unwrapped, screen)
    if journal is not None:
        journal.loaded(replay)
    return last[0], last[1]


def clone(
    env: gymnasium.Env[Any, Any],
    state: bytes,
    journal: Journal | None,  # noqa: ARG001  # as in the other functions
    make: Callable[[], gymnasium.Env[Any, Any]] | None,
) -> tuple[gymnasium.Env[Any, Any], tuple[Any, Any], Journal | None]:
    """Make a second environment in the same state.

    Args:
        env: The environment.
        state: What `save` has just returned for it.
        journal: What `journal_for` returned for it.
        make: Makes another one like it, with all wrappers; None where nobody knows how, and it has to be copied.

    Returns:
        The new environment, its last observation and info, and its journal.

    Raises:
        StateError: It cannot be copied, or not be put into the state.
    """
    other = _copied(env) if make is None else make()
    try:
        originals, layers = state_place.layers(env), state_place.layers(other)
        state_made.separate_spaces(layers, originals)
        if [*map(type, layers)] == [*map(type, originals)] and make is None:
            state_made.take_over(layers, originals)
        other_journal = journal_for(other)
        try:
            last = load(other, state, other_journal)
        except state_graph.NotThereError:  # a function or class that reset makes
            _reset(other)
            last = load(other, state, other_journal)
    except BaseException:
        other.close()
        raise
    return other, last, other_journal


def _reset(env: gymnasium.Env[Any, Any]) -> None:
    try:
        env.reset()
    except Exception as error:
        raise StateError(
            f"the environment cannot be cloned: reset of the new one: {type(error).__name__}: {error}"
        ) from error


def _copied(env: gymnasium.Env[Any, Any]) -> gymnasium.Env[Any, Any]:
    """A copy of an environment, whose state may be any."""
    shared = state_place.captures(state_place.layers(env))
    if shared is not None:
        raise StateError(
            f"the environment cannot be cloned: how to make another is not known, and a copy would share {shared}"
        )
    try:
        other = copy.deepcopy(env)
    except Exception as error:
        raise StateError(f"the environment cannot be cloned: {type(error).__name__}: {error}") from error
    if other.unwrapped.spec is None:  # one that copies itself by being constructed again
        other.unwrapped.spec = copy.deepcopy(env.unwrapped.spec)
    return other


# ------------------------------------------------------------------------------------------- environments that know how


def _saves_itself(unwrapped: Any) -> bool:
    return all(callable(getattr(unwrapped, name, None)) for name in ("gogym_save_state", "gogym_load_state"))


def _call_own(unwrapped: Any, name: str, *arguments: Any) -> Any:
    try:
        return getattr(unwrapped, name)(*arguments)
    except StateError:
        raise
    except Exception as error:
        what = "saved" if name == "gogym_save_state" else "loaded"
        raise StateError(f"the state cannot be {what}: {name} of the environment: {error}") from error


# ------------------------------------------------------------------------------------------- layers


def _commit(loader: state_graph.Loader) -> None:
    try:
        loader.commit()
    except StateError:
        raise
    except Exception as error:
        raise StateError(
            f"the state cannot be loaded: {error}. The environment is neither here nor there; reset it"
        ) from error


def _save_view(view: Any) -> Any:
    if type(view).__name__ != "MujocoRenderer":
        return None
    from gogym import state_mujoco  # noqa: PLC0415

    return state_mujoco.save_cameras(view)


def _load_view(live: Any, saved: Any) -> None:
    if saved is not None and type(live).__name__ == "MujocoRenderer":
        from gogym import state_mujoco  # noqa: PLC0415

        state_mujoco.load_cameras(live, saved)


def _is_atari(unwrapped: Any) -> bool:
    return any(base.__module__ == "ale_py.env" for base in type(unwrapped).__mro__)


# ------------------------------------------------------------------------------------------- the header


def _description(env: gymnasium.Env[Any, Any], roots: list[Any]) -> bytes:
    """What a state is of, so far as it must be the same where it is loaded."""
    unwrapped = env.unwrapped
    spec = unwrapped.spec
    packages = {
        type(value).__module__.partition(".")[0] for value in state_place.attributes_of(unwrapped).values()
    }
    description = {
        "wrappers": [f"{type(root).__module__}.{type(root).__qualname__}" for root in roots],
        "id": None if spec is None else spec.id,
        "arguments": _arguments(roots),
        "render_mode": env.render_mode,
        "observation_space": state_place.described(env.observation_space),
        "versions": _versions(frozenset(packages & {"mujoco", "ale_py", "Box2D"})),
    }
    return json.dumps(description).encode()


@lru_cache(maxsize=16)
def _versions(packages: frozenset[str]) -> dict[str, str]:
    versions = {
        "gogym": gogym.__version__,
        "python": ".".join(map(str, sys.version_info[:2])),
        "numpy": np.__version__,
        "gymnasium": gymnasium.__version__,
    }
    for package in sorted(packages):
        versions[package] = str(getattr(sys.modules.get(package), "__version__", "?"))
    return versions


def _checksum(description: bytes, pickled: bytes) -> bytes:
    digest = hashlib.blake2b(description, digest_size=16)
    digest.update(pickled)
    return digest.digest()


def _checked(state: bytes, description: bytes) -> bytes:
    """The pickle in a state, if it is whole and of the environment that is described."""
    refused = "the state cannot be loaded: "
    if len(state) < _HEADER.size or not state.startswith(_MAGIC[:-1]):
        raise StateError(f"{refused}these {len(state)} bytes are no state of gogym")
    magic, described, length, checksum = _HEADER.unpack_from(state)
    if magic != _MAGIC:
        raise StateError(f"{refused}it has the format {magic[-1]}; this version of gogym reads {_MAGIC[-1]}")
    if len(state) != _HEADER.size + described + length:
        raise StateError(
            f"{refused}it is damaged: {len(state)} bytes, of {_HEADER.size + described + length} that it had"
        )
    theirs = state[_HEADER.size : _HEADER.size + described]
    pickled = state[_HEADER.size + described :]
    if _checksum(theirs, pickled) != checksum:
        raise StateError(f"{refused}it is damaged: its checksum is wrong")
    if theirs != description:
        raise StateError(f"{refused}{_difference(json.loads(theirs), json.loads(description))}")
    return pickled


def _difference(theirs: dict[str, Any], ours: dict[str, Any]) -> str:
    """Say in which part two descriptions are not the same."""
    name = next(name for name in ours if theirs.get(name) != ours[name])
    a, b = theirs.get(name), ours[name]
    if name == "arguments" and isinstance(a, dict):
        name = next(name for name in (*b, *a) if a.get(name) != b.get(name))
        a, b = _short(a.get(name, "not given")), _short(b.get(name, "not given"))
    else:
        a, b = _short(json.dumps(a)), _short(json.dumps(b))
    return f"it is of another environment, or of one that was made in another way: its {name} is {a}, and here it is {b}"


def _arguments(roots: list[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    named = list(zip(range(len(roots)), roots, state_place.layer_names(roots), strict=True))
    for number, root, layer in reversed(named):  # the environment's own first
        of = f" of {layer} (wrapper {number})" if isinstance(root, gymnasium.Wrapper) else ""
        what = "argument" if of else "option"
        found.update((f"{what} {name}{of}", value) for name, value in state_made.arguments(root).items())
    return found


def _short(text: str) -> str:
    return text if len(text) <= 400 else f"{text[:200]} ... {text[-195:]}"
