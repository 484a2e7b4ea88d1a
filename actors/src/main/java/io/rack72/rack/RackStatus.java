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
 * @param epoch of the placement
 * @param gpus every GPU, in order
 */
public record RackStatus(
    String rack,
    String model,
    String kernels,
    int expertParallel,
    int dataParallel,
    long epoch,
    List<GpuStatus> gpus) {
  public RackStatus {
    gpus = List.copyOf(gpus);
  }

  /** The same rack with other GPUs. */
  RackStatus with(List<GpuStatus> others) {
    return new RackStatus(rack, model, kernels, expertParallel, dataParallel, epoch, others);
  }
}
