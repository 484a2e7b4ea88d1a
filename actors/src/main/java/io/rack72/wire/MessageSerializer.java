package io.rack72.wire;

import java.nio.ByteBuffer;
import org.apache.pekko.serialization.ByteBufferSerializer;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/** The messages of a codec in Pekko's remoting. Thread-safe, if the codec is. */
abstract class MessageSerializer extends SerializerWithStringManifest
    implements ByteBufferSerializer {
  private final int identifier;
  private final MessageCodec codec;

  /**
   * @param identifier by which the other end finds the same serializer; no other may have it
   */
  MessageSerializer(int identifier, MessageCodec codec) {
    this.identifier = identifier;
    this.codec = codec;
  }

  @Override
  public final int identifier() {
    return identifier;
  }

  @Override
  public final String manifest(Object message) {
    return codec.manifest(message);
  }

  @Override
  public final byte[] toBinary(Object message) {
    return codec.encode(message);
  }

  @Override
  public final void toBinary(Object message, ByteBuffer buffer) {
    codec.write(message, buffer);
  }

  @Override
  public final Object fromBinary(byte[] bytes, String manifest) {
    return fromBinary(ByteBuffer.wrap(bytes), manifest);
  }

  @Override
  public final Object fromBinary(ByteBuffer buffer, String manifest) {
    return codec.read(manifest, buffer);
  }
}
