package io.rack72.clock;

import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * Time that stands still until it is moved, for tests and for replaying parts of the rack. Wakes
 * run on the thread that moves it. Thread-safe.
 */
public final class ManualClock implements Clock {
  private record Wake(long instantNanos, long order, Runnable action) {}

  private final PriorityQueue<Wake> wakes =
      new PriorityQueue<>(
          Comparator.comparingLong(Wake::instantNanos).thenComparingLong(Wake::order));
  private long now;
  private long asked;

  @Override
  public synchronized long nowNanos() {
    return now;
  }

  @Override
  public synchronized void wakeAt(long instantNanos, Runnable wake) {
    wakes.add(new Wake(instantNanos, asked++, wake));
  }

  /**
   * Moves time forward, stopping at each wake that falls due on the way.
   *
   * @param instantNanos not before the present instant
   */
  public void advanceTo(long instantNanos) {
    if (instantNanos < nowNanos()) {
      throw new IllegalArgumentException(
          "time does not run backwards, from " + nowNanos() + " to " + instantNanos);
    }
    Wake due = takeDue(instantNanos);
    while (due != null) {
      due.action().run();
      due = takeDue(instantNanos);
    }
    synchronized (this) {
      now = instantNanos;
    }
  }

  /** The instant of the next wake, or {@link Long#MAX_VALUE} where none waits. */
  public synchronized long nextWakeNanos() {
    return wakes.isEmpty() ? Long.MAX_VALUE : wakes.peek().instantNanos();
  }

  private synchronized Wake takeDue(long untilNanos) {
    if (wakes.isEmpty() || wakes.peek().instantNanos() > untilNanos) {
      return null;
    }
    Wake due = wakes.poll();
    now = Math.max(now, due.instantNanos());
    return due;
  }
}
