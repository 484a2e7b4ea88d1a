package io.rack72.rack;

import io.rack72.hardware.GpuId;
import io.rack72.hardware.RackProfile;
import io.rack72.hardware.TrayId;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.Placement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Decides who is in the rack and who does what in it. It is off the path of tokens: while it is
 * away, all go on as it said last.
 *
 * <p>A change goes in three steps, so that no request sees it. All nodes <i>prepare</i> the next
 * view: they hold the experts of both. When all have, all are told to <i>commit</i>: their next
 * steps follow the new view, and sequences of GPUs that take none any more are given back to their
 * gateways, which submit them again. When no step follows the old view any more, all <i>release</i>
 * what only it needed, and nodes that wanted to leave may. A node that is gone meanwhile, or is
 * lost at any time, makes a next view necessary at once; steps that wait for its GPUs begin anew.
 *
 * <p>A keeper that takes over from another waits until all nodes have told what they know, and goes
 * on from the latest view that one of them follows.
 *
 * <p>A pure class: messages in, orders out. Not thread-safe.
 */
public final class Keeper {
  /**
   * What does not change while the rack runs.
   *
   * @param expertParallel GPUs over which each copy of the experts is spread, if there are so many
   * @param dataParallel GPUs that take sequences, if there are so many
   * @param layers of the model
   * @param experts of each layer
   * @param startTrays trays with which the rack begins to serve
   * @param fits whether a placement fits in the HBM of its GPUs
   */
  public record Rules(
      RackProfile rack,
      int expertParallel,
      int dataParallel,
      int layers,
      int experts,
      int startTrays,
      Predicate<Placement> fits) {}

  /** An order and whom it is for. */
  public record Sent(NodeId to, NodeOrder order) {}

  private enum Phase {
    /** Waiting for what nodes know of a rack that was there before this keeper. */
    RECOVERING,
    STEADY,
    PREPARING,
    SETTLING
  }

  /**
   * Epochs for each term of office. What a keeper has ordered last may come later than the first
   * orders of the next, and must not be taken for one of them.
   */
  public static final long EPOCHS_PER_TERM = 1_000;

  private final Rules rules;
  private final SortedMap<NodeId, NodeState> nodes = new TreeMap<>();
  private final TrayClaims claims = new TrayClaims();
  private final Set<NodeId> gone = new HashSet<>();
  private final Set<NodeId> awaited = new HashSet<>();
  // Those that take part in the change that is under way.
  private final SortedSet<NodeId> participants = new TreeSet<>();
  // GPUs whose loss the last commit told of.
  private Set<GpuId> lastLost = Set.of();
  // GPUs whose loss the nodes have not been told of.
  private final SortedSet<GpuId> lost = new TreeSet<>();
  // Views that steps may still follow, by ascending epoch; the last is the current one.
  private final List<RackView> followed = new ArrayList<>();
  private final List<Sent> orders = new ArrayList<>();
  // Nodes that have told of themselves since the last order to all, and so may have it.
  private final Set<NodeId> heardSinceOrder = new HashSet<>();
  private Phase phase = Phase.RECOVERING;
  // Nodes that were told that there is no room, until there is.
  private final Set<NodeId> starved = new HashSet<>();
  private String starvedBecause = "";
  // Whether all were told to forget what was before the current view.
  private boolean released;
  // The view that all follow, or begin to.
  private RackView current;
  private RackView next;
  private long lastEpoch;

  /**
   * @param present nodes that are there already, from which the keeper must hear first
   * @param term number of the keeper: greater than those of all keepers before, from 0
   */
  public Keeper(Rules rules, Collection<NodeId> present, long term) {
    this.rules = rules;
    lastEpoch = term * EPOCHS_PER_TERM;
    awaited.addAll(present);
    recoverIfAllAreHeard();
  }

  /** A node tells of itself; again whenever it likes. */
  public List<Sent> present(NodeState state) {
    NodeId id = state.id();
    if (gone.contains(id)) {
      // It said so before it went.
      return taken();
    }
    if (phase == Phase.RECOVERING) {
      nodes.put(id, state);
      awaited.remove(id);
      recoverIfAllAreHeard();
      return taken();
    }
    if (!nodes.containsKey(id) && state.lastEpoch() > 0) {
      refuse(id, "the rack went on without it, since it was not heard of in time: start it again");
      return taken();
    }
    claims.heardFrom(id);
    if (isLetIn(state)) {
      boolean hadWork = addFailedTrays(nodes.put(id, state), state);
      if (hadWork && phase != Phase.STEADY) {
        // Nobody can finish what waits for them.
        begin();
      } else {
        tellAgain(state);
        decide();
      }
    }
    return taken();
  }

  /**
   * Tells a node again what it was told and shows no sign of, since orders and answers to them can
   * be lost where a connection breaks. It answers again to what it has done already.
   */
  private void tellAgain(NodeState state) {
    NodeId node = state.id();
    if (phase == Phase.STEADY) {
      if (starved.contains(node) && !state.starved() && !heardSinceOrder.add(node)) {
        orders.add(new Sent(node, new NodeOrder.NoRoom(starvedBecause)));
      } else if (released && isBehindRelease(state) && !heardSinceOrder.add(node)) {
        orders.add(new Sent(node, new NodeOrder.Release(current.epoch())));
      }
      return;
    }
    if (!awaited.contains(node) || heardSinceOrder.add(node)) {
      // What it says now it may have said before it had the order.
      return;
    }
    if (phase == Phase.PREPARING) {
      orders.add(new Sent(node, new NodeOrder.Prepare(next)));
    } else if (phase == Phase.SETTLING) {
      orders.add(new Sent(node, new NodeOrder.Commit(current.epoch(), lastLost)));
    }
  }

  /** Whether a node follows the current view and has not forgotten those before it. */
  private boolean isBehindRelease(NodeState state) {
    return state.oldestEpoch() < current.epoch()
        && state.committed().filter(view -> view.epoch() == current.epoch()).isPresent();
  }

  /**
   * Whether trays had GPUs in a view that is followed or prepared, and have failed in their node.
   */
  private boolean addFailedTrays(NodeState before, NodeState now) {
    boolean hadWork = false;
    if (before != null) {
      List<TrayId> gone = new ArrayList<>(before.trays());
      gone.removeAll(now.trays());
      for (TrayId tray : gone) {
        for (GpuId gpu : rules.rack().gpusOf(tray)) {
          hadWork |= addLost(gpu, now.id());
        }
      }
    }
    return hadWork;
  }

  /** Gives a node its trays, or tells it why it cannot have them. */
  private boolean isLetIn(NodeState state) {
    for (TrayId tray : state.trays()) {
      if (tray.index() >= rules.rack().trays()) {
        refuse(
            state.id(),
            "there is no %s: rack %s has %d trays, from 0"
                .formatted(tray, rules.rack().name(), rules.rack().trays()));
        return false;
      }
    }
    Optional<TrayClaims.Taken> taken = claims.claim(state);
    taken
        .filter(TrayClaims.Taken::alive)
        .ifPresent(
            other ->
                refuse(
                    state.id(),
                    "%s is the JVM's at %s%s; one at %s cannot have it too"
                        .formatted(
                            other.tray(), other.holder(), incarnation(other.tray()), state.id())));
    return taken.isEmpty();
  }

  private void refuse(NodeId node, String reason) {
    orders.add(new Sent(node, new NodeOrder.Refuse(reason)));
  }

  private String incarnation(TrayId tray) {
    return current == null
        ? ""
        : current.members().stream()
            .flatMap(member -> member.trays().stream())
            .filter(claim -> claim.tray().equals(tray))
            .map(claim -> ", incarnation " + claim.incarnation())
            .findFirst()
            .orElse("");
  }

  /** A node is ready to follow a view. */
  public List<Sent> prepared(NodeId node, long epoch) {
    if (phase == Phase.PREPARING && epoch == next.epoch()) {
      awaited.remove(node);
      commitIfAllArePrepared();
    }
    return taken();
  }

  /** No step of a node follows an earlier view. */
  public List<Sent> settled(NodeId node, long epoch) {
    if (phase == Phase.SETTLING && epoch == current.epoch()) {
      awaited.remove(node);
      releaseIfAllAreSettled();
    }
    return taken();
  }

  /** A node is not there any more, whether it was to leave or not. */
  public List<Sent> gone(NodeId node) {
    gone.add(node);
    awaited.remove(node);
    participants.remove(node);
    nodes.remove(node);
    claims.forget(node);
    if (phase == Phase.RECOVERING) {
      recoverIfAllAreHeard();
      return taken();
    }
    boolean hadWork = addLost(node);
    switch (phase) {
      case RECOVERING, STEADY -> decide();
      case PREPARING -> {
        if (hadWork) {
          // Nobody can finish what waits for it.
          begin();
        } else {
          commitIfAllArePrepared();
        }
      }
      case SETTLING -> {
        if (hadWork) {
          begin();
        } else {
          releaseIfAllAreSettled();
        }
      }
    }
    return taken();
  }

  /** Nodes that have not told of themselves by now are not waited for any longer. */
  public List<Sent> recoveryIsOver() {
    if (phase == Phase.RECOVERING) {
      awaited.clear();
      recoverIfAllAreHeard();
    }
    return taken();
  }

  /** Whether a node had GPUs in a view that is followed or prepared; they are lost. */
  private boolean addLost(NodeId node) {
    boolean hadGpus = false;
    for (GpuId gpu : rules.rack().gpus()) {
      hadGpus |= addLost(gpu, node);
    }
    return hadGpus;
  }

  /** Whether a GPU of a node was in a view that is followed or prepared; it is lost. */
  private boolean addLost(GpuId gpu, NodeId node) {
    boolean wasThere = next != null && node.equals(next.nodes(rules.rack()).get(gpu));
    for (RackView view : followed) {
      if (node.equals(view.nodes(rules.rack()).get(gpu))) {
        lost.add(gpu);
        wasThere = true;
      }
    }
    return wasThere;
  }

  private void recoverIfAllAreHeard() {
    if (!awaited.isEmpty()) {
      return;
    }
    phase = Phase.STEADY;
    for (NodeState state : nodes.values()) {
      lastEpoch = Math.max(lastEpoch, state.lastEpoch());
      RackView view = state.committed().orElse(null);
      if (view != null && (current == null || view.epoch() > current.epoch())) {
        current = view;
      }
    }
    if (current != null) {
      followed.add(current);
      loseAllButCurrent();
    }
    // Who is in the rack comes before those that want its place.
    List<NodeState> heard = new ArrayList<>(nodes.values());
    heard.sort(Comparator.comparing(state -> !isMember(state.id())));
    for (NodeState state : heard) {
      if (!isLetIn(state)) {
        nodes.remove(state.id());
      }
    }
    if (current == null) {
      decide();
    } else {
      // Whatever the keeper before had begun ends with this.
      begin();
    }
  }

  /**
   * Which views steps follow is not known, nor whose loss was told of. Steps that wait for a GPU
   * that is well begin anew for nothing, and no harm is done.
   */
  private void loseAllButCurrent() {
    lost.addAll(rules.rack().gpus());
    SortedMap<GpuId, NodeId> there = current.nodes(rules.rack());
    there.entrySet().removeIf(gpu -> !has(gpu.getValue(), rules.rack().trayOf(gpu.getKey())));
    for (NodeState state : nodes.values()) {
      state
          .committed()
          .ifPresent(
              view ->
                  view.nodes(rules.rack())
                      .forEach(
                          (gpu, node) ->
                              there.computeIfPresent(
                                  gpu, (_, now) -> now.equals(node) ? now : null)));
    }
    lost.removeAll(there.keySet());
  }

  private boolean has(NodeId node, TrayId tray) {
    return nodes.containsKey(node) && nodes.get(node).trays().contains(tray);
  }

  /** Begins a change where one is due and none is under way. */
  private void decide() {
    if (phase != Phase.STEADY) {
      return;
    }
    if (isDue()) {
      begin();
    }
    if (phase == Phase.STEADY) {
      letGo();
    }
  }

  private boolean isDue() {
    SortedMap<TrayId, NodeId> wanted = wanted();
    if (current == null) {
      return wanted.size() >= rules.startTrays();
    }
    return !members(wanted, current.epoch()).equals(current.members());
  }

  /**
   * Trays that are to be in the rack: who wants to leave must stay where others cannot do it, but
   * does not come back once the rack has gone on without it. One that was lost and is another
   * node's now comes back when all have been told of the loss, unless there is no room without it.
   */
  private SortedMap<TrayId, NodeId> wanted() {
    SortedMap<TrayId, NodeId> there = claims.holders();
    there.values().removeIf(node -> nodes.get(node).leaving() && !isMember(node));
    there.keySet().removeIf(tray -> !Collections.disjoint(rules.rack().gpusOf(tray), lost));
    if (!haveRoom(there)) {
      there = claims.holders();
      there.values().removeIf(node -> nodes.get(node).leaving() && !isMember(node));
    }
    SortedMap<TrayId, NodeId> staying = new TreeMap<>(there);
    staying.values().removeIf(node -> nodes.get(node).leaving());
    return haveRoom(staying) ? staying : there;
  }

  private boolean haveRoom(SortedMap<TrayId, NodeId> trays) {
    return !trays.isEmpty() && (current == null || rules.fits().test(placement(trays, 0)));
  }

  private List<GpuId> gpus(SortedMap<TrayId, NodeId> trays) {
    return trays.keySet().stream().flatMap(tray -> rules.rack().gpusOf(tray).stream()).toList();
  }

  private Placement placement(SortedMap<TrayId, NodeId> trays, long epoch) {
    List<GpuId> gpus = gpus(trays);
    int degree = Math.min(rules.expertParallel(), gpus.size());
    return current == null
        ? Placement.first(
            new ExpertPlacement(epoch, degree, rules.layers(), rules.experts(), gpus),
            rules.dataParallel())
        : current.placement().moved(epoch, degree, rules.dataParallel(), gpus);
  }

  /** Members that have these trays, and gateways that do not leave. */
  private List<Member> members(SortedMap<TrayId, NodeId> trays, long epoch) {
    List<Member> members = new ArrayList<>();
    for (NodeState node : nodes.values()) {
      List<TrayClaim> claimed =
          node.trays().stream()
              .filter(tray -> node.id().equals(trays.get(tray)))
              .map(tray -> new TrayClaim(tray, incarnation(tray, node.id(), epoch)))
              .toList();
      if (!claimed.isEmpty() || !node.leaving()) {
        members.add(new Member(node.id(), claimed, node.http()));
      }
    }
    return members;
  }

  private long incarnation(TrayId tray, NodeId node, long epoch) {
    return current == null
        ? epoch
        : current.members().stream()
            .filter(member -> member.id().equals(node))
            .flatMap(member -> member.trays().stream())
            .filter(claim -> claim.tray().equals(tray))
            .mapToLong(TrayClaim::incarnation)
            .findFirst()
            .orElse(epoch);
  }

  private void begin() {
    if (phase == Phase.SETTLING) {
      // Who has not settled may not have heard what was lost before.
      lost.addAll(lastLost);
    }
    SortedMap<TrayId, NodeId> trays = wanted();
    next = null;
    if (current == null && trays.size() < rules.startTrays()) {
      waitForTrays();
      return;
    }
    if (trays.isEmpty()) {
      waitForTrays();
      starve("no tray of the rack is left");
      return;
    }
    long epoch = lastEpoch + 1;
    next = new RackView(placement(trays, epoch), members(trays, epoch));
    if (!rules.fits().test(next.placement())) {
      next = null;
      waitForTrays();
      starve(
          "%d of the rack's trays are left, and the model does not fit in their HBM"
              .formatted(trays.size()));
      return;
    }
    starved.clear();
    lastEpoch = epoch;
    phase = Phase.PREPARING;
    participants.clear();
    participants.addAll(nodes.keySet());
    awaitAll();
    tellAll(new NodeOrder.Prepare(next));
  }

  private void waitForTrays() {
    phase = Phase.STEADY;
    awaited.clear();
  }

  private void starve(String reason) {
    starvedBecause = reason;
    for (NodeId node : nodes.keySet()) {
      if (starved.add(node)) {
        heardSinceOrder.remove(node);
        orders.add(new Sent(node, new NodeOrder.NoRoom(reason)));
      }
    }
  }

  /** All that were there take part, also those that leave: they give their work away. */
  private void awaitAll() {
    awaited.clear();
    awaited.addAll(participants);
  }

  private void tellAll(NodeOrder order) {
    heardSinceOrder.clear();
    participants.forEach(node -> orders.add(new Sent(node, order)));
  }

  private void commitIfAllArePrepared() {
    if (awaited.isEmpty()) {
      current = next;
      next = null;
      released = false;
      followed.add(current);
      phase = Phase.SETTLING;
      awaitAll();
      lastLost = new TreeSet<>(lost);
      tellAll(new NodeOrder.Commit(current.epoch(), lastLost));
      lost.clear();
    }
  }

  private void releaseIfAllAreSettled() {
    if (awaited.isEmpty()) {
      phase = Phase.STEADY;
      followed.removeIf(view -> view.epoch() < current.epoch());
      released = true;
      tellAll(new NodeOrder.Release(current.epoch()));
      decide();
    }
  }

  /** Those that want to leave and have nothing to do, or nobody to do it for, may. */
  private void letGo() {
    boolean anyOpen = nodes.values().stream().anyMatch(NodeState::open);
    boolean anyComputes = !claims.holders().isEmpty();
    for (NodeState node : nodes.values()) {
      if (node.leaving() && !(anyOpen && anyComputes && isMember(node.id()))) {
        orders.add(new Sent(node.id(), new NodeOrder.MayLeave()));
      }
    }
  }

  private boolean isMember(NodeId node) {
    return current != null
        && current.members().stream().anyMatch(member -> member.id().equals(node));
  }

  private List<Sent> taken() {
    List<Sent> taken = List.copyOf(orders);
    orders.clear();
    return taken;
  }
}
