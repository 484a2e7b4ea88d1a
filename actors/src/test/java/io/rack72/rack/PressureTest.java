package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.gpu.GpuStatus;
import io.rack72.kv.KvMemory;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Promise 1 where memory is short: requests of every kind, on two GPUs whose KV blocks hold a third
 * of what those that run would like to have, so that preemption, eviction and hits in the prefix
 * cache happen all the time.
 */
class PressureTest {
  private static final int REQUESTS = 200;
  private static final int GPUS = 2;
  private static final int RUNNING = 16;

  /** Of a full and a sliding block of this checkpoint. */
  private static final int BLOCK_TOKENS = 4;

  /** Of requests that are cancelled: were they not, the rack would not be idle for long. */
  private static final SamplingParams ENDLESS =
      new SamplingParams(1, 1, 0, 0, 1, 0, 0, 1, Map.of(), -1, 200, 200, Set.of(), true);

  private record Request(int[] prompt, SamplingParams params, Standing standing) {}

  @ParameterizedTest
  @ValueSource(longs = {0, 1 << 20})
  void theTokensOfMixedRequestsAreThoseOfEachAlone(long hostBytes) {
    List<Request> requests = requests();
    List<List<SampledToken>> alone = new ArrayList<>();
    // Nothing is shared, so that nothing but the request itself can be at work.
    try (RackHarness rack =
        new RackHarness("tiny", settings(new KvMemory(BLOCK_TOKENS, 32 << 20, 0, false), 1))) {
      for (Request request : requests) {
        alone.add(rack.generate(request.prompt(), request.params()));
      }
      assertEquals(0, rack.status().gpus().stream().mapToLong(GpuStatus::tokensCached).sum());
    }
    try (RackHarness rack =
        new RackHarness(
            "tiny",
            settings(new KvMemory(BLOCK_TOKENS, partOfTheLoad(), hostBytes, true), RUNNING))) {
      List<CompletableFuture<List<SampledToken>>> replies = new ArrayList<>();
      List<CompletableFuture<List<SampledToken>>> unwanted = new ArrayList<>();
      for (int i = 0; i < REQUESTS; i++) {
        Request request = requests.get(i);
        SequenceId id = new SequenceId("mixed-" + i, 0);
        replies.add(rack.submit(id, request.prompt(), request.params(), request.standing()));
        pauseSome(rack, i);
        if (i % 5 == 0) {
          unwanted.add(cancelled(rack, new SequenceId("unwanted-" + i, 0), request));
        }
      }
      for (int i = 0; i < REQUESTS; i++) {
        assertEquals(alone.get(i), RackHarness.await(replies.get(i)), "request " + i);
      }
      assertTrue(unwanted.stream().noneMatch(CompletableFuture::isCompletedExceptionally));
      checkThatItWasTight(rack.awaitIdle().gpus().subList(0, GPUS), hostBytes);
    }
  }

  private static void pauseSome(RackHarness rack, int i) {
    if (i % 7 == 3 && i + 3 < REQUESTS) {
      rack.rack().router().tell(new RouterActor.Pause(new SequenceId("mixed-" + (i - 2), 0)));
      rack.rack().router().tell(new RouterActor.Pause(new SequenceId("mixed-" + (i - 1), 0)));
    }
    if (i % 7 == 6) {
      rack.rack().router().tell(new RouterActor.Resume(new SequenceId("mixed-" + (i - 5), 0)));
      rack.rack().router().tell(new RouterActor.Resume(new SequenceId("mixed-" + (i - 4), 0)));
    }
  }

  private static CompletableFuture<List<SampledToken>> cancelled(
      RackHarness rack, SequenceId id, Request request) {
    CompletableFuture<List<SampledToken>> reply =
        rack.submit(id, request.prompt(), ENDLESS, request.standing());
    rack.rack().router().tell(new RouterActor.Cancel(id));
    return reply;
  }

  private static void checkThatItWasTight(List<GpuStatus> gpus, long hostBytes) {
    for (GpuStatus gpu : gpus) {
      assertTrue(gpu.preemptions() > 10, gpu.preemptions() + " preemptions");
      assertTrue(gpu.tokensCached() > 500, gpu.tokensCached() + " tokens from the prefix cache");
      assertEquals(hostBytes > 0, gpu.kvFull().onHost() > 0, "evicted blocks on the host");
      assertEquals(0, gpu.kvFull().used());
      assertEquals(0, gpu.kvSliding().used());
      assertEquals(0, gpu.sequencesRunning() + gpu.sequencesWaiting() + gpu.sequencesPaused());
    }
  }

  @Test
  void aSharedPrefixIsComputedOnceOnEachGpuThatServesIt() {
    int[] prefix = new SplittableRandom(3).ints(2_000, 0, 512).toArray();
    try (RackHarness rack =
        new RackHarness("tiny", settings(new KvMemory(16, 32 << 20), RUNNING))) {
      List<CompletableFuture<List<SampledToken>>> replies = new ArrayList<>();
      // All at once: those that come while the prefix is being computed wait for it.
      for (int i = 0; i < 50; i++) {
        int[] prompt = Arrays.copyOf(prefix, prefix.length + 10);
        Arrays.fill(prompt, prefix.length, prompt.length, i);
        replies.add(rack.submit(prompt, params(i, 4)));
      }
      replies.forEach(RackHarness::await);
      List<GpuStatus> serving =
          rack.awaitIdle().gpus().subList(0, GPUS).stream()
              .filter(gpu -> gpu.tokensComputed() > 0)
              .toList();
      long computed = serving.stream().mapToLong(GpuStatus::tokensComputed).sum();
      // Besides the prefix each request has its own 10 tokens and the first 3 of its reply.
      assertEquals(serving.size() * 2_000L + 50 * 13, computed);
    }
  }

  @Test
  void saltsKeepPrefixesApart() {
    int[] prompt = new SplittableRandom(4).ints(100, 0, 512).toArray();
    try (RackHarness rack =
        new RackHarness("tiny", RackHarness.settings(8, 1, new KvMemory(16, 32 << 20), RUNNING))) {
      List<SampledToken> first = null;
      for (int i = 0; i < 4; i++) {
        Standing standing = new Standing("", 1, 0, i % 2 == 0 ? "" : "salt");
        List<SampledToken> reply =
            RackHarness.await(
                rack.submit(new SequenceId("salted-" + i, 0), prompt, params(1, 5), standing));
        first = first == null ? reply : first;
        assertEquals(first, reply);
      }
      // Each salt has found once what it had computed once: six whole blocks.
      long cached = rack.awaitIdle().gpus().stream().mapToLong(GpuStatus::tokensCached).sum();
      assertEquals(2 * 96, cached);
    }
  }

  /** Requests of a few families, whose members share beginnings. */
  private static List<Request> requests() {
    SplittableRandom random = new SplittableRandom(11);
    List<int[]> beginnings = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      beginnings.add(random.ints(random.nextInt(20, 160), 0, 512).toArray());
    }
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      int[] beginning = beginnings.get(random.nextInt(beginnings.size()));
      int shared = random.nextInt(beginning.length + 1);
      int[] prompt = Arrays.copyOf(beginning, shared + random.nextInt(1, 40));
      for (int t = shared; t < prompt.length; t++) {
        prompt[t] = random.nextInt(512);
      }
      Standing standing =
          new Standing(
              "tenant-" + random.nextInt(3),
              1 + random.nextInt(3),
              random.nextInt(-2, 3),
              random.nextInt(5) == 0 ? "salt" : "");
      requests.add(new Request(prompt, params(i, random.nextInt(1, 96)), standing));
    }
    return requests;
  }

  private static SamplingParams params(int seed, int tokens) {
    float temperature = seed % 3 == 0 ? 0 : 0.9f;
    return new SamplingParams(
        temperature, 0.95f, 40, 0, seed, 0.3f, 0, 1, Map.of(), 3, tokens, 0, Set.of(7, 9), false);
  }

  /** Bytes of KV memory. The middle request has some 100 tokens of prompt and 48 of reply. */
  private static long partOfTheLoad() {
    long tokenBytes = RackHarness.kvBytesPerToken("tiny");
    return RUNNING * 148L * tokenBytes * 2 / 7;
  }

  private static RackSettings settings(KvMemory kv, int running) {
    return RackHarness.settings(8, GPUS, kv, running);
  }
}
