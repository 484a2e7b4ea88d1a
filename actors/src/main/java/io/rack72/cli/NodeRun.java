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
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * One node of a rack in many JVMs, from its start until the process is told to stop: it listens,
 * joins, opens its gateway and enters the rack; at the end it closes its gateway, hands its work
 * over and leaves.
 */
final class NodeRun {
  private final Rack72Config config;
  private final Invocation invocation;
  private final List<TrayId> trays;
  private final boolean withGateway;
  private final Teller teller;

  /**
   * @param trays of the node; none for a gateway only
   * @param json whether what happens is told in lines of JSON
   */
  NodeRun(
      Rack72Config config,
      Invocation invocation,
      List<TrayId> trays,
      boolean withGateway,
      PrintWriter out,
      boolean json) {
    this.config = config;
    this.invocation = invocation;
    this.trays = trays;
    this.withGateway = withGateway;
    teller = new Teller(out, json, config.rack().trays());
  }

  /** Runs until the process is told to stop, or the node has failed. */
  void untilStopped(PrintWriter err) throws InterruptedException {
    try (StopSignal stop = StopSignal.install();
        NodeRack rack = start()) {
      run(rack, stop, err);
    }
  }

  private NodeRack start() {
    ModelOnCpu computing = ModelOnCpu.prepare(config, OpenModel.open(config.model(), invocation));
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
              card(parts, computing),
              trays,
              computing.clock(),
              teller::view);
      return new NodeRack(node, parts, computing);
    } catch (RuntimeException | Error e) {
      computing.close();
      throw e;
    }
  }

  private void run(NodeRack rack, StopSignal stop, PrintWriter err) throws InterruptedException {
    ClusterNode node = rack.node();
    Optional<RackLauncher.Gateway> gateway =
        withGateway ? Optional.of(LocalLauncher.gateway(rack, config)) : Optional.empty();
    try {
      String http = gateway.map(open -> open.url().toString()).orElse("");
      teller.listens(trays, http, node.address(), rack.model().name());
      node.join();
      node.enter(http);
      stop.orEndOf(endOf(rack));
      err.println("rack72: leaving the rack");
      err.flush();
    } finally {
      gateway.ifPresent(RackLauncher.Gateway::close);
    }
    node.leave();
  }

  /** Of what must not end by itself: the node's actors, and its place in the rack. */
  private static CompletionStage<?> endOf(NodeRack rack) {
    return CompletableFuture.anyOf(
        rack.system().getWhenTerminated().toCompletableFuture(),
        rack.node().node().milestones().ready().thenCompose(_ -> new CompletableFuture<>()));
  }

  private NodeCard card(NodeParts parts, ModelOnCpu computing) {
    RackSettings settings = parts.settings();
    SortedMap<String, String> shared = new TreeMap<>();
    shared.put("rack72.rack and rack72.gpu", settings.profile().toString());
    shared.put("rack72.expert-parallel", "" + settings.expertParallel());
    shared.put("rack72.data-parallel", "" + settings.dataParallel());
    shared.put("rack72.kv.block-tokens", "" + settings.kv().blockTokens());
    shared.put("rack72.kv.bytes-per-gpu", "" + settings.kv().hbmBytes());
    shared.put("rack72.kv.host-bytes-per-gpu", "" + settings.kv().hostBytes());
    shared.put("rack72.kv.prefix-cache", "" + settings.kv().sharesPrefixes());
    shared.put("rack72.scheduler", settings.scheduler().toString());
    shared.put("rack72.fabric.credit-bytes", "" + settings.portWindowBytes());
    shared.put("rack72.numeric-mode", computing.numerics().mode());
    shared.put("rack72.model.name", parts.model().name());
    shared.put("rack72.cluster.start-trays", "" + config.cluster().startTrays());
    return new NodeCard(
        config.cluster().name(),
        Version.current(),
        computing.model().checkpoint().fingerprint(),
        shared);
  }

  /** Says what happens to the node, to a person or to a program. */
  private static final class Teller {
    private final PrintWriter out;
    private final boolean json;
    private final int ofTrays;
    private int trays = -1;
    private String model;
    private String http;

    Teller(PrintWriter out, boolean json, int ofTrays) {
      this.out = out;
      this.json = json;
      this.ofTrays = ofTrays;
    }

    synchronized void listens(List<TrayId> own, String newHttp, String address, String newModel) {
      http = newHttp;
      model = newModel;
      List<String> roles = new ArrayList<>();
      if (!own.isEmpty()) {
        roles.add("tray");
      }
      if (!http.isEmpty()) {
        roles.add("gateway");
      }
      Map<String, Object> event = new LinkedHashMap<>();
      event.put("event", "node");
      event.put("role", String.join("+", roles));
      event.put("trays", own.stream().map(TrayId::index).toList());
      event.put("pid", ProcessHandle.current().pid());
      if (!http.isEmpty()) {
        event.put("http", http);
      }
      event.put("artery", address);
      say(
          event,
          "rack72: %s listens to other nodes on %s%s"
              .formatted(
                  own.isEmpty() ? "a gateway" : own, address, http.isEmpty() ? "" : ", " + http));
    }

    synchronized void view(RackView view) {
      boolean first = trays < 0;
      int now = view.members().stream().mapToInt(member -> member.trays().size()).sum();
      if (now != trays) {
        trays = now;
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("event", "rack");
        event.put("trays", now);
        event.put("of", ofTrays);
        say(event, "rack72: %d of %d trays".formatted(now, ofTrays));
      }
      if (first) {
        ready(view.epoch());
      }
    }

    private void ready(long epoch) {
      Map<String, Object> event = new LinkedHashMap<>();
      event.put("event", "ready");
      event.put("epoch", epoch);
      event.put("model", model);
      if (!http.isEmpty()) {
        event.put("url", http);
      }
      say(event, "rack72: serving " + model + (http.isEmpty() ? "" : " on " + http));
    }

    private void say(Map<String, Object> event, String sentence) {
      out.println(json ? Json.line(event) : sentence);
      out.flush();
    }
  }

  /** The node as a gateway sees a rack. */
  private record NodeRack(ClusterNode node, NodeParts parts, ModelOnCpu computing)
      implements RackLauncher.Rack {
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
}
