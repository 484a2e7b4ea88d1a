package io.rack72.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes fields to a buffer, or only counts their bytes, so that one description of a message gives
 * its size and its bytes. Not thread-safe.
 */
final class WireWriter {
  // Null where bytes are only counted.
  private final ByteBuffer buffer;
  private long bytes;

  /** Writes at the buffer's position, and moves it. The buffer becomes little-endian. */
  WireWriter(ByteBuffer buffer) {
    this.buffer = buffer.order(ByteOrder.LITTLE_ENDIAN);
  }

  private WireWriter() {
    buffer = null;
  }

  /** Counts and writes nothing. */
  static WireWriter counting() {
    return new WireWriter();
  }

  /** Bytes written or counted so far. */
  long bytes() {
    return bytes;
  }

  void int8(int value) {
    bytes++;
    if (buffer != null) {
      buffer.put((byte) value);
    }
  }

  void flag(boolean value) {
    int8(value ? 1 : 0);
  }

  void int32(int value) {
    bytes += Integer.BYTES;
    if (buffer != null) {
      buffer.putInt(value);
    }
  }

  void int64(long value) {
    bytes += Long.BYTES;
    if (buffer != null) {
      buffer.putLong(value);
    }
  }

  /** A float's raw bits: a NaN keeps its payload. */
  void float32(float value) {
    int32(Float.floatToRawIntBits(value));
  }

  /** Bytes alone, without their number. */
  void bytes(byte[] values) {
    bytes += values.length;
    if (buffer != null) {
      buffer.put(values);
    }
  }

  /** Elements alone, without their number. */
  void ints(int[] values) {
    long size = (long) values.length * Integer.BYTES;
    bytes += size;
    if (buffer != null) {
      buffer.asIntBuffer().put(values);
      buffer.position(buffer.position() + (int) size);
    }
  }

  /** Elements alone, without their number: a copy of memory. */
  void floats(float[] values) {
    floats(values, 0, values.length);
  }

  /** Some elements alone. */
  void floats(float[] values, int from, int count) {
    long size = (long) count * Float.BYTES;
    bytes += size;
    if (buffer != null) {
      buffer.asFloatBuffer().put(values, from, count);
      buffer.position(buffer.position() + (int) size);
    }
  }

  /**
   * A text, with its number of code units.
   *
   * @throws WireFormatException beyond {@link WireReader#MAX_TEXT_CHARS}
   */
  void text(String name, String value) {
    if (value.length() > WireReader.MAX_TEXT_CHARS) {
      throw new WireFormatException(
          "%s has at most %d characters, not %d"
              .formatted(name, WireReader.MAX_TEXT_CHARS, value.length()));
    }
    int32(value.length());
    long size = (long) value.length() * Character.BYTES;
    bytes += size;
    if (buffer != null) {
      buffer.asCharBuffer().put(value);
      buffer.position(buffer.position() + (int) size);
    }
  }
}
