package io.rack72.gateway;

import static io.rack72.gateway.ResumeTest.COMPLETIONS;
import static io.rack72.gateway.ResumeTest.awaitCancel;
import static io.rack72.gateway.ResumeTest.completion;
import static io.rack72.gateway.ResumeTest.events;
import static io.rack72.gateway.ResumeTest.lastId;
import static io.rack72.gateway.ResumeTest.resume;
import static io.rack72.gateway.ResumeTest.whole;
import static io.rack72.gateway.ResumeTest.withoutNames;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.clock.ManualClock;
import io.rack72.gateway.JoinedEvents.Event;
import io.rack72.gateway.ScriptedRouter.Script;
import io.rack72.resume.ResumeLimits;
import io.rack72.resume.StreamCopy;
import io.rack72.resume.StreamMessage;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What of streams is kept within limits, and the places that those have that are gone on with. */
@Timeout(60)
class ResumeRoomTest {
  private static final int BODY_BYTES = 2000;

  /** A stream lasts so much longer than what is done beside it. */
  private static final Duration SLOW = Duration.ofMillis(200);

  private static final String TEXT = "Slowly, so that others come meanwhile and this one breaks.";

  private final ManualClock clock = new ManualClock();
  private final List<GatewayFixture> gateways = new ArrayList<>();
  private volatile Duration step = Duration.ZERO;

  private TestSettings settings(String instance) {
    return new TestSettings().clock(clock).instance(instance);
  }

  private static TestSettings twoKeys(TestSettings settings, OptionalInt maxRequests) {
    return settings
        .apiKey("web", "web-key", 1, maxRequests)
        .apiKey("other", "other-key", 1, OptionalInt.empty());
  }

  private GatewayFixture gateway(TestSettings settings) {
    GatewayFixture gateway =
        new GatewayFixture(
            settings.make(),
            Optional.of(new ByteTokenizer()),
            request -> Script.of(TEXT + "<|return|>").inStepsOf(step));
    gateways.add(gateway);
    return gateway;
  }

  private static void connect(GatewayFixture first, GatewayFixture second) {
    first.streams().tell(new StreamMessage.Peers(List.of(second.streams())));
    second.streams().tell(new StreamMessage.Peers(List.of(first.streams())));
  }

  @AfterEach
  void stop() {
    gateways.forEach(GatewayFixture::close);
  }

  /** Limits of so many bytes. */
  private static ResumeLimits bytes(long bytes) {
    return new ResumeLimits(ResumeLimits.DEFAULT.window(), 100, bytes);
  }

  /** A request whose body has so many bytes. */
  private static String body(int bytes) {
    String body = completion("");
    return body + " ".repeat(bytes - body.length());
  }

  private OpenStream slow(GatewayFixture gateway, String key) throws Exception {
    return slow(gateway, request(gateway, key));
  }

  /** What is asked for after it is not slow. */
  private OpenStream slow(GatewayFixture gateway, HttpRequest request) throws Exception {
    step = SLOW;
    OpenStream stream = new OpenStream(gateway, request);
    step = Duration.ZERO;
    return stream;
  }

  private static HttpRequest request(GatewayFixture gateway, String key) {
    return gateway
        .request(COMPLETIONS)
        .header("Authorization", "Bearer " + key)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body(BODY_BYTES)))
        .build();
  }

  private static HttpRequest resuming(GatewayFixture gateway, List<Event> had) {
    return gateway
        .request(COMPLETIONS)
        .header("Authorization", "Bearer web-key")
        .header("Last-Event-ID", lastId(had))
        .POST(BodyPublishers.noBody())
        .build();
  }

  private static boolean hasIds(OpenStream stream) throws Exception {
    return stream.next().orElseThrow().id().isPresent();
  }

  private static void assertIds(boolean any, List<Event> events) {
    for (Event event : events) {
      assertEquals(any && !event.isDone(), event.id().isPresent(), event.data());
    }
  }

  private static List<Event> together(List<Event> had, List<Event> rest) {
    return Stream.concat(had.stream(), rest.stream()).toList();
  }

  @Test
  void streamsForWhoseBodiesThereIsNoRoomHaveNoIdsAndNoKeyTakesAllOfIt() throws Exception {
    // Two bodies are common, and one is kept for each key.
    GatewayFixture gateway =
        gateway(twoKeys(settings("one").resume(bytes(4 * BODY_BYTES)), OptionalInt.empty()));
    try (OpenStream first = slow(gateway, "web-key");
        OpenStream second = slow(gateway, "web-key");
        OpenStream third = slow(gateway, "web-key")) {
      assertTrue(hasIds(first) && hasIds(second) && hasIds(third));
      List<Event> unkept = whole(gateway, COMPLETIONS, body(BODY_BYTES));
      assertIds(false, unkept);
      try (OpenStream another = slow(gateway, "other-key")) {
        assertTrue(hasIds(another));
      }
      assertEquals(withoutNames(whole(gateway, COMPLETIONS, body(100))), withoutNames(unkept));
    }
  }

  @Test
  void roomOfABodyIsFreeAgainHoweverItsStreamEnds() throws Exception {
    GatewayFixture gateway =
        gateway(
            settings("one")
                .apiKey("web", "web-key", 1, OptionalInt.empty())
                .resume(bytes(BODY_BYTES)));
    try (OpenStream broken = kept(gateway, new ArrayList<>())) {
      assertIds(false, whole(gateway, COMPLETIONS, body(BODY_BYTES)));
      assertTrue(broken.next().isPresent());
    }
    List<Event> had = new ArrayList<>();
    try (OpenStream givenUp = kept(gateway, had)) {
      had.addAll(givenUp.next(2));
      List<Event> rest = events(resume(gateway, COMPLETIONS, lastId(had), "web-key"));
      assertIds(true, rest);
      had.addAll(rest);
    }
    kept(gateway, new ArrayList<>()).close();
    assertEquals(withoutNames(whole(gateway, COMPLETIONS, body(BODY_BYTES))), withoutNames(had));
  }

  /**
   * A stream that is kept, once there is room: what was before it may be over for its client first.
   *
   * @param had to which its first event is added
   */
  private OpenStream kept(GatewayFixture gateway, List<Event> had) throws Exception {
    while (true) {
      OpenStream stream = slow(gateway, "web-key");
      Event event = stream.next().orElseThrow();
      if (event.id().isPresent()) {
        had.add(event);
        return stream;
      }
      stream.close();
    }
  }

  @Test
  void streamOfABodyThatNoCopyCanHaveHasNoIds() throws Exception {
    GatewayFixture gateway =
        gateway(settings("one").apiKey("web", "web-key", 1, OptionalInt.empty()));
    List<Event> most = whole(gateway, COMPLETIONS, body(StreamCopy.MAX_BYTES));
    List<Event> more = whole(gateway, COMPLETIONS, body(StreamCopy.MAX_BYTES + 1));
    assertIds(true, most);
    assertIds(false, more);
    assertEquals(withoutNames(most), withoutNames(more));
  }

  @Test
  void whereThereIsNoRoomAStreamGoesOnAndItsReaderCanComeAgainWhileItsCopyIsKept()
      throws Exception {
    GatewayFixture first = gateway(twoKeys(settings("first"), OptionalInt.empty()));
    GatewayFixture second =
        gateway(twoKeys(settings("second").resume(bytes(10)), OptionalInt.empty()));
    connect(first, second);
    List<Event> had;
    try (OpenStream stream = slow(first, "web-key")) {
      had = stream.next(5);
    }
    try (OpenStream stream = slow(second, resuming(second, had))) {
      List<Event> more = stream.next(5);
      assertIds(true, more);
      had = together(had, more);
    }
    had = together(had, events(resume(second, COMPLETIONS, lastId(had), "web-key")));
    assertEquals(withoutNames(whole(first, COMPLETIONS, body(BODY_BYTES))), withoutNames(had));
  }

  @Test
  void bodyOfACopyWaitsForItsReaderInTheMemoryOfAllBodies() throws Exception {
    GatewayFixture first = gateway(twoKeys(settings("first"), OptionalInt.empty()));
    GatewayFixture second =
        gateway(twoKeys(settings("second").oneBodyOf(BODY_BYTES - 1), OptionalInt.empty()));
    connect(first, second);
    String id = lastId(whole(first, COMPLETIONS, body(BODY_BYTES)).subList(0, 1));
    assertEquals(503, resume(second, COMPLETIONS, id, "web-key").statusCode());
    assertEquals(200, resume(first, COMPLETIONS, id, "web-key").statusCode());
  }

  @Test
  void keyWithOnePlaceGoesOnWithTheStreamThatHasItAndLeavesItWhenThatIsOver() throws Exception {
    GatewayFixture gateway = gateway(twoKeys(settings("one"), OptionalInt.of(1)));
    HttpRequest another = request(gateway, "web-key");
    List<Event> had = new ArrayList<>();
    // The connections stay open, so nothing but the resumption ends what was before.
    List<OpenStream> stale = new ArrayList<>(List.of(slow(gateway, another)));
    for (int i = 0; i < 5; i++) {
      had.addAll(stale.getLast().next(3));
      stale.add(slow(gateway, resuming(gateway, had)));
      assertEquals(429, gateway.send(another).statusCode());
    }
    had.addAll(events(resume(gateway, COMPLETIONS, lastId(had), "web-key")));
    HttpResponse<String> next = gateway.send(another);
    while (next.statusCode() == 429) {
      // The stream is over for its client first.
      next = gateway.send(another);
    }
    assertEquals(withoutNames(events(next)), withoutNames(had));
    for (OpenStream stream : stale) {
      stream.close();
    }
  }

  @Test
  void streamThatFindsNoPlaceCanBeGoneOnWithWhenThereIsOne() throws Exception {
    GatewayFixture first = gateway(twoKeys(settings("first"), OptionalInt.of(1)));
    GatewayFixture second = gateway(twoKeys(settings("second"), OptionalInt.of(1)));
    connect(first, second);
    List<Event> had;
    try (OpenStream stale = slow(first, "web-key")) {
      had = stale.next(3);
      try (OpenStream other = slow(second, "web-key")) {
        assertTrue(hasIds(other));
        assertEquals(429, resume(second, COMPLETIONS, lastId(had), "web-key").statusCode());
      }
      awaitCancel(second);
      had = together(had, events(resume(second, COMPLETIONS, lastId(had), "web-key")));
    }
    assertEquals(withoutNames(whole(first, COMPLETIONS, body(BODY_BYTES))), withoutNames(had));
  }
}
