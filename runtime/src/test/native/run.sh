#!/bin/sh
# Builds the test of the native kernels in the directory $1 and runs it: with sanitizers where the
# compiler has them, and then as the kernels are built for use. Then, where that was for another
# processor, the test for aarch64, by a cross compiler and in an emulator where both are found.
set -eu

work=$1
tests=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
native=$tests/../../main/native
mkdir -p "$work"

. "$native/compiler.sh"

# Builds the test with the further flags $1.
# shellcheck disable=SC2086
build() {
  rm -f "$work"/*.o
  compile_kernels "$native" "$work" "-Werror $1"
  $compiler $flags -Werror $1 "$tests/kernels_test.c" "$work"/*.o -lm -o "$work/kernels_test"
}

run_here() {
  if ! find_compiler "$work"; then
    printf 'rack72: %s, so the native kernels are not tested\n' "$missing"
    return
  fi
  # shellcheck disable=SC2086
  if ! { printf 'int main(void) { return 0; }\n' |
    $compiler $flags -x c - -o "$work/empty" 2>/dev/null && "$work/empty"; } 2>/dev/null; then
    printf 'rack72: %s is for another machine, so the native kernels are not tested\n' "$compiler"
    return
  fi
  # Where the processor has AMX and the compiler knows it, the test fails without.
  wanted=
  if [ -n "$amx" ] && grep -qw amx_int8 /proc/cpuinfo; then wanted=amx; fi
  sanitizers='-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -DSANITIZED'
  # shellcheck disable=SC2086
  if printf 'int main(void) { return 0; }\n' |
    $compiler $sanitizers -x c - -o "$work/empty" 2>/dev/null && "$work/empty"; then
    build "$sanitizers"
    "$work/kernels_test" ${wanted:+"$wanted"}
  else
    printf 'rack72: %s has no sanitizers, so the native kernels are tested without\n' "$compiler"
  fi
  build ''
  "$work/kernels_test" ${wanted:+"$wanted"}
}

run_emulated() {
  for emulator in qemu-aarch64-static qemu-aarch64 ''; do
    if command -v "$emulator" >/dev/null; then break; fi
  done
  CC=aarch64-linux-gnu-gcc
  if [ -z "$emulator" ]; then
    missing='no qemu-aarch64 found'
  elif ! command -v "$CC" >/dev/null; then
    missing="no $CC found"
  elif find_compiler "$work"; then
    # Static, so that the emulator needs no libraries for aarch64.
    build -static
    "$emulator" -cpu max "$work/kernels_test" neon
    return
  fi
  printf 'rack72: %s, so the native kernels for aarch64 are not tested\n' "$missing"
  # Set where it was seen to that nothing is missing.
  [ -z "${RACK72_REQUIRE_NEON-}" ]
}

run_here
if [ "$(uname -m)" != aarch64 ] && [ "$(uname -m)" != arm64 ]; then
  run_emulated
fi
