package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.INTS;
import static io.rack72.kernel.Simd.LENGTH;
import static io.rack72.kernel.Simd.SHORTS;
import static io.rack72.kernel.WeightPanel.BLOCK_SHORTS;
import static io.rack72.kernel.WeightPanel.ROWS;
import static io.rack72.kernel.WeightPanel.STEPS;
import static io.rack72.kernel.WeightPanel.STEP_SHORTS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The inner loops over a {@link WeightPanel}. Lanes have 16 bits, two for each weight row: a vector
 * of both columns of a step is multiplied with a pair of activations in all lanes. That is as many
 * products as 8 bits would allow at half the cost of float32, and none is larger than 16 bits hold.
 *
 * <p>Narrow weights, at most 12, are summed in 16 bits: a lane adds 16 products of a block, at most
 * 16 * 12 * 127 = 24384. Wide ones, at most 127, leave room for a sum of two; its halves, high and
 * low, are added up in 32 bits with one shift: {@code high} is the sum of the high halves, {@code
 * all} that of 2^16 times them plus the low ones.
 *
 * <p>The loops leave their sums to a second pass ({@link #addNarrow}, {@link #addWide}), and in
 * arrays of another type than what they read: the compiler does not inline more than some hundred
 * vector operations into one method, beyond which vectors are boxed, and loads an activation into
 * all lanes in one instruction only where no store can have changed it.
 */
final class PanelProduct {
  /** Shorts, or floats, that the sums of one row of activations take. */
  static final int DOTS = WeightPanel.BLOCKS * STEP_SHORTS;

  /** Flipping it adds 2^15 to the low half, so that the half counts as a number without a sign. */
  static final int LOW_SIGN = 0x8000;

  /** What {@code all} begins with, since a block's eight low halves are each too large by 2^15. */
  static final int WIDE_START = -8 * LOW_SIGN;

  private static final int GROUP = Int8Activations.GROUP;
  private static final int GROUP_BLOCK = STEPS * GROUP;

  private PanelProduct() {}

  /**
   * Multiplies narrow weights with a group of four rows of activations.
   *
   * @param x where the group's pairs are
   * @param dots {@code [4, 16, 32, 2]}
   */
  static void narrow(short[] weights, int count, int[] pairs, int x, short[] dots) {
    for (int lane = 0; lane < ROWS; lane += 2 * LENGTH) {
      for (int b = 0; b < count; b++) {
        ShortVector d00 = ShortVector.zero(SHORTS);
        ShortVector d01 = d00;
        ShortVector d02 = d00;
        ShortVector d03 = d00;
        ShortVector d10 = d00;
        ShortVector d11 = d00;
        ShortVector d12 = d00;
        ShortVector d13 = d00;
        int w = b * BLOCK_SHORTS + 2 * lane;
        int at = x + b * GROUP_BLOCK;
        for (int k = 0; k < STEPS; k++) {
          ShortVector w0 = ShortVector.fromArray(SHORTS, weights, w + k * STEP_SHORTS);
          ShortVector w1 = ShortVector.fromArray(SHORTS, weights, w + k * STEP_SHORTS + 2 * LENGTH);
          ShortVector v = IntVector.broadcast(INTS, pairs[at + GROUP * k]).reinterpretAsShorts();
          d00 = d00.add(w0.mul(v));
          d10 = d10.add(w1.mul(v));
          v = IntVector.broadcast(INTS, pairs[at + GROUP * k + 1]).reinterpretAsShorts();
          d01 = d01.add(w0.mul(v));
          d11 = d11.add(w1.mul(v));
          v = IntVector.broadcast(INTS, pairs[at + GROUP * k + 2]).reinterpretAsShorts();
          d02 = d02.add(w0.mul(v));
          d12 = d12.add(w1.mul(v));
          v = IntVector.broadcast(INTS, pairs[at + GROUP * k + 3]).reinterpretAsShorts();
          d03 = d03.add(w0.mul(v));
          d13 = d13.add(w1.mul(v));
        }
        int to = b * STEP_SHORTS + 2 * lane;
        d00.intoArray(dots, to);
        d10.intoArray(dots, to + 2 * LENGTH);
        d01.intoArray(dots, to + DOTS);
        d11.intoArray(dots, to + DOTS + 2 * LENGTH);
        d02.intoArray(dots, to + 2 * DOTS);
        d12.intoArray(dots, to + 2 * DOTS + 2 * LENGTH);
        d03.intoArray(dots, to + 3 * DOTS);
        d13.intoArray(dots, to + 3 * DOTS + 2 * LENGTH);
      }
    }
  }

  /**
   * Takes a row's products with narrow weights into its sums, block by block.
   *
   * @param dots {@code [16, 32, 2]} from {@code dot}
   * @param xScale where the scale of the row's first block is
   * @param xStride from the scale of a block to that of the next
   * @param sums {@code [32]} from {@code to}
   */
  static void addNarrow(
      short[] dots,
      int dot,
      int count,
      float[] scales,
      float[] xScales,
      int xScale,
      int xStride,
      float[] sums,
      int to) {
    for (int lane = 0; lane < ROWS; lane += 2 * LENGTH) {
      FloatVector sum0 = FloatVector.fromArray(FLOATS, sums, to + lane);
      FloatVector sum1 = FloatVector.fromArray(FLOATS, sums, to + lane + LENGTH);
      for (int b = 0; b < count; b++) {
        float x = xScales[xScale + b * xStride];
        int w = b * ROWS + lane;
        int at = dot + 2 * w;
        FloatVector d0 = sumOfHalves(ShortVector.fromArray(SHORTS, dots, at));
        FloatVector d1 = sumOfHalves(ShortVector.fromArray(SHORTS, dots, at + 2 * LENGTH));
        sum0 = d0.fma(FloatVector.fromArray(FLOATS, scales, w).mul(x), sum0);
        sum1 = d1.fma(FloatVector.fromArray(FLOATS, scales, w + LENGTH).mul(x), sum1);
      }
      sum0.intoArray(sums, to + lane);
      sum1.intoArray(sums, to + lane + LENGTH);
    }
  }

  /**
   * Multiplies wide weights with two rows of activations.
   *
   * @param x where the pairs of the first row are
   * @param dots {@code [2, 16, 2, 32]} from {@code dot}: {@code all} and {@code high}
   */
  static void wide(short[] weights, int count, int[] pairs, int x, float[] dots, int dot) {
    for (int lane = 0; lane < ROWS; lane += 2 * LENGTH) {
      for (int b = 0; b < count; b++) {
        IntVector all00 = IntVector.broadcast(INTS, WIDE_START);
        IntVector all01 = all00;
        IntVector all10 = all00;
        IntVector all11 = all00;
        IntVector high00 = IntVector.zero(INTS);
        IntVector high01 = high00;
        IntVector high10 = high00;
        IntVector high11 = high00;
        int w = b * BLOCK_SHORTS + 2 * lane;
        int at = x + b * GROUP_BLOCK;
        for (int k = 0; k < STEPS / 2; k++) {
          int step = w + 2 * k * STEP_SHORTS;
          ShortVector w0 = ShortVector.fromArray(SHORTS, weights, step);
          ShortVector w1 = ShortVector.fromArray(SHORTS, weights, step + 2 * LENGTH);
          ShortVector v0 = ShortVector.fromArray(SHORTS, weights, step + STEP_SHORTS);
          ShortVector v1 = ShortVector.fromArray(SHORTS, weights, step + STEP_SHORTS + 2 * LENGTH);
          int pair = at + 2 * GROUP * k;
          ShortVector p = IntVector.broadcast(INTS, pairs[pair]).reinterpretAsShorts();
          ShortVector q = IntVector.broadcast(INTS, pairs[pair + GROUP]).reinterpretAsShorts();
          IntVector two =
              w0.mul(p).add(v0.mul(q)).reinterpretAsInts().lanewise(VectorOperators.XOR, LOW_SIGN);
          all00 = all00.add(two);
          high00 = high00.add(two.lanewise(VectorOperators.ASHR, Short.SIZE));
          two =
              w1.mul(p).add(v1.mul(q)).reinterpretAsInts().lanewise(VectorOperators.XOR, LOW_SIGN);
          all10 = all10.add(two);
          high10 = high10.add(two.lanewise(VectorOperators.ASHR, Short.SIZE));
          p = IntVector.broadcast(INTS, pairs[pair + 1]).reinterpretAsShorts();
          q = IntVector.broadcast(INTS, pairs[pair + GROUP + 1]).reinterpretAsShorts();
          two =
              w0.mul(p).add(v0.mul(q)).reinterpretAsInts().lanewise(VectorOperators.XOR, LOW_SIGN);
          all01 = all01.add(two);
          high01 = high01.add(two.lanewise(VectorOperators.ASHR, Short.SIZE));
          two =
              w1.mul(p).add(v1.mul(q)).reinterpretAsInts().lanewise(VectorOperators.XOR, LOW_SIGN);
          all11 = all11.add(two);
          high11 = high11.add(two.lanewise(VectorOperators.ASHR, Short.SIZE));
        }
        int to = dot + 2 * b * ROWS + lane;
        all00.reinterpretAsFloats().intoArray(dots, to);
        all10.reinterpretAsFloats().intoArray(dots, to + LENGTH);
        high00.reinterpretAsFloats().intoArray(dots, to + ROWS);
        high10.reinterpretAsFloats().intoArray(dots, to + ROWS + LENGTH);
        all01.reinterpretAsFloats().intoArray(dots, to + DOTS);
        all11.reinterpretAsFloats().intoArray(dots, to + DOTS + LENGTH);
        high01.reinterpretAsFloats().intoArray(dots, to + DOTS + ROWS);
        high11.reinterpretAsFloats().intoArray(dots, to + DOTS + ROWS + LENGTH);
      }
    }
  }

  /** The same as {@link #addNarrow} for wide weights; dots are {@code [16, 2, 32]}. */
  static void addWide(
      float[] dots,
      int dot,
      int count,
      float[] scales,
      float[] xScales,
      int xScale,
      int xStride,
      float[] sums,
      int to) {
    for (int lane = 0; lane < ROWS; lane += LENGTH) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, to + lane);
      for (int b = 0; b < count; b++) {
        int at = dot + 2 * b * ROWS + lane;
        IntVector all = FloatVector.fromArray(FLOATS, dots, at).reinterpretAsInts();
        IntVector high = FloatVector.fromArray(FLOATS, dots, at + ROWS).reinterpretAsInts();
        FloatVector scale = FloatVector.fromArray(FLOATS, scales, b * ROWS + lane);
        sum = wholeOf(all, high).fma(scale.mul(xScales[xScale + b * xStride]), sum);
      }
      sum.intoArray(sums, to + lane);
    }
  }

  /** The sum of the two products of each weight row. */
  static FloatVector sumOfHalves(ShortVector halves) {
    IntVector both = halves.reinterpretAsInts();
    IntVector low =
        both.lanewise(VectorOperators.LSHL, Short.SIZE).lanewise(VectorOperators.ASHR, Short.SIZE);
    IntVector high = both.lanewise(VectorOperators.ASHR, Short.SIZE);
    return (FloatVector) low.add(high).convert(VectorOperators.I2F, 0);
  }

  /** The sum of the low halves, {@code all - 2^16 high}, plus that of the high ones. */
  static FloatVector wholeOf(IntVector all, IntVector high) {
    IntVector low = all.sub(high.lanewise(VectorOperators.LSHL, Short.SIZE));
    return (FloatVector) low.add(high).convert(VectorOperators.I2F, 0);
  }
}
