package io.rack72.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class TimingTest {
  /** Three events: after 100, 130 and 190. */
  private static final Timing STREAM = new Timing(1000, new long[] {1100, 1130, 1190}, 1200);

  private static final Timing EMPTY = new Timing(1000, new long[0], 1200);

  @Test
  void countsFromTheStartAndBetweenEvents() {
    assertEquals(OptionalLong.of(100), STREAM.timeToFirstToken());
    assertArrayEquals(new long[] {30, 60}, STREAM.interTokenLatencies().toArray());
    assertEquals(200, STREAM.endToEnd());
  }

  @Test
  void timePerOutputTokenSeesTokensThatShareAnEvent() {
    assertEquals(OptionalDouble.of(45), STREAM.timePerOutputToken(3));
    assertEquals(OptionalDouble.of(10), STREAM.timePerOutputToken(10));
    assertEquals(OptionalDouble.empty(), STREAM.timePerOutputToken(1));
  }

  @Test
  void replyWithoutEventsHasOnlyAnEnd() {
    assertEquals(OptionalLong.empty(), EMPTY.timeToFirstToken());
    assertEquals(0, EMPTY.interTokenLatencies().count());
    assertEquals(OptionalDouble.empty(), EMPTY.timePerOutputToken(5));
    assertEquals(200, EMPTY.endToEnd());
  }
}
