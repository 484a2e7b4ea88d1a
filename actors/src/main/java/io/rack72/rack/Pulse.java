package io.rack72.rack;

import io.rack72.hardware.TrayId;
import java.util.List;

/**
 * A node tells another that it is there; several times a second where it is part of the rack.
 *
 * @param from the node
 * @param failed trays of it that do not compute any more
 * @param silent nodes that it has not heard of for too long
 * @param beats from this pulse to its next, at least 1
 */
public record Pulse(NodeId from, List<TrayId> failed, List<NodeId> silent, int beats)
    implements NodeActor.Command, Control {
  public Pulse {
    if (beats < 1) {
      throw new IllegalArgumentException("a pulse is at least 1 beat, not " + beats);
    }
    failed = List.copyOf(failed);
    silent = List.copyOf(silent);
  }
}
