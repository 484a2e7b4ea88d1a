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
 * @param health {@code ok}, or one sentence that says what is wrong
 * @param gpus every GPU, in order; of one that is gone, what was last known
 */
public record RackStatus(
    String rack,
    String model,
    String kernels,
    int expertParallel,
    int dataParallel,
    long epoch,
    String health,
    List<GpuStatus> gpus) {
  public RackStatus {
    gpus = List.copyOf(gpus);
  }

  /** The same rack at another moment. */
  RackStatus with(String newHealth, List<GpuStatus> newGpus) {
    return new RackStatus(
        rack, model, kernels, expertParallel, dataParallel, epoch, newHealth, newGpus);
  }
}
