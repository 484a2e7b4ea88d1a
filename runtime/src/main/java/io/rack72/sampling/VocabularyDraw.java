package io.rack72.sampling;

/**
 * Draws among all tokens of a row, or among those that top-p leaves of them. Sums are kept by
 * blocks, so that of all tokens only those of one block are walked. Not thread-safe.
 */
final class VocabularyDraw {
  private final NucleusBracket bracket = new NucleusBracket();
  private final Candidates candidates = new Candidates();
  private final long[] weights = new long[LogitRow.BLOCK];
  private long[] sums = {};

  /** The token that a random number in [0, 1) chooses. */
  int draw(LogitRow row, TokenWeights definition, double uniform) {
    makeRoom(row.blocks());
    for (int block = 0; block < row.blocks(); block++) {
      sums[block] = row.weigh(block, definition, weights);
    }
    candidates.keepAll();
    return pick(row, definition, uniform);
  }

  /**
   * The token that a random number in [0, 1) chooses among the fewest most likely ones that have a
   * share of all.
   */
  int drawTopP(LogitRow row, TokenWeights definition, double topP, double uniform) {
    makeRoom(row.blocks());
    bracket.guess(row, definition, topP);
    if (!cut(row, definition, topP, bracket.low(), bracket.high())) {
      cut(row, definition, topP, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
    }
    return pick(row, definition, uniform);
  }

  /**
   * Leaves in {@link #sums} only the fewest most likely tokens that have a share of all.
   *
   * @return false if the cut does not fall between the given logits
   */
  private boolean cut(LogitRow row, TokenWeights definition, double topP, float low, float high) {
    candidates.clear();
    long total = 0;
    long above = 0;
    for (int block = 0; block < row.blocks(); block++) {
      total += row.weigh(block, definition, weights);
      sums[block] = row.max(block) < low ? 0 : row.split(block, low, high, weights, candidates);
      above += sums[block];
    }
    candidates.takeLogits(row);
    candidates.weigh(definition);
    long mass = TokenWeights.share(topP, total);
    if (above >= mass || above + candidates.total() < mass) {
      return false;
    }
    candidates.cutAtMass(mass - above);
    candidates.addKept(sums);
    return true;
  }

  /** The first of the tokens kept with which their sum exceeds a share of {@link #sums}. */
  private int pick(LogitRow row, TokenWeights definition, double uniform) {
    long total = 0;
    for (int block = 0; block < row.blocks(); block++) {
      total += sums[block];
    }
    long rest = CounterRandom.below(total, uniform);
    int block = 0;
    while (rest >= sums[block]) {
      rest -= sums[block];
      block++;
    }
    row.weigh(block, definition, weights);
    int token = row.begin(block);
    while (true) {
      if (candidates.keeps(token, row.logit(token))) {
        rest -= weights[token - row.begin(block)];
      }
      if (rest < 0) {
        return token;
      }
      token++;
    }
  }

  private void makeRoom(int blocks) {
    if (sums.length < blocks) {
      sums = new long[blocks];
    }
  }
}
