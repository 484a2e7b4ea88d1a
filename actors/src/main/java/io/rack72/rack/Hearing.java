package io.rack72.rack;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which nodes this one has heard of lately. All nodes of the cluster, in a view or not, tell each
 * other again and again that they are there; one that has been silent for long enough is
 * <i>out</i>, until it is heard again. That is a suspicion of this node's, made in a fraction of
 * the time that it takes all to agree on who is gone. It may be wrong, and harms nothing then: who
 * is out is not asked for anything, and what it was asked is asked of others.
 *
 * <p>Two nodes count each other out together: one that is not heard by another would wait for
 * answers to what never arrived. A node that was itself stopped for a while has heard nothing
 * meanwhile, and suspects nobody for that. A pure class; not thread-safe.
 */
final class Hearing {
  /** A node in a new view may have to load much before its first sign. */
  private static final int FIRST_PATIENCE = 5;

  private final NodeId self;
  private final PulseTiming timing;
  private final SortedMap<NodeId, Long> quietUntil = new TreeMap<>();
  // Whom others have told that they cannot hear.
  private final SortedMap<NodeId, Set<NodeId>> silentForOthers = new TreeMap<>();
  private Set<NodeId> out = new TreeSet<>();
  private long lastLookNanos = Long.MIN_VALUE;

  Hearing(NodeId self, PulseTiming timing) {
    this.self = self;
    this.timing = timing;
  }

  /** These are the nodes of the rack now. */
  void follow(Collection<NodeId> nodes, long nowNanos) {
    quietUntil.keySet().retainAll(nodes);
    silentForOthers.keySet().retainAll(nodes);
    for (NodeId node : nodes) {
      if (!node.equals(self)) {
        quietUntil.putIfAbsent(node, nowNanos + FIRST_PATIENCE * timing.patience().toNanos());
      }
    }
    decide(nowNanos);
  }

  /**
   * A node has told that it is there.
   *
   * @param itsOut whom it cannot hear
   * @param beats until it tells so again
   * @return whether others are out now than before
   */
  boolean heard(NodeId node, Collection<NodeId> itsOut, int beats, long nowNanos) {
    // The first signs of a node may come before the view that it is in.
    quietUntil.put(node, nowNanos + beats * timing.patience().toNanos());
    silentForOthers.put(node, new TreeSet<>(itsOut));
    return decide(nowNanos);
  }

  /**
   * Decides anew who is out; to be called with each beat of this node's.
   *
   * @return whether others are out now than before
   */
  boolean look(long nowNanos) {
    if (lastLookNanos != Long.MIN_VALUE) {
      long stopped = nowNanos - lastLookNanos - 2 * timing.pulse().toNanos();
      if (stopped > 0) {
        quietUntil.replaceAll((_, until) -> until + stopped);
      }
    }
    lastLookNanos = nowNanos;
    return decide(nowNanos);
  }

  private boolean decide(long nowNanos) {
    Set<NodeId> now = new TreeSet<>();
    silentForOthers.forEach(
        (node, silent) -> {
          if (silent.contains(self)) {
            now.add(node);
          }
        });
    for (Map.Entry<NodeId, Long> node : quietUntil.entrySet()) {
      if (node.getValue() < nowNanos) {
        now.add(node.getKey());
      }
    }
    boolean changed = !now.equals(out);
    out = now;
    return changed;
  }

  /** Nodes that are not to be relied on. */
  Set<NodeId> out() {
    return out;
  }

  /** Nodes that were silent for too long, whether they can hear this one or not. */
  Set<NodeId> silent(long nowNanos) {
    Set<NodeId> silent = new TreeSet<>();
    quietUntil.forEach(
        (node, until) -> {
          if (until < nowNanos) {
            silent.add(node);
          }
        });
    return silent;
  }

  /** Who hears whom, as far as this node knows. */
  Heard heard(long nowNanos) {
    Set<NodeId> silent = silent(nowNanos);
    SortedMap<NodeId, Set<NodeId>> silentFor = new TreeMap<>(silentForOthers);
    silentFor.keySet().removeAll(silent);
    silentFor.put(self, silent);
    return new Heard(silentFor);
  }

  /**
   * Whether this node is in the smaller part of the rack, as far as it can tell; of equal parts the
   * one without the lowest address is the smaller. The cluster decides by the same rule in the end.
   *
   * @param nodes of the rack
   */
  boolean isInMinority(Set<NodeId> nodes) {
    Set<NodeId> all = new TreeSet<>(nodes);
    all.add(self);
    Set<NodeId> there = new TreeSet<>(all);
    there.removeAll(out);
    return !Survivors.isLarger(there, all);
  }
}
