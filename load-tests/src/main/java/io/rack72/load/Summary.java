package io.rack72.load;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * What some durations have in common, in milliseconds.
 *
 * @param count of durations, at least one
 */
public record Summary(int count, double mean, double p50, double p90, double p99, double max) {
  /** The head of a table in Markdown whose rows are of {@link #row}. */
  static final String TABLE_HEAD =
      """
      | ms | mean | p50 | p90 | p99 | most | of |
      |---|---:|---:|---:|---:|---:|---:|
      """;

  private static final double NANOS_PER_MILLI = 1e6;

  /** Of nanoseconds; empty where there are none. */
  public static Optional<Summary> of(LongStream nanos) {
    double[] sorted = nanos.mapToDouble(value -> value / NANOS_PER_MILLI).sorted().toArray();
    if (sorted.length == 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Summary(
            sorted.length,
            Arrays.stream(sorted).average().orElseThrow(),
            percentile(sorted, 50),
            percentile(sorted, 90),
            percentile(sorted, 99),
            sorted[sorted.length - 1]));
  }

  /**
   * The value below which so many percent of the others lie: between two values the line through
   * both, as most statistics software has it by default (type 7 of Hyndman and Fan).
   *
   * @param sorted ascending, at least one
   */
  static double percentile(double[] sorted, double percent) {
    double position = percent / 100 * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }

  /** A row of a table in Markdown; of dashes where nothing was measured. */
  static String row(String name, Optional<Summary> summary) {
    return summary
        .map(
            known ->
                String.format(
                    Locale.ROOT,
                    "| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %d |%n",
                    name,
                    known.mean,
                    known.p50,
                    known.p90,
                    known.p99,
                    known.max,
                    known.count))
        .orElseGet(() -> "| %s | – | – | – | – | – | 0 |%n".formatted(name));
  }

  /** Adds it to an object; null where nothing was measured. */
  public static void put(ObjectNode json, String name, Optional<Summary> summary) {
    if (summary.isEmpty()) {
      json.putNull(name);
      return;
    }
    Summary known = summary.get();
    json.putObject(name)
        .put("count", known.count)
        .put("mean", known.mean)
        .put("p50", known.p50)
        .put("p90", known.p90)
        .put("p99", known.p99)
        .put("max", known.max);
  }
}
