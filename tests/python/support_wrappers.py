"""A laboratory for scripts that run twice: with env.step in Python, and with gym_step through the C library."""

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker, TimeLimit

from gogym import native

ATTRIBUTES = (
    "_elapsed_steps",
    "_max_episode_steps",
    "_has_reset",
    "checked_step",
    "checked_data_reuse",
    "checked_reset",
)


class Inner(gymnasium.Env):
    """The environment at the bottom. `on_step` and `result` are the script's to set."""

    observation_space = spaces.Box(-10, 10, (1,), np.float64)
    action_space = spaces.Discrete(2)

    def __init__(self):
        self.steps = 0
        self.on_step = lambda: None
        self.result = None

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        self.steps = 0
        return np.array([0.0]), {}

    def step(self, action):
        self.steps += 1
        self.on_step()
        if self.result is not None:
            return self.result()
        return np.array([self.steps / 100]), float(action), False, False, {"steps": self.steps}


def as_made(inner, limit=3):
    """The stack that gymnasium.make builds."""
    return TimeLimit(OrderEnforcing(PassiveEnvChecker(inner)), limit)


class Lab:
    """One run of a scenario. `log` is what the two runs must agree on."""

    def __init__(self, library, build):
        self.inner = Inner()
        self.env = build(self.inner)
        self.log = []
        self.native = None
        if library is not None:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(gymnasium, "make", lambda *_, **__: self.env)
                self.native = native.Environment("made above", library=library)

    def layer(self, cls):
        return next(layer for layer in self.layers() if isinstance(layer, cls))

    def layers(self):
        layer = self.env
        while layer is not None:
            yield layer
            layer = vars(layer).get("env")

    def state(self):
        return [
            (
                type(layer).__name__,
                [(name, repr(vars(layer)[name])) for name in ATTRIBUTES if name in vars(layer)],
            )
            for layer in self.layers()
        ]

    def note(self, *what):
        self.log.append(what)

    def reset(self):
        self._record("reset", lambda: self.native.reset(seed=1) if self.native else self.env.reset(seed=1)[0])

    def steps(self, count):
        for i in range(count):
            self.step(i % 2)

    def step(self, action=0):
        self._record("step", lambda: self.native.step([action]) if self.native else self._python_step(action))

    def _python_step(self, action):
        observation, reward, terminated, truncated, _ = self.env.step(np.int64(action))
        return observation, float(reward), bool(terminated), bool(truncated)

    def _record(self, what, call):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                outcome = plain(call())
            except BaseException as error:  # noqa: BLE001
                outcome = failure(error)
        self.log.append(
            (what, outcome, [str(warning.message) for warning in caught], self.inner.steps, self.state())
        )


def plain(value):
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    return value.astype(np.float64).tolist() if isinstance(value, np.ndarray) else value


def failure(error):
    """A failure in words that both runs share."""
    if isinstance(error, native.GymError):
        if error.name == "GYM_ERR_RESULT":
            return "not five values"
        name, message = error.type.rpartition(".")[2], error.message
        message = message.removeprefix(f"{name}: ")  # added where the words alone say too little
    else:
        name, message = type(error).__name__, str(error)
    if "to unpack" in message or "cannot unpack" in message:
        return "not five values"
    return name, message or name


class Scenarios(dict):
    """Scripts by name, each with what builds the stack of wrappers that it is about."""

    def add(self, build=as_made):
        def register(script):
            self[script.__name__] = (build, script)
            return script

        return register

    def check(self, name, library):
        """Run a script in both ways; both must see the same."""
        build, script = self[name]
        logs = []
        for chosen in (None, library):
            lab = Lab(chosen, build)
            script(lab)
            logs.append(lab.log)
            if lab.native:
                lab.native.close()
        assert len(logs[0]) > 1
        for i, (expected, actual) in enumerate(zip(*logs, strict=True)):
            assert repr(actual) == repr(expected), f"entry {i} of {name}: {actual} is not {expected}"
