"""What the bridge itself costs: gym_step on an environment that does nothing.

The figure is the whole time of gym_step, on what gymnasium.make gives (so with Gymnasium's stock wrappers),
minus the time of calling the bare environment's step in Python, with no loop around it but `for`: everything
that is neither the environment nor its call counts against the bridge. Against env.step with the stock wrappers,
which is what a Python user calls, the difference is smaller or negative: it is in `absolute` as "python".
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial

from harness import CONTENDERS, Case, Contender, Row, Skipped, medians_us, row
from noop_env import ID as NOOP
from programs import c_program, go_program, plain_program

from topics.step import python_loop, race

CALLS = 20  # single-stepped: a few microseconds an instruction


def overhead() -> Iterator[Row]:
    """Microseconds of the bridge per step."""
    commands = {
        "bare": python_loop(NOOP, "bare"),
        "c": [c_program("loop"), NOOP, "drawn"],
        "go": [go_program("loop"), NOOP, "drawn"],
        "python": python_loop(NOOP, "drawn"),
    }
    times = race(commands)
    figures = medians_us(times)
    for host, target in (("c", 0.4), ("go", 0.5)):
        difference = [(a - b) / 1000 for a, b in zip(times[host], times["bare"], strict=True)]
        yield row(
            f"bridge-{host}",
            difference,
            target,
            unit="us",
            absolute={name: figures[name] for name in (host, "bare", "python")},
            note="gym_step minus a call of the bare environment's step in Python; "
            f"minus a Python user's loop over env.step with the stock wrappers it is "
            f"{figures[host] - figures['python']:+.3f} us",
        )


def allocations() -> Iterator[Row]:
    """Allocations per StepInto in Go."""
    with closing(Contender([go_program("loop"), NOOP, "drawn"])) as contender:
        values = []
        for _ in range(5):
            contender.ask("allocs", 2000)
            values.append(float(contender.read().split()[1]))
    yield row("bridge-allocs-go", values, 0.0, unit="allocations", note="per StepInto, testing.AllocsPerRun")


def instructions(name: str, command: list[object], note: str) -> Iterator[Row]:
    """User-space instructions per step, counted by single-stepping."""
    if not sys.platform.startswith("linux"):
        raise Skipped("instructions are counted on Linux only")
    with ExitStack() as stack:
        try:
            contender = stack.enter_context(closing(Contender([plain_program("count"), *command])))
        except RuntimeError as error:
            raise Skipped(f"single-stepping a process is not possible here: {error}") from error
        contender.run(2000)
        few = 2
        values = []
        for _ in range(3):
            base = contender.count(few)
            values.append((contender.count(few + CALLS) - base) / CALLS)
    yield row(name, values, unit="instructions", note=note)


def from_c() -> Iterator[Row]:
    """The instructions of gym_step."""
    yield from instructions(
        "bridge-instructions-c",
        [c_program("loop"), NOOP, "drawn"],
        "user-space instructions per gym_step from C on the environment that does nothing, its own step included",
    )


def from_python(mode: str, name: str, note: str) -> Iterator[Row]:
    """The instructions of Python's loop, for scale."""
    yield from instructions(name, [sys.executable, str(CONTENDERS / "loop.py"), NOOP, mode], note)


CASES = [
    Case(("bridge-c", "bridge-go"), overhead),
    Case(("bridge-allocs-go",), allocations),
    Case(("bridge-instructions-c",), from_c),
    Case(
        ("bridge-instructions-python",),
        partial(
            from_python,
            "drawn",
            "bridge-instructions-python",
            "for scale: the same loop in Python over env.step, with the stock wrappers",
        ),
    ),
    Case(
        ("bridge-instructions-bare",),
        partial(
            from_python,
            "bare",
            "bridge-instructions-bare",
            "for scale: calling the bare environment's step in Python, nothing else",
        ),
    ),
]
