package io.rack72.rack;

import io.rack72.hardware.TrayId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which node has which tray, and who wants one that another has. Such a holder may be dead, and
 * nobody knows yet; a JVM that takes its place waits until it is known to be gone, and is refused
 * when it gives signs of life.
 *
 * <p>A pure class; not thread-safe.
 */
final class TrayClaims {
  /** One may have been on its way already. */
  private static final int SIGNS_OF_LIFE = 2;

  private final SortedMap<TrayId, NodeId> holders = new TreeMap<>();
  private final Map<NodeId, Contest> contests = new HashMap<>();

  private static final class Contest {
    private final TrayId tray;
    private final NodeId holder;
    private int signs;

    Contest(TrayId tray, NodeId holder) {
      this.tray = tray;
      this.holder = holder;
    }
  }

  /**
   * A tray that the holder has.
   *
   * @param alive whether the holder has given signs of life since
   */
  record Taken(TrayId tray, NodeId holder, boolean alive) {}

  /** A node gives a sign of life. */
  void heardFrom(NodeId node) {
    for (Contest contest : contests.values()) {
      if (contest.holder.equals(node)) {
        contest.signs++;
      }
    }
  }

  /**
   * Gives a node all its trays, and takes back what it has no more; where another has one of them,
   * none, and tells which.
   */
  Optional<Taken> claim(NodeState node) {
    for (TrayId tray : node.trays()) {
      NodeId holder = holders.getOrDefault(tray, node.id());
      if (!holder.equals(node.id())) {
        return Optional.of(contest(node.id(), tray, holder));
      }
    }
    contests.remove(node.id());
    holders
        .entrySet()
        .removeIf(
            held -> held.getValue().equals(node.id()) && !node.trays().contains(held.getKey()));
    node.trays().forEach(tray -> holders.put(tray, node.id()));
    return Optional.empty();
  }

  private Taken contest(NodeId node, TrayId tray, NodeId holder) {
    Contest contest = contests.get(node);
    if (contest == null || !contest.tray.equals(tray) || !contest.holder.equals(holder)) {
      contest = new Contest(tray, holder);
      contests.put(node, contest);
    }
    return new Taken(tray, holder, contest.signs >= SIGNS_OF_LIFE);
  }

  /** A node is gone, and its trays are free. */
  void forget(NodeId node) {
    contests.remove(node);
    holders.values().removeIf(node::equals);
  }

  /** The node of each tray. A copy. */
  SortedMap<TrayId, NodeId> holders() {
    return new TreeMap<>(holders);
  }
}
