"""Snapshots that are damaged, or of something else: a StateError that says so, and nothing has changed."""

import functools
import struct

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers
from hypothesis import given, settings
from hypothesis import strategies as st

import gogym
from gogym import state
from gogym.errors import StateError
from support_state import Play, making, same


@functools.cache
def saved_cart():
    play = Play(making("CartPole-v1"))
    play.begin(seed=1, steps=10)
    return play, play.save()


def refused(play, data, match=None):
    """The words with which bytes are refused; the environment must not notice."""
    before = play.save()
    with pytest.raises(StateError, match=match) as caught:
        state.load(play.env, data, play.journal)
    assert play.save() == before
    assert str(caught.value).startswith("the state cannot be loaded: ")
    return str(caught.value)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_byte(data):
    play, saved = saved_cart()
    place = data.draw(st.integers(0, len(saved) - 1))
    change = data.draw(st.integers(1, 255))
    damaged = bytearray(saved)
    damaged[place] ^= change
    refused(play, bytes(damaged))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000))
def test_truncated(length):
    play, saved = saved_cart()
    refused(play, saved[: length % len(saved)])


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=1, max_size=300), st.integers(0, 10_000), st.booleans())
def test_bytes_in_between(more, place, replace):
    play, saved = saved_cart()
    place %= len(saved)
    damaged = saved[:place] + more + saved[place + (len(more) if replace else 0) :]
    if damaged != saved:
        refused(play, damaged)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes(data):
    play, _ = saved_cart()
    refused(play, data, "no state of gogym")


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1))
def test_lengths_that_lie(first, second):
    play, saved = saved_cart()
    damaged = saved[:8] + struct.pack("<IQ", first, second) + saved[20:]
    if damaged != saved:
        refused(play, damaged, "damaged")


def test_what_is_told():
    play, saved = saved_cart()
    refused(play, b"", "these 0 bytes are no state of gogym")
    refused(play, saved[:-1], f"damaged: {len(saved) - 1} bytes, of {len(saved)} that it had")
    refused(play, saved[:-1] + b"x", "damaged: its checksum is wrong")
    refused(play, saved[:7] + b"\x09" + saved[8:], "it has the format 9; this version of gogym reads 1")


def test_the_pickle_is_not_looked_at_before_the_checksum(monkeypatch):
    from gogym import state_graph

    play, saved = saved_cart()

    def opened(_):
        raise AssertionError("opened")

    monkeypatch.setattr(state_graph.Loader, "load", opened)
    refused(play, saved[:-1] + b"x")


class Other(gymnasium.Wrapper):
    """A wrapper of one's own."""


OTHERS = {
    "id": (making("MountainCar-v0"), r"its wrappers is .*CartPoleEnv.*, and here it is .*MountainCarEnv"),
    "option": (
        making("CartPole-v1", sutton_barto_reward=True),
        r"its option sutton_barto_reward is not given, and here it is True",
    ),
    "render_mode": (
        making("CartPole-v1", render_mode="rgb_array"),
        r"its option render_mode is not given, and here it is 'rgb_array'",
    ),
    "wrapper": (making("CartPole-v1", Other), r"its wrappers is .* and here it is .*Other"),
    "space": (
        making("CartPole-v1", wrappers.FlattenObservation),
        r"its wrappers is",
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_another_environment(case):
    make, match = OTHERS[case]
    _, saved = saved_cart()
    other = Play(make)
    other.begin(seed=1, steps=3)
    refused(other, saved, match)


def test_other_arguments_of_a_wrapper():
    def stacked(size):
        return Play(making("CartPole-v1", functools.partial(wrappers.FrameStackObservation, stack_size=size)))

    three, four = stacked(3), stacked(4)
    three.begin(seed=1, steps=5)
    four.begin(seed=1, steps=5)
    refused(four, three.save(), r"its argument stack_size of FrameStackObservation .* is 3, and here it is 4")


@pytest.mark.parametrize(("module", "name"), [(gogym, "gogym"), (np, "numpy"), (gymnasium, "gymnasium")])
def test_another_version(module, name, monkeypatch):
    play, saved = saved_cart()
    monkeypatch.setattr(module, "__version__", "0.0.1")
    state._versions.cache_clear()
    try:
        refused(play, saved, rf'its versions is .*, and here it is .*"{name}": "0.0.1"')
    finally:
        monkeypatch.undo()
        state._versions.cache_clear()
    assert same(play.load(saved), play.last)


def test_states_are_good_for_other_processes():
    import subprocess
    import sys
    from pathlib import Path

    play = Play(making("Ant-v5"))
    play.begin(seed=1, steps=20)
    saved = play.save()
    script = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parent), *sys.path]!r}\n"
        "from support_state import Play, making\n"
        "play = Play(making('Ant-v5'))\n"
        "play.load(sys.stdin.buffer.read())\n"
        "sys.stdout.buffer.write(b''.join(result[0].tobytes() for result in play.steps(20)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], input=saved, capture_output=True, check=False)
    assert done.stdout == b"".join(result[0].tobytes() for result in play.steps(20)), done.stderr
