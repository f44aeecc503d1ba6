#!/usr/bin/env python3
"""Gives the Go module another path: rewrites it in the go.mod files, the imports, the tools and the documentation.

    tools/set_module_path.py github.com/someone/gogym/go

The old path is read from go/go.mod. The package keeps its name, gogym, so that code which uses it needs no
change but the import. A module in the directory go/ of a repository has a path that ends in /go, and its
versions are tagged go/v0.1.0. With --dry-run nothing is written.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GO_MOD = ROOT / "go" / "go.mod"
ELEMENT = r"[A-Za-z0-9_~-](?:[A-Za-z0-9._~-]*[A-Za-z0-9_~-])?"


def current_path() -> str:
    """The module's path as go/go.mod states it."""
    found = re.search(r"^module\s+(\S+)$", GO_MOD.read_text(encoding="utf-8"), re.MULTILINE)
    if not found:
        raise SystemExit(f"{GO_MOD}: there is no module line")
    return found.group(1)


def check_path(path: str) -> None:
    """Refuses what `go mod` would refuse."""
    first, _, rest = path.partition("/")
    if (
        not re.fullmatch(rf"{ELEMENT}(?:/{ELEMENT})*", path)
        or "." not in first
        or first != first.lower()
        or not rest
    ):
        raise SystemExit(f"{path!r} is not a module path such as github.com/someone/gogym/go")
    if re.search(r"/v\d+$", path):
        raise SystemExit(f"{path!r} ends in a major version, which a module below v2 must not")


def files() -> list[Path]:
    """The files of the repository, committed or about to be."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(ROOT / name for name in set(listed.split("\0")) if name and (ROOT / name).is_file())


def rewrite(path: Path, pattern: re.Pattern[str], new: str, *, write: bool) -> int:
    """Replaces the path in one file and gives the number of places."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return 0
    changed, count = pattern.subn(lambda _: new, text)
    if count and write:
        path.write_bytes(changed.encode("utf-8"))
    return count


def main() -> int:
    """Rewrites every file that names the module."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", help="the new module path")
    parser.add_argument(
        "--dry-run", action="store_true", help="write nothing; only say where the path stands"
    )
    arguments = parser.parse_args()
    check_path(arguments.path)

    old = current_path()
    # Not where it is a part of a longer name; a package below it counts.
    pattern = re.compile(rf"(?<![\w.~/-]){re.escape(old)}(?![\w~-]|\.\w)")
    total = 0
    go_files = []
    for path in files():
        count = rewrite(path, pattern, arguments.path, write=not arguments.dry_run)
        if count:
            print(f"{path.relative_to(ROOT)}: {count}")
            if path.suffix == ".go":
                go_files.append(path)
        total += count
    if not total:
        raise SystemExit(f"{old} stands nowhere")
    print(f"{old} -> {arguments.path}: {total} places{' would change' if arguments.dry_run else ''}")
    if not arguments.dry_run:
        subprocess.run(["gofmt", "-w", *go_files], check=True)  # the order of imports
    return 0


if __name__ == "__main__":
    sys.exit(main())
