"""What README.md and docs/ show is true: code compiles and runs, commands work, tables agree with the header.

A code block is a whole program, and the text block after a line "It prints" is exactly its output. Commands are run one
block after another in a directory that holds what the text around them says: game.c, main.go, CMakeLists.txt.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import gymnasium
import pytest

from gogym import options, vector, vector_wrappers
from gogym.status import Status

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGES = {"c", "go", "python", "sh", "text", "json", "cmake"}

# Run by other tests or by nobody; the rest is run here.
ELSEWHERE = {
    "make run": "the build's own command",
    "make test": "runs this test",
    "pip install .": "tests/install",
}


class Block(NamedTuple):
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str
    output: str | None  # what it must print, where the page says so

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks() -> list[Block]:
    result: list[Block] = []
    for page in PAGES:
        text = page.read_text()
        found = list(BLOCK.finditer(text))
        for index, match in enumerate(found):
            output = None
            if index + 1 < len(found) and text[match.end() : found[index + 1].start()].strip() == "It prints":
                assert found[index + 1][1] == "text"
                output = found[index + 1][2]
            result.append(Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2], output))
    return result


ALL = blocks()


def of(language: str) -> list[pytest.param]:
    chosen = [block for block in ALL if block.language == language]
    assert chosen, f"no page has a {language} block"
    return [pytest.param(block, id=str(block)) for block in chosen]


def environment(**more: str) -> dict[str, str]:
    """Ours, with the Python that runs the tests as the one to find, and its commands in front of PATH."""
    commands = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    go = {"GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-mod=mod"}
    return {**os.environ, **go, "PATH": commands, "GOGYM_PYTHON": sys.executable, "GOGYM": str(ROOT), **more}


def run(command: list[str], cwd: Path) -> str:
    """Run a command; what it wrote to standard output."""
    done = subprocess.run(
        command, cwd=cwd, env=environment(), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def need(*commands: str) -> None:
    for command in commands:
        if shutil.which(command, path=environment()["PATH"]) is None:
            pytest.skip(f"{command} is not installed")


def flags() -> list[str]:
    return shlex.split(run([sys.executable, "-m", "gogym", "config", "--cflags", "--libs"], ROOT))


def check_output(block: Block, printed: str) -> None:
    if block.output is not None:
        assert printed == block.output


def test_every_block_has_a_language_that_is_tested():
    strange = [f"{block}: {block.language!r}" for block in ALL if block.language not in LANGUAGES]
    assert not strange


@pytest.mark.parametrize("block", of("c"))
def test_c(block, tmp_path):
    need("cc")
    (tmp_path / "main.c").write_text(block.text)
    warnings = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1"]
    run(["cc", *warnings, "main.c", *flags(), "-o", "main"], tmp_path)
    check_output(block, run(["./main"], tmp_path))


def go_module(folder: Path) -> None:
    replace = f"-replace=example.com/gogym={ROOT / 'go'}"
    run(["go", "mod", "init", "example.com/page"], folder)
    run(["go", "mod", "edit", "-require=example.com/gogym@v0.0.0", replace], folder)


@pytest.mark.parametrize("block", of("go"))
def test_go(block, tmp_path):
    need("go", "cc")
    (tmp_path / "main.go").write_text(block.text)
    go_module(tmp_path)
    run(["go", "vet", "."], tmp_path)
    assert run(["gofmt", "-l", "."], tmp_path) == ""
    check_output(block, run(["go", "run", "."], tmp_path))


@pytest.mark.parametrize("block", of("python"))
def test_python(block, tmp_path):
    check_output(block, run([sys.executable, "-c", block.text], tmp_path))


@pytest.mark.parametrize("block", of("json"))
def test_json_is_acceptable_as_options(block):
    if block.page.name == "vector.md":
        wrappers = vector.parse_vector_options(block.text, 3).vector_wrappers
        assert list(wrappers) == json.loads(block.text)["gogym"]["vector_wrappers"]
        vector_wrappers.apply(gymnasium.make_vec("Pendulum-v1", 3, "sync"), wrappers).close()
        return
    assert options.parse_make_options(block.text) == json.loads(block.text)


@pytest.mark.parametrize("block", of("sh"))
def test_commands(block, tmp_path):
    lines = [line for line in block.text.splitlines() if line not in ELSEWHERE]
    if not lines:
        pytest.skip("; ".join(ELSEWHERE[line] for line in block.text.splitlines()))
    words = set(re.findall(r"^(?:[A-Z_]+=\S+ )?([\w-]+)|\$\(([\w-]+)", "\n".join(lines), re.MULTILINE))
    need(*{word for pair in words for word in pair if word in {"cc", "go", "cmake", "pkg-config"}})
    (tmp_path / "game.c").write_text((ROOT / "examples/c/quickstart.c").read_text())
    if any(line.startswith("go ") for line in lines):
        (tmp_path / "game.c").unlink()  # cgo would compile it
        (tmp_path / "main.go").write_text((ROOT / "examples/go/quickstart/main.go").read_text())
    recipes = [other.text for other in ALL if other.page == block.page and other.language == "cmake"]
    for recipe in recipes:
        (tmp_path / "CMakeLists.txt").write_text(recipe)
    printed = run(["bash", "-euc", "\n".join(lines)], tmp_path)
    last = lines[-1].split()
    if len(last) == 3 and last[1].endswith("-v1"):
        assert re.search(rf"^{last[1]}: {last[2]} steps, return \S+, \d+ steps/s$", printed, re.MULTILINE)


def test_the_readme_shows_the_quick_starts_as_they_are():
    readme = {block.text for block in ALL if block.page.name == "README.md"}
    assert (ROOT / "examples/c/quickstart.c").read_text() in readme
    assert (ROOT / "examples/go/quickstart/main.go").read_text() in readme


def test_the_table_of_errors_is_that_of_the_header():
    header = (ROOT / "include/gogym.h").read_text()
    expected = re.findall(r'^ *X\((GYM_\w+), (\d+), "([^"]+)"\)', header, re.MULTILINE)
    page = (ROOT / "docs/errors.md").read_text()
    shown = re.findall(r"^\| (\d+) \| `(GYM_\w+)` \| `(\w+)` \| (.+) \|$", page, re.MULTILINE)
    assert len(expected) > 50
    assert len(expected) == len(Status)
    assert [(name, value, text) for value, name, _, text in shown] == expected
    codes = (ROOT / "go/codes_gen.go").read_text()
    in_go = {value: name for name, value in re.findall(r"^\t(Err\w+)\s+Code = (\d+)", codes, re.MULTILINE)}
    assert [go for _, _, go, _ in shown] == [in_go.get(value, "nil") for value, *_ in shown]


EXAMPLES = ["examples/c/quickstart.c", "examples/cpp/quickstart.cpp", "examples/go/quickstart/main.go"]


def build_example(source: str, folder: Path) -> list[str]:
    path = ROOT / source
    if path.suffix == ".py":
        return [sys.executable, str(path)]
    if path.suffix == ".go":
        need("go", "cc")
        run(["go", "build", "-o", str(folder / "example"), "./quickstart"], ROOT / "examples/go")
        return [str(folder / "example")]
    compiler = ["cc", "-std=c11"] if path.suffix == ".c" else ["c++", "-std=c++11"]
    need(compiler[0])
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2"]
    run([*compiler, *warnings, str(path), *flags(), "-o", str(folder / "example")], folder)
    return [str(folder / "example")]


@pytest.mark.parametrize("source", [*EXAMPLES, "examples/python/native.py"])
def test_examples(source, tmp_path):
    """All play the same episodes: same seeds, same actions, same return. A failure is told and ends with status 1."""
    command = build_example(source, tmp_path)
    assert re.fullmatch(r"CartPole-v1: 10000 steps, return 10000\.0, \d+ steps/s\n", run(command, tmp_path))
    swinging = run([*command, "Pendulum-v1", "400"], tmp_path)
    assert swinging.startswith("Pendulum-v1: 400 steps, return ")
    total = float(swinging.split()[4].rstrip(","))
    assert total == pytest.approx(pendulum_return(400), abs=0.06)
    done = subprocess.run(
        [*command, "CartPol-v1"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "GYM_ERR_NAME_NOT_FOUND" in done.stderr
    assert "Did you mean: `CartPole`?" in done.stderr


def pendulum_return(steps: int) -> float:
    """What the examples compute, by Gymnasium itself."""
    import gymnasium

    env = gymnasium.make("Pendulum-v1")
    env.action_space.seed(42)
    env.reset(seed=42)
    total = 0.0
    for _ in range(steps):
        _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        total += reward
        if terminated or truncated:
            env.reset()
    return total


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", BLOCK.sub("", page.read_text())):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_no_page_names_the_other_package():
    """Another project owns the name gogym on the public index."""
    places = [*PAGES, *(ROOT / "examples").rglob("*.*"), *(ROOT / "bench").rglob("*.*")]
    for page in places:
        if page.suffix in {".md", ".c", ".cpp", ".go", ".py"}:
            assert not re.search(r"pip install (-\S+ )*gogym\b", page.read_text()), page
