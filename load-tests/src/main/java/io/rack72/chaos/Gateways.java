package io.rack72.chaos;

import java.net.URI;
import java.util.List;
import java.util.function.Supplier;

/**
 * The gateways that clients know, as a list that is made anew for each question, since gateways die
 * and come back. Thread-safe.
 */
record Gateways(Supplier<List<URI>> all) {
  /**
   * One of them, or null where there is none.
   *
   * @param turn which; the next is another one, if there are several
   */
  URI pick(int turn) {
    List<URI> now = all.get();
    return now.isEmpty() ? null : now.get(Math.floorMod(turn, now.size()));
  }
}
