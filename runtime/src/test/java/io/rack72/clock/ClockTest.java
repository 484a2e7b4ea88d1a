package io.rack72.clock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ClockTest {
  @Test
  void manualClockRunsWakesInOrderOfInstantThenOfAsking() {
    ManualClock clock = new ManualClock();
    List<String> ran = new ArrayList<>();
    clock.wakeAt(20, () -> ran.add("later"));
    clock.wakeAt(10, () -> ran.add("first at " + clock.nowNanos()));
    clock.wakeAt(10, () -> ran.add("second"));
    clock.advanceTo(15);
    assertEquals(List.of("first at 10", "second"), ran);
    assertEquals(20, clock.nextWakeNanos());
    assertEquals(15, clock.nowNanos());
  }

  @Test
  void manualClockRunsWakesThatWakesAskFor() {
    ManualClock clock = new ManualClock();
    List<Long> ran = new ArrayList<>();
    clock.wakeAt(1, () -> clock.wakeAt(2, () -> ran.add(clock.nowNanos())));
    clock.advanceTo(2);
    assertEquals(List.of(2L), ran);
  }

  @Test
  void manualClockDoesNotRunBackwards() {
    ManualClock clock = new ManualClock();
    clock.advanceTo(5);
    assertThrows(IllegalArgumentException.class, () -> clock.advanceTo(4));
  }

  @Test
  void wallClockWakesNeitherEarlyNorOutOfOrder() throws InterruptedException {
    try (WallClock clock = new WallClock()) {
      CountDownLatch done = new CountDownLatch(3);
      List<Integer> order = new ArrayList<>();
      AtomicLong earliest = new AtomicLong(Long.MAX_VALUE);
      long now = clock.nowNanos();
      int[] delaysMillis = {30, 10, 20};
      for (int delay : delaysMillis) {
        long instant = now + TimeUnit.MILLISECONDS.toNanos(delay);
        clock.wakeAt(
            instant,
            () -> {
              earliest.accumulateAndGet(clock.nowNanos() - instant, Math::min);
              order.add(delay);
              done.countDown();
            });
      }
      assertTrue(done.await(10, TimeUnit.SECONDS));
      assertEquals(List.of(10, 20, 30), order);
      assertTrue(earliest.get() >= 0, "a wake came " + -earliest.get() + " ns early");
    }
  }

  @Test
  void wallClockRunsAPastWakeAtOnce() throws InterruptedException {
    try (WallClock clock = new WallClock()) {
      CountDownLatch done = new CountDownLatch(1);
      clock.wakeAt(Long.MIN_VALUE, done::countDown);
      assertTrue(done.await(10, TimeUnit.SECONDS));
    }
  }
}
