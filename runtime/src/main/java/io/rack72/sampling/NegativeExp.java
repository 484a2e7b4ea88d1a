package io.rack72.sampling;

/**
 * {@code e^x} for {@code x <= 0}, in double, for softmaxes over a whole vocabulary.
 *
 * <p>{@link Math#exp} may differ between machines and {@link StrictMath#exp} takes too long for two
 * hundred thousand logits a token. This one is a fixed sequence of IEEE additions and
 * multiplications, hence the same bits everywhere, and within two units in the last place: the
 * argument is reduced by multiples of ln 2, held in two parts (W. Cody and W. Waite, "Software
 * Manual for the Elementary Functions", 1980), and what is left goes into the Taylor polynomial.
 */
final class NegativeExp {
  /** Below this the result is 0; a token this much less likely than the best is never drawn. */
  static final double SMALLEST = -708;

  private static final double LOG2_E = 1.4426950408889634;
  // The upper part of ln 2 ends in zeros, so that its product with a small integer is exact.
  private static final double LN2_UPPER = 0x1.62e42feep-1;
  private static final double LN2_LOWER = 0x1.a39ef35793c76p-33;
  // Adding and taking away 1.5 * 2^52 rounds to the nearest integer.
  private static final double ROUNDER = 0x1.8p52;

  private NegativeExp() {}

  /** {@code e^x}; 0 below {@link #SMALLEST}. */
  static double of(double x) {
    if (!(x >= SMALLEST)) {
      return 0;
    }
    double n = (x * LOG2_E + ROUNDER) - ROUNDER;
    double r = (x - n * LN2_UPPER) - n * LN2_LOWER;
    // Thirteen terms of a series in |r| <= ln 2 / 2 leave an error below 5e-18.
    double sum = 1.0 / 6227020800.0;
    sum = sum * r + 1.0 / 479001600.0;
    sum = sum * r + 1.0 / 39916800.0;
    sum = sum * r + 1.0 / 3628800.0;
    sum = sum * r + 1.0 / 362880.0;
    sum = sum * r + 1.0 / 40320.0;
    sum = sum * r + 1.0 / 5040.0;
    sum = sum * r + 1.0 / 720.0;
    sum = sum * r + 1.0 / 120.0;
    sum = sum * r + 1.0 / 24.0;
    sum = sum * r + 1.0 / 6.0;
    sum = sum * r + 0.5;
    sum = sum * r + 1.0;
    sum = sum * r + 1.0;
    return sum * Double.longBitsToDouble(((long) n + 1023) << 52);
  }
}
