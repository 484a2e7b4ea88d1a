/*
 * For AVX-512 with VNNI and VBMI (Ice Lake, Zen 4 and later). A lane of a register is a weight row,
 * so a block's products are summed with no shuffle: vpdpbusd multiplies four columns of sixteen rows
 * with four activations that are broadcast. Its first operand is unsigned, so the weights are used
 * plus an offset, and the sum begins with what the offset adds too much.
 */
#include "kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* Activation rows whose sums stay in registers beside those of another tile. */
#define GROUP 6

/* Activation rows whose sums stay in registers beside a decoded block. */
#define FEW 10

/* Activation rows up to which it is faster to decode a tile twice than to store it decoded. */
#define IN_REGISTERS 12

#define LINE 64

/* Bytes by which a stream of dense weights is fetched ahead. */
#define AHEAD 4096

/* Activation rows whose 8-bit numbers stay in the second-level cache while all tiles pass. */
#define MOST_ROWS 128

static int lesser(int a, int b) {
  return a < b ? a : b;
}

INLINE __m512i mxfp4_table(void) {
  /*
   * Twice each E2M1 value, plus MXFP4_OFFSET. vpermb looks at six bits of an index, so a table of
   * sixteen that is there four times needs no mask.
   */
  const __m128i twice = _mm_setr_epi8(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0);
  return _mm512_broadcast_i32x4(twice);
}

INLINE __m512i four_rows(const uint8_t *p, int64_t stride) {
  /* Rows 0, 4, 8 and 12 of a tile, 16 bytes each. */
  __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)p));
  v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(p + 4 * stride)), 1);
  v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(p + 8 * stride)), 2);
  return _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(p + 12 * stride)), 3);
}

/* A block of 16 rows as eight registers; lane r of register g has columns 4g to 4g + 3 of row r. */
INLINE void decode(const uint8_t *p, int64_t stride, __m512i table, __m512i w[8]) {
  const __m512i a = four_rows(p, stride), b = four_rows(p + stride, stride);
  const __m512i c = four_rows(p + 2 * stride, stride), d = four_rows(p + 3 * stride, stride);
  const __m512i ab0 = _mm512_unpacklo_epi32(a, b), ab1 = _mm512_unpackhi_epi32(a, b);
  const __m512i cd0 = _mm512_unpacklo_epi32(c, d), cd1 = _mm512_unpackhi_epi32(c, d);
  const __m512i q[4] = {_mm512_unpacklo_epi64(ab0, cd0), _mm512_unpackhi_epi64(ab0, cd0),
                        _mm512_unpacklo_epi64(ab1, cd1), _mm512_unpackhi_epi64(ab1, cd1)};
  for (int g = 0; g < 4; g++) {
    w[g] = _mm512_permutexvar_epi8(q[g], table);
    w[4 + g] = _mm512_permutexvar_epi8(_mm512_srli_epi16(q[g], 4), table);
  }
}

/* Half of 2^(e - 127) for sixteen bytes e, none of which is 0, 1 or 255: the exponent is one less. */
INLINE __m512 half_scales(__m128i bytes) {
  const __m512i less = _mm512_sub_epi32(_mm512_cvtepu8_epi32(bytes), _mm512_set1_epi32(1));
  return _mm512_castsi512_ps(_mm512_slli_epi32(less, 23));
}

/* The same for any bytes; 255 is NaN. */
static __m512 any_half_scales(__m128i bytes) {
  const __m512i e = _mm512_cvtepu8_epi32(bytes);
  /* 2^-127, the scale of byte 0, is subnormal. */
  const __m512i bits = _mm512_max_epi32(_mm512_slli_epi32(e, 23), _mm512_set1_epi32(0x00400000));
  const __m512 half = _mm512_mul_ps(_mm512_castsi512_ps(bits), _mm512_set1_ps(0.5f));
  const __mmask16 nan = _mm512_cmpeq_epi32_mask(e, _mm512_set1_epi32(255));
  return _mm512_mask_blend_ps(nan, half, _mm512_castsi512_ps(_mm512_set1_epi32(0x7FC00000)));
}

/* Widens the scales of four blocks of a tile, [4, 16]. */
INLINE void widen_scales(__m512i bytes, float *out) {
  const __m128i of[4] = {_mm512_castsi512_si128(bytes), _mm512_extracti32x4_epi32(bytes, 1),
                         _mm512_extracti32x4_epi32(bytes, 2), _mm512_extracti32x4_epi32(bytes, 3)};
  /* Bytes that are 255, 0 or 1 are 0, 1 or 2 if one is added. */
  const __m512i more = _mm512_add_epi8(bytes, _mm512_set1_epi8(1));
  const int rare = _mm512_cmplt_epu8_mask(more, _mm512_set1_epi8(3)) != 0;
  for (int b = 0; b < 4; b++)
    _mm512_storeu_ps(out + b * TILE_ROWS, rare ? any_half_scales(of[b]) : half_scales(of[b]));
}

/* Transposes the scales of a tile to [blocks, 16] and widens them; rows behind the last one repeat it. */
static void spread_scales(const uint8_t *scales, int rows, int blocks, float *out) {
  if (rows == TILE_ROWS && blocks >= 16) {
    /* Blocks of a row lie in a lane, four of all rows as four numbers of four bytes in each lane. */
    const __m512i together = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    for (int at = 0; at < blocks; at += 16) {
      /* The last sixteen blocks overlap those before them. */
      const int first = lesser(at, blocks - 16);
      const uint8_t *p = scales + first;
      const __m512i a = four_rows(p, blocks), b = four_rows(p + blocks, blocks);
      const __m512i c = four_rows(p + 2 * blocks, blocks), d = four_rows(p + 3 * blocks, blocks);
      const __m512i ab0 = _mm512_unpacklo_epi8(a, b), ab1 = _mm512_unpackhi_epi8(a, b);
      const __m512i cd0 = _mm512_unpacklo_epi8(c, d), cd1 = _mm512_unpackhi_epi8(c, d);
      const __m512i q[4] = {_mm512_unpacklo_epi16(ab0, cd0), _mm512_unpackhi_epi16(ab0, cd0),
                            _mm512_unpacklo_epi16(ab1, cd1), _mm512_unpackhi_epi16(ab1, cd1)};
      for (int i = 0; i < 4; i++)
        widen_scales(_mm512_permutexvar_epi32(together, q[i]), out + (first + 4 * i) * TILE_ROWS);
    }
    return;
  }
  for (int b = 0; b < blocks; b++) {
    uint8_t bytes[TILE_ROWS];
    for (int r = 0; r < TILE_ROWS; r++) bytes[r] = scales[(int64_t)lesser(r, rows - 1) * blocks + b];
    _mm512_storeu_ps(out + b * TILE_ROWS, any_half_scales(_mm_loadu_si128((const __m128i *)bytes)));
  }
}

/* The first of some activation rows that a kernel walks through together, block after block. */
typedef struct {
  const int8_t *x;
  const float *scale;
  const int32_t *start;
  int64_t rows;
} walk;

INLINE walk walk_from(const product *p, int row) {
  return (walk){p->x + (int64_t)row * BLOCK, p->xscale + row, p->xstart + row, p->rows};
}

INLINE void next_block(walk *a) {
  a->x += a->rows * BLOCK;
  a->scale += a->rows;
  a->start += a->rows;
}

INLINE __m512i four_columns(const walk *a, int t, int g) {
  int32_t four;
  memcpy(&four, a->x + t * BLOCK + 4 * g, 4);
  return _mm512_set1_epi32(four);
}

/* Takes a block's products with one activation row, already summed, into the running sums. */
INLINE __m512 add_block(__m512i dot, __m512 scale, const walk *a, int t, __m512 sum) {
  const __m512 both = _mm512_mul_ps(scale, _mm512_set1_ps(a->scale[t]));
  return _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), both, sum);
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

/*
 * A tile, or two that follow each other, of 8-bit weights: dense ones as they lie in memory, with scales in
 * bf16, or decoded ones with wide scales. While decoded ones are multiplied, `lines` lines a block are
 * fetched from `ahead` on, until `end`: what is decoded next.
 */
typedef struct {
  const uint8_t *codes;
  const uint16_t *bf16;
  const float *wide;
  const char *ahead;
  const char *end;
  int lines;
} tiles;

INLINE __m512 tile_scale(int decoded, const tiles *w, int64_t index) {
  if (decoded) return _mm512_loadu_ps(w->wide + index * TILE_ROWS);
  const __m256i raw = _mm256_loadu_si256((const __m256i *)(w->bf16 + index * TILE_ROWS));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(raw), 16));
}

/* m tiles of 8-bit weights, one or two, against n activation rows: each activation serves m products. */
INLINE void int8_tiles(int decoded, int m, int n, const product *p, int output, const tiles *w, int row) {
  const int64_t blocks = p->blocks;
  walk a = walk_from(p, row);
  __m512 sum[2][GROUP];
  for (int i = 0; i < m; i++)
    for (int t = 0; t < n; t++) sum[i][t] = _mm512_setzero_ps();
  const char *ahead = w->ahead;
  for (int64_t b = 0; b < blocks; b++) {
    for (int i = 0; decoded && i < w->lines; i++, ahead += LINE) _mm_prefetch(ahead, _MM_HINT_T1);
    __m512i dot[2][GROUP];
    for (int t = 0; t < n; t++) dot[0][t] = dot[1][t] = _mm512_set1_epi32(a.start[t]);
    for (int g = 0; g < 8; g++) {
      __m512i four_of[2];
      for (int i = 0; i < m; i++) {
        const uint8_t *at = w->codes + (i * blocks + b) * TILE_BYTES + LINE * g;
        four_of[i] = _mm512_loadu_si512(at);
        if (!decoded) _mm_prefetch((const char *)at + AHEAD, _MM_HINT_T0);
      }
      for (int t = 0; t < n; t++) {
        const __m512i x = four_columns(&a, t, g);
        for (int i = 0; i < m; i++) dot[i][t] = _mm512_dpbusd_epi32(dot[i][t], four_of[i], x);
      }
    }
    for (int i = 0; i < m; i++) {
      const __m512 scale = tile_scale(decoded, w, i * blocks + b);
      for (int t = 0; t < n; t++) sum[i][t] = add_block(dot[i][t], scale, &a, t, sum[i][t]);
    }
    next_block(&a);
  }
  for (int i = 0; i < m; i++) finish(n, p, output + i * TILE_ROWS, sum[i], row);
}

/* A tile of MXFP4 weights against n activation rows, decoded in registers. */
INLINE void mxfp4_tile(int n, const product *p, int output, const uint8_t *codes, const float *wide,
                       int row) {
  const int64_t stride = (int64_t)p->blocks * CODE_BYTES;
  const __m512i table = mxfp4_table();
  const uint8_t *tile = codes + output * stride;
  /* The next tile lies behind this one, as large: for each block here, the bytes of one of all its rows. */
  const char *next = (const char *)tile + TILE_ROWS * stride;
  walk a = walk_from(p, row);
  __m512 sum[FEW];
  for (int t = 0; t < n; t++) sum[t] = _mm512_setzero_ps();
  for (int b = 0; b < p->blocks; b++) {
    for (int i = 0; i < 4; i++, next += LINE) _mm_prefetch(next, _MM_HINT_T0);
    __m512i w[8], dot[FEW];
    decode(tile, stride, table, w);
    for (int t = 0; t < n; t++) dot[t] = _mm512_set1_epi32(a.start[t]);
    for (int g = 0; g < 8; g++)
      for (int t = 0; t < n; t++) dot[t] = _mm512_dpbusd_epi32(dot[t], w[g], four_columns(&a, t, g));
    const __m512 scale = _mm512_loadu_ps(wide);
    for (int t = 0; t < n; t++) sum[t] = add_block(dot[t], scale, &a, t, sum[t]);
    tile += CODE_BYTES;
    wide += TILE_ROWS;
    next_block(&a);
  }
  finish(n, p, output, sum, row);
}

static void dense_rows(int m, int n, const product *p, int output, const tiles *w, int row) {
  switch (m * 8 + n) {
    case 9: int8_tiles(0, 1, 1, p, output, w, row); break;
    case 10: int8_tiles(0, 1, 2, p, output, w, row); break;
    case 11: int8_tiles(0, 1, 3, p, output, w, row); break;
    case 12: int8_tiles(0, 1, 4, p, output, w, row); break;
    case 13: int8_tiles(0, 1, 5, p, output, w, row); break;
    case 14: int8_tiles(0, 1, 6, p, output, w, row); break;
    case 17: int8_tiles(0, 2, 1, p, output, w, row); break;
    case 18: int8_tiles(0, 2, 2, p, output, w, row); break;
    case 19: int8_tiles(0, 2, 3, p, output, w, row); break;
    case 20: int8_tiles(0, 2, 4, p, output, w, row); break;
    case 21: int8_tiles(0, 2, 5, p, output, w, row); break;
    default: int8_tiles(0, 2, 6, p, output, w, row); break;
  }
}

static void decoded_rows(int m, int n, const product *p, int output, const tiles *w, int row) {
  switch (m * 8 + n) {
    case 9: int8_tiles(1, 1, 1, p, output, w, row); break;
    case 10: int8_tiles(1, 1, 2, p, output, w, row); break;
    case 11: int8_tiles(1, 1, 3, p, output, w, row); break;
    case 12: int8_tiles(1, 1, 4, p, output, w, row); break;
    case 13: int8_tiles(1, 1, 5, p, output, w, row); break;
    case 14: int8_tiles(1, 1, 6, p, output, w, row); break;
    case 17: int8_tiles(1, 2, 1, p, output, w, row); break;
    case 18: int8_tiles(1, 2, 2, p, output, w, row); break;
    case 19: int8_tiles(1, 2, 3, p, output, w, row); break;
    case 20: int8_tiles(1, 2, 4, p, output, w, row); break;
    case 21: int8_tiles(1, 2, 5, p, output, w, row); break;
    default: int8_tiles(1, 2, 6, p, output, w, row); break;
  }
}

static void mxfp4_rows(int n, const product *p, int output, const uint8_t *codes, const float *wide,
                       int row) {
  switch (n) {
    case 1: mxfp4_tile(1, p, output, codes, wide, row); break;
    case 2: mxfp4_tile(2, p, output, codes, wide, row); break;
    case 3: mxfp4_tile(3, p, output, codes, wide, row); break;
    case 4: mxfp4_tile(4, p, output, codes, wide, row); break;
    case 5: mxfp4_tile(5, p, output, codes, wide, row); break;
    case 6: mxfp4_tile(6, p, output, codes, wide, row); break;
    case 7: mxfp4_tile(7, p, output, codes, wide, row); break;
    case 8: mxfp4_tile(8, p, output, codes, wide, row); break;
    case 9: mxfp4_tile(9, p, output, codes, wide, row); break;
    default: mxfp4_tile(10, p, output, codes, wide, row); break;
  }
}

/* Decodes a tile to where `int8_tiles` reads it; rows behind the last one repeat it. */
static void decode_tile(const uint8_t *tile, int rows, int blocks, uint8_t *out) {
  const int64_t stride = (int64_t)blocks * CODE_BYTES;
  const __m512i table = mxfp4_table();
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

/* Tiles against many activation rows, in groups of nearly one size: small ones take longer for each row. */
static void all_rows(int decoded, int m, const product *p, int output, tiles *w, int first, int last) {
  int groups = (last - first + GROUP - 1) / GROUP;
  /* Evenly, since all at once would hold up the loads. */
  const int lines = (2 * TILE_ROWS * CODE_BYTES / LINE + groups - 1) / groups;
  for (int t = first; t < last; groups--) {
    const int n = (last - t + groups - 1) / groups;
    if (decoded) {
      w->lines = w->ahead < w->end ? lines : 0;
      decoded_rows(m, n, p, output, w, t);
      w->ahead += (int64_t)w->lines * LINE * p->blocks;
    } else {
      dense_rows(m, n, p, output, w, t);
    }
    t += n;
  }
}

/* Tiles of MXFP4 weights, one or two, against few activation rows. */
static void few_rows(int m, const product *p, int output, const uint8_t *codes, const float *wide, int first,
                     int last) {
  const int rows = last - first, part = rows <= FEW ? rows : (rows + 1) / 2;
  for (int i = 0; i < m; i++, output += TILE_ROWS, wide += (int64_t)p->blocks * TILE_ROWS)
    for (int t = first; t < last; t += part) mxfp4_rows(lesser(part, last - t), p, output, codes, wide, t);
}

void rack72_mxfp4_avx512(const product *p, const uint8_t *codes, const uint8_t *scales, uint8_t *scratch) {
  const int blocks = p->blocks;
  const int64_t stride = (int64_t)blocks * CODE_BYTES;
  float *wide = (float *)(void *)(scratch + 2 * (int64_t)blocks * TILE_BYTES);
  for (int first = 0; first < p->rows; first += MOST_ROWS) {
    const int last = lesser(p->rows, first + MOST_ROWS);
    for (int output = p->from; output < p->to; output += 2 * TILE_ROWS) {
      const int left = p->to - output, m = left > TILE_ROWS ? 2 : 1;
      /* The scales of the next tiles come while these are used; they are few enough to ask for at once. */
      const int scales_end = lesser(output + 4 * TILE_ROWS, p->to);
      for (int64_t i = (output + 2 * TILE_ROWS) * (int64_t)blocks; i < scales_end * (int64_t)blocks; i += LINE)
        _mm_prefetch((const char *)scales + i, _MM_HINT_T1);
      for (int i = 0; i < m; i++) {
        const int at = output + i * TILE_ROWS;
        spread_scales(scales + (int64_t)at * blocks, lesser(TILE_ROWS, p->to - at), blocks,
                      wide + (int64_t)i * blocks * TILE_ROWS);
      }
      if (left >= m * TILE_ROWS && last - first <= IN_REGISTERS) {
        few_rows(m, p, output, codes, wide, first, last);
        continue;
      }
      for (int i = 0; i < m; i++) {
        const int at = output + i * TILE_ROWS;
        decode_tile(codes + at * stride, lesser(TILE_ROWS, p->to - at), blocks,
                    scratch + (int64_t)i * blocks * TILE_BYTES);
      }
      const char *next = (const char *)codes + lesser(output + 2 * TILE_ROWS, p->to) * stride;
      const char *end = (const char *)codes + lesser(output + 4 * TILE_ROWS, p->to) * stride;
      tiles w = {scratch, 0, wide, next, end, 0};
      all_rows(1, m, p, output, &w, first, last);
    }
  }
}

void rack72_int8_avx512(const product *p, const uint8_t *codes, const uint16_t *scales) {
  for (int first = 0; first < p->rows; first += MOST_ROWS) {
    const int last = lesser(p->rows, first + MOST_ROWS);
    for (int output = p->from; output < p->to; output += 2 * TILE_ROWS) {
      const int64_t tile = (int64_t)output / TILE_ROWS * p->blocks;
      const int m = p->to - output > TILE_ROWS ? 2 : 1;
      tiles w = {codes + tile * TILE_BYTES, scales + tile * TILE_ROWS, 0, 0, 0, 0};
      all_rows(0, m, p, output, &w, first, last);
    }
  }
}

#endif
