package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.gateway.ScriptedRouter.Script;
import io.rack72.gpu.SequenceEvent;
import io.rack72.routing.RouterActor;
import io.rack72.schedule.SequenceId;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much live work a gateway takes on, from whom, and that all of it is given back. */
@Timeout(60)
class LiveWorkTest {
  private static final String PATH = "/v1/completions";

  /** A reply that does not end: the rack says "Hi" and then is silent. */
  private static final String ENDLESS = "{\"prompt\": \"x\", \"stream\": true}";

  private static final String SHORT = "{\"prompt\": \"x\", \"max_tokens\": 2}";

  @Test
  void requestOverTheLimitOfAllIsSentAwayAndComesAgain() throws IOException {
    try (GatewayFixture gateway = gateway(settings(2, 1000, 1))) {
      RawClient first = begin(gateway, "", ENDLESS);
      RawClient second = begin(gateway, "", ENDLESS);
      HttpResponse<String> refused = gateway.post(PATH, SHORT);
      assertRefused(refused, 503, "overloaded");
      assertTrue(refused.body().contains("2 of 2 sequences are taken"), refused.body());
      first.close();
      answerWhenThereIsRoom(gateway, "");
      second.close();
    }
  }

  @Test
  void promptsOverTheLimitOfAllAreSentAway() throws IOException {
    try (GatewayFixture gateway = gateway(settings(100, 10, 1));
        RawClient first = begin(gateway, "", "{\"prompt\": \"12345678\", \"stream\": true}")) {
      assertRefused(gateway.post(PATH, "{\"prompt\": \"123\"}"), 503, "overloaded");
      assertEquals(400, gateway.post(PATH, "{\"prompt\": \"12345678901\"}").statusCode());
      gateway.answer(PATH, SHORT);
      first.reset();
    }
  }

  @Test
  void keyOverItsShareIsSentAwayAndTheOthersAreNot() throws IOException {
    try (GatewayFixture gateway = gateway(keys(settings(8, 1000, 0.5)))) {
      List<RawClient> hogs = new ArrayList<>();
      // One is kept for each of three keys, and what remains of the half is too little to divide.
      for (int i = 0; i < 6; i++) {
        hogs.add(begin(gateway, "batch-key", ENDLESS));
      }
      assertRefused(post(gateway, "batch-key", SHORT), 429, "rate_limit_exceeded");
      assertEquals(200, post(gateway, "web-key", SHORT).statusCode());
      for (RawClient hog : hogs) {
        hog.close();
      }
      answerWhenThereIsRoom(gateway, "batch-key");
    }
  }

  @Test
  void requestTakesThePlacesOfAllItsSequences() throws IOException {
    try (GatewayFixture gateway = gateway(settings(4, 1000, 1));
        RawClient first = begin(gateway, "", "{\"prompt\": \"x\", \"n\": 3, \"stream\": true}")) {
      assertRefused(gateway.post(PATH, "{\"prompt\": \"x\", \"n\": 2}"), 503, "overloaded");
      gateway.answer(PATH, SHORT);
      HttpResponse<String> never = gateway.post(PATH, "{\"prompt\": \"x\", \"n\": 5}");
      assertEquals(400, never.statusCode());
      assertTrue(never.body().contains("5 sequences, and at most 4"), never.body());
      first.reset();
    }
  }

  @Test
  void keysOwnLimitHoldsInAnIdleGateway() throws IOException {
    try (GatewayFixture gateway = gateway(keys(settings(1000, 1000, 1)));
        RawClient first = begin(gateway, "shy-key", ENDLESS)) {
      assertRefused(post(gateway, "shy-key", SHORT), 429, "rate_limit_exceeded");
      assertEquals(200, post(gateway, "web-key", SHORT).statusCode());
      first.reset();
    }
  }

  @Test
  void sequencesStandAsTheirKeyAndTheirFieldsSay() {
    try (GatewayFixture gateway = gateway(keys(settings(8, 1000, 0.5)))) {
      post(
          gateway,
          "web-key",
          "{\"prompt\": \"x\", \"max_tokens\": 2, \"priority\": -5, \"cache_salt\": \"s\"}");
      assertEquals(
          "Standing[tenant=web, weight=3, priority=-5, cacheSalt=3:webs]",
          gateway.submitted().getFirst().standing().toString());
    }
  }

  @Test
  void whateverARequestEndsWithItsPlaceIsGivenBack() throws IOException {
    try (GatewayFixture gateway = gateway(settings(1, 20, 1))) {
      assertEquals(200, gateway.post(PATH, SHORT).statusCode());
      answerWhenThereIsRoom(gateway, "");
      for (String body :
          List.of(
              "{",
              "{\"prompt\": 5}",
              "{\"prompt\": \"full\"}",
              "{\"prompt\": \"breaks\"}",
              "{\"prompt\": \"a prompt of more tokens\"}",
              "{\"prompt\": \"breaks\", \"stream\": true}",
              "{\"prompt\": \"x\", \"timeout\": 0.01}",
              "{\"prompt\": \"x\", \"timeout\": 0.01, \"stream\": true}")) {
        gateway.post(PATH, body);
        answerWhenThereIsRoom(gateway, "");
      }
      gateway.send(
          gateway
              .request(PATH)
              .header("Content-Type", "text/plain")
              .POST(HttpRequest.BodyPublishers.ofString(SHORT))
              .build());
      answerWhenThereIsRoom(gateway, "");
    }
  }

  @Test
  void requestThatIsNotAnsweredInTimeHasAStatusOfItsOwn() {
    try (GatewayFixture gateway = gateway(settings(8, 1000, 1))) {
      HttpResponse<String> late = gateway.post(PATH, "{\"prompt\": \"x\", \"timeout\": 0.05}");
      assertEquals(504, late.statusCode());
      assertEquals("timeout", GatewayFixture.json(late).at("/error/code").asText());
      List<String> data =
          GatewayFixture.data(
              gateway
                  .post(PATH, "{\"prompt\": \"x\", \"timeout\": 0.05, \"stream\": true}")
                  .body());
      assertTrue(data.getLast().contains("\"code\":\"timeout\""), data.toString());
    }
  }

  @Test
  void clientsThatAreGoneAtOnceLeaveNothingBehind() throws IOException {
    int clients = 200;
    try (GatewayFixture gateway = gateway(settings(clients, 100_000, 1))) {
      for (int i = 0; i < clients; i++) {
        RawClient client = new RawClient(gateway.port);
        switch (i % 5) {
          case 0 -> client.post(ENDLESS);
          case 1 -> client.post("{\"prompt\": \"x\", \"n\": 3}");
          case 2 -> client.write(RawClient.head(1000) + "{\"prompt\": ");
          case 3 -> client.post("{\"prompt\": \"" + "x".repeat(1500) + "\"}");
          default -> client.post(ENDLESS).awaitLine("data: ");
        }
        if (i % 2 == 0) {
          client.reset();
        } else {
          client.close();
        }
      }
      // All places are free again only if every one of those requests has left its own.
      List<RawClient> all = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        all.add(beginWhenThereIsRoom(gateway));
      }
      for (RawClient client : all) {
        client.close();
      }
      answerWhenThereIsRoom(gateway, "");
      assertAllCancelled(gateway, 1);
    }
  }

  /** Waits until every sequence that was asked for, but the last ones, has been cancelled. */
  private static void assertAllCancelled(GatewayFixture gateway, int answered) {
    int submitted = gateway.submitted().size();
    Set<SequenceId> cancelled = new HashSet<>();
    while (cancelled.size() < submitted - answered) {
      if (gateway.routed.receiveMessage(Duration.ofSeconds(20))
          instanceof RouterActor.Cancel(SequenceId id)) {
        cancelled.add(id);
      }
    }
  }

  private static GatewayFixture gateway(TestSettings settings) {
    return new GatewayFixture(
        settings.make(),
        Optional.of(new ByteTokenizer()),
        request ->
            switch (new ByteTokenizer().decode(request.promptIds())) {
              case "full" -> Script.refusing(SequenceEvent.Cause.FULL);
              case "breaks" -> Script.of("Hi").thenBreaking();
              default -> Script.of("Hi");
            });
  }

  private static TestSettings settings(int requests, long tokens, double threshold) {
    return new TestSettings().load(new LoadLimits(requests, tokens, threshold));
  }

  private static TestSettings keys(TestSettings settings) {
    return settings
        .apiKey("web", "web-key", 3, OptionalInt.empty())
        .apiKey("batch", "batch-key", 1, OptionalInt.empty())
        .apiKey("shy", "shy-key", 1, OptionalInt.of(1));
  }

  /** A request whose stream has begun. */
  private static RawClient begin(GatewayFixture gateway, String key, String body)
      throws IOException {
    RawClient client = new RawClient(gateway.port);
    client.write(
        RawClient.head(body.length())
                .replace("\r\n\r\n", "\r\nAuthorization: Bearer " + key + "\r\n\r\n")
            + body);
    client.awaitLine("data: ");
    return client;
  }

  private static RawClient beginWhenThereIsRoom(GatewayFixture gateway) throws IOException {
    while (true) {
      RawClient client = new RawClient(gateway.port).post(ENDLESS);
      if (client.readLine().contains(" 200 ")) {
        client.awaitLine("data: ");
        return client;
      }
      client.close();
    }
  }

  private static HttpResponse<String> post(GatewayFixture gateway, String key, String body) {
    return gateway.send(
        gateway
            .request(PATH)
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + key)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  /** Asks again as a client does that was sent away: nothing tells when a place is free. */
  private static void answerWhenThereIsRoom(GatewayFixture gateway, String key) {
    int status = 0;
    while (status != 200) {
      status = post(gateway, key, SHORT).statusCode();
      assertTrue(status == 200 || status == 429 || status == 503, "status " + status);
    }
  }

  private static void assertRefused(HttpResponse<String> response, int status, String code) {
    assertEquals(status, response.statusCode(), response.body());
    JsonNode error = GatewayFixture.json(response).get("error");
    assertEquals(code, error.get("code").asText());
    assertEquals("1", response.headers().firstValue("Retry-After").orElse(""));
  }
}
