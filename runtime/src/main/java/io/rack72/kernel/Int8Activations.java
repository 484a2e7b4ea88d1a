package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.INTS;
import static io.rack72.kernel.Simd.LENGTH;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Rows of activations in 8 bits, with one float32 scale for each block of 32 columns: what the
 * kernels of the fast mode multiply with. Not thread-safe; once filled, any thread may read it.
 *
 * <p><b>The numeric contract.</b> With {@code a} the largest magnitude of a block, its scale is
 * {@code a / 127} and its numbers are {@code x * (127 / a)}, each operation rounded to float32 and
 * the result to the nearest whole number, ties to even. A block whose {@code a} is below 2^-100 is
 * all zero, scale included; one that has an infinity or a NaN has the scale NaN, and makes every
 * product with it NaN. Missing columns of the last block are zero.
 *
 * <p>In each block the even columns come first and the odd ones behind them, as MXFP4 packs its
 * codes. Blocks of all rows lie side by side, so that a kernel that takes some rows through a block
 * reads on from one place.
 */
final class Int8Activations {
  /** Columns that share one scale. */
  static final int BLOCK = 32;

  /** Rows whose pairs lie side by side, so that a kernel reaches all from one place. */
  static final int GROUP = 4;

  private static final int HALF = BLOCK / 2;

  /** Largest number. */
  private static final float MOST = 127;

  /** Blocks with smaller numbers only are zero, so that the inverse of a scale is finite. */
  private static final float LEAST = 0x1p-100f;

  /** Adding and subtracting it rounds a float below 2^22 to the nearest whole number. */
  private static final float ROUNDING = 0x1.8p23f;

  /** Numbers of a piece of work. */
  private static final int GRAIN = 1 << 15;

  private static final int MAGNITUDE = 0x7FFF_FFFF;
  private static final int INFINITY = 0x7F80_0000;

  private byte[] codes = {};
  private int[] pairs = {};
  private float[] scales = {};
  private int[] starts = {};
  private int rows;
  private int blocks;

  /**
   * Takes rows of activations.
   *
   * @param x {@code [rows, columns]} from {@code offset}
   * @param weightOffset what the weights to be multiplied with are too large by
   * @param paired whether {@link #pairs} are wanted too
   * @param workers who share in the work
   */
  void fill(
      float[] x,
      int offset,
      int rows,
      int columns,
      int weightOffset,
      boolean paired,
      Workers workers) {
    this.rows = rows;
    blocks = Math.ceilDiv(columns, BLOCK);
    int count = Math.multiplyExact(rows, blocks);
    int numbers = Math.multiplyExact(count, BLOCK);
    if (codes.length < numbers) {
      codes = new byte[numbers];
      scales = new float[count];
      starts = new int[count];
    }
    int pairCount = paired ? Math.ceilDiv(rows, GROUP) * GROUP * blocks * HALF : 0;
    if (pairs.length < pairCount) {
      pairs = new int[pairCount];
    }
    int grain = Math.max(1, GRAIN / Math.max(1, columns));
    workers.share(
        rows,
        grain,
        (from, to) -> {
          fillRows(x, offset, from, to, columns, weightOffset);
          if (paired) {
            pairRows(from, to);
          }
        });
  }

  private void fillRows(
      float[] x, int offset, int fromRow, int toRow, int columns, int weightOffset) {
    int[] whole = new int[BLOCK];
    int full = columns / BLOCK;
    for (int row = fromRow; row < toRow; row++) {
      int from = offset + row * columns;
      for (int b = 0; b < full; b++) {
        fillBlock(x, from + b * BLOCK, b * rows + row, weightOffset, whole);
      }
      if (full < blocks) {
        float[] padded = new float[BLOCK];
        System.arraycopy(x, from + full * BLOCK, padded, 0, columns - full * BLOCK);
        fillBlock(padded, 0, full * rows + row, weightOffset, whole);
      }
    }
  }

  private void pairRows(int fromRow, int toRow) {
    for (int row = fromRow; row < toRow; row++) {
      for (int b = 0; b < blocks; b++) {
        int from = (b * rows + row) * BLOCK;
        int to = pairsOf(row, b);
        for (int i = 0; i < BLOCK; i += 4) {
          pairs[to] = (codes[from + i] & 0xFFFF) | (codes[from + i + 2] << 16);
          pairs[to + GROUP] = (codes[from + i + 1] & 0xFFFF) | (codes[from + i + 3] << 16);
          to += 2 * GROUP;
        }
      }
    }
  }

  private void fillBlock(float[] x, int from, int block, int weightOffset, int[] whole) {
    IntVector largest = IntVector.zero(INTS);
    for (int i = 0; i < BLOCK; i += LENGTH) {
      IntVector bits = FloatVector.fromArray(FLOATS, x, from + i).reinterpretAsInts();
      largest = largest.max(bits.and(MAGNITUDE));
    }
    // Of floats without a sign the larger one has the larger bits, and NaN the largest.
    int bits = largest.reduceLanes(VectorOperators.MAX);
    float most = Float.intBitsToFloat(bits);
    int to = block * BLOCK;
    if (bits >= INFINITY || most < LEAST) {
      Arrays.fill(codes, to, to + BLOCK, (byte) 0);
      scales[block] = bits >= INFINITY ? Float.NaN : 0;
      starts[block] = 0;
      return;
    }
    float inverse = MOST / most;
    IntVector sum = IntVector.zero(INTS);
    for (int i = 0; i < BLOCK; i += 2 * LENGTH) {
      FloatVector low = FloatVector.fromArray(FLOATS, x, from + i);
      FloatVector high = FloatVector.fromArray(FLOATS, x, from + i + LENGTH);
      FloatVector even = low.rearrange(Simd.EVENS, high).mul(inverse).add(ROUNDING).sub(ROUNDING);
      FloatVector odd = low.rearrange(Simd.ODDS, high).mul(inverse).add(ROUNDING).sub(ROUNDING);
      IntVector evenWhole = (IntVector) even.convert(VectorOperators.F2I, 0);
      IntVector oddWhole = (IntVector) odd.convert(VectorOperators.F2I, 0);
      sum = sum.add(evenWhole).add(oddWhole);
      evenWhole.intoArray(whole, i / 2);
      oddWhole.intoArray(whole, HALF + i / 2);
    }
    for (int i = 0; i < BLOCK; i++) {
      codes[to + i] = (byte) whole[i];
    }
    scales[block] = most / MOST;
    // A sum of whole numbers, the same in any order.
    starts[block] = -weightOffset * sum.reduceLanes(VectorOperators.ADD);
  }

  int rows() {
    return rows;
  }

  /** Blocks of a row. */
  int blocks() {
    return blocks;
  }

  /** {@code [blocks, rows, 32]} */
  byte[] codes() {
    return codes;
  }

  /**
   * {@code [groups, blocks, 16, 4]}: two columns each, as the 16-bit halves of an int, of four rows
   * that follow each other. Of every four columns of {@link #codes} the first and the third are a
   * pair, low half first, and the second and the fourth the next one. Filled only where asked for.
   */
  int[] pairs() {
    return pairs;
  }

  /** Where in {@link #pairs} a row's first pair of a block is; the next is {@link #GROUP} on. */
  int pairsOf(int row, int block) {
    return (row / GROUP * blocks + block) * HALF * GROUP + row % GROUP;
  }

  /** {@code [blocks, rows]} */
  float[] scales() {
    return scales;
  }

  /**
   * {@code [blocks, rows]}, for each the sum of its codes times minus the weights' offset: what the
   * sum of products with weights that are too large begins with.
   */
  int[] starts() {
    return starts;
  }
}
