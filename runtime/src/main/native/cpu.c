#include "kernels.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#include <sys/types.h>
#endif

int rack72_has(int instructions) {
#if defined(RACK72_HAS_AMX)
  /* Few rows go to AVX-512. */
  if (instructions == AMX) return rack72_has(AVX512) && rack72_amx_ready();
#endif
#if defined(__x86_64__)
  /* Both compilers' libraries also ask whether the operating system keeps the wide registers. */
  __builtin_cpu_init();
  if (instructions == AVX512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") &&
           __builtin_cpu_supports("avx512vnni");
  if (instructions == AVX2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#elif defined(__aarch64__) && defined(__linux__)
  if (instructions == NEON) return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#elif defined(__aarch64__) && defined(__APPLE__)
  int has = 0;
  size_t size = sizeof has;
  if (instructions == NEON)
    return sysctlbyname("hw.optional.arm.FEAT_DotProd", &has, &size, 0, 0) == 0 && has;
#else
  (void)instructions;
#endif
  return 0;
}
