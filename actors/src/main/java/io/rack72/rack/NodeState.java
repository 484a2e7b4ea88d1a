package io.rack72.rack;

import io.rack72.hardware.TrayId;
import java.util.List;
import java.util.Optional;

/**
 * What a node tells the keeper of itself.
 *
 * @param trays that it has, ascending; none where it is a gateway only
 * @param http where its gateway listens; empty where it has none
 * @param open whether a gateway of it may still have requests
 * @param leaving whether it wants to go
 * @param lastEpoch of the latest view that it was told of
 * @param committed the view that it follows
 * @param oldestEpoch of the earliest view that it has not forgotten; 0 where it was told of none
 * @param starved whether it was told that there is no room for the model, and has followed no view
 *     since
 */
public record NodeState(
    NodeId id,
    List<TrayId> trays,
    String http,
    boolean open,
    boolean leaving,
    long lastEpoch,
    Optional<RackView> committed,
    long oldestEpoch,
    boolean starved) {
  public NodeState {
    trays = List.copyOf(trays).stream().sorted().toList();
  }
}
