"""A loop over gym_step against the same loop in Python over gymnasium.make's environment."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial

from harness import CONTENDERS, Case, Contender, Row, interleave, medians_us, ratios, row
from programs import c_program, go_program, python_program

LAUNCHES, ROUNDS = 3, 11

# A process whose turn it is finds cold caches, another CPU, and Go's scheduler at rest, which costs it up to 1 ms. The
# turns are long enough for that not to count: what is measured is a loop that runs.
CHUNK_MS = 100.0

# Environment, target from C, target from Go.
ENVIRONMENTS = [
    ("CartPole-v1", 0.90, 0.95),
    ("Pendulum-v1", 1.00, 1.02),
    ("HalfCheetah-v5", 1.00, 1.02),
    ("Ant-v5", 1.00, 1.02),
]


def python_loop(*arguments: str) -> list[str]:
    """The command of contenders/loop.py."""
    return [sys.executable, str(CONTENDERS / "loop.py"), *arguments]


def race(
    commands: dict[str, list[object]], *, chunk_ms: float = CHUNK_MS, **options: object
) -> dict[str, list[float]]:
    """Start contenders, let them take turns, end them; and again.

    A process keeps what it was dealt when it started (addresses, a neighbour on its CPU), which can be worth 5 % and
    more. Several launches show how much of a ratio is that.
    """
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(LAUNCHES):
        with ExitStack() as stack:
            contenders = {
                name: stack.enter_context(closing(Contender(command))) for name, command in commands.items()
            }
            for name, values in interleave(contenders, rounds=ROUNDS, chunk_ms=chunk_ms, **options).items():
                times[name] += values
    return times


def step(environment: str, mode: str, targets: dict[str, float | None], prefix: str = "") -> Iterator[Row]:
    """The rows of one environment, C and Go."""
    commands = {
        "python": python_loop(environment, mode),
        "c": [c_program("loop"), environment, mode],
        "go": [go_program("loop"), environment, mode],
    }
    times = race(commands)
    figures = medians_us(times)
    for host, target in targets.items():
        absolute = {host: figures[host], "python": figures["python"]}
        note = (
            "time of the loop from this host / time of the same loop in Python; unseeded resets included"
            if mode == "drawn"
            else "as step-*, with each action sampled inside the loop"
        )
        yield row(
            f"step-{host}-{prefix}{environment}",
            ratios(times, host, "python"),
            target,
            absolute=absolute,
            note=note,
        )


def bound(environment: str) -> Iterator[Row]:
    """For scale: what is left when there is neither a wrapper nor a bridge nor a loop's body."""
    commands = {
        "python": python_loop(environment, "drawn"),
        "bare": python_loop(environment, "unwrapped"),
    }
    times = race(commands, same_rewards=False)
    yield row(
        f"step-bare-{environment}",
        ratios(times, "bare", "python"),
        absolute=medians_us(times),
        note="calls of the bare environment's step in Python and nothing else / the loop in Python: "
        "no bridge can take less time than this",
    )


def gogym_style(environment: str) -> Iterator[Row]:
    """For scale: how GoGym did it."""
    commands = {
        "python": python_loop(environment, "drawn"),
        "gogym-style": [python_program("gogym_style"), environment, sys.executable],
        "c": [c_program("loop"), environment, "drawn"],
    }
    times = race(commands)
    against_c = row("", ratios(times, "gogym-style", "c"))
    yield row(
        f"step-gogym-style-{environment}",
        ratios(times, "gogym-style", "python"),
        absolute=medians_us(times),
        note="a re-creation in C of GoGym's way through the CPython API / the same loop in Python; "
        f"it takes {against_c.ratio:.2f} ({against_c.low:.2f} to {against_c.high:.2f}) of the time of gym_step from C",
    )


CASES = [
    *(
        Case((f"step-c-{name}", f"step-go-{name}"), partial(step, name, "drawn", {"c": c, "go": go}))
        for name, c, go in ENVIRONMENTS
    ),
    Case(
        ("step-c-sampled-CartPole-v1", "step-go-sampled-CartPole-v1"),
        partial(step, "CartPole-v1", "sampled", {"c": None, "go": None}, prefix="sampled-"),
    ),
    Case(("step-bare-CartPole-v1",), partial(bound, "CartPole-v1")),
    Case(("step-gogym-style-CartPole-v1",), partial(gogym_style, "CartPole-v1")),
]
