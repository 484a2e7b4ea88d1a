package io.rack72.cli;

import io.rack72.config.ConfigLayers;
import io.rack72.config.Rack72Config;
import io.rack72.hardware.TrayId;
import io.rack72.launch.TrayList;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tray}: some trays of a rack in many JVMs, until the process is told to stop. */
@Command(
    name = "tray",
    description = "Runs trays of a rack that spans several JVMs or machines.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
final class TrayCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Spec private CommandSpec spec;
  @Mixin private RackOptions rackOptions;
  @Mixin private NodeOptions nodeOptions;

  @Option(
      names = "--trays",
      paramLabel = "LIST",
      required = true,
      description = "Trays that this JVM has, such as 0-3,7.")
  private String trays;

  @Option(names = "--gateway", description = "Open a gateway for HTTP clients too.")
  private boolean gateway;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "TCP port of the gateway, 0 for any free one; the default is 8000.")
  private Integer port;

  TrayCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws Exception {
    ConfigLayers layers = nodeOptions.addTo(rackOptions.layers());
    if (port != null) {
      layers.option("--port", "rack72.gateway.port", port);
    }
    Rack72Config config = layers.load(invocation.host());
    PrintWriter out = spec.commandLine().getOut();
    ParentInput parent = nodeOptions.watchParent(config, invocation, out);
    new NodeRun(config, invocation, trays(config), gateway, parent, out, nodeOptions.json())
        .untilStopped(spec.commandLine().getErr());
    return 0;
  }

  private List<TrayId> trays(Rack72Config config) {
    try {
      return TrayList.parse(trays, config.rack().trays()).trays().stream()
          .map(TrayId::new)
          .toList();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--trays: " + e.getMessage(), e);
    }
  }
}
