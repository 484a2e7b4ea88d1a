package io.rack72.load;

import java.util.SplittableRandom;

/** When requests of an open loop arrive: on a schedule that does not wait for any answer. */
final class Arrivals {
  private static final double NANOS_PER_SECOND = 1e9;

  private Arrivals() {}

  /**
   * A Poisson process, which is what many clients that know nothing of each other look like: the
   * times between arrivals are independent and exponentially distributed. The first arrival is at
   * 0.
   *
   * @param ratePerSecond of arrivals in the long run
   * @return nanoseconds since the start, ascending
   */
  static long[] poisson(double ratePerSecond, int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long[] offsets = new long[count];
    double seconds = 0;
    for (int i = 1; i < count; i++) {
      // 1 - u is never 0, whose logarithm is infinite.
      seconds -= Math.log(1 - random.nextDouble()) / ratePerSecond;
      offsets[i] = (long) (seconds * NANOS_PER_SECOND);
    }
    return offsets;
  }
}
