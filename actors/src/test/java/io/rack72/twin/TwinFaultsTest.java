package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.checkpoint.WeightBytes;
import io.rack72.device.RoutingModel;
import io.rack72.fault.Fault;
import io.rack72.fault.FaultSchedule;
import io.rack72.fault.ScheduledFault;
import io.rack72.gpu.SequenceEvent;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import io.rack72.kv.KvMemory;
import io.rack72.rack.RackSettings;
import io.rack72.roofline.Layout;
import io.rack72.schedule.SchedulerLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** gpt-oss-120b without its weights, on GPUs that fail: streams go on, and so does the rack. */
class TwinFaultsTest {
  private static final ModelConfig CONFIG = ModelShape.named("gpt-oss-120b").config();
  private static final long FAST_HOST = 225_000_000_000L;
  private static final Duration FAULT = Duration.ofMillis(1500);

  /** A rack of some trays, and how it is spread. */
  private record Rack(int trays, int expertParallel, long hostBytesPerSecond, long hbmBytes) {
    static final Rack WHOLE = new Rack(8, 32, FAST_HOST);

    Rack(int trays, int expertParallel, long hostBytesPerSecond) {
      this(trays, expertParallel, hostBytesPerSecond, 186_000_000_000L);
    }

    RackProfile profile() {
      return new RackProfile(
          "test",
          trays,
          4,
          new GpuProfile(hbmBytes, 900_000_000_000L, 1_000, 1L << 30, hostBytesPerSecond));
    }

    Layout layout() {
      return Layout.of("DEP" + expertParallel, CONFIG.experts());
    }

    ModeledRack modeled(ModeledRack.Fidelity fidelity, long seed) {
      return ModeledRack.withoutWeights(
          "gpt-oss-120b",
          CONFIG,
          profile(),
          layout(),
          new RackSettings(
              profile(),
              expertParallel,
              4 * trays,
              new KvMemory(16, 60_000_000_000L),
              new SchedulerLimits(2048, 1024, 256, 1 << 20, 131_072),
              1L << 30,
              1),
          new ModeledRack.Formats(2, 2),
          new RoundDurations(),
          new RoutingModel(CONFIG, 0.5, seed),
          fidelity,
          ModeledRack.Replies.OF_IDS);
    }

    TwinFaults faults(ScheduledFault... faults) {
      return TwinFaults.of(new FaultSchedule(List.of(faults)), profile(), layout());
    }
  }

  /** The tokens that each request was given, by its number, in the order in which they came. */
  private static final class Streams implements VirtualTime.MessageObserver {
    private final Map<Integer, List<Integer>> tokens = new TreeMap<>();
    private final Map<Integer, Integer> attempts = new TreeMap<>();
    private final Map<Integer, Integer> ends = new TreeMap<>();

    @Override
    public void saw(long nowNanos, String receiver, Object message) {
      if (message instanceof SequenceEvent.Token token && receiver.equals("/system/load")) {
        int request = token.id().choice();
        // What was under way of an attempt that is over is not taken.
        if (attempts.merge(request, token.attempt(), Math::max) == token.attempt()) {
          List<Integer> stream = tokens.computeIfAbsent(request, _ -> new ArrayList<>());
          assertEquals(stream.size(), token.index(), () -> "request " + request);
          stream.add(token.token().id());
          token.finish().ifPresent(_ -> ends.merge(request, 1, Integer::sum));
        }
      }
    }
  }

  private static Workload workload(int concurrency, Duration length, long seed) {
    return new Workload(
        new Workload.ClosedLoop(concurrency),
        new Lengths.Uniform(16, 64),
        new Lengths.Uniform(20, 200),
        TimeUnit.MILLISECONDS.toNanos(500),
        length.toNanos() - TimeUnit.MILLISECONDS.toNanos(500),
        seed);
  }

  private static TwinReport run(Rack rack, TwinFaults faults, VirtualTime time) {
    return Twin.run(
        rack.modeled(ModeledRack.Fidelity.STEP, 1),
        workload(256, Duration.ofSeconds(4), 1),
        Valuation.NONE,
        faults,
        time);
  }

  private static ScheduledFault at(Fault fault) {
    return new ScheduledFault(FAULT, fault);
  }

  @ParameterizedTest
  @CsvSource({"32,gpu", "32,tray", "8,gpu", "8,tray", "1,gpu"})
  void streamsOfGpusThatAreGoneGoOnElsewhereWithTheSameTokens(int expertParallel, String what) {
    Rack rack = new Rack(8, expertParallel, FAST_HOST);
    Streams expected = new Streams();
    run(rack, TwinFaults.NONE, new VirtualTime(expected));
    Streams seen = new Streams();
    Fault fault = what.equals("gpu") ? new Fault.GpuFailure(new GpuId(22)) : new Fault.Kill(5);
    TwinReport report = run(rack, rack.faults(at(fault)), new VirtualTime(seen));

    TwinReport.Requests requests = report.requests();
    assertEquals(0, requests.failed() + requests.refused(), report::toText);
    assertEquals(requests.finished(), seen.ends.size());
    assertTrue(seen.ends.values().stream().allMatch(times -> times == 1), "each ends once");
    assertTrue(seen.ends.size() > 1000, report::toText);
    int compared = 0;
    for (int request : seen.ends.keySet()) {
      if (expected.ends.containsKey(request)) {
        assertEquals(expected.tokens.get(request), seen.tokens.get(request));
        compared++;
      }
    }
    assertTrue(compared > 1000, compared + " requests ended in both runs");
    assertTrue(seen.attempts.values().stream().anyMatch(attempt -> attempt > 1));

    FaultEffect effect = report.faults().getFirst();
    assertEquals(28, effect.gpusLeft());
    assertEquals(256 * 4 / 32.0, (double) effect.recomputed(), 8, report::toText);
    assertEquals(0, effect.failed());
    // All that have a token already; the rest waits for its first one.
    assertEquals(256, effect.pauses().streams(), 30);
    assertNotNull(effect.recoveredSeconds(), report::toText);
    assertTrue(effect.recoveredSeconds() < 1, report::toText);
    assertTrue(effect.pauses().max() >= effect.pauses().p50());
  }

  @Test
  void lostExpertsAreWaitedForAsLongAsTheHostTakesToGiveThem() {
    // 4,608 experts of 13 MB on 32 GPUs, of which 4 had 576: about 20 for each of the others.
    TwinReport fast = run(Rack.WHOLE, Rack.WHOLE.faults(at(new Fault.Kill(0))), new VirtualTime());
    Rack rack = new Rack(8, 32, 300_000_000);
    TwinReport slow = run(rack, rack.faults(at(new Fault.Kill(0))), new VirtualTime());
    long each = Math.round(WeightBytes.of(CONFIG).expert() / 0.3);
    double loading =
        (slow.faults().getFirst().pauses().p50() - fast.faults().getFirst().pauses().p50()) * 1e6;
    assertTrue(loading > 18 * each && loading < 30 * each, loading + " ns, each " + each);
    assertTrue(
        slow.faults().getFirst().lowestTps() < 0.8 * slow.faults().getFirst().tpsBefore(),
        slow::toText);
    assertNotNull(slow.faults().getFirst().recoveredSeconds());
  }

  @Test
  void aSlowPortSlowsTheRackForItsTime() {
    Fault fault = new Fault.PortBandwidth(new GpuId(5), 0.01, Duration.ofMillis(1200));
    TwinReport report = run(Rack.WHOLE, Rack.WHOLE.faults(at(fault)), new VirtualTime());
    FaultEffect effect = report.faults().getFirst();
    assertEquals(32, effect.gpusLeft());
    assertEquals(0, effect.recomputed());
    assertTrue(effect.lowestTps() < 0.7 * effect.tpsBefore(), report::toText);
    assertEquals(1.2, effect.recoveredSeconds(), 0.4, report::toText);
  }

  @Test
  void twoTraysOneAfterTheOtherAndOneOfThemTwice() {
    TwinFaults faults =
        Rack.WHOLE.faults(
            at(new Fault.Kill(1)),
            new ScheduledFault(FAULT.plusMillis(1), new Fault.GpuFailure(new GpuId(20))),
            new ScheduledFault(FAULT.plusMillis(200), new Fault.GpuFailure(new GpuId(6))));
    TwinReport report = run(Rack.WHOLE, faults, new VirtualTime());
    assertEquals(List.of(28, 24, 24), report.faults().stream().map(FaultEffect::gpusLeft).toList());
    assertEquals("", report.faults().get(1).note());
    assertEquals("it is out already", report.faults().get(2).note());
    assertEquals(0, report.requests().failed());
  }

  @Test
  void faultsOfOneInstantShareWhatTheyDo() {
    TwinFaults faults = Rack.WHOLE.faults(at(new Fault.Kill(1)), at(new Fault.Kill(2)));
    List<FaultEffect> effects = run(Rack.WHOLE, faults, new VirtualTime()).faults();
    for (FaultEffect effect : effects) {
      assertEquals("", effect.note());
      assertEquals(24, effect.gpusLeft());
      // Of two trays of eight.
      assertEquals(256 * 8 / 32.0, (double) effect.recomputed(), 16);
      assertEquals(0, effect.failed());
      assertNotNull(effect.recoveredSeconds());
    }
    assertEquals(
        List.of("kill node=1", "kill node=2"), effects.stream().map(FaultEffect::what).toList());
    assertEquals(effects.getFirst().recomputed(), effects.getLast().recomputed());
  }

  @ParameterizedTest
  @CsvSource({"1,1,2, 1", "1,2,1, 2", "1,2,2, 2"})
  void aTrayThatIsKilledTwiceAtOneInstantIsOutAlready(
      int first, int second, int third, int nothing) {
    TwinFaults faults =
        Rack.WHOLE.faults(
            at(new Fault.Kill(first)), at(new Fault.Kill(second)), at(new Fault.Kill(third)));
    List<FaultEffect> effects = run(Rack.WHOLE, faults, new VirtualTime()).faults();
    for (int i = 0; i < 3; i++) {
      FaultEffect effect = effects.get(i);
      assertEquals(i == nothing ? "it is out already" : "", effect.note());
      assertEquals(24, effect.gpusLeft());
      assertEquals(i == nothing ? 0 : 64, (double) effect.recomputed(), i == nothing ? 0 : 16);
    }
  }

  @Test
  void whatComesAfterAFaultThatDidNothingIsTheDoingOfTheOneBefore() {
    TwinFaults faults =
        Rack.WHOLE.faults(
            at(new Fault.Kill(1)),
            new ScheduledFault(FAULT.plusMillis(10), new Fault.Kill(1)),
            new ScheduledFault(FAULT.plusMillis(10), new Fault.Kill(2)));
    List<FaultEffect> effects = run(Rack.WHOLE, faults, new VirtualTime()).faults();
    assertEquals(List.of(28, 24, 24), effects.stream().map(FaultEffect::gpusLeft).toList());
    assertEquals(0, effects.get(1).recomputed());
    assertTrue(effects.get(0).recomputed() > 0 && effects.get(2).recomputed() > 0);

    FaultWatch watch = new FaultWatch(workload(1, Duration.ofSeconds(4), 1));
    List<TwinFaults.Planned> planned = faults.faults();
    watch.begins(planned.get(0), planned.get(0).atNanos(), 32);
    watch.didNothing(watch.begins(planned.get(1), planned.get(1).atNanos(), 32), "why");
    watch.goesOnWith(28);
    watch.recomputed();
    watch.failed();
    FaultEffect before = watch.effects().getFirst();
    assertEquals(28, before.gpusLeft());
    assertEquals(List.of(1L, 1L), List.of(before.recomputed(), before.failed()));
    assertEquals("why", watch.effects().getLast().note());
    assertEquals(0, watch.effects().getLast().recomputed() + watch.effects().getLast().failed());
  }

  @Test
  void aRackOfWhichNothingIsLeftFailsWhatItHas() {
    Rack rack = new Rack(2, 1, FAST_HOST);
    TwinFaults faults =
        rack.faults(
            at(new Fault.Kill(0)),
            new ScheduledFault(FAULT.plusMillis(500), new Fault.Kill(1)),
            new ScheduledFault(FAULT.plusMillis(1500), new Fault.Kill(1)));
    List<FaultEffect> effects = run(rack, faults, new VirtualTime()).faults();
    assertEquals(List.of(4, 0, 0), effects.stream().map(FaultEffect::gpusLeft).toList());
    FaultEffect last = effects.get(1);
    assertTrue(last.failed() >= 256, last::toString);
    assertNull(last.recoveredSeconds());
    assertEquals(0, last.lowestTps());
    assertEquals("it is out already", effects.get(2).note());
    assertNull(effects.get(2).recoveredSeconds());
  }

  @Test
  void aRackThatIsLeftTooSmallForTheModelHasNoGpusLeft() {
    // 60 GB for KV, and of 61 GB of experts an eighth, or a quarter where a tray is gone.
    Rack rack = new Rack(2, 8, FAST_HOST, 74_000_000_000L);
    FaultEffect effect =
        run(rack, rack.faults(at(new Fault.Kill(0))), new VirtualTime()).faults().getFirst();
    assertEquals(0, effect.gpusLeft());
    assertTrue(effect.failed() >= 256, effect::toString);
    assertNull(effect.recoveredSeconds());
  }

  @Test
  void rowsThatGoThroughTheFabricFindTheNewOwnersToo() {
    TwinReport report = dispatched(new Fault.Kill(3), 60);
    assertEquals(28, report.faults().getFirst().gpusLeft());
    assertTrue(report.faults().getFirst().recomputed() > 0, report::toText);
    assertTrue(report.requests().finished() > 32, report::toText);
    assertEquals(0, report.requests().failed(), report::toText);
  }

  @Test
  void rowsGoAroundAPortThatPassesNextToNothing() {
    // What is left of 900 GB/s would let each layer wait for seconds.
    Fault slow = new Fault.PortBandwidth(new GpuId(5), 1e-9, Duration.ofHours(1));
    TwinReport report = dispatched(slow, 200);
    FaultEffect effect = report.faults().getFirst();
    assertEquals(32, effect.gpusLeft());
    assertTrue(effect.pauses().max() < 20, report::toText);
    assertEquals(0, report.requests().failed(), report::toText);
    assertEquals(report.toText(), dispatched(slow, 200).toText());
  }

  private static TwinReport dispatched(Fault fault, long millis) {
    return Twin.run(
        Rack.WHOLE.modeled(ModeledRack.Fidelity.DISPATCH, 1),
        new Workload(
            new Workload.ClosedLoop(32),
            new Lengths.Uniform(16, 64),
            new Lengths.Uniform(4, 8),
            0,
            TimeUnit.MILLISECONDS.toNanos(millis),
            1),
        Valuation.NONE,
        Rack.WHOLE.faults(new ScheduledFault(Duration.ofMillis(20), fault)),
        new VirtualTime(new Streams()));
  }

  @Test
  void theExampleIsAScheduleForTheRackThatItIsOf() {
    RackProfile rack = new RackProfile("gb200-nvl72", 18, 4, Rack.WHOLE.profile().gpu());
    TwinFaults faults =
        TwinFaults.read(
            Path.of("../cluster-config/examples/twin-faults.conf"),
            1,
            rack,
            Layout.of("DEP72", CONFIG.experts()),
            Duration.ofSeconds(70));
    assertEquals(
        List.of(new GpuId(30), new GpuId(12)),
        faults.faults().stream()
            .filter(each -> each.onUnits() instanceof Fault.GpuFailure)
            .map(each -> ((Fault.GpuFailure) each.onUnits()).gpu())
            .toList());
  }

  @Test
  void gpusThatTakeSequencesTogetherFailTogether() {
    RackProfile rack = new RackProfile("gb200-nvl72", 18, 4, Rack.WHOLE.profile().gpu());
    FaultSchedule schedule =
        new FaultSchedule(
            List.of(
                at(new Fault.GpuFailure(new GpuId(70))),
                new ScheduledFault(FAULT.plusMillis(1), new Fault.Kill(3))));
    assertEquals(
        List.of(new Fault.GpuFailure(new GpuId(8)), new Fault.GpuFailure(new GpuId(1))),
        TwinFaults.of(schedule, rack, Layout.of("tp8", CONFIG.experts())).faults().stream()
            .map(TwinFaults.Planned::onUnits)
            .toList());
  }

  @Test
  void aSeedIsOneReportAndOneHistoryWithFaultsToo() {
    String first = history(1);
    for (int repetition = 2; repetition <= 20; repetition++) {
      assertEquals(first, history(1), "repetition " + repetition);
    }
    assertNotEquals(first, history(2));
  }

  /** The whole report, and the digest of all messages. */
  private static String history(long seed) {
    EventHistory history = new EventHistory();
    Rack rack = new Rack(4, 16, 1_000_000_000);
    TwinReport report =
        Twin.run(
            rack.modeled(ModeledRack.Fidelity.STEP, seed),
            workload(40, Duration.ofMillis(800), seed),
            Valuation.NONE,
            rack.faults(
                new ScheduledFault(Duration.ofMillis(300), new Fault.GpuFailure(new GpuId(9))),
                new ScheduledFault(
                    Duration.ofMillis(350),
                    new Fault.PortBandwidth(new GpuId(2), 0.05, Duration.ofMillis(150))),
                new ScheduledFault(Duration.ofMillis(550), new Fault.Kill(3))),
            new VirtualTime(history));
    assertEquals(8, report.faults().getLast().gpusLeft());
    assertTrue(report.faults().getFirst().recomputed() > 0, report::toText);
    return report + history.digest();
  }
}
