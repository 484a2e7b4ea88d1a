package io.rack72.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;

class CounterRandomTest {
  /** The known answers that the Random123 library publishes for philox4x32 with 10 rounds. */
  @Test
  void philoxGivesThePublishedAnswers() {
    assertArrayEquals(
        new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        CounterRandom.philox(0, 0, 0, 0, 0, 0));
    assertArrayEquals(
        new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        CounterRandom.philox(-1, -1, -1, -1, -1, -1));
    assertArrayEquals(
        new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
        CounterRandom.philox(
            0xa4093822, 0x299f31d0, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344));
  }

  @Test
  void numbersAreUniformAlongPositionsSeedsAndDraws() {
    assertUniform(i -> CounterRandom.uniform(42, i, 0));
    assertUniform(i -> CounterRandom.uniform(i, 7, 0));
    assertUniform(i -> CounterRandom.uniform(i << 32, 7, 0));
    assertUniform(i -> CounterRandom.uniform(42, 7, (int) i));
  }

  @Test
  void neighbouringSeedsAndPositionsAreUncorrelated() {
    assertUncorrelated(
        i -> CounterRandom.uniform(1, i, 0), i -> CounterRandom.uniform(1, i + 1, 0));
    assertUncorrelated(i -> CounterRandom.uniform(1, i, 0), i -> CounterRandom.uniform(2, i, 0));
    assertUncorrelated(i -> CounterRandom.uniform(1, i, 0), i -> CounterRandom.uniform(1, i, 1));
  }

  @Test
  void everyBitOfSeedAndPositionCounts() {
    double base = CounterRandom.uniform(0, 0, 0);
    for (int bit = 0; bit < Long.SIZE; bit++) {
      assertTrue(base != CounterRandom.uniform(1L << bit, 0, 0), "seed bit " + bit);
      assertTrue(base != CounterRandom.uniform(0, 1L << bit, 0), "position bit " + bit);
    }
  }

  private static void assertUniform(LongToDoubleFunction numbers) {
    int samples = 100_000;
    int[] buckets = new int[100];
    for (int i = 0; i < samples; i++) {
      double number = numbers.applyAsDouble(i);
      assertTrue(number >= 0 && number < 1, "out of range: " + number);
      buckets[(int) (number * buckets.length)]++;
    }
    double expected = (double) samples / buckets.length;
    double chiSquare = 0;
    for (int count : buckets) {
      chiSquare += (count - expected) * (count - expected) / expected;
    }
    // 99 degrees of freedom: 99.9% of uniform samples stay below 148.2.
    assertTrue(chiSquare < 148.2, "chi-square " + chiSquare);
  }

  private static void assertUncorrelated(LongToDoubleFunction a, LongToDoubleFunction b) {
    int samples = 100_000;
    double sum = 0;
    for (int i = 0; i < samples; i++) {
      sum += (a.applyAsDouble(i) - 0.5) * (b.applyAsDouble(i) - 0.5);
    }
    // The variance of a uniform number is 1/12; of independent ones, the mean product has a
    // standard deviation of 1/12 / sqrt(samples).
    assertEquals(0, sum / samples * 12, 4 / Math.sqrt(samples));
  }
}
