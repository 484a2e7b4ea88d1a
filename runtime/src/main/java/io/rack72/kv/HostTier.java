package io.rack72.kv;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Named blocks of one kind that had to leave the GPU, in memory of its host: a second, slower and
 * larger prefix cache. A block is here or on the GPU, hardly ever in both. When it is full, what
 * came the longest time ago goes. Counts the bytes that pass the link between the two. Not
 * thread-safe.
 */
final class HostTier {
  private final int capacity;
  private final long blockBytes;
  private final Arena arena;
  // In the order in which they came. Blocks without memory, on a device that computes nothing, have
  // none here.
  private final Map<BlockHash, MemorySegment> blocks = new LinkedHashMap<>();
  private final Deque<MemorySegment> spare = new ArrayDeque<>();
  // Blocks taken out whose memory is still in use.
  private int lifted;
  private long outBytes;
  private long inBytes;

  HostTier(int capacity, long blockBytes, Arena arena) {
    this.capacity = capacity;
    this.blockBytes = blockBytes;
    this.arena = arena;
  }

  boolean has(BlockHash name) {
    return blocks.containsKey(name);
  }

  /**
   * Keeps a block that is leaving the GPU.
   *
   * @param memory of the block; {@link MemorySegment#NULL} where it has none
   */
  void keep(BlockHash name, MemorySegment memory) {
    MemorySegment known = blocks.remove(name);
    if (known != null) {
      blocks.put(name, known);
      return;
    }
    if (lifted == capacity) {
      return;
    }
    if (blocks.size() + lifted == capacity) {
      Iterator<MemorySegment> eldest = blocks.values().iterator();
      recycle(eldest.next());
      eldest.remove();
    }
    MemorySegment kept = MemorySegment.NULL;
    if (!memory.equals(MemorySegment.NULL)) {
      kept = spare.isEmpty() ? arena.allocate(blockBytes, 64) : spare.pop();
      kept.copyFrom(memory);
    }
    blocks.put(name, kept);
    outBytes += blockBytes;
  }

  /** Takes a block out, for {@link #load}; it is no longer here. */
  MemorySegment lift(BlockHash name) {
    lifted++;
    return blocks.remove(name);
  }

  /**
   * Copies what was lifted to a block on the GPU.
   *
   * @param memory of that block; {@link MemorySegment#NULL} where nothing is computed
   */
  void load(MemorySegment source, MemorySegment memory) {
    if (!source.equals(MemorySegment.NULL)) {
      memory.copyFrom(source);
    }
    recycle(source);
    lifted--;
    inBytes += blockBytes;
  }

  /** Blocks kept. */
  int size() {
    return blocks.size();
  }

  int capacity() {
    return capacity;
  }

  /** Bytes that have come from the GPU. */
  long outBytes() {
    return outBytes;
  }

  /** Bytes that have gone to the GPU. */
  long inBytes() {
    return inBytes;
  }

  private void recycle(MemorySegment memory) {
    if (!memory.equals(MemorySegment.NULL)) {
      spare.push(memory);
    }
  }
}
