package io.rack72.kv;

import java.util.Arrays;

/**
 * Which of a pool's blocks holds what, by name: an open-addressed table of block numbers, at most
 * half full, that is probed one slot after the other. It makes no object for an entry, since the
 * pools of a rack's twin name and forget hundreds of thousands of blocks a second. Not thread-safe.
 */
final class BlockIndex {
  static final int NONE = -1;

  private final BlockHash[] names;
  private int[] slots;
  private int size;

  /** An empty one for so many blocks. */
  BlockIndex(int blocks) {
    names = new BlockHash[blocks];
    slots = empty(16);
  }

  private static int[] empty(int length) {
    int[] slots = new int[length];
    Arrays.fill(slots, NONE);
    return slots;
  }

  /** The name of a block's content; null where it has none. */
  BlockHash name(int block) {
    return names[block];
  }

  /** The block of this name; {@link #NONE} if there is none. */
  int find(BlockHash name) {
    int slot = home(name);
    while (slots[slot] != NONE && !names[slots[slot]].equals(name)) {
      slot = next(slot);
    }
    return slots[slot];
  }

  /**
   * Names a block that has no name.
   *
   * @return whether no other block had the name, or else nothing has changed
   */
  boolean add(int block, BlockHash name) {
    if (2 * (size + 1) > slots.length) {
      grow();
    }
    int slot = home(name);
    while (slots[slot] != NONE) {
      if (names[slots[slot]].equals(name)) {
        return false;
      }
      slot = next(slot);
    }
    slots[slot] = block;
    names[block] = name;
    size++;
    return true;
  }

  /** Takes the name from a block that has one. */
  void remove(int block) {
    int hole = home(names[block]);
    while (slots[hole] != block) {
      hole = next(hole);
    }
    names[block] = null;
    size--;
    // What lies behind and would not be found across the hole moves into it.
    for (int slot = next(hole); slots[slot] != NONE; slot = next(slot)) {
      if (distance(home(names[slots[slot]]), slot) >= distance(hole, slot)) {
        slots[hole] = slots[slot];
        hole = slot;
      }
    }
    slots[hole] = NONE;
  }

  private void grow() {
    int[] before = slots;
    slots = empty(2 * before.length);
    for (int block : before) {
      if (block != NONE) {
        int slot = home(names[block]);
        while (slots[slot] != NONE) {
          slot = next(slot);
        }
        slots[slot] = block;
      }
    }
  }

  /** Where a name's block lies if nothing else does. */
  private int home(BlockHash name) {
    return (int) name.a() & (slots.length - 1);
  }

  private int next(int slot) {
    return (slot + 1) & (slots.length - 1);
  }

  private int distance(int from, int to) {
    return (to - from) & (slots.length - 1);
  }
}
