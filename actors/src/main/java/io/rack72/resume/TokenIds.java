package io.rack72.resume;

import java.util.Arrays;
import java.util.Objects;

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

  /**
   * A copy of the first of them.
   *
   * @param count no more than there are
   */
  public int[] first(int count) {
    return Arrays.copyOfRange(ids, 0, Objects.checkIndex(count, size + 1));
  }

  /** How many there are. */
  int size() {
    return size;
  }

  /** A copy of those from an index on. */
  int[] from(int index) {
    return Arrays.copyOfRange(ids, index, size);
  }
}
