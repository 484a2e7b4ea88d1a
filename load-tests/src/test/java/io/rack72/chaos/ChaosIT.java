package io.rack72.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.launcher.RackProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Five JVMs with one fault after the other, of most kinds, while clients read streams: all get the
 * tokens that they would have had. How long it took depends on the machine, and is not judged.
 */
class ChaosIT {
  private static final Duration LIMIT = Duration.ofMinutes(4);

  @TempDir private Path directory;

  @Test
  @Timeout(300)
  void trayAndThenTheKeeperAreKilledAndEveryTokenIsRight() throws Exception {
    Path out =
        goodRun(
            """
            about = "two JVMs of five are killed one after the other, the oldest last"
            rack { jvms = 5, gateways = [4] }
            load { length = 46s, streams = 16, reply-tokens { from = 12, to = 24 } }
            faults = [
              { at { from = 21s, to = 23s }, fault = kill, node = { one-of = [1, 2, 3] } }
              { at = 37s, fault = kill, node = 0 }
            ]
            """);
    assertEquals(2, lines(out, "ended with exit code 137"));
    for (String file : List.of("verdict.json", "timeline.svg", "rack.log")) {
      assertTrue(Files.size(out.resolve(file)) > 0, file);
    }
  }

  @Test
  @Timeout(300)
  void partsAndProcessesAreAtFaultAndEveryTokenIsRight() throws Exception {
    Path out =
        goodRun(
            """
            about = "a slow port, a failing GPU, a stopped process, a cut network and a dead gateway"
            rack { jvms = 5, gateways = [3, 4] }
            rack.settings = ${rack.settings} [
              "rack72.rack.trays = 10"
              "rack72.gpu.nvlink-bandwidth = 10 MB"
            ]
            load { length = 80s, streams = 16, reply-tokens { from = 12, to = 24 } }
            faults = [
              { at = 18s, fault = port-bandwidth, gpu { from = 0, to = 3 }, factor = 0.01, length = 6s }
              {
                at = 27s
                fault = fabric-noise
                nodes = [0, 1, 2, 3, 4]
                loss = 0.05
                duplication = 0.05
                reordering = 0.1
                delay = 20ms
                length = 5s
              }
              { at = 36s, fault = gpu-failure, gpu { from = 2, to = 5 } }
              { at = 44s, fault = freeze, node = 2, length = 4s }
              { at = 56s, fault = partition, nodes = [2], direction = both, length = 4s }
              { at = 68s, fault = kill, node = 3 }
            ]
            """);
    assertEquals(1, lines(out, "ended with exit code 137"));
  }

  /**
   * Runs a scenario, of five trays unless it says otherwise. Returns the folder of what it left.
   */
  private Path goodRun(String description) throws Exception {
    Path model = Path.of("..", "runtime", "src", "test", "resources", "golden", "wide");
    Path scenario =
        Files.writeString(
            directory.resolve("scenario.conf"),
            """
            rack.settings = ${rack.settings} [
              "rack72.rack.trays = 5"
              "rack72.model.path = \\"%s\\""
            ]
            limits { pause-p99 = 60s, effect = 20s }
            """
                    .formatted(model.toAbsolutePath().normalize())
                + description);
    try (RackProcess chaos =
        new RackProcess(
            directory,
            Map.of(),
            List.of(
                "chaos",
                "--scenario",
                scenario.toString(),
                "--seed",
                "3",
                "--json",
                "--out",
                directory.resolve("out").toString()))) {
      RackProcess.Ended ended = chaos.end(LIMIT);
      JsonNode verdict = Json.read(ended.output());
      assertEquals(0, ended.exitCode(), ended::toString);
      assertEquals(verdict.get("requests"), verdict.get("complete"));
      assertTrue(verdict.get("requests").intValue() >= 16, ended::output);
      assertTrue(verdict.get("tokens_are_right").booleanValue());
      return Path.of(verdict.get("directory").textValue());
    }
  }

  private static long lines(Path out, String text) throws IOException {
    return Files.readAllLines(out.resolve("history.jsonl")).stream()
        .filter(line -> line.contains(text))
        .count();
  }
}
