"""One contender of a benchmark: ``python -m gogym.contender JSON``, in a process of its own.

The JSON object says what is to be stepped: ``kind`` is one of :data:`KINDS`, ``id``, ``options`` and ``num_envs`` are those
of gym_vec_make, ``engine`` goes with the kind "gogym", and ``workers`` is how many processes or threads; without it, as
many as it is made with otherwise.

All contenders step through the same actions, sampled with seed 0, after a reset with seed 0. The first line of standard
output is "ready"; or "missing" and why, where there is no such vector environment of that id; or "failed" and why. Then
each line of standard input is answered by one:

``turn MS``
    steps for so long; answers "NANOSECONDS TIMES": how long it was, and how often all environments were stepped
``run N``
    steps so often; answers "NANOSECONDS REWARDS" with the sum of all rewards, which shows who does the same
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from ctypes import byref
from typing import Any, Final, TextIO

import gymnasium
import numpy as np

_POOL: Final = 65536
"""As many actions are sampled before, in all."""


def pool_size(num_envs: int) -> int:
    """How many actions each environment has; bench/contenders/vector.c has the same rule."""
    return min(1000, max(16, _POOL // num_envs))


class Contender(ABC):
    """What is stepped."""

    @abstractmethod
    def step(self) -> Any:
        """Step all environments by their next actions; gives the rewards."""

    @abstractmethod
    def close(self) -> None:
        """End it."""

    def turn(self, milliseconds: float) -> tuple[int, int]:
        """Step for so long, at least once: nanoseconds, and how often."""
        step, clock = self.step, time.perf_counter_ns
        begin = now = clock()
        end = begin + round(milliseconds * 1e6)
        times = 0
        while now < end or times == 0:
            step()
            times += 1
            now = clock()
        return now - begin, times

    def run(self, times: int) -> tuple[int, float]:
        """Step so often: nanoseconds, and the sum of the rewards."""
        total = 0.0
        begin = time.perf_counter_ns()
        for _ in range(times):
            total += float(np.sum(self.step()))
        return time.perf_counter_ns() - begin, total


class Gogym(Contender):
    """A vector environment of gogym, through the C library; rows go to arrays of the caller, as in a host program."""

    def __init__(self, plan: dict[str, Any]) -> None:
        from gogym import native  # noqa: PLC0415

        self._vec = native.Vec(plan["id"], plan["num_envs"], json.dumps(_gogym_options(plan)))
        self._library = self._vec.library
        self._vec.seed_actions(0)
        self._pool = [self._vec.sample_actions() for _ in range(pool_size(plan["num_envs"]))]
        self._vec.reset(seed=0)
        observations = np.empty_like(self._vec.observations)
        transitions = np.empty_like(self._vec.transitions)
        self._error = native.Error()
        out = (observations.ctypes.data, observations.size, transitions.ctypes.data, transitions.size)
        self._kept = (observations, transitions)
        self._rewards = transitions["reward"]
        # What ctypes is given is made once: a program in C has it at hand too.
        self._calls = [
            functools.partial(
                self._library.c.gym_vec_step_native,
                self._vec.handle,
                actions.ctypes.data,
                actions.size,
                *out,
                byref(self._error),
            )
            for actions in self._pool
        ]
        self._next = _forever(self._calls).__next__

    def step(self) -> Any:
        """gym_vec_step_native."""
        code = self._next()()
        if code:
            raise self._library.error(code, self._error)
        return self._rewards

    def close(self) -> None:
        """gym_vec_close."""
        self._vec.close()


def _gogym_options(plan: dict[str, Any]) -> dict[str, Any]:
    options = dict(plan.get("options") or {})
    own = {**options.get("gogym", {}), "engine": plan["engine"], "layout": "native"}
    # Engine "sync" has no other process, and a process has one environment at least.
    if plan.get("workers") and plan["engine"] != "sync":
        own["workers"] = min(plan["workers"], plan["num_envs"])
    return {**options, "gogym": own}


class _FromPython(Contender):
    """A vector environment with Gymnasium's interface, as a Python program steps it."""

    def __init__(self, env: Any, space: gymnasium.Space[Any], num_envs: int) -> None:
        self._env = env
        space.seed(0)
        self._pool = [self._action(space.sample()) for _ in range(pool_size(num_envs))]
        self._reset()
        self._next = _forever(self._pool).__next__

    def _reset(self) -> None:
        self._env.reset(seed=0)

    def _action(self, action: Any) -> Any:
        return action

    def step(self) -> Any:
        """env.step."""
        _obs, rewards, _terminated, _truncated, _info = self._env.step(self._next())
        return rewards

    def close(self) -> None:
        """env.close."""
        self._env.close()


class Sync(_FromPython):
    """Gymnasium's SyncVectorEnv."""

    def __init__(self, plan: dict[str, Any]) -> None:
        env = gymnasium.vector.SyncVectorEnv([_maker(plan)] * plan["num_envs"])
        super().__init__(env, env.action_space, plan["num_envs"])


class Async(_FromPython):
    """Gymnasium's AsyncVectorEnv."""

    def __init__(self, plan: dict[str, Any]) -> None:
        env = gymnasium.vector.AsyncVectorEnv([_maker(plan)] * plan["num_envs"])
        super().__init__(env, env.action_space, plan["num_envs"])


class EntryPoint(_FromPython):
    """The vector environment that Gymnasium has for an id, for example CartPoleVectorEnv."""

    def __init__(self, plan: dict[str, Any]) -> None:
        kwargs = _plain_kwargs(plan, "Gymnasium's own vector environment")
        env = gymnasium.make_vec(
            plan["id"], plan["num_envs"], vectorization_mode="vector_entry_point", **kwargs
        )
        super().__init__(env, env.action_space, plan["num_envs"])


class EnvPool(_FromPython):
    """EnvPool, with environments of its own in C++."""

    def __init__(self, plan: dict[str, Any]) -> None:
        kwargs = _plain_kwargs(plan, "EnvPool")
        try:
            import envpool  # noqa: PLC0415
        except ModuleNotFoundError as error:
            if error.name != "envpool":
                raise
            message = (
                f"EnvPool is not installed: run {sys.executable} -m pip install envpool, or "
                "pip install '.[envpool]' in a checkout of gogym"
            )
            raise _Failure(message) from error
        num_envs = plan["num_envs"]
        threads = {"num_threads": plan["workers"]} if plan.get("workers") else {}
        env = envpool.make(plan["id"], env_type="gymnasium", num_envs=num_envs, seed=0, **threads, **kwargs)
        super().__init__(env, gymnasium.vector.utils.batch_space(env.action_space, num_envs), num_envs)

    def _reset(self) -> None:
        self._env.reset()  # it was seeded when it was made

    def _action(self, action: Any) -> Any:
        # Its own dtype, which it would convert them to.
        is_index = isinstance(action, np.ndarray) and action.dtype == np.int64
        return action.astype(np.int32) if is_index else action


class Loop(Contender):
    """The plain loop of a Python program over one environment; a reset at the end of an episode counts as a step."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._env = _maker(plan)()
        self._env.action_space.seed(0)
        self._pool = [self._env.action_space.sample() for _ in range(pool_size(1))]
        self._env.reset(seed=0)
        self._next = _forever(self._pool).__next__
        self._ended = False

    def step(self) -> Any:
        """env.step, or env.reset."""
        if self._ended:
            self._env.reset()
            self._ended = False
            return 0.0
        _obs, reward, terminated, truncated, _info = self._env.step(self._next())
        self._ended = terminated or truncated
        return reward

    def turn(self, milliseconds: float) -> tuple[int, int]:
        """Nothing stands between the steps but what a loop needs."""
        env, action, clock = self._env, self._next, time.perf_counter_ns
        begin = now = clock()
        end = begin + round(milliseconds * 1e6)
        times = 0
        while now < end:
            # The clock is read so seldom that it does not count.
            for _ in range(10):
                _obs, _reward, terminated, truncated, _info = env.step(action())
                if terminated or truncated:
                    env.reset()
                    times += 1
            times += 10
            now = clock()
        return now - begin, times

    def close(self) -> None:
        """env.close."""
        self._env.close()


class Loops(Contender):
    """As many plain loops as workers, at once, each in a process of its own: what processes can do at most."""

    def __init__(self, plan: dict[str, Any]) -> None:
        count = plan.get("workers") or usable_cpus()
        command = [sys.executable, "-m", "gogym.contender", json.dumps({**plan, "kind": "loop"})]
        pipe = subprocess.PIPE
        self._loops = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(count)]
        for line in self._lines():
            if line != "ready":
                raise _Failure(line.removeprefix("failed ") or "a loop ended")

    def _lines(self) -> list[str]:
        return [process.stdout.readline().strip() for process in self._loops if process.stdout]

    def _ask(self, request: str) -> list[list[float]]:
        for process in self._loops:
            if process.stdin:
                process.stdin.write(f"{request}\n")
                process.stdin.flush()
        answers = [line.split() for line in self._lines()]
        if [] in answers:
            message = "a loop ended"
            raise _Failure(message)
        return [[float(word) for word in answer] for answer in answers]

    def step(self) -> Any:
        """Not one by one."""
        raise NotImplementedError

    def turn(self, milliseconds: float) -> tuple[int, int]:
        """All loops at once; their steps together in the mean of their times."""
        times = self._ask(f"turn {milliseconds}")
        return round(statistics.fmean(time for time, _ in times)), round(sum(steps for _, steps in times))

    def run(self, times: int) -> tuple[int, float]:
        """All loops at once."""
        answers = self._ask(f"run {times}")
        return round(max(time for time, _ in answers)), sum(rewards for _, rewards in answers)

    def close(self) -> None:
        """End the loops."""
        for process in self._loops:
            if process.stdin:
                process.stdin.close()
        for process in self._loops:
            process.wait()


KINDS: Final[dict[str, Callable[[dict[str, Any]], Contender]]] = {
    "gogym": Gogym,
    "sync": Sync,
    "async": Async,
    "entry-point": EntryPoint,
    "envpool": EnvPool,
    "loop": Loop,
    "loops": Loops,
}


def is_choosy(plan: dict[str, Any]) -> bool:
    """Whether this kind has only some environments: those of EnvPool, those with a vector environment of their own."""
    return plan["kind"] in ("entry-point", "envpool") or plan.get("engine") in ("vector", "envpool")


def usable_cpus() -> int:
    """How many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Failure(Exception):  # noqa: N818  # it ends the contender, and is only seen as a line
    """Why a contender cannot run, in words for the user."""


def _forever(items: list[Any]) -> Iterator[Any]:
    while True:
        yield from items


def _maker(plan: dict[str, Any]) -> Callable[[], gymnasium.Env[Any, Any]]:
    from gogym.make import make_environment  # noqa: PLC0415

    options = plan.get("options")
    return functools.partial(make_environment, plan["id"], json.dumps(options) if options else None)


def _plain_kwargs(plan: dict[str, Any], what: str) -> dict[str, Any]:
    """The options as arguments of Python, where nothing of them is gogym's own."""
    from gogym.options import OWN_KEY, parse_make_options  # noqa: PLC0415

    options = plan.get("options")
    if options and OWN_KEY in options:
        message = f'{what} takes no wrappers, and nothing else under "{OWN_KEY}"'
        raise _Failure(message)
    return parse_make_options(json.dumps(options) if options else None)


@contextlib.contextmanager
def _elsewhere(plan: dict[str, Any]) -> Iterator[None]:
    """Run in a folder that goes away: importing EnvPool writes a file of ViZDoom's where it is."""
    if "envpool" not in (plan["kind"], plan.get("engine")):
        yield
        return
    before = os.getcwd()  # noqa: PTH109
    with tempfile.TemporaryDirectory(prefix="gogym-") as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def _serve(contender: Contender, answers: TextIO) -> None:
    try:
        print("ready", file=answers, flush=True)
        for line in sys.stdin:
            verb, number = line.split()
            if verb == "turn":
                nanoseconds, result = contender.turn(float(number))
            else:
                nanoseconds, result = contender.run(int(number))  # type: ignore[assignment]
            print(nanoseconds, repr(result), file=answers, flush=True)
    finally:
        contender.close()


def _main() -> None:
    # What environments print goes to standard error.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    plan = json.loads(sys.argv[1])
    what = "missing" if is_choosy(plan) else "failed"
    try:
        with _elsewhere(plan):
            contender = KINDS[plan["kind"]](plan)
            what = "failed"
            _serve(contender, answers)
    except Exception as error:
        from gogym.cli.output import message_of  # noqa: PLC0415

        said = str(error) if isinstance(error, _Failure) else message_of(error)
        print(what, " ".join(said.split()), file=answers, flush=True)
        raise


if __name__ == "__main__":
    _main()
