"""Gymnasium's check_env, with its findings as values."""

import json
import os
import subprocess
import sys
import threading
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env

import support_display
from gogym.check import check
from gogym.options import OptionsError


class Good(gymnasium.Env):
    metadata = {"render_modes": []}
    observation_space = spaces.Box(0, 1, (1,), np.float32)
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        super().reset(seed=seed)
        return np.zeros(1, np.float32), {}

    def step(self, action):  # noqa: ARG002
        return np.zeros(1, np.float32), 0.0, False, False, {}


class Unbounded(Good):
    observation_space = spaces.Box(-np.inf, np.inf, (1,), np.float32)


class Outside(Good):
    def step(self, action):  # noqa: ARG002
        return np.full(1, 2, np.float32), 0.0, False, False, {}


class Raising(Unbounded):
    error = ZeroDivisionError("inside")

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        raise self.error


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def expected(env):
    """What Gymnasium says, each warning once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            check_env(env)
            error = None
        except Exception as raised:  # noqa: BLE001
            error = raised
    texts = [str(warning.message).replace("\x1b[33m", "").replace("\x1b[0m", "") for warning in caught]
    found = [{"level": "warning", "type": "UserWarning", "message": text} for text in dict.fromkeys(texts)]
    if error is not None:
        found.append({"level": "error", "type": type(error).__name__, "message": str(error)})
    return found


@pytest.mark.parametrize(("env", "count"), [(Good, 1), (Unbounded, 3), (Outside, 2), (Raising, 3)])
def test_the_findings_are_gymnasiums(env, count):
    found = check(env(), None)
    assert found == expected(env())
    assert len(found) == count
    assert not any("\x1b" in finding["message"] for finding in found)


def test_an_error_is_the_last_finding():
    *others, last = check(Raising(), None)
    assert last == {"level": "error", "type": "ZeroDivisionError", "message": "inside"}
    assert [finding["level"] for finding in others] == ["warning"] * 2


def test_a_stock_environment_is_checked_without_its_wrappers():
    env = gymnasium.make("FrozenLake-v1")
    assert check(env, '{"skip_render_check": true}') == []
    assert check(env.unwrapped, '{"skip_render_check": true}') == []


@pytest.mark.parametrize(
    ("error", "cls", "message"),
    [
        (AssertionError(), "AssertionError", "AssertionError"),
        (Unprintable(), f"{__name__}.Unprintable", "(its text could not be had: RuntimeError)"),
        (gymnasium.error.ResetNeeded("reset"), "gymnasium.error.ResetNeeded", "reset"),
        (ValueError("\x1b[31mred\x1b[0m"), "ValueError", "red"),
        (SystemExit(2), "SystemExit", "2"),
    ],
)
def test_every_error_has_words(error, cls, message):
    env = Raising()
    env.error = error
    assert check(env, None)[-1] == {"level": "error", "type": cls, "message": message}


def test_an_interrupt_is_no_finding():
    env = Raising()
    env.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        check(env, None)


def test_options_reach_the_check():
    class Counting(Good):
        metadata = {"render_modes": ["rgb_array"], "render_fps": 5}
        rendered = closed = 0

        def __init__(self, render_mode=None):
            self.render_mode = render_mode

        def render(self):
            type(self).rendered += 1
            return np.zeros((2, 2, 3), np.uint8)

        def close(self):
            type(self).closed += 1

    spec = gymnasium.envs.registration.EnvSpec("gogym_test/Counting-v0", entry_point=Counting)
    env = gymnasium.make(spec)
    counts = {}
    for options in ({}, {"skip_render_check": True}, {"skip_render_check": True, "skip_close_check": True}):
        Counting.rendered = Counting.closed = 0
        assert check(env, json.dumps(options)) == []
        counts[len(options)] = (Counting.rendered, Counting.closed)
    assert counts == {0: (1, 3), 1: (0, 2), 2: (0, 0)}
    assert check(env, '{"skip_close_check": false}') == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("[]", "must be a JSON object"),
        ("{", "not JSON"),
        ('{"warn": true}', r'unknown option "warn" \(known: skip_close_check, skip_render_check\)'),
        ('{"skip_render_check": 1}', '"skip_render_check" is true or false, not 1'),
        ('{"skip_close_check": null}', '"skip_close_check" is true or false, not None'),
    ],
)
def test_options_that_are_refused(options, words):
    with pytest.raises(OptionsError, match=words) as caught:
        check(Good(), options)
    assert "options of gym_check_env" in str(caught.value)


def test_it_prints_nothing(capfd):
    assert len(check(Raising(), None)) == 3
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("action", ["error", "ignore", "once"])
def test_all_is_found_whatever_the_filters_are(action):
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        before = (list(warnings.filters), warnings.showwarning)
        assert check(Unbounded(), None) == check(Unbounded(), None)
        assert len(check(Unbounded(), None)) == 3
        assert (list(warnings.filters), warnings.showwarning) == before


def test_warnings_of_other_threads_are_no_findings():
    class Waiting(Good):
        def reset(self, *, seed=None, options=None):
            thread = threading.Thread(target=lambda: warnings.warn("of another thread", stacklevel=1))
            thread.start()
            thread.join()
            return super().reset(seed=seed, options=options)

    shown = []
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: shown.append(str(message))
        assert check(Waiting(), None) == check(Good(), None)
    assert set(shown) == {"of another thread"}


def test_what_is_found_several_times_is_told_once():
    class Repeating(Good):
        resets = 0

        def reset(self, *, seed=None, options=None):
            type(self).resets += 1
            warnings.warn("again", stacklevel=1)
            return super().reset(seed=seed, options=options)

    found = check(Repeating(), None)
    assert Repeating.resets > 1
    assert [finding["message"] for finding in found].count("again") == 1


def test_several_checks_at_a_time_leave_everything_as_it_was():
    """The second begins while the first is under way, and would end after it."""
    before = (list(warnings.filters), warnings.showwarning)
    begun, first_has_ended, found = threading.Event(), threading.Event(), []

    class Second(Unbounded):
        def reset(self, *, seed=None, options=None):
            begun.set()
            first_has_ended.wait(timeout=30)
            return super().reset(seed=seed, options=options)

    second = threading.Thread(target=lambda: found.append(check(Second(), None)))

    class First(Good):
        def reset(self, *, seed=None, options=None):
            if second.ident is None:
                second.start()
                begun.wait(timeout=0.2)  # in vain: it has to wait
            return super().reset(seed=seed, options=options)

    assert check(First(), None) == check(Good(), None)
    first_has_ended.set()
    second.join()
    assert found == [check(Unbounded(), None)]
    assert (list(warnings.filters), warnings.showwarning) == before


def test_a_hook_that_is_set_meanwhile_stays():
    """As gym_set_message_callback does on another thread."""
    before = warnings.showwarning

    def other(*_arguments):
        """Shows nothing."""

    class Setting(Good):
        def reset(self, *, seed=None, options=None):
            warnings.showwarning = other
            return super().reset(seed=seed, options=options)

    try:
        check(Setting(), None)
        assert warnings.showwarning is other
    finally:
        warnings.showwarning = before


def test_a_check_inside_a_check():
    class Nested(Good):
        found = None

        def reset(self, *, seed=None, options=None):
            if self.found is None:
                self.found = check(Unbounded(), None)
            return super().reset(seed=seed, options=options)

    env = Nested()
    assert check(env, None) == check(Good(), None)
    assert env.found == check(Unbounded(), None)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_a_window_that_cannot_be_opened_does_not_end_the_process():
    """As GLFW, which MuJoCo's windows are made with, would do."""
    script = (
        "import gymnasium, json; from gogym.check import check; env = gymnasium.make('InvertedPendulum-v5');"
        "print(json.dumps(check(env, None))); assert 'human' in env.metadata['render_modes']"
    )
    hidden = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run(
        [sys.executable, "-c", script], env=hidden, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    found = [finding for finding in json.loads(done.stdout) if "human" in finding["message"]]
    assert [(finding["level"], finding["type"]) for finding in found] == [
        ("warning", "gogym.errors.RenderError")
    ]
    assert "DISPLAY" in found[0]["message"]
    levels = [finding["level"] for finding in json.loads(done.stdout)]
    assert "error" not in levels or not support_display.backend("egl")
