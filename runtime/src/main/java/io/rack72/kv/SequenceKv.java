package io.rack72.kv;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * The blocks of one sequence on one GPU: for every position computed so far in the full layers, and
 * for the window in the sliding layers. A model without layers of one kind takes no blocks of it.
 * The first of them may be shared with other sequences, which is safe because a block is shared
 * only when it is whole, and then never written again.
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

  /**
   * Holds what others have computed of the sequence's beginning: the longest prefix of which the
   * full layers have all blocks, and the sliding layers those that the next position sees.
   *
   * @param names of the sequence's first whole blocks, as many as may be shared
   * @return blocks found, from the first on; their positions need not be computed
   */
  public int attach(List<BlockHash> names) {
    if (full.count() > 0 || sliding.count() > 0) {
      throw new IllegalStateException("a sequence looks for its prefix before it has any blocks");
    }
    int found = prefix(names, true);
    if (!full.hasRoomFor(names, 0, found)
        || !sliding.hasRoomFor(names, firstVisibleBlock(found), found)) {
      // What the host has would push out what it is to join.
      found = prefix(names, false);
    }
    full.attach(names, 0, found);
    sliding.attach(names, firstVisibleBlock(found), found);
    return found;
  }

  private int prefix(List<BlockHash> names, boolean fromHost) {
    int found = full.prefix(names, fromHost);
    int missing = sliding.lastMissing(names, firstVisibleBlock(found), found, fromHost);
    while (missing >= 0) {
      // Every end behind the missing block, up to the one just tried, sees it.
      found = missing;
      missing = sliding.lastMissing(names, firstVisibleBlock(found), found, fromHost);
    }
    return found;
  }

  /**
   * Lets others find blocks that have been computed as a whole.
   *
   * @param names of the sequence's whole blocks
   * @param from the first block to be named
   * @param to behind the last
   */
  public void name(List<BlockHash> names, int from, int to) {
    full.name(names, from, to);
    sliding.name(names, from, to);
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
    sliding.releaseBefore(firstVisible(nextPosition) / cache.layout().blockTokens());
  }

  private int firstVisible(int nextPosition) {
    return Math.max(0, nextPosition - cache.layout().config().slidingWindow() + 1);
  }

  /** The first block that the position behind so many blocks sees in a sliding layer. */
  private int firstVisibleBlock(int blocks) {
    int blockTokens = cache.layout().blockTokens();
    return firstVisible(blocks * blockTokens) / blockTokens;
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

    /** How many of the names, from the first on, the pool has; all where the layers take none. */
    int prefix(List<BlockHash> names, boolean fromHost) {
      int found = 0;
      while (found < names.size() && has(names.get(found), fromHost)) {
        found++;
      }
      return found;
    }

    /** The last block in a range that the pool has not; -1 where it has all. */
    int lastMissing(List<BlockHash> names, int from, int to, boolean fromHost) {
      for (int i = to - 1; i >= from; i--) {
        if (!has(names.get(i), fromHost)) {
          return i;
        }
      }
      return -1;
    }

    private boolean has(BlockHash name, boolean fromHost) {
      return !used || pool.find(name) >= 0 || (fromHost && pool.isOnHost(name));
    }

    /** Whether what the host has of a range can come beside what the pool has of it. */
    boolean hasRoomFor(List<BlockHash> names, int from, int to) {
      int free = pool.freeBlocks();
      for (int i = from; used && i < to; i++) {
        int block = pool.find(names.get(i));
        free -= block < 0 || pool.isFree(block) ? 1 : 0;
      }
      return free >= 0;
    }

    /** Holds the blocks of a range, as if those before it had been given back. */
    void attach(List<BlockHash> names, int from, int to) {
      if (!used) {
        return;
      }
      blocks = new int[to];
      released = from;
      // All are secured before the first is brought from the host, for which others are evicted.
      MemorySegment[] lifted = new MemorySegment[to];
      for (int i = from; i < to; i++) {
        blocks[i] = pool.find(names.get(i));
        if (blocks[i] >= 0) {
          pool.share(blocks[i]);
        } else {
          lifted[i] = pool.lift(names.get(i));
        }
      }
      for (int i = from; i < to; i++) {
        if (lifted[i] != null) {
          blocks[i] = pool.promote(names.get(i), lifted[i]);
        }
      }
    }

    void name(List<BlockHash> names, int from, int to) {
      for (int i = Math.max(from, released); used && i < to; i++) {
        pool.name(blocks[i], names.get(i));
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

    /**
     * The last first, since a prefix without its end is worth more than one without its beginning.
     */
    void releaseAll() {
      for (int i = blocks.length - 1; i >= released; i--) {
        pool.give(blocks[i]);
      }
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

    int count() {
      return blocks.length;
    }

    int held() {
      return blocks.length - released;
    }
  }
}
