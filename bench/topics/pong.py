"""Pixels: Atari's Pong, 210 x 160 x 3 bytes a step, in native and in float64 buffers."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

from harness import Case, Row, Skipped, medians_us, ratios, row
from programs import c_program, go_program

from topics.step import python_loop, race

PONG = "ale_py:ALE/Pong-v5"


def pong() -> Iterator[Row]:
    """Loops over Pong."""
    if importlib.util.find_spec("ale_py") is None:
        raise Skipped("ale-py is not installed (the extra atari)")
    commands = {
        "python": python_loop(PONG, "drawn"),
        "native": [c_program("loop"), PONG, "native"],
        "float64": [c_program("loop"), PONG, "drawn"],
        "go": [go_program("loop"), PONG, "native"],
    }
    times = race(commands)
    figures = medians_us(times)
    against = {"absolute": figures}
    yield row("pong-native-c", ratios(times, "native", "python"), 1.02, **against)
    yield row("pong-native-go", ratios(times, "go", "python"), **against)
    yield row(
        "pong-float64-c",
        ratios(times, "float64", "python"),
        **against,
        note=f"widening 100,800 bytes to doubles costs {figures['float64'] - figures['native']:+.1f} us a step",
    )


CASES = [Case(("pong-native-c", "pong-native-go", "pong-float64-c"), pong)]
