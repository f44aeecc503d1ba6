"""tools/generate_wrappers.py: the Go types of Gymnasium's wrappers follow the installed signatures."""

import ast
import importlib.util
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from gymnasium import wrappers
from gymnasium.error import DependencyNotInstalled

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "generate_wrappers.py"
GENERATED = ROOT / "go" / "wrappers" / "wrappers_gen.go"


@pytest.fixture(scope="module")
def tool():
    """The tool as a module."""
    spec = importlib.util.spec_from_file_location("generate_wrappers", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def read(tool):
    """The wrappers as the tool reads them."""
    return {wrapper.name: wrapper.arguments for wrapper in tool.read_wrappers(tool.gymnasium_wrappers())}


def run(*arguments):
    return subprocess.run(
        [sys.executable, TOOL, *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_the_file_is_what_the_signatures_say():
    done = run("--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "39 wrappers" in done.stdout


def test_a_file_that_differs_is_found_and_mended(tmp_path):
    target = tmp_path / "wrappers_gen.go"
    assert run("--check", "--target", target).returncode == 1
    target.write_text(GENERATED.read_text().replace("StackSize int", "StackSize uint"))
    done = run("--check", "--target", target)
    assert done.returncode == 1
    assert "run tools/generate_wrappers.py" in done.stdout
    assert "StackSize uint" in target.read_text()
    assert run("--target", target).returncode == 0
    assert target.read_text() == GENERATED.read_text()
    assert run("--check", "--target", target).returncode == 0


def test_the_source_says_what_inspect_says(read):
    assert set(read) == set(wrappers.__all__) - {"vector"}
    compared = 0
    for name, arguments in read.items():
        try:
            cls = getattr(wrappers, name)
        except (ImportError, DependencyNotInstalled):
            continue  # the source is all that there is
        parameters = list(inspect.signature(cls).parameters.values())
        assert parameters[0].name == "env"
        assert [argument.name for argument in arguments] == [parameter.name for parameter in parameters[1:]]
        for argument, parameter in zip(arguments, parameters[1:], strict=True):
            assert (argument.default is None) == (parameter.default is inspect.Parameter.empty)
            if argument.default is not None and not callable(parameter.default):
                assert ast.literal_eval(argument.default) == parameter.default
            compared += 1
    assert compared > 40


def changed(tool, tmp_path, old, new):
    """The wrappers of sources in which one text is replaced."""
    folder = tmp_path / "wrappers"
    shutil.copytree(tool.gymnasium_wrappers(), folder)
    touched = [path for path in folder.glob("*.py") if old in path.read_text()]
    assert touched
    for path in touched:
        path.write_text(path.read_text().replace(old, new))
    return tool.read_wrappers(folder)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("stack_size: int,", "stack_size: complex,", "FrameStackObservation.stack_size is a 'complex'"),
        ("stack_size: int,", "stack_size: int, brand_new: int = 3,", "new FrameStackObservation.brand_new"),
        ("stack_size: int,", "", "Gymnasium has no FrameStackObservation.stack_size"),
        ("bool = False,\n    ):", "bool = False,\n        **more,\n    ):", "__init__ is of a form"),
        ("class TimeLimit", "class Limit", "there is no class TimeLimit"),
        (
            '"TimeLimit",',
            '"TimeLimit", "TimeAwareObservationV2",',
            "there is no class TimeAwareObservationV2",
        ),
    ],
)
def test_what_is_not_known_is_refused(tool, tmp_path, old, new, says):
    with pytest.raises(SystemExit, match=says):
        tool.go_source(changed(tool, tmp_path, old, new))


def test_a_changed_signature_changes_the_file(tool, tmp_path):
    text = tool.go_source(changed(tool, tmp_path, "stack_size: int,", "stack_size: int = 4,"))
    assert "StackSize *int" in text
    assert 'addGiven(&a, "stack_size", w.StackSize)' in text
    assert text != GENERATED.read_text()


@pytest.mark.skipif(shutil.which("gofmt") is None, reason="Go is not installed")
def test_the_file_is_as_gofmt_lays_it_out():
    done = subprocess.run(["gofmt", "-l", GENERATED], capture_output=True, text=True, check=True)
    assert done.stdout == ""
