#!/usr/bin/env python3
"""Says what the Python that runs this lacks for building gogym and for being embedded.

Prints "headers", "libpython" or both where a system package brings them, or a sentence where none does;
the exit status is 1 then.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path


def has_libpython() -> bool:
    """Whether a shared libpython lies where the host library looks for it."""
    names = {sysconfig.get_config_var("INSTSONAME"), sysconfig.get_config_var("LDLIBRARY")}
    names.add(f"libpython{sys.version_info.major}.{sys.version_info.minor}.so.1.0")
    shared = [name for name in names if name and (".so" in name or ".dylib" in name)]
    libdir = sysconfig.get_config_var("LIBDIR") or ""
    directories = [
        Path(libdir),
        Path(libdir) / (sysconfig.get_config_var("MULTIARCH") or ""),
        Path(sys.base_exec_prefix) / "lib",
        Path(sys.base_exec_prefix) / "lib64",
    ]
    return any((directory / name).is_file() for directory in directories for name in shared)


def main() -> int:
    """Prints what is missing."""
    missing = []
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        missing.append("headers")
    if not has_libpython():
        missing.append("libpython")
    if not missing:
        return 0
    if Path(sys.base_prefix) in {Path("/usr"), Path("/usr/local")} and Path("/etc/debian_version").exists():
        print(" ".join(missing))
    else:
        print(
            f"{sys.executable} has no {' and no '.join(missing)}: gogym needs a Python with a shared library. "
            "With pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install VERSION"
        )
    return 1


if __name__ == "__main__":
    sys.exit(main())
