package io.rack72.roofline;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Parts of all choices that fall on the slots of the GPU that has most. */
final class SlotShares {
  /** Layouts of which answers are kept; a run has a few. */
  private static final int MAX_KEPT = 256;

  private record Key(double skew, int experts, int gpus, int slotsPerGpu) {}

  private static final Map<Key, double[]> KEPT = new ConcurrentHashMap<>();

  private SlotShares() {}

  static double[] busiest(double skew, int experts, int gpus, int slotsPerGpu) {
    if (slotsPerGpu * (long) gpus < experts) {
      throw new IllegalArgumentException(
          "%d slots on each of %d GPUs have no room for %d experts"
              .formatted(slotsPerGpu, gpus, experts));
    }
    if (KEPT.size() > MAX_KEPT) {
      KEPT.clear();
    }
    return KEPT.computeIfAbsent(new Key(skew, experts, gpus, slotsPerGpu), SlotShares::place);
  }

  private static double[] place(Key key) {
    double[] share = new double[key.experts];
    double sum = 0;
    for (int i = 0; i < share.length; i++) {
      share[i] = StrictMath.pow(i + 1.0, -key.skew);
      sum += share[i];
    }
    int[] copies = new int[key.experts];
    Arrays.fill(copies, 1);
    // No expert has two copies on one GPU, since that would help nobody.
    long spare = (long) key.slotsPerGpu * key.gpus - key.experts;
    for (long i = 0; i < spare; i++) {
      int most = -1;
      for (int e = 0; e < share.length; e++) {
        boolean more = most < 0 || share[e] / copies[e] > share[most] / copies[most];
        if (copies[e] < key.gpus && more) {
          most = e;
        }
      }
      if (most < 0) {
        break;
      }
      copies[most]++;
    }
    return busiest(key, share, copies, sum);
  }

  /** The largest shares first, each to the GPU with least so far that has a slot left. */
  private static double[] busiest(Key key, double[] share, int[] copies, double sum) {
    double[][] slots = new double[key.gpus][key.slotsPerGpu];
    int[] used = new int[key.gpus];
    double[] load = new double[key.gpus];
    Integer[] order = new Integer[key.experts];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingDouble(e -> -share[e] / copies[e]));
    for (int expert : order) {
      for (int copy = 0; copy < copies[expert]; copy++) {
        int least = -1;
        for (int gpu = 0; gpu < key.gpus; gpu++) {
          if (used[gpu] < key.slotsPerGpu && (least < 0 || load[gpu] < load[least])) {
            least = gpu;
          }
        }
        double part = share[expert] / copies[expert] / sum;
        slots[least][used[least]++] = part;
        load[least] += part;
      }
    }
    int busiest = 0;
    for (int gpu = 1; gpu < key.gpus; gpu++) {
      busiest = load[gpu] > load[busiest] ? gpu : busiest;
    }
    return slots[busiest];
  }
}
