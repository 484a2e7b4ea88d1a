package io.rack72.wire;

import io.rack72.fabric.TrunkMessage;

/**
 * A piece of an encoded bundle on its way from one JVM's trunk to another's, or only word of what
 * has come from there. Bytes are handed over, never written again.
 *
 * @param epochOfTrunk the trunk that sends, told from those before and after it
 * @param number of the segment in this direction, from 1. One that only acknowledges is none of
 *     those counted, and has the number of the last that was (0 before the first): it needs no
 *     acknowledgement itself, and still shows where one before it was lost
 * @param acknowledged the highest number received in the other direction; 0 before the first
 * @param bundleBytes size of the whole bundle; 0 where the segment only acknowledges
 * @param offset of the piece in the bundle
 * @param bytes the piece, 1 to {@link Segments#SEGMENT_BYTES}; empty where the segment only
 *     acknowledges
 */
public record Segment(
    long epochOfTrunk, long number, long acknowledged, int bundleBytes, int offset, byte[] bytes)
    implements TrunkMessage {
  public Segment {
    boolean piece = bundleBytes > 0;
    int leastNumber = piece ? 1 : 0;
    require(number >= leastNumber, "number", leastNumber + " or more", number);
    require(acknowledged >= 0, "acknowledged number", "0 or more", acknowledged);
    require(bundleBytes >= 0, "bundle's size", "0 or more", bundleBytes);
    if (piece) {
      String range = "1 to " + Segments.SEGMENT_BYTES;
      require(
          bytes.length >= 1 && bytes.length <= Segments.SEGMENT_BYTES,
          "number of bytes",
          range,
          bytes.length);
      require(bytes.length <= bundleBytes, "number of bytes", "its bundle's at most", bytes.length);
    } else {
      require(bytes.length == 0, "number of bytes without a bundle", "0", bytes.length);
    }
    int lastOffset = bundleBytes - bytes.length;
    require(offset >= 0 && offset <= lastOffset, "offset", "0 to " + lastOffset, offset);
  }

  /** A segment that only acknowledges. */
  public static Segment acknowledgement(long epochOfTrunk, long lastNumber, long acknowledged) {
    return new Segment(epochOfTrunk, lastNumber, acknowledged, 0, 0, new byte[0]);
  }

  /** Whether it carries nothing. */
  public boolean onlyAcknowledges() {
    return bundleBytes == 0;
  }

  private static void require(boolean holds, String name, String range, long value) {
    if (!holds) {
      throw new IllegalArgumentException("a segment's " + name + " is " + range + ", not " + value);
    }
  }
}
