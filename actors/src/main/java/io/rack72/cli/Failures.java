package io.rack72.cli;

import io.rack72.calibration.TableException;
import io.rack72.checkpoint.CheckpointException;
import io.rack72.cluster.NodeException;
import io.rack72.config.InvalidConfigException;
import io.rack72.gateway.CannotListenException;
import io.rack72.placement.HbmBudget.DoesNotFitException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns every failure into one sentence on standard error and an exit code. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
  /** Their messages are sentences made for the person who typed the command. */
  private static final List<Class<? extends Exception>> EXPLAINED =
      List.of(
          CommandFailedException.class,
          CheckpointException.class,
          InvalidConfigException.class,
          DoesNotFitException.class,
          CannotListenException.class,
          NodeException.class,
          TableException.class);

  private final RootCommand root;

  Failures(RootCommand root) {
    this.root = root;
  }

  /** A command line that makes no sense. */
  @Override
  public int handleParseException(ParameterException failure, String[] args) {
    CommandLine command = failure.getCommandLine();
    String sentence = failure.getMessage().lines().findFirst().orElse("bad usage");
    if (failure instanceof UnmatchedArgumentException unmatched
        && !unmatched.getSuggestions().isEmpty()) {
      sentence += "; did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?";
    }
    String name = command.getCommandSpec().qualifiedName();
    command.getErr().printf("%s: %s (see '%s --help')%n", name, sentence, name);
    return ExitCode.USAGE;
  }

  /** A command that failed. */
  @Override
  public int handleExecutionException(
      Exception failure, CommandLine command, ParseResult parseResult) {
    String sentence =
        EXPLAINED.contains(failure.getClass())
            ? failure.getMessage()
            : "failed unexpectedly, run it with --debug to see where: " + failure;
    command.getErr().println("rack72: " + sentence.replaceAll("\\R", " "));
    if (root.debug()) {
      failure.printStackTrace(command.getErr());
    }
    return failure instanceof InvalidConfigException ? ExitCode.USAGE : ExitCode.SOFTWARE;
  }
}
