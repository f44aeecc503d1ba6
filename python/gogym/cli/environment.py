"""What names an environment on the command line: its id, ``--options``, ``--option`` and ``--wrapper``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import click

# A text that needs no quotes: rgb_array, v5.xml, module:Class. Never the beginning of an array or object.
_WORD = re.compile(r"[A-Za-z_~./][\w.:/~+-]*")


class Choice(NamedTuple):
    """An environment as it was asked for."""

    id: str
    options: dict[str, Any]
    """The options of gym_make, as JSON has them: tagged objects are still objects."""

    @property
    def options_text(self) -> str | None:
        """The options as gym_make takes them."""
        return json.dumps(self.options) if self.options else None

    def with_render_mode(self, mode: str, what: str) -> Choice:
        """The same with a render mode; ``what`` needs it."""
        given = self.options.get("render_mode", mode)
        if given != mode:
            message = f'{what} needs render_mode "{mode}", and the options say {json.dumps(given)}'
            raise click.ClickException(message)
        return self._replace(options={**self.options, "render_mode": mode})


def environment_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command its environment: an argument, and what changes it."""
    for option in (
        click.option(
            "--wrapper",
            "-w",
            "wrappers",
            multiple=True,
            metavar="JSON",
            help='Put a wrapper around it: NAME, or {"name": NAME, ARGUMENT: VALUE ...}. The first is innermost.',
        ),
        click.option(
            "--options", "options", metavar="JSON", help="Its options, as gym_make takes them: a JSON object."
        ),
        click.option(
            "--option",
            "-o",
            "pairs",
            multiple=True,
            metavar="KEY=VALUE",
            help="One option. VALUE is JSON; a word that is none is a text.",
        ),
        click.argument("env_id", metavar="ENVIRONMENT"),
    ):
        function = option(function)
    return function


def choose(env_id: str, options: str | None, pairs: Sequence[str], wrappers: Sequence[str]) -> Choice:
    """Read what environment_options gave.

    Raises:
        OptionsError: something is not the JSON that gym_make takes.
    """
    from gogym.options import OWN_KEY, OptionsError  # noqa: PLC0415

    merged = {} if options is None else _parse(options, "value of --options")
    if not isinstance(merged, dict):
        message = 'the value of --options must be a JSON object such as {"key": 1}'
        raise OptionsError(message)
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            message = f"{pair!r} is not of the form KEY=VALUE"
            raise click.BadParameter(message, param_hint="--option")
        merged[key] = _parse_word(value, f"value of --option {key}")
    if wrappers:
        own = merged.setdefault(OWN_KEY, {})
        if not isinstance(own, dict):
            message = f'the option "{OWN_KEY}" must be a JSON object'
            raise OptionsError(message)
        given = own.get("wrappers") or []
        inner = given if isinstance(given, list) else [given]
        own["wrappers"] = [*inner, *map(_parse_wrapper, wrappers)]
    return Choice(env_id, merged)


def _parse(text: str, what: str) -> Any:
    """JSON as it is, once gogym's own parser has found nothing wrong with it."""
    from gogym.options import parse_json  # noqa: PLC0415

    parse_json(text, what)
    return json.loads(text)


def _parse_word(text: str, what: str) -> Any:
    is_json = text in ("true", "false", "null", "NaN", "Infinity")
    return text if not is_json and _WORD.fullmatch(text) else _parse(text, what)


def _parse_wrapper(text: str) -> Any:
    value = _parse_word(text, "value of --wrapper")
    return {"name": value} if isinstance(value, str) else value
