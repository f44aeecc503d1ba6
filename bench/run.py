#!/usr/bin/env python3
"""Runs the benchmarks, prints a table and writes build/bench/results.json.

    bench/run.py [REGEX]       only rows whose name matches; the environment variable ONLY says the same

Every module in bench/topics is a topic: it has a list CASES, and the names of its rows begin with its own name.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import platform
import re
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "contenders")]

import topics
from harness import OUTPUT, Case, Row, Skipped, cpu_model

HEADS = ("benchmark", "figure", "10%..90%", "target", "", "in detail")


def find_cases(only: str) -> list[Case]:
    """The cases with a row that matches."""
    pattern = re.compile(only)
    cases: list[Case] = []
    for module in pkgutil.iter_modules(topics.__path__):
        found = importlib.import_module(f"topics.{module.name}").CASES
        for case in found:
            stray = [name for name in case.names if not name.startswith(f"{module.name}-")]
            if stray:
                raise ValueError(f"bench/topics/{module.name}.py has the row {stray[0]}")
        cases += [case for case in found if any(map(pattern.search, case.names))]
    return cases


def number(value: float | None, unit: str) -> str:
    """A figure with as many digits as mean something."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if unit in {"instructions", "allocations", "KiB"} else f"{value:.3f}"


def cells(entry: Row) -> tuple[str, ...]:
    """The columns of one row."""
    if entry.skipped:
        return (entry.name, "-", "-", "-", "skipped", entry.skipped.splitlines()[0][:100])
    unit = "" if entry.unit == "ratio" else f" {entry.unit}"
    spread = f"{number(entry.low, entry.unit)}..{number(entry.high, entry.unit)}"
    verdict = {True: "met", False: "MISSED", None: ""}[entry.met]
    detail = ", ".join(f"{name} {value:.3g}" for name, value in entry.absolute.items())
    return (
        entry.name,
        number(entry.ratio, entry.unit) + unit,
        spread,
        "-" if entry.target is None else f"{'>=' if entry.at_least else '<='} {entry.target:g}",
        verdict,
        f"{detail} {entry.absolute_unit}" if detail else "",
    )


def table(rows: list[Row]) -> str:
    """All rows under their heads."""
    lines = [HEADS, *map(cells, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def run_case(case: Case) -> tuple[list[Row], bool]:
    """The rows of a case, and whether it ran as it should."""
    try:
        return list(case.run()), True
    except Skipped as reason:
        return [Row(name, skipped=str(reason)) for name in case.names], True
    except RuntimeError as error:
        print(f"error: {', '.join(case.names)}: {error}", file=sys.stderr)
        return [Row(name, skipped=f"failed: {error}") for name in case.names], False


def main() -> int:
    """Run what is asked for."""
    only = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("ONLY", "")
    cases = find_cases(only)
    if not cases:
        print(f"error: no benchmark matches {only!r}", file=sys.stderr)
        return 2
    print(f"Python {platform.python_version()}, {cpu_model()}", flush=True)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    good = True
    for case in cases:
        begin = time.monotonic()
        found, fine = run_case(case)
        good = good and fine
        rows += [entry for entry in found if re.search(only, entry.name)]
        print(f"==> {', '.join(case.names)}: {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    results = OUTPUT / "results.json"
    results.write_text(json.dumps([entry.as_json() for entry in rows], indent=2) + "\n")
    print("\n" + table(rows) + "\n")
    missed = [entry.name for entry in rows if entry.met is False]
    print(f"missed: {', '.join(missed)}" if missed else "every target was met")
    print(f"written to {results.relative_to(HERE.parent)}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
