"""The one grammar of structured input: JSON with tags for what JSON cannot say.

==========================================================  =====================================
``{"__tuple__": [...]}``                                    a tuple
``{"__ndarray__": [...], "dtype": "float32"}``              a NumPy array
``{"__float__": "inf"}``                                    a float, also ``"-inf"`` and ``"nan"``
``{"__dict__": [[key, value], ...]}``                       a dict with keys of any hashable type
``{"__callback__": "name"}``                                a function of the host
==========================================================  =====================================

A tagged object has no other keys. Duplicate keys, NaN and Infinity literals and nesting deeper than
:data:`MAX_DEPTH` are refused.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np

MAX_DEPTH = 64
"""How deep arrays and objects may be nested."""

OWN_KEY = "gogym"
"""The key of gogym's own options among gymnasium.make's keyword arguments."""

PROCESS_OPTIONS: frozenset[str] = frozenset({"isolate", "memory_limit", "python", "timeout"})
"""Those of :data:`OWN_OPTIONS` that say which process the environment is in. The host has done what they say before
Python reads them, in the worker too, so that they are only checked here."""

OWN_OPTIONS: frozenset[str] = PROCESS_OPTIONS | frozenset(
    {"entry_point", "import", "legacy", "path", "private", "wrappers"}
)
"""The options that may stand under :data:`OWN_KEY`."""

_TAGS = ("__tuple__", "__ndarray__", "__float__", "__dict__", "__callback__")
_DTYPES = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
)


class OptionsError(ValueError):
    """Options that are not acceptable; the message says where and why."""


class SpaceError(ValueError):
    """A description of a space that is not acceptable; the message says where and why."""


class ElementError(ValueError):
    """An element that does not fit its space; the message names the leaf by its path."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


class OwnOptions(NamedTuple):
    """gogym's own options of gym_make."""

    entry_point: str | None = None
    """The class or function that makes the environment: ``"module:Class"`` or ``"path/to/file.py:Class"``."""
    path: tuple[str, ...] = ()
    """Folders to be put on sys.path."""
    modules: tuple[str, ...] = ()
    """Modules to be imported before the environment is made (the option is called "import")."""
    legacy: bool | None = None
    """Whether the environment has the API of the old gym; None: gogym decides (the option says "auto")."""
    wrappers: tuple[dict[str, Any], ...] = ()
    """Wrappers to be put around it, the first one innermost: {"name": ..., arguments}."""
    private: bool = False
    """Whether attributes that begin with an underscore may be used."""


def parse_object(text: str, what: str) -> dict[str, Any]:
    """Parse a JSON object; ``what`` names it in errors: "options of gym_make"."""
    value = parse_json(text, what)
    if not isinstance(value, dict):
        raise OptionsError(f'the {what} must be a JSON object such as {{"key": 1}}, not {json_text(value)}')
    for key in value:
        if not isinstance(key, str):
            raise OptionsError(f"the {what} must have text keys, not {json_text(key)}")
    return value


def parse_make_options(text: str | None) -> dict[str, Any]:
    """Parse the options of gym_make into gymnasium.make's keyword arguments."""
    return split_make_options(text)[0]


def split_make_options(text: str | None) -> tuple[dict[str, Any], OwnOptions]:
    """Parse the options of gym_make into gymnasium.make's keyword arguments and gogym's own options."""
    if text is None:
        return {}, OwnOptions()
    kwargs = parse_object(text, "options of gym_make")
    own = kwargs.pop(OWN_KEY, {})
    if not isinstance(own, dict):
        raise OptionsError(f'the option "{OWN_KEY}" must be a JSON object, not {json_text(own)}')
    unknown = sorted(str(key) for key in own if key not in OWN_OPTIONS)
    if unknown:
        known = ", ".join(sorted(OWN_OPTIONS))
        raise OptionsError(
            f'unknown option "{unknown[0]}" under "{OWN_KEY}" (known in this version: {known})'
        )
    check_process_options(own)
    return kwargs, OwnOptions(
        entry_point=_entry_point(own.get("entry_point")),
        path=_texts("path", own.get("path")),
        modules=_texts("import", own.get("import")),
        legacy=_legacy(own.get("legacy")),
        wrappers=()
        if own.get("wrappers") is None
        else check_wrappers(own["wrappers"], f'option "wrappers" under "{OWN_KEY}"'),
        private=_flag("private", own.get("private")),
    )


def check_process_options(own: dict[str, Any]) -> None:
    """Check the types of :data:`PROCESS_OPTIONS`, as host/worker_options.c does; None is as good as nothing."""
    _flag("isolate", own.get("isolate"))
    python, timeout, memory_limit = (own.get(name) for name in ("python", "timeout", "memory_limit"))
    if python is not None and not (isinstance(python, str) and python and "\0" not in python):
        raise OptionsError(
            f'the option "python" under "{OWN_KEY}" must be the path of a Python interpreter, such as '
            f'"/path/to/venv/bin/python", not {json_text(python)}'
        )
    if timeout is not None and not (_is_number(timeout) and 0 < timeout < float("inf")):
        raise OptionsError(
            f'the option "timeout" under "{OWN_KEY}" must be a number of seconds greater than 0 (leave it out for '
            f"none), not {json_text(timeout)}"
        )
    if memory_limit is not None and not (
        _is_number(memory_limit) and isinstance(memory_limit, int) and 0 < memory_limit < 2**63
    ):
        raise OptionsError(
            f'the option "memory_limit" under "{OWN_KEY}" must be a number of bytes, an integer greater than 0 such '
            f"as 4000000000 (leave it out for none), not {json_text(memory_limit)}"
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_wrappers(value: Any, what: str) -> tuple[dict[str, Any], ...]:
    """Check descriptions of wrappers: an array of objects with a name, or one object."""
    items = [value] if isinstance(value, dict) else value
    if isinstance(items, list) and all(
        isinstance(item, dict) and isinstance(item.get("name"), str) and item["name"] for item in items
    ):
        return tuple(items)
    raise OptionsError(
        f'the {what} must be an array of objects such as {{"name": "TimeLimit", "max_episode_steps": 200}}, or '
        f"one of them, not {json_text(value)}"
    )


def _flag(name: str, value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise OptionsError(f'the option "{name}" under "{OWN_KEY}" is true or false, not {json_text(value)}')


def _entry_point(value: Any) -> str | None:
    place, _, name = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if value is None or (place and name):
        return value  # type: ignore[no-any-return]
    raise OptionsError(
        f'the option "entry_point" under "{OWN_KEY}" must be a text such as "module:Class" or '
        f'"path/to/file.py:Class", not {json_text(value)}'
    )


def _texts(name: str, value: Any) -> tuple[str, ...]:
    items = [] if value is None else [value] if isinstance(value, str) else value
    if isinstance(items, list) and all(isinstance(item, str) and item for item in items):
        return tuple(items)
    raise OptionsError(
        f'the option "{name}" under "{OWN_KEY}" must be an array of texts, or one text, not {json_text(value)}'
    )


def _legacy(value: Any) -> bool | None:
    if value is None or value == "auto":
        return None
    if isinstance(value, bool):
        return value
    raise OptionsError(
        f'the option "legacy" under "{OWN_KEY}" is true, false or "auto", not {json_text(value)}'
    )


def parse_reset_options(text: str | None) -> dict[str, Any] | None:
    """Parse the options of gym_reset."""
    return None if text is None else parse_object(text, "options of gym_reset")


def parse_json(text: str, what: str) -> Any:
    """Parse any JSON with tags; ``what`` names it in errors: "action"."""
    _check_depth(text, what)
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        raise OptionsError(
            f"the {what}: not JSON: {error.msg} at line {error.lineno} column {error.colno}: {_cut(repr(text))}"
        ) from None
    except OptionsError as error:
        raise OptionsError(f"the {what}: {error}") from None
    except ValueError as error:  # an integer of more digits than Python converts
        raise OptionsError(f"the {what}: {error}") from None


def _check_depth(text: str, what: str) -> None:
    """Refuse deep nesting before the parser recurses: a C stack must not depend on its input."""
    depth = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise OptionsError(f"the {what}: nested deeper than {MAX_DEPTH} levels")
        elif character in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> Any:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise OptionsError(f"the key {json_text(twice)} stands twice in one object")
    tag = next(filter(_is_tag, value), None)
    if tag is None:
        return value
    if tag not in _TAGS:
        raise OptionsError(f"unknown tag {json_text(tag)} (known: {', '.join(_TAGS)})")
    content = value.pop(tag)
    dtype = value.pop("dtype", None) if tag == "__ndarray__" else None
    if value:
        raise OptionsError(
            f"an object tagged {tag} has no other keys, but here is {json_text(next(iter(value)))}"
        )
    if tag == "__tuple__":
        return tuple(_list(tag, content))
    if tag == "__ndarray__":
        return _ndarray(_list(tag, content) if isinstance(content, list) else content, dtype)
    if tag == "__float__":
        return _float(content)
    if tag == "__callback__":
        from gogym.callback import find  # noqa: PLC0415  # a host's start waits for this module

        return find(content)
    return _dict(_list(tag, content))


def _is_tag(key: str) -> bool:
    return key.startswith("__") and key.endswith("__") and len(key) > 4


def _list(tag: str, content: Any) -> list[Any]:
    if not isinstance(content, list):
        raise OptionsError(f"{tag} takes a JSON array, not {json_text(content)}")
    return content


def _ndarray(content: Any, dtype: Any) -> np.ndarray[Any, Any]:
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise OptionsError(
            f'__ndarray__ needs "dtype", one of {", ".join(sorted(_DTYPES))}; not {json_text(dtype)}'
        )
    _check_elements(content, np.dtype(dtype))
    try:
        return np.array(content, dtype=dtype)
    except (ValueError, TypeError, OverflowError) as error:
        raise OptionsError(f"__ndarray__ of dtype {dtype} from {json_text(content)}: {error}") from None


def _check_elements(content: Any, dtype: np.dtype[Any]) -> None:
    """Refuse what NumPy would convert in silence: fractions to integers, texts and null to numbers."""
    if isinstance(content, list):
        for item in content:
            _check_elements(item, dtype)
        return
    is_whole = isinstance(content, int) or (isinstance(content, float) and content.is_integer())
    fits = is_whole if dtype.kind in "iu" else isinstance(content, (int, float))
    if dtype.kind == "b":
        fits = is_whole and content in (0, 1)
    if not fits:
        raise OptionsError(f"__ndarray__ of dtype {dtype} cannot hold {json_text(content)}")


def _float(content: Any) -> float:
    try:
        if isinstance(content, str):
            return float(content)
    except ValueError:
        pass
    raise OptionsError(f'__float__ takes a text such as "inf", "-inf" or "nan", not {json_text(content)}')


def _dict(content: list[Any]) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for pair in content:
        if not isinstance(pair, list) or len(pair) != 2:
            raise OptionsError(f"__dict__ takes [key, value] pairs, not {json_text(pair)}")
        key, value = pair
        try:
            if key in result:
                raise OptionsError(f"the key {json_text(key)} stands twice in one __dict__")
            result[key] = value
        except TypeError:
            raise OptionsError(f"__dict__ cannot have the key {json_text(key)}: it is not hashable") from None
    return result


def _finite(literal: str) -> float:
    number = float(literal)
    if number in (float("inf"), float("-inf")):
        raise OptionsError(f'{_cut(literal)} is beyond a float64; write {{"__float__": "inf"}} for infinity')
    return number


def _refuse_constant(literal: str) -> Any:
    name = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}[literal]
    raise OptionsError(f'{literal} is not JSON; write {{"__float__": "{name}"}}')


def json_text(value: Any, limit: int = 80) -> str:
    """Write a value as who wrote the JSON knows it, with its tags, for messages: short, and never failing."""
    try:
        text = json.dumps(_tagged(value), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):  # what no JSON makes, such as a text that is no Unicode
        text = repr(value)
    return _cut(text.encode("utf-8", "backslashreplace").decode(), limit)  # half a surrogate pair is no UTF-8


def _tagged(value: Any) -> Any:
    """The opposite of :func:`_object`."""
    if isinstance(value, list):
        return [_tagged(item) for item in value]
    if isinstance(value, tuple):
        return {"__tuple__": [_tagged(item) for item in value]}
    if isinstance(value, np.ndarray):
        return {"__ndarray__": _tagged(value.tolist()), "dtype": value.dtype.name}
    if isinstance(value, float) and not np.isfinite(value):
        return {"__float__": str(value)}
    if isinstance(value, dict):
        if all(isinstance(key, str) and not _is_tag(key) for key in value):
            return {key: _tagged(item) for key, item in value.items()}
        return {"__dict__": [[_tagged(key), _tagged(item)] for key, item in value.items()]}
    if callable(value) and isinstance(getattr(value, "name", None), str):
        return {"__callback__": value.name}
    return value


def _cut(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."
