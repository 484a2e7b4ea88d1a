package io.rack72.cli;

import static java.util.stream.Collectors.joining;

import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code rack72} itself: nothing without a command. */
@Command(
    name = "rack72",
    description = "Serves gpt-oss models on a rack of actors.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footer = {"", "Exit codes: 0 done, 1 failed, 2 bad usage."})
final class RootCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Tell more on stderr: all logs, and where in the program a failure arose.")
  private boolean debug;

  /** Whether more is to be told. */
  boolean debug() {
    return debug;
  }

  @Override
  public void run() {
    String commands =
        spec.subcommands().entrySet().stream()
            .filter(command -> !command.getValue().getCommandSpec().usageMessage().hidden())
            .map(Map.Entry::getKey)
            .collect(joining(", "));
    throw new ParameterException(spec.commandLine(), "name a command: " + commands);
  }
}
