"""What a gym_value costs: the info of a MuJoCo step, about ten numbers under their names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from harness import Case, Contender, Row, row
from programs import c_program

ANT = "Ant-v5"


def info() -> Iterator[Row]:
    """Microseconds of gym_info and gym_value_free."""
    values = []
    entries = 0.0
    for _ in range(3):
        with closing(Contender([c_program("info"), ANT])) as contender:
            contender.run(2000)
            values += [contender.run(5000) / 1000 for _ in range(11)]
            entries = float(contender.rewards[-1]) / 5000
    yield row(
        "value-info-c", values, 5.0, unit="us", note=f"gym_info and gym_value_free; {entries:.0f} entries"
    )


CASES = [Case(("value-info-c",), info)]
