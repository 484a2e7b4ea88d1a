package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.clock.ManualClock;
import io.rack72.gateway.JoinedEvents.Event;
import io.rack72.gateway.ScriptedRouter.Script;
import io.rack72.gpu.SequenceRequest;
import io.rack72.hardware.GpuId;
import io.rack72.resume.EventId;
import io.rack72.resume.ResumeLimits;
import io.rack72.resume.StreamMessage;
import io.rack72.routing.RouterActor;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two gateways before one rack: what one has begun the other goes on with. */
@Timeout(60)
class ResumeTest {
  static final String COMPLETIONS = "/v1/completions";
  private static final String CHAT = "/v1/chat/completions";
  private static final Duration STEP = Duration.ofMillis(20);
  private static final int MOST_RESUMES = 25;
  private static final String TEXT = "Whoever comes late hears the same: é, 😀 and STOP here.";

  private static final String THOUGHT_AND_CALL =
      "<|channel|>analysis<|message|>Wait, what is é?<|end|><|start|>assistant"
          + "<|channel|>commentary to=functions.weather <|constrain|>json<|message|>"
          + "{\"city\": \"Köln\"}<|call|>";
  private static final String THOUGHT_AND_ANSWER =
      "<|channel|>analysis<|message|>Hmm. 😀 Yes.<|end|><|start|>assistant"
          + "<|channel|>final<|message|>It is STOPPED, is it? STOP now.<|return|>";

  private final ManualClock clock = new ManualClock();
  private Duration step = Duration.ZERO;
  private GatewayFixture first;
  private GatewayFixture second;

  private void start() {
    first = gateway("first");
    second = gateway("second");
    first.streams().tell(new StreamMessage.Peers(List.of(second.streams())));
    second.streams().tell(new StreamMessage.Peers(List.of(first.streams())));
  }

  private GatewayFixture gateway(String instance) {
    return new GatewayFixture(
        new TestSettings()
            .clock(clock)
            .instance(instance)
            .apiKey("web", "web-key", 1, OptionalInt.empty())
            .apiKey("other", "other-key", 1, OptionalInt.empty())
            .make(),
        Optional.of(new ByteTokenizer()),
        this::script);
  }

  /** What the rack says depends on the choice, as it does on the seed. */
  private Script script(SequenceRequest request) {
    String prompt = new ByteTokenizer().decode(request.promptIds());
    String text =
        !prompt.contains("<|start|>")
            ? TEXT.repeat(1 + request.id().choice()) + "<|return|>"
            : request.id().choice() % 2 == 0 ? THOUGHT_AND_ANSWER : THOUGHT_AND_CALL;
    return Script.of(text).withCached(request.generatedIds().length == 0 ? 1 : 0).inStepsOf(step);
  }

  @AfterEach
  void stop() {
    first.close();
    second.close();
  }

  private static HttpRequest.Builder post(GatewayFixture gateway, String path, String key) {
    return gateway.request(path).header("Authorization", "Bearer " + key);
  }

  static OpenStream open(GatewayFixture gateway, String path, String body) throws Exception {
    return new OpenStream(
        gateway,
        post(gateway, path, "web-key")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build());
  }

  private static OpenStream reopen(GatewayFixture gateway, List<Event> had) throws Exception {
    return new OpenStream(
        gateway,
        post(gateway, COMPLETIONS, "web-key")
            .header("Last-Event-ID", lastId(had))
            .POST(BodyPublishers.ofString("no matter what"))
            .build());
  }

  static HttpResponse<String> resume(
      GatewayFixture gateway, String path, String lastEventId, String key) {
    return gateway.send(
        post(gateway, path, key)
            .header("Last-Event-ID", lastEventId)
            .POST(BodyPublishers.noBody())
            .build());
  }

  static String lastId(List<Event> had) {
    return had.getLast().id().orElseThrow();
  }

  static List<Event> events(HttpResponse<String> response) {
    assertEquals(200, response.statusCode(), response.body());
    return JoinedEvents.of(response.body());
  }

  static List<Event> whole(GatewayFixture gateway, String path, String body) throws Exception {
    List<Event> events = new ArrayList<>();
    try (OpenStream stream = open(gateway, path, body)) {
      for (Optional<Event> next = stream.next(); next.isPresent(); next = stream.next()) {
        events.add(next.get());
      }
    }
    return events;
  }

  static String completion(String more) {
    return "{\"prompt\": \"say it\", \"stream\": true, \"max_tokens\": 1000" + more + "}";
  }

  private static String chat(String more) {
    return "{\"messages\": [{\"role\": \"user\", \"content\": \"say it\"}], \"stream\": true, "
        + "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"weather\"}}]"
        + more
        + "}";
  }

  private static final String USAGE = ", \"stream_options\": {\"include_usage\": true}";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ", \"n\": 3",
        ", \"stop\": \"STOP\"",
        ", \"logprobs\": 2, \"n\": 2, \"return_token_ids\": true",
        ", \"echo\": true, \"n\": 2",
        ", \"max_tokens\": 7, \"seed\": 5",
        USAGE
      })
  void completionGoesOnBehindAnyOfItsEvents(String fields) throws Exception {
    step = Duration.ofMillis(1);
    start();
    goesOnBehindAnyEvent(COMPLETIONS, completion(fields).replace("1000, \"max_tokens\": ", ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ", \"n\": 2, \"stream_options\": {\"include_usage\": true}",
        ", \"n\": 2, \"stop\": \"STOP \", \"return_token_ids\": true",
        ", \"n\": 2, \"logprobs\": true, \"top_logprobs\": 3",
        ", \"max_tokens\": 40"
      })
  void chatGoesOnBehindAnyOfItsEvents(String fields) throws Exception {
    step = Duration.ofMillis(1);
    start();
    goesOnBehindAnyEvent(CHAT, chat(fields));
  }

  private void goesOnBehindAnyEvent(String path, String body) throws Exception {
    List<Event> all = whole(first, path, body);
    ObjectNode expected = JoinedEvents.join(all);
    assertEquals(1, expected.get("done").intValue());
    assertTrue(all.size() > 2, "one event more than the last is no stream");
    step = Duration.ZERO;
    // Of long streams the first events and the last, and some between.
    int stride = 1 + all.size() / MOST_RESUMES;
    for (int i = 0; i < all.size() - 1; i += i < 5 || i > all.size() - 10 ? 1 : stride) {
      String id = all.get(i).id().orElseThrow();
      List<Event> joined = new ArrayList<>(all.subList(0, i + 1));
      joined.addAll(events(resume(i % 2 == 0 ? second : first, path, id, "web-key")));
      assertEquals(expected, JoinedEvents.join(joined), "behind event " + i);
    }
  }

  /** What a stream says but for what is another's of each request. */
  static ObjectNode withoutNames(List<Event> events) {
    ObjectNode joined = JoinedEvents.join(events);
    for (String name : List.of("id", "seed")) {
      assertTrue(joined.has(name));
      joined.remove(name);
    }
    return joined;
  }

  @Test
  void streamOfAGatewayThatIsGoneGoesOnAtTheOtherAndAgainWhenThatConnectionBreaks()
      throws Exception {
    step = STEP;
    start();
    String body = completion(", \"n\": 2" + USAGE);
    List<Event> had = new ArrayList<>();
    try (OpenStream stream = open(first, COMPLETIONS, body)) {
      had.addAll(stream.next(20));
      first.kill();
      // It ends like one that breaks, whatever was on its way, or says that it failed.
      assertThrows(
          IOException.class,
          () -> {
            while (true) {
              Event event = stream.next().orElseThrow();
              if (event.data().contains("\"error\"")) {
                throw new IOException(event.data());
              }
              had.add(event);
            }
          });
    }
    assertFalse(had.stream().anyMatch(Event::isDone));
    try (OpenStream stream = reopen(second, had)) {
      had.addAll(stream.next(20));
    }
    had.addAll(events(resume(second, COMPLETIONS, lastId(had), "web-key")));
    assertEquals(withoutNames(whole(second, COMPLETIONS, body)), withoutNames(had));
  }

  @Test
  void gatewayThatIsOutOfTheRackBreaksItsStreamsOffAndSendsNewRequestsAway() throws Exception {
    step = STEP;
    start();
    String body = completion(", \"n\": 2");
    List<Event> had = new ArrayList<>();
    try (OpenStream stream = open(first, COMPLETIONS, body)) {
      had.addAll(stream.next(20));
      first.loseRouter();
      assertThrows(
          IOException.class,
          () -> {
            while (true) {
              had.add(stream.next().orElseThrow());
            }
          });
    }
    assertFalse(had.stream().anyMatch(event -> event.data().contains("\"error\"")));
    HttpResponse<String> refused =
        first.send(
            post(first, COMPLETIONS, "web-key")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build());
    assertEquals(503, refused.statusCode());
    assertTrue(refused.body().contains("\"unavailable\""), refused.body());
    assertEquals(Optional.of("1"), refused.headers().firstValue("Retry-After"));
    had.addAll(events(resume(second, COMPLETIONS, lastId(had), "web-key")));
    assertEquals(withoutNames(whole(second, COMPLETIONS, body)), withoutNames(had));
  }

  /** First tokens that a gateway has measured. */
  private static long firstTokens(GatewayFixture gateway) {
    String count = "rack72_time_to_first_token_seconds_count ";
    return gateway
        .send(gateway.request("/metrics").header("Authorization", "Bearer web-key").GET().build())
        .body()
        .lines()
        .filter(line -> line.startsWith(count))
        .mapToLong(line -> Long.parseLong(line.substring(count.length())))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void brokenConnectionStopsTheSequencesAtOnceAndTheStreamGoesOnWhereItsClientComes()
      throws Exception {
    step = STEP;
    start();
    String body = completion("");
    for (GatewayFixture next : List.of(first, second)) {
      List<Event> had = new ArrayList<>();
      try (OpenStream stream = open(first, COMPLETIONS, body)) {
        had.addAll(stream.next(5));
      }
      awaitCancel(first);
      long firstTokens = firstTokens(first) + firstTokens(second);
      had.addAll(events(resume(next, COMPLETIONS, lastId(had), "web-key")));
      assertEquals(firstTokens, firstTokens(first) + firstTokens(second), "it has had its first");
      assertEquals(withoutNames(whole(first, COMPLETIONS, body)), withoutNames(had));
    }
  }

  @Test
  void streamWhoseConnectionOnlySeemsOpenIsBrokenOffWhenItGoesOnElsewhere() throws Exception {
    step = STEP;
    start();
    String body = completion("");
    for (GatewayFixture next : List.of(first, second)) {
      List<Event> had = new ArrayList<>();
      try (OpenStream stale = open(first, COMPLETIONS, body)) {
        had.addAll(stale.next(5));
        had.addAll(events(resume(next, COMPLETIONS, lastId(had), "web-key")));
        assertThrows(
            IOException.class,
            () -> {
              while (stale.next().isPresent()) {
                // What was on its way.
              }
            });
      }
      awaitCancel(first);
      assertEquals(withoutNames(whole(first, COMPLETIONS, body)), withoutNames(had));
    }
  }

  static void awaitCancel(GatewayFixture gateway) {
    gateway.routed.fishForMessage(
        Duration.ofSeconds(10),
        message ->
            message instanceof RouterActor.Cancel
                ? FishingOutcomes.complete()
                : FishingOutcomes.continueAndIgnore());
  }

  @Test
  void sequencesOfBeforeAreStoppedOnTheirGpusAndNewOnesGoOnBehindTheirTokens() throws Exception {
    step = STEP;
    start();
    List<Event> had;
    try (OpenStream stream = open(first, COMPLETIONS, completion(""))) {
      // As many as take longer than copies lag behind.
      had = stream.next(40);
      SequenceRequest before = first.submitted().getLast();
      first.kill();
      events(resume(second, COMPLETIONS, lastId(had), "web-key"));
      RouterActor.Evict evicted = second.routed.expectMessageClass(RouterActor.Evict.class);
      assertEquals(new GpuId(0), evicted.gpu());
      assertEquals(before.id(), evicted.id());
      RouterActor.Submit submitted = second.routed.expectMessageClass(RouterActor.Submit.class);
      assertEquals(Optional.of(new GpuId(0)), submitted.computedBy());
      SequenceRequest now = submitted.request();
      assertNotEquals(before.id(), now.id());
      assertEquals(2, now.attempt());
      assertTrue(now.generatedIds().length > 0);
      assertEquals(before.params(), now.params());
      assertEquals(before.standing(), now.standing());
    }
  }

  @Test
  void nobodyElseGetsAStreamAndWhatIsNoIdIsRefused() throws Exception {
    start();
    List<Event> all = whole(first, COMPLETIONS, completion(""));
    String id = all.getFirst().id().orElseThrow();
    String unknown = "A".repeat(21) + "A" + id.substring(22);
    assertRefused(404, "stream_not_found", resume(first, COMPLETIONS, id, "other-key"));
    assertRefused(404, "stream_not_found", resume(second, COMPLETIONS, id, "other-key"));
    assertRefused(404, "stream_not_found", resume(second, COMPLETIONS, unknown, "web-key"));
    assertEquals(401, resume(first, COMPLETIONS, id, "no-key").statusCode());
    assertRefused(400, null, resume(second, COMPLETIONS, "7", "web-key"));
    assertRefused(400, null, resume(second, COMPLETIONS, id + ".3", "web-key"));
    assertRefused(400, null, resume(second, CHAT, id, "web-key"));
    assertEquals(200, resume(second, COMPLETIONS, id, "web-key").statusCode());
  }

  @Test
  void readerThatIsSaidToBeBehindTheEndIsToldSoAndNotThatAllIsWell() throws Exception {
    start();
    List<Event> whole = whole(first, COMPLETIONS, completion(""));
    // Behind it there is only what ends a stream.
    EventId last = EventId.of(lastId(whole.subList(0, whole.size() - 1))).orElseThrow();
    int all = last.tokens().getFirst();
    String ahead = new EventId(last.key(), List.of(all + 1), false).text();
    for (GatewayFixture gateway : List.of(second, first)) {
      String told = resume(gateway, COMPLETIONS, ahead, "web-key").body();
      assertTrue(
          told.contains("tells of %d tokens of choice 0, which has %d".formatted(all + 1, all)),
          told);
      assertFalse(told.contains("[DONE]"), told);
    }
  }

  private void pass(Duration time) {
    clock.advanceTo(clock.nowNanos() + time.toNanos());
  }

  private static void assertRefused(int status, String code, HttpResponse<String> response) {
    assertEquals(status, response.statusCode(), response.body());
    JsonNode error = GatewayFixture.json(response).get("error");
    assertEquals("Last-Event-ID", error.get("param").textValue());
    assertEquals(code, error.get("code").textValue());
    assertTrue(error.get("message").textValue().contains("Last-Event-ID"));
  }

  @Test
  void streamCanBeGoneOnWithForTheWindowThatBeginsWithItsEnd() throws Exception {
    start();
    String id = whole(first, COMPLETIONS, completion("")).getFirst().id().orElseThrow();
    pass(ResumeLimits.DEFAULT.window().minusMillis(1));
    assertEquals(200, resume(first, COMPLETIONS, id, "web-key").statusCode());
    // That was an end as well.
    pass(ResumeLimits.DEFAULT.window().minusMillis(1));
    assertEquals(200, resume(second, COMPLETIONS, id, "web-key").statusCode());
    // The gateways may hear of the end a moment after the client.
    HttpResponse<String> late = resume(first, COMPLETIONS, id, "web-key");
    for (int i = 0; i < 20 && late.statusCode() == 200; i++) {
      pass(ResumeLimits.DEFAULT.window());
      late = resume(first, COMPLETIONS, id, "web-key");
    }
    assertRefused(404, "stream_not_found", late);
    assertRefused(404, "stream_not_found", resume(second, COMPLETIONS, id, "web-key"));
  }

  @Test
  void timeOfARequestGoesOnWhileNobodyAnswersIt() throws Exception {
    start();
    String id =
        whole(first, COMPLETIONS, completion(", \"timeout\": 20")).getFirst().id().orElseThrow();
    pass(Duration.ofSeconds(19));
    assertEquals(200, resume(second, COMPLETIONS, id, "web-key").statusCode());
    pass(Duration.ofSeconds(1));
    assertEquals(504, resume(second, COMPLETIONS, id, "web-key").statusCode());
  }
}
