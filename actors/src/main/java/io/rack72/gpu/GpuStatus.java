package io.rack72.gpu;

import io.rack72.fabric.PortCounters;
import io.rack72.kv.BlockPool;

/**
 * One GPU at one moment, as reports show it.
 *
 * @param experts expert slots in use, over all layers
 * @param hbmUsedBytes weights and KV pools
 * @param hbmLimitBytes of the profile
 * @param sequencesPaused sequences whose readers are slow
 * @param preemptions times that a sequence had to give its blocks back, to be computed again
 * @param steps steps run so far
 * @param tokensComputed rows of those steps
 * @param tokensCached tokens that needed no row, since others had computed them
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
    int sequencesPaused,
    long preemptions,
    long steps,
    long tokensComputed,
    long tokensCached,
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
        sequencesPaused,
        preemptions,
        steps,
        tokensComputed,
        tokensCached,
        counters);
  }

  /**
   * KV blocks of one pool.
   *
   * @param used held by sequences
   * @param free held by none
   * @param cached of the free ones: those whose content may still be found
   * @param onHost evicted ones that the host's memory holds
   */
  public record Blocks(int total, int used, int free, int cached, int onHost) {
    /** The state of a pool. */
    public static Blocks of(BlockPool pool) {
      return new Blocks(
          pool.capacity(),
          pool.capacity() - pool.freeBlocks(),
          pool.freeBlocks(),
          pool.cachedBlocks(),
          pool.hostBlocks());
    }
  }
}
