package io.rack72.roofline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpertCopiesTest {
  /** Shares by a power law, in another order. */
  private static double[] shares(int experts, double skew, Random random) {
    double[] powers = new double[experts];
    Arrays.setAll(powers, rank -> StrictMath.pow(rank + 1.0, -skew));
    double sum = Arrays.stream(powers).sum();
    List<Double> dealt =
        new ArrayList<>(Arrays.stream(powers).mapToObj(each -> each / sum).toList());
    Collections.shuffle(dealt, random);
    return dealt.stream().mapToDouble(each -> each).toArray();
  }

  @ParameterizedTest
  @CsvSource({"128, 72", "128, 64", "128, 8", "32, 72", "32, 24", "128, 1", "7, 3", "1, 2"})
  void everyExpertHasASlotNoTwoOnOneGpuAndMoreSlotsNeverMakeTheBusiestBusier(
      int experts, int gpus) {
    Random random = new Random(1);
    int least = Math.ceilDiv(experts, gpus);
    for (double skew : new double[] {0, 0.1, 0.5, 1, 1.5, 2, 4}) {
      double[] shares = shares(experts, skew, random);
      double before = Double.MAX_VALUE;
      for (int slots = least; slots <= Math.min(experts, least + 8); slots++) {
        ExpertCopies copies = ExpertCopies.dealt(shares, gpus, slots);
        double[] loads = new double[gpus];
        int[] used = new int[gpus];
        for (int expert = 0; expert < experts; expert++) {
          assertTrue(copies.count(expert) >= 1);
          Set<Integer> taken = new HashSet<>();
          for (int copy = 0; copy < copies.count(expert); copy++) {
            int gpu = copies.gpu(expert, copy);
            assertTrue(taken.add(gpu), "two copies on one GPU");
            loads[gpu] += shares[expert] / copies.count(expert);
            used[gpu]++;
          }
        }
        assertEquals(1, Arrays.stream(loads).sum(), 1e-9);
        assertTrue(Arrays.stream(used).max().orElseThrow() <= slots);
        assertEquals(Arrays.stream(loads).max().orElseThrow(), copies.busiest(), 1e-12);
        assertEquals(copies.busiest(), loads[copies.busiestGpu()], 1e-12);
        String message = "skew %s, %d slots: %s".formatted(skew, slots, copies.busiest());
        assertTrue(copies.busiest() <= before, message);
        before = copies.busiest();
      }
    }
  }

  @Test
  void popularExpertsHaveTheSpareSlots() {
    double[] shares = shares(128, 1, new Random(2));
    ExpertCopies copies = ExpertCopies.dealt(shares, 72, 2);
    int all = 0;
    for (int expert = 0; expert < 128; expert++) {
      all += copies.count(expert);
      for (int other = 0; other < 128; other++) {
        assertTrue(shares[expert] < shares[other] || copies.count(expert) >= copies.count(other));
      }
    }
    assertEquals(144, all);
    // The most popular one has 18 % of all choices by itself, and an even share is 1.4 %.
    assertTrue(copies.busiest() < 1.8 / 72, () -> "" + copies.busiest());
  }

  @Test
  void slotsForFewerThanAllExpertsAreRefused() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> ExpertCopies.dealt(new double[128], 72, 1));
    assertEquals("1 slots on each of 72 GPUs have no room for 128 experts", refused.getMessage());
  }
}
