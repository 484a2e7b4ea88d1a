package io.rack72.cluster;

import io.rack72.rack.Control;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a node shows at the door of a rack: all that nodes of one rack must have in common. In which
 * rack it wants, which program it runs, which weights it has, and by which settings it works.
 * Immutable.
 *
 * @param rack name of the rack
 * @param version of the program
 * @param checkpoint its {@link io.rack72.checkpoint.Checkpoint#fingerprint}
 * @param settings by their keys
 */
public record NodeCard(
    String rack, String version, String checkpoint, SortedMap<String, String> settings)
    implements Control {
  public NodeCard {
    settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
  }

  /**
   * Why a node with another card cannot work with one that has this; empty where it can.
   *
   * @param other of the one who wants to come in
   */
  Optional<String> objectionTo(NodeCard other) {
    if (!rack.equals(other.rack)) {
      return Optional.of(
          "this is rack '%s', not '%s' (rack72.cluster.name)".formatted(rack, other.rack));
    }
    if (!version.equals(other.version)) {
      return Optional.of("the rack runs Rack72 %s, not %s".formatted(version, other.version));
    }
    if (!checkpoint.equals(other.checkpoint)) {
      return Optional.of(
          "the rack's checkpoint has hash %s, the node's has %s: both must be the same files"
              .formatted(checkpoint, other.checkpoint));
    }
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      String theirs = other.settings.getOrDefault(setting.getKey(), "does not");
      if (!setting.getValue().equals(theirs)) {
        return Optional.of(
            "the rack has %s = %s, the node %s: set it alike"
                .formatted(setting.getKey(), setting.getValue(), theirs));
      }
    }
    for (Map.Entry<String, String> setting : other.settings.entrySet()) {
      if (!settings.containsKey(setting.getKey())) {
        return Optional.of(
            "the node has %s = %s, the rack does not: set it alike"
                .formatted(setting.getKey(), setting.getValue()));
      }
    }
    return Optional.empty();
  }
}
