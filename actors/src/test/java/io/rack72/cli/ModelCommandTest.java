package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCommandTest {
  @TempDir Path directory;

  @Test
  void whatIsMadeIsWhatIsInspected() throws IOException {
    Path model = directory.resolve("model");
    CommandRun made = make(model, 7, "--shard-size", "100 kB");
    assertEquals(0, made.exitCode(), made.err());
    assertEquals("", made.err(), "quiet where there is no terminal");
    assertTrue(made.out().startsWith("rack72: made " + model + ", "), made.out());

    CommandRun inspected = CommandRun.of("model", "inspect", model.toString(), "--json");
    assertEquals(0, inspected.exitCode(), inspected.err());
    assertEquals(1, inspected.out().lines().count());
    JsonNode summary = Json.read(inspected.out());
    assertEquals(3, summary.at("/config/sliding_layers").size());
    assertEquals(256, summary.at("/config/vocab_size").asInt());
    assertEquals(64, summary.at("/config/hidden_size").asInt());
    assertEquals(8, summary.at("/config/experts").asInt());
    assertTrue(summary.at("/parameters/experts").asLong() > 0, inspected.out());
    assertTrue(summary.get("shards").size() > 1);
    assertTrue(made.out().contains("in " + summary.get("shards").size() + " shards"), made.out());

    CommandRun text = CommandRun.of("model", "inspect", model.toString());
    assertTrue(text.out().contains(summary.get("fingerprint").asText()), text.out());
  }

  @Test
  void seedDecidesTheWeights() throws IOException {
    String first = fingerprint(make(directory.resolve("first"), 1, "--json"));
    assertEquals(first, fingerprint(make(directory.resolve("second"), 1, "--json")));
    assertNotEquals(first, fingerprint(make(directory.resolve("third"), 2, "--json")));
  }

  @Test
  void occupiedDirectoryIsLeftAlone() throws IOException {
    Path mine = Files.writeString(directory.resolve("mine.txt"), "mine");
    CommandRun run = make(directory, 1);
    assertEquals(1, run.exitCode());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains(directory + " is not empty"), run.err());
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(mine), files.toList());
    }
  }

  @Test
  void progressIsShownOnATerminalAndWipedAtTheEnd() {
    Invocation onTerminal = CommandRun.invocation("", true, CommandRun.localLauncher());
    CommandRun run =
        CommandRun.of(
            onTerminal,
            "model",
            "make",
            "--shape",
            "demo",
            "--vocab",
            "16384",
            "--seed",
            "1",
            "--out",
            directory.resolve("model").toString());
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("\r[#"), run.err());
    assertTrue(run.err().endsWith("\r\033[K"), run.err());
  }

  private static CommandRun make(Path out, long seed, String... more) {
    return CommandRun.of(
        Stream.concat(
                Stream.of(
                    "model",
                    "make",
                    "--shape",
                    "demo",
                    "--vocab",
                    "256",
                    "--layers",
                    "3",
                    "--experts",
                    "8",
                    "--seed",
                    Long.toString(seed),
                    "--out",
                    out.toString()),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private static String fingerprint(CommandRun run) throws IOException {
    assertEquals(0, run.exitCode(), run.err());
    return Json.read(run.out()).get("fingerprint").asText();
  }
}
