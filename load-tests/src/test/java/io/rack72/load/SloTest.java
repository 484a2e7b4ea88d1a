package io.rack72.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class SloTest {
  private static final long MILLI = 1_000_000;

  /** TTFT of 10 ms, then gaps of 2 ms and 4 ms. */
  private static final Timing TIMING =
      new Timing(0, new long[] {10 * MILLI, 12 * MILLI, 16 * MILLI}, 20 * MILLI);

  @Test
  void bothLimitsHold() {
    assertTrue(slo(10, 4).isMetBy(outcome(200)));
    assertFalse(slo(9.9, 4).isMetBy(outcome(200)));
    assertFalse(slo(10, 3.9).isMetBy(outcome(200)));
  }

  @Test
  void whatIsNotAskedForDoesNotCount() {
    Slo ttftOnly = new Slo(OptionalDouble.of(10), OptionalDouble.empty());
    assertTrue(ttftOnly.isMetBy(outcome(200)));
    assertTrue(ttftOnly.isGiven());
    assertFalse(new Slo(OptionalDouble.empty(), OptionalDouble.empty()).isGiven());
  }

  @Test
  void failedRequestIsNeverGood() {
    assertFalse(slo(1000, 1000).isMetBy(outcome(503)));
  }

  @Test
  void refusesWhatCannotBeReached() {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> slo(0, 1));
    assertEquals("--slo-ttft is a number of milliseconds above 0, not 0.0", refused.getMessage());
    assertThrows(IllegalArgumentException.class, () -> slo(1, Double.NaN));
  }

  private static Slo slo(double ttft, double itl) {
    return new Slo(OptionalDouble.of(ttft), OptionalDouble.of(itl));
  }

  private static Outcome outcome(int status) {
    return new Outcome(status, false, Optional.empty(), TIMING, new Transcript());
  }
}
