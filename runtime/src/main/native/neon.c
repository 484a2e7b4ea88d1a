/*
 * For NEON with the dot products of FEAT_DotProd (Cortex-A76, Neoverse N1, Apple M1 and later). A lane of a
 * register is a weight row, as in avx512.c, so a tile is four registers, its quarters: sdot multiplies
 * four columns of four rows with four activations, which it takes from any lane of a register. Both of its
 * operands are signed, so weights are used without an offset, and the sum begins with nothing.
 *
 * Its speed was never measured. So nothing is fetched ahead here, and the sizes below follow from the
 * number of registers and from avx2.c.
 */
#include "kernels.h"

#if defined(__aarch64__)

#include <arm_neon.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* Weight rows of a register, and the registers of a tile. */
#define LANES 4
#define QUARTERS (TILE_ROWS / LANES)

/* Activation rows whose sums stay in registers beside a block of a quarter. */
#define GROUP 4

/* Activation rows up to which a tile is decoded twice and not stored decoded. */
#define IN_REGISTERS (2 * GROUP)

/* Activation rows whose 8-bit numbers stay in the second-level cache while all tiles pass. */
#define MOST_ROWS 64

static int lesser(int a, int b) {
  return a < b ? a : b;
}

INLINE float32x4_t widen(const uint16_t *bf16) {
  return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(bf16), 16));
}

/* Codes of a block of a weight row, four bytes to a lane. */
INLINE uint32x4_t load_codes(const uint8_t *p) { return vreinterpretq_u32_u8(vld1q_u8(p)); }

/* The low or high halves of two registers, one behind the other. */
INLINE uint8x16_t low_halves(uint32x4_t a, uint32x4_t b) {
  return vreinterpretq_u8_u64(vtrn1q_u64(vreinterpretq_u64_u32(a), vreinterpretq_u64_u32(b)));
}

INLINE uint8x16_t high_halves(uint32x4_t a, uint32x4_t b) {
  return vreinterpretq_u8_u64(vtrn2q_u64(vreinterpretq_u64_u32(a), vreinterpretq_u64_u32(b)));
}

/*
 * A block of four weight rows that lie `stride` bytes apart, as twice the E2M1 values; lane r of register
 * g has columns 4g to 4g + 3 of row r.
 */
INLINE void decode(const uint8_t *p, int64_t stride, int8x16_t w[8]) {
  static const int8_t twice[] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
  const int8x16_t table = vld1q_s8(twice);
  const uint32x4_t a = load_codes(p), b = load_codes(p + stride);
  const uint32x4_t c = load_codes(p + 2 * stride), d = load_codes(p + 3 * stride);
  const uint32x4_t ab0 = vtrn1q_u32(a, b), ab1 = vtrn2q_u32(a, b);
  const uint32x4_t cd0 = vtrn1q_u32(c, d), cd1 = vtrn2q_u32(c, d);
  const uint8x16_t q[4] = {low_halves(ab0, cd0), low_halves(ab1, cd1), high_halves(ab0, cd0),
                           high_halves(ab1, cd1)};
  for (int g = 0; g < 4; g++) {
    w[g] = vqtbl1q_s8(table, vandq_u8(q[g], vdupq_n_u8(15)));
    w[4 + g] = vqtbl1q_s8(table, vshrq_n_u8(q[g], 4));
  }
}

/* Half of 2^(e - 127) for four numbers e; 255 is NaN. */
INLINE float32x4_t half_scales(uint32x4_t e) {
  /* 2^-127, the scale of byte 0, is subnormal. */
  const uint32x4_t bits = vmaxq_u32(vshlq_n_u32(e, 23), vdupq_n_u32(0x00400000));
  const uint32x4_t half = vreinterpretq_u32_f32(vmulq_n_f32(vreinterpretq_f32_u32(bits), 0.5f));
  const uint32x4_t nan = vceqq_u32(e, vdupq_n_u32(255));
  return vreinterpretq_f32_u32(vbslq_u32(nan, vdupq_n_u32(0x7FC00000), half));
}

INLINE void store_scales(uint8x16_t bytes, float *out) {
  const uint16x8_t low = vmovl_u8(vget_low_u8(bytes)), high = vmovl_high_u8(bytes);
  vst1q_f32(out, half_scales(vmovl_u16(vget_low_u16(low))));
  vst1q_f32(out + LANES, half_scales(vmovl_high_u16(low)));
  vst1q_f32(out + 2 * LANES, half_scales(vmovl_u16(vget_low_u16(high))));
  vst1q_f32(out + 3 * LANES, half_scales(vmovl_high_u16(high)));
}

/* Transposes the scales of a tile to [blocks, 16] and widens them; rows behind the last one repeat it. */
static void spread_scales(const uint8_t *scales, int rows, int blocks, float *out) {
  const uint8_t *row[TILE_ROWS];
  for (int r = 0; r < TILE_ROWS; r++) row[r] = scales + (int64_t)lesser(r, rows - 1) * blocks;
  int b = 0;
  for (; b + 16 <= blocks; b += 16) {
    uint8x16_t v[16], u[16];
    for (int r = 0; r < 16; r++) v[r] = vld1q_u8(row[r] + b);
    for (int pass = 0; pass < 4; pass++) {
      for (int i = 0; i < 8; i++) {
        u[2 * i] = vzip1q_u8(v[i], v[i + 8]);
        u[2 * i + 1] = vzip2q_u8(v[i], v[i + 8]);
      }
      for (int i = 0; i < 16; i++) v[i] = u[i];
    }
    for (int i = 0; i < 16; i++) store_scales(v[i], out + (int64_t)(b + i) * TILE_ROWS);
  }
  for (; b < blocks; b++) {
    uint8_t bytes[TILE_ROWS];
    for (int r = 0; r < TILE_ROWS; r++) bytes[r] = row[r][b];
    store_scales(vld1q_u8(bytes), out + (int64_t)b * TILE_ROWS);
  }
}

/* The first of some activation rows that a kernel walks through together, block after block. */
typedef struct {
  const int8_t *x;
  const float *scale;
  int64_t rows;
} walk;

INLINE walk walk_from(const product *p, int row) {
  return (walk){p->x + (int64_t)row * BLOCK, p->xscale + row, p->rows};
}

INLINE void next_block(walk *a) {
  a->x += a->rows * BLOCK;
  a->scale += a->rows;
}

/* The products of a block of four weight rows with one activation row, summed. */
INLINE int32x4_t dot_block(const int8x16_t w[8], const int8_t *x) {
  const int8x16_t low = vld1q_s8(x), high = vld1q_s8(x + BLOCK / 2);
  int32x4_t dot = vdotq_laneq_s32(vdupq_n_s32(0), w[0], low, 0);
  dot = vdotq_laneq_s32(dot, w[1], low, 1);
  dot = vdotq_laneq_s32(dot, w[2], low, 2);
  dot = vdotq_laneq_s32(dot, w[3], low, 3);
  dot = vdotq_laneq_s32(dot, w[4], high, 0);
  dot = vdotq_laneq_s32(dot, w[5], high, 1);
  dot = vdotq_laneq_s32(dot, w[6], high, 2);
  return vdotq_laneq_s32(dot, w[7], high, 3);
}

/* Takes a block of four weight rows and n activation rows into the running sums. */
INLINE void add_block(int n, const int8x16_t w[8], float32x4_t scale, const walk *a, float32x4_t sum[]) {
  for (int t = 0; t < n; t++) {
    const float32x4_t both = vmulq_n_f32(scale, a->scale[t]);
    sum[t] = vfmaq_f32(sum[t], vcvtq_f32_s32(dot_block(w, a->x + t * BLOCK)), both);
  }
}

/* Adds the bias of a tile's weight rows and stores them. */
INLINE void finish(int n, const product *p, int output, float32x4_t sum[QUARTERS][GROUP], int row) {
  const int left = lesser(TILE_ROWS, p->to - output);
  uint16_t bias[TILE_ROWS] = {0};
  if (p->bias) memcpy(bias, p->bias + output, (size_t)left * sizeof *bias);
  for (int t = 0; t < n; t++) {
    float part[TILE_ROWS];
    float *y = p->y + (row + t) * p->stride + output;
    float *to = left == TILE_ROWS ? y : part;
    for (int q = 0; q < QUARTERS; q++)
      vst1q_f32(to + q * LANES, p->bias ? vaddq_f32(sum[q][t], widen(bias + q * LANES)) : sum[q][t]);
    if (to == part) memcpy(y, part, (size_t)left * sizeof *y);
  }
}

/*
 * A block of quarter q of a tile of MXFP4 weights. With a stride they are codes, whose rows lie that far
 * apart, and are decoded in registers; without one they are decoded already.
 */
INLINE void mxfp4_quarter(int n, int q, const uint8_t *tile, int64_t stride, const float *wide, const walk *a,
                          float32x4_t sum[QUARTERS][GROUP]) {
  int8x16_t w[8];
  if (stride) {
    decode(tile + q * LANES * stride, stride, w);
  } else {
    for (int g = 0; g < 8; g++) w[g] = vreinterpretq_s8_u8(vld1q_u8(tile + 64 * g + 16 * q));
  }
  add_block(n, w, vld1q_f32(wide + q * LANES), a, sum[q]);
}

/* A tile of MXFP4 weights, codes or decoded ones, against n activation rows. */
INLINE void mxfp4_tile(int n, const product *p, int output, const uint8_t *tile, int64_t stride,
                       const float *wide, int row) {
  walk a = walk_from(p, row);
  float32x4_t sum[QUARTERS][GROUP];
  for (int q = 0; q < QUARTERS; q++)
    for (int t = 0; t < n; t++) sum[q][t] = vdupq_n_f32(0);
  for (int b = 0; b < p->blocks; b++) {
    /* One by one, since compilers keep the sums in memory where this is a loop. */
    mxfp4_quarter(n, 0, tile, stride, wide, &a, sum);
    mxfp4_quarter(n, 1, tile, stride, wide, &a, sum);
    mxfp4_quarter(n, 2, tile, stride, wide, &a, sum);
    mxfp4_quarter(n, 3, tile, stride, wide, &a, sum);
    tile += stride ? CODE_BYTES : TILE_BYTES;
    wide += TILE_ROWS;
    next_block(&a);
  }
  finish(n, p, output, sum, row);
}

/* A block of quarter q of a tile of 8-bit weights. */
INLINE void int8_quarter(int n, int q, const uint8_t *codes, const uint16_t *scales, const walk *a,
                         float32x4_t sum[QUARTERS][GROUP]) {
  const uint8x16_t offset = vdupq_n_u8(INT8_OFFSET);
  int8x16_t w[8];
  for (int g = 0; g < 8; g++)
    w[g] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(codes + 64 * g + 16 * q), offset));
  add_block(n, w, widen(scales + q * LANES), a, sum[q]);
}

/* A tile of 8-bit weights against n activation rows. */
INLINE void int8_tile(int n, const product *p, int output, const uint8_t *codes, const uint16_t *scales,
                      int row) {
  walk a = walk_from(p, row);
  float32x4_t sum[QUARTERS][GROUP];
  for (int q = 0; q < QUARTERS; q++)
    for (int t = 0; t < n; t++) sum[q][t] = vdupq_n_f32(0);
  for (int b = 0; b < p->blocks; b++) {
    int8_quarter(n, 0, codes, scales, &a, sum);
    int8_quarter(n, 1, codes, scales, &a, sum);
    int8_quarter(n, 2, codes, scales, &a, sum);
    int8_quarter(n, 3, codes, scales, &a, sum);
    codes += TILE_BYTES;
    scales += TILE_ROWS;
    next_block(&a);
  }
  finish(n, p, output, sum, row);
}

/* Decodes a tile to where `mxfp4_decoded` reads it; rows behind the last one repeat it. */
static void decode_tile(const uint8_t *tile, int rows, int blocks, uint8_t *out) {
  const int64_t stride = (int64_t)blocks * CODE_BYTES;
  for (int b = 0; b < blocks; b++, tile += CODE_BYTES, out += TILE_BYTES) {
    uint8_t copy[TILE_ROWS * CODE_BYTES];
    const uint8_t *from = tile;
    int64_t apart = stride;
    if (rows < TILE_ROWS) {
      for (int r = 0; r < TILE_ROWS; r++)
        memcpy(copy + r * CODE_BYTES, tile + lesser(r, rows - 1) * stride, CODE_BYTES);
      from = copy;
      apart = CODE_BYTES;
    }
    for (int q = 0; q < QUARTERS; q++) {
      int8x16_t w[8];
      decode(from + q * LANES * apart, apart, w);
      for (int g = 0; g < 8; g++) vst1q_u8(out + 64 * g + 16 * q, vreinterpretq_u8_s8(w[g]));
    }
  }
}

#include "tiles.h"

void rack72_mxfp4_neon(const product *p, const uint8_t *codes, const uint8_t *scales, uint8_t *scratch) {
  multiply_mxfp4(p, codes, scales, scratch);
}

void rack72_int8_neon(const product *p, const uint8_t *codes, const uint16_t *scales) {
  multiply_int8(p, codes, scales);
}

#endif
