package io.rack72.clock;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Real time, from the moment of making. One daemon thread serves all wakes, in order of their
 * instants; it sleeps to the nearest, which an operating system's timers meet within some tens of
 * microseconds, where a scheduler of ticks would need milliseconds. Thread-safe.
 */
public final class WallClock implements Clock, AutoCloseable {
  private record Wake(long instantNanos, long order, Runnable action) {}

  private static final Logger LOG = LoggerFactory.getLogger(WallClock.class);

  private final long origin = System.nanoTime();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final PriorityQueue<Wake> wakes =
      new PriorityQueue<>(
          Comparator.comparingLong(Wake::instantNanos).thenComparingLong(Wake::order));
  private long asked;
  private boolean closed;

  /** A clock that begins at 0 now. */
  public WallClock() {
    Thread.ofPlatform().name("rack72-clock").daemon().start(this::serveWakes);
  }

  @Override
  public long nowNanos() {
    return System.nanoTime() - origin;
  }

  @Override
  public void wakeAt(long instantNanos, Runnable wake) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      Wake added = new Wake(instantNanos, asked++, wake);
      wakes.add(added);
      // The thread sleeps towards the nearest wake; only a nearer one need disturb it.
      if (wakes.peek().order() == added.order()) {
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Forgets all wakes that are not due yet, and stops. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      wakes.clear();
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void serveWakes() {
    while (true) {
      Wake due = awaitDue();
      if (due == null) {
        return;
      }
      try {
        due.action().run();
      } catch (RuntimeException e) {
        // One wake that fails must not take all later ones with it.
        LOG.error("a wake failed", e);
      }
    }
  }

  private Wake awaitDue() {
    lock.lock();
    try {
      while (!closed) {
        Wake next = wakes.peek();
        if (next == null) {
          changed.awaitUninterruptibly();
          continue;
        }
        long now = nowNanos();
        if (next.instantNanos() <= now) {
          return wakes.poll();
        }
        try {
          changed.await(next.instantNanos() - now, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          // Nothing interrupts this thread but a JVM on its way down.
          return null;
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }
}
