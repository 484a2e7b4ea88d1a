package io.rack72.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExpertChoiceTest {
  @Test
  void chosenAreTheLargestBestFirst() {
    for (int seed = 0; seed < 200; seed++) {
      Samples samples = new Samples(seed);
      int experts = samples.between(1, 40);
      int count = samples.between(1, experts);
      float[] logits = samples.floats(experts);
      int[] chosen = new int[count];
      ExpertChoice.choose(logits, 0, experts, count, chosen, new float[count], 0);
      int[] expected =
          IntStream.range(0, experts)
              .boxed()
              .sorted(Comparator.comparingDouble(e -> -logits[e]))
              .limit(count)
              .mapToInt(e -> e)
              .toArray();
      assertArrayEquals(expected, chosen);
    }
  }

  @Test
  void lowerIndexComesFirstAmongEquals() {
    int[] chosen = new int[3];
    float[] logits = {-0f, 2, 0, 2, 2, 0};
    ExpertChoice.choose(logits, 0, 6, 3, chosen, new float[3], 0);
    assertArrayEquals(new int[] {1, 3, 4}, chosen);
    ExpertChoice.choose(new float[] {-0f, 0, 0, -1}, 0, 4, 3, chosen, new float[3], 0);
    assertArrayEquals(new int[] {0, 1, 2}, chosen);
  }

  @Test
  void weightsAreTheSoftmaxOfTheChosen() {
    float[] logits = {9, 1, 3, 2, 9, 9};
    int[] chosen = new int[4];
    float[] weights = new float[4];
    ExpertChoice.choose(logits, 1, 3, 2, chosen, weights, 1);
    assertArrayEquals(new int[] {0, 1, 2, 0}, chosen);
    float larger = (float) (1 / (1 + Math.exp(-1)));
    assertArrayEquals(new float[] {0, larger, 1 - larger, 0}, weights, 1e-7f);
  }

  @Test
  void notANumberIsChosenAndSpoilsTheWeights() {
    int[] chosen = new int[2];
    float[] weights = new float[2];
    ExpertChoice.choose(new float[] {5, Float.NaN, 7}, 0, 3, 2, chosen, weights, 0);
    assertArrayEquals(new int[] {1, 2}, chosen);
    assertEquals(Float.NaN, weights[1]);
  }

  @Test
  void choosingMoreThanThereAreIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> ExpertChoice.choose(new float[2], 0, 2, 3, new int[3], new float[3], 0));
  }
}
