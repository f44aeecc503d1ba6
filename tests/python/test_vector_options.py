"""The options of gym_vec_make: what they become, and that whatever is wrong is an OptionsError with words."""

import json

import gymnasium
import numpy as np
import pytest

from gogym.options import OptionsError
from gogym.vector import Plan, VectorOptions, call_or_get, parse_vector_options, rows_of


def parse(own, num_envs=2):
    return parse_vector_options(json.dumps({"gogym": own}), num_envs)


def test_defaults():
    assert parse_vector_options(None, 3) == VectorOptions()
    assert parse_vector_options("{}", 3) == VectorOptions()
    assert parse(dict.fromkeys(VectorOptions._fields)) == VectorOptions()
    options = VectorOptions()
    assert (options.engine, options.autoreset_mode, options.layout, options.on_failure) == (
        "process",
        "next_step",
        "float64",
        "restart",
    )
    assert options.workers is None
    assert not options.is_whole


@pytest.mark.parametrize(
    ("own", "is_whole"),
    [
        (
            {
                "engine": "process",
                "workers": 3,
                "timeout": 2,
                "memory_limit": 10**9,
                "python": "/usr/bin/python3",
            },
            False,
        ),
        ({"engine": "sync", "workers": 3, "timeout": 0.5, "memory_limit": 1, "python": "python3"}, False),
        ({"engine": "sync", "vector_wrappers": {"name": "RecordEpisodeStatistics"}}, True),
        (
            {
                "engine": "vector",
                "vector_options": {"a": 1},
                "vector_wrappers": [{"name": "A"}, {"name": "B"}],
            },
            True,
        ),
        ({"engine": "envpool", "workers": 2}, True),
        ({"env_options": [{}, {"g": 1.5}]}, False),
        ({"layout": "native", "on_failure": "report"}, False),
    ],
)
def test_values(own, is_whole):
    options = parse(own)
    assert options.is_whole == is_whole
    for name, value in own.items():
        parsed = getattr(options, name)
        if name in ("env_options", "vector_wrappers"):
            assert list(parsed) == (value if isinstance(value, list) else [value])
        else:
            assert parsed == value


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("next_step", "next_step"),
        ("NextStep", "next_step"),
        ("NEXT_STEP", "next_step"),
        ("same_step", "same_step"),
        ("SameStep", "same_step"),
        ("disabled", "disabled"),
        ("Disabled", "disabled"),
    ],
)
def test_autoreset_modes(given, expected):
    assert parse({"autoreset_mode": given}).autoreset_mode == expected


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ("process", 'the option "gogym" must be a JSON object, not "process"'),
        (
            {"engin": "sync"},
            'unknown option "engin" under "gogym" (known for gym_vec_make: autoreset_mode, engine, ',
        ),
        ({"isolate": True}, 'the option "isolate" under "gogym" is for gym_make'),
        (
            {"engine": "async"},
            '"engine" under "gogym" is one of "process", "sync", "vector", "envpool", not "async"',
        ),
        ({"engine": ["sync"]}, 'not ["sync"]'),
        ({"autoreset_mode": "next"}, 'is one of "next_step", "same_step", "disabled", not "next"'),
        ({"autoreset_mode": 1}, "not 1"),
        ({"layout": "float32"}, 'is one of "float64", "native", not "float32"'),
        ({"on_failure": "stop"}, 'is one of "restart", "report", "close", not "stop"'),
        ({"workers": 0}, '"workers" under "gogym" is a whole number from 1 on, not 0'),
        ({"workers": True}, "not true"),
        ({"workers": 1.5}, "not 1.5"),
        ({"timeout": 0}, 'the option "timeout" under "gogym"'),
        ({"memory_limit": "1 GB"}, 'the option "memory_limit" under "gogym"'),
        ({"python": ""}, 'the option "python" under "gogym"'),
        ({"vector_wrappers": "A"}, 'the option "vector_wrappers" under "gogym" must be an array of objects'),
        ({"vector_options": [1], "engine": "vector"}, '"vector_options" under "gogym" is a JSON object'),
        ({"vector_options": {"a": 1}}, 'is for "engine": "vector" and "envpool"'),
        ({"env_options": {}}, '"env_options" under "gogym" is an array of JSON objects, one for each'),
        ({"env_options": [{}, 1]}, "not [{}, 1]"),
        ({"env_options": [{}]}, "has 1 objects, but there are 2 environments"),
        (
            {"env_options": [{}, {"gogym": 1}]},
            'env_options[1]: the option "gogym" must be a JSON object, not 1',
        ),
        (
            {"env_options": [{"gogym": {"engine": "sync"}}, {}]},
            'env_options[0]: the option "engine" under "gogym" is',
        ),
        ({"env_options": [{}, {}], "engine": "vector"}, 'does not go with "engine": "vector"'),
        (
            {"env_options": [{}, {}], "engine": "sync", "vector_wrappers": [{"name": "A"}]},
            'does not go with "vector_wrappers"',
        ),
        ({"vector_wrappers": [{"name": "A"}]}, "needs all environments in one process"),
        (
            {"vector_wrappers": [{"name": "A"}], "engine": "vector", "workers": 2},
            "needs all environments in one process",
        ),
        ({"__dict__": [["engine", "sync"]]}, 'the option "gogym" must be a plain JSON object'),
        ({"env_options": [{"__dict__": []}, {}]}, "env_options[0] must be a plain JSON object"),
    ],
)
def test_errors(own, words):
    with pytest.raises(OptionsError) as caught:
        parse(own)
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": NaN}', '{"a": 1, "a": 2}'])
def test_what_is_no_object(text):
    with pytest.raises(OptionsError, match="options of gym_vec_make"):
        parse_vector_options(text, 1)


# ---------------------------------------------------------------------------------------------- plans


def test_environments_of_a_part():
    """Options of single environments lie over the common ones, tags and wrappers included."""
    own = {"wrappers": [{"name": "TimeLimit", "max_episode_steps": 3}], "engine": "sync"}
    special = [
        {},
        {"g": {"__ndarray__": [2.5], "dtype": "float32"}},
        {"render_mode": "rgb_array", "gogym": {"wrappers": []}},
    ]
    options = {"g": 1.5, "gogym": {**own, "env_options": special}}
    plan = Plan("Pendulum-v1", json.dumps(options), 1, 2, 3)
    first, second = (plan.making(row).make() for row in range(2))
    assert isinstance(first.unwrapped.g, np.ndarray)
    assert first.unwrapped.g.dtype == np.float32
    assert first._max_episode_steps == 3
    assert second.unwrapped.g == 1.5
    assert second._max_episode_steps == 200
    assert second.render_mode == plan.render_mode == "rgb_array"
    assert json.loads(plan.make_options) == {"g": 1.5, "gogym": {"wrappers": own["wrappers"]}}


def test_each_environment_has_arguments_of_its_own():
    plan = Plan("Pendulum-v1", '{"g": {"__ndarray__": [1], "dtype": "float32"}}', 0, 2, 2)
    first, second = (plan.making(row).make() for row in range(2))
    assert first.unwrapped.g is not second.unwrapped.g


def test_options_of_one_environment_that_are_wrong():
    options = {"gogym": {"env_options": [{}, {"gogym": {"legacy": 7}}]}}
    with pytest.raises(OptionsError, match=r'^env_options\[1\]: the option "legacy"'):
        Plan("CartPole-v1", json.dumps(options), 1, 1, 2)
    Plan("CartPole-v1", json.dumps(options), 0, 1, 2)  # it is none of this part's


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        ([None, None], None),
        (["ansi", None], None),
        ([None, "rgb_array"], "rgb_array"),
        (["rgb_array", "human"], "human"),
    ],
)
def test_render_modes(modes, expected):
    options = {"gogym": {"env_options": [{"render_mode": mode} for mode in modes]}}
    assert Plan("CartPole-v1", json.dumps(options), 0, 2, 2).render_mode == expected


# ---------------------------------------------------------------------------------------------- the rest


def test_calling_or_getting():
    env = gymnasium.make("CartPole-v1")
    assert call_or_get(env, "unwrapped.gravity", None, private=False) == 9.8
    assert call_or_get(env, "has_wrapper_attr", '["gravity"]', private=False) is True
    env.close()


def test_taking_batches_apart():
    spaces = gymnasium.spaces
    space = spaces.Dict(
        a=spaces.Tuple([spaces.Discrete(3), spaces.Text(2)]), b=spaces.Dict(), c=spaces.Box(0, 1, (2,))
    )
    batched = gymnasium.vector.utils.batch_space(space, 3)
    sample = batched.sample()
    rows = rows_of(space, sample, 3)
    assert all(row in space for row in rows)
    assert [int(row["a"][0]) for row in rows] == sample["a"][0].tolist()
    assert [row["a"][1] for row in rows] == list(sample["a"][1])
    assert rows_of(spaces.Tuple([]), (), 2) == [(), ()]
