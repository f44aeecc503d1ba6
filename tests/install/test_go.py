"""The Go module as a consumer gets it: vendored, and from a module proxy."""

import shutil
import subprocess
import sys

import pytest

from commands import HERE, ROOT, run

pytestmark = pytest.mark.skipif(not shutil.which("go"), reason="there is no Go toolchain")

MODULE = "example.com/gogym"
STEP = "reward 1.0\n"


@pytest.fixture(scope="module")
def go_environment(installed, tmp_path_factory, tools_only):
    """An environment with no network, no pkg-config and no Python on PATH, and caches of its own."""
    cache = tmp_path_factory.mktemp("go")
    go_cache = subprocess.run(
        ["go", "env", "GOCACHE"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return installed.environment | {
        "PATH": str(tools_only),
        "GOPATH": str(cache / "path"),
        "GOCACHE": go_cache,
        "GOTOOLCHAIN": "local",
        "GOPROXY": "off",
        "GONOSUMDB": MODULE,
        "GOFLAGS": "-modcacherw",
        # The index of a module is kept by path and version, and both are the same when the tests run again.
        "GODEBUG": "goindex=0",
        "CGO_ENABLED": "1",
    }


@pytest.fixture
def consumer(tmp_path):
    """A module that imports gogym."""
    shutil.copy(HERE / "consumer.go", tmp_path / "main.go")
    text = f"module example.com/consumer\n\ngo 1.23\n\nrequire {MODULE} v0.1.0\n"
    (tmp_path / "go.mod").write_text(text, encoding="utf-8")
    return tmp_path


def replace_with_checkout(consumer):
    # A copy, because Go cannot vendor from a path that holds a space, and that of the checkout may.
    copy = consumer.parent / f"{consumer.name}-gogym"
    shutil.copytree(ROOT / "go", copy)
    with (consumer / "go.mod").open("a", encoding="utf-8") as file:
        file.write(f"\nreplace {MODULE} => ../{copy.name}\n")


def test_vendored(consumer, go_environment):
    replace_with_checkout(consumer)
    run(["go", "mod", "vendor"], go_environment, consumer)
    assert list((consumer / "vendor" / MODULE / "internal" / "cgym").glob("*.c"))
    run(["go", "build", "-mod=vendor", "-o", "consumer", "."], go_environment, consumer)
    assert run([consumer / "consumer"], go_environment) == STEP


def test_from_a_module_proxy(consumer, go_environment, tmp_path_factory):
    proxy = tmp_path_factory.mktemp("proxy")
    run([sys.executable, ROOT / "tools" / "go_proxy.py", proxy])
    environment = go_environment | {"GOPROXY": proxy.as_uri()}
    listed = run(["go", "list", "-mod=mod", "-m", "-versions", MODULE], environment, consumer)
    assert listed.split() == [MODULE, "v0.1.0"]
    run(["go", "build", "-mod=mod", "-o", "consumer", "."], environment, consumer)
    assert f"{MODULE} v0.1.0 h1:" in (consumer / "go.sum").read_text(encoding="utf-8")
    assert run([consumer / "consumer"], environment) == STEP


def test_the_proxy_is_reproducible(tmp_path):
    zips = []
    for name in ("one", "two"):
        run([sys.executable, ROOT / "tools" / "go_proxy.py", tmp_path / name])
        zips.append((tmp_path / name / MODULE / "@v" / "v0.1.0.zip").read_bytes())
    assert zips[0] == zips[1]


def test_without_cgo_the_error_says_so(consumer, go_environment):
    replace_with_checkout(consumer)
    environment = go_environment | {"CGO_ENABLED": "0"}
    run(["go", "build", "-mod=mod", "-o", "consumer", "."], environment, consumer)
    done = subprocess.run(
        [consumer / "consumer"], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "cgo" in done.stderr.lower()
