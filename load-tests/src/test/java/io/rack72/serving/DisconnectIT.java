package io.rack72.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Clients that go away take nothing from the others, and leave nothing behind. */
final class DisconnectIT {
  private static final int STREAMS = 64;
  private static final int FLOOD = 300;

  /** So many that no sequence has them before its client is gone and has been missed. */
  private static final int ENDLESS_TOKENS = 3500;

  private static final int VOCABULARY = 512;
  private static final Duration DEADLINE = Duration.ofMinutes(2);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(50);

  /**
   * One client of the test.
   *
   * @param cutAfter tokens after which it goes away; 0 if it stays
   */
  private record Client(int index, List<Integer> prompt, int tokens, int cutAfter) {
    boolean leaves() {
      return cutAfter > 0;
    }

    /** All that this client could see. */
    ObjectNode request() {
      return Completion.sampled(prompt, tokens, index);
    }

    ObjectNode endlessRequest() {
      return Completion.sampled(prompt, ENDLESS_TOKENS, index);
    }
  }

  @Test
  void clientsThatGoAwayDisturbNoOtherAndLeaveNoBlockBehind() {
    List<Client> clients = clients();
    // Eight GPUs take the sequences of 64 clients, so those that stay and those that go share
    // steps.
    try (RackServer server =
            RackServer.of(GoldenCheckpoint.named("wide").directory())
                .expertParallel(72)
                .dataParallel(8)
                .start();
        HttpApi api = new HttpApi(server.url())) {
      List<List<Integer>> undisturbed =
          Together.call(
              clients.stream()
                  .<Callable<List<Integer>>>map(client -> () -> readAll(api, client))
                  .toList());
      List<List<Integer>> disturbed =
          Together.call(
              clients.stream()
                  .<Callable<List<Integer>>>map(
                      client ->
                          () -> client.leaves() ? leave(server, client) : readAll(api, client))
                  .toList());

      for (Client client : clients) {
        List<Integer> expected = undisturbed.get(client.index());
        List<Integer> seen = disturbed.get(client.index());
        if (client.leaves()) {
          expected = expected.subList(0, client.cutAfter());
          seen = seen.subList(0, client.cutAfter());
        }
        assertEquals(expected, seen, "client " + client.index());
      }
      awaitBaseline(api);
      long steps = steps(api);
      assertTrue(
          steps < ENDLESS_TOKENS,
          () -> steps + " steps: sequences went on to their end, though their clients were gone");

      Client first = clients.get(1);
      assertEquals(undisturbed.get(first.index()), readAll(api, first));
    }
  }

  @Test
  void clientThatDoesNotWaitForItsWholeReplyLeavesNoBlockBehind() throws IOException {
    try (RackServer server = RackServer.of(GoldenCheckpoint.named("wide").directory()).start();
        HttpApi api = new HttpApi(server.url())) {
      for (boolean reset : new boolean[] {false, true}) {
        ObjectNode request = Completion.greedy(List.of(1, 2, 3), ENDLESS_TOKENS);
        try (RawConnection connection = new RawConnection(server.url(), request)) {
          await("no GPU has begun", () -> busy(api), busy -> !busy.isEmpty());
          if (reset) {
            connection.reset();
          }
        }
        awaitBaseline(api);
      }
      long steps = steps(api);
      assertTrue(steps < ENDLESS_TOKENS, () -> steps + " steps, though the clients were gone");
    }
  }

  @Test
  void floodOfRequestsThatAreGivenUpAtOnceLeavesNoBlockBehind() throws IOException {
    try (RackServer server =
            RackServer.of(GoldenCheckpoint.named("wide").directory()).dataParallel(8).start();
        HttpApi api = new HttpApi(server.url())) {
      ObjectNode request = Completion.greedy(List.of(1, 2, 3), ENDLESS_TOKENS);
      for (int i = 0; i < FLOOD; i++) {
        boolean stream = i % 4 < 2;
        try (RawConnection connection =
            new RawConnection(server.url(), request.deepCopy().put("stream", stream))) {
          if (i % 2 == 0) {
            connection.reset();
          }
        }
      }
      assertEquals(3, readAll(api, new Client(0, List.of(1, 2, 3), 3, 0)).size());
      awaitBaseline(api);
      long steps = steps(api);
      assertTrue(steps < ENDLESS_TOKENS, () -> steps + " steps, though the clients were gone");
    }
  }

  /** Every third one leaves, in the middle of what it would get. */
  private static List<Client> clients() {
    SplittableRandom random = new SplittableRandom(6);
    return IntStream.range(0, STREAMS)
        .mapToObj(
            i -> {
              List<Integer> prompt =
                  random.ints(random.nextInt(1, 100), 0, VOCABULARY).boxed().toList();
              int tokens = random.nextInt(48, 80);
              return new Client(i, prompt, tokens, i % 3 == 0 ? random.nextInt(1, tokens) : 0);
            })
        .toList();
  }

  private static List<Integer> readAll(HttpApi api, Client client) {
    return Completion.of(api.stream(Completion.PATH, client.request())).tokenIds();
  }

  /** Half of those that leave say so to TCP; the others are just gone. */
  private static List<Integer> leave(RackServer server, Client client) throws Exception {
    try (RawConnection stream =
        new RawConnection(server.url(), client.endlessRequest().put("stream", true))) {
      List<Integer> tokens = stream.readTokens(client.cutAfter());
      if (client.index() % 2 == 0) {
        stream.reset();
      }
      return tokens;
    }
  }

  private static void awaitBaseline(HttpApi api) {
    await("blocks or sequences are left", () -> busy(api), List::isEmpty);
  }

  /** Polls, because nothing tells a client what becomes of others' sequences. */
  private static <T> void await(String complaint, Supplier<T> state, Predicate<T> reached) {
    long end = System.nanoTime() + DEADLINE.toNanos();
    T seen = state.get();
    while (!reached.test(seen)) {
      if (System.nanoTime() > end) {
        throw new AssertionError(complaint + " after " + DEADLINE + ": " + seen);
      }
      LockSupport.parkNanos(POLL_INTERVAL.toNanos());
      seen = state.get();
    }
  }

  /** The GPUs that have blocks in use or sequences. */
  private static List<String> busy(HttpApi api) {
    List<String> busy = new ArrayList<>();
    JsonNode gpus = gpus(api);
    assertEquals(72, gpus.size());
    for (JsonNode gpu : gpus) {
      int inUse =
          gpu.required("kv_full").required("used").intValue()
              + gpu.required("kv_sliding").required("used").intValue()
              + gpu.required("sequences_running").intValue()
              + gpu.required("sequences_waiting").intValue()
              + gpu.required("sequences_paused").intValue();
      if (inUse > 0) {
        busy.add(gpu.toString());
      }
    }
    return busy;
  }

  /** Steps of the GPU that has made the most. */
  private static long steps(HttpApi api) {
    long most = 0;
    for (JsonNode gpu : gpus(api)) {
      most = Math.max(most, gpu.required("steps").longValue());
    }
    return most;
  }

  private static JsonNode gpus(HttpApi api) {
    HttpApi.Reply reply = api.get("/rack");
    assertEquals(200, reply.status(), () -> reply.json().toString());
    return reply.json().required("gpus");
  }
}
