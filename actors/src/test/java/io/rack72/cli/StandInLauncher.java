package io.rack72.cli;

import io.rack72.config.Host;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;

/** The command {@code cluster} as a process of its own, which starts stand-ins for nodes. */
public final class StandInLauncher {
  private StandInLauncher() {}

  public static void main(String[] args) {
    RootCommand root = new RootCommand();
    CommandLine commandLine = new CommandLine(root);
    commandLine.addSubcommand(new ClusterCommand(invocation(), StandInNode.class));
    Failures failures = new Failures(root);
    commandLine.setParameterExceptionHandler(failures).setExecutionExceptionHandler(failures);
    System.exit(commandLine.execute(args));
  }

  private static Invocation invocation() {
    return new Invocation(
        InputStream.nullInputStream(),
        false,
        new Host(2, Map.of()),
        1L << 30,
        Optional.<Path>empty(),
        CommandRun.localLauncher());
  }
}
