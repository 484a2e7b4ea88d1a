package io.rack72.kv;

import java.util.Arrays;

/**
 * Which of so many blocks has which name, and where the block of a name is: an open-addressed
 * table, at most half full, that is probed one slot after the other. The pools of a rack's twin
 * name and forget hundreds of thousands of blocks a second, nearly each of them far away in memory.
 * So there is no object for an entry: names lie one behind the other, by block, and a slot has some
 * bits of its block's name beside the block's number, so that others' names are seldom looked at.
 * Not thread-safe.
 */
public final class BlockIndex {
  /** No block. */
  public static final int NONE = -1;

  private static final int WORDS = 4;
  private static final long EMPTY = -1;

  private final int blocks;
  // Of all blocks that have had names.
  private long[] names = {};
  // The name's first half word, and the block in the lower half.
  private long[] slots = empty(16);
  private int size;

  /**
   * An empty one.
   *
   * @param blocks how many there are, with numbers from 0
   */
  public BlockIndex(int blocks) {
    this.blocks = blocks;
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
    int at = WORDS * block;
    return new BlockHash(names[at], names[at + 1], names[at + 2], names[at + 3]);
  }

  /** The block of this name; {@link #NONE} if there is none. */
  public int find(BlockHash name) {
    int bits = bits(name.a());
    for (int slot = home(bits); slots[slot] != EMPTY; slot = next(slot)) {
      if (bits(slots[slot]) == bits && has(block(slots[slot]), name)) {
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
      if (bits(slots[slot]) == bits && has(block(slots[slot]), name)) {
        return false;
      }
    }
    slots[slot] = ((long) bits << Integer.SIZE) | block;
    keep(block, name);
    size++;
    return true;
  }

  /** Takes the name from a block that has one. */
  public void remove(int block) {
    int hole = home(bits(names[WORDS * block]));
    while (block(slots[hole]) != block) {
      hole = next(hole);
    }
    size--;
    // What lies behind and would not be found across the hole moves into it.
    for (int slot = next(hole); slots[slot] != EMPTY; slot = next(slot)) {
      if (distance(home(bits(slots[slot])), slot) >= distance(hole, slot)) {
        slots[hole] = slots[slot];
        hole = slot;
      }
    }
    slots[hole] = EMPTY;
  }

  private boolean has(int block, BlockHash name) {
    int at = WORDS * block;
    return names[at] == name.a()
        && names[at + 1] == name.b()
        && names[at + 2] == name.c()
        && names[at + 3] == name.d();
  }

  private void keep(int block, BlockHash name) {
    int at = WORDS * block;
    if (at >= names.length) {
      // Those of low numbers are named first, and most pools never fill.
      int most = Math.multiplyExact(WORDS, blocks);
      names = Arrays.copyOf(names, (int) Math.min(most, Math.max(at + WORDS, 2L * names.length)));
    }
    names[at] = name.a();
    names[at + 1] = name.b();
    names[at + 2] = name.c();
    names[at + 3] = name.d();
  }

  private void grow() {
    long[] before = slots;
    slots = empty(2 * before.length);
    for (long entry : before) {
      if (entry != EMPTY) {
        int slot = home(bits(entry));
        while (slots[slot] != EMPTY) {
          slot = next(slot);
        }
        slots[slot] = entry;
      }
    }
  }

  /** What a slot has of the name that begins with this word, or the same of a slot's entry. */
  private static int bits(long word) {
    return (int) (word >>> Integer.SIZE);
  }

  private static int block(long entry) {
    return (int) entry;
  }

  /** Where a name's block lies if nothing else does. */
  private int home(int bits) {
    return bits & (slots.length - 1);
  }

  private int next(int slot) {
    return (slot + 1) & (slots.length - 1);
  }

  private int distance(int from, int to) {
    return (to - from) & (slots.length - 1);
  }
}
