package io.rack72.sampling;

import static io.rack72.sampling.Lanes.DOUBLES;
import static io.rack72.sampling.Lanes.HALF_FLOATS;
import static io.rack72.sampling.Lanes.LONGS;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Probabilities of tokens relative to the most likely one, {@code e^((logit - max) / temperature)},
 * as whole numbers of a small unit. Sums of whole numbers are exact, so it does not matter in what
 * order, by how many lanes or by way of which parts they are added up.
 *
 * <p>The unit is 2<sup>-bits</sup> with as many bits as let the sum over the vocabulary fit into
 * 62: 44 for 201,088 tokens. A token less than 2<sup>-45</sup> times as likely as the best is never
 * drawn; if all others are just that unlikely, their lost share is 6e-9.
 *
 * <p>The exponential is a fixed sequence of IEEE operations in double, hence the same in every lane
 * and on every machine: the argument is reduced by multiples of ln 2, held in two parts (W. Cody
 * and W. Waite, "Software Manual for the Elementary Functions", 1980), and e^r = 1 + r + r^2 q(r),
 * where q is the polynomial of degree 9 that minimises the largest relative error, 2<sup>-57</sup>,
 * for |r| <= ln 2 / 2. Immutable.
 *
 * @param max the largest logit
 * @param inverseTemperature by which distances from it are multiplied
 * @param bits the unit's negative binary logarithm
 * @param least weights below this are replaced by 0
 */
record TokenWeights(double max, double inverseTemperature, int bits, long least) {
  /** The most bits with which a weight of 1 can be rounded as {@link #of} does it. */
  private static final int MAX_BITS = 51;

  /** Arguments from here down round to a weight of 0, whatever the unit. */
  private static final double SMALLEST = -100;

  private static final double LOG2_E = 1.4426950408889634;
  // The upper part of ln 2 ends in zeros, so that its product with a small integer is exact.
  private static final double LN2_UPPER = 0x1.62e42feep-1;
  private static final double LN2_LOWER = 0x1.a39ef35793c76p-33;
  // Adding 1.5 * 2^52 rounds to the nearest integer and leaves it in the low bits.
  private static final double ROUNDER = 0x1.8p52;
  // So does 2^52, for numbers that are not negative.
  private static final double UNSIGNED_ROUNDER = 0x1p52;
  private static final long UNSIGNED_ROUNDER_BITS = Double.doubleToRawLongBits(UNSIGNED_ROUNDER);
  private static final int EXPONENT_SHIFT = 52;
  private static final long EXPONENT_BIAS = 1023;

  private static final double Q0 = 0x1.000000000000ap-1;
  private static final double Q1 = 0x1.55555555554fap-3;
  private static final double Q2 = 0x1.555555555087cp-5;
  private static final double Q3 = 0x1.1111111127be5p-7;
  private static final double Q4 = 0x1.6c16c1842a11cp-10;
  private static final double Q5 = 0x1.a01a012a57b51p-13;
  private static final double Q6 = 0x1.a0199a0c67902p-16;
  private static final double Q7 = 0x1.71df25523925bp-19;
  private static final double Q8 = 0x1.28ad72cc1f7c7p-22;
  private static final double Q9 = 0x1.ad7f6f07514edp-26;

  /**
   * Weights at a temperature above 0.
   *
   * @param max of the logits; finite
   * @param minP weights below this share of the largest are replaced by 0
   */
  static TokenWeights of(float max, float temperature, float minP, int vocabSize) {
    int bits = Math.min(MAX_BITS, Integer.numberOfLeadingZeros(vocabSize) + 30);
    long least = (long) Math.ceil(Math.scalb((double) minP, bits));
    return new TokenWeights(max, 1.0 / temperature, bits, least);
  }

  /** The smallest weight that is at least a share of a sum of weights. */
  static long share(double share, long sum) {
    return Math.clamp((long) Math.ceil(share * sum), 1, sum);
  }

  /** The natural logarithm of a sum of weights, as a multiple of the largest weight. */
  double log(long sum) {
    return StrictMath.log(Math.scalb((double) sum, -bits));
  }

  /** The weight of a token with this logit. */
  long of(float logit) {
    double x = (logit - max) * inverseTemperature;
    // So that NaN, which is what infinity times 0 gives, weighs nothing either.
    x = x > SMALLEST ? x : SMALLEST;
    double shifted = Math.fma(x, LOG2_E, ROUNDER);
    double n = shifted - ROUNDER;
    double r = Math.fma(n, -LN2_UPPER, x);
    r = Math.fma(n, -LN2_LOWER, r);
    double p = Math.fma(Q9, r, Q8);
    p = Math.fma(p, r, Q7);
    p = Math.fma(p, r, Q6);
    p = Math.fma(p, r, Q5);
    p = Math.fma(p, r, Q4);
    p = Math.fma(p, r, Q3);
    p = Math.fma(p, r, Q2);
    p = Math.fma(p, r, Q1);
    p = Math.fma(p, r, Q0);
    p = Math.fma(p, r, 1);
    p = Math.fma(p, r, 1);
    long scale = (Double.doubleToRawLongBits(shifted) + EXPONENT_BIAS + bits) << EXPONENT_SHIFT;
    double rounded = Math.fma(p, Double.longBitsToDouble(scale), UNSIGNED_ROUNDER);
    long weight = Double.doubleToRawLongBits(rounded) - UNSIGNED_ROUNDER_BITS;
    return weight < least ? 0 : weight;
  }

  /**
   * Weighs tokens, each as {@link #of} does.
   *
   * @param weights of which the first {@code count} are replaced
   * @return the sum of their weights
   */
  long weigh(float[] logits, int from, int count, long[] weights) {
    LongVector sums = LongVector.zero(LONGS);
    int i = 0;
    for (; i <= count - DOUBLES.length(); i += DOUBLES.length()) {
      DoubleVector x =
          ((DoubleVector)
                  FloatVector.fromArray(HALF_FLOATS, logits, from + i)
                      .convertShape(VectorOperators.F2D, DOUBLES, 0))
              .sub(max)
              .mul(inverseTemperature);
      x =
          DoubleVector.broadcast(DOUBLES, SMALLEST)
              .blend(x, x.compare(VectorOperators.GT, SMALLEST));
      DoubleVector shifted = x.fma(LOG2_E, ROUNDER);
      DoubleVector n = shifted.sub(ROUNDER);
      DoubleVector r = n.fma(DoubleVector.broadcast(DOUBLES, -LN2_UPPER), x);
      r = n.fma(DoubleVector.broadcast(DOUBLES, -LN2_LOWER), r);
      DoubleVector p = r.fma(Q9, Q8);
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, Q7));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, Q6));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, Q5));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, Q4));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, Q3));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, Q2));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, Q1));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, Q0));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, 1));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, 1));
      DoubleVector scale =
          shifted
              .reinterpretAsLongs()
              .add(EXPONENT_BIAS + bits)
              .lanewise(VectorOperators.LSHL, EXPONENT_SHIFT)
              .reinterpretAsDoubles();
      LongVector weight =
          p.fma(scale, DoubleVector.broadcast(DOUBLES, UNSIGNED_ROUNDER))
              .reinterpretAsLongs()
              .sub(UNSIGNED_ROUNDER_BITS);
      weight = weight.blend(0, weight.compare(VectorOperators.LT, least));
      weight.intoArray(weights, i);
      sums = sums.add(weight);
    }
    // A sum of whole numbers, the same in any order.
    long sum = sums.reduceLanes(VectorOperators.ADD);
    for (; i < count; i++) {
      weights[i] = of(logits[from + i]);
      sum += weights[i];
    }
    return sum;
  }
}
