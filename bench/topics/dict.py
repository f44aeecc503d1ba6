"""Observations of several leaves: a Dict of three arrays, as environments with goals have them."""

from __future__ import annotations

from collections.abc import Iterator

from dict_env import ID as REACH
from harness import Case, Row, medians_us, ratios, row
from programs import c_program, go_program

from topics.step import python_loop, race


def three_leaves() -> Iterator[Row]:
    """Loops over an environment with a Dict observation."""
    commands = {
        "python": python_loop(REACH, "drawn"),
        "c": [c_program("loop"), REACH, "drawn"],
        "native": [c_program("loop"), REACH, "native"],
        "go": [go_program("loop"), REACH, "drawn"],
    }
    times = race(commands)
    absolute = medians_us(times)
    yield row("dict-c", ratios(times, "c", "python"), 1.05, absolute=absolute)
    yield row("dict-native-c", ratios(times, "native", "python"), 1.05, absolute=absolute)
    yield row("dict-go", ratios(times, "go", "python"), absolute=absolute)


CASES = [Case(("dict-c", "dict-native-c", "dict-go"), three_leaves)]
