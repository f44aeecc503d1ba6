"""Gymnasium's registry for the bridge: ids, specs, registration, plug-in modules, versions."""

from __future__ import annotations

import fnmatch
import numbers
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec, parse_env_id

import gogym
from gogym import entry_point
from gogym.make import find_spec, import_ale
from gogym.options import OptionsError, parse_object
from gogym.space import safe_repr, shown

_ALE = "ALE/"

_WILDCARDS = frozenset("*?[")

# Import names of what stands behind environments and wrappers, with the distributions that may bring each.
_PACKAGES: dict[str, tuple[str, ...]] = {
    "mujoco": ("mujoco",),
    "ale_py": ("ale-py",),
    "Box2D": ("box2d", "box2d-py", "box2d-kengz"),
    "pygame": ("pygame-ce", "pygame"),
    "moviepy": ("moviepy",),
    "imageio": ("imageio",),
    "av": ("av",),
    "cv2": (
        "opencv-python",
        "opencv-python-headless",
        "opencv-contrib-python",
        "opencv-contrib-python-headless",
    ),
    "PIL": ("pillow",),
    "matplotlib": ("matplotlib",),
    "glfw": ("glfw",),
    "OpenGL": ("pyopengl",),
    "jax": ("jax",),
    "torch": ("torch",),
    "array_api_compat": ("array-api-compat",),
    "shimmy": ("shimmy",),
    "gym": ("gym",),
    "gymnasium_robotics": ("gymnasium-robotics",),
    "minigrid": ("minigrid",),
    "highway_env": ("highway-env",),
    "dm_control": ("dm-control",),
    "pettingzoo": ("pettingzoo",),
    "envpool": ("envpool",),
    "ray": ("ray",),
}

_registering = threading.Lock()


def list_envs(pattern: str | None) -> list[str]:
    """List the registered ids in alphabetical order.

    ``pattern``: None for all, a shell pattern, or a text that the ids contain, in either case. One that begins with
    "ALE/" has ale-py register its environments first, as gym_make does for such ids.
    """
    if pattern is None:
        return sorted(gymnasium.registry)
    if pattern.upper().startswith(_ALE):
        import_ale()
    ids = sorted(gymnasium.registry)
    if _WILDCARDS.isdisjoint(pattern):
        wanted = pattern.casefold()
        return [env_id for env_id in ids if wanted in env_id.casefold()]
    return [env_id for env_id in ids if fnmatch.fnmatchcase(env_id, pattern)]


# ------------------------------------------------------------------------------------------- specs


def spec(env_id: str) -> dict[str, Any]:
    """Describe what an id means: :func:`spec_value` of the spec that ``gymnasium.make`` would take.

    ``module:Name-v0`` and ``path/to/file.py:Name-v0`` import the module or file first. Unknown ids raise Gymnasium's
    own errors, with its suggestions.
    """
    place, _, name = env_id.rpartition(":")
    module = entry_point.import_place(place) if place else None
    if name.startswith(_ALE):
        import_ale()
    found = find_spec(name)
    return spec_value(missing_spec(name, module) if found is None else found)


def missing_spec(name: str, module: ModuleType | None) -> EnvSpec:
    """Raise what Gymnasium raises for an id that it does not know, and say what there is."""
    try:
        return gymnasium.spec(name)
    except gymnasium.error.Error as error:
        note = ""
        if module is not None:
            note = f"{entry_point.shown(module)} has registered no such id. {entry_point.offer(module, name)}"
        elif name.startswith(_ALE) and "ale_py" not in sys.modules:
            note = entry_point.missing_note("ale_py")
        if not note:
            raise
        raise type(error)(f"{error} ({note})") from error


def spec_value(spec: EnvSpec) -> dict[str, Any]:
    """Describe a spec as a dict: the keys that gym_spec in ``gogym.h`` lists. Nested values stay what they are."""
    return {
        "id": spec.id,
        "namespace": spec.namespace,
        "name": spec.name,
        "version": spec.version,
        "versions": _versions_of(spec),
        "entry_point": _place(spec.entry_point),
        "reward_threshold": spec.reward_threshold,
        "nondeterministic": spec.nondeterministic,
        "max_episode_steps": spec.max_episode_steps,
        "order_enforce": spec.order_enforce,
        "disable_env_checker": spec.disable_env_checker,
        "kwargs": dict(spec.kwargs),
        "additional_wrappers": [
            {"name": wrapper.name, "entry_point": _place(wrapper.entry_point), "kwargs": wrapper.kwargs}
            for wrapper in spec.additional_wrappers
        ],
        "vector_entry_point": _place(spec.vector_entry_point),
    }


def _versions_of(spec: EnvSpec) -> list[int]:
    family = (spec.namespace, spec.name)
    registered = list(gymnasium.registry.values())
    return sorted(
        other.version
        for other in registered
        if (other.namespace, other.name) == family and other.version is not None
    )


def _place(creator: Any) -> str | None:
    """Where an entry point is, as text."""
    if creator is None:
        return None
    if isinstance(creator, str):
        return entry_point.with_paths(creator)
    module, name = getattr(creator, "__module__", None), getattr(creator, "__qualname__", None)
    return entry_point.with_paths(f"{module}:{name}") if module and name else safe_repr(creator)


# ------------------------------------------------------------------------------------------- registration


def register_env(env_id: str, options: str | None) -> None:
    """Register an environment: ``gymnasium.register(env_id, **options)``, with the options as JSON text.

    Entry points may also lie in files, ``path/to/file.py:Class``. They are imported at once, so that what is wrong with
    them is said here. An id that is taken is an error, where Gymnasium would only warn and replace what it means.

    Raises:
        gymnasium.error.RegistrationError: The id is malformed or taken, or there is no such entry point.
    """
    keywords = _register_options(options)
    for name in ("entry_point", "vector_entry_point"):
        if keywords.get(name) is not None:
            keywords[name] = _load(env_id, keywords[name])
    with _registering:
        _check_id(env_id)
        try:
            gymnasium.register(env_id, **keywords)
        except ValueError as error:
            raise gymnasium.error.RegistrationError(
                f'{env_id} cannot be registered: {error}; for example {{"entry_point": "module:Class"}}'
            ) from error


def _check_id(env_id: str) -> None:
    try:
        namespace, name, version = parse_env_id(env_id)
    except gymnasium.error.Error as error:
        raise gymnasium.error.RegistrationError(str(error)) from error
    taken = gymnasium.registry.get(env_id)
    if taken is not None:
        free = max([version or 0, *_versions_of(taken)]) + 1
        other = f"{namespace}/{name}" if namespace else name
        other += f"-v{free}" if version is not None else "2"
        raise gymnasium.error.RegistrationError(
            f"{env_id} is registered already, for {_place(taken.entry_point)}: choose an id that is not, "
            f"for example {other}"
        )


def _load(env_id: str, place: str) -> Any:
    """Import what an entry point names; give Gymnasium a text where it could import that itself."""
    try:
        found = entry_point.load(place)
    except ImportError as error:
        raise gymnasium.error.RegistrationError(f"{env_id} cannot be registered: {error}") from error
    return found.text or found.create


def _register_options(options: str | None) -> dict[str, Any]:
    keywords = {} if options is None else parse_object(options, "options of gym_register_env")
    for name, value in keywords.items():
        if name == "additional_wrappers":
            raise OptionsError(
                'the options of gym_register_env: "additional_wrappers" cannot be given here; wrappers are options of '
                'gym_make: {"gogym": {"wrappers": [...]}}'
            )
        if name not in _OPTIONS:
            known = ", ".join(sorted(_OPTIONS))
            raise OptionsError(f'the options of gym_register_env: unknown option "{name}" (known: {known})')
        accepts, expected = _OPTIONS[name]
        if not accepts(value):
            raise OptionsError(
                f'the options of gym_register_env: "{name}" must be {expected}, not {shown(value)}'
            )
    return keywords


def _is_place(value: Any) -> bool:
    place, _, name = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    return value is None or bool(place and name)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_threshold(value: Any) -> bool:
    return value is None or (isinstance(value, numbers.Real) and not isinstance(value, bool))


def _is_count(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0)


def _is_keywords(value: Any) -> bool:
    return value is None or (isinstance(value, dict) and all(isinstance(key, str) for key in value))


_PLACE = (_is_place, 'a text such as "module:Class" or "path/to/file.py:Class", or null')
_BOOL = (_is_bool, "true or false")
_OPTIONS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "entry_point": _PLACE,
    "vector_entry_point": _PLACE,
    "reward_threshold": (_is_threshold, "a number or null"),
    "nondeterministic": _BOOL,
    "max_episode_steps": (_is_count, "a whole number above 0, or null"),
    "order_enforce": _BOOL,
    "disable_env_checker": _BOOL,
    "kwargs": (_is_keywords, "an object of keyword arguments, or null"),
}


# ------------------------------------------------------------------------------------------- modules


def import_module(name: str) -> None:
    """Import a module, or a file ``path/to/file.py``, for example one that registers environments."""
    entry_point.prepare((), (name,))


def versions() -> dict[str, str]:
    """Name the versions of what runs, and of the installed packages behind environments and wrappers."""
    import platform  # noqa: PLC0415

    found = {
        "gogym": gogym.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "gymnasium": gymnasium.__version__,
    }
    for package, distributions in _PACKAGES.items():
        version = next(filter(None, map(_version_of, distributions)), None)
        if version is not None:
            found[package] = version
    return found


def _version_of(distribution: str) -> str | None:
    from importlib import metadata  # noqa: PLC0415

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
