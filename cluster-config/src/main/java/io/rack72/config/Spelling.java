package io.rack72.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Finds what somebody probably meant. */
public final class Spelling {
  private Spelling() {}

  /**
   * The known name closest to a wrong one: one that it is the end of ({@code port} for {@code
   * rack72.gateway.port}), all of these where there are several, or else the one with the fewest
   * edits, if those are at most a third of its letters. That all keys are under {@code rack72} is
   * easily forgotten, so it may be missing.
   */
  public static Optional<String> closest(String wrong, Collection<String> known) {
    List<String> endings =
        known.stream().filter(name -> name.endsWith("." + withoutRoot(wrong))).toList();
    if (!endings.isEmpty()) {
      return Optional.of(String.join(" or ", endings));
    }
    return known.stream()
        .filter(name -> distance(wrong, name) <= Math.max(1, withoutRoot(wrong).length() / 3))
        .min(Comparator.comparingInt(name -> distance(wrong, name)));
  }

  private static int distance(String wrong, String name) {
    return Math.min(edits(wrong, name), edits(withoutRoot(wrong), withoutRoot(name)));
  }

  private static String withoutRoot(String key) {
    String root = KeyReader.ROOT + ".";
    return key.startsWith(root) ? key.substring(root.length()) : key;
  }

  /** Levenshtein's distance: insertions, deletions and replacements, row by row. */
  static int edits(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[to.length()];
  }
}
