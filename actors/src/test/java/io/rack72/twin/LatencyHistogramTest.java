package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {
  @Test
  void quantilesAreWithinAThousandthOfTheExactOnes() {
    SplittableRandom random = new SplittableRandom(3);
    LatencyHistogram histogram = new LatencyHistogram();
    long[] all = new long[100_000];
    for (int i = 0; i < all.length; i++) {
      all[i] = random.nextLong(1L << random.nextInt(1, 50));
      histogram.record(all[i]);
    }
    Arrays.sort(all);
    for (double part : new double[] {0.001, 0.5, 0.9, 0.99, 1}) {
      long exact = all[(int) Math.ceil(part * all.length) - 1];
      long told = histogram.quantile(part);
      assertTrue(told >= exact && told <= exact * 1.001 + 1, part + ": " + told + " of " + exact);
    }
    assertEquals(Arrays.stream(all).average().orElseThrow(), histogram.mean(), 1e-3);
    assertEquals(0, new LatencyHistogram().quantile(0.5));
  }
}
