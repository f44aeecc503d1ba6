"""From the start of a process to the first observation of CartPole, against python -c doing the same."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from harness import ENVIRONMENT, OUTPUT, Case, Row, ratios, row
from programs import c_program, go_program

PYTHON = (
    "import gymnasium; env = gymnasium.make('CartPole-v1'); obs, info = env.reset(seed=0); "
    "print('observation', flush=True)"
)
ROUNDS, WARM_UP = 21, 2
TARGET = 1.15


def start(command: Sequence[str | os.PathLike[str]]) -> tuple[float, float]:
    """Nanoseconds until the process has said that it has the observation, and until it has ended."""
    begin = time.perf_counter_ns()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT, cwd=OUTPUT) as process:
        line = process.stdout.readline()
        observed = time.perf_counter_ns() - begin
        status = process.wait()
        ended = time.perf_counter_ns() - begin
    if line != b"observation\n" or status != 0:
        raise RuntimeError(f"{command[0]} gave {line!r}, exit status {status}")
    return observed, ended


def starts() -> Iterator[Row]:
    """Both rows, from one interleaved run."""
    commands = {
        "python": [sys.executable, "-c", PYTHON],
        "c": [c_program("first")],
        "go": [go_program("first")],
    }
    observed: dict[str, list[float]] = {name: [] for name in commands}
    ended: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(-WARM_UP, ROUNDS):
        for name, command in commands.items():
            first, last = start(command)
            if turn >= 0:
                observed[name].append(first)
                ended[name].append(last)
    for host in ("c", "go"):
        first, base, whole, whole_base = (
            row("", [v / 1e6 for v in values[key]])
            for values, key in ((observed, host), (observed, "python"), (ended, host), (ended, "python"))
        )
        yield row(
            f"start-{host}",
            ratios(observed, host, "python"),
            TARGET,
            absolute={host: first.ratio, "python": base.ratio},
            absolute_unit="ms",
            note="until the process has its first observation, finding and asking the interpreter included; "
            f"until it has ended: {whole.ratio:.0f} ms, python {whole_base.ratio:.0f} ms",
        )


CASES = [Case(("start-c", "start-go"), starts)]
