"""What the tests of snapshots share: environments on their way, and comparison to the last bit."""

import contextlib

import gymnasium
import numpy as np

from gogym import state

with contextlib.suppress(ImportError):
    import ale_py  # noqa: F401  # registers its environments


def same(a, b):
    """Equal in value, type, dtype and shape; NaN equals NaN. The time in episode statistics is no part of it."""
    if isinstance(a, np.ndarray):
        return type(a) is type(b) and (a.dtype, a.shape) == (b.dtype, b.shape) and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return (
            type(a) is type(b)
            and a.keys() == b.keys()
            and all(same(a[key], b[key]) for key in a if key != "t")
        )
    if isinstance(a, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or repr(a) == repr(b) == "nan")


class Play:
    """An environment on its way, with what the bridge keeps of it."""

    def __init__(self, make, draws=False):
        self.make = make
        self.draws = draws
        self.env = make()
        self.journal = state.journal_for(self.env)
        self.last = None

    def reset(self, seed=None, **kwargs):
        self.last = self.env.reset(seed=seed, **kwargs)
        return self.last

    def begin(self, seed=0, steps=0):
        self.env.action_space.seed(seed)
        self.reset(seed)
        return self.steps(steps)

    def step(self, action):
        result = self.env.step(action)
        self.last = result[0], result[4]
        return result

    def steps(self, count):
        """All that comes out of steps with sampled actions, with resets where episodes end."""
        seen = []
        for _ in range(count):
            result = self.step(self.env.action_space.sample())
            seen.append(result)
            if self.draws:
                seen.append(self.env.render())
            if result[2] or result[3]:
                seen.append(self.reset())
        return seen

    def save(self):
        return state.save(self.env, self.last, self.journal)

    def load(self, saved):
        self.last = state.load(self.env, saved, self.journal)
        return self.last

    def clone(self, how="make"):
        other = object.__new__(Play)
        other.make, other.draws = self.make, self.draws
        make = self.make if how == "make" else None
        other.env, other.last, other.journal = state.clone(self.env, self.save(), self.journal, make)
        return other


def check_continuation(play, steps):
    """Save; what follows must follow again after a load, here and in another environment that has its own past."""
    saved, last = play.save(), play.last
    frame = play.env.render() if play.draws else None
    expected = play.steps(steps)
    assert len(expected) >= steps
    for _ in range(2):
        assert same(play.load(saved), last)
        if play.draws:
            assert same(play.env.render(), frame)
        assert same(play.steps(steps), expected)
    other, fresh = Play(play.make, play.draws), Play(play.make, play.draws)
    other.begin(seed=99, steps=7)
    for one in (other, fresh):
        assert same(one.load(saved), last)
        if play.draws:
            assert same(one.env.render(), frame)
        assert same(one.steps(steps), expected)
    for one in (play, other, fresh):
        one.env.close()


def making(env_id, *wrappers, **options):
    def make():
        env = gymnasium.make(env_id, **options)
        for wrap in wrappers:
            env = wrap(env)
        return env

    return make
