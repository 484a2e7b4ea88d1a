package io.rack72.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.hardware.GpuId;
import io.rack72.schedule.HedgeLimits;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PatienceTest {
  private static final long MILLI = 1_000_000;
  private static final HedgeLimits LIMITS =
      new HedgeLimits(
          4, Duration.ofMillis(20), Duration.ofSeconds(10), 0.1, Duration.ofSeconds(2), 0);
  private static final long DEADLINE = LIMITS.deadline().toNanos();

  private final Patience patience = new Patience(LIMITS);

  private void learn(int assignments, long millis) {
    learn(100, assignments, millis);
  }

  private void learn(int times, int assignments, long millis) {
    for (int i = 0; i < times; i++) {
      patience.waited(assignments, millis * MILLI);
    }
  }

  private static void assertMillis(long millis, long nanos) {
    assertEquals(millis, Math.round(nanos / 1e6));
  }

  @Test
  void beforeAnythingIsKnownOnlyTheDeadlineCounts() {
    assertEquals(DEADLINE, patience.nanosFor(64));
    patience.waited(64, MILLI);
    assertEquals(DEADLINE, patience.nanosFor(64));
  }

  @Test
  void slownessIsAMultipleOfWhatIsUsualForLayersOfThatSize() {
    learn(64, 10);
    learn(4096, 700);
    assertMillis(40, patience.nanosFor(64));
    assertMillis(40, patience.nanosFor(127));
    assertMillis(2800, patience.nanosFor(5000));
  }

  @Test
  void sizeThatIsNotKnownIsAsItsNeighbour() {
    learn(64, 10);
    assertMillis(40, patience.nanosFor(16));
    assertMillis(160, patience.nanosFor(256));
    learn(512, 30);
    assertMillis(120, patience.nanosFor(256));
  }

  @Test
  void slownessOfAFewLayersDoesNotBecomeUsualAtOnce() {
    learn(64, 10);
    learn(8, 64, 9_000);
    long after = patience.nanosFor(64);
    assertTrue(after < 2.2 * 40 * MILLI, () -> after / MILLI + " ms");
    learn(64, 10);
    assertMillis(40, patience.nanosFor(64));
  }

  @Test
  void whatIsSlowNowAndThenIsNotTooSlow() {
    for (int i = 0; i < 300; i++) {
      patience.waited(64, (i % 3 == 0 ? 30 : 10) * MILLI);
    }
    long after = patience.nanosFor(64);
    assertTrue(after > 50 * MILLI, () -> after / MILLI + " ms");
  }

  @Test
  void usualCanGrowFromNothing() {
    learn(64, 0);
    learn(1000, 64, 100);
    assertMillis(400, patience.nanosFor(64));
  }

  @Test
  void whatStaysSlowBecomesUsual() {
    learn(64, 10);
    learn(500, 64, 50);
    assertMillis(200, patience.nanosFor(64));
  }

  @Test
  void noiseIsNotSlowness() {
    learn(8, 1);
    assertEquals(20 * MILLI, patience.nanosFor(8));
    learn(1000, 8, 5000);
    assertEquals(DEADLINE, patience.nanosFor(8), "nor is more than the deadline waited for");
  }

  @Test
  void hedgesAreAShareOfAllWaits() {
    learn(64, 10);
    int hedged = 0;
    while (patience.nanosFor(64) < DEADLINE) {
      patience.hedged();
      hedged++;
    }
    assertEquals(8, hedged);
    for (int i = 0; i < 11; i++) {
      patience.waited(64, 10 * MILLI);
    }
    assertMillis(40, patience.nanosFor(64));
    patience.hedged();
    assertEquals(DEADLINE, patience.nanosFor(64));
  }

  @Test
  void withoutAShareOnlyTheDeadlineCounts() {
    Patience none =
        new Patience(
            new HedgeLimits(
                4, Duration.ofMillis(1), Duration.ofSeconds(1), 0, Duration.ofSeconds(1), 0));
    for (int i = 0; i < 100; i++) {
      none.waited(8, MILLI);
    }
    assertEquals(1000 * MILLI, none.nanosFor(8));
  }

  @Test
  void slowOwnersAreNotAskedForAWhileAndLongerEachTime() {
    SlowOwners slow = new SlowOwners(2_000 * MILLI);
    GpuId gpu = new GpuId(3);
    assertEquals(Set.of(), slow.at(0));
    slow.missed(gpu, 0);
    assertEquals(Set.of(gpu), slow.at(1_999 * MILLI));
    assertEquals(Set.of(), slow.at(2_000 * MILLI));
    slow.missed(gpu, 3_000 * MILLI);
    assertEquals(Set.of(gpu), slow.at(6_999 * MILLI));
    assertEquals(Set.of(), slow.at(7_000 * MILLI));
    // It has been well for as long again.
    assertEquals(Set.of(), slow.at(11_000 * MILLI));
    slow.missed(gpu, 12_000 * MILLI);
    assertEquals(Set.of(), slow.at(14_000 * MILLI));
  }
}
