"""Environments that are bound to a thread of the library's, called by hosts that hold Python's lock or are Python."""

import os
import subprocess
import sys
import textwrap

import pytest

# Calls of ctypes.PyDLL keep the GIL, as a host that embeds Python itself may do; those of CDLL give it back.
PROGRAM = """
    import ctypes, sys, threading
    import gymnasium, numpy as np
    from gogym import native, paths

    class Drawing(gymnasium.Env):
        metadata = {"render_modes": ["rgb_array", "human"], "render_fps": 30}
        observation_space = gymnasium.spaces.Box(0, np.inf, (2,), np.float64)

        def __init__(self, render_mode=None):
            self.action_space = gymnasium.spaces.Discrete(2)
            self.render_mode = render_mode
            self.steps, self.threads = 0, set()

        def observe(self):
            self.threads.add(threading.get_ident())
            return np.array([self.steps, len(self.threads)], np.float64)

        def reset(self, *, seed=None, options=None):
            return self.observe(), {}

        def step(self, action):
            self.steps += 1
            return self.observe(), 1.0, False, False, {}

        def render(self):
            return np.full((2, 2, 3), self.steps % 256, np.uint8)

    gymnasium.register("Drawing-v0", Drawing, order_enforce=False, disable_env_checker=True)
    library = native.load()
    held = ctypes.PyDLL(str(paths.shared_library()))
    for name in ("gym_make", "gym_reset", "gym_step", "gym_render", "gym_wrap", "gym_clone", "gym_close", "gym_shutdown"):
        function = getattr(held, name)
        function.restype, function.argtypes = native.PROTOTYPES[name]
    MODE = sys.argv[2].encode()
    OPTIONS = b'{"render_mode": "' + MODE + b'"}'
    WRAPPERS = b'{"name": "TimeLimit", "max_episode_steps": 100000}'
    THREADS, STEPS = 8, 100
    failures = []

    def check(code, error):
        if code != 0:
            failures.append((code, error.message))

    def make(c):
        env, error = native.Env(), native.Error()
        check(c.gym_make(b"Drawing-v0", OPTIONS, ctypes.byref(env), ctypes.byref(error)), error)
        check(c.gym_reset(env, None, None, (ctypes.c_double * 2)(), 2, ctypes.byref(error)), error)
        return env

    def run(i, env=None):
        c = held if i % 2 else library.c
        error, observation, action = native.Error(), (ctypes.c_double * 2)(), (ctypes.c_double * 1)()
        transition, frame, clone = native.Transition(), (ctypes.c_uint8 * 12)(), native.Env()
        mine = env is None
        env = make(c) if mine else env
        size = 12 if MODE == b"rgb_array" else 0
        if mine:
            check(c.gym_wrap(env, WRAPPERS, ctypes.byref(env), ctypes.byref(error)), error)
            check(c.gym_reset(env, None, None, observation, 2, ctypes.byref(error)), error)
        for _ in range(STEPS):
            check(c.gym_step(env, action, 1, observation, 2, ctypes.byref(transition), ctypes.byref(error)), error)
            check(c.gym_render(env, frame if size else None, size, ctypes.byref(error)), error)
        if mine:
            check(0 if list(observation) == [STEPS, 1] else 1, error)
            check(c.gym_clone(env, ctypes.byref(clone), ctypes.byref(error)), error)
            check(c.gym_close(clone, ctypes.byref(error)), error)
            check(c.gym_close(env, ctypes.byref(error)), error)

    error = native.Error()
    shared = make(held) if sys.argv[1] == "shared" else None
    threads = [threading.Thread(target=run, args=(i, shared)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    open_at_the_end = [make(held), make(library.c)]
    if shared is not None:
        run(1, shared)
        check(held.gym_close(shared, ctypes.byref(error)), error)
    if sys.argv[3] == "shutdown":
        check(held.gym_shutdown(ctypes.byref(error)), error)
    print(failures, flush=True)
"""


@pytest.mark.parametrize("end", ["shutdown", "exit"])
@pytest.mark.parametrize("mode", ["rgb_array", "human"])
@pytest.mark.parametrize("which", ["shared", "private"])
def test_calls_with_and_without_the_lock(which, mode, end):
    # A process of its own: what goes wrong here is a deadlock, also when it exits with environments open.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), which, mode, end]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "[]\n", done.stderr
    assert done.returncode == 0, done.stderr
