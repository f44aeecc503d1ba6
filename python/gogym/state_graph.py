"""Environments as pickles: what is copied, and what stays where it is.

A state is one pickle of the attributes of all layers (the wrappers and the environment itself) and the last
observation and info, so that what was shared between them is shared again. Some objects are not copied. The pickle
names their place, and when it is loaded they are what is found there in the environment that is loaded into:

- the layers, and other environments that an environment has inside: their attributes are replaced
- spaces and random generators: their state is set, so that whoever else knows them goes on knowing them
- simulations of MuJoCo and the Arcade Learning Environment: they have state calls of their own
- functions that Python cannot find by name: the variables that they have captured are replaced
- windows, surfaces, graphics contexts, locks, files that are being written: they are no state
"""

from __future__ import annotations

import importlib
import io
import mmap
import pickle
import sys
import threading
from collections.abc import Callable, Sequence
from types import FunctionType, ModuleType
from typing import Any

import gymnasium
import numpy as np

from gogym.errors import StateError
from gogym.state_made import make_generators
from gogym.state_place import (
    LOCKS,
    Place,
    Places,
    attributes_of,
    cell_content,
    content_of,
    described,
    find,
    is_importable,
    kind_of,
    layer_names,
    replace_content,
)

# ------------------------------------------------------------------------------------------- saving


_LARGEST_BOUNDS = 1024
"""In bytes: larger bounds of a Box are not saved. They are constant, and those of images larger than most environments.
"""


class NotThereError(StateError):
    """What stays where it is when a state is loaded is not there, or not yet."""


def restore(kind: str, *arguments: Any) -> Any:  # noqa: ARG001
    """Stand in a pickle for the Loader's method of the same name."""
    raise pickle.UnpicklingError("a state can be loaded only into an environment")


def assign(value: Any, state: Any) -> None:  # noqa: ARG001
    """Stand in a pickle for the Loader's method of the same name."""
    raise pickle.UnpicklingError("a state can be loaded only into an environment")


class Saver(pickle.Pickler):
    """Pickles what belongs to an environment.

    Args:
        file: Where to.
        roots: The layers.
        further: Other objects that will be pickled, for messages: names and objects.
    """

    def __init__(self, file: io.BytesIO, roots: Sequence[Any], further: dict[str, Any]) -> None:
        super().__init__(file, protocol=5)
        self._roots = roots
        self._numbers = {id(root): number for number, root in enumerate(roots)}
        self.places = Places(roots, further)
        self.last: Any = None
        """What has been looked at last: where pickling fails, the culprit."""
        self._dense: dict[int, Any] = {}
        # Of the memory of arrays, by the id of its owner: what has been saved as a part of it, and as a copy.
        self._parts: dict[int, Any] = {}
        self._copies: dict[int, Any] = {}

    def reducer_override(self, value: Any) -> Any:
        """How to pickle an object; NotImplemented: as ever."""
        self.last = value
        number = self._numbers.get(id(value))
        if number is not None:
            return restore, ("layer", number)
        kind = kind_of(value)
        return getattr(self, f"_{kind}")(value) if kind else NotImplemented

    def _place(self, value: Any) -> Place:
        place = self.places.place(value)
        if place is None:
            raise StateError(
                f"the state cannot be saved: {self.places.shown(value)} can be kept only where it stays, and is held by "
                "an object whose insides cannot be looked at"
            )
        return place

    def _kept(self, value: Any) -> Any:
        return restore, ("kept", self._place(value), self.places.shown(value))

    _view = _kept

    def _class(self, value: type) -> Any:
        return NotImplemented if is_importable(value) else self._kept(value)

    def _module(self, value: ModuleType) -> Any:
        return restore, ("module", value.__name__)

    def _lock(self, value: Any) -> Any:
        return restore, ("lock", self.places.place(value), LOCKS.index(type(value)))

    def _file(self, value: io.IOBase) -> Any:
        if not value.closed and value.readable():
            raise StateError(
                f"the state cannot be saved: {self.places.shown(value)} is a file that is being read, and its position "
                "would be lost"
            )
        return self._kept(value)

    def _proxy(self, value: Any) -> Any:
        raise StateError(
            f"the state cannot be saved: {self.places.shown(value)} is a weakref.proxy, which pickle cannot tell from what "
            "it stands for; hold the object itself, pickle knows circles"
        )

    def _box2d(self, value: Any) -> Any:
        raise StateError(
            f"the state cannot be saved: {self.places.shown(value)} is an object of Box2D, which cannot be copied. Of "
            "environments with Box2D, only Gymnasium's own can be saved, and those with the methods gogym_save_state "
            "and gogym_load_state"
        )

    def _function(self, value: FunctionType) -> Any:
        if is_importable(value):
            return NotImplemented
        cells = [cell_content(cell) for cell in value.__closure__ or ()]
        reduced = (restore, ("kept", self._place(value), self.places.shown(value)))
        return (*reduced, ("cells", cells), None, None, assign) if cells else reduced

    def _environment(self, value: Any) -> Any:
        if isinstance(value, gymnasium.Env):
            make_generators([value])
        content, views = content_of(value)
        made = restore, ("environment", self.places.place(value), type(value))
        return (*made, ("content", (content, list(views))), None, None, assign)

    def _space(self, value: gymnasium.Space[Any]) -> Any:
        place = self.places.place(value)
        if place is not None:
            self.places.look_into(value, place, 2)
        made = restore, ("space", place, type(value), described(value))
        content = attributes_of(value)
        if type(value) is gymnasium.spaces.Box and value.low.nbytes > _LARGEST_BOUNDS:
            content = {name: item for name, item in content.items() if type(item) is not np.ndarray}
        return (*made, ("space", content), None, None, assign)

    def _array(self, value: np.ndarray[Any, Any]) -> Any:
        """Arrays that are parts of others stay so; pickle would cut them loose."""
        if value.base is None and (value.flags.c_contiguous or value.flags.f_contiguous):
            return NotImplemented
        root = value
        while isinstance(root.base, np.ndarray):
            root = root.base
        if type(root.base).__name__ == "PyCapsule" and "mujoco" in sys.modules:
            from gogym import state_mujoco  # noqa: PLC0415

            if state_mujoco.owns(value, self._roots):
                return self._kept(value)
        whole = self._whole(root)
        if value is whole:
            if root is whole:
                self._cut(value, root.base)
            return NotImplemented
        if whole is not None and type(value) is np.ndarray and id(root) not in self._copies:
            self._parts[id(root)] = value
            offset = value.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
            return restore, ("part", whole, value.dtype, value.shape, offset, value.strides)
        self._cut(value, root.base if root is value else root)
        return NotImplemented

    def _whole(self, root: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
        """An array with the same memory that pickle does not put in another order; None where there is none."""
        if root.flags.c_contiguous or root.flags.f_contiguous:
            return root
        if id(root) not in self._dense:
            turned = root.transpose(sorted(range(root.ndim), key=lambda axis: -root.strides[axis]))
            self._dense[id(root)] = turned if turned.flags.c_contiguous else None
        found: np.ndarray[Any, Any] | None = self._dense[id(root)]
        return found

    def _cut(self, value: np.ndarray[Any, Any], source: Any) -> None:
        """Raise where somebody would notice that an array does not share the memory of `source` any more."""
        while isinstance(source, memoryview):
            source = source.obj
        if source is None or type(source).__name__ == "PyCapsule" or isinstance(source, mmap.mmap):
            return
        try:
            is_constant = not isinstance(source, np.ndarray) and memoryview(source).readonly
        except TypeError:
            is_constant = not value.flags.writeable
        if is_constant:
            return
        other = self._copies.get(id(source), self._parts.get(id(source), source))
        if other is not source or self.places.place(source) is not None:
            raise StateError(
                f"the state cannot be saved: {self.places.shown(value)} shares its memory with {self.places.shown(other)}, "
                "and that cannot be put back. Parts of plain arrays of NumPy may be shared"
            )
        self._copies[id(source)] = value

    def _generator(self, value: np.random.Generator) -> Any:
        bits = value.bit_generator
        seed = _seed_of(bits)
        if type(value) is not np.random.Generator or seed is None:
            return NotImplemented
        return restore, ("generator", self.places.place(value), type(bits).__name__, seed, bits.state)

    def _MjModel(self, value: Any) -> Any:  # noqa: N802
        from gogym import state_mujoco  # noqa: PLC0415

        return restore, ("model", self._place(value), state_mujoco.save_model(value))

    def _MjData(self, value: Any) -> Any:  # noqa: N802
        from gogym import state_mujoco  # noqa: PLC0415

        return restore, ("data", self._place(value), state_mujoco.save_data(value))

    def _ale(self, value: Any) -> Any:
        return restore, ("ale", self._place(value), value.cloneState(include_rng=True).serialize())


def _seed_of(bits: Any) -> tuple[Any, ...] | None:
    """Where a bit generator of NumPy's own has come from: what its offspring depend on."""
    seed = bits.seed_seq
    if type(seed) is not np.random.SeedSequence or getattr(np.random, type(bits).__name__, None) is not type(
        bits
    ):
        return None
    entropy = (
        seed.entropy if isinstance(seed.entropy, int) else tuple(np.ravel(np.asarray(seed.entropy)).tolist())
    )
    return entropy, tuple(seed.spawn_key), seed.pool_size, seed.n_children_spawned


def dump(roots: Sequence[Any], content: Any, further: dict[str, Any]) -> bytes:
    """Pickle what belongs to the layers ``roots``.

    Raises:
        StateError: Something in it cannot be saved; the message names its place.
    """
    file = io.BytesIO()
    saver = Saver(file, roots, further)
    try:
        saver.dump(content)
    except StateError:
        raise
    except RecursionError as error:
        raise StateError(
            f"the state cannot be saved: {_deepest(roots)} nested too deeply for pickle"
        ) from error
    except Exception as error:
        what = "" if saver.last is None else f"{saver.places.shown(saver.last)}: "
        raise StateError(f"the state cannot be saved: {what}{error}") from error
    return file.getvalue()


def _deepest(roots: Sequence[Any]) -> str:
    """What pickle cannot follow to its end, as the beginning of a sentence."""
    for root, of in zip(roots, layer_names(roots), strict=True):
        for name, item in content_of(root)[0].items():
            if _is_too_deep(item, roots):
                return f"the objects in {of}.{name} are"
    return "the environment's objects are"


def _is_too_deep(value: Any, roots: Sequence[Any]) -> bool:
    try:
        Saver(io.BytesIO(), roots, {}).dump(value)
    except Exception as error:  # noqa: BLE001  # whatever else there is has not been the culprit
        return isinstance(error, RecursionError)
    return False


# ------------------------------------------------------------------------------------------- loading


class Loader(pickle.Unpickler):
    """Unpickles what a Saver has pickled, for an environment of the same make. Nothing is changed before `commit`.

    Args:
        data: The pickle.
        roots: The layers of the environment.
        in_place: Whether random generators may be those of the environment.
    """

    def __init__(self, data: bytes, roots: Sequence[Any], in_place: bool = True) -> None:
        super().__init__(io.BytesIO(data))
        self._roots = roots
        self._in_place = in_place
        self._claimed: set[int] = set()
        self._risky: list[Callable[[], object]] = []
        self._safe: list[Callable[[], object]] = []

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the pickle stands for."""
        if module == __name__ and name == "restore":
            return self._restore
        if module == __name__ and name == "assign":
            return self._assign
        return super().find_class(module, name)

    def load(self) -> Any:
        """Unpickle everything."""
        try:
            return super().load()
        finally:
            self.memo = {}  # it knows our methods, and Python 3.10 does not see that circle

    def commit(self) -> None:
        """Make the changes in place: first those that could fail."""
        for change in self._risky:
            change()
        for change in self._safe:
            change()

    def _restore(self, kind: str, *arguments: Any) -> Any:
        return getattr(self, f"_{kind}")(*arguments)

    def _assign(self, value: Any, state: tuple[str, Any]) -> None:
        getattr(self, f"_assign_{state[0]}")(value, state[1])

    def _find(self, place: Place | None) -> Any:
        try:
            return None if place is None else find(self._roots, place)
        except (LookupError, AttributeError, TypeError, ValueError):
            return None

    def _need(self, place: Place, shown: str) -> Any:
        live = self._find(place)
        if live is None:
            raise NotThereError(
                f"the state cannot be loaded: {shown} was there when it was saved, and is not here; if it is there only "
                "after a step or a frame, do that first"
            )
        return live

    def _claim(self, value: Any) -> bool:
        """Whether an object of the environment is still free to stand for one of the state."""
        if id(value) in self._claimed:
            return False
        self._claimed.add(id(value))
        return True

    def _layer(self, number: int) -> Any:
        return self._roots[number]

    def _kept(self, place: Place, shown: str) -> Any:
        return self._need(place, shown)

    def _module(self, name: str) -> ModuleType:
        return importlib.import_module(name)

    def _lock(self, place: Place | None, index: int) -> Any:
        live = self._find(place)
        return live if type(live) is LOCKS[index] else (threading.Lock, threading.RLock)[index]()

    def _environment(self, place: Place | None, cls: Any) -> Any:
        live = self._find(place)
        if type(live) is cls and self._claim(live):
            return live
        return cls.__new__(cls)

    def _assign_content(self, value: Any, saved: tuple[dict[str, Any], list[str]]) -> None:
        if id(value) in self._claimed:
            self._safe.append(lambda: replace_content(value, *saved))
        else:
            replace_content(value, *saved)

    def _assign_cells(self, function: FunctionType, cells: list[tuple[Any, ...]]) -> None:
        def change() -> None:
            for cell, content in zip(function.__closure__ or (), cells, strict=True):
                if content:
                    cell.cell_contents = content[0]

        if len(function.__closure__ or ()) != len(cells):
            raise StateError(
                f"the state cannot be loaded: it is of another version of the function {function.__qualname__}"
            )
        self._safe.append(change)

    def _space(self, place: Place | None, cls: Any, text: str) -> Any:
        live = self._find(place)
        # One that the environment has put in place of the saved one must not become it: others know it as it is.
        if type(live) is cls and described(live) == text and self._claim(live):
            return live
        return cls.__new__(cls)

    def _assign_space(self, space: gymnasium.Space[Any], content: dict[str, Any]) -> None:
        if id(space) in self._claimed:
            if type(space).__module__.startswith(
                "gymnasium."
            ):  # then all else is as the text says, and constant
                content = {"_np_random": content["_np_random"]}
            self._safe.append(lambda: vars(space).update(content))
        elif isinstance(space, gymnasium.spaces.Box) and "low" not in content:
            raise StateError(
                "the state cannot be loaded: the environment has put another space of images in its place"
            )
        else:
            vars(space).update(content)

    def _part(
        self, whole: np.ndarray[Any, Any], dtype: Any, shape: Any, offset: int, strides: Any
    ) -> np.ndarray[Any, Any]:
        memory = whole if whole.flags.c_contiguous else whole.T
        part: np.ndarray[Any, Any] = np.ndarray(shape, dtype, buffer=memory, offset=offset, strides=strides)
        return part

    def _generator(
        self, place: Place | None, kind: str, seed: tuple[Any, ...], state: Any
    ) -> np.random.Generator:
        live = self._find(place) if self._in_place else None
        if type(live) is np.random.Generator:
            bits = live.bit_generator
            if type(bits).__name__ == kind and _seed_of(bits) == seed and self._claim(live):
                self._safe.append(lambda: setattr(bits, "state", state))
                return live
        entropy, spawn_key, pool_size, spawned = seed
        bits = getattr(np.random, kind)(
            np.random.SeedSequence(
                entropy, spawn_key=spawn_key, pool_size=pool_size, n_children_spawned=spawned
            )
        )
        bits.state = state
        return np.random.Generator(bits)

    def _model(self, place: Place, saved: Any) -> Any:
        from gogym import state_mujoco  # noqa: PLC0415

        live = self._need(place, "a model of MuJoCo")
        change = state_mujoco.plan_model(live, saved)
        if change is not None:
            self._risky.append(change)
        return live

    def _data(self, place: Place, saved: Any) -> Any:
        from gogym import state_mujoco  # noqa: PLC0415

        live = self._need(place, "a simulation of MuJoCo")
        self._risky.append(state_mujoco.plan_data(live, saved))
        return live

    def _ale(self, place: Place, serialized: bytes) -> Any:
        from ale_py import ALEState  # noqa: PLC0415

        live = self._need(place, "the Arcade Learning Environment")
        state = ALEState(serialized)
        self._risky.append(lambda: live.restoreState(state))
        return live
