package io.rack72.rack;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.link.Lane;
import io.rack72.schedule.SchedulerLimits;

/** The size of a step's tensors, each of which must fit in one array and in one transfer. */
final class StepSize {
  private StepSize() {}

  /**
   * Checks the largest tensors that the limits allow: the experts' outputs, the queries and the
   * logits.
   *
   * @throws IllegalArgumentException if one is too large; the message has the figures
   */
  static void check(ModelConfig config, SchedulerLimits limits) {
    long outputs = (long) config.expertsPerToken() * config.hiddenSize();
    long rowElements = Math.max(outputs, config.queryWidth());
    long stepBytes = (long) Float.BYTES * limits.tokenBudget() * rowElements;
    long logitsBytes = (long) Float.BYTES * limits.maxRunning() * config.vocabSize();
    refuse(stepBytes, "rack72.scheduler.token-budget", limits.tokenBudget());
    refuse(logitsBytes, "rack72.scheduler.max-running", limits.maxRunning());
  }

  private static void refuse(long bytes, String key, int value) {
    if (bytes > Lane.MAX_BYTES) {
      throw new IllegalArgumentException(
          "with %s = %d a step of this model has a tensor of %,d bytes, and at most %,d can be; the most that fits is %d"
              .formatted(key, value, bytes, Lane.MAX_BYTES, Lane.MAX_BYTES / (bytes / value)));
    }
  }
}
