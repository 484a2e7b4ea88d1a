package io.rack72.cli;

import io.rack72.clock.Clock;
import io.rack72.cluster.ClusterNode;
import io.rack72.cluster.NodeCard;
import io.rack72.config.Rack72Config;
import io.rack72.hardware.TrayId;
import io.rack72.model.ForwardObserver;
import io.rack72.rack.NodeActor;
import io.rack72.rack.NodeParts;
import io.rack72.rack.RackSettings;
import io.rack72.rack.RackView;
import io.rack72.rack.ServedModel;
import io.rack72.routing.RouterActor;
import io.rack72.schedule.SchedulerLimits;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;

/** A node of a rack in many JVMs, as a gateway in this one sees the rack. */
record NodeRack(ClusterNode node, NodeParts parts, ModelOnCpu computing)
    implements RackLauncher.Rack {
  /**
   * A node that listens, and is in no rack yet.
   *
   * @param trays of the node; none for a gateway only
   * @param withText whether it has a gateway, which needs the model's tokenizer
   * @param faults whether the node takes what {@link io.rack72.cluster.NodeFaults} bring upon it
   * @param onView told of each view that the node follows, by a thread that must not be kept
   */
  static NodeRack start(
      Rack72Config config,
      Invocation invocation,
      List<TrayId> trays,
      boolean withText,
      boolean faults,
      Consumer<RackView> onView) {
    OpenModel model =
        withText ? OpenModel.open(config, invocation) : OpenModel.openWeights(config, invocation);
    ModelOnCpu computing = ModelOnCpu.prepare(config, model);
    try {
      RackSettings settings = computing.settings(config, invocation.hostMemoryBytes());
      NodeParts parts;
      try {
        parts =
            new NodeParts(
                settings,
                computing.model().checkpoint(),
                computing.model().name(),
                computing.model().tokenizer(),
                computing.numerics(),
                ForwardObserver.NONE);
      } catch (IllegalArgumentException e) {
        throw new CommandFailedException(e.getMessage(), e);
      }
      ClusterNode node =
          ClusterNode.start(
              parts,
              config.cluster(),
              card(config, parts, computing),
              trays,
              computing.clock(),
              faults,
              onView);
      return new NodeRack(node, parts, computing);
    } catch (RuntimeException | Error e) {
      computing.close();
      throw e;
    }
  }

  /** What must be alike on all nodes of a rack. */
  static NodeCard card(Rack72Config config, NodeParts parts, ModelOnCpu computing) {
    RackSettings settings = parts.settings();
    SortedMap<String, String> shared = new TreeMap<>();
    shared.put("rack72.rack and rack72.gpu", settings.profile().toString());
    shared.put("rack72.expert-parallel", "" + settings.expertParallel());
    shared.put("rack72.data-parallel", "" + settings.dataParallel());
    shared.put("rack72.kv.block-tokens", "" + settings.kv().blockTokens());
    shared.put("rack72.kv.bytes-per-gpu", "" + settings.kv().hbmBytes());
    shared.put("rack72.kv.host-bytes-per-gpu", "" + settings.kv().hostBytes());
    shared.put("rack72.kv.prefix-cache", "" + settings.kv().sharesPrefixes());
    SchedulerLimits limits = settings.scheduler();
    shared.put("rack72.scheduler.token-budget", "" + limits.tokenBudget());
    shared.put("rack72.scheduler.prefill-chunk", "" + limits.prefillChunk());
    shared.put("rack72.scheduler.prefill-beside-decodes", "" + limits.prefillBesideDecodes());
    shared.put("rack72.scheduler.max-running", "" + limits.maxRunning());
    shared.put("rack72.scheduler.max-waiting", "" + limits.maxWaiting());
    shared.put("rack72.scheduler.max-waiting-tokens", "" + limits.maxWaitingTokens());
    shared.put("rack72.scheduler.priority-aging", "" + limits.agingArrivals());
    shared.put("rack72.scheduler.context-limit", "" + limits.contextLimit());
    shared.put("rack72.fabric.credit-bytes", "" + settings.portWindowBytes());
    shared.put("rack72.numeric-mode and rack72.fast", computing.numerics().mode());
    shared.put("rack72.model.name", parts.model().name());
    shared.put("rack72.cluster.timing", config.cluster().timing().name().toLowerCase(Locale.ROOT));
    shared.put("rack72.cluster.start-trays", "" + config.cluster().startTrays());
    return new NodeCard(
        config.cluster().name(),
        Version.current(),
        computing.model().checkpoint().fingerprint(),
        shared);
  }

  @Override
  public String kernels() {
    return computing.numerics().kernels().name();
  }

  @Override
  public ServedModel model() {
    return parts.model();
  }

  @Override
  public RackSettings settings() {
    return parts.settings();
  }

  @Override
  public ActorSystem<NodeActor.Command> system() {
    return node.node().system();
  }

  @Override
  public ActorRef<RouterActor.Command> router() {
    return node.node().router();
  }

  @Override
  public Clock clock() {
    return computing.clock();
  }

  @Override
  public void close() {
    try {
      node.close();
    } finally {
      computing.closeAfter(system());
    }
  }
}
