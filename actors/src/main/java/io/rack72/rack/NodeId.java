package io.rack72.rack;

import java.util.Comparator;

/**
 * One run of one JVM of the rack. A JVM that is started again is another node, be its address the
 * same.
 *
 * @param address {@code host:port} by which other nodes reach it; {@code local} where there are
 *     none
 * @param run distinguishes runs
 */
public record NodeId(String address, long run) implements Comparable<NodeId> {
  /** The only node of a rack in one JVM. */
  public static final NodeId LOCAL = new NodeId("local", 0);

  private static final Comparator<NodeId> ORDER =
      Comparator.comparing(NodeId::address).thenComparingLong(NodeId::run);

  @Override
  public int compareTo(NodeId other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return address;
  }
}
