package io.rack72.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RestartDelayTest {
  @Test
  void delayDoublesUpToABoundAndIsShortAgainAfterAGoodRun() {
    RestartDelay delay = new RestartDelay();
    List<Long> seconds =
        Stream.generate(() -> delay.after(Duration.ofSeconds(3)).toSeconds()).limit(8).toList();
    assertEquals(List.of(2L, 2L, 4L, 8L, 16L, 30L, 30L, 30L), seconds);
    assertEquals(2, delay.after(Duration.ofHours(1)).toSeconds());
    assertEquals(2, delay.after(Duration.ZERO).toSeconds());
    assertEquals(4, delay.after(Duration.ZERO).toSeconds());
  }
}
