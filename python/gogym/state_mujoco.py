"""Snapshots of MuJoCo: simulations, models, and where the cameras of renderers stand.

A simulation (MjData) is more than its positions and velocities: environments read quantities that the last step has
left behind, some of them of the substep before. So all of it is saved, as MuJoCo itself pickles it, without what lies
in it again and again: the model (half a megabyte for Ant-v5) and long runs of zeros. It is put back by mj_copyData.
"""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from gogym.errors import StateError

Packed = tuple[int, bytes, bytes, bytes]
"""The length of what was packed, the numbers of blocks that differ from its base (int32), these blocks, the rest."""

_BLOCK = 128


def pack(data: bytes, base: bytes | None = None) -> Packed:
    """Bytes as their difference from others of the same length, or from zeros."""
    whole = len(data) // _BLOCK * _BLOCK
    blocks = np.frombuffer(data, np.uint64, whole // 8).reshape(-1, _BLOCK // 8)
    if base is None:
        changed = blocks.any(axis=1)
    else:
        changed = (blocks != np.frombuffer(base, np.uint64, whole // 8).reshape(blocks.shape)).any(axis=1)
    numbers = np.flatnonzero(changed).astype(np.int32)
    return len(data), numbers.tobytes(), blocks[numbers].tobytes(), data[whole:]


def unpack(packed: Packed, base: bytes | None = None) -> bytes:
    """The bytes that `pack` was given."""
    length, numbers, changed, rest = packed
    whole = length - len(rest)
    blocks = (
        np.zeros(whole // 8, np.uint64) if base is None else np.frombuffer(base, np.uint64, whole // 8).copy()
    )
    blocks = blocks.reshape(-1, _BLOCK // 8)
    blocks[np.frombuffer(numbers, np.int32)] = np.frombuffer(changed, np.uint64).reshape(-1, _BLOCK // 8)
    return blocks.tobytes() + rest


# ------------------------------------------------------------------------------------------- models


class _Original:
    """A model as it was when its environment was made; states hold only what has changed since."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.digest = hashlib.blake2b(data, digest_size=16).digest()


_by_digest: weakref.WeakValueDictionary[bytes, _Original] = weakref.WeakValueDictionary()
_by_model: dict[int, tuple[weakref.ref[Any], _Original]] = {}


def remember(env: Any) -> None:
    """Keep what the models of an environment are like, which has just been made."""
    for value in vars(env.unwrapped).values():
        if type(value) is mujoco.MjModel:
            _original(value)


def _original(model: Any) -> _Original:
    """What a model was like when it was first seen."""
    number = id(model)
    known = _by_model.get(number)
    if known is None or known[0]() is not model:
        original = _Original(model.__getstate__())
        original = _by_digest.setdefault(original.digest, original)
        known = weakref.ref(model, lambda _: _by_model.pop(number, None)), original
        _by_model[number] = known
    return known[1]


def save_model(model: Any) -> tuple[bytes, Packed | None]:
    """A model as the digest of the original, and the difference where there is one."""
    return _difference(model, model.__getstate__())


def _difference(model: Any, data: bytes) -> tuple[bytes, Packed | None]:
    original = _original(model)
    if data == original.data:
        return original.digest, None
    if len(data) != len(original.data):
        raise StateError("the state cannot be saved: MuJoCo gives the same model in different lengths")
    return original.digest, pack(data, original.data)


def _model_bytes(saved: tuple[bytes, Packed | None], live: Any) -> bytes:
    digest, difference = saved
    ours = _original(live)
    original = ours if ours.digest == digest else _by_digest.get(digest)
    if original is None:
        raise StateError(
            "the state cannot be loaded: it is of another model of MuJoCo (other options of gym_make, another file, or "
            "a model that has been changed while the environment was made)"
        )
    return original.data if difference is None else unpack(difference, original.data)


def plan_model(live: Any, saved: tuple[bytes, Packed | None]) -> Callable[[], None] | None:
    """What to do to make a model the saved one; None: nothing."""
    _check_type(live, mujoco.MjModel)
    wanted = _model_bytes(saved, live)
    if live.__getstate__() == wanted:
        return None
    target = _from_bytes(mujoco.MjModel, wanted)
    if _sizes(target) != _sizes(live):
        raise StateError(
            "the state cannot be loaded: the environment has put another model of MuJoCo in its place"
        )

    def change() -> None:
        before = _from_bytes(mujoco.MjModel, live.__getstate__())
        _copy_fields(live, target)
        if live.__getstate__() != wanted:
            _copy_fields(live, before)
            raise StateError("the state cannot be loaded: a change of the model cannot be repeated")

    return change


def _sizes(model: Any) -> list[int]:
    names = (
        "nbuffer",
        "narena",
        "nq",
        "nv",
        "na",
        "nu",
        "nbody",
        "ngeom",
        "nsensordata",
        "nmocap",
        "nuserdata",
    )
    return [getattr(model, name) for name in names]


def _copy_fields(live: Any, target: Any) -> None:
    """Make one model or part of a model like another of the same sizes."""
    for name in dir(target):
        if name.startswith("_") or name == "signature":  # which pickles do not have
            continue
        value = getattr(target, name)
        if isinstance(value, np.ndarray):
            if value.size:
                getattr(live, name)[...] = value
        elif isinstance(value, (int, float)):
            if getattr(live, name) != value:
                setattr(live, name, value)
        elif type(value).__module__ == "mujoco._structs":  # options, statistics, what it looks like
            _copy_fields(getattr(live, name), value)


def _from_bytes(cls: Any, data: bytes) -> Any:
    value = cls.__new__(cls)
    value.__setstate__(data)
    return value


def _check_type(live: Any, cls: type) -> None:
    if type(live) is not cls:
        raise StateError(
            f"the state cannot be loaded: there is a {type(live).__name__} where it has a {cls.__name__} of MuJoCo"
        )


# ------------------------------------------------------------------------------------------- simulations


def save_data(data: Any) -> tuple[Any, ...]:
    """All of a simulation."""
    pickled: bytes = data.__getstate__()
    original = _original(data.model)
    model: tuple[bytes, Packed | None] = original.digest, None
    if pickled.startswith(original.data, 1):
        start, length = 1, len(original.data)
    else:
        current = data.model.__getstate__()
        start, length, model = pickled.find(current), len(current), _difference(data.model, current)
        if start < 0:
            raise StateError(
                "the state cannot be saved: this version of MuJoCo pickles simulations in an unknown way"
            )
    return model, start, pack(pickled[:start] + pickled[start + length :])


def plan_data(live: Any, saved: tuple[Any, ...]) -> Callable[[], None]:
    """What to do to make a simulation the saved one."""
    _check_type(live, mujoco.MjData)
    model, start, packed = saved
    copy = _simulation(_model_bytes(model, live.model), start, packed)
    if _sizes(copy.model) != _sizes(live.model):
        raise StateError(
            "the state cannot be loaded: the environment has put another simulation of MuJoCo in its place"
        )
    return lambda: mujoco.mj_copyData(live, live.model, copy)


# Planning loads the same state again and again, and to make an MjData takes a millisecond.
@lru_cache(maxsize=8)
def _simulation(model: bytes, start: int, packed: Packed) -> Any:
    data = unpack(packed)
    return _from_bytes(mujoco.MjData, data[:start] + model + data[start:])


def owns(array: NDArray[Any], roots: Sequence[Any]) -> bool:
    """Whether an array is a view of the memory of a simulation or model."""
    for root in roots:
        for value in vars(root).values():
            if type(value) in (mujoco.MjData, mujoco.MjModel):
                fields = (getattr(value, name) for name in value._all_fields)
                if any(
                    isinstance(field, np.ndarray) and np.may_share_memory(array, field) for field in fields
                ):
                    return True
    return False


# ------------------------------------------------------------------------------------------- cameras


_CAMERA = ("type", "fixedcamid", "trackbodyid", "distance", "azimuth", "elevation", "orthographic")


def save_cameras(renderer: Any) -> dict[Any, tuple[Any, ...]]:
    """Where the cameras of Gymnasium's MujocoRenderer stand, by render mode.

    The viewer of a render mode is made with the first frame, and looks at where the bodies are then.
    """
    cameras = {mode: _camera(viewer.cam) for mode, viewer in renderer._viewers.items() if mode != "human"}
    waiting = vars(renderer).get("_get_viewer")
    if isinstance(waiting, _Waiting):
        cameras = {mode: camera for mode, camera in cameras.items() if mode not in waiting.fresh}
        cameras.update(waiting.later)
    return cameras


def load_cameras(renderer: Any, cameras: dict[Any, tuple[Any, ...]]) -> None:
    """Move the cameras to where they stood; those of viewers that are not yet made, when they are made."""
    vars(renderer).pop("_get_viewer", None)
    later = dict(cameras)
    for mode, viewer in renderer._viewers.items():
        if mode in later:
            _move(viewer.cam, later.pop(mode))
    fresh = {mode for mode in renderer._viewers if mode not in cameras and mode != "human"}
    if later or fresh:
        renderer._get_viewer = _Waiting(renderer, later, fresh)


class _Waiting:
    """Stands for MujocoRenderer._get_viewer until all cameras are where they belong."""

    def __init__(self, renderer: Any, later: dict[Any, tuple[Any, ...]], fresh: set[Any]) -> None:
        self._renderer = renderer
        self.later = later
        self.fresh = fresh

    def __call__(self, render_mode: str | None) -> Any:
        renderer = self._renderer
        viewer = type(renderer)._get_viewer(renderer, render_mode)
        if render_mode in self.later:
            _move(viewer.cam, self.later.pop(render_mode))
        elif render_mode in self.fresh:  # as if it were made only now
            self.fresh.remove(render_mode)
            _move(viewer.cam, _camera(mujoco.MjvCamera()))
            viewer._init_camera()
            renderer._set_cam_config()
        if not self.later and not self.fresh:
            vars(renderer).pop("_get_viewer", None)
        return viewer


def _camera(camera: Any) -> tuple[Any, ...]:
    return (*(getattr(camera, name) for name in _CAMERA if hasattr(camera, name)), camera.lookat.tolist())


def _move(camera: Any, saved: tuple[Any, ...]) -> None:
    *numbers, lookat = saved
    names = [name for name in _CAMERA if hasattr(camera, name)]
    for name, number in zip(names, numbers, strict=True):
        setattr(camera, name, number)
    camera.lookat[:] = lookat
