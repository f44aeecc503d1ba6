"""Arguments of wrappers: from JSON to what a signature asks for, and callbacks of the host."""

from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from gogym.callback import Callback
from gogym.errors import CallbackError, WrapperError
from gogym.wrappers import apply
from support_wrap import USER, failure, wrapped


@pytest.fixture
def cart_pole():
    env = gymnasium.make("CartPole-v1")
    yield env
    env.close()


def kept(env, name="Typed", **arguments):
    """What a wrapper of the tests' own is given."""
    return wrapped(env, {"name": f"{USER}:{name}", **arguments}).kept


class Function:
    """A host's function as the bridge would have it."""

    def __init__(self, function):
        self.function = function
        self.spaces = None

    def __call__(self, value):
        return self.function(value)

    def bound(self, input_space, output_space):
        self.spaces = (input_space, output_space)
        return self.function

    def remove(self):
        pass


def callback(kind, function=lambda value: value):
    return Callback(f"of_{kind}", kind, Function(function))


ARGUMENTS = [
    ("whole", 3, 3),
    ("whole", 3.0, 3),
    ("real", 3, 3),
    ("real", 0.5, 0.5),
    ("real", {"__float__": "inf"}, np.inf),
    ("flag", True, True),
    ("text", "a", "a"),
    ("pair", [1, 2], (1, 2)),
    ("pair", {"__tuple__": [1, 2.5]}, (1, 2.5)),
    ("many", [1, 2.0, 3], (1, 2, 3)),
    ("many", [], ()),
    ("either", 3, 3),
    ("either", [3, 4], (3, 4)),
    ("maybe", None, None),
    ("maybe", 2, 2),
    ("names", ["a", "b"], ["a", "b"]),
    ("unique", [3, 3, 4], frozenset({3, 4})),
    ("nested", [["a", 1], ["b", 2]], [("a", 1), ("b", 2)]),
    ("table", {"a": [1, 2]}, {"a": (1, 2)}),
    ("array", [[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
    ("array", [1, 2.5], np.array([1, 2.5])),
    ("array", {"__ndarray__": [1], "dtype": "int8"}, np.array([1], np.int8)),
    ("floats", [1, 2], np.array([1, 2], np.float32)),
    ("number", 1, 1),
    ("number", 1.5, 1.5),
    ("number", [1, 2], np.array([1, 2])),
    ("dtype", "float32", np.dtype(np.float32)),
    ("scalar_type", "uint8", np.uint8),
    ("space", {"type": "Discrete", "n": 3}, spaces.Discrete(3)),
    ("space", {"type": "Tuple", "spaces": [{"type": "Discrete", "n": 3}]}, spaces.Tuple([spaces.Discrete(3)])),
    ("box", {"type": "Box", "low": 0, "high": [1, 2], "dtype": "float64"}, spaces.Box(0, np.array([1.0, 2]), dtype=np.float64)),
    ("module", "numpy.linalg", np.linalg),
    ("folder", "a/b", Path("a/b")),
    ("choice", "b", "b"),
    ("choice", 3, 3),
    ("observation", [1, 2, 3, 4], np.array([1, 2, 3, 4], np.float32)),
    ("action", 1, np.int64(1)),
    ("anything", {"a": [1]}, {"a": [1]}),
    ("anything", [1, 2], [1, 2]),
    ("unknown", "whatever", "whatever"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "given", "expected"), ARGUMENTS, ids=[f"{name}-{given}" for name, given, _ in ARGUMENTS]
)
def test_arguments(cart_pole, name, given, expected):
    value = kept(cart_pole, **{name: given})[name]
    assert type(value) is type(expected)
    if isinstance(expected, np.ndarray):
        assert (value.dtype, value.tolist()) == (expected.dtype, expected.tolist())
    else:
        assert value == expected


MISFITS = [
    ("whole", 2.5, "2.5"), ("whole", "2", 'is "2"'), ("whole", True, "true"), ("whole", None, "null"),
    ("whole", [1], "[1]"), ("real", "1", 'is "1"'), ("real", False, "false"), ("flag", 1, "1"), ("text", 1, "1"),
    ("pair", [1], "1 items in place of 2"), ("pair", [1, "b"], 'is [1, "b"]'), ("pair", "ab", 'is "ab"'),
    ("many", [1, None], "is [1, null]"), ("many", 1, "1"), ("many", [1, 2.5], "2.5"), ("names", "ab", 'is "ab"'), ("names", [1], "[1]"),
    ("table", [1], "[1]"), ("table", {"a": [1]}, "1 items"), ("array", 3, "3"), ("array", [[1], [2, 3]], "nested lists"),
    ("array", ["a"], "numbers"), ("dtype", "flot", "flot"), ("dtype", 3, "3"), ("scalar_type", "flot", "flot"),
    ("space", {"type": "Bx"}, "'Bx'"), ("space", 3, "3"), ("box", {"type": "Discrete", "n": 3}, "Discrete"),
    ("module", 3, "3"), ("choice", "c", 'is "c"'), ("choice", 3.0, "3.0"), ("observation", [1], "(4,)"),
    ("action", "a", "'a'"), ("reward_function", "f", "__callback__"), ("trigger", 3, "gym_add_trigger_callback"),
    ("on_action", [], "gym_add_array_callback"), ("some_function", "f", "gym_add_reward_callback"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "given", "words"), MISFITS, ids=[f"{name}-{given}" for name, given, _ in MISFITS]
)
def test_arguments_of_a_wrong_type(cart_pole, name, given, words):
    message = failure(cart_pole, {"name": f"{USER}:Typed", name: given})
    assert message.startswith(f'wrapper {USER}:Typed: the argument "{name}" is ')
    assert words in message
    assert 'Its arguments: "whole": int = 0, "real": float = 0.0, ' in message


def test_a_module_that_is_missing(cart_pole):
    message = failure(
        cart_pole, {"name": f"{USER}:Typed", "module": "nowhere.at_all"}, error=ModuleNotFoundError
    )
    assert "nowhere" in message


def test_without_annotations_the_defaults_tell(cart_pole):
    found = kept(cart_pole, "Bare", size=[1, 2], low=[3, 4], other=[5])
    assert found["size"] == (1, 2)
    assert found["other"] == [5]
    assert (found["low"].dtype, found["low"].tolist()) == (np.float32, [3, 4])


def test_positional_arguments(cart_pole):
    assert kept(cart_pole, "Positional", first=[1, 2], second=3) == {"first": (1, 2), "second": 3}
    assert kept(cart_pole, "Positional", first=[1, 2]) == {"first": (1, 2), "second": 2}
    assert 'needs the argument "first"' in failure(cart_pole, {"name": f"{USER}:Positional"})
    message = failure(cart_pole, {"name": f"{USER}:Positional", "inner": 1, "first": [1, 2]})
    assert '"inner" is the environment' in message


def test_arguments_of_any_name(cart_pole):
    assert kept(cart_pole, "Keeps", what=[1], ever={"a": 2}) == {"what": [1], "ever": {"a": 2}}


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        ({"name": "FrameStackObservation"}, ['needs the argument "stack_size"', "padding_type\": str | ObsType = 'reset'"]),
        ({"name": "FrameStackObservation", "stack": 4}, ['has no argument "stack"', '"stack_size": int']),
        ({"name": "FlattenObservation", "to": 1}, ['has no argument "to"', "takes no arguments"]),
        ({"name": "TimeLimit", "max_episode_steps": 5, "env": {}}, ['"env" is the environment']),
        ({"name": "RecordVideo"}, ['needs the argument "video_folder"', "gc_trigger", "a function of its own"]),
        ({"name": "StickyAction", "repeat_action_probability": 0.1, "repeat_action_duration": [1, 2, 3]}, ["3 items in place of 2"]),
        ({"name": "FilterObservation", "filter_keys": "obs"}, ['"filter_keys" is "obs"', "Sequence[str | int]"]),
    ],
)  # fmt: skip
def test_unknown_and_missing_arguments(cart_pole, wrapper, words):
    message = failure(cart_pole, wrapper)
    assert f"wrapper {wrapper['name']}" in message
    for word in words:
        assert word in message


def test_arguments_are_checked_before_anything_is_made(cart_pole):
    """Also those of wrappers that come later."""
    message = failure(cart_pole, {"name": f"{USER}:Fails", "played": True}, {"name": "FrameStackObservation"})
    assert "stack_size" in message
    assert not cart_pole.get_wrapper_attr("has_reset")


def test_devices():
    jax = pytest.importorskip("jax")
    pytest.importorskip("array_api_compat")
    conversion = {"name": "ArrayConversion", "env_xp": "numpy", "target_xp": "jax.numpy"}
    env = wrapped(gymnasium.make("CartPole-v1"), {**conversion, "target_device": "cpu:0"})
    assert env._target_device == jax.devices("cpu")[0]
    assert "no_such" in failure(gymnasium.make("CartPole-v1"), {**conversion, "target_device": "no_such"})
    numpy = wrapped(
        gymnasium.make("CartPole-v1"), {**conversion, "target_xp": "numpy", "target_device": "cpu"}
    )
    assert numpy._target_device == "cpu"


# ------------------------------------------------------------------------------------------- callbacks


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("reward_function", "reward"),
        ("reward_like", "reward"),
        ("trigger", "trigger"),
        ("some_function", "reward"),
        ("some_function", "array"),
        ("some_function", "trigger"),
    ],
)
def test_callbacks_are_used_as_they_are(cart_pole, name, kind):
    function = callback(kind)
    assert apply(cart_pole, [{"name": f"{USER}:Typed", name: function}]).kept[name] is function


@pytest.mark.parametrize(
    ("name", "wanted", "given"),
    [
        ("reward_function", "reward", "array"),
        ("reward_like", "reward", "trigger"),
        ("trigger", "trigger", "reward"),
        ("on_observation", "array", "reward"),
        ("on_action", "array", "trigger"),
    ],
)
def test_callbacks_of_another_kind(cart_pole, name, wanted, given):
    with pytest.raises(CallbackError) as caught:
        apply(cart_pole, [{"name": f"{USER}:Typed", name: callback(given)}])
    message = str(caught.value)
    assert f'wrapper {USER}:Typed: the argument "{name}"' in message
    assert f"(gym_add_{wanted}_callback)" in message
    assert f"(gym_add_{given}_callback)" in message


@pytest.mark.parametrize(
    ("wrapper", "kind", "wanted"),
    [
        ("TransformReward", "array", "reward"),
        ("TransformObservation", "reward", "array"),
        ("TransformAction", "trigger", "array"),
        (f"{USER}:Halved", "array", "reward"),
    ],
)
def test_each_wrapper_wants_its_kind(cart_pole, wrapper, kind, wanted):
    with pytest.raises(CallbackError, match=f"gym_add_{wanted}_callback"):
        apply(cart_pole, [{"name": wrapper, "func": callback(kind)}])


def test_a_callback_where_none_is_wanted(cart_pole):
    with pytest.raises(WrapperError, match=r'"max_episode_steps" is \{"__callback__": "'):
        apply(cart_pole, [{"name": "TimeLimit", "max_episode_steps": callback("reward")}])


def test_an_observation_callback_is_told_its_spaces(cart_pole):
    function = callback("array", lambda x: x * 2)
    env = apply(cart_pole, [{"name": "TransformObservation", "func": function, "observation_space": None}])
    assert function.function.spaces == (cart_pole.observation_space, cart_pole.observation_space)
    assert env.reset(seed=1)[0].tolist() == (cart_pole.reset(seed=1)[0] * 2).tolist()

    space = {"type": "Box", "low": 0, "high": 1, "shape": [2]}
    env = apply(cart_pole, [{"name": "TransformObservation", "observation_space": space, "func": function}])
    assert function.function.spaces == (cart_pole.observation_space, spaces.Box(0, 1, (2,)))
    # Before the space is known, or after: the order in the JSON does not matter.
    apply(cart_pole, [{"name": "TransformObservation", "func": function, "observation_space": space}])
    assert function.function.spaces == (cart_pole.observation_space, spaces.Box(0, 1, (2,)))


def test_an_action_callback_is_told_its_spaces():
    env = gymnasium.make("Pendulum-v1")
    function = callback("array")
    apply(env, [{"name": "TransformAction", "func": function}])
    assert function.function.spaces == (env.action_space, env.action_space)
    space = {"type": "Discrete", "n": 3}
    made = apply(env, [{"name": "TransformAction", "func": function, "action_space": space}])
    assert function.function.spaces == (spaces.Discrete(3), env.action_space)
    assert made.action_space == spaces.Discrete(3)
    # The spaces of the environment that it is put around, not of the innermost one.
    inner, outer = callback("array"), callback("array")
    apply(env, [
        {"name": "TransformAction", "func": inner, "action_space": space}, {"name": "TransformAction", "func": outer},
    ])  # fmt: skip
    assert outer.function.spaces == (spaces.Discrete(3), spaces.Discrete(3))


def test_callbacks_by_annotation_of_a_users_wrapper(cart_pole):
    function = callback("array")
    apply(cart_pole, [{"name": f"{USER}:Typed", "on_observation": function}])
    assert function.function.spaces == (cart_pole.observation_space, cart_pole.observation_space)
    apply(cart_pole, [{"name": f"{USER}:Typed", "on_action": function}])
    assert function.function.spaces == (cart_pole.action_space, cart_pole.action_space)


def test_a_space_that_may_be_null_may_be_left_out(cart_pole):
    function = callback("array")
    env = apply(cart_pole, [{"name": "TransformObservation", "func": function}])
    assert env.observation_space == cart_pole.observation_space
