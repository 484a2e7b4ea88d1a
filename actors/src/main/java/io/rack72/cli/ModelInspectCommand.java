package io.rack72.cli;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.checkpoint.CheckpointSummary;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model inspect}. */
@Command(
    name = "inspect",
    description = "Checks a checkpoint and tells what is in it.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class ModelInspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "Directory of the checkpoint.")
  private Path directory;

  @Option(names = "--json", description = "Report as one line of JSON.")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      CheckpointSummary summary = CheckpointSummary.of(checkpoint);
      if (json) {
        out.println(Json.line(summary));
      } else {
        out.print(summary.toText());
      }
      out.flush();
    }
    return 0;
  }
}
