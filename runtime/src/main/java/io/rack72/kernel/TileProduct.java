package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.LENGTH;
import static io.rack72.kernel.SummationOrder.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * The inner loop of a product of many rows: some rows of decoded weights against some rows of
 * activations, whose dot products stay in registers while they grow. There is one method for each
 * size, since vectors that cross a method call are boxed unless the compiler happens to inline it,
 * and since the compiler keeps local variables in registers but not the elements of an array.
 *
 * <p>Both operands are <em>interleaved</em>: the first sixteen terms of each row, one row behind
 * the other, then the next sixteen of each. So the loop reads on from one place in each. It
 * compares with {@code !=}, which keeps the compiler from unrolling it: that would need more
 * registers than there are, and spill the sums.
 */
final class TileProduct {
  /**
   * Whether a vector has all lanes of a sum, which is AVX-512, with 32 registers. AVX2 has sixteen;
   * NEON has 32 too, but how many sums are best there was not measured.
   */
  private static final boolean WIDE = LENGTH == LANES;

  /** Weight rows of one step. */
  static final int WEIGHT_ROWS = WIDE ? 6 : 3;

  /** Activation rows of one step. */
  static final int ROWS = 4;

  /** From sixteen terms of an interleaved weight row to its next sixteen. */
  static final int WEIGHT_STRIDE = WEIGHT_ROWS * LANES;

  /** Floats that the running sums of one step take. */
  static final int SUMS = WEIGHT_ROWS * ROWS * LANES;

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
    if (WIDE) {
      sixByFour(w, w0, x, x0, vectors, sums, s0, first);
    } else {
      threeByFour(w, w0, x, x0, vectors, sums, s0, first);
    }
  }

  private static void sixByFour(
      float[] w, int w0, float[] x, int x0, int vectors, float[] sums, int s0, boolean first) {
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
    FloatVector s30 = s00;
    FloatVector s31 = s00;
    FloatVector s32 = s00;
    FloatVector s33 = s00;
    FloatVector s40 = s00;
    FloatVector s41 = s00;
    FloatVector s42 = s00;
    FloatVector s43 = s00;
    FloatVector s50 = s00;
    FloatVector s51 = s00;
    FloatVector s52 = s00;
    FloatVector s53 = s00;
    if (!first) {
      s00 = FloatVector.fromArray(FLOATS, sums, s0);
      s01 = FloatVector.fromArray(FLOATS, sums, s0 + LANES);
      s02 = FloatVector.fromArray(FLOATS, sums, s0 + 2 * LANES);
      s03 = FloatVector.fromArray(FLOATS, sums, s0 + 3 * LANES);
      s10 = FloatVector.fromArray(FLOATS, sums, s0 + 4 * LANES);
      s11 = FloatVector.fromArray(FLOATS, sums, s0 + 5 * LANES);
      s12 = FloatVector.fromArray(FLOATS, sums, s0 + 6 * LANES);
      s13 = FloatVector.fromArray(FLOATS, sums, s0 + 7 * LANES);
      s20 = FloatVector.fromArray(FLOATS, sums, s0 + 8 * LANES);
      s21 = FloatVector.fromArray(FLOATS, sums, s0 + 9 * LANES);
      s22 = FloatVector.fromArray(FLOATS, sums, s0 + 10 * LANES);
      s23 = FloatVector.fromArray(FLOATS, sums, s0 + 11 * LANES);
      s30 = FloatVector.fromArray(FLOATS, sums, s0 + 12 * LANES);
      s31 = FloatVector.fromArray(FLOATS, sums, s0 + 13 * LANES);
      s32 = FloatVector.fromArray(FLOATS, sums, s0 + 14 * LANES);
      s33 = FloatVector.fromArray(FLOATS, sums, s0 + 15 * LANES);
      s40 = FloatVector.fromArray(FLOATS, sums, s0 + 16 * LANES);
      s41 = FloatVector.fromArray(FLOATS, sums, s0 + 17 * LANES);
      s42 = FloatVector.fromArray(FLOATS, sums, s0 + 18 * LANES);
      s43 = FloatVector.fromArray(FLOATS, sums, s0 + 19 * LANES);
      s50 = FloatVector.fromArray(FLOATS, sums, s0 + 20 * LANES);
      s51 = FloatVector.fromArray(FLOATS, sums, s0 + 21 * LANES);
      s52 = FloatVector.fromArray(FLOATS, sums, s0 + 22 * LANES);
      s53 = FloatVector.fromArray(FLOATS, sums, s0 + 23 * LANES);
    }
    int b = x0;
    int end = w0 + vectors * 6 * LANES;
    for (int a = w0; a != end; a += 6 * LANES) {
      FloatVector b0 = FloatVector.fromArray(FLOATS, x, b);
      FloatVector b1 = FloatVector.fromArray(FLOATS, x, b + LANES);
      FloatVector b2 = FloatVector.fromArray(FLOATS, x, b + 2 * LANES);
      FloatVector b3 = FloatVector.fromArray(FLOATS, x, b + 3 * LANES);
      FloatVector v = FloatVector.fromArray(FLOATS, w, a);
      s00 = v.fma(b0, s00);
      s01 = v.fma(b1, s01);
      s02 = v.fma(b2, s02);
      s03 = v.fma(b3, s03);
      v = FloatVector.fromArray(FLOATS, w, a + LANES);
      s10 = v.fma(b0, s10);
      s11 = v.fma(b1, s11);
      s12 = v.fma(b2, s12);
      s13 = v.fma(b3, s13);
      v = FloatVector.fromArray(FLOATS, w, a + 2 * LANES);
      s20 = v.fma(b0, s20);
      s21 = v.fma(b1, s21);
      s22 = v.fma(b2, s22);
      s23 = v.fma(b3, s23);
      v = FloatVector.fromArray(FLOATS, w, a + 3 * LANES);
      s30 = v.fma(b0, s30);
      s31 = v.fma(b1, s31);
      s32 = v.fma(b2, s32);
      s33 = v.fma(b3, s33);
      v = FloatVector.fromArray(FLOATS, w, a + 4 * LANES);
      s40 = v.fma(b0, s40);
      s41 = v.fma(b1, s41);
      s42 = v.fma(b2, s42);
      s43 = v.fma(b3, s43);
      v = FloatVector.fromArray(FLOATS, w, a + 5 * LANES);
      s50 = v.fma(b0, s50);
      s51 = v.fma(b1, s51);
      s52 = v.fma(b2, s52);
      s53 = v.fma(b3, s53);
      b += 4 * LANES;
    }
    s00.intoArray(sums, s0);
    s01.intoArray(sums, s0 + LANES);
    s02.intoArray(sums, s0 + 2 * LANES);
    s03.intoArray(sums, s0 + 3 * LANES);
    s10.intoArray(sums, s0 + 4 * LANES);
    s11.intoArray(sums, s0 + 5 * LANES);
    s12.intoArray(sums, s0 + 6 * LANES);
    s13.intoArray(sums, s0 + 7 * LANES);
    s20.intoArray(sums, s0 + 8 * LANES);
    s21.intoArray(sums, s0 + 9 * LANES);
    s22.intoArray(sums, s0 + 10 * LANES);
    s23.intoArray(sums, s0 + 11 * LANES);
    s30.intoArray(sums, s0 + 12 * LANES);
    s31.intoArray(sums, s0 + 13 * LANES);
    s32.intoArray(sums, s0 + 14 * LANES);
    s33.intoArray(sums, s0 + 15 * LANES);
    s40.intoArray(sums, s0 + 16 * LANES);
    s41.intoArray(sums, s0 + 17 * LANES);
    s42.intoArray(sums, s0 + 18 * LANES);
    s43.intoArray(sums, s0 + 19 * LANES);
    s50.intoArray(sums, s0 + 20 * LANES);
    s51.intoArray(sums, s0 + 21 * LANES);
    s52.intoArray(sums, s0 + 22 * LANES);
    s53.intoArray(sums, s0 + 23 * LANES);
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
