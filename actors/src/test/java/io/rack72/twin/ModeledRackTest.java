package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.device.RoutingModel;
import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import io.rack72.kv.KvMemory;
import io.rack72.rack.RackSettings;
import io.rack72.roofline.Layout;
import io.rack72.schedule.SchedulerLimits;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** gpt-oss-120b on 72 GPUs, or as many as are said, without its weights. */
class ModeledRackTest {
  private static final ModelConfig CONFIG = ModelShape.named("gpt-oss-120b").config();
  private static final GpuProfile GPU =
      new GpuProfile(186_000_000_000L, 900_000_000_000L, 1_000, 1L << 30, 225_000_000_000L);

  static ModeledRack rack(int expertParallel, ModeledRack.Fidelity fidelity, long seed) {
    return rack(18, expertParallel, fidelity, seed);
  }

  /** One whose host takes so long for a request. */
  static ModeledRack rack(long requestNanos) {
    return rack(18, 4, ModeledRack.Fidelity.STEP, 1, new RoundDurations(requestNanos));
  }

  private static ModeledRack rack(
      int trays, int expertParallel, ModeledRack.Fidelity fidelity, long seed) {
    return rack(trays, expertParallel, fidelity, seed, new RoundDurations());
  }

  private static ModeledRack rack(
      int trays,
      int expertParallel,
      ModeledRack.Fidelity fidelity,
      long seed,
      RoundDurations durations) {
    RackProfile profile = new RackProfile("test", trays, 4, GPU);
    RackSettings settings =
        new RackSettings(
            profile,
            expertParallel,
            profile.gpuCount(),
            new KvMemory(16, 80_000_000_000L),
            new SchedulerLimits(2048, 1024, 256, 1 << 20, 131_072),
            1L << 30,
            1);
    return ModeledRack.withoutWeights(
        "gpt-oss-120b",
        CONFIG,
        profile,
        Layout.of("DEP" + expertParallel, CONFIG.experts()),
        settings,
        new ModeledRack.Formats(2, 2),
        durations,
        new RoutingModel(CONFIG, 0.5, seed),
        fidelity,
        ModeledRack.Replies.OF_IDS);
  }

  private static Workload workload(int concurrency, double seconds, long seed) {
    return new Workload(
        new Workload.ClosedLoop(concurrency),
        new Lengths.Uniform(16, 64),
        new Lengths.Uniform(4, 16),
        0,
        (long) (seconds * TimeUnit.SECONDS.toNanos(1)),
        seed);
  }

  private static TwinReport run(int expertParallel, int concurrency, double seconds, long seed) {
    return Twin.run(
        rack(expertParallel, ModeledRack.Fidelity.STEP, seed),
        workload(concurrency, seconds, seed),
        new VirtualTime());
  }

  @ParameterizedTest
  @CsvSource({"1, 5", "8, 5", "72, 20"})
  void oneSeedIsOneReport(int expertParallel, int repetitions) {
    TwinReport first = run(expertParallel, 300, 0.3, 1);
    assertTrue(first.requests().finished() > 100, first::toString);
    for (int repetition = 2; repetition <= repetitions; repetition++) {
      assertEquals(first, run(expertParallel, 300, 0.3, 1));
    }
    assertNotEquals(first, run(expertParallel, 300, 0.3, 2));
  }

  @Test
  void requestsAddUp() {
    TwinReport report = run(72, 500, 0.5, 3);
    TwinReport.Requests requests = report.requests();
    assertEquals(
        requests.submitted(),
        requests.finished() + requests.refused() + requests.failed() + requests.live());
    assertEquals(500, requests.live());
    assertEquals(0, requests.refused() + requests.failed());
  }

  @Test
  void aLonelyRequestTakesWhatItsStepsTake() {
    Workload workload =
        new Workload(
            new Workload.ClosedLoop(1),
            new Lengths.Uniform(100, 100),
            new Lengths.Uniform(10, 10),
            0,
            TimeUnit.SECONDS.toNanos(1),
            1);
    TwinReport report =
        Twin.run(rack(1, ModeledRack.Fidelity.STEP, 1), workload, new VirtualTime());
    // One row of 4 assignments to 4 experts, in all likelihood.
    double decode = 1_000_000 + 36 * (20_050 + 5_000 + 4 * 2_000 + 80) + 100_100;
    assertEquals(decode / 1e6, report.latencies().itl().p50(), decode / 1e6 * 0.002);
    assertEquals(report.latencies().itl().p50(), report.latencies().tpot().p50(), 1e-9);
  }

  /** On 64 GPUs, over which 128 experts divide: only modeled steps have copies of experts. */
  @Test
  void bothFidelitiesAgreeWhereNoSlotIsToSpare() {
    for (int concurrency : new int[] {64, 64 * 4}) {
      // A step more or less at the end must not matter.
      Workload workload = workload(concurrency, 0.2, 5);
      TwinReport steps =
          Twin.run(rack(16, 64, ModeledRack.Fidelity.STEP, 5), workload, new VirtualTime());
      TwinReport dispatches =
          Twin.run(rack(16, 64, ModeledRack.Fidelity.DISPATCH, 5), workload, new VirtualTime());
      assertEquals(
          1, steps.throughput().tps() / dispatches.throughput().tps(), 0.02, steps::toText);
    }
  }

  @Test
  void aClosedLoopOfEqualLengthsDoesNotBeatInTime() {
    Workload workload =
        new Workload(
            new Workload.ClosedLoop(720),
            new Lengths.Uniform(50, 50),
            new Lengths.Uniform(200, 200),
            TimeUnit.SECONDS.toNanos(1),
            TimeUnit.SECONDS.toNanos(2),
            1);
    TwinReport report =
        Twin.run(rack(72, ModeledRack.Fidelity.STEP, 1), workload, new VirtualTime());
    double[] counted =
        report.timeline().stream()
            .filter(sample -> sample.at() >= 1)
            .mapToDouble(TwinReport.Sample::tps)
            .toArray();
    double least = Arrays.stream(counted).min().orElseThrow();
    double most = Arrays.stream(counted).max().orElseThrow();
    assertTrue(least > 0.7 * most, () -> least + " to " + most);
  }

  @Test
  void whatIsLeftOfRequestsIsCountedWhenItEndsButNotJudged() {
    Workload workload =
        new Workload(
            new Workload.ClosedLoop(144),
            new Lengths.Uniform(50, 50),
            new Lengths.Uniform(1000, 1000),
            0,
            TimeUnit.SECONDS.toNanos(1),
            1);
    TwinReport report =
        Twin.run(rack(72, ModeledRack.Fidelity.STEP, 1), workload, new VirtualTime());
    // In a second no reply of a thousand tokens ends, so those that do had begun before.
    assertTrue(report.requests().finished() > 10, report::toText);
    assertEquals((double) report.requests().finished(), report.throughput().requestsPerSecond());
    assertEquals(0, report.latencies().endToEnd().count());
    assertEquals(0, report.goodput().requestsPerSecond());
    assertTrue(report.throughput().tps() > 0);
  }

  /** In a closed loop that is in its stride, requests end as often as tokens make them end. */
  @Test
  void requestsEndAsOftenAsTheirTokensSayFromTheBeginning() {
    Workload workload =
        new Workload(
            new Workload.ClosedLoop(144),
            new Lengths.Uniform(50, 50),
            new Lengths.Uniform(200, 200),
            0,
            TimeUnit.SECONDS.toNanos(2),
            1);
    TwinReport report =
        Twin.run(rack(72, ModeledRack.Fidelity.STEP, 1), workload, new VirtualTime());
    double ends = report.throughput().tps() / 200;
    assertEquals(ends, report.throughput().requestsPerSecond(), 0.1 * ends, report::toText);
    assertEquals(ends, report.goodput().requestsPerSecond(), 0.1 * ends, report::toText);
    assertEquals(
        report.throughput().tps(), report.goodput().tps(), 0.1 * report.throughput().tps());
  }

  private static TwinReport arriving(Workload.Arrivals arrivals) {
    Workload workload =
        new Workload(
            arrivals,
            new Lengths.Uniform(16, 64),
            new Lengths.Uniform(4, 16),
            0,
            TimeUnit.SECONDS.toNanos(2),
            1);
    return Twin.run(rack(1, ModeledRack.Fidelity.STEP, 1), workload, new VirtualTime());
  }

  private static Trace.Entry entry(long millis, long... blocks) {
    return new Trace.Entry(
        millis, blocks.length * Trace.BLOCK_TOKENS, 4, LongStream.of(blocks).boxed().toList());
  }

  @Test
  void aBurstComesAtOnceAndAgainAfterItsPeriod() {
    TwinReport report = arriving(new Workload.Bursts(100, 600_000_000));
    assertEquals(400, report.requests().submitted());
    assertEquals(400, report.requests().finished());
  }

  @Test
  void aTracesRequestsHaveItsLengthsAndAllEnd() {
    List<Trace.Entry> entries =
        LongStream.range(0, 50).mapToObj(i -> entry(20 * i, i, 1000 + i)).toList();
    TwinReport report = arriving(new Workload.Replay(new Trace(entries)));
    assertEquals(50, report.requests().finished());
    assertEquals(50 * 1024 / 2.0, report.throughput().promptTps(), 1e-9);
    assertEquals(50 * 4 / 2.0, report.throughput().tps(), 1e-9);
    assertEquals("the trace", report.prompt());
  }

  @Test
  void aPrefixThatATraceRepeatsIsNotComputedAgain() {
    Trace other = new Trace(List.of(entry(0, 1, 2, 3, 4), entry(900, 5, 6, 7, 8)));
    Trace same = new Trace(List.of(entry(0, 1, 2, 3, 4), entry(900, 1, 2, 3, 8)));
    double computed = arriving(new Workload.Replay(other)).latencies().ttft().mean();
    double cached = arriving(new Workload.Replay(same)).latencies().ttft().mean();
    assertTrue(cached < 0.9 * computed, () -> cached + " ms, " + computed + " ms without");
  }
}
