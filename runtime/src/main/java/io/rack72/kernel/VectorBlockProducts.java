package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.INTS;
import static io.rack72.kernel.Simd.LENGTH;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Int8Matrix;
import io.rack72.tensor.Mxfp4Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The products on the Vector API. It has no operation for dot products of bytes, so whole numbers
 * are kept in float32, which is exact: a block's sum stays below 2^24. A lane is a weight row. A
 * panel of a tile is decoded once into floats and used for all rows of activations.
 */
final class VectorBlockProducts implements BlockProducts {
  private static final int BLOCK = Int8Activations.BLOCK;

  /** Blocks decoded at a time: 16 rows of 16 blocks are 32 KiB, about a first-level cache. */
  private static final int PANEL_BLOCKS = 16;

  private static final int PANEL_FLOATS = PANEL_BLOCKS * BLOCK * TILE_ROWS;

  /** Ints of the codes of one MXFP4 block. */
  private static final int BLOCK_INTS = 4;

  /** Twice the magnitude of each E2M1 code without its sign, as the bits of a float. */
  private static final int[] MAGNITUDES = magnitudes();

  private static final float[] HALF_SCALES = halfScales();

  private static int[] magnitudes() {
    int[] bits = new int[16];
    float[] twice = {0, 1, 2, 3, 4, 6, 8, 12};
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(twice[i % 8]);
    }
    return bits;
  }

  /** Half of 2^(byte - 127) for each scale byte; 255 is NaN. */
  private static float[] halfScales() {
    float[] halves = new float[256];
    for (int s = 0; s < 255; s++) {
      halves[s] = Math.scalb(1f, s - 128);
    }
    halves[255] = Float.NaN;
    return halves;
  }

  @Override
  public String name() {
    return "vector-" + FLOATS.vectorBitSize();
  }

  @Override
  public void multiply(
      Mxfp4Matrix w, Bf16Vector bias, Int8Activations x, int from, int to, float[] y, int yOffset) {
    Scratch scratch = Scratch.ofThread();
    int blocks = x.blocks();
    float[] scales = scratch.lanes.atLeast(PANEL_BLOCKS * TILE_ROWS);
    float[] panel = scratch.tile.atLeast(PANEL_FLOATS);
    float[] sums = scratch.sums.atLeast(x.rows() * TILE_ROWS);
    int[] raw = scratch.codes(TILE_ROWS * PANEL_BLOCKS * BLOCK_INTS);
    for (int tile = from; tile < to; tile += TILE_ROWS) {
      int rows = Math.min(TILE_ROWS, w.rows() - tile);
      for (int block = 0; block < blocks; block += PANEL_BLOCKS) {
        int count = Math.min(PANEL_BLOCKS, blocks - block);
        for (int r = 0; r < TILE_ROWS; r++) {
          // Rows behind the last one repeat it, and are not stored.
          long at = (long) (tile + Math.min(r, rows - 1)) * blocks + block;
          readRow(w, at, count, r, raw, scales);
        }
        decode(raw, count, panel);
        accumulate(panel, scales, 0, x, block, count, sums);
      }
      store(sums, bias, tile, rows, x.rows(), w.rows(), y, yOffset);
    }
  }

  /**
   * Takes a row's codes of a panel to {@code [block, 4, 16]} ints and its scales to {@code [block,
   * 16]}.
   */
  private static void readRow(
      Mxfp4Matrix w, long block, int count, int row, int[] raw, float[] scales) {
    MemorySegment codes = w.blocks();
    MemorySegment exponents = w.scales();
    for (int i = 0; i < count * BLOCK_INTS; i++) {
      raw[i * TILE_ROWS + row] =
          codes.get(LITTLE_ENDIAN_INT, (block * BLOCK_INTS + i) * Integer.BYTES);
    }
    for (int b = 0; b < count; b++) {
      int exponent = exponents.get(ValueLayout.JAVA_BYTE, block + b) & 0xFF;
      scales[b * TILE_ROWS + row] = HALF_SCALES[exponent];
    }
  }

  private static final ValueLayout.OfInt LITTLE_ENDIAN_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  /** Decodes ints of eight codes each to floats {@code [block, 32, 16]}, even columns first. */
  private static void decode(int[] raw, int count, float[] panel) {
    if (LENGTH < 8) {
      decodeByCode(raw, count, panel);
      return;
    }
    IntVector table = IntVector.fromArray(INTS, MAGNITUDES, 0);
    for (int i = 0; i < count * BLOCK_INTS; i++) {
      int even = (i / BLOCK_INTS * BLOCK + i % BLOCK_INTS * 4) * TILE_ROWS;
      int odd = even + BLOCK / 2 * TILE_ROWS;
      for (int lane = 0; lane < TILE_ROWS; lane += LENGTH) {
        IntVector eight = IntVector.fromArray(INTS, raw, i * TILE_ROWS + lane);
        for (int c = 0; c < 4; c++) {
          IntVector low = eight.lanewise(VectorOperators.LSHR, 8 * c);
          low.and(7)
              .selectFrom(table)
              .or(low.lanewise(VectorOperators.LSHL, 28).and(Integer.MIN_VALUE))
              .reinterpretAsFloats()
              .intoArray(panel, even + c * TILE_ROWS + lane);
          IntVector high = low.lanewise(VectorOperators.LSHR, 4);
          high.and(7)
              .selectFrom(table)
              .or(high.lanewise(VectorOperators.LSHL, 28).and(Integer.MIN_VALUE))
              .reinterpretAsFloats()
              .intoArray(panel, odd + c * TILE_ROWS + lane);
        }
      }
    }
  }

  /** The same where a vector is too short for the table. */
  private static void decodeByCode(int[] raw, int count, float[] panel) {
    for (int i = 0; i < count * BLOCK_INTS; i++) {
      int even = (i / BLOCK_INTS * BLOCK + i % BLOCK_INTS * 4) * TILE_ROWS;
      for (int row = 0; row < TILE_ROWS; row++) {
        int eight = raw[i * TILE_ROWS + row];
        for (int c = 0; c < 8; c++) {
          int code = eight >>> (4 * c);
          int bits = MAGNITUDES[code & 7] | ((code << 28) & Integer.MIN_VALUE);
          int column = c / 2 + c % 2 * (BLOCK / 2);
          panel[even + column * TILE_ROWS + row] = Float.intBitsToFloat(bits);
        }
      }
    }
  }

  @Override
  public void multiply(
      Int8Matrix w, Bf16Vector bias, Int8Activations x, int from, int to, float[] y, int yOffset) {
    Scratch scratch = Scratch.ofThread();
    int blocks = x.blocks();
    float[] scales = scratch.lanes.atLeast(PANEL_BLOCKS * TILE_ROWS);
    float[] panel = scratch.tile.atLeast(PANEL_FLOATS);
    float[] sums = scratch.sums.atLeast(x.rows() * TILE_ROWS);
    for (int tile = from; tile < to; tile += TILE_ROWS) {
      for (int block = 0; block < blocks; block += PANEL_BLOCKS) {
        int count = Math.min(PANEL_BLOCKS, blocks - block);
        long at = (long) tile / TILE_ROWS * blocks + block;
        decode(w, at, count, panel, scales);
        accumulate(panel, scales, 1, x, block, count, sums);
      }
      int rows = Math.min(TILE_ROWS, w.rows() - tile);
      store(sums, bias, tile, rows, x.rows(), w.rows(), y, yOffset);
    }
  }

  /** Widens a panel of bytes, offset included, to floats {@code [block, 32, 16]}. */
  private static void decode(Int8Matrix w, long block, int count, float[] panel, float[] scales) {
    MemorySegment codes = w.codes();
    for (int i = 0; i < count * 8; i++) {
      long from = block * Int8Matrix.TILE_BLOCK_BYTES + (long) i * TILE_ROWS * Integer.BYTES;
      for (int lane = 0; lane < TILE_ROWS; lane += LENGTH) {
        IntVector four =
            IntVector.fromMemorySegment(
                INTS, codes, from + (long) lane * Integer.BYTES, LITTLE_ENDIAN);
        for (int c = 0; c < 4; c++) {
          ((FloatVector)
                  four.lanewise(VectorOperators.LSHR, 8 * c)
                      .and(0xFF)
                      .convert(VectorOperators.I2F, 0))
              .intoArray(panel, (i * 4 + c) * TILE_ROWS + lane);
        }
      }
    }
    for (int i = 0; i < count * TILE_ROWS; i++) {
      long at = (block * TILE_ROWS + i) * Short.BYTES;
      scales[i] = Float.intBitsToFloat(w.scales().get(LITTLE_ENDIAN_SHORT, at) << 16);
    }
  }

  private static final ValueLayout.OfShort LITTLE_ENDIAN_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  /**
   * Takes a panel's blocks into the sums {@code [rows, 16]} of all rows of activations.
   *
   * @param offset 1 where the weights are too large by what the activations' starts make good, 0
   *     where they are not
   */
  private static void accumulate(
      float[] panel,
      float[] scales,
      int offset,
      Int8Activations x,
      int block,
      int count,
      float[] sums) {
    int row = 0;
    for (; row + 4 <= x.rows(); row += 4) {
      accumulateFour(panel, scales, offset, x, row, block, count, sums);
    }
    for (; row < x.rows(); row++) {
      accumulateOne(panel, scales, offset, x, row, block, count, sums);
    }
  }

  private static void accumulateFour(
      float[] panel,
      float[] scales,
      int offset,
      Int8Activations x,
      int row,
      int block,
      int count,
      float[] sums) {
    float[] values = x.values();
    float[] xScales = x.scales();
    int[] starts = x.starts();
    int stride = x.blocks();
    for (int lane = 0; lane < TILE_ROWS; lane += LENGTH) {
      int to = row * TILE_ROWS + lane;
      FloatVector s0 = FloatVector.zero(FLOATS);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      if (block > 0) {
        s0 = FloatVector.fromArray(FLOATS, sums, to);
        s1 = FloatVector.fromArray(FLOATS, sums, to + TILE_ROWS);
        s2 = FloatVector.fromArray(FLOATS, sums, to + 2 * TILE_ROWS);
        s3 = FloatVector.fromArray(FLOATS, sums, to + 3 * TILE_ROWS);
      }
      for (int b = 0; b < count; b++) {
        int b0 = row * stride + block + b;
        int b1 = b0 + stride;
        int b2 = b1 + stride;
        int b3 = b2 + stride;
        FloatVector d0 = FloatVector.broadcast(FLOATS, (float) (offset * starts[b0]));
        FloatVector d1 = FloatVector.broadcast(FLOATS, (float) (offset * starts[b1]));
        FloatVector d2 = FloatVector.broadcast(FLOATS, (float) (offset * starts[b2]));
        FloatVector d3 = FloatVector.broadcast(FLOATS, (float) (offset * starts[b3]));
        FloatVector e0 = FloatVector.zero(FLOATS);
        FloatVector e1 = e0;
        FloatVector e2 = e0;
        FloatVector e3 = e0;
        int w = b * BLOCK * TILE_ROWS + lane;
        for (int k = 0; k < BLOCK; k += 2) {
          FloatVector w0 = FloatVector.fromArray(FLOATS, panel, w + k * TILE_ROWS);
          FloatVector w1 = FloatVector.fromArray(FLOATS, panel, w + (k + 1) * TILE_ROWS);
          d0 = w0.fma(FloatVector.broadcast(FLOATS, values[b0 * BLOCK + k]), d0);
          d1 = w0.fma(FloatVector.broadcast(FLOATS, values[b1 * BLOCK + k]), d1);
          d2 = w0.fma(FloatVector.broadcast(FLOATS, values[b2 * BLOCK + k]), d2);
          d3 = w0.fma(FloatVector.broadcast(FLOATS, values[b3 * BLOCK + k]), d3);
          e0 = w1.fma(FloatVector.broadcast(FLOATS, values[b0 * BLOCK + k + 1]), e0);
          e1 = w1.fma(FloatVector.broadcast(FLOATS, values[b1 * BLOCK + k + 1]), e1);
          e2 = w1.fma(FloatVector.broadcast(FLOATS, values[b2 * BLOCK + k + 1]), e2);
          e3 = w1.fma(FloatVector.broadcast(FLOATS, values[b3 * BLOCK + k + 1]), e3);
        }
        FloatVector scale = FloatVector.fromArray(FLOATS, scales, b * TILE_ROWS + lane);
        s0 = d0.add(e0).fma(scale.mul(xScales[b0]), s0);
        s1 = d1.add(e1).fma(scale.mul(xScales[b1]), s1);
        s2 = d2.add(e2).fma(scale.mul(xScales[b2]), s2);
        s3 = d3.add(e3).fma(scale.mul(xScales[b3]), s3);
      }
      s0.intoArray(sums, to);
      s1.intoArray(sums, to + TILE_ROWS);
      s2.intoArray(sums, to + 2 * TILE_ROWS);
      s3.intoArray(sums, to + 3 * TILE_ROWS);
    }
  }

  private static void accumulateOne(
      float[] panel,
      float[] scales,
      int offset,
      Int8Activations x,
      int row,
      int block,
      int count,
      float[] sums) {
    float[] values = x.values();
    for (int lane = 0; lane < TILE_ROWS; lane += LENGTH) {
      int to = row * TILE_ROWS + lane;
      FloatVector sum =
          block > 0 ? FloatVector.fromArray(FLOATS, sums, to) : FloatVector.zero(FLOATS);
      for (int b = 0; b < count; b++) {
        int at = row * x.blocks() + block + b;
        // Four sums side by side, since each waits for its last product; exact in any order.
        FloatVector d0 = FloatVector.broadcast(FLOATS, (float) (offset * x.starts()[at]));
        FloatVector d1 = FloatVector.zero(FLOATS);
        FloatVector d2 = d1;
        FloatVector d3 = d1;
        int w = b * BLOCK * TILE_ROWS + lane;
        for (int k = 0; k < BLOCK; k += 4) {
          int v = at * BLOCK + k;
          int p = w + k * TILE_ROWS;
          d0 =
              FloatVector.fromArray(FLOATS, panel, p)
                  .fma(FloatVector.broadcast(FLOATS, values[v]), d0);
          d1 =
              FloatVector.fromArray(FLOATS, panel, p + TILE_ROWS)
                  .fma(FloatVector.broadcast(FLOATS, values[v + 1]), d1);
          d2 =
              FloatVector.fromArray(FLOATS, panel, p + 2 * TILE_ROWS)
                  .fma(FloatVector.broadcast(FLOATS, values[v + 2]), d2);
          d3 =
              FloatVector.fromArray(FLOATS, panel, p + 3 * TILE_ROWS)
                  .fma(FloatVector.broadcast(FLOATS, values[v + 3]), d3);
        }
        FloatVector scale = FloatVector.fromArray(FLOATS, scales, b * TILE_ROWS + lane);
        sum = d0.add(d1).add(d2.add(d3)).fma(scale.mul(x.scales()[at]), sum);
      }
      sum.intoArray(sums, to);
    }
  }

  private static void store(
      float[] sums,
      Bf16Vector bias,
      int tile,
      int tileRows,
      int rows,
      int outputs,
      float[] y,
      int yOffset) {
    for (int row = 0; row < rows; row++) {
      int to = yOffset + row * outputs + tile;
      for (int r = 0; r < tileRows; r++) {
        float sum = sums[row * TILE_ROWS + r];
        y[to + r] = bias == null ? sum : sum + bias.get(tile + r);
      }
    }
  }
}
