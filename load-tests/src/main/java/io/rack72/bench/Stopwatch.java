package io.rack72.bench;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/** Times a call over and over, when the JIT compiler is done with it. */
final class Stopwatch {
  /** Parts of a measurement's length after which to look whether the compiler still works. */
  private static final int LOOKS = 4;

  /** Looks in a row at which the compiler must have done nothing. */
  private static final int QUIET = 2;

  /** Looks after which to measure in any case, since something may always be compiled. */
  private static final int MOST_LOOKS = 20;

  private static final CompilationMXBean COMPILER = ManagementFactory.getCompilationMXBean();

  private final long nanos;

  /**
   * @param seconds length of a measurement
   */
  Stopwatch(double seconds) {
    nanos = Math.max(1, (long) (seconds * 1e9));
  }

  /** Times of single calls, in nanoseconds: percentiles, and the shortest. */
  record Timing(double median, double tenth, double ninetieth, double least) {
    static Timing of(long[] sorted) {
      return new Timing(at(sorted, 0.5), at(sorted, 0.1), at(sorted, 0.9), sorted[0]);
    }

    private static double at(long[] sorted, double share) {
      return sorted[(int) Math.round(share * (sorted.length - 1))];
    }
  }

  /** Makes at least one call that counts. */
  Timing time(Runnable call) {
    int quiet = 0;
    for (int look = 0; look < MOST_LOOKS && quiet < QUIET; look++) {
      long before = compileMillis();
      run(call, nanos / LOOKS);
      quiet = compileMillis() == before ? quiet + 1 : 0;
    }
    return Timing.of(run(call, nanos));
  }

  private static long[] run(Runnable call, long nanos) {
    long[] times = new long[1024];
    int calls = 0;
    long begin = System.nanoTime();
    long last = begin;
    do {
      call.run();
      long now = System.nanoTime();
      if (calls == times.length) {
        times = Arrays.copyOf(times, 2 * calls);
      }
      // A clock too coarse for a call must not make it endlessly fast.
      times[calls++] = Math.max(1, now - last);
      last = now;
    } while (last - begin < nanos);
    long[] sorted = Arrays.copyOf(times, calls);
    Arrays.sort(sorted);
    return sorted;
  }

  private static long compileMillis() {
    return COMPILER != null && COMPILER.isCompilationTimeMonitoringSupported()
        ? COMPILER.getTotalCompilationTime()
        : 0;
  }
}
