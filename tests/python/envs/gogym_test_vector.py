"""Environments for the tests of vector environments: slow ones, and some that fail in every way on request."""

from __future__ import annotations

import collections
import ctypes
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import gymnasium
import numpy as np


class Slow(gymnasium.Env):
    """Sleeps for 0.3 seconds times its action."""

    def __init__(self):
        self.observation_space = gymnasium.spaces.Box(0, 1e9, (1,), np.float64)
        self.action_space = gymnasium.spaces.Discrete(100)
        self.steps = 0

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        super().reset(seed=seed)
        self.steps = 0
        return np.zeros(1), {}

    def step(self, action):
        time.sleep(0.3 * int(action))
        self.steps += 1
        return np.array([float(self.steps)]), 1.0, False, False, {}


FAULTS = (
    "none exit abort fail recurse allocate print shape hang segfault sys_exit kill stop nan_reward bad_info "
    "interrupt deep_stderr overflow loop oversize hoard children terminate text_reward close_files end"
).split()
"""What an action of Faulty does: its index here."""


class Faulty(gymnasium.Env):
    """Observes how often it was stepped since its reset, and how often it was reset; fails as its action says.

    Args:
        marker: What it observes too.
        work: The seconds that a step computes for.
        again: What it does when it is made while ``file`` exists, which it leaves behind.
        file: The path of that file.
    """

    faults = FAULTS

    def __init__(self, marker=0.0, work=0.0, again="none", file=None):
        self.observation_space = gymnasium.spaces.Box(-1e9, 1e9, (3,), np.float64)
        self.action_space = gymnasium.spaces.Discrete(len(FAULTS))
        self.marker = marker
        self.work = work
        self.steps = self.resets = 0
        if file is not None and Path(file).exists():
            self.do(again)
        elif file is not None:
            Path(file).touch()

    def do(self, fault):
        return getattr(self, fault)()

    def observe(self):
        return np.array([self.steps, self.resets, self.marker], np.float64)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        self.resets += 1
        if options and options.get("marker", self.marker) == self.marker:
            self.do(options["fault"])
        return self.observe(), {"seed": seed}

    def step(self, action):
        fault = FAULTS[int(action)]
        self.steps += 1
        if self.work:
            until = time.perf_counter() + self.work
            while time.perf_counter() < until:
                pass
        if fault != "none":
            result = self.do(fault)
            if result is not None:
                return result
        return self.observe(), float(self.steps), False, False, {"steps": self.steps}

    def none(self):
        pass

    def exit(self):
        sys.stderr.write("leaving with three\n")
        sys.stderr.flush()
        os._exit(3)

    def abort(self):
        os.abort()

    def segfault(self):
        ctypes.string_at(0)

    def kill(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def stop(self):
        os.kill(os.getpid(), signal.SIGSTOP)

    def hang(self):
        while True:
            time.sleep(10)

    def sys_exit(self):
        sys.exit(5)

    def interrupt(self):
        raise KeyboardInterrupt

    def fail(self):
        raise RuntimeError("this environment fails on request")

    def recurse(self):
        return self.recurse()

    def allocate(self):
        return bytearray(1 << 44)

    def print(self):
        for _ in range(64):
            sys.stderr.write("x" * 65536 + "\n")
        sys.stderr.flush()

    def deep_stderr(self):
        os.write(2, b"y" * 3_000_000)
        os._exit(7)

    def shape(self):
        return np.zeros(4), 1.0, False, False, {}

    def nan_reward(self):
        return self.observe(), float("nan"), False, False, {}

    def text_reward(self):
        return self.observe(), "much", False, False, {}

    def bad_info(self):
        return self.observe(), 1.0, False, False, None

    def end(self):
        return self.observe(), float(self.steps), True, False, {"steps": self.steps}

    def overflow(self):
        """Exhaust the stack of C, which no limit of Python's is in front of."""
        sys.setrecursionlimit(1 << 30)

        def deeper(_):
            return max([0], key=deeper)

        deeper(0)

    def loop(self):
        """Stay in C, without giving up the GIL."""
        collections.deque(itertools.repeat(0), maxlen=0)

    def oversize(self):
        """Ask for more than a limit of 2 GiB; nothing of it is ever touched."""
        return np.empty(3 << 30, np.uint8)

    def hoard(self):
        """Ask for ever more, and keep it; 6 GiB at most, and nothing of it is ever touched."""
        return [np.empty(64 << 20, np.uint8) for _ in range(96)]

    def children(self):
        """Leave a process behind, which nobody waits for."""
        child = subprocess.Popen(["sleep", "1000"])
        sys.stderr.write(f"child {child.pid}\n")
        sys.stderr.flush()
        os._exit(11)

    def terminate(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    def close_files(self):
        """Close what belongs to the worker: its socket too."""
        os.closerange(3, 64)


gymnasium.register("gogym_test/Slow-v0", Slow)
gymnasium.register("gogym_test/Faulty-v0", Faulty)
