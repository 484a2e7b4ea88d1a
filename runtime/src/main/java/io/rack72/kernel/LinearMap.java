package io.rack72.kernel;

import static io.rack72.kernel.SummationOrder.BLOCK;
import static io.rack72.kernel.SummationOrder.LANES;

import io.rack72.tensor.Bf16Vector;
import java.util.Arrays;

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

  /** Weight rows decoded at a time. */
  private static final int TILE_ROWS = 2 * TileProduct.WEIGHT_ROWS;

  /**
   * Blocks of a row worked on at a time: those of the weight rows of a tile and of a group of
   * activation rows stay in a 32 KiB first-level cache.
   */
  private static final int PANEL_BLOCKS =
      32 * 1024 / Float.BYTES / BLOCK / (TILE_ROWS + TileProduct.ROWS);

  /** From sixteen floats of a weight row in a tile to its next sixteen. */
  static final int TILE_STRIDE = TileProduct.WEIGHT_ROWS * LANES;

  /** Running sums of one step of {@link TileProduct}. */
  private static final int STEP_SUMS = TileProduct.WEIGHT_ROWS * TileProduct.ROWS * LANES;

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
   * Decodes blocks of a weight row into floats in packed order, sixteen of them at {@code
   * out[offset]}, the next sixteen {@link #TILE_STRIDE} behind, and so on. What lies beyond the
   * last column is zero.
   */
  abstract void decode(int row, int firstBlock, int blocks, float[] out, int offset);

  /**
   * Multiplies the weight rows {@code from} to {@code to}, exclusive, with one row of activations.
   *
   * @param biases those of these weight rows, from 0
   * @param lanes room for the running sums of two dot products
   */
  abstract void multiplyRow(
      int from,
      int to,
      float[] packed,
      int packedOffset,
      float[] biases,
      float[] y,
      int yOffset,
      float[] lanes);

  /** Computes {@code y} from {@code x}, as {@link Kernels#multiply} says. */
  final void apply(float[] x, int rows, float[] y, Workers workers) {
    Sizes.check("x", x, rows, columns);
    Sizes.check("y", y, rows, outputs);
    int length = SummationOrder.packedLength(columns);
    for (int row = 0; row < rows; row += MAX_ROWS) {
      int passRow = row;
      int passRows = Math.min(MAX_ROWS, rows - row);
      int group = passRows > MAX_ROWS_BY_ROW ? TileProduct.ROWS : 1;
      int groups = Math.ceilDiv(passRows, group);
      float[] packed = Scratch.ofThread().packed.atLeast(groups * group * length);
      SummationOrder.pack(x, row * columns, passRows, columns, group, packed);
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
    Scratch scratch = Scratch.ofThread();
    float[] biases = biases(from, to, scratch);
    if (rows > MAX_ROWS_BY_ROW) {
      multiplyTiles(from, to, packed, rows, biases, y, yOffset, scratch);
      return;
    }
    float[] lanes = scratch.lanes.atLeast(2 * LANES);
    int length = SummationOrder.packedLength(columns);
    for (int r = 0; r < rows; r++) {
      multiplyRow(from, to, packed, r * length, biases, y, yOffset + r * outputs, lanes);
    }
  }

  /** The biases of some weight rows, from 0; without any, minus zero, which changes no sum. */
  private float[] biases(int from, int to, Scratch scratch) {
    float[] biases = scratch.biases.atLeast(to - from);
    if (bias == null) {
      Arrays.fill(biases, 0, to - from, -0f);
    } else {
      bias.copyTo(from, to, biases);
    }
    return biases;
  }

  private void multiplyTiles(
      int from,
      int to,
      float[] packed,
      int rows,
      float[] biases,
      float[] y,
      int yOffset,
      Scratch scratch) {
    int blocks = SummationOrder.blocks(columns);
    float[] tile = scratch.tile.atLeast(TILE_ROWS * PANEL_BLOCKS * BLOCK);
    int steps = Math.ceilDiv(rows, TileProduct.ROWS) * (TILE_ROWS / TileProduct.WEIGHT_ROWS);
    float[] sums = scratch.lanes.atLeast(steps * STEP_SUMS);
    for (int output = from; output < to; output += TILE_ROWS) {
      int tileRows = Math.min(TILE_ROWS, to - output);
      for (int block = 0; block < blocks; block += PANEL_BLOCKS) {
        int panel = Math.min(PANEL_BLOCKS, blocks - block);
        decodePanel(output, tileRows, block, panel, tile);
        multiplyPanel(tile, tileRows, packed, rows, block, panel, sums);
      }
      finishTile(output, tileRows, rows, sums, biases, output - from, y, yOffset);
    }
  }

  /** Decodes blocks of the weight rows of a tile, interleaved as {@link TileProduct} wants them. */
  private void decodePanel(int output, int tileRows, int block, int blocks, float[] tile) {
    for (int i = 0; i < tileRows; i++) {
      int inStep = i % TileProduct.WEIGHT_ROWS;
      int offset = (i - inStep) * blocks * BLOCK + inStep * LANES;
      decode(output + i, block, blocks, tile, offset);
    }
  }

  /** Adds the products of these blocks of a tile to the sums, which the first block begins. */
  private void multiplyPanel(
      float[] tile, int tileRows, float[] packed, int rows, int block, int blocks, float[] sums) {
    int length = SummationOrder.packedLength(columns);
    int step = 0;
    for (int r = 0; r < rows; r += TileProduct.ROWS) {
      for (int i = 0; i < tileRows; i += TileProduct.WEIGHT_ROWS) {
        TileProduct.accumulate(
            tile,
            i * blocks * BLOCK,
            packed,
            r * length + block * BLOCK * TileProduct.ROWS,
            blocks * BLOCK / LANES,
            sums,
            step * STEP_SUMS,
            block == 0);
        step++;
      }
    }
  }

  /** Adds the lanes of all dot products of a tile, and the biases. */
  private void finishTile(
      int output,
      int tileRows,
      int rows,
      float[] sums,
      float[] biases,
      int firstBias,
      float[] y,
      int yOffset) {
    int step = 0;
    for (int r = 0; r < rows; r += TileProduct.ROWS) {
      int stepRows = Math.min(TileProduct.ROWS, rows - r);
      for (int i = 0; i < tileRows; i++) {
        int lanes = step * STEP_SUMS + i * TileProduct.ROWS * LANES;
        int to = yOffset + r * outputs + output + i;
        float bias = biases[firstBias + i];
        for (int k = 0; k < stepRows; k++) {
          y[to + k * outputs] = SummationOrder.sum(sums, lanes + k * LANES) + bias;
        }
      }
      step += Math.ceilDiv(tileRows, TileProduct.WEIGHT_ROWS);
    }
  }
}
