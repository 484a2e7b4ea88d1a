package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.clock.ManualClock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class PaceWatchTest {
  private static final long MILLI = 1_000_000;

  private final ManualClock clock = new ManualClock();
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private final List<Duration> told = new ArrayList<>();
  private final PaceWatch watch =
      new PaceWatch(clock, waiting::add, Duration.ofMillis(1), told::add);

  /** Time passes in which the GPUs' thread is late by so much. */
  private void pass(int waits, long lateNanos) {
    for (int i = 0; i < waits; i++) {
      clock.advanceTo(clock.nextWakeNanos());
      clock.advanceTo(clock.nowNanos() + lateNanos);
      waiting.remove().run();
    }
  }

  @Test
  void machineThatKeepsUpIsNotSpokenOf() {
    watch.begin();
    pass(1000, MILLI / 2);
    assertEquals(List.of(), told);
  }

  @Test
  void machineThatIsBehindIsToldOfWithTheMiddleOfItsWaits() {
    watch.begin();
    pass(99, MILLI / 10);
    pass(101, 7 * MILLI);
    assertEquals(List.of(Duration.ofMillis(7)), told);
    pass(199, 9 * MILLI);
    assertEquals(1, told.size(), "it says so once for all of them");
    pass(1, 9 * MILLI);
    assertEquals(List.of(Duration.ofMillis(7), Duration.ofMillis(9)), told);
  }
}
