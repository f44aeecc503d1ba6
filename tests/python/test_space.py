"""The description of spaces: every node's place in both layouts, computed once more in another way."""

import gogym_test_spaces
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.spaces import utils
from hypothesis import given, settings
from hypothesis import strategies as st

from gogym.space import describe, safe_repr, space_type

COMMON = {"type", "dtype", "shape", "size", "offset", "nbytes", "byte_offset", "flatdim", "flat_dtype"}
OWN = {
    "Box": {"low", "high"},
    "Discrete": {"n", "start"},
    "MultiDiscrete": {"nvec", "start"},
    "MultiBinary": {"n"},
    "Text": {"charset", "min_length", "max_length"},
    "Tuple": {"spaces"},
    "Dict": {"keys", "spaces"},
    "OneOf": {"spaces"},
    "Sequence": {"space", "stack"},
    "Graph": {"node_space", "edge_space"},
    "other": {"class", "repr"},
}
LEAVES = ("Box", "Discrete", "MultiDiscrete", "MultiBinary", "Text")


def item_size(node):
    return np.dtype(node["dtype"]).itemsize


def leaves(node, alternative=()):
    """The leaves of a fixed node in order, with the alternatives of a OneOf that they are in."""
    if node["type"] in LEAVES:
        yield node, alternative
    for i, child in enumerate(node.get("spaces", ())):
        inside = (*alternative, (id(node), i)) if node["type"] == "OneOf" else alternative
        yield from leaves(child, inside)


def exclude_each_other(a, b):
    """Whether two leaves are in different alternatives of one OneOf."""
    chosen = dict(a)
    return any(one_of in chosen and chosen[one_of] != i for one_of, i in b)


def check_leaf(node):
    count = int(np.prod(node["shape"], dtype=int))
    assert node["size"] == count
    assert node["nbytes"] == count * item_size(node)


def check_float64(node):
    """The children of a node fill it in order, without gaps; those of a OneOf begin behind the index."""
    at = node["offset"]
    for child in node.get("spaces", ()):
        if node["type"] == "OneOf":
            assert child["offset"] == node["offset"] + 1
            assert child["size"] <= node["size"] - 1
        else:
            assert child["offset"] == at
            at += child["size"]
        check_float64(child)
    if node["type"] in ("Tuple", "Dict"):
        assert at == node["offset"] + node["size"]
    if node["type"] == "OneOf":
        assert node["size"] == 1 + max(child["size"] for child in node["spaces"])


def check_native(root):
    """Leaves are aligned, inside their parents, and do not overlap; nothing is wasted but for alignment."""
    found = list(leaves(root))
    end = 0
    for i, (node, alternative) in enumerate(found):
        assert node["byte_offset"] % item_size(node) == 0
        for other, other_alternative in found[:i]:
            apart = (
                node["byte_offset"] >= other["byte_offset"] + other["nbytes"]
                or other["byte_offset"] >= node["byte_offset"] + node["nbytes"]
            )
            assert apart or exclude_each_other(alternative, other_alternative)
        end = max(end, node["byte_offset"] + node["nbytes"])
    check_inside(root)
    wasted = sum(item_size(node) - 1 for node, _ in found) + 15 * one_ofs(root)
    assert root["nbytes"] <= sum(node["nbytes"] for node, _ in found) + wasted
    assert root["byte_offset"] + root["nbytes"] >= end


def check_inside(node):
    for child in node.get("spaces", ()):
        if child["nbytes"]:
            assert child["byte_offset"] >= node["byte_offset"]
            assert child["byte_offset"] + child["nbytes"] <= node["byte_offset"] + node["nbytes"]
        if node["type"] == "OneOf":
            assert node["byte_offset"] % 8 == 0
            assert not child["nbytes"] or child["byte_offset"] >= node["byte_offset"] + 8
        check_inside(child)


def one_ofs(node):
    return (node["type"] == "OneOf") + sum(one_ofs(child) for child in node.get("spaces", ()))


def every_node(node):
    yield node
    for child in node.get("spaces", ()):
        yield from every_node(child)
    for key in ("space", "node_space", "edge_space"):
        if node.get(key) is not None:
            yield from every_node(node[key])


def check_flat(space, root):
    """What the description says of Gymnasium's flatten, by doing it; Gymnasium cannot flatten what is empty."""
    try:
        flat = utils.flatten_space(space)
    except (ValueError, NotImplementedError, TypeError, IndexError, MemoryError):
        return
    if isinstance(flat, spaces.Box) and root["flatdim"] >= 0:
        assert (root["flatdim"], root["flat_dtype"]) == (utils.flatdim(space), flat.dtype.name)
    else:
        assert (root["flatdim"], root["flat_dtype"]) == (-1, None)


def check(space):
    root = describe(space)
    check_flat(space, root)
    for node in every_node(root):
        own = OWN[node["type"]]
        if "bounded_below" in node:
            assert node["type"] == "Box"
            assert not (np.all(node["bounded_below"]) and np.all(node["bounded_above"]))
            own = own | {"bounded_below", "bounded_above"}
        assert set(node) == COMMON | own
        if node["type"] in LEAVES:
            check_leaf(node)
    if root["size"] >= 0:
        assert (root["offset"], root["byte_offset"]) == (0, 0)
        check_float64(root)
        check_native(root)
        assert all(node["offset"] >= 0 and node["nbytes"] >= 0 for node in every_node(root))
    else:
        # Nothing within has a place, though leaves still have their own size.
        assert root["nbytes"] == -1
        assert all(node["offset"] == node["byte_offset"] == -1 for node in every_node(root))
    return root


@pytest.mark.parametrize("name", gogym_test_spaces.SPACES)
def test_every_space_of_the_table(name):
    root = check(gogym_test_spaces.make(name))
    assert (root["size"] == -1) == (name in gogym_test_spaces.DYNAMIC)


def test_the_table_is_whole():
    assert len(gogym_test_spaces.FIXED) >= 45
    assert len(gogym_test_spaces.DYNAMIC) >= 8


@pytest.mark.parametrize("name", gogym_test_spaces.FIXED)
def test_sizes_are_gymnasiums_but_for_one_hot(name):
    """Where nothing is one-hot, our float64 layout is as large as Gymnasium's flattened one."""
    space = gogym_test_spaces.make(name)
    one_hot = any(node["type"] in ("Discrete", "MultiDiscrete") for node in every_node(describe(space)))
    if not one_hot:
        assert describe(space)["size"] == spaces.flatdim(space)


def test_a_box():
    node = describe(spaces.Box(np.array([-1.5, 0]), np.array([1, np.inf]), dtype=np.float64))
    assert (node["type"], node["dtype"], node["shape"], node["size"], node["nbytes"]) == (
        "Box",
        "float64",
        (2,),
        2,
        16,
    )
    np.testing.assert_array_equal(node["low"], [-1.5, 0])
    np.testing.assert_array_equal(node["high"], [1, np.inf])


def test_numbers_are_pythons():
    node = describe(spaces.Discrete(np.int64(3), start=np.int64(-1)))
    assert (type(node["n"]), type(node["start"]), node["n"], node["start"]) == (int, int, 3, -1)


def test_a_dict_keeps_gymnasiums_order():
    for name, keys in {
        "dict": ["a", "b"], "dict-ordered": ["b", "a"], "dict-unsorted": ["b", "a"], "dict-keywords": ["b", "a"], "dict-int-keys": [1, 2],
    }.items():  # fmt: skip
        space = gogym_test_spaces.make(name)
        assert describe(space)["keys"] == list(space.spaces)
        assert describe(space)["keys"] == keys, name


def test_a_subclass_counts_as_its_base():
    assert space_type(gogym_test_spaces.make("box-subclass")) == "Box"
    assert space_type(gogym_test_spaces.Mission()) == "other"
    assert space_type(None) == "other"
    assert space_type(5) == "other"


def test_alignment_by_hand():
    space = spaces.Tuple([
        spaces.Box(0, 1, (3,), np.uint8),  # 0..3
        spaces.Box(0, 1, (), np.float64),  # 8..16
        spaces.OneOf([spaces.Box(0, 1, (5,), np.int8), spaces.Box(0, 1, (1,), np.int32)]),  # 16: index, 24..29 or 24..28
        spaces.Text(2),  # 32..40
        spaces.Box(0, 1, (1,), np.float16),  # 40..42
    ])  # fmt: skip
    root = describe(space)
    assert [child["byte_offset"] for child in root["spaces"]] == [0, 8, 16, 32, 40]
    assert [child["offset"] for child in root["spaces"]] == [0, 3, 4, 10, 12]
    assert [child["byte_offset"] for child in root["spaces"][2]["spaces"]] == [24, 24]
    assert (root["nbytes"], root["size"]) == (42, 13)


class Unspeakable:
    def __repr__(self):
        raise ValueError("no words")


def test_a_repr_never_fails():
    assert "Unspeakable" in safe_repr(Unspeakable())
    assert describe(Unspeakable())["type"] == "other"


numbers = st.sampled_from(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()
)
shapes = st.lists(st.integers(0, 3), max_size=3).map(tuple)
leaf_spaces = st.one_of(
    st.builds(lambda dtype, shape: spaces.Box(0, 1, shape, np.dtype(dtype)), numbers, shapes),
    st.builds(lambda n, start: spaces.Discrete(n, start=start), st.integers(1, 9), st.integers(-9, 9)),
    st.builds(spaces.MultiDiscrete, st.lists(st.integers(1, 5), min_size=1, max_size=3)),
    st.builds(spaces.MultiBinary, st.integers(1, 5)),
    st.builds(spaces.Text, st.integers(1, 5)),
)
dynamic_spaces = st.one_of(
    st.builds(lambda: spaces.Sequence(spaces.Discrete(2))),
    st.builds(lambda: spaces.Graph(spaces.Discrete(2), None)),
    st.builds(gogym_test_spaces.Mission),
)


def nested(inner):
    return st.one_of(
        st.lists(inner, max_size=4).map(spaces.Tuple),
        st.lists(inner, min_size=1, max_size=3).map(spaces.OneOf),
        st.dictionaries(st.text("abc", max_size=2), inner, max_size=4).map(spaces.Dict),
    )


fixed_spaces = st.recursive(leaf_spaces, nested, max_leaves=12)
any_spaces = st.recursive(leaf_spaces | dynamic_spaces, nested, max_leaves=12)


@settings(max_examples=150, deadline=None)
@given(fixed_spaces)
def test_nested_spaces(space):
    assert check(space)["size"] >= 0


@settings(max_examples=100, deadline=None)
@given(any_spaces)
def test_nested_spaces_with_dynamic_ones(space):
    root = check(space)
    dynamic = any(node["type"] in ("Sequence", "Graph", "other") for node in every_node(root))
    assert (root["size"] == -1) == dynamic
