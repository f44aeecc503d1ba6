"""Elements of spaces through the C calls: what is written, what is read, exactly, and what is refused.

vectors.py says independently how an element lies in float64 elements.
"""

import struct

import gogym_test_envs
import gogym_test_spaces
import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vectors
from gogym import native
from gogym.status import Status

SAMPLES = 25


def bits(numbers):
    return np.asarray(numbers, dtype=np.float64).tobytes()


def assert_same_element(actual, expected, where="element"):
    """The same Python object in every respect that an environment could see."""
    assert type(actual) is type(expected), f"{where}: {actual!r} instead of {expected!r}"
    if isinstance(expected, dict):
        assert list(actual) == list(expected), where
        for key in expected:
            assert_same_element(actual[key], expected[key], f"{where}[{key!r}]")
    elif isinstance(expected, tuple):
        assert len(actual) == len(expected), where
        for i, item in enumerate(expected):
            assert_same_element(actual[i], item, f"{where}[{i}]")
    elif isinstance(expected, (np.ndarray, np.generic)):
        assert actual.dtype == expected.dtype, where
        assert actual.shape == expected.shape, where
        assert actual.tobytes() == expected.tobytes(), where
    else:
        assert actual == expected, where


def canonical(space, element):
    """An element as the space defines it: a Box without dimensions may sample a scalar, but has arrays."""
    if isinstance(space, spaces.Box):
        return np.asarray(element)
    if isinstance(space, spaces.Dict):
        return {key: canonical(child, element[key]) for key, child in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(canonical(child, item) for child, item in zip(space.spaces, element, strict=True))
    if isinstance(space, spaces.OneOf):
        return element[0], canonical(space.spaces[element[0]], element[1])
    return element


class Given:
    """An environment whose spaces, observations and actions are at hand."""

    def __init__(self, library, space, action_space=None):
        self.space = space
        self.observation = None
        self.action = None
        gogym_test_envs.GIVEN.clear()
        gogym_test_envs.GIVEN.update(
            space=space, action_space=action_space or space, reset=self._reset, step=self._step
        )
        self.env = native.Environment("gogym_test/Given-v0", library=library)

    def _reset(self):
        return self.observation, {}

    def _step(self, action):
        self.action = action
        return self.observation, 0.0, False, False, {}

    def write(self, observation):
        """The float64 elements of an observation."""
        self.observation = observation
        return self.env.reset()

    def read(self, numbers, observation):
        """The action that the environment is given for float64 elements."""
        self.observation = observation
        self.env.step(numbers)
        return self.action


@pytest.fixture
def given_env(library):
    made = []

    def make(space, action_space=None):
        made.append(Given(library, space, action_space))
        made[-1].write(space.sample())
        return made[-1]

    yield make
    for one in made:
        one.env.close()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", gogym_test_spaces.FIXED)
def test_every_space_of_the_table(given_env, name):
    space = gogym_test_spaces.make(name)
    space.seed(5)
    env = given_env(space)
    assert env.env.observation_size == env.env.action_size == vectors.size_of(space)
    for _ in range(SAMPLES):
        element = space.sample()
        numbers = env.write(element)
        assert bits(numbers) == bits(vectors.numbers_of(space, element))
        assert_same_element(env.read(numbers, element), canonical(space, element))
        assert space.contains(env.action)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", gogym_test_spaces.FIXED)
def test_sampling_is_gymnasiums(library, name):
    reference = gogym_test_spaces.make(name)
    with native.Environment("gogym_test/Echo-v0", {"space": name}, library=library) as env:
        env.seed_action(11)
        reference.seed(11)
        env.reset()
        for _ in range(SAMPLES):
            numbers = env.sample_action()
            sampled = reference.sample()
            assert bits(numbers) == bits(vectors.numbers_of(reference, sampled))
            assert bits(env.step(numbers)[0]) == bits(numbers)
            # Gymnasium may sample what it does not contain: NumPy drops a NUL at the end of a text.
            assert env.info()["contained"] == reference.contains(sampled)


@pytest.mark.parametrize("name", gogym_test_spaces.DYNAMIC)
def test_dynamic_spaces(library, name):
    with native.Environment(
        "gogym_test/Echo-v0", {"space": name, "action_space": "discrete"}, library=library
    ) as env:
        assert env.observation_size is None
        assert env.action_size == 1
        assert env.reset(seed=1) is None
        description = env.observation_space()
        assert description["size"] == -1
        assert description["type"] in ("Sequence", "Graph", "other", "Dict", "Tuple", "OneOf")
        buffer = np.full(8, 7.0)
        pointer = buffer.ctypes.data_as(native.DOUBLES)
        with pytest.raises(native.GymError) as caught:
            library.call("gym_reset", env.handle, None, None, pointer, 8)
        assert caught.value.code == Status.DYNAMIC
        assert (buffer == 7).all()
        observation, reward, *_ = env.step([1])
        assert (observation, reward) == (None, 1.0)
    with native.Environment(
        "gogym_test/Echo-v0", {"space": "discrete", "action_space": name}, library=library
    ) as env:
        env.reset()
        for call in (lambda: env.step([1]), lambda: env.step([]), env.sample_action):
            with pytest.raises(native.GymError) as caught:
                call()
            assert caught.value.code == Status.DYNAMIC


# ---------------------------------------------------------------------------------------------- exactness

SPECIAL = struct.unpack("=12d", struct.pack(
    "=12Q",
    0x8000000000000000,  # -0.0
    0x0000000000000001,  # the smallest subnormal
    0x800FFFFFFFFFFFFF,  # the largest, negative
    0x7FF0000000000000, 0xFFF0000000000000,  # infinities
    0x7FF8000000000000,  # NaN as Python makes it
    0x7FF8DEADBEEF1234, 0xFFF8000000000001,  # NaNs with something in them
    0x7FEFFFFFFFFFFFFF, 0x0010000000000000,  # the largest, the smallest normal
    0x3FF0000000000001, 0x4340000000000001,
))  # fmt: skip


def test_every_bit_of_a_float64_survives(given_env):
    env = given_env(spaces.Box(-np.inf, np.inf, (12,), np.float64))
    expected = bits(SPECIAL)
    array = np.frombuffer(expected)
    numbers = env.write(array)
    assert numbers.tobytes() == expected
    assert env.read(array, array).tobytes() == expected
    # Also one that must be copied first.
    assert env.write(np.repeat(array, 2)[::2]).tobytes() == expected
    assert env.write(array.astype(">f8")).tobytes() == expected


def test_a_scalar_space_of_float64(given_env):
    env = given_env(spaces.Box(-np.inf, np.inf, (), np.float64))
    for number in SPECIAL:
        for element in (np.array(number), np.float64(number), number):
            assert env.write(element).tobytes() == bits([number])
        action = env.read([number], np.array(0.0))
        assert (type(action), action.shape, action.tobytes()) == (np.ndarray, (), bits([number]))


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_narrow_floats_survive(given_env, dtype):
    limits = np.finfo(dtype)
    special = [
        -0.0,
        0.0,
        np.inf,
        -np.inf,
        limits.max,
        -limits.max,
        limits.tiny,
        limits.smallest_subnormal,
        limits.eps,
    ]
    array = np.array(special, dtype)
    env = given_env(spaces.Box(-np.inf, np.inf, array.shape, np.dtype(dtype)))
    assert env.write(array).tobytes() == array.astype(np.float64).tobytes()
    assert env.read(array.astype(np.float64), array).tobytes() == array.tobytes()
    assert np.isnan(env.write(np.full(array.shape, np.nan, dtype))).all()
    # What lies between two of its numbers is rounded as NumPy rounds it.
    odd = np.linspace(-1.1, 1.3, array.size)
    assert env.read(odd, array).tobytes() == odd.astype(dtype).tobytes()


INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_the_limits_of_integers(given_env, dtype):
    limits = np.iinfo(dtype)
    env = given_env(spaces.Box(limits.min, limits.max, (2,), np.dtype(dtype)))
    low, high = int(limits.min), min(int(limits.max), 2**53)
    good = np.array([low, high], dtype)
    assert env.write(good).tolist() == [low, high]
    assert env.read([low, high], good).tolist() == [low, high]
    for bad in (
        float(limits.max) + 1,
        np.nextafter(float(low), -np.inf),
        0.5,
        -0.5,
        np.nan,
        np.inf,
        -np.inf,
        1e300,
    ):
        if bad == low:
            continue
        with pytest.raises(native.GymError) as caught:
            env.read([low, bad], good)
        assert caught.value.code == Status.ACTION
        assert "action[1]" in caught.value.message
        assert dtype in caught.value.message
    assert env.read([-0.0, 0.0], good).tolist() == [0, 0]


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
@pytest.mark.parametrize("bad", [2**53 + 1, 2**62 + 1, 2**63 - 1])
def test_what_a_float64_cannot_hold_is_no_observation(given_env, dtype, bad):
    # Gymnasium cannot sample a Box of all 64 bits, but an environment may well return such numbers.
    leaf = spaces.Box(0, 5, (2, 3), np.dtype(dtype))
    env = given_env(spaces.Dict(a=spaces.Discrete(2), b=spaces.Tuple([leaf])))
    for good in (2**53, 2**53 + 2, 2**62, 0):
        element = {"a": 1, "b": (np.full((2, 3), good, dtype),)}
        assert env.write(element).tolist() == [1, *[float(good)] * 6]
    element["b"][0][1, 2] = bad
    with pytest.raises(native.GymError) as caught:
        env.write(element)
    assert caught.value.code == Status.INEXACT
    assert 'observation["b"][0][1, 2]' in caught.value.message
    assert str(bad) in caught.value.message


def test_the_last_numbers_of_64_bits(given_env):
    env = given_env(spaces.Box(0, 2**64 - 1, (1,), np.uint64))
    largest = 2**64 - 2**11
    assert env.write(np.array([largest], np.uint64)).tolist() == [float(largest)]
    assert env.read([float(largest)], np.array([0], np.uint64)).tolist() == [largest]
    with pytest.raises(native.GymError):
        env.write(np.array([2**64 - 1], np.uint64))
    with pytest.raises(native.GymError):
        env.read([2.0**64], np.array([0], np.uint64))


def test_inexact_elements_everywhere(given_env):
    bad = 2**53 + 1
    for space, element, path in (
        (spaces.Discrete(4), np.int64(bad), "observation"),
        (spaces.Discrete(4), bad, "observation"),
        (spaces.MultiDiscrete([2, 3]), np.array([0, bad]), "observation[1]"),
        (spaces.OneOf([spaces.Discrete(2), spaces.Discrete(3)]), (1, bad), "observation[1]"),
        (spaces.Box(-1, 1, (2,), np.float64), np.array([0, np.longdouble(1) / 3]), "observation[1]"),
    ):
        if (
            isinstance(element, np.ndarray)
            and element.dtype == np.longdouble
            and np.finfo(np.longdouble).nmant == 52
        ):
            continue
        env = given_env(space)
        with pytest.raises(native.GymError) as caught:
            env.write(element)
        assert caught.value.code == Status.INEXACT, path
        assert path in caught.value.message


# ---------------------------------------------------------------------------------------------- what does not fit

MISFITS = [
    (spaces.Discrete(3), ["1", None, [1], (1, 2), {}, np.array([1])], "observation"),
    (
        spaces.Box(0, 1, (2,)),
        [[1], [[1, 2]], "ab", {1, 2}, np.array(["a", "b"]), [1, "b"], [1, None]],
        "observation",
    ),
    (spaces.MultiBinary(2), [[1], 1, [1, 1, 1]], "observation"),
    (spaces.Text(3), [5, b"ab", "abcd", "a b", ["a"], None], "observation"),
    (
        spaces.Tuple([spaces.Discrete(2), spaces.Text(2)]),
        [(1,), (1, "a", 2), 5, {0: 1, 1: "a"}, "1a"],
        "observation",
    ),
    (spaces.Tuple([spaces.Discrete(2), spaces.Text(2)]), [(1, 5)], "observation[1]"),
    (spaces.Dict(a=spaces.Discrete(2)), [{}, {"b": 1}, {"a": 1, "b": 1}, [("a", 1)], 5], "observation"),
    (spaces.Dict(a=spaces.Text(2)), [{"a": 5}], 'observation["a"]'),
    (
        spaces.OneOf([spaces.Discrete(2), spaces.Text(2)]),
        [1, (2, 0), (-1, 0), (0.5, 0), (0,), "ab", [0, 1]],
        "observation",
    ),
    (spaces.OneOf([spaces.Discrete(2), spaces.Text(2)]), [(0, "a")], "observation[0]"),
    (spaces.OneOf([spaces.Discrete(2), spaces.Text(2)]), [(1, 1)], "observation[1]"),
]


@pytest.mark.parametrize(
    ("space", "elements", "path"),
    MISFITS,
    ids=lambda value: None if isinstance(value, list) else str(value)[:40],
)
def test_misfits(given_env, space, elements, path):
    env = given_env(space)
    before = env.write(space.sample())
    for element in elements:
        env.observation = element
        buffer = np.full(before.size, 7.0)
        with pytest.raises(native.GymError) as caught:
            env.env.library.call(
                "gym_reset", env.env.handle, None, None, buffer.ctypes.data_as(native.DOUBLES), buffer.size
            )
        assert caught.value.code == Status.OBSERVATION, element
        assert caught.value.message.startswith(path), caught.value.message
        assert (buffer == 7).all(), "something was written"


def test_what_numpy_can_take_is_taken(given_env):
    """Elements that Gymnasium would warn of, but whose numbers are clear."""
    for space, element, expected in (
        (spaces.Discrete(3), True, [1]),
        (spaces.Discrete(3), np.array(2), [2]),
        (spaces.Discrete(3), np.uint8(2), [2]),
        (spaces.Discrete(3), 99, [99]),
        (spaces.Box(0, 1, (2,)), [1, 0.5], [1, 0.5]),
        (spaces.Box(0, 1, (2,)), (np.float32(1), True), [1, 1]),
        (spaces.Box(0, 1, (2, 1)), [[1], [2]], [1, 2]),
        (spaces.Box(0, 1, (2, 2), np.uint8), np.array([[1, 2], [3, 4]]).T, [1, 3, 2, 4]),
        (spaces.MultiBinary(2), [True, False], [1, 0]),
        (spaces.MultiDiscrete([2, 2]), np.array([1, 0], ">i2"), [1, 0]),
        (spaces.Tuple([spaces.Discrete(2), spaces.Discrete(3)]), [1, 2], [1, 2]),
        (spaces.Text(3, charset="ab", min_length=1), "", [2, 2, 2]),
        (spaces.OneOf([spaces.Discrete(2), spaces.Box(0, 1, (2,))]), (np.int8(0), 1), [0, 1, 0]),
    ):
        assert given_env(space).write(element).tolist() == expected


def test_a_mapping_need_not_be_a_dict(given_env):
    from types import MappingProxyType

    space = spaces.Dict(a=spaces.Discrete(2), b=spaces.Discrete(3))
    assert given_env(space).write(MappingProxyType({"b": 2, "a": 1})).tolist() == [1, 2]


def test_actions_are_new_each_time(given_env):
    """An environment may keep what it was given."""
    env = given_env(spaces.Box(-1, 1, (2,), np.float64))
    first = env.read([1, 2], np.zeros(2))
    second = env.read([3, 4], np.zeros(2))
    assert first.tolist() == [1, 2]
    assert second.tolist() == [3, 4]
    assert first.flags.owndata
    assert first.flags.writeable


def test_observations_are_copied(given_env):
    env = given_env(spaces.Box(-1, 1, (2,), np.float64))
    observation = np.array([1.0, 2.0])
    numbers = env.write(observation)
    observation[0] = 5
    assert numbers.tolist() == [1, 2]


def test_reading_goes_through_the_padding(given_env):
    env = given_env(spaces.OneOf([spaces.Discrete(2), spaces.Box(-1, 1, (3,)), spaces.Tuple([])]))
    element = (np.int64(0), np.int64(1))
    assert_same_element(env.read([0, 1, 0, 0], element), element)
    assert env.read([2, 0, 0, 0], element) == (2, ())
    for numbers, path in (
        ([0, 1, 0, 5], "[3]"), ([0, 1, np.nan, 0], "[2]"), ([2, 1, 0, 0], "[1]"), ([1.5, 0, 0, 0], "index"),
        ([3, 0, 0, 0], "index"), ([-1, 0, 0, 0], "index"), ([np.nan, 0, 0, 0], "index"),
    ):  # fmt: skip
        with pytest.raises(native.GymError) as caught:
            env.read(numbers, element)
        assert caught.value.code == Status.ACTION
        assert path in caught.value.message, caught.value.message


def test_texts(given_env):
    env = given_env(spaces.Text(3, min_length=0, charset="xyz"))
    for text, numbers in (("", [3, 3, 3]), ("z", [2, 3, 3]), ("xyz", [0, 1, 2]), ("zz", [2, 2, 3])):
        assert env.write(text).tolist() == numbers
        assert env.read(numbers, text) == text
    assert env.write(np.str_("zy")).tolist() == [2, 1, 3]
    for numbers, index in (
        ([3, 0, 3], 1),
        ([0, 4, 3], 1),
        ([0.5, 3, 3], 0),
        ([0, 1, -1], 2),
        ([np.inf, 0, 0], 0),
    ):
        with pytest.raises(native.GymError) as caught:
            env.read(numbers, "")
        assert caught.value.code == Status.ACTION
        assert f"[{index}]" in caught.value.message


# ---------------------------------------------------------------------------------------------- any space at all

leaf_spaces = st.one_of(
    st.builds(
        lambda dtype, shape: spaces.Box(0, 1, shape, np.dtype(dtype)),
        st.sampled_from(["bool", *INTEGERS, "float16", "float32", "float64"]),
        st.lists(st.integers(0, 3), max_size=3).map(tuple),
    ),
    st.builds(lambda n, start: spaces.Discrete(n, start=start), st.integers(1, 9), st.integers(-9, 9)),
    st.builds(spaces.MultiDiscrete, st.lists(st.integers(1, 5), min_size=1, max_size=3)),
    st.builds(spaces.MultiBinary, st.integers(1, 5)),
    st.builds(lambda n: spaces.Text(n, min_length=0), st.integers(1, 5)),
)


def nested(inner):
    return st.one_of(
        st.lists(inner, max_size=3).map(spaces.Tuple),
        st.lists(inner, min_size=1, max_size=3).map(spaces.OneOf),
        st.dictionaries(st.text('ab\n"é', max_size=2), inner, max_size=3).map(spaces.Dict),
    )


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(space=st.recursive(leaf_spaces, nested, max_leaves=10), seed=st.integers(0, 2**31))
def test_any_space(library, space, seed):
    space.seed(seed)
    env = Given(library, space)
    try:
        for _ in range(3):
            element = space.sample()
            numbers = env.write(element)
            assert bits(numbers) == bits(vectors.numbers_of(space, element))
            assert_same_element(env.read(numbers, element), canonical(space, element))
    finally:
        env.env.close()


def test_an_environment_without_spaces(library):
    class Bare(gymnasium.Env):
        def reset(self, *, seed=None, options=None):  # noqa: ARG002
            return 5, {"bare": True}

        def step(self, action):
            raise AssertionError(action)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gymnasium, "make", lambda *_, **__: Bare())
        env = native.Environment("made above", library=library)
    assert (env.observation_size, env.action_size) == (None, None)
    env.reset()
    assert env.info() == {"bare": True}
    assert env.observation_space()["type"] == "other"
    for call in (env.sample_action, lambda: env.step([])):
        with pytest.raises(native.GymError) as caught:
            call()
        assert caught.value.code == Status.DYNAMIC
    with pytest.raises(native.GymError):
        env.seed_action(1)
    env.close()
