"""Random elements drawn without Python: the very draws that space.sample() makes, from the same stream.

What may change about a space is in test_sampling_changes.py.
"""

import copy
import threading
import time
import warnings

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, OneOf, Text, Tuple
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.random import MT19937, PCG64, PCG64DXSM, SFC64, Generator, Philox

from gogym import _bridge
from support_sampling import INF, Pair, mixed, seeded

INTEGERS = "int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()
FLOATS = "float16 float32 float64".split()

# Gymnasium's sample warns of what it overflows.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")


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


# ---------------------------------------------------------------------------------------------- threads


def test_other_threads_draw_from_the_same_generator():
    """NumPy draws without the GIL: each draw must have the generator for itself, or some get the same numbers."""
    generator = np.random.default_rng(3)
    start = copy.deepcopy(generator)
    space = MultiDiscrete([100] * 7)
    space._np_random = generator
    draw, draws_here = _bridge._sampler(space)
    rounds, size = 300, 20_000

    def numpy_draws():
        for _ in range(rounds):
            generator.random(size)
            time.sleep(1e-4)  # or it has the lock nearly all the time

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
