package io.rack72.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.serving.RackServer;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every scenario, small, on a rack of its own. What it measures is not judged, only that it is. */
final class BenchLoadIT {
  private static final Path MODEL =
      Path.of("..", "models", "rack72-mini").toAbsolutePath().normalize();

  private static RackServer server;

  @BeforeAll
  static void start() {
    // Few GPUs take sequences, so that those of the tests share steps.
    server = RackServer.of(MODEL).dataParallel(2).apiKey("k").start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void steadyCountsEveryToken() throws JsonProcessingException {
    JsonNode report =
        report("--requests", "12", "--prompt-tokens", "5-40", "--output-tokens", "20");
    assertEquals(12, report.get("succeeded").asInt());
    assertEquals(12 * 20, report.get("output_tokens").asInt());
    assertTrue(report.get("prompt_tokens").asInt() >= 12 * 5);
    assertMeasured(report, "ttft_ms", "itl_ms", "tpot_ms", "end_to_end_ms");
    assertTrue(report.get("tokens_per_event").asDouble() >= 1);
  }

  @Test
  void steadyAsksChatsAtTheirTimes() throws JsonProcessingException {
    JsonNode report =
        report(
            "--chat",
            "--rate",
            "20",
            "--requests",
            "10",
            "--prompt-tokens",
            "30",
            "--output-tokens",
            "12");
    assertEquals(10, report.get("succeeded").asInt());
    assertEquals(10 * 12, report.get("output_tokens").asInt());
  }

  @Test
  void prefixMeasuresColdAndWarm() throws JsonProcessingException {
    JsonNode report =
        report(
            "--scenario",
            "prefix",
            "--prefix-tokens",
            "200",
            "--requests",
            "5",
            "--cold-requests",
            "2",
            "--output-tokens",
            "4");
    assertEquals(2, report.at("/cold_ttft_ms/count").asInt());
    assertEquals(5, report.at("/warm_ttft_ms/count").asInt());
    assertEquals(5 * (200 + 16), report.get("warm_prompt_tokens").asInt());
  }

  @Test
  void interferenceMeasuresStreamsBesideAPrefill() throws JsonProcessingException {
    JsonNode report =
        report(
            "--scenario",
            "interference",
            "--streams",
            "4",
            "--prompt-tokens",
            "1000",
            "--rounds",
            "2",
            "--window-events",
            "16");
    assertEquals(2, report.get("rounds").size());
    for (JsonNode round : report.get("rounds")) {
      assertTrue(round.at("/itl_without_ms/count").asInt() >= 4 * 16, round.toString());
      assertTrue(round.at("/itl_with_ms/count").asInt() >= 4, "one of each stream");
      assertTrue(round.get("prefill_ttft_ms").asDouble() > 0);
      assertTrue(round.get("ratio_p99").asDouble() > 0);
    }
  }

  @Test
  void soakLeavesNothingBehind() throws JsonProcessingException {
    JsonNode report =
        report(
            "--scenario",
            "soak",
            "--minutes",
            "0.05",
            "--sample-seconds",
            "0.5",
            "--prompt-tokens",
            "1-60",
            "--output-tokens",
            "1-20",
            "--pid",
            Long.toString(ProcessHandle.current().pid()));
    assertTrue(report.get("level").asBoolean());
    assertEquals(0, report.get("complaints").asInt());
    assertTrue(report.get("requests").asInt() >= 8, "one of each client");
    assertTrue(report.get("samples").size() >= 3, "before, during and after");
    for (JsonNode sample : report.get("samples")) {
      assertEquals(2, sample.get("gpus").size(), "those that take sequences");
      assertTrue(sample.get("resident_bytes").asLong() > 0);
    }
  }

  private static void assertMeasured(JsonNode report, String... names) {
    for (String name : names) {
      JsonNode summary = report.get(name);
      assertFalse(summary.isNull(), name);
      assertTrue(summary.get("p50").asDouble() <= summary.get("p99").asDouble(), name);
      assertTrue(summary.get("p99").asDouble() > 0, name);
    }
  }

  private static JsonNode report(String... arguments) throws JsonProcessingException {
    LoadRun run =
        LoadRun.of(
            Stream.concat(
                    Stream.of("--url", server.url().toString(), "--seed", "1", "--json"),
                    Stream.of(arguments))
                .toArray(String[]::new));
    assertEquals("", run.err());
    assertEquals(0, run.exitCode(), run.out());
    JsonNode report = Json.read(run.out());
    assertTrue(report.get("passed").asBoolean());
    return report;
  }
}
