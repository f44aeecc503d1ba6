"""Calls on spaces from C against the same calls on Gymnasium's own objects."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import partial

from harness import CONTENDERS, Case, Row, medians_us, ratios, row
from programs import c_program

from topics.step import race

BOX = ("Box(-1.0, 1.0, (3,))", {"type": "Box", "low": -1, "high": 1, "shape": [3]})
DISCRETE = ("Discrete(5)", {"type": "Discrete", "n": 5})
DICT = (
    "Dict({'position': Box(-1.0, 1.0, (3,)), 'mode': Discrete(4)})",
    {"type": "Dict", "spaces": {"position": BOX[1], "mode": {"type": "Discrete", "n": 4}}},
)

# Row, call, space, target.
CALLS = [
    ("space-sample-box", "sample", BOX, 1 / 20),
    ("space-contains-box", "contains", BOX, 1 / 20),
    ("space-sample-discrete", "sample", DISCRETE, 1 / 5),
    ("space-flatten-dict", "flatten", DICT, 1 / 20),
    ("space-contains-discrete", "contains", DISCRETE, None),
    ("space-sample-dict", "sample", DICT, None),
]


def call(name: str, what: str, space: tuple[str, object], target: float | None) -> Iterator[Row]:
    """The row of one call."""
    expression, description = space
    commands = {
        "python": [sys.executable, str(CONTENDERS / "space.py"), what, expression],
        "c": [c_program("space"), what, json.dumps(description)],
    }
    # The chunk is that of the faster one; Python's takes many times longer.
    times = race(commands, chunk_ms=3.0)
    figures = medians_us(times)
    yield row(
        name,
        ratios(times, "c", "python"),
        target,
        absolute=figures,
        absolute_unit="us/call",
        note=f"{expression}: from C {figures['python'] / figures['c']:.0f} times as fast as in Python",
    )


CASES = [Case((name,), partial(call, name, what, space, target)) for name, what, space, target in CALLS]
