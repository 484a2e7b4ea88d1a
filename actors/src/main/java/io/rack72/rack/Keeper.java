package io.rack72.rack;

import io.rack72.hardware.GpuId;
import io.rack72.hardware.RackProfile;
import io.rack72.hardware.TrayId;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.Placement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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

  /** One may have been on its way already. */
  private static final int SIGNS_OF_LIFE = 2;

  private final Rules rules;
  private final SortedMap<NodeId, NodeState> nodes = new TreeMap<>();
  private final SortedMap<TrayId, NodeId> claims = new TreeMap<>();
  private final Map<NodeId, Contest> contests = new HashMap<>();
  private final Set<NodeId> awaited = new HashSet<>();
  // Those that take part in the change that is under way.
  private final SortedSet<NodeId> participants = new TreeSet<>();
  private final SortedSet<GpuId> lost = new TreeSet<>();
  private final List<Sent> orders = new ArrayList<>();
  private Phase phase = Phase.RECOVERING;
  // The view that all follow, or begin to.
  private RackView current;
  private RackView next;
  private long lastEpoch;

  /**
   * @param present nodes that are there already, from which the keeper must hear first
   */
  public Keeper(Rules rules, Collection<NodeId> present) {
    this.rules = rules;
    awaited.addAll(present);
    recoverIfAllAreHeard();
  }

  /** A node tells of itself; again whenever it likes. */
  public List<Sent> present(NodeState state) {
    contests.values().forEach(contest -> contest.heardFrom(state.id()));
    for (TrayId tray : state.trays()) {
      if (tray.index() >= rules.rack().trays()) {
        refuse(
            state.id(),
            "there is no %s: rack %s has %d trays, from 0"
                .formatted(tray, rules.rack().name(), rules.rack().trays()));
        return taken();
      }
      NodeId holder = claims.getOrDefault(tray, state.id());
      if (!holder.equals(state.id())) {
        contest(state.id(), tray, holder);
        return taken();
      }
    }
    contests.remove(state.id());
    nodes.put(state.id(), state);
    state.trays().forEach(tray -> claims.put(tray, state.id()));
    if (phase == Phase.RECOVERING) {
      awaited.remove(state.id());
      recoverIfAllAreHeard();
    }
    decide();
    return taken();
  }

  private void refuse(NodeId node, String reason) {
    orders.add(new Sent(node, new NodeOrder.Refuse(reason)));
  }

  /**
   * A node wants a tray that another has. The other may be dead, and nobody knows yet; a JVM that
   * takes its place waits until it is known to be gone, and is refused when it gives signs of life.
   */
  private void contest(NodeId node, TrayId tray, NodeId holder) {
    Contest contest = contests.get(node);
    if (contest == null || !contest.holder.equals(holder)) {
      contests.put(node, new Contest(holder));
    } else if (contest.signs >= SIGNS_OF_LIFE) {
      refuse(
          node,
          "%s is the JVM's at %s%s; one at %s cannot have it too"
              .formatted(tray, holder, incarnation(tray), node));
    }
  }

  private static final class Contest {
    private final NodeId holder;
    private int signs;

    Contest(NodeId holder) {
      this.holder = holder;
    }

    void heardFrom(NodeId node) {
      if (node.equals(holder)) {
        signs++;
      }
    }
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
    awaited.remove(node);
    participants.remove(node);
    contests.remove(node);
    NodeState state = nodes.remove(node);
    if (state != null) {
      claims.values().removeIf(node::equals);
    }
    boolean hadWork = hasTrays(current, node) || hasTrays(next, node);
    switch (phase) {
      case RECOVERING -> recoverIfAllAreHeard();
      case STEADY -> {
        addLost(node);
        decide();
      }
      case PREPARING, SETTLING -> {
        addLost(node);
        if (hadWork) {
          // Nobody can finish what waits for it.
          begin();
        } else if (phase == Phase.PREPARING) {
          commitIfAllArePrepared();
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

  private static boolean hasTrays(RackView view, NodeId node) {
    return view != null
        && view.members().stream()
            .anyMatch(member -> member.id().equals(node) && !member.trays().isEmpty());
  }

  private void addLost(NodeId node) {
    if (current != null) {
      current.nodes(rules.rack()).forEach((gpu, of) -> addIf(of.equals(node), gpu));
    }
    if (next != null) {
      next.nodes(rules.rack()).forEach((gpu, of) -> addIf(of.equals(node), gpu));
    }
  }

  private void addIf(boolean isLost, GpuId gpu) {
    if (isLost) {
      lost.add(gpu);
    }
  }

  private void recoverIfAllAreHeard() {
    if (!awaited.isEmpty()) {
      return;
    }
    phase = Phase.STEADY;
    boolean inStep = true;
    for (NodeState state : nodes.values()) {
      lastEpoch = Math.max(lastEpoch, state.lastEpoch());
      RackView view = state.committed().orElse(null);
      if (view != null && (current == null || view.epoch() > current.epoch())) {
        current = view;
      }
    }
    if (current != null) {
      for (NodeState state : nodes.values()) {
        inStep &=
            state.lastEpoch() == current.epoch()
                && state.committed().map(RackView::epoch).orElse(0L) == current.epoch();
      }
      current.nodes(rules.rack()).forEach((gpu, node) -> addIf(!nodes.containsKey(node), gpu));
    }
    if (current != null && !inStep) {
      begin();
    } else {
      decide();
    }
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

  /** Trays that are to be in the rack: who wants to leave must stay where others cannot do it. */
  private SortedMap<TrayId, NodeId> wanted() {
    SortedMap<TrayId, NodeId> staying = new TreeMap<>(claims);
    staying.values().removeIf(node -> nodes.get(node).leaving());
    boolean enough =
        !staying.isEmpty() && (current == null || rules.fits().test(placement(staying, 0)));
    return enough ? staying : claims;
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
    SortedMap<TrayId, NodeId> trays = wanted();
    if (trays.isEmpty()) {
      // Nobody is left who could compute.
      phase = Phase.STEADY;
      return;
    }
    lastEpoch++;
    next = new RackView(placement(trays, lastEpoch), members(trays, lastEpoch));
    phase = Phase.PREPARING;
    participants.clear();
    participants.addAll(nodes.keySet());
    awaitAll();
    tellAll(new NodeOrder.Prepare(next));
  }

  /** All that were there take part, also those that leave: they give their work away. */
  private void awaitAll() {
    awaited.clear();
    awaited.addAll(participants);
  }

  private void tellAll(NodeOrder order) {
    participants.forEach(node -> orders.add(new Sent(node, order)));
  }

  private void commitIfAllArePrepared() {
    if (awaited.isEmpty()) {
      current = next;
      next = null;
      phase = Phase.SETTLING;
      awaitAll();
      tellAll(new NodeOrder.Commit(current.epoch(), new TreeSet<>(lost)));
    }
  }

  private void releaseIfAllAreSettled() {
    if (awaited.isEmpty()) {
      phase = Phase.STEADY;
      lost.clear();
      tellAll(new NodeOrder.Release(current.epoch()));
      decide();
    }
  }

  /** Those that want to leave and have nothing to do, or nobody to do it for, may. */
  private void letGo() {
    boolean anyOpen = nodes.values().stream().anyMatch(NodeState::open);
    for (NodeState node : nodes.values()) {
      if (node.leaving() && !(anyOpen && isMember(node.id()))) {
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
