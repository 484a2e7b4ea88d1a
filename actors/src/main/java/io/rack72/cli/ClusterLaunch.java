package io.rack72.cli;

import io.rack72.config.ClusterSettings;
import io.rack72.config.Rack72Config;
import io.rack72.config.Secret;
import io.rack72.kernel.Workers;
import io.rack72.launch.ChildJvm;
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

/** How the JVMs of a rack on this machine are started, from what a command was given. */
public final class ClusterLaunch {
  private static final String SECRET = "RACK72_CLUSTER_SECRET";
  private static final int SECRET_BYTES = 32;

  /** A start waits for others now and then; more of them on a core only make each take longer. */
  private static final int STARTS_PER_CORE = 2;

  /**
   * Nodes at least have, all together, to be in the rack. Those that they join are watched, and
   * where none is left they are ended, so there is nothing to give up early for; and many on few
   * cores take minutes.
   */
  private static final Duration LEAST_JOIN_TIME = Duration.ofMinutes(5);

  private final RackOptions options;
  private final Rack72Config config;
  private final Invocation invocation;
  private final Class<?> program;

  /**
   * @param options of the rack, which all nodes get
   * @param config that the options make
   * @param program what the JVMs run
   */
  public ClusterLaunch(
      RackOptions options, Rack72Config config, Invocation invocation, Class<?> program) {
    this.options = options;
    this.config = config;
    this.invocation = invocation;
    this.program = program;
  }

  /** By which clients ask for the model. */
  public String modelName() {
    try (OpenModel model = OpenModel.openWeights(config, invocation)) {
      return model.name();
    }
  }

  /** Whether the model has a tokenizer, without which there are no chats. */
  public boolean hasText() {
    try (OpenModel model = OpenModel.open(config, invocation)) {
      return model.tokenizer().isPresent();
    }
  }

  /** When processes are started, started again, and killed. */
  public RackProcesses.Policy policy(boolean restart) {
    return new RackProcesses.Policy(
        STARTS_PER_CORE * invocation.host().processors(),
        restart,
        // The secret that is made for the rack is known to its own processes only.
        config.cluster().secret().isEmpty(),
        NodeOptions.stopLimit(config));
  }

  /**
   * Starts nodes. The model is opened once for all, which finds what is wrong with it before any
   * starts.
   *
   * @param list trays of all nodes together
   * @param jvms how many nodes there are
   * @param words besides, on the command line of each
   */
  public NodeStarter starter(TrayList list, int jvms, List<String> words) {
    RackSizing sizing = sizing();
    ClusterSettings cluster = config.cluster();
    // Others can read the words of a command line.
    Map<String, String> environment =
        Map.of(SECRET, cluster.secret().map(Secret::text).orElseGet(ClusterLaunch::newSecret));
    ChildJvm childJvm =
        ChildJvm.ofThisProcess(
            program.getName(), invocation.host().processors(), invocation.hostMemoryBytes());
    List<String> ofAll = new ArrayList<>(options.arguments());
    ofAll.addAll(words);
    set(ofAll, "rack72.data-parallel", sizing.dataParallel());
    set(ofAll, "rack72.kv.bytes-per-gpu", sizing.kvBytesPerGpu());
    set(ofAll, "rack72.cluster.port", 0);
    set(ofAll, "rack72.cluster.bind-port", 0);
    set(ofAll, "rack72.cluster.start-trays", Math.min(cluster.startTrays(), list.size()));
    if (cluster.joinTimeout().compareTo(LEAST_JOIN_TIME) < 0) {
      set(ofAll, "rack72.cluster.join-timeout", LEAST_JOIN_TIME.toMinutes() + " minutes");
    }
    ofAll.addAll(List.of("--json", "--stop-on-eof"));
    return (plan, doors, listener) -> {
      List<String> arguments = new ArrayList<>(List.of("tray", "--trays", plan.trays().toString()));
      plan.gatewayPort()
          .ifPresent(
              own -> arguments.addAll(List.of("--gateway", "--port", Integer.toString(own))));
      doors.forEach(door -> arguments.addAll(List.of("--join", door)));
      if (!doors.isEmpty()) {
        arguments.add("--join-when-told");
      }
      arguments.addAll(ofAll);
      return NodeProcess.start(childJvm.command(jvms, arguments), environment, listener);
    };
  }

  private RackSizing sizing() {
    try (OpenModel model = OpenModel.open(config, invocation);
        Workers workers = new Workers(config.cpuThreads());
        Numerics numerics = ModelOnCpu.numerics(config, model, workers)) {
      return RackSizing.of(
          config, model.checkpoint().config(), numerics.weights(), invocation.hostMemoryBytes());
    }
  }

  private static void set(List<String> arguments, String key, Object value) {
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
