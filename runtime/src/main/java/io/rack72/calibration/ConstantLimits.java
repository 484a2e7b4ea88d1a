package io.rack72.calibration;

import java.util.List;

/**
 * What constants can be: outside of these, one would be something else than its name says, and fit
 * the noise of a table. Each limit holds for all constants whose names end so.
 */
final class ConstantLimits {
  private record Limit(String suffix, double least, double most) {
    boolean concerns(String name) {
      return name.endsWith(suffix);
    }
  }

  /** No kernel is known to reach more of a data sheet's rates. */
  private static final double MOST_OF_A_RATE = 0.95;

  private static final List<Limit> LIMITS =
      List.of(
          new Limit(".bandwidth-part", 0.1, MOST_OF_A_RATE),
          new Limit(".arithmetic-part", 0.1, MOST_OF_A_RATE),
          new Limit(".one-shot-part", 0.1, MOST_OF_A_RATE),
          new Limit(".wave-rounding", 0, 1),
          // With less, kinds of work would hinder one another more than by waiting; with more, the
          // longer one hides the other as good as completely.
          new Limit(".overlap-power", 1.2, 8),
          new Limit(".choice-power", 1.2, 8),
          // Threads of a multiprocessor are enough for that many blocks of a few warps each.
          new Limit(".blocks-per-multiprocessor", 1, 16),
          // Level-2 caches have a few times the bandwidth of the memory, and no more than all of
          // them holds what a call reads again.
          new Limit(".resident-speed", 1, 6),
          new Limit(".resident-part", 0.1, 1),
          // A launch and an empty kernel take about two microseconds.
          new Limit(".fixed-micros", 1, 60),
          new Limit("launches.overlap-micros", 0, 2),
          // Of Python processes: a sequence's new token is checked, put into words and sent.
          new Limit(".sequence-micros", 1, 20),
          new Limit(".step-micros", 100, 2000),
          new Limit("routing.skew", 0, 2));

  private ConstantLimits() {}

  /** The nearest value that a constant can have. */
  static double nearest(String name, double value) {
    for (Limit limit : LIMITS) {
      if (limit.concerns(name)) {
        return Math.clamp(value, limit.least(), limit.most());
      }
    }
    return value;
  }
}
