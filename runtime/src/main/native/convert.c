/*
 * Bfloat16 weights into 8-bit ones with the instructions that every processor has: loops of which compilers make
 * vectors.
 */
#include "kernels.h"

#include "convert.h"

static uint8_t number(uint32_t weight, float inverse) {
  float f;
  uint32_t bits;
  memcpy(&f, &weight, sizeof f);
  f = f * inverse + ROUNDING;
  memcpy(&bits, &f, sizeof bits);
  return (uint8_t)(bits ^ INT8_OFFSET);
}

static void convert_row(const uint16_t *w, int n, uint8_t *codes, uint16_t *scale) {
  /* The even column is the low half of a pair. */
  uint32_t pairs[BLOCK / 2] = {0};
  if (n == BLOCK) {
    memcpy(pairs, w, sizeof pairs);
  } else {
    memcpy(pairs, w, (size_t)n * sizeof *w);
  }
  uint32_t most = 0;
  for (int p = 0; p < BLOCK / 2; p++) {
    const uint32_t even = pairs[p] << 16 & 0x7FFFFFFF;
    const uint32_t odd = pairs[p] & 0x7FFF0000;
    const uint32_t larger = even > odd ? even : odd;
    most = larger > most ? larger : most;
  }
  uint8_t numbers[BLOCK];
  const float inverse = inverse_scale(most, scale);
  if (inverse == 0) {
    memset(numbers, INT8_OFFSET, sizeof numbers);
  } else {
    for (int p = 0; p < BLOCK / 2; p++) numbers[p] = number(pairs[p] << 16, inverse);
    for (int p = 0; p < BLOCK / 2; p++)
      numbers[BLOCK / 2 + p] = number(pairs[p] & 0xFFFF0000, inverse);
  }
  for (int g = 0; g < BLOCK / 4; g++) memcpy(codes + 64 * g, numbers + 4 * g, 4);
}

void rack72_convert(const uint16_t *w, int rows, int columns, int from, int to, uint8_t *codes,
                    uint16_t *scales) {
  convert_tiles(w, rows, columns, from, to, codes, scales);
}
