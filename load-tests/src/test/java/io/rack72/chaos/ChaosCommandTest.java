package io.rack72.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.cli.CommandProvider;
import io.rack72.cli.Invocation;
import io.rack72.config.Host;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ChaosCommandTest {
  private static final Pattern SPACE = Pattern.compile(" ");

  private static final Invocation NOTHING =
      new Invocation(
          InputStream.nullInputStream(),
          false,
          new Host(2, Map.of()),
          1L << 30,
          Optional.empty(),
          null);

  @Test
  void programHasTheCommand() {
    List<Object> commands =
        ServiceLoader.load(CommandProvider.class).stream()
            .flatMap(provider -> provider.get().commands(NOTHING).stream())
            .toList();
    assertTrue(commands.stream().anyMatch(ChaosCommand.class::isInstance));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--seed 1 | --scenario",
        "--scenario kill-tray --runs 0 | --runs is 1 to 10000, not 0",
        "--scenario kill-tray --streams 0 | --streams is 1 to 1024, not 0",
        "--scenario kill-tray --seed x | --seed",
      })
  void wrongUseIsExplained(String arguments, String what) {
    StringWriter err = new StringWriter();
    int exitCode =
        new CommandLine(new ChaosCommand(NOTHING))
            .setErr(new PrintWriter(err))
            .execute(SPACE.splitAsStream(arguments).toArray(String[]::new));
    assertEquals(2, exitCode);
    assertTrue(err.toString().contains(what), err.toString());
  }
}
