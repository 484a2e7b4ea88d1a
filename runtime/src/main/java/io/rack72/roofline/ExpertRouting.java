package io.rack72.roofline;

/** How many rows the busiest GPU's experts get. Implementations are pure and thread-safe. */
@FunctionalInterface
public interface ExpertRouting {
  /**
   * The busiest GPU's rows.
   *
   * @param tokens of the group, 1 at least
   * @param expertsPerToken that the router picks
   * @param experts of the layer
   * @param gpus over which they are spread
   * @param slotsPerGpu room on each; what is more than there are experts holds copies
   */
  ExpertRows busiest(double tokens, int expertsPerToken, int experts, int gpus, int slotsPerGpu);

  /**
   * The expert of rank r is chosen as often as r to the power of minus the skew, choices of a step
   * do not depend on one another, and experts are placed so that GPUs have as equal parts as can
   * be, copies of popular ones included.
   *
   * @param skew 0 where all are equally popular
   */
  static ExpertRouting zipf(double skew) {
    return (tokens, expertsPerToken, experts, gpus, slotsPerGpu) -> {
      double[] shares = SlotShares.busiest(skew, experts, gpus, slotsPerGpu);
      double mean = 0;
      for (double share : shares) {
        mean += tokens * Math.min(1, expertsPerToken * share);
      }
      // The largest of n draws from a normal distribution lies about sqrt(2 ln n) deviations up.
      double chance = mean == 0 ? 0 : StrictMath.sqrt(2 * StrictMath.log(gpus) / mean);
      double[] means = new double[shares.length];
      for (int i = 0; i < means.length; i++) {
        means[i] = tokens * Math.min(1, expertsPerToken * shares[i] * (1 + chance));
      }
      return ExpertRows.expected(means, tokens);
    };
  }
}
