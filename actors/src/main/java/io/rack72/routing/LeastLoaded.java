package io.rack72.routing;

import io.rack72.hardware.GpuId;
import java.util.List;

/**
 * Picks the GPU with the least work: the fewest tokens of prompts and expected replies assigned to
 * it and not yet ended, then the lowest index. A pure table; not thread-safe.
 */
final class LeastLoaded {
  private final List<GpuId> gpus;
  private final long[] tokens;

  LeastLoaded(List<GpuId> gpus) {
    this.gpus = List.copyOf(gpus);
    tokens = new long[gpus.size()];
  }

  /** Assigns work of so many tokens. */
  GpuId assign(long work) {
    int best = 0;
    for (int i = 1; i < tokens.length; i++) {
      if (tokens[i] < tokens[best]) {
        best = i;
      }
    }
    tokens[best] += work;
    return gpus.get(best);
  }

  /** Takes back what {@link #assign} added. */
  void release(GpuId gpu, long work) {
    tokens[gpus.indexOf(gpu)] -= work;
  }
}
