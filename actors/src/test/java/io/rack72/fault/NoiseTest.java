package io.rack72.fault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NoiseTest {
  private static final Duration DELAY = Duration.ofMillis(50);
  private static final long DELAY_NANOS = DELAY.toNanos();
  private static final int MESSAGES = 100_000;

  private static Noise noise(double loss, double twice, double late, long seed) {
    return new Noise(
        new Fault.FabricNoise(Set.of(0), loss, twice, late, DELAY, Duration.ofSeconds(1)), seed);
  }

  @Test
  void messagesAreLostDoubledAndOvertakenAsOftenAsIsAsked() {
    Noise noise = noise(0.05, 0.1, 0.2, 7);
    int lost = 0;
    int twice = 0;
    int copies = 0;
    int late = 0;
    for (int i = 0; i < MESSAGES; i++) {
      long[] fates = noise.next();
      lost += fates.length == 0 ? 1 : 0;
      twice += fates.length == 2 ? 1 : 0;
      copies += fates.length;
      for (long delay : fates) {
        assertTrue(delay >= DELAY_NANOS && delay <= 2 * DELAY_NANOS, "delay " + delay);
        late += delay > DELAY_NANOS ? 1 : 0;
      }
    }
    assertEquals(0.05, lost / (double) MESSAGES, 0.005);
    assertEquals(0.1 * 0.95, twice / (double) MESSAGES, 0.005);
    assertEquals(0.2, late / (double) copies, 0.01);
  }

  @Test
  void withoutAnyOfItEachMessageComesOnceAndInTime() {
    Noise noise = noise(0, 0, 0, 7);
    for (int i = 0; i < 1000; i++) {
      assertArrayEquals(new long[] {DELAY_NANOS}, noise.next());
    }
  }

  @Test
  void fatesDependOnTheSeedAlone() {
    Noise one = noise(0.3, 0.3, 0.3, 9);
    Noise same = noise(0.3, 0.3, 0.3, 9);
    for (int i = 0; i < 1000; i++) {
      assertArrayEquals(one.next(), same.next());
    }
  }
}
