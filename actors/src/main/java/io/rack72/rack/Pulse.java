package io.rack72.rack;

import io.rack72.hardware.TrayId;
import java.util.List;

/**
 * A node tells another that it is there; several times a second.
 *
 * @param from the node
 * @param failed trays of it that do not compute any more
 * @param silent nodes that it has not heard of for too long
 */
public record Pulse(NodeId from, List<TrayId> failed, List<NodeId> silent)
    implements NodeActor.Command, Control {
  public Pulse {
    failed = List.copyOf(failed);
    silent = List.copyOf(silent);
  }
}
