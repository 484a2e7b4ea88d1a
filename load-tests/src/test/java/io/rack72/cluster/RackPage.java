package io.rack72.cluster;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.serving.HttpApi;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What {@code GET /rack} tells, which every gateway does. */
record RackPage(JsonNode json) {
  private static final Duration DEADLINE = Duration.ofMinutes(3);
  private static final long PAUSE_NANOS = MILLISECONDS.toNanos(250);

  /** One GPU. */
  record Gpu(int index, int experts, long tokensComputed) {}

  static RackPage of(HttpApi api) {
    return new RackPage(api.get("/rack").json());
  }

  /** The first page that is as it should be. */
  static RackPage await(HttpApi api, String what, Predicate<RackPage> wanted) {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    RackPage page = of(api);
    while (!wanted.test(page)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not %s after %s: %s".formatted(what, DEADLINE, page.json));
      }
      LockSupport.parkNanos(PAUSE_NANOS);
      page = of(api);
    }
    return page;
  }

  /** Addresses of the nodes that tell of themselves. */
  Set<String> addresses() {
    Set<String> addresses = new TreeSet<>();
    for (JsonNode node : json.path("nodes")) {
      if (node.get("answers").booleanValue()) {
        addresses.add(node.get("address").textValue());
      }
    }
    return addresses;
  }

  /** How many trays the nodes have together. */
  int trays() {
    return stream("nodes").mapToInt(node -> node.get("trays").size()).sum();
  }

  Stream<Gpu> gpus() {
    return stream("gpus")
        .map(
            gpu ->
                new Gpu(
                    gpu.get("gpu").intValue(),
                    gpu.get("experts").intValue(),
                    gpu.get("tokens_computed").longValue()));
  }

  private Stream<JsonNode> stream(String name) {
    return StreamSupport.stream(json.path(name).spliterator(), false);
  }
}
