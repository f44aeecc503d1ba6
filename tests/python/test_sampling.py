"""Random elements drawn without Python: the very draws that space.sample() makes, from the same stream."""

import copy
import functools
import sys
import threading
import types
import warnings

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, OneOf, Text, Tuple
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.random import MT19937, PCG64, PCG64DXSM, SFC64, Generator, Philox

from gogym import _bridge
from gogym.space import describe

INF = np.inf
INTEGERS = "int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()
FLOATS = "float16 float32 float64".split()

# Gymnasium's sample warns of what it overflows.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")


def native_bytes(space, element, node=None):
    """An element in the native layout, as gogym.space describes it."""
    node = node or describe(space)
    out = bytearray(node["nbytes"])

    def write(space, node, element):
        place = node["byte_offset"]
        if isinstance(space, Dict):
            for child, key in zip(node["spaces"], node["keys"], strict=True):
                write(space[key], child, element[key])
            return
        if isinstance(space, Tuple):
            for child, part, item in zip(node["spaces"], space.spaces, element, strict=True):
                write(part, child, item)
            return
        if isinstance(space, OneOf):
            index, item = element
            write(space.spaces[index], node["spaces"][index], item)
            data = np.int64(index).tobytes()
        elif isinstance(space, Text):
            indices = [space.character_list.index(c) for c in element]
            indices += [len(space.character_list)] * (space.max_length - len(element))
            data = np.array(indices, np.int32).tobytes()
        else:
            data = np.asarray(element, node["dtype"]).tobytes()
        out[place : place + len(data)] = data

    write(space, node, element)
    return bytes(out)


def plain(value):
    """A generator's state, comparable with ==."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value


def states(space):
    """The states of a space's generators and its children's, None where there is none yet."""
    own = space.__dict__["_np_random"]
    state = plain(own.bit_generator.state) if isinstance(own, Generator) else own
    children = getattr(space, "spaces", ())
    return [
        state,
        *(states(child) for child in (children.values() if isinstance(children, dict) else children)),
    ]


def outcome(draw):
    """What a draw gives or raises."""
    try:
        return draw()
    except Exception as error:  # noqa: BLE001
        return type(error)


class Pair:
    """A space that is drawn from natively and in Python, and a copy that only Python draws from."""

    def __init__(self, space):
        self.space = space
        self.twin = copy.deepcopy(space)
        self.node = describe(space)
        self.draw, self.draws_here = _bridge._sampler(space)

    def compare(self, turns="NNPNPPNN", *, here=None):
        """Take turns, native and in Python. `here`: whether natively must mean: without Python."""
        for turn in turns:
            if here is not None:
                assert self.draws_here() is here
            expected = outcome(lambda: native_bytes(self.twin, self.twin.sample(), self.node))
            if turn == "N":
                actual = outcome(self.draw)
            else:
                actual = outcome(lambda: native_bytes(self.space, self.space.sample(), self.node))
            assert actual == expected
            assert states(self.space) == states(self.twin)

    def change(self, change):
        change(self.space)
        change(self.twin)


def seeded(space, seed=7):
    space.seed(seed)
    return space


def mixed(dtype, *, count=64):
    """A Box with elements of all four kinds of bounds."""
    low, high = np.array([[-INF, 0, -INF, -3], [INF, INF, 1, 2]]).astype(dtype).repeat(count, axis=1)
    return Box(low, high, dtype=dtype)


# ---------------------------------------------------------------------------------------------- every kind of space


BOXES = [
    *(Box(-1, 1, (3,), dtype) for dtype in FLOATS),
    *(mixed(dtype) for dtype in FLOATS),
    *(Box(np.iinfo(t).min, np.iinfo(t).max, (40,), t) for t in INTEGERS[:3] + INTEGERS[4:7]),
    *(
        Box(*limits, (40,), t)
        for t in INTEGERS[:4]
        for limits in ((-INF, INF), (-3, INF), (-INF, 3), (-3, 3))
    ),
    *(Box(0, 7, (40,), t) for t in INTEGERS[4:]),
    *(Box(limit, limit, (2,), dtype) for limit in (0, 1) for dtype in (*INTEGERS, *FLOATS, "bool")),
    Box(0, 1, (5, 4), "bool"),
    Box(-(2**53) + 1, 2**53 - 1, (9,), "int64"),
    Box(2**53 - 1, INF, (9,), "int64"),
    Box(0, 2**53 - 1, (9,), "uint64"),
    Box(0, 255, (84, 84, 4), "uint8"),
    Box(-65504, 65504, (300,), "float16"),
    Box(65000, INF, (9,), "float16"),
    Box(np.finfo("float32").min, np.finfo("float32").max, (9,), "float32"),
    Box(np.finfo("float32").max, INF, (9,), "float32"),
    Box(0, np.finfo("float64").max, (9,), "float64"),
    Box(1e-45, 1e-44, (9,), "float32"),
    Box(-1, 1, (2,), np.longlong),
    *(Box(-1, 1, shape, "float32") for shape in ((), (0,), (2, 0, 3), (1, 1, 1), (2, 3, 4))),
    *(Box(-1, 1, (), dtype) for dtype in ("float16", "int8", "int64")),
]
DISCRETES = [
    Discrete(1),
    Discrete(2, start=-5),
    *(Discrete(n) for n in (2**16, 2**32 - 1, 2**32, 2**32 + 1, 2**40 + 9, 2**63 - 1)),
    *(Discrete(np.iinfo(t).max, dtype=t) for t in INTEGERS),
    *(Discrete(n, start=np.iinfo(t).max - n + 1, dtype=t) for t in INTEGERS for n in (1, 2, 100)),
    *(Discrete(100, start=np.iinfo(t).min, dtype=t) for t in INTEGERS),
    *(Discrete(n, dtype="uint64") for n in (2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**63 + 5, 2**64 - 1)),
    Discrete(7, dtype=np.longlong),
]
MULTI_DISCRETES = [
    MultiDiscrete([5, 2, 2]),
    MultiDiscrete([1]),
    MultiDiscrete(7),
    MultiDiscrete([[2, 3], [4, 5]], start=[[-1, 0], [1, 2]]),
    MultiDiscrete([2**53 - 1, 2**52, 3]),
    *(MultiDiscrete([np.iinfo(t).max] * 9, dtype=t) for t in INTEGERS if "64" not in t),
    *(MultiDiscrete([100] * 300, dtype=t, start=[np.iinfo(t).max - 99] * 300) for t in INTEGERS),
    MultiDiscrete(np.zeros((0,), int)),
    MultiDiscrete([2, 3], dtype=np.longlong),
]
MULTI_BINARIES = [MultiBinary(n) for n in (1, 2, 31, 32, 33, 1000, (3, 5), (1, 1, 1), ())]
TEXTS = [
    Text(5),
    Text(0, min_length=0),
    Text(6, min_length=6, charset="ab"),
    Text(1, min_length=0, charset="z"),
    Text(700, min_length=600, charset="".join(map(chr, range(1, 400)))),
    Text(5, charset=["ä", "\U0001f600", "\ud800"]),
    Text(40, min_length=40, charset="".join(map(chr, range(48, 48 + 49)))),
]
COMPOSITES = [
    Tuple([Discrete(3), Box(-1, 1, (2,)), Tuple([MultiBinary(3), Text(4)])]),
    Tuple([]),
    Tuple([MultiBinary(1), Discrete(3), MultiBinary(2), Box(0, 1, (1,), "float64")]),
    Dict(b=Discrete(3), a=MultiBinary(5), c=Dict(z=Text(3), y=Box(0, 255, (3, 3), "uint8"))),
    Dict({}),
    Dict({1: Discrete(2), "a": Discrete(3)}),
    OneOf([Discrete(3), Box(-1, 1, (5,)), MultiBinary(3)]),
    OneOf([Discrete(3)]),
    OneOf([OneOf([MultiBinary(1), MultiDiscrete([4, 4])]), Tuple([MultiBinary(2), Discrete(5)]), Dict({})]),
]


@pytest.mark.parametrize(
    "space",
    [*BOXES, *DISCRETES, *MULTI_DISCRETES, *MULTI_BINARIES, *TEXTS, *COMPOSITES],
    ids=lambda s: repr(s)[:60],
)
def test_draws_of_every_space_are_pythons(space):
    Pair(seeded(space)).compare("NNPNPPNNPN", here=True)


# Python draws these: it raises, warns, or rounds as it likes.
PYTHONS = [
    Box(-INF, INF, (3,), np.longdouble),
    Box(-INF, INF, (3,), ">f4"),
    Box(np.iinfo("int64").min, np.iinfo("int64").max, (9,), "int64"),
    Box(2**53, 2**53 + 1, (9,), "int64"),
    Box(-(2**60), INF, (9,), "int64"),
    Box(0, 2**64 - 1, (9,), "uint64"),
    Box(2**63, 2**63 + 7, (9,), "uint64"),
    Box(0.0, -0.0, (2,)),
    Box(np.finfo("float64").min, np.finfo("float64").max, (9,), "float64"),
    Box(65501, INF, (200,), "float16"),
    Box(np.asfortranarray(np.zeros((2, 3), np.float32)), np.ones((2, 3), np.float32)),
    Box(np.float64(-1), np.float64(1), (), "float64"),
    MultiDiscrete([2**53 + 1, 3]),
    MultiDiscrete([2**63], dtype="uint64"),
    MultiDiscrete([100], dtype="int8", start=[100]),
    Discrete(100, start=100, dtype="int8"),
    Discrete(2**64 - 1, start=5, dtype="uint64"),
    Text(5, charset="\0ab"),
    Text(5, min_length=0, charset=""),
    Text(5, charset=""),
    Tuple([Discrete(3), Box(0.0, -0.0, (2,)), Discrete(3)]),
]


@pytest.mark.parametrize("space", PYTHONS, ids=lambda s: repr(s)[:60])
def test_what_cannot_be_drawn_natively_is_drawn_by_python(space):
    Pair(seeded(space)).compare()


@pytest.mark.parametrize("bit_generator", [PCG64, PCG64DXSM, MT19937, Philox, SFC64])
@pytest.mark.parametrize(
    "space",
    [mixed("float64"), Discrete(9), MultiDiscrete([5, 6]), MultiBinary(9), Text(4)],
    ids=lambda s: type(s).__name__,
)
def test_any_bit_generator(bit_generator, space):
    space = copy.deepcopy(space)
    space._np_random = Generator(bit_generator(5))
    # An odd number of 32-bit draws leaves half a word behind.
    space.np_random.integers(5, dtype=np.int8)
    Pair(space).compare("NPNNPNPPN", here=True)


def test_tails_of_the_distributions():
    """Enough draws for the rare branches of the normal and the exponential."""
    Pair(seeded(mixed("float64", count=20_000))).compare("NN", here=True)


# ---------------------------------------------------------------------------------------------- random spaces


def limits(dtype):
    """Two bounds in order."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        number = st.integers(0, 1)
    elif kind == "f":
        most = float(np.finfo(dtype).max)
        number = st.one_of(
            st.sampled_from([-INF, INF, 0.0, -0.0, -most, most]),
            st.floats(-most, most, width=8 * np.dtype(dtype).itemsize),
        )
    else:
        number = st.integers(int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
        number = st.one_of(number, st.integers(0, 100))
    return st.tuples(number, number).map(sorted)


@st.composite
def boxes(draw):
    dtype = draw(st.sampled_from([*INTEGERS, *FLOATS, "bool"]))
    shape = draw(st.sampled_from([(), (1,), (3,), (2, 3)]))
    pairs = draw(st.lists(limits(dtype), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    low, high = (np.array([pair[i] for pair in pairs], dtype).reshape(shape) for i in (0, 1))
    low[low == INF], high[high == -INF] = 0, 0
    low, high = np.asarray(np.minimum(low, high)), np.asarray(np.maximum(low, high))
    return Box(low, high, dtype=dtype)


@st.composite
def discretes(draw):
    dtype = draw(st.sampled_from(INTEGERS))
    least, most = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    n = draw(st.one_of(st.integers(1, 100), st.integers(1, most)))
    return Discrete(n, start=draw(st.integers(least, min(most, most - n + 1))), dtype=dtype)


@st.composite
def multi_discretes(draw):
    dtype = draw(st.sampled_from(INTEGERS))
    nvec = draw(st.lists(st.integers(1, int(np.iinfo(dtype).max)), min_size=1, max_size=5))
    start = draw(st.lists(st.integers(0, 50), min_size=len(nvec), max_size=len(nvec)))
    return MultiDiscrete(nvec, dtype, start=start)


texts = st.builds(
    lambda lengths, charset: Text(max(lengths), min_length=min(lengths), charset=charset),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
    st.text(min_size=1, max_size=9),
)
leaves = st.one_of(boxes(), discretes(), multi_discretes(), st.builds(MultiBinary, st.integers(1, 70)), texts)
trees = st.recursive(
    leaves,
    lambda children: st.one_of(
        st.lists(children, max_size=3).map(Tuple),
        st.dictionaries(st.text(max_size=2), children, max_size=3).map(Dict),
        st.lists(children, min_size=1, max_size=3).map(OneOf),
    ),
    max_leaves=5,
)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(trees, st.integers(0, 2**31), st.text("NP", min_size=1, max_size=12))
def test_draws_of_random_spaces_are_pythons(space, seed, turns):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Pair(seeded(space, seed)).compare(turns)


# ---------------------------------------------------------------------------------------------- what sample sees


def test_a_space_without_a_generator_makes_one():
    for space in (
        Box(0, 1),
        Discrete(3),
        MultiBinary(3),
        OneOf([Discrete(2), Discrete(4)]),
        Tuple([Discrete(9), Text(3)]),
    ):
        draw, _ = _bridge._sampler(space)
        assert draw()
        assert None not in states(space)[1:] or isinstance(space, Tuple)
        assert isinstance(space.np_random, Generator)


def test_a_space_without_a_generator_is_seeded_as_in_python():
    pair = Pair(Discrete(1000))
    pair.change(lambda space: setattr(space, "seed", functools.partial(type(space).seed, space, 5)))
    pair.compare("NNPN", here=True)


@pytest.mark.parametrize(
    "space", [Discrete(100), mixed("float32"), OneOf([Discrete(9), Text(5)]), Dict(a=Discrete(99))], ids=str
)
def test_seeding_and_new_generators(space):
    pair = Pair(seeded(space))
    pair.compare()
    pair.change(lambda space: space.seed(8))
    pair.compare(here=True)
    pair.change(lambda space: setattr(space, "_np_random", Generator(MT19937(3))))
    pair.compare(here=True)


def test_a_state_that_is_set():
    pair = Pair(seeded(Discrete(1000)))
    pair.compare()
    state = PCG64(77).state
    pair.change(lambda space: setattr(space.np_random.bit_generator, "state", state))
    pair.compare(here=True)


def test_one_generator_of_two_spaces():
    generator = np.random.default_rng(4)
    pair = Pair(
        Tuple([Discrete(50, seed=generator), Box(0, 1, (3,), seed=generator), MultiBinary(5, seed=generator)])
    )
    pair.compare(here=True)
    assert pair.space[0].np_random is pair.space[2].np_random


def test_bounds_that_change_in_place():
    pair = Pair(seeded(Box(0, 1, (4,))))
    pair.compare("NP", here=True)
    pair.change(lambda space: space.high.__setitem__(1, 100))
    pair.compare("NP", here=True)
    pair.change(lambda space: space.low.__setitem__(2, -INF))
    pair.compare("NP")  # raises: the range is infinite
    pair.change(lambda space: space.bounded_below.__setitem__(2, False))
    pair.compare("NP", here=True)
    pair = Pair(seeded(MultiDiscrete([5, 6])))
    pair.change(lambda space: space.nvec.__setitem__(0, 1000))
    pair.compare("NP", here=True)
    pair.change(lambda space: space.nvec.__setitem__(0, -5))
    pair.compare("NP")


def test_attributes_that_are_replaced():
    pair = Pair(seeded(Box(0, 1, (4,))))
    pair.compare("N", here=True)
    pair.change(lambda space: setattr(space, "high", np.full(4, 9, np.float32)))
    pair.compare("NP", here=True)
    pair.change(lambda space: setattr(space, "low", np.full(4, -9, np.float64)))  # of another dtype
    pair.compare("NP")
    pair.change(lambda space: setattr(space, "low", np.zeros((2, 2), np.float32)))
    pair.compare("NP")
    pair.change(lambda space: setattr(space, "low", np.zeros(4, np.float32)))
    pair.compare("NP", here=True)
    pair.change(lambda space: setattr(space, "_shape", (2, 2)))
    pair.compare("NP", here=False)


def test_numbers_that_are_replaced():
    pair = Pair(seeded(Discrete(5)))
    pair.compare("N", here=True)
    for n in (9, np.int64(300), 2**40):
        pair.change(lambda space, n=n: setattr(space, "n", n))
        pair.compare("NP", here=True)
    for n in (0, -3, 2**70, 1.5, np.int8(3), "x", None):
        pair.change(lambda space, n=n: setattr(space, "n", n))
        pair.compare("NP")
    pair.change(lambda space: delattr(space, "n"))
    pair.compare("NP", here=False)

    pair = Pair(seeded(Text(5)))
    pair.change(lambda space: setattr(space, "min_length", 3))
    pair.compare("NP", here=True)
    pair.change(lambda space: setattr(space, "max_length", 4))
    assert not pair.draws_here()

    pair = Pair(seeded(MultiBinary(6)))
    for n in ((6,), [6], np.int64(6)):
        pair.change(lambda space, n=n: setattr(space, "n", n))
        pair.compare("NP")
    pair.change(lambda space: setattr(space, "n", (2, 3)))
    with pytest.raises(Exception, match=r"needs shape \(6,\)"):
        pair.draw()


def test_arrays_that_change_their_form_in_place():
    pair = Pair(seeded(Box(np.zeros((2, 3)), np.ones((2, 3)), dtype=np.float64)))
    pair.compare("N", here=True)
    pair.change(lambda space: setattr(space.low, "shape", (6,)))
    pair.compare("NP")
    pair.change(lambda space: setattr(space.low, "shape", (2, 3)))
    pair.compare("NP", here=True)
    pair.change(lambda space: space.low.resize((4, 3), refcheck=False))
    pair.compare("NP")


def test_an_own_sample_of_the_instance():
    for space in (Box(0, 1), Discrete(3), MultiDiscrete([3]), MultiBinary(3), Text(3)):
        other = seeded(copy.deepcopy(space)).sample()
        draw, draws_here = _bridge._sampler(seeded(space, 9))
        before = states(space)
        space.sample = lambda other=other: other
        assert draw() == native_bytes(space, other)
        assert not draws_here()
        assert states(space) == before
        del space.sample
        assert draws_here()


def test_an_own_sample_in_a_tree():
    inner = Discrete(1000)
    pair = Pair(seeded(Dict(a=Tuple([inner, Discrete(5)]), b=OneOf([inner]))))
    pair.compare(here=True)
    inner.sample = lambda: 777
    node = describe(pair.space)["spaces"][0]["spaces"][0]
    assert int.from_bytes(pair.draw()[node["byte_offset"] :][:8], sys.byteorder) == 777
    pair.space["a"].sample = lambda: (5, 4)
    assert pair.draw()[:16] == np.array([5, 4]).tobytes()


def test_subclasses_and_changed_classes_of_instances():
    class Loud(Discrete):
        def sample(self, *_, **__):
            return self.start + 1

    class Quiet(Discrete):
        pass

    for cls in (Loud, Quiet):
        Pair(seeded(cls(100))).compare(here=False)
        pair = Pair(seeded(Discrete(100)))
        pair.compare(here=True)
        pair.change(lambda space, cls=cls: setattr(space, "__class__", cls))
        pair.compare(here=False)


def patched_sample(*_, **__):
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        (Discrete, "sample", patched_sample),
        (Discrete, "np_random", property(patched_sample)),
        (spaces.Space, "np_random", property(patched_sample)),
        (Discrete, "n", property(patched_sample)),
        (Discrete, "__getattribute__", patched_sample),
        (Discrete, "_np_random", property(patched_sample)),
    ],
)
def test_classes_that_are_changed(monkeypatch, owner, name, value):
    pair = Pair(seeded(Discrete(100)))
    in_tree = Pair(seeded(Tuple([Discrete(100)])))
    pair.compare(here=True)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, value, raising=False)
        for each in (pair, in_tree):
            with pytest.raises(ZeroDivisionError):
                each.draw()
        assert not pair.draws_here()
    pair.compare(here=True)
    in_tree.compare(here=True)


def test_classes_that_are_changed_elsewhere(monkeypatch):
    pair = Pair(seeded(Discrete(100)))
    monkeypatch.setattr(Discrete, "irrelevant", 5, raising=False)
    pair.compare(here=True)
    monkeypatch.setattr(spaces.Space, "contains", None)
    pair.compare(here=True)


@pytest.mark.parametrize("cls", [Box, Discrete, Tuple])
def test_code_that_is_replaced(monkeypatch, cls):
    space = {Box: Box(0, 1), Discrete: Discrete(3), Tuple: Tuple([Discrete(3)])}[cls]
    draw, draws_here = _bridge._sampler(seeded(space))
    assert draws_here()
    with monkeypatch.context() as patch:
        patch.setattr(cls.sample, "__code__", patched_sample.__code__)
        with pytest.raises(ZeroDivisionError):
            draw()
    assert draws_here()
    with monkeypatch.context() as patch:
        patch.setattr(spaces.Space.np_random.fget, "__code__", patched_sample.__code__)
        with pytest.raises(ZeroDivisionError):
            draw()
    assert draws_here()


def test_children_that_are_replaced():
    pair = Pair(seeded(Tuple([Discrete(3), Discrete(4)])))
    pair.change(lambda space: setattr(space, "spaces", (seeded(Discrete(4)), space.spaces[1])))
    pair.compare(here=False)
    pair = Pair(seeded(OneOf([Discrete(3), Discrete(4)])))
    pair.change(lambda space: setattr(space, "spaces", list(space.spaces)))
    pair.compare(here=False)

    pair = Pair(seeded(Dict(a=Discrete(300), b=Discrete(400))))
    pair.compare(here=True)
    pair.change(lambda space: space.spaces.__setitem__("a", seeded(Discrete(900), 3)))
    pair.compare()
    pair.change(lambda space: space.spaces.update(b=space.spaces.pop("b")))
    pair.compare()
    pair = Pair(seeded(Dict(a=Discrete(300), b=Discrete(400))))
    pair.change(lambda space: space.spaces.update(a=space.spaces.pop("a")))  # now the second to be drawn
    pair.compare()
    pair.change(lambda space: space.spaces.pop("b"))
    with pytest.raises(Exception, match="needs the key"):
        pair.draw()


def test_a_generator_of_another_kind():
    class Own(Generator):
        def integers(self, *_, **__):
            return np.int64(2)

    pair = Pair(seeded(Discrete(5)))
    pair.change(lambda space: setattr(space, "_np_random", Own(PCG64(3))))
    pair.compare(here=False)
    pair.change(
        lambda space: setattr(
            space, "_np_random", types.SimpleNamespace(integers=lambda *_, **__: np.int64(1))
        )
    )
    assert pair.draw() == native_bytes(pair.space, 1)


def test_profilers_see_sample():
    draw, draws_here = _bridge._sampler(seeded(Discrete(5)))
    called = []
    sys.setprofile(lambda frame, event, _: called.append(frame.f_code.co_name) if event == "call" else None)
    try:
        draw()
        assert not draws_here()
    finally:
        sys.setprofile(None)
    assert "sample" in called
    assert draws_here()


# ---------------------------------------------------------------------------------------------- threads


def test_other_threads_draw_from_the_same_generator():
    """NumPy draws without the GIL: each draw must have the generator for itself, or some get the same numbers."""
    generator = np.random.default_rng(3)
    start = copy.deepcopy(generator)
    space = MultiDiscrete([100] * 7)
    space._np_random = generator
    draw, draws_here = _bridge._sampler(space)
    rounds, size = 50, 50_000

    def numpy_draws():
        for _ in range(rounds):
            generator.random(size)

    thread = threading.Thread(target=numpy_draws)
    thread.start()
    count = 0
    while thread.is_alive():
        draw()
        count += 1
    thread.join()
    assert draws_here()
    assert count > 10
    start.bit_generator.advance(rounds * size + count * 7)
    assert start.bit_generator.state["state"] == generator.bit_generator.state["state"]


def test_a_generator_whose_lock_is_held_elsewhere():
    space = seeded(Discrete(1000))
    pair = Pair(space)
    lock = space.np_random.bit_generator.lock
    held, done = threading.Event(), threading.Event()

    def hold():
        with lock:
            held.set()
            done.wait(0.2)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    pair.compare(here=True)
    done.set()
    thread.join()
    pair.compare(here=True)
