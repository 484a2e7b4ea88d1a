/*
 * Products of weight matrices with activations in 8 bits: the native twins of BlockProducts.java,
 * which has the contract. Bits are equal everywhere, because the sum inside a block is of whole
 * numbers, and the float steps around it have one written order:
 *
 *   sum = +0
 *   for each block b of 32 columns, in order:
 *     sum = fma((float) I(b), weight_scale(b) * activation_scale(b), sum)
 *   y = sum + bias
 *
 * And what makes bfloat16 weights 8-bit ones, whose contract is Int8Quantization.java's.
 *
 * Nothing here allocates, checks or fails: sizes are checked where Java calls.
 */
#ifndef RACK72_KERNELS_H
#define RACK72_KERNELS_H

#include <stdint.h>

/* Weight rows that are worked on together: the 32-bit lanes of a 512-bit register. */
#define TILE_ROWS 16
/* Columns that share a scale. */
#define BLOCK 32
/* Bytes of a block of MXFP4 codes. */
#define CODE_BYTES 16
/* Bytes of one block of a tile of 8-bit weights. */
#define TILE_BYTES (TILE_ROWS * BLOCK)
/* Room for a block of two decoded tiles with their scales. */
#define SCRATCH_BYTES (2 * (TILE_BYTES + 4 * TILE_ROWS))
/* What is added to twice an E2M1 value, and to an 8-bit weight, to make it unsigned. */
#define MXFP4_OFFSET 12
#define INT8_OFFSET 128

/*
 * Rows `from` to `to` of a product, exclusive.
 *
 * The activations, `rows` of them, each block of all rows together:
 *   x       [blocks, rows, 32] whole numbers in -127..127; in each block the even columns, then the
 *           odd ones
 *   xscale  [blocks, rows]
 *   xstart  [blocks, rows] the sum of a block's numbers times minus the offset of the weights: what
 *           the sum of products with weights that are too large by the offset begins with
 * bias: bfloat16 for each weight row, or null. y: [rows, stride].
 */
typedef struct {
  const int8_t *x;
  const float *xscale;
  const int32_t *xstart;
  const uint16_t *bias;
  float *y;
  int64_t stride;
  int32_t rows;
  int32_t blocks;
  int32_t from;
  int32_t to;
} product;

/*
 * Sets of instructions, which Java numbers likewise; each has its kernels. A processor that has more than one
 * does best with the last.
 */
enum { AVX2 = 1, AVX512, NEON, AMX };

/* Whether they were built, and processor and operating system can run them. */
int rack72_has(int instructions);

/*
 * Whether the processor has AMX and the operating system lets this process use it, for which it is asked. This and
 * the kernels for AMX are built where RACK72_HAS_AMX is defined: where the compiler knows AMX.
 */
int rack72_amx_ready(void);

/* Its part of rack72_int8_peak (see peak.c). */
int64_t rack72_amx_peak(int64_t rounds);

/*
 * codes:   [outputs, blocks, 16]; byte i of a block holds column 2i in its low half and 2i + 1 in its
 *          high one, as E2M1
 * scales:  [outputs, blocks] E8M0
 * scratch: SCRATCH_BYTES for each block, on a multiple of 4
 */
void rack72_mxfp4_avx2(const product *p, const uint8_t *codes, const uint8_t *scales, uint8_t *scratch);
void rack72_mxfp4_avx512(const product *p, const uint8_t *codes, const uint8_t *scales, uint8_t *scratch);
void rack72_mxfp4_neon(const product *p, const uint8_t *codes, const uint8_t *scales, uint8_t *scratch);
void rack72_mxfp4_amx(const product *p, const uint8_t *codes, const uint8_t *scales, uint8_t *scratch);

/*
 * codes:   [outputs / 16, blocks, 8, 16, 4]: of a tile of 16 weight rows and a block, four numbers
 *          of each row at a time, in the order of the activations, each plus 128
 * scales:  [outputs / 16, blocks, 16] bfloat16
 * Tiles are whole here: what lies behind the last output is zero.
 * scratch: as above, for AMX alone
 */
void rack72_int8_avx2(const product *p, const uint8_t *codes, const uint16_t *scales);
void rack72_int8_avx512(const product *p, const uint8_t *codes, const uint16_t *scales);
void rack72_int8_neon(const product *p, const uint8_t *codes, const uint16_t *scales);
void rack72_int8_amx(const product *p, const uint8_t *codes, const uint16_t *scales, uint8_t *scratch);

/*
 * Quantizes bfloat16 weights [rows, columns] to 8-bit ones as above; tiles `from` to `to`, exclusive. The weights may
 * begin at any address. rack72_quantize is for all processors.
 */
void rack72_quantize(const uint8_t *w, int rows, int columns, int from, int to, uint8_t *codes,
                    uint16_t *scales);
void rack72_quantize_avx512(const uint8_t *w, int rows, int columns, int from, int to, uint8_t *codes,
                           uint16_t *scales);

#endif
