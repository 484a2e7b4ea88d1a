package io.rack72.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import org.junit.jupiter.api.Test;

class WeightLoadsTest {
  private static final ModelConfig CONFIG = ModelShape.named("gpt-oss-120b").config();

  /** Each expert takes 500 ns. */
  private final WeightLoads loads = new WeightLoads(CONFIG, 1000, 2_000_000_000);

  @Test
  void whatIsGivenFirstIsThereAndTheRestComesOneAfterTheOther() {
    assertEquals(7, loads.load(0, 1, 7));
    assertEquals(7, loads.load(35, 127, 7));
    assertEquals(600, loads.load(0, 2, 100));
    assertEquals(1100, loads.load(3, 2, 100));
    assertEquals(2500, loads.load(4, 2, 2000), "the link was idle meanwhile");
    assertEquals(600, loads.load(0, 2, 9000), "what is there stays");
    assertEquals(600, loads.loadedNanos(0, new int[] {1, 2, 1}));
  }

  @Test
  void whatWasTakenAwayHasToComeAgain() {
    loads.load(0, 1, 0);
    loads.unload(0, 1);
    assertEquals(1500, loads.load(0, 1, 1000));
  }
}
