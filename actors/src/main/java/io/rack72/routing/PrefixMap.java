package io.rack72.routing;

import io.rack72.kv.BlockHash;
import io.rack72.kv.BlockIndex;
import io.rack72.kv.PromptNames;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which GPU has been sent which prefixes, block by block. It is what the router remembers, not what
 * the GPUs know: a GPU may have evicted a prefix since, or not have computed it yet. That costs
 * time and nothing else. When it is full, the blocks that were sent the longest time ago are
 * forgotten. Not thread-safe.
 */
final class PrefixMap {
  private final int blockTokens;
  private final PromptNames names;
  private final int capacity;
  private final BlockIndex index;
  // The GPUs that have been sent each block. Sets are never changed, so that the blocks of one GPU
  // alone, which most are, have one set.
  private final BitSet[] gpusOfBlock;
  private final Map<Integer, BitSet> setOfGpu = new HashMap<>();
  // A ring of the blocks that begins and ends at the index behind the last; the block that was sent
  // last comes last.
  private final int[] next;
  private final int[] previous;

  /**
   * @param blockTokens tokens of a KV block
   * @param shared whether GPUs share prefixes; if not, there is nothing to be remembered
   * @param capacity blocks remembered at most, 1 or more
   */
  PrefixMap(int blockTokens, boolean shared, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("1 or more blocks are remembered, not " + capacity);
    }
    this.blockTokens = blockTokens;
    this.capacity = shared ? capacity : 0;
    names = new PromptNames(blockTokens, shared);
    index = new BlockIndex(this.capacity);
    gpusOfBlock = new BitSet[this.capacity];
    next = new int[this.capacity + 1];
    previous = new int[this.capacity + 1];
    link(this.capacity, this.capacity);
  }

  /** The names of a prompt's blocks that can be shared: all whole ones before its last token. */
  List<BlockHash> names(int[] prompt, String salt) {
    return names.of(prompt, salt).of(position -> prompt[position], prompt.length - 1);
  }

  /**
   * How many tokens of a prompt each GPU has been sent before, as its beginning.
   *
   * @param gpus how many GPUs there are
   * @return by index
   */
  int[] tokensSent(List<BlockHash> names, int gpus) {
    int[] tokens = new int[gpus];
    BitSet having = new BitSet(gpus);
    having.set(0, gpus);
    for (int i = 0; i < names.size() && !having.isEmpty(); i++) {
      int block = index.find(names.get(i));
      if (block == BlockIndex.NONE) {
        break;
      }
      having.and(gpusOfBlock[block]);
      for (int gpu = having.nextSetBit(0); gpu >= 0; gpu = having.nextSetBit(gpu + 1)) {
        tokens[gpu] = (i + 1) * blockTokens;
      }
    }
    return tokens;
  }

  /** Notes that a GPU has been sent a prompt. */
  void sent(List<BlockHash> names, int gpu) {
    BitSet only = setOfGpu.computeIfAbsent(gpu, PrefixMap::setOf);
    // What is known of it must not be forgotten for its own end.
    for (BlockHash name : names) {
      int block = index.find(name);
      if (block == BlockIndex.NONE) {
        break;
      }
      moveToEnd(block);
    }
    // Then the last first, so that what is forgotten of a prompt first is its end.
    for (BlockHash name : names.reversed()) {
      int block = index.find(name);
      if (block == BlockIndex.NONE) {
        block = index.size() < capacity ? index.size() : forgetOldest();
        index.add(block, name);
        gpusOfBlock[block] = only;
        linkLast(block);
      } else {
        gpusOfBlock[block] = with(gpusOfBlock[block], gpu);
        moveToEnd(block);
      }
    }
  }

  private void moveToEnd(int block) {
    link(previous[block], next[block]);
    linkLast(block);
  }

  private void linkLast(int block) {
    link(previous[capacity], block);
    link(block, capacity);
  }

  private int forgetOldest() {
    int oldest = next[capacity];
    link(capacity, next[oldest]);
    index.remove(oldest);
    return oldest;
  }

  private void link(int block, int following) {
    next[block] = following;
    previous[following] = block;
  }

  private static BitSet setOf(int gpu) {
    BitSet set = new BitSet();
    set.set(gpu);
    return set;
  }

  private static BitSet with(BitSet some, int gpu) {
    if (some.get(gpu)) {
      return some;
    }
    BitSet more = (BitSet) some.clone();
    more.set(gpu);
    return more;
  }
}
