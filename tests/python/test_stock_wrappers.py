"""Attempts to observe that gogym steps over Gymnasium's TimeLimit, OrderEnforcing and PassiveEnvChecker natively.

Each scenario is a script that runs twice, on equal environments: once with env.step in Python, once with gym_step
through the C library. Both must see the same: results, exceptions, warnings, and what lies in every wrapper after
every step.
"""

import contextlib
import types
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils import RecordConstructorArgs
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker, TimeLimit

from gogym import native

ATTRIBUTES = ("_elapsed_steps", "_max_episode_steps", "_has_reset", "checked_step", "checked_data_reuse", "checked_reset")


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
            (type(layer).__name__, [(name, repr(vars(layer)[name])) for name in ATTRIBUTES if name in vars(layer)])
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
        self.log.append((what, outcome, [str(warning.message) for warning in caught], self.inner.steps, self.state()))


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


SCENARIOS = {}


def scenario(build=as_made):
    def add(script):
        SCENARIOS[script.__name__] = (build, script)
        return script

    return add


# ---------------------------------------------------------------------------------------------- ordinary life


@scenario()
def an_episode_and_another(lab):
    for _ in range(2):
        lab.reset()
        lab.steps(5)


@scenario()
def a_step_before_reset(lab):
    lab.step()
    lab.reset()
    lab.steps(2)


@scenario(lambda inner: TimeLimit(inner, 3))
def a_bare_time_limit_before_reset(lab):
    lab.step()  # None += 1
    lab.reset()
    lab.steps(4)


@scenario(lambda inner: OrderEnforcing(inner))
def order_enforcing_alone(lab):
    lab.step()
    lab.reset()
    lab.steps(3)


@scenario(lambda inner: PassiveEnvChecker(inner))
def the_checker_alone(lab):
    lab.reset()
    lab.steps(4)


@scenario(lambda inner: TimeLimit(TimeLimit(OrderEnforcing(TimeLimit(inner, 2)), 4), 3))
def several_time_limits(lab):
    lab.reset()
    lab.steps(6)


@scenario(lambda inner: OrderEnforcing(OrderEnforcing(PassiveEnvChecker(PassiveEnvChecker(inner)))))
def everything_twice(lab):
    lab.reset()
    lab.steps(4)


@scenario()
def steps_after_the_end(lab):
    lab.reset()
    lab.steps(10)
    lab.reset()
    lab.steps(1)


# ---------------------------------------------------------------------------------------------- what the checker says


@scenario()
def the_checker_warns_of_types(lab):
    lab.inner.result = lambda: (np.array([1], np.int64), "1" and 1, False, False, {})
    lab.reset()
    lab.steps(4)


@scenario()
def the_checker_warns_of_values(lab):
    lab.inner.result = lambda: (np.array([99.0]), np.nan, False, False, {})
    lab.reset()
    lab.steps(4)


@scenario()
def the_checker_warns_of_reuse(lab):
    observation, info = np.array([0.5]), {}
    lab.inner.result = lambda: (observation, 0.0, False, False, info)
    lab.reset()
    lab.steps(4)


@scenario()
def the_checker_asserts(lab):
    lab.inner.result = lambda: (np.array([1.0]), 0.0, False, False, None)
    lab.reset()
    lab.step()
    lab.inner.result = None
    lab.steps(3)


@scenario()
def the_checker_is_started_over(lab):
    lab.reset()
    lab.steps(2)
    for name in ("checked_step", "checked_data_reuse"):
        setattr(lab.layer(PassiveEnvChecker), name, False)
        lab.step()


@scenario()
def the_checker_with_odd_flags(lab):
    lab.reset()
    lab.steps(2)
    for value in (1, 0, None, np.True_, np.False_):
        lab.layer(PassiveEnvChecker).checked_data_reuse = value
        lab.layer(PassiveEnvChecker).checked_step = True
        lab.step()
        lab.layer(PassiveEnvChecker).checked_step = value
        lab.step()


# ---------------------------------------------------------------------------------------------- attributes are changed


@scenario(lambda inner: as_made(inner, 100))
def the_limit_changes_midway(lab):
    lab.reset()
    for limit in (5, 2, 1, 0, -3, 50, True, 2.5, np.int64(4), np.float32(100), float("nan"), 10**30):
        lab.layer(TimeLimit)._max_episode_steps = limit
        lab.step()


@scenario(lambda inner: as_made(inner, 100))
def the_limit_is_no_number(lab):
    lab.reset()
    for limit in (None, "5", [1]):
        lab.layer(TimeLimit)._max_episode_steps = limit
        lab.step()


@scenario(lambda inner: as_made(inner, 6))
def the_count_changes_midway(lab):
    lab.reset()
    for elapsed in (4, 0, -5, True, 2.5, np.int64(4), np.int8(127), np.array([1]), 10**30):
        lab.layer(TimeLimit)._elapsed_steps = elapsed
        with contextlib.suppress(Exception):
            lab.step()
        lab.step()


@scenario()
def the_count_is_no_number(lab):
    lab.reset()
    for elapsed in (None, "5"):
        lab.layer(TimeLimit)._elapsed_steps = elapsed
        lab.step()


@scenario()
def the_order_is_forgotten(lab):
    lab.reset()
    for has_reset in (False, 0, 1, "yes", "", None, np.True_, True):
        lab.layer(OrderEnforcing)._has_reset = has_reset
        lab.step()


@scenario()
def attributes_are_deleted(lab):
    lab.reset()
    del lab.layer(OrderEnforcing)._has_reset
    lab.step()
    lab.layer(OrderEnforcing)._has_reset = True
    del lab.layer(TimeLimit)._elapsed_steps
    lab.step()
    lab.layer(TimeLimit)._elapsed_steps = 0
    del lab.layer(TimeLimit)._max_episode_steps
    lab.step()
    lab.layer(TimeLimit)._max_episode_steps = 9
    del lab.layer(PassiveEnvChecker).checked_step
    lab.step()


@scenario()
def the_dict_is_replaced(lab):
    lab.reset()
    lab.step()
    for layer in (lab.layer(TimeLimit), lab.layer(OrderEnforcing), lab.layer(PassiveEnvChecker)):
        layer.__dict__ = dict(vars(layer))
        lab.step()
    lab.layer(TimeLimit).__dict__ = {**vars(lab.layer(TimeLimit)), "_elapsed_steps": 1, "_max_episode_steps": 3}
    lab.steps(3)


class Mirror(dict):
    def __getitem__(self, key):
        raise AssertionError(key)

    get = __getitem__


@scenario()
def the_dict_is_of_another_class(lab):
    lab.reset()
    for layer in (lab.layer(TimeLimit), lab.layer(OrderEnforcing)):
        layer.__dict__ = Mirror(vars(layer))
        lab.note(type(layer.__dict__).__name__)
        # vars() is what state() reads with `in` and [].
        layer.__dict__ = dict(layer.__dict__)
        lab.step()


# ---------------------------------------------------------------------------------------------- from inside the step


@scenario()
def the_inner_step_looks_around(lab):
    lab.inner.on_step = lambda: lab.note("inside", lab.state())
    lab.reset()
    lab.steps(5)


@scenario()
def the_inner_step_changes_the_wrappers(lab):
    lab.reset()
    limit, order = lab.layer(TimeLimit), lab.layer(OrderEnforcing)
    for name, layer, value in (
        ("_elapsed_steps", limit, 10), ("_elapsed_steps", limit, 0), ("_max_episode_steps", limit, 1),
        ("_max_episode_steps", limit, 20), ("_has_reset", order, False), ("_elapsed_steps", limit, None),
        ("_elapsed_steps", limit, 1.5), ("_max_episode_steps", limit, None),
    ):  # fmt: skip
        order._has_reset = True
        lab.inner.on_step = lambda name=name, layer=layer, value=value: setattr(layer, name, value)
        lab.step()


@scenario()
def the_inner_step_resets(lab):
    lab.inner.on_step = lambda: lab.env.reset() if lab.inner.steps == 2 else None
    lab.reset()
    lab.steps(6)


@scenario()
def the_inner_step_deletes(lab):
    lab.reset()
    lab.inner.on_step = lambda: delattr(lab.layer(TimeLimit), "_elapsed_steps")
    lab.step()


@scenario()
def the_inner_step_raises(lab):
    def fail():
        raise error

    lab.reset()
    for error in (ValueError("broken"), KeyError("key"), KeyboardInterrupt("now"), StopIteration("end")):
        lab.inner.on_step = fail
        lab.step()
        lab.inner.on_step = lambda: None
        lab.step()


@scenario()
def the_inner_step_patches_the_class(lab):
    def patch():
        TimeLimit.step = lambda self, action: self.env.step(action)

    original = TimeLimit.step
    lab.reset()
    lab.inner.on_step = patch
    try:
        lab.steps(3)
    finally:
        TimeLimit.step = original
    lab.inner.on_step = lambda: None
    lab.steps(2)


@scenario()
def odd_results(lab):
    lab.reset()
    good = (np.array([0.5]), 1.0, False, False, {})
    lab.steps(2)
    for result in (
        lambda: list(good), lambda: iter(good), lambda: good[:4], lambda: (*good, 1), lambda: None, lambda: 5,
        lambda: (), lambda: types.SimpleNamespace(),
    ):  # fmt: skip
        lab.inner.result = result
        lab.step()


class NotABool:
    def __bool__(self):
        raise RuntimeError("asked")


@scenario()
def truncated_is_not_asked_at_the_end(lab):
    lab.reset()
    lab.steps(2)
    lab.inner.result = lambda: (np.array([0.5]), 1.0, False, NotABool(), {})
    lab.step()  # the third: the limit overwrites it
    lab.layer(TimeLimit)._max_episode_steps = 100
    lab.inner.result = lambda: (np.array([0.5]), 1.0, False, True, {})
    lab.step()


# ---------------------------------------------------------------------------------------------- instances and classes


@scenario()
def an_instance_has_its_own_step(lab):
    lab.reset()
    for cls in (PassiveEnvChecker, OrderEnforcing, TimeLimit):
        layer = lab.layer(cls)

        def own(action, layer=layer):
            lab.note("own step of", type(layer).__name__, action)
            return type(layer).step(layer, action)

        layer.step = own
        lab.steps(2)
        del layer.step
        lab.step()


@scenario()
def the_innermost_has_its_own_step(lab):
    lab.reset()
    lab.inner.step = lambda action: (np.array([7.0]), 7.0, bool(action), False, {})
    lab.steps(2)
    del lab.inner.step
    lab.step()


class Counting(TimeLimit):
    def step(self, action):
        result = super().step(action)
        self._elapsed_steps += 1
        return result


class Same(TimeLimit):
    pass


class WithProperty(TimeLimit):
    @property
    def _elapsed_steps(self):
        return self.__dict__.get("elsewhere", 0)

    @_elapsed_steps.setter
    def _elapsed_steps(self, value):
        self.__dict__["elsewhere"] = value


@scenario(lambda inner: Counting(OrderEnforcing(inner), 3))
def a_subclass_with_its_own_step(lab):
    lab.reset()
    lab.steps(3)


@scenario(lambda inner: Same(OrderEnforcing(inner), 3))
def a_subclass_without(lab):
    lab.reset()
    lab.steps(4)


@scenario(lambda inner: WithProperty(OrderEnforcing(inner), 3))
def a_subclass_with_a_property(lab):
    lab.reset()
    lab.steps(4)


@scenario()
def an_instance_changes_its_class(lab):
    lab.reset()
    lab.step()
    layer = lab.layer(TimeLimit)
    layer.__class__ = Counting
    lab.step()
    layer.__class__ = TimeLimit
    layer._elapsed_steps = 0
    lab.steps(2)


class User(gymnasium.Wrapper):
    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation + 1, reward * 2, terminated, truncated, info


@scenario(lambda inner: TimeLimit(User(OrderEnforcing(User(TimeLimit(inner, 2)))), 4))
def user_wrappers_in_between(lab):
    lab.reset()
    lab.steps(6)


@scenario(lambda inner: User(as_made(inner)))
def a_user_wrapper_outside(lab):
    lab.reset()
    lab.steps(4)


@scenario()
def the_wrapped_environment_is_swapped(lab):
    lab.reset()
    lab.step()
    other = Inner()
    other.result = lambda: (np.array([9.0]), 9.0, True, False, {})
    layer, before = lab.layer(PassiveEnvChecker), lab.layer(PassiveEnvChecker).env
    layer.env = other
    lab.steps(2)
    layer.env = before
    lab.layer(TimeLimit).env = other
    lab.steps(2)
    lab.env.env = User(before)
    lab.steps(2)


@scenario()
def the_wrapped_environment_is_gone(lab):
    lab.reset()
    inner = lab.layer(OrderEnforcing).env
    lab.layer(OrderEnforcing).env = None
    lab.step()
    lab.layer(OrderEnforcing).env = inner
    lab.step()


# ---------------------------------------------------------------------------------------------- classes are patched

CLASSES = (TimeLimit, OrderEnforcing, PassiveEnvChecker, gymnasium.Wrapper)


def patched_step(lab, cls, original):
    def step(self, action):
        lab.note("patched", cls.__name__)
        return original(self, action)

    return step


@scenario()
def a_class_is_patched_before_its_first_use(lab):
    for cls in CLASSES:
        original = cls.__dict__["step"]
        cls.step = patched_step(lab, cls, original)
        try:
            lab.reset()
            lab.steps(3)
        finally:
            cls.step = original
    lab.reset()
    lab.steps(2)


@scenario()
def a_class_is_patched_and_restored_midway(lab):
    lab.reset()
    for _ in range(3):
        for cls in CLASSES:
            original = cls.__dict__["step"]
            lab.step()
            cls.step = patched_step(lab, cls, original)
            try:
                lab.steps(2)
            finally:
                cls.step = original
            lab.step()


@scenario()
def a_step_has_other_code(lab):
    def with_other_code(self, action):
        result = self.env.step(action)
        return result[0] + 5, *result[1:]

    lab.reset()
    for cls in (TimeLimit, PassiveEnvChecker, gymnasium.Wrapper):
        step = cls.__dict__["step"]
        code = step.__code__
        lab.step()
        step.__code__ = with_other_code.__code__
        try:
            lab.steps(2)
        finally:
            step.__code__ = code
        lab.step()


@scenario()
def a_class_loses_its_step(lab):
    lab.reset()
    for cls in (TimeLimit, OrderEnforcing, PassiveEnvChecker):
        original = cls.__dict__["step"]
        del cls.step
        try:
            lab.steps(2)
        finally:
            cls.step = original
        lab.step()


@scenario()
def a_class_gets_a_property(lab):
    lab.reset()
    lab.steps(2)
    elapsed = []
    for cls in (TimeLimit, gymnasium.Wrapper, gymnasium.Env):
        cls._elapsed_steps = property(lambda _: 10 * len(elapsed), lambda _, value: elapsed.append(value))
        try:
            lab.steps(2)
        finally:
            del cls._elapsed_steps
        lab.note(list(elapsed))
    for cls in (OrderEnforcing, gymnasium.Wrapper):
        cls._has_reset = property(lambda _: False)
        try:
            lab.step()
        finally:
            del cls._has_reset
    gymnasium.Wrapper.env = property(lambda self: lab.note("env read") or vars(self)["env"], lambda *_: None)
    try:
        lab.step()
    finally:
        del gymnasium.Wrapper.env
    lab.steps(2)


@scenario()
def a_class_intercepts_attributes(lab):
    def intercept(self, name):
        if name in ("env", "_has_reset", "_elapsed_steps"):
            lab.note("read", type(self).__name__, name)
        return object.__getattribute__(self, name)

    lab.reset()
    lab.steps(2)
    for cls in (TimeLimit, OrderEnforcing, gymnasium.Wrapper, gymnasium.Env):
        cls.__getattribute__ = intercept
        try:
            lab.step()
        finally:
            del cls.__getattribute__
        lab.step()


@scenario()
def a_class_intercepts_assignments(lab):
    def intercept(self, name, value):
        lab.note("set", type(self).__name__, name, value)
        object.__setattr__(self, name, value)

    lab.reset()
    lab.steps(2)
    for cls in (TimeLimit, gymnasium.Wrapper, gymnasium.Env):
        cls.__setattr__ = intercept
        try:
            lab.step()
        finally:
            del cls.__setattr__
        lab.step()


@scenario()
def a_base_class_is_inserted(lab):
    class Between(gymnasium.Wrapper):
        def step(self, action):
            lab.note("between")
            return super().step(action)

    lab.reset()
    lab.steps(2)
    bases = OrderEnforcing.__bases__
    try:
        OrderEnforcing.__bases__ = (Between, RecordConstructorArgs)
        lab.steps(2)
    finally:
        OrderEnforcing.__bases__ = bases
    lab.step()


@scenario()
def many_patches(lab):
    """More changes than Python has version tags for one class."""
    lab.reset()
    for i in range(1200):
        TimeLimit.irrelevant = i
    lab.step()
    original = TimeLimit.step
    TimeLimit.step = patched_step(lab, TimeLimit, original)
    try:
        lab.step()
    finally:
        TimeLimit.step = original
        del TimeLimit.irrelevant
    lab.step()


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_nobody_can_tell(library, name):
    build, script = SCENARIOS[name]
    logs = []
    for chosen in (None, library):
        lab = Lab(chosen, build)
        script(lab)
        logs.append(lab.log)
        if lab.native:
            lab.native.close()
    assert len(logs[0]) > 1
    for i, (expected, actual) in enumerate(zip(*logs, strict=True)):
        assert repr(actual) == repr(expected), f"entry {i} of {name}"


def test_the_classes_are_as_they_were():
    """The scenarios put back what they changed; or else the others prove nothing."""
    for cls in CLASSES:
        assert cls.__dict__["step"].__qualname__ == f"{cls.__name__}.step"
        assert not {"__getattribute__", "__setattr__", "_elapsed_steps", "_has_reset"} & set(cls.__dict__)


def test_the_wrappers_are_stepped_over(library):
    """That there is something to observe at all: in ordinary life, no wrapper's frame is under the inner step."""
    import sys

    seen = []

    def look():
        frame, names = sys._getframe(), []
        while frame:
            names.append(frame.f_code.co_filename)
            frame = frame.f_back
        seen.append(any(name.endswith("common.py") and "wrappers" in name for name in names))

    lab = Lab(library, as_made)
    lab.reset()
    lab.inner.on_step = look
    lab.steps(4)
    lab.native.close()
    # The checker runs the first two itself.
    assert seen == [True, True, False, False]
