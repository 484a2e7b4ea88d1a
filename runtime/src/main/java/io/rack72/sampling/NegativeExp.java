package io.rack72.sampling;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code e^x} for {@code x <= 0}, in double, for softmaxes over a whole vocabulary; {@link
 * io.rack72.kernel.Exp} is its counterpart in float, whose error would reach the border of a top-p
 * cut and the last digits of a logprob.
 *
 * <p>{@link Math#exp} may differ between machines and {@link StrictMath#exp} takes too long for two
 * hundred thousand logits a token. This one is a fixed sequence of IEEE additions and
 * multiplications, hence the same bits everywhere and in every lane, and within two units in the
 * last place: the argument is reduced by multiples of ln 2, held in two parts (W. Cody and W.
 * Waite, "Software Manual for the Elementary Functions", 1980), and what is left goes into the
 * Taylor polynomial.
 */
final class NegativeExp {
  /** Below this the result is 0; a token this much less likely than the best is never drawn. */
  static final double SMALLEST = -708;

  private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
  private static final double LOG2_E = 1.4426950408889634;
  // The upper part of ln 2 ends in zeros, so that its product with a small integer is exact.
  private static final double LN2_UPPER = 0x1.62e42feep-1;
  private static final double LN2_LOWER = 0x1.a39ef35793c76p-33;
  // Adding 1.5 * 2^52 rounds to the nearest integer and leaves it in the low bits.
  private static final double ROUNDER = 0x1.8p52;
  private static final int EXPONENT_SHIFT = 52;
  private static final long EXPONENT_OF_ONE = 1023L << EXPONENT_SHIFT;
  // 1/13! to 1/0!: with |r| <= ln 2 / 2 the terms after these are below 5e-18.
  private static final double[] TAYLOR = {
    1.0 / 6227020800.0,
    1.0 / 479001600.0,
    1.0 / 39916800.0,
    1.0 / 3628800.0,
    1.0 / 362880.0,
    1.0 / 40320.0,
    1.0 / 5040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    1.0 / 2.0,
    1.0,
    1.0
  };

  private NegativeExp() {}

  /** {@code e^x}; 0 below {@link #SMALLEST}. */
  static double of(double x) {
    double shifted = x * LOG2_E + ROUNDER;
    double n = shifted - ROUNDER;
    double r = x - n * LN2_UPPER - n * LN2_LOWER;
    double sum = TAYLOR[0];
    for (int i = 1; i < TAYLOR.length; i++) {
      sum = sum * r + TAYLOR[i];
    }
    long scale = (Double.doubleToRawLongBits(shifted) << EXPONENT_SHIFT) + EXPONENT_OF_ONE;
    return x >= SMALLEST ? sum * Double.longBitsToDouble(scale) : 0;
  }

  /** Replaces the first {@code count} values by what {@link #of} gives for them, to the bit. */
  static void replace(double[] values, int count) {
    int vectorEnd = SPECIES.loopBound(count);
    for (int i = 0; i < vectorEnd; i += SPECIES.length()) {
      DoubleVector x = DoubleVector.fromArray(SPECIES, values, i);
      DoubleVector shifted = x.mul(LOG2_E).add(ROUNDER);
      DoubleVector n = shifted.sub(ROUNDER);
      DoubleVector r = x.sub(n.mul(LN2_UPPER)).sub(n.mul(LN2_LOWER));
      DoubleVector sum = DoubleVector.broadcast(SPECIES, TAYLOR[0]);
      for (int term = 1; term < TAYLOR.length; term++) {
        sum = sum.mul(r).add(TAYLOR[term]);
      }
      DoubleVector scale =
          shifted
              .reinterpretAsLongs()
              .lanewise(VectorOperators.LSHL, EXPONENT_SHIFT)
              .add(EXPONENT_OF_ONE)
              .reinterpretAsDoubles();
      VectorMask<Double> tooSmall = x.compare(VectorOperators.GE, SMALLEST).not();
      sum.mul(scale).blend(0, tooSmall).intoArray(values, i);
    }
    for (int i = vectorEnd; i < count; i++) {
      values[i] = of(values[i]);
    }
  }
}
