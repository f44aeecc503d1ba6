"""Rollouts of vector environments that every language must repeat bit for bit: python vector_rollouts.py OUT

Gymnasium's SyncVectorEnv alone makes this file; nothing of gogym is used. It is text, one record a line, with fields
that have tabs between them, in the form of space_vectors.py (doubles, bytes, value):

    OPERATION <TAB> ARGUMENT <TAB> ... <TAB> RESULT

A program that reads it does each operation in turn, on the vector environment that was made last, and writes the same
line with the result that it got itself: all is well where both files are equal. Lines that begin with "#" name the
rollout that follows and are copied. No field is empty: "-" stands for NULL, and for a row without bytes. Each rollout
stands there once for every engine.

    make ID NUM_ENVS OPTIONS -> NUMBERS     gym_vec_make; the bytes of a row of observations and of actions
    seed SEED -> ok                         gym_vec_seed_actions
    reset SEEDS MASK OPTIONS -> ROWS        gym_vec_reset: numbers with commas between them; a 1 or 0 for each; JSON
    sample -> ROWS                          gym_vec_sample_actions
    step -> ROWS STEPS                      gym_vec_step with the actions that were sampled last
    parts -> ROWS STEPS                     the same by gym_vec_send, in two parts, and gym_vec_recv, two at a time
    final ENVS -> ROWS                      final_observations of the view: of those environments
    info -> value                           gym_vec_info
    close -> ok

ROWS are doubles or bytes, as the layout says, with "/" between rows. STEPS has REWARD:FLAGS of each environment, with
"/" between them: 16 hex digits, terminated + 2 * truncated.
"""

from __future__ import annotations

import functools
import json
import struct
import sys
from pathlib import Path

import gymnasium
import numpy as np
from gymnasium.vector import SyncVectorEnv
from gymnasium.vector.utils import iterate

HERE = Path(__file__).resolve().parent
ENVS = HERE.parent / "python" / "envs"
sys.path.insert(0, str(ENVS))

import space_reference as reference
from space_vectors import value
from vectors import numbers_of

MODES = {"next_step": "NextStep", "same_step": "SameStep", "disabled": "Disabled"}
ROLLOUT = "gogym_test_rollout:gogym_test/Rollout-v0"
ECHO = "gogym_test_envs:gogym_test/Echo-v0"
ENGINES = {"process": {"engine": "process", "workers": 2}, "sync": {"engine": "sync"}}

# ------------------------------------------------------------------------------------------- the reference


class Recorded(SyncVectorEnv):
    """Keeps the infos of the single environments, before they are merged."""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.merging = False
        self.single_infos = [{} for _ in self.envs]

    def begin(self):
        self.single_infos = [{} for _ in self.envs]

    def _add_info(self, vector_infos, env_info, env_num):
        if self.merging:  # it calls itself for dicts inside
            return super()._add_info(vector_infos, env_info, env_num)
        self.single_infos[env_num].update(env_info)
        self.merging = True
        try:
            return super()._add_info(vector_infos, env_info, env_num)
        finally:
            self.merging = False

    def reset(self, **keywords):
        self.begin()
        return super().reset(**keywords)

    def step(self, actions):
        self.begin()
        return super().step(actions)


def as_row(space, element, layout):
    """An element as the bytes of a row."""
    if layout == "native":
        content = reference.native_of(space, element)
        return content + bytes(-len(content) % 8)
    return np.array(numbers_of(space, element)).tobytes()


class Reference:
    """Gymnasium's vector environment, with rows as bytes.

    Args:
        env_id: What gymnasium.make takes.
        num_envs: How many.
        kwargs: The options of all.
        mode: One of MODES.
        layout: "float64" or "native".
        env_options: The options of each, over those of all.
        wrap: What is put around each: a function, or a list with one for each.
    """

    def __init__(self, env_id, num_envs, kwargs, mode, layout, env_options=None, wrap=None):
        each = env_options or [{}] * num_envs
        wraps = wrap if isinstance(wrap, list) else [wrap] * num_envs
        makes = [
            functools.partial(self.make, env_id, {**kwargs, **special}, around)
            for special, around in zip(each, wraps, strict=True)
        ]
        self.envs = Recorded(makes, autoreset_mode=MODES[mode])
        self.mode, self.layout, self.num_envs = mode, layout, num_envs

    @staticmethod
    def make(env_id, kwargs, wrap):
        kwargs.pop("gogym", None)  # what stands there is done by `wrap`
        env = gymnasium.make(env_id, **kwargs)
        return wrap(env) if wrap else env

    def action_rows(self, actions):
        return self._rows(self.envs.action_space, self.envs.single_action_space, actions)

    def _rows(self, space, single_space, elements):
        return [as_row(single_space, element, self.layout) for element in iterate(space, elements)]

    def _observe(self, observations):
        # What SyncVectorEnv has in its arrays may have been rounded to their dtype, as a row is.
        self.rows = self._rows(self.envs.observation_space, self.envs.single_observation_space, observations)

    def reset(self, seeds=None, mask=None, options=None):
        """Gives the rows of observations. Seeds: a number, or one for each, where -1 is none."""
        if isinstance(seeds, list):
            seeds = [None if seed < 0 else seed for seed in seeds]
        if mask is not None:
            # Without options beside it the environments get {}, which is not what they get from gogym.
            options = {**(options or {}), "reset_mask": mask}
        observations, self.infos = self.envs.reset(seed=seeds, options=options)
        self._observe(observations)
        return self.rows

    def sample(self):
        """Random actions: for step, and as rows."""
        actions = self.envs.action_space.sample()
        return actions, self.action_rows(actions)

    def step(self, actions):
        """Gives the rows of observations; the rest are attributes."""
        observations, self.rewards, self.terminated, self.truncated, self.infos = self.envs.step(actions)
        self._observe(observations)
        self.ended = self.terminated | self.truncated
        self.final_rows = [
            as_row(self.envs.single_observation_space, self.infos["final_obs"][i], self.layout)
            if self.mode == "same_step" and self.ended[i]
            else None
            for i in range(self.num_envs)
        ]
        return self.rows


# ------------------------------------------------------------------------------------------- the rollouts

ROLLOUTS = {
    # name: (id, environments, options, of each, mode, layout, seeds, options of the reset)
    "cart-pole": ("CartPole-v1", 5, {"max_episode_steps": 9}, None, "next_step", "float64", 3, None),
    "cart-pole-bounds": (
        "CartPole-v1",
        3,
        {"max_episode_steps": 9},
        None,
        "same_step",
        "native",
        [2**62, 0, 7],
        {"low": -0.01, "high": 0.02},
    ),
    "pendulum": (
        "Pendulum-v1",
        4,
        {},
        [{"g": g, "max_episode_steps": n} for g, n in ((9.81, 5), (1.0, 7), (2.5, 5), (3, 1))],
        "same_step",
        "float64",
        [4, 5, 4, 9],
        None,
    ),
    "frozen-lake": ("FrozenLake-v1", 7, {}, None, "disabled", "native", 11, None),
    "blackjack": ("Blackjack-v1", 5, {}, None, "same_step", "native", 0, None),
    "dict": (
        ROLLOUT,
        5,
        {"observation": "dict", "action": "dict", "length": 6},
        None,
        "same_step",
        "native",
        8,
        {"scale": 2.5},
    ),
    "dict-float64": (
        ROLLOUT,
        3,
        {"observation": "dict", "length": 4, "action": "box"},
        None,
        "disabled",
        "float64",
        5,
        None,
    ),
    "multi-discrete": (
        ROLLOUT,
        5,
        {"observation": "multi-discrete", "odds": 0.3},
        None,
        "next_step",
        "native",
        1,
        None,
    ),
    "every-kind": (
        ECHO,
        3,
        {"space": "every-kind", "max_episode_steps": 3},
        None,
        "next_step",
        "native",
        2,
        None,
    ),
}
STEPS = 40


def doubles(numbers):
    return np.array(numbers, ">f8").tobytes().hex(" ", 8) or "-"


def row_text(rows, layout):
    if layout == "native":
        return "/".join(row.hex() or "-" for row in rows)
    return "/".join(doubles(np.frombuffer(row)) for row in rows)


def step_text(played):
    return "/".join(
        f"{struct.pack('>d', reward).hex()}:{int(terminated) + 2 * int(truncated)}"
        for reward, terminated, truncated in zip(
            played.rewards, played.terminated, played.truncated, strict=True
        )
    )


def play(name, engine):
    """The lines of a rollout."""
    env_id, num_envs, kwargs, env_options, mode, layout, seeds, options = ROLLOUTS[name]
    own = {**ENGINES[engine], "autoreset_mode": mode, "layout": layout, "path": [str(ENVS)]}
    if env_options:
        own["env_options"] = env_options
    played = Reference(env_id, num_envs, kwargs, mode, layout, env_options)
    lines = [f"# {name} {engine}"]

    def put(*fields):
        lines.append("\t".join(str(field) for field in fields))

    def put_reset(seeds, mask, options):
        numbers = seeds if isinstance(seeds, list) else [seeds]
        put(
            "reset",
            "-" if seeds is None else ",".join(map(str, numbers)),
            "-" if mask is None else "".join(str(int(chosen)) for chosen in mask),
            "-" if options is None else json.dumps(options),
            row_text(played.reset(seeds, mask, options), layout),
        )
        put_info()

    def put_info():
        # Echo tells how its action prints, and Gymnasium's batched spaces have the keys of a Dict in another order.
        if env_id != ECHO:
            put("info", value(played.envs.single_infos))

    rows = played.reset(seeds)
    actions, action_rows = played.sample()
    sizes = f"{len(rows[0])},{len(action_rows[0])}"
    put("make", env_id, num_envs, json.dumps({**kwargs, "gogym": own}), sizes)
    put("seed", 6, "ok")
    played.envs.close()
    played = Reference(env_id, num_envs, kwargs, mode, layout, env_options)
    played.envs.action_space.seed(6)
    put_reset(seeds, None, options)
    for step in range(STEPS):
        actions, action_rows = played.sample()
        put("sample", row_text(action_rows, layout))
        played.step(actions)
        in_parts = step % 5 == 3
        put("parts" if in_parts else "step", row_text(played.rows, layout), step_text(played))
        ended = np.flatnonzero(played.ended).tolist()
        if mode == "same_step" and ended and not in_parts:
            finals = [played.final_rows[i] for i in ended]
            put("final", ",".join(map(str, ended)), row_text(finals, layout))
        if not in_parts:  # otherwise they are those of the last that were received
            put_info()
        if mode == "disabled" and ended:
            again = [40 * step + i if i % 2 else -1 for i in range(num_envs)] if step % 2 else None
            put_reset(again, played.ended, options)
        elif step == STEPS // 2:  # in the middle of episodes
            put_reset([-1, *range(num_envs - 1)], None, None)
    put("close", "ok")
    played.envs.close()
    return lines


def main(out):
    """Write the lines of all rollouts."""
    gymnasium.logger.min_level = gymnasium.logger.ERROR
    lines = [line for name in ROLLOUTS for engine in ENGINES for line in play(name, engine)]
    Path(out).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
