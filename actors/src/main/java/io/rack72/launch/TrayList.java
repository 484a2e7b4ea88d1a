package io.rack72.launch;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Trays of a rack, written as {@code 0-3,7}. Immutable.
 *
 * @param trays their indices, ascending and each once; at least one
 */
public record TrayList(List<Integer> trays) {
  /** Enough for each of 1024 trays by itself. */
  private static final int MAX_CHARS = 8192;

  private static final int MAX_SHOWN = 40;
  private static final Pattern PART = Pattern.compile("([0-9]{1,4})(?:-([0-9]{1,4}))?");

  public TrayList {
    trays = List.copyOf(trays);
    if (trays.isEmpty()) {
      throw new IllegalArgumentException("there is at least one tray");
    }
    for (int i = 0; i < trays.size(); i++) {
      if (trays.get(i) < 0 || (i > 0 && trays.get(i) <= trays.get(i - 1))) {
        throw new IllegalArgumentException("trays ascend from 0: " + trays);
      }
    }
  }

  /** All trays of a rack with so many. */
  public static TrayList all(int count) {
    return new TrayList(IntStream.range(0, count).boxed().toList());
  }

  /**
   * Reads a list: indices and ranges, in any order, separated by commas.
   *
   * @param rackTrays trays of the rack, of which these are some
   * @throws IllegalArgumentException with a sentence that names the part that is wrong
   */
  public static TrayList parse(String text, int rackTrays) {
    if (text.length() > MAX_CHARS) {
      throw new IllegalArgumentException(
          "a list of trays has at most %d characters, not %d".formatted(MAX_CHARS, text.length()));
    }
    SortedSet<Integer> trays = new TreeSet<>();
    for (String written : text.split(",", -1)) {
      String part = written.strip();
      Matcher matcher = PART.matcher(part);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "trays are such as 0-3,7, in which '%s' is neither a tray nor a range of trays"
                .formatted(shortened(part)));
      }
      int first = Integer.parseInt(matcher.group(1));
      int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
      if (first > last) {
        throw new IllegalArgumentException(
            "in the range of trays '%s' the first is above the last".formatted(part));
      }
      if (last >= rackTrays) {
        throw new IllegalArgumentException(
            rackTrays == 1
                ? "the rack has tray 0 alone, not '%s'".formatted(part)
                : "the rack has trays 0 to %d, not '%s'".formatted(rackTrays - 1, part));
      }
      for (int tray = first; tray <= last; tray++) {
        if (!trays.add(tray)) {
          throw new IllegalArgumentException(
              "tray %d is in the list twice, the second time in '%s'".formatted(tray, part));
        }
      }
    }
    return new TrayList(List.copyOf(trays));
  }

  private static String shortened(String part) {
    return part.length() <= MAX_SHOWN ? part : part.substring(0, MAX_SHOWN) + "...";
  }

  /** How many there are. */
  public int size() {
    return trays.size();
  }

  /**
   * Deals them out in runs, of which the first have one more where they are not of equal size.
   *
   * @param runs how many, 1 to the number of trays
   */
  public List<TrayList> split(int runs) {
    if (runs < 1 || runs > size()) {
      throw new IllegalArgumentException(
          "%d trays are split into 1 to %d runs, not %d".formatted(size(), size(), runs));
    }
    List<TrayList> split = new ArrayList<>();
    int start = 0;
    for (int run = 0; run < runs; run++) {
      int end = start + size() / runs + (run < size() % runs ? 1 : 0);
      split.add(new TrayList(trays.subList(start, end)));
      start = end;
    }
    return List.copyOf(split);
  }

  /** As {@link #parse} reads it, with ranges where trays follow each other. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < size(); ) {
      int end = i + 1;
      while (end < size() && trays.get(end) == trays.get(end - 1) + 1) {
        end++;
      }
      text.append(text.isEmpty() ? "" : ",").append(trays.get(i));
      if (end - i > 1) {
        text.append('-').append(trays.get(end - 1));
      }
      i = end;
    }
    return text.toString();
  }
}
