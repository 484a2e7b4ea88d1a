package io.rack72.twin;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** How lengths of prompts or replies, in tokens, are distributed. Immutable. */
public sealed interface Lengths {
  /** The longest that can be asked for. */
  int LIMIT = 1 << 24;

  /**
   * The length that two independent numbers in [0, 1) stand for; the same to the bit on any
   * machine.
   */
  int at(double first, double second);

  /** The shortest there may be. */
  int least();

  /**
   * Each length as likely.
   *
   * @param least at least 1
   * @param most at least {@code least}
   */
  record Uniform(int least, int most) implements Lengths {
    public Uniform {
      if (least < 1 || most < least || most > LIMIT) {
        throw new IllegalArgumentException(
            "a length is 1 to %d tokens, or a range such as 512-1024, not %d to %d"
                .formatted(LIMIT, least, most));
      }
    }

    @Override
    public int at(double first, double second) {
      return least + (int) (first * (most - least + 1));
    }

    @Override
    public String toString() {
      return least == most ? Integer.toString(least) : least + "-" + most;
    }
  }

  /**
   * Lengths whose logarithm is normally distributed, cut at 1 and at {@link #LIMIT}.
   *
   * @param median 1 to the limit
   * @param sigma standard deviation of the natural logarithm, 0 to 4
   */
  record LogNormal(int median, double sigma) implements Lengths {
    private static final double MAX_SIGMA = 4;

    public LogNormal {
      if (median < 1 || median > LIMIT || !(sigma >= 0 && sigma <= MAX_SIGMA)) {
        throw new IllegalArgumentException(
            "a lognormal length has a median of 1 to %d and a sigma of 0 to 4, not %d and %s"
                .formatted(LIMIT, median, sigma));
      }
    }

    @Override
    public int at(double first, double second) {
      // The transform of Box and Muller; 1 - first is never 0.
      double normal =
          Math.sqrt(-2 * StrictMath.log(1 - first)) * StrictMath.cos(2 * Math.PI * second);
      return (int) Math.clamp(Math.rint(median * StrictMath.exp(sigma * normal)), 1, LIMIT);
    }

    @Override
    public int least() {
      return 1;
    }

    @Override
    public String toString() {
      return "lognormal:" + median + ":" + sigma;
    }
  }

  /**
   * A few lengths, each as likely; one that is listed twice is twice as likely.
   *
   * @param tokens 2 to 1024 lengths
   */
  record OneOf(List<Integer> tokens) implements Lengths {
    private static final int MOST = 1024;

    public OneOf {
      tokens = List.copyOf(tokens);
      if (tokens.size() < 2 || tokens.size() > MOST) {
        throw new IllegalArgumentException(
            "a list has 2 to %d lengths, not %d".formatted(MOST, tokens.size()));
      }
      tokens.forEach(each -> new Uniform(each, each));
    }

    @Override
    public int at(double first, double second) {
      return tokens.get((int) (first * tokens.size()));
    }

    @Override
    public int least() {
      return Collections.min(tokens);
    }

    @Override
    public String toString() {
      return tokens.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
  }

  /**
   * Reads a length such as {@code 1024}, a range such as {@code 512-1024}, {@code
   * lognormal:MEDIAN:SIGMA} or a list such as {@code 128,1024,8192}.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  static Lengths parse(String text) {
    try {
      if (text.startsWith("lognormal:")) {
        String[] parts = text.split(":", -1);
        if (parts.length != 3) {
          throw new NumberFormatException("not a median and a sigma");
        }
        return new LogNormal(Integer.parseInt(parts[1]), Double.parseDouble(parts[2]));
      }
      if (text.indexOf(',') >= 0) {
        return new OneOf(
            Arrays.stream(text.split(",", -1)).map(each -> Integer.valueOf(each.strip())).toList());
      }
      int dash = text.indexOf('-');
      return dash < 0
          ? new Uniform(Integer.parseInt(text), Integer.parseInt(text))
          : new Uniform(
              Integer.parseInt(text.substring(0, dash)),
              Integer.parseInt(text.substring(dash + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "a length is a number of tokens, or a range such as 512-1024, a list such as 128,1024"
              + " or lognormal:MEDIAN:SIGMA, not '"
              + text
              + "'",
          e);
    }
  }
}
