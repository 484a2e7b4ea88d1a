package io.rack72.cli;

import io.rack72.clock.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Whether this machine keeps up with the rack that it stands in for. Where it does not, messages
 * wait for the thread that GPUs run on, and tokens come later than the rack's by as much. So now
 * and then the watch waits there itself, and says how long half of its waits were at least, once
 * they are long enough to be seen. Thread-safe.
 */
final class PaceWatch {
  private static final Duration EVERY = Duration.ofMillis(50);

  /** Waits of which it takes the middle one: ten seconds' worth. */
  private static final int WAITS = 200;

  private final Clock clock;
  private final Executor gpus;
  private final long tolerableNanos;
  private final Consumer<Duration> behind;
  private final long[] waits = new long[WAITS];
  private int count;

  /**
   * @param gpus what GPUs run on
   * @param tolerable waits that nobody would see
   * @param behind is told of waits that are longer, at most every ten seconds
   */
  PaceWatch(Clock clock, Executor gpus, Duration tolerable, Consumer<Duration> behind) {
    this.clock = clock;
    this.gpus = gpus;
    this.behind = behind;
    tolerableNanos = tolerable.toNanos();
  }

  /** Begins, and goes on for as long as the clock runs. */
  void begin() {
    long due = clock.nowNanos() + EVERY.toNanos();
    clock.wakeAt(
        due,
        () -> {
          try {
            gpus.execute(() -> waited(clock.nowNanos() - due));
          } catch (RejectedExecutionException e) {
            // The rack has ended, and with it the watch.
            return;
          }
        });
  }

  private void waited(long nanos) {
    synchronized (waits) {
      waits[count++] = nanos;
      if (count == WAITS) {
        count = 0;
        Arrays.sort(waits);
        long middle = waits[WAITS / 2];
        if (middle > tolerableNanos) {
          behind.accept(Duration.ofNanos(middle));
        }
      }
    }
    begin();
  }
}
