"""An environment with any spaces: "gogym_test_echo:gogym_test/SpaceEcho-v0", for the tests of every language.

Its options:

observation_space, action_space
    A description as gym_space_make takes it, or a name of tests/spaces/table.json, or "custom": a space of a class
    that gogym cannot know. Without an action_space it is another space of the observation's description.
observe
    "action" (the default): a step observes its action. "sample": it observes a sample of the observation space.
strict
    Whether a step refuses actions outside the action space, in the words that Gymnasium's environments use.

A reset with a seed seeds the observation space with it; it observes a sample, or, with {"last": true} among its
options, the last action again. The info of a step says of the action what an environment could find out: "seen",
see :func:`tell`, and "contained". A step's reward is the number of steps since the reset.

Descriptions are built here, and not by gogym: the tests want a second opinion.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import gymnasium
import numpy as np
from gymnasium import spaces

TABLE = Path(__file__).resolve().parents[2] / "spaces" / "table.json"


@functools.cache
def table():
    """The shared table: the records of tests/spaces/table.json by name."""
    return {record["name"]: record for record in json.loads(TABLE.read_text(encoding="utf-8"))}


def untagged(value):
    """The Python value of parsed JSON with gogym's tags."""
    if isinstance(value, list):
        return [untagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "__tuple__" in value:
        return tuple(untagged(item) for item in value["__tuple__"])
    if "__float__" in value:
        return float(value["__float__"])
    if "__ndarray__" in value:
        return np.array(value["__ndarray__"], value["dtype"])
    if "__dict__" in value:
        return {untagged(key): untagged(item) for key, item in value["__dict__"]}
    return {key: untagged(item) for key, item in value.items()}


def build(description):
    """Make the Gymnasium space of a description; Gymnasium raises where it is not acceptable."""
    value = dict(description)
    return _BUILDERS[value.pop("type")](**value)


def _box(low, high, shape=None, dtype="float32"):
    dtype = np.dtype(dtype)
    shape = None if shape is None else tuple(shape)
    return spaces.Box(_bound(low, -np.inf, dtype), _bound(high, np.inf, dtype), shape, dtype)


def _bound(bound, unbounded, dtype):
    """A Box's bound: a number stays one, a nested list becomes an array that can say "no bound"."""
    if isinstance(bound, np.ndarray):
        return bound
    if not isinstance(bound, list):
        return unbounded if bound is None else bound
    numbers = _replaced(bound, unbounded)
    open_somewhere = not np.isfinite(np.array(numbers, np.float64)).all()
    return np.array(numbers, np.float64 if dtype.kind == "f" or open_somewhere else dtype)


def _replaced(bound, unbounded):
    if isinstance(bound, list):
        return [_replaced(item, unbounded) for item in bound]
    return unbounded if bound is None else bound


def _discrete(n, start=0, dtype="int64"):
    return spaces.Discrete(n, start=start, dtype=np.dtype(dtype))


def _multi_discrete(nvec, start=None, dtype="int64"):
    return spaces.MultiDiscrete(nvec, start=start, dtype=np.dtype(dtype))


def _sequence_of_spaces(cls, **given):
    return cls([build(child) for child in given.pop("spaces")], **given)


def _dict(**given):
    children = given.pop("spaces")
    if isinstance(children, dict):
        return spaces.Dict({key: build(child) for key, child in children.items()}, **given)
    return spaces.Dict([(key, build(child)) for key, child in children], **given)


def _graph(node_space, edge_space):
    return spaces.Graph(build(node_space), None if edge_space is None else build(edge_space))


_BUILDERS = {
    "Box": _box,
    "Discrete": _discrete,
    "MultiDiscrete": _multi_discrete,
    "MultiBinary": spaces.MultiBinary,
    "Text": spaces.Text,
    "Tuple": functools.partial(_sequence_of_spaces, spaces.Tuple),
    "OneOf": functools.partial(_sequence_of_spaces, spaces.OneOf),
    "Dict": _dict,
    "Sequence": lambda space, stack=False: spaces.Sequence(build(space), stack=stack),
    "Graph": _graph,
}


class Mission(gymnasium.Space):
    """A space class that gogym cannot know, as MiniGrid's MissionSpace is one."""

    def __init__(self, seed=None):
        super().__init__(None, str, seed)

    @property
    def is_np_flattenable(self):
        return False

    def sample(self, mask=None, probability=None):  # noqa: ARG002
        return f"go to the {self.np_random.choice(['red', 'green', 'blue'])} door"

    def contains(self, x):
        return isinstance(x, str) and x.startswith("go to the ")

    def __repr__(self):
        return "Mission()"


def make_space(given):
    """A new space: of a name, of a description, or the custom one; a description may hold "custom" as well."""
    if given == "custom":
        return Mission()
    if isinstance(given, str):
        return build(untagged(table()[given]["description"]))
    if given.get("type") == "Dict" and "custom" in given["spaces"].values():
        return spaces.Dict({key: make_space(child) for key, child in given["spaces"].items()})
    return build(given)


def tell(value):
    """Say everything about an element that Python could find out: types, dtypes, shapes, every bit."""
    if isinstance(value, (np.ndarray, np.generic)):
        shape = "x".join(map(str, value.shape))
        return f"{type(value).__name__}:{value.dtype.name}({shape}){value.tobytes().hex()}"
    if isinstance(value, dict):
        items = ",".join(f"{key!r}={tell(item)}" for key, item in value.items())
        return f"{type(value).__name__}{{{items}}}"
    if isinstance(value, (tuple, list)):
        return f"{type(value).__name__}({','.join(tell(item) for item in value)})"
    return f"{type(value).__name__}:{value!r}"


class SpaceEcho(gymnasium.Env):
    def __init__(self, observation_space, action_space=None, observe="action", strict=False):
        self.observation_space = make_space(observation_space)
        self.action_space = make_space(observation_space if action_space is None else action_space)
        self._observe = observe
        self._strict = strict
        self._last = None
        self._steps = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if seed is not None:
            self.observation_space.seed(seed)
        self._steps = 0
        if options and options.get("last"):
            return self._last, {}
        return self.observation_space.sample(), {}

    def step(self, action):
        contained = self.action_space.contains(action)
        if self._strict:
            assert contained, f"{action!r} ({type(action)}) invalid"
        self._steps += 1
        self._last = action
        observation = action if self._observe == "action" else self.observation_space.sample()
        return observation, float(self._steps), False, False, {"seen": tell(action), "contained": contained}


gymnasium.register("gogym_test/SpaceEcho-v0", SpaceEcho, order_enforce=False, disable_env_checker=True)
