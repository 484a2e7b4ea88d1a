package io.rack72.rack;

import io.rack72.gpu.GpuStatus;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The rack at one moment, as {@code GET /rack} shows it.
 *
 * @param rack name of the profile
 * @param trays that the profile has
 * @param missingTrays of these those that take no part: nobody has brought them, or they have
 *     failed
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
    int trays,
    List<Integer> missingTrays,
    String model,
    String kernels,
    int expertParallel,
    int dataParallel,
    long epoch,
    String health,
    List<NodeStatus> nodes,
    List<GpuStatus> gpus) {
  public RackStatus {
    missingTrays = List.copyOf(missingTrays);
    nodes = List.copyOf(nodes);
    gpus = List.copyOf(gpus);
  }

  /** The rack with this health, but for its nodes. */
  RackStatus with(long newEpoch, String newHealth) {
    return new RackStatus(
        rack,
        trays,
        missingTrays,
        model,
        kernels,
        expertParallel,
        dataParallel,
        newEpoch,
        newHealth,
        nodes,
        gpus);
  }

  /** The rack with these nodes and their GPUs. */
  RackStatus with(List<NodeStatus> newNodes, List<GpuStatus> newGpus) {
    List<Integer> there =
        newNodes.stream()
            .flatMap(node -> node.trays().stream())
            .map(NodeStatus.Tray::tray)
            .toList();
    return new RackStatus(
        rack,
        trays,
        IntStream.range(0, trays).boxed().filter(tray -> !there.contains(tray)).toList(),
        model,
        kernels,
        expertParallel,
        dataParallel,
        epoch,
        health,
        newNodes,
        newGpus);
  }
}
