#!/usr/bin/env bash
# make test: all tests. Every runner runs, also after another has failed, and prints its own closing lines.
#   tools/test.sh [c] [python] [go]     only these
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/common.sh

parts=("$@")
[ "${#parts[@]}" -gt 0 ] || parts=(c python go)
wants() { case " ${parts[*]} " in *" $1 "*) ;; *) return 1 ;; esac }

tools/setup.sh test go cmake
use_toolchain
failed=()

if wants c; then
  say "C tests"
  {
    cmake -S . -B build/debug -G Ninja -DCMAKE_BUILD_TYPE=Debug -DGOGYM_BUILD_TESTS=ON >build/cmake.log &&
      cmake --build build/debug &&
      ctest --test-dir build/debug -j2 --output-on-failure
  } || failed+=(ctest)
fi

if wants python; then
  say "Python tests"
  python3 -m pytest || failed+=(pytest)
fi

if wants go; then
  say "Go tests"
  python3 tools/copy_go_sources.py --check >&2 || failed+=("the Go module's C sources are stale: make generate")
  (cd go && go vet ./...) || failed+=("go vet")
  (cd go && go test ./...) || failed+=("go test")
  if [ "$(go env GOARCH)" = amd64 ] || [ "$(go env GOARCH)" = arm64 ]; then
    say "Go tests under the race detector"
    (cd go && go test -race ./...) || failed+=("go test -race")
  fi
  (cd examples/go && go vet ./...) || failed+=("go vet examples")
fi

if [ "${#failed[@]}" -gt 0 ]; then
  printf 'FAILED: %s\n' "${failed[@]}" >&2
  exit 1
fi
say "all passed: ${parts[*]}"
