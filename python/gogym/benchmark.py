"""How fast an environment is stepped by gogym's engines and by others: what ``gogym bench`` measures.

Contenders are processes of their own (:mod:`gogym.contender`) that take turns, a short one each, round after round, so
that a machine that becomes slower or faster does so for all of them. All others sleep while one has its turn.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

MOST_ASYNC: Final = 128
"""AsyncVectorEnv starts a process for each environment: not for more of them than this."""

_TURN_SECONDS = 0.1
_LEAST_ROUNDS = 5


class Contender(NamedTuple):
    """Who takes part."""

    name: str
    """As the table calls it."""
    kind: str
    """One of gogym.contender.KINDS."""
    engine: str | None = None
    """Of gogym."""


class Plan(NamedTuple):
    """What is measured."""

    id: str
    options: dict[str, Any]
    contenders: Sequence[Contender]
    num_envs: Sequence[int]
    workers: int | None
    seconds: float
    """How long each contender is measured with each number of environments."""

    @property
    def rounds(self) -> int:
        """How many turns each contender has."""
        return max(_LEAST_ROUNDS, round(self.seconds / _TURN_SECONDS))

    @property
    def turn_ms(self) -> float:
        """How long a turn is."""
        return 1000 * self.seconds / self.rounds


class Spread(NamedTuple):
    """What the rounds gave."""

    median: float
    low: float
    """The 10th percentile."""
    high: float
    """The 90th percentile."""

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The median of all, and what most of them lie between."""
        if len(values) < 2:
            return cls(values[0], values[0], values[0])
        tenths = statistics.quantiles(values, n=10, method="inclusive")
        return cls(statistics.median(values), tenths[0], tenths[-1])


class Result:
    """What a contender did with a number of environments."""

    def __init__(self, contender: Contender, num_envs: int) -> None:
        self.contender = contender
        self.num_envs = num_envs
        self.speeds: list[float] = []
        """Steps of single environments per second, of each round."""
        self.ratios: list[float] = []
        """To the first contender of the same number of environments that works, of each round."""
        self.memory: int | None = None
        """Bytes of its processes together."""
        self.error = ""
        """Why it could not be measured."""
        self.skipped = ""
        """Why it was left out: it is not for this environment, or not for so many."""

    @property
    def speed(self) -> Spread | None:
        """Steps per second."""
        return Spread.of(self.speeds) if self.speeds else None

    @property
    def ratio(self) -> Spread | None:
        """How many times as fast as the first one."""
        return Spread.of(self.ratios) if self.ratios else None


def contenders(engines: Iterable[str], peers: Iterable[str]) -> list[Contender]:
    """Those of gogym's engines, then those that it is measured against."""
    engines = list(engines)
    found = [Contender(f"gogym {engine}", "gogym", engine) for engine in engines]
    for peer in peers:
        if peer == "gymnasium":
            found += [Contender("SyncVectorEnv", "sync"), Contender("AsyncVectorEnv", "async")]
            if "vector" in engines:
                found.append(Contender("make_vec", "entry-point"))
        elif peer == "envpool":
            found.append(Contender("EnvPool", "envpool"))
        else:
            found.append(Contender("plain loops", "loops"))
    return found


class ContenderError(Exception):
    """A contender cannot be made, or has ended; the message says why."""


class MissingError(ContenderError):
    """There is no such vector environment of this id."""


class Process:
    """A contender at work: see :mod:`gogym.contender`."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gogym.contender", json.dumps(plan)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                text=True,
                env={**os.environ, "GOGYM_PYTHON": sys.executable},
                # Ctrl-C is for us: we end it. It has its processes in its group.
                start_new_session=True,
            )
        except BaseException:
            self._said.close()
            raise

    def wait_ready(self) -> None:
        """Wait until it is made.

        Raises:
            ContenderError: It cannot be.
        """
        self._read()

    def turn(self, milliseconds: float) -> float:
        """Let it step: how often a second."""
        if self.process.stdin is None:
            raise AssertionError
        with contextlib.suppress(BrokenPipeError):  # it says why it has ended
            self.process.stdin.write(f"turn {milliseconds}\n")
            self.process.stdin.flush()
        nanoseconds, times = self._read().split()
        return float(times) / float(nanoseconds) * 1e9

    def _read(self) -> str:
        if self.process.stdout is None:
            raise AssertionError
        line = self.process.stdout.readline().strip()
        word, _, why = line.partition(" ")
        if word in ("failed", "missing"):
            raise (MissingError if word == "missing" else ContenderError)(why)
        if not line:
            raise ContenderError(self._end())
        return line

    def _end(self) -> str:
        """How it has ended, with the last line that it wrote."""
        status = self.process.wait()
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        self._said.seek(max(0, self._said.seek(0, os.SEEK_END) - 4096))
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        return f"its process {how}" + (f": {lines[-1].strip()}" if lines else "")

    def memory(self) -> int | None:
        """Bytes of its processes: what is theirs alone, and their share of what they share, files not counted."""
        return memory_of(self.process.pid)

    def close(self) -> None:
        """End it, and what it has started."""
        if self.process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            if self.process.stdout:
                self.process.stdout.close()
            self._said.close()


def measure(plan: Plan, results: list[Result], tell: Callable[[float, str], None]) -> None:
    """Measure all, and add what is found to ``results`` as it comes; ``tell`` gets what is done, 0 to 1, and a text."""
    for index, num_envs in enumerate(plan.num_envs):
        group = [Result(contender, num_envs) for contender in plan.contenders]
        results += group

        def progress(part: float, text: str, done: int = index, count: int = num_envs) -> None:
            environments = "environment" if count == 1 else "environments"
            tell((done + part) / len(plan.num_envs), f"{count:,} {environments}: {text}")

        try:
            _measure_group(plan, group, progress)
        finally:  # Ctrl-C leaves what there is
            _compare(group)
        if not any(result.speeds for result in group):
            return  # nor would it with another number


def _measure_group(plan: Plan, group: list[Result], tell: Callable[[float, str], None]) -> None:
    """Measure the contenders of one number of environments, turn by turn."""
    with ExitStack() as stack:
        running: dict[int, Process] = {}
        for index, result in enumerate(group):
            if result.contender.kind == "async" and result.num_envs > MOST_ASYNC:
                result.skipped = f"a process for each environment, and that only up to {MOST_ASYNC} here"
                continue
            tell(0.0, f"making {result.contender.name}")
            process = Process(_description(plan, result))
            stack.callback(process.close)
            try:
                process.wait_ready()
            except MissingError as error:
                result.skipped = str(error)
                continue
            except ContenderError as error:
                result.error = str(error)
                continue
            running[index] = process
        for turn in range(-1, plan.rounds):  # the first one is for caches and clocks
            for index in list(running):
                result = group[index]
                tell(max(0, turn) / plan.rounds, _turn_text(result))
                try:
                    speed = running[index].turn(plan.turn_ms)
                except ContenderError as error:
                    result.error = str(error)
                    result.speeds.clear()
                    running.pop(index)
                    continue
                if turn >= 0:
                    result.speeds.append(speed * _steps_each(result))
        for index, process in running.items():
            group[index].memory = process.memory()


def _description(plan: Plan, result: Result) -> dict[str, Any]:
    return {
        "kind": result.contender.kind,
        "engine": result.contender.engine,
        "id": plan.id,
        "options": plan.options,
        "num_envs": result.num_envs,
        "workers": plan.workers,
    }


def _steps_each(result: Result) -> int:
    """Steps of single environments in one that is counted: plain loops have one environment each."""
    return 1 if result.contender.kind == "loops" else result.num_envs


def _turn_text(result: Result) -> str:
    name = result.contender.name
    return f"{name}, {result.speeds[-1]:,.0f} steps/s" if result.speeds else name


def _compare(group: list[Result]) -> None:
    """Fill in the ratios, round by round."""
    first = next((result for result in group if result.speeds), None)
    for result in group:
        if first is not None:
            result.ratios = [a / b for a, b in zip(result.speeds, first.speeds, strict=False)]


# ------------------------------------------------------------------------------------------- memory


def memory_of(root: int) -> int | None:
    """Bytes of a process and all that descend from it: anonymous and shared memory, but no files; None if unknown.

    Memory that several of them share counts once (PSS).
    """
    found = [_pss(pid) for pid in _family(root)]
    known = [nbytes for nbytes in found if nbytes is not None]
    return sum(known) if known else None


def _family(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name, which stands in parentheses, may hold anything.
            parent = int(entry.read_text(errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.parent.name))
    family, new = [], [root]
    while new:
        family += new
        new = [child for pid in new for child in children.get(pid, ())]
    return family


def _pss(pid: int) -> int | None:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:")))
