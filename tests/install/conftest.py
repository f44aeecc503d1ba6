"""A clean installation, as a stranger makes it: source distribution, wheel, a new virtual environment."""

import shutil
import sys
import venv

import pytest

from commands import ROOT, Installation, clean_environment, run


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """gogym, installed in a directory whose name holds a space."""
    base = tmp_path_factory.mktemp("clean installation")
    build = "import sys, scikit_build_core.build as b; print(b.build_sdist(sys.argv[1]))"
    run([sys.executable, "-c", build, base], cwd=ROOT)
    (sdist,) = base.glob("gogym_c-*.tar.gz")

    environment = clean_environment()
    pip = [sys.executable, "-m", "pip", "--quiet"]
    run([*pip, "wheel", "--no-deps", "-w", base, sdist], environment)
    (wheel,) = base.glob("gogym_c-*.whl")

    venv.create(base / "venv", with_pip=True)
    python = base / "venv" / "bin" / "python"
    run([python, "-m", "pip", "--quiet", "install", wheel], environment)
    environment["GOGYM_PYTHON"] = str(python)
    return Installation(sdist, wheel, python, environment)


@pytest.fixture(scope="session")
def tools_only(tmp_path_factory):
    """A directory for PATH that holds compilers and build tools, and neither Python nor pkg-config."""
    directory = tmp_path_factory.mktemp("tools")
    names = "cc gcc c++ g++ as ld ar ranlib nm strip cmake ninja sh env mkdir rm cp ls cat chmod".split()
    for name in names:
        found = shutil.which(name)
        if found:
            (directory / name).symlink_to(found)
    go = shutil.which("go")
    if go:
        # Not a link: go finds its own root from where it lies.
        (directory / "go").write_text(f'#!/bin/sh\nexec "{go}" "$@"\n', encoding="utf-8")
        (directory / "go").chmod(0o755)
    return directory
