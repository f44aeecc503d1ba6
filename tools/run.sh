#!/usr/bin/env bash
# make run: builds the C and the Go quick start and runs CartPole-v1 and Ant-v5 from each.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/common.sh

tools/setup.sh go
use_toolchain
python3 tools/generate_codes.py --check >&2

mkdir -p build/run
say "compiling examples/c/quickstart.c"
# The flags are quoted for a shell, in case the path of this checkout holds a space.
eval "cc -std=c11 -O2 examples/c/quickstart.c $(gogym config --cflags --libs) -o build/run/quickstart-c"
say "compiling examples/go/quickstart"
(cd examples/go && go build -o ../../build/run/quickstart-go ./quickstart)

exec python3 tools/run_table.py C=build/run/quickstart-c Go=build/run/quickstart-go -- \
  CartPole-v1:20000 Ant-v5:5000
