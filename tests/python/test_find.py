"""Choosing an interpreter, asking it and loading its library: src/gogym_c/host, find, probe and libpython."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import support_host as host
from support_host import EXIT_OK, SUPPORTED, one_python, run

pytestmark = host.needs_compiler


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return host.compile_driver(tmp_path_factory.mktemp("driver"))


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    return host.fake_packages(tmp_path / "packages")


# ------------------------------------------------------------------------------------ finding


def test_no_python_anywhere(driver: Path, tmp_path: Path) -> None:
    venv = str(tmp_path / "gone")
    (line,) = host.run_driver(driver, "init", PATH=str(tmp_path), VIRTUAL_ENV=venv)
    assert line.status == "GYM_ERR_NO_PYTHON"
    for part in ("GOGYM_PYTHON", f"VIRTUAL_ENV = {venv}", "CONDA_PREFIX", "python3", "PATH"):
        assert part in line.message


@pytest.mark.parametrize("way", ["config", "variable"])
def test_explicit_python_that_is_not_there(driver: Path, packages: Path, way: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing" / "python")
    if way == "config":
        line = run(driver, f"init={missing}", PYTHONPATH=str(packages))[0]
    else:
        line = run(driver, "init", GOGYM_PYTHON=missing, PYTHONPATH=str(packages))[0]
    assert line.status == "GYM_ERR_NO_PYTHON"
    assert missing in line.message
    assert "No such file" in line.message
    assert ("gym_config.python" if way == "config" else "GOGYM_PYTHON") in line.message


def test_a_directory_is_not_an_interpreter(driver: Path, tmp_path: Path) -> None:
    line = run(driver, f"init={tmp_path}")[0]
    assert line.status == "GYM_ERR_NO_PYTHON"
    assert "directory" in line.message


def test_order_of_the_search(driver: Path, tmp_path: Path) -> None:
    """Each interpreter is a fake that ends with an error, so that the message names the one chosen."""
    paths = {}
    for name in ("config", "variable", "venv/bin", "conda/bin", "path"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        file = "python3" if name == "path" else "python"
        paths[name] = str(host.fake_python(folder / file, "exit 1"))
    environment = {
        "GOGYM_PYTHON": paths["variable"],
        "VIRTUAL_ENV": str(tmp_path / "venv"),
        "CONDA_PREFIX": str(tmp_path / "conda"),
        "PATH": f":{tmp_path / 'path'}:/bin:/usr/bin",
    }
    lines = host.run_driver(
        driver, f"init={paths['config']}", "init", "unsetenv=GOGYM_PYTHON", "init", "unsetenv=VIRTUAL_ENV", "init",
        "unsetenv=CONDA_PREFIX", "init", **environment,
    )  # fmt: skip
    for line, path in zip(lines, paths.values(), strict=True):
        assert line.status == "GYM_ERR_PROBE"
        assert f'"{path}"' in line.message


def test_a_name_is_looked_up_on_path(driver: Path, packages: Path) -> None:
    python = Path(one_python())
    line = run(driver, f"init={python.name}", PATH=str(python.parent), PYTHONPATH=str(packages))[0]
    assert line.status == EXIT_OK


# ------------------------------------------------------------------------------------ the probe's failures


@pytest.mark.parametrize("python", host.too_old(), ids=str)
def test_old_python(driver: Path, python: host.Interpreter) -> None:
    line = run(driver, "init", GOGYM_PYTHON=str(python.path))[0]
    assert line.status == "GYM_ERR_PYTHON_VERSION"
    assert f"version {python.version[0]}.{python.version[1]}." in line.message
    assert "3.10 to 3.14" in line.message


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo Hello", "Hello"),
        ("echo no such luck >&2; exit 3", "exit status 3: no such luck"),
        ("kill -9 $$", "signal 9"),
        ("printf '\\000gogym-probe=1\\000version=3.11'", "does not answer"),
        ("head -c 100000 /dev/zero", "does not answer"),
        ("", "does not answer"),
        ("exec 1>&- 2>&-; exit 7", "exit status 7"),
    ],
)
def test_program_that_is_no_python(driver: Path, tmp_path: Path, script: str, expected: str) -> None:
    path = host.fake_python(tmp_path / "python", script)
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert line.status == "GYM_ERR_PROBE"
    assert str(path) in line.message
    assert expected in line.message


@pytest.mark.parametrize(
    "script", ["sleep 100", "sleep 100 & wait", "exec 1>&- 2>&-; sleep 100", "trap '' TERM; sleep 100"]
)
def test_python_that_hangs(driver: Path, tmp_path: Path, script: str) -> None:
    path = host.fake_python(tmp_path / "python", script)
    begin = time.monotonic()
    line = run(driver, "timeout=300", "init", GOGYM_PYTHON=str(path))[0]
    assert time.monotonic() - begin < 10
    assert line.status == "GYM_ERR_PROBE"
    assert "0.3 seconds" in line.message


def test_no_message_is_anything_but_utf8(driver: Path, tmp_path: Path) -> None:
    missing = os.fsdecode(bytes(tmp_path / "caf") + b"\xc3\xa9\xff")  # the last byte is no UTF-8
    line = run(driver, "init", GOGYM_PYTHON=missing)[0]
    assert "/café\\xff" in line.message
    path = host.fake_python(tmp_path / "python", "printf 'ab\\377\\303c\\342\\202\\254'")
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert '"ab\\xff\\xc3c€"' in line.message


@pytest.mark.parametrize("stream", ["1", "2"])
@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_what_a_program_says_is_cut_at_a_character(
    driver: Path, tmp_path: Path, stream: str, before: str
) -> None:
    path = host.fake_python(tmp_path / "python", f"echo {before}{'😀' * 80} >&{stream}")
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert "\\x" not in line.message
    assert f"{before}{'😀' * (49 if before else 50)}..." in line.message


@pytest.mark.parametrize(
    ("operation", "setting"), [("init", "GOGYM_PYTHON"), ("init=/bin/ls", "gym_config.python")]
)
def test_message_about_a_program_that_is_no_python(driver: Path, operation: str, setting: str) -> None:
    line = run(driver, operation, GOGYM_PYTHON="/bin/ls")[0]
    assert line.status == "GYM_ERR_PROBE"
    assert len(line.message) < 500
    assert f"(from {setting})" in line.message
    assert line.message.endswith(f"Set {setting} to the path of a Python interpreter (3.10 to 3.14)")


@pytest.mark.parametrize(("variable", "value"), [("PYTHONHASHSEED", "abc"), ("PYTHONUTF8", "x")])
def test_fatal_error_of_python(driver: Path, variable: str, value: str) -> None:
    line = run(driver, "init", **{variable: value})[0]
    assert line.status == "GYM_ERR_PROBE"
    assert ": Fatal Python error: " in line.message
    assert variable in line.message


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Traceback:\n  File\n    raise OSError\nValueError: bad", "1: ValueError: bad. Set"),
        ("ValueError: bad\nException ignored", "1: ValueError: bad. Set"),
        (
            "Fatal Python error: site\nPython runtime state\n\n  <no frame>",
            "1: Fatal Python error: site. Set",
        ),
        (
            "Fatal Python error: site\nruntime\n  File\nNameError: x\nend",
            "1: Fatal Python error: site; NameError: x. Set",
        ),
        ("one\ntwo\n\n", "1: two. Set"),
    ],
)
def test_line_that_says_why(driver: Path, tmp_path: Path, said: str, expected: str) -> None:
    (tmp_path / "said").write_text(said)
    path = host.fake_python(tmp_path / "python", f"cat {shlex.quote(str(tmp_path / 'said'))} >&2; exit 1")
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert expected in line.message


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_start_up_file_that_says_much(driver: Path, packages: Path, stream: str) -> None:
    (packages / "sitecustomize.py").write_text(f"import sys; sys.{stream}.write('much ' * 100000)\n")
    assert run(driver, "init", PYTHONPATH=str(packages))[-1].status == EXIT_OK


def test_process_that_a_start_up_file_leaves_behind(driver: Path, packages: Path, tmp_path: Path) -> None:
    """It holds the probe's pipe open, and is nobody's to wait for."""
    pid = tmp_path / "pid"
    start = f"import subprocess; open({str(pid)!r}, 'a').write('%d ' % subprocess.Popen(['sleep', '60']).pid)"
    (packages / "sitecustomize.py").write_text(
        f"import sys\nif sys.argv[0] == '-c': {start}\n"  # in the probe only
    )
    try:
        begin = time.monotonic()
        line = run(driver, "init", PYTHONPATH=str(packages))[-1]
        assert line.status == EXIT_OK
        (packages / "sitecustomize.py").write_text(f"{start}; import os; os._exit(3)\n")
        line = run(driver, "init", PYTHONPATH=str(packages))[-1]
        assert "exit status 3" in line.message
        assert time.monotonic() - begin < 20
    finally:
        for number in pid.read_text().split():
            os.kill(int(number), 9)


def test_wrapper_that_does_not_end_after_its_python(driver: Path, packages: Path, tmp_path: Path) -> None:
    path = host.fake_python(tmp_path / "python", f'{shlex.quote(one_python())} "$@"\nsleep 60')
    begin = time.monotonic()
    line = run(driver, "init", GOGYM_PYTHON=str(path), PYTHONPATH=str(packages))[-1]
    assert line.status == EXIT_OK
    assert time.monotonic() - begin < 20


def test_file_that_cannot_be_run(driver: Path, tmp_path: Path) -> None:
    path = tmp_path / "python"
    path.write_bytes(b"\x7fELFnonsense")
    path.chmod(0o755)
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert line.status == "GYM_ERR_PROBE"


def test_other_implementation(driver: Path, tmp_path: Path) -> None:
    path = host.answering_python(tmp_path / "python", implementation="pypy")
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert line.status == "GYM_ERR_PYTHON_VERSION"
    assert "pypy" in line.message


@pytest.mark.parametrize("version", ["3.9.1", "3.15.0", "4.0.0"])
def test_version_outside_the_range(driver: Path, tmp_path: Path, version: str) -> None:
    path = host.answering_python(tmp_path / "python", version=version)
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert line.status == "GYM_ERR_PYTHON_VERSION"
    assert version in line.message


def test_other_word_size(driver: Path, tmp_path: Path) -> None:
    path = host.answering_python(tmp_path / "python", bits="16", machine="pdp11")
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert line.status == "GYM_ERR_ARCHITECTURE"
    assert "pdp11" in line.message


# ------------------------------------------------------------------------------------ packages


def test_command_with_a_path_that_needs_quotes(driver: Path, tmp_path: Path) -> None:
    (tmp_path / "it's here").mkdir()
    path = host.answering_python(tmp_path / "it's here" / "python", gogym="")
    path.write_text(path.read_text().replace("it's", "it'\\''s"))
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert line.status == "GYM_ERR_NO_GOGYM"
    assert f"'{tmp_path}/it'\\''s here/python' -m pip install ." in line.message


def install_command(python: str) -> str:
    return f"{shlex.quote(python)} -m pip install ."


def test_gogym_is_missing(driver: Path, packages: Path, tmp_path: Path) -> None:
    # A fresh environment, because gogym may be installed in the one that runs the tests.
    made = subprocess.run([one_python(), "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=False)
    if made.returncode != 0:
        pytest.skip("this Python has no venv")
    python = str(tmp_path / "venv" / "bin" / "python")
    (packages / "gogym").rename(packages / "gogym.hidden")
    operations = ("init", f"rename={packages / 'gogym'}", "init")
    lines = run(driver, *operations, GOGYM_PYTHON=python, PYTHONPATH=str(packages))
    assert lines[0].status == "GYM_ERR_NO_GOGYM"
    assert install_command(python) in lines[0].message
    assert "install gogym" not in lines[0].message
    assert lines[1].status == EXIT_OK  # installed meanwhile


def test_message_says_why_this_interpreter_was_chosen(driver: Path, tmp_path: Path) -> None:
    path = host.answering_python(tmp_path / "python3", gogym="")
    places = f"{tmp_path}:/usr/bin:/bin"
    by_path, by_config = host.run_driver(driver, "init", f"init={path}", PATH=places)
    assert f'"{path}" (from python3 on PATH). To mend it, set GOGYM_PYTHON to the path of' in by_path.message
    assert f'"{path}" (from gym_config.python). To mend it, set gym_config.python to the' in by_config.message


@pytest.mark.parametrize("missing", ["gogym", "gymnasium"])
def test_python_that_pip_must_not_change(driver: Path, tmp_path: Path, missing: str) -> None:
    path = host.answering_python(tmp_path / "python", managed="1", **{missing: ""})
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert "EXTERNALLY-MANAGED" in line.message
    command = f"{shlex.quote(str(path))} -m venv .venv && .venv/bin/python -m pip install ."
    assert line.message.endswith(f"run in a gogym checkout: {command}")
    assert "set GOGYM_PYTHON to the path of its bin/python" in line.message


def test_python_whose_packages_are_managed(driver: Path) -> None:
    system = [
        python
        for python in SUPPORTED
        if list(python.path.parent.parent.glob("lib/python3*/EXTERNALLY-MANAGED"))
    ]
    if not system:
        pytest.skip("no Python with an EXTERNALLY-MANAGED")
    line = run(driver, "init", GOGYM_PYTHON=str(system[0].path))[0]
    if line.status != "GYM_ERR_NO_GOGYM":
        pytest.skip("it has gogym all the same")
    assert "-m venv .venv" in line.message


def test_other_package_named_gogym(driver: Path, packages: Path) -> None:
    (packages / "gogym" / "_abi.py").unlink()
    line = run(driver, "init", PYTHONPATH=str(packages))[0]
    assert line.status == "GYM_ERR_NO_GOGYM"
    assert "another package of that name" in line.message


@pytest.mark.parametrize("package", ["gymnasium", "numpy"])
def test_gymnasium_or_numpy_is_missing(driver: Path, tmp_path: Path, package: str) -> None:
    fields = {package: ""}
    path = host.answering_python(tmp_path / "python", **fields)
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert line.status == "GYM_ERR_NO_GYMNASIUM"
    assert f'{path} -m pip install "gymnasium>=1.4"' in line.message


@pytest.mark.parametrize(("version", "status"), [("0", "GYM_ERR_ABI_TOO_OLD"), ("2", "GYM_ERR_ABI_TOO_NEW")])
def test_declared_table_version(driver: Path, tmp_path: Path, version: str, status: str) -> None:
    packages = host.fake_packages(tmp_path / "packages", version=version)
    line = run(driver, "init", PYTHONPATH=str(packages))[0]
    assert line.status == status
    assert f"version {version}," in line.message
    assert "version 1" in line.message
    assert install_command(one_python()) in line.message


@pytest.mark.parametrize(
    ("variable", "value", "status"),
    [
        ("FAKE_VERSION", "0", "GYM_ERR_ABI_TOO_OLD"),
        ("FAKE_VERSION", "2", "GYM_ERR_ABI_TOO_NEW"),
        ("FAKE_SIZE", "632", "GYM_ERR_ABI_TOO_OLD"),
        ("FAKE_SIZE", "648", EXIT_OK),
        ("FAKE_NAME", "another", "GYM_ERR_NO_GOGYM"),
    ],
)
def test_offered_table(driver: Path, packages: Path, variable: str, value: str, status: str) -> None:
    line = run(driver, "init", PYTHONPATH=str(packages), **{variable: value})[0]
    assert line.status == status


@pytest.mark.parametrize(
    ("statement", "status", "type_", "message"),
    [
        (
            "import gymnasium_no_such",
            "GYM_ERR_IMPORT",
            "ModuleNotFoundError",
            "No module named 'gymnasium_no_such'",
        ),
        (
            "raise ImportError('undefined symbol: xyz')",
            "GYM_ERR_IMPORT",
            "ImportError",
            "undefined symbol: xyz",
        ),
        ("raise SystemExit(3)", "GYM_ERR_IMPORT", "SystemExit", "3"),
        ("raise ValueError('caf\\xe9 \\udc80')", "GYM_ERR_IMPORT", "ValueError", "café \\udc80"),
        (
            "import decimal; raise decimal.InvalidOperation('x')",
            "GYM_ERR_IMPORT",
            "decimal.InvalidOperation",
            "x",
        ),
        ("raise ModuleNotFoundError('no', name='gymnasium')", "GYM_ERR_NO_GYMNASIUM", "", "gymnasium>=1.4"),
        ("raise ModuleNotFoundError('no', name='numpy')", "GYM_ERR_NO_GYMNASIUM", "", "NumPy"),
    ],
)
def test_bridge_that_cannot_be_imported(
    driver: Path, packages: Path, statement: str, status: str, type_: str, message: str
) -> None:
    lines = run(
        driver, "init", "init", "calls", "unsetenv=FAKE_RAISE", PYTHONPATH=str(packages), FAKE_RAISE=statement
    )
    for line in lines[:2]:
        assert line.status == status
        assert line.type == type_
        assert message in line.message
        if status == "GYM_ERR_IMPORT":
            assert "Traceback" in line.traceback
            assert "_bridge.py" in line.traceback
    assert lines[2].status == "GYM_ERR_HANDLE"


def test_bridge_that_is_not_built(driver: Path, packages: Path) -> None:
    bridge = packages / "gogym" / "_bridge.py"
    bridge.rename(packages / "gogym" / "_bridge.py.hidden")
    lines = run(driver, "init", f"rename={bridge}", "init", "make=x", "shutdown", PYTHONPATH=str(packages))
    assert lines[0].status == "GYM_ERR_NO_GOGYM"
    assert "without the module" in lines[0].message
    assert [line.status for line in lines[1:3]] == [EXIT_OK] * 2  # installed meanwhile: Python runs on


# ------------------------------------------------------------------------------------ libpython


def test_no_libpython(driver: Path, tmp_path: Path) -> None:
    path = host.answering_python(tmp_path / "python")
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert line.status == "GYM_ERR_NO_LIBPYTHON"
    assert "--enable-shared" in line.message
    assert f"{tmp_path}/lib/libpython3.11.so.1.0" in line.message


def test_no_libpython_of_pyenv(driver: Path, tmp_path: Path) -> None:
    path = host.answering_python(
        tmp_path / "python", version="3.12.4", base_prefix="/home/me/.pyenv/versions/3.12.4"
    )
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert line.status == "GYM_ERR_NO_LIBPYTHON"
    assert 'PYTHON_CONFIGURE_OPTS="--enable-shared" pyenv install --force 3.12.4' in line.message


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="not Debian or Ubuntu")
def test_no_libpython_of_debian(driver: Path, tmp_path: Path) -> None:
    free = [m for m in range(10, 15) if not list(Path("/usr/lib").glob(f"**/libpython3.{m}.so*"))]
    version = f"3.{free[-1]}"
    path = host.answering_python(
        tmp_path / "python",
        version=f"{version}.1",
        base_prefix="/usr",
        multiarch=f"{os.uname().machine}-linux-gnu",
    )
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert line.status == "GYM_ERR_NO_LIBPYTHON"
    assert f"apt install libpython{version}" in line.message


@pytest.mark.parametrize(
    ("offset", "byte", "status"),
    [(18, 0xFE, "GYM_ERR_ARCHITECTURE"), (4, 1, "GYM_ERR_ARCHITECTURE"), (0, 0, "GYM_ERR_NO_LIBPYTHON")],
)
def test_unusable_libpython(driver: Path, tmp_path: Path, offset: int, byte: int, status: str) -> None:
    data = bytearray(Path(sys.executable).resolve().read_bytes()[:4096])
    if data[4] == byte:
        pytest.skip("this is a 32-bit machine")
    data[offset] = byte
    (tmp_path / "lib").mkdir()
    library = tmp_path / "lib" / "libpython3.11.so.1.0"
    library.write_bytes(data)
    path = host.answering_python(tmp_path / "python")
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert line.status == status
    assert str(library) in line.message


def test_place_that_only_sysconfig_knows(driver: Path, packages: Path, tmp_path: Path) -> None:
    version = SUPPORTED[0].version if SUPPORTED else (0, 0)
    path = host.answering_python(tmp_path / "python", version=f"{version[0]}.{version[1]}.0")
    script = path.read_text().replace(
        "#!/bin/sh\n",
        f'#!/bin/sh\ncase "$2" in *get_config_var*) exec {shlex.quote(one_python())} "$@";; esac\n',
    )
    path.write_text(script)
    line = run(driver, "init", GOGYM_PYTHON=str(path), PYTHONPATH=str(packages))[0]
    assert line.status == EXIT_OK, line


def test_libpython_of_another_version(driver: Path, tmp_path: Path) -> None:
    versions = {python.version: python for python in SUPPORTED}
    if len(versions) < 2:
        pytest.skip("needs two versions of Python")
    one, other = list(versions.values())[:2]
    (tmp_path / "lib").mkdir()
    version = f"{other.version[0]}.{other.version[1]}"
    (tmp_path / "lib" / f"libpython{version}.so.1.0").symlink_to(host.libpython_of(str(one.path)))
    path = host.answering_python(tmp_path / "python", version=f"{version}.0")
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert line.status == "GYM_ERR_NO_LIBPYTHON"
    assert f"holds Python {one.version[0]}.{one.version[1]}" in line.message


def test_python_that_cannot_start(driver: Path, tmp_path: Path) -> None:
    """The probe answers, the library is there, but no standard library: the host must survive."""
    python = SUPPORTED[0] if SUPPORTED else pytest.skip("no Python")
    version = f"{python.version[0]}.{python.version[1]}"
    (tmp_path / "lib").mkdir()
    shutil.copy(host.libpython_of(str(python.path)), tmp_path / "lib" / f"libpython{version}.so.1.0")
    path = host.answering_python(tmp_path / "python", version=f"{version}.0")
    lines = run(
        driver, "init", "init", "make=x", "shutdown", GOGYM_PYTHON=str(path), PYTHONPLATLIBDIR="nonexistent"
    )
    if lines[0].status == "GYM_ERR_NO_GOGYM":
        pytest.skip("this Python finds its standard library even so")
    assert [line.status for line in lines] == ["GYM_ERR_PYTHON_START"] * 3 + [EXIT_OK]
    assert "codec" in lines[0].message or "encodings" in lines[0].message


# A libpython of a version that need not be here: it prints how it is configured and then refuses to start.
FAKE_LIBPYTHON = r"""
#include <stdint.h>
#include <stdio.h>
static int config;
const char *Py_GetVersion(void) { return "3.14.0 (fake)"; }
void *PyInitConfig_Create(void) { return &config; }
void PyInitConfig_Free(void *c) { printf("free %d\n", c == &config); fflush(stdout); }
int PyInitConfig_HasOption(void *c, const char *name) { return c == &config && name[0] != 'p'; }
int PyInitConfig_SetInt(void *c, const char *name, int64_t value) {
  printf("%s %d\n", name, (int)value);
  return c == &config ? 0 : -1;
}
int PyInitConfig_SetStr(void *c, const char *name, const char *value) {
  printf("%s %s\n", name, value);
  return c == &config ? 0 : -1;
}
int PyInitConfig_SetStrList(void *c, const char *name, size_t length, char *const *items) {
  printf("%s %d %s\n", name, (int)length, items[0]);
  return c == &config ? 0 : -1;
}
int PyInitConfig_GetError(void *c, const char **message) { *message = "the fake refuses"; return c == &config; }
int Py_InitializeFromInitConfig(void *c) { return c == &config ? -1 : 0; }
#define NOTHING(name) void *name(void) { return 0; }
NOTHING(Py_IsInitialized) NOTHING(PyGILState_Ensure) NOTHING(PyGILState_Release)
NOTHING(PyGILState_GetThisThreadState) NOTHING(PyThreadState_GetUnchecked) NOTHING(PyCFunction_NewEx)
NOTHING(Py_BuildValue) NOTHING(Py_AtExit)
NOTHING(PyEval_SaveThread) NOTHING(PyEval_RestoreThread) NOTHING(Py_CompileString) NOTHING(PyEval_EvalCode)
NOTHING(PyDict_New) NOTHING(PyDict_GetItemString) NOTHING(PyDict_SetItemString) NOTHING(PyEval_GetBuiltins)
NOTHING(PyUnicode_AsUTF8AndSize) NOTHING(PyCapsule_GetPointer) NOTHING(PyErr_Clear)
"""


def compile_fake_libpython(folder: Path, source: str) -> None:
    (folder / "lib").mkdir()
    (folder / "fake.c").write_text(source)
    library = folder / "lib" / "libpython3.14.so.1.0"
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(folder / "fake.c")], check=True)


def test_configuration_by_name(driver: Path, tmp_path: Path) -> None:
    compile_fake_libpython(tmp_path, FAKE_LIBPYTHON + "NOTHING(Py_DecRef)\n")
    path = host.answering_python(tmp_path / "python", version="3.14.0")
    lines = run(driver, "init", GOGYM_PYTHON=str(path), LC_ALL="C", PYTHONHASHSEED="7")
    said = [line.operation for line in lines[:-1]]
    assert f"program_name {path}" in said
    assert {"argv 1 gogym", "install_signal_handlers 0", "use_environment 1", "isolated 0"} <= set(said)
    assert {"utf8_mode 1", "hash_seed 7", "free 1"} <= set(said)
    assert not any(line.startswith("parse_argv") for line in said)  # an option that this Python does not have
    assert lines[-1].status == "GYM_ERR_PYTHON_START"
    assert "the fake refuses" in lines[-1].message


def test_libpython_that_lacks_a_function(driver: Path, tmp_path: Path) -> None:
    compile_fake_libpython(tmp_path, FAKE_LIBPYTHON)
    path = host.answering_python(tmp_path / "python", version="3.14.0")
    line = run(driver, "init", GOGYM_PYTHON=str(path))[0]
    assert line.status == "GYM_ERR_PYTHON_START"
    assert "lacks the function Py_DecRef" in line.message
