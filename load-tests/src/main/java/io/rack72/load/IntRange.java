package io.rack72.load;

import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Whole numbers, both ends included.
 *
 * @param least not negative
 * @param most at least as much
 */
record IntRange(int least, int most) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9})(?:-(\\d{1,9}))?");

  IntRange {
    if (least < 0 || most < least) {
      throw new IllegalArgumentException(
          "a range is from less to more, not %d-%d".formatted(least, most));
    }
  }

  /** A range of one number. */
  static IntRange of(int number) {
    return new IntRange(number, number);
  }

  /** Reads {@code 64} or {@code 16-64}; empty where the text is neither. */
  static Optional<IntRange> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int least = Integer.parseInt(matcher.group(1));
    int most = matcher.group(2) == null ? least : Integer.parseInt(matcher.group(2));
    return most < least ? Optional.empty() : Optional.of(new IntRange(least, most));
  }

  /** One of the numbers, all equally likely. */
  int draw(SplittableRandom random) {
    return random.nextInt(least, most + 1);
  }

  @Override
  public String toString() {
    return least == most ? Integer.toString(least) : least + "-" + most;
  }

  /** Of options. */
  static final class Converter implements ITypeConverter<IntRange> {
    @Override
    public IntRange convert(String text) {
      return parse(text)
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'%s' is neither a number nor a range such as 16-64".formatted(text)));
    }
  }
}
