#!/usr/bin/env python3
"""Checks what the built libraries export and need.

    tools/check_symbols.py LIBGOGYM [BRIDGE]

libgogym exports exactly the functions that gogym.h declares, and needs no symbol of Python's; the Python
extension exports its init function alone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def declared(header: str) -> set[str]:
    """The functions that gogym.h declares."""
    without_comments = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    return set(re.findall(r"^GYM_API\b[^(;]*?\b(\w+)\(", without_comments, re.MULTILINE))


def symbols(library: str, which: str) -> set[str]:
    """The dynamic symbols of a library, without their versions."""
    command = ["nm", "-D", "--format=posix", which, library]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[0].split("@")[0] for line in lines if line.split()[1:2] != ["w"]}


def main() -> int:
    """Checks the libraries that are named."""
    if len(sys.argv) not in {2, 3}:
        print(__doc__, file=sys.stderr)
        return 2
    wanted = declared((ROOT / "include" / "gogym.h").read_text(encoding="utf-8"))
    if not wanted:
        print("gogym.h declares no functions")
        return 1
    exported = symbols(sys.argv[1], "--defined-only")
    problems = [f"{name} is declared but not exported" for name in sorted(wanted - exported)]
    problems += [f"{name} is exported but not declared" for name in sorted(exported - wanted)]
    needed = symbols(sys.argv[1], "--undefined-only")
    problems += [
        f"{name} is needed: the host has no Python" for name in sorted(needed) if re.match(r"_?Py", name)
    ]
    for bridge in sys.argv[2:]:
        extra = symbols(bridge, "--defined-only") - {"PyInit__bridge"}
        problems += [f"{name} is exported by the Python extension" for name in sorted(extra)]
    print("\n".join([*problems, f"{len(wanted)} functions declared, {len(exported)} symbols exported"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
