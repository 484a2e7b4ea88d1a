package io.rack72.cli;

import io.rack72.cluster.ClusterNode;
import io.rack72.config.ConfigLayers;
import io.rack72.config.Rack72Config;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options of all commands that run one node of a rack in many JVMs. */
final class NodeOptions {
  /** For the end of a JVM when its actors have stopped. */
  private static final Duration STOP_MARGIN = Duration.ofSeconds(5);

  @Option(
      names = "--join",
      paramLabel = "HOST:PORT",
      description =
          "A node of the rack to join; can be repeated. Without it a new rack begins here.")
  private List<String> join = List.of();

  @Option(names = "--json", description = "Tell what happens in lines of JSON.")
  private boolean json;

  @Option(names = "--stop-on-eof", hidden = true)
  private boolean stopOnEof;

  /** For a node of many that start at once; without {@link #stopOnEof} nobody would tell it. */
  @Option(names = "--join-when-told", hidden = true)
  private boolean joinWhenTold;

  @Option(names = "--accept-faults", hidden = true)
  private boolean acceptFaults;

  /** The settings with these options' above them. */
  ConfigLayers addTo(ConfigLayers layers) {
    return join.isEmpty() ? layers : layers.option("--join", "rack72.cluster.join", join);
  }

  boolean json() {
    return json;
  }

  /**
   * Ends with the process that started this one, where that was asked for.
   *
   * @param out where faults are acknowledged
   * @return what that process says
   */
  ParentInput watchParent(Rack72Config config, Invocation invocation, PrintWriter out) {
    ParentInput parent =
        new ParentInput(
            joinWhenTold && stopOnEof,
            acceptFaults ? Optional.of(new FaultInput(out)) : Optional.empty());
    if (stopOnEof) {
      ParentWatch.start(invocation.in(), parent::take, stopLimit(config));
    }
    return parent;
  }

  /** The longest that the JVM of a node takes to stop in order. */
  static Duration stopLimit(Rack72Config config) {
    return config
        .http()
        .stopGrace()
        .plus(config.cluster().leaveTimeout())
        .plus(ClusterNode.STOP_DEADLINE)
        .plus(STOP_MARGIN);
  }
}
