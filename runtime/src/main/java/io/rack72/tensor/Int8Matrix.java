package io.rack72.tensor;

import java.lang.foreign.MemorySegment;

/**
 * A matrix of 8-bit numbers with one bfloat16 scale for each 32 columns, in memory it does not own,
 * laid out for kernels whose vector lanes are rows. Tiles of 16 rows lie one behind the other; the
 * rows and columns that fill up the last tile and block are zero.
 *
 * <p>A tile has, for each block of 32 columns, 512 bytes {@code [8, 16, 4]}: four numbers of each
 * row at a time, the even columns of the block first, the odd ones behind them, each plus {@link
 * #OFFSET}. Numbers are -127 to 127.
 *
 * @param codes {@code [tiles, blocks, 8, 16, 4]} bytes
 * @param scales {@code [tiles, blocks, 16]} bfloat16, little-endian
 * @param rows output dimension of the linear map
 * @param columns input dimension
 */
public record Int8Matrix(MemorySegment codes, MemorySegment scales, int rows, int columns)
    implements WeightMatrix {
  /** Columns that share one scale. */
  public static final int BLOCK = 32;

  /** Rows of a tile. */
  public static final int TILE_ROWS = 16;

  /** What is added to a number so that its byte is unsigned. */
  public static final int OFFSET = 128;

  /** Bytes of the codes of one block of a tile. */
  public static final int TILE_BLOCK_BYTES = TILE_ROWS * BLOCK;

  public Int8Matrix {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException(
          "an 8-bit matrix has no size of " + rows + " x " + columns);
    }
    long wanted = (long) tiles(rows) * blocks(columns);
    if (codes.byteSize() != wanted * TILE_BLOCK_BYTES
        || scales.byteSize() != wanted * TILE_ROWS * Short.BYTES) {
      throw new IllegalArgumentException(
          "an 8-bit matrix of %d x %d takes %d bytes of codes and %d of scales, not %d and %d"
              .formatted(
                  rows,
                  columns,
                  wanted * TILE_BLOCK_BYTES,
                  wanted * TILE_ROWS * Short.BYTES,
                  codes.byteSize(),
                  scales.byteSize()));
    }
  }

  /** Tiles that hold {@code rows} rows. */
  public static int tiles(int rows) {
    return Math.ceilDiv(rows, TILE_ROWS);
  }

  /** Blocks that hold {@code columns} columns. */
  public static int blocks(int columns) {
    return Math.ceilDiv(columns, BLOCK);
  }

  @Override
  public long bytes() {
    return codes.byteSize() + scales.byteSize();
  }
}
