package io.rack72.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.hardware.GpuId;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeastLoadedTest {
  private static final long[] NONE = {0, 0, 0};

  private final LeastLoaded load = new LeastLoaded(3, 0);

  LeastLoadedTest() {
    load.open(List.of(new GpuId(0), new GpuId(1), new GpuId(2)));
  }

  @Test
  void equalLoadsAreFilledInOrder() {
    assertEquals(0, assign(10));
    assertEquals(1, assign(10));
    assertEquals(2, assign(10));
    assertEquals(0, assign(10));
  }

  @Test
  void leastWorkWinsNotFewestSequences() {
    assign(1_000);
    assign(10);
    assign(10);
    assertEquals(1, assign(10));
    assertEquals(2, assign(10));
    assertEquals(1, assign(10));
  }

  @Test
  void releasedWorkNoLongerCounts() {
    assign(10);
    assign(5);
    assign(5);
    load.release(0, 10);
    assertEquals(0, assign(1));
  }

  @Test
  void workThatIsLessOnABusierGpuMayBeWorthIt() {
    assign(100);
    assertEquals(0, load.assign(new long[] {20, 130, 125}, NONE).orElseThrow());
    assertEquals(
        2,
        load.assign(new long[] {20, 130, 125}, NONE).orElseThrow(),
        "120 and 20 are not less than 125");
  }

  @Test
  void handicapCountsForOneChoiceOnly() {
    long[] work = {10, 10, 10};
    assertEquals(2, load.assign(work, new long[] {25, 15, 0}).orElseThrow());
    assertEquals(2, load.assign(work, new long[] {25, 15, 0}).orElseThrow());
    assertEquals(1, load.assign(work, new long[] {25, 15, 0}).orElseThrow());
    assertEquals(0, assign(10), "it has nothing to do");
  }

  @Test
  void whatIsClosedGetsNothingUntilItIsOpenedAgain() {
    load.close(0);
    assertEquals(1, assign(10));
    load.open(List.of(new GpuId(2)));
    assertEquals(2, assign(100));
    load.open(List.of());
    assertEquals(-1, assign(1));
    load.open(List.of(new GpuId(0), new GpuId(1)));
    assertEquals(0, assign(1), "work that was assigned before still counts");
  }

  @Test
  void equalLoadsAreFilledFromTheFirstOfEqualsOn() {
    LeastLoaded other = new LeastLoaded(3, 2);
    other.open(List.of(new GpuId(0), new GpuId(1), new GpuId(2)));
    long[] work = {1, 1, 1};
    assertEquals(2, other.assign(work, NONE).orElseThrow());
    assertEquals(0, other.assign(work, NONE).orElseThrow());
    assertEquals(1, other.assign(work, NONE).orElseThrow());
  }

  private int assign(long work) {
    return load.assign(new long[] {work, work, work}, NONE).orElse(-1);
  }
}
