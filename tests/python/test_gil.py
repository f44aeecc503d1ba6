"""Hosts that hold Python's global interpreter lock while they call, as one that embeds Python itself may do."""

import os
import subprocess
import sys
import textwrap

import pytest

# Calls of ctypes.PyDLL keep the GIL; those of CDLL give it back. Both kinds at once, on one environment and on many.
PROGRAM = """
    import ctypes, sys, threading
    from gogym import native, paths

    library = native.load()
    held = ctypes.PyDLL(str(paths.shared_library()))
    for name in ("gym_step", "gym_reset", "gym_make", "gym_close"):
        function = getattr(held, name)
        function.restype, function.argtypes = native.PROTOTYPES[name]
    THREADS, STEPS = 8, 200
    shared = sys.argv[1] == "shared"
    failures = []

    def check(code, error):
        if code != 0:
            failures.append((code, error.message))

    def run(i):
        c = held if i % 2 else library.c
        error, observation, action, transition = native.Error(), (ctypes.c_double * 2)(), (ctypes.c_double * 1)(), native.Transition()
        env = common.handle
        if not shared:
            env = native.Env()
            check(c.gym_make(b"gogym_test_envs:gogym_test/Counter-v0", None, ctypes.byref(env), ctypes.byref(error)), error)
            check(c.gym_reset(env, None, None, observation, 2, ctypes.byref(error)), error)
        for _ in range(STEPS):
            check(c.gym_step(env, action, 1, observation, 2, ctypes.byref(transition), ctypes.byref(error)), error)
        if not shared:
            check(0 if observation[0] == STEPS else 1, error)
            check(c.gym_close(env, ctypes.byref(error)), error)

    common = native.Environment("gogym_test_envs:gogym_test/Counter-v0")
    common.reset()
    threads = [threading.Thread(target=run, args=(i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    observation, *_ = common.step([0])
    print(failures, int(observation[0]))
"""


@pytest.mark.parametrize(("which", "steps"), [("shared", 8 * 200 + 1), ("private", 1)])
def test_calls_with_and_without_the_lock(which, steps):
    # A process of its own: what goes wrong here is a deadlock.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), which]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split("\n")[0] == f"[] {steps}", done.stderr
