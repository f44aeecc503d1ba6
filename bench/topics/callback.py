"""What a function of the host costs: TransformReward on CartPole, against CartPole without it."""

from __future__ import annotations

from collections.abc import Iterator

from harness import Case, Row, medians_us, row
from programs import c_program, go_program

from topics.step import python_loop, race

CARTPOLE = "CartPole-v1"


def reward() -> Iterator[Row]:
    """Microseconds that a callback adds to a step."""
    for host, command, target in (
        ("c", [c_program("loop"), CARTPOLE, "drawn"], 0.5),
        ("go", [go_program("loop"), CARTPOLE, "drawn"], 1.0),
    ):
        commands = {
            host: command,
            f"{host}-callback": [*command, "callback"],
            "python": python_loop(CARTPOLE, "drawn"),
            "python-lambda": python_loop(CARTPOLE, "drawn", "callback"),
        }
        times = race(commands, same_rewards=False)
        figures = medians_us(times)
        added = [(a - b) / 1000 for a, b in zip(times[f"{host}-callback"], times[host], strict=True)]
        yield row(
            f"callback-reward-{host}",
            added,
            target,
            unit="us",
            absolute=figures,
            note="time of a step with TransformReward and a function of the host minus that of a step without; a "
            f"lambda in Python adds {figures['python-lambda'] - figures['python']:.3f} us",
        )


CASES = [Case(("callback-reward-c", "callback-reward-go"), reward)]
