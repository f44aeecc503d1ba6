"""Frames, and what it costs that an environment that renders is bound to a thread."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from harness import Case, Row, medians_us, ratios, row
from programs import c_program, go_program

from topics.step import python_loop, race

CARTPOLE = "CartPole-v1"


def frames(environment: str, chunk_ms: float) -> Iterator[Row]:
    """gym_render against env.render()."""
    commands = {
        "python": python_loop(environment, "render", "rendered"),
        "c": [c_program("loop"), environment, "render", "rendered"],
        "go": [go_program("loop"), environment, "render", "rendered"],
    }
    times = race(commands, chunk_ms=chunk_ms, probe=4)
    more = {"absolute": medians_us(times), "absolute_unit": "us/frame"}
    yield row(f"render-c-{environment}", ratios(times, "c", "python"), 1.05, **more)
    yield row(f"render-go-{environment}", ratios(times, "go", "python"), 1.05, **more)


def bound(environment: str) -> Iterator[Row]:
    """Microseconds of a step that go into the hand-over to the environment's own thread."""
    commands = {
        "plain": [c_program("loop"), environment, "drawn"],
        "bound": [c_program("loop"), environment, "drawn", "rendered"],
    }
    times = race(commands)
    added = [(a - b) / 1000 for a, b in zip(times["bound"], times["plain"], strict=True)]
    yield row(
        f"render-bound-step-{environment}",
        added,
        15.0,
        unit="us",
        absolute=medians_us(times),
        note="time of a step of an environment made with render_mode minus that of one made without; nothing is drawn",
    )


CASES = [
    Case(("render-c-CartPole-v1", "render-go-CartPole-v1"), partial(frames, CARTPOLE, 200.0)),
    Case(("render-c-Ant-v5", "render-go-Ant-v5"), partial(frames, "Ant-v5", 600.0)),
    *(
        Case((f"render-bound-step-{name}",), partial(bound, name))
        for name in (CARTPOLE, "Pendulum-v1", "Ant-v5")
    ),
]
