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
  /** Blocks: for the one that is not whole, and for tokens of the last tenths of a second. */
  private static final int FINDABLE_BEHIND_WINDOW = 4;

  private final KvCache cache;
  private final Blocks full;
  private final Blocks sliding;

  public SequenceKv(KvCache cache) {
    this.cache = cache;
    full = new Blocks(cache.full(), cache.layout().hasFullLayers());
    sliding = new Blocks(cache.sliding(), cache.layout().hasSlidingLayers());
  }

  /**
   * What there is of a sequence's beginning.
   *
   * @param blocks from the first on whose positions need not be computed
   * @param freeFull free blocks of the full layers' pool that holding them takes
   * @param freeSliding free blocks of the sliding layers' pool that holding them takes
   */
  public record Prefix(int blocks, int freeFull, int freeSliding) {}

  /**
   * Looks for what others have computed of the sequence's beginning: the longest prefix of which
   * the full layers have all blocks, and the sliding layers those that the next position sees.
   * Nothing changes.
   *
   * @param names of the sequence's first whole blocks, as many as may be shared
   */
  public Prefix find(List<BlockHash> names) {
    Prefix found = take(names, prefix(names, true));
    boolean room =
        found.freeFull() <= cache.full().freeBlocks()
            && found.freeSliding() <= cache.sliding().freeBlocks();
    // Without room, what the host has would push out what it is to join.
    return room ? found : take(names, prefix(names, false));
  }

  private Prefix take(List<BlockHash> names, int blocks) {
    return new Prefix(
        blocks,
        full.freeOf(names, 0, blocks),
        sliding.freeOf(names, firstVisibleBlock(blocks), blocks));
  }

  /**
   * Whether a sequence that begins with a prefix fits beside others.
   *
   * @param length tokens of the sequence, for all of which the full layers must have room
   * @param positions for which the sliding layers must have room
   * @param promised blocks of the full layers that others will still take
   */
  public boolean fits(Prefix prefix, int length, int positions, long promised) {
    KvLayout layout = cache.layout();
    int fullTaken = layout.fullBlocksFor(length) - (layout.hasFullLayers() ? prefix.blocks() : 0);
    int slidingTaken =
        layout.hasSlidingLayers() ? layout.blocksFor(positions) - prefix.blocks() : 0;
    return promised + fullTaken + prefix.freeFull() <= cache.full().freeBlocks()
        && slidingTaken + prefix.freeSliding() <= cache.sliding().freeBlocks();
  }

  /**
   * Holds a prefix that was just found; what of it is in the host's memory comes from there.
   *
   * @throws IllegalStateException if the sequence has blocks already
   */
  public void attach(List<BlockHash> names, Prefix prefix) {
    if (full.count() > 0 || sliding.count() > 0) {
      throw new IllegalStateException("a sequence looks for its prefix before it has any blocks");
    }
    full.attach(names, 0, prefix.blocks());
    sliding.attach(names, firstVisibleBlock(prefix.blocks()), prefix.blocks());
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
   * Gives back the sliding layers' blocks that no later position can see. Others may still find
   * them: those of a prompt, who have the same beginning and another end; those of a reply, for a
   * while.
   *
   * @param promptPositions positions before the reply
   * @param nextPosition the next position to be computed
   */
  public void releaseBehindWindow(int promptPositions, int nextPosition) {
    int blockTokens = cache.layout().blockTokens();
    sliding.releaseBefore(firstVisible(nextPosition) / blockTokens, promptPositions / blockTokens);
  }

  /**
   * Lets nobody find the sliding layers' blocks of a reply that lie far behind the window: nobody's
   * prompt ends within it, and a GPU that decodes would soon have nothing else in its cache. What
   * lies right behind the window is what the same sequence needs where it begins again, which is at
   * a block's end and behind as many tokens as its owner knows of.
   *
   * @param names of the sequence's whole blocks
   * @param promptPositions positions before the reply
   * @param nextPosition the next position to be computed
   */
  public void forgetFarBehindWindow(List<BlockHash> names, int promptPositions, int nextPosition) {
    int blockTokens = cache.layout().blockTokens();
    int end = firstVisible(nextPosition) / blockTokens - FINDABLE_BEHIND_WINDOW;
    sliding.forgetBefore(names, promptPositions / blockTokens, end);
  }

  /**
   * Positions, more than these, of which as many must have been computed before another block is
   * whole or has left the window.
   */
  public int nextChange(int positions) {
    int blockTokens = cache.layout().blockTokens();
    int whole = (positions / blockTokens + 1) * blockTokens;
    int hidden = (firstVisible(positions) / blockTokens + 1) * blockTokens;
    return (int) Math.min(whole, (long) hidden + cache.layout().config().slidingWindow() - 1);
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

  /** Those of them that nobody else holds. */
  public int fullBlocksHeldAlone() {
    return full.heldAlone();
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
    // As many as there are, and room for some more.
    private int[] blocks = {};
    private int count;
    private MemorySegment[] memory = {};
    // Blocks before this index have been given back.
    private int released;
    private int forgotten;

    Blocks(BlockPool pool, boolean used) {
      this.pool = pool;
      this.used = used;
    }

    boolean canGrowTo(int wanted) {
      return !used || wanted - count <= pool.freeBlocks();
    }

    void growTo(int wanted) {
      if (!used || wanted <= count) {
        return;
      }
      if (wanted > blocks.length) {
        blocks = Arrays.copyOf(blocks, Math.max(wanted, 2 * blocks.length));
      }
      while (count < wanted) {
        blocks[count++] = pool.take();
      }
    }

    int heldAlone() {
      int alone = 0;
      for (int i = released; used && i < count; i++) {
        alone += pool.isHeldByOne(blocks[i]) ? 1 : 0;
      }
      return alone;
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

    /** Free blocks that holding a range takes: those of it that nobody holds or the host has. */
    int freeOf(List<BlockHash> names, int from, int to) {
      int free = 0;
      for (int i = from; used && i < to; i++) {
        int block = pool.find(names.get(i));
        free += block < 0 || pool.isFree(block) ? 1 : 0;
      }
      return free;
    }

    /** Holds the blocks of a range, as if those before it had been given back. */
    void attach(List<BlockHash> names, int from, int to) {
      if (!used) {
        return;
      }
      blocks = new int[to];
      count = to;
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

    /** Those from {@code passing} on are wanted by nobody for long. */
    void releaseBefore(int index, int passing) {
      int end = Math.min(index, count);
      for (; released < end; released++) {
        if (released < passing) {
          pool.give(blocks[released]);
        } else {
          pool.givePassing(blocks[released]);
        }
        if (released < memory.length) {
          memory[released] = null;
        }
      }
    }

    void forgetBefore(List<BlockHash> names, int from, int to) {
      forgotten = Math.max(forgotten, from);
      for (int end = Math.min(to, names.size()); forgotten < end; forgotten++) {
        pool.forget(names.get(forgotten));
      }
    }

    /**
     * The last first, since a prefix without its end is worth more than one without its beginning.
     */
    void releaseAll() {
      for (int i = count - 1; i >= released; i--) {
        pool.give(blocks[i]);
      }
      blocks = new int[0];
      count = 0;
      memory = new MemorySegment[0];
      released = 0;
      forgotten = 0;
    }

    MemorySegment[] memory() {
      int from = memory.length;
      if (from < count) {
        memory = Arrays.copyOf(memory, count);
        for (int i = Math.max(from, released); i < count; i++) {
          memory[i] = pool.memory(blocks[i]);
        }
      }
      return memory;
    }

    int count() {
      return count;
    }

    int held() {
      return count - released;
    }
  }
}
