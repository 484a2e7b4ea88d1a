package io.rack72.rack;

import io.rack72.hardware.RackProfile;
import io.rack72.kv.KvMemory;
import io.rack72.schedule.HedgeLimits;
import io.rack72.schedule.SchedulerLimits;

/**
 * What a rack is made of and how it works, once the configuration has been read.
 *
 * @param profile trays, GPUs, HBM and ports
 * @param expertParallel GPUs over which each copy of the experts is spread, 1 to all
 * @param dataParallel GPUs, the first of the rack, that take sequences, 1 to all
 * @param kv memory for keys and values of each GPU that takes sequences
 * @param scheduler limits of each GPU's scheduler; its context limit is lowered to what the KV
 *     memory holds
 * @param portWindowBytes bytes that may be under way from a port at once
 * @param trunkWindowBytes bytes that may be under way from this JVM to another at once
 * @param computeThreads threads of GPUs that are not given others, at least 1
 * @param hedge when GPUs compute themselves what they have asked others for
 */
public record RackSettings(
    RackProfile profile,
    int expertParallel,
    int dataParallel,
    KvMemory kv,
    SchedulerLimits scheduler,
    long portWindowBytes,
    int trunkWindowBytes,
    int computeThreads,
    HedgeLimits hedge) {
  /** What suits a rack whose JVMs are near each other: two steps' worth of large tensors. */
  public static final int TRUNK_WINDOW_BYTES = 16 << 20;

  /** A rack in one JVM, which has no trunks. */
  public RackSettings(
      RackProfile profile,
      int expertParallel,
      int dataParallel,
      KvMemory kv,
      SchedulerLimits scheduler,
      long portWindowBytes,
      int computeThreads) {
    this(
        profile,
        expertParallel,
        dataParallel,
        kv,
        scheduler,
        portWindowBytes,
        TRUNK_WINDOW_BYTES,
        computeThreads,
        HedgeLimits.DEFAULT);
  }

  public RackSettings {
    int gpus = profile.gpuCount();
    if (expertParallel < 1 || expertParallel > gpus || dataParallel < 1 || dataParallel > gpus) {
      throw new IllegalArgumentException(
          "expert-parallel and data-parallel are 1 to %d, the GPUs of the rack, not %d and %d"
              .formatted(gpus, expertParallel, dataParallel));
    }
    if (portWindowBytes < 1 || computeThreads < 1) {
      throw new IllegalArgumentException(
          "a port's window is at least one byte, and at least one thread computes, not %d and %d"
              .formatted(portWindowBytes, computeThreads));
    }
  }

  /** The same on other hardware. */
  public RackSettings on(RackProfile hardware) {
    return new RackSettings(
        hardware,
        expertParallel,
        dataParallel,
        kv,
        scheduler,
        portWindowBytes,
        trunkWindowBytes,
        computeThreads,
        hedge);
  }
}
