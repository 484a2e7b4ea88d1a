package io.rack72.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LikeliestCutTest {
  private final LikeliestCut cut = new LikeliestCut();

  @Test
  void endsThePrefixWhereASortWouldEndIt() {
    SplittableRandom random = new SplittableRandom(5);
    for (int round = 0; round < 400; round++) {
      int size = random.nextInt(1, 600);
      float[] logits = logits(random, size);
      int count = random.nextInt(1, size + 1);
      assertEquals(order(logits)[count - 1], cut.last(logits, null, size, count));
    }
  }

  @Test
  void endsThePrefixWithTheTokenThatReachesTheMass() {
    SplittableRandom random = new SplittableRandom(6);
    for (int round = 0; round < 400; round++) {
      int size = random.nextInt(1, 600);
      float[] logits = logits(random, size);
      long unit = 1L << random.nextInt(50);
      long[] weights = random.ints(size, 0, 9).mapToLong(n -> n * unit).toArray();
      weights[random.nextInt(size)] = unit;
      long mass = random.nextLong(1, Arrays.stream(weights).sum() + 1);
      assertEquals(lastBySort(logits, weights, mass), cut.last(logits, weights, size, mass));
    }
  }

  @Test
  void aSmallMassIsReachedByOneTokenAndTheWholeByAll() {
    float[] logits = {1, 3, 3, 2, Float.NEGATIVE_INFINITY};
    long[] weights = {1, 10, 10, 4, 0};
    assertEquals(1, cut.last(logits, weights, 5, 1));
    assertEquals(0, cut.last(logits, weights, 5, 25));
    assertEquals(4, cut.last(logits, null, 5, 5));
  }

  private static float[] logits(SplittableRandom random, int vocabSize) {
    // Few distinct values make many ties; both zeros are one value.
    int distinct = random.nextInt(1, 50);
    float[] logits = new float[vocabSize];
    for (int i = 0; i < vocabSize; i++) {
      int value = random.nextInt(distinct) - distinct / 2;
      logits[i] = value == 0 && random.nextBoolean() ? -0.0f : value / 4f;
    }
    if (random.nextInt(4) == 0) {
      logits[random.nextInt(vocabSize)] = Float.NEGATIVE_INFINITY;
    }
    return logits;
  }

  private static int[] order(float[] logits) {
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(
            (a, b) ->
                logits[a] == logits[b]
                    ? Integer.compare(a, b)
                    : Float.compare(logits[b], logits[a]))
        .mapToInt(i -> i)
        .toArray();
  }

  private static int lastBySort(float[] logits, long[] weights, long mass) {
    long sum = 0;
    for (int token : order(logits)) {
      sum += weights[token];
      if (sum >= mass) {
        return token;
      }
    }
    throw new AssertionError("the tokens have less than " + mass);
  }
}
