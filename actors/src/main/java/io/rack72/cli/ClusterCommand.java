package io.rack72.cli;

import io.rack72.config.ClusterSettings;
import io.rack72.config.ConfigLayers;
import io.rack72.config.InvalidConfigException;
import io.rack72.config.Rack72Config;
import io.rack72.config.Secret;
import io.rack72.kernel.Workers;
import io.rack72.launch.ChildJvm;
import io.rack72.launch.NodePlan;
import io.rack72.launch.NodeProcess;
import io.rack72.launch.NodeStarter;
import io.rack72.launch.RackProcesses;
import io.rack72.launch.TrayList;
import io.rack72.model.Numerics;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
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
  private static final String SECRET = "RACK72_CLUSTER_SECRET";
  private static final int SECRET_BYTES = 32;

  /** A start waits for others now and then; more of them on a core only make each take longer. */
  private static final int STARTS_PER_CORE = 2;

  /** For the end of a JVM, besides what it is configured to wait for. */
  private static final Duration STOP_MARGIN = Duration.ofSeconds(10);

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
    RackSizing sizing = sizing(config);
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
        new RackProcesses(
            plans,
            starter(config.cluster(), plans.size(), list, sizing),
            new RackProcesses.Policy(startsAtOnce(), restart, stopLimit(config)),
            report,
            System::nanoTime);
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

  /** Opens the model once for all nodes, which finds what is wrong with it before any starts. */
  private RackSizing sizing(Rack72Config config) {
    try (OpenModel model = OpenModel.open(config.model(), invocation);
        Workers workers = new Workers(config.cpuThreads());
        Numerics numerics = ModelOnCpu.numerics(config, model, workers)) {
      return RackSizing.of(
          config, model.checkpoint().config(), numerics.weights(), invocation.hostMemoryBytes());
    }
  }

  private int startsAtOnce() {
    return STARTS_PER_CORE * invocation.host().processors();
  }

  private static Duration stopLimit(Rack72Config config) {
    return config.http().stopGrace().plus(config.cluster().leaveTimeout()).plus(STOP_MARGIN);
  }

  private NodeStarter starter(
      ClusterSettings cluster, int count, TrayList list, RackSizing sizing) {
    // Others can read the words of a command line.
    Map<String, String> environment =
        Map.of(SECRET, cluster.secret().map(Secret::text).orElseGet(ClusterCommand::newSecret));
    ChildJvm childJvm =
        ChildJvm.ofThisProcess(
            program.getName(), invocation.host().processors(), invocation.hostMemoryBytes());
    List<String> ofAll = new ArrayList<>(rackOptions.arguments());
    if (spec.root().userObject() instanceof RootCommand root && root.debug()) {
      ofAll.add("--debug");
    }
    set(ofAll, "rack72.data-parallel", sizing.dataParallel());
    set(ofAll, "rack72.kv.bytes-per-gpu", sizing.kvBytesPerGpu());
    set(ofAll, "rack72.cluster.port", 0);
    set(ofAll, "rack72.cluster.bind-port", 0);
    set(ofAll, "rack72.cluster.start-trays", Math.min(cluster.startTrays(), list.size()));
    ofAll.addAll(List.of("--json", "--stop-on-eof"));
    return (plan, join, listener) -> {
      List<String> arguments = new ArrayList<>(List.of("tray", "--trays", plan.trays().toString()));
      plan.gatewayPort()
          .ifPresent(
              own -> arguments.addAll(List.of("--gateway", "--port", Integer.toString(own))));
      join.ifPresent(address -> arguments.addAll(List.of("--join", address)));
      arguments.addAll(ofAll);
      return NodeProcess.start(childJvm.command(count, arguments), environment, listener);
    };
  }

  private static void set(List<String> arguments, String key, long value) {
    arguments.add("--set");
    arguments.add(key + "=" + value);
  }

  /** For this rack alone. */
  private static String newSecret() {
    byte[] secret = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    return HexFormat.of().formatHex(secret);
  }
}
