"""Attributes and calls by path: what is found where, what is refused, and how JSON becomes values."""

import json

import gymnasium
import numpy as np
import pytest
from gogym_test_attributes import Attributes, Broken
from gymnasium.envs.registration import EnvSpec
from gymnasium.wrappers import ClipReward, OrderEnforcing, TimeLimit

from gogym import attribute
from gogym.errors import AttributeAccessError
from gogym.options import OptionsError


@pytest.fixture
def env():
    bare = Attributes()
    bare.spec = EnvSpec("gogym_test/Attributes-v0", entry_point=Attributes)
    return TimeLimit(Broken(OrderEnforcing(bare)), 5)


def refusal(env, path, private=False):
    """The words with which a path is refused; they are those of reading, and of calling too."""
    with pytest.raises(AttributeAccessError) as caught:
        attribute.get(env, path, private)
    with pytest.raises(AttributeAccessError) as called:
        attribute.call(env, path, None, private)
    assert str(called.value) == str(caught.value)
    return str(caught.value)


# ------------------------------------------------------------------------------------------- get and has


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("number", 7),
        ("number_twice", 14),
        ("unwrapped.number", 7),
        ("env.env.env.number", 7),
        ("unwrapped.nested.deeper.value", 2),
        ("unwrapped.doubled", 14),
        ("größe", 1.25),
        ("gro\u0308ße", 1.25),
        ("answering.answer", 42),
        ("numbers.shape", (3,)),
        ("has_reset", False),
        ("action_space.n", 2),
        ("spec.max_episode_steps", 5),
        ("unwrapped.spec.max_episode_steps", None),
    ],
)
def test_what_is_there(env, path, expected):
    assert attribute.get(env, path, False) == expected
    assert attribute.has(env, path, False) is True


def test_an_array_is_the_environments_own(env):
    assert attribute.get(env, "unwrapped.numbers", False) is env.unwrapped.numbers


def test_a_spec_is_told_with_its_wrappers(env):
    found = attribute.get(ClipReward(env, -1.0, np.float32(2)), "spec", False)
    assert found["id"] == "gogym_test/Attributes-v0"
    assert found["entry_point"] == "gogym_test_attributes:Attributes"
    assert (found["order_enforce"], found["max_episode_steps"]) == (True, 5)
    clip = {"min_reward": -1.0, "max_reward": np.float32(2)}
    assert found["additional_wrappers"] == [
        {"name": "Broken", "entry_point": "gogym_test_attributes:Broken", "kwargs": None},
        {
            "name": "ClipReward",
            "entry_point": "gymnasium.wrappers.transform_reward:ClipReward",
            "kwargs": clip,
        },
    ]
    assert attribute.get(env, "unwrapped.spec", False)["additional_wrappers"] == []
    assert attribute.call(env, "the_spec", None, False) == attribute.get(env, "unwrapped.spec", False)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            "nummer",
            r"the environment has no attribute 'nummer' \(looked for in TimeLimit, Broken, OrderEnforcing, ",
        ),
        ("nummer", r"Attributes\)\. Did you mean 'number'.*\?$"),
        ("number_twic", "Did you mean 'number_twice'"),
        (
            "unwrapped.nummer",
            r"'unwrapped' \(gogym_test_attributes\.Attributes\) has no attribute 'nummer'. Did you",
        ),
        ("unwrapped.number_twice", "'unwrapped'.*no attribute 'number_twice'"),
        ("unwrapped.nested.deepr.value", r"'unwrapped.nested' \(types.SimpleNamespace\) .*'deepr'.*'deeper'"),
        ("number.valu", r"'number' \(int\) has no attribute 'valu'\.$"),
        ("slots.empty", r"'slots' \(gogym_test_attributes\.Slots\) has no attribute 'empty'"),
        ("secretive.anything", r"'secretive' \(.*Secretive\) has no attribute 'anything'\.$"),
        ("answering.question", r"'answering' \(.*Answering\) has no attribute 'question'"),
    ],
)
def test_what_is_missing(env, path, words):
    with pytest.raises(AttributeAccessError, match=words) as caught:
        attribute.get(env, path, False)
    assert isinstance(caught.value.__cause__, AttributeError)
    refusal(env, path)
    assert attribute.has(env, path, False) is False


def test_private_names_are_not_offered(env):
    assert "_private" not in refusal(env, "privat")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "the path '' is malformed: it is empty"),
        (".", "a name is empty"),
        ("unwrapped.", "a name is empty"),
        (".number", "a name is empty"),
        ("unwrapped..number", "'unwrapped..number' is malformed: a name is empty"),
        ("un wrapped", "'un wrapped' is no name"),
        (" number", "' number' is no name"),
        ("number\0", r"'number\x00' is no name"),
        ("numbers[0]", "'numbers[0]' is no name"),
        ("huge()", "'huge()' is no name"),
        ("unwrapped.1", "'1' is no name"),
        ("unwrapped/number", "is no name"),
        ("numbér\udcff", "is no name"),
        ("x" * 5000 + "!", "xxx..."),
    ],
)
def test_malformed_paths(env, path, words):
    assert words in refusal(env, path, private=True)
    with pytest.raises(AttributeAccessError, match="malformed"):
        attribute.has(env, path, True)
    with pytest.raises(AttributeAccessError, match="malformed"):
        attribute.assign(env, path, "1", True)


@pytest.mark.parametrize(
    "path",
    ["_private", "__class__", "unwrapped.__dict__", "unwrapped.reset.__globals__", "_", "\uff3fprivate"],
)
def test_private_names_need_the_option(env, path):
    assert '{"gogym": {"private": true}}' in refusal(env, path)
    with pytest.raises(AttributeAccessError, match="is private"):
        attribute.has(env, path, False)
    with pytest.raises(AttributeAccessError, match="is private"):
        attribute.assign(env, path, "1", False)


def test_private_names_with_the_option(env):
    assert attribute.get(env, "_private", True) == "secret"
    assert attribute.get(env, "\uff3fprivate", True) == "secret"
    assert attribute.get(env, "unwrapped.__class__", True) is Attributes
    assert attribute.has(env, "_elapsed_steps", True) is True
    assert attribute.has(env, "_elapsed", True) is False
    attribute.assign(env, "unwrapped._private", '"known"', True)
    assert env.unwrapped._private == "known"


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("broken", AttributeError, "'NoneType' object has no attribute 'missing_of_none'"),
        ("unwrapped.broken", AttributeError, "'NoneType' object has no attribute 'missing_of_none'"),
        ("of_the_wrapper", AttributeError, "no attribute 'there_is_no_such_thing'"),
        ("angry", ZeroDivisionError, "angry"),
        ("unwrapped.angry.more", ZeroDivisionError, "angry"),
    ],
)
def test_what_an_attributes_own_code_raises_is_told_as_it_is(env, path, error, words):
    with pytest.raises(error, match=words):
        attribute.get(env, path, False)
    if error is AttributeError:  # as Python's hasattr
        assert attribute.has(env, path, False) is False
    else:
        with pytest.raises(error, match=words):
            attribute.has(env, path, False)


def test_of_two_the_outer_wrapper_has_it(env):
    env.env.number = 8
    assert attribute.get(env, "number", False) == 8
    assert attribute.get(env, "unwrapped.number", False) == 7


# ------------------------------------------------------------------------------------------- set


def test_one_name_is_set_where_it_is_found(env):
    attribute.assign(env, "number", "8", False)
    assert env.unwrapped.number == 8
    attribute.assign(env, "of_nobody", "9", False)
    assert vars(env)["of_nobody"] == 9
    env.env.number = 1
    attribute.assign(env, "number", "2", False)
    assert (env.env.number, env.unwrapped.number) == (2, 8)


def test_it_is_what_gymnasium_does(env):
    reference = TimeLimit(Broken(OrderEnforcing(Attributes())), 5)
    for name, value in (("number", 5), ("new", 6), ("nested", None)):
        attribute.assign(env, name, json.dumps(value), False)
        reference.set_wrapper_attr(name, value)
    for ours, theirs in zip(attribute._layers(env), attribute._layers(reference), strict=True):
        for name in ("number", "new", "nested"):
            assert (name in vars(ours), vars(ours).get(name)) == (
                name in vars(theirs),
                vars(theirs).get(name),
            )


def test_a_path_is_set_on_what_comes_before(env):
    attribute.assign(env, "unwrapped.nested.deeper.value", '{"a": {"__tuple__": [1, 2]}}', False)
    assert env.unwrapped.nested.deeper.value == {"a": (1, 2)}
    attribute.assign(env, "unwrapped.fresh", "[1]", False)
    assert env.unwrapped.fresh == [1]
    attribute.assign(env, "env.number", "3", False)
    assert vars(env.env)["number"] == 3
    assert env.unwrapped.number == 7


@pytest.mark.parametrize("path", ["numbers", "unwrapped.numbers"])
def test_a_list_that_fits_an_array_becomes_one(env, path):
    before = env.unwrapped.numbers
    attribute.assign(env, path, "[1, 2.25, 0.1]", False)
    found = env.unwrapped.numbers
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array([1, 2.25, 0.1], np.float32))
    np.testing.assert_array_equal(before, [1.5, 2.5, 3.5])  # another array: as in Python


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("numbers", "[1, 2]"),
        ("numbers", "[[1, 2, 3]]"),
        ("numbers", '[1, 2, "x"]'),
        ("numbers", "[1, 2, [3]]"),
        ("numbers", "[1, 2, 1e300]"),
        ("counts", "[[1, 2], [3, 256]]"),
        ("counts", "[[1, 2], [3, 0.5]]"),
        ("counts", "[1, 2, 3, 4]"),
        ("number", "[1, 2]"),
    ],
)
def test_a_list_that_does_not_fit_stays_a_list(env, path, text):
    attribute.assign(env, f"unwrapped.{path}", text, False)
    assert getattr(env.unwrapped, path) == json.loads(text)


def test_a_whole_number_fits_where_it_is_written_with_a_fraction(env):
    attribute.assign(env, "counts", "[[1.0, 2], [3, 4]]", False)
    assert env.unwrapped.counts.dtype == np.uint8


def test_what_cannot_be_read_can_be_set(env):
    attribute.assign(env, "unwrapped.unreadable", "[1, 2]", False)
    assert env.unwrapped.log == [[1, 2]]


@pytest.mark.parametrize("path", ["unwrapped.doubled", "doubled", "unwrapped.number.value", "spec"])
def test_what_cannot_be_set_says_so_in_pythons_words(env, path):
    with pytest.raises(AttributeError):
        attribute.assign(env, path, "1", False)


def test_the_way_to_what_is_set_must_be_there(env):
    with pytest.raises(AttributeAccessError, match=r"no attribute 'nestd'.*'nested'"):
        attribute.assign(env, "unwrapped.nestd.value", "1", False)


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", '{"__ndarray__": [1]}', '{"__unknown__": 1}', "[" * 100 + "]" * 100]
)
def test_a_bad_value_changes_nothing(env, text):
    with pytest.raises(OptionsError, match="value"):
        attribute.assign(env, "number", text, False)
    assert env.unwrapped.number == 7


# ------------------------------------------------------------------------------------------- call


@pytest.mark.parametrize(
    ("text", "positional", "keywords"),
    [
        (None, (), {}),
        ("[]", (), {}),
        ("{}", (), {}),
        ("[1, [2, 3], null]", (1, [2, 3], None), {}),
        ('{"__tuple__": [1]}', (1,), {}),
        ('{"a": 1, "b": [2]}', (), {"a": 1, "b": [2]}),
        ('{"*": [1, 2], "a": 3}', (1, 2), {"a": 3}),
        ('{"*": []}', (), {}),
        ('[{"a": 1}]', ({"a": 1},), {}),
        ('{"__dict__": [["a", 1]]}', (), {"a": 1}),
    ],
)
def test_arguments(env, text, positional, keywords):
    found = attribute.call(env, "everything", text, False)
    assert found == {"positional": positional, "keywords": keywords}


def test_lists_stay_lists_and_tags_make_arrays(env):
    text = '[[1, 2], {"__ndarray__": [1, 2], "dtype": "float64"}, {"__float__": "inf"}, {"__tuple__": []}]'
    assert attribute.call(env, "unwrapped.kinds", text, False) == ["list", "ndarray", "float", "tuple"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[1", "not JSON"),
        ("1", "array of positional arguments, or an object of keyword arguments, not 1"),
        ("null", "not None"),
        ('"x"', "not 'x'"),
        ('{"__ndarray__": [1], "dtype": "int8"}', "not array"),
        ('{"__dict__": [[1, 2]]}', "must be a JSON array"),
        ('{"*": 1}', r'"\*" holds the positional arguments and must be an array, not 1'),
    ],
)
def test_arguments_that_are_refused(env, text, words):
    with pytest.raises(OptionsError, match=words) as caught:
        attribute.call(env, "everything", text, False)
    assert "arguments of gym_call" in str(caught.value)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("number", r"'number' is 7 \(int\), which cannot be called"),
        ("unwrapped.nested", "namespace.*gym_get_attr"),
    ],
)
def test_what_cannot_be_called(env, path, words):
    with pytest.raises(AttributeAccessError, match=words):
        attribute.call(env, path, None, False)


def test_what_a_method_raises_passes(env):
    with pytest.raises(KeyError, match="lost"):
        attribute.call(env, "fail", None, False)
    with pytest.raises(TypeError, match="size"):
        attribute.call(env, "huge", None, False)
    with pytest.raises(SystemExit):
        attribute.call(env, "exit", None, False)


def test_the_outermost_method_is_called(env):
    env.reset()
    for _ in range(4):
        attribute.call(env, "step", "[0]", False)
    assert attribute.call(env, "step", "[0]", False)[3] is True  # TimeLimit's
    assert attribute.call(env, "unwrapped.step", "[0]", False)[3] is False


def test_mujocos_state_is_set_and_read():
    env = gymnasium.make("InvertedPendulum-v5")
    env.reset(seed=1)
    qpos, qvel = [0.25, -0.5], [1.0, 2.0]
    arrays = [{"__ndarray__": values, "dtype": "float64"} for values in (qpos, qvel)]
    attribute.call(env, "unwrapped.set_state", json.dumps(arrays), False)
    np.testing.assert_array_equal(attribute.get(env, "unwrapped.data.qpos", False), qpos)
    np.testing.assert_array_equal(attribute.get(env, "data.qvel", False), qvel)
    attribute.assign(env, "unwrapped.data.qpos", "[0.5, 0.5]", False)
    np.testing.assert_array_equal(env.unwrapped.data.qpos, [0.5, 0.5])
    assert attribute.has(env, "unwrapped.data.qpos", False)
    assert not attribute.has(env, "unwrapped.data.qposs", False)
    env.close()


# ------------------------------------------------------------------------------------------- names as arguments


@pytest.mark.parametrize("path", ["{}", "unwrapped.{}", "env.{}"])
@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("get_wrapper_attr", ["_private"]),
        ("get_wrapper_attr", {"name": "_private"}),
        ("has_wrapper_attr", {"*": ["_private"]}),
        ("set_wrapper_attr", ["_private", 3]),
        ("set_wrapper_attr", {"value": 3, "name": "_private"}),
        ("set_wrapper_attr", {"*": ["_private"], "value": 3}),
    ],
)
def test_private_names_are_refused_as_arguments_too(env, path, method, arguments):
    before = env.unwrapped._private
    with pytest.raises(AttributeAccessError, match=r"'_private' in the arguments of .* is private: .*gogym"):
        attribute.call(env, path.format(method), json.dumps(arguments), False)
    assert env.unwrapped._private == before
    attribute.call(env, path.format(method), json.dumps(arguments), True)


def test_public_names_are_arguments_as_ever(env):
    assert attribute.call(env, "get_wrapper_attr", '["number"]', False) == 7
    assert attribute.call(env, "has_wrapper_attr", '{"name": "nummer"}', False) is False
    with pytest.raises(TypeError):
        attribute.call(env, "get_wrapper_attr", "[]", False)
