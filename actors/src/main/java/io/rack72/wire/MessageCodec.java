package io.rack72.wire;

import java.nio.ByteBuffer;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The frame of a codec of messages: their bytes are their fields and nothing else, and a message's
 * kind and version is its manifest, which travels beside the bytes.
 *
 * <p>Safe for use by many threads if its references' format is.
 */
abstract class MessageCodec {
  private final ActorRefFormat refs;

  MessageCodec(ActorRefFormat refs) {
    this.refs = refs;
  }

  /**
   * The manifest of a message.
   *
   * @throws WireFormatException if it is none of this codec's
   */
  abstract String manifest(Object message);

  /**
   * Writes the fields of a message.
   *
   * @throws WireFormatException if it is none of this codec's, or beyond a limit
   */
  abstract void writeFields(Object message, WireWriter out);

  /**
   * Reads the fields of a message, and nothing behind them.
   *
   * @throws WireFormatException if they are not those of a message of this manifest
   * @throws IllegalArgumentException if a message cannot have such fields
   */
  abstract Object readFields(String manifest, WireReader in);

  /** The bytes of a message. */
  final byte[] encode(Object message) {
    WireWriter counter = WireWriter.counting();
    writeFields(message, counter);
    ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(counter.bytes()));
    writeFields(message, new WireWriter(buffer));
    return buffer.array();
  }

  /**
   * Writes a message at the buffer's position, and moves it.
   *
   * @throws java.nio.BufferOverflowException if it does not fit
   */
  final void write(Object message, ByteBuffer buffer) {
    writeFields(message, new WireWriter(buffer));
  }

  /**
   * Reads all that the buffer has left.
   *
   * @throws WireFormatException if that is not a message of this manifest
   */
  final Object read(String manifest, ByteBuffer buffer) {
    WireReader in = new WireReader(manifest, buffer);
    Object message;
    try {
      message = readFields(manifest, in);
    } catch (IllegalArgumentException e) {
      throw new WireFormatException(manifest + ": " + e.getMessage(), e);
    }
    in.requireEnd();
    return message;
  }

  /**
   * @param name of the field, for the error's text
   */
  final void writeRef(String name, ActorRef<?> ref, WireWriter out) {
    out.text(name, refs.format(ref));
  }

  /**
   * @param name of the field, for the error's text
   */
  final <T> ActorRef<T> readRef(String name, WireReader in) {
    return refs.resolve(in.text(name));
  }

  /** What is thrown for a message that is none of this codec's. */
  static WireFormatException unknown(Object message) {
    return new WireFormatException(
        "no format is known for messages of " + message.getClass().getName());
  }

  /** What is thrown for a manifest that is none of this codec's. */
  final WireFormatException unknownKind(String manifest) {
    return new WireFormatException(
        "a message is of a kind that "
            + getClass().getSimpleName()
            + " lists, not '"
            + manifest
            + "'");
  }
}
