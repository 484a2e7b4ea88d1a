package io.rack72.gpu;

import io.rack72.fabric.PortCounters;
import io.rack72.kv.BlockPool;
import io.rack72.schedule.Scheduler;
import io.rack72.schedule.SchedulerLoad;

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

  /** A GPU that has not been given anything to do yet. */
  public static GpuStatus atStart(GpuParts parts) {
    return of(parts, 0);
  }

  /**
   * A GPU as its parts show it; only its actor may look, once there is one.
   *
   * @param steps run so far
   */
  static GpuStatus of(GpuParts parts, long steps) {
    SchedulerLoad load = parts.scheduler().map(Scheduler::load).orElse(SchedulerLoad.NONE);
    return new GpuStatus(
        parts.id().index(),
        parts.tray().index(),
        parts.expertSlots(),
        parts.hbmUsedBytes(),
        parts.hbmLimitBytes(),
        Blocks.of(parts.kv().full()),
        Blocks.of(parts.kv().sliding()),
        load.running(),
        load.waiting(),
        load.paused(),
        load.preemptions(),
        steps,
        load.computedTokens(),
        load.cachedTokens(),
        PortCounters.NONE);
  }

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
