package io.rack72.rack;

import io.rack72.hardware.GpuId;
import io.rack72.hardware.RackProfile;
import java.util.HashSet;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The views of the rack that a node follows: the committed one, beside it the next from when it is
 * prepared, and the one before until it is released. A pure class; not thread-safe.
 */
final class FollowedViews {
  private final NodeId self;
  private final RackProfile rack;
  private final NavigableMap<Long, RackView> views = new TreeMap<>();
  // GPUs of these views that will not answer any more.
  private final Set<GpuId> lost = new HashSet<>();
  private Optional<RackView> committed = Optional.empty();

  FollowedViews(NodeId self, RackProfile rack) {
    this.self = self;
    this.rack = rack;
  }

  /**
   * Follows a view beside those before it.
   *
   * @return false, and nothing changes, unless it is later than all that are followed: a keeper's
   *     last orders may come after its successor's first
   */
  boolean prepare(RackView view) {
    if (!views.isEmpty() && view.epoch() <= views.lastKey()) {
      return false;
    }
    views.put(view.epoch(), view);
    return true;
  }

  /**
   * From now on this view is the one to compute by.
   *
   * @param newlyLost GPUs that will not answer any more
   * @throws IllegalArgumentException if the view was not prepared
   */
  RackView commit(long epoch, Set<GpuId> newlyLost) {
    RackView view = views.get(epoch);
    if (view == null) {
      throw new IllegalArgumentException(
          "a view that is committed is one of %s, not %d".formatted(views.keySet(), epoch));
    }
    committed = Optional.of(view);
    lost.addAll(newlyLost);
    // Those are another JVM's now.
    lost.removeAll(view.nodes(rack).keySet());
    return view;
  }

  /** Follows no view before this one any more, and forgets what was lost with them. */
  void releaseBefore(long epoch) {
    views.headMap(epoch).clear();
    lost.clear();
  }

  /** The view to compute by; none before the first is committed. */
  Optional<RackView> committed() {
    return committed;
  }

  /** Whether none was prepared yet. */
  boolean isEmpty() {
    return views.isEmpty();
  }

  /** Number of the last view, committed or not; 0 where there is none. */
  long lastEpoch() {
    return views.isEmpty() ? 0 : views.lastKey();
  }

  /** Number of the earliest view that is not forgotten; 0 where there is none. */
  long oldestEpoch() {
    return views.isEmpty() ? 0 : views.firstKey();
  }

  /** Whether a view of this epoch is the last that was prepared. */
  boolean isLast(long epoch) {
    return !views.isEmpty() && views.lastKey() == epoch;
  }

  /** Whether the last view is the one to compute by. */
  boolean lastIsCommitted() {
    return committed.isPresent() && isLast(committed.get().epoch());
  }

  /** GPUs that were lost with the last change, and have not come back. A copy. */
  Set<GpuId> lost() {
    return Set.copyOf(lost);
  }

  /** The node of each GPU in any of the views; the last view decides. */
  SortedMap<GpuId, NodeId> placed() {
    SortedMap<GpuId, NodeId> nodes = new TreeMap<>();
    views.values().forEach(view -> nodes.putAll(view.nodes(rack)));
    return nodes;
  }

  /** The node of each GPU that may be asked for something: those placed but for the lost. */
  SortedMap<GpuId, NodeId> reachable() {
    SortedMap<GpuId, NodeId> nodes = placed();
    nodes.keySet().removeAll(lost);
    return nodes;
  }

  /** All other nodes of any of the views. */
  Set<NodeId> others() {
    Set<NodeId> nodes = new TreeSet<>();
    views.values().forEach(view -> nodes.addAll(view.nodeIds()));
    nodes.remove(self);
    return nodes;
  }
}
