package io.rack72.sampling;

import java.util.Arrays;

/**
 * A few tokens by rising id, with their logits and weights, among which a choice is made. Grows to
 * the whole vocabulary where it must. Not thread-safe.
 */
final class Candidates {
  private final LikeliestCut cut = new LikeliestCut();
  private int[] ids = new int[1024];
  private float[] logits = {};
  private long[] weights = {};
  private int size;
  private float lastLogit;
  private int lastId;

  /** Begins anew. */
  void clear() {
    size = 0;
  }

  /** Makes room for more ids. */
  void reserve(int more) {
    if (ids.length < size + more) {
      ids = Arrays.copyOf(ids, Math.max(2 * ids.length, size + more));
    }
  }

  /** Adds {@code first + i} for every bit i that is set; there must be room. */
  void add(int first, long bits) {
    for (long rest = bits; rest != 0; rest &= rest - 1) {
      ids[size] = first + Long.numberOfTrailingZeros(rest);
      size++;
    }
  }

  /** Looks up the logits of the ids. */
  void takeLogits(LogitRow row) {
    if (logits.length < size) {
      logits = new float[ids.length];
    }
    row.gather(ids, size, logits);
  }

  /** Computes the weights from the logits. */
  void weigh(TokenWeights definition) {
    if (weights.length < size) {
      weights = new long[ids.length];
    }
    definition.weigh(logits, 0, size, weights);
  }

  int size() {
    return size;
  }

  int id(int i) {
    return ids[i];
  }

  /** The sum of all weights. */
  long total() {
    long total = 0;
    for (int i = 0; i < size; i++) {
      total += weights[i];
    }
    return total;
  }

  /** Drops all but the most likely, of equals those of lower id. */
  void keepCount(int count) {
    if (count < size) {
      endAt(cut.last(logits, null, size, count));
      dropRest();
    }
  }

  /** Drops all but the fewest most likely ones whose weights together reach {@code mass}. */
  void keepMass(long mass) {
    cutAtMass(mass);
    dropRest();
  }

  /** Makes {@link #keeps} keep those that {@link #keepMass} would, but drops none. */
  void cutAtMass(long mass) {
    endAt(cut.last(logits, weights, size, mass));
  }

  private void endAt(int last) {
    lastLogit = logits[last];
    lastId = ids[last];
  }

  private void dropRest() {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      // Written whether it is kept or not, since a branch here would never be foreseen.
      ids[kept] = ids[i];
      logits[kept] = logits[i];
      weights[kept] = weights[i];
      kept += keeps(ids[i], logits[i]) ? 1 : 0;
    }
    size = kept;
  }

  /** Adds the weights of those that the last cut keeps to the sums of their blocks. */
  void addKept(long[] blockSums) {
    for (int i = 0; i < size; i++) {
      // Added whether it is kept or not, since a branch here would never be foreseen.
      blockSums[ids[i] / LogitRow.BLOCK] += keeps(ids[i], logits[i]) ? weights[i] : 0;
    }
  }

  /** Makes {@link #keeps} keep every token. */
  void keepAll() {
    lastLogit = Float.NEGATIVE_INFINITY;
    lastId = Integer.MAX_VALUE;
  }

  /** Whether the last cut keeps a token, be it a candidate or not. */
  boolean keeps(int id, float logit) {
    // As numbers, so that both zeros are equal.
    return id <= lastId ? logit >= lastLogit : logit > lastLogit;
  }

  /** The first token with which the sum of the weights exceeds {@code target}. */
  int pick(long target) {
    int i = 0;
    long sum = weights[0];
    while (sum <= target) {
      i++;
      sum += weights[i];
    }
    return ids[i];
  }
}
