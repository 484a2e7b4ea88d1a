package io.rack72.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Makes events of the bytes of a stream, however these are cut up. The format is that of the HTML
 * standard, section 9.2; of an event only its data matters here. Not thread-safe.
 */
final class SseParser {
  private static final String DATA = "data";

  private final Consumer<String> events;
  private byte[] line = new byte[1024];
  private int length;
  private boolean afterCarriageReturn;
  private StringBuilder data;

  /**
   * @param events is told the data of every event, as soon as its last byte is there
   */
  SseParser(Consumer<String> events) {
    this.events = events;
  }

  /** Takes all bytes of the buffer. */
  void feed(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      byte next = bytes.get();
      boolean secondOfPair = afterCarriageReturn && next == '\n';
      afterCarriageReturn = next == '\r';
      if (secondOfPair) {
        continue;
      }
      if (next == '\n' || next == '\r') {
        endLine();
      } else {
        append(next);
      }
    }
  }

  private void append(byte next) {
    if (length == line.length) {
      line = Arrays.copyOf(line, 2 * length);
    }
    line[length++] = next;
  }

  private void endLine() {
    String text = new String(line, 0, length, StandardCharsets.UTF_8);
    length = 0;
    if (text.isEmpty()) {
      if (data != null) {
        String event = data.toString();
        data = null;
        events.accept(event);
      }
      return;
    }
    // A line that begins with a colon is a comment: its field has no name.
    int colon = text.indexOf(':');
    String field = colon < 0 ? text : text.substring(0, colon);
    if (field.equals(DATA)) {
      String value = colon < 0 ? "" : text.substring(colon + 1);
      addData(value.startsWith(" ") ? value.substring(1) : value);
    }
  }

  private void addData(String value) {
    if (data == null) {
      data = new StringBuilder(value);
    } else {
      data.append('\n').append(value);
    }
  }
}
