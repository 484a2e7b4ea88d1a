package io.rack72.resume;

import java.util.Arrays;

/** A growing list of token ids, in four bytes each. Not thread-safe. */
public final class TokenIds {
  private int[] ids = new int[16];
  private int size;

  /** Adds one at the end. */
  public void add(int id) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, 2 * size);
    }
    ids[size++] = id;
  }

  /** How many there are. */
  public int size() {
    return size;
  }

  /** A copy of all. */
  public int[] toArray() {
    return Arrays.copyOf(ids, size);
  }

  /** A copy of those from an index on. */
  int[] from(int index) {
    return Arrays.copyOfRange(ids, index, size);
  }
}
