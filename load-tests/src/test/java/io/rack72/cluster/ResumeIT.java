package io.rack72.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.cluster.BreakableStream.Event;
import io.rack72.serving.HttpApi;
import io.rack72.serving.Together;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A gateway is killed in the middle of its streams, and their clients go on at another one. */
final class ResumeIT {
  private static final Path MODEL = Path.of("..", "models", "rack72-mini").toAbsolutePath();
  private static final int STREAMS = 16;
  private static final int TOKENS = 96;

  /** Of each stream, before the gateway is killed. */
  private static final int EVENTS_BEFORE = 6;

  @RegisterExtension final Nodes nodes = new Nodes();

  private record Request(String path, ObjectNode body) {
    /** Chats of two choices and completions, greedy and sampled, with and without logprobs. */
    static Request number(int i) {
      ObjectNode body =
          HttpApi.object()
              .put("max_tokens", TOKENS)
              .put("ignore_eos", true)
              .put("return_token_ids", true)
              .put("temperature", i % 4 < 2 ? 0 : 0.9)
              .put("seed", 1000 + i)
              .put("stream", true);
      body.putObject("stream_options").put("include_usage", true);
      if (i % 2 == 0) {
        body.put("n", 2).put("logprobs", i % 8 < 4);
        body.putArray("messages")
            .addObject()
            .put("role", "user")
            .put("content", "Add %d and %d.".formatted(i, 3 * i));
        return new Request("/v1/chat/completions", body);
      }
      if (i % 8 < 4) {
        body.put("logprobs", 2);
      }
      ArrayNode prompt = body.putArray("prompt");
      IntStream.range(0, 20).forEach(id -> prompt.add(40 + (id * (i + 1)) % 97));
      return new Request("/v1/completions", body);
    }

    BreakableStream open(URI gateway, Optional<String> lastEventId) throws IOException {
      return new BreakableStream(gateway, path, body, lastEventId);
    }
  }

  @Test
  @Timeout(300)
  void clientsOfAKilledGatewayGetTheRestFromAnother() throws Exception {
    List<Node> rack =
        nodes.startRack(
            MODEL, List.of(Role.trays("0-8"), Role.trays("9-17"), Role.gateway(), Role.gateway()));
    Node killed = rack.get(2);
    URI first = killed.http();
    URI second = rack.get(3).http();
    List<Request> requests = IntStream.range(0, STREAMS).mapToObj(Request::number).toList();
    List<Map<String, String>> expected =
        Together.call(
            requests.stream()
                .<Callable<Map<String, String>>>map(request -> () -> undisturbed(request, second))
                .toList());

    CountDownLatch streaming = new CountDownLatch(STREAMS);
    List<Callable<Optional<List<Event>>>> calls = new ArrayList<>();
    requests.forEach(
        request -> calls.add(() -> Optional.of(untilBroken(request, first, streaming))));
    calls.add(
        () -> {
          assertTrue(streaming.await(120, SECONDS), "not all streams have begun");
          killed.process().kill();
          return Optional.empty();
        });
    List<List<Event>> had = Together.call(calls).stream().flatMap(Optional::stream).toList();

    List<Long> millis =
        Together.call(
            IntStream.range(0, STREAMS)
                .<Callable<Long>>mapToObj(
                    i -> () -> goOn(requests.get(i), second, had.get(i), expected.get(i)))
                .toList());
    System.out.printf("first new event after %s ms%n", millis.stream().sorted().toList());
    try (HttpApi api = new HttpApi(second)) {
      RackPage.await(api, "without work", ResumeIT::isIdle);
    }
  }

  private static Map<String, String> undisturbed(Request request, URI gateway) throws IOException {
    try (BreakableStream stream = request.open(gateway, Optional.empty())) {
      while (!stream.isOver()) {
        stream.read();
      }
      assertTrue(stream.events().getLast().isDone());
      return joined(stream.events());
    }
  }

  /** What came of a stream until its gateway was killed, which is not its end. */
  private static List<Event> untilBroken(Request request, URI gateway, CountDownLatch streaming)
      throws IOException {
    try (BreakableStream stream = request.open(gateway, Optional.empty())) {
      boolean told = false;
      try {
        while (!stream.isOver()) {
          stream.read();
          if (!told && stream.events().size() >= EVENTS_BEFORE) {
            told = true;
            streaming.countDown();
          }
        }
      } catch (IOException e) {
        assertTrue(told, "the stream broke before its gateway was killed: " + e);
      }
      assertFalse(stream.isOver(), "the stream ended as if it were complete");
      assertFalse(stream.events().stream().anyMatch(Event::isDone));
      return stream.events();
    }
  }

  /** Reads the rest of a stream; returns how long its first event took. */
  private static long goOn(
      Request request, URI gateway, List<Event> had, Map<String, String> expected)
      throws IOException {
    long start = System.nanoTime();
    long first = 0;
    try (BreakableStream stream = request.open(gateway, Optional.of(had.getLast().id()))) {
      while (!stream.isOver()) {
        stream.read();
        if (first == 0 && !stream.events().isEmpty()) {
          first = System.nanoTime() - start;
        }
      }
      List<Event> all = new ArrayList<>(had);
      all.addAll(stream.events());
      assertTrue(all.getLast().isDone());
      assertEquals(expected, joined(all));
    }
    return first / 1_000_000;
  }

  private static boolean isIdle(RackPage page) {
    int sequences = 0;
    for (JsonNode gpu : page.json().path("gpus")) {
      sequences += gpu.get("sequences_running").intValue();
      sequences += gpu.get("sequences_waiting").intValue();
    }
    return sequences == 0 && page.json().path("gpus").size() == 72;
  }

  /** What the events of a stream say together: of each choice and field all of its parts. */
  private static Map<String, String> joined(List<Event> events) {
    Map<String, String> joined = new TreeMap<>();
    for (Event event : events) {
      if (event.isDone()) {
        joined.merge("done", "x", String::concat);
        continue;
      }
      JsonNode json = HttpApi.parse(event.data());
      if (json.hasNonNull("usage")) {
        joined.merge("usage", json.at("/usage/completion_tokens").asText(), String::concat);
      }
      for (JsonNode choice : json.path("choices")) {
        add(choice.get("index").asText(), choice, joined);
      }
    }
    return joined;
  }

  private static void add(String path, JsonNode value, Map<String, String> joined) {
    switch (value.getNodeType()) {
      case OBJECT ->
          value
              .properties()
              .forEach(
                  field -> {
                    if (!field.getKey().equals("index")) {
                      add(path + "." + field.getKey(), field.getValue(), joined);
                    }
                  });
      case ARRAY -> value.forEach(element -> joined.merge(path, element + ";", String::concat));
      case NULL -> {}
      default -> joined.merge(path, value.asText(), String::concat);
    }
  }
}
