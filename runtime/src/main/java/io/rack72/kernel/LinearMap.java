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

  /** Weight rows decoded at a time. */
  private static final int TILE_ROWS = 2 * TileProduct.WEIGHT_ROWS;

  /**
   * Blocks of a row worked on at a time: those of a tile and of the activation rows of a step, and
   * the sums of the step, stay in a first-level cache of 32 KiB.
   */
  private static final int MAX_PANEL_BLOCKS =
      (32 * 1024 / Float.BYTES - TileProduct.SUMS) / ((TILE_ROWS + TileProduct.ROWS) * BLOCK);

  /** From a block of an interleaved weight row to its next one. */
  static final int BLOCK_STRIDE = 2 * TileProduct.WEIGHT_STRIDE;

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
   * Decodes blocks of a weight row into floats in packed order, interleaved with other rows:
   * sixteen of them at {@code out[offset]}, the next sixteen {@link TileProduct#WEIGHT_STRIDE}
   * behind, and so on. What lies beyond the last column is zero.
   */
  abstract void decode(int row, int firstBlock, int blocks, float[] out, int offset);

  /**
   * Multiplies the weight rows {@code from} to {@code to}, exclusive, with one row of activations,
   * packed and not interleaved.
   *
   * @param lanes room for the running sums of two dot products
   */
  abstract void multiplyRow(
      int from, int to, float[] packed, int packedOffset, float[] y, int yOffset, float[] lanes);

  /** Computes {@code y} from {@code x}, as {@link Kernels#multiply} says. */
  final void apply(float[] x, int rows, float[] y, Workers workers) {
    Sizes.check("x", x, rows, columns);
    Sizes.check("y", y, rows, outputs);
    for (int row = 0; row < rows; row += MAX_ROWS) {
      int passRows = Math.min(MAX_ROWS, rows - row);
      int yOffset = row * outputs;
      boolean byRow = passRows <= MAX_ROWS_BY_ROW;
      float[] packed = pack(x, row, passRows, byRow ? 1 : TileProduct.ROWS);
      Workers.Task product =
          byRow
              ? (from, to) -> multiplyRows(from, to, packed, passRows, y, yOffset)
              : (from, to) -> multiplyTiles(from, to, packed, passRows, y, yOffset);
      if ((long) passRows * outputs * columns < MIN_SHARED_PRODUCTS) {
        product.run(0, outputs);
      } else {
        int part = Math.ceilDiv(outputs, workers.size() * PARTS_PER_CORE);
        workers.share(outputs, Math.ceilDiv(part, TILE_ROWS) * TILE_ROWS, product);
      }
    }
  }

  /** Packs rows of activations, {@code group} of them interleaved. */
  private float[] pack(float[] x, int row, int rows, int group) {
    int padded = Math.ceilDiv(rows, group) * group;
    int length = Math.multiplyExact(padded, SummationOrder.packedLength(columns));
    float[] packed = Scratch.ofThread().packed.atLeast(length);
    SummationOrder.pack(x, row * columns, rows, columns, group, packed);
    return packed;
  }

  private void multiplyRows(int from, int to, float[] packed, int rows, float[] y, int yOffset) {
    float[] lanes = Scratch.ofThread().lanes.atLeast(2 * LANES);
    int length = SummationOrder.packedLength(columns);
    for (int r = 0; r < rows; r++) {
      multiplyRow(from, to, packed, r * length, y, yOffset + r * outputs, lanes);
    }
  }

  private void multiplyTiles(int from, int to, float[] packed, int rows, float[] y, int yOffset) {
    Scratch scratch = Scratch.ofThread();
    int blocks = SummationOrder.blocks(columns);
    int panels = Math.max(1, Math.ceilDiv(blocks, MAX_PANEL_BLOCKS));
    int panel = Math.ceilDiv(blocks, panels);
    float[] tile = scratch.tile.atLeast(TILE_ROWS * panel * BLOCK);
    int paddedRows = Math.ceilDiv(rows, TileProduct.ROWS) * TileProduct.ROWS;
    float[] sums = scratch.lanes.atLeast(paddedRows * TILE_ROWS * LANES);
    float[] biases = scratch.biases.atLeast(TILE_ROWS);
    for (int output = from; output < to; output += TILE_ROWS) {
      int tileRows = Math.min(TILE_ROWS, to - output);
      for (int p = 0; p < panels; p++) {
        int block = p * panel;
        int panelBlocks = Math.min(panel, blocks - block);
        decodePanel(output, tileRows, block, panelBlocks, tile);
        multiplyPanel(tile, tileRows, packed, rows, block, panelBlocks, sums);
      }
      finishTile(output, tileRows, rows, sums, biases, y, yOffset);
    }
  }

  /**
   * Decodes blocks of the rows of a tile, interleaved as {@link TileProduct} wants them. Rows that
   * a last step lacks repeat the last one, since what lay there before could be slow to multiply.
   */
  private void decodePanel(int output, int tileRows, int block, int blocks, float[] tile) {
    for (int step = 0; step < tileRows; step += TileProduct.WEIGHT_ROWS) {
      for (int i = 0; i < TileProduct.WEIGHT_ROWS; i++) {
        int row = output + Math.min(step + i, tileRows - 1);
        decode(row, block, blocks, tile, step * blocks * BLOCK + i * LANES);
      }
    }
  }

  /** Adds the products of these blocks of a tile to the sums, which the first block begins. */
  private void multiplyPanel(
      float[] tile, int tileRows, float[] packed, int rows, int block, int blocks, float[] sums) {
    int length = SummationOrder.packedLength(columns);
    for (int r = 0; r < rows; r += TileProduct.ROWS) {
      for (int i = 0; i < tileRows; i += TileProduct.WEIGHT_ROWS) {
        TileProduct.accumulate(
            tile,
            i * blocks * BLOCK,
            packed,
            r * length + block * BLOCK * TileProduct.ROWS,
            blocks * BLOCK / LANES,
            sums,
            sumOffset(r, i),
            block == 0);
      }
    }
  }

  /**
   * Adds the lanes of the dot products of a tile, and the biases. The outputs of a row are written
   * one after the other, since those of different rows may all want the same place in a cache.
   *
   * @param biases room for those of the tile, each of which is read from memory once for all rows
   */
  private void finishTile(
      int output, int tileRows, int rows, float[] sums, float[] biases, float[] y, int yOffset) {
    for (int i = 0; i < tileRows; i++) {
      biases[i] = bias(output + i);
    }
    for (int r = 0; r < rows; r++) {
      int inStep = r % TileProduct.ROWS;
      int lanes = sumOffset(r - inStep, 0) + inStep * LANES;
      int to = yOffset + r * outputs + output;
      for (int i = 0; i < tileRows; i++) {
        y[to + i] = SummationOrder.sum(sums, lanes + i * TileProduct.ROWS * LANES) + biases[i];
      }
    }
  }

  /**
   * Where the running sums of a tile's row {@code i} and of the activation rows of the step that
   * begins with {@code row} lie, one behind the other.
   */
  private static int sumOffset(int row, int i) {
    return (row * TILE_ROWS + i * TileProduct.ROWS) * LANES;
  }

  /** What is added to the sum of an output; without a bias minus zero, which changes no sum. */
  final float bias(int output) {
    return bias == null ? -0f : bias.get(output);
  }
}
