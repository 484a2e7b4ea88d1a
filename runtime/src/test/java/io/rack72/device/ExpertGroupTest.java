package io.rack72.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class ExpertGroupTest {
  private static final ModelConfig CONFIG = ModelShape.named("gpt-oss-120b").config();
  private static final StepShape DECODE = new StepShape(8, 8000, 1024, List.of(), 8);

  private record Durations(long host, long attentionOfRow) implements StepDurations {
    @Override
    public long hostNanos(StepShape shape) {
      // Each prompt keeps its host busy for as long again.
      return host * (1 + shape.chunks().size());
    }

    @Override
    public long attentionNanos(boolean sliding, StepShape shape) {
      return attentionOfRow * shape.rows();
    }

    @Override
    public long expertsNanos(int experts, int assignments) {
      return 0;
    }

    @Override
    public long exchangeNanos(long bytes, int gpus) {
      return bytes;
    }

    @Override
    public long logitsNanos(int rows) {
      return 0;
    }
  }

  private static ExpertGroup group(int gpus, StepDurations durations) {
    return group(gpus, durations, _ -> 1);
  }

  private static ExpertGroup group(
      int gpus, StepDurations durations, IntToDoubleFunction portFactor) {
    return new ExpertGroup(
        0,
        CONFIG,
        gpus,
        (_, expert) -> expert % gpus,
        new RoutingModel(CONFIG, 0, 1),
        durations,
        1,
        portFactor);
  }

  @Test
  void whatBecomesReadyWhileAStepIsPreparedIsInIt() {
    ExpertGroup group = group(1, new Durations(1000, 10));
    assertEquals(6000, group.join(0, DECODE, 5000));
    assertEquals(6000, group.join(1, DECODE, 5999));
    // The slower of both decides: they run side by side.
    assertEquals(6000 + 36 * 80, group.endNanos(6000));
  }

  @Test
  void aHostThatTakesLongerHoldsUpTheWholeStep() {
    StepShape prompt = new StepShape(0, 0, 0, List.of(new StepShape.Chunk(0, 8)), 1);
    ExpertGroup group = group(1, new Durations(1000, 10));
    assertEquals(6000, group.join(0, DECODE, 5000));
    assertEquals(6000, group.join(1, prompt, 5500));
    assertEquals(6000 + 1000 + 36 * 80, group.endNanos(6000));
    assertEquals(2000, group.terms().hostNanos());
  }

  @Test
  void whatBecomesReadyWhileOthersComputeWaitsForTheNextStep() {
    ExpertGroup group = group(1, new Durations(1000, 10));
    long begin = group.join(0, DECODE, 0);
    long end = group.endNanos(begin);
    assertEquals(end + 1000, group.join(1, DECODE, begin));
    assertEquals(end + 1000, group.join(2, DECODE, begin + 1));
    // One that ends there has its next step in it too.
    assertEquals(end + 1000, group.join(0, DECODE, end));
    assertEquals(end, group.endNanos(end));
    assertEquals(end + 1000 + 36 * 80, group.endNanos(end + 1000));
  }

  @Test
  void exchangedBytesAreThoseOfTheArithmetic() {
    ExpertGroup group = group(64, new Durations(1, 0));
    int rows = 0;
    for (int gpu = 0; gpu < 64; gpu++) {
      group.join(gpu, DECODE, 0);
      rows += DECODE.rows();
    }
    group.endNanos(1);
    // Each row goes to about 4 GPUs and comes back 4 times, 63 of 64 times to another GPU.
    double sent = rows * 64 * (1 - Math.pow(1 - 1.0 / 64, 4)) * 63 / 64;
    double answered = rows * 4.0 * 63 / 64;
    double bytes = 36.0 * CONFIG.hiddenSize() * (sent + answered);
    assertEquals(1, group.terms().exchangedBytes() / bytes, 0.05);
    assertTrue(group.terms().exchangeNanos() >= bytes / 64, "the busiest port is busier than most");
  }

  @Test
  void theSlowestPortDecidesHowLongTheExchangeTakes() {
    long even = exchangeNanos(_ -> 1);
    assertEquals(10.0, (double) exchangeNanos(_ -> 0.1) / even, 0.01);
    // The busiest of 64 ports has more than this one.
    assertEquals(10.0, (double) exchangeNanos(gpu -> gpu == 5 ? 0.1 : 1) / even, 4);
  }

  private static long exchangeNanos(IntToDoubleFunction portFactor) {
    ExpertGroup group = group(64, new Durations(1, 0), portFactor);
    for (int gpu = 0; gpu < 64; gpu++) {
      group.join(gpu, DECODE, 0);
    }
    group.endNanos(1);
    return group.terms().exchangeNanos();
  }

  @Test
  void whatAGpuThatIsGoneWouldHaveComputedIsNotWaitedFor() {
    StepShape prompt = new StepShape(0, 0, 0, List.of(new StepShape.Chunk(0, 800)), 1);
    ExpertGroup group = group(1, new Durations(1000, 10));
    group.join(0, DECODE, 0);
    group.join(1, prompt, 0);
    group.leave(1, 500);
    assertEquals(1000 + 36 * 80, group.endNanos(1000));
    // One that has begun goes on as it was.
    long begin = group.join(1, prompt, 5000);
    group.leave(1, begin);
    assertEquals(begin + 36 * 8000, group.endNanos(begin));
  }

  @Test
  void stepsThatNobodyHasJoinedWaitForExpertsToCome() {
    ExpertGroup group = group(1, new Durations(1000, 10));
    assertEquals(1000, group.join(0, DECODE, 0));
    group.awaitWeights(9000);
    assertEquals(1000, group.join(1, DECODE, 500));
    assertEquals(1000 + 36 * 80, group.endNanos(1000));
    assertEquals(9000, group.join(0, DECODE, 3880));
    // Prepared while they come.
    group.endNanos(9000);
    assertEquals(9000 + 36 * 80 + 1000, group.join(0, DECODE, 9001));
  }
}
