package io.rack72.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LogSoftmaxTest {
  @Test
  void probabilitiesSumToOne() {
    SplittableRandom random = new SplittableRandom(7);
    for (int vocabSize : new int[] {1, 5, 5000}) {
      float[] logits = logits(random, vocabSize, 8);
      LogSoftmax logprobs = logprobs(logits);
      double sum = IntStream.range(0, vocabSize).mapToDouble(i -> Math.exp(logprobs.of(i))).sum();
      assertEquals(1, sum, 2e-6);
    }
  }

  @Test
  void agreesWithTheDefinition() {
    SplittableRandom random = new SplittableRandom(8);
    float[] logits = logits(random, 1000, 30);
    double sum = 0;
    for (float logit : logits) {
      sum += StrictMath.exp(logit);
    }
    for (int i = 0; i < logits.length; i++) {
      assertEquals(logits[i] - Math.log(sum), logprobs(logits).of(i), 1e-5);
    }
  }

  @Test
  void topIsTheHeadOfASort() {
    SplittableRandom random = new SplittableRandom(9);
    for (int round = 0; round < 300; round++) {
      int vocabSize = random.nextInt(1, round % 10 == 0 ? 6000 : 100);
      float[] logits = new float[vocabSize];
      for (int i = 0; i < vocabSize; i++) {
        logits[i] = random.nextInt(-10, 10);
      }
      int[] expected =
          IntStream.range(0, vocabSize)
              .boxed()
              .sorted(
                  Comparator.<Integer>comparingDouble(i -> -logits[i])
                      .thenComparing(Comparator.naturalOrder()))
              .limit(20)
              .mapToInt(i -> i)
              .toArray();
      assertArrayEquals(expected, logprobs(logits).top(20, new Candidates()));
    }
  }

  @Test
  void topOfNoneIsEmpty() {
    assertEquals(0, logprobs(new float[] {1, 2}).top(0, new Candidates()).length);
  }

  private static LogSoftmax logprobs(float[] logits) {
    LogitRow row = new LogitRow();
    row.read(logits, 0, logits.length);
    return new LogSoftmax(row);
  }

  private static float[] logits(SplittableRandom random, int size, double range) {
    float[] logits = new float[size];
    for (int i = 0; i < size; i++) {
      logits[i] = (float) random.nextDouble(-range, range);
    }
    return logits;
  }
}
