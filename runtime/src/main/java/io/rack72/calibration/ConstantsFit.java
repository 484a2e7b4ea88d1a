package io.rack72.calibration;

import io.rack72.roofline.Constants;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * Searches for constants with smaller errors, one group of them after another, each constant up and
 * down by ever smaller factors. It finds the nearest minimum, the same each time. Zeros stay.
 */
final class ConstantsFit {
  private static final double FIRST_FACTOR = 1.15;
  private static final double LAST_FACTOR = 1.004;
  private static final int MAX_ROUNDS = 200;

  private ConstantsFit() {}

  /**
   * Better constants.
   *
   * @param changes of which constants
   * @param loss that is made smaller, given constants and a group's name
   */
  static Constants fit(Constants start, Predicate<String> changes, Loss loss) {
    Map<String, List<String>> groups = new LinkedHashMap<>();
    for (String name : start.values().keySet()) {
      if (changes.test(name)) {
        String group = name.substring(0, name.lastIndexOf('.'));
        groups.computeIfAbsent(group, key -> new ArrayList<>()).add(name);
      }
    }
    Constants best = start;
    for (String name : groups.values().stream().flatMap(List::stream).toList()) {
      double value = start.values().get(name);
      best = best.with(name, ConstantLimits.nearest(name, value));
    }
    for (Map.Entry<String, List<String>> group : groups.entrySet()) {
      best = fit(best, group.getValue(), constants -> loss.of(constants, group.getKey()));
    }
    return best;
  }

  /** Errors that a group of constants can change. */
  @FunctionalInterface
  interface Loss {
    double of(Constants constants, String group);
  }

  private static Constants fit(
      Constants start, List<String> names, ToDoubleFunction<Constants> loss) {
    Constants best = start;
    double least = loss.applyAsDouble(start);
    double factor = FIRST_FACTOR;
    for (int round = 0; round < MAX_ROUNDS && factor > LAST_FACTOR; round++) {
      double before = least;
      for (String name : names) {
        double value = best.values().get(name);
        for (double other :
            new double[] {
              ConstantLimits.nearest(name, value * factor),
              ConstantLimits.nearest(name, value / factor)
            }) {
          if (other == value) {
            continue;
          }
          Constants candidate = best.with(name, other);
          double its = loss.applyAsDouble(candidate);
          if (its < least) {
            best = candidate;
            least = its;
            break;
          }
        }
      }
      if (least > before * (1 - 1e-4)) {
        factor = Math.sqrt(factor);
      }
    }
    return best;
  }
}
