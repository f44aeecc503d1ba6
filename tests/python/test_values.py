"""Python objects as gym_value and back: everything that an info can hold, read through the accessors of C."""

import collections
import contextlib
import ctypes
import decimal
import enum
import math
import struct

import gogym_test_envs
import gogym_test_infos
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gogym import native
from gogym.native import Other


@pytest.fixture(scope="module")
def through(library):
    """Sends a value through an info and back."""
    info = {}
    gogym_test_envs.GIVEN.clear()
    gogym_test_envs.GIVEN.update(reset=lambda: (np.zeros(3), info))
    with native.Environment("gogym_test/Given-v0", library=library) as env:

        def send(value):
            info.clear()
            info["value"] = value
            env.reset()
            return env.info()["value"]

        yield send


@pytest.fixture
def infos(library):
    with native.Environment("gogym_test/Info-v0", library=library) as env:

        def get(which):
            env.reset(options={"which": which})
            return env.info()

        yield get


def assert_equal(actual, expected):
    assert type(actual) is type(expected), f"{actual!r} instead of {expected!r}"
    if isinstance(expected, float):
        assert struct.pack("d", actual) == struct.pack("d", expected)
    elif isinstance(expected, dict):
        assert len(actual) == len(expected)
        for (key, item), (expected_key, expected_item) in zip(actual.items(), expected.items(), strict=True):
            assert_equal(key, expected_key)
            assert_equal(item, expected_item)
    elif isinstance(expected, (list, tuple)):
        assert len(actual) == len(expected)
        for item, expected_item in zip(actual, expected, strict=True):
            assert_equal(item, expected_item)
    elif isinstance(expected, np.ndarray):
        assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
        assert actual.tobytes() == expected.tobytes()
    else:
        assert actual == expected


@pytest.mark.parametrize(
    "which", ["empty", "plain", "floats", "containers", "keys", "wide", "large", "integers"]
)
def test_what_comes_back_as_it_was(infos, which):
    assert_equal(infos(which), gogym_test_infos.INFOS[which]())


@pytest.mark.parametrize("which", gogym_test_infos.INFOS)
def test_every_info_can_be_had(infos, which):
    info = infos(which)
    expected = gogym_test_infos.INFOS[which]()
    assert len(info) == len(expected)
    for key, text in zip(info, expected, strict=True):
        assert key == text or isinstance(key, Other)


@pytest.mark.parametrize("which", gogym_test_infos.INFOS)
def test_every_info_has_json_and_a_block(library, which):
    with native.Environment("gogym_test/Info-v0", {"which": which}, library=library) as env:
        env.reset()
        out = ctypes.c_void_p()
        library.call("gym_info", env.handle, ctypes.byref(out))
        try:
            assert library.json(out.value).startswith("{")
            library.from_block(library.block(out.value))
        finally:
            library.c.gym_value_free(out)


def test_integers(through):
    for value in (0, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)):
        assert_equal(through(value), value)
    for value in (2**63, -(2**63) - 1, 10**100):
        assert_equal(through(value), value)  # native reads an `other` of class int


def test_an_integer_beyond_all_digits(infos):
    # gogym.h promises decimal digits, also where Python itself refuses to write or read them.
    value = infos("beyond-digits")["value"]
    assert value.class_name == "int"
    digits = value.repr
    assert digits.isdecimal()
    pieces = [int(digits[max(i - 1000, 0) : i]) for i in range(len(digits), 0, -1000)]
    assert sum(piece * 10 ** (1000 * i) for i, piece in enumerate(pieces)) == 7**6000


def test_numbers_of_numpy_are_plain(through):
    for dtype in "int8 int16 int32 int64 uint8 uint16 uint32 uint64".split():
        assert_equal(through(np.iinfo(dtype).max.__class__(np.iinfo(dtype).max)), np.iinfo(dtype).max)
        assert_equal(through(np.dtype(dtype).type(7)), 7)
    assert_equal(through(np.uint64(2**64 - 1)), 2**64 - 1)
    assert_equal(through(np.True_), True)
    for dtype in (np.float16, np.float32, np.float64):
        assert_equal(through(dtype(0.1)), float(dtype(0.1)))
    assert_equal(through(np.float32("-inf")), -math.inf)
    assert math.isnan(through(np.float16("nan")))
    assert_equal(through(np.longdouble(0.5)), 0.5)
    if np.finfo(np.longdouble).nmant > 52:
        third = through(np.longdouble(1) / 3)  # not a float64: it must not be rounded
        assert isinstance(third, Other)
        assert third.class_name == "numpy.longdouble"


def test_texts_and_bytes(through):
    for value in ("", "a\0b", "é😀\u200d", '"\\\n\t', "x" * 100_000):
        assert_equal(through(value), value)
    for value in (b"", b"\0\xff", bytes(range(256))):
        assert_equal(through(value), value)
        assert_equal(through(bytearray(value)), value)
        assert_equal(through(memoryview(value)), value)
    assert_equal(through(np.str_("text")), "text")
    assert_equal(through(np.bytes_(b"raw")), b"raw")
    lone = through("a\udc80b")
    assert lone == Other("str", "'a\\udc80b'")


class Level(enum.IntEnum):
    HIGH = 3


class Name(str):
    __slots__ = ()


class Words(enum.Enum):
    ONE = "one"


class TextEnum(str, enum.Enum):
    ONE = "one"


Pair = collections.namedtuple("Pair", "a b")


def test_subclasses_count_as_their_base(through):
    assert_equal(through(Level.HIGH), 3)
    assert_equal(through(Name("name")), "name")
    assert_equal(through(TextEnum.ONE), "one")
    assert_equal(through(Pair(1, 2)), (1, 2))
    assert_equal(through(collections.defaultdict(list, a=[1])), {"a": [1]})
    assert_equal(through(collections.Counter("aab")), {"a": 2, "b": 1})
    assert_equal(through({Name("key"): 1, Level.HIGH: 2}), {"key": 1, 3: 2})
    assert isinstance(through(Words.ONE), Other)


def test_an_ordered_dict_keeps_its_order(through):
    value = collections.OrderedDict(a=1, b=2, c=3)
    value.move_to_end("a")
    assert_equal(through(value), {"b": 2, "c": 3, "a": 1})


class Vanishing(dict):
    """A dict whose items() fails: it is a foreign class."""

    def items(self):
        raise RuntimeError("no items")


def test_a_dict_with_odd_methods(through):
    """It degrades to an `other`, and does not fail what stands beside it."""
    first, second = through([Vanishing(a=1), 2])
    assert isinstance(first, native.Other)
    assert "Vanishing" in first.class_name
    assert second == 2


@pytest.mark.parametrize(
    "dtype",
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 longdouble".split(),
)
def test_arrays(through, dtype):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    for value in (
        array, array[::-1], array[:, ::2], array.T, array[..., None], np.asfortranarray(array), array[:0], array[0, 0, 0:1].reshape(()),
        array.astype(np.dtype(dtype).newbyteorder("S")), np.broadcast_to(array[0, 0, 1], (2, 2)),
    ):  # fmt: skip
        assert_equal(through(value), np.array(value.astype(dtype), order="C"))
    read_only = array.copy()
    read_only.flags.writeable = False
    assert_equal(through(read_only), array)


def test_arrays_of_other_things(through):
    assert_equal(through(np.array(["a", "bc"])), ["a", "bc"])
    assert_equal(through(np.array([[b"a"], [b"bc"]])), [[b"a"], [b"bc"]])
    assert_equal(through(np.array([1, None, "x", [2]], object)), [1, None, "x", [2]])
    assert_equal(through(np.array("text")), "text")
    for value in (
        np.array(["2020-01-01"], "M8[D]"), np.zeros(2, "i4,f4"), np.ma.array([1, 2], mask=[0, 1]), np.datetime64("2020-01-01"),
        np.timedelta64(3, "s"), np.complex64(1), 1 + 2j, decimal.Decimal("1.10"), {1}, range(3), ..., len, int,
    ):  # fmt: skip
        other = through(value)
        assert isinstance(other, Other), value
        assert other.repr == repr(value)
    assert_equal(through(np.asmatrix([[1, 2]])), np.array([[1, 2]]))


def test_a_subclass_of_array(through):
    class Tagged(np.ndarray):
        pass

    assert_equal(through(np.arange(3).view(Tagged)), np.arange(3))


class Hostile:
    def __init__(self, error):
        self.error = error

    def __repr__(self):
        raise self.error


class Longwinded:
    def __repr__(self):
        return "long " * 200_000


class Mute:
    def __repr__(self):
        return 5


def test_objects_whose_repr_fails(through):
    for error in (ValueError("x"), RecursionError(), MemoryError()):
        assert "Hostile" in through(Hostile(error)).repr
    assert "Mute" in through(Mute()).repr
    assert through(Longwinded()).repr == "long " * 200_000


class Unhappy(type):
    @property
    def __module__(cls):
        raise RuntimeError("no module")


def test_a_class_without_a_name(through):
    with contextlib.suppress(native.GymError):  # told or named in some way, but not crashed
        assert isinstance(through(Unhappy("Nameless", (), {})()), Other)


def test_what_holds_itself_ends(infos):
    """A cycle becomes an `other` at some depth; nothing hangs or crashes, however it is nested."""
    for which, next_item in (
        ("cycle-list", lambda value: value[1]), ("cycle-dict", lambda value: value["self"]), ("cycle-array-1d", lambda value: value[0]),
    ):  # fmt: skip
        info = infos(which)
        value = info if which == "cycle-dict" else info["value"]
        for _ in range(10_000):
            if isinstance(value, Other):
                break
            value = next_item(value)
        assert isinstance(value, Other), which
    assert isinstance(infos("cycle-array-0d")["value"], Other)


def test_a_dict_that_changes_while_it_is_read(through):
    class Meddler:
        def __repr__(self):
            value.clear()
            value.update({str(i): i for i in range(100)})
            items.clear()
            return "meddled"

    items = [Meddler(), 1, 2]
    value = {"a": Meddler(), "b": items, "c": 3}
    result = through(value)
    assert next(iter(result)) == "a"


def test_the_info_is_that_of_the_last_success(library):
    steps = [(np.zeros(3), 0.0, False, False, {"at": 1}), (np.zeros(9), 0.0, False, False, {"at": 2})]
    gogym_test_envs.GIVEN.clear()
    gogym_test_envs.GIVEN.update(reset=(np.zeros(3), {"at": 0}), step=lambda _: steps.pop(0))
    with native.Environment("gogym_test/Given-v0", library=library) as env:
        with pytest.raises(native.GymError, match="RESET_NEEDED"):
            env.info()
        env.reset()
        assert env.info() == {"at": 0}
        env.step([0])
        assert env.info() == {"at": 1}
        with pytest.raises(native.GymError):
            env.step([0])
        assert env.info() == {"at": 1}


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
)


def is_itself(value):
    return not (isinstance(value, float) and math.isnan(value))


hashable = st.recursive(
    scalars.filter(is_itself),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(hashable, inner, max_size=4)
    ),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values)
def test_any_value(through, value):
    assert_equal(through(value), value)
