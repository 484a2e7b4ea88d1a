package io.rack72.cli;

import io.rack72.cluster.ClusterNode;
import io.rack72.cluster.NodeFaults;
import io.rack72.config.ClusterSettings;
import io.rack72.config.Rack72Config;
import io.rack72.hardware.TrayId;
import io.rack72.rack.RackView;
import io.rack72.rack.WarmUp;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * One node of a rack in many JVMs, from its start until the process is told to stop: it listens,
 * warms up where the rack runs already, joins, opens its gateway and enters the rack; at the end it
 * closes its gateway, hands its work over and leaves.
 */
final class NodeRun {
  private final Rack72Config config;
  private final Invocation invocation;
  private final List<TrayId> trays;
  private final boolean withGateway;
  private final ParentInput parent;
  private final Teller teller;

  /**
   * @param trays of the node; none for a gateway only
   * @param parent says when the node joins, and which faults come upon it once it listens
   * @param json whether what happens is told in lines of JSON
   */
  NodeRun(
      Rack72Config config,
      Invocation invocation,
      List<TrayId> trays,
      boolean withGateway,
      ParentInput parent,
      PrintWriter out,
      boolean json) {
    this.config = config;
    this.invocation = invocation;
    this.trays = trays;
    this.withGateway = withGateway;
    this.parent = parent;
    teller = new Teller(out, json, config.rack().trays());
  }

  /** Runs until the process is told to stop, or the node has failed. */
  void untilStopped(PrintWriter err) throws InterruptedException {
    try (StopSignal stop = StopSignal.install();
        NodeRack rack =
            NodeRack.start(
                config,
                invocation,
                trays,
                withGateway,
                parent.faults().isPresent(),
                teller::view)) {
      run(rack, stop, err);
    }
  }

  private void run(NodeRack rack, StopSignal stop, PrintWriter err) throws InterruptedException {
    ClusterNode node = rack.node();
    parent.faults().ifPresent(input -> input.open(new NodeFaults(node)));
    Optional<RackLauncher.Gateway> gateway =
        withGateway ? Optional.of(LocalLauncher.gateway(rack, config)) : Optional.empty();
    try {
      CompletableFuture<?> end = endOf(rack);
      String http = gateway.map(open -> open.url().toString()).orElse("");
      teller.listens(trays, http, node.address(), rack.model().name());
      CompletableFuture<Boolean> mayJoin = parent.mayJoin().toCompletableFuture();
      stop.awaitOr(CompletableFuture.anyOf(mayJoin, end));
      BooleanSupplier pointless = () -> stop.isTold() || end.isDone();
      if (mayJoin.getNow(false) && warmsUp()) {
        teller.warmsUp();
        WarmUp.run(rack.parts(), rack.clock(), config.cluster().warmUp(), pointless);
      }
      if (node.join(pointless)) {
        node.enter(http);
      } else if (stop.isTold()) {
        // It is in no view, so there is nothing to hand over.
        return;
      }
      stop.orEndOf(end);
      err.println("rack72: leaving the rack");
      err.flush();
    } finally {
      gateway.ifPresent(
          open -> {
            open.close();
            teller.closed();
          });
    }
    node.leave();
  }

  /** Whether it will compute, for a rack in which others may wait for it. */
  private boolean warmsUp() {
    ClusterSettings cluster = config.cluster();
    return !trays.isEmpty() && !cluster.join().isEmpty() && cluster.warmUp().isPositive();
  }

  /** Of what must not end by itself: the node's actors, and its place in the rack. */
  private static CompletableFuture<?> endOf(NodeRack rack) {
    return CompletableFuture.anyOf(
        rack.system().getWhenTerminated().toCompletableFuture(),
        rack.node().node().milestones().ready().thenCompose(_ -> new CompletableFuture<>()));
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

    synchronized void warmsUp() {
      say(Map.of("event", "warm-up"), "rack72: warming up before it joins the rack");
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

    synchronized void closed() {
      say(Map.of("event", "closed"), "rack72: the gateway has closed");
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
}
