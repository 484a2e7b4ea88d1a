package io.rack72.twin;

/**
 * Requests that have come and not ended, by their number. Numbers are given in order, so those that
 * are live lie close together, and a table that is larger than their span finds each at once. Not
 * thread-safe.
 */
final class LiveRequests {
  /** A request that is live. */
  static final class Live {
    private final int number;
    final long sinceNanos;
    final int promptLength;
    long firstNanos = -1;
    long lastNanos;

    Live(int number, long sinceNanos, int promptLength) {
      this.number = number;
      this.sinceNanos = sinceNanos;
      this.promptLength = promptLength;
    }
  }

  private Live[] table = new Live[1024];
  private int size;

  void put(Live request) {
    // Another that lives so long that the table has gone round makes it larger.
    while (table[slot(request.number)] != null) {
      grow();
    }
    table[slot(request.number)] = request;
    size++;
  }

  Live get(int number) {
    return table[slot(number)];
  }

  void remove(int number) {
    table[slot(number)] = null;
    size--;
  }

  int size() {
    return size;
  }

  private int slot(int number) {
    return number & (table.length - 1);
  }

  private void grow() {
    Live[] before = table;
    table = new Live[2 * before.length];
    for (Live request : before) {
      if (request != null) {
        table[slot(request.number)] = request;
      }
    }
  }
}
