package io.rack72.twin;

/**
 * What is asked of a rack.
 *
 * @param arrivals when requests come
 * @param prompt lengths of prompts
 * @param reply lengths of replies
 * @param warmupNanos before anything is counted
 * @param durationNanos in which it is
 * @param seed of arrivals, lengths and tokens
 */
public record Workload(
    Arrivals arrivals,
    Lengths prompt,
    Lengths reply,
    long warmupNanos,
    long durationNanos,
    long seed) {
  /** When requests come. */
  public sealed interface Arrivals {}

  /**
   * The next comes when one has ended, so that as many are always there.
   *
   * @param concurrency at least 1
   */
  public record ClosedLoop(int concurrency) implements Arrivals {
    public ClosedLoop {
      if (concurrency < 1) {
        throw new IllegalArgumentException("a concurrency is at least 1, not " + concurrency);
      }
    }
  }

  /**
   * They come whenever they come, independently of each other.
   *
   * @param perSecond in the mean; positive
   */
  public record Poisson(double perSecond) implements Arrivals {
    public Poisson {
      if (!(perSecond > 0 && perSecond <= 1e9)) {
        throw new IllegalArgumentException(
            "requests come at a rate above 0 a second, at most 1e9, not " + perSecond);
      }
    }
  }

  public Workload {
    if (warmupNanos < 0 || durationNanos < 1) {
      throw new IllegalArgumentException(
          "a run has a duration, and its warm-up is not negative: %d and %d ns"
              .formatted(durationNanos, warmupNanos));
    }
  }

  /** The instant at which the run is over. */
  public long endNanos() {
    return warmupNanos + durationNanos;
  }
}
