#!/usr/bin/env python3
"""Prints what pyproject.toml says a build needs, one requirement a line."""

from __future__ import annotations

import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:  # pip brings a parser; this runs in a virtual environment that has pip
    from pip._vendor import tomli as tomllib

project = Path(__file__).resolve().parent.parent / "pyproject.toml"
for requirement in tomllib.loads(project.read_text(encoding="utf-8"))["build-system"]["requires"]:
    print(requirement)
