package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the twin says its GPUs spent their time on, by layout, load and data sheet. */
class TwinTermsTest {
  private static JsonNode twin(String layout, String... more) throws JsonProcessingException {
    List<String> words =
        new ArrayList<>(
            List.of(
                "twin",
                "--json",
                "--model=gpt-oss-120b",
                "--rack=hgx-b200",
                "--layout=" + layout,
                "--warmup=0.1",
                "--duration=0.9"));
    words.addAll(List.of(more));
    CommandRun run = CommandRun.of(words.toArray(String[]::new));
    assertEquals("", run.err());
    return Json.read(run.out());
  }

  private static double spent(JsonNode report, String term) {
    return report.get("spent").get(term).asDouble();
  }

  private static void assertSpends(JsonNode more, JsonNode less, double factor, String term) {
    assertTrue(
        spent(more, term) > factor * spent(less, term),
        () -> term + ": " + more.get("spent") + " and " + less.get("spent"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tp1", "tp8", "tep8", "dep1", "dep2", "dep8"})
  void partsOfTheGpusTimeAreAllOfItAndNothingIsUsedMoreThanWhole(String layout)
      throws JsonProcessingException {
    JsonNode report = twin(layout, "--concurrency=300", "--prompt=200", "--reply=20-40");
    double all = 0;
    for (JsonNode term : report.get("spent")) {
      assertTrue(term.asDouble() >= 0 && term.asDouble() <= 1, report::toString);
      all += term.asDouble();
    }
    assertEquals(1, all, 1e-9);
    double hbm = report.get("hbm_use").asDouble();
    assertTrue(hbm > 0.02 && hbm < 1, report::toString);
    // Each byte that the memory moves takes its time, but for arithmetic that hides it.
    double reading = spent(report, "weights") + spent(report, "kv") + spent(report, "activations");
    assertTrue(hbm < reading + spent(report, "arithmetic") + spent(report, "fixed"));
    assertEquals(!layout.endsWith("1"), spent(report, "links") > 0, report::toString);
    assertTrue(spent(report, "host") > 0.01, report::toString);
  }

  @Test
  void fasterMemoryLeavesLessOfTheTimeToWeightsAndMoreToLaunches() throws JsonProcessingException {
    String load = "--concurrency=512";
    JsonNode before = twin("tp1", load, "--prompt=64");
    JsonNode after = twin("tp1", load, "--prompt=64", "--set=rack72.gpu.hbm-bandwidth=15400 GB");
    assertSpends(before, after, 1.3, "weights");
    assertSpends(after, before, 1.2, "fixed");
  }

  @Test
  void longerPromptsAreMoreKeysToRead() throws JsonProcessingException {
    JsonNode few = twin("tp1", "--concurrency=128", "--prompt=128");
    JsonNode many = twin("tp1", "--concurrency=128", "--prompt=2048");
    assertSpends(many, few, 2, "kv");
  }

  @Test
  void slowerLinksTakeMoreOfTheTime() throws JsonProcessingException {
    String load = "--concurrency=4096";
    JsonNode fast = twin("dep8", load, "--prompt=64");
    JsonNode slow = twin("dep8", load, "--prompt=64", "--set=rack72.gpu.nvlink-bandwidth=225 GB");
    assertSpends(slow, fast, 1.7, "links");
    assertEquals(0, spent(twin("tp1", load, "--prompt=64"), "links"));
  }

  @Test
  void fewRequestsLeaveGpusIdleOrWaitingForThoseThatHaveOne() throws JsonProcessingException {
    JsonNode alone = twin("tp1", "--concurrency=1", "--prompt=64");
    // One of eight GPUs has all of the work.
    assertEquals(7.0 / 8, spent(alone, "idle"), 0.01);
    JsonNode together = twin("dep8", "--concurrency=1", "--prompt=64");
    assertTrue(spent(together, "idle") < 0.05, together::toString);
    assertTrue(spent(together, "waiting") > 0.3, together::toString);
    // Seven of eight wait for the host of the one that has the request.
    assertEquals(together.get("terms").get("host").asDouble() / 8, spent(together, "host"), 0.01);
  }

  @Test
  void skewedExpertsAreWaitedFor() throws JsonProcessingException {
    JsonNode even = twin("dep8", "--concurrency=512", "--prompt=16", "--skew=0");
    JsonNode skewed = twin("dep8", "--concurrency=512", "--prompt=16", "--skew=2.5");
    assertSpends(skewed, even, 1.2, "waiting");
  }

  @Test
  void eachPointOfASweepNamesWhatLimitsIt() throws JsonProcessingException {
    CommandRun run =
        CommandRun.of(
            "twin",
            "--json",
            "--model=gpt-oss-120b",
            "--rack=hgx-b200",
            "--warmup=0",
            "--duration=0.5",
            "--prompt=64",
            "--sweep=1,2048",
            "--layouts=tp1");
    JsonNode points = Json.read(run.out()).get("points");
    assertEquals("idle", points.get(0).get("limited_by").asText(), run::out);
    assertEquals("weights", points.get(1).get("limited_by").asText(), run::out);
  }
}
