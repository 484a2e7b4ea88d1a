package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What a report says adds up. */
class TwinReportTest {
  private static final double SECONDS = 1;

  /**
   * Instants are whole nanoseconds, and their sums in seconds are rounded by far less than half.
   */
  private static final double HALF_NANO = 0.5e-9;

  private static TwinReport run(Slo slo) {
    Workload workload =
        new Workload(
            new Workload.ClosedLoop(400),
            new Lengths.Uniform(16, 64),
            new Lengths.Uniform(4, 16),
            0,
            (long) (SECONDS * TimeUnit.SECONDS.toNanos(1)),
            1);
    return Twin.run(
        ModeledRackTest.rack(72, ModeledRack.Fidelity.STEP, 1),
        workload,
        new Valuation(slo, 1800, 3.6),
        new VirtualTime());
  }

  @Test
  void theTimelineHoldsEveryTokenOnceAndTimeGoesForwards() {
    TwinReport report = run(Slo.NONE);
    double tokens = 0;
    double last = 0;
    for (TwinReport.Sample sample : report.timeline()) {
      assertTrue(sample.at() >= last - HALF_NANO && sample.seconds() > 0, sample::toString);
      last = sample.at() + sample.seconds();
      tokens += sample.tps() * sample.seconds();
      // A closed loop always has as many.
      assertEquals(400, sample.running() + sample.waiting(), sample::toString);
      assertTrue(sample.kvUsed() >= 0 && sample.kvUsed() <= 1, sample::toString);
    }
    assertEquals(SECONDS, last, 1e-9);
    assertEquals(report.throughput().tps() * SECONDS, tokens, 1e-3);
  }

  @Test
  void memoryIsUsedWhileSequencesRunAndLinksWhileExpertsAreSpread() {
    TwinReport report = run(Slo.NONE);
    assertTrue(report.timeline().stream().anyMatch(each -> each.kvUsed() > 0));
    assertTrue(report.linkUse() > 0 && report.linkUse() <= 1, () -> "" + report.linkUse());
    TwinReport.Terms terms = report.terms();
    assertEquals(
        1,
        terms.host() + terms.attention() + terms.experts() + terms.exchange() + terms.logits(),
        1e-9);
  }

  @Test
  void durationsWithoutTermsAreFixedAndUseNoMemory() {
    TwinReport report = run(Slo.NONE);
    TwinReport.Spent spent = report.spent();
    assertTrue(spent.fixed() > 0.1 && spent.host() > 0.05, spent::toString);
    assertEquals(0, spent.weights() + spent.kv() + spent.links() + report.hbmUse());
    double all = spent.byName().values().stream().mapToDouble(part -> part).sum();
    assertEquals(1, all, 1e-9, spent::toString);
    assertEquals("fixed", spent.largest());
    assertEquals(spent.fixed(), spent.most());
    String part = String.format(Locale.ROOT, "%.1f %%", 100 * spent.fixed());
    assertTrue(report.toText().contains(part + " fixed"), report::toText);
    assertTrue(Html.of(report).contains("<td>fixed<td>" + part), part);
  }

  @Test
  void matrixOfLinksHoldsTheBytesThatTheirUseIsComputedFrom() {
    TwinReport report = run(Slo.NONE);
    assertEquals(72, report.links().size());
    long[] sent = new long[72];
    long[] received = new long[72];
    for (int from = 0; from < 72; from++) {
      assertEquals(72, report.links().get(from).size());
      for (int to = 0; to < 72; to++) {
        sent[from] += report.links().get(from).get(to);
        received[to] += report.links().get(from).get(to);
      }
    }
    // What a port of the test's rack can send until the last instant of the timeline.
    double port = 900_000_000_000.0 * SECONDS;
    assertEquals(report.linkUse(), Arrays.stream(sent).sum() / (72 * port), 1e-6);
    assertEquals(report.linkUse(), Arrays.stream(received).sum() / (72 * port), 1e-6);
    double busiest =
        Math.max(
            Arrays.stream(sent).max().orElseThrow(), Arrays.stream(received).max().orElseThrow());
    assertEquals(report.busiestLinkUse(), busiest / port, 1e-6);
    assertTrue(report.busiestLinkUse() > report.linkUse(), "some port is busier than the mean");
  }

  @Test
  void memoryIsTheHbmAndWeightsAndKeysAndValuesFitInIt() {
    TwinReport.Memory memory = run(Slo.NONE).memory();
    assertEquals(186_000_000_000L, memory.hbmBytes());
    assertEquals(80_000_000_000L, memory.kvBytes());
    assertTrue(memory.weightBytes() > 1_000_000_000L, memory::toString);
    assertTrue(memory.leftFreeBytes() > 0, memory::toString);
  }

  @Test
  void pageHasTheMapOfLinksAndTheHbmOverTime() {
    String page = Html.of(run(Slo.NONE));
    assertTrue(page.contains("HBM over time") && page.contains("KV in use"), page);
    assertTrue(page.contains("from tray (down) to tray (across)"), page);
    // All of the matrix but its diagonal, in levels, with neighbours as one rectangle each.
    long cells =
        Pattern.compile("M\\d+ \\d+h(\\d+)v1h-\\d+z")
            .matcher(page)
            .results()
            .mapToLong(each -> Long.parseLong(each.group(1)))
            .sum();
    assertEquals(72 * 71, cells);
  }

  @Test
  void energyAndCostAreThoseOfTheGpusTimeForAMillionTokens() {
    TwinReport report = run(Slo.NONE);
    // 1.8 kW and 3.6 an hour, both for each GPU.
    double gpuHours = 1e6 / report.throughput().tpsPerGpu() / 3600;
    assertEquals(1.8 * gpuHours, report.costs().kwhPerMillionTokens(), 1e-9);
    assertEquals(3.6 * gpuHours, report.costs().pricePerMillionTokens(), 1e-9);
  }

  @Test
  void goodputIsThePartOfRequestsThatMeetTheSlo() {
    TwinReport all = run(Slo.NONE);
    assertEquals(1, all.goodput().part());
    assertEquals(all.throughput().requestsPerSecond(), all.goodput().requestsPerSecond(), 1e-9);
    long median = (long) (all.latencies().endToEnd().p50() * 1e6);
    TwinReport half = run(new Slo(Long.MAX_VALUE, Long.MAX_VALUE, median));
    // Judging changes nothing of the run; the histogram's classes are 0.1 % wide.
    assertEquals(all.latencies(), half.latencies());
    assertTrue(half.goodput().part() >= 0.5 && half.goodput().part() < 0.9, half::toText);
    TwinReport none = run(new Slo(1, Long.MAX_VALUE, Long.MAX_VALUE));
    assertEquals(0, none.goodput().requestsPerSecond());
  }
}
