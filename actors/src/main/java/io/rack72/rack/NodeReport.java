package io.rack72.rack;

import io.rack72.gpu.GpuStatus;
import io.rack72.wire.TrunkStatus;
import java.util.List;

/**
 * One node at one moment.
 *
 * @param pid of its process
 * @param failedTrays of which a GPU has failed, so that they take no part
 * @param silent addresses of nodes that it does not hear
 * @param droppedMessages that were dropped before they were sent
 * @param gpus of its trays
 * @param trunks to other nodes
 */
public record NodeReport(
    NodeId id,
    long pid,
    List<Integer> failedTrays,
    List<String> silent,
    long droppedMessages,
    List<GpuStatus> gpus,
    List<TrunkStatus> trunks)
    implements Control {
  public NodeReport {
    failedTrays = List.copyOf(failedTrays);
    silent = List.copyOf(silent);
    gpus = List.copyOf(gpus);
    trunks = List.copyOf(trunks);
  }
}
