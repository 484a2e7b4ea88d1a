package io.rack72.twin;

import io.rack72.clock.Clock;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import scala.Function0;
import scala.concurrent.BlockContext;
import scala.concurrent.CanAwait;
import scala.jdk.javaapi.FunctionConverters;

/**
 * Time that passes only when nothing is left to run, and the one thread on which all that an actor
 * system does is run. What becomes ready runs in the order in which it became ready; when nothing
 * is, time jumps to the next wake. So what happens, and in which order, depends on nothing outside:
 * not on the machine, its load or its cores.
 *
 * <p>An actor system is put on it by being made {@link #inside}, with {@link VirtualSettings}. It
 * then does nothing by itself: whoever made the time moves it, with {@link #runUntil} or {@link
 * #runWhile}.
 *
 * <p>Confined to the thread that made it. What another thread asks to be run is refused: it would
 * come at a moment that no seed decides.
 */
public final class VirtualTime implements Clock {
  /** The time that an actor system is made in. */
  static final ScopedValue<VirtualTime> PRESENT = ScopedValue.newInstance();

  private final Thread thread = Thread.currentThread();
  private final BlockContext waits = new Waits();
  private final MessageObserver observer;
  private final boolean observed;
  private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
  private final WakeQueue wakes = new WakeQueue();
  private volatile long now;
  private long ran;

  /** Sees every message between actors on its way into a mailbox. */
  @FunctionalInterface
  public interface MessageObserver {
    /**
     * A message is put into a mailbox.
     *
     * @param receiver path of the actor, without what differs between runs of it
     */
    void saw(long nowNanos, String receiver, Object message);
  }

  /** Time that begins at 0, and whose messages nobody looks at. */
  public VirtualTime() {
    this((_, _, _) -> {}, false);
  }

  /** Time that begins at 0. */
  public VirtualTime(MessageObserver observer) {
    this(observer, true);
  }

  private VirtualTime(MessageObserver observer, boolean observed) {
    this.observer = observer;
    this.observed = observed;
  }

  @Override
  public long nowNanos() {
    return now;
  }

  @Override
  public void wakeAt(long instantNanos, Runnable wake) {
    addWake(instantNanos, wake);
  }

  /** Tasks and wakes that have run so far. */
  public long ran() {
    return ran;
  }

  /**
   * Runs {@code body} here and now, such that an actor system which it makes is on this time, and
   * such that whatever it awaits from actors is run meanwhile.
   */
  public <T> T inside(Supplier<T> body) {
    requireThread();
    return ScopedValue.where(PRESENT, this)
        .call(
            () ->
                BlockContext.withBlockContext(waits, FunctionConverters.asScalaFromSupplier(body)));
  }

  /** Runs all that is ready, and what becomes ready by it. Time does not pass. */
  public void settle() {
    inside(
        () -> {
          drain(() -> true);
          return null;
        });
  }

  /**
   * Runs all that is due until an instant, which is the present one afterwards.
   *
   * @throws IllegalArgumentException if the instant has passed
   */
  public void runUntil(long instantNanos) {
    if (instantNanos < now) {
      throw new IllegalArgumentException(
          "time does not run backwards, from " + now + " to " + instantNanos);
    }
    runWhile(() -> true, instantNanos);
    now = instantNanos;
  }

  /**
   * Runs as long as a condition holds, which is asked before each task, and something is left to
   * run until an instant.
   *
   * @return whether the condition does not hold any more; if it does, nothing is left
   */
  public boolean runWhile(BooleanSupplier condition, long untilNanos) {
    return inside(() -> advanceWhile(condition, untilNanos));
  }

  private boolean advanceWhile(BooleanSupplier condition, long untilNanos) {
    while (drain(condition)) {
      long next = wakes.nextNanos();
      if (next == WakeQueue.NONE || next > untilNanos) {
        return !condition.getAsBoolean();
      }
      now = Math.max(now, next);
      // All that is due at this instant, before anything that comes of it.
      while (wakes.nextNanos() <= now) {
        ran++;
        wakes.poll().run();
      }
    }
    return true;
  }

  /** Returns false as soon as the condition does not hold. */
  private boolean drain(BooleanSupplier condition) {
    while (!ready.isEmpty()) {
      if (!condition.getAsBoolean()) {
        return false;
      }
      ran++;
      ready.poll().run();
    }
    return condition.getAsBoolean();
  }

  /** Runs a task after all that is ready. */
  void execute(Runnable task) {
    requireThread();
    ready.add(task);
  }

  /** Like {@link #wakeAt}, for one who may change his mind. */
  WakeQueue.Wake addWake(long instantNanos, Runnable wake) {
    requireThread();
    return wakes.add(instantNanos, wake);
  }

  /** Whether somebody looks at messages, which have to be described to him. */
  boolean isObserved() {
    return observed;
  }

  void observe(String receiver, Object message) {
    observer.saw(now, receiver, message);
  }

  private void requireThread() {
    if (Thread.currentThread() != thread) {
      throw new IllegalStateException(
          "virtual time belongs to %s, and %s cannot have anything run on it"
              .formatted(thread.getName(), Thread.currentThread().getName()));
    }
  }

  /** Pekko awaits a few answers when a system starts; they come by running what is ready. */
  private final class Waits implements BlockContext {
    @Override
    public <T> T blockOn(Function0<T> await, CanAwait permission) {
      drain(() -> true);
      return await.apply();
    }
  }
}
