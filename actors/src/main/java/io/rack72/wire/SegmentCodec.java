package io.rack72.wire;

import java.nio.ByteBuffer;

/**
 * A segment as bytes, and back.
 *
 * <pre>
 * epochOfTrunk  int64
 * number        int64
 * acknowledged  int64
 * bundleBytes   int32
 * offset        int32
 * bytes         int32, their number, at most {@link Segments#SEGMENT_BYTES}; then they
 * </pre>
 */
final class SegmentCodec {
  private static final int HEADER_BYTES = 3 * Long.BYTES + 3 * Integer.BYTES;

  private SegmentCodec() {}

  static int bytes(Segment segment) {
    return HEADER_BYTES + segment.bytes().length;
  }

  /** Writes at the buffer's position, and moves it. */
  static void write(Segment segment, ByteBuffer buffer) {
    WireWriter out = new WireWriter(buffer);
    out.int64(segment.epochOfTrunk());
    out.int64(segment.number());
    out.int64(segment.acknowledged());
    out.int32(segment.bundleBytes());
    out.int32(segment.offset());
    out.int32(segment.bytes().length);
    out.bytes(segment.bytes());
  }

  /**
   * Reads all that the buffer has left.
   *
   * @throws WireFormatException if that is not a segment
   */
  static Segment read(ByteBuffer buffer) {
    WireReader in = new WireReader("a segment", buffer);
    long epochOfTrunk = in.int64("the trunk's epoch");
    long number = in.int64("the number");
    long acknowledged = in.int64("the acknowledged number");
    int bundleBytes = in.int32("the bundle's size");
    int offset = in.int32("the offset");
    byte[] bytes = in.bytes("bytes", in.count("bytes", Byte.BYTES, Segments.SEGMENT_BYTES));
    in.requireEnd();
    try {
      return new Segment(epochOfTrunk, number, acknowledged, bundleBytes, offset, bytes);
    } catch (IllegalArgumentException e) {
      throw new WireFormatException(e.getMessage(), e);
    }
  }
}
