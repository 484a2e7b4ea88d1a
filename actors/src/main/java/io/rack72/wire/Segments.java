package io.rack72.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Cuts encoded bundles into segments that remoting takes as single messages. */
public final class Segments {
  /** Most bytes of a bundle in one segment: 1 MiB. */
  public static final int SEGMENT_BYTES = 1 << 20;

  private Segments() {}

  /**
   * The segments of a bundle, in order. A bundle that fits one is not copied.
   *
   * @param bundle at least one byte; handed over
   * @param firstNumber of the first segment; the others count on
   * @param acknowledged what each of them acknowledges
   */
  public static List<Segment> cut(
      byte[] bundle, long epochOfTrunk, long firstNumber, long acknowledged) {
    if (bundle.length == 0) {
      throw new IllegalArgumentException("an encoded bundle has at least one byte");
    }
    if (bundle.length <= SEGMENT_BYTES) {
      return List.of(
          new Segment(epochOfTrunk, firstNumber, acknowledged, bundle.length, 0, bundle));
    }
    List<Segment> segments = new ArrayList<>(bundle.length / SEGMENT_BYTES + 1);
    for (int offset = 0; offset < bundle.length; ) {
      int end = offset + Math.min(SEGMENT_BYTES, bundle.length - offset);
      segments.add(
          new Segment(
              epochOfTrunk,
              firstNumber + segments.size(),
              acknowledged,
              bundle.length,
              offset,
              Arrays.copyOfRange(bundle, offset, end)));
      offset = end;
    }
    return segments;
  }
}
