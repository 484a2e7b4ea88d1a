package io.rack72.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LaneTest {
  @Test
  void transferTakesBytesOverBandwidth() {
    Lane lane = new Lane(1_000_000_000L);
    assertEquals(new Lane.Passage(100, 1_100), lane.pass(100, 1_000));
  }

  @Test
  void transferWaitsForTheOneBefore() {
    Lane lane = new Lane(1_000_000_000L);
    lane.pass(0, 1_000);
    assertEquals(new Lane.Passage(1_000, 1_500), lane.pass(10, 500));
    assertEquals(new Lane.Passage(2_000, 2_001), lane.pass(2_000, 1));
  }

  @Test
  void changedBandwidthIsThatOfWhatIsSentAfterwards() {
    Lane lane = new Lane(3_000_000_000L);
    assertEquals(new Lane.Passage(0, 333), lane.pass(0, 1_000));
    lane.changeBandwidth(10_000_000L);
    assertEquals(new Lane.Passage(334, 100_334), lane.pass(0, 1_000), "behind the one before");
    lane.changeBandwidth(1_000_000_000L);
    assertEquals(new Lane.Passage(100_334, 100_344), lane.pass(0, 10));
    assertThrows(IllegalArgumentException.class, () -> lane.changeBandwidth(0));
  }

  @Test
  void emptyTransferTakesNoTime() {
    Lane lane = new Lane(1);
    assertEquals(new Lane.Passage(7, 7), lane.pass(7, 0));
  }

  @Test
  void longTrainOfSmallFramesIsExact() {
    SplittableRandom random = new SplittableRandom(72);
    long bandwidth = 900_000_000_007L;
    Lane lane = new Lane(bandwidth);
    BigInteger bytes = BigInteger.ZERO;
    for (int i = 0; i < 100_000; i++) {
      int frame = random.nextInt(1, 5_000);
      bytes = bytes.add(BigInteger.valueOf(frame));
      long expected =
          bytes
              .multiply(BigInteger.valueOf(1_000_000_000L))
              .divide(BigInteger.valueOf(bandwidth))
              .longValueExact();
      assertEquals(expected, lane.pass(0, frame).endNanos());
    }
  }

  @Test
  void largestTransferOverTheFastestLaneDoesNotOverflow() {
    Lane lane = new Lane(Integer.MAX_VALUE);
    assertEquals(1_000_000_000L, lane.pass(0, Lane.MAX_BYTES).endNanos());
  }

  @Test
  void refusesWhatCannotBe() {
    assertThrows(IllegalArgumentException.class, () -> new Lane(0));
    assertThrows(IllegalArgumentException.class, () -> new Lane(1).pass(0, -1));
    assertThrows(IllegalArgumentException.class, () -> new Lane(1).pass(0, Lane.MAX_BYTES + 1));
  }
}
