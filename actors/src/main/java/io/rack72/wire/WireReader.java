package io.rack72.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads fields from a buffer that may hold anything. Every method throws {@link
 * WireFormatException} where its field is not there whole or not within its range, before anything
 * is allocated for it. Not thread-safe.
 */
final class WireReader {
  /** Most UTF-16 code units of a text: 64 KiB. */
  static final int MAX_TEXT_CHARS = 1 << 15;

  private final String message;
  private final ByteBuffer buffer;

  /**
   * Reads from the buffer's position, and moves it. The buffer becomes little-endian.
   *
   * @param message what is read, as errors name it
   */
  WireReader(String message, ByteBuffer buffer) {
    this.message = message;
    this.buffer = buffer.order(ByteOrder.LITTLE_ENDIAN);
  }

  int int8(String name) {
    require(name, Byte.BYTES);
    return buffer.get() & 0xFF;
  }

  boolean flag(String name) {
    int value = int8(name);
    if (value > 1) {
      throw wrong("%s is 0 or 1, not %d".formatted(name, value));
    }
    return value == 1;
  }

  int int32(String name) {
    require(name, Integer.BYTES);
    return buffer.getInt();
  }

  /** A number within a range, both ends included. */
  int int32(String name, int least, int most) {
    int value = int32(name);
    if (value < least || value > most) {
      throw wrong("%s is %d to %d, not %d".formatted(name, least, most, value));
    }
    return value;
  }

  long int64(String name) {
    require(name, Long.BYTES);
    return buffer.getLong();
  }

  /** A number within a range, both ends included. */
  long int64(String name, long least, long most) {
    long value = int64(name);
    if (value < least || value > most) {
      throw wrong("%s is %d to %d, not %d".formatted(name, least, most, value));
    }
    return value;
  }

  float float32(String name) {
    return Float.intBitsToFloat(int32(name));
  }

  /**
   * The number of elements that follow, at most {@code most}, all of which the buffer holds.
   *
   * @param elementBytes of one element, or the least that it may have
   */
  int count(String name, int elementBytes, int most) {
    int count = int32(name);
    if (count < 0 || count > most) {
      throw wrong("the number of %s is 0 to %d, not %d".formatted(name, most, count));
    }
    require(name, (long) count * elementBytes);
    return count;
  }

  byte[] bytes(String name, int count) {
    require(name, count);
    byte[] values = new byte[count];
    buffer.get(values);
    return values;
  }

  int[] ints(String name, int count) {
    require(name, (long) count * Integer.BYTES);
    int[] values = new int[count];
    buffer.asIntBuffer().get(values);
    buffer.position(buffer.position() + count * Integer.BYTES);
    return values;
  }

  /** Integers from 0 and below a limit. */
  int[] indices(String name, int count, int limit) {
    require(name, (long) count * Integer.BYTES);
    int start = buffer.position();
    for (int i = 0; i < count; i++) {
      int value = buffer.getInt(start + i * Integer.BYTES);
      if (value < 0 || value >= limit) {
        throw wrong("%s are from 0 and below %d, not %d".formatted(name, limit, value));
      }
    }
    return ints(name, count);
  }

  /** A copy of memory. */
  float[] floats(String name, int count) {
    require(name, (long) count * Float.BYTES);
    float[] values = new float[count];
    floats(name, values, 0, count);
    return values;
  }

  /** A copy of memory, to a part of an array. */
  void floats(String name, float[] to, int from, int count) {
    require(name, (long) count * Float.BYTES);
    buffer.asFloatBuffer().get(to, from, count);
    buffer.position(buffer.position() + count * Float.BYTES);
  }

  String text(String name) {
    int chars = int32(name);
    if (chars < 0 || chars > MAX_TEXT_CHARS) {
      throw wrong("%s has 0 to %d characters, not %d".formatted(name, MAX_TEXT_CHARS, chars));
    }
    require(name, (long) chars * Character.BYTES);
    char[] values = new char[chars];
    buffer.asCharBuffer().get(values);
    buffer.position(buffer.position() + chars * Character.BYTES);
    return new String(values);
  }

  /** The next bytes are there. */
  void require(String name, long bytes) {
    if (bytes > buffer.remaining()) {
      throw wrong(
          "%s would take %d bytes, and only %d are left"
              .formatted(name, bytes, buffer.remaining()));
    }
  }

  /** The message is over. */
  void requireEnd() {
    if (buffer.hasRemaining()) {
      throw wrong("nothing follows its last field, not %d bytes".formatted(buffer.remaining()));
    }
  }

  WireFormatException wrong(String sentence) {
    return new WireFormatException(message + ": " + sentence);
  }
}
