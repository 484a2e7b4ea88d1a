package io.rack72.fault;

import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/** What holds for parts of faults. */
final class Check {
  /** More than any rack has. */
  private static final int MAX_NODES = 1024;

  private static final Duration MAX_LENGTH = Duration.ofHours(1);

  private Check() {}

  static void that(boolean holds, String what, Object value) {
    if (!holds) {
      throw new IllegalArgumentException(what + ", not " + value);
    }
  }

  static void node(int node) {
    that(node >= 0 && node < MAX_NODES, "a node's number is 0 to " + (MAX_NODES - 1), node);
  }

  /** The same nodes, ascending and unmodifiable. */
  static Set<Integer> nodes(Set<Integer> nodes) {
    that(!nodes.isEmpty(), "at least one node is named", nodes);
    nodes.forEach(Check::node);
    return Collections.unmodifiableSet(new TreeSet<>(nodes));
  }

  static void length(Duration length) {
    that(
        length.isPositive() && length.compareTo(MAX_LENGTH) <= 0,
        "a length is above 0 and at most an hour",
        length);
  }
}
