package io.rack72.schedule;

/**
 * What bounds the work of one GPU.
 *
 * @param tokenBudget rows of a step at most; at least {@code maxRunning}, since every running
 *     sequence is in every step
 * @param prefillChunk rows that one sequence takes of a step at most
 * @param prefillBesideDecodes rows of prompts in a step during which readers of running replies
 *     wait, over all sequences; more, where the step decodes many, so that both keep up
 * @param maxRunning sequences that run at a time
 * @param maxWaiting sequences that wait at a time; a further one is refused, unless its tenant has
 *     less than its part by weight
 * @param maxWaitingTokens tokens of those that wait; a sequence that would exceed them is refused,
 *     unless none waits
 * @param agingArrivals later sequences of one priority lower that may overtake one that waits: in
 *     this way every sequence's turn comes, whatever its priority
 * @param contextLimit tokens of prompt and reply together that a sequence can have
 */
public record SchedulerLimits(
    int tokenBudget,
    int prefillChunk,
    int prefillBesideDecodes,
    int maxRunning,
    int maxWaiting,
    long maxWaitingTokens,
    int agingArrivals,
    int contextLimit) {
  /** What {@link #agingArrivals} is where nothing else is said. */
  public static final int DEFAULT_AGING_ARRIVALS = 64;

  public SchedulerLimits {
    require(prefillBesideDecodes >= 1, "prefillBesideDecodes", prefillBesideDecodes, "at least 1");
    require(maxRunning >= 1, "maxRunning", maxRunning, "at least 1");
    require(tokenBudget >= maxRunning, "tokenBudget", tokenBudget, "at least " + maxRunning);
    require(prefillChunk >= 1, "prefillChunk", prefillChunk, "at least 1");
    require(maxWaiting >= 1, "maxWaiting", maxWaiting, "at least 1");
    require(maxWaitingTokens >= 1, "maxWaitingTokens", maxWaitingTokens, "at least 1");
    require(agingArrivals >= 1, "agingArrivals", agingArrivals, "at least 1");
    require(contextLimit >= 2, "contextLimit", contextLimit, "at least 2");
  }

  /** Limits without those on prompts beside decodes and on tokens that wait; the usual aging. */
  public SchedulerLimits(
      int tokenBudget, int prefillChunk, int maxRunning, int maxWaiting, int contextLimit) {
    this(
        tokenBudget,
        prefillChunk,
        tokenBudget,
        maxRunning,
        maxWaiting,
        Long.MAX_VALUE,
        DEFAULT_AGING_ARRIVALS,
        contextLimit);
  }

  /** The same limits with another context. */
  public SchedulerLimits withContextLimit(int tokens) {
    return new SchedulerLimits(
        tokenBudget,
        prefillChunk,
        prefillBesideDecodes,
        maxRunning,
        maxWaiting,
        maxWaitingTokens,
        agingArrivals,
        tokens);
  }

  private static void require(boolean holds, String name, long value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + range + ", not " + value);
    }
  }
}
