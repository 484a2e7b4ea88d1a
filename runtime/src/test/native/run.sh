#!/bin/sh
# Builds the test of the native kernels in the directory $1 and runs it: with sanitizers where the
# compiler has them, and then as the kernels are built for use.
set -eu

work=$1
tests=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
native=$tests/../../main/native
mkdir -p "$work"

. "$native/compiler.sh"
if ! find_compiler "$work"; then
  printf 'rack72: %s, so the native kernels are not tested\n' "$missing"
  exit 0
fi

# Builds the test with the further flags $1 and runs it.
# shellcheck disable=SC2086
run_with() {
  rm -f "$work"/*.o
  compile_kernels "$native" "$work" "-Werror $1"
  $compiler $flags -Werror $1 "$tests/kernels_test.c" "$work"/*.o -lm -o "$work/kernels_test"
  "$work/kernels_test"
}

sanitizers='-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -DSANITIZED'
# shellcheck disable=SC2086
if printf 'int main(void) { return 0; }\n' |
  $compiler $sanitizers -x c - -o "$work/empty" 2>/dev/null && "$work/empty"; then
  run_with "$sanitizers"
else
  printf 'rack72: %s has no sanitizers, so the native kernels are tested without\n' "$compiler"
fi
run_with ''
