package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.gateway.ScriptedRouter.Script;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A body over the limit is refused, and nothing of it is kept. */
@Timeout(60)
class LargeBodyTest {
  private static final long HUNDRED_MEGABYTES = 100L << 20;
  private static GatewayFixture gateway;

  @BeforeAll
  static void start() {
    gateway = new GatewayFixture(request -> Script.of("ok<|return|>"));
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @Test
  void hundredMegabytesAreRefusedAlsoToAClientThatSendsAllBeforeItReads() {
    HttpResponse<String> response =
        gateway.send(
            gateway
                .request("/v1/completions")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> spaces(HUNDRED_MEGABYTES)))
                .build());
    assertEquals(413, response.statusCode());
    assertEquals("request_too_large", GatewayFixture.json(response).at("/error/code").asText());
    assertEquals(200, gateway.post("/v1/completions", "{\"prompt\": \"x\"}").statusCode());
  }

  @Test
  void bodyAtTheLimitIsTaken() {
    int limit = GatewayLimits.DEFAULT.bodyBytes();
    String request = "{\"prompt\": \"x\"}";
    String padded = request + " ".repeat(limit - request.length());
    assertEquals(200, gateway.post("/v1/completions", padded).statusCode());
    assertEquals(413, gateway.post("/v1/completions", padded + " ").statusCode());
  }

  @Test
  void clientThatAsksFirstIsRefusedBeforeItSendsTheBody() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port)) {
      write(
          socket,
          """
          POST /v1/completions HTTP/1.1\r
          Host: localhost\r
          Content-Type: application/json\r
          Content-Length: %d\r
          Expect: 100-continue\r
          \r
          """
              .formatted(HUNDRED_MEGABYTES));
      assertTrue(status(socket).contains(" 413 "));
    }
  }

  @Test
  void bodyThatAnnouncesItselfAsHugeIsRefusedUnread() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port)) {
      write(
          socket,
          """
          POST /v1/completions HTTP/1.1\r
          Host: localhost\r
          Content-Type: application/json\r
          Content-Length: 1000000000000\r
          \r
          {"prompt":\
          """);
      assertTrue(status(socket).contains(" 413 "));
    }
  }

  @Test
  void bodyWithoutEndIsCutOff() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port)) {
      write(
          socket,
          """
          POST /v1/completions HTTP/1.1\r
          Host: localhost\r
          Content-Type: application/json\r
          Transfer-Encoding: chunked\r
          \r
          """);
      OutputStream out = socket.getOutputStream();
      byte[] chunk =
          ("10000\r\n" + " ".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
      assertThrows(
          IOException.class,
          () -> {
            for (long sent = 0; sent < 16 * HUNDRED_MEGABYTES; sent += chunk.length) {
              out.write(chunk);
            }
          });
    }
    assertEquals(200, gateway.post("/v1/completions", "{\"prompt\": \"x\"}").statusCode());
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String status(Socket socket) throws IOException {
    return new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
        .readLine();
  }

  private static InputStream spaces(long count) {
    return new InputStream() {
      private long left = count;

      @Override
      public int read() {
        return left-- > 0 ? ' ' : -1;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) {
        if (left <= 0) {
          return -1;
        }
        int read = (int) Math.min(left, length);
        Arrays.fill(bytes, offset, offset + read, (byte) ' ');
        left -= read;
        return read;
      }
    };
  }
}
