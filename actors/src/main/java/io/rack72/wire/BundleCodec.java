package io.rack72.wire;

import io.rack72.fabric.Bundle;
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
 * frame      kind      int8     1 dispatch, 2 combine, 3 refuse
 *            from      int32    a GPU
 *            to        int32    a GPU
 *            epoch     int64
 *            step      int64
 *            layer     int32
 *            bytes     int64    that the ports are charged
 *            duration  int64    of the frame's passage, in nanoseconds
 *
 * dispatch:  urgency      int8   0 prompts, 1 decodes, 2 standstill
 *            assignments  int32
 *            hidden       int32  number of its rows, or -1 for null
 *            rows         int32 for each assignment
 *            experts      int32 for each assignment
 *            sources      int32 for each row of hidden: its number n among the bundle's different
 *                         rows, or -1 - n where the receiver has had row n before
 *            hidden       float32 each, of those of its rows that are the first with their number,
 *                         or have come to the receiver before
 *
 * combine:   outputs      int32  number of floats, or -1 for null
 *            outputs      float32 each
 *
 * refuse:    nothing more
 * </pre>
 *
 * <p>What several dispatches have in common is sent once: the bundle's different rows are numbered
 * from 0 in the order in which they come, and a row that has come before is named by its number.
 * That is so once for each receiver, who needs it once for each expert that it owns at most; what
 * comes to it again is sent again, so that a few bytes that name a row over and over cannot become
 * many. For each receiver the hidden states have no more bytes than the bundle. Read again, the
 * hidden states of all dispatches together are within the limit of a bundle too.
 *
 * <p>Of a frame's passage only the duration is sent, since the clocks of two JVMs have no common
 * origin: for the receiver it begins when the bundle is decoded.
 *
 * <p>Immutable; safe for use by many threads.
 */
public final class BundleCodec {
  static final int MAGIC = 0x42323752;
  static final int VERSION = 7;
  static final int HEADER_BYTES = 14;
  static final int DISPATCH = 1;
  static final int COMBINE = 2;
  static final int REFUSE = 3;
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
   * @throws WireFormatException if they would be more than the limit, or what is read of them
   *     would; if a dispatch has not one expert for each of its rows, or has a part of a row
   */
  public byte[] encode(Bundle bundle) {
    BundleRows rows = BundleRows.of(bundle, limits.hiddenSize());
    WireWriter counter = WireWriter.counting();
    long hiddenBytes = new BundleWriter(rows, limits.hiddenSize(), counter).write(bundle);
    long bytes = counter.bytes();
    if (bytes > limits.maxBundleBytes()) {
      throw new WireFormatException(
          "a bundle has at most %d bytes, not %d".formatted(limits.maxBundleBytes(), bytes));
    }
    if (hiddenBytes > limits.maxBundleBytes()) {
      throw new WireFormatException(
          "a bundle's hidden states have at most %d bytes, not %d"
              .formatted(limits.maxBundleBytes(), hiddenBytes));
    }
    byte[] encoded = new byte[(int) bytes];
    new BundleWriter(rows, limits.hiddenSize(), new WireWriter(ByteBuffer.wrap(encoded)))
        .write(bundle);
    return encoded;
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
}
