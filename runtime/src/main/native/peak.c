/*
 * How many products of bytes the processor can add up, for reports that compare the kernels with it:
 * independent chains of their instructions, on registers alone. Called from Java.
 */
#include "kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

/*
 * Chains are single variables, more than a processor has under way, since compilers keep an array of them
 * in memory; and an instruction that both reads and writes its sum is written as itself, since they put
 * copies of registers beside its intrinsic.
 */
__attribute__((target("avx512f"))) static int64_t peak_avx512(int64_t rounds) {
  const __m512i one = _mm512_set1_epi8(1);
  __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a, e = a, f = a;
  __m512i g = a, h = a, i = a, j = a, k = a, l = a;
  for (int64_t r = 0; r < rounds; r++) {
    __asm__ volatile(
        "vpdpbusd %[one], %[one], %[a]\n\tvpdpbusd %[one], %[one], %[b]\n\t"
        "vpdpbusd %[one], %[one], %[c]\n\tvpdpbusd %[one], %[one], %[d]\n\t"
        "vpdpbusd %[one], %[one], %[e]\n\tvpdpbusd %[one], %[one], %[f]\n\t"
        "vpdpbusd %[one], %[one], %[g]\n\tvpdpbusd %[one], %[one], %[h]\n\t"
        "vpdpbusd %[one], %[one], %[i]\n\tvpdpbusd %[one], %[one], %[j]\n\t"
        "vpdpbusd %[one], %[one], %[k]\n\tvpdpbusd %[one], %[one], %[l]"
        : [a] "+v"(a), [b] "+v"(b), [c] "+v"(c), [d] "+v"(d), [e] "+v"(e), [f] "+v"(f), [g] "+v"(g),
          [h] "+v"(h), [i] "+v"(i), [j] "+v"(j), [k] "+v"(k), [l] "+v"(l)
        : [one] "v"(one));
  }
  const __m512i sums[] = {a, b, c, d, e, f, g, h, i, j, k, l};
  int64_t all = 0;
  for (int n = 0; n < 12; n++) all += _mm512_reduce_add_epi32(sums[n]);
  return all;
}

/* Where the compiler does not see that it has multiplied the same already. */
__attribute__((target("avx2"), always_inline)) static inline __m256i two(__m256i one) {
  __m256i sums;
  __asm__ volatile("vpmaddubsw %1, %1, %0" : "=x"(sums) : "x"(one));
  return sums;
}

/* The mix of the MXFP4 kernel: its weights are so small that four sums of two products fit in 16 bits. */
__attribute__((target("avx2"), always_inline)) static inline __m256i eight(__m256i one, __m256i sum) {
  const __m256i four = _mm256_add_epi16(two(one), two(one));
  const __m256i some = _mm256_add_epi16(four, _mm256_add_epi16(two(one), two(one)));
  return _mm256_add_epi32(sum, _mm256_madd_epi16(some, _mm256_set1_epi16(1)));
}

__attribute__((target("avx2"))) static int64_t peak_avx2(int64_t rounds) {
  const __m256i one = _mm256_set1_epi8(1);
  __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
  for (int64_t r = 0; r < rounds; r++) {
    a = eight(one, a);
    b = eight(one, b);
    c = eight(one, c);
    d = eight(one, d);
  }
  int32_t lanes[4][8];
  _mm256_storeu_si256((__m256i *)lanes[0], a);
  _mm256_storeu_si256((__m256i *)lanes[1], b);
  _mm256_storeu_si256((__m256i *)lanes[2], c);
  _mm256_storeu_si256((__m256i *)lanes[3], d);
  int64_t all = 0;
  for (int n = 0; n < 4; n++)
    for (int lane = 0; lane < 8; lane++) all += lanes[n][lane];
  return all;
}

#elif defined(__aarch64__)

#include <arm_neon.h>

static inline __attribute__((always_inline)) int32x4_t sixteen(int8x16_t one, int32x4_t sum) {
  __asm__ volatile("sdot %0.4s, %1.16b, %1.16b" : "+w"(sum) : "w"(one));
  return sum;
}

/* There are processors that begin four of these at a time and have each after three cycles. */
static int64_t peak_neon(int64_t rounds) {
  const int8x16_t one = vdupq_n_s8(1);
  int32x4_t a = vdupq_n_s32(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  int32x4_t i = a, j = a, k = a, l = a, m = a, n = a, o = a, p = a;
  for (int64_t r = 0; r < rounds; r++) {
    a = sixteen(one, a);
    b = sixteen(one, b);
    c = sixteen(one, c);
    d = sixteen(one, d);
    e = sixteen(one, e);
    f = sixteen(one, f);
    g = sixteen(one, g);
    h = sixteen(one, h);
    i = sixteen(one, i);
    j = sixteen(one, j);
    k = sixteen(one, k);
    l = sixteen(one, l);
    m = sixteen(one, m);
    n = sixteen(one, n);
    o = sixteen(one, o);
    p = sixteen(one, p);
  }
  const int32x4_t sums[] = {a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p};
  int64_t all = 0;
  for (int s = 0; s < 16; s++) all += vaddlvq_s32(sums[s]);
  return all;
}

#endif

/*
 * Multiplies and adds for so many rounds, at most 2^24. The sum of all products is returned: each is
 * 1, so that it tells how many there were.
 */
int64_t rack72_int8_peak(int instructions, int64_t rounds) {
#if defined(RACK72_HAS_AMX)
  if (instructions == AMX) return rack72_amx_peak(rounds);
#endif
#if defined(__x86_64__)
  if (instructions == AVX512) return peak_avx512(rounds);
  if (instructions == AVX2) return peak_avx2(rounds);
#elif defined(__aarch64__)
  if (instructions == NEON) return peak_neon(rounds);
#else
  (void)instructions, (void)rounds;
#endif
  return 0;
}
