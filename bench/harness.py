"""What all benchmarks share: contenders that take turns, and the rows that come out.

A benchmark compares contenders (this library from C, from Go; Gymnasium from Python) that run as processes of
their own and are made to work in turn, a short chunk each, round after round: A B C A B C ... A machine that
becomes slower or faster in between does so for all of them. Each round gives one ratio. A row states their
median, and as `low` and `high` the 10th and the 90th percentile.

Contenders are not pinned to a CPU. On a single one Go's own threads and the loop get in each other's way (HalfCheetah
takes 20 % longer), and NumPy's libraries behave as on a machine that has no more: nobody runs either like that.
"""

from __future__ import annotations

import functools
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
CONTENDERS = HERE / "contenders"
OUTPUT = HERE.parent / "build" / "bench"

# The host finds the interpreter that runs this, and all find the modules of bench/contenders.
ENVIRONMENT = {
    **os.environ,
    "GOGYM_PYTHON": sys.executable,
    "PYTHONPATH": os.pathsep.join(filter(None, [str(CONTENDERS), os.environ.get("PYTHONPATH")])),
}


class Skipped(Exception):  # noqa: N818
    """A row cannot be measured on this machine; the text says why."""


@functools.cache
def cpu_model() -> str:
    """The name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


@dataclass
class Row:
    """One line of the table and one entry of results.json."""

    name: str
    unit: str = "ratio"
    """Of ratio, low, high and target: "ratio", "us", "allocations", "instructions", "calls", "KiB"."""
    ratio: float | None = None
    """The figure; None where the row was skipped."""
    low: float | None = None
    high: float | None = None
    target: float | None = None
    """The figure is to be at most this; None for a row that only informs."""
    at_least: bool = False
    """Whether it is to be at least this: a ratio of speeds."""
    met: bool | None = None
    absolute: dict[str, float] = field(default_factory=dict)
    """The medians that the figure was made of."""
    absolute_unit: str = "us/step"
    rounds: int = 0
    note: str = ""
    skipped: str = ""
    """Why there is no figure."""
    python: str = platform.python_version()
    cpu: str = field(default_factory=cpu_model)

    def as_json(self) -> dict[str, object]:
        """The entry of results.json."""
        return asdict(self)


def row(
    name: str, values: Sequence[float], target: float | None = None, *, at_least: bool = False, **more: object
) -> Row:
    """The row of a figure that was measured once in each round."""
    if len(values) > 2:
        tenths = statistics.quantiles(values, n=10, method="inclusive")
        low, high = tenths[0], tenths[-1]
    else:
        low, high = min(values), max(values)
    figure = statistics.median(values)
    met = None if target is None else figure >= target if at_least else figure <= target
    made = Row(name, ratio=figure, low=low, high=high, target=target, met=met, rounds=len(values))
    made.at_least = at_least
    for key, value in more.items():
        setattr(made, key, value)
    return made


class Case(NamedTuple):
    """Rows that are measured together."""

    names: tuple[str, ...]
    run: Callable[[], Iterable[Row]]


class Contender:
    """A process that runs a loop on request: see contenders/loop.c."""

    def __init__(self, command: Sequence[str | os.PathLike[str]]) -> None:
        self.command = [os.fspath(word) for word in command]
        # What environments print on the way (MuJoCo's warnings, a log file) stays in build/bench.
        self.log = (OUTPUT / f"{Path(command[0]).name}.log").open("w")
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env=ENVIRONMENT,
            cwd=OUTPUT,
        )
        self.rewards: list[str] = []
        self.read("ready")

    def read(self, expected: str = "") -> str:
        """One line of its answer, which begins as expected."""
        line = self.process.stdout.readline().strip()
        if not line or not line.startswith(expected):
            self.process.kill()
            status = self.process.wait()
            said = Path(self.log.name).read_text().strip()[-2000:]
            raise RuntimeError(f"{' '.join(self.command)} answered {line!r} (exit status {status}): {said}")
        return line

    def ask(self, verb: str, steps: int) -> None:
        """Send a request."""
        self.process.stdin.write(f"{verb} {steps}\n")
        self.process.stdin.flush()

    def run(self, steps: int) -> float:
        """Nanoseconds per step."""
        self.ask("run", steps)
        nanoseconds, rewards = self.read().split()
        self.rewards.append(rewards)
        return int(nanoseconds) / steps

    def turn(self, milliseconds: float) -> float:
        """How often it does its work in a second; it does it for so long."""
        self.ask("turn", round(milliseconds))
        nanoseconds, times = self.read().split()
        return float(times) / int(nanoseconds) * 1e9

    def count(self, steps: int) -> int:
        """Instructions of so many steps and what surrounds them; the command must begin with count."""
        self.ask("count", steps)
        instructions = int(self.read("instructions").split()[1])
        self.read()
        return instructions

    def close(self) -> None:
        """End the process."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()


def interleave(
    contenders: Mapping[str, Contender],
    *,
    rounds: int,
    warm_up: int = 2,
    chunk_ms: float = 25.0,
    probe: int = 200,
    same_rewards: bool = True,
) -> dict[str, list[float]]:
    """Nanoseconds per step of each contender in each round.

    A chunk takes about `chunk_ms` on the fastest contender, which `probe` steps find out; all contenders get the same number of steps, so
    that they live through the same episodes. Different rewards are an error: they did not do the same work.
    """
    first = next(iter(contenders.values()))
    for contender in contenders.values():
        contender.run(probe)
    steps = max(
        probe // 2, int(chunk_ms * 1e6 / min(contender.run(probe) for contender in contenders.values()))
    )
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(-warm_up, rounds):
        for name, contender in contenders.items():
            nanoseconds = contender.run(steps)
            if turn >= 0:
                times[name].append(nanoseconds)
    if same_rewards:
        for name, contender in contenders.items():
            if [float(r) for r in contender.rewards] != [float(r) for r in first.rewards]:
                raise RuntimeError(f"{name} got other rewards than the first contender: not the same work")
    return times


def ratios(times: Mapping[str, Sequence[float]], name: str, base: str) -> list[float]:
    """The ratio of two contenders in each round."""
    return [a / b for a, b in zip(times[name], times[base], strict=True)]


def medians_us(times: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Median microseconds per step of each contender."""
    return {name: statistics.median(values) / 1000 for name, values in times.items()}
