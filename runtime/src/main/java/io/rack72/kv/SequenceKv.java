package io.rack72.kv;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The blocks of one sequence on one GPU: for every position computed so far in the full layers, and
 * for the window in the sliding layers. A model without layers of one kind takes no blocks of it.
 *
 * <p>Not thread-safe. While a step is computed its sequences' blocks do not change, so that one
 * other thread may ask for their {@link #blocks}.
 */
public final class SequenceKv {
  private final KvCache cache;
  private final Blocks full;
  private final Blocks sliding;

  public SequenceKv(KvCache cache) {
    this.cache = cache;
    full = new Blocks(cache.full(), cache.layout().hasFullLayers());
    sliding = new Blocks(cache.sliding(), cache.layout().hasSlidingLayers());
  }

  /** Whether both pools have room for the sequence to hold this many positions. */
  public boolean canGrowTo(int positions) {
    int blocks = cache.layout().blocksFor(positions);
    return full.canGrowTo(blocks) && sliding.canGrowTo(blocks);
  }

  /**
   * Takes the blocks that are missing for this many positions.
   *
   * @throws IllegalStateException if a pool has too few; then nothing has changed
   */
  public void growTo(int positions) {
    if (!canGrowTo(positions)) {
      throw new IllegalStateException(
          "no room for " + positions + " positions: " + cache.full() + ", " + cache.sliding());
    }
    int blocks = cache.layout().blocksFor(positions);
    full.growTo(blocks);
    sliding.growTo(blocks);
  }

  /**
   * Gives back the sliding layers' blocks that no later position can see.
   *
   * @param nextPosition the next position to be computed
   */
  public void releaseBehindWindow(int nextPosition) {
    int firstVisible = Math.max(0, nextPosition - cache.layout().config().slidingWindow() + 1);
    sliding.releaseBefore(firstVisible / cache.layout().blockTokens());
  }

  /** Gives everything back; the sequence can begin again from position 0. */
  public void releaseAll() {
    full.releaseAll();
    sliding.releaseAll();
  }

  /** Blocks that the sequence holds in the full layers' pool. */
  public int fullBlocks() {
    return full.held();
  }

  /** Blocks that the sequence holds in the sliding layers' pool. */
  public int slidingBlocks() {
    return sliding.held();
  }

  /**
   * Memory of the blocks of one kind, by block of the sequence; null where it was given back. Not a
   * copy, and valid until the next change.
   */
  public MemorySegment[] blocks(boolean ofSlidingLayers) {
    return (ofSlidingLayers ? sliding : full).memory();
  }

  /** How the blocks are laid out. */
  public KvLayout layout() {
    return cache.layout();
  }

  /** The sequence's blocks from one pool, by their index in the sequence. */
  private static final class Blocks {
    private final BlockPool pool;
    private final boolean used;
    private int[] blocks = {};
    private MemorySegment[] memory = {};
    // Blocks before this index have been given back.
    private int released;

    Blocks(BlockPool pool, boolean used) {
      this.pool = pool;
      this.used = used;
    }

    boolean canGrowTo(int count) {
      return !used || count - blocks.length <= pool.freeBlocks();
    }

    void growTo(int count) {
      int from = blocks.length;
      if (!used || count <= from) {
        return;
      }
      blocks = Arrays.copyOf(blocks, count);
      for (int i = from; i < count; i++) {
        blocks[i] = pool.take();
      }
    }

    void releaseBefore(int index) {
      int end = Math.min(index, blocks.length);
      for (; released < end; released++) {
        pool.give(blocks[released]);
        if (released < memory.length) {
          memory[released] = null;
        }
      }
    }

    void releaseAll() {
      releaseBefore(blocks.length);
      blocks = new int[0];
      memory = new MemorySegment[0];
      released = 0;
    }

    MemorySegment[] memory() {
      int from = memory.length;
      if (from < blocks.length) {
        memory = Arrays.copyOf(memory, blocks.length);
        for (int i = Math.max(from, released); i < blocks.length; i++) {
          memory[i] = pool.memory(blocks[i]);
        }
      }
      return memory;
    }

    int held() {
      return blocks.length - released;
    }
  }
}
