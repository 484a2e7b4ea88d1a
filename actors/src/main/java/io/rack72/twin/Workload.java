package io.rack72.twin;

/**
 * What is asked of a rack.
 *
 * @param arrivals when requests come
 * @param prompt lengths of prompts, unless a trace has them
 * @param reply lengths of replies, unless a trace has them
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

  /**
   * Many come at once, again and again.
   *
   * @param requests at once; at least 1
   * @param periodNanos from one burst to the next, the first of which is at the start; positive
   */
  public record Bursts(int requests, long periodNanos) implements Arrivals {
    private static final int MOST = 1_000_000;

    public Bursts {
      if (requests < 1 || requests > MOST || periodNanos < 1) {
        throw new IllegalArgumentException(
            "a burst has 1 to %d requests and a period above 0, not %d each %d ns"
                .formatted(MOST, requests, periodNanos));
      }
    }
  }

  /** They come as they came before, each with its own lengths. */
  public record Replay(Trace trace) implements Arrivals {}

  public Workload {
    if (warmupNanos < 0 || durationNanos < 1) {
      throw new IllegalArgumentException(
          "a run has a duration, and its warm-up is not negative: %d and %d ns"
              .formatted(durationNanos, warmupNanos));
    }
  }

  /** Tokens that the shortest reply may have. */
  int leastReply() {
    return switch (arrivals) {
      case Replay(Trace trace) ->
          trace.entries().stream().mapToInt(Trace.Entry::outputLength).min().orElse(1);
      case ClosedLoop _, Poisson _, Bursts _ -> reply.least();
    };
  }

  /** The instant at which the run is over. */
  public long endNanos() {
    return warmupNanos + durationNanos;
  }
}
