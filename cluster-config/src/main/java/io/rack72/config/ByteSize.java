package io.rack72.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigValueFactory;

/**
 * A number of bytes as people write it: {@code 5 GB} is 5 * 10^9, {@code 8 MiB} is 8 * 2^20, and
 * without a unit it is bytes.
 *
 * @param bytes not negative
 */
public record ByteSize(long bytes) {
  private static final String KEY = "size";

  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("a size is not negative: " + bytes);
    }
  }

  /**
   * Reads a size.
   *
   * @throws IllegalArgumentException if it is none, or over 2^63 - 1 bytes
   */
  public static ByteSize parse(String text) {
    return of(text);
  }

  /** Reads a size from a number or text, such as a configuration's value. */
  static ByteSize of(Object value) {
    try {
      return new ByteSize(
          ConfigValueFactory.fromAnyRef(value).atKey(KEY).getMemorySize(KEY).toBytes());
    } catch (ConfigException | ArithmeticException e) {
      throw new IllegalArgumentException(
          "'" + value + "' is no size; write one such as 5 GB or 8 MiB", e);
    }
  }
}
