package io.rack72.chaos;

import java.util.List;
import java.util.Optional;

/**
 * Where a row of things first differs from what it should be, and how: whether some did not come,
 * some came again, or they are others. Immutable.
 *
 * @param at index of the first that differs
 * @param count how many are missing or came again; 0 of wrong ones
 */
record Difference(Kind kind, int at, int count) {
  /** How it differs. */
  enum Kind {
    WRONG,
    MISSING,
    DOUBLED
  }

  /**
   * Compares two rows.
   *
   * @param whole whether all must have come; if not, what came is a beginning
   */
  static <T> Optional<Difference> of(List<T> got, List<T> right, boolean whole) {
    int same = samePrefix(got, right);
    if (same < got.size()) {
      return Optional.of(different(got, right, same));
    }
    return whole && same < right.size()
        ? Optional.of(new Difference(Kind.MISSING, same, right.size() - same))
        : Optional.empty();
  }

  /** The same for text, by its code points. */
  static Optional<Difference> of(String got, String right, boolean whole) {
    return of(got.codePoints().boxed().toList(), right.codePoints().boxed().toList(), whole);
  }

  /** How many of the first are the same. */
  static <T> int samePrefix(List<T> one, List<T> other) {
    int most = Math.min(one.size(), other.size());
    int same = 0;
    while (same < most && one.get(same).equals(other.get(same))) {
      same++;
    }
    return same;
  }

  /** By where the rest fits. */
  private static <T> Difference different(List<T> got, List<T> right, int at) {
    List<T> rest = got.subList(at, got.size());
    // One fits by chance, so what is left must be all as it is elsewhere.
    for (int shift = 1; shift <= Math.max(at, right.size() - at); shift++) {
      if (shift <= at && fits(rest, right, at - shift)) {
        return new Difference(Kind.DOUBLED, at, shift);
      }
      if (at + shift < right.size() && fits(rest, right, at + shift)) {
        return new Difference(Kind.MISSING, at, shift);
      }
    }
    return new Difference(Kind.WRONG, at, 0);
  }

  private static <T> boolean fits(List<T> rest, List<T> right, int from) {
    int length = Math.min(rest.size(), right.size() - from);
    return length > 0 && rest.subList(0, length).equals(right.subList(from, from + length));
  }
}
