package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.LENGTH;
import static io.rack72.kernel.SummationOrder.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * The inner loop of a product of many rows: three rows of decoded weights against four rows of
 * activations, twelve dot products whose running sums stay in registers. One method, since vectors
 * that cross a method call are boxed unless the compiler happens to inline it.
 */
final class TileProduct {
  /** Weight rows of one step. */
  static final int WEIGHT_ROWS = 3;

  /** Activation rows of one step. */
  static final int ROWS = 4;

  private TileProduct() {}

  /**
   * Takes {@code length} packed terms, a multiple of 32, into the lanes of twelve dot products.
   *
   * @param w weights; row {@code i} begins at {@code w0 + i * stride}
   * @param x activations; row {@code r} begins at {@code x0 + r * stride}
   * @param sums {@code [WEIGHT_ROWS, ROWS, LANES]} from {@code s0}
   * @param first whether the sums begin here, at zero
   */
  static void accumulate(
      float[] w,
      int w0,
      float[] x,
      int x0,
      int stride,
      int length,
      float[] sums,
      int s0,
      boolean first) {
    int w1 = w0 + stride;
    int w2 = w1 + stride;
    int x1 = x0 + stride;
    int x2 = x1 + stride;
    int x3 = x2 + stride;
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
      int end = g + length;
      for (int k = g; k != end; k += LANES) {
        FloatVector a0 = FloatVector.fromArray(FLOATS, w, w0 + k);
        FloatVector a1 = FloatVector.fromArray(FLOATS, w, w1 + k);
        FloatVector a2 = FloatVector.fromArray(FLOATS, w, w2 + k);
        FloatVector b = FloatVector.fromArray(FLOATS, x, x0 + k);
        s00 = a0.fma(b, s00);
        s10 = a1.fma(b, s10);
        s20 = a2.fma(b, s20);
        b = FloatVector.fromArray(FLOATS, x, x1 + k);
        s01 = a0.fma(b, s01);
        s11 = a1.fma(b, s11);
        s21 = a2.fma(b, s21);
        b = FloatVector.fromArray(FLOATS, x, x2 + k);
        s02 = a0.fma(b, s02);
        s12 = a1.fma(b, s12);
        s22 = a2.fma(b, s22);
        b = FloatVector.fromArray(FLOATS, x, x3 + k);
        s03 = a0.fma(b, s03);
        s13 = a1.fma(b, s13);
        s23 = a2.fma(b, s23);
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
