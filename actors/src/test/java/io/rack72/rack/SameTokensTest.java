package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.kernel.FastKernels;
import io.rack72.kernel.KvFormat;
import io.rack72.kernel.Workers;
import io.rack72.model.Numerics;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Promise 1, through the actors. */
class SameTokensTest {
  private static SamplingParams greedy(int tokens) {
    return new SamplingParams(0, 1, 0, 0, 0, 0, 0, 1, Map.of(), 5, tokens, 0, Set.of(), true);
  }

  private static SamplingParams sampled(long seed, int tokens) {
    return new SamplingParams(
        0.9f,
        0.95f,
        40,
        0.01f,
        seed,
        0.3f,
        0.2f,
        1.1f,
        Map.of(3, 1.5f),
        5,
        tokens,
        0,
        Set.of(),
        true);
  }

  @ParameterizedTest
  @CsvSource({
    "tiny,1",
    "tiny,8",
    "tiny,72",
    "small-odd,1",
    "small-odd,8",
    "small-odd,72",
    "wide,1",
    "wide,8",
    "wide,72"
  })
  void greedyTokensAreTheReferences(String checkpoint, int expertParallel) {
    try (RackHarness rack =
        new RackHarness(checkpoint, RackHarness.settings(expertParallel, 72, 128))) {
      Map<String, CompletableFuture<List<SampledToken>>> running = new LinkedHashMap<>();
      List<GoldenPrompts.Prompt> prompts = GoldenPrompts.read(checkpoint).prompts();
      prompts.forEach(
          prompt -> running.put(prompt.name(), rack.submit(prompt.tokenIds(), greedy(64))));
      for (GoldenPrompts.Prompt prompt : prompts) {
        int[] tokens =
            RackHarness.await(running.get(prompt.name())).stream()
                .mapToInt(SampledToken::id)
                .toArray();
        assertArrayEquals(prompt.greedy64(), tokens, prompt.name());
      }
    }
  }

  /** The same requests alone, among others, at several degrees and chunks: bit-equal logprobs. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void tokensAndLogprobsDependOnTheRequestAlone(boolean fast) {
    BiFunction<Checkpoint, Workers, Numerics> mode =
        fast
            ? (checkpoint, workers) ->
                Numerics.fast(
                    checkpoint,
                    workers,
                    FastKernels.Choice.AUTO,
                    Numerics.DenseWeights.INT8,
                    KvFormat.INT8)
            : Numerics::exact;
    int[] prompt = GoldenPrompts.read("wide").prompts().get(3).tokenIds();
    List<SampledToken> greedy = null;
    List<SampledToken> sampled = null;
    for (int degree : new int[] {1, 8, 72}) {
      for (int chunk : new int[] {16, 512}) {
        // All sequences on two GPUs, so that they really share steps.
        try (RackHarness rack =
            new RackHarness(
                "wide",
                RackHarness.settings(RackHarness.FAST_GPU, degree, 2, chunk, 32 << 20),
                mode)) {
          String where = "degree " + degree + ", chunk " + chunk;
          List<SampledToken> greedyAlone = rack.generate(prompt, greedy(48));
          List<SampledToken> sampledAlone = rack.generate(prompt, sampled(7, 48));
          greedy = greedy == null ? greedyAlone : greedy;
          sampled = sampled == null ? sampledAlone : sampled;
          assertEquals(greedy, greedyAlone, "greedy alone, " + where);
          assertEquals(sampled, sampledAlone, "sampled alone, " + where);

          List<CompletableFuture<List<SampledToken>>> others = others(rack, 16, degree);
          CompletableFuture<List<SampledToken>> greedyAmong = rack.submit(prompt, greedy(48));
          CompletableFuture<List<SampledToken>> sampledAmong = rack.submit(prompt, sampled(7, 48));
          others.addAll(others(rack, 16, degree + 100));
          assertEquals(greedy, RackHarness.await(greedyAmong), "greedy among 32, " + where);
          assertEquals(sampled, RackHarness.await(sampledAmong), "sampled among 32, " + where);
          others.forEach(RackHarness::await);
        }
      }
    }
  }

  private static List<CompletableFuture<List<SampledToken>>> others(
      RackHarness rack, int count, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<CompletableFuture<List<SampledToken>>> others = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] prompt = random.ints(random.nextInt(1, 120), 0, 512).toArray();
      others.add(rack.submit(prompt, sampled(i, random.nextInt(1, 40))));
    }
    return others;
  }

  /**
   * With KV memory for a few sequences only, preemption happens all the time, and does not show.
   */
  @Test
  void preemptionDoesNotShow() {
    List<int[]> prompts = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 12; i++) {
      prompts.add(random.ints(random.nextInt(20, 60), 0, 512).toArray());
    }
    AtomicLong preemptions = new AtomicLong();
    List<List<SampledToken>> roomy = run(prompts, 32 << 20, preemptions);
    assertEquals(0, preemptions.get());
    List<List<SampledToken>> tight = run(prompts, 1 << 20, preemptions);
    assertEquals(roomy, tight);
    assertTrue(preemptions.get() > 0, "the memory was not tight enough to show anything");
  }

  private static List<List<SampledToken>> run(
      List<int[]> prompts, long kvBytes, AtomicLong preemptions) {
    try (RackHarness rack =
        new RackHarness("tiny", RackHarness.settings(RackHarness.FAST_GPU, 8, 1, 64, kvBytes))) {
      List<CompletableFuture<List<SampledToken>>> running = new ArrayList<>();
      prompts.forEach(prompt -> running.add(rack.submit(prompt, sampled(1, 60))));
      List<List<SampledToken>> replies = running.stream().map(RackHarness::await).toList();
      preemptions.set(rack.status().gpus().get(0).preemptions());
      return replies;
    }
  }
}
