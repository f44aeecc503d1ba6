"""``gogym doctor``: python/gogym/doctor.py, host_python.py and attempt.py."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gogym
import support_display
import support_host as host
from gogym import attempt, doctor, host_python
from gogym._abi import TABLE_VERSION
from support_cli import ESCAPES, is_plain, on_terminal, run


@pytest.fixture(scope="module")
def findings() -> dict[tuple[str, str], dict[str, object]]:
    """What it finds on this machine, where host programs find the Python that runs the tests."""
    done = run("doctor", "--json")
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert report["ok"] == (done.code == 0)
    return {(finding["topic"], finding["name"]): finding for finding in report["findings"]}


def fake_package(folder: Path, name: str, source: str) -> str:
    """A PYTHONPATH that has a package with this source in front."""
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(source)
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))


def find(done, name: str) -> dict[str, object]:
    return next(finding for finding in json.loads(done.stdout)["findings"] if finding["name"] == name)


# ------------------------------------------------------------------------------------ this machine


def test_all_that_is_required_is_good_where_the_tests_run(findings):
    bad = [finding for finding in findings.values() if finding["required"] and finding["state"] != "good"]
    assert bad == []


def test_it_names_this_python_and_its_library(findings):
    assert findings["Python", "interpreter"]["detail"].startswith(sys.executable)
    library = Path(findings["Python", "libpython"]["detail"])
    assert library.is_file()
    assert library.name.startswith(f"libpython{sys.version_info[0]}.{sys.version_info[1]}")


def test_it_tells_versions(findings):
    import numpy as np

    assert findings["packages", "gogym"]["detail"] == gogym.__version__
    assert findings["packages", "numpy"]["detail"] == np.__version__
    assert findings["C library", "bridge"]["detail"] == f"function table version {TABLE_VERSION}"
    assert Path(findings["C library", "header"]["detail"]).name == "gogym.h"


@pytest.mark.parametrize(
    ("topic", "name", "module"),
    [
        ("environments", "classic control", "gymnasium"),
        ("environments", "toy text", "gymnasium"),
        ("environments", "MuJoCo", "mujoco"),
        ("environments", "Box2D", "Box2D"),
        ("environments", "Atari", "ale_py"),
        ("environments", "JAX", "jax"),
        ("wrappers", "PyTorch", "torch"),
        ("wrappers", "images", "cv2"),
        ("wrappers", "video", "moviepy"),
        ("rendering", "pygame", "pygame"),
    ],
)
def test_every_family_is_judged(findings, topic, name, module):
    finding = findings[topic, name]
    if importlib.util.find_spec(module):
        assert finding["state"] == "good", finding
        assert finding["mend"] == ""
    else:
        assert finding["state"] == "absent"
        assert re.search(r"-m pip install '\.\[[\w-]+\]'$", finding["mend"])


def test_every_attempt_belongs_to_a_finding():
    families = {family.attempt for family in (*doctor._ENVIRONMENTS, *doctor._RENDERING)}
    assert families | {"bridge", "library", "draw with MuJoCo", "display"} == set(attempt.ATTEMPTS)


def test_gl_backends_and_a_display_are_looked_at(findings):
    backends = [finding for (_, name), finding in findings.items() if name.startswith("GL: ")]
    assert backends
    for backend in backends:
        assert backend["state"] in ("good", "absent")
        assert backend["detail"]
    if any(backend["state"] == "good" for backend in backends):
        assert findings["rendering", "MuJoCo"]["state"] == "good", findings["rendering", "MuJoCo"]
    display = findings["rendering", "display"]
    assert display["state"] == "good" or "xvfb" in display["mend"]


def test_no_mend_names_the_other_package(findings):
    """Another project owns the name gogym on the public index."""
    for finding in findings.values():
        assert not re.search(r"install (-\S+ )*gogym\b", finding["mend"])
    assert "'.'" in doctor._REINSTALL
    assert sys.executable in doctor._REINSTALL


# ------------------------------------------------------------------------------------ how it is shown


def test_it_is_plain_in_a_pipe():
    done = run("doctor")
    assert is_plain(done.stdout)
    assert re.search(r"^  good    libpython +/", done.stdout, re.MULTILINE)
    assert (done.code == 0) == ("\nAll that gogym needs works.\n" in done.stdout)


def test_it_has_colours_on_a_terminal():
    done = on_terminal("doctor", GOGYM_PYTHON="/not/there")
    assert done.code == 1
    assert "\x1b[32m  good  \x1b[0m" in done.stdout
    assert "\x1b[1;31m  bad   \x1b[0m" in done.stdout
    text = ESCAPES.sub("", done.stdout)
    # A command to type stays one line, however narrow the terminal is.
    assert f"-> export GOGYM_PYTHON={sys.executable}\n" in text
    assert "Not all that gogym needs works: host programs: interpreter" in text


# ------------------------------------------------------------------------------------ what is wrong


def test_a_host_program_that_finds_no_python(tmp_path):
    done = run("doctor", "--json", GOGYM_PYTHON=str(tmp_path / "gone"))
    assert done.code == 1
    host_findings = [f for f in json.loads(done.stdout)["findings"] if f["topic"] == "host programs"]
    finding = next(f for f in host_findings if f["name"] == "interpreter")
    assert finding["state"] == "bad"
    assert finding["required"]
    assert f"{tmp_path}/gone" in finding["detail"]
    assert finding["mend"] == f"export GOGYM_PYTHON={sys.executable}"
    variables = next(f for f in host_findings if f["name"] == "variables")
    assert f"GOGYM_PYTHON={tmp_path}/gone" in variables["detail"]
    if shutil.which("cc"):
        program = next(f for f in host_findings if f["name"] == "C program")
        assert program["state"] == "bad"
        assert program["detail"].startswith("GYM_ERR_NO_PYTHON: ")
        assert program["mend"] == finding["mend"]


def test_a_package_that_is_broken_does_not_matter_where_it_is_optional(tmp_path):
    path = fake_package(tmp_path, "torch", "raise ImportError('libtorch is not there')")
    done = run("doctor", "--json", PYTHONPATH=path)
    torch = find(done, "PyTorch")
    assert torch["state"] == "bad"
    assert "libtorch is not there" in torch["detail"]
    assert "'.[torch]'" in torch["mend"]
    assert not torch["required"]
    assert done.code == 0, done.stdout


def test_a_package_that_crashes_ends_only_its_own_attempt(tmp_path):
    path = fake_package(tmp_path, "torch", "import os; os.abort()")
    done = run("doctor", "--json", PYTHONPATH=path)
    assert find(done, "PyTorch")["state"] == "bad"
    assert "ended by signal 6" in find(done, "PyTorch")["detail"]
    assert find(done, "video")["state"] in ("good", "absent")


def test_a_required_family_that_is_missing(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    family = next(family for family in doctor._ENVIRONMENTS if family.name == "MuJoCo")
    finding = doctor._family(family)
    assert (finding.state, finding.required) == ("bad", True)
    assert finding.mend == doctor._REINSTALL
    assert not doctor.is_well([finding])
    box2d = doctor._family(next(family for family in doctor._ENVIRONMENTS if family.name == "Box2D"))
    assert (box2d.state, box2d.required) == ("absent", False)
    assert "'.[box2d]'" in box2d.mend
    assert doctor.is_well([box2d])


@pytest.mark.parametrize(
    ("requirement", "state", "detail"),
    [
        ("numpy>=1.26", "good", ""),
        ("numpy>=99.1", "bad", "too old: gogym needs 99.1"),
        ("no-such-package[extra]>=1", "bad", "not installed"),
        ("click", "good", ""),
    ],
)
def test_versions_are_compared(monkeypatch, requirement, state, detail):
    monkeypatch.setattr(doctor, "_requirements", lambda: [requirement])
    _, finding = doctor._packages()
    assert finding.state == state
    assert detail in finding.detail
    assert finding.name == re.split(r"[\[>]", requirement)[0]
    if state == "bad":
        assert finding.mend.endswith(f"-m pip install '{requirement}'")


def test_versions_are_numbers_and_not_text():
    assert doctor._numbers("1.26.4") < doctor._numbers("1.100") < doctor._numbers("2.0rc1")


def test_the_requirements_are_those_of_the_distribution():
    names = [doctor._parse_requirement(line)[0] for line in doctor._requirements()]
    assert {"click", "gymnasium", "numpy", "rich"} <= set(names)
    assert "pytest" not in names  # what only an extra needs


def test_without_a_compiler_a_c_program_is_not_tried(monkeypatch):
    monkeypatch.setenv("CC", "/no/such/compiler -O2")
    finding = doctor._c_program("host programs", "mend")
    assert (finding.state, finding.required) == ("absent", False)
    assert "/no/such/compiler" in finding.detail
    assert "install gcc" in finding.mend


def test_a_compiler_that_fails_is_not_gogyms_fault(monkeypatch):
    monkeypatch.setenv("CC", "false")
    finding = doctor._c_program("host programs", "mend")
    assert (finding.state, finding.required) == ("bad", False)
    assert finding.detail == "false: exit status 1"
    assert finding.mend == "unset CC"


def test_a_compiler_without_headers_is_mended_by_a_package(monkeypatch, tmp_path):
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho 'check.c:2: fatal error: stdio.h: No such file' >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    finding = doctor._c_program("host programs", "mend")
    assert "stdio.h" in finding.detail
    assert finding.mend == "apt install gcc libc6-dev"


def test_the_display_is_what_a_host_gets():
    """Without a display, SDL itself would take another driver than gogym has it take."""
    done = support_display.run("from gogym import attempt; attempt.main('display')")
    assert done.result == {"problem": "SDL uses its driver dummy"}


@host.needs_compiler
def test_a_c_program_is_run(findings):
    assert findings["host programs", "C program"]["state"] == "good"
    assert "steps CartPole-v1" in findings["host programs", "C program"]["detail"]


def test_a_library_that_is_not_installed(monkeypatch, tmp_path):
    monkeypatch.setattr(gogym, "__path__", [str(tmp_path)])
    header, library, *_ = doctor._library()
    for finding in (header, library):
        assert (finding.state, finding.required) == ("bad", True)
        assert str(tmp_path) in finding.detail
        assert finding.mend == doctor._REINSTALL


# ------------------------------------------------------------------------------------ which Python a host finds


def test_order_of_the_search(tmp_path):
    for name in ("named", "venv/bin", "conda/bin", "path", "late"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        host.fake_python(folder / ("python3" if name == "path" else "python"), "exit 1")
    environ = {
        "GOGYM_PYTHON": str(tmp_path / "named/python"),
        "VIRTUAL_ENV": str(tmp_path / "venv"),
        "CONDA_PREFIX": str(tmp_path / "conda"),
        "PATH": f":{tmp_path / 'late'}:{tmp_path / 'path'}",
    }
    expected = [
        ("GOGYM_PYTHON", f"{tmp_path}/named/python"),
        ("VIRTUAL_ENV", f"{tmp_path}/venv/bin/python"),
        ("CONDA_PREFIX", f"{tmp_path}/conda/bin/python"),
        ("python3 on PATH", f"{tmp_path}/path/python3"),
    ]
    for reason, path in expected:
        assert host_python.find(environ) == host_python.Choice(path, reason)
        environ.pop(reason, None)
    environ["PATH"] = str(tmp_path / "late")
    assert host_python.find(environ).reason == "python on PATH"
    environ["PATH"] = ""
    with pytest.raises(host_python.NoPythonError, match="no Python interpreter was found"):
        host_python.find(environ)


@pytest.mark.parametrize("value", ["/no/such/python", "{}", "no-such-python", "{}/text"])
def test_a_named_interpreter_that_cannot_be_used_is_an_error(tmp_path, value):
    (tmp_path / "text").write_text("no program")
    value = value.replace("{}", str(tmp_path))
    with pytest.raises(host_python.NoPythonError, match="GOGYM_PYTHON names") as raised:
        host_python.find({"GOGYM_PYTHON": value, "PATH": "/usr/bin:/bin"})
    assert value in str(raised.value)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo Hello", "does not answer"),
        ("echo no such luck >&2; exit 3", "no such luck"),
        ("exit 3", "exit status 3"),
        (f"echo {'x' * 5000} >&2; exit 1", "x" * 200),
    ],
)
def test_a_program_that_is_no_python(tmp_path, script, expected):
    path = host.fake_python(tmp_path / "python", script)
    with pytest.raises(host_python.NoPythonError, match=expected) as raised:
        host_python.ask(str(path))
    assert str(path) in str(raised.value)
    assert len(str(raised.value)) < 500


def test_a_program_that_hangs(monkeypatch, tmp_path):
    monkeypatch.setattr(host_python, "TIMEOUT_SECONDS", 0.2)
    path = host.fake_python(tmp_path / "python", "exec sleep 100")
    with pytest.raises(host_python.NoPythonError, match="did not answer"):
        host_python.ask(str(path))


@pytest.mark.parametrize("python", host.interpreters(), ids=str)
def test_every_interpreter_answers(python):
    """Also those that gogym cannot start: an old one says that it is old."""
    answer = host_python.ask(str(python.path))
    assert answer.minor == python.version
    assert host_python.is_supported(answer) == ((3, 10) <= python.version <= (3, 14))
    found = host_python.libpython(answer) if host_python.is_supported(answer) else None
    if found is not None:
        assert bool(found.path) == host.has_libpython(python)


def test_the_tests_own_interpreter_has_what_a_host_needs():
    answer = host_python.ask(sys.executable)
    assert set(answer.packages) == {"gogym", "gymnasium", "numpy"}
    assert answer.table_version == str(TABLE_VERSION)
    assert doctor._host_problem(host_python.Choice(sys.executable, "GOGYM_PYTHON"), answer) == ""


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"version": "3.9.2"}, "is cpython 3.9.2; gogym needs CPython 3.10 to 3.14"),
        ({"version": "3.15.0"}, "gogym needs CPython 3.10 to 3.14"),
        ({"implementation": "pypy"}, "is pypy"),
        ({"bits": 16}, "is a 16-bit program"),
        ({"packages": {"numpy": "x"}}, "does not have gogym and gymnasium"),
        ({"table_version": "0"}, "has a gogym with function table version 0"),
        ({"table_version": ""}, "has a gogym with function table version (none)"),
    ],
)
def test_an_interpreter_that_cannot_serve(changes, problem):
    answer = host_python.ask(sys.executable)._replace(**changes)
    said = doctor._host_problem(host_python.Choice("/x/python", "VIRTUAL_ENV"), answer)
    assert problem in said
    assert "from VIRTUAL_ENV" in said


def test_another_interpreter_than_this_one_is_named(tmp_path):
    """A virtual environment's python is a link to another's, and yet another interpreter."""
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    assert host_python.is_same(sys.executable, sys.executable)
    assert not host_python.is_same(str(link), sys.executable)
    assert not host_python.is_same("/no/such/python", sys.executable)


@pytest.mark.parametrize(
    ("prefix", "mend"),
    [
        ("/usr", "apt install libpython3.11"),
        (
            "/home/x/.pyenv/versions/3.11.7",
            'PYTHON_CONFIGURE_OPTS="--enable-shared" pyenv install --force 3.11.7',
        ),
        ("/opt/python", "install the libpython3.11 package of this Python, or build it with --enable-shared"),
    ],
)
def test_a_python_without_a_shared_library(monkeypatch, prefix, mend):
    if prefix == "/usr" and not Path("/etc/debian_version").exists():
        pytest.skip("not Debian")
    monkeypatch.setattr(host_python, "_places", lambda _: iter(["/no/such/libpython.so"]))
    answer = host_python.ask(sys.executable)._replace(version="3.11.7", base_prefix=prefix, abiflags="")
    found = host_python.libpython(answer)
    assert (found.path, found.mend) == ("", mend)
    assert "has no shared libpython" in found.problem


def test_a_library_of_another_kind_is_not_taken(monkeypatch, tmp_path):
    text = tmp_path / "libpython3.11.so"
    text.write_text("no library")
    monkeypatch.setattr(host_python, "_places", lambda _: iter([str(text)]))
    found = host_python.libpython(host_python.ask(sys.executable))
    assert found.path == ""
    assert f"{text} cannot be loaded: " in found.problem


# ------------------------------------------------------------------------------------ as the library does it


@pytest.fixture(scope="module")
def driver(tmp_path_factory) -> Path:
    return host.compile_driver(tmp_path_factory.mktemp("driver"))


@host.needs_compiler
@pytest.mark.parametrize("missing", [[], ["GOGYM_PYTHON"], ["GOGYM_PYTHON", "VIRTUAL_ENV"], ["GOGYM_PYTHON", "VIRTUAL_ENV", "CONDA_PREFIX"]])  # fmt: skip
def test_the_library_chooses_the_same_interpreter(driver, tmp_path, missing):
    """Each interpreter fails, so that the library's message names the one that it chose, and why."""
    for name in ("named", "venv/bin", "conda/bin", "path"):
        (tmp_path / name).mkdir(parents=True)
        host.fake_python(tmp_path / name / ("python3" if name == "path" else "python"), "exit 1")
    environ = {
        "GOGYM_PYTHON": str(tmp_path / "named/python"),
        "VIRTUAL_ENV": str(tmp_path / "venv"),
        "CONDA_PREFIX": str(tmp_path / "conda"),
        "PATH": f":{tmp_path / 'path'}:/bin:/usr/bin",
    }
    for name in missing:
        del environ[name]
    choice = host_python.find(environ)
    (line,) = host.run_driver(driver, "init", **environ)
    assert f'"{choice.path}" (from {choice.reason})' in line.message


@host.needs_compiler
def test_the_library_knows_the_same_versions():
    runtime = (host.HOST / "runtime.h").read_text()
    first, last = (int(re.search(rf"GYM__PYTHON_{name} (\d+)", runtime)[1]) for name in ("FIRST", "LAST"))
    assert ((3, first), (3, last)) == (host_python.FIRST, host_python.LAST)


@host.needs_compiler
@pytest.mark.parametrize("python", host.SUPPORTED, ids=str)
def test_the_library_loads_the_same_libpython(driver, tmp_path, python):
    """What is found for an interpreter is what the library, started with it, has mapped."""
    packages = host.fake_packages(tmp_path / "packages")
    mapped = tmp_path / "mapped"
    script = f"import shutil; shutil.copyfile('/proc/self/maps', {str(mapped)!r})"
    lines = host.run_driver(
        driver, "init", f"make=exec:{script}", GOGYM_PYTHON=str(python.path), PYTHONPATH=str(packages)
    )
    assert lines[0].status == host.EXIT_OK, lines
    found = host_python.libpython(host_python.ask(str(python.path)))
    assert str(Path(found.path).resolve()) in mapped.read_text()


def test_attempts_say_what_went_wrong():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from gogym import attempt; attempt.ATTEMPTS['x'] = lambda: 1 / 0; attempt.main('x')",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {"problem": "ZeroDivisionError: division by zero"}
