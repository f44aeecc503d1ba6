"""Builds the contenders, each at most once, into build/bench."""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from harness import CONTENDERS, HERE, OUTPUT, Skipped


def compile_c(source: Path, output: Path, flags: list[str]) -> Path:
    """Compile one C file."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    compiler = shlex.split(os.environ.get("CC", "cc"))
    command = [*compiler, "-std=c11", "-O2", "-Wall", "-Wextra", str(source), *flags, "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skipped(f"{source.name} could not be compiled: {done.stderr.strip()[-400:]}")
    return output


@functools.cache
def c_program(name: str) -> Path:
    """bench/contenders/NAME.c, linked with the libgogym of the running Python's gogym."""
    command = [sys.executable, "-m", "gogym", "config", "--cflags", "--libs"]
    flags = shlex.split(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return compile_c(CONTENDERS / f"{name}.c", OUTPUT / f"{name}-c", flags)


@functools.cache
def plain_program(name: str) -> Path:
    """bench/contenders/NAME.c, linked with nothing."""
    return compile_c(CONTENDERS / f"{name}.c", OUTPUT / name, [])


@functools.cache
def go_program(name: str) -> Path:
    """bench/go/NAME."""
    if shutil.which("go") is None:
        raise Skipped("there is no Go on PATH")
    output = OUTPUT / f"{name}-go"
    command = ["go", "build", "-o", str(output), f"./{name}"]
    done = subprocess.run(command, cwd=HERE / "go", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skipped(f"bench/go/{name} could not be built: {done.stderr.strip()[-400:]}")
    return output


@functools.cache
def python_program(name: str) -> Path:
    """bench/contenders/NAME.c, built with the headers of the running Python and linked with its libpython."""
    include = Path(sysconfig.get_path("include"))
    if not (include / "Python.h").is_file():
        raise Skipped("Python's headers are missing")
    version = sysconfig.get_config_var("LDVERSION")
    directories = [sysconfig.get_config_var(key) for key in ("LIBDIR", "LIBPL")]
    found = [d for d in directories if d and Path(d, f"libpython{version}.so").exists()]
    if not found:
        raise Skipped(f"libpython{version}.so is missing")
    flags = [f"-I{include}", "-Wno-unused-parameter", f"-L{found[0]}", f"-Wl,-rpath,{found[0]}"]
    return compile_c(CONTENDERS / f"{name}.c", OUTPUT / name, [*flags, f"-lpython{version}"])
