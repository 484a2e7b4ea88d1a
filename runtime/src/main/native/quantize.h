/*
 * What quantizations of bfloat16 weights to 8 bits have in common. The contract is Int8Quantization's in Java. The file
 * that includes this has quantize_row.
 */
#include <string.h>

/* Adding it rounds a float below 2^22 to the nearest whole number, which is then in the low bits. */
#define ROUNDING 0x1.8p23f

/*
 * Quantizes `n` bfloat16 weights of a row, the rest of whose block is zero. They may begin at any address. Codes are of
 * its lane: four at a time, 64 bytes from one four to the next.
 */
static void quantize_row(const uint8_t *w, int n, uint8_t *codes, uint16_t *scale);

/*
 * The bfloat16 scale of weights whose largest magnitude has the bits `amax`, and one divided by it; 0 where all
 * numbers are zero.
 */
static inline float inverse_scale(uint32_t amax, uint16_t *scale) {
  float f;
  uint32_t bits;
  memcpy(&f, &amax, sizeof f);
  f /= 127;
  memcpy(&bits, &f, sizeof bits);
  /* Up to the next bfloat16, so that no number exceeds 127. */
  bits = (bits + 0xFFFF) & 0xFFFF0000;
  const int infinite = amax >= 0x7F800000;
  if (infinite || bits < 0x00800000) {
    *scale = infinite ? 0x7FC0 : 0;
    return 0;
  }
  *scale = (uint16_t)(bits >> 16);
  memcpy(&f, &bits, sizeof f);
  return 1 / f;
}

static void quantize_tiles(const uint8_t *w, int rows, int columns, int from, int to, uint8_t *codes,
                           uint16_t *scales) {
  const int blocks = columns / BLOCK + (columns % BLOCK != 0);
  for (int tile = from; tile < to; tile++) {
    for (int b = 0; b < blocks; b++) {
      const int64_t block = (int64_t)tile * blocks + b;
      const int wide = columns - b * BLOCK < BLOCK ? columns - b * BLOCK : BLOCK;
      for (int r = 0; r < TILE_ROWS; r++) {
        const int64_t row = (int64_t)tile * TILE_ROWS + r;
        const int there = row < rows;
        quantize_row(there ? w + 2 * (row * columns + b * BLOCK) : w, there ? wide : 0,
                     codes + block * TILE_BYTES + 4 * r, scales + block * TILE_ROWS + r);
      }
    }
  }
}
