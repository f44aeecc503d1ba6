"""Spaces that nobody thought of: what hypothesis makes up, through gym_space_* and an environment.

space_reference.py says independently what is right; a failing description is shrunk to a small one.
"""

import json
import math

import gogym_test_echo as echo
import gogym_test_envs
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.spaces import utils
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import space_elements
import space_reference as reference
from gogym import native
from gogym.status import Status
from space_elements import attempt
from vectors import numbers_of

pytestmark = pytest.mark.filterwarnings("ignore")

INTEGERS = "int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()
FLOATS = {"float16": 16, "float32": 32, "float64": 64}

many = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# ------------------------------------------------------------------------------------------- descriptions

shapes = st.lists(st.integers(0, 3), max_size=3)
seeds = st.integers(0, 2**31)


def numbers_for(dtype):
    if dtype == "bool":
        return st.integers(0, 1)
    if dtype in FLOATS:
        limit = min(float(np.finfo(dtype).max), 1e300)
        return st.floats(-limit, limit, width=FLOATS[dtype], allow_nan=False)
    limits = np.iinfo(dtype)
    return st.integers(int(limits.min), min(int(limits.max), 2**63 - 2))


def nested(draw, numbers, shape):
    if not shape:
        return draw(numbers)
    return [nested(draw, numbers, shape[1:]) for _ in range(shape[0])]


def pairwise(function, left, right):
    if isinstance(left, list):
        return [pairwise(function, a, b) for a, b in zip(left, right, strict=True)]
    return function(left, right)


@st.composite
def boxes(draw):
    dtype = draw(st.sampled_from(["bool", *INTEGERS, *FLOATS]))
    shape = draw(shapes)
    each = draw(st.booleans()) and math.prod(shape) > 0 and len(shape) > 0
    numbers = numbers_for(dtype)
    low, high = (nested(draw, numbers, shape if each else []) for _ in range(2))
    low, high = pairwise(min, low, high), pairwise(max, low, high)
    may_be_open = dtype != "bool" and not dtype.startswith("uint")
    # Integer arrays cannot say that some of their elements have no bound, but through float64.
    if may_be_open and not each:
        low = draw(st.sampled_from([low, low, None]))
        high = draw(st.sampled_from([high, high, None]))
    elif may_be_open and dtype in FLOATS:
        low = pairwise(lambda number, _: draw(st.sampled_from([number, None])), low, low)
    return {"type": "Box", "low": low, "high": high, "shape": shape, "dtype": dtype}


@st.composite
def discretes(draw):
    dtype = draw(st.sampled_from(INTEGERS))
    limits = np.iinfo(dtype)
    n = draw(st.integers(1, 20))
    start = draw(st.integers(int(limits.min), int(limits.max) - n))
    return {"type": "Discrete", "n": n, "start": start, "dtype": dtype}


@st.composite
def multi_discretes(draw):
    dtype = draw(st.sampled_from(INTEGERS[:-1]))
    limits = np.iinfo(dtype)
    shape = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    nvec = nested(draw, st.integers(1, 5), shape)
    start = nested(draw, st.integers(int(limits.min), int(limits.max) - 5), shape)
    return {"type": "MultiDiscrete", "nvec": nvec, "start": start, "dtype": dtype}


@st.composite
def texts(draw):
    least = draw(st.integers(0, 3))
    longest = draw(st.integers(least, 5))
    # NumPy drops NUL where Gymnasium samples; a text of the table has it.
    characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    charset = draw(st.text(characters, min_size=1, max_size=5))
    return {"type": "Text", "max_length": longest, "min_length": least, "charset": charset}


multi_binaries = st.builds(
    lambda n: {"type": "MultiBinary", "n": n},
    st.one_of(st.integers(1, 5), st.lists(st.integers(1, 3), min_size=1, max_size=3)),
)
leaves = st.one_of(boxes(), discretes(), multi_discretes(), multi_binaries, texts())

keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=3) | st.sampled_from(
    ["__tuple__", "a", "b"]
)


def composites(inner):
    return st.one_of(
        st.builds(lambda parts: {"type": "Tuple", "spaces": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda parts: {"type": "OneOf", "spaces": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda parts: {"type": "Dict", "spaces": [list(pair) for pair in parts.items()]},
            st.dictionaries(keys, inner, max_size=3),
        ),
        st.builds(
            lambda parts: {"type": "Dict", "spaces": parts},
            st.dictionaries(keys.filter(lambda key: not key.startswith("__")), inner, max_size=3),
        ),
    )


def dynamics(inner):
    return st.one_of(
        composites(inner),
        st.builds(lambda part: {"type": "Sequence", "space": part}, inner),
        st.builds(lambda part: {"type": "Sequence", "space": part, "stack": True}, boxes() | discretes()),
        st.builds(
            lambda node, edge: {"type": "Graph", "node_space": node, "edge_space": edge},
            discretes() | multi_binaries | texts(),
            st.none() | discretes() | multi_binaries,
        ),
    )


fixed = st.recursive(leaves, composites, max_leaves=8)
any_space = st.recursive(leaves, dynamics, max_leaves=8)


def made(description):
    """Gymnasium's space; a description that Gymnasium refuses, or warns of an overflow for, is none."""
    with np.errstate(all="ignore"):
        space, error = attempt(echo.build, echo.untagged(description))
    assume(not error)
    return space


def bits(numbers):
    return np.asarray(numbers, np.float64).tobytes()


def assert_same_value(actual, expected):
    assert type(actual) is type(expected), (actual, expected)
    if isinstance(expected, dict):
        assert list(actual) == list(expected)
        for key, item in expected.items():
            assert_same_value(actual[key], item)
    elif isinstance(expected, (tuple, list)):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_same_value(one, other)
    elif isinstance(expected, np.ndarray):
        assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
        assert actual.tobytes() == expected.tobytes()
    else:
        assert actual == expected


# ------------------------------------------------------------------------------------------- the space itself


@many
@given(description=any_space)
def test_descriptions(library, description):
    expected = reference.describe(made(description))
    with native.Space.make(description, library) as space:
        assert_same_value(space.value(), expected)
        for field in ("size", "nbytes", "flatdim"):
            assert getattr(space, field) == (None if expected[field] < 0 else expected[field])
        written = json.dumps(description)
        with native.Space.make(written, library) as again:
            assert_same_value(again.value(), expected)


@many
@given(description=any_space, seed=seeds, forms=st.lists(st.sampled_from("dnvp"), max_size=8))
def test_samples_with_draws_of_python_between(library, description, seed, forms):
    """One generator for C and Python: whoever draws, draws the next one."""
    twin = made(description)
    shared = echo.build(echo.untagged(description))
    gogym_test_envs.GIVEN.clear()
    gogym_test_envs.GIVEN.update(space=shared, action_space=shared)
    env = native.Environment("gogym_test/Given-v0", library=library)
    space = env.observation_space_handle()
    env.close()
    assert_same_value(space.seed(seed), twin.seed(seed))
    for form in forms:
        with np.errstate(all="ignore"):
            expected, error = attempt(twin.sample)
        assume(not error)
        if form == "p":
            assert echo.tell(shared.sample()) == echo.tell(expected)
        elif form == "v" or not reference.is_fixed(twin):
            assert_same_value(space.sample_value(), reference.value_of(twin, expected))
        elif form == "n":
            assert space.sample_native() == reference.native_of(twin, expected)
        elif space_elements.inexact(twin, expected) is None:
            assert bits(space.sample()) == bits(numbers_of(twin, expected))
        else:
            with pytest.raises(native.GymError) as caught:
                space.sample()
            assert caught.value.code == Status.INEXACT
            assert space_elements.inexact(twin, expected) in caught.value.message
    space.close()


@many
@given(description=fixed, seed=seeds)
def test_flatten_and_back(library, description, seed):
    twin = made(description)
    twin.seed(seed)
    element, error = attempt(twin.sample)
    assume(not error)
    flat, error = attempt(reference.flat_of, twin, element)
    assume(not error)
    theirs, error = attempt(utils.flatten, twin, element)
    if not error:
        assert (theirs.dtype, theirs.tobytes()) == (flat.dtype, flat.tobytes())
    with native.Space.make(description, library) as space:
        assert space.value()["flat_dtype"] == flat.dtype.name
        content = reference.native_of(twin, element)
        assert space.flatten_native(content) == flat.tobytes()
        back = reference.unflat_of(twin, flat)
        assert space.unflatten_native(flat.tobytes()) == reference.native_of(twin, back)
        if space_elements.inexact(twin, element) is None:
            numbers = numbers_of(twin, element)
            assert bits(space.flatten(numbers)) == bits(flat)
            assert bits(space.unflatten(flat.astype(np.float64))) == bits(numbers)


@many
@given(description=fixed, seed=seeds, data=st.data())
def test_contains(library, description, seed, data):
    twin = made(description)
    twin.seed(seed)
    element, error = attempt(twin.sample)
    assume(not error)
    with native.Space.make(description, library) as space:
        verdict = twin.contains(reference.canonical(twin, element))
        assert space.contains_native(reference.native_of(twin, element)) == verdict
        assert space.contains_value(reference.json_of(twin, element)) == verdict
        for content in space_elements.wrong_bytes(twin, [element]):
            wrong, error = attempt(reference.from_native, twin, content)
            assert space.contains_native(content) == (not error and twin.contains(wrong)), content.hex()
        assume(space_elements.inexact(twin, element) is None)
        numbers = numbers_of(twin, element)
        assert space.contains(numbers) == verdict
        wrong_ones = [numbers for numbers, _ in space_elements.wrong_numbers(twin, [element])]
        if numbers:
            position = data.draw(st.integers(0, len(numbers) - 1))
            numbers[position] = data.draw(st.floats())
            wrong_ones.append(numbers)
        for numbers in wrong_ones:
            wrong, error = attempt(reference.from_numbers, twin, numbers)
            assert space.contains(numbers) == (not error and twin.contains(wrong)), numbers


@many
@given(description=fixed, data=st.data())
def test_unflatten_of_anything(library, description, data):
    """What Gymnasium's unflatten makes of an array that no flatten gave, or a refusal; never something else."""
    twin = made(description)
    assume(utils.flatdim(twin) <= 60)
    dtype = reference.flat_dtype_of(twin)
    numbers = st.integers(0, 3) if dtype.kind in "iu" else st.integers(0, 1)
    if dtype.kind == "f":
        numbers = st.integers(0, 3) | st.sampled_from([0.5, -1.0, -0.0, math.nan, math.inf])
    count = utils.flatdim(twin)
    flat = np.array(data.draw(st.lists(numbers, min_size=count, max_size=count)), dtype)
    with np.errstate(all="ignore"):
        expected, error = attempt(utils.unflatten, twin, flat)
    with native.Space.make(description, library) as space:
        content, refusal = attempt_call(space.unflatten_native, flat.tobytes())
        as_numbers, as_refusal = attempt_call(space.unflatten, flat.astype(np.float64))
    if content is not None and not error and twin.contains(reference.canonical(twin, expected)):
        assert content == reference.native_of(twin, expected)
    if as_numbers is not None and content is not None:
        assert bits(as_numbers) == bits(numbers_of(twin, reference.from_native(twin, content)))
    for one in (refusal, as_refusal):
        assert one is None or one.message.startswith(("flat", "element"))
    assert refusal is None or refusal.code == Status.ELEMENT
    assert as_refusal is None or as_refusal.code in (Status.ELEMENT, Status.INEXACT)


def attempt_call(function, *arguments):
    try:
        return function(*arguments), None
    except native.GymError as error:
        return None, error


@many
@given(description=any_space)
def test_random_seeds_can_be_given_again(library, description):
    twin = made(description)
    with native.Space.make(description, library) as space:
        seeds = space.seed(None)
        given_again = json.dumps(space_elements.jsonable_seeds(seeds))
        assert_same_value(twin.seed(seeds), seeds)
        expected, error = attempt(twin.sample)
        assume(not error)
        assert_same_value(space.sample_value(), reference.value_of(twin, expected))
        assert_same_value(space.seed(given_again), seeds)
        assert_same_value(space.sample_value(), reference.value_of(twin, expected))


# ------------------------------------------------------------------------------------------- environments


class Echo:
    """An environment with these spaces that observes its last action."""

    def __init__(self, library, description):
        self.space = made(description)
        gogym_test_envs.GIVEN.clear()
        gogym_test_envs.GIVEN.update(space=self.space, step=self._step, reset=lambda: (self.action, {}))
        gogym_test_envs.GIVEN["action_space"] = self.space
        self.action = None
        self.native = native.Environment("gogym_test/Given-v0", library=library)

    def _step(self, action):
        self.action = action
        return action, 0.0, False, False, {}


@many
@given(description=any_space, seed=seeds)
def test_actions_and_observations(library, description, seed):
    env = Echo(library, description)
    space = env.space
    space.seed(seed)
    element, error = attempt(space.sample)
    assume(not error)
    element = reference.canonical(space, element)
    seen = echo.tell(element)
    env.action = element
    env.native.reset_native()
    expected = reference.value_of(space, element)
    assert_same_value(env.native.observation(), expected)
    for tagged in (False, True):
        observed, *_ = env.native.step_value(reference.json_of(space, element, tagged=tagged))
        assert_same_value(observed, expected)
        assert echo.tell(env.action) == seen
    if reference.is_fixed(space):
        content = reference.native_of(space, element)
        assert env.native.step_native(content)[0] == content
        assert echo.tell(env.action) == seen
        place = space_elements.inexact(space, element, "observation")
        if place is None:
            numbers = numbers_of(space, element)
            assert bits(env.native.step(numbers)[0]) == bits(numbers)
            assert echo.tell(env.action) == seen
        else:
            with pytest.raises(native.GymError) as caught:
                env.native.reset()
            assert caught.value.code == Status.INEXACT
            assert place in caught.value.message
    env.native.close()


@many
@given(description=fixed, seed=seeds)
def test_special_floats(library, description, seed):
    env = Echo(library, description)
    env.space.seed(seed)
    element, error = attempt(env.space.sample)
    assume(not error)
    for special in space_elements.special(env.space, [element]):
        numbers = numbers_of(env.space, special)
        env.action = special
        assert bits(env.native.reset()) == bits(numbers)
        assert bits(env.native.step(numbers)[0]) == bits(numbers)
        assert echo.tell(env.action) == echo.tell(special)
    for special in space_elements.payloads(env.space, [element]):
        content = reference.native_of(env.space, special)
        assert env.native.step_native(content)[0] == content
    env.native.close()


@many
@given(description=fixed, seed=seeds)
def test_actions_that_no_dtype_holds(library, description, seed):
    """They are refused by name, and the environment never hears of them."""
    env = Echo(library, description)
    env.space.seed(seed)
    element, error = attempt(env.space.sample)
    assume(not error)
    env.action = reference.canonical(env.space, element)
    env.native.reset_native()
    for numbers, _ in space_elements.wrong_numbers(env.space, [element]):
        env.action = "untouched"
        wrong, misfit = attempt(reference.from_numbers, env.space, numbers, "action", to_infinity=False)
        if misfit:
            with pytest.raises(native.GymError) as caught:
                env.native.step(numbers)
            assert caught.value.code == Status.ACTION
            assert str(misfit) in caught.value.message
            assert env.action == "untouched"
        else:
            env.native.step(numbers)
            assert echo.tell(env.action) == echo.tell(wrong)
    env.native.close()


def test_a_custom_space_inside(library):
    space = spaces.Dict({"m": echo.Mission(), "d": spaces.Discrete(3)})
    gogym_test_envs.GIVEN.clear()
    gogym_test_envs.GIVEN.update(
        space=space, action_space=space, reset=({"m": "go to the red door", "d": 1}, {})
    )
    with native.Environment("gogym_test/Given-v0", library=library) as env:
        assert env.reset() is None
        assert env.observation() == {"m": "go to the red door", "d": 1}
        with env.observation_space_handle() as handle:
            assert (handle.size, handle.nbytes, handle.flatdim) == (None, None, None)
            with handle.child(1) as child:
                assert child.value()["type"] == "other"
