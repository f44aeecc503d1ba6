"""Snapshots of environments of one's own: what they may hold, and how it is said what they may not."""

import collections
import functools
import io
import itertools
import random
import socket
import subprocess
import sys
import threading
import types
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils import EzPickle

from gogym import state
from gogym.errors import StateError
from gogym.legacy import LegacyEnvironment
from support_state import Play, check_continuation, same


class Own(gymnasium.Env):
    """An environment that a test puts something into: `count` is in its observations."""

    def __init__(self, hold=id):
        self.observation_space = spaces.Box(-1e9, 1e9, (1,), np.float64)
        self.action_space = spaces.Discrete(3)
        self.count = 0.0
        hold(self)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed, options=options)
        self.count = float(self.np_random.random())
        return np.array([self.count]), {}

    def step(self, action):
        self.count += float(action) + self.advance()
        return np.array([self.count]), self.count, False, False, {}

    def advance(self):
        return self.np_random.random()


def play_of(cls, *arguments):
    return Play(lambda: cls(*arguments))


def begun(cls=Own, *arguments, steps=5):
    play = play_of(cls, *arguments)
    play.begin(seed=1, steps=steps)
    return play


# ------------------------------------------------------------------------------------------- what they may hold


class Node:
    """A part that knows other parts."""

    def __init__(self, value):
        self.value = value
        self.others = []


class Slotted:
    __slots__ = ("__hidden", "value")

    def __init__(self, value):
        self.value = value
        self.__hidden = value

    def next(self):
        self.value += 1
        self.__hidden += self.value
        return self.__hidden


class Made(EzPickle):
    """Pickles itself by its arguments only, and so loses what has happened since."""

    def __init__(self, start):
        EzPickle.__init__(self, start)
        self.value = start

    def next(self):
        self.value += 1
        return self.value


class Many(Own):
    """All kinds of state that Python objects have."""

    def __init__(self):
        super().__init__()
        self.numbers = random.Random(4)
        self.old_numbers = np.random.RandomState(4)
        self.other_numbers = np.random.Generator(np.random.MT19937(4))
        self.queue = collections.deque(range(4), maxlen=4)
        self.counts = collections.defaultdict(float)
        self.ring = Node(1.0)
        self.ring.others.append(Node(2.0))
        self.ring.others[0].others.append(self.ring)
        self.slotted = Slotted(1)
        self.made = Made(1)
        self.array = np.zeros(6)
        self.view = self.array[1:4]
        self.turned = self.array.reshape(2, 3)[::-1].T
        self.columns = np.zeros((3, 4), order="F")
        self.column = self.columns[:, 2]
        self.named = types.SimpleNamespace(value=0.0)
        self.lock = threading.RLock()
        self.path = Path("here")
        self.partial = functools.partial(np.add, 1.0)
        self.method = self.grow
        self.module = itertools
        self.text = io.StringIO("a")
        self.inner = Own()
        self.inner.reset(seed=4)
        self.kind = Own
        self.local = self._local()

    @staticmethod
    def _local():
        class Local:
            value = 0.0

        return Local()

    def grow(self):
        self.named.value += 1
        return self.named.value

    def advance(self):
        with self.lock:
            self.queue.append(self.numbers.random())
            self.counts[len(self.counts)] += self.old_numbers.random() + self.other_numbers.random()
            self.ring.others[0].others[0].value += 1
            self.view += 1
            self.turned[0, 0] += self.array[2]
            self.column += 0.5
            self.text.write("b")
            self.local.value += 1
            inner = self.inner.step(1)[1]
        return (
            sum(self.queue)
            + sum(self.counts.values())
            + self.ring.value
            + self.slotted.next()
            + self.made.next()
            + float(self.array.sum())
            + float(self.columns.sum())
            + float(self.partial(self.method()))
            + len(self.text.getvalue())
            + self.local.value
            + inner
        )


def test_all_kinds_of_state():
    play = begun(Many)
    assert play.env.view.base is play.env.array
    check_continuation(play, 20)
    play.load(play.save())
    check_continuation(play, 20)
    assert play.env.ring.others[0].others[0] is play.env.ring
    assert np.shares_memory(play.env.view, play.env.array)
    assert np.shares_memory(play.env.turned, play.env.array)


class InSlots(Own):
    __slots__ = ("__private", "place")

    def __init__(self):
        super().__init__()
        self.place = 0.0
        self.__private = 1.0

    def advance(self):
        self.place += self.__private
        self.__private *= 1.5
        return self.place


def test_attributes_in_slots():
    check_continuation(begun(InSlots), 20)


class Returning(Own):
    """Gives its own array away as observation and info, and goes on changing it."""

    def reset(self, *, seed=None, options=None):
        self.array = np.array([super().reset(seed=seed, options=options)[0][0]])
        return self.array, {"array": self.array}

    def step(self, action):
        self.array += action + self.np_random.random()
        return self.array, 0.0, False, False, {"array": self.array}


def test_what_the_environment_shares_with_its_last_observation_is_shared_again():
    play = begun(Returning)
    saved = play.save()
    value = play.env.array.copy()
    play.steps(3)
    observation, info = play.load(saved)
    assert observation is info["array"]
    assert observation is play.env.array
    assert same(observation, value)


class Growing(Own):
    """Has more and fewer attributes as it goes, and other spaces."""

    def advance(self):
        number = int(self.count * 10) % 7
        setattr(self, f"extra_{number}", self.count)
        if number > 3:
            vars(self).pop(f"extra_{number - 2}", None)
        self.action_space = spaces.Discrete(2 + number, seed=number)
        return float(len(vars(self)))


def test_attributes_that_come_and_go_and_spaces_that_are_replaced():
    check_continuation(begun(Growing, steps=20), 30)


def test_a_space_that_was_replaced_comes_back_as_it_was():
    """And the one in its place does not become it: whoever knows it would know it wrongly."""
    play = begun()
    saved = play.save()
    old = play.env.action_space
    play.env.action_space = new = spaces.Discrete(9)
    play.load(saved)
    assert play.env.action_space == old
    assert new.n == 9


def test_a_large_space_that_was_replaced_cannot_come_back():
    play = begun(Own, lambda env: setattr(env, "frames", spaces.Box(0, 255, (64, 64, 3), np.uint8)))
    saved = play.save()
    assert len(saved) < 5000
    play.env.frames = spaces.Box(0, 1, (64, 64, 3), np.uint8)
    with pytest.raises(StateError, match="another space of images"):
        play.load(saved)


class Sharing(Own):
    """Has one generator for everything."""

    def reset(self, *, seed=None, options=None):
        result = super().reset(seed=seed, options=options)
        self.action_space._np_random = self.np_random
        self.friend = self.np_random
        return result

    def advance(self):
        return self.friend.random() + self.action_space.sample()


def test_one_generator_for_everything():
    play = begun(Sharing)
    check_continuation(play, 20)
    assert play.env.friend is play.env.np_random is play.env.action_space.np_random


def test_two_generators_do_not_become_one():
    play = begun(Own, lambda env: setattr(env, "friend", np.random.default_rng(1)))
    saved = play.save()
    expected = play.env.friend.random(), play.env.np_random.random()
    play.env.friend = play.env.np_random  # in the meantime they are one
    play.load(saved)
    assert (play.env.friend.random(), play.env.np_random.random()) == expected
    assert play.env.friend is not play.env.np_random


def counter():
    count = 0

    def advance():
        nonlocal count
        count += 1
        return count

    return advance


def test_captured_variables():
    play = begun(Own, lambda env: setattr(env, "advance", counter()))
    advance = play.env.advance
    check_continuation(play, 10)
    assert play.env.advance is advance


def test_captured_variables_are_not_those_of_another():
    play = begun(
        Own, lambda env: setattr(env, "advance", lambda: float(env.np_random.random() + len(vars(env))))
    )
    check_continuation(play, 10)


class Deep(Own):
    def __init__(self):
        super().__init__()
        self.chain = None
        for _ in range(50_000):
            self.chain = [self.chain]


class Old:
    """With the API of the old gym, and pickled by its arguments only, as many of them."""

    observation_space = spaces.Box(-1e9, 1e9, (1,), np.float64)
    action_space = spaces.Discrete(2)

    def __init__(self):
        self.parts = {"count": 0}
        self.numbers = np.random.RandomState(1)
        self.grow = self.add

    def __getstate__(self):
        return {}

    def add(self):
        self.parts["count"] += 1

    def reset(self):
        self.parts["count"] = 0
        return np.zeros(1)

    def step(self, action):
        self.grow()
        return np.array([self.numbers.rand() + self.parts["count"]]), float(action), False, {}


def test_environments_of_the_old_gym():
    play = Play(lambda: gymnasium.wrappers.TimeLimit(LegacyEnvironment(Old()), 30))
    play.begin(seed=1, steps=5)
    inner = play.env.unwrapped.legacy_env
    check_continuation(play, 20)
    assert play.env.unwrapped.legacy_env is inner
    assert inner.grow.__self__ is inner
    play.env.unwrapped.legacy_env.source = endless()
    with pytest.raises(StateError, match=r"unwrapped\.legacy_env\.source: .*generator"):
        play.save()


def test_environments_of_jax():
    jax = pytest.importorskip("jax")
    make = functools.partial(gymnasium.make, "phys2d/Pendulum-v0")
    play = Play(lambda: gymnasium.wrappers.JaxToNumpy(make()))
    play.begin(seed=1, steps=5)
    assert isinstance(play.env.unwrapped.state, jax.Array)
    saved = play.save()
    expected = play.steps(20)
    play.load(saved)
    assert same(play.steps(20), expected)
    assert same(play.clone().last, play.last)


# ------------------------------------------------------------------------------------------- what they may not


def endless():
    while True:
        yield 1


FORBIDDEN = {
    "generator": (lambda env: setattr(env, "numbers", endless()), r"unwrapped\.numbers: .*generator"),
    "in a list": (lambda env: setattr(env, "parts", [1, {"a": (endless(),)}]), r"unwrapped\.parts\[1\]\['a'\]\[0\]: "),
    "in an object": (lambda env: setattr(env, "ring", holder()), r"unwrapped\.ring\.value\.items: "),
    "thread": (lambda env: setattr(env, "worker", threading.Thread()), r"unwrapped\.worker\.\w+"),
    "socket": (lambda env: setattr(env, "wire", socket.socket()), r"unwrapped\.wire: .*socket"),
    "frame": (lambda env: setattr(env, "frame", sys._getframe()), r"unwrapped\.frame: .*frame"),
    "process": (lambda env: setattr(env, "child", child()), r"unwrapped\.child\.std(in|out)"),
    "memory": (lambda env: setattr(env, "memory", memoryview(b"a")), r"unwrapped\.memory: .*memoryview"),
    "open file": (lambda env: setattr(env, "source", opened()), r"unwrapped\.source is a file that is being"),
}  # fmt: skip


def holder():
    node = Node(types.SimpleNamespace(items=endless()))
    node.others.append(node)
    return node


def opened():
    return Path(__file__).open()


def child():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True)
    process.communicate("\n")
    process.stdin = opened()
    return process


@pytest.mark.parametrize("case", FORBIDDEN)
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_cannot_be_saved_is_named(case):
    hold, expected = FORBIDDEN[case]
    play = begun(Own, hold)
    before = dict(vars(play.env))
    with pytest.raises(StateError, match=f"^the state cannot be saved: {expected}"):
        play.save()
    assert vars(play.env) == before
    play.steps(3)


def test_in_an_info():
    play = begun()
    play.last = (play.last[0], {"deep": [endless()]})
    with pytest.raises(StateError, match=r"the info\['deep'\]\[0\]: .*generator"):
        play.save()


def test_nested_too_deeply():
    with pytest.raises(StateError, match=r"the objects in unwrapped\.chain are nested too deeply"):
        begun(Deep).save()


def test_files_that_are_written_stay(tmp_path):
    with (tmp_path / "log.txt").open("w") as log:
        play = begun(Own, lambda env: setattr(env, "log", log))
        saved = play.save()
        play.env.log.write("first\n")
        play.load(saved)
        play.env.log.write("second\n")
        assert play.env.log is log
    assert (tmp_path / "log.txt").read_text() == "first\nsecond\n"


# ------------------------------------------------------------------------------------------- failures


class Fragile(Own):
    def __init__(self):
        super().__init__()
        self.parts = [1.0, Breaking(0)]


class Breaking:
    wanted = True

    def __init__(self, value):
        self.value = value

    def __setstate__(self, content):
        if self.wanted:
            raise ValueError("broken on purpose")
        vars(self).update(content)


def test_a_load_that_fails_changes_nothing(monkeypatch):
    play = begun(Fragile)
    saved = play.save()
    play.steps(3)
    before = {name: value for name, value in vars(play.env).items() if name != "parts"}
    generator = play.env.np_random.bit_generator.state
    with pytest.raises(StateError, match="ValueError: broken on purpose") as caught:
        play.load(saved)
    assert isinstance(caught.value.__cause__, ValueError)
    assert {name: value for name, value in vars(play.env).items() if name != "parts"} == before
    assert play.env.np_random.bit_generator.state == generator
    monkeypatch.setattr(Breaking, "wanted", False)
    play.load(saved)
    check_continuation(play, 5)


def test_what_is_not_there_any_more():
    play = begun(Own, lambda env: setattr(env, "parts", {"advance": counter()}))
    saved = play.save()
    play.env.parts = {}
    count = play.env.count
    with pytest.raises(
        StateError, match=r"unwrapped\.parts\['advance'\] was there when it was saved, and is not here"
    ):
        play.load(saved)
    assert play.env.count == count


# ------------------------------------------------------------------------------------------- by their own methods


class Knowing(Own):
    """Says itself what its state is; the generator in it could not be pickled."""

    def __init__(self):
        super().__init__()
        self.numbers = endless()
        self.refuses = False

    def gogym_save_state(self):
        if self.refuses:
            raise RuntimeError("not now")
        return self.count, self.np_random.bit_generator.state

    def gogym_load_state(self, content):
        if self.refuses:
            raise RuntimeError("not now")
        self.count, self.np_random.bit_generator.state = content


def test_environments_that_know_how():
    play = Play(lambda: gymnasium.wrappers.TimeLimit(Knowing(), 1000))
    play.begin(seed=1, steps=5)
    check_continuation(play, 20)
    saved = play.save()
    play.steps(4)
    play.env.unwrapped.refuses = True
    with pytest.raises(StateError, match="gogym_save_state of the environment: not now") as caught:
        play.save()
    assert isinstance(caught.value.__cause__, RuntimeError)
    elapsed = play.env._elapsed_steps
    with pytest.raises(StateError, match="gogym_load_state of the environment: not now"):
        play.load(saved)
    assert play.env._elapsed_steps == elapsed


# ------------------------------------------------------------------------------------------- views


class Surface:
    """A window of a package that is known to draw."""


Surface.__module__ = "pygame.surface"


class Drawing(Own):
    def __init__(self):
        super().__init__()
        self.screen = None
        self.pictures = None
        self.game = types.SimpleNamespace(screen=None, score=0)

    def advance(self):
        self.game.score += 1
        return self.game.score

    def render(self):
        self.screen = self.screen or Surface()
        self.pictures = self.pictures or [Surface(), {"small": Surface()}]
        self.late = Surface()


def test_what_is_for_looking_stays():
    play = begun(Drawing)
    before = play.save()
    play.env.render()
    screen, pictures = play.env.screen, play.env.pictures
    after = play.save()
    play.load(before)
    assert (play.env.screen, play.env.pictures) == (screen, pictures)
    play.load(after)
    assert (play.env.screen, play.env.pictures) == (screen, pictures)
    other = begun(Drawing)
    other.load(after)
    assert (other.env.screen, other.env.pictures) == (None, None)
    assert same(other.steps(5), play.steps(5))


def test_a_window_among_state():
    play = begun(Drawing)
    play.env.game.screen = screen = Surface()
    play.steps(3)
    saved = play.save()
    play.steps(3)
    play.load(saved)
    assert (play.env.game.screen, play.env.game.score) == (screen, 8)
    other = begun(Drawing)
    with pytest.raises(StateError, match=r"unwrapped\.game\.screen was there .* or a frame, do that first"):
        other.load(saved)
    other.env.game.screen = theirs = Surface()
    other.load(saved)
    assert (other.env.game.screen, other.env.game.score) == (theirs, 8)


def test_states_do_not_open_outside_of_an_environment():
    import pickle

    from gogym import state_graph

    pickled = state_graph.dump([Own()], {"space": spaces.Discrete(2)}, {})
    with pytest.raises(pickle.UnpicklingError, match="only into an environment"):
        pickle.loads(pickled)


def test_a_journal_is_only_for_those_who_need_one():
    assert state.journal_for(Own()) is None
    assert state.journal_for(gymnasium.make("CartPole-v1")) is None
