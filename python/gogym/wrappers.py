"""Wrappers by name: the JSON of the option "wrappers" and of gym_wrap, put around an environment."""

from __future__ import annotations

import ast
import contextlib
import copy
import difflib
import inspect
import linecache
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import gymnasium
from gymnasium import wrappers as gymnasium_wrappers
from gymnasium.error import DependencyNotInstalled

from gogym import entry_point
from gogym.errors import WrapperError
from gogym.options import check_wrappers, json_text, parse_json
from gogym.space import class_name, safe_repr
from gogym.wrapper_argument import Parameters

if TYPE_CHECKING:
    from typing_extensions import Self

Env = gymnasium.Env[Any, Any]

NAMES: tuple[str, ...] = tuple(name for name in gymnasium_wrappers.__all__ if name != "vector")
"""The wrappers of Gymnasium for single environments."""

_SHOWN = 200
"""How much of a value messages show."""

_OF_ENVIRONMENTS = re.compile(
    r"\b(env|environment|observation|action|render|render_mode|space|image|Box|Discrete|Dict|Tuple)s?\b|_space\b",
    re.IGNORECASE,
)
"""What exceptions name that are about the environment."""

_OWN_MODULES = ("gogym", "_bridge")
"""Where the classes of gogym's own exceptions are."""

# What wrappers import when they are used: the module, what pip calls it, and the extra that brings it.
_PACKAGES: dict[str, tuple[str, str]] = {
    "cv2": ("opencv-python-headless", "wrappers"),
    "array_api_compat": ("array-api-compat", "wrappers"),
    "moviepy": ("moviepy", "video"),
    "jax": ("jax", "jax"),
    "torch": ("torch", "torch"),
    "pygame": ("pygame-ce", "classic-control"),
}


def parse(text: str) -> list[dict[str, Any]]:
    """Parse the JSON of gym_wrap: one wrapper, or an array of them.

    Raises:
        OptionsError: It is not that.
        CallbackError: It names a callback that is not there.
    """
    return list(check_wrappers(parse_json(text, "wrappers"), "wrappers"))


def apply(env: Env, wrappers: Sequence[Mapping[str, Any]]) -> Env:
    """Put wrappers around an environment, the first one innermost; what fails changes nothing.

    Each has a "name", one of :data:`NAMES`, ``module:Class`` or ``path/to/file.py:Class``; the other members are
    arguments of its constructor, as :func:`gogym.options.parse_json` gives them.

    Raises:
        WrapperError: A wrapper is unknown, does not fit the environment, or not its arguments.
        CallbackError: A callback is of another kind than its argument wants.
        ImportError: A user's module, or what it imports, is missing.
        gymnasium.error.Error: As the wrapper's constructor raises it; DependencyNotInstalled names the extra.
    """
    # Whatever can be said without the environment is said before anything is made.
    layers = [Layer(dict(wrapper)) for wrapper in wrappers]
    with _Undo(env) as undo:
        for layer in layers:
            undo.expect_folder(layer.folder())
            env = layer.around(env, undo.note)
    return env


class Layer:
    """A wrapper to be made: its class, and arguments whose names are checked."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.name: str = described.pop("name")
        self.arguments = described
        self.create = self.find(self.name)
        self.parameters = Parameters(self.create, self.name)
        self.check_arguments()

    @staticmethod
    def find(name: str) -> Callable[..., Any]:
        """The class of a wrapper, or the function that makes it."""
        return _find(name)

    def check_arguments(self) -> None:
        """Raise WrapperError where an argument is unknown or missing."""
        self.parameters.check(self.arguments)

    def folder(self) -> Path | None:
        """The folder that it makes."""
        folder = self.arguments.get("video_folder")
        is_recorder = isinstance(self.create, type) and issubclass(
            self.create, gymnasium_wrappers.RecordVideo
        )
        return Path(folder).absolute() if is_recorder and isinstance(folder, str) else None

    def make(self, env: Any) -> Any:
        """Call its constructor."""
        return self.parameters.call(self.arguments, env)

    def around(self, env: Any, note: Callable[[], str] = str) -> Any:
        """Make it around an environment; ``note`` says more where that fails."""
        try:
            made = self.make(env)
        except RecursionError:
            raise
        except MemoryError as error:
            raise MemoryError(f"wrapper {self.name}: {error}") from error
        except Exception as error:
            if type(error).__module__.partition(".")[0] in _OWN_MODULES:
                raise  # what gogym says, or a callback of the host
            _raise_misfit(self, env, error, note())
        self.check(made, env)
        return made

    def check(self, made: Any, env: Any) -> None:
        """Raise WrapperError where what was made is no wrapper around the environment."""
        if not isinstance(made, gymnasium.Env) or not _is_around(made, env):
            raise WrapperError(
                f"{self.name} is no wrapper: it made {one_line(made)}, which is no gymnasium.Env around the one that it "
                "was given; a wrapper is a subclass of gymnasium.Wrapper"
            )


def _is_around(outer: Env, inner: Env) -> bool:
    return any(layer is inner for layer in _layers(outer)) or outer.unwrapped is inner.unwrapped


def _layers(env: Any) -> Iterator[Env]:
    """An environment with all its wrappers, from outside to inside."""
    while isinstance(env, gymnasium.Env):
        yield env
        env = getattr(env, "__dict__", {}).get("env")


# ------------------------------------------------------------------------------------------- by name


def _find(name: str) -> Callable[..., Any]:
    """The class of a wrapper, or the function that makes it."""
    name = name.removeprefix("gymnasium.wrappers:")
    if ":" in name:
        create = find_place(name)
        if isinstance(create, type) and issubclass(create, gymnasium.vector.VectorWrapper):
            raise WrapperError(_for_vectors(name))
        return create
    if name not in NAMES:
        raise WrapperError(_unknown(name))
    return find_stock(gymnasium_wrappers, name)


def find_stock(module: ModuleType, name: str) -> Callable[..., Any]:
    """One of Gymnasium's wrappers; DependencyNotInstalled names the extra that it needs."""
    try:
        return getattr(module, name)  # type: ignore[no-any-return]
    except (ImportError, DependencyNotInstalled) as error:  # those that convert arrays
        note = _missing_note(error)
        if not note:
            raise
        raise DependencyNotInstalled(f"wrapper {name}: {note}") from error


def find_place(name: str) -> Callable[..., Any]:
    """The class or function of a user: ``module:Class`` or ``path/to/file.py:Class``."""
    place, _, attribute = name.rpartition(":")
    module = entry_point.import_place(place, [folder for folder in sys.path if folder])
    try:
        found = entry_point.find(module, attribute)
    except TypeError as error:
        raise WrapperError(f"{name} is no wrapper: {error}") from error
    if found is None:
        raise WrapperError(
            f"{entry_point.shown(module)} has no {attribute!r}. {entry_point.offer(module, attribute)}"
        )
    return found.create


def _for_vectors(name: str) -> str:
    return f"{name} is a wrapper for vector environments, and this is a single environment"


def _unknown(name: str) -> str:
    """Say what may have been meant by a name that is no wrapper's."""
    if name in gymnasium.wrappers.vector.__all__ or name.startswith("vector."):
        return _for_vectors(name)
    # Gymnasium knows the new names of some.
    try:
        getattr(gymnasium_wrappers, name)
    except (AttributeError, ImportError) as error:
        known = f" ({error})" if "renamed" in str(error) or "deprecated" in str(error).lower() else ""
    else:
        known = ""
    renamed = re.search(r"wrappers\.(\w+)`", known)
    return f"there is no wrapper {name!r}{known}. {offer(name, NAMES, renamed.groups() if renamed else ())}"


def offer(name: str, names: Sequence[str], meant_first: Sequence[str] = ()) -> str:
    """Say what may have been meant by a name that is none of `names`."""
    by_lower = {candidate.lower(): candidate for candidate in names}
    wanted = name.rpartition(".")[2].lower()
    close = [wanted] if wanted in by_lower else difflib.get_close_matches(wanted, by_lower, cutoff=0.65)
    meant = dict.fromkeys([*meant_first, *(by_lower[match] for match in close)])
    meant = {candidate: None for candidate in meant if candidate in names}
    text = f"Did you mean {' or '.join(meant)}?" if meant else f"There are: {', '.join(names)}."
    return f'{text} A wrapper of your own is named "module:Class" or "path/to/file.py:Class".'


# ------------------------------------------------------------------------------------------- what does not fit


def _raise_misfit(layer: Layer, env: Env, error: Exception, note: str) -> NoReturn:
    """Raise what a constructor raised, with the wrapper's name and what it found."""
    missing = _missing_note(error)
    if missing:
        raise DependencyNotInstalled(f"wrapper {layer.name}: {missing}{note}") from error
    text = _said(error)
    cls = type(error)
    if cls.__module__ == "gymnasium.error":
        with contextlib.suppress(TypeError):  # a class with more arguments
            raise cls(f"wrapper {layer.name}: {text}{note}") from error
    if isinstance(error, ImportError):
        raise type(error)(f"wrapper {layer.name}: {text}{note}", name=error.name, path=error.path) from error
    given = f" with {json_text(layer.arguments, _SHOWN)}" if layer.arguments else ""
    what = f"{given} does not fit the environment" if _is_misfit(layer, error, text) else f" failed{given}"
    purpose = _summary(layer.create)
    raise WrapperError(
        f"wrapper {layer.name}{what}: {text}."
        + (f" ({layer.name}: {purpose})" if purpose else "")
        + f" The environment is {one_line(env)} with {_found(env)}.{note}"
    ) from error


def _is_misfit(layer: Layer, error: Exception, text: str) -> bool:
    """Whether what was said is about the environment, not about an argument or anything else."""
    is_judgement = isinstance(error, (AssertionError, AttributeError, TypeError, ValueError))
    words = set(re.findall(r"\w+", text))
    # "shape" may be anything's; "filter_keys" is the argument.
    is_argument = any("_" in name and name in words for name in layer.arguments)
    return is_judgement and not is_argument and bool(_OF_ENVIRONMENTS.search(text))


def _said(error: Exception) -> str:
    """What an exception says; of a bare assertion, the condition."""
    text = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, AssertionError) and not text:
        condition = _condition(error)
        return f"it asserts `{condition}`" if condition else "it asserts what does not hold"
    if isinstance(error, (AssertionError, TypeError, ValueError)) and text:
        return text
    cls = entry_point.with_paths(class_name(type(error)))
    return f"{cls}: {text}" if text and cls.partition(".")[0] != "gymnasium" else text or cls


def _condition(error: AssertionError) -> str:
    """The condition of the assert statement that failed; "" where there is no source."""
    frames = traceback.extract_tb(error.__traceback__)
    try:
        tree = ast.parse("".join(linecache.getlines(frames[-1].filename)))
    except (SyntaxError, ValueError):
        return ""
    line = frames[-1].lineno or 0
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return ast.unparse(found[-1].test) if found else ""


def one_line(value: Any) -> str:
    """Give a value's repr on one line; of a long one the middle is left out, for the shape and dtype of a Box are last."""
    text = entry_point.with_paths(" ".join(safe_repr(value).split()))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 43]}...{text[-40:]}"


def _found(env: Env) -> str:
    """What a wrapper may want of an environment, as it is."""
    return (
        f"the observation space {_attribute(env, 'observation_space')}, the action space "
        f"{_attribute(env, 'action_space')} and the render mode {_attribute(env, 'render_mode')}"
    )


def _attribute(env: Env, name: str) -> str:
    try:
        return one_line(getattr(env, name))
    except Exception as error:  # noqa: BLE001  # a foreign environment may raise anything
        return f"(none: {class_name(type(error))})"


def _summary(create: Callable[..., Any]) -> str:
    """The first sentence of a wrapper's documentation, without its markup."""
    lines = (inspect.getdoc(create) or "").strip().splitlines()
    first = lines[0] if lines else ""
    return re.sub(r"(:\w+)?:`~?([^`]*)`", r"\2", first).replace("`", "").strip()


def _missing_note(error: BaseException) -> str:
    """How to get the package that an exception says is missing; "" where it is about something else."""
    cause: BaseException | None = error
    while cause is not None and not (isinstance(cause, ImportError) and cause.name):
        cause = cause.__cause__
    module = str(cause.name).partition(".")[0] if isinstance(cause, ImportError) else ""
    if module not in _PACKAGES:
        return ""
    package, extra = _PACKAGES[module]
    return (
        f"it needs the package {package}, which is not installed: run {sys.executable} -m pip install {package}, or "
        f"pip install '.[{extra}]' in a checkout of gogym"
    )


# ------------------------------------------------------------------------------------------- all or nothing


_RUNNING = ("reset", "step")


class _Undo:
    """Has an environment be as it was, if not all of its new wrappers can be made.

    Some constructors reset the environment (AddRenderObservation, to see a frame), some make folders.
    """

    def __init__(self, env: Env) -> None:
        self._env = env
        self._folders: list[Path] = []
        self._own: dict[str, Any] = {}
        self._is_watching = False
        self._has_run = False
        self._restore: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        if hasattr(self._env, "__dict__"):
            self._own.update({name: vars(self._env)[name] for name in _RUNNING if name in vars(self._env)})
            for name in _RUNNING:
                vars(self._env)[name] = self._watched(getattr(self._env, name))
            self._is_watching = True
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._stop_watching()
        if error is None:
            return
        for folder in reversed(self._folders):
            with contextlib.suppress(OSError):  # not there, or not empty: then it is not ours alone
                folder.rmdir()
        if self._restore is not None:
            try:
                self._restore()
            except Exception as failure:  # noqa: BLE001  # loading runs foreign code
                raise WrapperError(f"{error} The environment is not as it was: {failure}") from error

    def expect_folder(self, folder: Path | None) -> None:
        """Have a folder go again, with its parents, as far as they are not there now."""
        if folder is not None:
            missing = [place for place in (folder, *folder.parents) if not place.exists()]
            self._folders += [place for place in reversed(missing) if place not in self._folders]

    def note(self) -> str:
        """What cannot be undone."""
        if self._has_run and self._restore is None:
            return " It had reset the environment, whose state cannot be put back: call gym_reset."
        return ""

    def _watched(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """A method that has the environment's state saved before it is called for the first time."""

        def call(*args: Any, **kwargs: Any) -> Any:
            if self._is_watching:
                self._stop_watching()
                self._has_run = True
                self._restore = _snapshot(self._env)
            return method(*args, **kwargs)

        return call

    def _stop_watching(self) -> None:
        if self._is_watching:
            self._is_watching = False
            for name in _RUNNING:
                vars(self._env).pop(name, None)
            vars(self._env).update(self._own)


def _snapshot(env: Env) -> Callable[[], None] | None:
    """What puts an environment back into the state that it has now; None where nothing can."""
    if any(
        isinstance(layer, gymnasium_wrappers.OrderEnforcing) and not layer.has_reset for layer in _layers(env)
    ):
        return _wrappers_snapshot(env)
    from gogym import state  # noqa: PLC0415

    try:
        journal = state.journal_for(env)
        saved = state.save(env, (None, None), journal)
    except Exception:  # noqa: BLE001  # saving runs foreign code, and the wrapper may still fit
        return None

    def restore() -> None:
        state.load(env, saved, journal)

    return restore


def _wrappers_snapshot(env: Env) -> Callable[[], None]:
    """As _snapshot, of an environment that has to be reset before anything else: its wrappers' state."""
    layers = list(_layers(env))
    kept = {id(layer): layer for layer in layers}
    saved = [
        (layer, {name: _copied(value, kept) for name, value in vars(layer).items()}) for layer in layers[:-1]
    ]

    def restore() -> None:
        for layer, attributes in saved:
            vars(layer).clear()
            vars(layer).update(attributes)

    return restore


def _copied(value: Any, kept: dict[int, Any]) -> Any:
    """A copy in which the objects `kept` are still themselves; what cannot be copied is its own."""
    try:
        return copy.deepcopy(value, dict(kept))
    except Exception:  # noqa: BLE001  # copying runs foreign code
        return value


# ------------------------------------------------------------------------------------------- foreign arrays


def observation_converter(env: Env) -> Callable[[Any], Any] | None:
    """What makes NumPy's arrays of an environment's observations and infos; None where they are that already.

    Only environments in JAX, and those with a wrapper that converts to another kind of array, have such. Actions need
    no conversion: these environments take NumPy's arrays and numbers.
    """
    conversions = sys.modules.get("gymnasium.wrappers.array_conversion")
    functional = sys.modules.get("gymnasium.envs.functional_jax_env")
    for layer in _layers(env):
        if conversions is not None and isinstance(layer, conversions.ArrayConversion):
            return None if conversions.is_numpy_namespace(layer._target_xp) else to_numpy
        if functional is not None and isinstance(layer, functional.FunctionalJaxEnv):
            return to_numpy
    return None


def to_numpy(value: Any) -> Any:
    """Make NumPy's arrays of those of other packages, in dicts, lists and tuples too."""
    import numpy as np  # noqa: PLC0415

    if isinstance(value, (np.ndarray, np.generic, str, bytes, int, float)) or value is None:
        return value
    if isinstance(value, dict):
        return {key: to_numpy(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [to_numpy(item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if hasattr(value, "detach"):  # a tensor of torch: it may be on another device, and have a gradient
        return value.detach().cpu().numpy()
    return np.asarray(value) if hasattr(value, "__array__") else value
