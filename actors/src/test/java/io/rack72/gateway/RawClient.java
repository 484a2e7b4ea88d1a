package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client of completions that reads when a test wants it to, and can be gone at any time. */
final class RawClient implements AutoCloseable {
  private final Socket socket = new Socket();
  private final BufferedReader reader;

  RawClient(int port) throws IOException {
    this(port, 0);
  }

  /**
   * @param receiveBytes that the system keeps for a client which does not read, about; 0 for as
   *     much as it likes
   */
  RawClient(int port, int receiveBytes) throws IOException {
    if (receiveBytes > 0) {
      socket.setReceiveBufferSize(receiveBytes);
    }
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    reader =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  RawClient post(String body) throws IOException {
    return write(head(body.length()) + body);
  }

  RawClient write(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  static String head(int bodyBytes) {
    return """
    POST /v1/completions HTTP/1.1\r
    Host: localhost\r
    Content-Type: application/json\r
    Content-Length: %d\r
    \r
    """
        .formatted(bodyBytes);
  }

  /** The next line; null at the end. */
  String readLine() throws IOException {
    return reader.readLine();
  }

  /** Reads up to a line that begins so. */
  String awaitLine(String beginning) throws IOException {
    String line = reader.readLine();
    while (line != null && !line.startsWith(beginning)) {
      line = reader.readLine();
    }
    assertTrue(line != null, "the stream ended before a line that begins with " + beginning);
    return line;
  }

  void awaitEnd() throws IOException {
    String line = reader.readLine();
    while (line != null) {
      line = reader.readLine();
    }
  }

  /** Resets the connection instead of ending it. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
