"""What stands around an environment, through the C library: attributes, calls, the registry, messages, the check,
and the thin classes of gogym.native over wrappers, frames, snapshots and callbacks.
"""

import ctypes
import json
import logging
import subprocess
import sys
import textwrap
import threading
import warnings
from ctypes import byref, c_void_p
from pathlib import Path

import gogym_test_attributes
import gymnasium
import numpy as np
import pytest

from gogym import native, registry
from gogym.status import Status

ENVS = Path(gogym_test_attributes.__file__).parent
ID = "gogym_test_attributes:Attributes"


@pytest.fixture
def env(library):
    with native.Environment(ID, library=library) as made:
        made.reset(seed=1)
        yield made


def failure(call, *arguments):
    with pytest.raises(native.GymError) as caught:
        call(*arguments)
    return caught.value


def untouched(library, name, *arguments):
    """The status of a failing call whose last argument receives a value: nothing may have been written there."""
    out = c_void_p(0xDEAD)
    error = failure(library.call, name, *arguments, byref(out))
    assert out.value == 0xDEAD
    return error


# ------------------------------------------------------------------------------------------- attributes


def test_attributes_of_all_kinds(env):
    assert env.get_attr("number") == 7
    assert env.get_attr("unwrapped.nested.deeper.value") == 2
    assert env.get_attr("größe") == 1.25
    assert env.get_attr("big") == 2**70
    numbers = env.get_attr("numbers")
    assert numbers.dtype == np.float32
    np.testing.assert_array_equal(numbers, [1.5, 2.5, 3.5])
    assert env.get_attr("spec")["entry_point"] == ID
    assert env.get_attr("render_mode") is None
    for name, there in (
        ("number", True),
        ("nummer", False),
        ("broken", False),
        ("unwrapped.nested.value", True),
    ):
        assert env.has_attr(name) is there


def test_what_has_no_plain_form_is_named(env):
    other = env.get_attr("other")
    assert other["class"].class_name == "type"
    assert other["function"] == native.Other("builtin_function_or_method", "<built-in function len>")
    assert other["module"].class_name == "module"
    assert other["generator"].class_name == "generator"
    assert other["unprintable"].class_name == "gogym_test_attributes.Unprintable"
    assert "repr raised RuntimeError" in other["unprintable"].repr
    assert env.get_attr("unwrapped").class_name == "gogym_test_attributes.Attributes"
    assert env.get_attr("reset").class_name == "method"
    assert env.get_attr("np_random").class_name == "numpy.random._generator.Generator"


@pytest.mark.parametrize(
    ("name", "code", "cls", "words"),
    [
        ("nummer", Status.ATTRIBUTE, "AttributeError", "Did you mean 'number'"),
        ("unwrapped.nummer", Status.ATTRIBUTE, "AttributeError", "Did you mean 'number'"),
        ("", Status.ATTRIBUTE, "", "malformed: it is empty"),
        ("a b", Status.ATTRIBUTE, "", "'a b' is no name"),
        ("numbers[0]", Status.ATTRIBUTE, "", "'numbers[0]' is no name"),
        ("_private", Status.ATTRIBUTE, "", '{"gogym": {"private": true}}'),
        ("__class__", Status.ATTRIBUTE, "", "is private"),
        ("unwrapped.reset.__globals__", Status.ATTRIBUTE, "", "is private"),
        ("broken", Status.PYTHON, "AttributeError", "'NoneType' object has no attribute 'missing_of_none'"),
        ("angry", Status.PYTHON, "ZeroDivisionError", "angry"),
    ],
)
def test_attributes_that_cannot_be_had(library, env, name, code, cls, words):
    error = untouched(library, "gym_get_attr", env.handle, name.encode())
    assert (error.code, error.type) == (code, cls)
    assert words in error.message
    assert bool(error.traceback) == bool(cls)
    assert failure(env.call, name).code == code
    assert env.get_attr("number") == 7  # it is still of use


def test_names_that_are_no_text(library, env):
    assert (
        failure(library.call, "gym_has_attr", env.handle, b"\xff\xfe", byref(ctypes.c_int())).code
        == Status.ATTRIBUTE
    )
    assert untouched(library, "gym_get_attr", env.handle, b"numbers.\x80").code == Status.ATTRIBUTE
    for name in ("gym_get_attr", "gym_call"):
        more = (None,) if name == "gym_call" else ()
        assert untouched(library, name, env.handle, None, *more).code == Status.ARGUMENT
        assert untouched(library, name, native.Env(), b"number", *more).code == Status.HANDLE
    assert failure(library.call, "gym_get_attr", env.handle, b"number", None).code == Status.ARGUMENT
    assert failure(library.call, "gym_has_attr", env.handle, b"number", None).code == Status.ARGUMENT
    assert failure(library.call, "gym_set_attr", env.handle, b"number", None).code == Status.ARGUMENT
    assert failure(library.call, "gym_set_attr", env.handle, None, b"1").code == Status.ARGUMENT


def test_private_names_with_the_option(library):
    with native.Environment(ID, {"gogym": {"private": True}}, library) as env:
        assert env.get_attr("_private") == "secret"
        env.set_attr("unwrapped._private", '"known"')
        assert env.get_attr("_private") == "known"
        assert env.get_attr("unwrapped.__class__.__name__") == "Attributes"
        with env.wrap({"name": "ClipReward", "min_reward": 0, "max_reward": 1}) as wrapped:
            assert wrapped.get_attr("_private") == "known"


def test_attributes_are_set(env):
    env.set_attr("number", "8")
    env.set_attr("unwrapped.numbers", "[1, 2, 3]")
    env.set_attr("unwrapped.nested.value", '{"__tuple__": [1, "x", null]}')
    assert env.get_attr("number") == 8
    assert env.get_attr("numbers").dtype == np.float32
    assert env.get_attr("unwrapped.nested.value") == (1, "x", None)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("number", "", Status.JSON),
        ("number", "[1", Status.JSON),
        ("number", "NaN", Status.JSON),
        ("number", "[" * 70 + "]" * 70, Status.JSON),
        ("number", '{"__ndarray__": [1.5], "dtype": "int8"}', Status.JSON),
        ("_private", "1", Status.ATTRIBUTE),
        ("unwrapped.nestd.value", "1", Status.ATTRIBUTE),
        ("unwrapped.doubled", "1", Status.PYTHON),
    ],
)
def test_what_is_not_set(env, name, value, code):
    assert failure(env.set_attr, name, value).code == code
    assert env.get_attr("number") == 7


def test_json_that_is_no_text(library, env):
    assert failure(library.call, "gym_set_attr", env.handle, b"number", b'"\xff"').code == Status.JSON
    assert untouched(library, "gym_call", env.handle, b"everything", b'["\xff"]').code == Status.JSON


# ------------------------------------------------------------------------------------------- calls


def test_calls(library, env):
    assert env.call("everything") == {"positional": (), "keywords": {}}
    found = env.call("unwrapped.everything", '{"*": [1, [2]], "name": {"__float__": "inf"}}')
    assert found == {"positional": (1, [2]), "keywords": {"name": float("inf")}}
    np.testing.assert_array_equal(env.call("huge", "[1000000]"), np.arange(1e6))
    assert env.call("the_spec") == env.get_attr("unwrapped.spec")
    library.call("gym_call", env.handle, b"everything", b"[1]", None)  # the result is not wanted


@pytest.mark.parametrize(
    ("name", "arguments", "code", "words"),
    [
        ("number", None, Status.ATTRIBUTE, "'number' is 7 (int), which cannot be called"),
        ("nothing_such", "[]", Status.ATTRIBUTE, "has no attribute 'nothing_such'"),
        ("everything", "", Status.JSON, "not JSON"),
        ("everything", "3", Status.JSON, "array of positional arguments"),
        ("everything", '{"*": 3}', Status.JSON, "must be an array"),
        ("everything", '[{"__callback__": "nobody"}]', Status.CALLBACK, "nobody"),
        ("huge", "[]", Status.PYTHON, "missing 1 required positional argument"),
        ("huge", '{"number": 1}', Status.PYTHON, "unexpected keyword argument 'number'"),
        ("huge", "[1000000000000000]", Status.MEMORY, "Unable to allocate"),
        ("fail", None, Status.PYTHON, "lost"),
        ("exit", None, Status.SYSTEM_EXIT, "3"),
        ("recurse", None, Status.RECURSION, "recursion"),
    ],
)
def test_calls_that_fail(library, env, name, arguments, code, words):
    content = None if arguments is None else arguments.encode()
    error = untouched(library, "gym_call", env.handle, name.encode(), content)
    assert error.code == code
    assert words in error.message
    assert env.get_attr("number") == 7


def test_results_that_hold_themselves(env):
    found = env.call("endless")
    for _ in range(10):
        assert isinstance(found, list)
        found = found[0]


def test_mujocos_state_is_set_by_its_method(library):
    with native.Environment("InvertedPendulum-v5", library=library) as env:
        env.reset(seed=1)
        state = [[0.25, -0.5], [1.0, 2.0]]
        arguments = [{"__ndarray__": values, "dtype": "float64"} for values in state]
        assert env.call("unwrapped.set_state", json.dumps(arguments)) is None
        np.testing.assert_array_equal(env.get_attr("unwrapped.data.qpos"), state[0])
        env.set_attr("unwrapped.data.qvel", "[3, 4]")
        np.testing.assert_array_equal(env.get_attr("data.qvel"), [3, 4])
        reference = gymnasium.make("InvertedPendulum-v5")
        reference.reset(seed=1)
        reference.unwrapped.set_state(np.array(state[0]), np.array([3.0, 4.0]))
        np.testing.assert_array_equal(env.step([0.5])[0], reference.step(np.array([0.5], np.float32))[0])


# ------------------------------------------------------------------------------------------- the registry


@pytest.fixture
def _registered_before():
    before = dict(gymnasium.registry)
    yield
    gymnasium.registry.clear()
    gymnasium.registry.update(before)


def test_lists_and_specs(library):
    assert native.list_envs(library=library) == sorted(gymnasium.registry)
    assert native.list_envs("CARTPOLE-V", library) == registry.list_envs("cartpole-v")
    assert native.list_envs("nothing like it", library) == []
    for env_id in ("CartPole-v1", "Ant", "FrozenLake-v1", "phys2d/CartPole-v0"):
        assert native.spec(env_id, library) == registry.spec(env_id)
    assert untouched(library, "gym_list_envs", b"\xff").code == Status.ARGUMENT
    assert untouched(library, "gym_spec", None).code == Status.ARGUMENT


@pytest.mark.parametrize(
    ("env_id", "code", "words"),
    [
        ("CartPoel-v1", Status.NAME_NOT_FOUND, "Did you mean: `CartPole`?"),
        ("CartPole-v9", Status.VERSION_NOT_FOUND, "`v1`"),
        ("toy/Thing-v0", Status.NAMESPACE_NOT_FOUND, "Namespace toy not found"),
        ("no such id", Status.GYMNASIUM, "Malformed"),
        ("gogym_test_no_such_module:Name-v0", Status.IMPORT, "No module named"),
    ],
)
def test_unknown_ids(library, env_id, code, words):
    error = untouched(library, "gym_spec", env_id.encode())
    assert error.code == code
    assert words in error.message
    assert error.traceback


@pytest.mark.usefixtures("_registered_before")
def test_kwargs_without_a_plain_form_do_not_fail_a_spec(library):
    kwargs = {
        "low": np.float32(-1.5),
        "dtype": np.float64,
        "function": lambda: 1,
        "array": np.arange(3, dtype=np.int8),
    }
    gymnasium.register("gogym_test/Odd-v1", entry_point=gogym_test_attributes.Attributes, kwargs=kwargs)
    found = native.spec("gogym_test/Odd-v1", library)
    assert found["entry_point"] == ID
    assert found["kwargs"]["low"] == -1.5
    assert found["kwargs"]["dtype"] == native.Other("type", "<class 'numpy.float64'>")
    assert found["kwargs"]["function"].class_name == "function"
    assert found["kwargs"]["array"].dtype == np.int8


@pytest.mark.usefixtures("_registered_before")
def test_registration(library):
    native.register_env("gogym_test/Here-v0", {"entry_point": ID, "max_episode_steps": 2}, library)
    with native.Environment("gogym_test/Here-v0", library=library) as env:
        env.reset(seed=1)
        assert [env.step([0])[3] for _ in range(2)] == [False, True]
    taken = failure(native.register_env, "gogym_test/Here-v0", {"entry_point": ID}, library)
    assert (taken.code, taken.type) == (Status.REGISTRATION, "gymnasium.error.RegistrationError")
    assert "for example gogym_test/Here-v1" in taken.message
    for env_id, options, code in (
        ("bad id!", {"entry_point": ID}, Status.REGISTRATION),
        ("gogym_test/Bad-v0", {}, Status.REGISTRATION),
        ("gogym_test/Bad-v0", {"entry_point": "gogym_test_attributes:Attribute"}, Status.REGISTRATION),
        ("gogym_test/Bad-v0", {"entry_point": 1}, Status.JSON),
        ("gogym_test/Bad-v0", "[", Status.JSON),
    ):
        assert failure(native.register_env, env_id, options, library).code == code
    assert failure(library.call, "gym_register_env", b"gogym_test/Bad-v0", None).code == Status.ARGUMENT


def test_imports(library, tmp_path):
    (tmp_path / "imported.py").write_text("import sys\nsys.gogym_test_imported = __file__\n")
    native.import_module(str(tmp_path / "imported.py"), library)
    assert sys.gogym_test_imported == str(tmp_path / "imported.py")
    (tmp_path / "raising.py").write_text("1 / 0\n")
    assert failure(native.import_module, str(tmp_path / "raising.py"), library).type == "ZeroDivisionError"
    for name in ("gogym_test_no_such_module", "", "no/such.py"):
        assert failure(native.import_module, name, library).code == Status.IMPORT
    assert failure(library.call, "gym_import", None).code == Status.ARGUMENT


def test_versions(library):
    assert native.versions(library) == registry.versions()


# ------------------------------------------------------------------------------------------- check_env


def test_findings(library):
    options = {"skip_render_check": True}
    with native.Environment("CartPole-v1", library=library) as env:
        found = env.check(options)
        assert [(finding["level"], finding["type"]) for finding in found] == [("warning", "UserWarning")] * 2
        assert "minimum value is -infinity" in found[0]["message"]
        env.reset(seed=1)
        assert env.step([1])[1] == 1.0
    with native.Environment("FrozenLake-v1", library=library) as env:
        assert env.check(options) == []
        assert failure(env.check, {"warn": True}).code == Status.JSON
        assert failure(env.check, "[").code == Status.JSON
    assert untouched(library, "gym_check_env", env.handle, None).code == Status.HANDLE


def test_an_error_is_a_finding(env):
    assert env.check({"skip_render_check": True}) == []
    env.set_attr("unwrapped.observation_space", "null")
    *_, last = env.check({"skip_render_check": True})
    assert (last["level"], last["type"]) == ("error", "TypeError")
    assert "observation space" in last["message"]


# ------------------------------------------------------------------------------------------- messages


def test_messages_reach_the_host(library):
    got = []
    native.set_message_callback(lambda level, text: got.append((level, text)), library)
    try:
        print("\x1b[32mgreen\x1b[0m ☃ \0 \udcff")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            gymnasium.logger.warn("warned")
        logging.getLogger("gogym_test").error("logged")
        print("unfinished", end="")
        native.flush(library)
    finally:
        native.set_message_callback(None, library)
    assert got == [
        (0, "green ☃ \\0 \\udcff"),
        (30, "UserWarning: WARN: warned"),
        (40, "gogym_test: logged"),
        (0, "unfinished"),
    ]


def test_nothing_is_delivered_once_it_has_ended(library):
    got = []
    native.set_message_callback(lambda *message: got.append(message), library)
    stream = sys.stdout
    native.set_message_callback(None, library)
    native.set_message_callback(None, library)
    print("late", file=stream)
    logging.getLogger("gogym_test").error("late")
    native.flush(library)
    assert got == []


def test_a_callback_may_call_gogym(library, env):
    got = []

    def deliver(level, text):  # noqa: ARG001
        got.append((text, env.get_attr("number")))

    native.set_message_callback(deliver, library)
    try:
        print("one")
    finally:
        native.set_message_callback(None, library)
    assert got == [("one", 7)]


def test_a_callback_may_end_itself(library):
    got = []

    def deliver(level, text):  # noqa: ARG001
        got.append(text)
        native.set_message_callback(None, library)

    native.set_message_callback(deliver, library)
    print("one\ntwo")
    assert got == ["one"]


def test_it_has_ended_when_the_call_returns(library):
    """The old callback is waited for, and what it was given last is complete."""
    running, may_end, ended = threading.Event(), threading.Event(), []

    def deliver(level, text):  # noqa: ARG001
        running.set()
        may_end.wait(timeout=30)
        ended.append(text)

    native.set_message_callback(deliver, library)
    stream = sys.stdout
    printer = threading.Thread(target=lambda: print("slow", file=stream))
    printer.start()
    assert running.wait(timeout=30)
    threading.Timer(0.05, may_end.set).start()
    native.set_message_callback(None, library)
    assert ended == ["slow"]
    printer.join()


def test_messages_of_a_step_by_a_program():
    """In a process of its own, where nothing of pytest is in between."""
    program = textwrap.dedent("""
        import sys, warnings
        import gymnasium, numpy as np
        from gymnasium import spaces
        from gogym import native

        class Chatty(gymnasium.Env):
            observation_space = spaces.Box(-1, 1, (1,), np.float32)
            action_space = spaces.Discrete(2)

            def reset(self, *, seed=None, options=None):
                print("reset", end="", flush=True)
                return np.zeros(1, np.float32), {}

            def step(self, action):
                print(" and step")
                warnings.warn("stepped")
                return np.zeros(1, np.float32), 0.0, False, False, {}

        native.load().init()
        got = []
        native.set_message_callback(lambda *message: got.append(message))
        env = native.Environment("__main__:Chatty", {"disable_env_checker": True})
        env.reset()
        env.step([0])
        env.close()
        print("half", end="")
        native.load().shutdown()
        assert got == [(0, "reset and step"), (30, "UserWarning: stepped"), (0, "half")], got
        print("after")
        """)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "after\n", "")


# ------------------------------------------------------------------------------------------- the classes themselves


def test_wrapping_gives_the_old_handle_up(library):
    with native.Environment("CartPole-v1", library=library) as env:
        handle = native.Env(env.handle.id)
        wrapped = env.wrap(
            [{"name": "FrameStackObservation", "stack_size": 3}, {"name": "FlattenObservation"}]
        )
        with wrapped:
            assert wrapped.observation_size == 12
            assert wrapped.reset(seed=1).shape == (12,)
            assert failure(env.reset).code == Status.HANDLE
            assert untouched(library, "gym_info", handle).code == Status.HANDLE


def test_a_wrapper_that_does_not_fit_changes_nothing(library):
    with native.Environment("CartPole-v1", library=library) as env:
        env.reset(seed=1)
        assert failure(env.wrap, {"name": "NoSuchWrapper"}).code == Status.WRAPPER
        assert env.step([1])[1] == 1.0


@pytest.mark.parametrize("env_id", ["CartPole-v1", "FrozenLake-v1"])
def test_frames(library, env_id):
    pytest.importorskip("pygame")
    reference = gymnasium.make(env_id, render_mode="rgb_array")
    reference.reset(seed=3)
    expected = reference.render()
    with native.Environment(env_id, {"render_mode": "rgb_array"}, library) as env:
        env.reset(seed=3)
        layout = env.frame_layout()
        assert (layout.count, layout.nbytes) == (1, expected.nbytes)
        np.testing.assert_array_equal(env.render(), expected)
        np.testing.assert_array_equal(env.render_value(), expected)
        assert env.render().dtype == expected.dtype


def test_text_frames(library):
    with native.Environment("FrozenLake-v1", {"render_mode": "ansi"}, library) as env:
        env.reset(seed=3)
        assert env.render_value().count("\n") > 3
        assert failure(env.render).code == Status.RENDER


def test_callbacks(library):
    native.add_reward_callback("gogym_test_double", lambda reward: 2 * reward, library)
    native.add_array_callback("gogym_test_negate", lambda array: -array, library)
    try:
        wrappers = [
            {"name": "TransformReward", "func": {"__callback__": "gogym_test_double"}},
            {
                "name": "TransformObservation",
                "func": {"__callback__": "gogym_test_negate"},
                "observation_space": None,
            },
        ]
        with (
            native.Environment("CartPole-v1", {"gogym": {"wrappers": wrappers}}, library) as env,
            native.Environment("CartPole-v1", library=library) as plain,
        ):
            np.testing.assert_array_equal(env.reset(seed=1), -plain.reset(seed=1))
            assert env.step([1])[1] == 2.0
    finally:
        native.remove_callback("gogym_test_double", library)
        native.remove_callback("gogym_test_negate", library)
    assert failure(native.remove_callback, "gogym_test_double", library).code == Status.CALLBACK


def test_an_error_of_a_callback_is_the_calls(library):
    def refuse(reward):
        raise LookupError(f"no reward of {reward}")

    native.add_reward_callback("gogym_test_refuse", refuse, library)
    try:
        wrapper = {"name": "TransformReward", "func": {"__callback__": "gogym_test_refuse"}}
        with native.Environment("CartPole-v1", {"gogym": {"wrappers": [wrapper]}}, library) as env:
            env.reset(seed=1)
            error = failure(env.step, [1])
            assert (error.code, error.type, error.message) == (
                Status.CALLBACK,
                "LookupError",
                "no reward of 1.0",
            )
    finally:
        native.remove_callback("gogym_test_refuse", library)


def test_triggers(library, tmp_path):
    pytest.importorskip("moviepy")
    asked = []

    def trigger(count):
        asked.append(count)
        return False

    native.add_trigger_callback("gogym_test_trigger", trigger, library)
    try:
        wrapper = {
            "name": "RecordVideo",
            "video_folder": str(tmp_path / "videos"),
            "episode_trigger": {"__callback__": "gogym_test_trigger"},
        }
        options = {"render_mode": "rgb_array", "gogym": {"wrappers": [wrapper]}}
        with native.Environment("CartPole-v1", options, library) as env:
            for _ in range(3):
                env.reset(seed=1)
    finally:
        native.remove_callback("gogym_test_trigger", library)
    assert asked == [0, 1, 2]


def test_snapshots_and_clones(library):
    with native.Environment("CartPole-v1", library=library) as env:
        env.reset(seed=1)
        state = env.save_state()
        assert isinstance(state, bytes)
        with env.clone() as other:
            first = [env.step([i % 2])[0].tolist() for i in range(5)]
            env.load_state(state)
            assert [env.step([i % 2])[0].tolist() for i in range(5)] == first
            assert [other.step([i % 2])[0].tolist() for i in range(5)] == first
        assert failure(env.load_state, b"nonsense").code == Status.STATE
