/*
 * Bfloat16 weights quantized to 8 bits with the instructions that every processor has: loops of which compilers make
 * vectors.
 */
#include "kernels.h"

#include "quantize.h"

static uint8_t number(uint32_t weight, float inverse) {
  float f;
  uint32_t bits;
  memcpy(&f, &weight, sizeof f);
  f = f * inverse + ROUNDING;
  memcpy(&bits, &f, sizeof bits);
  return (uint8_t)(bits ^ INT8_OFFSET);
}

static void quantize_row(const uint8_t *w, int n, uint8_t *codes, uint16_t *scale) {
  /* The even column is the low half of a pair. */
  uint32_t pairs[BLOCK / 2] = {0};
  if (n == BLOCK) {
    memcpy(pairs, w, sizeof pairs);
  } else {
    memcpy(pairs, w, 2 * (size_t)n);
  }
  /* Signed, which processors have had an instruction for from the first. */
  int32_t amax = 0;
  for (int p = 0; p < BLOCK / 2; p++) {
    const int32_t even = (int32_t)(pairs[p] << 16 & 0x7FFFFFFF);
    const int32_t odd = (int32_t)(pairs[p] & 0x7FFF0000);
    const int32_t larger = even > odd ? even : odd;
    amax = larger > amax ? larger : amax;
  }
  uint8_t numbers[BLOCK];
  const float inverse = inverse_scale((uint32_t)amax, scale);
  if (inverse == 0) {
    memset(numbers, INT8_OFFSET, sizeof numbers);
  } else {
    for (int p = 0; p < BLOCK / 2; p++) numbers[p] = number(pairs[p] << 16, inverse);
    for (int p = 0; p < BLOCK / 2; p++)
      numbers[BLOCK / 2 + p] = number(pairs[p] & 0xFFFF0000, inverse);
  }
  for (int g = 0; g < BLOCK / 4; g++) memcpy(codes + 64 * g, numbers + 4 * g, 4);
}

void rack72_quantize(const uint8_t *w, int rows, int columns, int from, int to, uint8_t *codes,
                    uint16_t *scales) {
  quantize_tiles(w, rows, columns, from, to, codes, scales);
}
