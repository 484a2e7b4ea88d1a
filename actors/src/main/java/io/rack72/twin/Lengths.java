package io.rack72.twin;

/**
 * Lengths of prompts or replies in tokens, each as likely.
 *
 * @param least at least 1
 * @param most at least {@code least}
 */
public record Lengths(int least, int most) {
  private static final int LIMIT = 1 << 24;

  public Lengths {
    if (least < 1 || most < least || most > LIMIT) {
      throw new IllegalArgumentException(
          "a length is 1 to %d tokens, or a range such as 512-1024, not %d to %d"
              .formatted(LIMIT, least, most));
    }
  }

  /**
   * Reads a length such as {@code 1024}, or a range such as {@code 512-1024}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static Lengths parse(String text) {
    int dash = text.indexOf('-');
    try {
      return dash < 0
          ? new Lengths(Integer.parseInt(text), Integer.parseInt(text))
          : new Lengths(
              Integer.parseInt(text.substring(0, dash)),
              Integer.parseInt(text.substring(dash + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "a length is a number of tokens, or a range such as 512-1024, not '" + text + "'", e);
    }
  }

  /** The length that a number in [0, 1) stands for. */
  int at(double uniform) {
    return least + (int) (uniform * (most - least + 1));
  }

  @Override
  public String toString() {
    return least == most ? Integer.toString(least) : least + "-" + most;
  }
}
