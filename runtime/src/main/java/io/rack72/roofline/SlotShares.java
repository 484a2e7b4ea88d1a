package io.rack72.roofline;

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
    if (KEPT.size() > MAX_KEPT) {
      KEPT.clear();
    }
    return KEPT.computeIfAbsent(new Key(skew, experts, gpus, slotsPerGpu), SlotShares::place);
  }

  private static double[] place(Key key) {
    double[] shares = new double[key.experts];
    double sum = 0;
    for (int i = 0; i < shares.length; i++) {
      shares[i] = StrictMath.pow(i + 1.0, -key.skew);
      sum += shares[i];
    }
    for (int i = 0; i < shares.length; i++) {
      shares[i] /= sum;
    }
    ExpertCopies copies = ExpertCopies.dealt(shares, key.gpus, key.slotsPerGpu);
    int busiest = copies.busiestGpu();
    double[] parts = new double[key.slotsPerGpu];
    int used = 0;
    for (int expert = 0; expert < shares.length; expert++) {
      for (int copy = 0; copy < copies.count(expert); copy++) {
        if (copies.gpu(expert, copy) == busiest) {
          parts[used++] = shares[expert] / copies.count(expert);
        }
      }
    }
    return parts;
  }
}
