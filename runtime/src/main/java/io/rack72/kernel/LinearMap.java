package io.rack72.kernel;

import static io.rack72.kernel.SummationOrder.BLOCK;
import static io.rack72.kernel.SummationOrder.LANES;

import io.rack72.tensor.Bf16Vector;

/**
 * One product of a weight matrix and rows of activations, in {@link SummationOrder}. One row or two
 * are multiplied with weights decoded in registers; for more rows a tile of weights is decoded once
 * into floats and used for all of them. Both give the same bits.
 */
abstract sealed class LinearMap permits Bf16LinearMap, Mxfp4LinearMap {
  /** Activation rows that are worked on together, which bounds the scratch memory. */
  private static final int MAX_ROWS = 128;

  /** Activation rows up to which weights are decoded in registers, once for each. */
  private static final int MAX_ROWS_BY_ROW = 2;

  /** Weight rows decoded at a time; a multiple of {@link TileProduct#WEIGHT_ROWS}. */
  private static final int TILE_ROWS = 6;

  /**
   * Columns worked on at a time: six weight rows and four activation rows of 23 blocks are 29 KiB,
   * which fits a 32 KiB first-level cache.
   */
  private static final int PANEL_COLUMNS = 23 * BLOCK;

  /** Running sums of a tile of weights and a group of activation rows. */
  private static final int TILE_SUMS = TILE_ROWS * TileProduct.ROWS * LANES;

  /** Multiplications below which handing work to another core costs more than it saves. */
  private static final long MIN_SHARED_PRODUCTS = 1 << 18;

  /** Parts per core, so that a core which started late does not hold up the others. */
  private static final int PARTS_PER_CORE = 4;

  private final int outputs;
  private final int columns;
  private final Bf16Vector bias;

  LinearMap(int outputs, int columns, Bf16Vector bias) {
    Sizes.checkBias(bias, outputs);
    this.outputs = outputs;
    this.columns = columns;
    this.bias = bias;
  }

  /**
   * Decodes a weight row into floats in packed order, from {@code out[offset]} on. What lies beyond
   * the last column is zero.
   */
  abstract void decode(int row, float[] out, int offset);

  /**
   * Multiplies the weight rows {@code from} to {@code to}, exclusive, with one row of activations.
   *
   * @param lanes room for the running sums of two dot products
   */
  abstract void multiplyRow(
      int from, int to, float[] packed, int packedOffset, float[] y, int yOffset, float[] lanes);

  /** Computes {@code y} from {@code x}, as {@link Kernels#multiply} says. */
  final void apply(float[] x, int rows, float[] y, Workers workers) {
    Sizes.check("x", x, rows, columns);
    Sizes.check("y", y, rows, outputs);
    int length = SummationOrder.packedLength(columns);
    for (int row = 0; row < rows; row += MAX_ROWS) {
      int passRow = row;
      int passRows = Math.min(MAX_ROWS, rows - row);
      int paddedRows = Math.ceilDiv(passRows, TileProduct.ROWS) * TileProduct.ROWS;
      float[] packed = Scratch.ofThread().packed.atLeast(paddedRows * length);
      SummationOrder.pack(x, row * columns, passRows, columns, packed);
      long products = (long) passRows * outputs * columns;
      if (products < MIN_SHARED_PRODUCTS) {
        multiply(0, outputs, packed, passRows, y, passRow * outputs);
      } else {
        int part = Math.ceilDiv(outputs, workers.size() * PARTS_PER_CORE);
        int grain = Math.ceilDiv(part, TILE_ROWS) * TILE_ROWS;
        workers.share(
            outputs,
            grain,
            (from, to) -> multiply(from, to, packed, passRows, y, passRow * outputs));
      }
    }
  }

  private void multiply(int from, int to, float[] packed, int rows, float[] y, int yOffset) {
    if (rows > MAX_ROWS_BY_ROW) {
      multiplyTiles(from, to, packed, rows, y, yOffset);
      return;
    }
    float[] lanes = Scratch.ofThread().lanes.atLeast(2 * LANES);
    int length = SummationOrder.packedLength(columns);
    for (int r = 0; r < rows; r++) {
      multiplyRow(from, to, packed, r * length, y, yOffset + r * outputs, lanes);
    }
  }

  private void multiplyTiles(int from, int to, float[] packed, int rows, float[] y, int yOffset) {
    Scratch scratch = Scratch.ofThread();
    int length = SummationOrder.packedLength(columns);
    float[] tile = scratch.tile.atLeast(TILE_ROWS * length);
    float[] lanes = scratch.lanes.atLeast(Math.ceilDiv(rows, TileProduct.ROWS) * TILE_SUMS);
    for (int output = from; output < to; output += TILE_ROWS) {
      int tileRows = Math.min(TILE_ROWS, to - output);
      for (int i = 0; i < tileRows; i++) {
        decode(output + i, tile, i * length);
      }
      multiplyTile(tile, tileRows, packed, rows, lanes);
      for (int r = 0; r < rows; r++) {
        for (int i = 0; i < tileRows; i++) {
          y[yOffset + r * outputs + output + i] = finish(output + i, lanes, sumOffset(r, i));
        }
      }
    }
  }

  /** Adds up all products of a tile, one panel of columns after the other. */
  private void multiplyTile(float[] tile, int tileRows, float[] packed, int rows, float[] lanes) {
    int length = SummationOrder.packedLength(columns);
    int column = 0;
    do {
      int panel = Math.min(PANEL_COLUMNS, length - column);
      for (int r = 0; r < rows; r += TileProduct.ROWS) {
        for (int i = 0; i < tileRows; i += TileProduct.WEIGHT_ROWS) {
          TileProduct.accumulate(
              tile,
              i * length + column,
              packed,
              r * length + column,
              length,
              panel,
              lanes,
              sumOffset(r, i),
              column == 0);
        }
      }
      column += panel;
    } while (column < length);
  }

  /** Where the running sums of a row and a weight row of the tile begin. */
  private static int sumOffset(int row, int tileRow) {
    return row / TileProduct.ROWS * TILE_SUMS
        + tileRow * TileProduct.ROWS * LANES
        + row % TileProduct.ROWS * LANES;
  }

  /** The output element whose running sums lie in {@code lanes} from {@code offset} on. */
  final float finish(int output, float[] lanes, int offset) {
    float sum = SummationOrder.sum(lanes, offset);
    return bias == null ? sum : sum + bias.get(output);
  }
}
