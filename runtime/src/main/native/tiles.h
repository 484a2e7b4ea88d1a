/*
 * The way through tiles of weights and groups of activation rows that avx2.c and neon.c have in common, for
 * instructions that keep the sums of four activation rows in registers. Included once, behind the kernels of a tile:
 * mxfp4_tile, int8_tile, decode_tile and spread_scales, with lesser and the sizes IN_REGISTERS and MOST_ROWS.
 */
#if GROUP != 4
#error "as many cases below as rows in a group"
#endif

static void mxfp4_codes(int n, const product *p, int output, const uint8_t *tile, const float *wide,
                        int row) {
  const int64_t stride = (int64_t)p->blocks * CODE_BYTES;
  switch (n) {
    case 1: mxfp4_tile(1, p, output, tile, stride, wide, row); break;
    case 2: mxfp4_tile(2, p, output, tile, stride, wide, row); break;
    case 3: mxfp4_tile(3, p, output, tile, stride, wide, row); break;
    default: mxfp4_tile(4, p, output, tile, stride, wide, row); break;
  }
}

static void mxfp4_decoded(int n, const product *p, int output, const uint8_t *tile, const float *wide,
                          int row) {
  switch (n) {
    case 1: mxfp4_tile(1, p, output, tile, 0, wide, row); break;
    case 2: mxfp4_tile(2, p, output, tile, 0, wide, row); break;
    case 3: mxfp4_tile(3, p, output, tile, 0, wide, row); break;
    default: mxfp4_tile(4, p, output, tile, 0, wide, row); break;
  }
}

static void int8_rows(int n, const product *p, int output, const uint8_t *codes, const uint16_t *scales,
                      int row) {
  switch (n) {
    case 1: int8_tile(1, p, output, codes, scales, row); break;
    case 2: int8_tile(2, p, output, codes, scales, row); break;
    case 3: int8_tile(3, p, output, codes, scales, row); break;
    default: int8_tile(4, p, output, codes, scales, row); break;
  }
}

/* The size of the next of a number of groups of nearly one size: small ones take longer for each row. */
static int next_group(int left) {
  const int groups = (left + GROUP - 1) / GROUP;
  return (left + groups - 1) / groups;
}

static void multiply_mxfp4(const product *p, const uint8_t *codes, const uint8_t *scales,
                           uint8_t *scratch) {
  const int blocks = p->blocks;
  float *wide = (float *)(void *)(scratch + (int64_t)blocks * TILE_BYTES);
  for (int first = 0; first < p->rows; first += MOST_ROWS) {
    const int last = lesser(p->rows, first + MOST_ROWS);
    for (int output = p->from; output < p->to; output += TILE_ROWS) {
      const int rows = lesser(TILE_ROWS, p->to - output);
      const uint8_t *tile = codes + (int64_t)output * blocks * CODE_BYTES;
      spread_scales(scales + (int64_t)output * blocks, rows, blocks, wide);
      const int in_registers = rows == TILE_ROWS && last - first <= IN_REGISTERS;
      if (!in_registers) decode_tile(tile, rows, blocks, scratch);
      for (int t = first, n; t < last; t += n) {
        n = next_group(last - t);
        if (in_registers) {
          mxfp4_codes(n, p, output, tile, wide, t);
        } else {
          mxfp4_decoded(n, p, output, scratch, wide, t);
        }
      }
    }
  }
}

static void multiply_int8(const product *p, const uint8_t *codes, const uint16_t *scales) {
  for (int first = 0; first < p->rows; first += MOST_ROWS) {
    const int last = lesser(p->rows, first + MOST_ROWS);
    for (int output = p->from; output < p->to; output += TILE_ROWS) {
      const int64_t tile = (int64_t)output / TILE_ROWS * p->blocks;
      for (int t = first, n; t < last; t += n) {
        n = next_group(last - t);
        int8_rows(n, p, output, codes + tile * TILE_BYTES, scales + tile * TILE_ROWS, t);
      }
    }
  }
}
