"""The C library inside a running Python, through ctypes.

For people who test their host code from Python, and for gogym's own tests: every function of gogym.h with
its prototype, the structs, and :class:`Environment` and :class:`Space`, thin classes over the calls of one::

    from gogym import native

    with native.Environment("CartPole-v1", options={"max_episode_steps": 50}) as env:
        observation = env.reset(seed=1)
        observation, reward, terminated, truncated = env.step(env.sample_action())

It is no way to use Gymnasium from Python: every call goes from Python through C and back into Python.
"""

from __future__ import annotations

from gogym.native.environment import Environment
from gogym.native.library import (
    DOUBLES,
    DYNAMIC,
    ERROR_MESSAGE_SIZE,
    ERROR_TRACEBACK_SIZE,
    ERROR_TYPE_SIZE,
    PROTOTYPES,
    Array,
    Config,
    Env,
    Error,
    GymError,
    Library,
    Other,
    Transition,
    load,
)
from gogym.native.space import Space

__all__ = [
    "DOUBLES",
    "DYNAMIC",
    "ERROR_MESSAGE_SIZE",
    "ERROR_TRACEBACK_SIZE",
    "ERROR_TYPE_SIZE",
    "PROTOTYPES",
    "Array",
    "Config",
    "Env",
    "Environment",
    "Error",
    "GymError",
    "Library",
    "Other",
    "Space",
    "Transition",
    "load",
]
