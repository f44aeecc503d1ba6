"""The installed C library, used in every way that the documentation names."""

import shlex
import shutil
import sys
import tarfile
import zipfile

import pytest

from commands import HERE, ROOT, run, shell

CONSUMER = HERE / "consumer.c"
STEP = "version 0.1.0\nreward 1.0\n"


def compiler_for(language):
    """A compiler of this machine, or a skip."""
    name = {"c": "cc", "c++": "c++"}[language]
    if not shutil.which(name):
        pytest.skip(f"there is no {name}")
    return name


def test_the_source_distribution_holds_everything(installed):
    with tarfile.open(installed.sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    wanted = ["CMakeLists.txt", "LICENSE", "Makefile", "cmake/gogym.map", "go/go.mod", "include/gogym.h"]
    wanted += ["go/internal/cgym/gogym.h", "python/gogym/py.typed", "src/gogym_c/module/_bridge.pyx"]
    for folder in ("host", "module", "space", "value"):
        wanted += [f"src/gogym_c/{folder}/{path.name}" for path in (ROOT / "src/gogym_c" / folder).iterdir()]
    wanted += ["tests/c/check.h", "tests/install/consumer.c", "tools/setup.sh"]
    assert set(wanted) <= names, set(wanted) - names
    assert not any(name.startswith(("build/", ".venv", ".toolchain")) for name in names)


def test_the_wheel_holds_the_package_and_nothing_else(installed):
    with zipfile.ZipFile(installed.wheel) as archive:
        names = archive.namelist()
    top = {name.split("/")[0] for name in names}
    assert top == {"gogym", "gogym_c-0.1.0.dist-info"}
    wanted = ["include/gogym.h", "lib/libgogym.a", "lib/libgogym.so", "lib/libgogym.so.0", "py.typed"]
    wanted += [
        "lib/pkgconfig/gogym.pc",
        "lib/cmake/gogym/gogymConfig.cmake",
        "native/library.py",
        "_bridge.pyi",
    ]
    assert {f"gogym/{name}" for name in wanted} <= set(names)
    assert not any(name.endswith((".pyx", ".c", ".go")) for name in names)


@pytest.mark.parametrize("static", [False, True], ids=["shared", "static"])
def test_gogym_config(installed, tmp_path, static):
    program = tmp_path / "consumer"
    flags = installed.config("--cflags", "--libs", *(["--static"] if static else []))
    assert "\n" not in flags
    shell(f"cc -std=c11 -Wall -Werror {shlex.quote(str(CONSUMER))} {flags} -o {shlex.quote(str(program))}")
    assert run([program], installed.environment) == STEP
    assert ("libgogym" in run(["ldd", program])) is not static


def test_gogym_config_names_directories(installed):
    for option, file in {
        "--includedir": "gogym.h",
        "--libdir": "libgogym.a",
        "--pkgconfigdir": "gogym.pc",
        "--cmakedir": "gogymConfig.cmake",
    }.items():
        # One directory alone is not quoted, so that "$(gogym config --libdir)" is the directory.
        shell(f'test -f "{installed.config(option)}/{file}"')


@pytest.mark.parametrize("arguments", [[], ["--static"], ["--nonsense"]])
def test_gogym_config_refuses_what_makes_no_sense(installed, arguments):
    command = shlex.join([str(installed.python.parent / "gogym"), "config", *arguments])
    assert "Usage:" in shell(f"! {command}", installed.environment)


def test_the_module_is_a_command(installed):
    said = run([installed.python, "-m", "gogym", "--version"], installed.environment)
    assert said == "gogym 0.1.0\n"


def test_exported_symbols(installed):
    library = f"{installed.config('--libdir')}/libgogym.so.0"
    (bridge,) = (installed.python.parent.parent / "lib").glob("python*/site-packages/gogym/_bridge.*.so")
    run([sys.executable, ROOT / "tools" / "check_symbols.py", library, bridge])
    dynamic = run(["readelf", "-d", library])
    assert "SONAME" in dynamic
    assert "[libgogym.so.0]" in dynamic
    assert "libpython" not in dynamic


@pytest.mark.skipif(not shutil.which("pkg-config"), reason="there is no pkg-config")
def test_pkg_config(installed, tmp_path):
    environment = installed.environment | {"PKG_CONFIG_PATH": installed.config("--pkgconfigdir")}
    program = shlex.quote(str(tmp_path / "consumer"))
    # eval: pkg-config escapes spaces for a shell.
    line = f'eval "cc {shlex.quote(str(CONSUMER))} $(pkg-config --cflags --libs gogym) -o {program}"'
    shell(line, environment)
    assert run([tmp_path / "consumer"], installed.environment) == STEP
    assert run(["pkg-config", "--modversion", "gogym"], environment).strip() == "0.1.0"


CMAKE_CONSUMER = """
cmake_minimum_required(VERSION 3.20)
project(consumer C)
find_package(gogym 0.1 REQUIRED)
add_executable(shared {source})
target_link_libraries(shared PRIVATE gogym::gogym)
add_executable(static {source})
target_link_libraries(static PRIVATE gogym::gogym_static)
"""


def test_cmake_package(installed, tmp_path):
    text = CMAKE_CONSUMER.format(source=f'"{CONSUMER}"')
    (tmp_path / "CMakeLists.txt").write_text(text, encoding="utf-8")
    build = tmp_path / "build"
    run(
        ["cmake", "-S", tmp_path, "-B", build, "-G", "Ninja", f"-Dgogym_DIR={installed.config('--cmakedir')}"]
    )
    run(["cmake", "--build", build])
    for program in ("shared", "static"):
        assert run([build / program], installed.environment) == STEP


@pytest.mark.parametrize("standard", ["c11", "c17", "c++11", "c++20"])
def test_the_header_in_every_language(installed, tmp_path, standard):
    language = standard.rstrip("0123456789")
    source = tmp_path / "header.c"
    source.write_text(
        "#include <gogym.h>\n"
        "gym_error error = GYM_ERROR_INIT;\n"
        "gym_config config = GYM_CONFIG_INIT;\n"
        "gym_array array = GYM_ARRAY_INIT;\n"
        "int main() { return gym_version()[0] == '0' && error.struct_size == GYM_ERROR_SIZE_V1 ? 0 : 1; }\n"
        if language == "c++"
        else "#include <gogym.h>\ngym_error error = GYM_ERROR_INIT;\nint main(void) { return error.code; }\n",
        encoding="utf-8",
    )
    warnings = "-Wall -Wextra -Wpedantic -Wconversion -Werror"
    program = tmp_path / "header"
    command = f"{compiler_for(language)} -std={standard} {warnings} -x {language} {shlex.quote(str(source))}"
    # -x holds for all that follows, libraries too.
    shell(f"{command} -x none {installed.config('--cflags', '--libs')} -o {shlex.quote(str(program))}")
    run([program])


def test_the_host_alone_needs_no_python(tmp_path, tools_only):
    environment = {"PATH": str(tools_only), "HOME": str(tmp_path)}
    build, prefix, moved = tmp_path / "build", tmp_path / "prefix", tmp_path / "moved"
    assert not shutil.which("python3", path=str(tools_only))
    run(["cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_INSTALL_LIBDIR=lib"], environment)
    run(["cmake", "--build", build], environment)
    run(["cmake", "--install", build, "--prefix", prefix], environment)
    # A tree that is moved still works: nothing in it names where it was installed.
    prefix.rename(moved)
    program = tmp_path / "consumer"
    flags = f"-I{moved}/include -L{moved}/lib -Wl,-rpath,{moved}/lib -lgogym"
    shell(f"cc {shlex.quote(str(CONSUMER))} {flags} -o {program}", environment)
    assert run([program, "--version"], environment) == "version 0.1.0\n"
    for path in [*moved.rglob("*.pc"), *moved.rglob("*.cmake")]:
        assert str(tmp_path) not in path.read_text(encoding="utf-8"), path


@pytest.mark.skipif(not shutil.which("pkg-config"), reason="there is no pkg-config")
def test_pkg_config_of_the_host_alone(tmp_path):
    build, prefix = tmp_path / "build", tmp_path / "prefix"
    run(["cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_INSTALL_LIBDIR=lib/deep"])
    run(["cmake", "--build", build])
    run(["cmake", "--install", build, "--prefix", prefix])
    program = tmp_path / "consumer"
    flags = f"$(PKG_CONFIG_PATH={prefix}/lib/deep/pkgconfig pkg-config --cflags --libs gogym)"
    shell(f"cc {shlex.quote(str(CONSUMER))} {flags} -o {program}")
    assert run(["env", f"LD_LIBRARY_PATH={prefix}/lib/deep", program, "--version"]) == "version 0.1.0\n"
