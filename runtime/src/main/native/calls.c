/*
 * What Java calls: the products with their parts as single arguments, since the address of a Java array can be an
 * argument but not lie in a struct, and the quantization of weights.
 */
#include "kernels.h"

void rack72_mxfp4(int instructions, const int8_t *x, const float *xscale, const int32_t *xstart,
                  const uint16_t *bias, float *y, int64_t stride, int rows, int blocks, int from, int to,
                  const uint8_t *codes, const uint8_t *scales, uint8_t *scratch) {
  const product p = {x, xscale, xstart, bias, y, stride, rows, blocks, from, to};
#if defined(__x86_64__)
#if defined(RACK72_HAS_AMX)
  if (instructions == AMX) {
    rack72_mxfp4_amx(&p, codes, scales, scratch);
    return;
  }
#endif
  if (instructions == AVX512) {
    rack72_mxfp4_avx512(&p, codes, scales, scratch);
  } else if (instructions == AVX2) {
    rack72_mxfp4_avx2(&p, codes, scales, scratch);
  }
#elif defined(__aarch64__)
  if (instructions == NEON) rack72_mxfp4_neon(&p, codes, scales, scratch);
#else
  (void)instructions, (void)p, (void)codes, (void)scales, (void)scratch;
#endif
}

void rack72_int8(int instructions, const int8_t *x, const float *xscale, const int32_t *xstart,
                 const uint16_t *bias, float *y, int64_t stride, int rows, int blocks, int from, int to,
                 const uint8_t *codes, const uint16_t *scales, uint8_t *scratch) {
  /* AMX alone takes it. */
  (void)scratch;
  const product p = {x, xscale, xstart, bias, y, stride, rows, blocks, from, to};
#if defined(__x86_64__)
#if defined(RACK72_HAS_AMX)
  if (instructions == AMX) {
    rack72_int8_amx(&p, codes, scales, scratch);
    return;
  }
#endif
  if (instructions == AVX512) {
    rack72_int8_avx512(&p, codes, scales);
  } else if (instructions == AVX2) {
    rack72_int8_avx2(&p, codes, scales);
  }
#elif defined(__aarch64__)
  if (instructions == NEON) rack72_int8_neon(&p, codes, scales);
#else
  (void)instructions, (void)p, (void)codes, (void)scales;
#endif
}

void rack72_quantize_int8(int instructions, const uint8_t *w, int rows, int columns, int from, int to,
                         uint8_t *codes, uint16_t *scales) {
#if defined(__x86_64__)
  if (instructions == AVX512 || instructions == AMX) {
    rack72_quantize_avx512(w, rows, columns, from, to, codes, scales);
    return;
  }
#else
  (void)instructions;
#endif
  rack72_quantize(w, rows, columns, from, to, codes, scales);
}
