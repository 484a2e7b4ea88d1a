package io.rack72.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.rack72.load.InterferenceScenario.Round;
import io.rack72.load.RackSample.Gpu;
import io.rack72.load.SoakRequest.Kind;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What a person reads. */
class ReportTextTest {
  private static final long MILLI = 1_000_000;
  private static final Workload WORKLOAD =
      new Workload(IntRange.of(4), IntRange.of(3), new IntRange(1000, 2000), 7);

  @Test
  void steady() throws JsonProcessingException {
    Outcome failed = new Outcome(503, false, Optional.of("no room"), timing(1), new Transcript());
    Slo slo = new Slo(OptionalDouble.of(15), OptionalDouble.empty());
    SteadyReport report =
        new SteadyReport(
            "m",
            "8 at a time",
            7,
            slo,
            List.of(succeeded(10), succeeded(20), failed),
            0.01,
            Optional.of(new TrunkTraffic(48, 60_000)));
    assertFalse(report.passed());
    assertEquals(
        """
        steady: m; 8 at a time; seed 7
        2 of 3 requests succeeded in 0.10 s

        | ms | mean | p50 | p90 | p99 | most | of |
        |---|---:|---:|---:|---:|---:|---:|
        | TTFT | 15.00 | 15.00 | 19.00 | 19.90 | 20.00 | 2 |
        | ITL | 4.00 | 4.00 | 4.00 | 4.00 | 4.00 | 2 |
        | TPOT | 2.00 | 2.00 | 2.00 | 2.00 | 2.00 | 2 |
        | end to end | 100.00 | 100.00 | 100.00 | 100.00 | 100.00 | 2 |

        requests/s: 20.00; output tokens/s: 60.0; prompt tokens/s: 80.0
        tokens in an event: 1.50; processor of the client: 10% of one core
        between JVMs: 8.0 bundles and 10,000 bytes for each output token
        goodput: 10.00 requests/s, 1 good
        failed, 503: 1, the first: no room
        """,
        text(report));
  }

  @Test
  void prefix() throws JsonProcessingException {
    List<Outcome> cold = List.of(succeeded(40));
    PrefixReport report =
        new PrefixReport("m", 20, WORKLOAD, cold, List.of(succeeded(10), succeeded(10)));
    assertTrue(report.passed());
    assertEquals(
        """
        prefix: m; 20 tokens of prefix, 4 after it, replies of 3; seed 7

        | ms | mean | p50 | p90 | p99 | most | of |
        |---|---:|---:|---:|---:|---:|---:|
        | TTFT, cold | 40.00 | 40.00 | 40.00 | 40.00 | 40.00 | 1 |
        | TTFT, warm | 10.00 | 10.00 | 10.00 | 10.00 | 10.00 | 2 |

        cold takes 4.00 times as long as warm (p50)
        prompt tokens from the cache: cold unknown, warm unknown
        """,
        text(report));
  }

  @Test
  void interference() {
    Round round = new Round(millis(2, 2, 2), millis(4, 6), 50 * MILLI);
    Round slower = new Round(millis(2, 2, 2), millis(8, 8), 70 * MILLI);
    InterferenceReport report = new InterferenceReport("m", WORKLOAD, 2, List.of(round, slower));
    assertTrue(report.passed());
    assertEquals(
        """
        interference: m; 2 streams, prompts of 4 tokens; seed 7

        | round | p50 without, ms | with | ratio | p99 without, ms | with | ratio | most with | TTFT of the prompt |
        |---|---:|---:|---:|---:|---:|---:|---:|---:|
        | 1 | 2.00 | 5.00 | 2.50 | 2.00 | 5.98 | 2.99 | 6.00 | 50.00 |
        | 2 | 2.00 | 8.00 | 4.00 | 2.00 | 8.00 | 4.00 | 8.00 | 70.00 |
        | all | 2.00 | 7.00 | 3.50 | 2.00 | 8.00 | 4.00 | 8.00 | 60.00 |

        median ratio of the rounds: p50 3.25, p99 3.50
        """,
        text(report));
  }

  @Test
  void soak() throws JsonProcessingException {
    SoakTally tally = new SoakTally();
    tally.add(0, Kind.COMPLETION, succeeded(10), Optional.empty());
    tally.add(1, Kind.COMPLETION, succeeded(10), Optional.of("has ends [], of 1 choices"));
    Outcome gone = new Outcome(0, true, Optional.empty(), timing(1), new Transcript());
    tally.add(2, Kind.GONE_AT_ONCE, gone, Optional.empty());
    SoakReport report =
        new SoakReport("m", 7, 8, tally, List.of(sample(0, 0), sample(1, 5), sample(2, 3)), true);
    assertFalse(report.passed());
    assertEquals(
        """
        soak: m; 8 clients, 2 s; seed 7

        | requests | replies | refused | gone | wrong |
        |---|---:|---:|---:|---:|
        | completions | 2 | 0 | 0 | 1 |
        | gone at once | 0 | 0 | 1 | 0 |

        3 requests, 1.5/s; output tokens/s of whole replies: 3.0
        KV blocks in use: at most 5 in 3 samples; in the last 3
        sequences: at most 1 running, 0 waiting and 0 paused; in the last sample 1, 0 and 0
        level at the end: NO
        resident memory after 0 s: 100.0 MiB
        resident memory after 2 s: 102.0 MiB
        1 complaints, the first ones:
        request 1 (completions): has ends [], of 1 choices
        """,
        text(report));
  }

  @Test
  void soakThatLeavesNothingIsGood() {
    SoakTally tally = new SoakTally();
    List<RackSample> level = List.of(sample(0, 0), sample(1, 0));
    List<RackSample> left = List.of(sample(0, 0), sample(1, 1));
    assertTrue(new SoakReport("m", 7, 8, tally, level, true).passed());
    assertFalse(new SoakReport("m", 7, 8, tally, left, true).passed());
    assertFalse(new SoakReport("m", 7, 8, tally, level, false).passed(), "the end is not known");
  }

  private static RackSample sample(int seconds, int blocks) {
    return new RackSample(
        seconds,
        List.of(new Gpu(0, blocks, 10 - blocks, Math.min(blocks, 1), 0, 0)),
        OptionalLong.of((100L + seconds) << 20));
  }

  /** Two events, 4 ms apart, of three tokens. */
  private static Outcome succeeded(long ttftMillis) throws JsonProcessingException {
    Transcript reply = new Transcript();
    reply.add(
        Json.read(
            "{\"choices\": [], \"usage\": {\"prompt_tokens\": 4, \"completion_tokens\": 3}}"));
    return new Outcome(200, false, Optional.empty(), timing(ttftMillis), reply);
  }

  private static Timing timing(long ttftMillis) {
    return new Timing(0, new long[] {ttftMillis * MILLI, (ttftMillis + 4) * MILLI}, 100 * MILLI);
  }

  private static long[] millis(long... millis) {
    return Arrays.stream(millis).map(value -> value * MILLI).toArray();
  }

  private static String text(LoadReport report) {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    report.print(out);
    out.flush();
    return text.toString();
  }

  @Test
  void trafficIsThatOfAllTrunksSinceTheFirstLook() throws JsonProcessingException {
    String rack =
        """
        {"nodes": [{"trunks": [{"sent_bundles": %d, "sent_bytes": 70}, {"sent_bundles": 1, "sent_bytes": 5}]},
                   {"trunks": [{"sent_bundles": 2, "sent_bytes": 25}]}]}
        """;
    Optional<TrunkTraffic> before = TrunkTraffic.of(Json.read(rack.formatted(3)));
    assertEquals(Optional.of(new TrunkTraffic(6, 100)), before);
    assertEquals(
        new TrunkTraffic(4, 0),
        TrunkTraffic.of(Json.read(rack.formatted(7))).orElseThrow().since(before));
    assertEquals(Optional.empty(), TrunkTraffic.of(Json.read("{\"nodes\": [{\"trunks\": []}]}")));
  }
}
