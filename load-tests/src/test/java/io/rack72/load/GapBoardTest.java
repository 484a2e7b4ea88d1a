package io.rack72.load;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.load.GapBoard.Gap;
import io.rack72.load.GapBoard.StreamEndedException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class GapBoardTest {
  private static final long TIMEOUT_NANOS = SECONDS.toNanos(10);

  @Test
  void gapsAreBetweenEventsOfOneStream() {
    GapBoard board = new GapBoard(2);
    board.came(0, 10);
    board.came(1, 11);
    board.came(0, 15);
    board.came(1, 21);
    assertEquals(List.of(new Gap(10, 15), new Gap(11, 21)), board.gaps());
  }

  @Test
  void gapThatOnlyTouchesAnIntervalLiesInNoneOfIt() {
    Gap gap = new Gap(10, 20);
    assertTrue(gap.overlaps(19, 30));
    assertFalse(gap.overlaps(20, 30));
    assertFalse(gap.overlaps(0, 10));
    assertTrue(gap.isWithin(10, 20));
    assertFalse(gap.isWithin(11, 20));
  }

  @Test
  void waitsForEveryStream() throws Exception {
    GapBoard board = new GapBoard(2);
    AtomicBoolean waiting = new AtomicBoolean(true);
    Thread streams =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (long nanos = 0; waiting.get(); nanos++) {
                    board.came(0, nanos);
                    board.came(1, nanos);
                  }
                });
    board.awaitMore(3, TIMEOUT_NANOS);
    waiting.set(false);
    streams.join();
    assertTrue(board.gaps().size() >= 4, "two gaps of each");
  }

  @Test
  void oneStreamIsNotEnough() {
    GapBoard board = new GapBoard(2);
    board.came(0, 1);
    board.ended("the other has ended");
    assertThrows(StreamEndedException.class, () -> board.awaitMore(1, TIMEOUT_NANOS));
  }

  @Test
  void streamThatEndsIsNotWaitedFor() {
    GapBoard board = new GapBoard(1);
    board.came(0, 1);
    board.ended("the stream has ended");
    StreamEndedException ended =
        assertThrows(StreamEndedException.class, () -> board.awaitMore(1, TIMEOUT_NANOS));
    assertEquals("the stream has ended", ended.getMessage());
  }

  @Test
  void streamThatStandsStillIsNotWaitedForForever() {
    assertThrows(StreamEndedException.class, () -> new GapBoard(1).awaitMore(1, 1_000_000));
  }
}
