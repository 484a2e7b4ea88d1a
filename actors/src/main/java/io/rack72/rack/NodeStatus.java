package io.rack72.rack;

import io.rack72.wire.TrunkStatus;
import java.util.List;

/**
 * One node as {@code GET /rack} shows it.
 *
 * @param address by which other nodes reach it
 * @param answers whether it has told of itself; without that its GPUs and trunks are not shown
 * @param pid of its process, 0 where it does not answer
 * @param http where its gateway listens; empty where it has none
 * @param failedTrays of which a GPU has failed, so that they take no part
 * @param silent addresses of nodes that it does not hear, and does not rely on
 * @param droppedMessages that were dropped before they were sent; those on trunks are sent again
 * @param trunks to other nodes
 */
public record NodeStatus(
    String address,
    boolean answers,
    long pid,
    String http,
    List<Tray> trays,
    List<Integer> failedTrays,
    List<String> silent,
    long droppedMessages,
    List<TrunkStatus> trunks) {
  /**
   * A tray of the node.
   *
   * @param incarnation grows with each return to the rack
   */
  public record Tray(int tray, long incarnation) {}

  /**
   * A member of the rack.
   *
   * @param report what it told, or null
   */
  static NodeStatus of(Member member, NodeReport report) {
    List<Tray> trays =
        member.trays().stream()
            .map(claim -> new Tray(claim.tray().index(), claim.incarnation()))
            .toList();
    return new NodeStatus(
        member.id().address(),
        report != null,
        report == null ? 0 : report.pid(),
        member.http(),
        trays,
        report == null ? List.of() : report.failedTrays(),
        report == null ? List.of() : report.silent(),
        report == null ? 0 : report.droppedMessages(),
        report == null ? List.of() : report.trunks());
  }
}
