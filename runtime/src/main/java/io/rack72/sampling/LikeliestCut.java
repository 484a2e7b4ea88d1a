package io.rack72.sampling;

import java.util.Arrays;

/**
 * Finds where the most likely tokens end, as top-k and top-p want it: they are a prefix of all
 * tokens in the order of falling logit, ties by their place, and are named by the last of them.
 *
 * <p>Nothing is sorted. Logits are mapped to 32-bit ranks; where the prefix ends is found digit by
 * digit, as a radix select does, by summing for each value of a digit what its tokens measure (one
 * each, or their weights). That is four passes whatever the distribution. Not thread-safe.
 */
final class LikeliestCut {
  private static final int[] DIGIT_SHIFTS = {21, 10, 0};
  private static final int[] DIGIT_MASKS = {0x7FF, 0x7FF, 0x3FF};

  private final long[] sums = new long[0x7FF + 1];
  private float[] logits = {};
  private long[] weights;
  private int size;

  /**
   * The place of the last token of the shortest prefix that measures {@code target}.
   *
   * @param logits of tokens, of which none is NaN
   * @param weights of these tokens, or null if each measures 1
   * @param size tokens
   * @param target at least 1, and at most what all tokens measure
   */
  int last(float[] logits, long[] weights, int size, long target) {
    this.logits = logits;
    this.weights = weights;
    this.size = size;
    int last = 0;
    int found = 0;
    long before = 0;
    for (int digit = 0; digit < DIGIT_SHIFTS.length; digit++) {
      int shift = DIGIT_SHIFTS[digit];
      int mask = DIGIT_MASKS[digit];
      sum(last, found, shift, mask);
      int value = 0;
      while (before + sums[value] < target) {
        before += sums[value];
        value++;
      }
      last |= value << shift;
      found |= mask << shift;
    }
    return lastOfEquals(last, target - before);
  }

  /** An unsigned number that is smaller the larger the logit, and equal for both zeros. */
  private static int rank(float logit) {
    int bits = Float.floatToRawIntBits(logit + 0.0f);
    return bits >= 0 ? bits ^ 0x7FFFFFFF : bits;
  }

  private long measure(int i) {
    return weights == null ? 1 : weights[i];
  }

  /** Sums up, by their next digit, the tokens whose digits so far are those of {@code last}. */
  private void sum(int last, int found, int shift, int mask) {
    Arrays.fill(sums, 0);
    for (int i = 0; i < size; i++) {
      int rank = rank(logits[i]);
      if ((rank & found) == last) {
        sums[(rank >>> shift) & mask] += measure(i);
      }
    }
  }

  /** The token with which those of this rank reach what is missing. */
  private int lastOfEquals(int rank, long missing) {
    int i = -1;
    while (missing > 0) {
      i++;
      if (rank(logits[i]) == rank) {
        missing -= measure(i);
      }
    }
    return i;
  }
}
