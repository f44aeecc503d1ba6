#!/usr/bin/env bash
# make bench: the benchmarks in bench/ (C, Python) and those of the Go package.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/common.sh

tools/setup.sh test go
use_toolchain
mkdir -p build/bench
ran=0
for source in bench/*.c; do
  [ -f "$source" ] || continue
  program="build/bench/$(basename "$source" .c)"
  eval "cc -std=c11 -O2 $source $(gogym config --cflags --libs) -lm -o $program"
  say "$program"
  "$program"
  ran=1
done
for script in bench/*.py; do
  [ -f "$script" ] || continue
  say "$script"
  python3 "$script"
  ran=1
done
say "go test -bench"
(cd go && go test -run '^$' -bench . -benchmem ./...)
[ "$ran" = 1 ] || say "bench/ holds no benchmarks yet"
