package io.rack72.resume;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;

/**
 * The name of a stream that nobody can guess: 128 random bits. Whoever has it, and the stream's API
 * key, can read the stream. Immutable.
 *
 * @param high its first eight bytes
 * @param low its last eight bytes
 */
public record StreamKey(long high, long low) {
  /** Characters of {@link #text}. */
  public static final int TEXT_CHARS = 22;

  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  /** A new one. */
  public static StreamKey draw(SecureRandom random) {
    return new StreamKey(random.nextLong(), random.nextLong());
  }

  /** The key of a text; empty where it is none. */
  public static Optional<StreamKey> of(String text) {
    if (text.length() != TEXT_CHARS) {
      return Optional.empty();
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
      StreamKey key = new StreamKey(bytes.getLong(), bytes.getLong());
      // Two bits of the last character mean nothing, and there is one text of each key.
      return key.text().equals(text) ? Optional.of(key) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Letters, digits, {@code -} and {@code _}. */
  public String text() {
    return ENCODER.encodeToString(
        ByteBuffer.allocate(2 * Long.BYTES).putLong(high).putLong(low).array());
  }

  /** Nothing of the key, which belongs in no log. */
  @Override
  public String toString() {
    return "StreamKey";
  }
}
