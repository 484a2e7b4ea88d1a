package io.rack72.schedule;

import java.time.Duration;

/**
 * When a GPU computes itself what it has asked another for. That is safe, since experts are pure,
 * and costs what is computed twice.
 *
 * @param multiple of the usual wait after which an owner counts as slow, above 1
 * @param least wait that is never taken for slowness
 * @param deadline after which an answer is not waited for, whatever the share
 * @param share of its waits in which a GPU may do so before the deadline, 0 for never, to 1
 * @param avoidance for which an owner is not asked that was slow; twice that with each next time,
 *     up to 32 times
 * @param slowPort part of its bandwidth below which a port counts as slow, 0 for never, below 1
 */
public record HedgeLimits(
    double multiple,
    Duration least,
    Duration deadline,
    double share,
    Duration avoidance,
    double slowPort) {
  /**
   * Ten times the usual, at least 300 ms, 10 s in any case, one wait in twenty, 2 s, and a tenth.
   */
  public static final HedgeLimits DEFAULT =
      new HedgeLimits(
          10, Duration.ofMillis(300), Duration.ofSeconds(10), 0.05, Duration.ofSeconds(2), 0.1);

  public HedgeLimits {
    if (!(multiple > 1) || !(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "the multiple is above 1, and the share 0 to 1, not %s and %s"
              .formatted(multiple, share));
    }
    if (!(slowPort >= 0 && slowPort < 1)) {
      throw new IllegalArgumentException(
          "a port is slow below a part of its bandwidth from 0 to less than 1, not " + slowPort);
    }
    if (!least.isPositive() || deadline.compareTo(least) < 0 || !avoidance.isPositive()) {
      throw new IllegalArgumentException(
          "waits are positive, and the deadline is not below the least: %s, %s, %s"
              .formatted(least, deadline, avoidance));
    }
  }
}
