#!/usr/bin/env bash
# make test-pythons: compiles the quick starts once and runs the SAME binaries on every Python that is found
# (python3.10 ... python3.14 on PATH, pyenv's versions, and the paths in GOGYM_TEST_PYTHONS), then the
# conformance tests on each. Each Python gets a virtual environment in .venvs.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/common.sh

tools/setup.sh test go
(
  use_toolchain
  mkdir -p build/run
  eval "cc -std=c11 -O2 examples/c/quickstart.c $(gogym config --cflags --libs) -o build/run/quickstart-c"
  cd examples/go && go build -o ../../build/run/quickstart-go ./quickstart
)

candidates=()
for path in ${GOGYM_TEST_PYTHONS:-}; do candidates+=("$path"); done
for minor in 10 11 12 13 14; do
  ! has "python3.$minor" || candidates+=("$(command -v "python3.$minor")")
done
pyenv_root="${PYENV_ROOT:-$HOME/.pyenv}"
for path in "$pyenv_root"/versions/3.1[0-4].*/bin/python3; do candidates+=("$path"); done
candidates+=(/usr/bin/python3)

declare -A seen=()
results=() failed=0
for candidate in "${candidates[@]}"; do
  [ -x "$candidate" ] || continue
  # A shim that stands for a version which is not chosen answers nothing.
  identity="$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2], sys.executable)' 2>/dev/null)" || continue
  version="${identity%% *}" executable="${identity#* }"
  case "$version" in 3.1[0-4]) ;; *) continue ;; esac
  # One of each version, but for those that were named, and Debian's, which is built differently.
  key="$version"
  case "$executable" in /usr/bin/*) key="$version-system" ;; esac
  [ -z "${seen[$key]:-}" ] || continue
  seen[$key]=1

  say "Python $key: $executable"
  outcome=ok
  {
    PYTHON="$executable" GOGYM_VENV="$PWD/.venvs/$key" tools/setup.sh test &&
      export_python="$PWD/.venvs/$key/bin/python" &&
      env -u VIRTUAL_ENV GOGYM_PYTHON="$export_python" build/run/quickstart-c CartPole-v1 2000 &&
      env -u VIRTUAL_ENV GOGYM_PYTHON="$export_python" build/run/quickstart-go CartPole-v1 2000 &&
      env -u VIRTUAL_ENV GOGYM_PYTHON="$export_python" "$export_python" -m pytest -q tests/conformance tests/python
  } || { outcome=FAILED && failed=1; }
  results+=("$(printf '%-12s %-7s %s' "$key" "$outcome" "$executable")")
done

[ "${#results[@]}" -gt 0 ] || die "no Python 3.10 to 3.14 was found"
printf '\n%s\n' "${results[@]}"
exit "$failed"
