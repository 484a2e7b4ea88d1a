package io.rack72.twin;

import java.util.Arrays;

/**
 * Durations in nanoseconds, counted in classes whose bounds are at most 0.1 % apart, so that any
 * number of them takes little memory. Not thread-safe.
 */
final class LatencyHistogram {
  // Each power of two is divided into as many classes.
  private static final int CLASS_BITS = 10;
  private static final int CLASSES = 1 << CLASS_BITS;

  private long[] counts = new long[8 * CLASSES];
  private long count;
  private long sum;

  void record(long nanos) {
    int at = classOf(nanos);
    if (at >= counts.length) {
      counts = Arrays.copyOf(counts, Math.max(at + 1, 2 * counts.length));
    }
    counts[at]++;
    count++;
    sum += nanos;
  }

  long count() {
    return count;
  }

  /** In nanoseconds; 0 where there is none. */
  double mean() {
    return count == 0 ? 0 : (double) sum / count;
  }

  /**
   * The duration that a part of all does not exceed.
   *
   * @param part above 0, at most 1
   * @return in nanoseconds, up to 0.1 % too large; 0 where there is none
   */
  long quantile(double part) {
    long rank = (long) Math.ceil(part * count);
    long below = 0;
    for (int at = 0; at < counts.length; at++) {
      below += counts[at];
      if (below >= rank && below > 0) {
        return lastOf(at);
      }
    }
    return 0;
  }

  private static int classOf(long nanos) {
    int shift = Math.max(0, Long.SIZE - CLASS_BITS - 1 - Long.numberOfLeadingZeros(nanos | 1));
    return shift * CLASSES + (int) (nanos >>> shift);
  }

  private static long lastOf(int at) {
    if (at < 2 * CLASSES) {
      return at;
    }
    int shift = at / CLASSES - 1;
    long first = at - (long) shift * CLASSES;
    return ((first + 1) << shift) - 1;
  }
}
