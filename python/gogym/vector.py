"""Vector environments for the bridge: the options of gym_vec_make, and how the environments of a part are made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import gymnasium

from gogym import attribute
from gogym.make import Making
from gogym.options import (
    OWN_KEY,
    OWN_OPTIONS,
    PROCESS_OPTIONS,
    OptionsError,
    check_process_options,
    check_wrappers,
    json_text,
    parse_object,
)
from gogym.render import is_human, needs_thread

ENGINES = ("process", "sync", "vector", "envpool")
"""What can step the environments."""

_AUTORESET_MODES = {"nextstep": "next_step", "samestep": "same_step", "disabled": "disabled"}
_LAYOUTS = ("float64", "native")
_POLICIES = ("restart", "report", "close")

ENV_OPTIONS = OWN_OPTIONS - PROCESS_OPTIONS
"""The options under "gogym" that single environments are made with, as gym_make has them."""

VECTOR_OPTIONS = frozenset(
    "autoreset_mode engine env_options layout memory_limit on_failure python timeout vector_options vector_wrappers "
    "workers".split()
)
"""The options under "gogym" that gym_vec_make has for the whole."""


class VectorOptions(NamedTuple):
    """gogym's own options of gym_vec_make, but for those of single environments."""

    engine: str = "process"
    """One of :data:`ENGINES`."""
    workers: int | None = None
    """How many worker processes; None: as many as there are CPUs, and with "vector" and "envpool" none."""
    autoreset_mode: str = "next_step"
    """"next_step", "same_step" or "disabled"."""
    layout: str = "float64"
    """What the arrays hold: "float64" or "native"."""
    env_options: tuple[dict[str, Any], ...] | None = None
    """Options of single environments over the common ones, as their JSON says them; of all environments."""
    timeout: float | None = None
    """The seconds that a call may take."""
    on_failure: str = "restart"
    """"restart", "report" or "close"."""
    memory_limit: int | None = None
    """The bytes of address space of each worker."""
    python: str | None = None
    """The interpreter of the workers."""
    vector_wrappers: tuple[dict[str, Any], ...] = ()
    """Wrappers of a whole Python vector environment, the first one innermost."""
    vector_options: Mapping[str, Any] = {}
    """Arguments of the Python vector environment itself."""

    @property
    def is_whole(self) -> bool:
        """Whether Python steps all environments at once, as one vector environment of its own."""
        return self.engine in ("vector", "envpool") or bool(self.vector_wrappers)


class Plan:
    """What a part of a vector environment is made of: the environments ``first`` to ``first + count - 1`` of ``total``.

    Raises:
        OptionsError: The options are not acceptable.
    """

    def __init__(self, env_id: str, options: str | None, first: int, count: int, total: int) -> None:
        self.id = env_id
        self.first = first
        self.count = count
        self.total = total
        self.options, common = _split(options, total)
        self.make_options: str = json.dumps(common)
        """The options that all environments have, as gym_make takes them."""
        self._making = Making(env_id, self.make_options)
        self._makings: list[Making] | None = None
        if self.options.env_options is not None:
            self._makings = [self._making_of(row, common) for row in range(first, first + count)]

    @property
    def render_mode(self) -> str | None:
        """The render mode that says on which thread they live: that of a window, if one has it."""
        modes = [making.render_mode for making in self._makings or [self._making]]
        demanding = [mode for mode in modes if needs_thread(mode)]
        return next(filter(is_human, demanding), demanding[0] if demanding else None)

    def making(self, row: int) -> Making:
        """How the environment of a row of this part is made."""
        return self._making if self._makings is None else self._makings[row]

    def _making_of(self, index: int, common: dict[str, Any]) -> Making:
        """How environment ``index`` of the whole is made."""
        assert self.options.env_options is not None
        try:
            return Making(self.id, json.dumps(_merged(common, self.options.env_options[index])))
        except OptionsError as error:
            raise OptionsError(f"env_options[{index}]: {error}") from None


def parse_vector_options(text: str | None, num_envs: int) -> VectorOptions:
    """Parse gogym's own options of gym_vec_make.

    Raises:
        OptionsError: The options are not acceptable.
    """
    return _split(text, num_envs)[0]


def call_or_get(env: gymnasium.Env[Any, Any], path: str, arguments_json: str | None, private: bool) -> Any:
    """Call a method with arguments written as JSON; get an attribute that cannot be called."""
    value = attribute.get(env, path, private)
    return attribute.call(env, path, arguments_json, private) if callable(value) else value


def rows_of(space: gymnasium.Space[Any], batched: Any, count: int) -> list[Any]:
    """Take an element of a batched space apart: one element of ``space`` for each environment.

    As Gymnasium's ``iterate``, but also where a Tuple or Dict is empty.
    """
    if isinstance(space, gymnasium.spaces.Dict):
        columns = {key: rows_of(child, batched[key], count) for key, child in space.spaces.items()}
        return [{key: column[row] for key, column in columns.items()} for row in range(count)]
    if isinstance(space, gymnasium.spaces.Tuple):
        parts = [rows_of(child, part, count) for child, part in zip(space.spaces, batched, strict=True)]
        return [tuple(part[row] for part in parts) for row in range(count)]
    return list(batched)


# ------------------------------------------------------------------------------------------- options


def _split(text: str | None, num_envs: int) -> tuple[VectorOptions, dict[str, Any]]:
    """Take the options apart: gym_vec_make's own, and what JSON says for every environment, still with its tags."""
    if text is None:
        return VectorOptions(), {}
    parsed = parse_object(text, "options of gym_vec_make")
    own = parsed.get(OWN_KEY, {})
    if not isinstance(own, dict):
        raise OptionsError(f'the option "{OWN_KEY}" must be a JSON object, not {json_text(own)}')
    plain = json.loads(text)
    _check_plain("options of gym_vec_make", plain)
    _check_plain(f'option "{OWN_KEY}"', plain.get(OWN_KEY, {}))
    _check_names(own)
    check_process_options(own)
    options = _options(own, plain.get(OWN_KEY, {}), num_envs)
    _check_combination(options)
    if OWN_KEY in plain:
        plain[OWN_KEY] = {name: value for name, value in plain[OWN_KEY].items() if name in ENV_OPTIONS}
    return options, plain


def _check_plain(what: str, value: dict[str, Any]) -> None:
    if "__dict__" in value:
        raise OptionsError(f'the {what} must be a plain JSON object such as {{"key": 1}}, not one with a tag')


def _check_names(own: dict[str, Any]) -> None:
    if own.get("isolate"):
        raise OptionsError(
            f'the option "isolate" under "{OWN_KEY}" is for gym_make; the environments of gym_vec_make live in worker '
            'processes with "engine": "process"'
        )
    unknown = sorted(str(name) for name in own if name not in OWN_OPTIONS | VECTOR_OPTIONS)
    if unknown:
        known = ", ".join(sorted(ENV_OPTIONS | VECTOR_OPTIONS))
        raise OptionsError(
            f'unknown option "{unknown[0]}" under "{OWN_KEY}" (known for gym_vec_make: {known})'
        )


def _options(own: dict[str, Any], plain: dict[str, Any], num_envs: int) -> VectorOptions:
    given = {name: value for name, value in own.items() if name in VECTOR_OPTIONS and value is not None}
    checked: dict[str, Any] = {
        name: check(name, given[name]) for name, check in _CHECKS.items() if name in given
    }
    if "env_options" in given:
        checked["env_options"] = _env_options(given["env_options"], plain["env_options"], num_envs)
    return VectorOptions(**checked)


def _wrong(name: str, expected: str, value: Any) -> OptionsError:
    return OptionsError(f'the option "{name}" under "{OWN_KEY}" is {expected}, not {json_text(value)}')


def _one_of(*names: str) -> Any:
    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            listed = ", ".join(json.dumps(known) for known in names)
            raise _wrong(name, f"one of {listed}", value)
        return value

    return check


def _autoreset_mode(name: str, value: Any) -> str:
    mode = value.replace("_", "").lower() if isinstance(value, str) else None
    if mode not in _AUTORESET_MODES:
        raise _wrong(name, 'one of "next_step", "same_step", "disabled"', value)
    return _AUTORESET_MODES[mode]


def _count(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _wrong(name, "a whole number from 1 on", value)
    return value


def _as_given(_name: str, value: Any) -> Any:
    return value  # check_process_options has looked


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _wrong(name, 'a JSON object such as {"key": 1}', value)
    return value


def _wrappers(name: str, value: Any) -> tuple[dict[str, Any], ...]:
    return check_wrappers(value, f'option "{name}" under "{OWN_KEY}"')


_CHECKS: dict[str, Any] = {
    "engine": _one_of(*ENGINES),
    "workers": _count,
    "autoreset_mode": _autoreset_mode,
    "layout": _one_of(*_LAYOUTS),
    "timeout": _as_given,
    "on_failure": _one_of(*_POLICIES),
    "memory_limit": _as_given,
    "python": _as_given,
    "vector_wrappers": _wrappers,
    "vector_options": _object,
}


def _env_options(parsed: Any, plain: Any, num_envs: int) -> tuple[dict[str, Any], ...]:
    """Check the options of single environments; they are kept as JSON says them."""
    if not isinstance(parsed, list) or not all(isinstance(item, dict) for item in parsed):
        raise _wrong("env_options", "an array of JSON objects, one for each environment", parsed)
    if len(parsed) != num_envs:
        raise OptionsError(
            f'the option "env_options" under "{OWN_KEY}" has {len(parsed)} objects, but there are {num_envs} '
            "environments"
        )
    for index, (item, plain_item) in enumerate(zip(parsed, plain, strict=True)):
        own = item.get(OWN_KEY, {})
        if not isinstance(own, dict):
            raise OptionsError(
                f'env_options[{index}]: the option "{OWN_KEY}" must be a JSON object, not {json_text(own)}'
            )
        _check_plain(f"options env_options[{index}]", plain_item)
        _check_plain(f'option "{OWN_KEY}" of env_options[{index}]', plain_item.get(OWN_KEY, {}))
        unknown = sorted(str(name) for name in own if name not in ENV_OPTIONS)
        if unknown:
            raise OptionsError(
                f'env_options[{index}]: the option "{unknown[0]}" under "{OWN_KEY}" is none of a single environment '
                f"(those are {', '.join(sorted(ENV_OPTIONS))})"
            )
    return tuple(plain)


def _merged(common: dict[str, Any], special: dict[str, Any]) -> dict[str, Any]:
    merged = {**common, **special}
    if OWN_KEY in common and OWN_KEY in special:
        merged[OWN_KEY] = {**common[OWN_KEY], **special[OWN_KEY]}
    return merged


def _check_combination(options: VectorOptions) -> None:
    """Refuse what an engine cannot do; what has merely no effect there is taken, so that one word changes the engine."""
    engine = json.dumps(options.engine)
    steps_whole = options.engine in ("vector", "envpool")
    if options.env_options is not None and options.is_whole:
        what = f'"engine": {engine}' if steps_whole else '"vector_wrappers"'
        raise OptionsError(
            f'the option "env_options" under "{OWN_KEY}" does not go with {what}, where Python makes all environments '
            'at once; it is for "engine": "process" and "sync"'
        )
    if options.vector_options and not steps_whole:
        raise OptionsError(
            f'the option "vector_options" under "{OWN_KEY}" is for "engine": "vector" and "envpool", whose vector '
            f"environment takes them; the engine here is {engine}"
        )
    in_workers = options.engine == "process" or (steps_whole and options.workers is not None)
    if options.vector_wrappers and in_workers:
        raise OptionsError(
            f'the option "vector_wrappers" under "{OWN_KEY}" needs all environments in one process: "engine": "sync", '
            'or "vector" or "envpool" without "workers"'
        )
