package io.rack72.resume;

/**
 * What one choice of a stream has gained since its gateway last told.
 *
 * @param choice its index
 * @param from index of the first of the tokens in {@code gained}
 * @param gained its newest tokens, and what else is known of it now
 */
public record Growth(StreamKey stream, int choice, int from, ChoiceState gained) {
  public Growth {
    if (choice < 0 || from < 0) {
      throw new IllegalArgumentException(
          "choices and tokens are counted from 0, not %d and %d".formatted(choice, from));
    }
  }
}
