"""Writes the frames that Gymnasium renders: `frames.py DIRECTORY STEPS`, with the environments as JSON on stdin.

Of each environment its frames go to DIRECTORY/INDEX.raw, one after another: that after the reset, and that after each
step of an action which the seeded action space draws. Standard output is JSON: of each its shape, or the texts.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("MUJOCO_GL", "egl")
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

import gymnasium
import numpy as np


def play(env, steps):
    env.action_space.seed(5)
    env.reset(seed=1)
    yield env.render()
    for _ in range(steps):
        env.step(env.action_space.sample())
        yield env.render()


def main(directory, steps):
    described = []
    for index, (env_id, options) in enumerate(json.load(sys.stdin)):
        env = gymnasium.make(env_id, **options)
        texts, shape = [], None
        with (Path(directory) / f"{index}.raw").open("wb") as file:
            for frame in play(env, steps):
                for part in frame if isinstance(frame, tuple | list) else (frame,):
                    if isinstance(part, str):
                        texts.append(part)
                        continue
                    shape = shape or part.shape
                    file.write(np.ascontiguousarray(part).tobytes())
        described.append({"shape": shape, "texts": texts})
        env.close()
    json.dump(described, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
