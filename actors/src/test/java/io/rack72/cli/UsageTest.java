package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "                                        | name a command: serve, cluster, tray, gateway,"
            + " generate",
        "model                                   | name a command: make, inspect",
        "serv                                    | did you mean serve",
        "serve --modle x                         | did you mean --model?",
        "serve --port http                       | --port",
        "serve --port 70000                      | from 0 to 65535, not 70000",
        "serve --rack gb200                      | no rack profile 'gb200'",
        "serve --config nowhere.conf             | nowhere.conf: there is no such file",
        "serve --set rack72.expert-parallel=99   | all or 1 to the 72 GPUs",
        "serve --set rack72.expert-paralel=9     | did you mean rack72.expert-parallel?",
        "serve --set rack72.seed                 | --set takes key=value",
        "generate --prompt a --prompt-ids 1      | either --prompt or --prompt-ids",
        "generate --prompt a --logprobs 21       | --logprobs is 0 to 20, not 21",
        "generate --prompt a --stop=             | at least one character",
        "chat --url localhost                    | such as http://localhost:8000",
        "model inspect                           | DIR",
        "model make --seed 1 --out x             | --shape",
        "model make --shape gpt-5 --seed 1 --out x | gpt-oss-20b, gpt-oss-120b, demo",
        "model make --shape demo --seed 1 --out x --layers 0       | layers must be from 1",
        "model make --shape demo --seed 1 --out x --shard-size big | no size",
        "model make --shape demo --seed 1 --out x --shard-size 0   | at least one byte"
      })
  void badUsageIsOneSentenceAndExitCode2(String line, String part) {
    CommandRun run = CommandRun.of(line == null ? new String[0] : line.split(" +"));
    assertTrue(run.err().contains(part), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertEquals("", run.out());
    assertEquals(2, run.exitCode());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--help", "serve --help", "generate -h", "chat --help", "model make --help"})
  void helpIsForStandardOutput(String line) {
    CommandRun run = CommandRun.of(line.split(" ", -1));
    assertTrue(run.out().startsWith("Usage: rack72"), run.out());
    assertEquals("", run.err());
    assertEquals(0, run.exitCode());
  }

  @Test
  void versionIsThatOfTheBuild() {
    CommandRun run = CommandRun.of("--version");
    assertTrue(run.out().matches("rack72 \\d+\\.\\d+\\.\\d+\\R"), run.out());
    assertEquals(0, run.exitCode());
  }

  @Test
  void stackTraceIsShownOnDemandOnly(@TempDir Path directory) {
    String missing = directory.resolve("missing").toString();
    CommandRun run = CommandRun.of("model", "inspect", missing);
    assertEquals(1, run.exitCode());
    assertEquals("rack72: " + missing + " is not a directory with a checkpoint\n", run.err());
    assertEquals("", run.out());

    CommandRun debug = CommandRun.of("model", "inspect", missing, "--debug");
    assertEquals(1, debug.exitCode());
    assertTrue(debug.err().contains("at io.rack72.checkpoint.Checkpoint.open"), debug.err());
  }
}
