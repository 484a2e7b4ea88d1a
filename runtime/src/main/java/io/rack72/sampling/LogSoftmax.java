package io.rack72.sampling;

import java.util.Arrays;

/**
 * Natural logarithms of the softmax over one row of raw logits: what a client is told as logprobs.
 * Summed as {@link TokenWeights}.
 */
final class LogSoftmax {
  private final LogitRow row;
  private final double logSum;

  /**
   * @param row to be left as it is while this is used
   */
  LogSoftmax(LogitRow row) {
    this.row = row;
    TokenWeights weights = TokenWeights.of(row.max(), 1, 0, row.size());
    long[] scratch = new long[LogitRow.BLOCK];
    long sum = 0;
    for (int block = 0; block < row.blocks(); block++) {
      sum += row.weigh(block, weights, scratch);
    }
    logSum = weights.log(sum);
  }

  /** Logprob of one token. */
  float of(int token) {
    return (float) ((double) row.logit(token) - row.max() - logSum);
  }

  /** The most likely tokens, most likely first, ties by lower id. */
  int[] top(int count, Candidates scratch) {
    int[] best = new int[Math.min(count, row.size())];
    if (best.length == 0) {
      return best;
    }
    row.collectLikeliest(best.length, scratch);
    int filled = 0;
    for (int i = 0; i < scratch.size(); i++) {
      float logit = row.logit(scratch.id(i));
      int place = filled;
      // Strictly greater, since the ids that stand there already are lower.
      while (place > 0 && logit > row.logit(best[place - 1])) {
        place--;
      }
      if (place < best.length) {
        filled = Math.min(filled + 1, best.length);
        System.arraycopy(best, place, best, place + 1, filled - place - 1);
        best[place] = scratch.id(i);
      }
    }
    return Arrays.copyOf(best, filled);
  }
}
