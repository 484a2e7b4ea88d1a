package io.rack72.rack;

import io.rack72.fabric.PortState;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.RackProfile;
import io.rack72.hardware.TrayId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * On whom a node can rely, as it sees it by itself: nodes that it hears, and their trays but for
 * those that have failed. A pure class; not thread-safe.
 */
final class Reach {
  /**
   * What follows for the node's parts.
   *
   * @param out GPUs that are not to be relied on
   * @param slow of the others those whose ports are slow, so that it is quicker to ask elsewhere
   * @param hold whether the node sees the smaller part of the rack, and waits for the larger one
   */
  record Verdict(Set<GpuId> out, Set<GpuId> slow, boolean hold) {
    static final Verdict ALL_WELL = new Verdict(Set.of(), Set.of(), false);
  }

  /**
   * Between two pulses of a node that is in no view yet, on which nobody relies yet. Where many
   * start at once, all of them telling all others would be much of what they do.
   */
  private static final int BEATS_BEFORE_FIRST_VIEW = 4;

  private final NodeId self;
  // None where there are no others.
  private final Optional<Hearing> hearing;
  // Trays that do not compute any more, of this node and as others have told of theirs.
  private final Map<NodeId, Set<TrayId>> failed = new TreeMap<>();
  // GPUs with slow ports, likewise.
  private final Map<NodeId, Set<GpuId>> slow = new TreeMap<>();
  private Set<NodeId> met = new TreeSet<>();
  private Set<NodeId> followed = new TreeSet<>();
  private long beats;

  Reach(NodeId self, Optional<PulseTiming> timing) {
    this.self = self;
    hearing = timing.map(pulses -> new Hearing(self, pulses));
  }

  /**
   * These can be nodes of the rack, whether they are in a view or not. Who goes on when some are
   * lost is asked of all of them, and so all are to be heard.
   */
  void meet(Collection<NodeId> nodes, long nowNanos) {
    met = new TreeSet<>(nodes);
    listen(nowNanos);
  }

  /** These are the nodes of the views that are followed now. */
  void follow(Collection<NodeId> nodes, long nowNanos) {
    followed = new TreeSet<>(nodes);
    listen(nowNanos);
  }

  private void listen(long nowNanos) {
    Set<NodeId> nodes = others();
    hearing.ifPresent(ears -> ears.follow(nodes, nowNanos));
    failed.keySet().removeIf(node -> !nodes.contains(node) && !node.equals(self));
    slow.keySet().removeIf(node -> !nodes.contains(node) && !node.equals(self));
  }

  /** To whom this node tells that it is there. A copy. */
  Set<NodeId> others() {
    Set<NodeId> others = new TreeSet<>(met);
    others.addAll(followed);
    others.remove(self);
    return others;
  }

  /**
   * A node has told that it is there.
   *
   * @return whether a verdict may be another now than before
   */
  boolean heard(Pulse pulse, long nowNanos) {
    boolean changed =
        hearing.isPresent()
            && hearing.get().heard(pulse.from(), pulse.silent(), pulse.beats(), nowNanos);
    changed |= changes(failed, pulse.from(), new TreeSet<>(pulse.failed()));
    changed |= changes(slow, pulse.from(), new TreeSet<>(pulse.slow()));
    return changed;
  }

  private static <T> boolean changes(Map<NodeId, Set<T>> told, NodeId node, Set<T> now) {
    Set<T> before = told.put(node, now);
    return !now.equals(before == null ? Set.of() : before);
  }

  /**
   * To be called with each beat of this node's.
   *
   * @return whether a verdict may be another now than before
   */
  boolean look(long nowNanos) {
    return hearing.isPresent() && hearing.get().look(nowNanos);
  }

  /** A tray of this node has failed. */
  void fail(TrayId tray) {
    failed.computeIfAbsent(self, _ -> new TreeSet<>()).add(tray);
  }

  /** The port of a GPU of this node has become slow, or is well again. */
  void pace(PortState port) {
    Set<GpuId> ofThis = slow.computeIfAbsent(self, _ -> new TreeSet<>());
    if (port.slow()) {
      ofThis.add(port.gpu());
    } else {
      ofThis.remove(port.gpu());
    }
  }

  /** What the others are told. */
  Pulse pulse(long nowNanos) {
    return new Pulse(
        self,
        List.copyOf(failedTrays()),
        List.copyOf(slow.getOrDefault(self, Set.of())),
        List.copyOf(silent(nowNanos)),
        beatsPerPulse());
  }

  /** What the others are told with the next beat, if anything. */
  Optional<Pulse> beat(long nowNanos) {
    return beats++ % beatsPerPulse() == 0 ? Optional.of(pulse(nowNanos)) : Optional.empty();
  }

  private int beatsPerPulse() {
    return followed.isEmpty() ? BEATS_BEFORE_FIRST_VIEW : 1;
  }

  /** Nodes that were silent for too long. */
  Set<NodeId> silent(long nowNanos) {
    return hearing.map(ears -> ears.silent(nowNanos)).orElse(Set.of());
  }

  /** Who hears whom, as far as this node knows. */
  Heard heard(long nowNanos) {
    return hearing
        .map(ears -> ears.heard(nowNanos))
        .orElseGet(() -> new Heard(new TreeMap<>(Map.of(self, Set.of()))));
  }

  /** Of this node's trays those that have failed. */
  Set<TrayId> failedTrays() {
    return failed.getOrDefault(self, Set.of());
  }

  /** Of this node's trays those that compute. */
  List<TrayId> working(List<TrayId> trays) {
    List<TrayId> working = new ArrayList<>(trays);
    working.removeAll(failedTrays());
    return working;
  }

  /**
   * Decides by what is known now.
   *
   * @param placed the node of each GPU in all views that are followed
   * @param members nodes of the view that is followed now
   * @param lost GPUs that were lost with the last change
   */
  Verdict verdict(
      Map<GpuId, NodeId> placed, Set<NodeId> members, RackProfile rack, Set<GpuId> lost) {
    Set<NodeId> nodesOut = hearing.map(Hearing::out).orElse(Set.of());
    Set<GpuId> out = new TreeSet<>(lost);
    Set<GpuId> slowOnes = new TreeSet<>();
    placed.forEach(
        (gpu, node) -> {
          boolean hasFailed = failed.getOrDefault(node, Set.of()).contains(rack.trayOf(gpu));
          if (nodesOut.contains(node) || hasFailed) {
            out.add(gpu);
          } else if (!lost.contains(gpu) && slow.getOrDefault(node, Set.of()).contains(gpu)) {
            slowOnes.add(gpu);
          }
        });
    return new Verdict(out, slowOnes, hearing.isPresent() && hearing.get().isInMinority(members));
  }
}
