package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.sampling.CounterRandom;

/**
 * Which experts tokens go to, where no router computes it. In each layer the experts have a
 * popularity: the one of rank <i>r</i> that of <i>r</i><sup>-skew</sup>, with the ranks dealt anew
 * for each layer. With a skew of 0 all are equal. A choice depends on seed, layer and the number of
 * the draw alone. Immutable.
 */
public final class RoutingModel {
  /** Seeds of groups differ in bits above those by which layers' seeds differ. */
  private static final int DRAWS_BITS = 32;

  private final int experts;
  private final int expertsPerToken;
  private final long seed;
  // For each layer and expert, the popularity of it and all before it; the last is 1.
  private final double[][] cumulated;

  /**
   * @param skew 0 for none; real models have 0.3 to 1.2
   * @throws IllegalArgumentException if the skew is negative or no number
   */
  public RoutingModel(ModelConfig config, double skew, long seed) {
    if (!(skew >= 0 && skew <= 4)) {
      throw new IllegalArgumentException("the skew of the routing is 0 to 4, not " + skew);
    }
    experts = config.experts();
    expertsPerToken = config.expertsPerToken();
    this.seed = seed;
    cumulated = new double[config.layers()][];
    for (int layer = 0; layer < config.layers(); layer++) {
      cumulated[layer] = cumulate(popularities(layer, skew));
    }
  }

  private double[] popularities(int layer, double skew) {
    double[] popularity = new double[experts];
    for (int rank = 0; rank < experts; rank++) {
      // The strict power, so that every machine deals the same.
      popularity[rank] = StrictMath.pow(rank + 1.0, -skew);
    }
    for (int last = experts - 1; last > 0; last--) {
      int other = (int) (CounterRandom.uniform(seed, layer, last) * (last + 1));
      double swapped = popularity[last];
      popularity[last] = popularity[other];
      popularity[other] = swapped;
    }
    return popularity;
  }

  private static double[] cumulate(double[] popularity) {
    double total = 0;
    for (double each : popularity) {
      total += each;
    }
    double sum = 0;
    double[] cumulated = new double[popularity.length];
    for (int e = 0; e < popularity.length; e++) {
      sum += popularity[e];
      cumulated[e] = sum / total;
    }
    cumulated[popularity.length - 1] = 1;
    return cumulated;
  }

  /**
   * A number in [0, 1) for whoever draws by this model's seed.
   *
   * @param group that draws, from 0
   * @param step of the group
   * @param draw of the step, 0 to 2<sup>31</sup> - 1
   */
  double uniform(int group, long step, long draw) {
    return CounterRandom.uniform(seed ^ (group + 1L) << DRAWS_BITS, step, Math.toIntExact(draw));
  }

  /** Part of a layer's assignments that goes to an expert. */
  public double popularity(int layer, int expert) {
    double before = expert == 0 ? 0 : cumulated[layer][expert - 1];
    return cumulated[layer][expert] - before;
  }

  /**
   * Chooses different experts for one row.
   *
   * @param draw number of the row, which no other of the run has
   * @param chosen takes them, from {@code offset} on
   */
  public void choose(int layer, long draw, int[] chosen, int offset) {
    int tries = 0;
    for (int rank = 0; rank < expertsPerToken; rank++) {
      int expert;
      do {
        double uniform = CounterRandom.uniform(seed + layer, draw, tries++);
        expert = find(cumulated[layer], uniform);
      } while (has(chosen, offset, rank, expert));
      chosen[offset + rank] = expert;
    }
  }

  private static int find(double[] cumulated, double uniform) {
    int low = 0;
    int high = cumulated.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (cumulated[middle] <= uniform) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static boolean has(int[] chosen, int offset, int count, int expert) {
    for (int i = 0; i < count; i++) {
      if (chosen[offset + i] == expert) {
        return true;
      }
    }
    return false;
  }
}
