"""A picture of what ``gogym bench`` has measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from gogym.benchmark import Result, Spread

_MARKERS = "osD^vPX*"


def draw(title: str, results: Sequence[Result], path: Path) -> None:
    """Draw steps per second over the number of environments, a line for each contender."""
    lines: dict[str, list[tuple[int, Spread]]] = {}
    for result in results:
        if result.speed:
            lines.setdefault(result.contender.name, []).append((result.num_envs, result.speed))
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for index, (name, points) in enumerate(lines.items()):
        points.sort()
        counts = [count for count, _ in points]
        medians = [speed.median for _, speed in points]
        marker = _MARKERS[index % len(_MARKERS)]
        # What it is measured against is dashed.
        style = "-" if name.startswith("gogym ") else "--"
        (line,) = axes.plot(counts, medians, marker=marker, markersize=5, linestyle=style, label=name)
        low, high = ([getattr(speed, field) for _, speed in points] for field in ("low", "high"))
        axes.fill_between(counts, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sorted({result.num_envs for result in results})))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(_short))
    span = max(max(axes.get_ylim()) / min(axes.get_ylim()), 1.0)
    # A decade has its 2 and 5 named where there are few of them.
    axes.yaxis.set_minor_formatter(FuncFormatter(_short_2_5) if span < 1000 else NullFormatter())
    axes.set_xlabel("environments")
    axes.set_ylabel("steps/s (median, 10% to 90%)")
    axes.set_title(title)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    figure.savefig(path, dpi=150)


def _short(value: float, _: object = None) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def _short_2_5(value: float, _: object = None) -> str:
    return _short(value) if f"{value:e}"[0] in "25" else ""
