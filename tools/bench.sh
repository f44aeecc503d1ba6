#!/usr/bin/env bash
# make bench: bench/run.py; ONLY=REGEX chooses rows.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/common.sh

tools/setup.sh test go
use_toolchain
exec python3 bench/run.py "$@"
