"""Batches through the module's function table, as the host library uses them."""

from __future__ import annotations

import contextlib
import ctypes
from ctypes import POINTER, byref, c_char_p, c_int, c_int64, c_uint32, c_uint64, c_void_p

import gymnasium
import numpy as np

from gogym import _bridge, native
from gogym.native.library import Error, Space, json_text

IDLE, STEP, RESET, DONE, REFUSED = range(5)
TRANSITION = np.dtype([("reward", "f8"), ("terminated", "?"), ("truncated", "?"), ("reserved", "V6")])

# Where functions stand in the table.
SHUTDOWN, _SPACE_CLOSE, _SPACE_VALUE, _BATCHES = 11, 24, 25, 66


class _Plan(ctypes.Structure):
    _fields_ = (
        ("id", c_char_p),
        ("options", c_char_p),
        ("first", c_uint64),
        ("count", c_uint64),
        ("total", c_uint64),
    )


class _Handle(ctypes.Structure):
    _fields_ = (("id", c_uint64),)


class _Rows(ctypes.Structure):
    _fields_ = (
        ("struct_size", c_uint32),
        ("is_native", c_uint32),
        ("count", c_uint64),
        ("action_nbytes", c_uint64),
        ("observation_nbytes", c_uint64),
        ("actions", c_void_p),
        ("observations", c_void_p),
        ("final_observations", c_void_p),
        ("transitions", c_void_p),
        ("statuses", c_void_p),
        ("states", c_void_p),
        ("seeds", c_void_p),
    )


PUBLISH = ctypes.CFUNCTYPE(None, c_void_p, c_uint64)
_ERR, _VALUE = POINTER(Error), POINTER(c_void_p)
_PROTOTYPES = {
    "make": (POINTER(_Plan), POINTER(_Handle), _VALUE, _ERR),
    "bind": (_Handle, POINTER(_Rows), _ERR),
    "set_reset_options": (_Handle, c_char_p, _ERR),
    "run": (_Handle, c_uint64, c_int, PUBLISH, c_void_p, _ERR),
    "failures": (_Handle, _VALUE, _ERR),
    "remake": (_Handle, c_uint64, _ERR),
    "info": (_Handle, _VALUE, _ERR),
    "call": (_Handle, c_char_p, c_char_p, _VALUE, _ERR),
    "render": (_Handle, _VALUE, _ERR),
    "sample_actions": (_Handle, c_void_p, c_uint64, _ERR),
    "seed_actions": (_Handle, c_int64, _ERR),
    "space": (_Handle, c_int, POINTER(Space), _ERR),
    "close": (_Handle, _ERR),
}


def table_function(index, *arguments):
    """A function of the table, which begins with two 32-bit numbers."""
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = c_void_p, [ctypes.py_object, c_char_p]
    address = get(_bridge.table, b"gogym._bridge.table") + 8 + index * ctypes.sizeof(c_void_p)
    return ctypes.CFUNCTYPE(c_int, *arguments)(c_void_p.from_address(address).value)


class Batch:
    """A batch with rows of its own, all of NumPy's: `actions` and `observations` are float64 or bytes."""

    def __init__(self, env_id, count, options=None, first=0, total=None):
        self.library = native.load()
        self.functions = {
            name: table_function(_BATCHES + index, *arguments)
            for index, (name, arguments) in enumerate(_PROTOTYPES.items())
        }
        self.handle = _Handle()
        self.count, self.total = count, total or first + count
        options = json_text(options)
        plan = _Plan(env_id.encode(), options, first, count, self.total)
        out = c_void_p()
        self.call_table("make", byref(plan), byref(self.handle), byref(out))
        self.description = self.library.take(out)

    def call_table(self, name, *arguments):
        error = Error()
        code = self.functions[name](*arguments, byref(error))
        if code != 0:
            raise self.library.error(code, error)

    def bind(self, *, is_native=False):
        self.is_native = is_native
        unit, dtype = ("nbytes", np.uint8) if is_native else ("size", np.float64)
        width = {
            name: -(-self.description[f"{name}_{unit}"] // 8) * 8
            if is_native
            else self.description[f"{name}_{unit}"]
            for name in ("action", "observation")
        }
        self.actions = np.full((self.count, width["action"]), 77, dtype)
        self.observations = np.full((self.count, width["observation"]), 77, dtype)
        self.final_observations = np.full_like(self.observations, 77)
        self.transitions = np.zeros(self.count, TRANSITION)
        self.statuses = np.zeros(self.count, np.int32)
        self.states = np.zeros(self.count, np.uint8)
        self.seeds = np.full(self.count, -1, np.int64)
        has_final = self.description["autoreset_mode"] == "same_step"
        rows = _Rows(
            ctypes.sizeof(_Rows),
            is_native,
            self.count,
            self.actions.itemsize * width["action"],
            self.observations.itemsize * width["observation"],
            *(a.ctypes.data for a in (self.actions, self.observations)),
            self.final_observations.ctypes.data if has_final else None,
            *(a.ctypes.data for a in (self.transitions, self.statuses, self.states, self.seeds)),
        )
        self.call_table("bind", self.handle, byref(rows))
        return self

    def run(self, most=2**64 - 1, publish=None, *, each=False):
        function = PUBLISH(publish) if publish else PUBLISH()
        self.call_table("run", self.handle, most, int(each), function, None)

    def go(self, state, rows=None):
        """Have rows stepped or reset, and take them back."""
        rows = range(self.count) if rows is None else rows
        self.states[list(rows)] = state
        self.run()
        assert set(self.states[list(rows)]) <= {DONE, REFUSED}
        self.states[list(rows)] = IDLE

    def reset(self, seeds=None, rows=None):
        self.seeds[:] = -1 if seeds is None else seeds
        self.go(RESET, rows)

    def step(self, rows=None):
        self.go(STEP, rows)

    def value(self, name, *arguments):
        out = c_void_p()
        self.call_table(name, self.handle, *arguments, byref(out))
        return self.library.take(out)

    def sample(self):
        unit = self.actions.shape[1]
        actions = np.full((self.total, unit), 99, self.actions.dtype)
        self.call_table("sample_actions", self.handle, actions.ctypes.data, actions.nbytes)
        return actions

    def space(self, which):
        """The description of one of the spaces, by way of a handle."""
        space, out = Space(), c_void_p()
        self.call_table("space", self.handle, which, byref(space))
        assert table_function(_SPACE_VALUE, Space, _VALUE, _ERR)(space, byref(out), None) == 0
        assert table_function(_SPACE_CLOSE, Space, _ERR)(space, None) == 0
        return self.library.take(out)

    def close(self):
        self.call_table("close", self.handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Bare(gymnasium.Env):
    """For tests inside this Python."""

    observation_space = gymnasium.spaces.Box(0, 9, (1,), np.float64)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        return np.ones(1), {}

    def step(self, action):
        return np.full(1, 2.0), 5.0, bool(action), False, {}


@contextlib.contextmanager
def registered(cls):
    """The id of an environment class."""
    gymnasium.register("OfThisTest-v0", cls, disable_env_checker=True)
    try:
        yield "OfThisTest-v0"
    finally:
        del gymnasium.registry["OfThisTest-v0"]
