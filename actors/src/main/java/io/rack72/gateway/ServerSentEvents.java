package io.rack72.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.pekko.util.ByteString;

/**
 * Server-sent events that go out together, each one line of data and perhaps an id. The format is
 * that of the HTML standard, section 9.2; the word that ends a stream is OpenAI's. Not thread-safe.
 */
final class ServerSentEvents {
  /** A comment: clients pass over it, but sending it shows whether they are there. */
  static final ByteString PING = ByteString.fromString(": ping\n\n");

  private static final byte[] ID = "id: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] BEGIN = "data: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** Adds an event; JSON is written without line breaks, so it is one line. */
  void add(JsonNode data) {
    addLine(Json.bytes(data));
  }

  /**
   * Adds an event with an id.
   *
   * @param id in ASCII, without line breaks
   */
  void add(String id, JsonNode data) {
    bytes.writeBytes(ID);
    bytes.writeBytes(id.getBytes(StandardCharsets.US_ASCII));
    bytes.write('\n');
    add(data);
  }

  /** Adds the event after which nothing comes. */
  void addDone() {
    addLine(DONE);
  }

  boolean isEmpty() {
    return bytes.size() == 0;
  }

  ByteString toBytes() {
    return ByteString.fromArray(bytes.toByteArray());
  }

  private void addLine(byte[] line) {
    bytes.writeBytes(BEGIN);
    bytes.writeBytes(line);
    bytes.writeBytes(END);
  }
}
