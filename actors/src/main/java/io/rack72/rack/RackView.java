package io.rack72.rack;

import io.rack72.hardware.GpuId;
import io.rack72.hardware.RackProfile;
import io.rack72.placement.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The rack as all nodes see it, as of an epoch: who is in it and who does what. Immutable.
 *
 * @param members by ascending id
 */
public record RackView(Placement placement, List<Member> members) {
  public RackView {
    members = List.copyOf(members);
  }

  /** Number of the view; a later one replaces it. */
  public long epoch() {
    return placement.epoch();
  }

  /** Other nodes with gateways by id: those behind a node, then those before it. */
  public List<NodeId> gatewaysBehind(NodeId node) {
    List<NodeId> behind = new ArrayList<>();
    List<NodeId> before = new ArrayList<>();
    for (Member member : members) {
      int order = member.id().compareTo(node);
      if (order != 0 && !member.http().isEmpty()) {
        (order > 0 ? behind : before).add(member.id());
      }
    }
    behind.addAll(before);
    return behind;
  }

  /** The nodes of all members. */
  public Set<NodeId> nodeIds() {
    Set<NodeId> ids = new TreeSet<>();
    members.forEach(member -> ids.add(member.id()));
    return ids;
  }

  /** The node of each GPU that is in the rack. */
  public SortedMap<GpuId, NodeId> nodes(RackProfile rack) {
    SortedMap<GpuId, NodeId> nodes = new TreeMap<>();
    for (Member member : members) {
      for (TrayClaim claim : member.trays()) {
        rack.gpusOf(claim.tray()).forEach(gpu -> nodes.put(gpu, member.id()));
      }
    }
    return nodes;
  }
}
