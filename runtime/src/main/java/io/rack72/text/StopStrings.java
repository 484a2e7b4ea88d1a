package io.rack72.text;

import java.util.List;
import java.util.Optional;

/**
 * Watches a growing text for strings that end it. Text that could still turn out to be the
 * beginning of a stop string is withheld, so that no part of one is ever delivered, wherever the
 * text is cut into pushes.
 *
 * <p>The stop string that is complete first wins; of several complete at the same character, the
 * longest. So the outcome does not depend on how the text was cut, and never needs text after the
 * match.
 *
 * <p>One Knuth–Morris–Pratt automaton per stop string: linear time, and never more text withheld
 * than the longest stop string has. Not thread-safe.
 */
public final class StopStrings {
  private final List<String> stops;
  private final boolean stopIncluded;
  // fallbacks[s][n]: how long a beginning of stop s is still matched when its character n does not
  // follow the n characters before it.
  private final int[][] fallbacks;
  // How many characters of each stop the text now ends with.
  private final int[] matchedLengths;
  private final StringBuilder withheld = new StringBuilder();
  private String match;

  /**
   * @param stops none of them empty; without any, all text passes
   * @param stopIncluded whether the stop string itself is delivered too
   */
  public StopStrings(List<String> stops, boolean stopIncluded) {
    this.stops = List.copyOf(stops);
    this.stopIncluded = stopIncluded;
    if (this.stops.contains("")) {
      throw new IllegalArgumentException("a stop string must have at least one character");
    }
    this.fallbacks = this.stops.stream().map(StopStrings::fallbacks).toArray(int[][]::new);
    this.matchedLengths = new int[this.stops.size()];
  }

  /**
   * Takes more text and gives what may be delivered now. Once a stop string is matched that is
   * always nothing.
   */
  public String push(String text) {
    if (match != null) {
      return "";
    }
    for (int i = 0; i < text.length(); i++) {
      withheld.append(text.charAt(i));
      advance(text.charAt(i));
      if (match != null) {
        return take(withheld.length() - (stopIncluded ? 0 : match.length()));
      }
    }
    int longest = 0;
    for (int length : matchedLengths) {
      longest = Math.max(longest, length);
    }
    return take(withheld.length() - longest);
  }

  /** Whether a stop string has been matched. */
  public boolean matched() {
    return match != null;
  }

  /** The stop string that was matched. */
  public Optional<String> match() {
    return Optional.ofNullable(match);
  }

  /** Ends the text: gives what was still withheld, or nothing where a stop string was matched. */
  public String finish() {
    return match == null ? take(withheld.length()) : "";
  }

  private void advance(char next) {
    for (int s = 0; s < stops.size(); s++) {
      String stop = stops.get(s);
      int length = matchedLengths[s];
      while (length > 0 && stop.charAt(length) != next) {
        length = fallbacks[s][length];
      }
      if (stop.charAt(length) == next) {
        length++;
      }
      matchedLengths[s] = length;
      if (length == stop.length() && (match == null || match.length() < length)) {
        match = stop;
      }
    }
  }

  private String take(int length) {
    String taken = withheld.substring(0, length);
    withheld.delete(0, length);
    return taken;
  }

  private static int[] fallbacks(String stop) {
    int[] fallbacks = new int[stop.length()];
    int length = 0;
    for (int n = 2; n < stop.length(); n++) {
      while (length > 0 && stop.charAt(length) != stop.charAt(n - 1)) {
        length = fallbacks[length];
      }
      if (stop.charAt(length) == stop.charAt(n - 1)) {
        length++;
      }
      fallbacks[n] = length;
    }
    return fallbacks;
  }
}
