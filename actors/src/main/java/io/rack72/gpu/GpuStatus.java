package io.rack72.gpu;

import io.rack72.fabric.PortCounters;
import io.rack72.kv.BlockPool;

/**
 * One GPU at one moment, as reports show it.
 *
 * @param experts expert slots in use, over all layers
 * @param hbmUsedBytes weights and KV pools
 * @param hbmLimitBytes of the profile
 * @param preemptions times that a sequence had to give its blocks back, to be computed again
 * @param steps steps run so far
 */
public record GpuStatus(
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
  public GpuStatus with(PortCounters counters) {
    return new GpuStatus(
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

  /** KV blocks of one pool. */
  public record Blocks(int total, int used, int free) {
    /** The state of a pool. */
    public static Blocks of(BlockPool pool) {
      return new Blocks(pool.capacity(), pool.capacity() - pool.freeBlocks(), pool.freeBlocks());
    }
  }
}
