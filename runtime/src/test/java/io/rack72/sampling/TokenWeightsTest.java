package io.rack72.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TokenWeightsTest {
  private static final int VOCAB_SIZE = 201_088;

  /** Half a unit of rounding, and what two units in the last place of a double may move it. */
  @Test
  void areTheNearestWholeNumbersToTheTrueValues() {
    SplittableRandom random = new SplittableRandom(1);
    for (int vocabSize : new int[] {1, 1000, VOCAB_SIZE, 1 << 24}) {
      TokenWeights weights = TokenWeights.of(0, 1, 0, vocabSize);
      for (int i = 0; i < 100_000; i++) {
        float x = (float) -Math.pow(10, random.nextDouble(-9, 2));
        double expected = StrictMath.exp(x);
        double tolerance = 0.5 + Math.scalb(2 * Math.ulp(expected), weights.bits());
        assertEquals(
            Math.scalb(expected, weights.bits()), (double) weights.of(x), tolerance, "exp " + x);
      }
    }
  }

  @Test
  void temperatureDividesTheDistanceFromTheLargestLogit() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 100_000; i++) {
      float max = (float) random.nextDouble(-50, 50);
      float logit = max - (float) random.nextDouble(0, 30);
      float temperature = (float) random.nextDouble(0.1, 3);
      TokenWeights weights = TokenWeights.of(max, temperature, 0, VOCAB_SIZE);
      double expected = StrictMath.exp(((double) logit - max) / temperature);
      assertEquals(Math.scalb(expected, weights.bits()), (double) weights.of(logit), 0.6);
    }
  }

  @Test
  void areOneAtTheLargestLogitAndZeroFarBelow() {
    for (int vocabSize : new int[] {1, VOCAB_SIZE, Integer.MAX_VALUE}) {
      for (float temperature : new float[] {Float.MIN_VALUE, 1, 100}) {
        TokenWeights weights = TokenWeights.of(0, temperature, 0, vocabSize);
        assertEquals(1L << weights.bits(), weights.of(0));
        assertEquals(1L << weights.bits(), weights.of(-0.0f));
        assertEquals(0, weights.of(-4000));
        assertEquals(0, weights.of(-Float.MAX_VALUE));
        assertEquals(0, weights.of(Float.NEGATIVE_INFINITY));
      }
    }
  }

  @Test
  void sumsOverAWholeVocabularyFit() {
    for (int vocabSize : new int[] {1, 2, 3, 4, 127, 128, VOCAB_SIZE, Integer.MAX_VALUE}) {
      TokenWeights weights = TokenWeights.of(5, 1, 0, vocabSize);
      assertTrue(Math.multiplyExact(vocabSize, weights.of(5)) <= 1L << 62);
    }
  }

  @Test
  void logarithmsAreOfTheSum() {
    TokenWeights weights = TokenWeights.of(5, 1, 0, VOCAB_SIZE);
    assertEquals(0, weights.log(weights.of(5)));
    assertEquals(Math.log(VOCAB_SIZE), weights.log(VOCAB_SIZE * weights.of(5)), 1e-15);
  }

  @Test
  void minPDropsWhatIsLess() {
    TokenWeights all = TokenWeights.of(2, 1, 0, VOCAB_SIZE);
    TokenWeights some = TokenWeights.of(2, 1, 0.25f, VOCAB_SIZE);
    float quarter = (float) (2 + Math.log(0.25));
    assertEquals(0, some.of(quarter - 1e-6f));
    assertEquals(all.of(quarter + 1e-6f), some.of(quarter + 1e-6f));
    assertEquals(all.of(2), TokenWeights.of(2, 1, 1, VOCAB_SIZE).of(2));
  }

  @Test
  void manyAtATimeAreThoseOfEachAlone() {
    SplittableRandom random = new SplittableRandom(4);
    float[] logits = new float[10_003];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) -random.nextDouble(0, i % 2 == 0 ? 1 : 150);
    }
    logits[5] = Float.NEGATIVE_INFINITY;
    logits[6] = -0.0f;
    for (float minP : new float[] {0, 0.3f}) {
      TokenWeights weights = TokenWeights.of(0, 0.9f, minP, VOCAB_SIZE);
      long[] actual = new long[logits.length];
      long sum = 0;
      long actualSum = weights.weigh(logits, 2, 10_000, actual);
      for (int i = 0; i < 10_000; i++) {
        assertEquals(weights.of(logits[i + 2]), actual[i]);
        sum += actual[i];
      }
      assertEquals(sum, actualSum);
      assertEquals(0, actual[10_000]);
    }
  }

  /** A larger logit may never get the smaller probability. */
  @Test
  void neverFallAsTheLogitRises() {
    SplittableRandom random = new SplittableRandom(2);
    for (int vocabSize : new int[] {10, VOCAB_SIZE}) {
      TokenWeights weights = TokenWeights.of(0, 1, 0, vocabSize);
      for (int i = 0; i < 100_000; i++) {
        float x = (float) -random.nextDouble(0, 40);
        assertTrue(weights.of(Math.nextUp(x)) >= weights.of(x));
      }
    }
  }
}
