package io.rack72.fabric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.link.Lane;
import org.junit.jupiter.api.Test;

class PortPaceTest {
  private static final long SECOND = 1_000_000_000L;

  /** 1 byte a nanosecond, and slow below a tenth of that. */
  private final PortPace pace = new PortPace(SECOND, 0.1);

  @Test
  void onePassageThatTakesTooLongIsEnough() {
    assertFalse(pace.passed(1_000, 10_000, 0), "a tenth of the bandwidth is not below a tenth");
    assertTrue(pace.passed(1_000, 10_001, 0));
    assertTrue(pace.isSlow());
    assertFalse(pace.passed(1_000, 50_000, 0), "that is known");
  }

  @Test
  void whatIsOverInAMicrosecondIsNeverTooLong() {
    assertEquals(1_000, pace.mostNanos(1));
    assertEquals(1_000, pace.mostNanos(100));
    assertEquals(1_010, pace.mostNanos(101));
  }

  @Test
  void itIsWellAgainAfterASecondInWhichNothingTookTooLong() {
    pace.passed(1_000, 100_000, 0);
    assertFalse(pace.passed(1_000, 1_000, SECOND));
    assertFalse(pace.passed(1_000, 1_000, 2 * SECOND - 1));
    assertFalse(pace.passed(1_000, 100_000, 2 * SECOND - 1), "and now it begins anew");
    assertFalse(pace.passed(1_000, 1_000, 2 * SECOND));
    assertFalse(pace.passed(1_000, 1_000, 3 * SECOND - 1));
    assertTrue(pace.passed(1_000, 1_000, 3 * SECOND));
    assertFalse(pace.isSlow());
  }

  @Test
  void testSaysAsMuchAsAnyFrame() {
    for (long bandwidth : new long[] {10_000_000L, SECOND, 900_000_000_000L}) {
      for (double below : new double[] {0.01, 0.1, 0.9}) {
        PortPace port = new PortPace(bandwidth, below);
        long bytes = port.testBytes();
        long just = new Lane((long) (bandwidth * below * 1.01)).nanosFor(bytes);
        assertTrue(just <= port.mostNanos(bytes), bandwidth + " below " + below);
        long slower = new Lane((long) (bandwidth * below * 0.85)).nanosFor(bytes);
        assertTrue(slower > port.mostNanos(bytes), bandwidth + " below " + below);
        assertTrue(new Lane(bandwidth).nanosFor(bytes) <= 10_000, "it takes next to nothing");
      }
    }
  }

  @Test
  void withoutALimitNothingTakesTooLong() {
    PortPace any = new PortPace(SECOND, 0);
    assertEquals(Long.MAX_VALUE, any.mostNanos(1));
    assertFalse(any.passed(1, Long.MAX_VALUE, 0));
  }
}
