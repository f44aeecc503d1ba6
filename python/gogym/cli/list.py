"""``gogym list``: which environments are registered."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from gogym.cli import output

if TYPE_CHECKING:
    from gymnasium.envs.registration import EnvSpec

_COLUMNS = (
    output.Column("id", style="bold", wrap=True),
    output.Column("max steps", right=True),
    output.Column("entry point", style="dim", wrap=True),
)


@click.command("list")
@click.argument("pattern", required=False)
@click.option(
    "--import",
    "modules",
    multiple=True,
    metavar="MODULE",
    help="Import a module or file that registers some.",
)
@output.reporting
def list_environments(*, pattern: str | None, modules: Sequence[str], as_json: bool) -> None:
    """List the registered environments, or those that a PATTERN fits.

    PATTERN is a shell pattern ('*-v5', 'ALE/P*'), to be quoted for the shell; one without wildcards means ids that
    contain it, in either case.
    """
    with output.environments_at_work():
        specs = _find(pattern, modules)
    if as_json:
        output.show_json([_fields(spec) for spec in specs])
        return
    families: dict[str, list[EnvSpec]] = {}
    for spec in specs:
        families.setdefault(family(spec), []).append(spec)
    if output.is_terminal():
        for name, members in sorted(families.items()):
            rows = [_row(spec) for spec in members]
            output.show(output.Table(_COLUMNS, rows, f"{name} ({len(members)})"), "")
        return
    # One table: its lines can be sorted, cut and searched.
    columns = (output.Column("family"), *_COLUMNS)
    lines = [(name, *_row(spec)) for name, members in sorted(families.items()) for spec in members]
    output.show(output.Table(columns, lines))


def _find(pattern: str | None, modules: Sequence[str]) -> list[EnvSpec]:
    import gymnasium  # noqa: PLC0415

    from gogym import registry  # noqa: PLC0415

    with contextlib.suppress(ModuleNotFoundError):
        registry.import_module("ale_py")
    for module in modules:
        registry.import_module(module)
    ids = registry.list_envs(pattern)
    if not ids:
        message = f"no registered environment fits {pattern!r}.{_suggestion(str(pattern), registry.list_envs(None))}"
        raise click.ClickException(message)
    return [gymnasium.registry[id_] for id_ in ids]


def _suggestion(pattern: str, ids: Sequence[str]) -> str:
    wanted = pattern.strip("*?").lower()
    names = {id_.rpartition("-v")[0].rpartition("/")[2].lower(): id_ for id_ in ids}
    names.update({id_.lower(): id_ for id_ in ids})
    close = difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)
    found = list(dict.fromkeys(names[name] for name in close))
    if not found:
        return " All of them: gogym list"
    return f" Did you mean {' or '.join(found)}?"


def family(spec: EnvSpec) -> str:
    """Where an environment comes from: its namespace, Gymnasium's family of it, or its package."""
    if spec.namespace:
        return spec.namespace
    module = entry_point(spec).partition(":")[0].split(".")
    if module[:2] == ["gymnasium", "envs"] and len(module) > 2:
        return module[2]
    return module[0] or "other"


def entry_point(spec: EnvSpec) -> str:
    """The entry point of a spec as text."""
    place = spec.entry_point or spec.vector_entry_point
    if place is None or isinstance(place, str):
        return place or ""
    return f"{getattr(place, '__module__', '')}:{getattr(place, '__qualname__', type(place).__name__)}"


def _row(spec: EnvSpec) -> tuple[str, str, str]:
    steps = "" if spec.max_episode_steps is None else str(spec.max_episode_steps)
    return spec.id, steps, entry_point(spec)


def _fields(spec: EnvSpec) -> dict[str, Any]:
    return {
        "id": spec.id,
        "family": family(spec),
        "namespace": spec.namespace,
        "name": spec.name,
        "version": spec.version,
        "entry_point": entry_point(spec),
        "max_episode_steps": spec.max_episode_steps,
        "reward_threshold": spec.reward_threshold,
        "nondeterministic": spec.nondeterministic,
    }
