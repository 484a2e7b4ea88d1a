package io.rack72.sampling;

import java.util.Arrays;

/**
 * Keeps the most likely tokens, as top-k and top-p want it: a prefix of all tokens in the order of
 * falling logit, ties by lower id.
 *
 * <p>Nothing is sorted. Logits are mapped to 32-bit ranks; where the prefix ends is found digit by
 * digit, as a radix select does, by summing for each value of a digit what its tokens measure (one
 * each, or their weights). That is three passes whatever the distribution. Not thread-safe.
 */
final class LikeliestCut {
  private static final int[] DIGIT_SHIFTS = {21, 10, 0};
  private static final int[] DIGIT_MASKS = {0x7FF, 0x7FF, 0x3FF};

  private final double[] sums = new double[0x7FF + 1];
  private int[] ranks = {};
  private int size;

  /** Takes the logits in whose order the next cuts are made. */
  void rank(float[] logits, int vocabSize) {
    size = vocabSize;
    if (ranks.length < vocabSize) {
      ranks = new int[vocabSize];
    }
    for (int i = 0; i < vocabSize; i++) {
      ranks[i] = rank(logits[i]);
    }
  }

  /** Sets to 0 the weights of all but the {@code count} most likely tokens. */
  void keepCount(double[] weights, int count) {
    keep(weights, count, false);
  }

  /**
   * Sets to 0 the weights of all but the fewest most likely tokens whose weights together reach
   * {@code mass}; at least one is kept.
   */
  void keepMass(double[] weights, double mass) {
    keep(weights, mass, true);
  }

  /** An unsigned number that is smaller the larger the logit, and equal for both zeros. */
  private static int rank(float logit) {
    int bits = Float.floatToRawIntBits(logit + 0.0f);
    return bits >= 0 ? bits ^ 0x7FFFFFFF : bits;
  }

  private void keep(double[] weights, double target, boolean byWeight) {
    int last = 0;
    int found = 0;
    double before = 0;
    for (int digit = 0; digit < DIGIT_SHIFTS.length; digit++) {
      int shift = DIGIT_SHIFTS[digit];
      int mask = DIGIT_MASKS[digit];
      sum(weights, byWeight, last, found, shift, mask);
      int value = 0;
      // The last value takes what rounding leaves over.
      while (value < mask && before + sums[value] < target) {
        before += sums[value];
        value++;
      }
      last |= value << shift;
      found |= mask << shift;
    }
    drop(weights, target, byWeight, last, before);
  }

  /** Sums up, by their next digit, the tokens whose digits so far are those of {@code last}. */
  private void sum(double[] weights, boolean byWeight, int last, int found, int shift, int mask) {
    Arrays.fill(sums, 0);
    for (int i = 0; i < size; i++) {
      if ((ranks[i] & found) == last) {
        sums[(ranks[i] >>> shift) & mask] += byWeight ? weights[i] : 1;
      }
    }
  }

  /** Drops what ranks after {@code last}, and of its equals those that are not needed. */
  private void drop(double[] weights, double target, boolean byWeight, int last, double before) {
    double kept = before;
    for (int i = 0; i < size; i++) {
      int order = Integer.compareUnsigned(ranks[i], last);
      if (order > 0 || (order == 0 && kept >= target)) {
        weights[i] = 0;
      } else if (order == 0) {
        kept += byWeight ? weights[i] : 1;
      }
    }
  }
}
