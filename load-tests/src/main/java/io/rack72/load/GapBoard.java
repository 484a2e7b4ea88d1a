package io.rack72.load;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The inter-token latencies of some streams that run beside each other, told by the threads that
 * read them and waited for by the one that measures. Thread-safe.
 */
final class GapBoard {
  /**
   * The time between two events with tokens of one stream, by {@link System#nanoTime}.
   *
   * @param startNanos the earlier one came
   * @param endNanos the later one came
   */
  record Gap(long startNanos, long endNanos) {
    long nanos() {
      return endNanos - startNanos;
    }

    /** Whether some of it lies between two instants. */
    boolean overlaps(long from, long to) {
      return endNanos > from && startNanos < to;
    }

    /** Whether all of it lies between two instants. */
    boolean isWithin(long from, long to) {
      return startNanos >= from && endNanos <= to;
    }
  }

  private final long[] lastNanos;
  private final int[] events;
  private final List<Gap> gaps = new ArrayList<>();
  private String failure;

  GapBoard(int streams) {
    lastNanos = new long[streams];
    events = new int[streams];
  }

  /** A stream has an event with tokens. */
  synchronized void came(int stream, long nanos) {
    if (events[stream] > 0) {
      gaps.add(new Gap(lastNanos[stream], nanos));
    }
    lastNanos[stream] = nanos;
    events[stream]++;
    notifyAll();
  }

  /** A stream is over, so no more will come of it. */
  synchronized void ended(String why) {
    failure = why;
    notifyAll();
  }

  /**
   * Waits until each stream has had so many more events than now.
   *
   * @param timeoutNanos how long that may take
   * @throws StreamEndedException if it cannot be, because a stream is over
   */
  synchronized void awaitMore(int more, long timeoutNanos)
      throws InterruptedException, StreamEndedException {
    int[] wanted = Arrays.stream(events).map(count -> count + more).toArray();
    long deadline = System.nanoTime() + timeoutNanos;
    while (!reached(wanted)) {
      if (failure != null) {
        throw new StreamEndedException(failure);
      }
      long leftMillis = (deadline - System.nanoTime()) / 1_000_000;
      if (leftMillis <= 0) {
        throw new StreamEndedException("the streams stand still");
      }
      wait(leftMillis);
    }
  }

  private boolean reached(int[] wanted) {
    for (int i = 0; i < wanted.length; i++) {
      if (events[i] < wanted[i]) {
        return false;
      }
    }
    return true;
  }

  /** Those up to now. */
  synchronized List<Gap> gaps() {
    return List.copyOf(gaps);
  }

  /** A stream has given all that it will give. */
  static final class StreamEndedException extends Exception {
    private static final long serialVersionUID = 1L;

    StreamEndedException(String why) {
      super(why);
    }
  }
}
