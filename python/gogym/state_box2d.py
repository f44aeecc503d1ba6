"""Snapshots of Gymnasium's environments with Box2D, by playing the episode again.

Box2D cannot copy a world: what its solver remembers of contacts and joints from one step to the next cannot be read,
and it decides about the last bits of the next one. So a journal keeps what has happened since the last reset, from the
random generator before it to the last action, and a state is loaded by doing it all again, drawing excepted.

A world that is used for more than one episode (BipedalWalker, CarRacing) is not quite the same in the next: its
broad phase numbers the shapes in the order in which earlier episodes have left its list of free numbers, and contacts
are solved in the order of these numbers. So the journal also keeps that list, as it is when the world is empty.
"""

from __future__ import annotations

import copy
import ctypes
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import Box2D  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from gogym import state_graph, state_place
from gogym.errors import StateError

MOST_EVENTS = 1_000_000
"""How many steps since the last reset are kept."""


class _Kind(NamedTuple):
    """What must be known of a class of Gymnasium's."""

    held: frozenset[str]
    """Attributes that hold objects of Box2D, all of them made by reset."""
    sign: str
    """The attribute by which reset sees that there is nothing to be destroyed; and what it is then."""
    empty: Any
    keeps_world: bool
    """Whether episodes follow one another in one world."""
    bodies: Callable[[Any], list[Any]]
    """The bodies that move."""
    draw: Callable[[Any], None]
    """What of `render` can be felt in the world."""


def _draw_lander(env: Any) -> None:
    """Make the sparks of the engines a frame older, as LunarLander's render does."""
    for particle in env.particles:
        particle.ttl -= 0.15
    env._clean_particles(False)


def _draw_nothing(env: Any) -> None:
    """Nothing of render can be felt."""


_KINDS = {
    "gymnasium.envs.box2d.lunar_lander.LunarLander": _Kind(
        held=frozenset({"world", "moon", "lander", "legs", "drawlist", "particles"}),
        sign="moon",
        empty=None,
        keeps_world=False,
        bodies=lambda env: [env.lander, *env.legs],
        draw=_draw_lander,
    ),
    "gymnasium.envs.box2d.bipedal_walker.BipedalWalker": _Kind(
        held=frozenset(
            {"world", "terrain", "hull", "legs", "joints", "drawlist", "lidar", "fd_polygon", "fd_edge"}
        ),
        sign="terrain",
        empty=[],
        keeps_world=True,
        bodies=lambda env: [env.hull, *env.legs],
        draw=_draw_nothing,
    ),
    "gymnasium.envs.box2d.car_racing.CarRacing": _Kind(
        held=frozenset({"world", "contactListener_keepref", "road", "road_poly", "car", "fd_tile"}),
        sign="road",
        empty=None,
        keeps_world=True,
        bodies=lambda env: [env.car.hull, *env.car.wheels],
        draw=_draw_nothing,
    ),
}

_DEFINITIONS = frozenset({"fd_polygon", "fd_edge", "fd_tile", "contactListener_keepref"})
"""Of what is held, what is made once and for all."""

_DRAWING = frozenset({"atari_preprocessing", "rendering", "stateful_action"})
"""The modules of gymnasium.wrappers with wrappers that draw from the environment's random generator."""

_CALLS = frozenset({"step", "reset", "render"})
"""The attributes by which the journal sees what happens."""


class Record(NamedTuple):
    """What has happened since a reset."""

    before: bytes
    """The environment's attributes before it."""
    seed: int | None
    options: Any
    free: bytes | None
    """The free list of the world's broad phase; None where the world was new."""
    events: list[tuple[str, Any]]
    """("step", action), ("error", action) for a step that raised, ("render", None), ("random", state of np_random)."""


def journal_for(env: Any) -> Journal | None:
    """The journal of an environment, from now on; None where it is of no class that needs one."""
    unwrapped = env.unwrapped
    present = vars(unwrapped).get("step")
    journal = getattr(present, "__self__", None)
    if not isinstance(journal, Journal):
        kind = _KINDS.get(f"{type(unwrapped).__module__}.{type(unwrapped).__qualname__}")
        if kind is None or _CALLS & vars(unwrapped).keys():
            return None
        journal = Journal(unwrapped, kind)
    if any(_may_draw(type(layer)) for layer in state_place.layers(env)[:-1]):
        journal.watch()
    return journal


def _may_draw(wrapper: type) -> bool:
    """Whether a wrapper may draw from the environment's random generator."""
    package, _, module = wrapper.__module__.rpartition(".")
    return package != "gymnasium.wrappers" or module in _DRAWING


class Journal:
    """Keeps what happens to an environment with Box2D, and can make it happen again."""

    def __init__(self, unwrapped: Any, kind: _Kind) -> None:
        self._env = unwrapped
        self._class = type(unwrapped)
        self._kind = kind
        self._record: Record | None = None
        self._reason = "it has not been reset since it was made"
        self._is_new = True
        self._is_inside = False
        self._is_repeating = False
        self._watches = False
        self._random: Any = None  # as the last event has left it, where somebody else may draw
        for name in _CALLS:
            vars(unwrapped)[name] = getattr(self, name)

    def watch(self) -> None:
        """Have an eye on the random generator from now on: wrappers draw from it, too."""
        if not self._watches:
            self._watches = True
            if self._record is not None:
                self._random = self._random_state()

    @property
    def left_out(self) -> frozenset[str]:
        """The attributes of the environment that a state does not contain."""
        return self._kind.held | _CALLS

    def invalidate(self, reason: str) -> None:
        """Something has happened that cannot be repeated: there is nothing to be saved until the next reset."""
        self._record = None
        self._reason = reason

    # ----------------------------------------------------------------------------------- what the environment is asked

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        """Reset the environment, and begin anew."""
        if self._is_inside or (seed is not None and not (isinstance(seed, int) and seed >= 0)):  # raises
            return self._class.reset(self._env, seed=seed, options=options)
        record: Record | None = None
        self.invalidate("its last reset failed")
        try:
            record = self._begin(seed, options)
        except StateError as error:
            self._reason = str(error)
        self._is_inside = True
        try:
            result = self._class.reset(self._env, seed=seed, options=options)
        finally:
            self._is_inside = False
        self._record = record
        self._look()
        return result

    def step(self, action: Any) -> Any:
        """Step the environment."""
        record = self._record
        if self._is_inside or record is None:
            return self._class.step(self._env, action)
        self._note("step", action if isinstance(action, (int, np.generic)) else copy.deepcopy(action))
        self._is_inside = True
        try:
            return self._class.step(self._env, action)
        except BaseException:
            record.events[-1] = ("error", record.events[-1][1])
            raise
        finally:
            self._is_inside = False
            self._look()

    def render(self) -> Any:
        """Render the environment."""
        if self._is_repeating:
            return self._kind.draw(self._env)
        frame = self._class.render(self._env)
        if not self._is_inside and self._record is not None and self._kind.draw is not _draw_nothing:
            self._note("render", None)
        return frame

    def _note(self, what: str, how: Any) -> None:
        record = cast(Record, self._record)
        if self._watches:
            random = self._random_state()
            if not _is_same(random, self._random):  # a wrapper has drawn from the environment's generator
                record.events.append(("random", random))
                self._random = random
        record.events.append((what, how))
        if len(record.events) > MOST_EVENTS:
            self.invalidate(f"there have been more than {MOST_EVENTS} steps since its last reset")

    def _look(self) -> None:
        if self._watches:
            self._random = self._random_state()

    def _random_state(self) -> Any:
        return self._env.np_random.bit_generator.state

    def _begin(self, seed: int | None, options: Any) -> Record:
        """Note all that the coming reset depends on."""
        env = self._env
        if seed is None:
            env.np_random  # noqa: B018  # would otherwise be made, with a seed of nobody's choice, by reset
        free = None
        if self._kind.keeps_world:
            is_new = self._is_new and not getattr(env, self._kind.sign)
            self._is_new = False
            env._destroy()  # what reset does first
            try:
                free = free_list(env.world)
            except StateError:
                if not is_new:
                    raise
        before, _ = state_place.content_of(env, self.left_out | {"action_space", "observation_space"})
        return Record(state_graph.dump([env], before, {}), seed, copy.deepcopy(options), free, [])

    # ----------------------------------------------------------------------------------- snapshots

    def save(self) -> tuple[Any, ...]:
        """What the state of the environment must contain for `repeat`."""
        if self._record is None:
            raise StateError(
                "the state cannot be saved: an environment with Box2D is saved as what has happened since its last reset, "
                f"and {self._reason}. It can be saved again after the next reset"
            )
        *beginning, events = self._record
        return (
            *beginning,
            _packed(events),
            [self._positions(), self._random if self._watches else self._random_state()],
        )

    def repeat(self, saved: tuple[Any, ...]) -> None:
        """Do again what had happened when a state was saved. When it fails, the environment is as it was."""
        before, seed, options, free, packed, end = saved
        record = Record(before, seed, options, free, _unpacked(packed))
        env, attributes = self._env, vars(self._env)
        old = dict(attributes)
        loader = state_graph.Loader(record.before, [env], in_place=False)
        earlier = loader.load()
        world = Box2D.b2World(gravity=old["world"].gravity)
        self._is_inside = self._is_repeating = True
        try:
            if record.free is not None:
                set_free_list(world, record.free)
            for name in self._kind.held - _DEFINITIONS:
                attributes.pop(name, None)
            attributes.update(earlier, world=world, **{self._kind.sign: self._kind.empty})
            if "particles" in old:
                attributes["particles"] = []
            self._repeat(record)
            self._check(end)
        except BaseException as error:
            attributes.clear()
            attributes.update(old)
            if isinstance(error, StateError) or not isinstance(error, Exception):
                raise
            raise StateError(f"the state cannot be loaded: playing the episode again: {error}") from error
        finally:
            self._is_inside = self._is_repeating = False
        self._record = record
        self._look()

    def loaded(self, saved: tuple[Any, ...]) -> None:
        """There is nothing left to do."""

    def _repeat(self, record: Record) -> None:
        env = self._env
        if hasattr(env, "_render"):  # CarRacing draws in every step; what it has drawn is in the state
            vars(env)["_render"] = _draw_nothing
        try:
            self._class.reset(env, seed=record.seed, options=copy.deepcopy(record.options))
            for what, how in record.events:
                if what == "render":
                    self._kind.draw(env)
                elif what == "random":
                    env.np_random.bit_generator.state = how
                else:
                    self._repeat_step(how, what == "error")
        finally:
            vars(env).pop("_render", None)

    def _repeat_step(self, action: Any, has_raised: bool) -> None:
        try:
            self._class.step(self._env, copy.deepcopy(action))
        except Exception:
            if not has_raised:
                raise

    def _check(self, end: Any) -> None:
        if not _is_same([self._positions(), self._random_state()], end):
            raise StateError(
                "the state cannot be loaded: the episode has been played again, and has not come to the same end; "
                "something has changed the environment from outside"
            )

    def _positions(self) -> list[Any]:
        """Where all bodies are and how they move: by this it shows whether an episode has been played as before."""
        return [
            (*body.position, body.angle, *body.linearVelocity, body.angularVelocity, body.awake)
            for body in self._kind.bodies(self._env)
        ]


def _is_same(a: Any, b: Any) -> bool:
    try:
        return bool(a == b)
    except ValueError:  # arrays, in the state of another bit generator
        return False


def _packed(events: list[tuple[str, Any]]) -> tuple[list[str], Any]:
    """Events as pickle has less to do with them: actions of one kind as one array."""
    names = [what for what, _ in events]
    values = [how for _, how in events]
    kinds = {(type(value), getattr(value, "dtype", None), getattr(value, "shape", None)) for value in values}
    if len(kinds) == 1 and isinstance(values[0], (np.ndarray, np.integer)):
        return names, np.stack(values)
    return names, values


def _unpacked(packed: tuple[list[str], Any]) -> list[tuple[str, Any]]:
    return list(zip(packed[0], packed[1], strict=True))


# ------------------------------------------------------------------------------------------- the broad phase


class _Tree(ctypes.Structure):
    """The class b2DynamicTree, which is the first member of b2BroadPhase; as in Box2D 2.3."""

    _fields_ = (
        ("root", ctypes.c_int32),
        ("nodes", ctypes.c_void_p),
        ("count", ctypes.c_int32),
        ("capacity", ctypes.c_int32),
        ("free", ctypes.c_int32),
        ("path", ctypes.c_uint32),
        ("insertions", ctypes.c_int32),
    )


_NODE = np.dtype(
    {
        "names": ["next", "height"],
        "formats": [np.int32, np.int32],
        "offsets": [16 + ctypes.sizeof(ctypes.c_void_p), 28 + ctypes.sizeof(ctypes.c_void_p)],
        "itemsize": 32 + ctypes.sizeof(ctypes.c_void_p),
    }
)
"""What concerns us of b2TreeNode: behind the bounds (four floats) and user data follow next, two children, height."""

_is_known: list[bool] = []


def free_list(world: Any) -> bytes:
    """The numbers of free nodes of an empty world's broad phase, in the order in which it will give them out.

    Raises:
        StateError: This is another Box2D than the one that this is written for.
    """
    tree, nodes = _opened(world)
    following = nodes["next"].tolist()
    order: list[int] = []
    number = tree.free
    while number != -1 and len(order) < len(following):
        order.append(number)
        number = following[number]
    if number != -1 or len(set(order)) != tree.capacity:
        raise _unknown()
    return np.array(order, np.int32).tobytes()


def set_free_list(world: Any, free: bytes) -> None:
    """Have a new world number its shapes in the order that `free_list` gave for another."""
    order = np.frombuffer(free, np.int32)
    _opened(world)
    bodies = []
    while _tree(world).capacity < len(order):  # it grows when it is full
        bodies.append(world.CreateStaticBody(shapes=Box2D.b2.edgeShape(vertices=[(0, 0), (1, 0)])))
    for body in bodies:
        world.DestroyBody(body)
    tree, nodes = _opened(world)
    if tree.capacity != len(order) or not np.array_equal(np.sort(order), np.arange(len(order))):
        raise _unknown()
    nodes["next"][order] = np.append(order[1:], np.int32(-1))
    tree.free = order[0]


def _opened(world: Any) -> tuple[_Tree, NDArray[Any]]:
    """The tree of an empty world and its nodes, in Box2D's own memory; only if it looks as expected."""
    if not _is_known:
        _is_known.append(_looks_known())
    if not _is_known[0]:
        raise _unknown()
    tree = _tree(world)
    nodes = _nodes(tree)
    if tree.root != -1 or tree.count != 0 or not (nodes["height"] == -1).all():
        raise StateError("the world is not empty")
    return tree, nodes


def _tree(world: Any) -> _Tree:
    return _Tree.from_address(int(world.contactManager.broadPhase.this))


def _nodes(tree: _Tree) -> NDArray[Any]:
    memory = (ctypes.c_char * (tree.capacity * _NODE.itemsize)).from_address(tree.nodes or 0)
    return np.frombuffer(memory, _NODE)


def _looks_known() -> bool:
    """Whether a new world's tree is in memory what this file takes it for: its numbers are those of 16 free nodes."""
    world = Box2D.b2World()
    tree = _tree(world)
    numbers = (tree.root, tree.count, tree.capacity, tree.free, tree.path, tree.insertions)
    if numbers != (-1, 0, 16, 0, 0, 0) or not tree.nodes or tree.nodes % 8:
        return False
    nodes = _nodes(tree)
    return bool((nodes["next"] == [*range(1, 16), -1]).all() and (nodes["height"] == -1).all())


def _unknown() -> StateError:
    return StateError(
        f"Box2D {Box2D.__version__} numbers its shapes in a way that gogym does not know, and this world is not in its "
        "first episode"
    )
