package io.rack72.cli;

import io.rack72.config.ConfigLayers;
import io.rack72.config.Rack72Config;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gateway}: a gateway of a rack in many JVMs, until the process is told to stop. */
@Command(
    name = "gateway",
    description = "Runs a gateway before a rack that spans several JVMs or machines.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
final class GatewayCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Spec private CommandSpec spec;
  @Mixin private RackOptions rackOptions;
  @Mixin private NodeOptions nodeOptions;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "TCP port for HTTP clients, 0 for any free one; the default is 8000.")
  private Integer port;

  GatewayCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws Exception {
    ConfigLayers layers = nodeOptions.addTo(rackOptions.layers());
    if (port != null) {
      layers.option("--port", "rack72.gateway.port", port);
    }
    Rack72Config config = layers.load(invocation.host());
    if (config.cluster().join().isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "a gateway joins a rack: say where with --join HOST:PORT");
    }
    PrintWriter out = spec.commandLine().getOut();
    ParentInput parent = nodeOptions.watchParent(config, invocation, out);
    new NodeRun(config, invocation, List.of(), true, parent, out, nodeOptions.json())
        .untilStopped(spec.commandLine().getErr());
    return 0;
  }
}
