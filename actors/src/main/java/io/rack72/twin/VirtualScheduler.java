package io.rack72.twin;

import com.typesafe.config.Config;
import java.io.Closeable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import org.apache.pekko.actor.AbstractScheduler;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.Scheduler;
import org.apache.pekko.event.LoggingAdapter;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/**
 * The timers of an actor system on virtual time: those of actors, of asks and of Pekko itself.
 * Pekko makes it, by {@code pekko.scheduler.implementation}.
 */
public final class VirtualScheduler extends AbstractScheduler implements Closeable {
  private final VirtualTime time;
  // Waiting ones that want to run early rather than not at all, when the system stops.
  private final Map<WakeQueue.Wake, Runnable> onClose = new LinkedHashMap<>();

  /** What Pekko calls; the parameters are as it wants them. */
  public VirtualScheduler(Config config, LoggingAdapter log, ThreadFactory threads) {
    if (!VirtualTime.PRESENT.isBound()) {
      throw new IllegalStateException(
          "an actor system on virtual time is made inside one: VirtualTime.inside");
    }
    time = VirtualTime.PRESENT.get();
  }

  /** Whose timers these are. */
  VirtualTime time() {
    return time;
  }

  @Override
  public Cancellable scheduleOnce(FiniteDuration delay, Runnable task, ExecutionContext executor) {
    if (!(task instanceof Scheduler.TaskRunOnClose)) {
      return new Once(time.addWake(after(delay), () -> executor.execute(task)));
    }
    WakeQueue.Wake[] wake = new WakeQueue.Wake[1];
    wake[0] =
        time.addWake(
            after(delay),
            () -> {
              onClose.remove(wake[0]);
              executor.execute(task);
            });
    onClose.put(wake[0], () -> executor.execute(task));
    return new Once(wake[0]);
  }

  // Deprecated for callers, but what Pekko's other methods come down to.
  @SuppressWarnings("deprecation")
  @Override
  public Cancellable schedule(
      FiniteDuration delay, FiniteDuration interval, Runnable task, ExecutionContext executor) {
    Repeated repeated = new Repeated(interval.toNanos(), task, executor);
    repeated.waitUntil(after(delay));
    return repeated;
  }

  /** Any number of times a second: an instant is a nanosecond. */
  @Override
  public double maxFrequency() {
    return 1e9;
  }

  @Override
  public void close() {
    List<Map.Entry<WakeQueue.Wake, Runnable>> waiting = List.copyOf(onClose.entrySet());
    onClose.clear();
    waiting.stream().filter(each -> each.getKey().cancel()).forEach(each -> each.getValue().run());
  }

  private long after(FiniteDuration delay) {
    return time.nowNanos() + Math.max(0, delay.toNanos());
  }

  private record Once(WakeQueue.Wake wake) implements Cancellable {
    @Override
    public boolean cancel() {
      return wake.cancel();
    }

    @Override
    public boolean isCancelled() {
      return wake.isCancelled();
    }
  }

  private final class Repeated implements Cancellable {
    private final long intervalNanos;
    private final Runnable task;
    private final ExecutionContext executor;
    private WakeQueue.Wake next;
    private boolean cancelled;

    Repeated(long intervalNanos, Runnable task, ExecutionContext executor) {
      if (intervalNanos < 1) {
        throw new IllegalArgumentException(
            "what is repeated takes time in between, not " + intervalNanos + " ns");
      }
      this.intervalNanos = intervalNanos;
      this.task = task;
      this.executor = executor;
    }

    void waitUntil(long instantNanos) {
      next =
          time.addWake(
              instantNanos,
              () -> {
                executor.execute(task);
                waitUntil(instantNanos + intervalNanos);
              });
    }

    @Override
    public boolean cancel() {
      boolean first = !cancelled;
      cancelled = true;
      next.cancel();
      return first;
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }
  }
}
