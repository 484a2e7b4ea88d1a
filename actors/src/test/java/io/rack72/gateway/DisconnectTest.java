package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.rack72.gateway.ScriptedRouter.Script;
import io.rack72.routing.RouterActor;
import io.rack72.schedule.SequenceId;
import java.io.IOException;
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
    try (RawClient client = post("{\"prompt\": \"x\", \"stream\": true, \"n\": 2}")) {
      assertEquals("HTTP/1.1 200 OK", client.readLine());
      client.awaitLine("data: ");
    }
    assertEquals(Set.of(0, 1), cancelledChoices(2));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 20_000, 500_000})
  void closedConnectionCancelsTheSequencesOfAReplyThatIsNoStream(int paddingBytes)
      throws IOException {
    RawClient client = post("{\"prompt\": \"x\", \"n\": 2}" + " ".repeat(paddingBytes));
    awaitSubmitted(2);
    client.close();
    assertEquals(Set.of(0, 1), cancelledChoices(2));
  }

  @Test
  void closedConnectionCancelsAlsoALaterRequestOnIt() throws IOException {
    try (RawClient client = post("{\"prompt\": \"x\", \"max_tokens\": 2}")) {
      client.awaitLine("HTTP/1.1 200");
      awaitSubmitted(1);
      client.post("{\"prompt\": \"x\"}");
      awaitSubmitted(1);
    }
    assertEquals(Set.of(0), cancelledChoices(1));
  }

  @Test
  void idleStreamIsKeptAliveByComments() throws IOException {
    try (RawClient client = post("{\"prompt\": \"x\", \"stream\": true}")) {
      client.awaitLine("data: ");
      for (int i = 0; i < 5; i++) {
        client.awaitLine(": ping");
      }
    }
    assertEquals(Set.of(0), cancelledChoices(1));
  }

  @Test
  void clientThatAsksForNothingIsHungUpOn() throws IOException {
    try (RawClient client = new RawClient(gateway.port)) {
      assertNull(client.readLine());
    }
    try (RawClient client = post("{\"prompt\": \"x\", \"max_tokens\": 2}")) {
      client.awaitLine("HTTP/1.1 200");
      client.awaitEnd();
    }
  }

  @Test
  void bodyThatDoesNotArriveInTimeIsRefused() throws IOException {
    try (RawClient client = new RawClient(gateway.port)) {
      client.write(RawClient.head(100) + "{\"prompt\": ");
      client.awaitLine("HTTP/1.1 408");
    }
  }

  private RawClient post(String body) throws IOException {
    return new RawClient(gateway.port).post(body);
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
