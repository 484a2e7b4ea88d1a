package io.rack72.schedule;

/**
 * What bounds the work of one GPU.
 *
 * @param tokenBudget rows of a step at most; at least {@code maxRunning}, since every running
 *     sequence is in every step
 * @param prefillChunk rows that one sequence takes of a step at most
 * @param maxRunning sequences that run at a time
 * @param maxWaiting sequences that wait at a time; a further one is refused
 * @param contextLimit tokens of prompt and reply together that a sequence can have
 */
public record SchedulerLimits(
    int tokenBudget, int prefillChunk, int maxRunning, int maxWaiting, int contextLimit) {
  public SchedulerLimits {
    require(maxRunning >= 1, "maxRunning", maxRunning, "at least 1");
    require(tokenBudget >= maxRunning, "tokenBudget", tokenBudget, "at least " + maxRunning);
    require(prefillChunk >= 1, "prefillChunk", prefillChunk, "at least 1");
    require(maxWaiting >= 1, "maxWaiting", maxWaiting, "at least 1");
    require(contextLimit >= 2, "contextLimit", contextLimit, "at least 2");
  }

  /** The same limits with another context. */
  public SchedulerLimits withContextLimit(int tokens) {
    return new SchedulerLimits(tokenBudget, prefillChunk, maxRunning, maxWaiting, tokens);
  }

  private static void require(boolean holds, String name, int value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + range + ", not " + value);
    }
  }
}
