package io.rack72.serving;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A request for a completion on a socket of its own, which its client can drop. */
final class RawConnection implements AutoCloseable {
  private static final Duration READ_DEADLINE = Duration.ofMinutes(3);

  private final Socket socket;
  private final BufferedReader reader;

  /** Sends the request; the reply is not read yet. */
  RawConnection(URI url, ObjectNode request) throws IOException {
    byte[] body = request.toString().getBytes(UTF_8);
    String head =
        "POST %s HTTP/1.1\r\nHost: %s\r\n"
            .concat("Content-Type: application/json\r\nContent-Length: %d\r\n\r\n")
            .formatted(Completion.PATH, url.getAuthority(), body.length);
    socket = new Socket(url.getHost(), url.getPort());
    socket.setSoTimeout((int) READ_DEADLINE.toMillis());
    socket.getOutputStream().write(head.getBytes(US_ASCII));
    socket.getOutputStream().write(body);
    reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
  }

  /** Reads of a stream until there are at least so many tokens, and gives those that came. */
  List<Integer> readTokens(int atLeast) throws IOException {
    List<Integer> tokens = new ArrayList<>();
    while (tokens.size() < atLeast) {
      String line = reader.readLine();
      assertTrue(line != null && !line.equals("data: [DONE]"), "the stream ended early");
      // Lines between are headers, chunk sizes and the ends of events.
      if (line.startsWith("data: ")) {
        JsonNode event = HttpApi.parse(line.substring("data: ".length()));
        assertTrue(event.has("choices"), line);
        event.get("choices").get(0).get("token_ids").forEach(id -> tokens.add(id.intValue()));
      }
    }
    return tokens;
  }

  /** Resets the connection, as happens when the client's machine dies and comes back. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
