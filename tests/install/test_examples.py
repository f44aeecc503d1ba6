"""The examples, compiled and run as their first lines say."""

import re
import shlex
import shutil

import pytest

from commands import ROOT, run, shell

LAST_LINE = re.compile(r"CartPole-v1: 200 steps, return \S+, [\d.]+ steps/s\n\Z")


@pytest.mark.parametrize(
    ("compiler", "source"),
    [
        ("cc -std=c11", "c/quickstart.c"),
        ("c++ -std=c++11", "cpp/quickstart.cpp"),
        ("c++ -std=c++20", "cpp/quickstart.cpp"),
    ],
)
def test_quickstart(installed, tmp_path, compiler, source):
    if not shutil.which(compiler.split()[0]):
        pytest.skip(f"there is no {compiler}")
    path = shlex.quote(str(ROOT / "examples" / source))
    program = tmp_path / "quickstart"
    flags = installed.config("--cflags", "--libs")
    shell(f"{compiler} -Wall -Wextra -Wpedantic -Werror {path} {flags} -o {shlex.quote(str(program))}")
    assert LAST_LINE.search(run([program, "CartPole-v1", "200"], installed.environment))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples" / "python").glob("*.py")), ids=lambda path: path.stem
)
def test_python_example(installed, path):
    assert run([installed.python, path], installed.environment).strip()
