# One command per task; each does its own set-up and works on a fresh checkout.
#   make run     build everything and run two environments from C and from Go
#   make test    all tests: C, Python, Go
# PYTHON names the Python to build for: make test PYTHON=/usr/bin/python3
PYTHON ?= python3
export PYTHON

.PHONY: help run test check format bench asan tsan test-pythons generate setup clean

help:
	@sed -n 's/^#   //p' Makefile
	@echo 'more: check format bench asan tsan test-pythons generate setup clean'

run:
	@tools/run.sh

test:
	@tools/test.sh

# Format, lint, types, copies, generated files, exported symbols, ABI: fails on any difference.
check:
	@tools/check.sh

format:
	@tools/check.sh --format

bench:
	@tools/bench.sh

asan:
	@tools/sanitize.sh address,undefined

tsan:
	@tools/sanitize.sh thread

# The same C and Go binaries on every Python that is found.
test-pythons:
	@tools/test_pythons.sh

# The files that follow from others: go/codes_gen.go, python/gogym/status.py, go/wrappers/wrappers_gen.go,
# go/internal/cgym/*.[ch].
generate:
	@tools/setup.sh
	@.venv/bin/python tools/generate_wrappers.py
	@tools/generate_codes.py
	@tools/copy_go_sources.py

setup:
	@tools/setup.sh test,dev go cmake

clean:
	rm -rf build .venv .venvs .toolchain dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
