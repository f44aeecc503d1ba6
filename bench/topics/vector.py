"""Vector environments: gogym's engines, called from C, against those that Python has.

Figures are ratios of speeds, higher is better. A speed is how many environments are stepped in a second, be it by env.step or,
where an episode has ended, by env.reset; so in a plain loop too. All are called with actions that were sampled before.
The limit is as many plain loops in Python as there are CPUs, each in a process of its own, at once.
"""

from __future__ import annotations

import importlib.util
import json
import math
import shutil
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial

from harness import OUTPUT, Case, Contender, Row, Skipped, row
from programs import c_program

from gogym.benchmark import memory_of
from topics.step import race as race_of_steps

LAUNCHES, ROUNDS, WARM_UP = 3, 7, 1
TURN_MS = 100.0

# Environment, number of environments, and by how much the engine "process" is to be faster than whom.
AGAINST = [
    ("CartPole-v1", 2, {"envpool": 1.0}),
    ("CartPole-v1", 4, {"envpool": 1.0}),
    ("CartPole-v1", 8, {"envpool": 1.0}),
    ("CartPole-v1", 32, {"async": 12.0}),
    ("CartPole-v1", 64, {"sync": 1.5, "loops": 0.90}),
    ("CartPole-v1", 256, {"loops": 0.90}),
    ("CartPole-v1", 1024, {"loops": 0.90}),
    ("Pendulum-v1", 2, {"envpool": 1.0}),
    ("Pendulum-v1", 4, {"envpool": 1.0}),
    ("Pendulum-v1", 8, {"envpool": 1.0}),
    ("HalfCheetah-v5", 1, {"envpool": 1.0}),
    ("HalfCheetah-v5", 2, {"envpool": 1.0}),
    ("HalfCheetah-v5", 4, {"envpool": 1.0}),
    ("HalfCheetah-v5", 8, {"async": 4.0, "sync": 1.6, "loops": 0.95, "envpool": 1.0}),
    ("HalfCheetah-v5", 16, {"envpool": 1.0}),
    ("HalfCheetah-v5", 32, {"envpool": 1.0}),
    ("HalfCheetah-v5", 64, {"sync": 1.6, "loops": 0.95, "envpool": 1.0}),
    ("Ant-v5", 1, {"envpool": 1.0}),
    ("Ant-v5", 2, {"envpool": 1.0}),
    ("Ant-v5", 4, {"envpool": 1.0}),
    ("Ant-v5", 8, {"sync": 1.6, "envpool": 1.0}),
    ("Ant-v5", 16, {"envpool": 1.0}),
    ("Ant-v5", 32, {"envpool": 1.0}),
    ("Ant-v5", 64, {"sync": 1.6, "envpool": 1.0}),
]

# Engine, the same from Python, environment, number of environments.
ENGINES = [
    ("envpool", "envpool", "CartPole-v1", 64),
    ("envpool", "envpool", "HalfCheetah-v5", 8),
    ("vector", "entry-point", "CartPole-v1", 1024),
]

NOTES = {
    "async": "speed of the engine process / speed of AsyncVectorEnv",
    "sync": "speed of the engine process / speed of SyncVectorEnv",
    "envpool": "speed of the engine process / speed of EnvPool, whose environments are of its own, in C++",
    "loops": "speed of the engine process / speed of as many plain loops in Python as CPUs, at once",
}


def from_c(engine: str, environment: str, num_envs: int, mode: str = "steps", **own: object) -> list[object]:
    """The command of contenders/vector.c."""
    options = json.dumps({"gogym": {"engine": engine, **own}})
    return [c_program("vector"), environment, str(num_envs), options, mode]


def from_python(kind: str, environment: str, num_envs: int) -> list[object]:
    """The command of gogym.contender: somebody else's vector environment, or plain loops."""
    plan = {"kind": kind, "id": environment, "num_envs": num_envs}
    return [sys.executable, "-W", "ignore", "-m", "gogym.contender", json.dumps(plan)]


def race(
    commands: dict[str, list[object]], scales: dict[str, int], alike: set[str]
) -> dict[str, list[float]]:
    """Environments stepped per second by each contender in each round; those that are alike get the same rewards."""
    speeds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(LAUNCHES):
        with ExitStack() as stack:
            contenders = {
                name: stack.enter_context(closing(Contender(command))) for name, command in commands.items()
            }
            compare_rewards({name: contenders[name] for name in contenders if name in alike})
            for turn in range(-WARM_UP, ROUNDS):
                for name, contender in contenders.items():
                    speed = contender.turn(TURN_MS) * scales[name]
                    if turn >= 0:
                        speeds[name].append(speed)
    return speeds


def compare_rewards(contenders: dict[str, Contender]) -> None:
    """Different rewards are an error: they did not do the same work."""
    for contender in contenders.values():
        contender.run(100)
    rewards = {name: float(contender.rewards[-1]) for name, contender in contenders.items()}
    first = next(iter(rewards.values()), 0.0)
    # Sums in another order differ in their last digits.
    if any(not math.isclose(value, first, rel_tol=1e-9) for value in rewards.values()):
        raise RuntimeError(f"these are not the same rewards: {rewards}")


def need_envpool(kinds: set[str]) -> None:
    """Rows with EnvPool are for those who have it."""
    if "envpool" in kinds and importlib.util.find_spec("envpool") is None:
        raise Skipped("EnvPool is not installed (the extra envpool)")


def name_of(kind: str, environment: str, num_envs: int) -> str:
    """The name of a row."""
    return f"vector-{'limit' if kind == 'loops' else kind}-{environment}-{num_envs}"


def against(environment: str, num_envs: int, targets: dict[str, float]) -> Iterator[Row]:
    """The engine "process" against others, all in one race."""
    if set(targets) == {"envpool"}:
        need_envpool({"envpool"})
    kinds = [kind for kind in targets if kind != "envpool" or importlib.util.find_spec("envpool")]
    commands = {"process": from_c("process", environment, num_envs)}
    commands |= {kind: from_python(kind, environment, num_envs) for kind in kinds}
    scales = {name: 1 if name == "loops" else num_envs for name in commands}
    speeds = race(commands, scales, {"process", "sync", "async"})
    medians = {name: statistics.median(values) / 1000 for name, values in speeds.items()}
    for kind, target in targets.items():
        name = name_of(kind, environment, num_envs)
        if kind not in kinds:
            yield Row(name, skipped="EnvPool is not installed (the extra envpool)")
            continue
        yield row(
            name,
            [a / b for a, b in zip(speeds["process"], speeds[kind], strict=True)],
            target,
            at_least=True,
            absolute={"process": medians["process"], kind: medians[kind]},
            absolute_unit="thousand steps/s",
            note=NOTES[kind],
        )


def engine(engine_name: str, kind: str, environment: str, num_envs: int) -> Iterator[Row]:
    """An engine that calls somebody's vector environment, against calling that from Python."""
    need_envpool({kind})
    commands = {
        engine_name: from_c(engine_name, environment, num_envs, "native", layout="native"),
        "python": from_python(kind, environment, num_envs),
    }
    # EnvPool's generators are seeded when it is made, not by a reset.
    alike = set() if kind == "envpool" else set(commands)
    speeds = race(commands, dict.fromkeys(commands, num_envs), alike)
    yield row(
        f"vector-engine-{engine_name}-{environment}-{num_envs}",
        [a / b for a, b in zip(speeds[engine_name], speeds["python"], strict=True)],
        0.97,
        at_least=True,
        absolute={name: statistics.median(values) / 1000 for name, values in speeds.items()},
        absolute_unit="thousand steps/s",
        note=f"speed of the engine {engine_name} from C / speed of the same vector environment from Python, "
        "both with arrays of its own dtypes",
    )


def isolated(environment: str) -> Iterator[Row]:
    """One environment in a worker process against one in this process."""
    commands = {
        "embedded": [c_program("loop"), environment, "drawn"],
        "isolated": [c_program("loop"), environment, "drawn", "isolated"],
    }
    times = race_of_steps(commands)
    yield row(
        f"vector-isolated-{environment}",
        [(a - b) / 1000 for a, b in zip(times["isolated"], times["embedded"], strict=True)],
        12.0,
        unit="us",
        absolute={name: statistics.median(values) / 1000 for name, values in times.items()},
        note="gym_step of an isolated environment - gym_step of an embedded one",
    )


WORKERS = 2


def futex_calls(environment: str, num_envs: int) -> Iterator[Row]:
    """System calls that hand work over, as gogym counts them itself."""
    steps, values = 2000, []
    with closing(Contender(from_c("process", environment, num_envs, "futex", workers=WORKERS))) as contender:
        for _ in range(5):
            contender.run(steps)
            values.append(float(contender.rewards[-1]) / steps / WORKERS)
    yield row(
        f"vector-futex-{environment}-{num_envs}",
        values,
        2.0,
        unit="calls",
        note="system calls per vector step and worker for handing work over, those of the host included",
    )


def system_calls(environment: str, num_envs: int) -> Iterator[Row]:
    """All system calls of host and workers, as strace counts them; under it everything sleeps more."""
    few, many = 100, 4100
    if shutil.which("strace") is None:
        raise Skipped("there is no strace")
    try:
        counts = {steps: count_calls(environment, num_envs, steps) for steps in (few, many)}
    except RuntimeError as error:
        raise Skipped(f"strace does not work here: {error}") from error
    yield row(
        f"vector-syscalls-{environment}-{num_envs}",
        [(counts[many] - counts[few]) / (many - few) / WORKERS],
        2.0,
        unit="calls",
        note="all system calls of host and workers per vector step and worker, counted by strace",
    )


def count_calls(environment: str, num_envs: int, steps: int) -> int:
    """System calls of a whole program that takes so many steps."""
    report = OUTPUT / "strace.txt"
    report.unlink(missing_ok=True)
    command = ["strace", "-f", "-c", "-o", report]
    command += from_c("process", environment, num_envs, workers=WORKERS)
    with closing(Contender(command)) as contender:
        contender.run(steps)
    lines = report.read_text().splitlines()
    if not lines or not lines[-1].endswith("total"):
        raise RuntimeError(f"strace wrote {lines[-1:]}")
    # Columns are aligned to the right; some may be empty.
    end = lines[0].index("calls") + len("calls")
    return int(lines[-1][:end].split()[-1])


def memory() -> Iterator[Row]:
    """What the processes take for each environment, and Gymnasium's for each of theirs."""
    environment, few, many, processes = "CartPole-v1", 2, 1024, 32
    commands: dict[str, tuple[int, Callable[[int], list[object]]]] = {
        "process": (many, partial(from_c, "process", environment, workers=WORKERS)),
        "sync": (many, partial(from_python, "sync", environment)),
        # A process for each: what so few take tells enough.
        "async": (processes, partial(from_python, "async", environment)),
    }
    each: dict[str, list[float]] = {name: [] for name in commands}
    added: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(LAUNCHES):
        for name, (count, command) in commands.items():
            least, most = (memory_taken(command(number)) for number in (few, count))
            each[name].append(most / count)
            added[name].append((most - least) / (count - few))
    more = ", ".join(f"{name} {statistics.median(values):.1f}" for name, values in added.items())
    yield row(
        f"vector-memory-{environment}-{many}",
        each["process"],
        unit="KiB",
        absolute={name: statistics.median(values) for name, values in each.items()},
        absolute_unit=f"KiB (async: of {processes})",
        note=f"memory of all processes, files not counted, by environments: {many} of them in {WORKERS} workers; "
        f"one more environment takes, in KiB: {more}",
    )


def memory_taken(command: list[object]) -> float:
    """KiB of a contender that has been at work, and of its processes."""
    with closing(Contender(command)) as contender:
        contender.turn(500)
        found = memory_of(contender.process.pid)
    if found is None:
        raise Skipped("/proc/PID/smaps_rollup cannot be read")
    return found / 1024


CASES = [
    *(
        Case(tuple(name_of(kind, name, count) for kind in targets), partial(against, name, count, targets))
        for name, count, targets in AGAINST
    ),
    *(
        Case(
            (f"vector-engine-{name}-{environment}-{count}",), partial(engine, name, kind, environment, count)
        )
        for name, kind, environment, count in ENGINES
    ),
    *(
        Case((f"vector-isolated-{name}",), partial(isolated, name))
        for name in ("CartPole-v1", "HalfCheetah-v5")
    ),
    *(
        Case((f"vector-{what}-{name}-{count}",), partial(run, name, count))
        for what, run in (("futex", futex_calls), ("syscalls", system_calls))
        for name, count in (("CartPole-v1", 64), ("HalfCheetah-v5", 8))
    ),
    Case(("vector-memory-CartPole-v1-1024",), memory),
]
