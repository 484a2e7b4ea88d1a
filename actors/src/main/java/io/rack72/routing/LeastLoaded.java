package io.rack72.routing;

import io.rack72.hardware.GpuId;
import java.util.BitSet;
import java.util.Collection;
import java.util.OptionalInt;

/**
 * Picks the GPU on which a sequence costs the least: the tokens of sequences that were assigned to
 * it and have not ended, however far they are, and those that the sequence adds; of equals the next
 * from a given one on. A pure table; not thread-safe.
 */
final class LeastLoaded {
  private final long[] tokens;
  private final BitSet open = new BitSet();
  private final int firstOfEquals;

  /**
   * A table in which no GPU is open.
   *
   * @param gpus of the rack
   * @param firstOfEquals index of the GPU from which on equals come first
   */
  LeastLoaded(int gpus, int firstOfEquals) {
    tokens = new long[gpus];
    this.firstOfEquals = firstOfEquals;
  }

  /** GPUs in the table, open or not. */
  int size() {
    return tokens.length;
  }

  /** These GPUs take work from now on, and no others. */
  void open(Collection<GpuId> gpus) {
    open.clear();
    gpus.forEach(gpu -> open.set(gpu.index()));
  }

  /** A GPU takes no work any more. */
  void close(int gpu) {
    open.clear(gpu);
  }

  /**
   * Assigns work.
   *
   * @param work how many tokens it is on each GPU, by index
   * @param handicaps tokens by which each GPU counts as busier for this work, by index
   * @return the index of the GPU; empty where none is open
   */
  OptionalInt assign(long[] work, long[] handicaps) {
    int best = -1;
    long least = Long.MAX_VALUE;
    for (int i = 0; i < tokens.length; i++) {
      int gpu = (firstOfEquals + i) % tokens.length;
      long cost = tokens[gpu] + work[gpu] + handicaps[gpu];
      if (open.get(gpu) && cost < least) {
        best = gpu;
        least = cost;
      }
    }
    if (best < 0) {
      return OptionalInt.empty();
    }
    tokens[best] += work[best];
    return OptionalInt.of(best);
  }

  /** Takes back what {@link #assign} added. */
  void release(int index, long work) {
    tokens[index] -= work;
  }
}
