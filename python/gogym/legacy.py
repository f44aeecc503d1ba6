"""Environments with the API of the old gym, as Gymnasium's.

Before gym 0.26 ``reset()`` took nothing and returned an observation, ``step`` returned four values, ``seed(seed)``
was a method, and ``render(mode)`` was told each time what to draw. Environments that mix the two, or derive from no
class at all, are taken as they are: whatever can be understood without guessing works.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import warnings
from collections.abc import Mapping
from typing import Any

import gymnasium
from gymnasium import spaces

from gogym.legacy_space import convert_space
from gogym.make import refuses_seed
from gogym.space import class_name, shown

_OWN = frozenset({"spec", "metadata", "render_mode", "legacy_env", "_spaces", "_seed", "_draws", "_warned"})
"""The attributes of the adapter itself; all others are the environment's."""

_SPACES = ("observation_space", "action_space")


# ------------------------------------------------------------------------------------------- which are old


def is_old(env: Any) -> bool:
    """Whether this cannot be used as a gymnasium.Env, as far as that can be known without calling it."""
    return is_old_class(type(env)) or not all(
        isinstance(getattr(env, name, None), spaces.Space) for name in _SPACES
    )


def is_old_class(cls: type) -> bool:
    """Whether the objects of a class have the old API: Gymnasium's own wrappers could not call them."""
    return not issubclass(cls, gymnasium.Env) or refuses_seed(cls) or _returns_four(cls.step)


def _returns_four(step: Any) -> bool:
    """Whether the source of step has a return of exactly four values."""
    if hasattr(step, "__wrapped__"):  # a decorator may make five of them
        return False
    try:
        function = ast.parse(textwrap.dedent(inspect.getsource(step))).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        return False
    pending: list[ast.AST] = list(getattr(function, "body", []))
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            starred = any(isinstance(item, ast.Starred) for item in node.value.elts)
            if len(node.value.elts) == 4 and not starred:
                return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            pending.extend(ast.iter_child_nodes(node))
    return False


def _signature(function: Any) -> Mapping[str, inspect.Parameter]:
    """The parameters of a function as it is called: those of a decorator, not of what it decorates."""
    try:
        return inspect.signature(function, follow_wrapped=False).parameters
    except (TypeError, ValueError):  # not written in Python
        return {"kwargs": inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)}


def _takes_all(parameters: Mapping[str, inspect.Parameter]) -> bool:
    return any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())


def _parameters(env: Any, method: str) -> Mapping[str, inspect.Parameter]:
    """The parameters of a method; where a wrapper takes any and passes them on, those of what it wraps."""
    while True:
        function = getattr(env, method)
        parameters = _signature(function)
        if not _takes_all(parameters):
            return parameters
        if hasattr(function, "__wrapped__"):
            return inspect.signature(function).parameters
        inner = getattr(env, "env", None)
        if not hasattr(inner, method):
            return parameters
        env = inner


def accepts(function: Any, name: str) -> tuple[bool, bool]:
    """Whether a function or class takes a keyword argument of that name, and whether it takes any."""
    parameters = _signature(function)
    return name in parameters, _takes_all(parameters)


# ------------------------------------------------------------------------------------------- what is missing


def check_environment(env: Any, what: str) -> None:
    """Raise where an object lacks what no environment can do without."""
    if isinstance(env, gymnasium.vector.VectorEnv):
        raise gymnasium.error.Error(f"{what} is a vector environment; gym_make makes single ones")
    missing = [name for name in ("reset", "step") if not callable(getattr(env, name, None))]
    if missing:
        raise AttributeError(
            f"{what} gave an object of class {class_name(type(env))}, which is no environment: it has no "
            f"{' and no '.join(missing)}"
        )
    for name in _SPACES:
        space = getattr(env, name, None)
        if callable(space) and not isinstance(space, spaces.Space):
            raise gymnasium.error.CustomSpaceError(
                f"{name} of {what} is a method, as in PettingZoo's environments of several agents; one agent's "
                "environment has its space there"
            )
        if space is None:
            raise AttributeError(
                f"{what} has no {name}: it must be there when the environment has been made, so assign it in __init__, "
                f"for example self.{name} = gymnasium.spaces.Discrete(2)"
            )


# ------------------------------------------------------------------------------------------- the adapter


def modern_metadata(old: Any) -> dict[str, Any]:
    """Metadata with Gymnasium's names of ``render.modes`` and ``video.frames_per_second``."""
    metadata = dict(old) if isinstance(old, Mapping) else {}
    metadata.setdefault("render_modes", list(metadata.get("render.modes") or []))
    if "video.frames_per_second" in metadata:
        metadata.setdefault("render_fps", metadata["video.frames_per_second"])
    return metadata


class LegacyEnvironment(gymnasium.Env[Any, Any]):
    """An environment with the old API as a gymnasium.Env; its attributes are those of the environment.

    Args:
        env: The environment.
        render_mode: What render gives.
    """

    def __init__(self, env: Any, render_mode: str | None = None) -> None:
        self.legacy_env = env
        """The environment itself."""
        self._spaces: dict[str, tuple[Any, spaces.Space[Any]]] = {}
        self._seed: int | None = None
        self._warned = False
        self.metadata = modern_metadata(getattr(env, "metadata", None))
        self.render_mode = render_mode
        if render_mode is not None and not callable(getattr(env, "render", None)):
            raise gymnasium.error.UnsupportedMode(
                f"{class_name(type(env))} cannot draw in render_mode {render_mode!r}: it has no render"
            )
        # An environment that has a render_mode of its own knows by itself what to draw, and when.
        self._draws = render_mode is not None and (
            getattr(env, "render_mode", None) is None and "mode" in _parameters(env, "render")
        )
        for name in _SPACES:
            self._space(name)

    # What the environment has is found there, and what is set is set there: its own code looks for it there.

    def __getattr__(self, name: str) -> Any:
        if name in _OWN or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.legacy_env, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OWN:
            object.__setattr__(self, name, value)
        else:
            setattr(self.legacy_env, name, value)

    @property
    def observation_space(self) -> spaces.Space[Any]:  # type: ignore[override]
        """The observation space, as one of Gymnasium's."""
        return self._space("observation_space")

    @property
    def action_space(self) -> spaces.Space[Any]:  # type: ignore[override]
        """The action space, as one of Gymnasium's."""
        return self._space("action_space")

    @property  # type: ignore[misc]
    def np_random(self) -> Any:
        """The environment's random generator; None where it shows none."""
        return getattr(self.legacy_env, "np_random", None)

    @property
    def np_random_seed(self) -> int:
        """The last seed given to reset; -1 where none was."""
        return -1 if self._seed is None else self._seed

    def _space(self, name: str) -> spaces.Space[Any]:
        old = getattr(self.legacy_env, name)
        seen, space = self._spaces.get(name, (None, None))
        if space is None or old is not seen:
            converted = convert_space(old, f"{name} of {class_name(type(self.legacy_env))}")
            # An environment that makes its space anew with each look keeps one generator for samples all the same.
            space = space if space is not None and old is not converted and space == converted else converted
            self._spaces[name] = old, space
        return space

    # ----------------------------------------------------------------------------------- calls

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the environment; a seed goes to its method ``seed`` and to its reset, whichever it has."""
        parameters = _parameters(self.legacy_env, "reset")
        kwargs = self._reset_options(parameters, options)
        if seed is not None:
            self._seed_environment(seed, parameters)
        if "seed" in parameters or _takes_all(parameters):
            required = "seed" in parameters and parameters["seed"].default is inspect.Parameter.empty
            if seed is not None or required:
                kwargs["seed"] = seed
        if "return_info" in parameters:  # gym 0.22 to 0.25
            kwargs["return_info"] = True
        returned = self.legacy_env.reset(**kwargs)
        result: tuple[Any, dict[str, Any]] = (
            returned if "return_info" in kwargs else self._with_info(returned)
        )
        if self.render_mode == "human" and self._draws:
            self.render()
        return result

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step the environment; ``done`` is truncated where the info says "TimeLimit.truncated", else terminated."""
        result = self.legacy_env.step(action)
        if not isinstance(result, (tuple, list)) or len(result) not in (4, 5):
            raise TypeError(
                f"step of {class_name(type(self.legacy_env))} returned {_brief(result)}, not (observation, reward, done, "
                "info) or (observation, reward, terminated, truncated, info)"
            )
        observation, reward, *flags, info = result
        if isinstance(info, bool):
            raise TypeError(
                f"step of {class_name(type(self.legacy_env))} returned the info {info!r}: if these are terminated and "
                "truncated, the info is missing behind them"
            )
        info = {} if info is None else info
        if len(flags) == 2:
            terminated, truncated = flags
        else:
            done = bool(flags[0])
            truncated = done and isinstance(info, Mapping) and bool(info.get("TimeLimit.truncated", False))
            terminated = done and not truncated
        if self.render_mode == "human" and self._draws:
            self.render()
        return observation, reward, terminated, truncated, info

    def render(self) -> Any:
        """Draw in the render mode that was asked for when the environment was made."""
        if not callable(getattr(self.legacy_env, "render", None)):
            raise NotImplementedError(f"{class_name(type(self.legacy_env))} has no render")
        if self._draws:
            frame = self.legacy_env.render(mode=self.render_mode)
            return None if self.render_mode == "human" else frame
        if self.render_mode is None and "mode" in _parameters(self.legacy_env, "render"):
            # Its default mode would open a window.
            gymnasium.logger.warn("render was called, but the environment was made without a render_mode.")
            return None
        return self.legacy_env.render()

    def close(self) -> None:
        """Close the environment, where it can be closed."""
        close = getattr(self.legacy_env, "close", None)
        if callable(close):
            close()

    def _reset_options(
        self, parameters: Mapping[str, inspect.Parameter], options: dict[str, Any] | None
    ) -> dict[str, Any]:
        """The keyword arguments of reset that carry the options: as a dict, or as each its own."""
        if "options" in parameters:
            required = parameters["options"].default is inspect.Parameter.empty
            return {"options": options} if options is not None or required else {}
        options = options or {}
        unknown = [name for name in options if name not in parameters]
        if unknown and not _takes_all(parameters):
            known = ", ".join(name for name in parameters if name not in ("seed", "return_info")) or "none"
            raise TypeError(
                f"reset of {class_name(type(self.legacy_env))} takes no option {unknown[0]!r} (it takes: {known})"
            )
        return dict(options)

    def _seed_environment(self, seed: int, parameters: Mapping[str, inspect.Parameter]) -> None:
        """Give a seed to all that reset(seed=) does not reach."""
        self._seed = seed
        takes_seed = "seed" in parameters
        env = self.legacy_env
        if isinstance(env, gymnasium.Env) and env.unwrapped is env and not takes_seed:
            gymnasium.Env.reset(env, seed=seed)  # what super().reset(seed=seed) does: np_random
            takes_seed = True
        method = getattr(env, "seed", None)
        if callable(method) and not (takes_seed and _is_gyms_own(getattr(env, "unwrapped", env))):
            method(seed)
        elif not takes_seed and not _takes_all(parameters) and not self._warned:
            self._warned = True
            warnings.warn(
                f"{class_name(type(env))} cannot be seeded: it has no seed() and its reset takes no seed",
                stacklevel=2,
            )

    def _with_info(self, result: Any) -> tuple[Any, dict[str, Any]]:
        """Tell (observation, info) from an observation that is a pair itself."""
        if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[1], dict):
            return result, {}
        space = self.observation_space
        if isinstance(space, spaces.Tuple) and len(space.spaces) == 2:
            first = result[0]
            is_whole = (
                isinstance(first, (tuple, list)) and len(first) == 2
            )  # an observation with an info behind it
            if space.contains(result) or not is_whole:
                return result, {}
        return result


def _is_gyms_own(env: Any) -> bool:
    """Whether the seed method is gym's default, which does nothing that reset(seed=) does not do."""
    module = getattr(getattr(type(env), "seed", None), "__module__", None) or ""
    return module.partition(".")[0] in ("gym", "gymnasium")


def _brief(value: Any) -> str:
    return f"{len(value)} values" if isinstance(value, (tuple, list)) else shown(value, 80)
