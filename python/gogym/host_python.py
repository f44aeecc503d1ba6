"""Which Python a host program would start from here, and its libpython: the search of libgogym, looked at from Python.

The library searches in C when a program runs (``find.c``, ``probe.c`` and ``libpython.c`` of its host part) and says in
an error what is missing. ``gogym doctor`` says it beforehand, and takes the same steps in the same order.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

FIRST, LAST = (3, 10), (3, 14)
"""The versions of Python that gogym can start."""

TIMEOUT_SECONDS = 30
"""How long an interpreter may take to answer."""


class NoPythonError(Exception):
    """No interpreter, or one that cannot serve; the message says which, and why."""


class Choice(NamedTuple):
    """The interpreter that a host program takes."""

    path: str
    reason: str
    """What chose it: "GOGYM_PYTHON", "VIRTUAL_ENV", "python3 on PATH" ..."""


class Answer(NamedTuple):
    """What an interpreter says of itself."""

    executable: str
    implementation: str
    version: str
    bits: int
    prefix: str
    base_prefix: str
    abiflags: str
    platlibdir: str
    multiarch: str
    framework: str
    packages: dict[str, str]
    """Where gogym, gymnasium and numpy are, those that it has."""
    table_version: str
    """The version of the function table of its gogym; "" where it has none."""
    sysconfig_places: list[str]
    """Where its sysconfig says that libpython is."""

    @property
    def minor(self) -> tuple[int, int]:
        """Major and minor version."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)


# Valid in Python 2.7 too, so that an old interpreter can say that it is old. It runs without -I, because the Python that
# a host starts honours PYTHONPATH and the user's packages.
_SCRIPT = """
import sys
if sys.path and sys.path[0] == '': del sys.path[0]
import json, os, sysconfig
def packages():
    import importlib.util
    found = {}
    for name in ('gogym', 'gymnasium', 'numpy'):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin: found[name] = spec.origin
    return found
def table_version():
    import importlib.util
    spec = importlib.util.find_spec('gogym')
    for directory in (spec and spec.submodule_search_locations) or ():
        try:
            with open(os.path.join(directory, '_abi.py')) as lines:
                for line in lines:
                    name, equals, value = line.partition('=')
                    if equals and name.strip() == 'TABLE_VERSION': return value.partition('#')[0].strip()
        except (OSError, ValueError): pass
    return ''
implementation = getattr(sys, 'implementation', None)
supported = sys.version_info[:2] >= (3, 10)
v = lambda name: str(sysconfig.get_config_var(name) or '')
places = []
for folder in (v('LIBDIR'), os.path.join(v('LIBDIR'), v('MULTIARCH')), v('LIBPL'), v('PYTHONFRAMEWORKPREFIX')):
    for name in (v('INSTSONAME'), v('LDLIBRARY')):
        if folder and name and ('.so' in name or '.dylib' in name or v('PYTHONFRAMEWORK')):
            places.append(os.path.join(folder, name))
print(json.dumps({'gogym-probe': {
    'executable': sys.executable, 'implementation': getattr(implementation, 'name', 'cpython'),
    'version': '%d.%d.%d' % sys.version_info[:3], 'bits': 64 if sys.maxsize > 2**32 else 32,
    'prefix': sys.prefix, 'base_prefix': getattr(sys, 'base_exec_prefix', sys.exec_prefix),
    'abiflags': getattr(sys, 'abiflags', ''), 'platlibdir': getattr(sys, 'platlibdir', 'lib'),
    'multiarch': getattr(implementation, '_multiarch', ''), 'framework': getattr(sys, '_framework', ''),
    'packages': packages() if supported else {}, 'table_version': table_version() if supported else '',
    'sysconfig_places': places}}))
"""


# ------------------------------------------------------------------------------------------- which interpreter


def find(environ: Mapping[str, str]) -> Choice:
    """Find the interpreter that a host program takes which names none itself.

    Raises:
        NoPythonError: There is none, or GOGYM_PYTHON names what cannot be used.
    """
    named = environ.get("GOGYM_PYTHON")
    path = environ.get("PATH", "")
    if named:
        found = _resolve(named, path)
        if found is None:
            message = f'GOGYM_PYTHON names the Python interpreter "{named}", which cannot be used: {_why_not(named)}'
            raise NoPythonError(message)
        return Choice(found, "GOGYM_PYTHON")
    # One left over from an environment that is gone does not stop the search.
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        folder = environ.get(variable)
        if folder and _is_executable(Path(folder, "bin/python")):
            return Choice(f"{folder}/bin/python", variable)
    for name in ("python3", "python"):
        found = _resolve(name, path)
        if found is not None:
            return Choice(found, f"{name} on PATH")
    message = "no Python interpreter was found: GOGYM_PYTHON, VIRTUAL_ENV and CONDA_PREFIX name none, and PATH has none"
    raise NoPythonError(message)


def _is_executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _resolve(name: str, path: str) -> str | None:
    if "/" in name:
        return name if _is_executable(Path(name)) else None
    # An empty entry means the current directory to a shell. Nobody wants its python by accident.
    folders = [folder for folder in path.split(":") if folder]
    return next((f"{folder}/{name}" for folder in folders if _is_executable(Path(folder, name))), None)


def _why_not(name: str) -> str:
    if "/" not in name:
        return "not on PATH"
    if Path(name).is_dir():
        return "it is a directory; the path of the interpreter is needed, such as its bin/python"
    return "it is not an executable file" if Path(name).exists() else "there is no such file"


# ------------------------------------------------------------------------------------------- asking it


def ask(python: str) -> Answer:
    """Run an interpreter and have it say what it is.

    Raises:
        NoPythonError: It cannot be run, or is no Python.
    """
    try:
        done = subprocess.run(
            [python, "-c", _SCRIPT],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except OSError as error:
        message = f'the Python interpreter "{python}" could not be run: {error.strerror}'
        raise NoPythonError(message) from error
    except subprocess.TimeoutExpired as error:
        message = f'the Python interpreter "{python}" did not answer within {TIMEOUT_SECONDS} seconds'
        raise NoPythonError(message) from error
    # A sitecustomize may have printed something before it.
    for line in reversed(done.stdout.splitlines()):
        if line.startswith('{"gogym-probe": '):
            return Answer(**_fields(json.loads(line)["gogym-probe"], python))
    lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}, and no answer"]
    message = f'"{python}" does not answer as a Python interpreter: {lines[-1]:.200}'
    raise NoPythonError(message)


def _fields(told: dict[str, Any], python: str) -> dict[str, Any]:
    return {**told, "executable": told["executable"] or python}  # empty where a wrapper clears argv[0]


def is_supported(answer: Answer) -> bool:
    """Whether gogym can start this version."""
    return answer.implementation == "cpython" and FIRST <= answer.minor <= LAST


def is_same(a: str, b: str) -> bool:
    """Whether two paths name one interpreter: the same file in the same directory.

    The file alone would not do, because the python of every virtual environment is a link to its base interpreter.
    """
    first, second = Path(a), Path(b)
    return first.resolve() == second.resolve() and first.parent.resolve() == second.parent.resolve()


# ------------------------------------------------------------------------------------------- its libpython


class Libpython(NamedTuple):
    """The shared library of an interpreter."""

    path: str
    """"" where there is none."""
    problem: str = ""
    mend: str = ""


def libpython(answer: Answer) -> Libpython:
    """Find the libpython of an interpreter, and load it in another process."""
    problem = ""
    for place in dict.fromkeys(_places(answer)):
        if not Path(place).is_file():
            continue
        version = _version_in(place)
        if version.startswith(f"{answer.minor[0]}.{answer.minor[1]}."):
            return Libpython(place)
        problem = problem or f"{place} {version}"
    mend = _mend(answer)
    if problem:
        return Libpython("", problem, mend)
    return Libpython("", f"{answer.executable} (Python {answer.version}) has no shared libpython", mend)


def _places(answer: Answer) -> Iterator[str]:
    prefix = answer.base_prefix
    endings = (".dylib",) if sys.platform == "darwin" else (".so.1.0", ".so")
    if answer.framework:
        yield f"{prefix}/{answer.framework}"
    folders = ["lib", f"lib/{answer.multiarch}" if answer.multiarch else "lib", answer.platlibdir, "lib64"]
    for folder in folders:
        for ending in endings:
            yield f"{prefix}/{folder}/libpython{answer.minor[0]}.{answer.minor[1]}{answer.abiflags}{ending}"
    yield from answer.sysconfig_places


def _version_in(place: str) -> str:
    """The version that a libpython says it is; or why it cannot be loaded. In a process of its own: it may crash."""
    script = (
        "import ctypes, sys\n"
        "get = ctypes.CDLL(sys.argv[1]).Py_GetVersion\n"
        "get.restype = ctypes.c_char_p\n"
        "print(get().decode())\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, place],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode == 0:
        return done.stdout.strip()
    lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
    return f"cannot be loaded: {lines[-1]}"


def _mend(answer: Answer) -> str:
    """How to get a libpython for an interpreter, as well as can be told from where it lies."""
    prefix = answer.base_prefix
    minor = f"{answer.minor[0]}.{answer.minor[1]}"
    pyenv = os.environ.get("PYENV_ROOT")
    if prefix == "/usr" and Path("/etc/debian_version").exists():
        return f"apt install libpython{minor}{answer.abiflags}"
    if "/.pyenv/" in prefix or (pyenv and prefix.startswith(pyenv)):
        return f'PYTHON_CONFIGURE_OPTS="--enable-shared" pyenv install --force {answer.version}'
    return f"install the libpython{minor} package of this Python, or build it with --enable-shared"
