package io.rack72.rack;

import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * Who goes on when a rack falls apart. Failure detectors say whom somebody does not hear; that may
 * be so since the one is gone, or the other, or only what is between them. So it is asked who is
 * heard by anybody: those that are not are gone. Of the others, pairs that do not hear each other
 * are parted, by letting go as few nodes as possible. What is left goes on if it is the larger part
 * of the rack, of equal parts the one with the lowest address. Two parts that share no node can
 * never both be that, whatever either of them believes.
 *
 * <p>An accusation counts no more than that: a node that died having accused another of being
 * silent says nothing about those that live.
 */
public final class Survivors {
  private Survivors() {}

  /**
   * Decides, by what one node knows.
   *
   * @param members of the rack that count, this node among them
   * @param accused members of which some node says that they are silent
   * @return those that go on; empty where they are not the larger part
   */
  public static NavigableSet<NodeId> of(
      NodeId self, NavigableSet<NodeId> members, Set<NodeId> accused, Heard heard) {
    NavigableSet<NodeId> there = new TreeSet<>(members);
    there.removeIf(
        node ->
            accused.contains(node)
                && !heard.silentFor().containsKey(node)
                && !heard.isHeardByAnother(self, node));
    SortedMap<NodeId, Set<NodeId>> deaf = heard.deafPairs(there);
    deaf.forEach(
        (node, others) ->
            others.removeIf(other -> !accused.contains(node) && !accused.contains(other)));
    while (deaf.values().stream().anyMatch(others -> !others.isEmpty())) {
      NodeId worst =
          deaf.entrySet().stream()
              .max(
                  Comparator.<Map.Entry<NodeId, Set<NodeId>>>comparingInt(
                          node -> node.getValue().size())
                      .thenComparing(Map.Entry::getKey))
              .orElseThrow()
              .getKey();
      deaf.remove(worst);
      deaf.values().forEach(others -> others.remove(worst));
      there.remove(worst);
    }
    return isLarger(there, members) ? there : Collections.emptyNavigableSet();
  }

  /** Whether a part of the rack is the one that goes on. */
  static boolean isLarger(Set<NodeId> part, Collection<NodeId> members) {
    int others = members.size() - part.size();
    return part.size() > others
        || (part.size() == others && part.contains(Collections.min(members)));
  }
}
