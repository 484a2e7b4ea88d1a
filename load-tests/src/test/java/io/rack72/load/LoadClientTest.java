package io.rack72.load;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.cli.ApiServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The client against a server that does what a test tells it to, byte by byte. */
class LoadClientTest {
  private static final int DEADLINE_MILLIS = 20_000;
  private static final String STREAM_HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final LoadRequest REQUEST = LoadRequest.completion("{}");

  private ServerSocket server;
  private LoadClient client;

  @BeforeEach
  void start() throws Exception {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    server.setSoTimeout(DEADLINE_MILLIS);
    client = client(Duration.ofMillis(DEADLINE_MILLIS));
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
  }

  @Test
  void knowsTheModelAndItsContext() {
    assertEquals("m", client.model());
    assertEquals(77, client.contextTokens().orElseThrow());
  }

  @Test
  void eventsHaveTheTimesAtWhichTheyCame() throws Exception {
    CompletableFuture<Long> first = new CompletableFuture<>();
    List<Integer> tokens = new CopyOnWriteArrayList<>();
    Call call =
        client.start(
            REQUEST,
            (count, nanos) -> {
              tokens.add(count);
              first.complete(nanos);
            });
    try (Socket socket = accept()) {
      send(socket, STREAM_HEAD + chunk(event("[1]")));
      // The second is not sent before the first has come.
      long firstNanos = first.get();
      send(socket, chunk(event("[2, 3]")) + chunk("data: [DONE]\n\n") + chunk(""));
      Outcome outcome = call.await();
      assertTrue(outcome.succeeded(), outcome.toString());
      assertEquals(List.of(1, 2), tokens);
      assertEquals(2, outcome.timing().eventNanos().length);
      assertEquals(firstNanos, outcome.timing().eventNanos()[0]);
      assertTrue(outcome.timing().eventNanos()[1] > firstNanos);
      assertTrue(outcome.timing().endNanos() >= outcome.timing().eventNanos()[1]);
      assertEquals(3, outcome.reply().outputTokens());
    }
  }

  @Test
  void clientThatGoesBeforeTheFirstByteClosesItsConnection() throws Exception {
    Call call = client.start(REQUEST, TokenListener.NONE);
    try (Socket socket = accept()) {
      call.abort();
      assertClosed(socket);
    }
    assertGone(call.await());
  }

  @Test
  void clientThatGoesInMidStreamClosesItsConnection() throws Exception {
    CompletableFuture<Integer> first = new CompletableFuture<>();
    Call call = client.start(REQUEST, (tokens, nanos) -> first.complete(tokens));
    try (Socket socket = accept()) {
      send(socket, STREAM_HEAD + chunk(event("[1]")));
      assertEquals(1, first.get());
      call.abort();
      assertClosed(socket);
    }
    assertGone(call.await());
  }

  @Test
  void requestThatTakesTooLongHasFailedAndIsGivenUp() throws Exception {
    try (LoadClient hasty = client(Duration.ofMillis(50))) {
      Call call = hasty.start(REQUEST, TokenListener.NONE);
      try (Socket socket = accept()) {
        Outcome outcome = call.await();
        assertFalse(outcome.succeeded());
        assertFalse(outcome.aborted());
        assertEquals("no answer", outcome.failure());
        assertClosed(socket);
      }
    }
  }

  @Test
  void streamThatBreaksOffHasFailed() throws Exception {
    Call call = client.start(REQUEST, TokenListener.NONE);
    try (Socket socket = accept()) {
      send(socket, STREAM_HEAD + chunk(event("[1]")));
    }
    Outcome outcome = call.await();
    assertFalse(outcome.succeeded());
    assertFalse(outcome.aborted());
    assertEquals(Optional.of("no answer"), outcome.error().map(_ -> outcome.failure()));
  }

  @Test
  void slowReaderReadsEverythingAllTheSame() throws Exception {
    Call call = client.start(REQUEST.withReadPause(Duration.ofMillis(20)), TokenListener.NONE);
    try (Socket socket = accept()) {
      String events = chunk(event("[1]").repeat(2000));
      long begin = System.nanoTime();
      send(socket, STREAM_HEAD + events + chunk("data: [DONE]\n\n") + chunk(""));
      Outcome outcome = call.await();
      assertTrue(outcome.succeeded(), outcome.toString());
      assertEquals(2000, outcome.reply().outputTokens());
      long pauses = Duration.ofNanos(System.nanoTime() - begin).toMillis() / 20;
      assertTrue(pauses >= 2, "more than one read");
    }
  }

  /** A client that has asked the server for its models. */
  private LoadClient client(Duration timeout) throws Exception {
    CompletableFuture<Void> answered =
        CompletableFuture.runAsync(
            () -> {
              try (Socket socket = accept()) {
                String models = "{\"data\": [{\"id\": \"m\", \"max_model_len\": 77}]}";
                send(
                    socket,
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                        .formatted(models.length(), models));
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    URI url = URI.create("http://localhost:" + server.getLocalPort());
    LoadClient made =
        new LoadClient(ApiServer.at(url, Optional.empty(), Optional.empty()), timeout);
    answered.get();
    return made;
  }

  /** The next connection, with its request read. */
  private Socket accept() throws IOException {
    Socket socket = server.accept();
    socket.setSoTimeout(DEADLINE_MILLIS);
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.read());
    }
    if (head.toString().startsWith("POST")) {
      assertEquals(REQUEST.body().length(), in.readNBytes(REQUEST.body().length()).length);
    }
    return socket;
  }

  private static void send(Socket socket, String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(US_ASCII));
  }

  private static String chunk(String data) {
    return Integer.toHexString(data.length()) + "\r\n" + data + "\r\n";
  }

  private static String event(String tokenIds) {
    return "data: {\"choices\": [{\"index\": 0, \"token_ids\": %s}]}\n\n".formatted(tokenIds);
  }

  /** Closing with unread bytes resets a connection, which shows as an exception here. */
  private static void assertClosed(Socket socket) throws IOException {
    try {
      assertEquals(-1, socket.getInputStream().read());
    } catch (SocketException e) {
      assertTrue(e.getMessage().contains("reset"), e.getMessage());
    }
  }

  private static void assertGone(Outcome outcome) {
    assertTrue(outcome.aborted(), outcome.toString());
    assertFalse(outcome.succeeded());
    assertEquals(Optional.empty(), outcome.error());
  }
}
