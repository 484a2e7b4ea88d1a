package io.rack72.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads that compute, one for each core: they run tasks, which is how GPUs get a core, and
 * share out ranges of independent work of whoever has some, in pieces of some microseconds. A
 * member that has nothing to do looks for work a moment longer before it sleeps.
 *
 * <p>That tasks and pieces have the same threads is what keeps cores busy: they are never more than
 * the cores, where more would only take turns, and whoever comes to the end of a task helps those
 * who are still at work. A member prefers a task to a piece, since two tasks side by side have less
 * to agree on than two that share one.
 *
 * <p>Any thread may call {@link #share} and takes part in its own work, so no call waits for
 * another. Callers from outside have the cores of as many members, which stand back from their next
 * piece or task on; so none may wait for a task. Which thread computes what differs from run to
 * run; work must not let that matter. Thread-safe.
 */
public final class Workers implements Executor, AutoCloseable {
  /** Work on a range of items. */
  @FunctionalInterface
  public interface Task {
    /** Does the items {@code from} to {@code to}, exclusive. */
    void run(int from, int to);
  }

  /** Looks for work before a thread sleeps: some tens of microseconds, if it keeps its core. */
  private static final int SPINS = 1000;

  /**
   * One look in so many lets other threads have the core. A system does not always move a thread
   * that waits behind one which only looks for work to a core that is free.
   */
  private static final int SPINS_PER_YIELD = 16;

  /** How long a member stands back before it looks for a core again. */
  private static final long RETRY_NANOS = 50_000;

  private final List<Member> crew = new ArrayList<>();
  private final Thread.UncaughtExceptionHandler onFailedTask;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final Queue<Job> jobs = new ConcurrentLinkedQueue<>();

  /** Of {@link #tasks}. */
  private final AtomicInteger waiting = new AtomicInteger();

  /** Members that look for work. */
  private final AtomicInteger looking = new AtomicInteger();

  /** Members at work, and callers from outside. */
  private final AtomicInteger busy = new AtomicInteger();

  private volatile boolean closed;

  /**
   * Threads whose tasks are not expected to fail: what one throws is told to the thread's handler.
   *
   * @param size threads; at least 1
   */
  public Workers(int size) {
    this(size, (thread, e) -> thread.getThreadGroup().uncaughtException(thread, e));
  }

  /**
   * @param size threads; at least 1
   * @param onFailedTask is told what a task throws; the thread goes on
   */
  public Workers(int size, Thread.UncaughtExceptionHandler onFailedTask) {
    if (size < 1) {
      throw new IllegalArgumentException("a crew has at least 1 member, not " + size);
    }
    this.onFailedTask = onFailedTask;
    looking.set(size);
    for (int i = 0; i < size; i++) {
      crew.add(new Member("rack72-compute-" + i));
    }
    crew.forEach(Thread::start);
  }

  /** Threads that work on a call of {@link #share}, the caller among them. */
  public int size() {
    return crew.size();
  }

  /**
   * Has members run tasks, in the order in which they come. Where the crew is closed a task has a
   * thread of its own, so that actors whose threads ended before them come to their end as well.
   */
  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    waiting.incrementAndGet();
    wakeForTasks();
    // Asked last: members that end see all tasks that came before the crew was closed.
    if (closed) {
      Thread.ofPlatform().daemon().name("rack72-compute-late").start(this::runLate);
    }
  }

  private void runLate() {
    Runnable task = take();
    if (task != null) {
      run(task);
    }
  }

  private Runnable take() {
    Runnable task = tasks.poll();
    if (task != null) {
      waiting.decrementAndGet();
    }
    return task;
  }

  private void run(Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      // Pekko's mailboxes throw an interrupt of their actor again, and are none the worse for it.
      if (!(e instanceof InterruptedException)) {
        onFailedTask.uncaughtException(Thread.currentThread(), e);
      }
    }
  }

  /**
   * Does the items 0 to {@code items}, exclusive, in pieces, and returns when all are done. If a
   * piece fails the others still run and the first failure is thrown here.
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
    if (Thread.currentThread() instanceof Member member && member.isOf(this)) {
      lead(items, grain, task);
      return;
    }
    busy.incrementAndGet();
    try {
      lead(items, grain, task);
    } finally {
      busy.decrementAndGet();
    }
  }

  private void lead(int items, int grain, Task task) {
    if (items <= grain || size() == 1 || closed) {
      task.run(0, items);
      return;
    }
    Job mine = new Job(items, grain, task);
    jobs.add(mine);
    wake(mine.pieces - 1 - looking.get());
    while (mine.doPiece()) {}
    // It would keep its arrays alive.
    jobs.remove(mine);
    mine.await();
    mine.throwFailure();
  }

  /** Lets the crew end once no task waits. Calls made later are done by their callers alone. */
  @Override
  public void close() {
    closed = true;
    crew.forEach(LockSupport::unpark);
  }

  private void wakeForTasks() {
    wake(waiting.get() - looking.get());
  }

  private void wake(int most) {
    int left = most;
    for (int i = 0; left > 0 && i < crew.size(); i++) {
      Member member = crew.get(i);
      if (member.asleep.get() && member.asleep.compareAndSet(true, false)) {
        LockSupport.unpark(member);
        left--;
      }
    }
  }

  private boolean hasWork() {
    return !tasks.isEmpty() || openJob() != null;
  }

  /** The first job that has pieces left, or null. */
  private Job openJob() {
    Job first = jobs.peek();
    while (first != null && !first.hasPieces()) {
      // Its caller may be slow to do so.
      jobs.remove(first);
      first = jobs.peek();
    }
    return first;
  }

  // Nothing relies on the yield but speed.
  @SuppressWarnings("ThreadPriorityCheck")
  private static void pause(int spins) {
    if (spins % SPINS_PER_YIELD == 0) {
      Thread.yield();
    } else {
      Thread.onSpinWait();
    }
  }

  private final class Member extends Thread {
    private final AtomicBoolean asleep = new AtomicBoolean();

    Member(String name) {
      super(name);
      setDaemon(true);
    }

    boolean isOf(Workers workers) {
      return workers == Workers.this;
    }

    @Override
    public void run() {
      int spins = 0;
      while (!closed || !tasks.isEmpty()) {
        if (hasWork() && work()) {
          spins = 0;
        } else if (++spins < SPINS) {
          pause(spins);
        } else if (sleep()) {
          spins = 0;
        }
      }
    }

    /** Runs a task, or does a piece, if there is one and a core for it. */
    private boolean work() {
      try {
        if (busy.incrementAndGet() > size()) {
          return false;
        }
        Runnable task = take();
        if (task != null) {
          engage();
          try {
            Workers.this.run(task);
          } finally {
            looking.incrementAndGet();
          }
          return true;
        }
        Job job = openJob();
        if (job == null) {
          return false;
        }
        engage();
        try {
          return job.doPiece();
        } finally {
          looking.incrementAndGet();
        }
      } finally {
        // Meant for that work alone: it would keep this thread from ever sleeping.
        Thread.interrupted();
        busy.decrementAndGet();
      }
    }

    /** Whoever brought a task may have left it to this member, which has found something else. */
    private void engage() {
      looking.decrementAndGet();
      wakeForTasks();
    }

    /**
     * Sleeps until there may be work.
     *
     * @return false if there is, but was no core for it
     */
    private boolean sleep() {
      boolean stoodBack = false;
      asleep.set(true);
      looking.decrementAndGet();
      // Whoever brings work from here on sees that this member sleeps.
      if (!hasWork()) {
        LockSupport.park(Workers.this);
      } else if (busy.get() >= size()) {
        // There was no core for it. Whoever leaves one does not say so.
        LockSupport.parkNanos(Workers.this, RETRY_NANOS);
        stoodBack = true;
      }
      looking.incrementAndGet();
      asleep.set(false);
      return !stoodBack;
    }
  }

  /** One call of {@link #share}: what is left of it and who waits for it. */
  private static final class Job {
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
      for (int spins = 1; unfinished.get() > 0; spins++) {
        if (spins < SPINS) {
          pause(spins);
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
