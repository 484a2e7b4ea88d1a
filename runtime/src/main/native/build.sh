#!/bin/sh
# Builds the native kernels into the directory $1, unless they are newer than all their sources. Where
# they cannot be built Rack72 works without them, so that is no error; a compiler that rejects them is.
set -eu

mkdir -p "$1"
library=$(CDPATH='' cd -- "$1" && pwd)/librack72.so
cd -- "$(dirname -- "$0")"

# The directory counts as a source too: its time is that at which a file was removed.
if [ -e "$library" ] && [ -z "$(find . -newer "$library")" ]; then
  exit 0
fi

# The objects stay away from the library, whose directory becomes part of a jar; the library appears
# there when it is whole.
objects=$(mktemp -d)
trap 'rm -rf "$objects" "$library.new"' EXIT

. ./compiler.sh
if ! find_compiler "$objects"; then
  rm -f "$library"
  printf 'rack72: %s, so the native kernels are left out; ' "$missing"
  printf 'the Java kernels compute the same bits, more slowly\n'
  exit 0
fi

compile_kernels . "$objects" ''
# shellcheck disable=SC2086
$compiler -shared "$objects"/*.o -o "$library.new"
mv -f "$library.new" "$library"
