"""What every language must see of the wrappers of tests/wrappers/table.json: python wrapper_vectors.py OUT [NAME ...]

Gymnasium alone makes this file, with wrappers constructed by hand; nothing of gogym is used. Videos are written to
folders in the current directory. Where the modules of tests/python/envs are, is on sys.path then.

Each row of the table is played twice, in a WAY: "make" has the wrappers among the options of gym_make (under
"gogym"); "wrap" makes the environment without them, plays three steps of an episode (reset with SEED + 7, actions
seeded with 3), and has them put around by gym_wrap. What follows is the same:

    seed the action space with SEED + 1; reset with SEED;
    STEPS times: sample an action, step with it; after the end of an episode reset without a seed (unless
    "after_end" says "step");
    close.

The file is text, fields with tabs between them, in the form of space_vectors.py's fields (doubles, bytes, value). A
field of more than 400 characters is written *LENGTH:CRC32, with 8 hex digits.

    # NAME WAY LAYOUT
    observation_space   value
    action_space        value
    reset               OBSERVED
    info                PATH        value       the last reset's or step's, for each path that the info has
    step                ACTION      OBSERVED    REWARD      terminated + 2 * truncated
    render              value                   every `render_every` steps: of gym_render_value
    again               OBSERVED                the reset after an episode
    closed

LAYOUT is "float64" with "make" and "native" with "wrap", unless the row says another. ACTION and OBSERVED are doubles
with "float64" and bytes with "native"; with "value" OBSERVED is a value and ACTION doubles. The infos' paths are keys with "/" between them; "." is the whole. Rows that name none compare the whole.
"""

from __future__ import annotations

import importlib.util
import json
import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python" / "envs"))

import gogym_test_wrapped  # noqa: F401
import gymnasium
from gymnasium import spaces, wrappers

import space_reference as reference
from space_vectors import value
from vectors import numbers_of

TABLE = HERE.parent / "wrappers" / "table.json"
LONGEST = 400
STEPS = 50
WAYS = ("make", "wrap")

# ------------------------------------------------------------------------------------------- the functions


def double_plus_one(reward):
    return 2.0 * float(reward) + 1.0


def negate(x):
    return (-np.asarray(x, np.float64)).astype(x.dtype)


def halve(x):
    return (np.asarray(x, np.float64) / 2).astype(np.float32)


def first_two(x):
    return 2 * np.asarray(x[:2], np.float64)


def every_second(count):
    return count % 2 == 0


def every_tenth(count):
    return count % 10 == 0


# ------------------------------------------------------------------------------------------- the wrappers


def _namespace(name):
    return importlib.import_module(name)


def _jax_cpu():
    return _namespace("jax").devices("cpu")[0]


def _late(name, *arguments):
    """A wrapper whose module may be missing until it is used."""
    return lambda env: getattr(wrappers, name)(env, *arguments)


W = wrappers
BY_HAND = {
    "atari": lambda env: W.AtariPreprocessing(env, noop_max=10),
    "atari-size-and-colour": lambda env: W.AtariPreprocessing(
        env,
        frame_skip=2,
        screen_size=(30, 20),
        terminal_on_life_loss=True,
        grayscale_obs=False,
        scale_obs=True,
    ),
    "delay": lambda env: W.DelayObservation(env, 3),
    "delay-ragged": lambda env: W.DelayObservation(env, 2),
    "dtype": lambda env: W.DtypeObservation(env, np.float64),
    "dtype-of-discrete": lambda env: W.DtypeObservation(env, np.int16),
    "discretize-observation": lambda env: W.DiscretizeObservation(env, 10),
    "discretize-observation-bins": lambda env: W.DiscretizeObservation(env, (5, 7), multidiscrete=True),
    "filter-dict": lambda env: W.FilterObservation(env, ["place"]),
    "filter-tuple": lambda env: W.FilterObservation(env, [0, 2]),
    "flatten": W.FlattenObservation,
    "frame-stack": lambda env: W.FrameStackObservation(env, 4),
    "frame-stack-zero": lambda env: W.FrameStackObservation(env, 3, padding_type="zero"),
    "frame-stack-own-padding": lambda env: W.FrameStackObservation(
        env, 3, padding_type=np.array([1, 0, -0.5], np.float32)
    ),
    "frame-stack-composite": lambda env: W.FrameStackObservation(env, 2, padding_type=(5, 1, 0)),
    "grayscale": W.GrayscaleObservation,
    "grayscale-atari": lambda env: W.GrayscaleObservation(env, keep_dim=True),
    "transform-observation": lambda env: W.TransformObservation(env, negate, None),
    "transform-observation-space": lambda env: W.TransformObservation(
        env, first_two, spaces.Box(-2, 2, (2,), np.float64)
    ),
    "max-and-skip": lambda env: W.MaxAndSkipObservation(env, 3),
    "normalize-observation": lambda env: W.NormalizeObservation(env, 1e-6),
    "add-render": W.AddRenderObservation,
    "add-render-beside": lambda env: W.AddRenderObservation(env, False, "frame", "noise"),
    "add-render-cart-pole": W.AddRenderObservation,
    "resize": lambda env: W.ResizeObservation(env, (4, 7)),
    "reshape": lambda env: W.ReshapeObservation(env, (2, 2)),
    "reshape-tagged": lambda env: W.ReshapeObservation(env, (15, 6)),
    "rescale-observation": lambda env: W.RescaleObservation(env, 0, 1),
    "rescale-observation-lists": lambda env: W.RescaleObservation(
        env, np.array([-2, -1.5]), np.array([1, 0.5])
    ),
    "rescale-observation-tagged": lambda env: W.RescaleObservation(
        env, np.array([-1, -2, -3], np.float32), np.array([1, 2, 3], np.float32)
    ),
    "time-aware": W.TimeAwareObservation,
    "time-aware-dict": lambda env: W.TimeAwareObservation(env, False, True),
    "clip-action": W.ClipAction,
    "discretize-action": lambda env: W.DiscretizeAction(env, 5),
    "discretize-action-bins": lambda env: W.DiscretizeAction(env, (3, 4), multidiscrete=True),
    "transform-action": lambda env: W.TransformAction(env, negate, None),
    "transform-action-space": lambda env: W.TransformAction(env, halve, spaces.Box(-2, 2, (1,), np.float64)),
    "rescale-action": lambda env: W.RescaleAction(env, -1, 1.0),
    "rescale-action-lists": lambda env: W.RescaleAction(env, np.array([-0.5, 0]), np.array([0.5, 3])),
    "sticky-action": lambda env: W.StickyAction(env, 0.4, (1, 3)),
    "sticky-action-steady": lambda env: W.StickyAction(env, 0.25, 2),
    "repeat-action": lambda env: W.RepeatAction(env, 3),
    "clip-reward": lambda env: W.ClipReward(env, -2, -0.5),
    "clip-reward-below": lambda env: W.ClipReward(env, -1.5, np.inf),
    "transform-reward": lambda env: W.TransformReward(env, double_plus_one),
    "normalize-reward": lambda env: W.NormalizeReward(env, 0.9, 1e-6),
    "time-limit": lambda env: W.TimeLimit(env, 7),
    "autoreset": W.Autoreset,
    "passive-checker": W.PassiveEnvChecker,
    "order-enforcing": lambda env: W.OrderEnforcing(env, True),
    "statistics": lambda env: W.RecordEpisodeStatistics(env, 5, "ended"),
    "white-noise": lambda env: W.AddWhiteNoise(env, 0.3),
    "white-noise-gray": lambda env: W.AddRenderObservation(W.AddWhiteNoise(env, 0.5, True)),
    "obstruct-view": lambda env: W.ObstructView(env, 0.4, 2),
    "render-collection": lambda env: W.RenderCollection(env, True, False),
    "render-collection-text": lambda env: W.RenderCollection(env, False),
    "record-video": lambda env: W.RecordVideo(env, "videos", every_second, name_prefix="taken"),
    "record-video-steps": lambda env: W.RecordVideo(
        env, "snippets", step_trigger=every_tenth, video_length=4, gc_trigger=every_second, fps=12
    ),
    "human": W.HumanRendering,
    "array-conversion-numpy": lambda env: W.ArrayConversion(env, np, np),
    "array-conversion-jax": lambda env: W.ArrayConversion(
        env, np, _namespace("jax.numpy"), target_device=_jax_cpu()
    ),
    "jax-to-numpy": _late("JaxToNumpy"),
    "jax-to-numpy-phys2d": _late("JaxToNumpy"),
    "jax-to-torch": _late("JaxToTorch"),
    "numpy-to-torch": _late("NumpyToTorch", "cpu"),
    "numpy-to-torch-composite": _late("NumpyToTorch"),
    "chain": lambda env: W.TimeLimit(W.ClipReward(W.FrameStackObservation(env, 4), 0, 0.5), 9),
    "chain-filter": lambda env: W.FilterObservation(W.TimeAwareObservation(env, False), ["time"]),
    "chain-callbacks": lambda env: W.ReshapeObservation(
        W.TransformObservation(
            W.TransformReward(W.TransformReward(env, double_plus_one), double_plus_one), negate, None
        ),
        (3, 1),
    ),
    "chain-dtype": lambda env: W.FrameStackObservation(
        W.NormalizeObservation(W.DtypeObservation(env, np.float64)), 2
    ),
}
"""What each row of the table is in Python."""


def rows():
    return json.loads(TABLE.read_text(encoding="utf-8"))["rows"]


def missing(row):
    """The packages that a row needs and that are not there."""
    return [package for package in row.get("needs", []) if importlib.util.find_spec(package) is None]


# ------------------------------------------------------------------------------------------- fields


def short(field):
    return field if len(field) <= LONGEST else f"*{len(field)}:{zlib.crc32(field.encode()):08x}"


def doubles(numbers):
    return np.array(numbers, ">f8").tobytes().hex(" ", 8) or "-"


def plain(element):
    """An element with NumPy's arrays in place of those of other packages."""
    if isinstance(element, (np.ndarray, np.generic, str, int, float)) or element is None:
        return element
    if isinstance(element, dict):
        return {key: plain(item) for key, item in element.items()}
    if isinstance(element, (list, tuple)):
        return type(element)(plain(item) for item in element)
    return np.asarray(element)


def observed(space, element, layout):
    element = plain(element)
    if layout == "value":
        return value(reference.value_of(space, element))
    if layout == "native":
        return reference.native_of(space, element).hex() or "-"
    return doubles(numbers_of(space, element))


def info_at(info, path):
    """What an info has at a path, or None."""
    for key in path.split("/") if path != "." else []:
        info = info.get(key) if isinstance(info, dict) else None
    return info


def layout_of(row, way):
    return row.get("layout") or ("float64" if way == "make" else "native")


# ------------------------------------------------------------------------------------------- one row


def play(row, way):
    """The lines of a row, played in a way."""
    layout = layout_of(row, way)
    lines = [f"# {row['name']} {way} {layout}"]

    def put(*fields):
        lines.append("\t".join([fields[0], *(short(str(field)) for field in fields[1:])]))

    def put_info(info):
        for path in row.get("info", ["."]):
            found = info_at(info, path)
            if found is not None:
                put("info", path, value(plain(found)))

    env = gymnasium.make(row["env"], **row.get("options", {}))
    if way == "wrap":
        env.action_space.seed(3)
        env.reset(seed=row["seed"] + 7)
        for _ in range(3):
            env.step(env.action_space.sample())
    env = BY_HAND[row["name"]](env)
    put("observation_space", value(reference.describe(env.observation_space)))
    put("action_space", value(reference.describe(env.action_space)))
    env.action_space.seed(row["seed"] + 1)
    observation, info = env.reset(seed=row["seed"])
    put("reset", observed(env.observation_space, observation, layout))
    put_info(info)
    for i in range(1, row.get("steps", STEPS) + 1):
        action = env.action_space.sample()
        observation, reward, terminated, truncated, info = env.step(action)
        put(
            "step",
            observed(env.action_space, action, "float64" if layout == "value" else layout),
            observed(env.observation_space, observation, layout),
            struct.pack(">d", reward).hex(),
            int(terminated) + 2 * int(truncated),
        )
        put_info(info)
        if row.get("render_every") and i % row["render_every"] == 0:
            put("render", value(env.render()))
        if (terminated or truncated) and row.get("after_end") != "step":
            observation, info = env.reset()
            put("again", observed(env.observation_space, observation, layout))
            put_info(info)
    env.close()
    put("closed")
    return lines


def main(out, *names):
    """Write the lines of all rows whose packages are there, or of those that are named."""
    # As on a machine without a display, and as gogym has it there.
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    gymnasium.logger.min_level = gymnasium.logger.ERROR
    chosen = [row for row in rows() if row["name"] in names or (not names and not missing(row))]
    lines = [line for row in chosen for way in WAYS for line in play(row, way)]
    Path(out).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
