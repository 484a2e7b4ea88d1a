package io.rack72.wire;

/**
 * A message cannot be read or written: it is not in the format, or beyond a limit. The text is one
 * sentence that says what was wrong and what would be right.
 *
 * <p>Unchecked, because Pekko's remoting logs whatever a serializer throws, drops that one message
 * and goes on with the next; no other kind of exception would be treated better.
 */
public final class WireFormatException extends RuntimeException {
  WireFormatException(String message) {
    super(message);
  }

  WireFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
