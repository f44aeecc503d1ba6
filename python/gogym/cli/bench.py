"""``gogym bench``: how fast an environment is stepped by gogym's engines, and by others."""

from __future__ import annotations

import importlib.util
import math
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gogym.cli import environment, output

if TYPE_CHECKING:
    from gogym.benchmark import Plan, Result, Spread

_ENGINES = ("process", "sync", "vector", "envpool")
_PEERS = ("gymnasium", "envpool", "loops")
_PICTURES = (".png", ".svg", ".pdf")


def _list_of(convert: Callable[..., Any]) -> Callable[[click.Context, click.Parameter, str], list[Any]]:
    """What reads values with commas between them, each once."""

    def read(ctx: click.Context, param: click.Parameter, value: str) -> list[Any]:
        return list(dict.fromkeys(convert(part.strip(), param, ctx) for part in value.split(",") if part))

    return read


@click.command()
@environment.environment_options
@click.option(
    "--num-envs",
    "-n",
    callback=_list_of(click.IntRange(1)),
    default="1,8,64",
    show_default=True,
    metavar="N,...",
    help="How many environments.",
)
@click.option(
    "--engine",
    "-e",
    "engines",
    callback=_list_of(click.Choice(_ENGINES)),
    default="process,sync",
    show_default=True,
    metavar="NAME,...",
    help=f"Engines of gogym: {', '.join(_ENGINES)}.",
)
@click.option(
    "--against",
    "-a",
    "peers",
    callback=_list_of(click.Choice(_PEERS)),
    default="",
    metavar="NAME,...",
    help="Others, called from Python: gymnasium (SyncVectorEnv and AsyncVectorEnv), envpool, loops (a plain loop on "
    "each CPU at once).",
)
@click.option("--workers", type=click.IntRange(1), help="How many processes, EnvPool's threads, or loops.")
@click.option(
    "--seconds",
    type=click.FloatRange(0.01, 86400),
    default=2.0,
    show_default=True,
    help="How long each is measured with each number of environments.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Draw steps/s over the number of environments: .png, .svg or .pdf.",
)
@output.reporting
def bench(
    *,
    env_id: str,
    options: str | None,
    pairs: Sequence[str],
    wrappers: Sequence[str],
    num_envs: list[int],
    engines: list[str],
    peers: list[str],
    workers: int | None,
    seconds: float,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Measure how many steps a second an ENVIRONMENT takes in gogym's engines.

    gogym is called through the C library, as a host program calls it. All take turns, each in a process of its own, with
    random actions that were sampled before. The ratio is to the first one. Ctrl-C ends it early.
    """
    from gogym import benchmark  # noqa: PLC0415

    choice = environment.choose(env_id, options, pairs, wrappers)
    contenders = benchmark.contenders(engines, peers)
    if not contenders or not num_envs:
        message = "there is nothing to measure: say --num-envs, and --engine or --against"
        raise click.UsageError(message)
    if plot is not None:
        _check_plot(plot)
    plan = benchmark.Plan(choice.id, choice.options, contenders, num_envs, workers, seconds)
    results: list[Result] = []
    interrupted = False
    with output.environments_at_work() as messages, output.progress(choice.id, messages) as tell:
        try:
            benchmark.measure(plan, results, tell)
        except KeyboardInterrupt:
            interrupted = True
    failed = [result for result in results if result.error]
    measured = [result for result in results if result.speed]
    reasons = [result.error or result.skipped for result in [*failed, *results]]
    if any(reasons) and not measured and not interrupted:
        raise click.ClickException(next(filter(None, reasons)))
    if plot is not None and measured:
        from gogym.cli.plot import draw  # noqa: PLC0415

        draw(choice.id, measured, plot)
    if as_json:
        output.show_json(_document(plan, results, plot if measured else None, interrupted=interrupted))
    else:
        _show(plan, results, plot if measured else None, interrupted=interrupted)
    if interrupted:
        raise click.exceptions.Exit(output.INTERRUPTED)
    if failed:
        message = f"{len(failed)} of {len(results)} could not be measured"
        raise click.ClickException(message)


def _check_plot(path: Path) -> None:
    """Refuse a picture that cannot be drawn before anything is measured."""
    if path.suffix.lower() not in _PICTURES:
        message = f"a plot is a {', '.join(_PICTURES[:-1])} or {_PICTURES[-1]} file, and {path} is none"
        raise click.ClickException(message)
    if not path.absolute().parent.is_dir():
        message = f"{path} cannot be written: there is no folder {path.parent}"
        raise click.ClickException(message)
    if importlib.util.find_spec("matplotlib") is None:
        message = (
            f"--plot needs the package matplotlib, which is not installed: run {shlex.quote(sys.executable)} -m pip "
            "install matplotlib, or pip install '.[plot]' in a checkout of gogym"
        )
        raise click.ClickException(message)


# ------------------------------------------------------------------------------------------- the result


def _document(
    plan: Plan, results: Sequence[Result], plot: Path | None, *, interrupted: bool
) -> dict[str, Any]:
    from gogym.contender import usable_cpus  # noqa: PLC0415

    return {
        "id": plan.id,
        "options": plan.options,
        "cpus": usable_cpus(),
        "workers": plan.workers,
        "seconds": plan.seconds,
        "rounds": plan.rounds,
        "results": [_entry(result) for result in results],
        "plot": None if plot is None else str(plot),
        "interrupted": interrupted,
    }


def _entry(result: Result) -> dict[str, Any]:
    return {
        "num_envs": result.num_envs,
        "name": result.contender.name,
        "engine": result.contender.engine,
        "steps_per_second": None if result.speed is None else result.speed._asdict(),
        "ratio": None if result.ratio is None else result.ratio._asdict(),
        "rounds": len(result.speeds),
        "memory": result.memory,
        "error": result.error or None,
        "skipped": result.skipped or None,
    }


def _show(plan: Plan, results: Sequence[Result], plot: Path | None, *, interrupted: bool) -> None:
    from gogym.contender import usable_cpus  # noqa: PLC0415

    cpus = usable_cpus()
    early = ", interrupted" if interrupted else ""
    output.show(output.Styled(f"{plan.id} on {cpus} CPU{'' if cpus == 1 else 's'}{early}", "bold"))
    columns = [
        output.Column("environments", right=True),
        output.Column("engine", style="cyan"),
        output.Column("steps/s", right=True, style="bold"),
        output.Column("10%..90%", right=True),
        output.Column("ratio", right=True, style="bold"),
        output.Column("10%..90%", right=True),
        output.Column("memory", right=True),
    ]
    output.show(output.Table(columns, [_row(result) for result in results]))
    for line in _remarks(results):
        output.show(output.Styled(line, "yellow"))
    if plot is not None:
        output.show(f"drawn: {plot}")


def _row(result: Result) -> list[output.Cell]:
    if not result.speed or not result.ratio:
        what = "failed" if result.error else "not available" if result.skipped else "-"
        return [f"{result.num_envs:,}", result.contender.name, output.Styled(what, "yellow"), "", "", "", ""]
    return [
        f"{result.num_envs:,}",
        result.contender.name,
        *_cells(result.speed, _speed),
        *_cells(result.ratio, _ratio),
        "-" if result.memory is None else f"{result.memory / 2**20:,.0f} MiB",
    ]


def _cells(spread: Spread, text: Callable[[float], str]) -> list[str]:
    return [text(spread.median), f"{text(spread.low)}..{text(spread.high)}"]


def _speed(value: float) -> str:
    """Three digits say what is known."""
    digits = 2 - math.floor(math.log10(value)) if value > 0 else 0
    return f"{round(value, digits):,.{max(0, digits)}f}"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def _remarks(results: Sequence[Result]) -> list[str]:
    """Why something is missing, each reason once."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for result in results:
        reason = result.error or result.skipped
        if reason:
            reasons.setdefault((result.contender.name, reason), []).append(f"{result.num_envs:,}")
    return [f"{name} ({', '.join(counts)}): {reason}" for (name, reason), counts in reasons.items()]
