package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.LENGTH;
import static io.rack72.kernel.SummationOrder.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * The inner loop of a product of many rows: some rows of decoded weights against some rows of
 * activations, whose dot products stay in registers while they grow. One method for each size,
 * since vectors that cross a method call are boxed unless the compiler happens to inline it, and
 * since it keeps local variables in registers but not arrays.
 *
 * <p>Both operands are <em>interleaved</em>: the first sixteen terms of each row, one row behind
 * the other, then the next sixteen of each. So the loop reads on from one place in each.
 */
final class TileProduct {
  /** AVX-512 has 32 registers, which hold twice as many sums as the sixteen of AVX2. */
  private static final boolean MANY_REGISTERS = LENGTH == LANES;

  /** Weight rows of one step. */
  static final int WEIGHT_ROWS = MANY_REGISTERS ? 5 : 3;

  /** Activation rows of one step. */
  static final int ROWS = MANY_REGISTERS ? 5 : 4;

  private TileProduct() {}

  /**
   * Takes terms into the lanes of {@code WEIGHT_ROWS * ROWS} dot products.
   *
   * @param w weights, {@code [vectors, WEIGHT_ROWS, LANES]} from {@code w0}
   * @param x activations, {@code [vectors, ROWS, LANES]} from {@code x0}
   * @param vectors terms of each dot product, in units of {@link SummationOrder#LANES}
   * @param sums {@code [WEIGHT_ROWS, ROWS, LANES]} from {@code s0}
   * @param first whether the sums begin here, at zero
   */
  static void accumulate(
      float[] w, int w0, float[] x, int x0, int vectors, float[] sums, int s0, boolean first) {
    if (MANY_REGISTERS) {
      fiveByFive(w, w0, x, x0, vectors, sums, s0, first);
    } else {
      threeByFour(w, w0, x, x0, vectors, sums, s0, first);
    }
  }

  private static void fiveByFive(
      float[] w, int w0, float[] x, int x0, int vectors, float[] sums, int s0, boolean first) {
    for (int g = 0; g < LANES; g += LENGTH) {
      int s = s0 + g;
      FloatVector s00 = FloatVector.zero(FLOATS);
      FloatVector s01 = s00;
      FloatVector s02 = s00;
      FloatVector s03 = s00;
      FloatVector s04 = s00;
      FloatVector s10 = s00;
      FloatVector s11 = s00;
      FloatVector s12 = s00;
      FloatVector s13 = s00;
      FloatVector s14 = s00;
      FloatVector s20 = s00;
      FloatVector s21 = s00;
      FloatVector s22 = s00;
      FloatVector s23 = s00;
      FloatVector s24 = s00;
      FloatVector s30 = s00;
      FloatVector s31 = s00;
      FloatVector s32 = s00;
      FloatVector s33 = s00;
      FloatVector s34 = s00;
      FloatVector s40 = s00;
      FloatVector s41 = s00;
      FloatVector s42 = s00;
      FloatVector s43 = s00;
      FloatVector s44 = s00;
      if (!first) {
        s00 = FloatVector.fromArray(FLOATS, sums, s);
        s01 = FloatVector.fromArray(FLOATS, sums, s + LANES);
        s02 = FloatVector.fromArray(FLOATS, sums, s + 2 * LANES);
        s03 = FloatVector.fromArray(FLOATS, sums, s + 3 * LANES);
        s04 = FloatVector.fromArray(FLOATS, sums, s + 4 * LANES);
        s10 = FloatVector.fromArray(FLOATS, sums, s + 5 * LANES);
        s11 = FloatVector.fromArray(FLOATS, sums, s + 6 * LANES);
        s12 = FloatVector.fromArray(FLOATS, sums, s + 7 * LANES);
        s13 = FloatVector.fromArray(FLOATS, sums, s + 8 * LANES);
        s14 = FloatVector.fromArray(FLOATS, sums, s + 9 * LANES);
        s20 = FloatVector.fromArray(FLOATS, sums, s + 10 * LANES);
        s21 = FloatVector.fromArray(FLOATS, sums, s + 11 * LANES);
        s22 = FloatVector.fromArray(FLOATS, sums, s + 12 * LANES);
        s23 = FloatVector.fromArray(FLOATS, sums, s + 13 * LANES);
        s24 = FloatVector.fromArray(FLOATS, sums, s + 14 * LANES);
        s30 = FloatVector.fromArray(FLOATS, sums, s + 15 * LANES);
        s31 = FloatVector.fromArray(FLOATS, sums, s + 16 * LANES);
        s32 = FloatVector.fromArray(FLOATS, sums, s + 17 * LANES);
        s33 = FloatVector.fromArray(FLOATS, sums, s + 18 * LANES);
        s34 = FloatVector.fromArray(FLOATS, sums, s + 19 * LANES);
        s40 = FloatVector.fromArray(FLOATS, sums, s + 20 * LANES);
        s41 = FloatVector.fromArray(FLOATS, sums, s + 21 * LANES);
        s42 = FloatVector.fromArray(FLOATS, sums, s + 22 * LANES);
        s43 = FloatVector.fromArray(FLOATS, sums, s + 23 * LANES);
        s44 = FloatVector.fromArray(FLOATS, sums, s + 24 * LANES);
      }
      int b = x0 + g;
      int end = w0 + g + vectors * 5 * LANES;
      for (int a = w0 + g; a != end; a += 5 * LANES) {
        FloatVector a0 = FloatVector.fromArray(FLOATS, w, a);
        FloatVector a1 = FloatVector.fromArray(FLOATS, w, a + LANES);
        FloatVector a2 = FloatVector.fromArray(FLOATS, w, a + 2 * LANES);
        FloatVector a3 = FloatVector.fromArray(FLOATS, w, a + 3 * LANES);
        FloatVector a4 = FloatVector.fromArray(FLOATS, w, a + 4 * LANES);
        FloatVector v = FloatVector.fromArray(FLOATS, x, b);
        s00 = a0.fma(v, s00);
        s10 = a1.fma(v, s10);
        s20 = a2.fma(v, s20);
        s30 = a3.fma(v, s30);
        s40 = a4.fma(v, s40);
        v = FloatVector.fromArray(FLOATS, x, b + LANES);
        s01 = a0.fma(v, s01);
        s11 = a1.fma(v, s11);
        s21 = a2.fma(v, s21);
        s31 = a3.fma(v, s31);
        s41 = a4.fma(v, s41);
        v = FloatVector.fromArray(FLOATS, x, b + 2 * LANES);
        s02 = a0.fma(v, s02);
        s12 = a1.fma(v, s12);
        s22 = a2.fma(v, s22);
        s32 = a3.fma(v, s32);
        s42 = a4.fma(v, s42);
        v = FloatVector.fromArray(FLOATS, x, b + 3 * LANES);
        s03 = a0.fma(v, s03);
        s13 = a1.fma(v, s13);
        s23 = a2.fma(v, s23);
        s33 = a3.fma(v, s33);
        s43 = a4.fma(v, s43);
        v = FloatVector.fromArray(FLOATS, x, b + 4 * LANES);
        s04 = a0.fma(v, s04);
        s14 = a1.fma(v, s14);
        s24 = a2.fma(v, s24);
        s34 = a3.fma(v, s34);
        s44 = a4.fma(v, s44);
        b += 5 * LANES;
      }
      s00.intoArray(sums, s);
      s01.intoArray(sums, s + LANES);
      s02.intoArray(sums, s + 2 * LANES);
      s03.intoArray(sums, s + 3 * LANES);
      s04.intoArray(sums, s + 4 * LANES);
      s10.intoArray(sums, s + 5 * LANES);
      s11.intoArray(sums, s + 6 * LANES);
      s12.intoArray(sums, s + 7 * LANES);
      s13.intoArray(sums, s + 8 * LANES);
      s14.intoArray(sums, s + 9 * LANES);
      s20.intoArray(sums, s + 10 * LANES);
      s21.intoArray(sums, s + 11 * LANES);
      s22.intoArray(sums, s + 12 * LANES);
      s23.intoArray(sums, s + 13 * LANES);
      s24.intoArray(sums, s + 14 * LANES);
      s30.intoArray(sums, s + 15 * LANES);
      s31.intoArray(sums, s + 16 * LANES);
      s32.intoArray(sums, s + 17 * LANES);
      s33.intoArray(sums, s + 18 * LANES);
      s34.intoArray(sums, s + 19 * LANES);
      s40.intoArray(sums, s + 20 * LANES);
      s41.intoArray(sums, s + 21 * LANES);
      s42.intoArray(sums, s + 22 * LANES);
      s43.intoArray(sums, s + 23 * LANES);
      s44.intoArray(sums, s + 24 * LANES);
    }
  }

  private static void threeByFour(
      float[] w, int w0, float[] x, int x0, int vectors, float[] sums, int s0, boolean first) {
    for (int g = 0; g < LANES; g += LENGTH) {
      int s = s0 + g;
      FloatVector s00 = FloatVector.zero(FLOATS);
      FloatVector s01 = s00;
      FloatVector s02 = s00;
      FloatVector s03 = s00;
      FloatVector s10 = s00;
      FloatVector s11 = s00;
      FloatVector s12 = s00;
      FloatVector s13 = s00;
      FloatVector s20 = s00;
      FloatVector s21 = s00;
      FloatVector s22 = s00;
      FloatVector s23 = s00;
      if (!first) {
        s00 = FloatVector.fromArray(FLOATS, sums, s);
        s01 = FloatVector.fromArray(FLOATS, sums, s + LANES);
        s02 = FloatVector.fromArray(FLOATS, sums, s + 2 * LANES);
        s03 = FloatVector.fromArray(FLOATS, sums, s + 3 * LANES);
        s10 = FloatVector.fromArray(FLOATS, sums, s + 4 * LANES);
        s11 = FloatVector.fromArray(FLOATS, sums, s + 5 * LANES);
        s12 = FloatVector.fromArray(FLOATS, sums, s + 6 * LANES);
        s13 = FloatVector.fromArray(FLOATS, sums, s + 7 * LANES);
        s20 = FloatVector.fromArray(FLOATS, sums, s + 8 * LANES);
        s21 = FloatVector.fromArray(FLOATS, sums, s + 9 * LANES);
        s22 = FloatVector.fromArray(FLOATS, sums, s + 10 * LANES);
        s23 = FloatVector.fromArray(FLOATS, sums, s + 11 * LANES);
      }
      // Comparing with != keeps the compiler from unrolling the loop, which would need more than
      // the sixteen registers that there are and spill the sums.
      int b = x0 + g;
      int end = w0 + g + vectors * 3 * LANES;
      for (int a = w0 + g; a != end; a += 3 * LANES) {
        FloatVector a0 = FloatVector.fromArray(FLOATS, w, a);
        FloatVector a1 = FloatVector.fromArray(FLOATS, w, a + LANES);
        FloatVector a2 = FloatVector.fromArray(FLOATS, w, a + 2 * LANES);
        FloatVector v = FloatVector.fromArray(FLOATS, x, b);
        s00 = a0.fma(v, s00);
        s10 = a1.fma(v, s10);
        s20 = a2.fma(v, s20);
        v = FloatVector.fromArray(FLOATS, x, b + LANES);
        s01 = a0.fma(v, s01);
        s11 = a1.fma(v, s11);
        s21 = a2.fma(v, s21);
        v = FloatVector.fromArray(FLOATS, x, b + 2 * LANES);
        s02 = a0.fma(v, s02);
        s12 = a1.fma(v, s12);
        s22 = a2.fma(v, s22);
        v = FloatVector.fromArray(FLOATS, x, b + 3 * LANES);
        s03 = a0.fma(v, s03);
        s13 = a1.fma(v, s13);
        s23 = a2.fma(v, s23);
        b += 4 * LANES;
      }
      s00.intoArray(sums, s);
      s01.intoArray(sums, s + LANES);
      s02.intoArray(sums, s + 2 * LANES);
      s03.intoArray(sums, s + 3 * LANES);
      s10.intoArray(sums, s + 4 * LANES);
      s11.intoArray(sums, s + 5 * LANES);
      s12.intoArray(sums, s + 6 * LANES);
      s13.intoArray(sums, s + 7 * LANES);
      s20.intoArray(sums, s + 8 * LANES);
      s21.intoArray(sums, s + 9 * LANES);
      s22.intoArray(sums, s + 10 * LANES);
      s23.intoArray(sums, s + 11 * LANES);
    }
  }
}
