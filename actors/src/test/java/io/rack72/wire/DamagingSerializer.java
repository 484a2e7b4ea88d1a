package io.rack72.wire;

import java.util.Arrays;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * The serializer of a sender that is broken: of segment 2 it loses a byte, and of segment 3 it does
 * not know the kind. Others are as they should be.
 */
public final class DamagingSerializer extends SerializerWithStringManifest {
  private final SegmentSerializer right = new SegmentSerializer();

  @Override
  public int identifier() {
    return right.identifier();
  }

  @Override
  public String manifest(Object message) {
    return ((Segment) message).number() == 3 ? "S9" : right.manifest(message);
  }

  @Override
  public byte[] toBinary(Object message) {
    byte[] bytes = right.toBinary(message);
    return ((Segment) message).number() == 2 ? Arrays.copyOf(bytes, bytes.length - 1) : bytes;
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) {
    return right.fromBinary(bytes, manifest);
  }
}
