package io.rack72.wire;

import io.rack72.fabric.Bundle;
import io.rack72.fabric.Departure;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortCredit;
import java.nio.ByteBuffer;

/**
 * A bundle as bytes, and back. Tensors are copied as memory; what was sent and what arrives have
 * the same bits.
 *
 * <pre>
 * bundle     magic     int32    {@value #MAGIC}, the bytes "R72B"
 *            version   int8     {@value #VERSION}
 *            pressed   int8     0 or 1
 *            credits   int32    their number
 *            frames    int32    their number
 *            the credits, then the frames
 *
 * credit     port      int32    a GPU
 *            by        int32    a GPU
 *            bytes     int64    0 or more
 *
 * frame      kind      int8     1 dispatch, 2 combine
 *            from      int32    a GPU
 *            to        int32    a GPU
 *            epoch     int64
 *            step      int64
 *            layer     int32
 *            bytes     int64    that the ports are charged
 *            duration  int64    of the frame's passage, in nanoseconds
 *
 * dispatch:  decoding     int8   0 or 1
 *            assignments  int32
 *            hidden       int32  number of floats, or -1 for null
 *            rows         int32 for each assignment
 *            experts      int32 for each assignment
 *            hidden       float32 each
 *
 * combine:   outputs      int32  number of floats, or -1 for null
 *            outputs      float32 each
 * </pre>
 *
 * <p>Of a frame's passage only the duration is sent, since the clocks of two JVMs have no common
 * origin: for the receiver it begins when the bundle is decoded.
 *
 * <p>Immutable; safe for use by many threads.
 */
public final class BundleCodec {
  static final int MAGIC = 0x42323752;
  static final int VERSION = 1;
  static final int HEADER_BYTES = 14;
  static final int DISPATCH = 1;
  static final int COMBINE = 2;
  static final int NO_ARRAY = -1;

  private final WireLimits limits;

  /**
   * @param limits of what is encoded and decoded
   */
  public BundleCodec(WireLimits limits) {
    this.limits = limits;
  }

  /**
   * The bytes of a bundle.
   *
   * @throws WireFormatException if they would be more than the limit, or if a dispatch has not one
   *     expert for each of its rows
   */
  public byte[] encode(Bundle bundle) {
    WireWriter counter = WireWriter.counting();
    write(bundle, counter);
    if (counter.bytes() > limits.maxBundleBytes()) {
      throw new WireFormatException(
          "a bundle has at most %d bytes, not %d"
              .formatted(limits.maxBundleBytes(), counter.bytes()));
    }
    byte[] bytes = new byte[(int) counter.bytes()];
    write(bundle, new WireWriter(ByteBuffer.wrap(bytes)));
    return bytes;
  }

  /**
   * A bundle that another JVM has encoded. Its arrays are new; {@code bytes} is only read.
   *
   * @param nowNanos when the passages of its frames begin
   * @throws WireFormatException if these are not the bytes of a bundle within the limits
   */
  public Bundle decode(byte[] bytes, long nowNanos) {
    if (bytes.length > limits.maxBundleBytes()) {
      throw new WireFormatException(
          "a bundle has at most %d bytes, not %d".formatted(limits.maxBundleBytes(), bytes.length));
    }
    return new BundleReader(limits, new WireReader("a bundle", ByteBuffer.wrap(bytes)), nowNanos)
        .read();
  }

  private static void write(Bundle bundle, WireWriter out) {
    out.int32(MAGIC);
    out.int8(VERSION);
    out.flag(bundle.pressed());
    out.int32(bundle.credits().size());
    out.int32(bundle.frames().size());
    for (PortCredit credit : bundle.credits()) {
      out.int32(credit.port().index());
      out.int32(credit.by().index());
      out.int64(credit.bytes());
    }
    for (Departure departure : bundle.frames()) {
      write(departure, out);
    }
  }

  private static void write(Departure departure, WireWriter out) {
    Frame frame = departure.frame();
    out.int8(
        switch (frame) {
          case Frame.Dispatch _ -> DISPATCH;
          case Frame.Combine _ -> COMBINE;
        });
    out.int32(frame.from().index());
    out.int32(frame.to().index());
    out.int64(frame.epoch());
    out.int64(frame.step());
    out.int32(frame.layer());
    out.int64(frame.bytes());
    out.int64(departure.passage().endNanos() - departure.passage().startNanos());
    switch (frame) {
      case Frame.Dispatch dispatch -> writeRest(dispatch, out);
      case Frame.Combine combine -> {
        out.int32(length(combine.outputs()));
        writeFloats(combine.outputs(), out);
      }
    }
  }

  private static void writeRest(Frame.Dispatch dispatch, WireWriter out) {
    int assignments = dispatch.rows().length;
    if (dispatch.experts().length != assignments) {
      throw new WireFormatException(
          "a dispatch has one expert for each of its %d rows, not %d"
              .formatted(assignments, dispatch.experts().length));
    }
    out.flag(dispatch.decoding());
    out.int32(assignments);
    out.int32(length(dispatch.hidden()));
    out.ints(dispatch.rows());
    out.ints(dispatch.experts());
    writeFloats(dispatch.hidden(), out);
  }

  private static int length(float[] values) {
    return values == null ? NO_ARRAY : values.length;
  }

  private static void writeFloats(float[] values, WireWriter out) {
    if (values != null) {
      out.floats(values);
    }
  }
}
