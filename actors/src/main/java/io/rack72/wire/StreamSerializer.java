package io.rack72.wire;

import java.nio.ByteBuffer;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.serialization.ByteBufferSerializer;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * The messages by which gateways keep each other's streams, in Pekko's remoting; the format is that
 * of {@link StreamCodec}. Thread-safe.
 */
public final class StreamSerializer extends SerializerWithStringManifest
    implements ByteBufferSerializer {
  private static final int IDENTIFIER = 7203;

  private final StreamCodec codec;

  /** Made by Pekko. */
  public StreamSerializer(ExtendedActorSystem system) {
    codec = new StreamCodec(new RemoteRefs(system));
  }

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object message) {
    return StreamCodec.manifest(message);
  }

  @Override
  public byte[] toBinary(Object message) {
    return codec.encode(message);
  }

  @Override
  public void toBinary(Object message, ByteBuffer buffer) {
    codec.write(message, buffer);
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) {
    return fromBinary(ByteBuffer.wrap(bytes), manifest);
  }

  @Override
  public Object fromBinary(ByteBuffer buffer, String manifest) {
    return codec.read(manifest, buffer);
  }
}
