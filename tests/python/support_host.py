"""Helpers for the tests of the host library: interpreters, a compiled driver and a fake gogym package."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOST = ROOT / "src" / "gogym_c" / "host"
# What the host library is compiled from, with the sources that it shares with the bridge.
FOLDERS = (HOST, HOST.parent, HOST.parent / "space", HOST.parent / "value")
INCLUDES = [f"-I{ROOT / 'include'}", *(f"-I{folder}" for folder in FOLDERS)]
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wstrict-prototypes", "-Werror"]

# What the driver's environment keeps of ours: the rest would choose an interpreter or change it.
KEPT = (
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "ASAN_OPTIONS",
    "TSAN_OPTIONS",
    "UBSAN_OPTIONS",
)


class Interpreter(NamedTuple):
    path: Path
    version: tuple[int, int]

    def __str__(self) -> str:
        return f"{self.path.parent.parent.name}-{self.version[0]}.{self.version[1]}"


def _candidates() -> list[Path]:
    given = os.environ.get("GOGYM_TEST_PYTHONS")
    if given:
        return [Path(path) for path in given.split(":")]
    found = [Path(sys.executable)]
    found += sorted(Path("/usr/bin").glob("python3.[0-9]*"))
    for name in ("python3", "python", *(f"python3.{minor}" for minor in range(6, 16))):
        path = shutil.which(name)
        if path:
            found.append(Path(path))
    pyenv = shutil.which("pyenv")
    if pyenv:
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False).stdout.strip()
        found += sorted(Path(root, "versions").glob("*/bin/python")) if root else []
    return found


@functools.cache
def interpreters() -> list[Interpreter]:
    """Every Python that can be found, each one once."""
    script = "import sys; print('%s %d %d' % ((sys.executable,) + sys.version_info[:2]))"  # also for Python 2
    result: dict[Path, Interpreter] = {}
    for path in _candidates():
        if path.name.endswith("-config"):
            continue
        try:
            answer = subprocess.run(
                [str(path), "-c", script], capture_output=True, text=True, timeout=20, check=False
            )
        except OSError:
            continue
        words = answer.stdout.rsplit(None, 2)
        if answer.returncode == 0 and len(words) == 3:
            # A shim answers with the interpreter behind it.
            real = Path(words[0])
            result.setdefault(real.resolve(), Interpreter(real, (int(words[1]), int(words[2]))))
    return list(result.values())


def has_libpython(python: Interpreter) -> bool:
    script = (
        "import os, sysconfig as s; v = s.get_config_var;"
        "print(os.path.exists(os.path.join(v('LIBDIR'), v('INSTSONAME'))) and '.so' in v('INSTSONAME'))"
    )
    return subprocess.check_output([str(python.path), "-c", script], text=True).strip() == "True"


def supported() -> list[Interpreter]:
    """The interpreters that gogym can start: one of each version."""
    result: dict[tuple[Path, tuple[int, int]], Interpreter] = {}
    for python in interpreters():
        if (3, 10) <= python.version <= (3, 14) and has_libpython(python):
            result.setdefault((python.path.parent.parent, python.version), python)
    return list(result.values())


def too_old() -> list[Interpreter]:
    return [python for python in interpreters() if python.version < (3, 10)]


def compile_host(out: Path, *sources: Path, flags: tuple[str, ...] = ()) -> Path:
    """Compiles the host library, and with it `sources`, into a program or (flag -shared) a library."""
    files = [*(file for folder in FOLDERS for file in sorted(folder.glob("*.c"))), *sources]
    command = [
        os.environ.get("CC", "cc"),
        *WARNINGS,
        "-g",
        "-O1",
        "-fPIC",
        "-fvisibility=hidden",
        *INCLUDES,
        *flags,
    ]
    command += [str(file) for file in files] + ["-o", str(out), "-ldl", "-lpthread"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


# A gogym._bridge without a compiler: its table's functions are ctypes callbacks. The environment says what is
# wrong with it.
FAKE_BRIDGE = """
import ctypes, os, sys
if "FAKE_RAISE" in os.environ:
    exec(os.environ["FAKE_RAISE"])
status = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 7)
state = {"next": 1, "calls": 0}

def make(id, options, out, err, *rest):
    ctypes.c_uint64.from_address(out).value = state["next"]
    state["next"] += 1
    id = ctypes.string_at(id).decode()
    if id.startswith("exec:"):
        exec(id[5:], {"state": state})
    return 0

def other(*arguments):
    state["calls"] += 1
    return 0

def shutdown(run_exit, err, *rest):
    import atexit, threading
    if run_exit:
        threading._shutdown()
        atexit._run_exitfuncs()
    print("shutdown", "with exit" if run_exit else "without exit", threading.current_thread() is threading.main_thread())
    sys.stdout.flush()
    return 0

functions = [status(f) for f in [make] + [other] * 10 + [shutdown] + [other] * 67]
block = (ctypes.c_void_p * (1 + len(functions)))()
header = ctypes.cast(block, ctypes.POINTER(ctypes.c_uint32))
header[0] = int(os.environ.get("FAKE_VERSION", "1"))
header[1] = int(os.environ.get("FAKE_SIZE", str(ctypes.sizeof(block))))
for index, function in enumerate(functions):
    block[1 + index] = ctypes.cast(function, ctypes.c_void_p).value
new = ctypes.pythonapi.PyCapsule_New
new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
name = os.environ.get("FAKE_NAME", "gogym._bridge.table").encode()
table = new(ctypes.addressof(block), name, None)
"""


def compile_driver(folder: Path) -> Path:
    return compile_host(folder / "driver", ROOT / "tests" / "c" / "start_driver.c", flags=("-rdynamic",))


def fake_packages(folder: Path, *, version: str = "1") -> Path:
    """A folder for PYTHONPATH with gogym, gymnasium and numpy as far as the host library looks at them."""
    for name in ("gogym", "gymnasium", "numpy"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("")
    (folder / "gogym" / "_abi.py").write_text(
        f'"""The table."""\nTABLE_VERSION = {version}  # of gogym_abi.h\n'
    )
    (folder / "gogym" / "_bridge.py").write_text(FAKE_BRIDGE)
    return folder


def fake_python(path: Path, script: str) -> Path:
    """An executable shell script that stands for an interpreter."""
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    return path


def answering_python(path: Path, **fields: str) -> Path:
    """A shell script that answers the probe like a healthy Python, but for the given fields."""
    answer = {
        "version": "3.11.7",
        "implementation": "cpython",
        "executable": str(path),
        "bits": "64" if sys.maxsize > 2**32 else "32",
        "machine": os.uname().machine,
        "prefix": str(path.parent),
        "base_prefix": str(path.parent),
        "platlibdir": "lib",
        "gogym": "/fake/gogym/__init__.py",
        "table_version": "1",
        "gymnasium": "/fake/gymnasium/__init__.py",
        "numpy": "/fake/numpy/__init__.py",
        **fields,
    }
    text = "".join(f"{key}={value}\\0" for key, value in answer.items())
    return fake_python(path, f"printf '%b' '\\0gogym-probe=1\\0{text}end=1\\0'\n".replace("\\0", "\\0000"))


class Line(NamedTuple):
    operation: str
    status: str = ""
    type: str = ""
    message: str = ""
    traceback: str = ""


def default_signals() -> None:
    """Undoes what a shell does to a background job: there Ctrl-C and Ctrl-\\ are ignored, also by children."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def run_driver(driver: Path, *operations: str, timeout: float = 60, **environment: str) -> list[Line]:
    """Runs the driver in an environment that contains nothing but what is said."""
    kept = {key: value for key, value in os.environ.items() if key in KEPT}
    environment = {**kept, "PATH": "/usr/bin:/bin", **environment}
    done = subprocess.run(
        [str(driver), *operations],
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        preexec_fn=default_signals,
    )
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return [Line(*line.split("\t")) for line in done.stdout.splitlines()]


EXIT_OK = "GYM_OK"
SUPPORTED = supported()

needs_compiler = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not shutil.which(os.environ.get("CC", "cc")),
    reason="needs Linux and a C compiler",
)


def one_python() -> str:
    """An interpreter that can be started."""
    if not SUPPORTED:
        pytest.skip("no Python with a libpython")
    return str(SUPPORTED[0].path)


def libpython_of(python: str) -> Path:
    script = "import sysconfig as s; print(s.get_config_var('LIBDIR') + '/' + s.get_config_var('INSTSONAME'))"
    return Path(subprocess.check_output([python, "-c", script], text=True).strip())


def run(driver: Path, *operations: str, **environment: str) -> list[Line]:
    """run_driver with an interpreter that can be started, unless the environment says otherwise."""
    environment.setdefault("GOGYM_PYTHON", one_python())
    return run_driver(driver, *operations, **environment)
