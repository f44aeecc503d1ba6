"""Making environments for the bridge."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gymnasium
from gymnasium.envs.registration import EnvSpec, find_highest_version, load_env_creator, parse_env_id

from gogym.options import OwnOptions, split_make_options

if TYPE_CHECKING:
    from gogym.entry_point import EntryPoint

# gogym.creator, entry_point and legacy are imported where they are needed: a host's start waits for this module.


class Making:
    """How an environment is made: ``gymnasium.make(env_id, **options)`` with the options as JSON text.

    The id may also say where the code is, ``module:Class`` or ``path/to/file.py:Class``, as the option
    "entry_point" does. An id that Gymnasium knows is always Gymnasium's.

    Raises:
        OptionsError: The options are not acceptable.
    """

    def __init__(self, env_id: str, options: str | None) -> None:
        self._id = env_id
        self._options = options
        kwargs, own = split_make_options(options)
        self.render_mode: str | None = _render_mode(gymnasium.registry.get(env_id), kwargs)
        """The render mode of the options or of a registered id; None too where that is to be found out."""
        self.private = own.private
        """Whether attributes that begin with an underscore may be used."""
        self._wrappers: list[str] = []

    def make(self) -> gymnasium.Env[Any, Any]:
        """Make the environment; each call makes another one."""
        # Parsed anew: an environment may keep its arguments, and change them.
        kwargs, own = split_make_options(self._options)
        _prepare_rendering(self.render_mode)
        env = _make(self._id, kwargs, own)
        try:
            if own.wrappers:
                env = _wrap(env, own.wrappers)
            for wrappers in self._wrappers:
                env = wrap_environment(env, wrappers)
        except BaseException:
            env.close()
            raise
        return env

    def with_wrappers(self, wrappers: str) -> Making:
        """How the environment is made that has more wrappers, JSON as gym_wrap takes it."""
        making = Making(self._id, self._options)
        making._wrappers = [*self._wrappers, wrappers]
        return making


def _render_mode(spec: EnvSpec | None, kwargs: dict[str, Any]) -> Any:
    """The render mode of an environment, as gymnasium.make takes it from arguments and spec."""
    return (
        kwargs.get("render_mode")
        if "render_mode" in kwargs or spec is None
        else spec.kwargs.get("render_mode")
    )


def _prepare_rendering(render_mode: Any) -> None:
    if render_mode is not None:
        from gogym import render  # noqa: PLC0415

        render.prepare(render_mode)


def make_environment(env_id: str, options: str | None) -> gymnasium.Env[Any, Any]:
    """Make an environment: see :class:`Making`."""
    return Making(env_id, options).make()


def wrap_environment(env: gymnasium.Env[Any, Any], wrappers: str) -> gymnasium.Env[Any, Any]:
    """Put wrappers around an environment, JSON as gym_wrap takes it; what fails changes nothing."""
    from gogym.wrappers import parse  # noqa: PLC0415

    return _wrap(env, parse(wrappers))


def _wrap(env: gymnasium.Env[Any, Any], wrappers: Sequence[dict[str, Any]]) -> gymnasium.Env[Any, Any]:
    from gogym.wrappers import apply  # noqa: PLC0415

    return apply(env, wrappers)


def _make(env_id: str, kwargs: dict[str, Any], own: OwnOptions) -> gymnasium.Env[Any, Any]:
    if own.path or own.modules:
        from gogym import entry_point  # noqa: PLC0415

        entry_point.prepare(own.path, own.modules)
    if own.entry_point is not None:
        from gogym import entry_point  # noqa: PLC0415

        return _make_unregistered(entry_point.load(own.entry_point, own.path), env_id, kwargs, own.legacy)
    if ":" in env_id:
        return _make_by_place(env_id, kwargs, own)
    if env_id.startswith("ALE/"):
        import_ale()
    if own.modules and find_spec(env_id) is None:
        old = _find_gym_spec(env_id, own)
        if old is not None:
            return _make_gyms(old, kwargs)
    return _make_registered(env_id, kwargs, own.legacy)


def find_spec(name: str) -> EnvSpec | None:
    """The spec that Gymnasium would take for an id, be it without its version; None where it knows none."""
    if name in gymnasium.registry:
        return gymnasium.registry[name]
    try:
        namespace, base, version = parse_env_id(name)
    except gymnasium.error.Error:
        return None
    latest = find_highest_version(namespace, base) if version is None else None
    return None if latest is None else gymnasium.registry.get(f"{name}-v{latest}")


# ------------------------------------------------------------------------------------------- ids with a place


def _make_by_place(env_id: str, kwargs: dict[str, Any], own: OwnOptions) -> gymnasium.Env[Any, Any]:
    from gogym import entry_point  # noqa: PLC0415

    place, _, name = env_id.rpartition(":")
    try:
        module = entry_point.import_place(place, own.path)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if place != missing and not place.startswith(f"{missing}."):
            raise  # what the module itself imports is missing
        _raise_with_note(env_id, entry_point.missing_note(missing, place))
        raise
    # Gymnasium imports the module itself, but not a file.
    registered_id = name if entry_point.is_file(place) else env_id
    if find_spec(name) is not None:
        return _make_registered(registered_id, kwargs, own.legacy)
    found = entry_point.find(module, name) if entry_point.is_attribute(name) else None
    if found is not None:
        return _make_unregistered(found, found.name, kwargs, own.legacy)
    old = _find_gym_spec(name, own)
    if old is not None:
        return _make_gyms(old, kwargs)
    offer = entry_point.offer(module, name)
    _raise_with_note(
        registered_id, f"{entry_point.shown(module)} has no class or function of that name either. {offer}"
    )
    return gymnasium.make(registered_id, **kwargs)


def _raise_with_note(env_id: str, note: str) -> None:
    """Raise what Gymnasium raises for an id that it does not know, and say more."""
    try:
        gymnasium.make(env_id)
    except (gymnasium.error.Error, ModuleNotFoundError) as error:
        raise type(error)(f"{error} ({note})") from error


# ------------------------------------------------------------------------------------------- registered


def _make_registered(env_id: str, kwargs: dict[str, Any], legacy: bool | None) -> gymnasium.Env[Any, Any]:
    name = env_id.rpartition(":")[2]
    spec = find_spec(name)
    if spec is None:
        if name.startswith("ALE/") and "ale_py" not in sys.modules:
            from gogym.entry_point import missing_note  # noqa: PLC0415

            _raise_with_note(env_id, missing_note("ale_py"))
        return gymnasium.make(env_id, **kwargs)  # raises; Gymnasium knows the words
    _prepare_rendering(_render_mode(spec, kwargs))
    if legacy or (legacy is None and _is_certain_to_fail(spec)):
        return _make_adapted(spec, kwargs, legacy)
    try:
        return gymnasium.make(env_id, **kwargs)
    except TypeError as error:
        if legacy is not None or "gymnasium.Env" not in str(error):
            raise
        raise TypeError(
            f'{error} (One with the API of the old gym works with the option {{"gogym": {{"legacy": true}}}}.)'
        ) from error


def _is_certain_to_fail(spec: EnvSpec) -> bool:
    """Whether gymnasium.make, or the first reset that its wrappers pass on, must raise: the class has the old API."""
    try:
        creator = _loaded(spec)
    except Exception:  # noqa: BLE001  # Gymnasium will say it
        return False
    if not isinstance(creator, type):
        return False
    return not issubclass(creator, gymnasium.Env) or (spec.order_enforce and refuses_seed(creator))


def refuses_seed(cls: type[Any]) -> bool:
    """Whether the reset of a class cannot be called with ``seed`` and ``options``, as Gymnasium's wrappers do."""
    code = getattr(cls.reset, "__code__", None)
    if code is None or code.co_flags & inspect.CO_VARKEYWORDS:
        return False
    names = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
    return "seed" not in names or "options" not in names


# ------------------------------------------------------------------------------------------- by gogym's own means


def _make_adapted(spec: EnvSpec, kwargs: dict[str, Any], legacy: bool | None) -> gymnasium.Env[Any, Any]:
    from gogym.creator import Creator  # noqa: PLC0415

    create = _loaded(spec)
    if create is None:  # a vector environment only: Gymnasium will say it
        return gymnasium.make(spec, **kwargs)
    return gymnasium.make(replace(spec, entry_point=Creator(create, spec.id, legacy)), **kwargs)


def _loaded(spec: EnvSpec) -> Any:
    """The class or function that makes a registered environment."""
    return load_env_creator(spec.entry_point) if isinstance(spec.entry_point, str) else spec.entry_point


def _find_gym_spec(name: str, own: OwnOptions) -> Any:
    """Get the spec of an id that a package registered with the old gym; None where gym is not there or knows none."""
    if own.legacy is False:
        return None
    registry = getattr(sys.modules.get("gym.envs.registration"), "registry", None)
    specs = getattr(registry, "env_specs", registry)  # gym before 0.26 has a class around the dict
    return None if specs is None else specs.get(name)


def _make_gyms(old: Any, kwargs: dict[str, Any]) -> gymnasium.Env[Any, Any]:
    """Make what an id of the old gym names, with Gymnasium's wrappers in place of gym's, which fail on NumPy 2."""
    from gogym import entry_point  # noqa: PLC0415

    create = entry_point.load(old.entry_point).create if isinstance(old.entry_point, str) else old.entry_point
    own_kwargs = old.kwargs if hasattr(old, "kwargs") else old._kwargs
    kwargs = {"max_episode_steps": old.max_episode_steps, **own_kwargs, **kwargs}
    return _make_unregistered(entry_point.EntryPoint(create, old.id), old.id, kwargs, None)


def _make_unregistered(
    entry: EntryPoint, env_id: str, kwargs: dict[str, Any], legacy: bool | None
) -> gymnasium.Env[Any, Any]:
    """Make an environment that is not registered, with the wrappers that it would have if it were."""
    from gogym.creator import Creator  # noqa: PLC0415

    creator = Creator(entry.create, entry.name, legacy)
    kwargs = dict(kwargs)
    of_make = {
        name: kwargs.pop(name) for name in ("max_episode_steps", "disable_env_checker") if name in kwargs
    }
    # Not as arguments of make, which has parameters of its own: an environment may have one that is called "id".
    spec = EnvSpec(_spec_id(env_id, entry.name), entry_point=creator, kwargs=kwargs)
    env = gymnasium.make(spec, **of_make)
    made = env.unwrapped.spec
    if made is not None and entry.text is not None and not creator.adapts:
        # A text can be written as JSON, and Gymnasium can make the environment from it.
        made.entry_point = entry.text
    return env


def _spec_id(env_id: str, name: str) -> str:
    """The id that the host gave, or the class's name where Gymnasium could not take that for an id."""
    try:
        parse_env_id(env_id)
    except gymnasium.error.Error:
        return name
    return env_id


def import_ale() -> None:
    """Have ale-py register its environments, where it is installed: an id of its namespace can mean no other."""
    try:
        import ale_py  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        if error.name != "ale_py":
            raise
