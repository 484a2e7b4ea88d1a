package io.rack72.hardware;

/**
 * A tray of the rack: the GPUs that live in one JVM and die with it.
 *
 * @param index 0 to the number of trays, exclusive
 */
public record TrayId(int index) implements Comparable<TrayId> {
  public TrayId {
    if (index < 0) {
      throw new IllegalArgumentException("a tray's index is not negative: " + index);
    }
  }

  @Override
  public int compareTo(TrayId other) {
    return Integer.compare(index, other.index);
  }

  @Override
  public String toString() {
    return "tray-" + index;
  }
}
