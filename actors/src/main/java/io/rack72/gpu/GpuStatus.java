package io.rack72.gpu;

import io.rack72.fabric.PortCounters;
import io.rack72.kv.BlockPool;
import io.rack72.schedule.SchedulerLoad;
import java.util.List;
import java.util.Optional;

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
 * @param hedges times that it computed itself what another GPU had been asked and did not answer
 * @param slow GPUs that it does not ask for experts for a while, if it has room: they let it wait
 *     too long, or their ports are slow
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
    long hedges,
    List<Integer> slow,
    PortCounters port) {

  /** A GPU that has not been given anything yet. */
  public static GpuStatus atStart(GpuParts parts) {
    return of(parts, 0, Optional.empty(), 0, 0, List.of());
  }

  /**
   * A GPU of these parts.
   *
   * @param experts that it holds
   * @param attendance where it takes sequences
   * @param steps run so far
   */
  static GpuStatus of(
      GpuParts parts,
      int experts,
      Optional<Attendance> attendance,
      long steps,
      long hedges,
      List<Integer> slow) {
    SchedulerLoad load = attendance.map(a -> a.scheduler().load()).orElse(SchedulerLoad.NONE);
    long sequenceBytes = attendance.map(a -> parts.sharedBytes() + a.kv().bytes()).orElse(0L);
    return new GpuStatus(
        parts.id().index(),
        parts.tray().index(),
        experts,
        experts * parts.expertBytes() + sequenceBytes,
        parts.hbmLimitBytes(),
        attendance.map(a -> Blocks.of(a.kv().full())).orElse(Blocks.NONE),
        attendance.map(a -> Blocks.of(a.kv().sliding())).orElse(Blocks.NONE),
        load.running(),
        load.waiting(),
        load.paused(),
        load.preemptions(),
        steps,
        load.computedTokens(),
        load.cachedTokens(),
        hedges,
        slow,
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
        hedges,
        slow,
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
    /** Of a GPU that takes no sequences. */
    public static final Blocks NONE = new Blocks(0, 0, 0, 0, 0);

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
