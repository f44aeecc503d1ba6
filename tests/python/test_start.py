"""Starting Python, attaching to it, and what the host keeps: src/gogym_c/host, start and runtime."""

from __future__ import annotations

import ast
import ctypes
import shlex
import shutil
import subprocess
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


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return host.compile_host(tmp_path_factory.mktemp("library") / "libgogym.so", flags=("-shared",))


each_python = pytest.mark.parametrize("python", SUPPORTED, ids=str)


# ------------------------------------------------------------------------------------ starting


@each_python
def test_starts_every_version(driver: Path, packages: Path, python: host.Interpreter) -> None:
    lines = run(
        driver, "init", "init", "make=Fake-v0", "calls", "shutdown", "shutdown", "init", "make=Fake-v0", "calls",
        GOGYM_PYTHON=str(python.path), PYTHONPATH=str(packages),
    )  # fmt: skip
    statuses = [line.status for line in lines]
    assert statuses[:13] == [EXIT_OK] * 13
    assert lines[13].operation == "shutdown with exit True"
    assert statuses[14:16] == [EXIT_OK] * 2
    assert statuses[16:] == ["GYM_ERR_SHUTDOWN"] * 12


CHECK_PYTHON = """
import os, sys, threading, pathlib
facts = [sys.argv, sys.executable, sys.prefix, '' in sys.path, os.getcwd() in sys.path,
  threading.current_thread() is threading.main_thread(), threading.main_thread().is_alive(),
  os.environ.get('PYTHONHOME'), os.environ.get('SDL_NO_SIGNAL_HANDLERS'), 'numpy' in sys.modules]
pathlib.Path({out!r}).write_text(repr(facts))
"""


def python_facts(driver: Path, tmp_path: Path, *before: str, **environment: str) -> list[object]:
    out = tmp_path / "facts"
    code = CHECK_PYTHON.format(out=str(out))
    lines = run(driver, *before, f"make=exec:{code}", **environment)
    assert lines[-1].status == EXIT_OK, lines
    return list(ast.literal_eval(out.read_text()))


@each_python
def test_is_the_interpreter_of_the_venv(
    driver: Path, packages: Path, tmp_path: Path, python: host.Interpreter
) -> None:
    venv = tmp_path / "a venv é"
    made = subprocess.run([str(python.path), "-m", "venv", "--without-pip", str(venv)], check=False)
    if made.returncode != 0:
        pytest.skip("this Python has no venv")
    environment = {"PYTHONPATH": str(packages), "GOGYM_PYTHON": "", "VIRTUAL_ENV": str(venv)}
    facts = python_facts(driver, tmp_path, PYTHONHOME="/nonexistent", **environment)
    assert facts[0] == ["gogym"]
    assert facts[1] == str(venv / "bin" / "python")
    assert facts[2] == str(venv)
    assert facts[3:5] == [False, False]  # the current directory is not on sys.path
    assert facts[5:7] == [False, True]  # the caller's thread is not Python's main thread, which lives
    assert facts[7:9] == [None, "1"]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_locale(driver: Path, packages: Path, tmp_path: Path, locale: str) -> None:
    facts = python_facts(driver, tmp_path, PYTHONPATH=str(packages), LC_ALL=locale)
    assert facts[1] == one_python()


def test_pythonhome_of_another_python_does_no_harm(driver: Path, packages: Path) -> None:
    assert run(driver, "init", PYTHONHOME="/nonexistent", PYTHONPATH=str(packages))[0].status == EXIT_OK


def test_many_threads_start_one_python(driver: Path, packages: Path) -> None:
    lines = run(driver, "threads=16", PYTHONPATH=str(packages))
    assert [line.status for line in lines] == [EXIT_OK] * 16


def test_host_without_standard_input(driver: Path, packages: Path) -> None:
    assert run(driver, "close-stdin", "init", PYTHONPATH=str(packages))[0].status == EXIT_OK


def test_output_of_a_start_up_file_is_not_taken_for_the_answer(driver: Path, packages: Path) -> None:
    (packages / "sitecustomize.py").write_text("print('hello from sitecustomize')\n")
    lines = run(driver, "init", PYTHONPATH=str(packages))
    assert lines[-1].status == EXIT_OK


def test_modules_of_the_current_directory_are_not_taken(
    driver: Path, packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cwd").mkdir()
    for name in ("threading", "gogym", "os", "sysconfig", "traceback"):
        (tmp_path / "cwd" / f"{name}.py").write_text("raise SystemError('from the current directory')\n")
    monkeypatch.chdir(tmp_path / "cwd")
    assert run(driver, "init", PYTHONPATH=str(packages))[0].status == EXIT_OK


# ------------------------------------------------------------------------------------ arguments


def test_null_arguments_and_negative_seeds(driver: Path) -> None:
    lines = host.run_driver(driver, "null", PATH="/nonexistent")
    assert len(lines) == 14
    for line in lines:
        assert line.status == "GYM_ERR_ARGUMENT"
        name = line.operation.split(".")[1]
        assert name in line.message


def test_calls_before_the_start(driver: Path) -> None:
    lines = host.run_driver(driver, "calls", PATH="/nonexistent")
    assert {line.status for line in lines} == {"GYM_ERR_HANDLE"}


def test_configurations(driver: Path) -> None:
    lines = host.run_driver(driver, "configs", PATH="/nonexistent")
    assert [line.status for line in lines] == ["GYM_ERR_CONFIG"] * 3
    assert "struct_size" in lines[0].message
    assert "reserved" in lines[1].message


def test_shutdown_before_the_start(driver: Path) -> None:
    lines = host.run_driver(driver, "shutdown", "shutdown", "init", "make=x", PATH="/nonexistent")
    assert [line.status for line in lines] == [EXIT_OK, EXIT_OK, "GYM_ERR_SHUTDOWN", "GYM_ERR_SHUTDOWN"]


# ------------------------------------------------------------------------------------ signals, fork


@each_python
@pytest.mark.parametrize("faulthandler", ["", "1"])
def test_signals_stay_the_hosts(
    driver: Path, packages: Path, python: host.Interpreter, faulthandler: str
) -> None:
    environment = {
        "GOGYM_PYTHON": str(python.path),
        "PYTHONPATH": str(packages),
        "PYTHONFAULTHANDLER": faulthandler,
    }
    lines = run(
        driver,
        "signals",
        "init",
        "signals",
        "make=exec:import signal, subprocess, asyncio",
        "signals",
        **environment,
    )
    assert lines[0] == lines[2] == lines[4]
    assert "INT default" in lines[0].status
    lines = run(driver, "own-int", "own-segv", "signals", "make=exec:import signal", "signals", **environment)
    assert lines[0] == lines[2]
    assert "INT own" in lines[0].status
    assert "SEGV own" in lines[0].status


def test_host_that_ignores_the_end_of_children(driver: Path, packages: Path) -> None:
    lines = run(driver, "ignore-chld", "init", "signals", PYTHONPATH=str(packages))
    assert lines[0].status == EXIT_OK
    assert "CHLD ignore" in lines[1].status


def test_processes_started_while_importing_have_the_hosts_signal_mask(
    driver: Path, packages: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mask"
    code = f"import subprocess; subprocess.run('grep SigBlk /proc/self/status > {out}', shell=True)"
    lines = run(driver, "init", PYTHONPATH=str(packages), FAKE_RAISE=code)
    assert lines[0].status == EXIT_OK
    assert int(out.read_text().split()[1], 16) == 0


def test_atexit_runs_with_the_hosts_signal_mask(driver: Path, packages: Path, tmp_path: Path) -> None:
    out = tmp_path / "mask"
    code = f"import atexit, os; atexit.register(os.system, 'grep SigBlk /proc/self/status > {out}')"
    lines = run(driver, f"make=exec:{code}", "shutdown", PYTHONPATH=str(packages))
    assert lines[-1].status == EXIT_OK
    assert int(out.read_text().split()[1], 16) == 0


def test_fork(driver: Path, packages: Path) -> None:
    lines = run(driver, "make=Fake-v0", "fork", "calls", "shutdown", PYTHONPATH=str(packages))
    assert [line.status for line in lines[1:14]] == ["GYM_ERR_FORKED"] * 13
    assert lines[14] == ("parent", "child ended well", "", "", "")
    assert [line.status for line in lines[15:25]] == [EXIT_OK] * 10


def test_fork_before_the_start(driver: Path, packages: Path) -> None:
    lines = run(driver, "fork", "init", PYTHONPATH=str(packages))
    assert lines[0].status == lines[1].status == lines[-1].status == EXIT_OK


def test_another_interpreter_is_named_later(driver: Path, packages: Path, tmp_path: Path) -> None:
    python = Path(one_python())
    alias = tmp_path / "alias"
    alias.symlink_to(python.parent)
    wrapper = host.fake_python(tmp_path / "wrapper", f'exec {shlex.quote(str(python))} "$@"')
    other = host.answering_python(tmp_path / "python")
    lines = run(
        driver, "init", f"init={python}", f"init={alias / python.name}", f"init={wrapper}", f"init={other}",
        "init=/nonexistent/python", "init", PYTHONPATH=str(packages),
    )  # fmt: skip
    assert [line.status for line in lines] == [EXIT_OK] * 4 + ["GYM_ERR_CONFIG"] * 2 + [EXIT_OK]
    assert str(other) in lines[4].message
    assert str(python) in lines[4].message


# ------------------------------------------------------------------------------------ from inside


def test_init_from_inside_its_import(driver: Path, packages: Path) -> None:
    code = "import ctypes; own = ctypes.CDLL(None); raise ValueError(own.gym_init(None, None), own.gym_shutdown(None))"
    line = run(driver, "init", PYTHONPATH=str(packages), FAKE_RAISE=code)[0]
    assert "(4, 4)" in line.message


def test_shutdown_from_inside_a_call(driver: Path, packages: Path) -> None:
    code = "import ctypes; state['shutdown'] = ctypes.CDLL(None).gym_shutdown(None); assert state['shutdown'] == 4; state['next'] = 77"
    lines = run(
        driver,
        f"make=exec:{code}",
        "make=exec:assert state['next'] == 78",
        "shutdown",
        PYTHONPATH=str(packages),
    )
    assert {line.status for line in lines if line.operation in ("make", "shutdown")} == {EXIT_OK}


def test_library_used_in_an_exit_function(driver: Path, packages: Path) -> None:
    code = (
        "import atexit, ctypes; own = ctypes.CDLL(None);"
        "atexit.register(lambda: print(own.gym_shutdown(None), own.gym_init(None, None), own.gym_close(None, None)))"
    )
    lines = run(driver, f"make=exec:{code}", "shutdown", PYTHONPATH=str(packages))
    assert [line.operation for line in lines] == ["make", "0 9 9", "shutdown with exit True", "shutdown"]


# ------------------------------------------------------------------------------------ attaching

ATTACH = """
import ctypes, sys, threading
flavour, path, python = sys.argv[1:4]
lib = (ctypes.PyDLL if flavour == "holding" else ctypes.CDLL)(path)
class Config(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("reserved", ctypes.c_uint32), ("python", ctypes.c_char_p)]
config = Config(16, 0, python.encode() or None)
error = ctypes.create_string_buffer(10312)
ctypes.c_uint32.from_buffer(error).value = 10312
results = []
def init():
    results.append(lib.gym_init(ctypes.byref(config), error))
threads = [threading.Thread(target=init) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
init()
env = ctypes.c_uint64()
results.append(lib.gym_make(b"Fake-v0", None, ctypes.byref(env), None))
print(*results, ctypes.string_at(ctypes.addressof(error) + 72).decode())
print(lib.gym_shutdown(None), lib.gym_shutdown(None), lib.gym_init(None, None))
"""


def attach(
    python: host.Interpreter, library: Path, packages: Path, flavour: str, named: str = ""
) -> list[str]:
    environment = {"PATH": "/nonexistent", "PYTHONPATH": str(packages)}
    command = [str(python.path), "-c", ATTACH, flavour, str(library), named]
    return subprocess.check_output(command, text=True, env=environment, timeout=60).splitlines()


@each_python
@pytest.mark.parametrize("flavour", ["holding", "released"])
def test_attach(library: Path, packages: Path, python: host.Interpreter, flavour: str) -> None:
    lines = attach(python, library, packages, flavour, str(python.path))
    assert lines[0].split() == ["0"] * 10
    assert lines[1] == "shutdown without exit True"
    assert lines[2] == "0 0 9"


def test_attach_to_another_interpreter(library: Path, packages: Path, tmp_path: Path) -> None:
    other = host.answering_python(tmp_path / "python")
    lines = attach(SUPPORTED[0], library, packages, "released", str(other))
    assert lines[0].startswith("12 12 12 12 12 12 12 12 12 0 ")
    assert str(other) in lines[0]
    assert str(SUPPORTED[0].path) in lines[0]


LOCAL_PROGRAM = r"""
#include <dlfcn.h>
#include <stdio.h>
#include "gogym.h"
int main(int count, char **arguments) {
  gym_error err = GYM_ERROR_INIT;
  void *python = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  void (*initialize)(int);
  void *(*save)(void);
  if (!python) return 1;
  *(void **)&initialize = dlsym(python, "Py_InitializeEx");
  *(void **)&save = dlsym(python, "PyEval_SaveThread");
  if (count > 2) {
    initialize(0);
    if (arguments[2][0] == 'r') save();
  }
  int code = gym_init(NULL, &err);
  gym_env env;
  if (!code) code = gym_make("Fake-v0", NULL, &env, &err);
  printf("%s %s\n", gym_status_name(code), code ? err.message : "");
  return 0;
}
"""


@pytest.mark.parametrize("argument", ["holding", "released", "not started"])
def test_libpython_that_is_loaded_locally(tmp_path: Path, packages: Path, argument: str) -> None:
    python = Path(one_python())
    source = tmp_path / "local.c"
    source.write_text(LOCAL_PROGRAM)
    program = host.compile_host(tmp_path / "local", source, flags=("-Wno-pedantic",))
    arguments = [] if argument == "not started" else [argument]
    environment = {"PATH": str(python.parent), "PYTHONPATH": str(packages), "GOGYM_PYTHON": str(python)}
    command = [str(program), str(host.libpython_of(str(python))), *arguments]
    assert subprocess.check_output(command, text=True, env=environment, timeout=60).startswith(EXIT_OK)


OWNER_PROGRAM = r"""
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "gogym.h"
static gym_env env;
static double number;
static gym_transition transition;
static int step(gym_error *err) { return gym_step(env, &number, 1, &number, 1, &transition, err); }
static void *call_step(void *unused) { printf("%s ", gym_status_name(step(NULL))); return unused; }
static void in_a_thread(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, call_step, NULL);
  pthread_join(thread, NULL);
}
#define TAKE(name) *(void **)&name = dlsym(python, #name)
int main(int count, char **arguments) {
  gym_error err = GYM_ERROR_INIT;
  void *python = dlopen(arguments[1], RTLD_NOW | RTLD_GLOBAL);
  void (*Py_InitializeEx)(int), *(*Py_NewInterpreter)(void), *(*PyThreadState_Swap)(void *);
  void *(*PyEval_SaveThread)(void), (*PyEval_RestoreThread)(void *);
  int (*Py_FinalizeEx)(void), (*PyRun_SimpleString)(const char *);
  setvbuf(stdout, NULL, _IONBF, 0);
  if (!python || count != 3) return 1;
  TAKE(Py_InitializeEx); TAKE(Py_NewInterpreter); TAKE(PyThreadState_Swap); TAKE(Py_FinalizeEx);
  TAKE(PyRun_SimpleString); TAKE(PyEval_SaveThread); TAKE(PyEval_RestoreThread);
  Py_InitializeEx(0);
  void *(*PyThreadState_Get)(void);
  TAKE(PyThreadState_Get);
  int code = arguments[2][0] == 'i' ? gym_init(NULL, &err) : gym_make("Fake-v0", NULL, &env, &err);
  printf("%s ", gym_status_name(code));
  if (strcmp(arguments[2], "cleared") == 0) PyRun_SimpleString("import atexit; atexit._clear()");
  if (strcmp(arguments[2], "shut down") == 0) gym_shutdown(NULL);
  if (strcmp(arguments[2], "interpreters") == 0) {
    void *own = PyThreadState_Get();
    Py_NewInterpreter();
    PyThreadState_Swap(own);
    void *state = PyEval_SaveThread();
    in_a_thread();
    printf("%s\n", gym_status_name(gym_shutdown(NULL)));
    PyEval_RestoreThread(state);
    return 0;
  }
  Py_FinalizeEx();
  in_a_thread();
  printf("%s ", gym_status_name(step(&err)));
  printf("%s ", gym_status_name(gym_close(env, NULL)));
  printf("%s ", gym_status_name(gym_make("Fake-v0", NULL, &env, NULL)));
  printf("%s ", gym_status_name(gym_init(NULL, NULL)));
  printf("%s\n%s\n", gym_status_name(gym_shutdown(NULL)), err.message);
  return 0;
}
"""


@pytest.fixture(scope="session")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that has a Python of its own."""
    folder = tmp_path_factory.mktemp("owner")
    (folder / "owner.c").write_text(OWNER_PROGRAM)
    return host.compile_host(folder / "owner", folder / "owner.c", flags=("-Wno-pedantic",))


def run_owner(owner: Path, packages: Path, python: host.Interpreter, argument: str, **more: str) -> list[str]:
    environment = {"PATH": str(python.path.parent), "PYTHONPATH": str(packages), **more}
    command = [str(owner), str(host.libpython_of(str(python.path))), argument]
    return subprocess.check_output(command, text=True, env=environment, timeout=60).splitlines()


def statuses(lines: list[str]) -> list[str]:
    return [word for line in lines for word in line.split() if word.startswith("GYM_")]


@each_python
@pytest.mark.parametrize("argument", ["open", "cleared", "shut down"])
def test_owner_finalizes_its_python(
    owner: Path, packages: Path, python: host.Interpreter, argument: str
) -> None:
    lines = run_owner(owner, packages, python, argument)
    assert statuses(lines) == [EXIT_OK, *["GYM_ERR_SHUTDOWN"] * 5, EXIT_OK]
    # The environments are closed while Python lives, unless the owner took gogym's exit function away.
    assert any("shutdown without exit True" in line for line in lines) == (argument != "cleared")
    assert "finalized" in lines[-1]


@each_python
def test_owner_finalizes_its_python_before_there_is_a_table(
    owner: Path, packages: Path, python: host.Interpreter
) -> None:
    lines = run_owner(owner, packages, python, "init", FAKE_RAISE="raise ValueError")
    assert statuses(lines) == ["GYM_ERR_IMPORT", *["GYM_ERR_HANDLE"] * 3, *["GYM_ERR_SHUTDOWN"] * 2, EXIT_OK]


@each_python
def test_owner_has_sub_interpreters(owner: Path, packages: Path, python: host.Interpreter) -> None:
    """They make PyGILState_Check lie."""
    lines = run_owner(owner, packages, python, "interpreters")
    assert statuses(lines) == [EXIT_OK] * 3


def test_attached_python_ends(library: Path, packages: Path) -> None:
    """The library's exit function runs before those that were registered earlier, which may call it still."""
    code = f"""
import atexit, ctypes
lib = ctypes.CDLL({str(library)!r})
env = ctypes.c_uint64()
atexit.register(lambda: print(lib.gym_close(env, None), lib.gym_shutdown(None)))
print(lib.gym_make(b"Fake-v0", None, ctypes.byref(env), None), flush=True)
"""
    environment = {"PATH": "/nonexistent", "PYTHONPATH": str(packages)}
    lines = subprocess.check_output(
        [one_python(), "-c", code], text=True, env=environment, timeout=60
    ).splitlines()
    assert lines == ["0", "shutdown without exit True", "9 0"]


def test_status_names_and_version(library: Path) -> None:
    lib = ctypes.CDLL(str(library))
    for function in (lib.gym_status_name, lib.gym_status_description, lib.gym_version):
        function.restype = ctypes.c_char_p
    assert lib.gym_status_name(2) == b"GYM_ERR_HANDLE"
    assert lib.gym_status_name(-7) == b"GYM_ERR_UNKNOWN"
    assert lib.gym_status_description(0) == b"success"
    assert lib.gym_status_description(9999) == b"unknown status code"
    assert lib.gym_version() == b"0.1.0"


def test_only_public_symbols_are_exported(library: Path) -> None:
    if not shutil.which("nm"):
        pytest.skip("no nm")
    listing = subprocess.check_output(["nm", "-D", "--defined-only", str(library)], text=True)
    names = [line.split()[-1] for line in listing.splitlines()]
    assert names
    assert [name for name in names if not name.startswith("gym_") or name.startswith("gym__")] == []
