package io.rack72.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.model.ForwardStep;
import io.rack72.model.StepBatch;
import io.rack72.roofline.Architecture;
import io.rack72.roofline.GpuSpec;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.roofline.Spent;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExpertGroupTest {
  private static final ModelConfig CONFIG = ModelShape.named("gpt-oss-120b").config();
  private static final StepShape DECODE = new StepShape(8, 8000, 1024, List.of(), 8);
  private static final StepShape PROMPT =
      new StepShape(0, 0, 0, List.of(new StepShape.Chunk(0, 8)), 1);

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
        ExpertSlots.ownedBy((_, expert) -> expert % gpus),
        new RoutingModel(CONFIG, 0, 1),
        durations,
        1,
        new GroupLinks(new LinkTraffic(gpus + 1, 1), member -> member, portFactor));
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
    ExpertGroup group = group(1, new Durations(1000, 10));
    assertEquals(6000, group.join(0, DECODE, 5000));
    assertEquals(6000, group.join(1, PROMPT, 5500));
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
  void whatAMachineIsLateByIsMadeUpForUpToABound() {
    ExpertGroup group = group(1, new Durations(1000, 10));
    group.tolerate(500, () -> Long.MIN_VALUE);
    long begin = group.join(0, DECODE, 0);
    long end = group.endNanos(begin);
    // The next step begins as if it had been joined at that end, and not 300 ns later.
    assertEquals(end + 1000, group.join(0, DECODE, end + 300));
    // Nobody has asked yet when it ends, so another may join it after its begin.
    assertEquals(end + 1000, group.join(1, DECODE, end + 1400));
    long next = group.endNanos(end + 1400);
    assertEquals(end + 1000 + 36 * 80, next);
    // As soon as its end is told, none can.
    assertEquals(next + 1000, group.join(0, DECODE, end + 1450));
    long last = group.endNanos(next + 1000);
    assertEquals(last + 501 + 1000, group.join(0, DECODE, last + 501), "so late is another time");
  }

  @Test
  void aPromptThatWasDueSoonBeforeItCameBeginsAsIfItHadComeThen() {
    long[] due = {0};
    ExpertGroup group = group(1, new Durations(1000, 10));
    group.tolerate(500, () -> due[0]);
    due[0] = 7000;
    assertEquals(7000 + 2000, group.join(0, PROMPT, 7400));
    long end = group.endNanos(9000);
    due[0] = end - 100;
    assertEquals(end + 2000, group.join(1, PROMPT, end + 200), "the step before had not ended");
    end = group.endNanos(end + 2000);
    due[0] = end + 300;
    assertEquals(end + 1000, group.join(1, DECODE, end + 400), "it goes on and waits for nothing");
    end = group.endNanos(end + 1000);
    due[0] = end + 3000;
    assertEquals(end + 5501, group.join(0, PROMPT, end + 3501), "so late is another time");
  }

  @Test
  void aPromptThatWasDueAfterAStepsBeginIsInTheNextAndOneThatWasDueBeforeInThis() {
    for (long after : new long[] {0, 1}) {
      long[] due = {0};
      ExpertGroup group = group(1, new Durations(1000, 10));
      group.tolerate(500, () -> due[0]);
      group.endNanos(group.join(0, DECODE, 0));
      long begin = group.join(0, DECODE, 4000);
      due[0] = begin + after;
      long joined = group.join(1, PROMPT, begin + 400);
      if (after == 0) {
        assertEquals(begin, joined);
      } else {
        assertEquals(group.endNanos(begin + 400) + 2000, joined);
      }
      // Who was in the step before is in this one, late or not.
      assertEquals(joined, group.join(0, DECODE, begin + 450));
    }
  }

  @Test
  void theEndOfAStepIsAskedForWhenThoseWhoCameLateAreInIt() {
    ExpertGroup group = group(1, new Durations(1000, 10));
    group.endNanos(group.join(0, DECODE, 0));
    assertEquals(0, group.graceNanos(), "nobody is late");
    group.tolerate(500, () -> Long.MIN_VALUE);
    long end = group.endNanos(group.join(0, DECODE, 10_000));
    assertEquals(500, group.graceNanos());
    group.tolerate(5000, () -> Long.MIN_VALUE);
    assertEquals(36 * 80 / 2, group.graceNanos());
    group.endNanos(group.join(0, PROMPT, end));
    assertEquals(36 * 80 / 2, group.graceNanos(), "one with prompts is longer than others");
  }

  @Test
  void devicesThatComeLateToAStepAreInItAndAreToldItsEndInTime() {
    ExpertGroup group = group(1, new Durations(1000, 10));
    StepBatch batch =
        new StepBatch(new int[] {1}, List.of(new StepBatch.Slice(null, 0, 1, 100, 1)));
    List<ModeledDevice> devices =
        IntStream.range(0, 2)
            .mapToObj(
                i ->
                    new ModeledDevice(
                        CONFIG, () -> new GroupMember(group, i), new WeightLoads(CONFIG, 1, 1)))
            .toList();
    group.tolerate(100, () -> Long.MIN_VALUE);
    long end = 0;
    for (int step = 0; step < 3; step++) {
      ForwardStep first = devices.getFirst().begin(batch);
      long asksAtNanos = first.route(0, end).readyAtNanos();
      assertEquals(end + 1000 + (step == 0 ? 0 : 100), asksAtNanos);
      ForwardStep second = devices.getLast().begin(batch);
      long joinsAtNanos = step == 0 ? end : asksAtNanos - 1;
      assertEquals(asksAtNanos, second.route(0, joinsAtNanos).readyAtNanos());
      long next = first.logits(asksAtNanos).readyAtNanos();
      assertEquals(next, second.logits(asksAtNanos).readyAtNanos(), "both are in one step");
      assertTrue(next > asksAtNanos, "it is told before it comes");
      end = next;
    }
    assertEquals(3, group.steps());
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

  @Test
  void aGpuWithLessToDoWaitsForTheSlowestAndItsHostForTheSlowestHost() {
    StepShape prompt = new StepShape(0, 0, 0, List.of(new StepShape.Chunk(0, 24)), 1);
    ExpertGroup group = group(3, new Durations(1000, 10));
    group.join(0, DECODE, 0);
    group.join(1, prompt, 0);
    long end = group.endNanos(2000);
    GpuTime time = group.time(end);
    // The third GPU has no rows.
    double attention = 36 * 10 * (8 + 24) / 1e3;
    assertEquals(1 + 2, time.hostMicros(), 1e-9);
    double exchange = 3 * group.terms().exchangeNanos() / 1e3;
    assertEquals(attention + exchange, time.spent().fixed(), 1e-9 * exchange);
    double all = 3 * end / 1e3;
    assertEquals(all, time.micros(), 1e-9 * all);
    // One GPU waits for another's host and attention, and one for all of that.
    assertEquals(1 + 2 + 36 * 10 * (16 + 24) / 1e3, time.waitingMicros(), 1e-9 * all);
  }

  @Test
  void aGpuWithoutExpertsIsCountedBesideThoseThatHaveThem() {
    ExpertGroup group = group(3, new Durations(1000, 10));
    group.join(3, DECODE, 0);
    long end = group.endNanos(1000);
    double all = 4 * end / 1e3;
    assertEquals(all, group.time(end).micros(), 1e-9 * all);
  }

  @Test
  void timeIsOfThatPartOfAStepThatHasPassed() {
    ExpertGroup group = group(1, new Durations(1000, 10));
    group.join(0, DECODE, 5000);
    assertEquals(GpuTime.NONE, group.time(5500), "a step that has not begun");
    long end = group.endNanos(6000);
    double all = (end - 5000) / 1e3;
    assertEquals(all / 2, group.time(5000 + (end - 5000) / 2).micros(), 1e-3);
    assertEquals(all, group.time(end).micros(), 1e-9);
    assertEquals(all, group.time(end + 1_000_000).micros(), 1e-9, "idle since");
    group.join(0, DECODE, end + 9000);
    group.endNanos(end + 10_000);
    assertEquals(all, group.time(end + 9000).micros(), 1e-9, "the next begins with its host");
    assertEquals(2 * all, group.time(Long.MAX_VALUE).micros(), 1e-9);
  }

  @Test
  void gpusAreAtSomethingOrWaitDuringStepsAndNothingIsCountedTwice() {
    KernelDurations durations =
        new KernelDurations(
            CONFIG,
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
                1200),
            "trtllm",
            8,
            KvPrecision.FP8,
            2);
    ExpertGroup group = group(8, durations);
    SplittableRandom random = new SplittableRandom(1);
    long now = 0;
    double steps = 0;
    for (int step = 0; step < 200; step++) {
      long begin = now + random.nextInt(1_000_000);
      long ready = begin;
      int joining = 1 + random.nextInt(8);
      for (int gpu = 0; gpu < joining; gpu++) {
        ready = group.join(gpu, random(random), begin);
      }
      now = group.endNanos(ready);
      steps += (now - begin) / 1e3;
    }
    GpuTime time = group.time(now);
    Spent spent = time.spent();
    assertEquals(8 * steps, time.micros(), 1e-6 * steps);
    for (double term :
        new double[] {
          spent.weights(),
          spent.kv(),
          spent.activations(),
          spent.arithmetic(),
          spent.links(),
          spent.latency(),
          spent.fixed(),
          time.hostMicros(),
          time.waitingMicros()
        }) {
      assertTrue(term > 0 && term < 8 * steps, time::toString);
    }
    assertTrue(time.hbmMicros() > 0 && time.hbmMicros() < 8 * steps, time::toString);
  }

  private static StepShape random(SplittableRandom random) {
    int decodes = random.nextInt(200);
    List<StepShape.Chunk> prompts =
        random.nextInt(3) == 0
            ? List.of(new StepShape.Chunk(random.nextInt(4096), 2 + random.nextInt(4096)))
            : List.of();
    int logits = decodes + prompts.size();
    return logits == 0
        ? DECODE
        : new StepShape(decodes, decodes * 4096L, decodes * 128L, prompts, logits);
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
            new GroupLinks(traffic, member -> member, _ -> 1));
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
