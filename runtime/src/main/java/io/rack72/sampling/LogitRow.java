package io.rack72.sampling;

import static io.rack72.sampling.Lanes.FLOATS;
import static io.rack72.sampling.Lanes.HALF_FLOATS;
import static io.rack72.sampling.Lanes.LONGS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The logits of one token, read once: the largest of all and the largest of every block. By these
 * the few most likely tokens are found without a look at the blocks that have none. Not
 * thread-safe.
 */
final class LogitRow {
  /** Tokens in a block; the last block may have fewer. */
  static final int BLOCK = 128;

  private final LikeliestCut cut = new LikeliestCut();
  private float[] logits = {};
  private int offset;
  private int size;
  private float[] blockMaxima = {};
  private float max;

  /**
   * Reads a row.
   *
   * @param values not copied, and not to be changed while this row is used
   */
  void read(float[] values, int from, int count) {
    logits = values;
    offset = from;
    size = count;
    if (blockMaxima.length < blocks()) {
      blockMaxima = new float[blocks()];
    }
    findMaxima();
    max = Float.NEGATIVE_INFINITY;
    for (int block = 0; block < blocks(); block++) {
      max = Math.max(max, blockMaxima[block]);
    }
  }

  private void findMaxima() {
    for (int block = 0; block < blocks(); block++) {
      int i = offset + begin(block);
      int end = offset + end(block);
      // A maximum is exact and NaN wins every comparison, so that the order cannot show.
      FloatVector largest = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
      for (; i <= end - FLOATS.length(); i += FLOATS.length()) {
        largest = largest.max(FloatVector.fromArray(FLOATS, logits, i));
      }
      float blockMax = largest.reduceLanes(VectorOperators.MAX);
      for (; i < end; i++) {
        blockMax = Math.max(blockMax, logits[i]);
      }
      blockMaxima[block] = blockMax;
    }
  }

  /** Tokens in the row. */
  int size() {
    return size;
  }

  /** Blocks in the row. */
  int blocks() {
    return (size + BLOCK - 1) / BLOCK;
  }

  /** First token of a block. */
  int begin(int block) {
    return block * BLOCK;
  }

  /** The token after the last of a block. */
  int end(int block) {
    return Math.min(size, (block + 1) * BLOCK);
  }

  float logit(int token) {
    return logits[offset + token];
  }

  /** The largest logit; NaN if any is. */
  float max() {
    return max;
  }

  /** The largest logit in a block. */
  float max(int block) {
    return blockMaxima[block];
  }

  /** The most likely token, of equals the lowest id. */
  int argmax() {
    int block = 0;
    // As numbers, so that both zeros are equal.
    while (blockMaxima[block] != max) {
      block++;
    }
    int token = begin(block);
    while (logit(token) != max) {
      token++;
    }
    return token;
  }

  /**
   * Finds tokens of which the {@code count} most likely are a part, by this: {@code count} blocks
   * have a token that is as likely as the best of the last of them, so less likely ones are not
   * wanted.
   */
  void collectLikeliest(int count, Candidates candidates) {
    float least =
        count < blocks()
            ? blockMaxima[cut.last(blockMaxima, null, blocks(), count)]
            : Float.NEGATIVE_INFINITY;
    candidates.clear();
    for (int block = 0; block < blocks(); block++) {
      if (blockMaxima[block] >= least) {
        candidates.reserve(BLOCK);
        int i = begin(block);
        for (; i <= end(block) - FLOATS.length(); i += FLOATS.length()) {
          FloatVector x = FloatVector.fromArray(FLOATS, logits, offset + i);
          candidates.add(i, x.compare(VectorOperators.GE, least).toLong());
        }
        for (; i < end(block); i++) {
          candidates.add(i, logit(i) >= least ? 1 : 0);
        }
      }
    }
    candidates.takeLogits(this);
  }

  /** Copies the logits of tokens. */
  void gather(int[] tokens, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      into[i] = logits[offset + tokens[i]];
    }
  }

  /** Weighs a block, from {@code into[0]} on; see {@link TokenWeights#weigh}. */
  long weigh(int block, TokenWeights weights, long[] into) {
    return weights.weigh(logits, offset + begin(block), end(block) - begin(block), into);
  }

  /**
   * Splits a block in three: adds up the tokens above {@code high}, collects those from {@code low}
   * to {@code high} as candidates and passes over the others.
   *
   * @param weights of the block
   * @return the sum of the weights above {@code high}
   */
  long split(int block, float low, float high, long[] weights, Candidates candidates) {
    candidates.reserve(BLOCK);
    LongVector sums = LongVector.zero(LONGS);
    long rest = 0;
    int begin = begin(block);
    int end = end(block);
    for (int first = begin; first < end; first += Long.SIZE) {
      // Collected for many tokens at once, since the branch there is never foreseen.
      long between = 0;
      int last = Math.min(end, first + Long.SIZE);
      int i = first;
      for (; i <= last - LONGS.length(); i += LONGS.length()) {
        FloatVector x = FloatVector.fromArray(HALF_FLOATS, logits, offset + i);
        VectorMask<Float> above = x.compare(VectorOperators.GT, high);
        LongVector weight = LongVector.fromArray(LONGS, weights, i - begin);
        sums = sums.add(weight, above.cast(LONGS));
        between |= x.compare(VectorOperators.GE, low).andNot(above).toLong() << (i - first);
      }
      for (; i < last; i++) {
        float x = logit(i);
        rest += x > high ? weights[i - begin] : 0;
        between |= (x >= low && x <= high ? 1L : 0) << (i - first);
      }
      candidates.add(first, between);
    }
    // A sum of whole numbers, the same in any order.
    return rest + sums.reduceLanes(VectorOperators.ADD);
  }
}
