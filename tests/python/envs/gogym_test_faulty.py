"""An environment that takes its whole process down, or keeps it: "gogym_test_faulty:gogym_test/Faulty-v0"."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

import gymnasium
import numpy as np
from gymnasium import spaces


def _recurse():
    return _recurse() + 1


def _recurse_in_c():
    sys.setrecursionlimit(10**9)
    value = []
    for _ in range(10**6):
        value = [value]
    return repr(value)


def _allocate():
    return [np.ones(2**24) for _ in range(10**6)]


def _hang():
    while True:
        time.sleep(3600)


def _hang_with_gil():
    ctypes.PyDLL(None).sleep(3600)


def _flood():
    for i in range(20_000):
        print(f"flood {i} {'x' * 100}", file=sys.stderr)
    print("the last line of a flood", file=sys.stderr, flush=True)
    os._exit(9)


def _close_everything():
    os.closerange(3, 100)
    time.sleep(3600)


def _exit_with_child():
    if os.fork() == 0:
        time.sleep(3600)
    os._exit(11)


WAYS = {
    "segfault": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(3),
    "exit-of-c": lambda: ctypes.CDLL(None).exit(4),
    "exit-0": lambda: os._exit(0),
    "abort": os.abort,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "terminate": lambda: (
        signal.signal(signal.SIGTERM, signal.SIG_DFL),
        os.kill(os.getpid(), signal.SIGTERM),
    ),
    "sys-exit": lambda: sys.exit("goodbye"),
    "recursion": _recurse,
    "recursion-in-c": _recurse_in_c,
    "allocate": _allocate,
    "hang": _hang,
    "hang-with-gil": _hang_with_gil,
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "flood": _flood,
    "close-everything": _close_everything,
    "exit-with-child": _exit_with_child,
}


class Faulty(gymnasium.Env):
    """Does what `how` says in its method `where`; before that it writes a line to standard error."""

    metadata = {"render_modes": ["rgb_array"]}  # as in Gymnasium

    def __init__(self, how="nothing", where="step", render_mode=None):
        self.observation_space = spaces.Box(-1, 1, (3,), np.float64)
        self.action_space = spaces.Discrete(2)
        self.render_mode = render_mode
        self.how, self.where = how, where
        self._do("make")

    def _do(self, where):
        if where == self.where and self.how in WAYS:
            print(f"about to {self.how} in {where}", file=sys.stderr, flush=True)
            WAYS[self.how]()

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        super().reset(seed=seed)
        self._do("reset")
        return np.zeros(3), {}

    def step(self, action):
        if action == 1:
            self._do("step")
        return np.ones(3), 1.0, False, False, {}

    def render(self):
        self._do("render")
        return np.zeros((4, 4, 3), np.uint8)

    def tell(self):
        """Called by name."""
        self._do("tell")
        return os.getpid()

    def close(self):
        self._do("close")


gymnasium.register("gogym_test/Faulty-v0", Faulty, disable_env_checker=True, order_enforce=False)
