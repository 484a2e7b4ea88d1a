package io.rack72.roofline;

import java.util.Arrays;
import java.util.Comparator;
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
    for (int i = 0; i < experts; i++) {
      loads[i] *= scale;
    }
    toWhole(loads, choices);
    double excess = 0;
    for (int i = 0; i < experts; i++) {
      excess += Math.max(0, loads[i] - tokens);
      loads[i] = Math.min(loads[i], tokens);
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

  /** Rounds down, and up where most was cut off, so that the sum stays. */
  private static void toWhole(double[] loads, double sum) {
    double[] cut = new double[loads.length];
    double missing = sum;
    for (int i = 0; i < loads.length; i++) {
      cut[i] = loads[i] - Math.floor(loads[i]);
      loads[i] = Math.floor(loads[i]);
      missing -= loads[i];
    }
    Integer[] order = new Integer[loads.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingDouble(i -> -cut[i]));
    for (int i = 0; i < Math.rint(missing); i++) {
      loads[order[i]]++;
    }
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
