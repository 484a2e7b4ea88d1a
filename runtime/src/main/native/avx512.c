/*
 * For AVX-512 with VNNI and VBMI (Ice Lake, Zen 4 and later). In products a lane of a register is a weight row,
 * so a block's products are summed with no shuffle: vpdpbusd multiplies four columns of sixteen rows
 * with four activations that are broadcast. Its first operand is unsigned, so the weights are used
 * plus an offset, and the sum begins with what the offset adds too much.
 */
#include "kernels.h"

#if defined(__x86_64__)

#include "lanes512.h"

/* Activation rows whose sums stay in registers beside those of another tile. */
#define GROUP 6

/* Activation rows whose sums stay in registers beside a decoded block. */
#define FEW 10

/* Activation rows that are too few to hide how long a product takes: a block's are added up in two halves. */
#define IN_HALVES 4

/* Activation rows up to which it is faster to decode a tile twice than to store it decoded. */
#define IN_REGISTERS 12

/* Bytes by which a stream of dense weights is fetched ahead. */
#define AHEAD 4096

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
  const __m512i table = mxfp4_table(MXFP4_OFFSET);
  const uint8_t *tile = codes + output * stride;
  /* The next tile lies behind this one, as large: for each block here, the bytes of one of all its rows. */
  const char *next = (const char *)tile + TILE_ROWS * stride;
  walk a = walk_from(p, row);
  __m512 sum[FEW];
  for (int t = 0; t < n; t++) sum[t] = _mm512_setzero_ps();
  for (int b = 0; b < p->blocks; b++) {
    for (int i = 0; i < 4; i++, next += LINE) _mm_prefetch(next, _MM_HINT_T0);
    __m512i w[8], even[FEW], odd[FEW];
    decode(tile, stride, table, w);
    for (int t = 0; t < n; t++) {
      even[t] = _mm512_set1_epi32(a.start[t]);
      odd[t] = _mm512_setzero_si512();
    }
    for (int g = 0; g < 8; g++) {
      for (int t = 0; t < n; t++) {
        const __m512i x = four_columns(&a, t, g);
        if (n <= IN_HALVES && g % 2) {
          odd[t] = _mm512_dpbusd_epi32(odd[t], w[g], x);
        } else {
          even[t] = _mm512_dpbusd_epi32(even[t], w[g], x);
        }
      }
    }
    const __m512 scale = _mm512_loadu_ps(wide);
    for (int t = 0; t < n; t++) {
      const __m512i dot = n <= IN_HALVES ? _mm512_add_epi32(even[t], odd[t]) : even[t];
      sum[t] = add_block(dot, scale, &a, t, sum[t]);
    }
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
  const __m512i table = mxfp4_table(MXFP4_OFFSET);
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
        decode_tile(codes + at * stride, stride, lesser(TILE_ROWS, p->to - at), blocks, table,
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

#include "quantize.h"

/* Here the lanes are pairs of columns of one row. */
static __m128i round_to_bytes(__m512i weights, __m512 inverse) {
  const __m512 scaled = _mm512_mul_ps(_mm512_castsi512_ps(weights), inverse);
  const __m512i bits = _mm512_castps_si512(_mm512_add_ps(scaled, _mm512_set1_ps(ROUNDING)));
  return _mm_xor_si128(_mm512_cvtepi32_epi8(bits), _mm_set1_epi8((char)INT8_OFFSET));
}

static void store_fours(uint8_t *codes, __m128i numbers) {
  for (int g = 0; g < 4; g++) {
    const int four = _mm_cvtsi128_si32(numbers);
    memcpy(codes + 64 * g, &four, sizeof four);
    numbers = _mm_bsrli_si128(numbers, 4);
  }
}

/* The largest of 32 numbers. */
static uint32_t largest(__m512i x) {
  const __m256i of_16 = _mm256_max_epu16(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
  const __m128i of_8 =
      _mm_max_epu16(_mm256_castsi256_si128(of_16), _mm256_extracti128_si256(of_16, 1));
  /* There is an instruction for the least. */
  const __m128i least = _mm_minpos_epu16(_mm_xor_si128(of_8, _mm_set1_epi16(-1)));
  return ~(uint32_t)_mm_cvtsi128_si32(least) & 0xFFFF;
}

static void quantize_row(const uint8_t *w, int n, uint8_t *codes, uint16_t *scale) {
  /* Pairs of columns, the even one in the low half. */
  const __m512i pairs = _mm512_maskz_loadu_epi16(n == BLOCK ? 0xFFFFFFFF : (1u << n) - 1, w);
  const uint32_t amax = largest(_mm512_and_si512(pairs, _mm512_set1_epi16(0x7FFF)));
  const __m512 inverse = _mm512_set1_ps(inverse_scale(amax << 16, scale));
  __m128i even = _mm_set1_epi8((char)INT8_OFFSET);
  __m128i odd = even;
  if (_mm512_cvtss_f32(inverse) != 0) {
    even = round_to_bytes(_mm512_slli_epi32(pairs, 16), inverse);
    odd = round_to_bytes(_mm512_and_si512(pairs, _mm512_set1_epi32((int)0xFFFF0000)), inverse);
  }
  store_fours(codes, even);
  store_fours(codes + TILE_BYTES / 2, odd);
}

void rack72_quantize_avx512(const uint8_t *w, int rows, int columns, int from, int to, uint8_t *codes,
                           uint16_t *scales) {
  quantize_tiles(w, rows, columns, from, to, codes, scales);
}

#endif
