package io.rack72.resume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.rack72.schedule.FinishReason;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LiveStreamTest {
  private static final StreamHead HEAD = head(1);

  private static StreamHead head(int bodyBytes) {
    return new StreamHead(
        new StreamKey(1, 2), "r", "r", "", "/p", 1, 2, Duration.ofSeconds(9), new byte[bodyBytes]);
  }

  @Test
  void bodyThatNoCopyCanHaveIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new LiveStream(head(StreamCopy.MAX_BYTES + 1), 1, 0, () -> {}));
    assertEquals(
        StreamCopy.MAX_BYTES,
        new LiveStream(head(StreamCopy.MAX_BYTES), 1, 0, () -> {}).copy(0).bytes());
  }

  @Test
  void growthAddsUpToTheWholeAndIsToldOnce() {
    SplittableRandom random = new SplittableRandom(3);
    LiveStream stream = new LiveStream(HEAD, 2, 0, () -> {});
    CopyStore<String> store = new CopyStore<>(ResumeLimits.DEFAULT);
    store.keep("o", stream.handOver(0), 0);
    for (int i = 0; i < 500; i++) {
      switch (random.nextInt(8)) {
        case 0 -> stream.growth().forEach(growth -> store.grow("o", growth));
        case 1 -> stream.placed(random.nextInt(2), i);
        case 2 -> stream.started(random.nextInt(2), i);
        // The second gateway is another one.
        case 3 -> store.keep("o", stream.handOver(0), 0);
        default -> stream.token(random.nextInt(2), i, Optional.empty());
      }
    }
    stream.token(1, 7, Optional.of(FinishReason.LENGTH));
    stream.growth().forEach(growth -> store.grow("o", growth));
    assertEquals(List.of(), stream.growth());
    StreamCopy kept = store.find(HEAD.key(), "", 0).orElseThrow();
    StreamCopy whole = stream.copy(0);
    for (int i = 0; i < 2; i++) {
      assertArrayEquals(whole.choices().get(i).tokens(), kept.choices().get(i).tokens());
      assertEquals(whole.choices().get(i).finish(), kept.choices().get(i).finish());
      assertEquals(whole.choices().get(i).cachedTokens(), kept.choices().get(i).cachedTokens());
      assertEquals(whole.choices().get(i).gpu(), kept.choices().get(i).gpu());
    }
    assertEquals(Optional.of(FinishReason.LENGTH), kept.choices().get(1).finish());
  }

  @Test
  void growthThatWasLostIsMadeGoodByALaterOne() {
    LiveStream stream = new LiveStream(HEAD, 1, 0, () -> {});
    CopyStore<String> store = new CopyStore<>(ResumeLimits.DEFAULT);
    store.keep("o", stream.handOver(0), 0);
    for (int i = 0; i <= LiveStream.WHOLE_EVERY; i++) {
      stream.token(0, i, Optional.empty());
      List<Growth> growth = stream.growth();
      if (i != 3) {
        growth.forEach(told -> store.grow("o", told));
      }
    }
    StreamCopy kept = store.find(HEAD.key(), "", 0).orElseThrow();
    assertArrayEquals(
        stream.copy(0).choices().getFirst().tokens(), kept.choices().getFirst().tokens());
  }

  @Test
  void newsOfAChoiceWithoutATokenIsGrowthToo() {
    LiveStream stream = new LiveStream(HEAD, 1, 0, () -> {});
    stream.token(0, 5, Optional.of(FinishReason.STOP));
    stream.growth();
    stream.placed(0, 3);
    Growth growth = stream.growth().getFirst();
    assertEquals(1, growth.from());
    assertEquals(0, growth.gained().tokens().length);
    assertEquals(3, growth.gained().gpu());
  }
}
