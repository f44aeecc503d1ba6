"""What of gogym works on this machine, as findings: ``gogym doctor`` shows them.

Nothing is taken from a list of what should work: libraries are loaded, a program is compiled and run, environments are
made and reset, frames are drawn. What may crash the process (the C library, libraries of other Pythons, graphics drivers)
is tried in another one.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import gogym
from gogym import host_python, paths
from gogym._abi import TABLE_VERSION

_DISTRIBUTION = "gogym-c"
_FIRST, _LAST = (".".join(map(str, version)) for version in (host_python.FIRST, host_python.LAST))
_TIMEOUT_SECONDS = 120


class Finding(NamedTuple):
    """One thing that was looked at."""

    topic: str
    """What it belongs to: "Python", "host programs", "environments" ..."""
    name: str
    state: str
    """"good", "bad", or "absent" for what is not there and need not be."""
    detail: str
    mend: str = ""
    """What to do about it: a command to type, wherever one helps."""
    required: bool = False
    """Whether gogym cannot do its work where this is bad."""


def examine() -> Iterator[Finding]:
    """Look at everything; each finding comes as soon as it is known."""
    yield from _python()
    yield from _packages()
    yield from _library()
    yield from _host()
    yield from _families(_ENVIRONMENTS)
    yield from _families(_RENDERING)
    yield from _mujoco_frames()
    yield _display()


def is_well(findings: Iterable[Finding]) -> bool:
    """Whether nothing that is required is bad."""
    return not any(finding.required and finding.state == "bad" for finding in findings)


def _judged(topic: str, name: str, problem: str, detail: str, mend: str = "") -> Finding:
    """Something required: good with its detail where there is no problem, else bad with the problem."""
    if problem:
        return Finding(topic, name, "bad", problem, mend, required=True)
    return Finding(topic, name, "good", detail, required=True)


def _pip(what: str) -> str:
    """The command that installs something into this Python."""
    python = shlex.quote(sys.executable)
    place = "in a gogym checkout: " if what.startswith("'.") else ""
    return f"{place}{python} -m pip install {what}"


_REINSTALL = _pip("'.'")


# ------------------------------------------------------------------------------------------- this Python


def _python() -> Iterator[Finding]:
    version = platform.python_version()
    implementation = sys.implementation.name
    problem = ""
    if implementation != "cpython" or not host_python.FIRST <= sys.version_info[:2] <= host_python.LAST:
        problem = f"{sys.executable} is {implementation} {version}; gogym needs CPython {_FIRST} to {_LAST}"
    mend = f"make a virtual environment with a Python {_FIRST} to {_LAST}, and install gogym there"
    yield _judged("Python", "interpreter", problem, f"{sys.executable}, version {version}", mend)
    yield _libpython("Python", host_python.ask(sys.executable))


def _libpython(topic: str, answer: host_python.Answer) -> Finding:
    found = host_python.libpython(answer)
    return _judged(topic, "libpython", found.problem, found.path, found.mend)


def _packages() -> Iterator[Finding]:
    yield Finding("packages", "gogym", "good", gogym.__version__, required=True)
    for requirement in _requirements():
        name, wanted = _parse_requirement(requirement)
        version = _version(name)
        problem = "not installed" if version is None else ""
        if version is not None and _numbers(version) < _numbers(wanted):
            problem = f"{version} is too old: gogym needs {wanted} or newer"
        yield _judged("packages", name, problem, version or "", _pip(shlex.quote(requirement)))


def _requirements() -> list[str]:
    """What the installed distribution says that it needs, without what only its extras need."""
    try:
        lines = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:  # gogym runs from its sources
        lines = ["gymnasium", "numpy"]
    return [line.replace(" ", "") for line in lines if ";" not in line]


def _parse_requirement(line: str) -> tuple[str, str]:
    """The name of a requirement, and the oldest version that will do."""
    name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
    oldest = re.search(r">=([\w.]+)", line)
    return name, oldest[1] if oldest else "0"


def _numbers(version: str) -> list[int]:
    """The leading numbers of a version, to be compared."""
    leading = re.match(r"\d+(\.\d+)*", version)
    return [int(number) for number in leading[0].split(".")] if leading else []


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


# ------------------------------------------------------------------------------------------- the C library


def _library() -> Iterator[Finding]:
    topic = "C library"
    yield _file(topic, "header", lambda: paths.include_directory() / "gogym.h")
    yield _file(topic, "library", paths.shared_library)
    for name, attempt in (("bridge", "bridge"), ("in use", "library")):
        result = _attempt(attempt)
        yield _judged(topic, name, result.problem, result.output, _REINSTALL)


def _file(topic: str, name: str, find: Callable[[], Path]) -> Finding:
    try:
        path = find()
    except FileNotFoundError as error:
        return _judged(topic, name, str(error), "", _REINSTALL)
    return _judged(topic, name, "" if path.is_file() else f"there is no {path}", str(path), _REINSTALL)


# ------------------------------------------------------------------------------------------- host programs


def _host() -> Iterator[Finding]:
    """What a C or Go program that is started here finds."""
    topic = "host programs"
    variables = ("GOGYM_PYTHON", "VIRTUAL_ENV", "CONDA_PREFIX")
    told = [f"{name}={os.environ[name]}" for name in variables if os.environ.get(name)]
    yield Finding(topic, "variables", "good", ", ".join(told) or f"none of {', '.join(variables)} is set")
    use_this = f"export GOGYM_PYTHON={shlex.quote(sys.executable)}"
    try:
        choice = host_python.find(os.environ)
        answer = host_python.ask(choice.path)
    except host_python.NoPythonError as error:
        yield _judged(topic, "interpreter", str(error), "", use_this)
        program_mend = use_this
    else:
        is_this = host_python.is_same(answer.executable, sys.executable)
        whose = "this Python" if is_this else f"another than this one: {_quoted_doctor(answer)} looks at it"
        problem = _host_problem(choice, answer)
        program_mend = use_this if problem else _REINSTALL
        yield _judged(
            topic,
            "interpreter",
            problem,
            f"{answer.executable}, version {answer.version}, from {choice.reason} ({whose})",
            use_this,
        )
        if not is_this and host_python.is_supported(answer):
            yield _libpython(topic, answer)
    yield _c_program(topic, program_mend)


def _quoted_doctor(answer: host_python.Answer) -> str:
    return f"{shlex.quote(answer.executable)} -m gogym doctor"


def _host_problem(choice: host_python.Choice, answer: host_python.Answer) -> str:
    """Why the interpreter that a host program takes cannot serve it; "" where it can."""
    subject = f"programs take {answer.executable} (from {choice.reason}), which"
    if not host_python.is_supported(answer):
        return (
            f"{subject} is {answer.implementation} {answer.version}; gogym needs CPython {_FIRST} to {_LAST}"
        )
    if answer.bits != (64 if sys.maxsize > 2**32 else 32):
        return f"{subject} is a {answer.bits}-bit program"
    missing = [name for name in ("gogym", "gymnasium", "numpy") if name not in answer.packages]
    if missing:
        return f"{subject} does not have {' and '.join(missing)}"
    if answer.table_version != str(TABLE_VERSION):
        offered = f"function table version {answer.table_version or '(none)'}"
        return f"{subject} has a gogym with {offered}; this one has {TABLE_VERSION}"
    return ""


_PROGRAM = r"""
#include <gogym.h>
#include <stdio.h>

int main(void) {
  gym_error err = GYM_ERROR_INIT;
  gym_env env;
  gym_transition step;
  double obs[4], action[1];
  int code = gym_make("CartPole-v1", NULL, &env, &err);
  if (code == GYM_OK) code = gym_reset(env, NULL, NULL, obs, 4, &err);
  if (code == GYM_OK) code = gym_sample_action(env, action, 1, &err);
  if (code == GYM_OK) code = gym_step(env, action, 1, obs, 4, &step, &err);
  if (code == GYM_OK) code = gym_close(env, &err);
  if (code != GYM_OK) printf("%s: %s\n", gym_status_name(code), err.message);
  return code == GYM_OK ? 0 : 1;
}
"""


def _c_program(topic: str, mend: str) -> Finding:
    """Compile and run a program, as a user would: nothing says more about whether it works.

    ``mend``: what to do where it is compiled, and does not work.
    """
    compiler = shlex.split(os.environ.get("CC") or "cc")
    if shutil.which(compiler[0]) is None:
        return Finding(
            topic, "C program", "absent", f"there is no C compiler: {compiler[0]}", "apt install gcc"
        )
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "check.c"), Path(folder, "check")
        source.write_text(_PROGRAM)
        try:
            flags = [*paths.compile_flags(), str(source), *paths.link_flags(), "-o", str(program)]
        except FileNotFoundError as error:
            return _judged(topic, "C program", str(error), "", _REINSTALL)
        built = _run([*compiler, *flags])
        if built.problem:
            other = "unset CC" if os.environ.get("CC") else "apt install gcc libc6-dev"
            return Finding(topic, "C program", "bad", f"{shlex.join(compiler)}: {built.problem}", other)
        ran = _run([str(program)])
    compiled = f"compiled with {shlex.join(compiler)}, it makes, resets and steps CartPole-v1"
    problem = ran.output if ran.problem and ran.output else ran.problem
    return _judged(topic, "C program", problem, compiled, mend)


# ------------------------------------------------------------------------------------------- environments, rendering


class _Family(NamedTuple):
    topic: str
    name: str
    attempt: str
    """What of :mod:`gogym.attempt` tries it."""
    packages: tuple[str, ...] = ()
    """The modules that it needs; where one cannot be found, it is not installed."""
    install: str = "'.'"
    """What pip has to install for it."""
    required: bool = False


# Box2D has no wheel for Python 3.14: it is compiled there, with swig.
_BOX2D = "'.[box2d]'" if sys.version_info < (3, 14) else "swig '.[box2d]'"

_ENVIRONMENTS = (
    _Family("environments", "classic control", "classic control", required=True),
    _Family("environments", "toy text", "toy text", required=True),
    _Family("environments", "MuJoCo", "MuJoCo", ("mujoco",), required=True),
    _Family("environments", "Box2D", "Box2D", ("Box2D",), _BOX2D),
    _Family("environments", "Atari", "Atari", ("ale_py",), "'.[atari]'"),
    _Family("environments", "JAX", "JAX", ("jax",), "'.[jax]'"),
    _Family("wrappers", "PyTorch", "PyTorch", ("torch",), "'.[torch]'"),
    _Family("wrappers", "images", "image wrappers", ("cv2",), "'.[wrappers]'"),
    _Family("wrappers", "video", "video wrapper", ("moviepy",), "'.[video]'"),
)
_RENDERING = (
    _Family("rendering", "recordings", "recordings", required=True),
    _Family("rendering", "pygame", "draw with pygame", ("pygame",), "'.[classic-control]'"),
)


def _families(families: Iterable[_Family]) -> Iterator[Finding]:
    # Each in a process, as many at a time as there are processors.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(_family, families)


def _family(family: _Family) -> Finding:
    missing = [name for name in family.packages if importlib.util.find_spec(name) is None]
    if missing:
        state, text = ("bad" if family.required else "absent"), f"there is no package {missing[0]}"
    else:
        result = _attempt(family.attempt)
        version = " ".join(f"({name} {_versions()[name]})" for name in family.packages if name in _versions())
        state, text = (
            ("bad", result.problem) if result.problem else ("good", f"{result.output} {version}".strip())
        )
    mend = "" if state == "good" else _pip(family.install)
    return Finding(family.topic, family.name, state, text, mend, family.required)


@functools.cache
def _versions() -> dict[str, str]:
    from gogym import registry  # noqa: PLC0415

    return registry.versions()


def _mujoco_frames() -> Iterator[Finding]:
    from gogym import render  # noqa: PLC0415

    mend = ""
    for backend in render.gl_backends():
        # One that works is enough.
        state = "good" if backend.works else "absent"
        mend = mend or ("" if backend.works else backend.mend)
        yield Finding(
            "rendering", f"GL: {backend.name}", state, backend.detail, "" if backend.works else backend.mend
        )
    drawn = _family(_Family("rendering", "MuJoCo", "draw with MuJoCo", ("mujoco",)))
    yield drawn._replace(mend=mend or drawn.mend) if drawn.state == "bad" else drawn


def _display() -> Finding:
    """Whether a window can be opened, for render_mode "human"."""
    if importlib.util.find_spec("pygame") is None:
        return Finding(
            "rendering", "display", "absent", "there is no package pygame", _pip("'.[classic-control]'")
        )
    opened = _attempt("display")
    if not opened.problem:
        return Finding("rendering", "display", "good", opened.output)
    text = f'none for windows, render_mode "human" ({opened.problem}); frames and recordings need none'
    return Finding("rendering", "display", "absent", text, "apt install xvfb; xvfb-run -a PROGRAM")


# ------------------------------------------------------------------------------------------- processes


class _Result(NamedTuple):
    output: str
    problem: str
    """Why it failed; "" where it did not."""


def _run(command: list[str], cwd: str | None = None) -> _Result:
    """Run a command: its standard output, and the line of standard error that says why it failed."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_SECONDS,
            check=False,
            cwd=cwd,
            env={**os.environ, "PYTHONSAFEPATH": "1"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return _Result("", str(error))
    if done.returncode == 0:
        return _Result(done.stdout.strip(), "")
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    ended = f"ended by signal {-done.returncode}" if done.returncode < 0 else f"exit status {done.returncode}"
    said = next((line for line in lines if "error" in line.lower() and not line.startswith(" ")), "")
    if done.returncode > 0 and lines:
        return _Result(done.stdout.strip(), said or lines[-1])
    return _Result(
        done.stdout.strip(), ": ".join(part for part in (ended, lines[-1] if lines else "") if part)
    )


def _attempt(name: str) -> _Result:
    """Try one thing of :mod:`gogym.attempt`, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        done = _run([sys.executable, "-m", "gogym.attempt", name], cwd=folder)
    if done.problem:
        return done
    told = json.loads(done.output.splitlines()[-1])
    return _Result(told.get("detail", ""), told.get("problem", ""))
