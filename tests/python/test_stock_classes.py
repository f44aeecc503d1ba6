"""Attempts to observe that stock wrappers are stepped over, by changing instances and classes: see test_stock_wrappers.py."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils import RecordConstructorArgs
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker, TimeLimit

from support_wrappers import Inner, Scenarios, as_made

SCENARIOS = Scenarios()


# ---------------------------------------------------------------------------------------------- instances and classes


@SCENARIOS.add()
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


@SCENARIOS.add()
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


@SCENARIOS.add(lambda inner: Counting(OrderEnforcing(inner), 3))
def a_subclass_with_its_own_step(lab):
    lab.reset()
    lab.steps(3)


@SCENARIOS.add(lambda inner: Same(OrderEnforcing(inner), 3))
def a_subclass_without(lab):
    lab.reset()
    lab.steps(4)


@SCENARIOS.add(lambda inner: WithProperty(OrderEnforcing(inner), 3))
def a_subclass_with_a_property(lab):
    lab.reset()
    lab.steps(4)


@SCENARIOS.add()
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


@SCENARIOS.add(lambda inner: TimeLimit(User(OrderEnforcing(User(TimeLimit(inner, 2)))), 4))
def user_wrappers_in_between(lab):
    lab.reset()
    lab.steps(6)


@SCENARIOS.add(lambda inner: User(as_made(inner)))
def a_user_wrapper_outside(lab):
    lab.reset()
    lab.steps(4)


@SCENARIOS.add()
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


@SCENARIOS.add()
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


@SCENARIOS.add()
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


@SCENARIOS.add()
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


def other_code(cell_wanted):
    """Code for a step that adds 5; with the free variable that a step with super() has, where that is wanted."""
    __class__ = None

    def without(self, action):
        result = self.env.step(action)
        return result[0] + 5, *result[1:]

    def with_cell(self, action):
        result = self.env.step(action)
        assert __class__ is not None
        return result[0] + 5, *result[1:]

    return (with_cell if cell_wanted else without).__code__


@SCENARIOS.add()
def a_step_has_other_code(lab):
    lab.reset()
    for cls in CLASSES:
        step = cls.__dict__["step"]
        code = step.__code__
        lab.step()
        step.__code__ = other_code(cell_wanted=bool(code.co_freevars))
        try:
            lab.steps(2)
        finally:
            step.__code__ = code
        lab.step()


@SCENARIOS.add()
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


@SCENARIOS.add()
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


@SCENARIOS.add()
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


@SCENARIOS.add()
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


@SCENARIOS.add()
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


@SCENARIOS.add()
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
    SCENARIOS.check(name, library)


def test_the_classes_are_as_they_were():
    """The scenarios put back what they changed; or else the others prove nothing."""
    for cls in CLASSES:
        assert cls.__dict__["step"].__qualname__ == f"{cls.__name__}.step"
        assert not {"__getattribute__", "__setattr__", "_elapsed_steps", "_has_reset"} & set(cls.__dict__)
