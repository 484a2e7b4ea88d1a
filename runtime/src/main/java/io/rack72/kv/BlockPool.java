package io.rack72.kv;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A GPU's blocks of one kind: a fixed number, each held by any number of sequences, or free. A
 * block whose content has a name can be found and held by others while its holders have it, and
 * after that until the block is needed for something else: free blocks are the prefix cache. Those
 * without a name are taken first, then passing ones, whose content somebody may want within a
 * moment and nobody later, then those that were given back the longest time ago; the content of
 * these goes to the host's memory where there is some for it.
 *
 * <p>Holding a block is bookkeeping; its memory is taken from the host when somebody first asks for
 * it, and kept for the block's next holders, so that a device which computes nothing costs no
 * memory. Nor are there records of a block before it is taken for the first time: a modeled GPU has
 * millions of a small model's. Not thread-safe.
 */
public final class BlockPool {
  private static final int LINKS = 4;
  private static final int NEXT = 1;
  private static final int PREVIOUS = 2;
  private static final int NAMED = 3;

  // The ends of the two rings of free blocks with a name, in the place of blocks.
  private static final int END = -1;
  private static final int END_OF_PASSING = -2;
  private static final int RINGS = 2;

  private static final int FIRST_ROOM = 64;

  private final long blockBytes;
  private final Arena arena;
  private final HostTier host;
  private final int capacity;
  private final BlockIndex named;
  // Blocks that have ever been taken: those of lower numbers.
  private int known;
  // Of blocks that are known, with room for more.
  private MemorySegment[] memory = {};
  // Four integers for each ring of free blocks, of which there are neighbours only, and then for
  // each block, beside each other since they are needed together: how many hold it, its neighbours
  // in its ring, whether it has a name.
  private int[] links = new int[LINKS * RINGS];
  // Free blocks without a name that are known. A stack, so that the block freed last, still warm in
  // a processor's cache, is the next one taken.
  private int[] unnamed = {};
  private int unnamedCount;
  // Free blocks with a name, in two rings: in each the one given back the longest time ago comes
  // first.
  private int cachedCount;

  /** A pool without memory on the host. */
  public BlockPool(int capacity, long blockBytes, Arena arena) {
    this(capacity, blockBytes, 0, arena);
  }

  /**
   * @param capacity blocks in the pool
   * @param blockBytes size of each
   * @param hostCapacity further blocks in the host's memory
   * @param arena the memory's lifetime
   */
  public BlockPool(int capacity, long blockBytes, int hostCapacity, Arena arena) {
    if (capacity < 0 || blockBytes < 0) {
      throw new IllegalArgumentException(
          "a pool has 0 or more blocks of 0 or more bytes, not " + capacity + " of " + blockBytes);
    }
    this.blockBytes = blockBytes;
    this.arena = arena;
    host = new HostTier(hostCapacity, blockBytes, arena);
    this.capacity = capacity;
    named = new BlockIndex(capacity);
    link(END, END);
    link(END_OF_PASSING, END_OF_PASSING);
  }

  /** Takes a free block. Its memory holds whatever its last holder left. */
  public int take() {
    int block;
    if (unnamedCount > 0) {
      block = unnamed[--unnamedCount];
    } else if (known < capacity) {
      block = known;
      know(block);
    } else if (next(END_OF_PASSING) != END_OF_PASSING) {
      block = next(END_OF_PASSING);
      unlink(block);
      removeName(block);
    } else if (cachedCount > 0) {
      block = next(END);
      unlink(block);
      if (host.capacity() > 0) {
        host.keep(named.name(block), memory[block] == null ? MemorySegment.NULL : memory[block]);
      }
      removeName(block);
    } else {
      throw new IllegalStateException("no free KV block; the scheduler must ask before it takes");
    }
    links[at(block)] = 1;
    return block;
  }

  private void know(int block) {
    if (block == unnamed.length) {
      int room = (int) Math.min(capacity, Math.max(FIRST_ROOM, 2L * block));
      MemorySegment[] moreMemory = Arrays.copyOf(memory, room);
      int[] moreLinks = Arrays.copyOf(links, Math.multiplyExact(LINKS, RINGS + room));
      // Nothing is in it when a block is needed that was never taken.
      unnamed = new int[room];
      memory = moreMemory;
      links = moreLinks;
    }
    known++;
  }

  /** The block whose content has this name; -1 if none. */
  public int find(BlockHash name) {
    return named.find(name);
  }

  /** Whether the block of this name is in the host's memory, and not in the pool. */
  public boolean isOnHost(BlockHash name) {
    return host.has(name) && find(name) < 0;
  }

  /**
   * Where a block's content lies on the host, for {@link #promote}; it is not found there again.
   */
  MemorySegment lift(BlockHash name) {
    return host.lift(name);
  }

  /** Takes a free block and brings to it what was lifted. */
  int promote(BlockHash name, MemorySegment lifted) {
    int block = take();
    host.load(lifted, lifted.equals(MemorySegment.NULL) ? MemorySegment.NULL : memory(block));
    name(block, name);
    return block;
  }

  /** Holds a block that {@link #find} found, free or held by others. */
  public void share(int block) {
    if (isFree(block)) {
      if (!isNamed(block)) {
        throw new IllegalStateException("KV block " + block + " holds nothing to be shared");
      }
      unlink(block);
    }
    links[at(block)]++;
  }

  /**
   * Names a held block's content, which does not change any more. Where another block has the same
   * content already, that one keeps the name.
   */
  public void name(int block, BlockHash name) {
    requireHeld(block);
    if (!isNamed(block) && named.add(block, name)) {
      links[at(block) + NAMED] = 1;
    }
  }

  /** Lets nobody find this content any more, unless somebody holds it. */
  void forget(BlockHash name) {
    int block = find(name);
    if (block >= 0 && isFree(block)) {
      unlink(block);
      removeName(block);
      unnamed[unnamedCount++] = block;
    }
  }

  /** Gives a block back; it is free when its last holder does. */
  public void give(int block) {
    give(block, END);
  }

  /** The same with a block that nobody will want for long. */
  void givePassing(int block) {
    give(block, END_OF_PASSING);
  }

  private void give(int block, int ring) {
    requireHeld(block);
    if (--links[at(block)] > 0) {
      return;
    }
    if (!isNamed(block)) {
      unnamed[unnamedCount++] = block;
    } else {
      linkLast(block, ring);
    }
  }

  /** A held block's memory. */
  public MemorySegment memory(int block) {
    requireHeld(block);
    if (memory[block] == null) {
      memory[block] = arena.allocate(blockBytes, 64);
    }
    return memory[block];
  }

  /** Blocks in the pool. */
  public int capacity() {
    return capacity;
  }

  /** Blocks that nobody holds, cached ones among them. */
  public int freeBlocks() {
    return capacity - known + unnamedCount + cachedCount;
  }

  /** Whether nobody holds a block. */
  boolean isFree(int block) {
    return block >= known || links[at(block)] == 0;
  }

  /** Whether a held block has one holder. */
  boolean isHeldByOne(int block) {
    return links[at(block)] == 1;
  }

  /** Blocks in the host's memory. */
  public int hostBlocks() {
    return host.size();
  }

  /** Blocks that the host's memory can hold. */
  public int hostCapacity() {
    return host.capacity();
  }

  /** Bytes evicted to the host so far. */
  public long hostOutBytes() {
    return host.outBytes();
  }

  /** Bytes brought back from the host so far. */
  public long hostInBytes() {
    return host.inBytes();
  }

  /** Free blocks whose content has a name. */
  public int cachedBlocks() {
    return cachedCount;
  }

  /** Bytes of the whole pool, as it counts against HBM. */
  public long bytes() {
    return blockBytes * capacity;
  }

  @Override
  public String toString() {
    return "BlockPool[" + freeBlocks() + " of " + capacity + " blocks free]";
  }

  private boolean isNamed(int block) {
    return block < known && links[at(block) + NAMED] == 1;
  }

  private void removeName(int block) {
    named.remove(block);
    links[at(block) + NAMED] = 0;
  }

  private void linkLast(int block, int ring) {
    link(previous(ring), block);
    link(block, ring);
    cachedCount++;
  }

  private void unlink(int block) {
    link(previous(block), next(block));
    cachedCount--;
  }

  private static int at(int block) {
    return LINKS * (RINGS + block);
  }

  private int next(int block) {
    return links[at(block) + NEXT];
  }

  private int previous(int block) {
    return links[at(block) + PREVIOUS];
  }

  private void link(int block, int following) {
    links[at(block) + NEXT] = following;
    links[at(following) + PREVIOUS] = block;
  }

  private void requireHeld(int block) {
    if (isFree(block)) {
      throw new IllegalStateException("KV block " + block + " is not held");
    }
  }
}
