# What building the native kernels and testing them share: read by build.sh and by the tests' run.sh.
#
#   CC   the C compiler to use; without it one is looked for

flags='-std=c11 -O3 -fPIC -ffp-contract=off -Wall -Wextra'

# Leaves a compiler that can build the kernels in $compiler and its flags for each set of instructions,
# with scratch files in the directory $1; where there is none it fails and leaves the reason in $missing.
# Compilers and flags are lists of words.
# shellcheck disable=SC2086
find_compiler() {
  compiler=
  for candidate in "${CC-}" cc gcc clang; do
    if command -v "${candidate%% *}" >/dev/null; then
      compiler=$candidate
      break
    fi
  done
  if [ -z "$compiler" ]; then
    missing='no C compiler found'
    return 1
  fi
  avx2= avx512= amx= neon=
  case $($compiler -dumpmachine 2>/dev/null) in
    x86_64-* | amd64-*)
      avx2='-mavx2 -mfma'
      avx512='-mavx512f -mavx512bw -mavx512vl -mavx512vbmi -mavx512vnni'
      header=immintrin.h
      ;;
    aarch64-* | arm64-*)
      neon='-march=armv8.2-a+dotprod'
      header=arm_neon.h
      ;;
    *)
      missing="$compiler is neither for x86-64 nor for aarch64"
      return 1
      ;;
  esac
  # Linux lets a process ask for AMX. Compilers that are older than it build the others.
  if [ -n "$avx512" ]; then
    amx="$avx512 -mamx-tile -mamx-int8"
    { printf '#if !defined(__linux__)\n#error\n#endif\n#include <cpuid.h>\n#include <sys/syscall.h>\n'
      printf 'void f(void) { __asm__("tdpbssd %%tmm2, %%tmm1, %%tmm0"); }\n'; } |
      $compiler $flags $amx -c -x c - -o "$1/empty" 2>/dev/null || amx=
  fi
  # Some compilers have no headers or no linker, or are older than the instructions.
  printf '#include <%s>\n#include <string.h>\n' "$header" |
    $compiler $flags $avx2 $avx512 $neon -shared -x c - -o "$1/empty" 2>/dev/null || {
    missing="$compiler cannot build them"
    return 1
  }
}

# Compiles each source of directory $1 into directory $2, with the further flags $3.
# shellcheck disable=SC2086
compile_kernels() {
  has_amx=${amx:+-DRACK72_HAS_AMX}
  for source in "$1"/*.c; do
    name=${source##*/}
    case $name in
      avx2.c) instructions=$avx2 ;;
      avx512.c) instructions=$avx512 ;;
      amx.c) instructions=$amx ;;
      # A function for NEON cannot say itself what it wants in a way that all compilers take.
      neon.c | peak.c) instructions=$neon ;;
      *) instructions= ;;
    esac
    $compiler $flags $has_amx $instructions $3 -c "$source" -o "$2/${name%.c}.o"
  done
}
