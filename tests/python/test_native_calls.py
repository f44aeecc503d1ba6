"""Native buffers, values and spaces in the cases that are easily got wrong."""

import contextlib
import ctypes
import json
from ctypes import byref, c_void_p

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from gogym import native
from gogym.status import Status

INT64_MAX = 2**63 - 1


class Review(gymnasium.Env):
    """Has the spaces and gives the observations that a test has put here."""

    observations = spaces.Discrete(3)
    actions = spaces.Discrete(3)
    observed = 0
    on_step = None

    def __init__(self):
        self.observation_space = self.observations
        self.action_space = self.actions

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        super().reset(seed=seed)
        return self.observed, {}

    def step(self, action):
        if type(self).on_step is not None:
            type(self).on_step(self, action)
        return self.observed, 1.0, False, False, {}


class InPlace(gymnasium.Env):
    """Writes where the caller wants it, and gives what `shape` makes of that."""

    gogym_observation_buffer = None
    steps_given = staticmethod(lambda array: (array, {}))

    def __init__(self):
        self.observation_space = spaces.Box(-100, 100, (2, 2), np.float32)
        self.action_space = spaces.Discrete(2)
        self.count = 0

    def _observe(self):
        self.count += 1
        array = self.gogym_observation_buffer
        if array is None:
            array = np.empty((2, 2), np.float32)
        array[...] = self.count
        return array

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        return self._observe(), {}

    def step(self, action):  # noqa: ARG002
        observation, info = type(self).steps_given(self._observe())
        return observation, 1.0, False, False, info


class Difference(gymnasium.Wrapper):
    """Keeps the last observation, as stacking frames does."""

    def reset(self, **kwargs):
        self.last, info = self.env.reset(**kwargs)
        return self.last, info

    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        difference = observation - self.last
        self.last = observation
        return difference, reward, terminated, truncated, info


class OwnBuffer(gymnasium.Env):
    """Has an attribute called gogym_observation_buffer that has nothing to do with gogym."""

    gogym_observation_buffer = None

    def __init__(self):
        self.observation_space = spaces.Box(-1, 1, (2,), np.float32)
        self.action_space = spaces.Discrete(2)
        self.gogym_observation_buffer = []

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        self.gogym_observation_buffer.append(0)
        return np.zeros(2, np.float32), {}

    def step(self, action):  # noqa: ARG002
        self.gogym_observation_buffer.append(1)
        return np.zeros(2, np.float32), 0.0, False, False, {"kept": len(self.gogym_observation_buffer)}


for name, entry in (
    ("Review", Review),
    ("InPlace", InPlace),
    ("Difference", lambda: Difference(InPlace())),
    ("OwnBuffer", OwnBuffer),
):
    gymnasium.register(f"gogym_test/{name}-v0", entry, order_enforce=False, disable_env_checker=True)


def make(name="Review"):
    return native.Environment(f"gogym_test/{name}-v0")


@pytest.fixture
def review(monkeypatch):
    def make_review(observations=None, actions=None, observed=0, on_step=None):
        monkeypatch.setattr(
            Review, "observations", spaces.Discrete(3) if observations is None else observations
        )
        monkeypatch.setattr(Review, "actions", spaces.Discrete(3) if actions is None else actions)
        monkeypatch.setattr(Review, "observed", observed)
        monkeypatch.setattr(Review, "on_step", on_step)
        return make()

    return make_review


def value_json(function, handle):
    library = native.load()
    out = c_void_p()
    library.call(function, handle, byref(out))
    text = library.json(out.value)
    library.c.gym_value_free(out)
    return text


# ---------------------------------------------------------------------------------- an action space is replaced


def test_sample_of_a_replaced_action_space_stays_in_the_buffer(review):
    """gym_sample_action_native checked the buffer against the old space and wrote an element of the new one."""

    def replace(env, _action):
        env.action_space = spaces.Box(-1, 1, (2,), np.float64)

    with review(actions=spaces.Box(-1, 1, (2,), np.float32), on_step=replace) as env:
        env.reset()
        env.step([0, 0])
        buffer = ctypes.create_string_buffer(b"\xaa" * 64, 64)
        with contextlib.suppress(native.GymError):  # to refuse it is one way
            env.library.call("gym_sample_action_native", env.handle, buffer, 8)
        assert buffer.raw[8:] == b"\xaa" * 56


def test_nbytes_of_a_replaced_action_space_are_what_step_takes(review):
    def replace(env, _action):
        env.action_space = spaces.Box(-1, 1, (2,), np.float64)

    with review(actions=spaces.Box(-1, 1, (2,), np.float32), on_step=replace) as env:
        env.reset()
        env.step([0, 0])
        with contextlib.suppress(native.GymError):
            env.library.call("gym_sample_action_native", env.handle, ctypes.create_string_buffer(16), 16)
        size = env.library.size("gym_action_nbytes", env.handle)
        env.step_native(bytes(size))


# ---------------------------------------------------------------------------------- writing in place


def step_into(env, buffer):
    transition = native.Transition()
    pointer = c_void_p(ctypes.addressof(buffer))
    env.library.call("gym_step_native", env.handle, bytes(8), 8, pointer, len(buffer), byref(transition))


def views_as_list(array):
    return [array[0], array[1]], {}


def view_in_info(array):
    return array.copy(), {"frame": array}


@pytest.mark.parametrize("given", [views_as_list, view_in_info])
def test_nothing_points_into_the_callers_buffer_after_the_call(monkeypatch, given):
    """Buffers belong to the caller; the library keeps no pointer past the call."""
    monkeypatch.setattr(InPlace, "steps_given", staticmethod(given))
    with make("InPlace") as env:
        env.reset_native()
        buffer = (ctypes.c_ubyte * 16)()
        try:
            step_into(env, buffer)
        except native.GymError:
            return  # to refuse it is one way
        ctypes.memset(buffer, 0x77, 16)  # the caller's memory is something else now
        for tree in (env.observation(), env.info().get("frame", np.full((2, 2), 2))):
            assert np.array_equal(tree, np.full((2, 2), 2.0))


def test_the_last_observation_is_the_callers_after_a_step_in_place():
    with make("InPlace") as env:
        env.reset_native()
        buffer = (ctypes.c_ubyte * 16)()
        step_into(env, buffer)
        assert np.array_equal(np.frombuffer(bytes(buffer), np.float32), np.full(4, 2.0))
        with pytest.raises(native.GymError, match="UNSUPPORTED"):
            env.observation()
        env.step([0])
        assert np.array_equal(env.observation(), np.full((2, 2), 3.0))


def test_a_wrapper_that_keeps_the_last_observation_is_not_deceived():
    with make("Difference") as env:
        buffer = (ctypes.c_ubyte * 16)()
        env.library.call("gym_reset_native", env.handle, None, None, c_void_p(ctypes.addressof(buffer)), 16)
        step_into(env, buffer)
        assert np.array_equal(np.frombuffer(bytes(buffer), np.float32), np.ones(4))


def test_an_attribute_of_the_same_name_is_the_environments():
    with make("OwnBuffer") as env:
        env.reset_native()
        env.step_native(bytes(8))
        assert env.info() == {"kept": 2}


# ---------------------------------------------------------------------------------- observations


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "uint64", "float32"])
def test_an_object_array_of_numbers_is_an_observation(review, dtype):
    space = spaces.Box(0, 1, (2,), np.dtype(dtype))
    with review(space, observed=np.array([1, 0], object)) as env:
        assert env.reset_native() == np.array([1, 0], dtype).tobytes()
        assert list(env.reset()) == [1, 0]


def test_a_list_of_integers_keeps_them_in_the_native_layout(review):
    """NumPy makes float64 of a list with integers on both sides of 2**63; the space's dtype holds them."""
    space = spaces.Box(0, 2**64 - 1, (2,), np.uint64)
    with review(space, observed=[2**64 - 1, 5]) as env:
        assert env.reset_native() == np.array([2**64 - 1, 5], np.uint64).tobytes()


# ---------------------------------------------------------------------------------- bytes that are no bool


def test_a_byte_that_is_no_bool_belongs_to_no_space():
    with native.Space.make('{"type": "Box", "low": 0, "high": 1, "shape": [2], "dtype": "bool"}') as space:
        assert space.contains_native(b"\1\0")
        assert not space.contains_native(b"\2\0")
        with pytest.raises(native.GymError) as caught:
            space.flatten_native(b"\1\2")
        assert caught.value.code == Status.ELEMENT
        assert "element[1]" in caught.value.message


# ---------------------------------------------------------------------------------- descriptions of spaces


def test_bounds_of_64_bits_are_exact_beside_no_bound():
    description = {"type": "Box", "low": [2**53 + 1, None], "high": [2**60 + 1, None], "dtype": "int64"}
    with native.Space.make(json.dumps(description)) as space:
        value = space.value()
        assert value["low"].tolist() == [2**53 + 1, -(2**63)]
        assert value["high"].tolist() == [2**60 + 1, INT64_MAX]


def test_no_bound_above_of_an_int64_is_none():
    with native.Space.make('{"type": "Box", "low": [0, 0], "high": [5, null], "dtype": "int64"}') as space:
        assert space.contains([3, 2.0**40])
        for _ in range(5):
            assert space.contains(space.sample())


def test_a_space_made_from_its_value_samples_alike(review):
    """gogym.h: what gym_value_to_json writes of a space's value is a description too."""
    with (
        review(spaces.Box(-np.inf, 5, (3,), np.int32)) as env,
        env.observation_space_handle() as space,
        native.Space.make(value_json("gym_space_value", space.handle)) as other,
    ):
        space.seed(1)
        other.seed(1)
        assert space.sample_native() == other.sample_native()


def test_an_empty_multi_discrete_keeps_its_shape(review):
    empty = spaces.MultiDiscrete(np.zeros((0, 3), np.int64))
    with (
        review(empty) as env,
        env.observation_space_handle() as space,
        native.Space.make(value_json("gym_space_value", space.handle)) as other,
    ):
        assert other.value()["shape"] == (0, 3)


# ---------------------------------------------------------------------------------- elements as JSON


@pytest.mark.parametrize(
    "feature", [spaces.Box(-1, 1, (2,)), spaces.Discrete(3), spaces.Dict(a=spaces.Discrete(3))], ids=str
)
def test_an_empty_stack_is_an_element(review, feature):
    seen = []
    space = spaces.Sequence(feature, stack=True)
    with review(actions=space, on_step=lambda _env, action: seen.append(action)) as env:
        env.reset()
        env.step_value("[]")
        expected = gymnasium.vector.utils.create_empty_array(feature, 0)
        assert repr(seen) == repr([expected])


def test_a_graph_without_nodes_is_a_graph(review):
    seen = []
    graph = spaces.Graph(spaces.Box(-1, 1, (2,)), None)
    with review(actions=graph, on_step=lambda _env, action: seen.append(action)) as env:
        env.reset()
        env.step_value('{"nodes": []}')
        assert isinstance(seen[0], spaces.GraphInstance)
        assert seen[0].nodes.shape == (0, 2)


@pytest.mark.parametrize("text", ["[16777217, 0]", "[16777217.0, 0]", "[123456789012, 0]"])
def test_whole_numbers_for_floats_are_rounded_as_fractions_are(review, text):
    """gym_step takes them, and JSON does not tell 16777217 from 16777217.0."""
    seen = []
    space = spaces.Box(-np.inf, np.inf, (2,), np.float32)
    with review(actions=space, on_step=lambda _env, action: seen.append(action)) as env:
        env.reset()
        env.step(json.loads(text))
        env.step_value(text)
        assert seen[0].tobytes() == seen[1].tobytes()


def test_complex_numbers_are_no_elements(recwarn):
    with native.Space.make('{"type": "Box", "low": -1, "high": 1, "shape": [1]}') as space:
        assert not space.contains_value('{"__ndarray__": [1], "dtype": "complex64"}')
    assert not recwarn.list


def test_true_is_an_element_of_discrete_as_gymnasium_says():
    with native.Space.make('{"type": "Discrete", "n": 2}') as space:
        assert space.contains_value("true") == spaces.Discrete(2).contains(True)


def test_a_mask_of_the_wrong_length_is_refused_in_gymnasiums_words():
    space = spaces.Tuple([spaces.Discrete(2), spaces.Discrete(3)])
    with pytest.raises(AssertionError) as expected:
        space.sample(mask=(np.array([1, 0], np.int8),))
    description = {"type": "Tuple", "spaces": [{"type": "Discrete", "n": 2}, {"type": "Discrete", "n": 3}]}
    with native.Space.make(description) as handle, pytest.raises(native.GymError) as caught:
        handle.sample_value({"mask": [[1, 0]]})
    assert caught.value.message == str(expected.value)


# ---------------------------------------------------------------------------------- values


def test_graphs_in_a_stack_are_dicts_too(review):
    graph = spaces.Graph(spaces.Discrete(3), None)
    element = (graph.sample(num_nodes=2), graph.sample(num_nodes=1))
    with review(spaces.Sequence(graph, stack=True), observed=element) as env:
        env.reset()
        assert [part["nodes"].tolist() for part in env.observation()] == [
            part.nodes.tolist() for part in element
        ]
