package io.rack72.kernel;

import static io.rack72.kernel.SummationOrder.BLOCK;
import static io.rack72.kernel.SummationOrder.LANES;

import io.rack72.tensor.Bf16Vector;

/**
 * One product of a weight matrix and rows of activations, in {@link SummationOrder}. A single row
 * is multiplied with weights decoded in registers, since it waits for memory; for more rows a tile
 * of weights is decoded once into floats and used for all of them. Both give the same bits.
 */
abstract sealed class LinearMap permits Bf16LinearMap, Mxfp4LinearMap {
  /** Activation rows that are worked on together, which bounds the scratch memory. */
  private static final int MAX_ROWS = 128;

  /** Weight rows decoded at a time; a multiple of {@link TileProduct#WEIGHT_ROWS}. */
  private static final int TILE_ROWS = 12;

  /** Columns decoded at a time: a tile of 23 KiB stays in a 32 KiB first-level cache. */
  private static final int TILE_COLUMNS = 15 * BLOCK;

  /** Multiplications below which handing work to another core costs more than it saves. */
  private static final long MIN_SHARED_PRODUCTS = 1 << 18;

  /** Parts per core, so that a core which started late does not hold up the others. */
  private static final int PARTS_PER_CORE = 4;

  private final int outputs;
  private final int columns;
  private final Bf16Vector bias;

  LinearMap(int outputs, int columns, Bf16Vector bias) {
    if (bias != null && bias.length() != outputs) {
      throw new IllegalArgumentException(
          "a linear map with %d outputs has as many biases, not %d"
              .formatted(outputs, bias.length()));
    }
    this.outputs = outputs;
    this.columns = columns;
    this.bias = bias;
  }

  /**
   * Decodes a part of a weight row into floats in packed order.
   *
   * @param blocks how many blocks of 32 columns, from {@code firstBlock} on; what lies beyond the
   *     last column is zero
   */
  abstract void decode(int row, int firstBlock, int blocks, float[] out, int offset);

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
    if (rows == 1) {
      multiplyRow(from, to, packed, 0, y, yOffset, Scratch.ofThread().lanes.atLeast(2 * LANES));
    } else {
      multiplyTiles(from, to, packed, rows, y, yOffset);
    }
  }

  private void multiplyTiles(int from, int to, float[] packed, int rows, float[] y, int yOffset) {
    Scratch scratch = Scratch.ofThread();
    int length = SummationOrder.packedLength(columns);
    int rowGroups = Math.ceilDiv(rows, TileProduct.ROWS);
    int weightGroups = TILE_ROWS / TileProduct.WEIGHT_ROWS;
    float[] tile = scratch.tile.atLeast(TILE_ROWS * TILE_COLUMNS);
    float[] lanes = scratch.lanes.atLeast(rowGroups * weightGroups * TileProduct.SUMS);
    for (int output = from; output < to; output += TILE_ROWS) {
      int tileRows = Math.min(TILE_ROWS, to - output);
      int column = 0;
      do {
        int tileColumns = Math.min(TILE_COLUMNS, length - column);
        for (int i = 0; i < tileRows; i++) {
          decode(output + i, column / BLOCK, tileColumns / BLOCK, tile, i * TILE_COLUMNS);
        }
        for (int g = 0; g < rowGroups; g++) {
          for (int i = 0; i < tileRows; i += TileProduct.WEIGHT_ROWS) {
            TileProduct.accumulate(
                tile,
                i * TILE_COLUMNS,
                TILE_COLUMNS,
                packed,
                g * TileProduct.ROWS * length + column,
                length,
                tileColumns,
                lanes,
                (g * weightGroups + i / TileProduct.WEIGHT_ROWS) * TileProduct.SUMS,
                column == 0);
          }
        }
        column += TILE_COLUMNS;
      } while (column < length);
      for (int i = 0; i < tileRows; i++) {
        int weightGroup = i / TileProduct.WEIGHT_ROWS;
        int weightRow = i % TileProduct.WEIGHT_ROWS;
        for (int r = 0; r < rows; r++) {
          int sums = (r / TileProduct.ROWS * weightGroups + weightGroup) * TileProduct.SUMS;
          int sum = sums + (weightRow * TileProduct.ROWS + r % TileProduct.ROWS) * LANES;
          y[yOffset + r * outputs + output + i] = finish(output + i, lanes, sum);
        }
      }
    }
  }

  /** The output element whose running sums lie in {@code lanes} from {@code offset} on. */
  final float finish(int output, float[] lanes, int offset) {
    float sum = SummationOrder.sum(lanes, offset);
    return bias == null ? sum : sum + bias.get(output);
  }
}
