package io.rack72.cluster;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A stream on a socket of its own, in HTTP's chunks, so that one that breaks is told from one that
 * is over. For one thread.
 */
final class BreakableStream implements AutoCloseable {
  private static final Duration READ_DEADLINE = Duration.ofMinutes(2);

  /**
   * An event.
   *
   * @param id that it has, or an empty text
   */
  record Event(String id, String data) {
    boolean isDone() {
      return data.equals("[DONE]");
    }
  }

  private final Socket socket;
  private final InputStream in;
  private final List<Event> events = new ArrayList<>();
  private final ByteArrayOutputStream unread = new ByteArrayOutputStream();
  private boolean ended;

  /**
   * Sends the request and reads the header of its reply, which must be a stream.
   *
   * @param lastEventId behind which the stream goes on, if it was begun before
   */
  BreakableStream(URI gateway, String path, ObjectNode request, Optional<String> lastEventId)
      throws IOException {
    byte[] body = request.toString().getBytes(UTF_8);
    socket = new Socket(gateway.getHost(), gateway.getPort());
    socket.setSoTimeout((int) READ_DEADLINE.toMillis());
    String head =
        "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n"
            .formatted(
                path,
                gateway.getAuthority(),
                lastEventId.map("Last-Event-ID: %s\r\n"::formatted).orElse(""),
                body.length);
    socket.getOutputStream().write((head + "\r\n").getBytes(US_ASCII));
    socket.getOutputStream().write(body);
    in = new BufferedInputStream(socket.getInputStream());
    String status = line();
    StringBuilder header = new StringBuilder();
    for (String next = line(); !next.isEmpty(); next = line()) {
      header.append(next).append('\n');
    }
    assertTrue(status.startsWith("HTTP/1.1 200 "), status);
    assertTrue(header.indexOf("Transfer-Encoding: chunked") >= 0, header.toString());
  }

  /** All events that have come whole. */
  List<Event> events() {
    return events;
  }

  /** Whether the stream was said to be over, in HTTP's words. */
  boolean isOver() {
    return ended;
  }

  /**
   * Waits for more events; there are none when the stream is over.
   *
   * @throws IOException where the connection is broken
   */
  void read() throws IOException {
    int size = Integer.parseInt(line(), 16);
    byte[] chunk = in.readNBytes(size);
    if (chunk.length < size || !line().isEmpty()) {
      throw new EOFException("the connection ended inside a chunk");
    }
    ended = size == 0;
    for (byte next : chunk) {
      unread.write(next);
      String text = next == '\n' ? unread.toString(UTF_8) : "";
      if (text.endsWith("\n\n")) {
        unread.reset();
        take(text);
      }
    }
  }

  private void take(String event) {
    String id = "";
    String data = "";
    for (String line : event.lines().toList()) {
      if (line.startsWith("id: ")) {
        id = line.substring(4);
      } else if (line.startsWith("data: ")) {
        data = line.substring(6);
      }
    }
    if (!data.isEmpty()) {
      events.add(new Event(id, data));
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("the connection ended");
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
