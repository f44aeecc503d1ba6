"""Environments for tests of rendering: frames of any kind, which count how often they are drawn."""

import gymnasium
import numpy as np

FRAMES = {
    "plain": lambda: np.arange(24, dtype=np.uint8).reshape(2, 4, 3),
    "flipped": lambda: np.arange(24, dtype=np.uint8).reshape(2, 4, 3)[::-1, ::-1],
    "fortran": lambda: np.asfortranarray(np.arange(24, dtype=np.uint8).reshape(2, 4, 3)),
    "transposed": lambda: np.arange(6, dtype=np.float64).reshape(2, 3).T / 7,
    "swapped": lambda: np.arange(6, dtype=">f4").reshape(2, 3),
    "flags": lambda: np.array([[True, False, True]]),
    "four": lambda: np.arange(16, dtype=np.int16).reshape(2, 2, 2, 2),
    "empty": lambda: np.zeros((0, 4, 3), np.uint8),
    "pair": lambda: (
        np.arange(9, dtype=np.uint8).reshape(1, 3, 3),
        np.linspace(0, 1, 3, dtype=np.float64)[None],
    ),
    "none": lambda: None,
    "list": lambda: [np.zeros((2, 2, 3), np.uint8)],
    "text": lambda: "a text",
    "objects": lambda: np.array([["a", None]], dtype=object),
    "complex": lambda: np.zeros((2, 2), np.complex128),
    "scalar": lambda: np.float64(1),
    "five": lambda: np.zeros((1, 1, 1, 1, 1), np.uint8),
    "three": lambda: (np.zeros((2, 2)),) * 3,
    "pair of none": lambda: (np.zeros((2, 2), np.uint8), None),
}
GOOD = [
    "plain",
    "flipped",
    "fortran",
    "transposed",
    "swapped",
    "flags",
    "four",
    "empty",
    "pair",
]
BAD = [name for name in FRAMES if name not in GOOD]


class Frames(gymnasium.Env):
    """Renders the frame of a name; "random" is drawn anew each time, "raising" raises, "growing" gets larger."""

    metadata = {"render_modes": ["rgb_array", "depth_array", "rgbd_tuple", "human"], "render_fps": 25}
    observation_space = gymnasium.spaces.Discrete(2)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, frame="plain", render_mode=None):
        self.frame = frame
        self.render_mode = render_mode
        self.renders = 0

    def reset(self, *, seed=None, options=None):  # noqa: ARG002
        super().reset(seed=seed)
        return 0, {}

    def step(self, action):  # noqa: ARG002
        return 0, 0.0, False, False, {}

    def render(self):
        self.renders += 1
        if self.frame == "random":
            return self.np_random.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        if self.frame == "growing":
            return np.full((self.renders, 2, 3), self.renders, np.uint8)
        if self.frame == "raising":
            raise OSError("no colours are left")
        return FRAMES[self.frame]()
