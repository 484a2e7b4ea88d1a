package io.rack72.evaluate;

import java.util.Collection;
import java.util.Locale;
import java.util.function.Predicate;

/**
 * How many of some replies passed.
 *
 * @param of that could have
 */
record Share(int passed, int of) {
  /** The share of items that pass. */
  static <T> Share of(Collection<T> items, Predicate<T> passes) {
    return new Share((int) items.stream().filter(passes).count(), items.size());
  }

  /** Whether so many percent passed, or more. Of nothing, nothing passed. */
  boolean reaches(int percent) {
    return of > 0 && 100L * passed >= (long) percent * of;
  }

  double percent() {
    return of == 0 ? 0 : 100.0 * passed / of;
  }

  /** Such as {@code 95.0% (19/20)}. */
  @Override
  public String toString() {
    return of == 0 ? "-" : String.format(Locale.ROOT, "%.1f%% (%d/%d)", percent(), passed, of);
  }
}
