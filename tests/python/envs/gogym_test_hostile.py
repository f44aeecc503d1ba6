"""Environments that lie: whose spaces, arrays, numbers and infos are not what they say they are.

Hostile-v0    {"way": NAME of WAYS}: no call may corrupt memory, hide an error or change a number
Unwrapped-v0  takes itself out of its wrappers in its step, while these are still at work
"""

from __future__ import annotations

import collections.abc
import ctypes
import gc
import weakref

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.wrappers import OrderEnforcing, TimeLimit

FAR = 50_000_000
"""More elements than lie behind any small array: reading them ends a program."""


def _raise(error):
    raise error


# ---------------------------------------------------------------------------------------------- spaces


class _Lie:
    """Counts how often an attribute is read, and answers with `lie` at the reads that are named."""

    def __init__(self, truth, lie, reads):
        self.truth, self.lie, self.reads, self.count = truth, lie, reads, 0

    def __call__(self):
        self.count += 1
        return self.lie if self.reads is None or self.count in self.reads else self.truth


def _lying(cls, attribute, *arguments, lie, reads=None, **kwargs):
    """A space of a class derived from `cls`, one attribute of which lies once the space is complete."""
    derived = type(f"Lying{cls.__name__}", (cls,), {})
    space = derived(*arguments, **kwargs)
    answer = _Lie(getattr(space, attribute), lie, reads)
    # The rest of Gymnasium sets the attribute; the answer is what it is.
    setattr(derived, attribute, property(lambda _: answer(), lambda *_: None))
    return space


def _shape_lies(lie, *reads):
    return _lying(spaces.Box, "shape", 0, 1, (1,), np.float64, lie=lie, reads=reads or None)


def _before(lying):
    """A large child first: a total that a lie has made too small would be overrun by it."""
    return spaces.Tuple([spaces.Box(0, 1, (50,), np.float64), lying])


class _Replaced(spaces.Discrete):
    """A Discrete that an environment puts in place of another in each reset."""


# ---------------------------------------------------------------------------------------------- arrays and numbers


class LyingDtype(np.ndarray):
    @property
    def dtype(self):
        return np.dtype(np.float64)


class LyingAstype(np.ndarray):
    def astype(self, *arguments, **kwargs):  # noqa: ARG002
        return np.zeros(1, np.int8)


class LyingShape(np.ndarray):
    @property
    def shape(self):
        return (FAR,)

    @property
    def ndim(self):
        return 1

    @property
    def size(self):
        return FAR

    def __len__(self):
        return FAR


class LyingArrayMethod:
    def __array__(self, dtype=None, copy=None):
        return np.ones(3, np.int8).view(LyingDtype)


class PlainArrayMethod:
    """An array method as people write it: it takes nothing."""

    def __array__(self):
        return np.array([1e300, np.inf, 2.0**53])


class ShortList(list):
    """It says that it has two items, and has one."""

    def __len__(self):
        return 2


class LongTuple(tuple):
    """It says that it has two items, and has three."""

    __slots__ = ()

    def __len__(self):
        return 2


class ShortMapping(collections.abc.Mapping):
    """Its length is a lie."""

    def __getitem__(self, key):
        return {"a": 1, "b": 1, "c": 1}[key]

    def __iter__(self):
        return iter("abc")

    def __len__(self):
        return 2


class Index:
    def __init__(self, number):
        self.number = number

    def __index__(self):
        return self.number


# ---------------------------------------------------------------------------------------------- actions


def _keep_pointer(action):
    return (ctypes.c_float * action.size).from_buffer(action)


def _keep_weakly(action):
    kept, reference = action.copy(), weakref.ref(action)
    return lambda: kept if reference() is None else reference()


def _resize(action):
    kept = action.copy()
    action.resize((1,), refcheck=False)
    return kept


def _grow(action):
    kept = action.copy()
    action.resize((10_000,), refcheck=False)
    return kept


def _reshape(action):
    kept = action.copy()
    action.shape = (2, 4)
    return kept


def _retype(action):
    kept = action.copy()
    action.dtype = np.float64
    return kept


def _lock(action):
    kept = action.copy()
    action.setflags(write=False)
    return kept


KEEPERS = {
    "itself": lambda action: action,
    "view": lambda action: action[::2],
    "reversed": lambda action: action[::-1],
    "memory": memoryview,
    "pointer": _keep_pointer,
    "iterator": lambda action: lambda flat=action.flat: flat[:],
    "cell": lambda action: lambda: action,
    "weak": _keep_weakly,
    "resized": _resize,
    "grown": _grow,
    "reshaped": _reshape,
    "retyped": _retype,
    "locked": _lock,
}
"""What an environment may keep of its action, or do to it: each gives what is kept."""


def _seen(kept):
    return [float(number) for number in (kept() if callable(kept) else kept)]


def _keeping(name):
    kept = []

    def info():
        return {"kept": [_seen(one) for one in kept]}

    return {
        "action_space": spaces.Box(-9, 9, (8,), np.float32),
        "step": lambda action: kept.append(KEEPERS[name](action)),
        "info": info,
    }


# ---------------------------------------------------------------------------------------------- objects in infos


class _NoModule(type):
    @property
    def __module__(cls):
        raise RuntimeError("no module")


class _BadQualname(type):
    def __getattribute__(cls, name):
        return BadText("Bad") if name == "__qualname__" else super().__getattribute__(name)


class _BuiltinBadQualname(_BadQualname):
    def __getattribute__(cls, name):
        return "builtins" if name == "__module__" else super().__getattribute__(name)


class NoModule(metaclass=_NoModule):
    pass


class BadQualname(metaclass=_BadQualname):
    pass


class BuiltinBadQualname(metaclass=_BuiltinBadQualname):
    pass


class NoModuleError(Exception, metaclass=_NoModule):
    pass


class NoClass:
    @property
    def __class__(self):
        raise RuntimeError("no class")

    def __repr__(self):
        return "<no class>"


class BadText(str):
    """A text that fails in whatever is asked of it."""

    __slots__ = ()

    def encode(self, *_arguments, **_kwargs):
        raise RuntimeError("no encode")

    def __len__(self):
        raise RuntimeError("no len")

    def __format__(self, _specification):
        raise RuntimeError("no format")

    def __getitem__(self, _index):
        raise RuntimeError("no items")


class BadRepr:
    def __repr__(self):
        return BadText("<bad repr>")


class ExitingRepr:
    def __repr__(self):
        raise SystemExit(3)


class SilentError(Exception):
    def __str__(self):
        raise KeyboardInterrupt


class BadTextError(Exception):
    def __str__(self):
        return BadText("bad words")


class ItemsRaise(dict):
    def items(self):
        raise ValueError("no items")


class ItemsAreNoPairs(dict):
    def items(self):
        return [1, 2, 3]


class ItemsAreEndless(dict):
    """Its items are longer than it is."""

    def items(self):
        return [(i, i) for i in range(1000)]


class IterationRaises(list):
    def __iter__(self):
        raise ValueError("no iteration")


def _released():
    view = memoryview(b"abc")
    view.release()
    return view


# ---------------------------------------------------------------------------------------------- the ways


def _dims(count):
    return spaces.MultiBinary([1] * count)


def _of_info(value):
    """A way whose info has `value` between two plain numbers."""
    return lambda: {"info": lambda: {"before": 1, "value": value(), "after": 2}}


def _observing(space, observation):
    return lambda: {"space": space(), "observation": observation}


_PAIR = {"space": lambda: spaces.Box(-np.inf, np.inf, (2,), np.float64)}
_REWARD = 2**53 + 1

# name: what gives {"space", "action_space": spaces; "observation", "reward", "info": what gives them; ...}
WAYS = {
    # shapes and sizes
    "dims-64": lambda: {"space": _dims(64), "observation": lambda: np.ones([1] * 64, np.int8)},
    "dims-65": _observing(lambda: _dims(65), lambda: 0),
    "dims-100": _observing(lambda: _dims(100), lambda: 0),
    "dims-100-inside": _observing(lambda: spaces.Dict(a=_dims(100), b=spaces.Discrete(2)), lambda: 0),
    "dims-4000-action": lambda: {"action_space": _dims(4000)},
    **{
        f"shape-grows-{read}": lambda read=read: {
            "space": _shape_lies((FAR,), read),
            "observation": lambda: np.ones(1),
        }
        for read in range(1, 9)
    },
    "shape-always-grown": _observing(lambda: _shape_lies((FAR,)), lambda: np.ones(1)),
    "shape-negative": _observing(lambda: _before(_shape_lies((-40,))), lambda: (np.ones(50), np.ones(1))),
    "shape-negative-twice": _observing(
        lambda: _before(_shape_lies((-5, -8))), lambda: (np.ones(50), np.ones(1))
    ),
    "shape-negative-action": lambda: {"action_space": _before(_shape_lies((-40,)))},
    "text-negative": _observing(
        lambda: _before(_lying(spaces.Text, "max_length", 5, lie=-40)), lambda: (np.ones(50), "ab")
    ),
    "text-grows": _observing(
        lambda: _before(_lying(spaces.Text, "max_length", 5, lie=500, reads=(2,))),
        lambda: (np.ones(50), "a" * 500),
    ),
    "discrete-empty": _observing(lambda: _lying(spaces.Discrete, "shape", 5, lie=(0,)), lambda: 3),
    "discrete-empty-inside": _observing(
        lambda: spaces.Tuple([_lying(spaces.Discrete, "shape", 5, lie=(0,)) for _ in range(20)]),
        lambda: (3,) * 20,
    ),
    "discrete-empty-action": lambda: {"action_space": _lying(spaces.Discrete, "shape", 5, lie=(0,))},
    "discrete-wide": _observing(lambda: _lying(spaces.Discrete, "shape", 5, lie=(3,)), lambda: 3),
    "discrete-wide-action": lambda: {"action_space": _lying(spaces.Discrete, "shape", 5, lie=(3,))},
    "children-vanish": _observing(
        lambda: _lying(
            spaces.Tuple, "spaces", [spaces.Discrete(2)] * 3, lie=(spaces.Discrete(2),), reads=(2,)
        ),
        lambda: (1, 1, 1),
    ),
    "huge-binary": _observing(lambda: spaces.MultiBinary((2**40, 2**40)), lambda: 0),
    "huge-binary-1d": _observing(lambda: spaces.MultiBinary(2**62), lambda: 0),
    "huge-text": _observing(lambda: spaces.Text(2**64), lambda: "a"),
    "huge-inside": _observing(lambda: spaces.Tuple([spaces.MultiBinary(2**59)] * 16), lambda: ()),
    "discrete-leaves-int8": _observing(
        lambda: spaces.Discrete(100, start=100, dtype=np.int8), lambda: np.int8(100)
    ),
    "discrete-leaves-uint8": lambda: {"action_space": spaces.Discrete(200, start=100, dtype=np.uint8)},
    "discrete-beyond-float64": lambda: {
        "action_space": spaces.Discrete(10, start=2**63 + 1, dtype=np.uint64)
    },
    # observations
    "observation-dtype": _observing(
        lambda: spaces.Box(0, 1, (3,), np.int8), lambda: np.ones(3, np.int8).view(LyingDtype)
    ),
    "observation-astype": _observing(
        lambda: spaces.Box(0, 1, (3,), np.int8), lambda: np.ones(6, np.int8)[::2].view(LyingAstype)
    ),
    "observation-shape": _observing(
        lambda: spaces.Box(0, 1, (3,), np.float64), lambda: np.ones(3).view(LyingShape)
    ),
    "observation-array-method": _observing(lambda: spaces.Box(0, 1, (3,), np.int8), LyingArrayMethod),
    "observation-plain-array-method": _observing(
        lambda: spaces.Box(-np.inf, np.inf, (3,), np.float64), PlainArrayMethod
    ),
    "observation-short-list": _observing(
        lambda: spaces.Tuple([spaces.Discrete(5), spaces.Discrete(5)]), lambda: ShortList([1])
    ),
    "observation-long-tuple": _observing(
        lambda: spaces.Tuple([spaces.Discrete(5), spaces.Discrete(5)]), lambda: LongTuple((1, 2, 3))
    ),
    "observation-short-mapping": _observing(
        lambda: spaces.Dict(a=spaces.Discrete(5), b=spaces.Discrete(5)), ShortMapping
    ),
    "observation-text": _observing(lambda: spaces.Box(0, 1, (), np.float64), lambda: "x"),
    "observation-object": _observing(lambda: spaces.Box(0, 1, (), np.float64), NoClass),
    "list-rounds": lambda: {"space": _PAIR["space"](), "observation": lambda: [2**53 + 1, 0.5]},
    "list-rounds-unsigned": lambda: {"space": _PAIR["space"](), "observation": lambda: [2**63 + 1, -1]},
    "list-rounds-negative": lambda: {"space": _PAIR["space"](), "observation": lambda: (0.5, -(2**53) - 1)},
    "list-rounds-numpy": lambda: {
        "space": _PAIR["space"](),
        "observation": lambda: [np.int64(2**53 + 1), 0.5],
    },
    "list-is-exact": lambda: {"space": _PAIR["space"](), "observation": lambda: [2**53 + 2, 1e300]},
    "list-is-infinite": lambda: {"space": _PAIR["space"](), "observation": lambda: [np.inf, -np.inf]},
    # rewards
    "reward-array": lambda: {"reward": lambda: np.array(_REWARD)},
    "reward-scalar": lambda: {"reward": lambda: np.int64(_REWARD)},
    "reward-int": lambda: {"reward": lambda: _REWARD},
    "reward-index": lambda: {"reward": lambda: Index(_REWARD)},
    "reward-long-double": lambda: {"reward": lambda: np.longdouble(1) / 3},
    "reward-is-exact": lambda: {"reward": lambda: Index(2**53 + 2)},
    "reward-long-double-is-exact": lambda: {"reward": lambda: np.longdouble(0.5)},
    # infos
    "info-dtype": _of_info(lambda: np.ones(10, np.int8).view(LyingDtype)),
    "info-dtype-large": _of_info(lambda: np.ones(30_000_000, np.int8).view(LyingDtype)),
    "info-astype": _of_info(lambda: np.arange(20, dtype=np.int16)[::2].view(LyingAstype)),
    "info-shape": _of_info(lambda: np.ones(3).view(LyingShape)),
    "info-no-module": _of_info(NoModule),
    "info-bad-qualname": _of_info(BadQualname),
    "info-builtin-bad-qualname": _of_info(BuiltinBadQualname),
    "info-no-class": _of_info(NoClass),
    "info-bad-repr": _of_info(BadRepr),
    "info-bad-text": _of_info(lambda: BadText("text")),
    "info-exiting-repr": _of_info(ExitingRepr),
    "info-items-raise": _of_info(lambda: ItemsRaise(a=1)),
    "info-items-no-pairs": _of_info(lambda: ItemsAreNoPairs(a=1)),
    "info-items-endless": _of_info(lambda: ItemsAreEndless(a=1)),
    "info-iteration-raises": _of_info(lambda: IterationRaises([1])),
    "info-short-list": _of_info(lambda: ShortList([1])),
    "info-released": _of_info(_released),
    "info-itself-no-pairs": lambda: {"info": lambda: ItemsAreNoPairs(a=1)},
    # exceptions
    "error-no-module": lambda: {"reward": lambda: _raise(NoModuleError("the message"))},
    "error-interrupted": lambda: {"reward": lambda: _raise(SilentError())},
    "error-bad-text": lambda: {"reward": lambda: _raise(BadTextError())},
    "error-space-and-close": lambda: {
        "attributes": {
            "observation_space": property(lambda _: _raise(RuntimeError("the real reason"))),
            "close": lambda _: _raise(ValueError("close failed")),
        }
    },
    # actions
    **{f"action-{name}": lambda name=name: _keeping(name) for name in KEEPERS},
    # action spaces that are replaced in each reset
    "replaced-same-size": lambda: {
        "action_space": _Replaced(10**6),
        "next_action_space": lambda: _Replaced(10**6, seed=5),
    },
    "replaced-other-dtype": lambda: {
        "action_space": spaces.Discrete(5),
        "next_action_space": lambda: spaces.Box(-1, 1, (1,), np.float32, seed=5),
    },
    "replaced-other-size": lambda: {
        "action_space": spaces.Discrete(5),
        "next_action_space": lambda: spaces.Box(-1, 1, (2,), np.float32, seed=5),
    },
    "replaced-dynamic": lambda: {
        "action_space": spaces.Discrete(5),
        "next_action_space": lambda: spaces.Sequence(spaces.Discrete(5)),
    },
    "replaced-by-nothing": lambda: {"action_space": spaces.Discrete(5), "next_action_space": lambda: None},
}


class Hostile(gymnasium.Env):
    def __init__(self, way):
        self._way = {"space": spaces.Discrete(2), "action_space": spaces.Discrete(2), **WAYS[way]()}
        if "attributes" in self._way:
            self.__class__ = type("Hostile", (Hostile,), self._way["attributes"])
        else:
            self.observation_space = self._way["space"]
        self.action_space = self._way["action_space"]

    def _get(self, name, default):
        return self._way[name]() if name in self._way else default

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed, options=options)
        self.action_space = self._get("next_action_space", self.action_space)
        return self._get("observation", 0), self._get("info", {})

    def step(self, action):
        self._way.get("step", id)(action)
        return self._get("observation", 0), self._get("reward", 0.5), False, False, self._get("info", {})


class Unwrapped(gymnasium.Env):
    """Its step frees the wrappers through which it was called, and has others allocated in their place."""

    observation_space = spaces.Discrete(2)
    action_space = spaces.Discrete(2)
    outermost = None

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed, options=options)
        return 0, {}

    def step(self, action):  # noqa: ARG002
        self.outermost.env = None
        gc.collect()
        self.others = [TimeLimit(gymnasium.Env(), 5) for _ in range(500)]
        return 1, 0.5, False, False, {"others": len(self.others)}


def _wrapped():
    env = Unwrapped()
    env.outermost = TimeLimit(TimeLimit(TimeLimit(OrderEnforcing(env), 100), 100), 100)
    return env.outermost


gymnasium.register("gogym_test/Hostile-v0", Hostile, disable_env_checker=True, order_enforce=False)
gymnasium.register("gogym_test/Unwrapped-v0", _wrapped, disable_env_checker=True, order_enforce=False)
