package io.rack72.config;

/**
 * Limits of the scheduler on each GPU.
 *
 * @param maxRunning sequences that run at a time
 * @param maxWaiting sequences that wait
 * @param tokenBudget rows of a step
 * @param prefillChunk rows of one prompt in a step; at most {@code tokenBudget}
 */
public record SchedulerSettings(
    int maxRunning, int maxWaiting, int tokenBudget, int prefillChunk) {
  public SchedulerSettings {
    if (maxRunning < 1 || maxWaiting < 0 || prefillChunk < 1 || prefillChunk > tokenBudget) {
      throw new IllegalArgumentException(
          "one sequence runs at least, none waits at least, and a chunk is 1 row to the budget: "
              + "%d, %d, %d of %d".formatted(maxRunning, maxWaiting, prefillChunk, tokenBudget));
    }
  }
}
