"""Environments with the API of the old gym, and irregular ones: what works, how, and what cannot and why."""

import copy
import json
import pickle
import sys
import types
import warnings

import gogym_test_legacy as envs
import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from gogym import native
from gogym.legacy import LegacyEnvironment, is_old, is_old_class, modern_metadata
from gogym.legacy_space import convert_space
from gogym.make import make_environment
from gogym.status import Status

MODULE = "gogym_test_legacy"


@pytest.fixture
def make(library):
    """Makes environments of gogym_test_legacy through the C library, and closes them in the end."""
    open_ones = []

    def make_one(name, legacy=None, **options):
        if legacy is not None:
            options["gogym"] = {"legacy": legacy}
        open_ones.append(native.Environment(f"{MODULE}:{name}", options, library=library))
        return open_ones[-1]

    yield make_one
    for env in open_ones:
        env.close()


def made(name, **options):
    """The Python object itself."""
    return make_environment(f"{MODULE}:{name}", json.dumps(options))


def failure(library, name, **options):
    with pytest.raises(native.GymError) as caught:
        native.Environment(f"{MODULE}:{name}", options, library=library)
    return caught.value


# ------------------------------------------------------------------------------------------- what works


def test_an_episode_is_that_of_the_old_api(make):
    old = envs.Old(start=2)
    old.seed(9)
    env = make("Old", start=2)
    np.testing.assert_array_equal(env.reset(seed=9), old.reset())
    assert env.info() == {}
    for action in (0, 1, 2, 1, 0):
        expected, reward, done, info = old.step(action)
        observation, found_reward, terminated, truncated = env.step([action])
        np.testing.assert_array_equal(observation, expected)
        assert (found_reward, terminated, truncated, env.info()) == (reward, done, False, info)
    assert terminated
    # Without a seed the generator goes on as it is.
    np.testing.assert_array_equal(env.reset(), [2, 9])


@pytest.mark.parametrize("legacy", [None, "auto", True])
@pytest.mark.parametrize(
    "name",
    [
        "Old",
        "SeedOnly",
        "Modern",
        "ReturnInfo",
        "Truncating",
        "Numbers",
        "Wrapped",
        "Outer.Inner",
        "make_old",
    ],
)
def test_irregular_environments(make, name, legacy):
    start = 7 if name == "make_old" else 0
    env = make(name, legacy)
    np.testing.assert_array_equal(env.reset(seed=3), [start, 3])
    np.testing.assert_array_equal(env.reset(seed=4), [start, 4])
    for step in range(1, envs.STEPS + 1):
        observation, reward, terminated, truncated = env.step([1])
        np.testing.assert_array_equal(observation, [start + step, 4])
        assert reward == 1.0
        assert (terminated or truncated) == (step == envs.STEPS)
    assert truncated == (name == "SeedOnly")


@pytest.mark.parametrize(
    ("name", "legacy"),
    [
        ("HalfOld", None),
        ("StepOfFour", None),
        ("Hidden", True),
        ("ResetWithoutInfo", True),
        ("HalfOld", True),
    ],
)
def test_an_old_api_on_gymnasiums_class(make, name, legacy):
    env = make(name, legacy)
    random = np.random.default_rng(17)
    np.testing.assert_array_equal(env.reset(seed=17), random.normal(size=1))
    for _ in range(3):
        observation, *rest = env.step([0])
        np.testing.assert_array_equal(observation, random.normal(size=1))
        assert rest == [1.0, False, False]
    np.testing.assert_array_equal(env.reset(), random.normal(size=1))


def test_a_time_limit_is_truncation(make):
    env = make("Truncating")
    for last, ends in ((2, (False, True)), (1, (True, False))):
        env.reset()
        for action in (2, 2, 2, 2, last):
            assert env.info().get("TimeLimit.truncated", False) is False
            ending = env.step([action])[2:]
        assert ending == ends
        assert env.info()["TimeLimit.truncated"] is (last == 2)
    env = make("Old", max_episode_steps=3)
    env.reset()
    assert [env.step([0])[2:] for _ in range(3)] == [(False, False), (False, False), (False, True)]


def test_the_seed_goes_where_it_is_taken(make):
    env = made("Old")
    env.reset(seed=5)
    assert env.unwrapped.legacy_env.calls == ["seed 5", "reset"]
    env.reset()
    assert env.unwrapped.legacy_env.calls[2:] == ["reset"]
    assert env.unwrapped.np_random_seed == 5
    with pytest.warns(UserWarning, match="Unseeded cannot be seeded: it has no seed"):
        np.testing.assert_array_equal(make("Unseeded").reset(seed=5), [0, -1])


def test_reset_options(make):
    env = make("Keywords")
    np.testing.assert_array_equal(env.reset(), [100, -1])
    np.testing.assert_array_equal(env.reset(seed=3, options={"level": 5, "hard": True}), [501, 3])
    with pytest.raises(native.GymError, match=r"takes no option 'lvl' \(it takes: level, hard\)"):
        env.reset(options={"lvl": 5})
    with pytest.raises(native.GymError, match=r"takes no option 'level' \(it takes: none\)"):
        make("Old").reset(options={"level": 5})
    make("Old").reset(options={})
    env = make("ReturnInfo")
    env.reset(options={"a": 1})
    assert env.info() == {"options": {"a": 1}}
    env = make("Modern")
    np.testing.assert_array_equal(env.reset(options={"start": 4}), [4, -1])
    assert env.info() == {"options": {"start": 4}}


def test_an_observation_that_is_a_pair(make):
    env = make("Pair")
    np.testing.assert_array_equal(env.reset(), [1, 0])
    assert env.info() == {}
    env = make("Pair", info=True)
    np.testing.assert_array_equal(env.reset(), [1, 0])
    assert env.info() == {"told": True}


def test_keyword_arguments_reach_the_constructor(make):
    np.testing.assert_array_equal(make("Old", start=40).reset(), [40, -1])
    np.testing.assert_array_equal(make("make_old", start=50).reset(), [50, -1])


# ------------------------------------------------------------------------------------------- spaces


@pytest.mark.parametrize("named", [True, False])
def test_foreign_spaces(make, named):
    env = make("Foreign", named=named)
    assert (env.observation_size, env.action_size) == (5, 3)
    assert env.observation_space()["keys"] == ["z", "a"], "their own order"
    assert [child["type"] for child in env.observation_space()["spaces"]] == ["Box", "MultiBinary"]
    assert [child["type"] for child in env.action_space()["spaces"]] == ["Discrete", "MultiDiscrete"]
    np.testing.assert_array_equal(env.reset(), [0.5, 1, 0, 1, 1])
    assert env.step([2, 1, 2])[1] == 212.0
    env.seed_action(1)
    first = env.sample_action()
    env.seed_action(1)
    np.testing.assert_array_equal(env.sample_action(), first)


def test_spaces_that_are_made_anew_keep_their_generator(make):
    env = make("RenewedSpaces")
    env.seed_action(1)
    samples = [env.sample_action()[0] for _ in range(5)]
    expected = spaces.Discrete(1000, seed=1)
    assert samples == [expected.sample() for _ in range(5)]


def old_space(name, base="Space", **attributes):
    """A space of a class that is called as gym's, or is derived from one that is."""
    cls = type(base, (), {})
    return type(name, (cls,), attributes)()


F4, I8 = np.dtype("float32"), np.dtype("int64")


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        (
            old_space("Box", low=np.zeros(2), high=np.ones(2), shape=(2,), dtype=F4),
            spaces.Box(0, 1, (2,), np.float32),
        ),
        (old_space("Box", low=-3, high=4, shape=(2, 2), dtype="int8"), spaces.Box(-3, 4, (2, 2), np.int8)),
        (old_space("Box", low=0.0, high=255.0, shape=(1,), dtype=np.uint8), spaces.Box(0, 255, (1,), np.uint8)),
        (old_space("Box", low=-1.0, high=np.inf, shape=(), dtype=None), spaces.Box(-1, np.inf, (), np.float32)),
        (old_space("Box", low=0.1, high=0.2), spaces.Box(0.1, 0.2)),
        (old_space("Box", low=np.array(0.1), high=np.array(0.2), shape=(3,), dtype=F4), spaces.Box(0.1, 0.2, (3,))),
        (old_space("Discrete", n=np.int32(4)), spaces.Discrete(4)),
        (old_space("Discrete", n=4, start=-2), spaces.Discrete(4, start=-2)),
        (old_space("Dice", base="Discrete", n=6), spaces.Discrete(6)),
        (old_space("MultiDiscrete", nvec=[[2, 3], [4, 5]], dtype="int32"), spaces.MultiDiscrete([[2, 3], [4, 5]], np.int32)),
        (old_space("MultiBinary", n=(2, 2)), spaces.MultiBinary((2, 2))),
        (old_space("MultiBinary", n=3), spaces.MultiBinary(3)),
        (old_space("Text", max_length=4, min_length=0, charset=frozenset("ba")), spaces.Text(4, min_length=0, charset="ab")),
        (old_space("Sequence", feature_space=spaces.Discrete(2)), spaces.Sequence(spaces.Discrete(2))),
        (
            old_space("Graph", node_space=old_space("Box", low=0, high=1, shape=(1,), dtype=F4), edge_space=None),
            spaces.Graph(spaces.Box(0, 1, (1,)), None),
        ),
        (old_space("Tuple", spaces=[spaces.Discrete(2)]), spaces.Tuple([spaces.Discrete(2)])),
    ],
)  # fmt: skip
def test_each_space(old, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        converted = convert_space(old, "space")
    assert converted == expected
    assert converted.dtype == expected.dtype
    assert convert_space(expected, "space") is expected


def test_spaces_that_are_none(library):
    for name, words in (
        (
            "OddSpace",
            [
                "action_space of gogym_test_legacy.OddSpace",
                "class object",
                "low and high, n, nvec, or spaces",
            ],
        ),
        ("BadBox", ["action_space", "gogym_test_legacy.Box", "less than or equal to high"]),
        ("SpaceMethods", ["observation_space of SpaceMethods is a method", "PettingZoo"]),
    ):
        error = failure(library, name)
        assert error.code == Status.CUSTOM_SPACE
        assert not [word for word in words if word not in error.message], error.message
    deep = old_space("Dict", spaces={"a": old_space("Tuple", spaces=[object()])})
    with pytest.raises(gymnasium.error.CustomSpaceError, match=r"what\['a'\]\[0\]"):
        convert_space(deep, "what")


# ------------------------------------------------------------------------------------------- drawing


def test_render(library):
    env = made("Old", render_mode="rgb_array")
    assert env.metadata["render_modes"] == ["human", "rgb_array"]
    assert env.metadata["render_fps"] == 30
    env.reset()
    env.step(0)
    assert (env.render() == np.ones((4, 4, 3), np.uint8)).all()
    env = made("Old", render_mode="rgb_array_list")
    env.reset()
    env.step(0)
    assert [frame.max() for frame in env.render()] == [0, 1]
    env = made("Modern", render_mode="rgb_array")
    env.reset()
    assert env.render().shape == (2, 2, 3)
    assert env.unwrapped.render_mode == env.unwrapped.legacy_env.render_mode == "rgb_array"
    env = made("AnyArguments", render_mode="rgb_array", start=6)
    assert env.unwrapped.legacy_env.arguments == {"start": 6}
    env.reset()
    assert env.render().max() == 6
    env = made("Old")
    env.reset()
    with pytest.warns(UserWarning, match="without a render_mode"):
        assert env.render() is None
    assert "render human" not in env.unwrapped.legacy_env.calls
    error = failure(library, "SeedOnly", render_mode="rgb_array")
    assert error.code == Status.UNSUPPORTED_MODE
    assert "it has no render" in error.message
    with pytest.raises(NotImplementedError):
        made("SeedOnly", disable_env_checker=True).unwrapped.render()


def test_human_rendering_happens_in_step():
    env = made("Old", render_mode="human")
    env.reset(seed=1)
    env.step(0)
    assert env.unwrapped.legacy_env.calls == ["seed 1", "reset", "render human", "render human"]
    assert env.render() is None


def test_metadata():
    assert modern_metadata(None) == {"render_modes": []}
    assert modern_metadata({"render_modes": ["a"], "render.modes": ["b"]})["render_modes"] == ["a"]
    old = {"render.modes": ["a"], "video.frames_per_second": 7, "more": 1}
    assert modern_metadata(old) == {**old, "render_modes": ["a"], "render_fps": 7}
    assert "render_modes" not in old


# ------------------------------------------------------------------------------------------- the object


def test_attributes_are_those_of_the_environment():
    env = made("Old", start=3)
    inner = env.unwrapped.legacy_env
    assert type(inner) is envs.Old
    assert env.unwrapped.start == 3
    assert env.unwrapped.reward_range == (0.0, 2.0)
    assert env.get_wrapper_attr("start") == 3
    assert not env.has_wrapper_attr("nothing")
    with pytest.raises(AttributeError, match="'Old' object has no attribute 'nothing'"):
        _ = env.unwrapped.nothing
    env.set_wrapper_attr("start", 8)
    env.unwrapped.bonus = 1
    assert (inner.start, inner.bonus) == (8, 1)
    np.testing.assert_array_equal(env.reset()[0], [8, -1])
    assert env.spec.id == "Old"
    assert env.spec.kwargs == {"start": 3}
    assert isinstance(env.unwrapped, gymnasium.Env)
    env.close()
    assert inner.calls[-1] == "close"


def test_it_can_be_copied():
    env = LegacyEnvironment(envs.Old(4))
    for other in (copy.deepcopy(env), pickle.loads(pickle.dumps(env))):
        assert other.legacy_env is not env.legacy_env
        np.testing.assert_array_equal(other.reset()[0], [4, -1])
        assert other.action_space == env.action_space


def test_spaces_follow_the_environment():
    env = LegacyEnvironment(envs.Old())
    env.action_space = spaces.Discrete(9)
    assert env.legacy_env.action_space == env.action_space == spaces.Discrete(9)


# ------------------------------------------------------------------------------------------- which are adapted


class Proper(gymnasium.Env):
    observation_space = action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed, options=options)
        return 0, {}

    def step(self, action):  # noqa: ARG002
        def pair():
            return 1, 2, 3, 4

        return 0, 0.0, False, False, {"pair": pair()}


class Decorated(Proper):
    def _adapted(step):  # noqa: N805
        import functools

        @functools.wraps(step)
        def five(self, action):
            observation, reward, done, info = step(self, action)
            return observation, reward, done, False, info

        return five

    @_adapted
    def step(self, action):  # noqa: ARG002
        return 0, 0.0, False, {}


class AnyKeywords(Proper):
    def reset(self, **kwargs):
        return super().reset(**kwargs)


def test_what_is_proper_is_left_alone():
    for cls in (Proper, Decorated, AnyKeywords, gymnasium.Wrapper, gymnasium.Env):
        assert not is_old_class(cls)
    for spec in gymnasium.registry.values():
        if isinstance(spec.entry_point, str) and spec.entry_point.startswith(
            "gymnasium.envs.classic_control"
        ):
            assert not is_old(gymnasium.make(spec).unwrapped), spec.id
    name = "gymnasium.envs.classic_control:CartPoleEnv"
    assert type(make_environment(name, None).unwrapped).__name__ == "CartPoleEnv"
    assert type(made("StepOfFour", gogym={"legacy": False}).unwrapped) is envs.StepOfFour


def test_what_is_old():
    for cls in (envs.Old, envs.Modern, envs.HalfOld, envs.StepOfFour, envs.SeedOnly):
        assert is_old_class(cls)
    # Nothing about these can be known without calling them: they take the option.
    for cls in (envs.Hidden, envs.ResetWithoutInfo):
        assert not is_old_class(cls)
    # Where its spaces are not Gymnasium's, an environment is adapted for their sake.
    foreign = Proper()
    foreign.action_space = envs.Discrete(n=3)
    assert is_old(foreign)


def test_legacy_true_does_no_harm_to_what_is_proper(library):
    with (
        native.Environment("CartPole-v1", library=library) as expected,
        native.Environment("CartPole-v1", {"gogym": {"legacy": True}}, library=library) as env,
    ):
        np.testing.assert_array_equal(env.reset(seed=6), expected.reset(seed=6))
        for _ in range(20):
            found, wanted = env.step([1]), expected.step([1])
            np.testing.assert_array_equal(found[0], wanted[0])
            assert found[1:] == wanted[1:]
        options = {"low": 0.01, "high": 0.01}
        np.testing.assert_array_equal(env.reset(options=options), expected.reset(options=options))


def test_legacy_false_changes_nothing(library):
    error = failure(library, "Old", gogym={"legacy": False})
    assert error.message.startswith("The environment must inherit from the gymnasium.Env class")


# ------------------------------------------------------------------------------------------- what cannot work


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NoSpaces", ["NoSpaces has no observation_space", "__init__", "self.observation_space = "]),
        ("NoActionSpace", ["NoActionSpace has no action_space", "__init__"]),
        ("NoReset", ["gogym_test_legacy.NoReset", "it has no reset"]),
        ("NoStep", ["gogym_test_legacy.NoStep", "it has no step"]),
        ("Nothing", ["'Nothing'", "no reset and no step"]),
        ("make_nothing", ["make_nothing", "gogym_test_legacy.Nothing", "no reset and no step"]),
        ("instance", ["'instance'", "not the environment itself"]),
    ],
)
@pytest.mark.parametrize("options", [{}, {"disable_env_checker": True}, {"gogym": {"legacy": True}}])
def test_what_is_missing_is_named(library, name, words, options):
    error = failure(library, name, **options)
    assert error.code == Status.PYTHON
    assert not [word for word in words if word not in error.message], error.message


def test_steps_that_cannot_be_understood(make):
    for name, words in (
        ("StepOfThree", "StepOfThree returned 3 values, not"),
        ("FlagsWithoutInfo", "the info is missing behind them"),
    ):
        env = make(name)
        env.reset()
        with pytest.raises(native.GymError, match=words):
            env.step([0])


# ------------------------------------------------------------------------------------------- ids of the old gym


@pytest.fixture(params=["class", "dict"])
def gym(request, monkeypatch):
    """What matters of the package gym, in its two forms: a registry in a class, or a dict."""
    old = types.ModuleType("gym")
    old.envs = types.ModuleType("gym.envs")
    registration = types.ModuleType("gym.envs.registration")
    if request.param == "class":
        specs = {}
        registration.registry = types.SimpleNamespace(env_specs=specs)
    else:
        specs = registration.registry = {}
    kwargs = {"class": "_kwargs", "dict": "kwargs"}[request.param]

    def register(id, entry_point, **attributes):
        own = attributes.pop("kwargs", {})
        attributes.setdefault("max_episode_steps", None)
        specs[id] = types.SimpleNamespace(id=id, entry_point=entry_point, **attributes, **{kwargs: own})

    register("Older-v0", f"{MODULE}:Old", max_episode_steps=3, kwargs={"start": 60})
    register("Older-v1", envs.Old)
    register("CartPole-v1", f"{MODULE}:Old")
    for module in (old, old.envs, registration):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return old


@pytest.mark.usefixtures("gym")
def test_ids_that_only_the_old_gym_knows(library):
    with native.Environment("gym:Older-v0", library=library) as env:
        np.testing.assert_array_equal(env.reset(seed=2), [60, 2])
        assert [env.step([0])[3] for _ in range(3)] == [False, False, True]
    for env_id, options in (("gym:Older-v1", {}), ("Older-v1", {"gogym": {"import": ["gym"]}})):
        with native.Environment(env_id, {**options, "start": 5}, library=library) as env:
            np.testing.assert_array_equal(env.reset(), [5, -1])
    # What Gymnasium knows is Gymnasium's.
    assert str(make_environment("gym:CartPole-v1", None)) == str(gymnasium.make("CartPole-v1"))
    # gym's ids count only where somebody has asked for them.
    for env_id, options in (("Older-v0", {}), ("gym:Older-v0", {"gogym": {"legacy": False}})):
        with pytest.raises(native.GymError) as caught:
            native.Environment(env_id, options, library=library)
        assert caught.value.code == Status.NAME_NOT_FOUND
