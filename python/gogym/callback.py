"""Functions of the host, registered under a name and used wherever Gymnasium wants a callable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from gymnasium import Space

from gogym.errors import CallbackError


class HostFunction(Protocol):
    """What the bridge makes of a C function: calls it without the GIL, and raises what it reports."""

    def __call__(self, value: Any) -> Any:
        """Call it with a reward, an array or a count."""

    def bound(self, input_space: Space[Any], output_space: Space[Any]) -> Callable[[Any], Any]:
        """Make a callable from elements of one space to elements of another; only for arrays."""

    def remove(self) -> None:
        """Wait for calls under way, and refuse all that follow."""


class Callback:
    """A registered function.

    Args:
        name: The name that ``{"__callback__": name}`` finds it by.
        kind: "reward" (float to float), "array" (array to array) or "trigger" (count to bool).
        function: What the bridge made of it.
    """

    def __init__(self, name: str, kind: str, function: HostFunction) -> None:
        self.name = name
        self.kind = kind
        self.function = function
        # gymnasium.wrappers name the function in messages.
        self.__name__ = name

    def __call__(self, value: Any) -> Any:
        """Call the host's function; an array keeps its dtype and shape."""
        return self.function(value)

    def bind(self, input_space: Space[Any], output_space: Space[Any]) -> Callable[[Any], Any]:
        """Make a callable from elements of ``input_space`` to elements of ``output_space``."""
        if self.kind != "array":
            raise CallbackError(
                f'the callback "{self.name}" is for {self.kind}s; here one for arrays is wanted '
                "(gym_add_array_callback)"
            )
        return self.function.bound(input_space, output_space)

    # As a function's, its copies are itself: Gymnasium copies the arguments of wrappers for their specs.

    def __copy__(self) -> Callback:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Callback:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return find, (self.name,)

    def __repr__(self) -> str:
        return f'<callback "{self.name}" for {self.kind}s>'


_callbacks: dict[str, Callback] = {}


def add(callback: Callback) -> None:
    """Register a callback under its name."""
    if not callback.name:
        raise CallbackError("the name of a callback must not be empty")
    if callback.name in _callbacks:
        raise CallbackError(
            f'there is a callback "{callback.name}" already; gym_remove_callback removes it, or take another name'
        )
    _callbacks[callback.name] = callback


def find(name: Any) -> Callback:
    """The callback of a name."""
    if not isinstance(name, str):
        raise CallbackError(f'"__callback__" takes the name of a callback, a text, not {name!r}')
    callback = _callbacks.get(name)
    if callback is None:
        known = ", ".join(f'"{known}"' for known in sorted(_callbacks)) or "none"
        raise CallbackError(
            f'there is no callback "{name}"; register it with gym_add_reward_callback, gym_add_array_callback or '
            f"gym_add_trigger_callback first (registered now: {known})"
        )
    return callback


def remove(name: str) -> None:
    """Remove a callback, and wait until it does not run any more."""
    callback = find(name)
    callback.function.remove()
    if _callbacks.get(name) is callback:
        del _callbacks[name]
