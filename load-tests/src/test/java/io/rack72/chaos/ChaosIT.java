package io.rack72.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.launcher.RackProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node is killed, and when the others have thrown it out the one that keeps the rack, while
 * clients read streams: all get the tokens that they would have had. How long it took depends on
 * the machine, and is not judged.
 */
class ChaosIT {
  private static final Duration LIMIT = Duration.ofMinutes(4);

  @TempDir private Path directory;

  @Test
  @Timeout(300)
  void trayAndThenTheKeeperAreKilledAndEveryTokenIsRight() throws Exception {
    Path model = Path.of("..", "runtime", "src", "test", "resources", "golden", "wide");
    Path scenario =
        Files.writeString(
            directory.resolve("two-kills.conf"),
            """
            about = "two JVMs of five are killed one after the other, the oldest last"
            rack { jvms = 5, gateways = [4] }
            rack.settings = ${rack.settings} [
              "rack72.rack.trays = 5"
              "rack72.model.path = \\"%s\\""
            ]
            load { length = 46s, streams = 16, reply-tokens { from = 12, to = 24 } }
            faults = [
              { at { from = 21s, to = 23s }, fault = kill, node = { one-of = [1, 2, 3] } }
              { at = 37s, fault = kill, node = 0 }
            ]
            limits.pause-p99 = 60s
            """
                .formatted(model.toAbsolutePath().normalize()));
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
      Path files = Path.of(verdict.get("directory").textValue());
      for (String file : List.of("verdict.json", "timeline.svg", "history.jsonl", "rack.log")) {
        assertTrue(Files.size(files.resolve(file)) > 0, file);
      }
      List<String> history = Files.readAllLines(files.resolve("history.jsonl"));
      assertEquals(
          2, history.stream().filter(line -> line.contains("ended with exit code 137")).count());
    }
  }
}
