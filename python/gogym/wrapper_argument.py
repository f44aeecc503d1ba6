"""Arguments of wrappers: from JSON to what a constructor's signature asks for.

JSON has no tuples, arrays, dtypes, modules, spaces or functions. What an argument is meant to be is read from the
annotations of the installed wrapper, Gymnasium's or a user's own, and where there is none from the default.
"""

from __future__ import annotations

import collections.abc
import importlib
import inspect
import numbers
import sys
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.core import ActType, ObsType, WrapperActType, WrapperObsType
from gymnasium.vector import VectorEnv
from gymnasium.vector.utils import batch_space
from gymnasium.vector.vector_env import ArrayType

from gogym.callback import Callback
from gogym.element import element_of
from gogym.errors import CallbackError, WrapperError
from gogym.options import ElementError, SpaceError, json_text
from gogym.space import shown
from gogym.space_json import space_of

Env = gymnasium.Env[Any, Any]

_EMPTY = inspect.Parameter.empty
_OBSERVATIONS = (ObsType, WrapperObsType)
_ACTIONS = (ActType, WrapperActType)
_NUMBERS = (float, typing.SupportsFloat, numbers.Number, numbers.Complex, numbers.Real)
_WHOLE_NUMBERS = (int, typing.SupportsInt, typing.SupportsIndex, numbers.Integral)
_SEQUENCES = (collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)

_REGISTERED_BY = {
    "reward": "gym_add_reward_callback",
    "array": "gym_add_array_callback",
    "trigger": "gym_add_trigger_callback",
}


class _Misfit(Exception):  # noqa: N818
    """A value that is not what an annotation asks for; the argument may say more."""


class _Place(NamedTuple):
    """Where an argument goes: what its conversion may depend on."""

    create: Callable[..., Any]
    """The class or function that makes the wrapper."""
    wrapper: str
    argument: str
    env: Any
    """The environment, or vector environment, that it is to wrap."""
    others: Mapping[str, Any]
    """The arguments that have been converted before."""


class Parameters:
    """The arguments that a wrapper takes beside the environment.

    Args:
        create: The class or function that makes the wrapper.
        wrapper: How messages call it.
    """

    def __init__(self, create: Callable[..., Any], wrapper: str) -> None:
        self._create = create
        self._wrapper = wrapper
        self._signature = _signature(create)
        parameters = list(self._signature.parameters.values()) if self._signature else []
        kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        self._takes_any = self._signature is None or any(
            parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters
        )
        # The first one is the environment.
        first = parameters[:1] if parameters and parameters[0].kind not in kinds else []
        self._environment = first[0].name if first else "env"
        self._named = {
            parameter.name: parameter for parameter in parameters[len(first) :] if parameter.kind not in kinds
        }

    def check(self, given: Mapping[str, Any]) -> None:
        """Raise WrapperError where an argument is unknown or missing."""
        if self._environment in given and self._environment not in self._named:
            raise WrapperError(
                f'wrapper {self._wrapper}: "{self._environment}" is the environment that is wrapped, and not among its '
                f"arguments. {self._accepted()}"
            )
        unknown = [name for name in given if name not in self._named]
        if unknown and not self._takes_any:
            raise WrapperError(f'wrapper {self._wrapper} has no argument "{unknown[0]}". {self._accepted()}')
        missing = [
            name
            for name, parameter in self._named.items()
            if parameter.default is _EMPTY and name not in given and not self._may_be_none(parameter)
        ]
        if missing:
            raise WrapperError(
                f'wrapper {self._wrapper} needs the argument "{missing[0]}". {self._accepted()}'
            )

    def call(self, given: Mapping[str, Any], env: Env) -> Any:
        """Make the wrapper.

        Raises:
            WrapperError: An argument is not of the type that the signature asks for.
            CallbackError: A callback is of another kind than the one that is wanted.
        """
        converted = self._converted(given, env)
        positional = [
            converted.pop(name)
            for name, parameter in self._named.items()
            if parameter.kind is inspect.Parameter.POSITIONAL_ONLY and name in converted
        ]
        return self._create(env, *positional, **converted)

    def _converted(self, given: Mapping[str, Any], env: Env) -> dict[str, Any]:
        converted: dict[str, Any] = {}
        # A callback depends on the spaces among the other arguments, a device on its module.
        for name in sorted(
            given, key=lambda name: (isinstance(given[name], Callback), name.endswith("_device"))
        ):
            parameter = self._named.get(name)
            if parameter is None:
                converted[name] = given[name]
                continue
            place = _Place(self._create, self._wrapper, name, env, converted)
            try:
                value = _convert(given[name], self._annotation(parameter), parameter.default, place)
                converted[name] = _on_device(value, place)
            except _Misfit as misfit:
                more = f" ({misfit})" if str(misfit) else ""
                raise WrapperError(
                    f'wrapper {self._wrapper}: the argument "{name}" is {json_text(given[name], 120)}{more}; it takes '
                    f"{_annotation_text(parameter.annotation)}. {self._accepted()}"
                ) from misfit.__cause__
        for name, parameter in self._named.items():
            if parameter.default is _EMPTY and name not in converted:
                converted[name] = None
        return {name: converted[name] for name in self._named if name in converted} | converted

    def _may_be_none(self, parameter: inspect.Parameter) -> bool:
        annotation = self._annotation(parameter)
        return annotation is not _EMPTY and types.NoneType in _alternatives(annotation)

    def _annotation(self, parameter: inspect.Parameter) -> Any:
        return _evaluated(parameter.annotation, self._create)

    def _accepted(self) -> str:
        """Say which arguments there are, with their defaults."""
        texts = [_parameter_text(parameter) for parameter in self._named.values()]
        if self._takes_any:
            texts.append("others of any name")
        return f"Its arguments: {', '.join(texts)}" if texts else "It takes no arguments"


# ------------------------------------------------------------------------------------------- signatures


def _signature(create: Callable[..., Any]) -> inspect.Signature | None:
    """The signature of a class or function; None where it does not tell."""
    try:
        if sys.version_info >= (3, 14):  # annotations of names that only type checkers know
            import annotationlib  # noqa: PLC0415

            return inspect.signature(create, annotation_format=annotationlib.Format.FORWARDREF)
        return inspect.signature(create)
    except (TypeError, ValueError):
        return None


def _evaluated(annotation: Any, create: Callable[..., Any]) -> Any:
    """What an annotation stands for, where it is written as text; empty where that cannot be told."""
    if annotation is _EMPTY:
        return _EMPTY
    function: Any = create.__init__ if isinstance(create, type) else create  # type: ignore[misc]
    names = getattr(inspect.unwrap(function), "__globals__", {})

    def holder() -> None: ...

    holder.__annotations__ = {"argument": annotation}
    try:
        return typing.get_type_hints(holder, globalns=names)["argument"]
    except Exception:  # noqa: BLE001  # it is foreign code that is evaluated, and it may name what is not there
        return _EMPTY


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the annotation alone."""
    named = getattr(annotation, "__value__", None)  # by a `type` statement
    if named is not None:
        arguments = typing.get_args(annotation)
        return _alternatives(named[arguments] if arguments else named)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(part for member in typing.get_args(annotation) for part in _alternatives(member))
    return (annotation,)


def _annotation_text(annotation: Any) -> str:
    if annotation is _EMPTY:
        return "anything"
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _parameter_text(parameter: inspect.Parameter) -> str:
    text = f'"{parameter.name}"'
    if parameter.annotation is not _EMPTY:
        text += f": {_annotation_text(parameter.annotation)}"
    if parameter.default is _EMPTY:
        return text
    is_function = inspect.isroutine(parameter.default)
    return f"{text} = {'a function of its own' if is_function else shown(parameter.default, 60)}"


# ------------------------------------------------------------------------------------------- conversion


def _convert(value: Any, annotation: Any, default: Any, place: _Place) -> Any:
    """What an argument's value becomes; _Misfit where it cannot be what the annotation asks for."""
    if value is None and default is None:
        return None
    if annotation is _EMPTY:
        return _callback(value, (), place) if isinstance(value, Callback) else _like(value, default)
    misfits: list[_Misfit] = []
    for exactly in (True, False):  # 4.0 is a float where that may be one, and else the whole number 4
        for alternative in _alternatives(annotation):
            converted = _attempt(value, alternative, place, exactly)
            if not isinstance(converted, _Misfit):
                return converted
            misfits.append(converted)
    raise max(misfits, key=lambda misfit: len(str(misfit)))


def _attempt(value: Any, wanted: Any, place: _Place, exactly: bool) -> Any:
    """As :func:`_as`, but a misfit is returned."""
    try:
        return _as(value, wanted, place, exactly)
    except _Misfit as misfit:
        return misfit


def _like(value: Any, default: Any) -> Any:
    """An argument without an annotation: its default shows whether a tuple or an array is meant."""
    if isinstance(value, list) and isinstance(default, tuple):
        return tuple(value)
    if isinstance(value, list) and isinstance(default, np.ndarray):
        return _array(value, default.dtype)
    return value


def _as(value: Any, wanted: Any, place: _Place, exactly: bool) -> Any:
    """A value as one member of a union wants it; with ``exactly`` only what it is already."""
    origin = typing.get_origin(wanted) or wanted
    arguments = typing.get_args(wanted)
    if origin is types.NoneType:
        return _only(value, value is None)
    if isinstance(wanted, typing.TypeVar):
        return _element(value, wanted, place, exactly)
    if origin is typing.Literal:
        return _only(value, any(value == option and type(value) is type(option) for option in arguments))
    if origin is collections.abc.Callable:
        return _callback(value, arguments, place)
    if origin in (tuple, list, set, frozenset, *_SEQUENCES):
        return _sequence(value, origin, arguments, place, exactly)
    if origin in (dict, collections.abc.Mapping, collections.abc.MutableMapping):
        return _mapping(value, arguments, place)
    number = _number(value, origin, exactly)
    if number is not None:
        return number
    if not isinstance(origin, type):
        return value  # Any, or what nobody knows: the wrapper will judge
    return _instance(value, origin, arguments, place, exactly)


def _only(value: Any, fits: bool) -> Any:
    if not fits:
        raise _Misfit
    return value


def _number(value: Any, wanted: Any, exactly: bool) -> Any:
    """A number where one is wanted; None where something else is wanted."""
    is_type = isinstance(wanted, type)
    if wanted is bool or (is_type and issubclass(wanted, np.bool_)):
        return _only(value, isinstance(value, (bool, np.bool_)))
    if wanted in _WHOLE_NUMBERS or (is_type and issubclass(wanted, np.integer)):
        if not exactly and isinstance(value, float) and value.is_integer():
            return int(value)
        return _only(value, isinstance(value, (int, np.integer)) and not isinstance(value, bool))
    if wanted in _NUMBERS or (is_type and issubclass(wanted, np.number)):
        return _only(value, isinstance(value, (int, float, np.number)) and not isinstance(value, bool))
    return None


def _sequence(value: Any, wanted: Any, arguments: tuple[Any, ...], place: _Place, exactly: bool) -> Any:
    fits = isinstance(value, wanted if isinstance(wanted, type) else (list, tuple))
    if isinstance(value, (str, bytes, dict, np.ndarray)) or not (
        fits or (not exactly and isinstance(value, (list, tuple)))
    ):
        raise _Misfit
    members = arguments or (Any,)
    if wanted is tuple and arguments and arguments[-1] is not Ellipsis:
        if len(value) != len(arguments):
            raise _Misfit(f"it has {len(value)} items in place of {len(arguments)}")
    else:
        members = (members[0],) * len(value)
    items = [_convert(item, member, _EMPTY, place) for item, member in zip(value, members, strict=True)]
    return type(value)(items) if fits else wanted(items)


def _mapping(value: Any, arguments: tuple[Any, ...], place: _Place) -> Any:
    if not isinstance(value, dict):
        raise _Misfit
    member = arguments[1] if len(arguments) == 2 else Any
    return {key: _convert(item, member, _EMPTY, place) for key, item in value.items()}


def _instance(value: Any, wanted: type, arguments: tuple[Any, ...], place: _Place, exactly: bool) -> Any:
    """What is an instance of a class, or can be made one of what JSON can say."""
    try:
        if isinstance(value, wanted):
            return value
    except TypeError:  # a protocol that cannot be asked
        return value
    if issubclass(wanted, str):
        raise _Misfit
    known = (np.ndarray, np.dtype, type, types.ModuleType, Path, spaces.Space)
    if not issubclass(wanted, known):
        return value  # a class that nobody knows: the wrapper will judge
    if exactly:
        raise _Misfit
    if issubclass(wanted, np.ndarray):
        return _array(value, _item_type(arguments))
    if issubclass(wanted, spaces.Space):
        return _space(value, wanted, place)
    if not isinstance(value, str):
        raise _Misfit
    if issubclass(wanted, types.ModuleType):
        return _module(value)
    if issubclass(wanted, Path):
        return Path(value)
    try:
        dtype = np.dtype(value)
    except TypeError as error:
        raise _Misfit(str(error)) from error
    return dtype.type if issubclass(wanted, type) else dtype


def _item_type(arguments: tuple[Any, ...]) -> Any:
    """The dtype of ``np.ndarray[shape, np.dtype[np.float32]]``, None where it is open."""
    found = typing.get_args(arguments[-1]) if arguments else ()
    is_open = not found or not isinstance(found[0], type) or inspect.isabstract(found[0])
    try:
        return None if is_open else np.dtype(found[0])
    except TypeError:  # np.floating, np.number
        return None


def _array(value: Any, dtype: Any) -> Any:
    """Nested lists of numbers as an array, whole numbers among them as NumPy would have it."""
    if not isinstance(value, (list, tuple)):
        raise _Misfit
    try:
        array = np.array(value)
    except (ValueError, OverflowError):
        raise _Misfit("an array is nested lists of one length") from None
    if array.dtype.kind not in "biuf":
        raise _Misfit("an array is nested lists of numbers")
    return array if dtype is None else array.astype(dtype)


def _space(value: Any, wanted: type, place: _Place) -> Any:
    try:
        space = space_of(value, place.argument)
    except SpaceError as error:
        raise _Misfit(str(error)) from error
    return _only(space, isinstance(space, wanted))


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)  # a module that is missing is an error of its own
    except (TypeError, ValueError):  # ".relative", ""
        raise _Misfit from None


def _element(value: Any, wanted: Any, place: _Place, exactly: bool) -> Any:
    """An observation or action, where an annotation says ``ObsType`` or ``ActType``."""
    if wanted not in (*_OBSERVATIONS, *_ACTIONS):
        return value
    if exactly:
        raise _Misfit  # any other member of the union, a text, comes first
    space = place.env.observation_space if wanted in _OBSERVATIONS else place.env.action_space
    try:
        return element_of(space, value, place.argument, True)
    except ElementError as error:
        raise _Misfit(str(error)) from error


def _on_device(value: Any, place: _Place) -> Any:
    """A device by its name, "cpu" or "cuda:1", as the arrays of the module take it that is named with it."""
    module = place.others.get(f"{place.argument.removesuffix('_device')}_xp")
    if not isinstance(value, str) or not isinstance(module, types.ModuleType):
        return value
    if module.__name__.partition(".")[0] != "jax":
        return value
    import jax  # noqa: PLC0415

    platform, _, index = value.partition(":")
    try:
        return jax.devices(platform)[int(index or 0)]
    except (RuntimeError, ValueError, IndexError) as error:
        raise _Misfit(str(error)) from error


# ------------------------------------------------------------------------------------------- callbacks


def _callback(value: Any, arguments: tuple[Any, ...], place: _Place) -> Any:
    """A function of the host where a callable is wanted: of the right kind, and told its spaces."""
    takes = (
        arguments[0][0] if arguments and isinstance(arguments[0], list) and len(arguments[0]) == 1 else None
    )
    kind = _kind_wanted(takes, place.create)
    if not isinstance(value, Callback):
        if callable(value):
            return value
        by = (
            _REGISTERED_BY[kind]
            if kind
            else "gym_add_reward_callback, gym_add_array_callback or gym_add_trigger_callback"
        )
        raise _Misfit(f'a function is written {{"__callback__": "NAME"}} and registered by {by}')
    if kind is not None and value.kind != kind:
        raise CallbackError(
            f'wrapper {place.wrapper}: the argument "{place.argument}" wants a callback for {kind}s '
            f'({_REGISTERED_BY[kind]}), and "{value.name}" is one for {value.kind}s ({_REGISTERED_BY[value.kind]})'
        )
    if value.kind != "array":
        return value
    base = place.create if isinstance(place.create, type) else object
    if issubclass(base, gymnasium.ActionWrapper) or takes in _ACTIONS:
        return value.bind(_outer_space(place, "action_space"), place.env.action_space)
    if issubclass(base, gymnasium.ObservationWrapper) or takes in _OBSERVATIONS:
        return value.bind(place.env.observation_space, _outer_space(place, "observation_space"))
    return value


def _outer_space(place: _Place, name: str) -> Any:
    """The space that the wrapper is to have: its argument, or the environment's."""
    given = place.others.get(name)
    single = place.others.get(f"single_{name}")
    if given is None and single is not None and isinstance(place.env, VectorEnv):
        return batch_space(single, place.env.num_envs)
    return getattr(place.env, name) if given is None else given


def _kind_wanted(takes: Any, create: Callable[..., Any]) -> str | None:
    """The kind of callback for a function of one argument; None for any."""
    if takes is int:
        return "trigger"
    if takes in (float, typing.SupportsFloat):
        return "reward"
    if takes in (*_OBSERVATIONS, *_ACTIONS, ArrayType):  # the last are the rewards of a vector environment
        return "array"
    base = create if isinstance(create, type) else object
    if issubclass(base, gymnasium.RewardWrapper):
        return "reward"
    return "array" if issubclass(base, (gymnasium.ObservationWrapper, gymnasium.ActionWrapper)) else None
