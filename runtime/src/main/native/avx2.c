/*
 * For AVX2 with FMA (Haswell, Zen and later). A lane of a register is a weight row, as in avx512.c, so
 * a tile is two registers. There is no instruction that multiplies bytes and adds into 32 bits:
 * vpmaddubsw adds two products into 16 bits, and what is written here keeps those from overflowing.
 */
#if defined(__x86_64__)

#include "kernels.h"

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* Weight rows of a register, of which a tile has two. */
#define LANES 8

/* Activation rows whose sums stay in registers. */
#define GROUP 4

/* Activation rows up to which it is faster to decode a tile twice than to store it decoded. */
#define IN_REGISTERS (2 * GROUP)

/* Bytes by which a stream of weights is fetched ahead. */
#define AHEAD 4096

/* Activation rows whose 8-bit numbers stay in the second-level cache while all tiles pass. */
#define MOST_ROWS 64

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

INLINE __m256i four_columns(const walk *a, int t, int g) {
  int32_t four;
  memcpy(&four, a->x + t * BLOCK + 4 * g, 4);
  return _mm256_set1_epi32(four);
}

INLINE __m256i load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }

INLINE __m256 widen(const uint16_t *bf16) {
  const __m128i raw = _mm_loadu_si128((const __m128i *)(const void *)bf16);
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(raw), 16));
}

/* Takes a block's products with one activation row, already summed, into the running sums. */
INLINE __m256 add_block(__m256i dot, __m256 scale, const walk *a, int t, __m256 sum) {
  const __m256 both = _mm256_mul_ps(scale, _mm256_set1_ps(a->scale[t]));
  return _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), both, sum);
}

static int lesser(int a, int b) { return a < b ? a : b; }

/* Adds the bias of a tile's weight rows and stores them. */
INLINE void finish(int n, const product *p, int output, __m256 sum[2][GROUP], int row) {
  const int left = lesser(TILE_ROWS, p->to - output);
  uint16_t bias[TILE_ROWS] = {0};
  if (p->bias) memcpy(bias, p->bias + output, (size_t)left * sizeof *bias);
  for (int h = 0; h < 2; h++) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(left - h * LANES), lane);
    for (int t = 0; t < n; t++) {
      const __m256 y = p->bias ? _mm256_add_ps(sum[h][t], widen(bias + h * LANES)) : sum[h][t];
      float *to = p->y + (row + t) * p->stride + output + h * LANES;
      if (left == TILE_ROWS) {
        _mm256_storeu_ps(to, y);
      } else {
        _mm256_maskstore_ps(to, mask, y);
      }
    }
  }
}

/* A block of the codes of eight weight rows; lane r of register i has bytes 4i to 4i + 3 of row r. */
INLINE void transpose(const uint8_t *p, int64_t stride, __m256i q[4]) {
  __m256i v[4];
  for (int i = 0; i < 4; i++) {
    const __m128i low = _mm_loadu_si128((const __m128i *)(p + i * stride));
    const __m128i high = _mm_loadu_si128((const __m128i *)(p + (i + 4) * stride));
    v[i] = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
  }
  const __m256i ab0 = _mm256_unpacklo_epi32(v[0], v[1]), ab1 = _mm256_unpackhi_epi32(v[0], v[1]);
  const __m256i cd0 = _mm256_unpacklo_epi32(v[2], v[3]), cd1 = _mm256_unpackhi_epi32(v[2], v[3]);
  q[0] = _mm256_unpacklo_epi64(ab0, cd0);
  q[1] = _mm256_unpackhi_epi64(ab0, cd0);
  q[2] = _mm256_unpacklo_epi64(ab1, cd1);
  q[3] = _mm256_unpackhi_epi64(ab1, cd1);
}

/* Columns 4g to 4g + 3 of eight weight rows: twice each E2M1 value, plus MXFP4_OFFSET. */
INLINE __m256i decode(const __m256i q[4], int g) {
  const __m128i twice = _mm_setr_epi8(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0);
  const __m256i codes = g < 4 ? q[g] : _mm256_srli_epi16(q[g - 4], 4);
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(twice),
                             _mm256_and_si256(codes, _mm256_set1_epi8(15)));
}

/* Half of 2^(e - 127) for eight bytes e; 255 is NaN. */
INLINE __m256 half_scales(__m128i bytes) {
  const __m256i e = _mm256_cvtepu8_epi32(bytes);
  /* 2^-127, the scale of byte 0, is subnormal. */
  const __m256i bits = _mm256_max_epi32(_mm256_slli_epi32(e, 23), _mm256_set1_epi32(0x00400000));
  const __m256 half = _mm256_mul_ps(_mm256_castsi256_ps(bits), _mm256_set1_ps(0.5f));
  const __m256i nan = _mm256_cmpeq_epi32(e, _mm256_set1_epi32(255));
  return _mm256_blendv_ps(half, _mm256_castsi256_ps(_mm256_set1_epi32(0x7FC00000)), _mm256_castsi256_ps(nan));
}

INLINE void store_scales(__m128i bytes, float *out) {
  _mm256_storeu_ps(out, half_scales(bytes));
  _mm256_storeu_ps(out + LANES, half_scales(_mm_srli_si128(bytes, LANES)));
}

/* Transposes the scales of a tile to [blocks, 16] and widens them; rows behind the last one repeat it. */
static void spread_scales(const uint8_t *scales, int rows, int blocks, float *out) {
  const uint8_t *row[TILE_ROWS];
  for (int r = 0; r < TILE_ROWS; r++) row[r] = scales + (int64_t)(r < rows ? r : rows - 1) * blocks;
  int b = 0;
  for (; b + 16 <= blocks; b += 16) {
    __m128i v[16], u[16];
    for (int r = 0; r < 16; r++) v[r] = _mm_loadu_si128((const __m128i *)(row[r] + b));
    for (int pass = 0; pass < 4; pass++) {
      for (int i = 0; i < 8; i++) {
        u[2 * i] = _mm_unpacklo_epi8(v[i], v[i + 8]);
        u[2 * i + 1] = _mm_unpackhi_epi8(v[i], v[i + 8]);
      }
      for (int i = 0; i < 16; i++) v[i] = u[i];
    }
    for (int i = 0; i < 16; i++) store_scales(v[i], out + (int64_t)(b + i) * TILE_ROWS);
  }
  for (; b < blocks; b++) {
    uint8_t bytes[TILE_ROWS];
    for (int r = 0; r < TILE_ROWS; r++) bytes[r] = row[r][b];
    store_scales(_mm_loadu_si128((const __m128i *)bytes), out + (int64_t)b * TILE_ROWS);
  }
}

/*
 * A tile of MXFP4 weights against n activation rows. With a stride they are codes, whose rows lie that
 * far apart, and are decoded in registers; without one they are decoded already.
 */
INLINE void mxfp4_tile(int n, const product *p, int output, const uint8_t *tile, int64_t stride,
                       const float *wide, int row) {
  walk a = walk_from(p, row);
  const __m256i ones = _mm256_set1_epi16(1);
  __m256 sum[2][GROUP];
  for (int h = 0; h < 2; h++)
    for (int t = 0; t < n; t++) sum[h][t] = _mm256_setzero_ps();
  for (int b = 0; b < p->blocks; b++) {
    if (stride) {
      /* The next tile lies behind this one, as large: for each block here, the bytes of one of all its rows. */
      const char *next = (const char *)tile + TILE_ROWS * (stride + (int64_t)b * CODE_BYTES);
      for (int i = 0; i < 4; i++) _mm_prefetch(next + 64 * i, _MM_HINT_T0);
    }
    __m256i q[2][4], dot[2][GROUP];
    for (int h = 0; h < 2; h++)
      if (stride) transpose(tile + h * LANES * stride + (int64_t)b * CODE_BYTES, stride, q[h]);
    for (int t = 0; t < n; t++) dot[0][t] = dot[1][t] = _mm256_set1_epi32(a.start[t]);
    /* Weights up to 24 and activations up to 127: four sums of two products fit in 16 bits. */
    for (int first = 0; first < 8; first += 4) {
      __m256i some[2][GROUP];
      for (int t = 0; t < n; t++) some[0][t] = some[1][t] = _mm256_setzero_si256();
      for (int g = first; g < first + 4; g++) {
        const uint8_t *at = tile + (int64_t)b * TILE_BYTES + 64 * g;
        __m256i w[2];
        for (int h = 0; h < 2; h++) w[h] = stride ? decode(q[h], g) : load(at + 32 * h);
        for (int t = 0; t < n; t++) {
          const __m256i x = four_columns(&a, t, g);
          for (int h = 0; h < 2; h++)
            some[h][t] = _mm256_add_epi16(some[h][t], _mm256_maddubs_epi16(w[h], x));
        }
      }
      for (int h = 0; h < 2; h++)
        for (int t = 0; t < n; t++)
          dot[h][t] = _mm256_add_epi32(dot[h][t], _mm256_madd_epi16(some[h][t], ones));
    }
    for (int h = 0; h < 2; h++) {
      const __m256 scale = _mm256_loadu_ps(wide + (int64_t)b * TILE_ROWS + h * LANES);
      for (int t = 0; t < n; t++) sum[h][t] = add_block(dot[h][t], scale, &a, t, sum[h][t]);
    }
    next_block(&a);
  }
  finish(n, p, output, sum, row);
}

/* A tile of 8-bit weights against n activation rows. */
INLINE void int8_tile(int n, const product *p, int output, const uint8_t *codes, const uint16_t *scales,
                      int row) {
  walk a = walk_from(p, row);
  const __m256i ones = _mm256_set1_epi16(1), offset = _mm256_set1_epi8((char)INT8_OFFSET);
  __m256 sum[2][GROUP];
  for (int h = 0; h < 2; h++)
    for (int t = 0; t < n; t++) sum[h][t] = _mm256_setzero_ps();
  for (int b = 0; b < p->blocks; b++) {
    __m256i dot[2][GROUP];
    for (int t = 0; t < n; t++) dot[0][t] = dot[1][t] = _mm256_setzero_si256();
    for (int g = 0; g < 8; g++) {
      const uint8_t *at = codes + (int64_t)b * TILE_BYTES + 64 * g;
      _mm_prefetch((const char *)at + AHEAD, _MM_HINT_T0);
      /*
       * Two products with a weight plus its offset overflow 16 bits; two with a weight's magnitude do
       * not. So the sign moves to the activation, and the sum begins with nothing.
       */
      __m256i w[2], magnitude[2];
      for (int h = 0; h < 2; h++) {
        w[h] = _mm256_xor_si256(load(at + 32 * h), offset);
        magnitude[h] = _mm256_abs_epi8(w[h]);
      }
      for (int t = 0; t < n; t++) {
        const __m256i x = four_columns(&a, t, g);
        for (int h = 0; h < 2; h++) {
          const __m256i two = _mm256_maddubs_epi16(magnitude[h], _mm256_sign_epi8(x, w[h]));
          dot[h][t] = _mm256_add_epi32(dot[h][t], _mm256_madd_epi16(two, ones));
        }
      }
    }
    for (int h = 0; h < 2; h++) {
      const __m256 scale = widen(scales + (int64_t)b * TILE_ROWS + h * LANES);
      for (int t = 0; t < n; t++) sum[h][t] = add_block(dot[h][t], scale, &a, t, sum[h][t]);
    }
    next_block(&a);
  }
  finish(n, p, output, sum, row);
}

/* Decodes a tile to where `mxfp4_decoded` reads it; rows behind the last one repeat it. */
static void decode_tile(const uint8_t *tile, int rows, int blocks, uint8_t *out) {
  const int64_t stride = (int64_t)blocks * CODE_BYTES;
  for (int b = 0; b < blocks; b++) {
    /* A part of the next tile comes while this one is used. */
    const char *next = (const char *)tile + TILE_ROWS * (stride + (int64_t)b * CODE_BYTES);
    for (int i = 0; i < 4; i++) _mm_prefetch(next + 64 * i, _MM_HINT_T1);
    uint8_t copy[TILE_ROWS * CODE_BYTES];
    const uint8_t *from = tile + (int64_t)b * CODE_BYTES;
    int64_t apart = stride;
    if (rows < TILE_ROWS) {
      for (int r = 0; r < TILE_ROWS; r++)
        memcpy(copy + r * CODE_BYTES, from + (r < rows ? r : rows - 1) * stride, CODE_BYTES);
      from = copy;
      apart = CODE_BYTES;
    }
    for (int h = 0; h < 2; h++) {
      __m256i q[4];
      transpose(from + h * LANES * apart, apart, q);
      for (int g = 0; g < 8; g++)
        _mm256_storeu_si256((__m256i *)(out + (int64_t)b * TILE_BYTES + 64 * g + 32 * h), decode(q, g));
    }
  }
}

#include "tiles.h"

void rack72_mxfp4_avx2(const product *p, const uint8_t *codes, const uint8_t *scales, uint8_t *scratch) {
  multiply_mxfp4(p, codes, scales, scratch);
}

void rack72_int8_avx2(const product *p, const uint8_t *codes, const uint16_t *scales) {
  multiply_int8(p, codes, scales);
}

#endif
