"""What gymnasium.make is given as the entry point of environments that gogym finds or adapts itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gogym import legacy


class Creator:
    """Makes an environment, checks that it is one, and adapts one with the API of the old gym.

    Args:
        create: The class or function that makes it.
        name: Its name, for errors.
        adapt: Whether to adapt; None: where the environment shows that it must be.
    """

    def __init__(self, create: Callable[..., Any], name: str, adapt: bool | None) -> None:
        self._create = create
        self._name = name
        self._adapt = adapt
        # A class can be judged before it has made anything, a function cannot.
        self._is_old = bool(adapt) or (
            adapt is None and isinstance(create, type) and legacy.is_old_class(create)
        )
        self.adapts = False
        """Whether the last environment has been adapted."""
        # A spec that is shown names what is made.
        self.__module__ = getattr(create, "__module__", type(self).__module__)
        self.__qualname__ = getattr(create, "__qualname__", name)
        # gymnasium.make reads the render modes here.
        if hasattr(create, "metadata"):
            self.metadata = legacy.modern_metadata(create.metadata) if self._is_old else create.metadata

    def __call__(self, **kwargs: Any) -> Any:
        """Make the environment."""
        render_mode = kwargs.get("render_mode")
        if self._is_old and "render_mode" in kwargs and not self._takes_render_mode():
            del kwargs["render_mode"]
        env = self._create(**kwargs)
        if self._adapt is False:
            return env
        legacy.check_environment(env, self._name)
        self.adapts = bool(self._adapt) or legacy.is_old(env)
        return legacy.LegacyEnvironment(env, render_mode) if self.adapts else env

    def _takes_render_mode(self) -> bool:
        """Whether the render mode is for the constructor; in the old API it was an argument of render."""
        by_name, by_any = legacy.accepts(self._create, "render_mode")
        render = getattr(self._create, "render", None)
        return by_name or (by_any and not (render is not None and legacy.accepts(render, "mode")[0]))
