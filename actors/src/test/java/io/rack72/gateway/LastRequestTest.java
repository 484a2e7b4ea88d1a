package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.rack72.gateway.ScriptedRouter.Script;
import io.rack72.routing.RouterActor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that announces that it asks nothing more gets all of its reply. */
@Timeout(10)
class LastRequestTest {
  private static final String TEXT = "It is answered all the same";
  private static final String CLOSE = "Connection: close\r\n";
  private GatewayFixture gateway;

  @BeforeEach
  void start() {
    gateway = new GatewayFixture(request -> Script.of(TEXT + "<|return|>"));
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP/1.1, false, 0",
    "HTTP/1.1, true, 0",
    "HTTP/1.1, false, 500000",
    "HTTP/1.1, true, 500000",
    "HTTP/1.0, false, 0",
    "HTTP/1.0, true, 0",
    "HTTP/1.0, false, 500000",
    "HTTP/1.0, true, 500000"
  })
  void replyIsWholeWhenTheBodyComesAfterTheHeader(String protocol, boolean stream, int paddingBytes)
      throws IOException {
    String body = body(stream, paddingBytes);
    try (Socket socket = connect()) {
      write(socket, head(protocol, protocol.equals("HTTP/1.1") ? CLOSE : "", body.length()));
      write(socket, body);
      assertReply(stream, rest(reader(socket)));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void replyIsWholeWhenTheBodyIsSentOnlyOnceTheHeaderWasRead(boolean stream) throws IOException {
    String body = body(stream, 0);
    try (Socket socket = connect()) {
      write(socket, head("HTTP/1.1", CLOSE + "Expect: 100-continue\r\n", body.length()));
      BufferedReader reader = reader(socket);
      assertEquals("HTTP/1.1 100 Continue", reader.readLine());
      write(socket, body);
      assertReply(stream, rest(reader));
    }
  }

  @Test
  void connectionThatBreaksCancelsTheSequencesOfALastRequest() throws IOException {
    try (GatewayFixture silent = new GatewayFixture(request -> Script.of("Hi"))) {
      String body = "{\"prompt\": \"x\", \"stream\": true}";
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), silent.port)) {
        write(socket, head("HTTP/1.1", CLOSE, body.length()) + body);
        silent.routed.expectMessageClass(RouterActor.Submit.class);
        // Closed this way, it is reset.
        socket.setSoLinger(true, 0);
      }
      silent.routed.expectMessageClass(RouterActor.Cancel.class);
    }
  }

  private static void assertReply(boolean stream, String reply) {
    assertTrue(reply.contains(" 200 OK\n"), reply);
    assertFalse(reply.contains("error"), reply);
    if (stream) {
      assertTrue(reply.contains("data: [DONE]"), reply);
    } else {
      assertTrue(reply.contains(TEXT), reply);
    }
  }

  private static String body(boolean stream, int paddingBytes) {
    return "{\"prompt\": \"x\", \"max_tokens\": 100, \"stream\": "
        + stream
        + "}"
        + " ".repeat(paddingBytes);
  }

  private static String head(String protocol, String extra, int bodyBytes) {
    return "POST /v1/completions "
        + protocol
        + "\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + extra
        + "Content-Length: "
        + bodyBytes
        + "\r\n\r\n";
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(5000);
    return socket;
  }

  private static void write(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  private static BufferedReader reader(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  private static String rest(BufferedReader reader) throws IOException {
    StringBuilder rest = new StringBuilder();
    try {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        rest.append(line).append('\n');
      }
    } catch (SocketTimeoutException e) {
      fail("the connection was not closed after\n" + rest, e);
    }
    return rest.toString();
  }
}
