package io.rack72.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Makes events of the bytes of a stream, however these are cut up. The format is that of the HTML
 * standard, section 9.2; of an event its data matters here, and the last id before its end. Not
 * thread-safe.
 */
public final class SseParser {
  private static final String DATA = "data";
  private static final String ID = "id";

  private final BiConsumer<String, String> events;
  private String id = "";
  private byte[] line = new byte[1024];
  private int length;
  private boolean afterCarriageReturn;
  private StringBuilder data;

  /**
   * @param events is told the data of every event, as soon as its last byte is there
   */
  SseParser(Consumer<String> events) {
    this((_, event) -> events.accept(event));
  }

  private SseParser(BiConsumer<String, String> events) {
    this.events = events;
  }

  /**
   * One that tells ids too.
   *
   * @param events is told the id, empty before the first, and the data of every event, as soon as
   *     its last byte is there
   */
  public static SseParser withIds(BiConsumer<String, String> events) {
    return new SseParser(events);
  }

  /** Takes all bytes of the buffer. */
  public void feed(ByteBuffer bytes) {
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
        events.accept(id, event);
      }
      return;
    }
    // A line that begins with a colon is a comment: its field has no name.
    int colon = text.indexOf(':');
    String field = colon < 0 ? text : text.substring(0, colon);
    String after = colon < 0 ? "" : text.substring(colon + 1);
    String value = after.startsWith(" ") ? after.substring(1) : after;
    if (field.equals(DATA)) {
      addData(value);
    } else if (field.equals(ID)) {
      id = value;
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
