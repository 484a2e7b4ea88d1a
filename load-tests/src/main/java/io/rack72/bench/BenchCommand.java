package io.rack72.bench;

import io.rack72.cli.Invocation;
import io.rack72.cli.Version;
import io.rack72.load.BenchLoadCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench}: nothing without one of its commands. */
@Command(
    name = "bench",
    description = "Measures how fast this machine computes, or how fast a server answers.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** The command with its own commands. */
  static CommandLine commandLine(Invocation invocation) {
    return new CommandLine(new BenchCommand())
        .addSubcommand(new BenchKernelsCommand(invocation))
        .addSubcommand(new BenchLoadCommand(invocation));
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "name a command: " + String.join(", ", spec.subcommands().keySet()));
  }
}
