package io.rack72.rack;

import java.util.List;

/**
 * A node in a view of the rack.
 *
 * @param trays that it has, ascending; none where it is a gateway only
 * @param http where its gateway listens; empty where it has none
 */
public record Member(NodeId id, List<TrayClaim> trays, String http) {
  public Member {
    trays = List.copyOf(trays);
  }
}
