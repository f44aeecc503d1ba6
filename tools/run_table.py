#!/usr/bin/env python3
"""Runs the quick-start programs and prints what they say as a table.

    tools/run_table.py HOST=PROGRAM... -- ENVIRONMENT:STEPS...

The last line of a program's output must be like
    CartPole-v1: 10000 steps, return 9934.0, 212345 steps/s
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import NamedTuple

LAST_LINE = re.compile(
    r"^(?P<environment>\S+): (?P<steps>\d+) steps, return (?P<total>\S+), (?P<speed>[\d.]+) steps/s$"
)


class Row(NamedTuple):
    """One run of one program."""

    host: str
    environment: str
    steps: int
    total: float
    speed: float


def run(host: str, program: str, environment: str, steps: str) -> Row | None:
    """Run one program; None where it fails or does not end with the line."""
    print(f"==> {program} {environment} {steps}", flush=True)
    done = subprocess.run([program, environment, steps], stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, end="", flush=True)
    lines = done.stdout.strip().splitlines()
    found = LAST_LINE.match(lines[-1]) if lines else None
    if done.returncode != 0 or not found:
        print(f"error: {program} {environment}: exit status {done.returncode}", file=sys.stderr)
        return None
    return Row(host, found["environment"], int(found["steps"]), float(found["total"]), float(found["speed"]))


def table(rows: list[Row]) -> str:
    """The rows under their heads, numbers to the right."""
    heads = ("host", "environment", "steps", "return", "steps/s")
    cells = [(r.host, r.environment, f"{r.steps:,}", f"{r.total:,.1f}", f"{r.speed:,.0f}") for r in rows]
    widths = [max(len(line[i]) for line in [heads, *cells]) for i in range(len(heads))]
    left = 2

    def line(values: tuple[str, ...]) -> str:
        padded = (
            v.ljust(w) if i < left else v.rjust(w)
            for i, (v, w) in enumerate(zip(values, widths, strict=True))
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(heads), "  ".join("-" * w for w in widths), *map(line, cells)])


def main() -> int:
    """Runs every program on every environment."""
    arguments = sys.argv[1:]
    if "--" not in arguments:
        print(__doc__, file=sys.stderr)
        return 2
    cut = arguments.index("--")
    programs = [word.split("=", 1) for word in arguments[:cut]]
    tasks = [word.rsplit(":", 1) for word in arguments[cut + 1 :]]
    if not programs or not tasks:
        print(__doc__, file=sys.stderr)
        return 2
    rows = [run(host, program, *task) for task in tasks for host, program in programs]
    good = [row for row in rows if row]
    print("\n" + table(good), flush=True)
    return 0 if len(good) == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
