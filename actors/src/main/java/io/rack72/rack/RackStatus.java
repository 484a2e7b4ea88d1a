package io.rack72.rack;

import io.rack72.gpu.GpuStatus;
import java.util.List;

/**
 * The rack at one moment, as {@code GET /rack} shows it.
 *
 * @param rack name of the profile
 * @param model name of the model
 * @param kernels what computes, such as {@code vector-256}
 * @param expertParallel GPUs over which each copy of the experts is spread
 * @param dataParallel GPUs that take sequences
 * @param epoch of the placement; 0 before the first
 * @param health {@code ok}, or one sentence that says what is wrong
 * @param nodes the JVMs of the rack
 * @param gpus every GPU of theirs that computes, in order
 */
public record RackStatus(
    String rack,
    String model,
    String kernels,
    int expertParallel,
    int dataParallel,
    long epoch,
    String health,
    List<NodeStatus> nodes,
    List<GpuStatus> gpus) {
  public RackStatus {
    nodes = List.copyOf(nodes);
    gpus = List.copyOf(gpus);
  }

  /** The rack with this health, but for its nodes. */
  RackStatus with(long newEpoch, String newHealth) {
    return new RackStatus(
        rack, model, kernels, expertParallel, dataParallel, newEpoch, newHealth, nodes, gpus);
  }

  /** The rack with these nodes and their GPUs. */
  RackStatus with(List<NodeStatus> newNodes, List<GpuStatus> newGpus) {
    return new RackStatus(
        rack, model, kernels, expertParallel, dataParallel, epoch, health, newNodes, newGpus);
  }
}
