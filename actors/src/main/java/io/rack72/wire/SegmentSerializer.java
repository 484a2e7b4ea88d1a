package io.rack72.wire;

import java.nio.ByteBuffer;
import org.apache.pekko.serialization.ByteBufferSerializer;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/** Segments in Pekko's remoting; the format is that of {@link SegmentCodec}. Thread-safe. */
public final class SegmentSerializer extends SerializerWithStringManifest
    implements ByteBufferSerializer {
  private static final int IDENTIFIER = 7201;
  private static final String SEGMENT = "S1";

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object message) {
    segment(message);
    return SEGMENT;
  }

  @Override
  public byte[] toBinary(Object message) {
    ByteBuffer buffer = ByteBuffer.allocate(SegmentCodec.bytes(segment(message)));
    toBinary(message, buffer);
    return buffer.array();
  }

  @Override
  public void toBinary(Object message, ByteBuffer buffer) {
    SegmentCodec.write(segment(message), buffer);
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) {
    return fromBinary(ByteBuffer.wrap(bytes), manifest);
  }

  @Override
  public Object fromBinary(ByteBuffer buffer, String manifest) {
    if (!manifest.equals(SEGMENT)) {
      throw new WireFormatException(
          "a segment is of kind '" + SEGMENT + "', not '" + manifest + "'");
    }
    return SegmentCodec.read(buffer);
  }

  private static Segment segment(Object message) {
    if (message instanceof Segment segment) {
      return segment;
    }
    throw new WireFormatException(
        "a segment is expected, not a message of " + message.getClass().getName());
  }
}
