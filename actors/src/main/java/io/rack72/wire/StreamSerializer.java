package io.rack72.wire;

import org.apache.pekko.actor.ExtendedActorSystem;

/**
 * The messages by which gateways keep each other's streams, in Pekko's remoting; the format is that
 * of {@link StreamCodec}. Thread-safe.
 */
public final class StreamSerializer extends MessageSerializer {
  private static final int IDENTIFIER = 7203;

  /** Made by Pekko. */
  public StreamSerializer(ExtendedActorSystem system) {
    super(IDENTIFIER, new StreamCodec(new RemoteRefs(system)));
  }
}
