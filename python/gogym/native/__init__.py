"""The C library inside a running Python, through ctypes.

For people who test their host code from Python, and for gogym's own tests: every function of gogym.h with
its prototype, the structs, :class:`Environment`, :class:`Vec` (a vector environment) and :class:`Space`, thin classes
over the calls of one, and functions over those that belong to none::

    from gogym import native

    with native.Environment("CartPole-v1", options={"max_episode_steps": 50}) as env:
        observation = env.reset(seed=1)
        observation, reward, terminated, truncated = env.step(env.sample_action())

It is no way to use Gymnasium from Python: every call goes from Python through C and back into Python.
"""

from __future__ import annotations

from gogym.native.callback import (
    add_array_callback,
    add_reward_callback,
    add_trigger_callback,
    flush,
    remove_callback,
    set_message_callback,
)
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
    Frame,
    FramePart,
    GymError,
    Library,
    Other,
    Transition,
    VecView,
    load,
)
from gogym.native.registry import import_module, list_envs, register_env, spec, versions
from gogym.native.space import Space
from gogym.native.vector import Batch, Results, Vec

__all__ = [
    "DOUBLES",
    "DYNAMIC",
    "ERROR_MESSAGE_SIZE",
    "ERROR_TRACEBACK_SIZE",
    "ERROR_TYPE_SIZE",
    "PROTOTYPES",
    "Array",
    "Batch",
    "Config",
    "Env",
    "Environment",
    "Error",
    "Frame",
    "FramePart",
    "GymError",
    "Library",
    "Other",
    "Results",
    "Space",
    "Transition",
    "Vec",
    "VecView",
    "add_array_callback",
    "add_reward_callback",
    "add_trigger_callback",
    "flush",
    "import_module",
    "list_envs",
    "load",
    "register_env",
    "remove_callback",
    "set_message_callback",
    "spec",
    "versions",
]
