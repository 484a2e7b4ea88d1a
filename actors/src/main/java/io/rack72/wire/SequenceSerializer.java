package io.rack72.wire;

import org.apache.pekko.actor.ExtendedActorSystem;

/**
 * The messages between routers, owners of sequences and GPUs in Pekko's remoting; the format is
 * that of {@link SequenceCodec}. Thread-safe.
 */
public final class SequenceSerializer extends MessageSerializer {
  private static final int IDENTIFIER = 7202;

  /** Made by Pekko. */
  public SequenceSerializer(ExtendedActorSystem system) {
    super(IDENTIFIER, new SequenceCodec(new RemoteRefs(system)));
  }
}
