package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenModelTest {
  @TempDir Path directory;

  @Test
  void modelThatComesWithTheProgramIsFoundFromItsCode() {
    assertEquals(
        Optional.of(Path.of("..", "models", "rack72-mini").toAbsolutePath().normalize()),
        BundledModel.directory());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--model rack72-mini"})
  void withoutADirectoryTheModelThatComesWithTheProgramIsServed(String model)
      throws JsonProcessingException {
    Path bundled = CommandRun.smallCheckpoint(directory.resolve("bundled"));
    CommandRun run = generate(Optional.of(bundled), model);
    assertEquals(0, run.exitCode(), run.err());
    assertEquals("", run.err());
    assertEquals("bundled", Json.read(run.out()).get("model").asText());
  }

  @Test
  void directoryOfThatNameIsADirectory() throws JsonProcessingException {
    Path named = CommandRun.smallCheckpoint(directory.resolve("rack72-mini"));
    CommandRun run = generate(Optional.empty(), "--model " + named);
    assertEquals(0, run.exitCode(), run.err());
    assertEquals("rack72-mini", Json.read(run.out()).get("model").asText());
  }

  @Test
  void missingModelIsOneSentenceThatSaysWhatToDo() {
    CommandRun run = generate(Optional.empty(), "");
    assertEquals(1, run.exitCode());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("rack72-mini is missing"), run.err());
    assertTrue(run.err().contains("git checkout -- models"), run.err());
    assertTrue(run.err().contains("--model DIR"), run.err());
  }

  @Test
  void nameOfAShapeIsNoDirectoryWithWeights() {
    CommandRun run = generate(Optional.empty(), "--model gpt-oss-120b");
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("there is no directory gpt-oss-120b"), run.err());
    assertTrue(run.err().contains("serve --device modeled"), run.err());
  }

  private static CommandRun generate(Optional<Path> bundled, String model) {
    String line = "generate --rack hgx-b200 --prompt-ids 1 --max-tokens 1 --json " + model;
    return CommandRun.of(
        CommandRun.invocation("", false, bundled, CommandRun.localLauncher()),
        line.strip().split(" "));
  }
}
