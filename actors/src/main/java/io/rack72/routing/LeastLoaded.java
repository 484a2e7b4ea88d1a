package io.rack72.routing;

import io.rack72.hardware.GpuId;
import java.util.List;

/**
 * Picks the GPU on which a sequence costs the least: the tokens of sequences that were assigned to
 * it and have not ended, however far they are, and those that the sequence adds; of equals the
 * lowest index. A pure table; not thread-safe.
 */
final class LeastLoaded {
  private final List<GpuId> gpus;
  private final long[] tokens;

  LeastLoaded(List<GpuId> gpus) {
    this.gpus = List.copyOf(gpus);
    tokens = new long[gpus.size()];
  }

  /** GPUs in the table. */
  int size() {
    return gpus.size();
  }

  /**
   * Assigns work.
   *
   * @param work how many tokens it is on each GPU, by index
   * @return the index of the GPU
   */
  int assign(long[] work) {
    int best = 0;
    for (int i = 1; i < tokens.length; i++) {
      if (tokens[i] + work[i] < tokens[best] + work[best]) {
        best = i;
      }
    }
    tokens[best] += work[best];
    return best;
  }

  /** The GPU of an index. */
  GpuId gpu(int index) {
    return gpus.get(index);
  }

  /** Takes back what {@link #assign} added. */
  void release(int index, long work) {
    tokens[index] -= work;
  }
}
