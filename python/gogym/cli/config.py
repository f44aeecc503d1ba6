"""``gogym config``: how to compile and link a program with gogym."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import click

from gogym import paths
from gogym.cli import output


@click.command()
@click.option("--cflags", is_flag=True, help="Flags for the compiler.")
@click.option("--libs", is_flag=True, help="Flags for the linker, with the run path.")
@click.option("--static", is_flag=True, help="With --libs: link libgogym.a.")
@click.option("--includedir", is_flag=True, help="The directory of gogym.h.")
@click.option("--libdir", is_flag=True, help="The directory of libgogym.")
@click.option("--pkgconfigdir", is_flag=True, help="The directory of gogym.pc, for PKG_CONFIG_PATH.")
@click.option("--cmakedir", is_flag=True, help="The directory of gogymConfig.cmake, for gogym_DIR.")
@output.reporting
def config(
    *,
    cflags: bool,
    libs: bool,
    static: bool,
    includedir: bool,
    libdir: bool,
    pkgconfigdir: bool,
    cmakedir: bool,
    as_json: bool,
) -> None:
    """Print how to compile and link a program with gogym.

    Options can be combined; everything comes on one line:

        cc game.c $(gogym config --cflags --libs) -o game

    Where a path holds a space, it is quoted for a shell: write `eval cc ...`. One directory alone is
    printed as it is. --json gives everything, flags as lists.
    """
    if static and not libs:
        message = "--static only makes sense with --libs"
        raise click.UsageError(message)
    directories: list[tuple[bool, Callable[[], Path]]] = [
        (includedir, paths.include_directory),
        (libdir, paths.library_directory),
        (pkgconfigdir, paths.pkgconfig_directory),
        (cmakedir, paths.cmake_directory),
    ]
    try:
        if as_json:
            output.show_json(_everything())
            return
        flags = paths.compile_flags() if cflags else []
        places = [str(directory()) for wanted, directory in directories if wanted]
        libraries = paths.link_flags(static=static) if libs else []
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from error
    words = [*flags, *places, *libraries]
    if not words:
        message = "say what to print, for example --cflags --libs"
        raise click.UsageError(message)
    click.echo(words[0] if words == places and len(places) == 1 else shlex.join(words))


def _everything() -> dict[str, object]:
    return {
        "cflags": paths.compile_flags(),
        "libs": paths.link_flags(),
        "libs_static": paths.link_flags(static=True),
        "includedir": str(paths.include_directory()),
        "libdir": str(paths.library_directory()),
        "pkgconfigdir": str(paths.pkgconfig_directory()),
        "cmakedir": str(paths.cmake_directory()),
    }
