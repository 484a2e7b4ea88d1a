package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import java.util.Arrays;

/**
 * When the experts that a GPU is given have come from the memory of its host: one after the other,
 * at the bandwidth of the link to it. What the GPU is given first, all at one instant, it has
 * already: a rack is looked at from when it serves. Not thread-safe.
 */
public final class WeightLoads {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final long ABSENT = -1;

  private final int experts;
  private final long nanosEach;
  // By layer and expert, when it has come.
  private final long[] loadedNanos;
  private long firstNanos = ABSENT;
  private long freeNanos;

  /**
   * @param expertBytes of one expert of one layer
   * @param bytesPerSecond from the host's memory, positive
   */
  public WeightLoads(ModelConfig config, long expertBytes, long bytesPerSecond) {
    experts = config.experts();
    nanosEach = Math.round(expertBytes * NANOS_PER_SECOND / bytesPerSecond);
    loadedNanos = new long[config.layers() * experts];
    Arrays.fill(loadedNanos, ABSENT);
  }

  /** Loads an expert that is not there. Returns when it has come. */
  long load(int layer, int expert, long nowNanos) {
    int slot = layer * experts + expert;
    if (firstNanos == ABSENT) {
      firstNanos = nowNanos;
    }
    if (loadedNanos[slot] == ABSENT) {
      if (nowNanos > firstNanos) {
        freeNanos = Math.max(nowNanos, freeNanos) + nanosEach;
        loadedNanos[slot] = freeNanos;
      } else {
        loadedNanos[slot] = nowNanos;
      }
    }
    return loadedNanos[slot];
  }

  /** An expert is there no more. */
  void unload(int layer, int expert) {
    loadedNanos[layer * experts + expert] = ABSENT;
  }

  /** When all of these have come, of those that were asked for. */
  long loadedNanos(int layer, int[] of) {
    long latest = 0;
    for (int expert : of) {
      latest = Math.max(latest, loadedNanos[layer * experts + expert]);
    }
    return latest;
  }
}
