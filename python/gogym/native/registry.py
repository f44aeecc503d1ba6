"""Gymnasium's registry through the C library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gogym.native.library import Library, json_text, load


def list_envs(pattern: str | None = None, library: Library | None = None) -> list[str]:
    """gym_list_envs, decoded."""
    content = None if pattern is None else pattern.encode()
    ids: list[str] = (library or load()).value("gym_list_envs", content)
    return ids


def spec(id: str, library: Library | None = None) -> dict[str, Any]:
    """gym_spec, decoded."""
    tree: dict[str, Any] = (library or load()).value("gym_spec", id.encode())
    return tree


def register_env(id: str, options: Mapping[str, Any] | str, library: Library | None = None) -> None:
    """gym_register_env."""
    (library or load()).call("gym_register_env", id.encode(), json_text(options))


def import_module(module: str, library: Library | None = None) -> None:
    """gym_import."""
    (library or load()).call("gym_import", module.encode())


def versions(library: Library | None = None) -> dict[str, str]:
    """gym_versions, decoded."""
    tree: dict[str, str] = (library or load()).value("gym_versions")
    return tree
