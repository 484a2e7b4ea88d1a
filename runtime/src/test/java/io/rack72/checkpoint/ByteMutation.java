package io.rack72.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Small random damages to a file's bytes. */
final class ByteMutation {
  /** Text that parsers of numbers and structure tend to stumble over. */
  private static final String[] INSERTIONS = {
    "-",
    "9999999999999999999999",
    "1e999",
    "[",
    "{",
    "]",
    "}",
    "\"",
    ",",
    "\\ud800",
    "null",
    "0.5",
    "\0",
    "\u00ff",
    "-1",
    "9223372036854775807",
    "{\"a\":",
    "[[[[[[[[[[[["
  };

  private ByteMutation() {}

  /** Damages the bytes in one to three places; the original stays as it is. */
  static byte[] mutate(byte[] original, SplittableRandom random) {
    byte[] bytes = original;
    int times = 1 + random.nextInt(3);
    for (int i = 0; i < times; i++) {
      bytes = mutateOnce(bytes, random);
    }
    return bytes;
  }

  private static byte[] mutateOnce(byte[] bytes, SplittableRandom random) {
    int at = random.nextInt(bytes.length + 1);
    int length = Math.min(bytes.length - at, 1 + random.nextInt(12));
    return switch (random.nextInt(6)) {
      case 0 -> splice(bytes, at, 1, new byte[] {(byte) random.nextInt(256)});
      case 1 -> splice(bytes, at, 1, new byte[] {(byte) ('0' + random.nextInt(10))});
      case 2 -> splice(bytes, at, length, new byte[0]);
      case 3 -> splice(bytes, at, 0, slice(bytes, at, length));
      case 4 -> slice(bytes, 0, at);
      default -> {
        String text = INSERTIONS[random.nextInt(INSERTIONS.length)];
        byte[] inserted = text.getBytes(StandardCharsets.ISO_8859_1);
        yield splice(bytes, at, random.nextInt(2), inserted);
      }
    };
  }

  private static byte[] slice(byte[] bytes, int from, int length) {
    return Arrays.copyOfRange(bytes, from, from + length);
  }

  private static byte[] splice(byte[] bytes, int at, int removed, byte[] inserted) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, at);
    out.writeBytes(inserted);
    int rest = Math.min(bytes.length, at + removed);
    out.write(bytes, rest, bytes.length - rest);
    return out.toByteArray();
  }
}
