#!/usr/bin/env bash
# make asan, make tsan: the host library, the Python extension and the C tests with sanitizers; then the Go tests.
#   tools/sanitize.sh address,undefined | thread
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/common.sh

sanitizers="${1:?which sanitizers?}"
kind="${sanitizers%%,*}"
tools/setup.sh test go cmake
use_toolchain
failed=()

# Python and what it loads are not instrumented: what they leak at exit is not ours, and their locks are
# invisible. The suppressions name them; what our own code does is reported.
export ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1"
export LSAN_OPTIONS="suppressions=$PWD/tools/lsan.supp:print_suppressions=0"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1"
export TSAN_OPTIONS="allocator_may_return_null=1:suppressions=$PWD/tools/tsan.supp:halt_on_error=1:second_deadlock_stack=1:handle_segv=0"

instrumented=(env PYTHONMALLOC=malloc) # Python's own allocator hides what belongs together
if [ "$kind" != thread ]; then
  # ThreadSanitizer cannot see the GIL, which guards everything that the extension does with Python's objects: there
  # the extension stays as it is, and the host library and the tests are looked at.
  say "the package with -fsanitize=$sanitizers"
  site="$PWD/build/site-$kind"
  rm -rf "$site"
  python3 -m pip install --quiet --no-build-isolation --no-deps --target "$site" -C build-dir="build/wheel-$kind" \
    -C cmake.define.GOGYM_SANITIZE="$sanitizers" -C cmake.build-type=Debug -C install.strip=false . ||
    die "the package could not be built with -fsanitize=$sanitizers"
  instrumented+=(PYTHONPATH="$site")
fi

# What Python keeps until it ends looks like leaks, above all in the forked children of the tests, and the tests look at
# SIGSEGV's handler themselves. The programs that need no Python do look for leaks.
ctest_options="$ASAN_OPTIONS:detect_leaks=0:handle_segv=0:handle_sigbus=0:handle_sigfpe=0"

# A forked child of a program with threads can hang in the sanitizers' own locks, which nobody unlocks there.
left_out='^test_fork$'

say "C tests"
{
  cmake -S . -B "build/$kind" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DGOGYM_BUILD_TESTS=ON \
    -DGOGYM_SANITIZE="$sanitizers" >"build/cmake-$kind.log" &&
    cmake --build "build/$kind" &&
    "${instrumented[@]}" ASAN_OPTIONS="$ctest_options" ctest --test-dir "build/$kind" --output-on-failure -E "$left_out" &&
    { [ "$kind" = thread ] || for program in test_value test_value_json test_value_block test_dtype test_space_core test_space_flat; do "build/$kind/$program"; done; }
} || failed+=("ctest ($sanitizers)")

if [ "$kind" = thread ]; then
  # Go's race detector is a ThreadSanitizer of its own, which knows nothing of the extension's.
  say "go test -race"
  (cd go && go test -race ./...) || failed+=("go test -race")
else
  say "Python tests of the native library and of spaces"
  preload="$(cc -print-file-name=libasan.so):$(cc -print-file-name=libubsan.so)"
  # What Python keeps until it ends looks like leaks.
  "${instrumented[@]}" LD_PRELOAD="$preload" ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" \
    python3 -m pytest -q -p no:cacheprovider tests/python/test_native.py tests/python/test_sampling.py \
    tests/python/test_space_properties.py || failed+=("pytest (asan)")

  say "go test -asan"
  # Go turns a fault into a panic, and its heap looks like leaks from C.
  (cd go && "${instrumented[@]}" ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0:handle_segv=0" go test -asan ./...) ||
    failed+=("go test -asan")
fi

if [ "${#failed[@]}" -gt 0 ]; then
  printf 'FAILED: %s\n' "${failed[@]}" >&2
  exit 1
fi
say "clean: $sanitizers"
