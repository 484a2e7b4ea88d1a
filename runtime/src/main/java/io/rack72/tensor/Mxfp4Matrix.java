package io.rack72.tensor;

import java.lang.foreign.MemorySegment;

/**
 * A row-major matrix of MXFP4 numbers in memory it does not own, packed as stored in a gpt-oss
 * checkpoint: blocks of 32 values along the input dimension, each of 16 bytes of E2M1 codes (the
 * low nibble is the earlier element) and one shared E8M0 scale byte with bias 127.
 *
 * @param blocks {@code rows * columns / 2} bytes
 * @param scales {@code rows * columns / 32} bytes
 * @param rows output dimension of the linear map
 * @param columns input dimension, a multiple of 32
 */
public record Mxfp4Matrix(MemorySegment blocks, MemorySegment scales, int rows, int columns)
    implements WeightMatrix {
  /** Values that share one scale. */
  public static final int BLOCK = 32;

  public Mxfp4Matrix {
    long values = (long) rows * columns;
    if (rows < 0 || columns < 0 || columns % BLOCK != 0) {
      throw new IllegalArgumentException(
          "an MXFP4 matrix has columns in multiples of 32, not " + rows + " x " + columns);
    }
    if (blocks.byteSize() != values / 2 || scales.byteSize() != values / BLOCK) {
      throw new IllegalArgumentException(
          "an MXFP4 matrix of %d x %d takes %d bytes of codes and %d of scales, not %d and %d"
              .formatted(
                  rows, columns, values / 2, values / BLOCK, blocks.byteSize(), scales.byteSize()));
    }
  }

  @Override
  public long bytes() {
    return blocks.byteSize() + scales.byteSize();
  }
}
