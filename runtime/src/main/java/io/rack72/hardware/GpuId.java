package io.rack72.hardware;

/**
 * A GPU of the rack, numbered from 0 through the trays in order. Totally ordered by index.
 *
 * @param index 0 to the number of GPUs in the rack, exclusive
 */
public record GpuId(int index) implements Comparable<GpuId> {
  public GpuId {
    if (index < 0) {
      throw new IllegalArgumentException("a GPU's index is not negative: " + index);
    }
  }

  @Override
  public int compareTo(GpuId other) {
    return Integer.compare(index, other.index);
  }

  @Override
  public String toString() {
    return "gpu-" + index;
  }
}
