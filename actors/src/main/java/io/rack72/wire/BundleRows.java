package io.rack72.wire;

import io.rack72.fabric.Bundle;
import io.rack72.fabric.Departure;
import io.rack72.fabric.Frame;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which rows of hidden states a bundle has to carry: of those that several dispatches have in
 * common, as they do where several experts of a token live in one JVM, only the first. Rows are the
 * same if their bits are. Immutable; not safe for use by many threads, since it hands out arrays.
 */
final class BundleRows {
  private static final int SAMPLES = 8;

  private final List<int[]> sources;

  private BundleRows(List<int[]> sources) {
    this.sources = sources;
  }

  /**
   * Finds the rows of a bundle.
   *
   * @throws WireFormatException if a dispatch has a part of a row
   */
  static BundleRows of(Bundle bundle, int hiddenSize) {
    Map<Row, Integer> numbers = new HashMap<>();
    List<BitSet> receivers = new ArrayList<>();
    List<int[]> sources = new ArrayList<>();
    for (Departure departure : bundle.frames()) {
      if (departure.frame() instanceof Frame.Dispatch dispatch) {
        sources.add(sources(dispatch, hiddenSize, numbers, receivers));
      }
    }
    return new BundleRows(sources);
  }

  private static int[] sources(
      Frame.Dispatch dispatch, int hiddenSize, Map<Row, Integer> numbers, List<BitSet> receivers) {
    float[] hidden = dispatch.hidden();
    int to = dispatch.to().index();
    if (hidden == null) {
      return new int[0];
    }
    if (hidden.length % hiddenSize != 0) {
      throw new WireFormatException(
          "hidden has whole rows of %d floats, not %d floats".formatted(hiddenSize, hidden.length));
    }
    int[] sources = new int[hidden.length / hiddenSize];
    for (int i = 0; i < sources.length; i++) {
      Row row = new Row(MemorySegment.ofArray(hidden), i * hiddenSize, hiddenSize);
      Integer earlier = numbers.putIfAbsent(row, numbers.size());
      if (earlier == null) {
        receivers.add(new BitSet());
      }
      int number = earlier == null ? numbers.size() - 1 : earlier;
      sources[i] = receivers.get(number).get(to) ? again(number) : number;
      receivers.get(number).set(to);
    }
    return sources;
  }

  /** How a row is written that its receiver has had before; and back from that to its number. */
  static int again(int number) {
    return -1 - number;
  }

  /**
   * For each row of a dispatch, its number among the bundle's different rows in the order in which
   * they first come; or {@link #again}.
   *
   * @param dispatch its place among the bundle's dispatches
   */
  int[] sources(int dispatch) {
    return sources.get(dispatch);
  }

  /** A row by its bits: two NaNs need not be the same. */
  private record Row(MemorySegment values, int first, int floats) {
    @Override
    public int hashCode() {
      // What differs anywhere differs almost everywhere.
      int step = Math.max(1, floats / SAMPLES);
      int hash = 1;
      for (int i = first; i < first + floats; i += step) {
        hash = 31 * hash + values.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i);
      }
      return hash;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Row row
          && MemorySegment.mismatch(values, from(), to(), row.values, row.from(), row.to()) < 0;
    }

    private long from() {
      return (long) first * Float.BYTES;
    }

    private long to() {
      return (long) (first + floats) * Float.BYTES;
    }
  }
}
