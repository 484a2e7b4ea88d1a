package io.rack72.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.hardware.GpuId;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeastLoadedTest {
  private final LeastLoaded load =
      new LeastLoaded(List.of(new GpuId(0), new GpuId(1), new GpuId(2)));

  @Test
  void equalLoadsAreFilledInOrder() {
    assertEquals(new GpuId(0), load.assign(10));
    assertEquals(new GpuId(1), load.assign(10));
    assertEquals(new GpuId(2), load.assign(10));
    assertEquals(new GpuId(0), load.assign(10));
  }

  @Test
  void leastWorkWinsNotFewestSequences() {
    load.assign(1_000);
    load.assign(10);
    load.assign(10);
    assertEquals(new GpuId(1), load.assign(10));
    assertEquals(new GpuId(2), load.assign(10));
    assertEquals(new GpuId(1), load.assign(10));
  }

  @Test
  void releasedWorkNoLongerCounts() {
    load.assign(10);
    load.assign(5);
    load.assign(5);
    load.release(new GpuId(0), 10);
    assertEquals(new GpuId(0), load.assign(1));
  }
}
