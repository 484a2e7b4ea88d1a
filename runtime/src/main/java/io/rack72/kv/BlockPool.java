package io.rack72.kv;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A GPU's blocks of one kind: a fixed number, each owned by at most one sequence. Owning a block is
 * bookkeeping; its memory is taken from the host when somebody first asks for it, and kept for the
 * block's next owners, so that a device which computes nothing costs no memory. Not thread-safe.
 */
public final class BlockPool {
  private final long blockBytes;
  private final Arena arena;
  private final MemorySegment[] memory;
  private final boolean[] taken;
  // A stack, so that the block freed last, still warm in a cache, is the next one given.
  private final int[] free;
  private int freeCount;

  /**
   * @param capacity blocks in the pool
   * @param blockBytes size of each
   * @param arena the memory's lifetime
   */
  public BlockPool(int capacity, long blockBytes, Arena arena) {
    if (capacity < 0 || blockBytes < 0) {
      throw new IllegalArgumentException(
          "a pool has 0 or more blocks of 0 or more bytes, not " + capacity + " of " + blockBytes);
    }
    this.blockBytes = blockBytes;
    this.arena = arena;
    memory = new MemorySegment[capacity];
    taken = new boolean[capacity];
    free = new int[capacity];
    for (int i = 0; i < capacity; i++) {
      free[i] = capacity - 1 - i;
    }
    freeCount = capacity;
  }

  /** Takes a block. Its memory holds whatever its last owner left. */
  public int take() {
    if (freeCount == 0) {
      throw new IllegalStateException("no free KV block; the scheduler must ask before it takes");
    }
    int block = free[--freeCount];
    taken[block] = true;
    return block;
  }

  /** Gives a block back. */
  public void give(int block) {
    requireTaken(block);
    taken[block] = false;
    free[freeCount++] = block;
  }

  /** A taken block's memory. */
  public MemorySegment memory(int block) {
    requireTaken(block);
    if (memory[block] == null) {
      memory[block] = arena.allocate(blockBytes, 64);
    }
    return memory[block];
  }

  /** Blocks in the pool. */
  public int capacity() {
    return taken.length;
  }

  /** Blocks that nobody owns. */
  public int freeBlocks() {
    return freeCount;
  }

  /** Bytes of the whole pool, as it counts against HBM. */
  public long bytes() {
    return blockBytes * taken.length;
  }

  @Override
  public String toString() {
    return "BlockPool[" + freeCount + " of " + taken.length + " blocks free]";
  }

  private void requireTaken(int block) {
    if (!taken[block]) {
      throw new IllegalStateException("KV block " + block + " is not taken");
    }
  }
}
