package io.rack72.gateway;

import java.util.Arrays;

/** A growing list of token ids, in four bytes each. Not thread-safe. */
final class TokenIds {
  private int[] ids = new int[16];
  private int size;

  void add(int id) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, 2 * size);
    }
    ids[size++] = id;
  }

  int size() {
    return size;
  }

  int[] toArray() {
    return Arrays.copyOf(ids, size);
  }
}
