"""Vector environments that Python steps all at once: Gymnasium's, a user's, EnvPool's.

Everything here is what happens rarely: making, resetting, and what is asked for about a step that was done.
"""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec, load_env_creator
from gymnasium.error import DependencyNotInstalled
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv

from gogym import attribute, entry_point, render
from gogym.errors import AttributeAccessError, RenderError, UnsupportedError
from gogym.make import find_spec, import_ale
from gogym.options import OptionsError, OwnOptions, split_make_options
from gogym.registry import missing_spec
from gogym.space import class_name, shown
from gogym.vector import Plan, call_or_get
from gogym.wrappers import to_numpy

if TYPE_CHECKING:
    from gogym.vector_envpool import EnvPoolVectorEnv

AnyVectorEnv = VectorEnv[Any, Any, Any]

_MODES = {
    "next_step": AutoresetMode.NEXT_STEP,
    "same_step": AutoresetMode.SAME_STEP,
    "disabled": AutoresetMode.DISABLED,
}
_NAMES = {mode: name for name, mode in _MODES.items()}

_GIVEN = ("num_envs", "vectorization_mode", "vector_kwargs", "env_type", "env_fns")
"""Arguments of vector environments that gym_vec_make itself gives."""


# ------------------------------------------------------------------------------------------- making


def make(plan: Plan) -> AnyVectorEnv:
    """Make the vector environment of a part, with its wrappers.

    Raises:
        UnsupportedError: The environment cannot do what was asked for.
    """
    engine = plan.options.engine
    create = {"vector": _make_vector, "envpool": _make_envpool}.get(engine, _make_sync)
    env = create(plan)
    try:
        if plan.options.vector_wrappers:
            from gogym import vector_wrappers  # noqa: PLC0415

            env = vector_wrappers.apply(env, plan.options.vector_wrappers)
        _check(env, plan)
    except BaseException:
        env.close()
        raise
    return env


def _check(env: AnyVectorEnv, plan: Plan) -> None:
    if env.num_envs != plan.count:
        raise UnsupportedError(f"{plan.id} has made {env.num_envs} environments; {plan.count} were asked for")
    mode = autoreset_mode(env)
    if mode != plan.options.autoreset_mode:
        raise UnsupportedError(
            f'the vector environment {shown(env)} begins episodes anew as "{mode}" says, and cannot do it as '
            f'"{plan.options.autoreset_mode}"; the engines "process" and "sync" do both'
        )


def autoreset_mode(env: AnyVectorEnv) -> str:
    """How a vector environment begins episodes anew; one that does not say does it as Gymnasium's default is."""
    mode = (env.metadata or {}).get("autoreset_mode", AutoresetMode.NEXT_STEP)
    try:
        return _NAMES[AutoresetMode(mode)]
    except ValueError:
        raise UnsupportedError(
            f'the metadata of {shown(env)} has "autoreset_mode": {shown(mode)}; it is one of '
            f"{', '.join(map(str, AutoresetMode))}"
        ) from None


def _make_sync(plan: Plan) -> AnyVectorEnv:
    """Gymnasium's SyncVectorEnv, for vector wrappers to be put around."""
    makers = [plan.making(row).make for row in range(plan.count)]
    return SyncVectorEnv(makers, autoreset_mode=_MODES[plan.options.autoreset_mode])


def _make_vector(plan: Plan) -> AnyVectorEnv:
    """The vector environment that an id is registered with, or that stands in a user's module."""
    kwargs, own = _arguments(plan)
    mode = _MODES[plan.options.autoreset_mode]
    entry_point.prepare(own.path, own.modules)
    if own.entry_point is not None:
        return _make_unregistered(entry_point.load(own.entry_point, own.path), plan, kwargs, mode)
    place, _, name = plan.id.rpartition(":")
    module = entry_point.import_place(place, own.path) if place else None
    if name.startswith("ALE/"):
        import_ale()
    spec = find_spec(name)
    if spec is None:
        found = entry_point.find(module, name) if module and entry_point.is_attribute(name) else None
        if found is not None:
            return _make_unregistered(found, plan, kwargs, mode)
        spec = missing_spec(name, module)  # raises
    _check_spec(spec)
    render.prepare(kwargs.get("render_mode", spec.kwargs.get("render_mode")))
    creator = spec.vector_entry_point
    _pass_mode(load_env_creator(creator) if isinstance(creator, str) else creator, kwargs, mode)
    return gymnasium.make_vec(name, plan.count, "vector_entry_point", **kwargs)


def _check_spec(spec: EnvSpec) -> None:
    if spec.vector_entry_point is None:
        others = [known.id for known in gymnasium.registry.values() if known.vector_entry_point is not None]
        some = ", ".join(others[:4]) + (", ..." if len(others) > 4 else "")
        raise UnsupportedError(
            f'{spec.id} is registered without a vector environment of its own, which is what the engine "vector" '
            f'makes; the engines "process" and "sync" work with it (with a vector environment: {some})'
        )


def _make_unregistered(
    found: entry_point.EntryPoint, plan: Plan, kwargs: dict[str, Any], mode: AutoresetMode
) -> AnyVectorEnv:
    render.prepare(kwargs.get("render_mode"))
    _pass_mode(found.create, kwargs, mode)
    made = found.create(num_envs=plan.count, **kwargs)
    if not isinstance(made, VectorEnv):
        raise UnsupportedError(
            f"{found.name} has made {shown(made)} ({class_name(type(made))}), which is no gymnasium.vector.VectorEnv, "
            'as the engine "vector" needs one; the engines "process" and "sync" take single environments'
        )
    return made


def _pass_mode(create: Any, kwargs: dict[str, Any], mode: AutoresetMode) -> None:
    """Tell the vector environment the autoreset mode, if it has an argument for it."""
    try:
        parameters = inspect.signature(create).parameters
    except (TypeError, ValueError):
        return
    if "autoreset_mode" in parameters:
        kwargs.setdefault("autoreset_mode", mode)


def _arguments(plan: Plan) -> tuple[dict[str, Any], OwnOptions]:
    """The arguments of a vector environment that makes all its environments itself, and gogym's own options."""
    engine = plan.options.engine
    kwargs, own = split_make_options(plan.make_options)
    if own.wrappers:
        raise UnsupportedError(
            f'the engine "{engine}" has no single environments that the option "wrappers" could be put around; '
            '"vector_wrappers" are put around the whole'
        )
    kwargs.update(plan.options.vector_options)
    for name in _GIVEN:
        if name in kwargs:
            raise OptionsError(
                f'the option "{name}" is not for the engine "{engine}": gym_vec_make itself says what it is'
            )
    return kwargs, own


# ------------------------------------------------------------------------------------------- EnvPool


def _make_envpool(plan: Plan) -> EnvPoolVectorEnv:
    kwargs, own = _arguments(plan)
    if plan.options.autoreset_mode != "next_step":
        raise UnsupportedError(
            f'EnvPool begins episodes anew as "next_step" says, and cannot do it as "{plan.options.autoreset_mode}"; '
            'the engines "process" and "sync" do both'
        )
    entry_point.prepare(own.path, own.modules)
    try:
        import envpool  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "envpool":
            raise
        raise DependencyNotInstalled(
            'the engine "envpool" needs the package envpool, which is not installed: run '
            f"{sys.executable} -m pip install envpool, or pip install '.[envpool]' in a checkout of gogym (it is made "
            "for Python 3.11 and newer)"
        ) from error
    known = envpool.list_all_envs()
    if plan.id not in known:
        close = difflib.get_close_matches(plan.id.rpartition("/")[2], known, n=3)
        offer = f"Did you mean {' or '.join(close)}?" if close else "envpool.list_all_envs() names all."
        raise gymnasium.error.NameNotFound(f"EnvPool has no environment {plan.id!r}. {offer}")
    render.prepare(kwargs.get("render_mode"))
    from gogym.vector_envpool import EnvPoolVectorEnv  # noqa: PLC0415

    return EnvPoolVectorEnv(plan.id, plan.count, plan.first, kwargs)


# ------------------------------------------------------------------------------------------- resets


def reset_arguments(
    env: AnyVectorEnv,
    seeds: Sequence[int],
    chosen: np.ndarray[Any, Any] | None,
    options: dict[str, Any] | None,
) -> dict[str, Any]:
    """The arguments of a vector environment's reset.

    Args:
        env: The vector environment.
        seeds: For each environment, -1 for none.
        chosen: Which are to be reset, None for all.
        options: Those of gym_vec_reset.

    Raises:
        UnsupportedError: The environment cannot do that.
    """
    arguments: dict[str, Any] = {}
    if chosen is not None:
        _check_mask(env)
        options = {**(options or {}), "reset_mask": chosen}
    if options is not None:
        arguments["options"] = options
    wanted = [index for index in range(len(seeds)) if chosen is None or chosen[index]]
    if all(seeds[index] < 0 for index in wanted):
        return arguments
    first = seeds[0]
    if chosen is None and first >= 0 and all(seeds[index] == first + index for index in wanted):
        arguments["seed"] = first
    elif isinstance(env.unwrapped, (SyncVectorEnv, AsyncVectorEnv)) or _takes_seed_list(env):
        arguments["seed"] = [None if seed < 0 else seed for seed in seeds]
    else:
        part = (
            "some of its environments"
            if chosen is not None
            else "environments that do not follow one another"
        )
        raise UnsupportedError(
            f"the vector environment {shown(env)} takes one seed for all its environments, and cannot be given seeds "
            f"of {part}: give gym_vec_reset one seed, and no mask"
        )
    return arguments


def _check_mask(env: AnyVectorEnv) -> None:
    base = env.unwrapped
    if isinstance(base, (SyncVectorEnv, AsyncVectorEnv)) or autoreset_mode(env) == "disabled":
        return
    if getattr(base, "takes_reset_mask", False) and base is env:
        return
    raise UnsupportedError(
        f"the vector environment {shown(env)} resets all its environments at once: call gym_vec_reset without a mask"
    )


def _takes_seed_list(env: AnyVectorEnv) -> bool:
    return bool(getattr(env.unwrapped, "takes_seed_list", False))


# ------------------------------------------------------------------------------------------- infos


def split_infos(infos: Any, count: int) -> list[dict[str, Any]]:
    """Take merged infos apart: one dict for each environment, as Gymnasium's DictInfoToList does it.

    What has no part for each environment is in every one's; a list of dicts is that already.
    """
    if isinstance(infos, (list, tuple)) and len(infos) == count:
        return [dict(info) if isinstance(info, Mapping) else {} for info in infos]
    split: list[dict[str, Any]] = [{} for _ in range(count)]
    if not isinstance(infos, Mapping):
        return split
    for key, value in infos.items():
        if isinstance(key, str) and key.startswith("_") and key[1:] in infos:
            continue  # it says which environments have the key without the underscore
        mask = infos.get(f"_{key}") if isinstance(key, str) else None
        for index, part in enumerate(_parts(value, count)):
            if mask is None or mask[index]:
                split[index][key] = part
    return split


def _parts(value: Any, count: int) -> Any:
    if isinstance(value, Mapping):
        return split_infos(value, count)
    if isinstance(value, (np.ndarray, list, tuple)) and len(value) == count and np.ndim(value[:1]) > 0:
        return value
    return [value] * count


def final_observations(infos: Any, count: int) -> list[Any]:
    """The last observation of each episode that ended in a step with "same_step"; None for the others."""
    if isinstance(infos, Mapping):
        infos = {key: infos[key] for key in ("final_obs", "_final_obs") if key in infos}
    return [info.get("final_obs") for info in split_infos(to_numpy(infos), count)]


def converter(env: AnyVectorEnv) -> Callable[[Any], Any] | None:
    """What makes NumPy's arrays of a vector environment's results; None where they are that already."""
    conversions = sys.modules.get("gymnasium.wrappers.vector.array_conversion")
    functional = sys.modules.get("gymnasium.envs.functional_jax_env")
    layer: Any = env
    while isinstance(layer, VectorEnv):
        if conversions is not None and isinstance(layer, conversions.ArrayConversion):
            return to_numpy  # to NumPy's own, too: some of its results may not be converted
        if functional is not None and isinstance(layer, functional.FunctionalJaxVectorEnv):
            return to_numpy
        layer = vars(layer).get("env")
    return None


# ------------------------------------------------------------------------------------------- calls


def call(env: AnyVectorEnv, path: str, arguments: str | None, private: bool) -> list[Any]:
    """Call a method of every environment, or get the attribute: each one's result."""
    base: Any = env.unwrapped
    if isinstance(base, SyncVectorEnv):
        return [call_or_get(single, path, arguments, private) for single in base.envs]
    function = getattr(base, "call", None)
    if not callable(function):
        raise UnsupportedError(
            f"the vector environment {shown(env)} has no call, by which methods of its environments could be called"
        )
    if not path.isidentifier():
        raise AttributeAccessError(f"{shown(base)}.call takes a name, not {path!r}")
    if path.startswith("_") and not private:
        raise AttributeAccessError(
            f'{path!r} is private: make the environments with {{"gogym": {{"private": true}}}} to reach names that '
            "begin with an underscore"
        )
    positional, keywords = attribute.parse_arguments(arguments)
    return list(function(path, *positional, **keywords))


def frames(env: AnyVectorEnv) -> list[Any]:
    """What each environment renders."""
    if env.render_mode is None:
        modes = ", ".join(str(mode) for mode in (env.metadata or {}).get("render_modes") or ())
        raise RenderError(
            'the environments were made without a render mode; make them with {"render_mode": "rgb_array"} (modes: '
            f"{modes})"
        )
    rendered = env.render()
    if rendered is None:  # a window
        return [None] * env.num_envs
    parts = list(rendered)
    if len(parts) != env.num_envs:
        raise RenderError(f"{shown(env)} has rendered {len(parts)} frames for {env.num_envs} environments")
    return parts
