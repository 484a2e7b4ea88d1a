package io.rack72.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
  private static final int COUNT = 20_000;
  private static final double RATE = 50;

  @Test
  void gapsAreExponentialWithTheMeanOfTheRate() {
    long[] offsets = Arrivals.poisson(RATE, COUNT, 1);
    double[] gaps =
        IntStream.range(1, COUNT).mapToDouble(i -> (offsets[i] - offsets[i - 1]) / 1e9).toArray();
    double mean = Arrays.stream(gaps).average().orElseThrow();
    double variance =
        Arrays.stream(gaps).map(gap -> (gap - mean) * (gap - mean)).average().orElseThrow();
    assertTrue(Arrays.stream(gaps).allMatch(gap -> gap >= 0), "in order");
    assertEquals(1 / RATE, mean, 0.03 / RATE);
    // The standard deviation of an exponential distribution is its mean.
    assertEquals(1 / RATE, Math.sqrt(variance), 0.05 / RATE);
    double longer = Arrays.stream(gaps).filter(gap -> gap > 1 / RATE).count() / (double) COUNT;
    assertEquals(Math.exp(-1), longer, 0.02);
  }

  @Test
  void beginAtOnceAndAreDecidedByTheSeed() {
    assertEquals(0, Arrivals.poisson(RATE, 1, 1)[0]);
    assertArrayEquals(Arrivals.poisson(RATE, 10, 7), Arrivals.poisson(RATE, 10, 7));
    assertFalse(Arrays.equals(Arrivals.poisson(RATE, 10, 7), Arrivals.poisson(RATE, 10, 8)));
  }
}
