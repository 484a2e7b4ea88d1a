package io.rack72.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class HostLinkTest {
  /** One byte takes a nanosecond. */
  private final HostLink link = new HostLink(1_000_000_000);

  @Test
  void nothingToMoveIsReadyAtOnce() {
    assertEquals(5, link.move(5, 0, 0));
  }

  @Test
  void bothDirectionsMoveAtTheSameTimeAndTheLongerOneCounts() {
    assertEquals(5 + 300, link.move(5, 100, 300));
  }

  @Test
  void whatCameBeforeIsMovedBefore() {
    link.move(0, 1_000, 0);
    assertEquals(1_500, link.move(200, 500, 100));
    assertEquals(600, link.move(500, 0, 100), "the other direction is free");
  }

  @Test
  void moreThanOneTransferCanCarryTakesAllItsTime() {
    long bytes = 5L * Integer.MAX_VALUE + 7;
    assertEquals(bytes, link.move(0, bytes, 0));
  }
}
