/*
 * What avx512.c and amx.c have in common: how a tile of MXFP4 weights is decoded, with its scales, and how
 * sums are stored. A lane of a register is a weight row.
 */
#ifndef RACK72_LANES512_H
#define RACK72_LANES512_H

#include "kernels.h"

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

#define LINE 64

/* Activation rows whose 8-bit numbers stay in the second-level cache while all tiles pass. */
#define MOST_ROWS 128

INLINE int lesser(int a, int b) {
  return a < b ? a : b;
}

/* Twice each E2M1 value, plus what makes it unsigned or 0. */
INLINE __m512i mxfp4_table(int offset) {
  /* vpermb looks at six bits of an index, so a table of sixteen that is there four times needs no mask. */
  const __m128i twice = _mm_setr_epi8(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);
  return _mm512_broadcast_i32x4(_mm_add_epi8(twice, _mm_set1_epi8((char)offset)));
}

INLINE __m512i four_rows(const uint8_t *p, int64_t stride) {
  /* Rows 0, 4, 8 and 12 of a tile, 16 bytes each. */
  __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)p));
  v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(p + 4 * stride)), 1);
  v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(p + 8 * stride)), 2);
  return _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(p + 12 * stride)), 3);
}

/* Sixteen bytes of 16 rows as four registers; lane r of register g has bytes 4g to 4g + 3 of row r. */
INLINE void transpose(const uint8_t *p, int64_t stride, __m512i q[4]) {
  const __m512i a = four_rows(p, stride), b = four_rows(p + stride, stride);
  const __m512i c = four_rows(p + 2 * stride, stride), d = four_rows(p + 3 * stride, stride);
  const __m512i ab0 = _mm512_unpacklo_epi32(a, b), ab1 = _mm512_unpackhi_epi32(a, b);
  const __m512i cd0 = _mm512_unpacklo_epi32(c, d), cd1 = _mm512_unpackhi_epi32(c, d);
  q[0] = _mm512_unpacklo_epi64(ab0, cd0);
  q[1] = _mm512_unpackhi_epi64(ab0, cd0);
  q[2] = _mm512_unpacklo_epi64(ab1, cd1);
  q[3] = _mm512_unpackhi_epi64(ab1, cd1);
}

/* A block of 16 rows as eight registers; lane r of register g has columns 4g to 4g + 3 of row r. */
INLINE void decode(const uint8_t *p, int64_t stride, __m512i table, __m512i w[8]) {
  __m512i q[4];
  transpose(p, stride, q);
  for (int g = 0; g < 4; g++) {
    w[g] = _mm512_permutexvar_epi8(q[g], table);
    w[4 + g] = _mm512_permutexvar_epi8(_mm512_srli_epi16(q[g], 4), table);
  }
}

/* Decodes a tile to blocks of eight registers; rows behind the last one repeat it. */
INLINE void decode_tile(const uint8_t *tile, int64_t stride, int rows, int blocks, __m512i table, uint8_t *out) {
  for (int b = 0; b < blocks; b++, tile += CODE_BYTES, out += TILE_BYTES) {
    __m512i w[8];
    if (rows == TILE_ROWS) {
      decode(tile, stride, table, w);
    } else {
      uint8_t copy[TILE_ROWS * CODE_BYTES];
      for (int r = 0; r < TILE_ROWS; r++)
        memcpy(copy + r * CODE_BYTES, tile + (r < rows ? r : rows - 1) * stride, CODE_BYTES);
      decode(copy, CODE_BYTES, table, w);
    }
    for (int g = 0; g < 8; g++) _mm512_storeu_si512(out + LINE * g, w[g]);
  }
}

/* Half of 2^(e - 127) for any bytes e in lanes; 255 is NaN. */
INLINE __m512 any_half_scales(__m512i e) {
  /* 2^-127, the scale of byte 0, is subnormal. */
  const __m512i bits = _mm512_max_epi32(_mm512_slli_epi32(e, 23), _mm512_set1_epi32(0x00400000));
  const __m512 half = _mm512_mul_ps(_mm512_castsi512_ps(bits), _mm512_set1_ps(0.5f));
  const __mmask16 nan = _mm512_cmpeq_epi32_mask(e, _mm512_set1_epi32(255));
  return _mm512_mask_blend_ps(nan, half, _mm512_castsi512_ps(_mm512_set1_epi32(0x7FC00000)));
}

/* Widens the scales of four blocks of 16 rows, a row's in a lane, to [4, 16]. */
INLINE void widen_scales(__m512i bytes, float *out) {
  /* Bytes that are 255, 0 or 1 are 0, 1 or 2 if one is added. */
  const __m512i more = _mm512_add_epi8(bytes, _mm512_set1_epi8(1));
  if (_mm512_cmplt_epu8_mask(more, _mm512_set1_epi8(3))) {
    for (int b = 0; b < 4; b++) {
      const __m512i e = _mm512_and_si512(_mm512_srl_epi32(bytes, _mm_cvtsi32_si128(8 * b)), _mm512_set1_epi32(255));
      _mm512_storeu_ps(out + b * TILE_ROWS, any_half_scales(e));
    }
    return;
  }
  /* All others are the exponent of a float, and of its half if one is taken away. */
  const __m512i less = _mm512_sub_epi8(bytes, _mm512_set1_epi8(1)), exponent = _mm512_set1_epi32(0x7F800000);
  _mm512_storeu_si512(out, _mm512_and_si512(_mm512_slli_epi32(less, 23), exponent));
  _mm512_storeu_si512(out + TILE_ROWS, _mm512_and_si512(_mm512_slli_epi32(less, 15), exponent));
  _mm512_storeu_si512(out + 2 * TILE_ROWS, _mm512_and_si512(_mm512_slli_epi32(less, 7), exponent));
  _mm512_storeu_si512(out + 3 * TILE_ROWS, _mm512_and_si512(_mm512_srli_epi32(less, 1), exponent));
}

/* Transposes the scales of a tile to [blocks, 16] and widens them; rows behind the last one repeat it. */
INLINE void spread_scales(const uint8_t *scales, int rows, int blocks, float *out) {
  if (rows == TILE_ROWS && blocks >= 16) {
    for (int at = 0; at < blocks; at += 16) {
      /* The last sixteen blocks overlap those before them. */
      const int first = lesser(at, blocks - 16);
      __m512i q[4];
      transpose(scales + first, blocks, q);
      for (int i = 0; i < 4; i++) widen_scales(q[i], out + (first + 4 * i) * TILE_ROWS);
    }
    return;
  }
  for (int b = 0; b < blocks; b++) {
    int32_t e[TILE_ROWS];
    for (int r = 0; r < TILE_ROWS; r++) e[r] = scales[(int64_t)lesser(r, rows - 1) * blocks + b];
    _mm512_storeu_ps(out + b * TILE_ROWS, any_half_scales(_mm512_loadu_si512(e)));
  }
}

/* Adds the bias of a tile's weight rows and stores them. */
INLINE void finish(int n, const product *p, int output, const __m512 sum[], int row) {
  const int left = p->to - output;
  const __mmask16 mask = left >= TILE_ROWS ? 0xFFFF : (__mmask16)((1u << left) - 1);
  __m512 bias = _mm512_setzero_ps();
  if (p->bias) {
    const __m256i raw = _mm256_maskz_loadu_epi16(mask, p->bias + output);
    bias = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(raw), 16));
  }
  for (int t = 0; t < n; t++) {
    const __m512 y = p->bias ? _mm512_add_ps(sum[t], bias) : sum[t];
    _mm512_mask_storeu_ps(p->y + (row + t) * p->stride + output, mask, y);
  }
}

#endif
