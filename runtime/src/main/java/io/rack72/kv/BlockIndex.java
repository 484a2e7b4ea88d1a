package io.rack72.kv;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The names of numbered blocks, and which block has a name: an open-addressed table, at most half
 * full, that is probed one slot after the other. The pools of a rack's twin name and forget
 * hundreds of thousands of blocks a second, nearly each of them far away in memory. So there is no
 * object for an entry: names lie one behind the other, by block, and a slot has some bits of its
 * block's name beside the block's number, so that others' names are seldom looked at.
 *
 * <p>Clients choose what is named, and can compute the name. So where it lies in the table depends
 * on a secret of this process too, and nobody can choose names that lie together. Nothing that a
 * method returns depends on it. Not thread-safe.
 */
public final class BlockIndex {
  /** No block. */
  public static final int NONE = -1;

  private static final long EMPTY = -1;
  private static final long SECRET = new SecureRandom().nextLong() | 1;

  private final long secret;
  private final int mostWords;
  // Of all blocks that have had names.
  private long[] names = {};
  // In the upper half 32 bits of the name, mixed with the secret; in the lower the block.
  private long[] slots = empty(16);
  private int size;

  /**
   * An empty one.
   *
   * @param blocks how many there are, with numbers from 0
   */
  public BlockIndex(int blocks) {
    this(blocks, SECRET);
  }

  /**
   * The same, with what decides where names lie.
   *
   * @param secret odd
   */
  BlockIndex(int blocks, long secret) {
    this.secret = secret;
    if (blocks < 0) {
      throw new IllegalArgumentException("there are 0 or more blocks, not " + blocks);
    }
    mostWords = Math.multiplyExact(BlockHash.WORDS, blocks);
  }

  private static long[] empty(int length) {
    long[] slots = new long[length];
    Arrays.fill(slots, EMPTY);
    return slots;
  }

  /** How many blocks have names. */
  public int size() {
    return size;
  }

  /** The name of a block that has one. */
  public BlockHash name(int block) {
    return BlockHash.read(names, BlockHash.WORDS * block);
  }

  /** The block of this name; {@link #NONE} if there is none. */
  public int find(BlockHash name) {
    int bits = bits(name.a());
    for (int slot = home(bits); slots[slot] != EMPTY; slot = next(slot)) {
      if (isOf(slots[slot], bits, name)) {
        return block(slots[slot]);
      }
    }
    return NONE;
  }

  /**
   * Names a block that has no name.
   *
   * @return whether no other block had the name, or else nothing has changed
   */
  public boolean add(int block, BlockHash name) {
    if (2 * (size + 1) > slots.length) {
      grow();
    }
    int bits = bits(name.a());
    int slot = home(bits);
    for (; slots[slot] != EMPTY; slot = next(slot)) {
      if (isOf(slots[slot], bits, name)) {
        return false;
      }
    }
    keep(block, name);
    slots[slot] = ((long) bits << Integer.SIZE) | block;
    size++;
    return true;
  }

  /**
   * Takes the name from a block that has one.
   *
   * @throws IllegalStateException if it has none
   */
  public void remove(int block) {
    int at = BlockHash.WORDS * block;
    int hole = at < names.length ? home(bits(names[at])) : 0;
    while (block(slots[hole]) != block) {
      if (slots[hole] == EMPTY) {
        throw new IllegalStateException("block " + block + " has no name");
      }
      hole = next(hole);
    }
    size--;
    // What lies behind and would not be found across the hole moves into it.
    for (int slot = next(hole); slots[slot] != EMPTY; slot = next(slot)) {
      if (distance(home(bitsOf(slots[slot])), slot) >= distance(hole, slot)) {
        slots[hole] = slots[slot];
        hole = slot;
      }
    }
    slots[hole] = EMPTY;
  }

  private void keep(int block, BlockHash name) {
    int at = BlockHash.WORDS * block;
    if (at >= names.length) {
      // Those of low numbers are named first, and most pools never fill.
      long more = Math.max((long) at + BlockHash.WORDS, 2L * names.length);
      names = Arrays.copyOf(names, (int) Math.min(mostWords, more));
    }
    name.write(names, at);
  }

  private void grow() {
    long[] before = slots;
    slots = empty(2 * before.length);
    for (long entry : before) {
      if (entry != EMPTY) {
        int slot = home(bitsOf(entry));
        while (slots[slot] != EMPTY) {
          slot = next(slot);
        }
        slots[slot] = entry;
      }
    }
  }

  private boolean isOf(long entry, int bits, BlockHash name) {
    return bitsOf(entry) == bits && name.isAt(names, BlockHash.WORDS * block(entry));
  }

  /** What a slot has of a name, from its first word. */
  private int bits(long word) {
    return (int) ((word * secret) >>> Integer.SIZE);
  }

  private static int bitsOf(long entry) {
    return (int) (entry >>> Integer.SIZE);
  }

  private static int block(long entry) {
    return (int) entry;
  }

  /** Where a name's block lies if nothing else does: the bits that are mixed best. */
  private int home(int bits) {
    return bits >>> (Integer.numberOfLeadingZeros(slots.length) + 1);
  }

  private int next(int slot) {
    return (slot + 1) & (slots.length - 1);
  }

  private int distance(int from, int to) {
    return (to - from) & (slots.length - 1);
  }
}
