"""Attempts to observe that gogym steps over Gymnasium's TimeLimit, OrderEnforcing and PassiveEnvChecker natively.

Each scenario is a script that runs twice, on equal environments: once with env.step in Python, once with gym_step
through the C library. Both must see the same: results, exceptions, warnings, and what lies in every wrapper after
every step. Here: results, attributes, and what an inner environment can see and do. Changed classes are in
test_stock_classes.py.
"""

import contextlib
import functools
import sys
import types

import numpy as np
import pytest
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker, TimeLimit

from support_wrappers import Lab, Scenarios, as_made

SCENARIOS = Scenarios()


# ---------------------------------------------------------------------------------------------- ordinary life


@SCENARIOS.add()
def an_episode_and_another(lab):
    for _ in range(2):
        lab.reset()
        lab.steps(5)


@SCENARIOS.add()
def a_step_before_reset(lab):
    lab.step()
    lab.reset()
    lab.steps(2)


@SCENARIOS.add(lambda inner: TimeLimit(inner, 3))
def a_bare_time_limit_before_reset(lab):
    lab.step()  # None += 1
    lab.reset()
    lab.steps(4)


@SCENARIOS.add(OrderEnforcing)
def order_enforcing_alone(lab):
    lab.step()
    lab.reset()
    lab.steps(3)


@SCENARIOS.add(PassiveEnvChecker)
def the_checker_alone(lab):
    lab.reset()
    lab.steps(4)


@SCENARIOS.add(lambda inner: TimeLimit(TimeLimit(OrderEnforcing(TimeLimit(inner, 2)), 4), 3))
def several_time_limits(lab):
    lab.reset()
    lab.steps(6)


@SCENARIOS.add(lambda inner: OrderEnforcing(OrderEnforcing(PassiveEnvChecker(PassiveEnvChecker(inner)))))
def everything_twice(lab):
    lab.reset()
    lab.steps(4)


@SCENARIOS.add()
def steps_after_the_end(lab):
    lab.reset()
    lab.steps(10)
    lab.reset()
    lab.steps(1)


# ---------------------------------------------------------------------------------------------- what the checker says


@SCENARIOS.add()
def the_checker_warns_of_types(lab):
    lab.inner.result = lambda: (np.array([1], np.int64), "1" and 1, False, False, {})
    lab.reset()
    lab.steps(4)


@SCENARIOS.add()
def the_checker_warns_of_values(lab):
    lab.inner.result = lambda: (np.array([99.0]), np.nan, False, False, {})
    lab.reset()
    lab.steps(4)


@SCENARIOS.add()
def the_checker_warns_of_reuse(lab):
    observation, info = np.array([0.5]), {}
    lab.inner.result = lambda: (observation, 0.0, False, False, info)
    lab.reset()
    lab.steps(4)


@SCENARIOS.add()
def the_checker_asserts(lab):
    lab.inner.result = lambda: (np.array([1.0]), 0.0, False, False, None)
    lab.reset()
    lab.step()
    lab.inner.result = None
    lab.steps(3)


@SCENARIOS.add()
def the_checker_is_started_over(lab):
    lab.reset()
    lab.steps(2)
    for name in ("checked_step", "checked_data_reuse"):
        setattr(lab.layer(PassiveEnvChecker), name, False)
        lab.step()


@SCENARIOS.add()
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


@SCENARIOS.add(lambda inner: as_made(inner, 100))
def the_limit_changes_midway(lab):
    lab.reset()
    for limit in (5, 2, 1, 0, -3, 50, True, 2.5, np.int64(4), np.float32(100), float("nan"), 10**30):
        lab.layer(TimeLimit)._max_episode_steps = limit
        lab.step()


@SCENARIOS.add(lambda inner: as_made(inner, 100))
def the_limit_is_no_number(lab):
    lab.reset()
    for limit in (None, "5", [1]):
        lab.layer(TimeLimit)._max_episode_steps = limit
        lab.step()


@SCENARIOS.add(lambda inner: as_made(inner, 6))
def the_count_changes_midway(lab):
    lab.reset()
    for elapsed in (4, 0, -5, True, 2.5, np.int64(4), np.int8(127), np.array([1]), 10**30):
        lab.layer(TimeLimit)._elapsed_steps = elapsed
        with contextlib.suppress(Exception):
            lab.step()
        lab.step()


@SCENARIOS.add()
def the_count_is_no_number(lab):
    lab.reset()
    for elapsed in (None, "5"):
        lab.layer(TimeLimit)._elapsed_steps = elapsed
        lab.step()


@SCENARIOS.add()
def the_order_is_forgotten(lab):
    lab.reset()
    for has_reset in (False, 0, 1, "yes", "", None, np.True_, True):
        lab.layer(OrderEnforcing)._has_reset = has_reset
        lab.step()


@SCENARIOS.add()
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


@SCENARIOS.add()
def the_dict_is_replaced(lab):
    lab.reset()
    lab.step()
    for layer in (lab.layer(TimeLimit), lab.layer(OrderEnforcing), lab.layer(PassiveEnvChecker)):
        layer.__dict__ = dict(vars(layer))
        lab.step()
    lab.layer(TimeLimit).__dict__ = {
        **vars(lab.layer(TimeLimit)),
        "_elapsed_steps": 1,
        "_max_episode_steps": 3,
    }
    lab.steps(3)


class Mirror(dict):
    def __getitem__(self, key):
        raise AssertionError(key)

    get = __getitem__


@SCENARIOS.add()
def the_dict_is_of_another_class(lab):
    lab.reset()
    for layer in (lab.layer(TimeLimit), lab.layer(OrderEnforcing)):
        layer.__dict__ = Mirror(vars(layer))
        lab.note(type(layer.__dict__).__name__)
        # vars() is what state() reads with `in` and [].
        layer.__dict__ = dict(layer.__dict__)
        lab.step()


# ---------------------------------------------------------------------------------------------- from inside the step


@SCENARIOS.add()
def the_inner_step_looks_around(lab):
    lab.inner.on_step = lambda: lab.note("inside", lab.state())
    lab.reset()
    lab.steps(5)


@SCENARIOS.add()
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


@SCENARIOS.add()
def the_inner_step_resets(lab):
    lab.inner.on_step = lambda: lab.env.reset() if lab.inner.steps == 2 else None
    lab.reset()
    lab.steps(6)


@SCENARIOS.add()
def the_inner_step_deletes(lab):
    lab.reset()
    lab.inner.on_step = lambda: delattr(lab.layer(TimeLimit), "_elapsed_steps")
    lab.step()


@SCENARIOS.add()
def the_inner_step_raises(lab):
    def fail(error):
        raise error

    lab.reset()
    for error in (ValueError("broken"), KeyError("key"), KeyboardInterrupt("now"), StopIteration("end")):
        lab.inner.on_step = functools.partial(fail, error)
        lab.step()
        lab.inner.on_step = lambda: None
        lab.step()


@SCENARIOS.add()
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


@SCENARIOS.add()
def odd_results(lab):
    lab.reset()
    good = (np.array([0.5]), 1.0, False, False, {})
    lab.steps(2)
    for result in (
        lambda: list(good), lambda: iter(good), lambda: good[:4], lambda: (*good, 1), lambda: None, lambda: 5,
        lambda: (), types.SimpleNamespace,
    ):  # fmt: skip
        lab.inner.result = result
        lab.step()


class NotABool:
    def __bool__(self):
        raise RuntimeError("asked")


@SCENARIOS.add()
def truncated_is_not_asked_at_the_end(lab):
    lab.reset()
    lab.steps(2)
    lab.inner.result = lambda: (np.array([0.5]), 1.0, False, NotABool(), {})
    lab.step()  # the third: the limit overwrites it
    lab.layer(TimeLimit)._max_episode_steps = 100
    lab.inner.result = lambda: (np.array([0.5]), 1.0, False, True, {})
    lab.step()


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_nobody_can_tell(library, name):
    SCENARIOS.check(name, library)


def callers(lab, steps):
    """The functions on the stack above the inner step, innermost first, for each of the last two of some steps."""
    seen = []

    def look():
        frame, names = sys._getframe(), []
        while frame:
            names.append(
                frame.f_code.co_qualname if hasattr(frame.f_code, "co_qualname") else frame.f_code.co_name
            )
            frame = frame.f_back
        first = next(i for i, name in enumerate(names) if name.endswith("step"))
        seen.append([name.rsplit(".", 1)[-1] for name in names[first:]])

    lab.inner.on_step = look
    lab.reset()
    lab.steps(steps)
    return seen[-2:]


def test_the_wrappers_are_stepped_over(library):
    """That there is something to observe at all; and the inner step's own caller is the same as in Python."""
    plain, native = Lab(None, as_made), Lab(library, as_made)
    expected, actual = callers(plain, 4), callers(native, 4)
    native.native.close()
    for ours, python in zip(actual, expected, strict=True):
        assert ours[:2] == python[:2] == ["step", "step"]
        assert ours.count("step") < python.count("step")


def test_profilers_see_every_call(library):
    """With sys.setprofile set, the wrappers' own steps are called."""
    counts = []
    for chosen in (None, library):
        lab = Lab(chosen, as_made)
        lab.reset()
        lab.steps(2)
        calls = []
        sys.setprofile(
            lambda frame, event, _, calls=calls: (
                calls.append(frame.f_code.co_filename) if event == "call" else None
            )
        )
        try:
            lab.step()
        finally:
            sys.setprofile(None)
        counts.append(sum(name.endswith(("wrappers/common.py", "gymnasium/core.py")) for name in calls))
        if lab.native:
            lab.native.close()
    assert counts[0] == counts[1] > 0
