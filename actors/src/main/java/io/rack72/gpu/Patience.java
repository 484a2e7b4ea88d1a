package io.rack72.gpu;

import io.rack72.schedule.HedgeLimits;

/**
 * How long a GPU waits for a layer's answers before it computes what is missing itself: a multiple
 * of what such layers usually take, within a share of all waits; and after a deadline in any case.
 * What is usual is learned for each size of layer, in powers of two, as a moving average. A pure
 * class; not thread-safe.
 */
final class Patience {
  /** The newest wait's part of the average. */
  private static final double NEWEST = 0.1;

  /** Waits of a size from which on the average says something. */
  private static final int SAMPLES = 8;

  /** Hedges that a GPU may have saved up, so that those for one owner's death come at once. */
  private static final double SAVED = 8;

  private final HedgeLimits limits;
  private final double[] usualNanos = new double[Integer.SIZE];
  private final int[] samples = new int[Integer.SIZE];
  private double allowed;

  Patience(HedgeLimits limits) {
    this.limits = limits;
    allowed = limits.share() > 0 ? SAVED : 0;
  }

  /**
   * How long a layer may take.
   *
   * @param assignments of rows to experts that it has
   */
  long nanosFor(int assignments) {
    long deadline = limits.deadline().toNanos();
    int size = size(assignments);
    if (allowed < 1 || samples[size] < SAMPLES) {
      return deadline;
    }
    long slow = Math.max(limits.least().toNanos(), (long) (limits.multiple() * usualNanos[size]));
    return Math.min(deadline, slow);
  }

  /** A layer's answers have come, all of them from those who were asked. */
  void waited(int assignments, long nanos) {
    int size = size(assignments);
    usualNanos[size] =
        samples[size] == 0 ? nanos : (1 - NEWEST) * usualNanos[size] + NEWEST * nanos;
    samples[size] = Math.min(samples[size] + 1, SAMPLES);
    allowed = Math.min(SAVED, allowed + limits.share());
  }

  /** The GPU computes itself what an owner has not answered. */
  void hedged() {
    allowed = Math.max(0, allowed - 1);
  }

  private static int size(int assignments) {
    return Integer.SIZE - 1 - Integer.numberOfLeadingZeros(Math.max(1, assignments));
  }
}
