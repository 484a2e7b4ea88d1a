package io.rack72.sampling;

import static io.rack72.sampling.ParamsBuilder.params;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SamplerTest {
  private static final int[] NOTHING = {};

  private final Sampler sampler = new Sampler();

  @Test
  void greedyTakesTheLargestAndOfEqualsTheLowestId() {
    SamplingParams greedy = SamplingParams.greedy(10);
    assertEquals(2, choose(greedy, 0, -1, 3, 3, 2));
    assertEquals(0, choose(greedy, 0, 0, 0));
    assertEquals(0, choose(greedy, -0.0f, 0));
    assertEquals(1, choose(greedy, Float.NEGATIVE_INFINITY, -5));
  }

  @Test
  void aNearlyZeroTemperatureIsGreedyButForTies() {
    SamplingParams cold = params().temperature(Float.MIN_VALUE).build();
    assertEquals(3, choose(cold, 1, 2, 3, 3.000001f));
  }

  @Test
  void biasIsAddedBeforeAnythingElse() {
    assertEquals(
        0, choose(params().temperature(0).logitBias(Map.of(0, 5f, 3, -100f)).build(), 1, 5, 2, 9));
  }

  @Test
  void stopIdsAreMaskedUntilTheLeastLength() {
    SamplingParams params = params().temperature(0).stopIds(1, 3).tokens(2, 9).build();
    float[] logits = {0, 7, 5, 8};
    assertEquals(2, choose(params, counts(new int[] {0}, NOTHING), logits));
    assertEquals(2, choose(params, counts(new int[] {0}, new int[] {2}), logits));
    assertEquals(3, choose(params, counts(new int[] {0}, new int[] {2, 2}), logits));
  }

  /** Tokens 0 and 1 are in the prompt, 1 and 2 in the output, 2 of them twice, 3 in neither. */
  @Test
  void penaltiesAreThoseWorkedOutByHand() {
    TokenCounts history = counts(new int[] {0, 0, 1}, new int[] {1, 2, 2});
    float[] logits = {4, 4, 4, 1};

    // Repetition 2 halves 4 to 2 in prompt and output alike.
    assertEquals(0, choose(penalties(0, 0, 2), history, logits));
    assertEquals(3, choose(penalties(0, 0, 5), history, logits));
    // A negative logit is multiplied: -1 becomes -2, below -1.5.
    assertEquals(3, choose(penalties(0, 0, 2), history, -1, -1, -1, -1.5f));
    assertEquals(0, choose(penalties(0, 0, 1.4), history, -1, -1, -1, -1.5f));
    // Presence touches the output only, once for each token: 4.1 - 2 < 4.
    assertEquals(0, choose(penalties(2, 0, 1), history, 4, 4.1f, 4.1f, 1));
    assertEquals(1, choose(penalties(2, 0, 1), history, 2, 4.1f, 4.05f, 1));
    // Frequency counts: token 2 loses 2 * 1.5, token 1 only 1.5.
    assertEquals(1, choose(penalties(0, 1.5, 1), history, 1, 4, 5.4f, 1));
    assertEquals(2, choose(penalties(0, 1.5, 1), history, 1, 4, 5.6f, 1));
    // Repetition goes first: 6 / 2 - 1 = 2 beats 1.9, (6 - 1) / 2 = 2.5 would beat 2.4.
    assertEquals(1, choose(penalties(1, 0, 2), history, 0, 6, 0, 1.9f));
    assertEquals(3, choose(penalties(1, 0, 2), history, 0, 6, 0, 2.4f));
    // A negative penalty rewards what is there.
    assertEquals(2, choose(penalties(0, -1, 1), history, logits));
  }

  @Test
  void onlyTheCutSetIsEverDrawnAndAllOfIt() {
    // Probabilities: 0.4, 0.3, 0.15, 0.1, 0.05.
    float[] logits = {ln(0.1), ln(0.4), ln(0.05), ln(0.3), ln(0.15)};
    assertEquals(Set.of(0, 1, 2, 3, 4), drawn(params(), logits));
    assertEquals(Set.of(1), drawn(params().topK(1), logits));
    assertEquals(Set.of(1, 3, 4), drawn(params().topK(3), logits));
    assertEquals(Set.of(0, 1, 2, 3, 4), drawn(params().topK(50), logits));
    assertEquals(Set.of(1), drawn(params().topP(0.39), logits));
    assertEquals(Set.of(1, 3), drawn(params().topP(0.41), logits));
    assertEquals(Set.of(1, 3, 4), drawn(params().topP(0.84), logits));
    assertEquals(Set.of(1, 3, 4), drawn(params().minP(0.3), logits));
    assertEquals(Set.of(1, 3), drawn(params().minP(0.5), logits));
    assertEquals(Set.of(1), drawn(params().minP(1), logits));
    // Of the best two, 0.4 and 0.3, the first already has 57%.
    assertEquals(Set.of(1), drawn(params().topK(2).topP(0.56), logits));
    assertEquals(Set.of(1, 3), drawn(params().topK(2).topP(0.58), logits));
    // At temperature 2 square roots count: 0.05 has 35% of the weight of 0.4, 0.1 has 50%.
    assertEquals(Set.of(0, 1, 3, 4), drawn(params().temperature(2).minP(0.4), logits));
  }

  @Test
  void cutsKeepTheLowerOfEqualIds() {
    float[] logits = new float[10];
    assertEquals(Set.of(0, 1, 2), drawn(params().topK(3), logits));
    assertEquals(Set.of(0, 1, 2, 3, 4), drawn(params().topP(0.45), logits));
    assertEquals(10, drawn(params().minP(1), logits).size());
  }

  @Test
  void choosesWhatTheDefinitionChooses() {
    SplittableRandom random = new SplittableRandom(11);
    int compared = 0;
    for (int round = 0; round < 400; round++) {
      int vocabSize = random.nextInt(5, round % 10 == 0 ? 5001 : 300);
      float[] logits = logits(random, vocabSize, 6);
      compared += compareWithDefinition(random, logits, randomParams(random, vocabSize));
    }
    assertTrue(compared > 3990, compared + " of 4000 choices were compared");
  }

  @ParameterizedTest
  @EnumSource
  void choosesWhatTheDefinitionChoosesFromLogitsOfAnyKind(TestLogits kind) {
    SplittableRandom random = new SplittableRandom(15);
    int compared = 0;
    for (int round = 0; round < 100; round++) {
      int vocabSize = random.nextInt(2, round % 10 == 0 ? 5001 : 300);
      float[] logits = kind.row(random, vocabSize);
      SamplingParams params = anyTemperature(random, randomParams(random, vocabSize));
      compared += compareWithDefinition(random, logits, params);
    }
    assertTrue(compared > 990, compared + " of 1000 choices were compared");
  }

  @ParameterizedTest
  @EnumSource
  void choosesWhatTheDefinitionChoosesFromAWholeVocabulary(TestLogits kind) {
    SplittableRandom random = new SplittableRandom(16);
    float[] logits = kind.row(random, 201_088);
    for (SamplingParams params :
        new SamplingParams[] {
          params().build(),
          params().topP(0.9).build(),
          params().temperature(1.7).topP(0.3).build(),
          params().topK(50).build(),
          params().topK(40).topP(0.95).build(),
          params().topK(30_000).build(),
          params().minP(0.01).build()
        }) {
      compareWithDefinition(random, logits, params);
    }
  }

  /** Compares ten choices, as many as it returns if rounding can decide none of them. */
  private int compareWithDefinition(
      SplittableRandom random, float[] logits, SamplingParams params) {
    int vocabSize = logits.length;
    int[] prompt = random.ints(random.nextInt(1, 30), 0, vocabSize).toArray();
    int[] generated = random.ints(random.nextInt(30), 0, vocabSize).toArray();
    TokenCounts history = TokenCounts.of(prompt, generated);
    Map<Integer, Double> distribution =
        new NaiveSampler(logits, params, prompt, generated).distribution();
    int compared = 0;
    for (int position = 0; position < 10; position++) {
      double target = CounterRandom.uniform(params.seed(), position, 0);
      double sum = 0;
      for (Map.Entry<Integer, Double> entry : distribution.entrySet()) {
        sum += entry.getValue();
        // A number this close to a border may fall on either side of it by rounding.
        if (Math.abs(sum - target) < 1e-10) {
          break;
        }
        if (sum > target) {
          SampledToken token = sampler.sample(logits, 0, vocabSize, params, history, position);
          assertEquals(entry.getKey(), token.id(), () -> "of " + vocabSize + ", " + params);
          compared++;
          break;
        }
      }
    }
    return compared;
  }

  /** The same at a temperature that may be as low or as high as allowed. */
  private static SamplingParams anyTemperature(SplittableRandom random, SamplingParams params) {
    float[] temperatures = {Float.MIN_VALUE, 1e-20f, 0.01f, 0.5f, 1, 3, 100};
    return new SamplingParams(
        temperatures[random.nextInt(temperatures.length)],
        params.topP(),
        params.topK(),
        params.minP(),
        params.seed(),
        params.presencePenalty(),
        params.frequencyPenalty(),
        params.repetitionPenalty(),
        params.logitBias(),
        params.topLogprobs(),
        params.maxTokens(),
        params.minTokens(),
        params.stopIds(),
        params.ignoreStopIds());
  }

  @Test
  void drawsFollowTheProbabilities() {
    SplittableRandom random = new SplittableRandom(12);
    float[] logits = logits(random, 40, 2);
    for (ParamsBuilder builder :
        new ParamsBuilder[] {
          params(),
          params().temperature(0.7).topK(20),
          params().temperature(1.5).topP(0.8),
          params().minP(0.2)
        }) {
      Map<Integer, Double> distribution =
          new NaiveSampler(logits, builder.build(), NOTHING, NOTHING).distribution();
      SamplingParams params = builder.seed(4711).build();
      int samples = 20_000;
      Map<Integer, Integer> counts = new TreeMap<>();
      for (int position = 0; position < samples; position++) {
        counts.merge(chooseAt(position, params, logits), 1, Integer::sum);
      }
      double chiSquare = 0;
      for (Map.Entry<Integer, Double> entry : distribution.entrySet()) {
        double expected = samples * entry.getValue();
        double off = counts.getOrDefault(entry.getKey(), 0) - expected;
        chiSquare += off * off / expected;
      }
      assertEquals(distribution.keySet(), counts.keySet());
      // Wilson and Hilferty's approximation of the 99.9% quantile.
      double freedom = distribution.size() - 1;
      double cube = 1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom));
      assertTrue(chiSquare < freedom * cube * cube * cube, "chi-square " + chiSquare);
    }
  }

  @Test
  void choiceDependsOnNothingThatTheSamplerDidBefore() {
    SplittableRandom random = new SplittableRandom(13);
    for (int round = 0; round < 200; round++) {
      int vocabSize = random.nextInt(5, 400);
      float[] logits = logits(random, vocabSize, 4);
      SamplingParams params = randomParams(random, vocabSize);
      TokenCounts history = counts(random.ints(20, 0, vocabSize).toArray(), NOTHING);
      int offset = random.nextInt(100);
      float[] row = new float[offset + vocabSize + 7];
      Arrays.fill(row, Float.NaN);
      System.arraycopy(logits, 0, row, offset, vocabSize);
      float[] rowBefore = row.clone();
      assertEquals(
          new Sampler().sample(logits, 0, vocabSize, params, history, 5),
          sampler.sample(row, offset, vocabSize, params, history, 5));
      assertArrayEquals(rowBefore, row, "the logits are the caller's");
    }
  }

  @Test
  void seedsAndPositionsDrawIndependently() {
    float[] logits = new float[1000];
    SamplingParams one = params().seed(1).build();
    SamplingParams two = params().seed(2).build();
    int equalSeeds = 0;
    int equalPositions = 0;
    for (int position = 0; position < 2000; position++) {
      int token = chooseAt(position, one, logits);
      assertEquals(token, chooseAt(position, one, logits));
      equalSeeds += token == chooseAt(position, two, logits) ? 1 : 0;
      equalPositions += token == chooseAt(position + 1, one, logits) ? 1 : 0;
    }
    // Two in 2000 are expected of a thousand equal tokens; eleven are not, one time in 100,000.
    assertTrue(equalSeeds < 11, equalSeeds + " equal");
    assertTrue(equalPositions < 11, equalPositions + " equal");
  }

  @Test
  void logprobsAreOfTheRawLogits() {
    float[] logits = {ln(0.1), ln(0.4), ln(0.05), ln(0.3), ln(0.15)};
    SamplingParams params =
        params().temperature(0).logitBias(Map.of(2, 100f)).topLogprobs(3).build();
    SampledToken token = sampler.sample(logits, 0, 5, params, new TokenCounts(), 0);
    assertEquals(2, token.id());
    assertEquals(Math.log(0.05), token.logprob(), 1e-6);
    assertArrayEquals(new int[] {1, 3, 4}, token.topIds());
    assertArrayEquals(new float[] {ln(0.4), ln(0.3), ln(0.15)}, token.topLogprobs(), 1e-6f);

    SampledToken bare =
        sampler.sample(logits, 0, 5, params().topLogprobs(0).build(), new TokenCounts(), 0);
    assertTrue(bare.logprob() < 0);
    assertEquals(0, bare.topIds().length);
    SampledToken silent = sampler.sample(logits, 0, 5, params().build(), new TokenCounts(), 0);
    assertTrue(Float.isNaN(silent.logprob()));
    assertEquals(bare.id(), silent.id());
  }

  @Test
  void brokenLogitsAreNeverSampled() {
    SamplingParams greedy = SamplingParams.greedy(1);
    assertEquals(
        "the logit of token 1 at position 6 is not a number",
        assertThrows(BrokenLogitsException.class, () -> chooseAt(6, greedy, 1, Float.NaN, 2))
            .getMessage());
    float infinity = Float.POSITIVE_INFINITY;
    assertThrows(BrokenLogitsException.class, () -> choose(greedy, 1, infinity));
    assertThrows(BrokenLogitsException.class, () -> choose(greedy, -infinity, -infinity));
  }

  @Test
  void aWholeVocabularyIsCutWithoutLoss() {
    SplittableRandom random = new SplittableRandom(14);
    int vocabSize = 201_088;
    float[] logits = logits(random, vocabSize, 3);
    SamplingParams best50 = params().temperature(100).topK(50).build();
    Set<Integer> best = new NaiveSampler(logits, best50, NOTHING, NOTHING).distribution().keySet();
    assertEquals(50, best.size());
    for (int position = 0; position < 30; position++) {
      assertTrue(best.contains(chooseAt(position, best50, logits)));
    }
    float[] flat = new float[vocabSize];
    SamplingParams topHalf = params().topP(0.5).build();
    Set<Integer> drawn = new TreeSet<>();
    for (int position = 0; position < 30; position++) {
      drawn.add(chooseAt(position, topHalf, flat));
    }
    assertTrue(drawn.stream().allMatch(token -> token < vocabSize / 2));
    assertNotEquals(1, drawn.size());
  }

  private static SamplingParams randomParams(SplittableRandom random, int vocabSize) {
    ParamsBuilder params =
        params()
            .seed(random.nextLong())
            .temperature(random.nextInt(8) == 0 ? 0 : random.nextDouble(0.2, 2));
    if (random.nextBoolean()) {
      params.topK(random.nextInt(2 * vocabSize));
    }
    if (random.nextBoolean()) {
      params.topP(random.nextDouble(0.05, 1));
    }
    if (random.nextBoolean()) {
      params.minP(random.nextDouble(0, 0.3));
    }
    if (random.nextBoolean()) {
      params.penalties(
          random.nextDouble(-2, 2), random.nextDouble(-2, 2), random.nextDouble(0.5, 2));
    }
    if (random.nextBoolean()) {
      params.logitBias(Map.of(random.nextInt(vocabSize), (float) random.nextDouble(-9, 9)));
    }
    if (random.nextBoolean()) {
      params.stopIds(random.nextInt(vocabSize)).tokens(random.nextInt(40), 100);
    }
    return params.build();
  }

  private Set<Integer> drawn(ParamsBuilder builder, float... logits) {
    SamplingParams params = builder.seed(99).build();
    Set<Integer> drawn = new TreeSet<>();
    for (int position = 0; position < 400; position++) {
      drawn.add(chooseAt(position, params, logits));
    }
    return drawn;
  }

  private int choose(SamplingParams params, float... logits) {
    return chooseAt(0, params, logits);
  }

  private int chooseAt(int position, SamplingParams params, float... logits) {
    return sampler.sample(logits, 0, logits.length, params, new TokenCounts(), position).id();
  }

  private int choose(SamplingParams params, TokenCounts history, float... logits) {
    return sampler.sample(logits, 0, logits.length, params, history, 0).id();
  }

  private static SamplingParams penalties(double presence, double frequency, double repetition) {
    return params().temperature(0).penalties(presence, frequency, repetition).build();
  }

  private static TokenCounts counts(int[] prompt, int[] generated) {
    return TokenCounts.of(prompt, generated);
  }

  private static float[] logits(SplittableRandom random, int size, double range) {
    float[] logits = new float[size];
    for (int i = 0; i < size; i++) {
      logits[i] = (float) random.nextDouble(-range, range);
    }
    return logits;
  }

  private static float ln(double probability) {
    return (float) Math.log(probability);
  }
}
