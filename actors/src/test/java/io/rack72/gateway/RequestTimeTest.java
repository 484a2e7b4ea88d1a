package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.rack72.clock.ManualClock;
import io.rack72.gateway.ScriptedRouter.Script;
import io.rack72.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A request's time runs from when its body has been read, whatever it waits for. */
@Timeout(60)
class RequestTimeTest {
  private static final String PATH = "/v1/completions";

  /** Encodes bytes, and something happens each time. */
  private record Eventful(ByteTokenizer bytes, Consumer<String> event) implements Tokenizer {
    @Override
    public int[] encode(String text) {
      event.accept(text);
      return bytes.encode(text);
    }

    @Override
    public int vocabularySize() {
      return bytes.vocabularySize();
    }

    @Override
    public byte[] bytes(int id) {
      return bytes.bytes(id);
    }

    @Override
    public boolean isSpecial(int id) {
      return bytes.isSpecial(id);
    }

    @Override
    public OptionalInt special(String text) {
      return bytes.special(text);
    }
  }

  @Test
  void requestWhoseTimeIsOverWhenItIsTokenizedIsNotGivenToTheRack() {
    ManualClock clock = new ManualClock();
    try (GatewayFixture gateway = gateway(clock, text -> pass(clock, Duration.ofSeconds(2)))) {
      assertEquals(504, gateway.post(PATH, "{\"prompt\": \"x\", \"timeout\": 2}").statusCode());
      assertEquals(List.of(), gateway.submitted());
    }
  }

  @Test
  void rackHasOnlyTheTimeThatIsLeft() {
    ManualClock clock = new ManualClock();
    // Were the time counted from the end of tokenizing, there would be no answer for an hour.
    Duration nearly = Duration.ofHours(1).minusMillis(50);
    try (GatewayFixture gateway = gateway(clock, text -> pass(clock, nearly))) {
      assertEquals(504, gateway.post(PATH, "{\"prompt\": \"x\"}").statusCode());
      assertEquals(1, gateway.submitted().size());
    }
  }

  @Test
  void requestWhoseTimeIsOverIsNotTokenized() {
    ManualClock clock = new ManualClock();
    clock.advanceTo(Duration.ofSeconds(2).toNanos());
    Admission admission =
        new Admission(
            GatewayFixture.model(
                Optional.of(
                    new Eventful(
                        new ByteTokenizer(),
                        text -> {
                          throw new AssertionError("tokenized: " + text);
                        }))),
            new TestSettings().clock(clock).make());
    JsonValue completion = json("{\"prompt\": \"x\", \"timeout\": 2}");
    JsonValue chat =
        json("{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"timeout\": 2}");
    assertLate(
        () -> new CompletionEndpoint(admission).read(completion, new Arrival(Tenant.EVERYBODY, 0)));
    assertLate(() -> new ChatEndpoint(admission).read(chat, new Arrival(Tenant.EVERYBODY, 0)));
  }

  private static void assertLate(Runnable request) {
    assertEquals(504, assertThrows(ApiError.class, request::run).status());
  }

  private static void pass(ManualClock clock, Duration time) {
    clock.advanceTo(clock.nowNanos() + time.toNanos());
  }

  private static JsonValue json(String body) {
    return JsonValue.body(body.getBytes(StandardCharsets.UTF_8));
  }

  /** The rack says "Hi" and then is silent. */
  private static GatewayFixture gateway(ManualClock clock, Consumer<String> whileTokenizing) {
    return new GatewayFixture(
        new TestSettings().clock(clock).make(),
        Optional.of(new Eventful(new ByteTokenizer(), whileTokenizing)),
        request -> Script.of("Hi"));
  }
}
