package io.rack72.roofline;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Loads of experts of which few are popular. */
final class PowerLaw {
  private static final RandomGeneratorFactory<RandomGenerator> GENERATORS =
      RandomGeneratorFactory.of("SplittableRandom");

  private PowerLaw() {}

  /**
   * Rows of every expert, whole numbers that add up to all choices as far as the limit of one row
   * for each token lets them.
   *
   * @param draw that distinguishes this from others with the same arguments
   */
  static double[] loads(int tokens, int expertsPerToken, int experts, double exponent, long draw) {
    RandomGenerator random = GENERATORS.create(draw);
    double choices = (double) tokens * expertsPerToken;
    boolean many = choices > experts;
    double low = many ? 1 : 0.01;
    double high = many ? Math.max(1, 0.8 * tokens) : 2;
    double[] loads = new double[experts];
    for (int i = 0; i < experts; i++) {
      loads[i] = inverse(random.nextDouble(), low, high, exponent);
    }
    double scale = choices / Arrays.stream(loads).sum();
    double excess = 0;
    for (int i = 0; i < experts; i++) {
      loads[i] = Math.rint(loads[i] * scale);
      if (loads[i] > tokens) {
        excess += loads[i] - tokens;
        loads[i] = tokens;
      }
    }
    // What popular experts cannot take goes to those with room, evenly.
    for (int pass = 0; pass < experts && excess >= 1; pass++) {
      for (int i = 0; i < experts && excess >= 1; i++) {
        double taken = Math.min(tokens - loads[i], Math.ceil(excess / experts));
        loads[i] += taken;
        excess -= taken;
      }
    }
    return loads;
  }

  private static double inverse(double uniform, double low, double high, double exponent) {
    if (Math.abs(exponent - 1) < 1e-9) {
      return low * StrictMath.pow(high / low, uniform);
    }
    double power = 1 - exponent;
    double from = StrictMath.pow(low, power);
    double to = StrictMath.pow(high, power);
    return StrictMath.pow(from + uniform * (to - from), 1 / power);
  }
}
