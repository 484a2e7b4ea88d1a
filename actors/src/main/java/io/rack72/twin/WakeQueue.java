package io.rack72.twin;

import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * What is to run at instants to come, by instant and, at the same one, in the order in which it was
 * asked for. Not thread-safe.
 */
final class WakeQueue {
  /** The instant of the next wake where there is none. */
  static final long NONE = Long.MAX_VALUE;

  /** Of the wakes in the queue, those cancelled that are kept at most for each that is not. */
  private static final int CANCELLED_FOR_EACH = 2;

  private static final int CANCELLED_AT_LEAST = 1024;

  private final PriorityQueue<Wake> wakes =
      new PriorityQueue<>(
          Comparator.comparingLong((Wake wake) -> wake.instantNanos)
              .thenComparingLong(wake -> wake.order));
  private long asked;
  private int cancelled;

  /** One that can be cancelled until it has run. */
  final class Wake {
    private final long instantNanos;
    private final long order;
    private Runnable action;
    private boolean isCancelled;

    private Wake(long instantNanos, long order, Runnable action) {
      this.instantNanos = instantNanos;
      this.order = order;
      this.action = action;
    }

    /** Returns whether it would have run otherwise. */
    boolean cancel() {
      if (action == null) {
        return false;
      }
      action = null;
      isCancelled = true;
      cancelled++;
      forgetCancelled();
      return true;
    }

    boolean isCancelled() {
      return isCancelled;
    }

    private Runnable take() {
      Runnable taken = action;
      action = null;
      return taken;
    }
  }

  Wake add(long instantNanos, Runnable action) {
    Wake wake = new Wake(instantNanos, asked++, action);
    wakes.add(wake);
    return wake;
  }

  /** Of the next wake that is not cancelled, or {@link #NONE}. */
  long nextNanos() {
    while (!wakes.isEmpty() && wakes.peek().isCancelled) {
      wakes.remove();
      cancelled--;
    }
    return wakes.isEmpty() ? NONE : wakes.peek().instantNanos;
  }

  /** Takes the wake that {@link #nextNanos} has just told of. */
  Runnable poll() {
    return wakes.remove().take();
  }

  /** Timers of requests that have ended long before would otherwise be most of the queue. */
  private void forgetCancelled() {
    if (cancelled >= CANCELLED_AT_LEAST
        && cancelled > CANCELLED_FOR_EACH * (wakes.size() - cancelled)) {
      wakes.removeIf(Wake::isCancelled);
      cancelled = 0;
    }
  }
}
