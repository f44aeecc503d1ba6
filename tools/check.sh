#!/usr/bin/env bash
# make check: format, lint, types, copies, generated files, exported symbols, ABI.
# make format (--format): applies what can be applied. A check that found nothing to check fails.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/common.sh

apply=no
[ "${1:-}" != --format ] || apply=yes

tools/setup.sh test,dev go cmake
use_toolchain

# The repository's files that match the patterns, into FILES.
files() {
  mapfile -t FILES < <(git ls-files --cached --others --exclude-standard -- "$@" |
    while read -r name; do [ ! -f "$name" ] || echo "$name"; done | sort -u)
  [ "${#FILES[@]}" -gt 0 ] || die "no files match $*"
}

failed=()
check() {
  local name="$1"
  shift
  if "$@"; then printf 'ok      %s\n' "$name"; else
    printf 'FAILED  %s\n' "$name"
    failed+=("$name")
  fi
}

gofmt_clean() {
  local unclean
  unclean="$(gofmt -l "$@")"
  [ -z "$unclean" ] || { echo "not as gofmt formats: $unclean" && return 1; }
}

if [ "$apply" = yes ]; then
  python3 tools/generate_codes.py
  python3 tools/generate_wrappers.py
  files 'include/*.h' 'src/gogym_c/**.[ch]' 'tests/**.[ch]' 'examples/**.[ch]' 'examples/**.cpp' 'bench/**.[ch]'
  clang-format -i "${FILES[@]}"
  python3 tools/copy_go_sources.py
  ruff check --fix-only --quiet .
  ruff format --quiet .
  files 'go/**.go' 'examples/**.go' 'bench/**.go' 'tests/**.go'
  gofmt -w "${FILES[@]}"
  say "formatted"
  exit 0
fi

files 'include/*.h' 'src/gogym_c/**.[ch]' 'tests/**.[ch]' 'examples/**.[ch]' 'examples/**.cpp' 'bench/**.[ch]'
check "clang-format (${#FILES[@]} files)" clang-format --dry-run --Werror "${FILES[@]}"
files '*.py' '*.pyi'
check "ruff format (${#FILES[@]} files)" ruff format --quiet --diff "${FILES[@]}"
check "ruff check (${#FILES[@]} files)" ruff check --quiet "${FILES[@]}"
files 'python/gogym/*.py'
check "mypy (${#FILES[@]} files)" mypy --no-error-summary
files 'src/gogym_c/module/*.pyx' 'src/gogym_c/module/*.pxi' 'src/gogym_c/module/*.pxd'
check "cython-lint (${#FILES[@]} files)" cython-lint "${FILES[@]}"
files 'go/**.go' 'examples/**.go' 'bench/**.go' 'tests/**.go'
check "gofmt (${#FILES[@]} files)" gofmt_clean "${FILES[@]}"
check "go vet" env -C go go vet ./...
check "go vet, examples" env -C examples/go go vet ./...
check "go vet, benchmarks" env -C bench/go go vet ./...
check "generated files" python3 tools/generate_codes.py --check
check "generated wrapper types" python3 tools/generate_wrappers.py --check
check "copied C sources" python3 tools/copy_go_sources.py --check
check "versions, lengths, texts" python3 tools/check_tree.py
package="$(python3 -c 'import gogym; print(gogym.__path__[0])')"
check "exported symbols" python3 tools/check_symbols.py "$package/lib/libgogym.so.0" "$package"/_bridge.*.so
check "ABI" python3 -m pytest -q tests/abi

if [ "${#failed[@]}" -gt 0 ]; then
  printf 'FAILED: %s\n' "${failed[@]}" >&2
  echo "make format mends what can be mended" >&2
  exit 1
fi
