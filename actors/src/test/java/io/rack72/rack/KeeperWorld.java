package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.hardware.GpuId;
import io.rack72.hardware.RackProfile;
import io.rack72.hardware.TrayId;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A rack of simulated nodes around real keepers, in which messages are late, nodes come, leave and
 * crash, and so does the one on which the keeper is. What one sends another comes in order; between
 * other pairs anything overtakes.
 */
final class KeeperWorld {
  private static final int TRAYS = 5;
  private static final RackProfile RACK = new RackProfile("world", TRAYS, 1, RackHarness.FAST_GPU);
  private static final int MOST_NODES = 8;
  private static final int MOST_ROUNDS = 400;

  /** Two ends; the keeper's are its name. */
  private record Pair(String from, String to) {}

  private final SplittableRandom random;
  private final Keeper.Rules rules;
  // Trays without which there is no room for the model.
  private final int neededTrays;
  private final Map<Pair, Queue<Runnable>> underway = new LinkedHashMap<>();
  // All that the cluster knows of, the oldest first; those that are not up it has not noticed yet.
  private final Map<NodeId, SimulatedNode> members = new LinkedHashMap<>();
  private final Map<Long, RackView> viewsOfEpochs = new TreeMap<>();
  private final Set<NodeId> removedFromKeeper = new HashSet<>();
  private Keeper keeper;
  private String keeperName;
  private NodeId keeperHost;
  private int keepers;
  private int runs;
  private long lastPrepared;
  private boolean calm;
  private int finishedSteps;

  KeeperWorld(long seed) {
    random = new SplittableRandom(seed);
    neededTrays = random.nextInt(1, 3);
    rules =
        new Keeper.Rules(
            RACK,
            random.nextInt(1, TRAYS + 1),
            random.nextInt(1, TRAYS + 1),
            2,
            4,
            random.nextInt(1, 4),
            placement -> placement.experts().gpus().length >= neededTrays);
    add();
  }

  /** Steps that all simulated GPUs have finished. */
  int finishedSteps() {
    return finishedSteps;
  }

  void live(int events) {
    for (int i = 0; i < events; i++) {
      event();
    }
  }

  private void event() {
    int what = random.nextInt(100);
    if (what < 62) {
      deliverOne();
    } else if (what < 78) {
      anyMember().tick();
    } else if (what < 91) {
      anyMember().beginStep();
    } else if (what < 94) {
      add();
    } else if (what < 96) {
      anyMember().leave();
    } else if (what < 97) {
      anyMember().stop();
    } else if (what < 98 && random.nextInt(4) == 0) {
      anyMember().failTray();
    } else if (what < 98 && random.nextInt(20) == 0) {
      give(keeper.recoveryIsOver());
    } else {
      notice(anyMember());
    }
  }

  private SimulatedNode anyMember() {
    if (members.isEmpty()) {
      add();
    }
    List<SimulatedNode> all = List.copyOf(members.values());
    return all.get(random.nextInt(all.size()));
  }

  private void add() {
    if (members.size() >= MOST_NODES) {
      return;
    }
    boolean gateway = random.nextInt(3) == 0;
    Set<TrayId> trays = new LinkedHashSet<>();
    for (int i = random.nextInt(gateway ? 0 : 1, 3); i > 0; i--) {
      trays.add(new TrayId(random.nextInt(TRAYS)));
    }
    runs++;
    NodeId id = new NodeId("node-" + runs % 10, runs);
    members.put(id, new SimulatedNode(id, List.copyOf(trays), gateway || trays.isEmpty()));
    if (keeperHost == null) {
      startKeeper();
    }
  }

  /** On the oldest node, which knows what the cluster does. */
  private void startKeeper() {
    if (members.isEmpty()) {
      keeperHost = null;
      return;
    }
    keeperHost = members.keySet().iterator().next();
    keeperName = "keeper-" + ++keepers;
    removedFromKeeper.clear();
    keeper = new Keeper(rules, members.keySet(), keeperHost.run() - 1);
  }

  private boolean keeperIsUp() {
    SimulatedNode host = members.get(keeperHost);
    return host != null && host.up;
  }

  /** The cluster finds out that a node is not there any more. */
  private void notice(SimulatedNode node) {
    if (node.up || members.remove(node.id) == null) {
      return;
    }
    if (node.id.equals(keeperHost)) {
      startKeeper();
    } else {
      removedFromKeeper.add(node.id);
      NodeId id = node.id;
      String toKeeper = keeperName;
      send(
          "cluster",
          toKeeper,
          () -> {
            if (keeperName.equals(toKeeper) && keeperIsUp()) {
              give(keeper.gone(id));
            }
          });
    }
  }

  /** Where a connection breaks, what is on its way is lost. */
  private boolean isLost() {
    return !calm && random.nextInt(40) == 0;
  }

  private void send(String from, String to, Runnable effect) {
    underway.computeIfAbsent(new Pair(from, to), _ -> new ArrayDeque<>()).add(effect);
  }

  private void deliverOne() {
    underway.values().removeIf(Queue::isEmpty);
    if (!underway.isEmpty()) {
      List<Queue<Runnable>> all = List.copyOf(underway.values());
      all.get(random.nextInt(all.size())).remove().run();
    }
  }

  /** A message of a node to whichever keeper there is when it arrives. */
  private void tellKeeper(NodeId from, Supplier<List<Keeper.Sent>> message) {
    send(
        from.address() + from.run(),
        "keeper",
        () -> {
          // A keeper hears of nodes that were removed before its time by nobody.
          boolean known = members.containsKey(from) || removedFromKeeper.contains(from);
          if (keeperIsUp() && known && !isLost()) {
            give(message.get());
          }
        });
  }

  private void give(List<Keeper.Sent> orders) {
    for (Keeper.Sent sent : orders) {
      if (sent.order() instanceof NodeOrder.Prepare(RackView view)) {
        check(view);
      }
      send(
          keeperName,
          sent.to().address() + sent.to().run(),
          () -> {
            SimulatedNode node = members.get(sent.to());
            if (node != null && node.up && !isLost()) {
              node.on(sent.order());
            }
          });
    }
  }

  private void check(RackView view) {
    RackView other = viewsOfEpochs.putIfAbsent(view.epoch(), view);
    assertTrue(other == null || other.equals(view), "two views of epoch " + view.epoch());
    assertTrue(view.epoch() >= lastPrepared, "epochs go back to " + view.epoch());
    lastPrepared = view.epoch();
    assertFalse(view.placement().attending().isEmpty(), "nobody takes sequences in " + view);
    Set<TrayId> seen = new HashSet<>();
    for (Member member : view.members()) {
      for (TrayClaim claim : member.trays()) {
        assertTrue(seen.add(claim.tray()), claim.tray() + " has two nodes in " + view);
        assertTrue(claim.incarnation() <= view.epoch());
      }
    }
  }

  /** Nothing happens any more but what is under way; then all must be well. */
  void calmDown() {
    calm = true;
    int quiet = 0;
    for (int round = 0; round < MOST_ROUNDS && quiet < 4; round++) {
      List.copyOf(members.values()).forEach(this::notice);
      members.values().forEach(SimulatedNode::tick);
      boolean before = isWell();
      while (underway.values().stream().anyMatch(queue -> !queue.isEmpty())) {
        deliverOne();
      }
      if (round == MOST_ROUNDS / 2) {
        give(keeper.recoveryIsOver());
      }
      quiet = before && isWell() ? quiet + 1 : 0;
    }
    if (members.values().stream().anyMatch(node -> node.up)) {
      assertEquals("", trouble());
    }
  }

  private boolean isWell() {
    return members.values().stream().allMatch(node -> node.up) && trouble().isEmpty();
  }

  /** What is not as it should be when all is calm. */
  private String trouble() {
    List<SimulatedNode> computing =
        members.values().stream().filter(node -> !node.trays.isEmpty()).toList();
    List<SimulatedNode> staying = computing.stream().filter(node -> !node.leaving).toList();
    List<TrayId> trays =
        computing.stream().flatMap(node -> node.trays.stream()).distinct().sorted().toList();
    List<TrayId> stayingTrays =
        staying.stream().flatMap(node -> node.trays.stream()).distinct().sorted().toList();
    if (members.values().stream().anyMatch(node -> node.running != 0)) {
      return "a step never ends";
    }
    boolean someoneWaitsToGo = members.values().stream().anyMatch(node -> node.leaving);
    boolean canGoOn = stayingTrays.size() >= 2;
    if (someoneWaitsToGo && canGoOn) {
      return "others can do the work of those that want to leave, and they may not";
    }
    long committed = members.values().stream().filter(node -> node.committed != null).count();
    boolean began = committed > 0;
    if (!began) {
      return trays.size() < Math.max(rules.startTrays(), neededTrays)
          ? ""
          : "the rack does not begin";
    }
    if (trays.size() < neededTrays) {
      return members.values().stream().allMatch(node -> node.noRoom)
          ? ""
          : "there is no room, and not all know";
    }
    if (members.values().stream().anyMatch(node -> node.noRoom)) {
      return "there is room again, and not all know";
    }
    RackView view = viewsOfEpochs.get(lastPrepared);
    for (SimulatedNode node : members.values()) {
      boolean gatewayThatMayGo = node.leaving && node.trays.isEmpty();
      if (!view.equals(node.committed) && !gatewayThatMayGo) {
        return node.id + " follows " + node.committed + ", not " + view;
      }
      if (node.views.size() != 1) {
        return node.id + " still holds " + node.views.keySet();
      }
    }
    List<TrayId> inView =
        view.members().stream()
            .flatMap(member -> member.trays().stream())
            .map(TrayClaim::tray)
            .sorted()
            .toList();
    if (!inView.equals(trays) && !inView.equals(stayingTrays)) {
      return "the view has " + inView + ", there are " + trays;
    }
    for (Member member : view.members()) {
      if (!members.containsKey(member.id())) {
        return member.id() + " is in the view and gone";
      }
    }
    return "";
  }

  /** A node as {@link NodeActor} is one, with one GPU for each tray. */
  private final class SimulatedNode {
    private final NodeId id;
    private final boolean gateway;
    private List<TrayId> trays;
    private final TreeMap<Long, RackView> views = new TreeMap<>();
    private final Set<GpuId> lost = new HashSet<>();
    private final Set<GpuId> awaited = new HashSet<>();
    private boolean up = true;
    private boolean leaving;
    private boolean noRoom;
    private RackView committed;
    // Epoch of the step that the node's GPUs run together; 0 for none.
    private long running;
    private long run;
    private boolean settling;

    SimulatedNode(NodeId id, List<TrayId> trays, boolean gateway) {
      this.id = id;
      this.trays = trays.stream().sorted().toList();
      this.gateway = gateway;
    }

    void tick() {
      if (up) {
        NodeState state =
            new NodeState(
                id,
                trays,
                gateway ? "http" : "",
                gateway && !leaving,
                leaving,
                views.isEmpty() ? 0 : views.lastKey(),
                Optional.ofNullable(committed),
                views.isEmpty() ? 0 : views.firstKey(),
                noRoom);
        tellKeeper(id, () -> keeper.present(state));
      }
    }

    void leave() {
      leaving = true;
      tick();
    }

    void stop() {
      up = false;
    }

    /** A GPU of it fails, and takes its tray with it. */
    void failTray() {
      if (up && (trays.size() > 1 || (gateway && !trays.isEmpty()))) {
        trays = trays.subList(0, trays.size() - 1);
        if (trays.isEmpty()) {
          running = 0;
          settle();
        }
        tick();
      }
    }

    private boolean works(GpuId gpu) {
      return trays.contains(RACK.trayOf(gpu));
    }

    void on(NodeOrder order) {
      switch (order) {
        case NodeOrder.Prepare(RackView view) -> {
          if (views.isEmpty() || view.epoch() > views.lastKey()) {
            views.put(view.epoch(), view);
          }
          if (isLast(view.epoch()) && !view.equals(committed)) {
            tellKeeper(id, () -> keeper.prepared(id, view.epoch()));
          }
        }
        case NodeOrder.Commit(long epoch, Set<GpuId> gone) -> commit(epoch, gone);
        case NodeOrder.Release(long epoch) -> {
          if (isLast(epoch)) {
            assertTrue(running == 0 || running == epoch, "released under a step");
            views.headMap(epoch).clear();
            lost.clear();
          }
        }
        case NodeOrder.NoRoom _ -> {
          noRoom = true;
          running = 0;
          settle();
        }
        case NodeOrder.Refuse _ -> stop();
        case NodeOrder.MayLeave() -> {
          assertTrue(leaving, id + " may leave, and does not want to");
          stop();
        }
        case NodeOrder.Report _ -> throw new AssertionError("a keeper asks for no report");
      }
    }

    private boolean isLast(long epoch) {
      return !views.isEmpty() && views.lastKey() == epoch;
    }

    private void commit(long epoch, Set<GpuId> gone) {
      if (!isLast(epoch)) {
        return;
      }
      if (views.get(epoch).equals(committed)) {
        if (!settling) {
          tellKeeper(id, () -> keeper.settled(id, epoch));
        }
        return;
      }
      assertTrue(committed == null || committed.epoch() < epoch);
      RackView before = running == 0 ? null : views.get(running);
      committed = views.get(epoch);
      noRoom = false;
      lost.addAll(gone);
      lost.removeAll(committed.nodes(RACK).keySet());
      settling = true;
      if (before != null && !Collections.disjoint(before.nodes(RACK).keySet(), gone)) {
        running = 0;
        beginStep();
      }
      settle();
    }

    private void settle() {
      if (settling && (running == 0 || running == committed.epoch())) {
        settling = false;
        long epoch = committed.epoch();
        tellKeeper(id, () -> keeper.settled(id, epoch));
      }
    }

    private Map<GpuId, NodeId> links() {
      Map<GpuId, NodeId> links = new TreeMap<>();
      views.values().forEach(view -> links.putAll(view.nodes(RACK)));
      links.keySet().removeAll(lost);
      return links;
    }

    /** A step of one of the node's GPUs, in one layer. */
    void beginStep() {
      if (!up || running != 0 || committed == null || noRoom) {
        return;
      }
      Map<GpuId, NodeId> placed = committed.nodes(RACK);
      if (committed.placement().attending().stream()
          .noneMatch(gpu -> id.equals(placed.get(gpu)) && works(gpu))) {
        return;
      }
      running = committed.epoch();
      run++;
      awaited.clear();
      for (GpuId gpu : placed.keySet()) {
        if (random.nextInt(2) == 0 && !calm) {
          continue;
        }
        awaited.add(gpu);
      }
      long asking = run;
      long epoch = running;
      for (GpuId gpu : List.copyOf(awaited)) {
        NodeId to = links().get(gpu);
        if (to != null) {
          sendFrame(to, node -> node.asked(this, gpu, asking, epoch));
        }
      }
      finishIfAnswered();
    }

    private void sendFrame(NodeId to, Consumer<SimulatedNode> effect) {
      String from = id.address() + id.run();
      send(
          from,
          to.address() + to.run(),
          () -> {
            SimulatedNode node = members.get(to);
            if (node != null && node.up) {
              effect.accept(node);
            }
          });
    }

    private void asked(SimulatedNode asker, GpuId gpu, long asking, long epoch) {
      boolean held =
          views.containsKey(epoch)
              && id.equals(views.get(epoch).nodes(RACK).get(gpu))
              && works(gpu);
      boolean wanted = asker.up && asker.run == asking && asker.running == epoch;
      // The asker may be about to hear that the epoch's view cannot be followed to its end.
      boolean whole =
          viewsOfEpochs.get(epoch).nodes(RACK).entrySet().stream()
              .allMatch(
                  there ->
                      members.containsKey(there.getValue())
                          && members.get(there.getValue()).up
                          && members.get(there.getValue()).works(there.getKey()));
      assertTrue(
          held || !wanted || !whole,
          gpu + " is asked by epoch " + epoch + ", which it does not hold");
      if (held) {
        viewsOfEpochs.get(epoch).nodes(RACK).entrySet().stream()
            .filter(there -> there.getValue().equals(asker.id) && asker.works(there.getKey()))
            .findFirst()
            .map(back -> links().get(back.getKey()))
            .ifPresent(to -> sendFrame(to, node -> node.answered(gpu, asking)));
      }
    }

    private void answered(GpuId gpu, long asking) {
      if (running != 0 && run == asking) {
        awaited.remove(gpu);
        finishIfAnswered();
      }
    }

    private void finishIfAnswered() {
      if (running != 0 && awaited.isEmpty()) {
        running = 0;
        finishedSteps++;
        settle();
      }
    }
  }
}
