"""Environments for the tests of every language, registered as "gogym_test_envs:gogym_test/Name-v0".

Noop-v0           does nothing: constant observation, Discrete(2); bare, no wrappers. Benchmarks use it too
NoopBox-v0        the same with an action Box(-1, 1, (8,), float32) and 27 float64 observed
NoopWrapped-v0    Noop with Gymnasium's usual wrappers around it
Echo-v0           {"space": NAME of gogym_test_spaces}: step returns its action as the observation
Broken-v0         {"how": NAME of gogym_test_broken.WAYS}: breaks when it is told to
Info-v0           {"which": NAME of gogym_test_infos.INFOS}: has that info
Given-v0          hands out what was put in GIVEN: for tests inside the same Python
Counter-v0        counts its steps and the threads that call it, and raises where two are inside at once
Memory-v0         its info counts Python's objects and allocated blocks
Reentrant-v0      calls gogym on its own handle from inside its own step
Vector-v0         {"context": "fork"}: runs gymnasium.make_vec(..., "async") inside its reset
Pygame-v0         {"render_mode": "human", "first": "find"}: renders CartPole in its constructor, reset and step
Telling-v0        {"tell": FD, "wait": FD, "where": "make"}: writes down what is done to it, and waits there
Loud-v0           prints, warns and logs in every call
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib.util
import logging
import os
import sys
import threading
import time
import warnings

import gogym_test_broken
import gogym_test_infos
import gogym_test_spaces
import gymnasium
import numpy as np
from gymnasium import spaces


class Noop(gymnasium.Env):
    def __init__(self):
        self.observation_space = spaces.Box(-1, 1, (4,), np.float64)
        self.action_space = spaces.Discrete(2)
        self._observation = np.zeros(4)
        self._info = {}

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        return self._observation, self._info

    def step(self, action):  # noqa: ARG002
        return self._observation, 0.0, False, False, self._info


class NoopBox(Noop):
    def __init__(self):
        super().__init__()
        self.observation_space = spaces.Box(-1, 1, (27,), np.float64)
        self.action_space = spaces.Box(-1, 1, (8,), np.float32)
        self._observation = np.zeros(27)


class Echo(gymnasium.Env):
    """Observes its last action; a reset observes a sample. The info says what the action was in Python."""

    def __init__(self, space="box-float64", action_space=None):
        self.observation_space = gogym_test_spaces.make(space)
        self.action_space = gogym_test_spaces.make(action_space or space)
        self._steps = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if seed is not None:
            self.observation_space.seed(seed)
        self._steps = 0
        return self.observation_space.sample(), {"seed": seed, "options": options}

    def step(self, action):
        self._steps += 1
        info = {
            "class": type(action).__name__,
            "dtype": str(getattr(action, "dtype", "")),
            "repr": repr(action),
            "contained": self.action_space.contains(action),
        }
        return action, float(self._steps), False, False, info


GIVEN: dict[str, object] = {}
"""What the next Given-v0 returns: "reset", "step", "space", "action_space"; callables are called."""


class Given(gymnasium.Env):
    def __init__(self):
        self.given = dict(GIVEN)
        self.observation_space = GIVEN.get("space", spaces.Box(-np.inf, np.inf, (3,), np.float64))
        self.action_space = GIVEN.get("action_space", spaces.Discrete(2))

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        given = self.given["reset"]
        return given() if callable(given) else given

    def step(self, action):
        given = self.given["step"]
        return given(action) if callable(given) else given


class Counter(gymnasium.Env):
    """Observes (steps so far, threads so far). A step is not atomic on purpose."""

    def __init__(self):
        self.observation_space = spaces.Box(0, np.inf, (2,), np.float64)
        self.action_space = spaces.Discrete(2)
        self._steps = 0
        self._inside = 0
        self._threads = set()

    def _enter(self):
        self._inside += 1
        if self._inside != 1:
            self._inside -= 1
            raise AssertionError("two threads are inside one environment")

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        self._enter()
        self._steps = 0
        self._inside -= 1
        return np.zeros(2), {}

    def step(self, action):  # noqa: ARG002
        self._enter()
        steps = self._steps
        self._threads.add(threading.get_ident())
        if steps % 16 == 0:
            time.sleep(0)  # gives up the GIL in the middle
        self._steps = steps + 1
        self._inside -= 1
        info = {"threads": len(self._threads), "python_threads": threading.active_count()}
        return np.array([self._steps, len(self._threads)], np.float64), 1.0, False, False, info

    def close(self):
        self._enter()
        self._inside -= 1


class Memory(Noop):
    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        gc.collect()
        counts = {
            "objects": len(gc.get_objects()),
            "blocks": sys.getallocatedblocks(),
            "threads": len(sys._current_frames()),
        }
        return self._observation, counts


class _Table(ctypes.Structure):
    """The head of gogym_abi.h's table."""

    _fields_ = (
        ("abi_version", ctypes.c_uint32),
        ("struct_size", ctypes.c_uint32),
        *(
            (name, ctypes.c_void_p)
            for name in ("make", "reset", "step", "sample_action", "seed_action", "close")
        ),
    )


class _Error(ctypes.Structure):
    _fields_ = (
        ("struct_size", ctypes.c_uint32),
        ("code", ctypes.c_int32),
        ("type", ctypes.c_char * 64),
        ("message", ctypes.c_char * 2048),
        ("traceback", ctypes.c_char * 8192),
    )


def _table():
    # The host's own symbols are not for us: it may be linked statically. The module's table is in every host.
    from gogym import _bridge

    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype = ctypes.c_void_p
    get_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return _Table.from_address(get_pointer(_bridge.table, b"gogym._bridge.table"))


class Reentrant(gymnasium.Env):
    """Told its handle by reset's options, it calls gogym with it in its next step; the info has the codes.

    `on_thread`: from another thread, which must wait instead (it is not joined before the step is over).
    """

    def __init__(self, *, in_close=False):
        self.observation_space = spaces.Box(-1, 1, (1,), np.float64)
        self.action_space = spaces.Discrete(2)
        self._handle = 0
        self._in_close = in_close
        self.codes = {}

    def _call_all(self):
        table, error = _table(), _Error(struct_size=ctypes.sizeof(_Error))
        double = ctypes.c_double * 2
        handle, observation, action = ctypes.c_uint64(self._handle), double(), double()
        transition = (ctypes.c_uint64 * 2)()
        one, result = ctypes.c_size_t(1), ctypes.c_int
        calls = {
            "step": (handle, action, one, observation, one, transition, ctypes.byref(error)),
            "reset": (handle, None, None, observation, one, ctypes.byref(error)),
            "sample_action": (handle, action, one, ctypes.byref(error)),
            "close": (handle, ctypes.byref(error)),
        }
        for name, arguments in calls.items():
            self.codes[name] = ctypes.CFUNCTYPE(result)(getattr(table, name))(*arguments)
            self.codes["message"] = error.message.decode()

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        self._handle = (options or {}).get("handle", 0)
        return np.zeros(1), {}

    def step(self, action):  # noqa: ARG002
        self.codes = {}
        if self._handle:
            self._call_all()
        return np.zeros(1), 0.0, False, False, dict(self.codes)

    def close(self):
        if self._in_close and self._handle:
            self._call_all()
            if set(self.codes.values()) - {self.codes["message"]} != {4}:
                raise AssertionError(f"not busy in close: {self.codes}")


class Vector(gymnasium.Env):
    """Its reset steps a vector of CartPoles in processes of their own, its info is what they observed."""

    def __init__(self, context="spawn", env="CartPole-v1"):
        self.observation_space = spaces.Box(-np.inf, np.inf, (2, 4), np.float32)
        self.action_space = spaces.Discrete(2)
        self._context = context
        self._env = env

    def _run(self, seed, mode, **kwargs):
        vector = gymnasium.make_vec(self._env, num_envs=2, vectorization_mode=mode, **kwargs)
        vector.reset(seed=seed)
        vector.action_space.seed(seed)
        for _ in range(10):
            observation = vector.step(vector.action_space.sample())[0]
        vector.close()
        return observation

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        observation = self._run(seed, "async", vector_kwargs={"context": self._context})
        expected = self._run(seed, "sync")
        info = {
            "equal": bool((observation == expected).all()),
            "executable": sys.executable,
            "pid": os.getpid(),
        }
        return observation, info

    def step(self, action):  # noqa: ARG002
        return np.zeros((2, 4), np.float32), 0.0, False, False, {}


class Pygame(gymnasium.Wrapper):
    """CartPole that is drawn in every call, so that SDL is up and running.

    `first`: what happens to pygame before it is imported ("find", "fail"), or when it has been ("reload").
    """

    def __init__(self, render_mode="rgb_array", first=None):
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
        if first == "find":
            assert importlib.util.find_spec("pygame") is not None
        if first == "fail":
            sys.modules["pygame.base"] = None
            try:
                importlib.import_module("pygame")
            except ImportError:
                del sys.modules["pygame.base"]
            else:
                raise AssertionError("pygame can be imported without its base")
        if first == "reload":
            pygame = importlib.import_module("pygame")
            pygame.imageext = importlib.import_module("pygame.imageext")  # its import deletes this
            importlib.reload(pygame)
        super().__init__(gymnasium.make("CartPole-v1", render_mode=render_mode))
        self.env.reset(seed=0)
        self._draw()

    def _draw(self):
        frame = self.env.render()
        if self.env.render_mode == "rgb_array" and not frame.any():
            raise AssertionError("the frame is black")

    def reset(self, *, seed=None, options=None):
        result = super().reset(seed=seed, options=options)
        self._draw()
        return result

    def step(self, action):
        result = super().step(action)
        self._draw()
        return result


class Loud(Noop):
    def _speak(self, what):
        print(f"loud: {what}")
        print(f"loud: {what}", file=sys.stderr)
        warnings.warn(f"loud: {what}", UserWarning, stacklevel=2)
        logging.getLogger("loud").warning("loud: %s", what)

    def reset(self, *, seed=None, options=None):
        self._speak("reset")
        return super().reset(seed=seed, options=options)

    def step(self, action):
        self._speak("step")
        return super().step(action)


class Telling(Noop):
    """Writes letters to the pipe `tell` and waits for one from `wait` in its `where`; calls the function at `call`."""

    def __init__(self, where="nowhere", tell=None, wait=None, call=None):
        super().__init__()
        self._where, self._tell, self._wait = where, tell, wait
        if call is not None:
            code = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(call)(None)
            raise RuntimeError(f"it gave {code}")
        atexit.register(os.write, tell, b"x")
        self._do("make", b"m")

    def _do(self, where, letter):
        os.write(self._tell, letter)
        if self._where == where:
            os.read(self._wait, 1)
            time.sleep(0.2)  # whoever does not wait for this has time to go on
        os.write(self._tell, letter.upper())

    def reset(self, *, seed=None, options=None):
        self._do("reset", b"r")
        return super().reset(seed=seed, options=options)

    def close(self):
        os.write(self._tell, b"c")


_ENVIRONMENTS = {
    "Noop": Noop,
    "NoopBox": NoopBox,
    "NoopWrapped": Noop,
    "Echo": Echo,
    "Broken": gogym_test_broken.Broken,
    "Info": gogym_test_infos.Info,
    "Given": Given,
    "Counter": Counter,
    "Memory": Memory,
    "Reentrant": Reentrant,
    "Vector": Vector,
    "Pygame": Pygame,
    "Telling": Telling,
    "Loud": Loud,
}

_BARE = {"Noop", "NoopBox", "Counter", "Memory"}


def _register():
    for name, entry_point in _ENVIRONMENTS.items():
        gymnasium.register(
            f"gogym_test/{name}-v0",
            entry_point,
            order_enforce=name not in _BARE,
            # Most of these are what the checker warns about.
            disable_env_checker=name != "NoopWrapped",
            max_episode_steps=10**9 if name == "NoopWrapped" else None,
        )


_register()
