package io.rack72.sampling;

import java.util.Arrays;

/**
 * Natural logarithms of the softmax over one row of raw logits: what a client is told as logprobs.
 * Sums run in double, in the order of token ids. Immutable.
 */
final class LogSoftmax {
  private final float[] logits;
  private final int offset;
  private final int vocabSize;
  private final float max;
  private final double logSum;

  /**
   * @param logits not copied
   * @param max largest of them
   * @param scratch at least {@code vocabSize} long; overwritten
   */
  LogSoftmax(float[] logits, int offset, int vocabSize, float max, double[] scratch) {
    this.logits = logits;
    this.offset = offset;
    this.vocabSize = vocabSize;
    this.max = max;
    for (int i = 0; i < vocabSize; i++) {
      scratch[i] = (double) logits[offset + i] - max;
    }
    NegativeExp.replace(scratch, vocabSize);
    double sum = 0;
    for (int i = 0; i < vocabSize; i++) {
      sum += scratch[i];
    }
    logSum = StrictMath.log(sum);
  }

  /** Logprob of one token. */
  float of(int token) {
    return (float) ((double) logits[offset + token] - max - logSum);
  }

  /** The most likely tokens, most likely first, ties by lower id. */
  int[] top(int count) {
    int[] best = new int[Math.min(count, vocabSize)];
    int filled = 0;
    for (int token = 0; token < vocabSize && best.length > 0; token++) {
      float logit = logits[offset + token];
      int place = filled;
      // Strictly greater, since the ids that stand there already are lower.
      while (place > 0 && logit > logits[offset + best[place - 1]]) {
        place--;
      }
      if (place < best.length) {
        filled = Math.min(filled + 1, best.length);
        System.arraycopy(best, place, best, place + 1, filled - place - 1);
        best[place] = token;
      }
    }
    return Arrays.copyOf(best, filled);
  }
}
