package io.rack72.device;

import io.rack72.roofline.KernelCost;
import io.rack72.roofline.StepModel;

/**
 * Durations of a replica of the model whose GPUs attend to the same sequences together,
 * tensor-parallel or alone: it takes its steps as one unit that holds all experts. Routing is taken
 * at its mean, as the model of steps has it. As thread-safe as that; immutable but for what it
 * remembers.
 */
public final class ReplicaDurations implements StepDurations {
  private static final double NANOS_PER_MICRO = 1e3;

  private final StepModel steps;
  private final int expertsPerToken;
  private final Remembered<KernelTime> experts;
  private final Remembered<KernelTime> reduces;
  private final Remembered<KernelTime> logits;
  private final Remembered<Long> linkBytes;

  /**
   * @param steps of one replica, whose layout is not data-parallel
   * @param expertsPerToken that the router picks
   */
  public ReplicaDurations(StepModel steps, int expertsPerToken) {
    this.steps = steps;
    this.expertsPerToken = expertsPerToken;
    experts = new Remembered<>((_, rows) -> time(steps.experts((double) rows)));
    reduces = new Remembered<>((_, rows) -> time(steps.links((double) rows)));
    logits = new Remembered<>((_, rows) -> time(steps.afterLayers((double) rows)));
    linkBytes =
        new Remembered<>(
            (sequences, rows) -> Math.round(steps.linkBytes((double) rows, (double) sequences)));
  }

  @Override
  public long requestNanos() {
    return Math.round(NANOS_PER_MICRO * steps.requestMicros());
  }

  @Override
  public long hostNanos(StepShape step) {
    return Math.max(1, Math.round(NANOS_PER_MICRO * steps.hostMicros(step.work())));
  }

  @Override
  public long attentionNanos(boolean sliding, StepShape step) {
    return attentionTime(sliding, step).nanos();
  }

  @Override
  public KernelTime attentionTime(boolean sliding, StepShape step) {
    return time(steps.beforeExperts(step.work(), sliding));
  }

  /** The experts that get rows are those that the rows make likely, on the busiest GPU. */
  @Override
  public long expertsNanos(int touched, int assignments) {
    return expertsTime(touched, assignments).nanos();
  }

  @Override
  public KernelTime expertsTime(int touched, int assignments) {
    return assignments == 0
        ? KernelTime.NONE
        : experts.of(0, Math.ceilDiv(assignments, expertsPerToken));
  }

  /** Nothing leaves the replica. */
  @Override
  public long exchangeNanos(long bytes, int gpus) {
    return 0;
  }

  @Override
  public long reducesNanos(int rows) {
    return reducesTime(rows).nanos();
  }

  @Override
  public KernelTime reducesTime(int rows) {
    return rows == 0 ? KernelTime.NONE : reduces.of(0, rows);
  }

  @Override
  public long reducesBytes(int rows, int logitRows) {
    return rows == 0 ? 0 : linkBytes.of(logitRows, rows);
  }

  @Override
  public long logitsNanos(int rows) {
    return logitsTime(rows).nanos();
  }

  @Override
  public KernelTime logitsTime(int rows) {
    return rows == 0 ? KernelTime.NONE : logits.of(0, rows);
  }

  private KernelTime time(KernelCost cost) {
    return KernelTime.of(cost, steps.gpu());
  }
}
