package io.rack72.cli;

import io.rack72.config.ConfigLayers;
import io.rack72.config.InvalidConfigException;
import io.rack72.config.Rack72Config;
import io.rack72.launch.NodePlan;
import io.rack72.launch.NodeStarter;
import io.rack72.launch.RackProcesses;
import io.rack72.launch.TrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code cluster}: a rack of several JVMs on this machine, until the process is told to stop. */
@Command(
    name = "cluster",
    description = "Serves a model over HTTP on a rack whose trays live in JVMs of their own.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
final class ClusterCommand implements Callable<Integer> {
  private final Invocation invocation;
  private final Class<?> program;

  @Spec private CommandSpec spec;
  @Mixin private RackOptions rackOptions;

  @Option(
      names = "--jvms",
      paramLabel = "N",
      description = "JVMs, among which the trays are dealt out; the default is one for each tray.")
  private Integer jvms;

  @Option(
      names = "--gateways",
      paramLabel = "G",
      defaultValue = "1",
      description = "JVMs that also have an HTTP gateway; the default is ${DEFAULT-VALUE}.")
  private int gateways;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description =
          "TCP port of the first gateway, after which those of the others follow; 0 for any free"
              + " ones. The default is 8000.")
  private Integer port;

  @Option(
      names = "--trays",
      paramLabel = "LIST",
      description = "Trays of the rack to begin with, such as 0-13; the default is all.")
  private String trays;

  @Option(
      names = "--restart",
      description = "Start a JVM again that dies when the rack is whole, with the same trays.")
  private boolean restart;

  @Option(names = "--json", description = "Tell that it is ready as one line of JSON.")
  private boolean json;

  /**
   * Not run yet.
   *
   * @param program what the JVMs run
   */
  ClusterCommand(Invocation invocation, Class<?> program) {
    this.invocation = invocation;
    this.program = program;
  }

  @Override
  public Integer call() {
    ConfigLayers layers = rackOptions.layers();
    if (port != null) {
      layers.option("--port", "rack72.gateway.port", port);
    }
    Rack72Config config = layers.load(invocation.host());
    if (!config.cluster().join().isEmpty()) {
      throw new InvalidConfigException(
          "rack72.cluster.join names nodes of a rack that is there, and this command begins one of"
              + " its own; 'rack72 tray' joins that rack");
    }
    TrayList list = trays(config.rack().trays());
    List<NodePlan> plans = plans(config, list);
    ClusterLaunch launch = new ClusterLaunch(rackOptions, config, invocation, program);
    NodeStarter starter = launch.starter(list, plans.size(), words());
    ClusterReport report =
        new ClusterReport(
            spec.commandLine().getOut(),
            spec.commandLine().getErr(),
            json,
            invocation.onTerminal(),
            config,
            list.size(),
            plans.size());
    RackProcesses processes =
        new RackProcesses(plans, starter, launch.policy(restart), report, System::nanoTime);
    try (StopSignal _ = StopSignal.install(() -> stop(processes, report, config))) {
      processes
          .run()
          .ifPresent(
              failure -> {
                throw new CommandFailedException(failure);
              });
    }
    return 0;
  }

  private List<String> words() {
    return spec.root().userObject() instanceof RootCommand root && root.debug()
        ? List.of("--debug")
        : List.of();
  }

  private static void stop(RackProcesses processes, ClusterReport report, Rack72Config config) {
    report.note(
        "stopping; running requests have %.1f s to end"
            .formatted(config.http().stopGrace().toMillis() / 1e3));
    processes.stop();
  }

  private TrayList trays(int ofRack) {
    try {
      return trays == null ? TrayList.all(ofRack) : TrayList.parse(trays, ofRack);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--trays: " + e.getMessage(), e);
    }
  }

  private List<NodePlan> plans(Rack72Config config, TrayList list) {
    try {
      return NodePlan.of(list, jvms == null ? list.size() : jvms, gateways, config.http().port());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
