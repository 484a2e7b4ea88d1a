package io.rack72.gpu;

import io.rack72.schedule.HedgeLimits;

/**
 * How long a GPU waits for a layer's answers before it computes what is missing itself: a multiple
 * of what such layers usually take, within a share of all waits; and after a deadline in any case.
 * What is usual is learned for each size of layer, in powers of two, as a moving average, in which
 * a single wait counts for no more than twice what was usual: an owner that has just started is
 * slow in its first layers, which must not become at once what all others may be too. A size of
 * which too little is known is taken to be as its neighbour. A pure class; not thread-safe.
 */
final class Patience {
  /** The newest wait's part of the average. */
  private static final double NEWEST = 0.1;

  /**
   * A wait counts for at most so many times what is usual. With less, layers that are slow now and
   * then, such as those beside a chunk of a prompt, would never be part of it.
   */
  private static final double MOST_COUNTED = 2;

  /** Waits of a size from which on the average says something. */
  private static final int SAMPLES = 8;

  /** Hedges that a GPU may have saved up, so that those for one owner's death come at once. */
  private static final double SAVED = 8;

  /** No time is less than nothing. */
  private static final double UNKNOWN = -1;

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
    double usual = usualNanos(size(assignments));
    if (allowed < 1 || usual < 0) {
      return deadline;
    }
    long slow = Math.max(limits.least().toNanos(), (long) (limits.multiple() * usual));
    return Math.min(deadline, slow);
  }

  /** Of the next larger size that is known, or of the next smaller one as many times as it has. */
  private double usualNanos(int size) {
    for (int larger = size; larger < samples.length; larger++) {
      if (samples[larger] >= SAMPLES) {
        return usualNanos[larger];
      }
    }
    for (int smaller = size - 1; smaller >= 0; smaller--) {
      if (samples[smaller] >= SAMPLES) {
        return Math.scalb(usualNanos[smaller], size - smaller);
      }
    }
    return UNKNOWN;
  }

  /** A layer's answers have come, all of them from those who were asked. */
  void waited(int assignments, long nanos) {
    int size = size(assignments);
    double counted = samples[size] < SAMPLES ? nanos : Math.min((double) nanos, mostCounted(size));
    usualNanos[size] =
        samples[size] == 0 ? nanos : (1 - NEWEST) * usualNanos[size] + NEWEST * counted;
    samples[size] = Math.min(samples[size] + 1, SAMPLES);
    allowed = Math.min(SAVED, allowed + limits.share());
  }

  private double mostCounted(int size) {
    // Less than what is never too slow need not be told apart.
    double least = (double) limits.least().toNanos() / limits.multiple();
    return MOST_COUNTED * Math.max(usualNanos[size], least);
  }

  /** The GPU computes itself what an owner has not answered. */
  void hedged() {
    allowed = Math.max(0, allowed - 1);
  }

  private static int size(int assignments) {
    return Integer.SIZE - 1 - Integer.numberOfLeadingZeros(Math.max(1, assignments));
  }
}
