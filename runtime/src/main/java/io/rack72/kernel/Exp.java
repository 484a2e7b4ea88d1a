package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.LENGTH;

import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The program's one definition of the exponential function in float32. The scalar and the vector
 * form do the same operations in the same order, so they agree in every bit on every machine; the
 * error is below one unit in the last place, subnormal results included.
 *
 * <p>The method is the usual one (Muller et al., <i>Handbook of Floating-Point Arithmetic</i>,
 * chapter 10): with n the integer nearest to x / ln 2 and r = x - n ln 2, e^x = 2^n e^r, where ln 2
 * is subtracted in two parts and e^r = 1 + r + r^2 q(r) with q a polynomial of degree 4 that
 * minimises the largest relative error. 2^n is applied as two factors, so that results near the
 * ends of the range are rounded once.
 */
public final class Exp {
  /** Above this the result is infinite, also in the arithmetic below. */
  private static final float OVERFLOW = 89f;

  /** Below this the result is zero, also in the arithmetic below. */
  private static final float UNDERFLOW = -104f;

  private static final float LOG2_E = 0x1.715476p0f;
  private static final float LN_2_HIGH = 0x1.62e43p-1f;
  private static final float LN_2_LOW = -0x1.05c61p-29f;

  /** 1.5 * 2^23: adding it rounds to an integer, which is left in the low bits. */
  private static final float ROUND = 0x1.8p23f;

  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

  private static final float Q0 = 0x1.fffffcp-2f;
  private static final float Q1 = 0x1.555492p-3f;
  private static final float Q2 = 0x1.5558f4p-5f;
  private static final float Q3 = 0x1.123a2p-7f;
  private static final float Q4 = 0x1.6a23c2p-10f;

  private static final int EXPONENT_BIAS = 127;
  private static final int MANTISSA_BITS = 23;

  private Exp() {}

  /** e to the power x; NaN for NaN. */
  public static float of(float x) {
    if (x > OVERFLOW) {
      return Float.POSITIVE_INFINITY;
    }
    if (x < UNDERFLOW) {
      return 0;
    }
    float shifted = Math.fma(x, LOG2_E, ROUND);
    float n = shifted - ROUND;
    float r = Math.fma(n, -LN_2_HIGH, x);
    r = Math.fma(n, -LN_2_LOW, r);
    float p = Math.fma(Q4, r, Q3);
    p = Math.fma(p, r, Q2);
    p = Math.fma(p, r, Q1);
    p = Math.fma(p, r, Q0);
    p = Math.fma(p, r, 1);
    p = Math.fma(p, r, 1);
    int exponent = Float.floatToRawIntBits(shifted) - ROUND_BITS;
    int half = exponent >> 1;
    float first = Float.intBitsToFloat((half + EXPONENT_BIAS) << MANTISSA_BITS);
    float second = Float.intBitsToFloat((exponent - half + EXPONENT_BIAS) << MANTISSA_BITS);
    return p * first * second;
  }

  /** Replaces {@code a[from]} to {@code a[from + length]}, exclusive, by their exponentials. */
  public static void apply(float[] a, int from, int length) {
    Objects.checkFromIndexSize(from, length, a.length);
    int end = from + length;
    int vectorEnd = from + length / LENGTH * LENGTH;
    for (int i = from; i < vectorEnd; i += LENGTH) {
      FloatVector x = FloatVector.fromArray(FLOATS, a, i);
      FloatVector shifted = x.fma(LOG2_E, ROUND);
      FloatVector n = shifted.sub(ROUND);
      FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -LN_2_HIGH), x);
      r = n.fma(FloatVector.broadcast(FLOATS, -LN_2_LOW), r);
      FloatVector p = r.fma(Q4, Q3);
      p = p.fma(r, FloatVector.broadcast(FLOATS, Q2));
      p = p.fma(r, FloatVector.broadcast(FLOATS, Q1));
      p = p.fma(r, FloatVector.broadcast(FLOATS, Q0));
      p = p.fma(r, FloatVector.broadcast(FLOATS, 1f));
      p = p.fma(r, FloatVector.broadcast(FLOATS, 1f));
      IntVector exponent = shifted.reinterpretAsInts().sub(ROUND_BITS);
      IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
      IntVector first = half.add(EXPONENT_BIAS).lanewise(VectorOperators.LSHL, MANTISSA_BITS);
      IntVector second =
          exponent.sub(half).add(EXPONENT_BIAS).lanewise(VectorOperators.LSHL, MANTISSA_BITS);
      p.mul(first.reinterpretAsFloats())
          .mul(second.reinterpretAsFloats())
          .blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, OVERFLOW))
          .blend(0f, x.compare(VectorOperators.LT, UNDERFLOW))
          .intoArray(a, i);
    }
    for (int i = vectorEnd; i < end; i++) {
      a[i] = of(a[i]);
    }
  }
}
