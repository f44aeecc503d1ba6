"""Where the C library and its build files lie, and the compiler flags that use them."""

from __future__ import annotations

from pathlib import Path

import gogym


def root() -> Path:
    """The directory of the installed package that holds ``include`` and ``lib``.

    In an editable installation the package has two directories, its sources and what was built.
    """
    for directory in gogym.__path__:
        if (Path(directory) / "include" / "gogym.h").is_file():
            return Path(directory).resolve()
    searched = ", ".join(gogym.__path__)
    message = f"the C library of gogym is not installed: there is no include/gogym.h in {searched}"
    raise FileNotFoundError(message)


def include_directory() -> Path:
    """The directory of gogym.h."""
    return root() / "include"


def library_directory() -> Path:
    """The directory of libgogym."""
    return root() / "lib"


def pkgconfig_directory() -> Path:
    """The directory of gogym.pc, for PKG_CONFIG_PATH."""
    return library_directory() / "pkgconfig"


def cmake_directory() -> Path:
    """The directory of gogymConfig.cmake, for gogym_DIR."""
    return library_directory() / "cmake" / "gogym"


def shared_library() -> Path:
    """The file of the shared library, under the name that programs load it by."""
    for name in ("libgogym.so.0", "libgogym.0.dylib"):
        path = library_directory() / name
        if path.is_file():
            return path
    message = f"there is no libgogym in {library_directory()}"
    raise FileNotFoundError(message)


def static_library() -> Path:
    """The file of the static library."""
    return library_directory() / "libgogym.a"


def compile_flags() -> list[str]:
    """What a C compiler needs to find gogym.h."""
    return [f"-I{include_directory()}"]


def link_flags(*, static: bool = False) -> list[str]:
    """What a linker needs to link libgogym, and a program to find it when it runs."""
    if static:
        return [str(static_library()), "-ldl", "-pthread"]
    directory = str(library_directory())
    # -Wl splits its argument at commas; -Xlinker takes it as it is.
    run_path = (
        ["-Xlinker", "-rpath", "-Xlinker", directory] if "," in directory else [f"-Wl,-rpath,{directory}"]
    )
    return [f"-L{directory}", *run_path, "-lgogym"]
