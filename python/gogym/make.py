"""Making environments for the bridge."""

from __future__ import annotations

from typing import Any

import gymnasium

from gogym.options import parse_make_options


def make_environment(env_id: str, options: str | None) -> gymnasium.Env[Any, Any]:
    """Make an environment: ``gymnasium.make(env_id, **options)`` with the options as JSON text."""
    return gymnasium.make(env_id, **parse_make_options(options))
