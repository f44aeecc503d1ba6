"""Gymnasium's 39 wrappers from C, on environments that they fit: every number as Gymnasium alone gives it.

The rows are those of tests/wrappers/table.json; what is done with them stands in wrapper_vectors.py. Go does the same.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest

import wrapper_vectors
from gogym import paths

HERE = Path(__file__).resolve().parent
ROWS = wrapper_vectors.rows()


def environment():
    return {
        **os.environ,
        "GOGYM_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "PYTHONWARNINGS": "ignore",
    }


def run(command, folder):
    """Run a program in a folder of its own, where it may leave videos."""
    folder.mkdir()
    with (folder / "log").open("wb") as log:
        done = subprocess.run(
            [*map(str, command), str(folder / "out.txt")],
            env=environment(),
            cwd=folder,
            stdout=log,
            stderr=log,
            timeout=280,
            check=False,
        )
    assert done.returncode == 0, (folder / "log").read_text(errors="replace")[-4000:]


def plan_line(row, way):
    """A row in one way, as wrappers.c reads it."""
    options = dict(row.get("options", {}))
    if way == "make":
        options["gogym"] = {"wrappers": row["wrappers"]}
    fields = (
        row["name"],
        way,
        wrapper_vectors.layout_of(row, way),
        row["env"],
        json.dumps(options),
        json.dumps(row["wrappers"]) if way == "wrap" else "-",
        row["seed"],
        row.get("steps", wrapper_vectors.STEPS),
        row.get("after_end", "reset"),
        row.get("render_every", 0),
        ",".join(row.get("info", ["."])) or "-",
    )
    return "\t".join(map(str, fields))


@pytest.fixture(scope="session")
def played(tmp_path_factory):
    """Where Python and C have played all rows whose packages are there: (rows, Python's folder, C's folder)."""
    folder = tmp_path_factory.mktemp("wrappers")
    rows = [row for row in ROWS if not wrapper_vectors.missing(row)]
    run([sys.executable, "-W", "ignore", HERE / "wrapper_vectors.py"], folder / "python")
    plan = folder / "plan.txt"
    plan.write_text("".join(plan_line(row, way) + "\n" for row in rows for way in wrapper_vectors.WAYS))
    program = folder / "wrappers-c"
    compiler = os.environ.get("CC", "cc").split()
    flags = ["-std=c11", "-O2", *paths.compile_flags(), *paths.link_flags()]
    subprocess.run([*compiler, str(HERE / "wrappers.c"), *flags, "-o", str(program)], check=True)
    run([program, plan], folder / "c")
    return [row["name"] for row in rows], sections(folder / "python"), sections(folder / "c"), folder


def sections(folder):
    """The lines of a file by the row and way that they are about."""
    found = {}
    for line in (folder / "out.txt").read_text().splitlines():
        if line.startswith("# "):
            _, name, way, _ = line.split(" ")
            lines = found[name, way] = []
        lines.append(line)
    return found


def test_the_table_has_every_wrapper():
    named = {wrapper["name"] for row in ROWS for wrapper in row["wrappers"]}
    assert named == set(gymnasium.wrappers.__all__) - {"vector"}
    assert len(named) == 39
    assert [row["name"] for row in ROWS] == list(wrapper_vectors.BY_HAND)
    alone = {row["wrappers"][0]["name"] for row in ROWS if len(row["wrappers"]) == 1}
    assert alone == named


@pytest.mark.parametrize("way", wrapper_vectors.WAYS)
@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_c_equals_python(played, row, way):
    names, python, c, _ = played
    if row["name"] not in names:
        pytest.skip(f"not installed: {', '.join(wrapper_vectors.missing(row))}")
    expected, actual = python[row["name"], way], c[row["name"], way]
    for i, (wanted, given) in enumerate(zip(expected, actual, strict=False)):
        assert given == wanted, f"line {i}"
    assert len(actual) == len(expected)
    assert len(expected) > row.get("steps", wrapper_vectors.STEPS) + 4


@pytest.mark.parametrize("row", [row for row in ROWS if "files" in row], ids=lambda row: row["name"])
def test_videos_are_the_same_files(played, row):
    names, _, _, folder = played
    if row["name"] not in names:
        pytest.skip(f"not installed: {', '.join(wrapper_vectors.missing(row))}")
    expected = {path.name: path.read_bytes() for path in (folder / "python" / row["files"]).iterdir()}
    actual = {path.name: path.read_bytes() for path in (folder / "c" / row["files"]).iterdir()}
    assert sorted(actual) == sorted(expected)
    assert len(expected) > 1
    assert actual == expected
