#!/usr/bin/env python3
"""Checks what no linter knows: that versions agree, that no file is too long, that no forbidden text is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 650
# The header is the contract in one file; copies and generated files are not written by hand.
LONG = {"include/gogym.h", "go/internal/cgym/gogym.h"}
# Built from pieces, so that this file does not hold what it looks for.
FORBIDDEN = ("pip install " + "gogym", "/ro" + "ot/", "/wo" + "rk/", "pypi" + ".org", "proxy." + "golang.org")


def tracked() -> list[str]:
    """The files of the repository, committed or about to be."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def one(path: str, pattern: str) -> str:
    """What the group of the pattern matches in a file."""
    found = re.search(pattern, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    if not found:
        raise SystemExit(f"{path}: nothing matches {pattern}")
    return found.group(1)


def check_versions() -> list[str]:
    """Versions that are stated twice."""
    header = "include/gogym.h"
    version = one(header, r'#define GYM_VERSION "([^"]+)"')
    parts = [one(header, rf"#define GYM_VERSION_{part} (\d+)") for part in ("MAJOR", "MINOR", "PATCH")]
    package = one("python/gogym/__init__.py", r'^__version__ = "([^"]+)"')
    abi = one("src/gogym_c/gogym_abi.h", r"#define GYM__ABI_VERSION (\d+)u")
    table = one("python/gogym/_abi.py", r"^TABLE_VERSION(?:: [\w\[\]]+)? = (\d+)")
    problems = []
    if ".".join(parts) != version:
        problems.append(f"{header}: GYM_VERSION is {version}, its parts are {'.'.join(parts)}")
    if package != version:
        problems.append(f"python/gogym/__init__.py: __version__ is {package}, gogym.h says {version}")
    if table != abi:
        problems.append(f"python/gogym/_abi.py: TABLE_VERSION is {table}, gogym_abi.h says {abi}")
    return problems


def check_files(names: list[str]) -> list[str]:
    """Length and content of every text file."""
    problems = []
    for name in names:
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        lines = text.count("\n")
        if lines > MAX_LINES and name not in LONG:
            problems.append(f"{name}: {lines} lines, more than {MAX_LINES}")
        problems += [f"{name}: contains {words!r}" for words in FORBIDDEN if words in text]
        if text and not text.endswith("\n"):
            problems.append(f"{name}: the last line has no end")
    return problems


def main() -> int:
    """Checks everything."""
    names = tracked()
    if not names:
        print("no files to check")
        return 1
    problems = check_versions() + check_files(names)
    print("\n".join([*problems, f"{len(names)} files, {len(problems)} problems"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
