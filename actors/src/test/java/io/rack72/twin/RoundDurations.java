package io.rack72.twin;

import io.rack72.device.StepDurations;
import io.rack72.device.StepShape;

/** Round numbers: what a step takes is easily told by hand. */
record RoundDurations(long requestNanos) implements StepDurations {
  /** Of a host that takes no time for a request. */
  RoundDurations() {
    this(0);
  }

  @Override
  public long hostNanos(StepShape shape) {
    return 1_000_000;
  }

  @Override
  public long attentionNanos(boolean sliding, StepShape shape) {
    return 20_000 + 50L * shape.rows();
  }

  @Override
  public long expertsNanos(int experts, int assignments) {
    return 5_000 + 2_000L * experts + 20L * assignments;
  }

  @Override
  public long exchangeNanos(long bytes, int gpus) {
    return gpus == 1 ? 0 : 1_000 + bytes * 10 / 9_000;
  }

  @Override
  public long logitsNanos(int rows) {
    return 100_000 + 100L * rows;
  }
}
