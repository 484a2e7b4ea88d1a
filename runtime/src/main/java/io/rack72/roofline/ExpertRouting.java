package io.rack72.roofline;

/** How many rows the busiest GPU's experts get. Implementations are pure and thread-safe. */
@FunctionalInterface
public interface ExpertRouting {
  /**
   * The busiest GPU's rows.
   *
   * @param tokens of the group
   * @param expertsPerToken that the router picks
   * @param experts of the layer
   * @param gpus over which they are spread
   * @param slotsPerGpu room on each; what is more than there are experts holds copies
   */
  ExpertRows busiest(
      double tokens, int expertsPerToken, int experts, int gpus, int slotsPerGpu);

  /** Every choice is equally likely; the busiest GPU has as much more than its part as chance has. */
  static ExpertRouting uniform() {
    return (tokens, expertsPerToken, experts, gpus, slotsPerGpu) -> {
      int slots = Math.min(slotsPerGpu, experts);
      double mean = tokens * expertsPerToken / gpus;
      // The largest of n draws from a normal distribution lies about sqrt(2 ln n) deviations up.
      double chance = StrictMath.sqrt(2 * StrictMath.log(gpus) * mean);
      double rows = Math.min(mean + chance, tokens * Math.min(slots, expertsPerToken));
      double share = (double) expertsPerToken / Math.max(experts, (double) slots * gpus);
      double touched = slots * (1 - StrictMath.pow(1 - share, tokens));
      return ExpertRows.even(slots, touched, rows);
    };
  }

  /** Experts' shares follow a power law; copies take up what skew they can. */
  static ExpertRouting powerLaw(double exponent) {
    return (tokens, expertsPerToken, experts, gpus, slotsPerGpu) ->
        ExpertRows.powerLaw(
            (int) Math.max(1, Math.round(tokens)), expertsPerToken, experts, gpus, exponent);
  }
}
