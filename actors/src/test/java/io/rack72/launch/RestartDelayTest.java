package io.rack72.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RestartDelayTest {
  @Test
  void delayGrowsUpToABoundAndIsShortAgainAfterAGoodRun() {
    RestartDelay delay = new RestartDelay();
    List<Long> seconds =
        Stream.generate(() -> delay.after(Duration.ofSeconds(3)).toSeconds()).limit(10).toList();
    assertEquals(List.of(2L, 3L, 4L, 6L, 9L, 13L, 19L, 28L, 30L, 30L), seconds);
    assertEquals(2, delay.after(Duration.ofHours(1)).toSeconds());
    assertEquals(3, delay.after(Duration.ZERO).toSeconds());
  }
}
