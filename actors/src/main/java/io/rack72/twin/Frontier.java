package io.rack72.twin;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a rack can do by layout and number of requests at once: each user's tokens a second against
 * those of each GPU. A point is on the frontier where no other has as much of both and more of one.
 *
 * @param points in the order in which they were run
 */
public record Frontier(List<Point> points) {
  /**
   * One run.
   *
   * @param layout how the model lies on the rack
   * @param concurrency requests that are always there
   * @param best whether it is on the frontier
   */
  public record Point(String layout, int concurrency, boolean best, TwinReport report) {
    double perUser() {
      return report.throughput().tpsPerUser();
    }

    double perGpu() {
      return report.throughput().tpsPerGpu();
    }

    /**
     * What its GPUs spent the most time on, such as {@code weights}, {@code host} or {@code idle}.
     */
    @JsonProperty
    public String limitedBy() {
      return report.spent().largest();
    }

    private boolean isBeatenBy(Point other) {
      return other.perUser() >= perUser()
          && other.perGpu() >= perGpu()
          && (other.perUser() > perUser() || other.perGpu() > perGpu());
    }

    /** Where no request ended while it was counted, nothing is known of what a user gets. */
    private boolean isKnown() {
      return perGpu() > 0 && perUser() > 0;
    }

    private Point judged(List<Point> all) {
      return new Point(
          layout,
          concurrency,
          isKnown() && all.stream().filter(Point::isKnown).noneMatch(this::isBeatenBy),
          report);
    }
  }

  /** Part of its requests that must meet an SLO for a run to do so. */
  private static final double MET = 0.9;

  public Frontier {
    points = List.copyOf(points);
  }

  /** The frontier of runs. */
  public static Frontier of(List<Point> runs) {
    return new Frontier(runs.stream().map(point -> point.judged(runs)).toList());
  }

  /** Those on the frontier, by what a user gets. */
  public List<Point> best() {
    List<Point> best = new ArrayList<>(points.stream().filter(Point::best).toList());
    best.sort(Comparator.comparingDouble(Point::perUser));
    return best;
  }

  /**
   * The run with the most tokens for each GPU of those in which 90 % of the requests met the SLO;
   * empty where there is no SLO or none met it.
   */
  public Optional<Point> recommended() {
    return points.stream()
        .filter(point -> !point.report().goodput().slo().isEmpty())
        .filter(point -> point.report().goodput().part() >= MET)
        .max(Comparator.comparingDouble(Point::perGpu));
  }

  /** A table for a terminal. */
  public String toText() {
    Formatter text = new Formatter(Locale.ROOT);
    text.format(
        "%-8s %11s %12s %12s %10s %10s %10s  %-18s %s%n",
        "layout",
        "concurrency",
        "TPS/GPU",
        "TPS/user",
        "TTFT p50",
        "TPOT p50",
        "within SLO",
        "limited by",
        "");
    for (Point point : points) {
      TwinReport.Latencies latencies = point.report().latencies();
      text.format(
          "%-8s %,11d %,12.1f %,12.1f %,10.1f %,10.2f %10s  %-18s %s%n",
          point.layout(),
          point.concurrency(),
          point.perGpu(),
          point.perUser(),
          latencies.ttft().p50(),
          latencies.tpot().p50(),
          point.report().goodput().slo().isEmpty()
              ? ""
              : String.format(Locale.ROOT, "%.1f %%", 100 * point.report().goodput().part()),
          String.format(
              Locale.ROOT, "%s, %.0f %%", point.limitedBy(), 100 * point.report().spent().most()),
          point.best() ? "on the frontier" : "");
    }
    recommended()
        .ifPresentOrElse(
            point ->
                text.format(
                    "%nmost tokens a GPU within %s: %s with %,d requests at once%n",
                    point.report().goodput().slo(), point.layout(), point.concurrency()),
            () -> {
              String slo = points.isEmpty() ? "" : points.getFirst().report().goodput().slo();
              if (!slo.isEmpty()) {
                text.format("%nno run had 90 %% of its requests within %s%n", slo);
              }
            });
    return text.toString();
  }
}
