package io.rack72.rack;

import io.rack72.fabric.PortCounters;
import io.rack72.kv.BlockPool;
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
    List<Gpu> gpus) {
  public RackStatus {
    gpus = List.copyOf(gpus);
  }

  /** The same rack with other GPUs. */
  RackStatus with(List<Gpu> others) {
    return new RackStatus(rack, model, kernels, expertParallel, dataParallel, epoch, others);
  }

  /**
   * One GPU.
   *
   * @param experts expert slots in use, over all layers
   * @param hbmUsedBytes weights and KV pools
   * @param hbmLimitBytes of the profile
   * @param preemptions times that a sequence had to give its blocks back, to be computed again
   * @param steps steps run so far
   */
  public record Gpu(
      int gpu,
      int tray,
      int experts,
      long hbmUsedBytes,
      long hbmLimitBytes,
      Blocks kvFull,
      Blocks kvSliding,
      int sequencesRunning,
      int sequencesWaiting,
      long preemptions,
      long steps,
      PortCounters port) {
    /** The same GPU with its port's counters, which only the port knows. */
    public Gpu with(PortCounters counters) {
      return new Gpu(
          gpu,
          tray,
          experts,
          hbmUsedBytes,
          hbmLimitBytes,
          kvFull,
          kvSliding,
          sequencesRunning,
          sequencesWaiting,
          preemptions,
          steps,
          counters);
    }
  }

  /** KV blocks of one pool. */
  public record Blocks(int total, int used, int free) {
    /** The state of a pool. */
    public static Blocks of(BlockPool pool) {
      return new Blocks(pool.capacity(), pool.capacity() - pool.freeBlocks(), pool.freeBlocks());
    }
  }
}
