package io.rack72.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LikeliestCutTest {
  private final LikeliestCut cut = new LikeliestCut();

  @Test
  void keepsExactlyThePrefixThatASortWouldKeep() {
    SplittableRandom random = new SplittableRandom(5);
    for (int round = 0; round < 400; round++) {
      int vocabSize = random.nextInt(1, 600);
      float[] logits = logits(random, vocabSize);
      int count = random.nextInt(1, vocabSize + 1);
      double[] weights = ones(vocabSize);
      cut.rank(logits, vocabSize);
      cut.keepCount(weights, count);
      assertArrayEquals(keptBySort(logits, ones(vocabSize), count), weights);
    }
  }

  /** Weights are eighths, so that no order of summation rounds and the border is exact. */
  @Test
  void keepsTheFewestTokensThatReachTheMass() {
    SplittableRandom random = new SplittableRandom(6);
    for (int round = 0; round < 400; round++) {
      int vocabSize = random.nextInt(1, 600);
      float[] logits = logits(random, vocabSize);
      double[] weights = random.ints(vocabSize, 0, 9).mapToDouble(n -> n / 8.0).toArray();
      weights[random.nextInt(vocabSize)] = 1;
      double mass = random.nextInt(1, (int) (8 * Arrays.stream(weights).sum()) + 1) / 8.0;
      double[] expected = keptBySort(logits, weights, mass);
      cut.rank(logits, vocabSize);
      cut.keepMass(weights, mass);
      assertArrayEquals(expected, weights);
    }
  }

  @Test
  void keepsOneTokenHoweverSmallTheMass() {
    float[] logits = {1, 3, 3, 2};
    double[] weights = {0.1, 1, 1, 0.4};
    cut.rank(logits, 4);
    cut.keepMass(weights, Double.MIN_VALUE);
    assertArrayEquals(new double[] {0, 1, 0, 0}, weights);
  }

  @Test
  void keepsAllWhereRoundingNeverReachesTheMass() {
    float[] logits = {1, 3, Float.NEGATIVE_INFINITY, 2};
    double[] weights = {0.1, 1, 0, 0.4};
    double[] before = weights.clone();
    cut.rank(logits, 4);
    cut.keepMass(weights, 1.6);
    assertArrayEquals(before, weights);
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

  private static double[] ones(int size) {
    double[] ones = new double[size];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static double[] keptBySort(float[] logits, double[] weights, double target) {
    int[] order =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(
                (a, b) ->
                    logits[a] == logits[b]
                        ? Integer.compare(a, b)
                        : Float.compare(logits[b], logits[a]))
            .mapToInt(i -> i)
            .toArray();
    double[] kept = new double[logits.length];
    double sum = 0;
    for (int token : order) {
      if (sum >= target) {
        break;
      }
      kept[token] = weights[token];
      sum += weights[token];
    }
    assertTrue(sum > 0);
    return kept;
  }
}
