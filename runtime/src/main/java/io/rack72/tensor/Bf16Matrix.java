package io.rack72.tensor;

import java.lang.foreign.MemorySegment;

/**
 * A row-major matrix of bfloat16 numbers in memory it does not own, as stored in a checkpoint.
 *
 * @param data {@code rows * columns * 2} bytes, little-endian
 * @param rows output dimension of the linear map
 * @param columns input dimension, contiguous
 */
public record Bf16Matrix(MemorySegment data, int rows, int columns) implements WeightMatrix {
  public Bf16Matrix {
    if (rows < 0 || columns < 0 || data.byteSize() != 2L * rows * columns) {
      throw new IllegalArgumentException(
          "a bf16 matrix of %d x %d takes %d bytes, not %d"
              .formatted(rows, columns, 2L * rows * columns, data.byteSize()));
    }
  }

  /** One row, in the same memory. */
  public Bf16Vector row(int row) {
    return new Bf16Vector(data.asSlice(2L * row * columns, 2L * columns), columns);
  }

  @Override
  public long bytes() {
    return data.byteSize();
  }
}
