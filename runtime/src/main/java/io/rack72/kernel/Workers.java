package io.rack72.kernel;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed crew of threads that shares out ranges of independent work over the cores of the machine,
 * made for pieces of some microseconds: a member that has nothing to do looks for work a moment
 * longer before it sleeps.
 *
 * <p>The caller takes part. One call at a time has the crew; a call that finds it busy, from
 * another thread or from within a task, does all its work itself, so nobody ever waits for another
 * caller and there is nothing to deadlock. Which thread computes what differs from run to run;
 * tasks must not let that matter. Thread-safe.
 *
 * <p>Callers and crew together are never more than the crew's size for longer than a piece takes:
 * where several callers are at work, each on a core of its own, as many members of the crew stand
 * back. More threads than cores would only take turns.
 */
public final class Workers implements AutoCloseable {
  /** Work on a range of items. */
  @FunctionalInterface
  public interface Task {
    /** Does the items {@code from} to {@code to}, exclusive. */
    void run(int from, int to);
  }

  /** Looks at the job board before a thread sleeps, some tens of microseconds in all. */
  private static final int SPINS = 1000;

  private final Thread[] crew;
  private final AtomicBoolean taken = new AtomicBoolean();

  /** How long a member of the crew stands back before it looks for a core again. */
  private static final long RETRY_NANOS = 50_000;

  /** Calls of {@link #share} under way, and members of the crew that help one of them. */
  private final AtomicInteger busy = new AtomicInteger();

  private volatile Job job = Job.NONE;
  private volatile boolean closed;

  /**
   * @param size threads that work on a call, the caller among them; at least 1
   */
  public Workers(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("a crew has at least 1 member, not " + size);
    }
    crew = new Thread[size - 1];
    for (int i = 0; i < crew.length; i++) {
      crew[i] = Thread.ofPlatform().daemon().name("kernel-worker-" + i).unstarted(this::work);
    }
    for (Thread member : crew) {
      member.start();
    }
  }

  /** Threads that work on a call, the caller among them. */
  public int size() {
    return crew.length + 1;
  }

  /**
   * Runs a task over the items 0 to {@code items}, exclusive, in pieces, and returns when all are
   * done. If a piece fails the others still run and the first failure is thrown here.
   *
   * @param grain items in a piece; at least 1
   */
  public void share(int items, int grain, Task task) {
    if (grain < 1) {
      throw new IllegalArgumentException("a piece has at least 1 item, not " + grain);
    }
    if (items <= 0) {
      return;
    }
    busy.incrementAndGet();
    try {
      if (items <= grain || crew.length == 0 || closed || !taken.compareAndSet(false, true)) {
        task.run(0, items);
      } else {
        lead(new Job(items, grain, task));
      }
    } finally {
      busy.decrementAndGet();
    }
  }

  private void lead(Job mine) {
    try {
      job = mine;
      for (Thread member : crew) {
        // Harmless where the member is awake: its next sleep ends at once.
        LockSupport.unpark(member);
      }
      while (mine.doPiece()) {}
      mine.await();
    } finally {
      // So that a sleeping crew does not keep the arrays of a finished task alive.
      job = Job.NONE;
      taken.set(false);
    }
    mine.throwFailure();
  }

  /** Lets the crew end. Calls made later are done by their callers alone. */
  @Override
  public void close() {
    closed = true;
    for (Thread member : crew) {
      LockSupport.unpark(member);
    }
  }

  private void work() {
    int idle = 0;
    while (!closed) {
      if (help(job)) {
        idle = 0;
      } else if (++idle < SPINS) {
        Thread.onSpinWait();
      } else if (job.hasPieces()) {
        // There was no core for it. Whoever leaves one does not say so.
        LockSupport.parkNanos(this, RETRY_NANOS);
      } else {
        LockSupport.park(this);
        idle = 0;
      }
    }
  }

  /** Does a piece of a job, if there is one left and a core for it. */
  private boolean help(Job job) {
    if (!job.hasPieces() || busy.get() >= size()) {
      return false;
    }
    try {
      return busy.incrementAndGet() <= size() && job.doPiece();
    } finally {
      busy.decrementAndGet();
    }
  }

  /** One call of {@link #share}: what is left of it and who waits for it. */
  private static final class Job {
    static final Job NONE = new Job(0, 1, (from, to) -> {});

    private final int items;
    private final int grain;
    private final int pieces;
    private final Task task;
    private final AtomicInteger claimed = new AtomicInteger();
    private final AtomicInteger unfinished;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Thread caller = Thread.currentThread();

    Job(int items, int grain, Task task) {
      this.items = items;
      this.grain = grain;
      this.task = task;
      pieces = Math.ceilDiv(items, grain);
      unfinished = new AtomicInteger(pieces);
    }

    boolean hasPieces() {
      return claimed.get() < pieces;
    }

    /** Does the next piece; false if there is none. */
    boolean doPiece() {
      int p = claimed.getAndIncrement();
      if (p >= pieces) {
        return false;
      }
      try {
        task.run(p * grain, Math.min(items, (p + 1) * grain));
      } catch (Throwable e) {
        failure.compareAndSet(null, e);
      } finally {
        if (unfinished.decrementAndGet() == 0) {
          LockSupport.unpark(caller);
        }
      }
      return true;
    }

    void await() {
      boolean interrupted = false;
      for (int i = 0; unfinished.get() > 0; i++) {
        if (i < SPINS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
          interrupted |= Thread.interrupted();
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    void throwFailure() {
      switch (failure.get()) {
        case null -> {}
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case Throwable e -> throw new IllegalStateException(e);
      }
    }
  }
}
