package io.rack72.resume;

import java.util.Arrays;

/** A growing list of token ids, in four bytes each. Not thread-safe. */
public final class TokenIds implements TokensSoFar {
  private int[] ids = new int[16];
  private int size;

  @Override
  public void add(int id) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, 2 * size);
    }
    ids[size++] = id;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public int[] toArray() {
    return Arrays.copyOf(ids, size);
  }

  /** A copy of those from an index on. */
  int[] from(int index) {
    return Arrays.copyOfRange(ids, index, size);
  }
}
