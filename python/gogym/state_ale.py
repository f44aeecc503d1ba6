"""Snapshots of the Arcade Learning Environment: the two things that its own states do not contain.

One is the screen, which the emulator draws only when it acts. The other is the action that is in effect: with
``repeat_action_probability`` each frame may repeat the action of the frame before instead of the one that is asked for,
and nothing says which it was. But the random numbers say it: a state contains the generator (std::mt19937, as text),
and its last outputs are still in it. So a journal keeps the last actions that were asked for, and the numbers
tell which of them took effect last. It is put back by having the emulator act for a frame with random numbers that make
the action take effect, before the state is restored.
"""

from __future__ import annotations

import re
import zlib
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
from ale_py import ALEState

from gogym.errors import StateError

MOST_STEPS = 256
"""How many of the last steps are kept."""

_CALLS = frozenset({"step", "reset"})
_GENERATOR = re.compile(rb"(?:\d+ ){624}\d+\Z")
"""The generator of a serialized state, which ends with it but for two integers: 624 words and the place in them."""
_TAIL = 8


def journal_for(unwrapped: Any) -> Journal | None:
    """The journal of an environment, from now on; None where actions always take effect."""
    journal = getattr(vars(unwrapped).get("step"), "__self__", None)
    if isinstance(journal, Journal):
        return journal
    if unwrapped.ale.getFloat("repeat_action_probability") == 0 or _CALLS & vars(unwrapped).keys():
        return None
    return Journal(unwrapped)


def check(unwrapped: Any, journal: Any) -> None:
    """Raise where the state of an AtariEnv cannot be saved."""
    if unwrapped.sound_obs:
        raise StateError(
            "the state cannot be saved: with sound_obs observations depend on the emulator's sound chip, which its states "
            "do not contain"
        )
    if journal is None and unwrapped.ale.getFloat("repeat_action_probability") > 0:
        raise StateError(
            "the state cannot be saved: nobody has seen which action the emulator would repeat "
            "(repeat_action_probability)"
        )


class Journal:
    """Keeps the last actions that an AtariEnv was asked for, to know which one is in effect."""

    left_out = _CALLS
    """The attributes of the environment that a state does not contain."""

    def __init__(self, unwrapped: Any) -> None:
        self._env = unwrapped
        self._class = type(unwrapped)
        self._origin: tuple[int, float] | None = None  # in effect before the first step that is kept
        self._steps: deque[tuple[Any, int]] = deque()  # actions, and for how many frames each was asked for
        self._frame = -1
        for name in _CALLS:
            vars(unwrapped)[name] = getattr(self, name)

    def invalidate(self, reason: str) -> None:
        """Something else has happened to the environment; what matters, frames, is seen by itself."""

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        """Reset the environment."""
        result = self._class.reset(self._env, seed=seed, options=options)
        self._begin((0, 1.0))
        return result

    def step(self, action: Any) -> Any:
        """Step the environment."""
        ale = self._env.ale
        frame = ale.getFrameNumber()
        if frame != self._frame:  # somebody else has had the emulator act
            self._begin(None)
        try:
            return self._class.step(self._env, action)
        finally:
            self._frame = ale.getFrameNumber()
            self._steps.append((np.copy(action) if np.ndim(action) else action, self._frame - frame))
            if len(self._steps) > MOST_STEPS:
                self._steps.popleft()
                self._origin = None

    def _begin(self, origin: tuple[int, float] | None) -> None:
        self._origin = origin
        self._steps.clear()
        self._frame = self._env.ale.getFrameNumber()

    def save(self) -> tuple[int, float]:
        """The action in effect, and its strength."""
        env = self._env
        if (
            env.ale.game_over()
        ):  # then the emulator stands still until the next reset, which forgets the action
            return 0, 1.0
        if env.ale.getFrameNumber() != self._frame:
            self._begin(None)
        chance = env.ale.getFloat("repeat_action_probability")
        drawn = _last_numbers(env.ale.cloneState(include_rng=True).serialize())
        for action, frames in reversed(self._steps):
            for _ in range(frames):
                if next(drawn) >= chance:
                    return _meant(env, action)
        if self._origin is None:
            raise StateError(
                "the state cannot be saved: which action the emulator would repeat (repeat_action_probability) is not "
                "known, because something other than steps has made it act. It can be saved again after the next reset"
            )
        return self._origin

    def repeat(self, saved: tuple[int, float]) -> None:
        """Have a saved action in effect; the state of the emulator stays."""
        ale = self._env.ale
        action, strength = saved
        before = ale.cloneState(include_rng=True)
        ale.restoreState(ALEState(_with_effect(before.serialize())))
        ale.act(action, strength)
        ale.restoreState(before)

    def loaded(self, saved: tuple[int, float]) -> None:
        """Go on from a state that has been loaded."""
        self._begin(saved)


def _meant(env: Any, action: Any) -> tuple[int, float]:
    """The action of the emulator that AtariEnv.step makes of one of the environment, and its strength."""
    if not env.continuous:
        return env._action_set[action].value, 1.0
    radius, angle, fire = action
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    threshold = env.continuous_action_threshold
    index = env.map_action_idx(
        left_center_right=int(x > threshold) - int(x < -threshold),
        down_center_up=int(y > threshold) - int(y < -threshold),
        fire=fire > threshold,
    )
    return int(getattr(index, "value", index)), float(radius)


# ------------------------------------------------------------------------------------------- random numbers


def _generator(serialized: bytes) -> tuple[int, list[int]]:
    """Where the generator stands in a serialized state, and its numbers."""
    found = _GENERATOR.search(serialized, max(len(serialized) - 8192, 0), len(serialized) - _TAIL)
    if found is None:
        raise StateError(
            "the state cannot be saved or loaded: this version of ale-py has another random generator"
        )
    return found.start(), [int(number) for number in found.group().split()]


def _last_numbers(serialized: bytes) -> Iterator[float]:
    """The numbers that have decided about actions, from the last one back; each frame has used two, this and another."""
    _, numbers = _generator(serialized)
    words, position = numbers[:-1], numbers[-1]
    while True:
        for index in range(position - 2, -1, -2):
            yield _tempered(words[index]) / 2**32
        words, position = _words_before(words), len(words)


def _tempered(word: int) -> int:
    """What MT19937 gives out for a word of its state."""
    word ^= word >> 11
    word ^= (word << 7) & 0x9D2C5680
    word ^= (word << 15) & 0xEFC60000
    return word ^ (word >> 18)


def _words_before(words: list[int]) -> list[int]:
    """The words of MT19937 before it renewed them all; but for the first, which cannot be known, and is not needed."""
    before = list(words)
    for index in range(len(words) - 1, 0, -1):
        twisted = before[index] ^ before[(index + 397) % 624]
        upper = _untwisted(twisted) & 0x80000000
        twisted = before[index - 1] ^ before[(index + 396) % 624]
        before[index] = upper | (_untwisted(twisted) & 0x7FFFFFFF)
    return before


def _untwisted(twisted: int) -> int:
    is_odd = twisted >> 31
    return ((twisted ^ (0x9908B0DF if is_odd else 0)) << 1) & 0xFFFFFFFF | is_odd


_GREATEST = 316513203
"""The word for which MT19937 gives out its greatest number."""


def _with_effect(serialized: bytes) -> bytes:
    """A serialized state with a generator whose next number makes an action take effect."""
    start, numbers = _generator(serialized)
    length = len(serialized) - _TAIL - start
    text = " ".join([str(_GREATEST)] + ["0"] * (len(numbers) - 1)).ljust(length).encode()
    return serialized[:start] + text + serialized[-_TAIL:]


# ------------------------------------------------------------------------------------------- the screen


def save_screen(env: Any) -> tuple[Any, ...] | None:
    """The screen of an environment that shows it in `render`; None where it does not."""
    if env.render_mode != "rgb_array":
        return None
    shown = vars(env).get("render")
    if isinstance(shown, Screen) and shown.is_valid():
        return shown.saved
    screen = env.ale.getScreenRGB()
    return screen.shape, zlib.compress(screen.tobytes(), 1), _moment(env)


def load_screen(env: Any, saved: tuple[Any, ...] | None) -> None:
    """Have `render` show the saved screen until there is a new one: the emulator draws it only when it acts."""
    vars(env).pop("render", None)
    if saved is not None:
        vars(env)["render"] = Screen(env, saved)


class Screen:
    """Stands for AtariEnv.render as long as nothing has happened since a state was loaded."""

    def __init__(self, env: Any, saved: tuple[Any, ...]) -> None:
        self._env = env
        self.saved = saved

    def __call__(self) -> Any:
        """Render the environment."""
        shape, compressed, _ = self.saved
        if self.is_valid():
            return np.frombuffer(zlib.decompress(compressed), np.uint8).reshape(shape).copy()
        vars(self._env).pop("render", None)
        return self._env.render()

    def is_valid(self) -> bool:
        """Whether the emulator is still where it was."""
        return bool(_moment(self._env) == self.saved[2])


def _moment(env: Any) -> tuple[Any, ...]:
    ale = env.ale
    return ale.getFrameNumber(), ale.getEpisodeFrameNumber(), ale.getRAM().tobytes()
