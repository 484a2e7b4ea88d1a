package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.gateway.ScriptedRouter.Script;
import io.rack72.routing.RouterActor;
import io.rack72.schedule.SequenceId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that goes away stops its sequences, whatever it was waiting for. */
@Timeout(30)
class DisconnectTest {
  private static final Duration IDLE_LIMIT = Duration.ofMillis(100);
  private GatewayFixture gateway;

  @BeforeEach
  void start() {
    // The rack says "Hi" and then is silent, as one is that has much to do.
    gateway =
        new GatewayFixture(
            GatewayFixture.impatientSettings(),
            IDLE_LIMIT,
            Optional.of(new ByteTokenizer()),
            request -> Script.of("Hi"));
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void closedStreamCancelsItsSequences() throws IOException {
    try (Socket socket = post("{\"prompt\": \"x\", \"stream\": true, \"n\": 2}")) {
      BufferedReader reader = reader(socket);
      assertEquals("HTTP/1.1 200 OK", reader.readLine());
      awaitLine(reader, "data: ");
    }
    assertEquals(Set.of(0, 1), cancelledChoices(2));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 20_000, 500_000})
  void closedConnectionCancelsTheSequencesOfAReplyThatIsNoStream(int paddingBytes)
      throws IOException {
    Socket socket = post("{\"prompt\": \"x\", \"n\": 2}" + " ".repeat(paddingBytes));
    awaitSubmitted(2);
    socket.close();
    assertEquals(Set.of(0, 1), cancelledChoices(2));
  }

  @Test
  void closedConnectionCancelsAlsoALaterRequestOnIt() throws IOException {
    try (Socket socket = post("{\"prompt\": \"x\", \"max_tokens\": 2}")) {
      BufferedReader reader = reader(socket);
      awaitLine(reader, "HTTP/1.1 200");
      awaitSubmitted(1);
      send(socket, "{\"prompt\": \"x\"}");
      awaitSubmitted(1);
    }
    assertEquals(Set.of(0), cancelledChoices(1));
  }

  @Test
  void idleStreamIsKeptAliveByComments() throws IOException {
    try (Socket socket = post("{\"prompt\": \"x\", \"stream\": true}")) {
      BufferedReader reader = reader(socket);
      awaitLine(reader, "data: ");
      for (int i = 0; i < 5; i++) {
        awaitLine(reader, ": ping");
      }
    }
    assertEquals(Set.of(0), cancelledChoices(1));
  }

  @Test
  void clientThatAsksForNothingIsHungUpOn() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port)) {
      assertEquals(-1, socket.getInputStream().read());
    }
    try (Socket socket = post("{\"prompt\": \"x\", \"max_tokens\": 2}")) {
      BufferedReader reader = reader(socket);
      awaitLine(reader, "HTTP/1.1 200");
      awaitEnd(reader);
    }
  }

  @Test
  void bodyThatDoesNotArriveInTimeIsRefused() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port)) {
      write(socket, head(100) + "{\"prompt\": ");
      awaitLine(reader(socket), "HTTP/1.1 408");
    }
  }

  private Socket post(String body) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port);
    send(socket, body);
    return socket;
  }

  private static void send(Socket socket, String body) throws IOException {
    write(socket, head(body.length()) + body);
  }

  private static String head(int bodyBytes) {
    return """
    POST /v1/completions HTTP/1.1\r
    Host: localhost\r
    Content-Type: application/json\r
    Content-Length: %d\r
    \r
    """
        .formatted(bodyBytes);
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static void awaitEnd(BufferedReader reader) throws IOException {
    String line = reader.readLine();
    while (line != null) {
      line = reader.readLine();
    }
  }

  private static BufferedReader reader(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  private static void awaitLine(BufferedReader reader, String beginning) throws IOException {
    String line = reader.readLine();
    while (line != null && !line.startsWith(beginning)) {
      line = reader.readLine();
    }
    assertTrue(line != null, "the stream ended before a line that begins with " + beginning);
  }

  private void awaitSubmitted(int count) {
    for (int i = 0; i < count; i++) {
      gateway.routed.expectMessageClass(RouterActor.Submit.class, Duration.ofSeconds(10));
    }
  }

  private Set<Integer> cancelledChoices(int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                gateway.routed.fishForMessage(
                    Duration.ofSeconds(10),
                    message ->
                        message instanceof RouterActor.Cancel
                            ? FishingOutcomes.complete()
                            : FishingOutcomes.continueAndIgnore()))
        .map(messages -> ((RouterActor.Cancel) messages.getLast()).id())
        .map(SequenceId::choice)
        .collect(Collectors.toSet());
  }
}
