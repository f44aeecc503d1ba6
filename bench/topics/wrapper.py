"""A chain of Gymnasium's wrappers: FrameStackObservation of 4, ClipReward, TimeLimit."""

from __future__ import annotations

from collections.abc import Iterator

from harness import Case, Row, medians_us, ratios, row
from programs import c_program, go_program

from topics.step import python_loop, race

CARTPOLE = "CartPole-v1"


def chain() -> Iterator[Row]:
    """Loops over CartPole in the chain."""
    commands = {
        "python": python_loop(CARTPOLE, "drawn", "chain"),
        "c": [c_program("loop"), CARTPOLE, "drawn", "chain"],
        "go": [go_program("loop"), CARTPOLE, "drawn", "chain"],
    }
    times = race(commands)
    absolute = medians_us(times)
    yield row("wrapper-chain-c", ratios(times, "c", "python"), 1.0, absolute=absolute)
    yield row("wrapper-chain-go", ratios(times, "go", "python"), 1.0, absolute=absolute)


CASES = [Case(("wrapper-chain-c", "wrapper-chain-go"), chain)]
