package io.rack72.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.roofline.Architecture;
import io.rack72.roofline.GpuSpec;
import io.rack72.roofline.Kernel.KvPrecision;
import java.util.Arrays;
import java.util.List;
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
    return new ExpertGroup(
        0,
        CONFIG,
        gpus,
        ExpertSlots.ownedBy((_, expert) -> expert % gpus),
        new RoutingModel(CONFIG, 0, 1),
        durations,
        1,
        new LinkTraffic(gpus, 1),
        member -> member);
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
    assertEquals(end + 1000, group.join(0, DECODE, begin));
    assertEquals(end + 1000, group.join(1, DECODE, begin + 1));
    // One that ends there has its next step in it too.
    assertEquals(end + 1000, group.join(2, DECODE, end));
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

  /** Steps of 72 GPUs, of which each of the first 40 has a row more than the one before. */
  private static StepTerms steps(double skew, int slotsPerGpu, LinkTraffic traffic) {
    RoutingModel routing = new RoutingModel(CONFIG, skew, 1);
    GpuSpec gpu =
        new GpuSpec(
            "test",
            Architecture.BLACKWELL,
            152,
            186_000_000_000L,
            8e12,
            2.5e15,
            5e15,
            126_000_000,
            900e9,
            1000,
            1200);
    ExpertGroup group =
        new ExpertGroup(
            0,
            CONFIG,
            72,
            ExpertSlots.byPopularity(CONFIG, routing, 72, slotsPerGpu),
            routing,
            new KernelDurations(CONFIG, gpu, "trtllm", 72, KvPrecision.FP8, 2),
            2,
            traffic,
            member -> member);
    long now = 0;
    for (int step = 0; step < 9; step++) {
      long begin = now;
      for (int member = 0; member < 40; member++) {
        StepShape shape = new StepShape(member + 1, 1000L, 128, List.of(), member + 1);
        begin = group.join(member, shape, now);
      }
      now = group.endNanos(begin);
    }
    return group.terms();
  }

  @Test
  void moreSlotsTakeLessTimeForExpertsWhereSomeArePopular() {
    long two = steps(1, 2, new LinkTraffic(72, 1)).expertsNanos();
    long three = steps(1, 3, new LinkTraffic(72, 1)).expertsNanos();
    assertTrue(three < 0.95 * two, three + " ns and with two slots " + two);
  }

  @Test
  void whatPassesBetweenGpusAddsUpToTheExchangedBytes() {
    LinkTraffic traffic = new LinkTraffic(72, 1);
    double bytes = steps(0.5, 2, traffic).exchangedBytes();
    double[][] between = traffic.between();
    double rows = 0;
    double columns = 0;
    for (int gpu = 0; gpu < 72; gpu++) {
      int column = gpu;
      rows += Arrays.stream(between[gpu]).sum();
      columns += Arrays.stream(between).mapToDouble(row -> row[column]).sum();
    }
    assertEquals(1, rows / bytes, 1e-9);
    assertEquals(1, columns / bytes, 1e-9);
    assertEquals(0, between[50][60], "neither has rows");
    // Owners answer all assignments, and were sent each row once.
    assertTrue(between[50][39] >= between[39][50] && between[39][50] > 0);
    // The 40th has 40 times as many rows as the first.
    assertEquals(40, between[39][50] / between[0][50], 1e-6);
  }
}
