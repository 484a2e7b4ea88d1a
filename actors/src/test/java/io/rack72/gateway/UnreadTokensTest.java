package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class UnreadTokensTest {
  @Test
  void sequencesArePausedAtTheLimitAndResumedWhenAllIsTaken() {
    UnreadTokens unread = new UnreadTokens(3);
    unread.add();
    unread.add();
    assertFalse(unread.pauses());
    unread.add();
    assertTrue(unread.pauses());
    assertTrue(unread.paused());
    assertTrue(unread.take());
    assertFalse(unread.paused());
    assertFalse(unread.take(), "they go on already");
  }

  @Test
  void pauseIsSaidOnceThoughMoreComes() {
    UnreadTokens unread = new UnreadTokens(1);
    unread.add();
    assertTrue(unread.pauses());
    unread.add();
    assertFalse(unread.pauses());
  }

  @Test
  void pausesAndResumesTakeTurnsAndNothingWaitsForeverInAPausedStream() {
    SplittableRandom random = new SplittableRandom(72);
    for (int limit = 1; limit < 20; limit++) {
      UnreadTokens unread = new UnreadTokens(limit);
      int waiting = 0;
      boolean paused = false;
      for (int i = 0; i < 1000; i++) {
        if (random.nextInt(limit + 1) > 0) {
          unread.add();
          waiting++;
          boolean pauses = !paused && waiting >= limit;
          assertEquals(pauses, unread.pauses());
          paused |= pauses;
        } else {
          assertEquals(paused, unread.take());
          paused = false;
          waiting = 0;
        }
        assertEquals(paused, unread.paused());
      }
    }
  }
}
