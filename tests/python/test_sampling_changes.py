"""Attempts to observe that space.sample() is not called, by changing spaces, classes and generators: see test_sampling.py."""

import copy
import functools
import sys
import types

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, OneOf, Text, Tuple
from numpy.random import MT19937, PCG64, Generator

from gogym import _bridge
from gogym.space import describe
from support_sampling import INF, Pair, mixed, native_bytes, seeded, states

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")


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
