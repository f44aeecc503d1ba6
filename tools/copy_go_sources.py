#!/usr/bin/env python3
"""Copies the C sources of the host library into go/internal/cgym, where cgo compiles them.

The Go module must be complete by itself: `go get` copies nothing from outside its directory. With --check
nothing is written; the exit status is 1 where a copy is missing, stale or left over.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "go" / "internal" / "cgym"
MARK = "/* A copy of "


def sources() -> list[Path]:
    """What the host library is made of."""
    own = ROOT / "src" / "gogym_c"
    shared = [ROOT / "include" / "gogym.h", *sorted([*own.glob("*.h"), *own.glob("*.c")])]
    host = sorted(
        path
        for folder in ("host", "space", "value")
        for pattern in ("*.c", "*.h")
        for path in (own / folder).glob(pattern)
    )
    if not host:
        raise SystemExit("src/gogym_c holds no sources")
    return shared + host


def main() -> int:
    """Writes or checks the copies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a copy differs")
    check = parser.parse_args().check

    wanted: dict[Path, str] = {}
    for source in sources():
        target = TARGET / source.name
        if target in wanted:
            raise SystemExit(
                f"two sources are called {source.name}: they cannot be copied into one directory"
            )
        name = source.relative_to(ROOT).as_posix()
        note = f"{MARK}{name}, made by tools/copy_go_sources.py; edit that one. */\n"
        wanted[target] = note + source.read_text(encoding="utf-8")

    present = [p for pattern in ("*.c", "*.h") for p in TARGET.glob(pattern)]
    # Files without the mark are the Go package's own.
    left_over = [p for p in present if p not in wanted and p.read_text(encoding="utf-8").startswith(MARK)]
    stale = [p for p, text in wanted.items() if not p.exists() or p.read_text(encoding="utf-8") != text]

    for path in left_over:
        print(f"{path.relative_to(ROOT)} {'is left over' if check else 'removed'}")
        if not check:
            path.unlink()
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is stale' if check else 'written'}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
    print(f"{len(wanted)} copies, {len(stale)} {'stale' if check else 'written'}, {len(left_over)} left over")
    if check and (stale or left_over):
        print("run tools/copy_go_sources.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
