package io.rack72.sampling;

import java.util.Arrays;

/**
 * Finds where the most likely tokens end, as top-k and top-p want it: they are a prefix of all
 * tokens in the order of falling logit, ties by their place, and are named by the last of them.
 *
 * <p>Nothing is sorted. Logits are mapped to 32-bit ranks; where the prefix ends is found digit by
 * digit, as a radix select does, by summing for each value of a digit what its tokens measure (one
 * each, or their weights). The first digit begins at the highest bit in which these ranks differ.
 * Not thread-safe.
 */
final class LikeliestCut {
  private static final int DIGIT_BITS = 11;

  private final long[] sums = new long[1 << DIGIT_BITS];

  /**
   * The place of the last token of the shortest prefix that measures {@code target}.
   *
   * @param logits of tokens, of which none is NaN
   * @param weights of these tokens, or null if each measures 1
   * @param size tokens
   * @param target at least 1, and at most what all tokens measure
   */
  int last(float[] logits, long[] weights, int size, long target) {
    long smallest = Long.MAX_VALUE;
    long largest = 0;
    for (int i = 0; i < size; i++) {
      smallest = Math.min(smallest, rank(logits[i]));
      largest = Math.max(largest, rank(logits[i]));
    }
    long first = smallest;
    long missing = target;
    int shift = Long.SIZE - Long.numberOfLeadingZeros(largest - smallest);
    while (shift > 0) {
      shift = Math.max(0, shift - DIGIT_BITS);
      sum(logits, weights, size, first, shift);
      int value = 0;
      while (sums[value] < missing) {
        missing -= sums[value];
        value++;
      }
      first += (long) value << shift;
    }
    return lastOfEquals(logits, weights, first, missing);
  }

  /** A number of 32 bits that is smaller the larger the logit, and equal for both zeros. */
  private static long rank(float logit) {
    int bits = Float.floatToRawIntBits(logit + 0.0f);
    // All but the sign is turned round where there is none, without a branch.
    return Integer.toUnsignedLong(bits ^ (~(bits >> 31) & 0x7FFFFFFF));
  }

  /** Sums up, by the digit that begins at {@code shift}, the tokens whose higher ones are found. */
  private void sum(float[] logits, long[] weights, int size, long first, int shift) {
    Arrays.fill(sums, 0);
    for (int i = 0; i < size; i++) {
      long digit = (rank(logits[i]) - first) >>> shift;
      // Not below 0 either, which without a sign is more than any digit.
      if (Long.compareUnsigned(digit, sums.length) < 0) {
        sums[(int) digit] += weights == null ? 1 : weights[i];
      }
    }
  }

  /** The token with which those of this rank reach what is missing. */
  private static int lastOfEquals(float[] logits, long[] weights, long rank, long missing) {
    int i = -1;
    for (long rest = missing; rest > 0; ) {
      i++;
      if (rank(logits[i]) == rank) {
        rest -= weights == null ? 1 : weights[i];
      }
    }
    return i;
  }
}
