package io.rack72.kv;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The blocks of one sequence on one GPU: for every position computed so far in the full layers, and
 * for the window in the sliding layers. Not thread-safe.
 */
public final class SequenceKv {
  private static final int NONE = -1;

  private final KvCache cache;
  private int[] full = {};
  private int[] sliding = {};
  private MemorySegment[] fullMemory = {};
  private MemorySegment[] slidingMemory = {};
  private int slidingReleased;

  public SequenceKv(KvCache cache) {
    this.cache = cache;
  }

  /** Blocks that each pool must have free so that the sequence can hold this many positions. */
  public int missingBlocks(int positions) {
    return Math.max(0, cache.layout().blocksFor(positions) - full.length);
  }

  /** Whether both pools have room for the sequence to hold this many positions. */
  public boolean canGrowTo(int positions) {
    int missing = missingBlocks(positions);
    return missing <= cache.full().freeBlocks() && missing <= cache.sliding().freeBlocks();
  }

  /** Takes the blocks that are missing for this many positions. */
  public void growTo(int positions) {
    int from = full.length;
    int to = cache.layout().blocksFor(positions);
    if (to <= from) {
      return;
    }
    full = Arrays.copyOf(full, to);
    sliding = Arrays.copyOf(sliding, to);
    fullMemory = Arrays.copyOf(fullMemory, to);
    slidingMemory = Arrays.copyOf(slidingMemory, to);
    for (int i = from; i < to; i++) {
      full[i] = cache.full().take();
      fullMemory[i] = cache.full().memory(full[i]);
      sliding[i] = cache.sliding().take();
      slidingMemory[i] = cache.sliding().memory(sliding[i]);
    }
  }

  /**
   * Gives back the sliding layers' blocks that no later position can see.
   *
   * @param nextPosition the next position to be computed
   */
  public void releaseBehindWindow(int nextPosition) {
    int firstVisible = Math.max(0, nextPosition - cache.layout().config().slidingWindow() + 1);
    int keep = firstVisible / cache.layout().blockTokens();
    for (; slidingReleased < Math.min(keep, sliding.length); slidingReleased++) {
      cache.sliding().give(sliding[slidingReleased]);
      sliding[slidingReleased] = NONE;
      slidingMemory[slidingReleased] = null;
    }
  }

  /** Gives everything back; the sequence can begin again from position 0. */
  public void releaseAll() {
    for (int block : full) {
      cache.full().give(block);
    }
    for (int i = slidingReleased; i < sliding.length; i++) {
      cache.sliding().give(sliding[i]);
    }
    full = new int[0];
    sliding = new int[0];
    fullMemory = new MemorySegment[0];
    slidingMemory = new MemorySegment[0];
    slidingReleased = 0;
  }

  /**
   * Memory of the blocks of one kind, by block of the sequence; null where it was given back. Not a
   * copy, and valid until the next change.
   */
  public MemorySegment[] blocks(boolean ofSlidingLayers) {
    return ofSlidingLayers ? slidingMemory : fullMemory;
  }

  /** How the blocks are laid out. */
  public KvLayout layout() {
    return cache.layout();
  }
}
