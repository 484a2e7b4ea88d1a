package io.rack72.rack;

import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a node knows of who hears whom.
 *
 * @param silentFor for this node, and each that it hears, the nodes that have been silent for it
 *     for too long
 */
public record Heard(SortedMap<NodeId, Set<NodeId>> silentFor) {
  /** Whether a node is heard by another than this one, as far as they have told. */
  boolean isHeardByAnother(NodeId self, NodeId node) {
    // A node of which this one has never heard, others may not know either.
    boolean isKnown = silentFor.getOrDefault(self, Set.of()).contains(node);
    return isKnown
        && silentFor.entrySet().stream()
            .anyMatch(other -> !other.getKey().equals(self) && !other.getValue().contains(node));
  }

  /** The same as a sentence. */
  public String words() {
    String deaf =
        silentFor.entrySet().stream()
            .filter(node -> !node.getValue().isEmpty())
            .map(node -> node.getKey() + " does not hear " + node.getValue())
            .collect(Collectors.joining(", "));
    return deaf.isEmpty() ? "all hear each other" : deaf;
  }

  /** Pairs of these nodes of which one does not hear the other. */
  SortedMap<NodeId, Set<NodeId>> deafPairs(Set<NodeId> nodes) {
    SortedMap<NodeId, Set<NodeId>> pairs = new TreeMap<>();
    silentFor.forEach(
        (node, silent) -> {
          for (NodeId other : silent) {
            if (nodes.contains(node) && nodes.contains(other)) {
              pairs.computeIfAbsent(node, _ -> new TreeSet<>()).add(other);
              pairs.computeIfAbsent(other, _ -> new TreeSet<>()).add(node);
            }
          }
        });
    return pairs;
  }
}
