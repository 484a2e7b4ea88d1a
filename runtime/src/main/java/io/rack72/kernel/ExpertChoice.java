package io.rack72.kernel;

/** The router's decision: which experts a token goes to and with which weights. */
public final class ExpertChoice {
  private ExpertChoice() {}

  /**
   * Chooses the experts with the largest logits, best first, the lower index first among equals,
   * and the softmax over just their logits. NaN counts as larger than any number, so that a broken
   * token breaks the same way everywhere.
   *
   * @param logits {@code [experts]} from {@code logitsOffset}
   * @param count experts to choose, 1 to {@code experts}
   * @param chosen {@code [count]} from {@code chosenOffset}: the chosen experts
   * @param weights {@code [count]} from {@code chosenOffset}: their weights
   */
  public static void choose(
      float[] logits,
      int logitsOffset,
      int experts,
      int count,
      int[] chosen,
      float[] weights,
      int chosenOffset) {
    if (count < 1 || count > experts) {
      throw new IllegalArgumentException(
          "the router chooses 1 to %d of %d experts, not %d".formatted(experts, experts, count));
    }
    for (int expert = 0; expert < experts; expert++) {
      float logit = logits[logitsOffset + expert];
      int ranked = Math.min(expert, count);
      int place = ranked;
      while (place > 0 && larger(logit, logits[logitsOffset + chosen[chosenOffset + place - 1]])) {
        place--;
      }
      if (place < count) {
        int moved = Math.min(ranked, count - 1) - place;
        System.arraycopy(chosen, chosenOffset + place, chosen, chosenOffset + place + 1, moved);
        chosen[chosenOffset + place] = expert;
      }
    }
    float largest = logits[logitsOffset + chosen[chosenOffset]];
    float sum = 0;
    for (int i = 0; i < count; i++) {
      float e = Exp.of(logits[logitsOffset + chosen[chosenOffset + i]] - largest);
      weights[chosenOffset + i] = e;
      sum += e;
    }
    for (int i = 0; i < count; i++) {
      weights[chosenOffset + i] /= sum;
    }
  }

  private static boolean larger(float a, float b) {
    return a > b || (Float.isNaN(a) && !Float.isNaN(b));
  }
}
