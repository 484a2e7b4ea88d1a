package io.rack72.roofline;

import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * Which GPUs have a layer's experts, where there is room for copies of popular ones. An expert's
 * rows are split evenly over its copies, no two of which are on one GPU. Immutable.
 */
public final class ExpertCopies {
  /** More than an even share, of which no step would tell the difference. */
  private static final double EVEN = 1.001;

  // For each expert, the GPUs that have it.
  private final int[][] gpus;
  private final double[] loads;

  private ExpertCopies(int[][] gpus, double[] loads) {
    this.gpus = gpus;
    this.loads = loads;
  }

  /**
   * Deals a layer's experts to slots so that the busiest GPU has little. More slots never give it
   * more: they need not all be used.
   *
   * @param shares of the choices that each expert gets
   * @param gpus over which they are spread
   * @param slotsPerGpu room on each
   * @throws IllegalArgumentException if there are fewer slots than experts
   */
  public static ExpertCopies dealt(double[] shares, int gpus, int slotsPerGpu) {
    int least = Math.ceilDiv(shares.length, gpus);
    if (slotsPerGpu < least) {
      throw new IllegalArgumentException(
          "%d slots on each of %d GPUs have no room for %d experts"
              .formatted(slotsPerGpu, gpus, shares.length));
    }
    ExpertCopies best = deal(shares, gpus, least);
    double even = Arrays.stream(shares).sum() / gpus;
    // To deal greedily is not always better with more slots.
    for (int slots = least + 1; slots <= slotsPerGpu && best.busiest() > EVEN * even; slots++) {
      ExpertCopies more = deal(shares, gpus, slots);
      best = more.busiest() <= best.busiest() ? more : best;
    }
    return best;
  }

  /** The largest parts first, each to the GPUs with least so far that have a slot left. */
  private static ExpertCopies deal(double[] shares, int gpus, int slotsPerGpu) {
    int[] copies = copies(shares, gpus, (long) slotsPerGpu * gpus - shares.length);
    double[] loads = new double[gpus];
    int[] used = new int[gpus];
    PriorityQueue<Integer> roomy =
        new PriorityQueue<>(
            Comparator.<Integer>comparingDouble(gpu -> loads[gpu]).thenComparing(gpu -> gpu));
    for (int gpu = 0; gpu < gpus; gpu++) {
      roomy.add(gpu);
    }
    Integer[] order = new Integer[shares.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingDouble(e -> -shares[e] / copies[e]));
    int[][] dealt = new int[shares.length][];
    for (int expert : order) {
      // There are as many slots as copies, so one is left, but maybe not on as many GPUs.
      int[] takers = new int[Math.min(copies[expert], roomy.size())];
      Arrays.setAll(takers, _ -> roomy.remove());
      for (int gpu : takers) {
        loads[gpu] += shares[expert] / takers.length;
        if (++used[gpu] < slotsPerGpu) {
          roomy.add(gpu);
        }
      }
      dealt[expert] = takers;
    }
    return new ExpertCopies(dealt, loads);
  }

  /** Each spare slot is for the expert with the largest part that is not on all GPUs. */
  private static int[] copies(double[] shares, int gpus, long spare) {
    int[] copies = new int[shares.length];
    Arrays.fill(copies, 1);
    PriorityQueue<Integer> popular =
        new PriorityQueue<>(
            Comparator.<Integer>comparingDouble(expert -> -shares[expert] / copies[expert])
                .thenComparing(expert -> expert));
    for (int expert = 0; gpus > 1 && expert < shares.length; expert++) {
      popular.add(expert);
    }
    for (long left = spare; left > 0 && !popular.isEmpty(); left--) {
      int most = popular.remove();
      if (++copies[most] < gpus) {
        popular.add(most);
      }
    }
    return copies;
  }

  /** Copies of an expert, 1 at least. */
  public int count(int expert) {
    return gpus[expert].length;
  }

  /** The GPU that has one of an expert's copies, counted from 0. */
  public int gpu(int expert, int copy) {
    return gpus[expert][copy];
  }

  /** The share of the GPU that has most. */
  public double busiest() {
    return Arrays.stream(loads).max().orElseThrow();
  }

  /** The GPU that has most; of equal ones the first. */
  int busiestGpu() {
    int busiest = 0;
    for (int gpu = 1; gpu < loads.length; gpu++) {
      busiest = loads[gpu] > loads[busiest] ? gpu : busiest;
    }
    return busiest;
  }
}
