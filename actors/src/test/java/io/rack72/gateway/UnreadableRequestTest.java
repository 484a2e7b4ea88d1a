package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.gateway.ScriptedRouter.Script;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the HTTP parser refuses is refused in the shape of every other error. */
@Timeout(20)
class UnreadableRequestTest {
  private static GatewayFixture gateway;

  @BeforeAll
  static void start() {
    gateway = new GatewayFixture(request -> Script.of("ok"));
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  static Stream<Arguments> requests() {
    return Stream.of(
        Arguments.of(501, "BREW /health HTTP/1.1\r\nHost: a\r\n\r\n"),
        Arguments.of(414, "GET /" + "x".repeat(5000) + " HTTP/1.1\r\nHost: a\r\n\r\n"),
        Arguments.of(
            431, "GET /health HTTP/1.1\r\nHost: a\r\nX-Long: " + "x".repeat(20_000) + "\r\n\r\n"),
        Arguments.of(400, "GET /health HTTP/1.1\r\n\r\n"),
        Arguments.of(400, "GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"),
        Arguments.of(505, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void whatIsNoRequestIsRefusedInOpenAisShape(int status, String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port)) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
      String reply = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(reply.startsWith("HTTP/1.1 " + status + " "), reply);
      assertTrue(reply.contains("Content-Type: application/json"), reply);
      String body = reply.substring(reply.indexOf("\r\n\r\n") + 4);
      JsonNode error = Json.parse(body.getBytes(StandardCharsets.UTF_8)).get("error");
      assertEquals("invalid_request_error", error.get("type").asText());
      assertFalse(error.get("message").asText().isEmpty());
    }
  }
}
