package io.rack72.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/**
 * A request's tokens and logprobs depend on the request alone, to the last bit, as clients see
 * them.
 */
final class SameTokensHttpIT {
  private static final GoldenCheckpoint WIDE = GoldenCheckpoint.named("wide");
  private static final List<Integer> PROMPT = WIDE.prompt("len200").tokenIds();
  private static final int TOKENS = 48;
  private static final long SEED = 7;
  private static final int OTHERS = 32;

  private static final ObjectNode GREEDY = Completion.greedy(PROMPT, TOKENS).put("logprobs", 5);
  private static final ObjectNode SAMPLED =
      Completion.sampled(PROMPT, TOKENS, SEED).put("logprobs", 5);

  @Test
  void neitherCompanyNorDegreeNorChunkShowsInARequestsTokensAndLogprobs() {
    Completion greedy = null;
    Completion sampled = null;
    for (int degree : new int[] {1, 8, 72}) {
      for (int chunk : new int[] {16, 512}) {
        String where = "degree " + degree + ", chunk " + chunk;
        // Two GPUs take all sequences, so that they really share steps.
        try (RackServer server =
                RackServer.of(WIDE.directory())
                    .expertParallel(degree)
                    .dataParallel(2)
                    .prefillChunk(chunk)
                    .start();
            HttpApi api = new HttpApi(server.url())) {
          Completion greedyAlone = complete(api, GREEDY);
          Completion sampledAlone = complete(api, SAMPLED);
          greedy = greedy == null ? greedyAlone : greedy;
          sampled = sampled == null ? sampledAlone : sampled;
          assertEquals(greedy, greedyAlone, "greedy alone, " + where);
          assertEquals(sampled, sampledAlone, "sampled alone, " + where);

          List<Callable<Completion>> calls = others(api, degree + chunk);
          calls.add(OTHERS / 3, () -> complete(api, GREEDY));
          calls.add(2 * OTHERS / 3, () -> complete(api, SAMPLED));
          List<Completion> together = Together.call(calls);
          assertEquals(greedy, together.get(OTHERS / 3), "greedy among others, " + where);
          assertEquals(sampled, together.get(2 * OTHERS / 3), "sampled among others, " + where);
        }
      }
    }
    assertEquals(WIDE.prompt("len200").greedy64().subList(0, TOKENS), greedy.tokenIds());
    assertEquals(TOKENS, greedy.logprobs().size());
    assertEquals(TOKENS, sampled.logprobs().size());
  }

  /** What a client parses is the very float that the sampler computed. */
  @Test
  void logprobsKeepTheirBitsOnTheWire() {
    try (RackServer server = RackServer.of(WIDE.directory()).start();
        HttpApi api = new HttpApi(server.url())) {
      Completion overHttp = complete(api, SAMPLED);
      Completion streamed = Completion.of(api.stream(Completion.PATH, SAMPLED));
      List<SampledToken> direct =
          DirectSequence.generate(
              server.rack(),
              "direct",
              PROMPT,
              new SamplingParams(
                  0.9f,
                  0.95f,
                  40,
                  0.01f,
                  SEED,
                  0.3f,
                  0.2f,
                  1.1f,
                  Map.of(3, 1.5f),
                  5,
                  TOKENS,
                  0,
                  Set.of(),
                  true));

      assertEquals(direct.stream().map(SampledToken::id).toList(), overHttp.tokenIds());
      assertEquals(direct.stream().map(SameTokensHttpIT::logprobs).toList(), overHttp.logprobs());
      assertEquals(overHttp, streamed);
    }
  }

  private static Completion complete(HttpApi api, ObjectNode request) {
    return Completion.of(api.postOk(Completion.PATH, request));
  }

  private static List<Callable<Completion>> others(HttpApi api, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Callable<Completion>> others = new ArrayList<>();
    for (int i = 0; i < OTHERS; i++) {
      List<Integer> prompt = random.ints(random.nextInt(1, 120), 0, 512).boxed().toList();
      ObjectNode request = Completion.sampled(prompt, random.nextInt(1, TOKENS), i);
      others.add(() -> complete(api, request));
    }
    return others;
  }

  /** In the order in which they stand in a reply: the token's own, then other likely ones. */
  private static List<Float> logprobs(SampledToken token) {
    Map<Integer, Float> byId = new LinkedHashMap<>();
    byId.put(token.id(), token.logprob());
    for (int i = 0; i < token.topIds().length; i++) {
      byId.put(token.topIds()[i], token.topLogprobs()[i]);
    }
    List<Float> logprobs = new ArrayList<>(List.of(token.logprob()));
    logprobs.addAll(byId.values());
    return logprobs;
  }
}
