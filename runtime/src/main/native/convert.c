/*
 * Bfloat16 weights into 8-bit ones: the native twin of Int8Conversion.java, which has the contract. Written as loops
 * over the 16 weight rows of a tile, of which compilers make vector instructions: those that every processor has do it
 * as fast as memory, or nearly.
 */
#include "kernels.h"

#include <string.h>

#define PAIRS (BLOCK / 2)

static uint32_t bits_of(float f) {
  uint32_t bits;
  memcpy(&bits, &f, sizeof bits);
  return bits;
}

static float float_of(uint32_t bits) {
  float f;
  memcpy(&f, &bits, sizeof f);
  return f;
}

/*
 * A block of a tile, turned so that its weight rows lie side by side: of each row a pair of columns, the even one in
 * the low half. Of `rows` rows there are `columns` columns; the rest is zero.
 */
static void turn_block(const uint16_t *w, int64_t stride, int rows, int columns,
                       uint32_t pairs[PAIRS][TILE_ROWS]) {
  for (int r = 0; r < TILE_ROWS; r++) {
    uint32_t row[PAIRS] = {0};
    if (r < rows) {
      if (columns == BLOCK) {
        memcpy(row, w + r * stride, sizeof row);
      } else {
        memcpy(row, w + r * stride, (size_t)columns * sizeof *w);
      }
    }
    for (int p = 0; p < PAIRS; p++) pairs[p][r] = row[p];
  }
}

static void convert_block(uint32_t pairs[PAIRS][TILE_ROWS], uint8_t *codes, uint16_t *scales) {
  uint32_t most[TILE_ROWS] = {0};
  for (int p = 0; p < PAIRS; p++) {
    for (int r = 0; r < TILE_ROWS; r++) {
      const uint32_t even = pairs[p][r] << 16 & 0x7FFFFFFF;
      const uint32_t odd = pairs[p][r] & 0x7FFF0000;
      const uint32_t larger = even > odd ? even : odd;
      most[r] = larger > most[r] ? larger : most[r];
    }
  }
  float inverse[TILE_ROWS];
  uint32_t kept[TILE_ROWS];
  for (int r = 0; r < TILE_ROWS; r++) {
    /* Up to the next bfloat16, so that no number exceeds 127. */
    const uint32_t scale = (bits_of(float_of(most[r]) / 127) + 0xFFFF) >> 16;
    const int infinite = most[r] >= 0x7F800000;
    const int tiny = scale < 0x0080;
    inverse[r] = 1 / float_of(scale << 16);
    kept[r] = infinite | tiny ? 0 : 0xFFFFFFFF;
    scales[r] = (uint16_t)(infinite ? 0x7FC0 : tiny ? 0 : scale);
  }
  for (int g = 0; g < PAIRS / 4; g++) {
    uint32_t even[TILE_ROWS] = {0};
    uint32_t odd[TILE_ROWS] = {0};
    for (int i = 0; i < 4; i++) {
      for (int r = 0; r < TILE_ROWS; r++) {
        /* What is added rounds to a whole number, which is then in the low bits. */
        const uint32_t pair = pairs[4 * g + i][r];
        const uint32_t low = bits_of(float_of(pair << 16) * inverse[r] + 0x1.8p23f);
        const uint32_t high = bits_of(float_of(pair & 0xFFFF0000) * inverse[r] + 0x1.8p23f);
        even[r] |= (low & 0xFF) << 8 * i;
        odd[r] |= (high & 0xFF) << 8 * i;
      }
    }
    for (int r = 0; r < TILE_ROWS; r++) {
      even[r] = (even[r] & kept[r]) ^ INT8_OFFSET * 0x01010101u;
      odd[r] = (odd[r] & kept[r]) ^ INT8_OFFSET * 0x01010101u;
    }
    memcpy(codes + g * sizeof even, even, sizeof even);
    memcpy(codes + TILE_BYTES / 2 + g * sizeof odd, odd, sizeof odd);
  }
}

void rack72_convert_int8(const uint16_t *w, int rows, int columns, int from, int to, uint8_t *codes,
                         uint16_t *scales) {
  const int blocks = columns / BLOCK + (columns % BLOCK != 0);
  uint32_t pairs[PAIRS][TILE_ROWS];
  for (int tile = from; tile < to; tile++) {
    const int first = tile * TILE_ROWS;
    const int there = rows - first < TILE_ROWS ? rows - first : TILE_ROWS;
    for (int b = 0; b < blocks; b++) {
      const int wide = columns - b * BLOCK < BLOCK ? columns - b * BLOCK : BLOCK;
      const int64_t at = (int64_t)tile * blocks + b;
      turn_block(w + (int64_t)first * columns + b * BLOCK, columns, there, wide, pairs);
      convert_block(pairs, codes + at * TILE_BYTES, scales + at * TILE_ROWS);
    }
  }
}
