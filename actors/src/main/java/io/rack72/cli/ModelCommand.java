package io.rack72.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code model}: nothing without one of its commands. */
@Command(
    name = "model",
    description = "Inspects checkpoints, and makes ones with random weights.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class ModelCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** The command with its own commands. */
  static CommandLine commandLine(Invocation invocation) {
    return new CommandLine(new ModelCommand())
        .addSubcommand(ModelMakeCommand.commandLine(invocation))
        .addSubcommand(new ModelInspectCommand());
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "name a command: " + String.join(", ", spec.subcommands().keySet()));
  }
}
